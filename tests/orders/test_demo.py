"""The demo's orders: Northwind's, as if today were in the middle of their time."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from orders.demo import load_demo_orders
from orders.models import Order, OrderEvent
from tests.factories import OrderFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(monkeypatch):
    """Make it this time of today: at(14, 18)."""

    def at(hour, minute=0):
        now = timezone.make_aware(datetime.combine(timezone.localdate(), time(hour, minute)))
        monkeypatch.setattr(timezone, "now", lambda: now)
        return now

    return at


@pytest.mark.parametrize(("hour", "most_are_today"), [(3, True), (9, True), (14, True), (20, True), (23, False)])
def test_the_shift_is_around_now(at, hour, most_are_today):
    now = at(hour, 18)
    today = timezone.localdate()
    assert load_demo_orders(today) == 830
    open_orders = list(Order.objects.exclude(status="delivered").select_related("driver"))
    assert len(open_orders) == 58
    promised = [timezone.localdate(order.promised_for) for order in open_orders]
    assert (promised.count(today) >= 20) == most_are_today
    assert promised.count(today + timedelta(days=1)) >= 5
    assert all(today - timedelta(days=1) <= day <= today + timedelta(days=3) for day in promised)
    assert 2 <= sum(order.is_late for order in open_orders) <= 3
    assert max(timezone.localdate(order.placed_at) for order in open_orders) == today - timedelta(days=1)
    for order in Order.objects.filter(status="in_transit"):
        assert timezone.localdate(order.shipped_at) in (today, today - timedelta(days=1))
        assert order.shipped_at <= now
    assert not OrderEvent.objects.filter(at__gt=now).exists()


def test_every_open_order_has_a_story(at):
    at(14, 18)
    load_demo_orders(timezone.localdate())
    order = Order.objects.get(reference="11064")
    events = [(event.kind, event.detail) for event in order.events.order_by("at")]
    assert events == [("imported", ""), ("driver_assigned", "Nancy Davolio"), ("status_changed", "In transit")]
    assigned = order.events.get(kind="driver_assigned")
    assert timezone.localtime(assigned.at).strftime("%H:%M") == "17:05"
    assert order.placed_at < order.events.get(kind="imported").at < assigned.at < order.shipped_at


def test_the_same_minute_gives_the_same_orders(at):
    def facts():
        fields = ("reference", "status", "placed_at", "promised_for", "shipped_at")
        return list(Order.objects.values_list(*fields)), list(
            OrderEvent.objects.order_by("id").values_list("kind", "at")
        )

    at(14, 18)
    load_demo_orders(timezone.localdate())
    first = facts()
    assert len(first[0]) == 830
    Order.objects.all().delete()
    load_demo_orders(timezone.localdate())
    assert facts() == first


def test_it_does_nothing_where_there_are_orders():
    OrderFactory(reference="A1")
    assert load_demo_orders(timezone.localdate()) == 0
    assert Order.objects.count() == 1
