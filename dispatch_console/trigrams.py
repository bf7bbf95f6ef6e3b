"""Indexes by which PostgreSQL finds what stands in the middle of a word: names, phones, references and titles.

pg_trgm comes with PostgreSQL, and the owner of a database may add it. Where it cannot be had, searches find the same
and read every row for it. The indexes are no state of a model but a matter of speed, so each `migrate` makes those
that are missing, also when the extension has come later.
"""

import logging

from django.db import DatabaseError, connections, transaction

logger = logging.getLogger(__name__)

COLUMNS = (
    ("accounts_user", "search_text"),
    ("accounts_user", "phone_digits"),
    ("orders_order", "search_text"),
    ("chat_conversation", "search_title"),
)


def make_indexes(using, **signal):
    """After `migrate`: those that are missing."""
    connection = connections[using]
    # The tests empty the database through the same signal, and change nothing of how it is made.
    if connection.vendor != "postgresql" or "plan" not in signal:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()")
        there = {name for (name,) in cursor.fetchall()}
        # `migrate accounts` makes some of the tables, `migrate accounts 0007` some of the columns.
        cursor.execute(
            "SELECT relname, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid "
            "WHERE relnamespace = current_schema()::regnamespace"
        )
        made = set(cursor.fetchall())
        missing = [place for place in COLUMNS if place in made and name_of(*place) not in there]
        try:
            with transaction.atomic(using=using):
                if missing:
                    cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
                for table, column in missing:
                    index = name_of(table, column)
                    cursor.execute(f"CREATE INDEX {index} ON {table} USING gin ({column} gin_trgm_ops)")
        except DatabaseError as error:
            logger.warning(
                "Searches for names will be slow among very many: %s Have a superuser of PostgreSQL run "
                "CREATE EXTENSION pg_trgm in this database, then run migrate again.",
                error,
            )


def name_of(table, column):
    return f"{table}_{column}_trigrams"
