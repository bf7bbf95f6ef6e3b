"""What has come to somebody's page is delivered, whether or not anybody looks at it: everybody is told so alike."""

import asyncio
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat import actions, broadcasts, presence
from chat.models import Presence

from .live import ask
from .reading import door_of, html_of, page_of, send


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(presence, "PACE", 0.01)


def told(tab):
    """Up to which message each person has the conversation, as this tab was told last: {name: number}."""
    said = [each["people"] for each in tab.controls if each["type"] == "presence"]
    return {each["name"]: each["received"] for each in said[-1] if each["received"]} if said else {}


async def hears(tab, **received):
    await tab.hear_until(lambda: told(tab) == {name.replace("_", " "): number for name, number in received.items()})


def delivered_to(client, chat):
    """To whom the last text has been delivered, as pages and reads/ say it: {name}."""
    pages = [page_of(client, chat), client.get(f"{door_of(client)}/chats/{chat.pk}/reads/")]
    names = re.compile(r'<li data-person="\d+" data-received="\d+">([^<]*)</li>')
    found, asked = (set(names.findall(html_of(page))) for page in pages)
    assert found == asked
    return found


@pytest.mark.django_db(transaction=True)
class TestDelivered:
    async def test_all_are_told_how_far_a_page_has_it(self, dispatcher, customer, chat, open_tab):
        desk, phone = await open_tab(dispatcher, chat, after=1), await open_tab(customer, chat, after=1)
        await phone.say("looking", looking=False)
        await ask(send, dispatcher, chat, "At the gate.")
        await phone.message(2)
        assert await ask(delivered_to, dispatcher, chat) == set()

        await phone.say("ack", number=2)

        for tab in (desk, phone):
            await hears(tab, Jose_Pavarotti=2)
        for browser in (dispatcher, customer):
            assert await ask(delivered_to, browser, chat) == {"Jose Pavarotti"}
        seen = html_of(await ask(dispatcher.get, f"/chats/{chat.pk}/reads/"))
        assert re.findall(r'data-at="[^"]+">([^<]*)<', seen) == ["Dispatcher 1"]

        await ask(send, dispatcher, chat, "Which door?")
        assert await ask(delivered_to, dispatcher, chat) == set()

    async def test_it_never_goes_back(self, dispatcher, customer, chat, open_tab):
        desk, phone = await open_tab(dispatcher, chat, after=1), await open_tab(customer, chat, after=1)
        for text in "ab":
            await ask(send, dispatcher, chat, text)
        await phone.message(3)
        await phone.say("ack", number=3)
        await hears(desk, Jose_Pavarotti=3)

        # A second page of the same phone, which has only the first of them, and a process that knows of neither.
        await phone.say("ack", number=2)
        await ask(actions.note_received, received={(chat.pk, phone_person(customer)): 2})

        assert await received(customer) == 3

    async def test_nobody_has_what_was_never_sent(self, dispatcher, customer, chat, open_tab):
        desk, phone = await open_tab(dispatcher, chat, after=1), await open_tab(customer, chat, after=1)

        await phone.say("ack", number=2_000_000)

        await hears(desk, Jose_Pavarotti=1)
        assert await received(customer) == 1

    async def test_a_page_without_a_socket_says_it_by_asking(self, monkeypatch, dispatcher, customer, chat, open_tab):
        monkeypatch.setattr(broadcasts, "_serving", asyncio.get_running_loop())
        desk = await open_tab(dispatcher, chat, after=1)
        await ask(send, dispatcher, chat, "At the gate.")

        for after in (2, 2_000_000):
            await ask(customer.get, f"{customer.door}/chats/{chat.pk}/messages/", {"after": after})

        await hears(desk, Jose_Pavarotti=2)

    async def test_who_was_taken_out_is_no_longer_spoken_of(self, cast, dispatcher, customer, chat, open_tab):
        desk, phone = await open_tab(dispatcher, chat, after=1), await open_tab(customer, chat, after=1)
        await ask(send, dispatcher, chat, "At the gate.")
        await phone.message(2)
        await phone.say("ack", number=2)
        await hears(desk, Jose_Pavarotti=2)

        await ask(actions.remove_participant, conversation=chat, person=cast.customer, actor=cast.dispatcher)

        assert await ask(delivered_to, dispatcher, chat) == set()

    async def test_a_page_of_no_conversation_has_none(self, dispatcher, open_tab):
        tab = await open_tab(dispatcher)
        await tab.say("ack", number=1)
        await tab.say("looking", looking=True)
        # What it said last is nonsense, and what it said first was not.
        assert await tab.closed() == 4009
        assert not await ask(Presence.objects.exists)


class TestCost:
    def test_what_many_have_is_one_statement(self, cast, chat):
        people = [cast.dispatcher, cast.colleague, cast.customer]
        actions.note_presence(here={(chat.pk, person.pk) for person in people}, gone=set())

        with CaptureQueriesContext(connection) as captured:
            actions.note_received(received={(chat.pk, person.pk): 1 for person in people})

        assert len([each for each in captured if each["sql"].startswith("UPDATE")]) == 1
        assert list(Presence.objects.values_list("received", flat=True)) == [1, 1, 1]


def phone_person(customer):
    return customer.link.person_id


async def received(customer):
    return (await ask(Presence.objects.get, person=phone_person(customer))).received
