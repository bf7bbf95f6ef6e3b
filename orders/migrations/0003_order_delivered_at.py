from django.db import migrations, models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce, Least
from django.utils import timezone


def fill(apps, schema_editor):
    Order = apps.get_model('orders', 'Order')
    OrderEvent = apps.get_model('orders', 'OrderEvent')
    # When it was seen becoming so; else when it set off; else since we know it. In one statement.
    seen = OrderEvent.objects.filter(order=OuterRef('pk'), kind='status_changed', detail='Delivered')
    at = Coalesce(Subquery(seen.order_by('-at', '-pk').values('at')[:1]), 'shipped_at', 'created_at')
    Order.objects.filter(status='delivered').update(delivered_at=Least(at, timezone.now()))


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0002_order_search_text'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='delivered_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
