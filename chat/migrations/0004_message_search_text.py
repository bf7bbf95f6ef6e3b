from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0003_more_events'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='search_text',
            field=models.TextField(blank=True, default='', editable=False),
        ),
        migrations.AddField(
            model_name='conversation',
            name='search_title',
            field=models.TextField(blank=True, default='', editable=False),
        ),
    ]
