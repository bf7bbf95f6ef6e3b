"""The orders: found by words and status, a page at a time, with the state of their chats."""

import re
from datetime import datetime, time, timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import actions
from dispatch_console.folded import FoldedQuerySet
from orders.models import Order, OrderQuerySet
from tests.factories import OrderFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(sign_in):
    return sign_in(TeamFactory())


def page_of(browser, **query):
    response = browser.get(f"/orders/?{urlencode(query)}")
    assert response.status_code == 200
    return response.content.decode()


def references(page):
    return re.findall(r'class="orders__number"[^>]*><bdi>([^<]*)</bdi>', page)


def counts(page):
    return re.findall(r'(\w[\w ]*) <span class="figures">(\d+)</span>', page)


def next_page(page):
    link = re.search(r'<a [^>]*rel="next"[^>]*href="([^"]*)"', page)
    return link and link[1].replace("&amp;", "&")


# Who


def test_only_the_team_sees_them(client, cast, chat, come_in, sign_in):
    assert sign_in(cast.dispatcher).get("/orders/").status_code == 200
    assert sign_in(cast.support).get("/orders/").status_code == 200
    for other in (client, come_in(cast.customer, chat), come_in(cast.driver)):
        response = other.get("/orders/")
        assert response.status_code == 302
        assert response.url == "/login/?next=/orders/"


def test_nothing_is_posted_there(browser):
    assert browser.post("/orders/").status_code == 405


# What a row says


def test_a_row(browser):
    customer = UserFactory(name="Jose Pavarotti", company="Save-a-lot Markets")
    driver = UserFactory(name="Nancy Davolio", role="driver")
    OrderFactory(reference="11064", customer=customer, driver=driver, carrier="Speedy Express")
    page = page_of(browser)
    for words in ("Jose Pavarotti", "Save-a-lot Markets", "Nancy Davolio", "Speedy Express", "Boise", "In transit"):
        assert words in page
    assert 'href="/orders/11064/"' in page


def test_what_is_not_known_is_said(browser):
    OrderFactory(customer=None, driver=None)
    page = page_of(browser)
    assert "No customer" in page
    assert "No driver" in page


def test_what_people_typed_is_text(browser):
    OrderFactory(reference="<b>&", customer__name="<script>alert(1)</script>", dropoff_city="<i>")
    page = page_of(browser, q="<b>")
    assert "<script>alert" not in page
    assert references(page) == ["&lt;b&gt;&amp;"]


@pytest.mark.parametrize("reference", ["A 1", "A#1", "A?1", "50%", "Größe-7", "注文1", "A&B", "..a"])
def test_odd_references_lead_to_their_order(browser, reference):
    OrderFactory(reference=reference)
    link = re.search(r'class="orders__number" href="([^"]*)"', page_of(browser))[1]
    response = browser.get(link.replace("&amp;", "&"))
    assert response.status_code == 200
    assert response.context["order"].reference == reference


def test_the_chat_icon_says_whether_there_is_a_chat_and_something_unread(cast, sign_in):
    browser = sign_in(cast.dispatcher)
    other = OrderFactory(reference="11065")
    assert "Open a chat for 11064" in page_of(browser, q="11064")
    chat, _ = actions.open_order_chat(order=cast.order, actor=cast.dispatcher)
    assert 'aria-label="Chat of 11064"' in page_of(browser)
    actions.send_message(conversation=chat, author=cast.customer, body="Hello")
    page = page_of(browser)
    assert 'aria-label="Chat of 11064, 1 unread"' in page
    assert f"Open a chat for {other.reference}" in page


# The promise


def local(hour, days=0):
    day = timezone.localdate() + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, time(hour, 30) if hour else time()))


@pytest.fixture
def at_noon(monkeypatch):
    noon = local(11) + timedelta(minutes=30)
    monkeypatch.setattr(timezone, "now", lambda: noon)


@pytest.mark.parametrize(
    ("promised", "shown", "late"),
    [
        ((15, 0), "Today, 15:30", ""),
        ((9, 0), "Today, 09:30", "2 h late"),
        ((11, 0), "Today, 11:30", "30 min late"),
        ((9, -1), "Yesterday, 09:30", "26 h late"),
        ((9, 1), "Tomorrow, 09:30", ""),
        ((0, 0), "Today", ""),
        ((0, -1), "Yesterday", "12 h late"),
        ((0, 1), "Tomorrow", ""),
    ],
)
def test_when_it_is_promised(browser, at_noon, promised, shown, late):
    OrderFactory(promised_for=local(*promised))
    cell = re.findall(r"<td>(.*?)</td>", page_of(browser), re.DOTALL)[5]
    assert re.sub("<small>.*|<[^>]*>", "", cell).strip() == shown
    assert ('<b class="late">' in cell) == bool(late)
    assert late in cell


def test_a_day_further_away_has_no_clock(browser, at_noon):
    OrderFactory(promised_for=local(15, days=9))
    cell = re.findall(r"<td>(.*?)</td>", page_of(browser), re.DOTALL)[5]
    day = timezone.localdate() + timedelta(days=9)
    assert f"{day.day} {day:%b}" in cell
    assert "15:30" not in re.sub("<[^>]*>", "", cell)


def test_what_is_delivered_is_not_late(browser, at_noon):
    order = OrderFactory(promised_for=local(9))
    assert "late" in page_of(browser, q=order.reference)
    Order.objects.update(status=Order.Status.DELIVERED)
    assert "late" not in page_of(browser, q=order.reference)


# Search and status


@pytest.mark.parametrize(
    "words", ["1106", "pavarotti", "save-a-lot", "davolio", "boise", "PAVA boi", " nancy   11064 "]
)
@pytest.mark.parametrize("common", [1, FoldedQuerySet.COMMON])
def test_search_finds_by_reference_customer_driver_and_city(browser, words, common, monkeypatch):
    monkeypatch.setattr(FoldedQuerySet, "COMMON", common)
    OrderFactory(
        reference="11064",
        customer=UserFactory(name="Jose Pavarotti", company="Save-a-lot Markets"),
        driver=UserFactory(name="Nancy Davolio", role="driver"),
    )
    OrderFactory(reference="22000", dropoff_city="Graz")
    assert len(references(page_of(browser))) == 2
    assert references(page_of(browser, q=words)) == ["11064"]


@pytest.mark.parametrize(
    "words", ["muller", "MÜLLER", "mull gmbh", "zurich", "Zürich", "ZÜ", "555-0199", "kare", "grosse"]
)
def test_search_does_not_ask_for_accents(browser, words):
    OrderFactory(
        reference="Größe-7",
        customer=UserFactory(name="Rita Müller", company="Müller GmbH", phone="(206) 555-0199"),
        driver=UserFactory(name="Kåre Sørensen", role="driver"),
        dropoff_city="Zürich",
    )
    OrderFactory(reference="22000", dropoff_city="Graz")
    assert references(page_of(browser, q=words)) == ["Größe-7"]


def test_search_for_more_words_than_are_looked_up(browser):
    OrderFactory(
        reference="11064",
        dropoff_city="Boise",
        customer=UserFactory(name="Jose Maria Pavarotti", company="Save-a-lot Markets"),
        driver=UserFactory(name="Nancy Davolio", role="driver"),
    )
    words = "11064 boise jose maria pavarotti save-a-lot markets nancy davolio"
    assert len(words.split()) > 2 * OrderQuerySet.LOOKED_UP

    assert references(page_of(browser, q=words)) == ["11064"]
    for word in words.split():
        assert references(page_of(browser, q=words.replace(word, f"{word}x"))) == []


def test_search_finds_what_was_changed(browser):
    order = OrderFactory(reference="11064", dropoff_city="Graz")
    Order.objects.update(dropoff_city="Zürich")
    assert references(page_of(browser, q="zurich")) == ["11064"]
    order.refresh_from_db()
    order.dropoff_city = "Málaga"
    order.save(update_fields=["dropoff_city"])
    assert references(page_of(browser, q="malaga")) == ["11064"]
    order.dropoff_city = "Łódź"
    Order.objects.bulk_update([order], ["dropoff_city"])
    assert references(page_of(browser, q="łodz")) == ["11064"]
    assert references(page_of(browser, q="malaga")) == []


@pytest.mark.parametrize(
    "words",
    ["%", "_", "'", '"', "\\", "\0", "11064\0", "😀", "'; DROP TABLE orders_order; --", "a " * 5000, "x" * 10_000],
)
def test_any_words_are_clean(browser, words):
    OrderFactory(reference="11064")
    page = page_of(browser, q=words)
    assert references(page) == []
    assert "Nothing found" in page


def test_a_broken_encoding_is_clean(browser):
    assert browser.get("/orders/?q=%ff%ed%a0%80").status_code == 200


def test_nothing_found_names_the_words_and_leads_out(browser):
    OrderFactory()
    page = page_of(browser, q="Lakkalikööri")
    assert "No order has “<bdi>Lakkalikööri</bdi>”" in page
    assert '<a class="button" href="?">Clear search</a>' in page


def test_no_orders_at_all_says_how_they_come(browser):
    assert "manage.py import_orders FILE.csv" in page_of(browser)


def test_each_status_is_a_url_with_its_count(browser):
    for reference, status in [("A1", "assigned"), ("T1", "in_transit"), ("T2", "in_transit"), ("D1", "delivered")]:
        OrderFactory(reference=reference, status=status, customer=None, driver=None)
    page = page_of(browser, status="in_transit")
    assert references(page) == ["T2", "T1"]
    assert counts(page) == [("All", "4"), ("Assigned", "1"), ("In transit", "2"), ("Delivered", "1")]
    assert 'href="?status=in_transit" aria-current="true"' in page
    found = page_of(browser, q="1")
    assert counts(found) == [("All", "3"), ("Assigned", "1"), ("In transit", "1"), ("Delivered", "1")]
    assert 'href="?q=1&amp;status=delivered"' in found


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("status=lost", "There is no status “lost”."),
        ("status=%00", "There is no status"),
        ("before=x", "This page of the list does not exist."),
        ("before=-1", "This page of the list does not exist."),
        ("before=" + "9" * 5000, "This page of the list does not exist."),
    ],
)
def test_nonsense_is_answered_with_a_sentence(browser, query, sentence):
    OrderFactory()
    response = browser.get(f"/orders/?{query}")
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert references(response.content.decode()) == []


# Pages


def test_pages_are_fifty_newest_first_and_lose_nothing_between_them(browser):
    for number in range(120):
        OrderFactory(reference=f"O{number:03}", customer=None, driver=None)
    page, seen = page_of(browser), []
    assert len(references(page)) == 50
    assert "Newest orders" not in page
    while True:
        seen += references(page)
        link = next_page(page)
        if not link:
            break
        # A new order comes in while somebody pages: it moves nothing.
        OrderFactory(customer=None, driver=None)
        page = browser.get(f"/orders/{link}").content.decode()
        assert "Newest orders" in page
    assert seen == [f"O{number:03}" for number in reversed(range(120))]


def test_pages_keep_the_words_and_the_status(browser):
    for number in range(60):
        OrderFactory(
            reference=f"O{number}", status="assigned" if number % 6 else "delivered", customer=None, driver=None
        )
    page = browser.get("/orders/?q=O&status=assigned").content.decode()
    assert len(references(page)) == 50
    assert next_page(page) is None
    OrderFactory.create_batch(9, status="assigned", dropoff_city="Oslo", customer=None, driver=None)
    page = browser.get("/orders/?q=O&status=assigned").content.decode()
    link = next_page(page)
    assert link.startswith("?q=O&status=assigned&before=")
    assert len(references(browser.get(f"/orders/{link}").content.decode())) == 9


def test_a_page_after_the_end_leads_back(browser):
    order = OrderFactory()
    page = page_of(browser, before=order.pk)
    assert "No older orders" in page
    assert references(page_of(browser, before=10**30)) == [order.reference]


def test_the_number_of_queries_does_not_grow_with_the_rows(cast, sign_in):
    browser = sign_in(cast.dispatcher)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            page = page_of(browser)
        return len(captured), len(references(page))

    for order in OrderFactory.create_batch(2):
        actions.open_order_chat(order=order, actor=cast.dispatcher)
    few, rows = queries()
    assert rows == 3
    for order in OrderFactory.create_batch(57):
        actions.open_order_chat(order=order, actor=cast.dispatcher)
    many, rows = queries()
    assert rows == 50
    assert many == few
    assert few < 10


# With htmx


def test_htmx_gets_the_results_alone(browser):
    OrderFactory(reference="11064")
    whole = page_of(browser, q="11064")
    assert "<html" in whole
    response = browser.get("/orders/?q=11064", headers={"HX-Request": "true"})
    part = response.content.decode()
    assert part.strip().startswith('<div id="results">')
    assert references(part) == ["11064"]
    assert "<html" not in part
    assert '<form class="search"' not in part
    assert browser.get("/orders/?status=lost", headers={"HX-Request": "true"}).status_code == 422
