"""Queries whose SQL is kept answer as those that are built anew."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AccessLink
from accounts.viewers import Viewer
from chat import actions
from chat.models import Conversation
from orders.models import Order

pytestmark = pytest.mark.django_db


def customers_link(conversation, person):
    return AccessLink.make(person=person, conversation=conversation)[0]


@pytest.fixture
def chats(cast, chat):
    """The chat of the order, now with its driver; one that the driver has left; and one with other people."""
    left = actions.start_conversation(title="", people=[cast.driver, cast.customer], actor=cast.dispatcher)
    others = actions.start_conversation(title="", people=[cast.other_customer, cast.other_driver], actor=cast.colleague)
    actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
    actions.remove_participant(conversation=left, person=cast.driver, actor=cast.dispatcher)
    return [chat, left, others]


@pytest.fixture
def viewers(cast, chats):
    chat, left, others = chats
    team = [Viewer(person) for person in (cast.dispatcher, cast.colleague, cast.support)]
    drivers = [Viewer(person, AccessLink.make(person=person)[0]) for person in (cast.driver, cast.other_driver)]
    customers = [Viewer(cast.customer, customers_link(conversation, cast.customer)) for conversation in chats]
    return [*team, *drivers, *customers, Viewer(cast.other_customer, customers_link(others, cast.other_customer))]


def test_who_may_see_what_is_the_same(viewers, chats):
    numbers = [*(chat.pk for chat in chats), 0, 987654321]
    for viewer in viewers:
        seen = [Conversation.visible_one(viewer, number) for number in numbers]
        assert seen == [Conversation.objects.visible_to(viewer).filter(pk=number).first() for number in numbers]
    # The premise: there is something that each kind of viewer sees, and something that guests do not.
    sees = [[bool(Conversation.visible_one(viewer, chat.pk)) for chat in chats] for viewer in viewers]
    assert sees == [[True] * 3] * 3 + [
        [True, False, False],
        [False, False, True],
        [True, False, False],
        [False, True, False],
        [False, False, False],
        [False, False, True],
    ]


@pytest.mark.parametrize("number", [-1, 2**63, -(2**63) - 1, 10**30])
def test_there_is_nothing_with_a_number_that_no_row_can_have(viewers, number):
    assert [Conversation.visible_one(viewer, number) for viewer in viewers] == [None] * len(viewers)


def test_rows_are_as_they_are_now(cast, chat):
    viewer = Viewer(cast.customer, customers_link(chat, cast.customer))
    for title in ("First", "Then"):
        actions.rename_conversation(conversation=chat, title=title, actor=cast.dispatcher)
        assert Conversation.visible_one(viewer, chat.pk).title == title


def test_who_is_taken_out_sees_it_no_more(cast, chat):
    viewer = Viewer(cast.customer, customers_link(chat, cast.customer))
    assert Conversation.visible_one(viewer, chat.pk) == chat
    actions.remove_participant(conversation=chat, person=cast.customer, actor=cast.dispatcher)
    assert Conversation.visible_one(viewer, chat.pk) is None


def test_a_link_is_asked_about_with_the_time_and_the_settings_of_now(cast, chat, come_in, settings):
    customer = come_in(cast.customer, chat)

    def status():
        return customer.get(f"{customer.door}/chats/{chat.pk}/messages/?after=0").status_code

    assert status() == 200
    AccessLink.objects.update(made_at=timezone.now() - timedelta(days=100))
    Order.objects.update(status="delivered", delivered_at=timezone.now() - timedelta(days=5))
    assert status() == 200
    settings.LINK_READ_ONLY_DAYS, settings.LINK_DEAD_DAYS = 1, 2
    assert status() == 404
    settings.LINK_DEAD_DAYS = 6
    assert status() == 200
    AccessLink.objects.update(expires_at=timezone.now())
    assert status() == 404


def test_who_looks_again_asks_one_query_each_for_link_and_chat(cast, chat, come_in):
    customer = come_in(cast.customer, chat)
    path = f"{customer.door}/chats/{chat.pk}/messages/?after={chat.last_number}&revision={chat.revision}"
    customer.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert customer.get(path).status_code == 200
    assert len(queries) == 2
