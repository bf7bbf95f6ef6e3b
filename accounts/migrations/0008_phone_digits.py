from django.db import migrations, models

from dispatch_console.sought import digits_in

BATCH = 2000


def fill(apps, schema_editor):
    User = apps.get_model('accounts', 'User')
    after = 0
    while batch := list(User.objects.filter(pk__gt=after).exclude(phone='').order_by('pk')[:BATCH]):
        for person in batch:
            person.phone_digits = digits_in(person.phone)
        User.objects.bulk_update(batch, ['phone_digits'], batch_size=200)
        after = batch[-1].pk


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_links_of_orders'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='phone_digits',
            field=models.TextField(blank=True, default='', editable=False),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
