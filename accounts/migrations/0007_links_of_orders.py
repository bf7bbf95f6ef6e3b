from datetime import timedelta

from django.db import migrations, models
from django.utils import timezone


def let_orders_say(apps, schema_editor):
    """Links to the chat of an order end with it from now on. What has ended already stays ended."""
    AccessLink = apps.get_model('accounts', 'AccessLink')
    of_orders = AccessLink.objects.filter(conversation__order__isnull=False, expires_at__gt=timezone.now())
    of_orders.update(expires_at=None)


def give_dates(apps, schema_editor):
    AccessLink = apps.get_model('accounts', 'AccessLink')
    AccessLink.objects.filter(expires_at=None).update(expires_at=timezone.now() + timedelta(days=30))


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_reaching'),
        ('orders', '0003_order_delivered_at'),
    ]

    operations = [
        migrations.AlterField(
            model_name='accesslink',
            name='expires_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(let_orders_say, give_dates),
    ]
