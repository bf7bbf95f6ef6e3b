"""What calls for a dispatcher, and what was muted."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import actions, calling, inbox
from chat.models import Message, Mute
from tests.factories import OrderFactory

from .live import ask
from .reading import html_of, page_of, rows_of, send, text_of


def calls(client):
    """What calls for this browser's person: the count, and {conversation: line} of the newest."""
    page = client.get("/notifications/calls/")
    assert page.status_code == 200
    return read_calls(html_of(page))


def read_calls(html):
    chats = re.search(r'<ul id="calls" hidden data-chats="([\d ]*)">', html)
    rows = re.findall(r'<li data-chat="(\d+)" data-message="\d+" data-age="\d+">(.*?)</li>', html, re.DOTALL)
    return len(chats[1].split()), {int(pk): text_of(inside) for pk, inside in rows}


def mute(client, chat, **fields):
    answer = client.post(f"/chats/{chat.pk}/mute/", fields)
    assert (answer.status_code, answer["Location"]) == (303, f"/chats/{chat.pk}/")


def unmute(client, chat):
    mute(client, chat, _method="delete")


@pytest.fixture
def colleague(cast, sign_in):
    return sign_in(cast.colleague)


class TestCalls:
    def test_what_somebody_wrote_in_a_conversation_of_mine(self, dispatcher, customer, chat, cast):
        assert calls(dispatcher) == (0, {})

        send(customer, chat, "Where is it?")
        assert calls(dispatcher) == (1, {chat.pk: "Jose Pavarotti Where is it?"})
        send(customer, chat, "Hello?")
        assert calls(dispatcher) == (1, {chat.pk: "Jose Pavarotti Hello?"})

    def test_no_longer_once_it_is_read(self, dispatcher, customer, chat):
        send(customer, chat, "Where is it?")
        assert calls(dispatcher)[0] == 1

        dispatcher.post(f"/chats/{chat.pk}/reads/", {"number": 2})

        assert calls(dispatcher) == (0, {})

    def test_not_what_i_wrote_or_what_happened(self, dispatcher, chat, cast):
        send(dispatcher, chat, "On its way.")
        actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.colleague)
        assert calls(dispatcher) == (0, {})

    def test_who_waits_calls_for_everybody_until_one_has_answered(self, dispatcher, colleague, customer, chat):
        send(customer, chat, "Where is it?")
        assert calls(colleague)[0] == 1

        send(dispatcher, chat, "At the gate.")

        assert calls(colleague) == (0, {})
        # It is unread all the same, and the list says so.
        assert next(row.unread for row in rows_of(colleague.get("/chats/"))) == 2

    def test_what_a_colleague_writes_calls_for_who_is_in_it(self, dispatcher, colleague, chat, cast):
        actions.send_message(conversation=chat, author=cast.support, body="I have called him.")
        assert (calls(dispatcher)[0], calls(colleague)[0]) == (1, 0)

        actions.add_participants(conversation=chat, people=[cast.colleague], actor=cast.dispatcher)
        assert calls(colleague) == (1, {chat.pk: "Jose Pavarotti Support 1: I have called him."})

    def test_not_in_a_closed_one_until_a_message_opens_it(self, dispatcher, customer, chat, cast):
        send(customer, chat, "Where is it?")
        actions.close_conversation(conversation=chat, actor=cast.colleague)
        assert calls(dispatcher)[0] == 0

        send(customer, chat, "Hello?")

        assert calls(dispatcher)[0] == 1

    def test_the_newest_are_named_and_all_are_counted(self, dispatcher, cast, monkeypatch):
        chats = []
        for number in range(8):
            other, _ = actions.open_order_chat(order=OrderFactory(), actor=cast.colleague)
            actions.send_message(conversation=other, author=other.order.customer, body=f"Number {number}")
            chats.append(other)

        count, newest = calls(dispatcher)

        assert (count, list(newest)) == (8, [chat.pk for chat in reversed(chats[3:])])
        monkeypatch.setattr(calling, "CAP", 5)
        assert calls(dispatcher)[0] == 6

    def test_among_many_that_are_open(self, dispatcher, customer, chat, cast, monkeypatch):
        """Then what is unread is remembered, and what calls is looked for in it."""
        monkeypatch.setattr(inbox, "FEW", 1)
        for _ in range(3):
            other, _ = actions.open_order_chat(order=OrderFactory(), actor=cast.colleague)
            actions.send_message(conversation=other, author=cast.colleague, body="Between us")
        for path in ("/notifications/calls/", "/chats/"):
            assert read_calls(html_of(dispatcher.get(path)))[0] == 0

        send(customer, chat, "Where is it?")

        for path in ("/notifications/calls/", "/chats/"):
            assert read_calls(html_of(dispatcher.get(path))) == (1, {chat.pk: "Jose Pavarotti Where is it?"}), path
        send(dispatcher, chat, "On its way")
        assert calls(dispatcher) == (0, {})

    def test_among_many_of_ones_own_and_many_that_nobody_reads(self, dispatcher, colleague, cast, monkeypatch):
        """Then what is unread of one's own is remembered by itself."""
        monkeypatch.setattr(inbox, "FEW", 1)
        monkeypatch.setattr(inbox, "MANY", 2)
        monkeypatch.setattr(inbox, "LATENESS", timedelta())
        mine = [actions.open_order_chat(order=OrderFactory(), actor=cast.dispatcher)[0] for _ in range(4)]
        theirs = [actions.open_order_chat(order=OrderFactory(), actor=cast.colleague)[0] for _ in range(4)]
        for each in mine + theirs:
            actions.send_message(conversation=each, author=cast.colleague, body="Between us")
        for each in mine[:3]:
            dispatcher.post(f"/chats/{each.pk}/reads/", {"number": 9})
        assert set(calls(dispatcher)[1]) == {mine[3].pk}

        actions.send_message(conversation=mine[0], author=cast.colleague, body="And this")
        assert set(calls(dispatcher)[1]) == {mine[0].pk, mine[3].pk}
        dispatcher.post(f"/chats/{mine[1].pk}/reads/", {"unread_from": 2})
        dispatcher.post(f"/chats/{mine[3].pk}/reads/", {"number": 9})
        assert set(calls(dispatcher)[1]) == {mine[0].pk, mine[1].pk}

        actions.add_participants(conversation=theirs[2], people=[cast.dispatcher], actor=cast.colleague)
        assert set(calls(dispatcher)[1]) == {mine[0].pk, mine[1].pk, theirs[2].pk}
        actions.remove_participant(conversation=theirs[2], person=cast.dispatcher, actor=cast.colleague)
        assert set(calls(dispatcher)[1]) == {mine[0].pk, mine[1].pk}

    def test_age_is_that_of_the_message(self, dispatcher, customer, chat):
        send(customer, chat, "Where is it?")
        Message.objects.filter(body="Where is it?").update(created_at=timezone.now() - timedelta(minutes=5))

        page = html_of(dispatcher.get("/notifications/calls/"))

        assert 300 <= int(re.search(r'data-age="(\d+)"', page)[1]) < 330

    def test_every_page_of_the_console_has_them(self, dispatcher, customer, chat):
        send(customer, chat, "Where is it?")
        for path in ("/chats/", f"/chats/{chat.pk}/", "/orders/", "/orders/11064/", "/chats/new/", "/notifications/"):
            page = html_of(dispatcher.get(path))
            assert read_calls(page)[0] == 1, path
            assert page.count('<meta name="live"') == 1, path

    def test_a_constant_number_of_queries(self, dispatcher, cast, chat):
        def queries():
            with CaptureQueriesContext(connection) as captured:
                calls(dispatcher)
            return len(captured)

        actions.send_message(conversation=chat, author=cast.customer, body="Where is it?")
        few = queries()
        for _ in range(12):
            other, _ = actions.open_order_chat(order=OrderFactory(), actor=cast.dispatcher)
            actions.send_message(conversation=other, author=other.order.customer, body="Where is it?")

        assert queries() == few


class TestMuting:
    def test_calls_no_more_and_stays_unread_in_the_list(self, dispatcher, customer, chat):
        send(customer, chat, "Where is it?")
        assert calls(dispatcher)[0] == 1

        mute(dispatcher, chat)

        assert calls(dispatcher) == (0, {})
        row = html_of(dispatcher.get("/chats/"))
        assert 'data-unread="1"' in row
        assert " data-muted" in row
        assert "Muted" in next(row.text for row in rows_of(row))
        assert "Unmute" in text_of(page_of(dispatcher, chat))

    def test_is_for_oneself_alone(self, dispatcher, colleague, customer, chat):
        send(customer, chat, "Where is it?")
        mute(dispatcher, chat)

        assert calls(colleague)[0] == 1
        assert "data-muted" not in html_of(colleague.get("/chats/"))

    def test_twice_is_once_and_back(self, dispatcher, customer, chat):
        send(customer, chat, "Where is it?")
        mute(dispatcher, chat)
        mute(dispatcher, chat)
        assert Mute.objects.count() == 1

        unmute(dispatcher, chat)
        unmute(dispatcher, chat)

        assert calls(dispatcher)[0] == 1
        assert "data-muted" not in html_of(dispatcher.get("/chats/"))

    def test_who_wants_to_hear_again_finds_all_in_one_list(self, dispatcher, colleague, chat):
        assert "Unmute" not in text_of(dispatcher.get("/notifications/"))
        mute(dispatcher, chat)

        assert "Jose Pavarotti 11064 Unmute" in text_of(dispatcher.get("/notifications/"))
        assert "Unmute" not in text_of(colleague.get("/notifications/"))


@pytest.mark.django_db(transaction=True)
class TestLive:
    async def heard(self, tab, wanted):
        def found():
            said = [read_calls(frame) for frame in tab.frames if 'id="calls"' in frame]
            return said and said[-1] == wanted and said

        return await tab.hear_until(found)

    async def test_without_a_reload(self, dispatcher, customer, chat, open_tab):
        tab = await open_tab(dispatcher)

        await ask(send, customer, chat, "Where is it?")
        await self.heard(tab, (1, {chat.pk: "Jose Pavarotti Where is it?"}))

        await ask(dispatcher.post, f"/chats/{chat.pk}/reads/", {"number": 2})
        await self.heard(tab, (0, {}))

    async def test_muted_in_one_tab_is_muted_in_all(self, dispatcher, customer, chat, open_tab):
        tab = await open_tab(dispatcher)
        await ask(send, customer, chat, "Where is it?")
        await self.heard(tab, (1, {chat.pk: "Jose Pavarotti Where is it?"}))

        await ask(mute, dispatcher, chat)

        await self.heard(tab, (0, {}))
        assert "data-muted" in tab.frames[-1]


@pytest.mark.django_db(transaction=True)
class TestTest:
    async def test_arrives_in_all_tabs_of_the_person_and_in_no_others(
        self, dispatcher, colleague, customer, chat, open_tab
    ):
        tabs = [await open_tab(dispatcher), await open_tab(dispatcher, chat)]
        others = [await open_tab(colleague), await open_tab(customer, chat)]

        answer = await ask(dispatcher.post, "/notifications/tests/", {"key": "a-1"})

        assert answer.status_code == 204
        for tab in tabs:
            assert await tab.control("test") == {"type": "test", "key": "a-1"}
        # What came later has come, and that has not.
        await ask(send, dispatcher, chat, "Hello")
        for tab in others:
            await tab.hear_until(lambda tab=tab: any("Hello" in frame for frame in tab.frames))
            assert not [frame for frame in tab.frames if frame.startswith("{") and json.loads(frame)["type"] == "test"]

    @pytest.mark.parametrize("key", ["", "x" * 65, "<b>", "a b", "a\0", "ключ "])
    async def test_needs_a_key(self, dispatcher, key):
        answer = await ask(dispatcher.post, "/notifications/tests/", {"key": key})

        assert (answer.status_code, answer.content) == (422, b"key: 1 to 64 letters, digits and dashes\n")
