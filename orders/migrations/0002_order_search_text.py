from django.db import migrations, models

from dispatch_console.folding import fold

BATCH = 2000


def fill(apps, schema_editor):
    Order = apps.get_model('orders', 'Order')
    after = 0
    while batch := list(Order.objects.filter(pk__gt=after).order_by('pk')[:BATCH]):
        for order in batch:
            order.search_text = fold(f'{order.reference}\n{order.dropoff_city}')
        Order.objects.bulk_update(batch, ['search_text'], batch_size=200)
        after = batch[-1].pk


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='search_text',
            field=models.TextField(blank=True, default='', editable=False),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
