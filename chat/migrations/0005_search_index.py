"""Makes what was written before this can be found, and the index by which it is.

Not one transaction, so that a million messages hold up nobody and an interrupted run goes on where it was.
"""

from django.db import migrations

from dispatch_console.folding import fold
from chat.search import INDEX, VECTOR, search_text_of

BATCH = 2000


def fill(apps, schema_editor):
    Message, Conversation = apps.get_model('chat', 'Message'), apps.get_model('chat', 'Conversation')
    fill_from(Message.objects.filter(kind='text'), 'body', 'search_text', search_text_of)
    fill_from(Conversation.objects.all(), 'title', 'search_title', fold)


def fill_from(rows, source, target, make):
    rows = rows.filter(**{target: ''}).exclude(**{source: ''}).order_by('pk')
    after = 0
    while batch := list(rows.filter(pk__gt=after).only('pk', source)[:BATCH]):
        for row in batch:
            setattr(row, target, make(getattr(row, source)))
        rows.model.objects.bulk_update(batch, [target], batch_size=200)
        after = batch[-1].pk


def make_index(apps, schema_editor):
    if schema_editor.connection.vendor == 'postgresql':
        # What has been written lately stands on a pending list, which searches read as a whole: it is kept short.
        schema_editor.execute(
            f'CREATE INDEX IF NOT EXISTS {INDEX} ON chat_message USING gin (({VECTOR.format("search_text")})) '
            'WITH (gin_pending_list_limit = 256)'
        )
    else:
        # ascii: all other characters are letters to it, and between the words stand only spaces.
        schema_editor.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {INDEX} USING fts5(search_text, content='chat_message', "
            "content_rowid='id', tokenize='ascii', prefix='2 3')"
        )
        schema_editor.execute(f"INSERT INTO {INDEX} ({INDEX}) VALUES ('rebuild')")


def drop_index(apps, schema_editor):
    kind = 'INDEX' if schema_editor.connection.vendor == 'postgresql' else 'TABLE'
    schema_editor.execute(f'DROP {kind} IF EXISTS {INDEX}')


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('chat', '0004_message_search_text'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(make_index, drop_index),
    ]
