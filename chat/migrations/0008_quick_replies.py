import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0007_replies_and_presence'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='QuickReply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40)),
                ('key', models.TextField(editable=False)),
                ('body', models.TextField(max_length=4000, verbose_name='text')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='quick_replies', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'quick replies',
                'ordering': ['key', 'id'],
                'constraints': [models.UniqueConstraint(fields=('owner', 'key'), name='quick_reply_once_for_a_person'), models.UniqueConstraint(condition=models.Q(('owner__isnull', True)), fields=('key',), name='quick_reply_once_for_all')],
            },
        ),
    ]
