from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_user_search_text'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='density',
            field=models.CharField(choices=[('comfortable', 'Comfortable'), ('compact', 'Compact')], default='comfortable', max_length=11),
        ),
        migrations.AddField(
            model_name='user',
            name='sends_with',
            field=models.CharField(choices=[('control_enter', 'Ctrl and Enter'), ('enter', 'Enter')], default='control_enter', max_length=13, verbose_name='a message is sent with'),
        ),
        migrations.AddField(
            model_name='user',
            name='single_keys',
            field=models.BooleanField(default=True, verbose_name='shortcuts of a single key'),
        ),
        migrations.AddField(
            model_name='user',
            name='theme',
            field=models.CharField(choices=[('system', 'As the system'), ('light', 'Light'), ('dark', 'Dark')], default='system', max_length=6),
        ),
    ]
