"""manage.py import_orders: what comes in, what is refused and why, and that a second run changes nothing."""

import csv
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from chat import actions
from orders.models import Order, OrderEvent
from tests.factories import OrderFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db

NORTHWIND = settings.ROOT / "orders" / "northwind" / "northwind-orders.csv"


class Import:
    def __init__(self, path):
        out, err, self.exit_code = StringIO(), StringIO(), 0
        try:
            call_command("import_orders", path, stdout=out, stderr=err, no_color=True)
        except SystemExit as stop:
            self.exit_code = stop.code
        self.out, self.errors = out.getvalue(), err.getvalue().splitlines()


@pytest.fixture
def import_(tmp_path):
    """Import this content as a file: import_("reference,status\\nA1,assigned\\n")."""

    def import_(content):
        path = tmp_path / "orders.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Import(path)

    return import_


def events_of(reference):
    events = OrderEvent.objects.filter(order__reference=reference).order_by("id")
    return [(event.kind, event.detail) for event in events]


# What comes in


def test_all_of_northwind_and_a_second_run_changes_nothing():
    first = Import(NORTHWIND)
    assert (first.out, first.errors, first.exit_code) == ("830 created, 0 updated, 0 rejected\n", [], 0)
    assert Order.objects.count() == 830
    assert User.objects.filter(role="customer").count() == 89
    assert User.objects.filter(role="driver").count() == 9
    before = list(Order.objects.values()), list(User.objects.values()), list(OrderEvent.objects.values())

    second = Import(NORTHWIND)
    assert (second.out, second.errors, second.exit_code) == ("0 created, 0 updated, 0 rejected\n", [], 0)
    assert before == (list(Order.objects.values()), list(User.objects.values()), list(OrderEvent.objects.values()))


def test_a_row_becomes_an_order_with_its_people():
    Import(NORTHWIND)
    order = Order.objects.select_related("customer", "driver").get(reference="10250")
    assert order.status == Order.Status.DELIVERED
    assert timezone.localtime(order.placed_at).isoformat()[:19] == "1996-07-08T00:00:00"
    assert order.freight == Decimal("65.83")
    assert order.items[0] == {"quantity": 10, "name": "Jack's New England Clam Chowder"}
    assert order.address == "Rua do Paço, 67, 05454-876 Rio de Janeiro, RJ, Brazil"
    assert (order.customer.role, order.customer.reference, order.customer.name) == ("customer", "HANAR", "Mario Pontes")
    assert (order.customer.company, order.customer.phone) == ("Hanari Carnes", "(21) 555-0091")
    assert (order.driver.role, order.driver.reference, order.driver.name) == ("driver", "E4", "Margaret Peacock")
    assert not order.customer.has_usable_password()
    assert events_of("10250") == [("imported", "")]


def test_the_number_of_statements_does_not_grow_with_the_rows(import_):
    def statements(start, rows):
        lines = [f"S{n},assigned,C{n},Name {n}" for n in range(start, start + rows)]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert import_("\n".join(["reference,status,customer_ref,customer_name", *lines])).exit_code == 0
        return len(queries)

    few = statements(0, 3)
    assert statements(1000, 60) == few
    assert few < 20


def test_only_a_reference_is_required(import_):
    assert import_("reference\nA1\n").out == "1 created, 0 updated, 0 rejected\n"
    order = Order.objects.get()
    assert (order.status, order.customer, order.driver, order.items) == ("assigned", None, None, [])


def test_columns_come_in_any_order_and_a_byte_order_mark_is_fine(import_):
    assert import_(b"\xef\xbb\xbfstatus,reference\r\ndelivered,A1\r\n\r\n").exit_code == 0
    assert Order.objects.get().status == "delivered"


def test_dates_with_a_time_and_a_zone(import_):
    import_("reference,placed_at,promised_for\nA1,2026-11-22T15:00:00+01:00,2026-11-22 15:30\n")
    order = Order.objects.get()
    assert order.placed_at.isoformat() == "2026-11-22T14:00:00+00:00"
    assert timezone.localtime(order.promised_for).strftime("%H:%M") == "15:30"


def test_a_person_without_a_name_goes_by_what_there_is(import_):
    import_("reference,customer_ref,customer_company,driver_ref\nA1,C1,Bon app',D1\n")
    order = Order.objects.get()
    assert (order.customer.name, order.driver.name) == ("Bon app'", "D1")


# What a later import changes


def test_a_missing_column_leaves_alone_and_an_empty_value_clears(import_):
    import_("reference,carrier,freight,items,promised_for\nA1,United,10.50,1 x Tofu,2026-11-22\n")
    assert import_("reference,carrier\nA1,\n").out == "0 created, 1 updated, 0 rejected\n"
    order = Order.objects.get()
    assert order.carrier == ""
    assert (order.freight, order.items) == (Decimal("10.50"), [{"quantity": 1, "name": "Tofu"}])
    import_("reference,freight,items,promised_for\nA1,,,\n")
    order.refresh_from_db()
    assert (order.freight, order.items, order.promised_for) == (None, [], None)


def test_a_new_driver_and_status_are_told_by_the_timeline(import_):
    import_("reference,status,driver_ref,driver_name\nA1,assigned,D1,Nancy Davolio\n")
    assert events_of("A1") == [("imported", "")]
    again = import_("reference,status,driver_ref,driver_name\nA1,in_transit,D2,Robert King\n")
    assert again.out == "0 created, 1 updated, 0 rejected\n"
    assert events_of("A1")[1:] == [("driver_assigned", "Robert King"), ("status_changed", "In transit")]
    import_("reference,driver_ref\nA1,\n")
    assert Order.objects.get().driver is None
    assert events_of("A1")[3:] == [("driver_assigned", "")]


def test_an_empty_status_says_nothing(import_):
    import_("reference,status\nA1,delivered\n")
    assert import_("reference,status\nA1,\nA2,\n").out == "1 created, 0 updated, 0 rejected\n"
    assert Order.objects.get(reference="A1").status == "delivered"


def test_a_person_s_news_count_for_the_orders_that_show_them(import_):
    import_("reference,customer_ref,customer_name,customer_phone\nA1,C1,Ann,1\nA2,C1,Ann,1\nA3,C2,Bob,2\n")
    again = import_("reference,customer_ref,customer_name,customer_phone\nA1,C1,Ann,9\nA2,C1,Ann,9\nA3,C2,Bob,2\n")
    assert again.out == "0 created, 2 updated, 0 rejected\n"
    assert User.objects.get(reference="C1").phone == "9"
    assert User.objects.count() == 2


def test_where_rows_disagree_about_a_person_the_last_one_counts_in_every_run(import_):
    content = "reference,customer_ref,customer_name\nA1,C1,Ann\nA2,C1,Anna\n"
    import_(content)
    assert User.objects.get().name == "Anna"
    assert import_(content).out == "0 created, 0 updated, 0 rejected\n"


def test_a_known_name_is_not_lost_to_an_empty_one(import_):
    import_("reference,customer_ref,customer_name\nA1,C1,Ann\n")
    import_("reference,customer_ref,customer_name\nA1,C1,\n")
    assert User.objects.get().name == "Ann"


def test_another_driver_changes_nobody_in_the_chat(import_):
    dispatcher, order = TeamFactory(), OrderFactory(reference="A1")
    chat, _ = actions.open_order_chat(order=order, actor=dispatcher)
    actions.add_participants(conversation=chat, people=[order.driver], actor=dispatcher)
    before = list(chat.participants.values_list("person", "removed_at"))
    assert len(before) == 3
    import_("reference,driver_ref,driver_name\nA1,D9,Robert King\n")
    order.refresh_from_db()
    assert order.driver.name == "Robert King"
    assert list(chat.participants.values_list("person", "removed_at")) == before


# What is refused, row by row


@pytest.mark.parametrize(
    ("columns", "row", "reason"),
    [
        ("placed_at", "31/12/2026", "placed_at is not an ISO 8601 date: '31/12/2026'"),
        ("promised_for", "2026-02-30", "promised_for is not an ISO 8601 date: '2026-02-30'"),
        ("shipped_at", "0001-01-01", "shipped_at is not a date of our time: '0001-01-01'"),
        ("status", "lost", "status unknown: 'lost' is not one of assigned, in_transit, delivered"),
        ("carrier", "A,B", "3 fields where the header has 2"),
        ("carrier,freight", "A", "2 fields where the header has 3"),
        ("carrier", "A\0B", "carrier holds a NUL character"),
        ("carrier", "A" * 201, "carrier is longer than 200 characters"),
        ("dropoff_postcode", "9" * 41, "dropoff_postcode is longer than 40 characters"),
        ("customer_ref", "C" * 101, "customer_ref is longer than 100 characters"),
        ("freight", "much", "freight is not an amount such as 32.38: 'much'"),
        ("freight", "-1", "freight is not an amount such as 32.38: '-1'"),
        ("freight", "NaN", "freight is not an amount such as 32.38: 'NaN'"),
        ("freight", "99999999999", "freight is not an amount such as 32.38: '99999999999'"),
        ("freight", "9999999999.999", "freight is too large: '9999999999.999'"),
        ("items", "Tofu", "items must be like 12 x Queso Cabrales; 10 x Tofu, not 'Tofu'"),
        ("items", "2 x Tofu; many x Chang", "not 'many x Chang'"),
        (
            "customer_ref,customer_email",
            "C1,not an address",
            "customer_email is not an e-mail address: 'not an address'",
        ),
        ("customer_name", "Ann", "customer_name without customer_ref, by which people are told apart"),
        ("driver_ref,driver_phone", ",123", "driver_phone without driver_ref, by which people are told apart"),
        ("customer_ref", "E1", "customer_ref 'E1' is a driver, not a customer"),
        ("customer_ref", "T1", "customer_ref 'T1' is a dispatcher, not a customer"),
        ("driver_ref", "SAVEA", "driver_ref 'SAVEA' is a customer, not a driver"),
        ("customer_ref,driver_ref", "X1,X1", "driver_ref 'X1' is a customer, not a driver"),
        ("carrier", '"A"B', "not readable as CSV: ',' expected after '\"'"),
    ],
)
def test_a_bad_row_is_refused_and_the_good_ones_are_in(import_, columns, row, reason):
    UserFactory(reference="E1", role="driver")
    UserFactory(reference="SAVEA", role="customer")
    TeamFactory(reference="T1")
    empty = "," * columns.count(",")
    done = import_(f"reference,{columns}\nG1,{empty}\nB1,{row}\nG2,{empty}\n")
    assert done.out == "2 created, 0 updated, 1 rejected\n"
    assert done.exit_code == 1
    assert len(done.errors) == 1
    assert done.errors[0].startswith("line 3: ")
    assert reason in done.errors[0]
    assert set(Order.objects.values_list("reference", flat=True)) == {"G1", "G2"}


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("", "reference is missing"),
        ("A/1", "reference 'A/1' cannot be used"),
        ("..", "reference '..' cannot be used"),
        ("A\x1b[31m", r"reference 'A\x1b[31m' cannot be used"),
        ("R" * 101, "reference is longer than 100 characters"),
    ],
)
def test_a_reference_that_no_address_can_hold(import_, reference, reason):
    done = import_(f"reference,carrier\n{reference},A\nG1,B\n")
    assert done.out == "1 created, 0 updated, 1 rejected\n"
    assert done.errors[0].startswith("line 2: ")
    assert reason in done.errors[0]


def test_a_reference_twice_is_refused_the_second_time(import_):
    done = import_("reference,carrier\nA1,first\nA2,x\nA1,second\n")
    assert done.out == "2 created, 0 updated, 1 rejected\n"
    assert done.errors == ["line 4: reference 'A1' is already on line 2"]
    assert Order.objects.get(reference="A1").carrier == "first"


def test_all_that_is_wrong_with_a_row_is_said_on_its_line(import_):
    done = import_("reference,status,placed_at\nA1,lost,soon\n")
    assert done.errors == [
        "line 2: status unknown: 'lost' is not one of assigned, in_transit, delivered; "
        "placed_at is not an ISO 8601 date: 'soon'"
    ]


def test_lines_are_counted_as_an_editor_does(import_):
    done = import_('reference,carrier,status\nA1,"two\nlines",assigned\n\nA2,x,lost\n')
    assert done.errors[0].startswith("line 5: ")
    assert Order.objects.get().carrier == "two lines"


def test_a_quote_that_never_ends_swallows_no_rows_in_silence(import_):
    done = import_('reference,carrier\nA1,x\nA2,"y\nA3,z\n')
    assert done.out == "1 created, 0 updated, 1 rejected\n"
    assert done.errors == ["line 3: not readable as CSV: unexpected end of data"]


def test_a_rejected_row_changes_nothing_of_its_people(import_):
    UserFactory(reference="C1", name="Ann", role="customer")
    done = import_("reference,status,customer_ref,customer_name\nA1,lost,C1,Anna\nA2,lost,C2,Bob\n")
    assert done.out == "0 created, 0 updated, 2 rejected\n"
    assert list(User.objects.values_list("name", flat=True)) == ["Ann"]


def test_unknown_columns_are_told_and_ignored(import_):
    done = import_("reference,colour,weight\nA1,red,12\n")
    assert (done.out, done.exit_code) == ("1 created, 0 updated, 0 rejected\n", 0)
    assert done.errors == ["Unknown columns, ignored: 'colour', 'weight'"]


# What is refused as a whole


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf \n", "the file is empty"),
        ("reference,Stra\u00dfe\nA1,x\n".encode("latin-1"), "not UTF-8: byte 0xdf"),
        ("reference\nA1\n".encode("utf-16"), "not UTF-8"),
        (b"status,carrier\nassigned,x\n", "the column reference is missing"),
        (b"reference;status\nA1;assigned\n", "the column reference is missing"),
        (b"reference,status,status\nA1,assigned,assigned\n", "the header has status twice"),
        (b'reference,"status\nA1,assigned\n', "the header cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_imports_nothing(import_, content, reason):
    with pytest.raises(CommandError) as error:
        import_(content)
    assert reason in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.returncode == 1
    assert not Order.objects.exists()


def test_a_row_that_is_not_utf_8_costs_no_other_row(import_):
    done = import_("reference,carrier\nA1,x\nA2,M\u00fcnchen\nA3,z\n".encode("latin-1"))
    assert (done.out, done.exit_code) == ("2 created, 0 updated, 1 rejected\n", 1)
    assert done.errors == ["line 3: not UTF-8: byte 0xfc"]


def test_a_file_that_is_not_there(tmp_path):
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(CommandError) as error:
            Import(path)
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)


def test_a_header_alone_is_no_orders(import_):
    assert import_("reference,status\n").out == "0 created, 0 updated, 0 rejected\n"


def test_the_columns_are_those_of_the_bundled_file():
    from orders.reading import COLUMNS

    with Path(NORTHWIND).open(encoding="utf-8", newline="") as file:
        assert set(next(csv.reader(file))) == set(COLUMNS)
