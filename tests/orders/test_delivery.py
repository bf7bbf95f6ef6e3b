"""Since when an order is delivered: kept with its status, whichever way that changes."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from orders.models import Order, OrderEvent
from tests.factories import OrderFactory, TeamFactory

pytestmark = pytest.mark.django_db
DELIVERED, IN_TRANSIT = Order.Status.DELIVERED, Order.Status.IN_TRANSIT


def by_saving(order, status):
    order.status = status
    order.save()


def by_saving_the_status_alone(order, status):
    order.status = status
    order.save(update_fields=["status"])


def by_an_update(order, status):
    Order.objects.filter(pk=order.pk).update(status=status)


def by_a_bulk_update(order, status):
    order.status = status
    Order.objects.bulk_update([order], ["status"])


def by_an_import(order, status, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(f"reference,status\n{order.reference},{status}\n")
    call_command("import_orders", str(path), stdout=StringIO())


def by_the_admin(order, status, sign_in):
    admin = sign_in(TeamFactory(is_staff=True, is_superuser=True))
    values = {
        "reference": order.reference,
        "status": status,
        "customer": order.customer_id,
        "driver": order.driver_id,
        "items": "[]",
        "events-TOTAL_FORMS": 0,
        "events-INITIAL_FORMS": 0,
    }
    assert admin.post(f"/admin/orders/order/{order.pk}/change/", values).status_code == 302


WAYS = [by_saving, by_saving_the_status_alone, by_an_update, by_a_bulk_update, by_an_import, by_the_admin]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def become(request, tmp_path, sign_in):
    given = {"tmp_path": tmp_path, "sign_in": sign_in}
    names = request.param.__code__.co_varnames[2 : request.param.__code__.co_argcount]
    return lambda order, status: request.param(
        Order.objects.get(pk=order.pk), status, **{name: given[name] for name in names}
    )


def test_begins_and_ends_with_the_status(become):
    order = OrderFactory(status=IN_TRANSIT)
    assert order.delivered_at is None
    before = timezone.now()

    become(order, DELIVERED)
    order.refresh_from_db()
    assert before <= order.delivered_at <= timezone.now()

    become(order, IN_TRANSIT)
    order.refresh_from_db()
    assert order.delivered_at is None


def test_stays_while_it_is_delivered(become):
    order = OrderFactory(status=DELIVERED)
    long_ago = timezone.now() - timedelta(days=5)
    Order.objects.filter(pk=order.pk).update(delivered_at=long_ago)

    become(order, DELIVERED)

    order.refresh_from_db()
    assert order.delivered_at == long_ago


def test_of_one_that_comes_as_delivered_it_is_when_it_set_off():
    now = timezone.now()
    shipped = now - timedelta(days=9)
    assert OrderFactory(status=DELIVERED, shipped_at=shipped).delivered_at == shipped
    assert OrderFactory(status=DELIVERED, shipped_at=now + timedelta(days=1)).delivered_at < timezone.now()
    assert now <= OrderFactory(status=DELIVERED).delivered_at


def test_an_import_again_changes_nothing(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("reference,status,shipped_at\nA1,delivered,2026-01-05\nA2,in_transit,\n")
    for _ in range(2):
        call_command("import_orders", str(path), stdout=StringIO())
        assert Order.objects.get(reference="A1").delivered_at == Order.objects.get(reference="A1").shipped_at
        assert Order.objects.get(reference="A2").delivered_at is None


@pytest.mark.django_db(transaction=True)
def test_the_migration_reads_it_from_what_is_known():
    now = timezone.now().replace(microsecond=0)
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    executor.migrate([("orders", "0002_order_search_text"), ("accounts", "0006_reaching")])
    try:
        apps = executor.loader.project_state([("orders", "0002_order_search_text")]).apps
        old = apps.get_model("orders", "Order").objects
        events = apps.get_model("orders", "OrderEvent").objects
        seen = old.create(reference="seen", status="delivered", shipped_at=now - timedelta(days=9))
        for days in (6, 4):
            at = now - timedelta(days=days)
            events.create(order=seen, kind="status_changed", detail="Delivered", at=at)
        events.create(order=seen, kind="status_changed", detail="In transit", at=now)
        old.create(reference="shipped", status="delivered", shipped_at=now - timedelta(days=8))
        old.create(reference="known", status="delivered", created_at=now - timedelta(days=7))
        under_way = old.create(reference="under way", status="in_transit", shipped_at=now)
        events.create(order=under_way, kind="status_changed", detail="Delivered", at=now)
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(leaves)

    dates = dict(Order.objects.values_list("reference", "delivered_at"))
    ago = {name: at and round((now - at) / timedelta(days=1)) for name, at in dates.items()}
    assert ago == {"seen": 4, "shipped": 8, "known": 7, "under way": None}
    assert OrderEvent.objects.count() == 4
