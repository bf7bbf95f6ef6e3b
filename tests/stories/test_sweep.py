"""The channel layer may lose everything: the sweep brings what was missed, and closes what is no longer allowed."""

import asyncio

import pytest
from channels.layers import InMemoryChannelLayer
from django.contrib.sessions.models import Session
from django.db import InternalError, OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AccessLink, User
from chat import actions, consumers, sweep
from chat.models import Participant

from .live import PATIENCE, ask

# As it is but for these tests.
HEARTBEAT = sweep.HEARTBEAT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(sweep, "HEARTBEAT", 0.05)


async def test_it_looks_twice_as_often_as_it_speaks(monkeypatch):
    assert HEARTBEAT == 20
    looks, enough = [], asyncio.Event()

    async def look(self, beat=True):
        looks.append((beat, asyncio.get_running_loop().time()))
        if len(looks) == 4:
            enough.set()

    monkeypatch.setattr(sweep, "HEARTBEAT", 0.8)
    monkeypatch.setattr(sweep.Sweep, "look", look)
    began, running = asyncio.get_running_loop().time(), asyncio.create_task(sweep.Sweep().run())
    async with asyncio.timeout(PATIENCE):
        await enough.wait()
    running.cancel()
    assert [beat for beat, _ in looks] == [False, True, False, True]
    assert looks[0][1] - began < 0.8


@pytest.fixture
def deaf_layer(settings, monkeypatch):
    """A channel layer that takes everything and hands on nothing, as Redis does after it was flushed."""

    async def lose(self, group, message):
        pass

    monkeypatch.setattr(InMemoryChannelLayer, "group_send", lose)
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


async def test_what_the_layer_lost_arrives_with_the_next_look(deaf_layer, cast, chat, come_in, open_tab):
    customer = await ask(come_in, cast.customer, chat)
    tab = await open_tab(customer, chat)
    assert (await tab.message(1)).number == 1
    for body in ("On its way.", "At the gate."):
        await ask(actions.send_message, conversation=chat, author=cast.dispatcher, body=body)
    await tab.message(3)
    assert tab.numbers == [1, 2, 3]
    await tab.hear_until(lambda: {"type": "heartbeat", "last_number": 3} in tab.controls)


async def test_lists_too_and_nobody_learns_of_what_is_anothers(deaf_layer, cast, chat, come_in, sign_in, open_tab):
    await ask(actions.add_participants, conversation=chat, people=[cast.driver], actor=cast.dispatcher)
    list_of_team, list_of_driver, list_of_other = [
        await open_tab(browser)
        for browser in (
            await ask(sign_in, cast.colleague),
            await ask(come_in, cast.driver),
            await ask(come_in, cast.other_driver),
        )
    ]
    for tab in (list_of_team, list_of_driver, list_of_other):
        await tab.control("heartbeat")

    await ask(actions.send_message, conversation=chat, author=cast.customer, body="Where is it?")

    for tab in (list_of_team, list_of_driver):
        await tab.row(chat, unread=1)
    frames = len(list_of_other.frames)
    await list_of_other.hear_until(lambda: len(list_of_other.frames) > frames + 2)
    assert list_of_other.rows == []
    assert "conversation-" not in "".join(list_of_other.frames)

    await ask(actions.remove_participant, conversation=chat, person=cast.driver, actor=cast.dispatcher)
    gone = f'<li id="conversation-{chat.pk}" data-gone></li>'
    await list_of_driver.hear_until(lambda: gone in list_of_driver.frames)


async def assert_put_out(tab):
    # Heartbeats go on for ever where it does not close.
    async with asyncio.timeout(PATIENCE):
        assert await tab.closed() == 4401
    assert tab.controls[-1]["type"] == "stop"


@pytest.mark.parametrize("fate", ["revoked", "expired", "deactivated", "removed"])
async def test_a_guest_who_may_no_longer_be_here_is_out_without_any_news(fate, cast, chat, come_in, open_tab):
    customer = await ask(come_in, cast.customer, chat)
    tab = await open_tab(customer, chat)
    await tab.control("heartbeat")
    now = timezone.now()
    link = AccessLink.objects.filter(pk=customer.link.pk)
    await {
        "revoked": lambda: link.aupdate(revoked_at=now),
        "expired": lambda: link.aupdate(expires_at=now),
        "deactivated": lambda: User.objects.filter(pk=cast.customer.pk).aupdate(is_active=False),
        "removed": lambda: Participant.objects.filter(person=cast.customer).aupdate(removed_at=now),
    }[fate]()
    await assert_put_out(tab)


@pytest.mark.parametrize("fate", ["signed out", "deactivated", "new password", "other role"])
async def test_one_of_the_team_who_may_no_longer_be_here_is_out(fate, cast, chat, sign_in, open_tab):
    tab = await open_tab(await ask(sign_in, cast.dispatcher), chat)
    await tab.control("heartbeat")
    person = User.objects.filter(pk=cast.dispatcher.pk)
    await {
        "signed out": lambda: Session.objects.all().adelete(),
        "deactivated": lambda: person.aupdate(is_active=False),
        "new password": lambda: person.aupdate(password="another hash"),
        "other role": lambda: person.aupdate(role="driver", username=None),
    }[fate]()
    await assert_put_out(tab)


@pytest.mark.parametrize("error", [OperationalError("it is shutting down"), InternalError("it is read-only")])
async def test_nobody_is_put_out_because_the_database_is_away(error, cast, chat, sign_in, open_tab, monkeypatch):
    tab = await open_tab(await ask(sign_in, cast.dispatcher), chat)
    await tab.control("heartbeat")
    read_rights = sweep.read_rights

    async def away(sockets):
        raise error

    monkeypatch.setattr(sweep, "read_rights", away)
    tab.frames.clear()
    await tab.control("heartbeat")
    monkeypatch.setattr(sweep, "read_rights", read_rights)
    await ask(actions.send_message, conversation=chat, author=cast.customer, body="Still there?")
    assert await tab.message(2)


async def test_a_hundred_sockets_cost_as_many_queries_as_one(cast, chat, sign_in, come_in, open_tab):
    async def cost():
        sockets = list(sweep.sweep().sockets)

        def count():
            with CaptureQueriesContext(connection) as queries:
                doubtful, _ = sweep.read_rights.func(sockets)
            assert not doubtful
            return len(queries)

        return await ask(count)

    browser = await ask(sign_in, cast.dispatcher)
    customer = await ask(come_in, cast.customer, chat)
    for tab in (await open_tab(browser, chat), await open_tab(customer, chat)):
        await tab.control("heartbeat")
    few = await cost()
    for _ in range(10):
        await open_tab(browser, chat)
        await open_tab(customer, chat)
    assert await cost() == few


async def test_whose_rights_are_in_doubt_comes_first(cast, chat, sign_in, come_in, open_tab):
    browser, customer = await ask(sign_in, cast.dispatcher), await ask(come_in, cast.customer, chat)
    for tab in [await open_tab(one, chat) for one in [browser] * 10 + [customer]]:
        await tab.control("heartbeat")
    tended = []

    class Watched(sweep.Sweep):
        async def tend(self, socket, is_doubtful, *rest):
            tended.append((socket.viewer.person.pk, is_doubtful))

    one = Watched()
    one.sockets = set(sweep.sweep().sockets)
    assert len(one.sockets) == 11
    # Only this sweep learns of it.
    for task in sweep.sweep().tasks:
        task.cancel()
    await AccessLink.objects.filter(pk=customer.link.pk).aupdate(revoked_at=timezone.now())

    await one.look()

    assert tended == [(cast.customer.pk, True)] + [(cast.dispatcher.pk, False)] * 10


async def test_who_takes_long_to_catch_up_holds_up_nobody(
    deaf_layer, cast, chat, sign_in, come_in, open_tab, monkeypatch
):
    slow = await open_tab(await ask(come_in, cast.customer, chat), chat)
    quick = await open_tab(await ask(sign_in, cast.dispatcher), chat)
    for tab in (slow, quick):
        await tab.control("heartbeat")
    may_go_on, catch_up = asyncio.Event(), consumers.ChatConsumer.catch_up

    async def catch_up_slowly(self, position):
        if self.viewer.person.pk == cast.customer.pk:
            await may_go_on.wait()
        await catch_up(self, position)

    monkeypatch.setattr(sweep, "SHORT_PATIENCE", 0.05)
    monkeypatch.setattr(consumers.ChatConsumer, "catch_up", catch_up_slowly)
    await ask(actions.send_message, conversation=chat, author=cast.dispatcher, body="On its way.")
    number = (await ask(chat.messages.last)).number
    beat = {"type": "heartbeat", "last_number": number}

    await quick.message(number)
    await quick.hear_until(lambda: beat in quick.controls)
    # It hears that the server is there, and of nothing that it would then ask for by HTTP.
    slow.frames.clear()
    await slow.control("heartbeat")
    assert beat not in slow.controls

    may_go_on.set()
    await slow.message(number)
    await slow.hear_until(lambda: beat in slow.controls)


async def test_who_is_taken_out_while_a_page_is_sent_gets_no_more_of_it(cast, chat, come_in, open_tab, monkeypatch):
    customer = await ask(come_in, cast.customer, chat)
    for body in ("On its way.", "At the gate."):
        await ask(actions.send_message, conversation=chat, author=cast.dispatcher, body=body)

    async def drained(self):
        # The page has been slow, and what was read for it is old.
        await Participant.objects.filter(person=cast.customer).aupdate(removed_at=timezone.now())
        monkeypatch.setattr(consumers, "FRESH", -1)

    monkeypatch.setattr(consumers.ChatConsumer, "drained", drained)
    tab = await open_tab(customer, chat, after=0)
    await assert_put_out(tab)
    assert tab.numbers == [1]
