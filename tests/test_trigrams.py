import pytest
from django.core.management import call_command
from django.db import connection

from dispatch_console.trigrams import COLUMNS, make_indexes, name_of

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]
EXPECTED = {name_of(*place) for place in COLUMNS}


def rows(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [row[0] for row in cursor.fetchall()] if cursor.description else []


def indexes():
    return set(rows("SELECT indexname FROM pg_indexes")) & EXPECTED


@pytest.fixture
def without():
    """As before an update that brings them."""
    rows("DROP EXTENSION pg_trgm CASCADE")
    assert indexes() == set()


def test_a_new_database_has_them():
    assert indexes() == EXPECTED


@pytest.mark.parametrize("place", COLUMNS)
def test_what_is_looked_for_is_found_by_them(place):
    table, column = place
    rows("SET LOCAL enable_seqscan = off")

    plan = "\n".join(rows(f"EXPLAIN SELECT id FROM {table} WHERE {column}::text LIKE '%lakkali%'"))

    assert name_of(*place) in plan


def test_migrate_makes_those_that_are_missing(without):
    call_command("migrate", verbosity=0)

    assert indexes() == EXPECTED


def test_an_extension_that_may_not_be_made_is_asked_for_and_holds_up_nothing(without, caplog):
    rows("CREATE ROLE tenant")
    rows("SET LOCAL ROLE tenant")

    make_indexes(using="default", plan=[])

    rows("RESET ROLE")
    assert indexes() == set()
    assert "CREATE EXTENSION pg_trgm" in caplog.text and "permission denied" in caplog.text

    rows("CREATE EXTENSION pg_trgm")
    call_command("migrate", verbosity=0)
    assert indexes() == EXPECTED
