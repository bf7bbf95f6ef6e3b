"""Orders in the admin: found, corrected, with what happened to them in view."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.models import OrderEvent
from tests.factories import OrderFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
ORDERS = "/admin/orders/order/"


@pytest.fixture
def admin(sign_in):
    return sign_in(TeamFactory(is_staff=True, is_superuser=True))


def form_of(page):
    """What the browser would send back of the form as it was shown."""
    form = page.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    for name in ("placed_at", "promised_for", "shipped_at"):
        del values[name]
    management = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0}
    values |= {f"events-{name}": value for name, value in management.items()}
    return {name: value for name, value in values.items() if value is not None}


@pytest.mark.parametrize("words", ["11064", "Pavarotti", "Davolio"])
def test_orders_are_found(admin, cast, words):
    OrderFactory(reference="22000")
    page = admin.get(ORDERS, {"q": words}).content.decode()
    assert "11064" in page
    assert "22000" not in page


def test_the_number_of_queries_does_not_grow_with_the_rows(admin):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(ORDERS).status_code == 200
        return len(captured)

    driver = UserFactory(role="driver")
    OrderFactory.create_batch(3, driver=driver)
    few = queries()
    OrderFactory.create_batch(40, driver=driver)
    assert queries() == few


def test_a_change_of_driver_and_status_is_told_with_who_made_it(admin, cast):
    path = f"{ORDERS}{cast.order.pk}/change/"
    values = form_of(admin.get(path)) | {"driver": cast.other_driver.pk, "status": "delivered"}
    assert admin.post(path, values).status_code == 302
    events = OrderEvent.objects.order_by("id").values_list("kind", "detail", "actor__username")
    username = OrderEvent.objects.first().actor.username
    assert list(events) == [("driver_assigned", "Robert King", username), ("status_changed", "Delivered", username)]
    page = admin.get(path).content.decode()
    assert "Robert King" in page


@pytest.mark.parametrize("reference", ["A/1", "..", ""])
def test_a_reference_that_no_address_can_hold_is_refused(admin, cast, reference):
    path = f"{ORDERS}{cast.order.pk}/change/"
    response = admin.post(path, form_of(admin.get(path)) | {"reference": reference})
    assert response.status_code == 200
    assert "reference" in response.context["adminform"].form.errors


def test_a_driver_is_no_customer(admin, cast):
    path = f"{ORDERS}{cast.order.pk}/change/"
    response = admin.post(path, form_of(admin.get(path)) | {"customer": cast.driver.pk})
    assert response.status_code == 200
    assert "customer" in response.context["adminform"].form.errors


def test_what_happened_cannot_be_rewritten(admin, cast):
    event = OrderEvent.objects.create(order=cast.order, kind="driver_assigned", detail="Nancy Davolio")
    path = f"{ORDERS}{cast.order.pk}/change/"
    page = admin.get(path)
    assert "Nancy Davolio" in page.content.decode()
    sent = {
        "events-TOTAL_FORMS": 1,
        "events-INITIAL_FORMS": 1,
        "events-0-id": event.pk,
        "events-0-order": cast.order.pk,
    }
    admin.post(path, form_of(page) | sent | {"events-0-detail": "Somebody", "events-0-DELETE": "on"})
    event.refresh_from_db()
    assert event.detail == "Nancy Davolio"
