from django.db import migrations, models

from dispatch_console.folding import fold

BATCH = 2000


def fill(apps, schema_editor):
    User = apps.get_model('accounts', 'User')
    after = 0
    while batch := list(User.objects.filter(pk__gt=after).order_by('pk')[:BATCH]):
        for person in batch:
            person.search_text = fold(f'{person.name}\n{person.company}\n{person.phone}')
        User.objects.bulk_update(batch, ['search_text'], batch_size=200)
        after = batch[-1].pk


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='search_text',
            field=models.TextField(blank=True, default='', editable=False),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
