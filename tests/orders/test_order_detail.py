"""Order Details: what is known of an order, what happened to it, and the way into its chat."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import actions
from orders.models import Order, OrderEvent
from tests.factories import OrderFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(sign_in):
    return sign_in(TeamFactory(name="Dispatcher 1"))


def page_of(browser, order):
    response = browser.get(order.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def timeline(page):
    entries = re.findall(r'<li><span>(.*?)</span><span class="timeline__when">', page)
    return [re.sub("<[^>]*>", "", entry) for entry in entries]


def test_only_the_team_sees_it(client, cast, chat, come_in, sign_in):
    assert sign_in(cast.support).get("/orders/11064/").status_code == 200
    for other in (client, come_in(cast.customer, chat), come_in(cast.driver)):
        response = other.get("/orders/11064/")
        assert response.status_code == 302
        assert response.url == "/login/?next=/orders/11064/"


@pytest.mark.parametrize("path", ["/orders/11065/", "/orders/%00/", "/orders/110%0064/", f"/orders/{'x' * 2000}/"])
def test_what_is_not_there_is_404(browser, cast, path):
    assert browser.get("/orders/11064/").status_code == 200
    assert browser.get(path).status_code == 404


def test_what_is_known_of_it(browser):
    customer = UserFactory(
        name="Jose Pavarotti", company="Save-a-lot", phone="(208) 555-8097", email="jose@example.com"
    )
    driver = UserFactory(name="Nancy Davolio", role="driver", phone="+1 206 555-9857")
    order = OrderFactory(
        customer=customer,
        driver=driver,
        carrier="Speedy Express",
        freight=Decimal("30.09"),
        dropoff_name="Save-a-lot Markets",
        dropoff_street="187 Suffolk Ln.",
        dropoff_postcode="83720",
        items=[{"quantity": 77, "name": "Alice Mutton"}, {"quantity": 4, "name": "Pâté chinois"}],
    )
    page = page_of(browser, order)
    for words in ("Jose Pavarotti", "Nancy Davolio", "Speedy Express", "30.09", "187 Suffolk Ln., 83720 Boise, USA"):
        assert words in page
    for words in ("Save-a-lot Markets", "77 ×", "Alice Mutton", "Pâté chinois", "In transit"):
        assert words in page
    assert 'href="tel:2085558097"' in page
    assert 'href="tel:+12065559857"' in page
    assert 'href="mailto:jose@example.com"' in page
    assert 'href="geo:0,0?q=187%20Suffolk' in page


def test_what_is_not_known_is_said(browser):
    order = OrderFactory(customer=None, driver=None, dropoff_city="", dropoff_country="")
    page = page_of(browser, order)
    for words in ("No customer", "No driver yet", "Not known", "No items known.", "No address known."):
        assert words in page


def test_a_phone_that_nothing_can_dial_is_only_shown(browser):
    page = page_of(browser, OrderFactory(customer__phone="ask at the desk", driver=None))
    assert "ask at the desk" in page
    assert "tel:" not in page


def test_an_address_cannot_add_to_a_mail(browser):
    page = page_of(browser, OrderFactory(customer__email="a?bcc=b&c@example.com"))
    assert 'href="mailto:a%3Fbcc%3Db%26c@example.com"' in page


def test_what_people_typed_is_text(browser):
    order = OrderFactory(
        reference="<i>", customer__name="<script>1", items=[{"quantity": 1, "name": "<script>2"}], dropoff_street="<b>"
    )
    OrderEvent.objects.create(order=order, kind="driver_assigned", detail="<script>3")
    page = page_of(browser, order)
    assert "&lt;script&gt;3" in page
    assert not re.search(r"<script>\d", page)


def test_a_late_promise(browser):
    order = OrderFactory(promised_for=timezone.now() - timedelta(minutes=18, seconds=5))
    assert "18 min late" in page_of(browser, order)
    Order.objects.update(status="delivered")
    assert "late" not in re.sub("translate", "", page_of(browser, order))


# The timeline


def test_the_timeline_is_newest_first_with_the_order_s_own_dates(browser, cast):
    now = timezone.now()
    order = OrderFactory(placed_at=now - timedelta(days=3), shipped_at=now - timedelta(hours=30))
    for kind, detail, hours in [
        ("imported", "", 60),
        ("driver_assigned", "Nancy Davolio", 50),
        ("driver_assigned", "", 49),
        ("status_changed", "Delivered", 20),
    ]:
        OrderEvent.objects.create(order=order, kind=kind, detail=detail, at=now - timedelta(hours=hours))
    chat, _ = actions.open_order_chat(order=order, actor=cast.dispatcher)
    actions.close_conversation(conversation=chat, actor=cast.support)
    assert timeline(page_of(browser, order)) == [
        "Chat closed by Support 1",
        "Chat opened by Dispatcher 1",
        "Delivered",
        "Shipped",
        "Driver taken off",
        "Driver assigned: Nancy Davolio",
        "Imported",
        "Placed",
    ]


def test_setting_off_is_told_once(browser):
    now = timezone.now()
    order = OrderFactory(shipped_at=now)
    assert timeline(page_of(browser, order)) == ["Shipped"]
    OrderEvent.objects.create(order=order, kind="status_changed", detail="In transit", at=now)
    assert timeline(page_of(browser, order)) == ["In transit"]


# The chat


def test_the_way_into_the_chat(cast, sign_in):
    browser = sign_in(cast.dispatcher)
    page = page_of(browser, cast.order)
    assert 'action="/orders/11064/chat/"' in page
    assert "It opens with <bdi>Jose Pavarotti</bdi> in it." in page
    chat, _ = actions.open_order_chat(order=cast.order, actor=cast.dispatcher)
    actions.send_message(conversation=chat, author=cast.customer, body="Hello")
    page = page_of(browser, cast.order)
    assert 'action="/orders/11064/chat/"' in page
    assert '<span class="count">1<span class="visually-hidden"> unread</span></span>' in page
    assert f'href="/chats/{chat.pk}/"' in page


def test_without_a_customer_it_says_what_to_do(browser):
    order = OrderFactory(customer=None)
    page = page_of(browser, order)
    assert "This order has no customer" in page
    assert f'action="/orders/{order.reference}/chat/"' not in page


def test_looking_opens_no_chat(browser, cast):
    page_of(browser, cast.order)
    assert not cast.order.conversations.exists()
    assert not cast.order.events.exists()


def test_the_number_of_queries_does_not_grow_with_what_happened(cast, sign_in):
    browser = sign_in(cast.dispatcher)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            page = page_of(browser, cast.order)
        return len(captured), len(timeline(page))

    def open_and_close(times):
        for _ in range(times):
            chat, _ = actions.open_order_chat(order=cast.order, actor=cast.dispatcher)
            actions.close_conversation(conversation=chat, actor=TeamFactory())

    open_and_close(2)
    few, entries = queries()
    assert entries == 4
    open_and_close(20)
    many, entries = queries()
    assert entries == 44
    assert many == few
    assert few < 12
