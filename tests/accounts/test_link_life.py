"""How long a web chat link opens its door, and how long one may write behind it."""

from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from accounts.models import AccessLink, User
from chat import actions
from orders.models import Order

pytestmark = pytest.mark.django_db


def ago(days):
    return timezone.now() - timedelta(days=days)


def deliver(order, days):
    """As if it had been delivered so many days ago."""
    Order.objects.filter(pk=order.pk).update(status="delivered", delivered_at=ago(days))


def age(link, days):
    AccessLink.objects.filter(pk=link.pk).update(made_at=ago(days))


def state_of(link):
    links = AccessLink.objects.filter(pk=link.pk)
    usable, writable = links.usable().exists(), links.writable().exists()
    assert usable or not writable
    if usable:
        assert links.usable().with_writable().get().is_writable is writable
    return "write" if writable else "read" if usable else "ended"


@pytest.fixture
def customers(cast, chat):
    """The customer's link to the order's chat, made long ago."""
    link, _ = actions.make_link(conversation=chat, person=cast.customer, actor=cast.dispatcher)
    age(link, 100)
    return link


class TestToTheChatOfAnOrder:
    def test_lives_as_long_as_the_order_is_not_delivered(self, customers):
        assert customers.expires_at is None
        assert state_of(customers) == "write"
        assert (customers.read_only_from, customers.ends_at) == (None, None)

    @pytest.mark.parametrize(
        ("days", "state"),
        [(0, "write"), (2.99, "write"), (3.01, "read"), (6.99, "read"), (7.01, "ended"), (90, "ended")],
    )
    def test_is_there_to_read_after_three_days_and_ends_after_seven(self, customers, cast, days, state):
        deliver(cast.order, days)
        assert state_of(customers) == state

    def test_days_are_settings(self, customers, cast, settings):
        settings.LINK_READ_ONLY_DAYS, settings.LINK_DEAD_DAYS = 1, 2
        for days, state in [(0.9, "write"), (1.1, "read"), (2.1, "ended")]:
            deliver(cast.order, days)
            assert state_of(customers) == state

    def test_an_order_that_is_reopened_revives_it(self, customers, cast):
        deliver(cast.order, 8)
        assert state_of(customers) == "ended"

        cast.order.refresh_from_db()
        cast.order.status = "in_transit"
        cast.order.save()
        assert state_of(customers) == "write"

        # And delivered again, it counts anew.
        cast.order.status = "delivered"
        cast.order.save()
        assert state_of(customers) == "write"

    def test_one_that_is_made_later_counts_from_then(self, customers, cast, chat):
        deliver(cast.order, 30)
        later, _ = actions.make_link(conversation=chat, person=cast.customer, actor=cast.dispatcher)
        assert state_of(later) == "write"
        age(later, 4)
        assert state_of(later) == "read"
        age(later, 8)
        assert state_of(later) == "ended"

    def test_is_revoked_all_the_same(self, customers):
        actions.revoke_links(links=AccessLink.objects.filter(pk=customers.pk))
        assert state_of(customers) == "ended"

    def test_what_is_shown_is_what_holds(self, customers, cast):
        """The dates on the page and the conditions of the queries say the same."""
        now = timezone.now()
        for delivered, made in product([None, 0, 2.9, 3.1, 6.9, 7.1, 30], [0.1, 2.9, 3.1, 6.9, 7.1, 100]):
            if delivered is None:
                Order.objects.filter(pk=cast.order.pk).update(status="in_transit")
            else:
                deliver(cast.order, delivered)
            age(customers, made)
            link = AccessLink.objects.select_related("conversation__order").get(pk=customers.pk)
            said = "write"
            if link.ends_at and link.ends_at <= now:
                said = "ended"
            elif link.read_only_from and link.read_only_from <= now:
                said = "read"
            assert state_of(link) == said, (delivered, made)


class TestOfADriver:
    @pytest.fixture
    def drivers(self, cast, chat):
        actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
        link, _ = actions.make_link(conversation=chat, person=cast.driver, actor=cast.dispatcher)
        return link

    def test_lives_thirty_days_whatever_becomes_of_orders(self, drivers, cast):
        assert timedelta(days=29.9) < drivers.expires_at - timezone.now() <= timedelta(days=30)
        deliver(cast.order, 20)
        age(drivers, 20)
        assert state_of(drivers) == "write"
        assert drivers.ends_at == drivers.expires_at

        AccessLink.objects.filter(pk=drivers.pk).update(expires_at=timezone.now())
        assert state_of(drivers) == "ended"

    def test_ends_with_the_driver(self, drivers, cast):
        assert state_of(drivers) == "write"
        User.objects.filter(pk=cast.driver.pk).update(is_active=False)
        assert state_of(drivers) == "ended"


def test_to_a_chat_about_no_order_lives_thirty_days(cast):
    chat = actions.start_conversation(title="Invoice", people=[cast.customer], actor=cast.dispatcher)
    link, _ = actions.make_link(conversation=chat, person=cast.customer, actor=cast.dispatcher)

    assert timedelta(days=29.9) < link.ends_at - timezone.now() <= timedelta(days=30)
    assert state_of(link) == "write"
    AccessLink.objects.filter(pk=link.pk).update(expires_at=timezone.now())
    assert state_of(link) == "ended"
