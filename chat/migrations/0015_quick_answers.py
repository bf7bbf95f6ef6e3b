from django.db import migrations, models

from dispatch_console.folding import fold

# As they were when this was written: the product's own words may change, and what is stored does not change with them.
TO_BEGIN_WITH = {
    "driver": ["On my way", "10 minutes late", "At the door", "Nobody there"],
    "customer": ["I’m home", "Leave it with a neighbour"],
}


def make_answers(apps, schema_editor):
    QuickAnswer = apps.get_model("chat", "QuickAnswer")
    QuickAnswer.objects.using(schema_editor.connection.alias).bulk_create(
        QuickAnswer(role=role, text=text, key=fold(text), place=place)
        for role, texts in TO_BEGIN_WITH.items()
        for place, text in enumerate(texts, start=1)
    )


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0014_link_requests'),
    ]

    operations = [
        migrations.CreateModel(
            name='QuickAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('driver', 'Drivers'), ('customer', 'Customers')], max_length=10, verbose_name='for')),
                ('text', models.CharField(max_length=60, verbose_name='text')),
                ('key', models.TextField(editable=False)),
                ('place', models.PositiveSmallIntegerField(default=0, verbose_name='place')),
            ],
            options={
                'verbose_name': 'one-tap answer',
                'verbose_name_plural': 'one-tap answers',
                'ordering': ['role', 'place', 'id'],
                'constraints': [models.UniqueConstraint(fields=('role', 'key'), name='quick_answer_once_for_a_role')],
            },
        ),
        migrations.RunPython(make_answers, migrations.RunPython.noop),
    ]
