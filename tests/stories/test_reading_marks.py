"""What somebody has read: where the unread begins, what is unread again, and who has seen what was said."""

import asyncio
import re
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from chat import actions, broadcasts, consumers
from chat.models import ReadMark
from tests.factories import UserFactory

from .live import ask
from .reading import HTMX, door_of, html_of, lines_of, page_of, rows_of, send

UNREAD_LINE = r'<li class="unread-line" data-from="(\d+)">(\d+) new</li>'


def read(client, chat, **fields):
    return client.post(f"{door_of(client)}/chats/{chat.pk}/reads/", fields, headers=HTMX)


def unread_line(client, chat, **query):
    """The first unread message by its number, what the line says, and which line it stands before; or None."""
    found = re.search(UNREAD_LINE + r'\s*<li [^>]*data-number="(\d+)"', html_of(page_of(client, chat, **query)))
    return found and tuple(int(number) for number in found.groups())


def unread_count(client, chat):
    rows = {row.conversation: row.unread for row in rows_of(client.get(f"{door_of(client)}/chats/"))}
    return rows[chat.pk]


def seen_by(client, chat):
    """Who has seen the last message: {name: number}."""
    page = client.get(f"{door_of(client)}/chats/{chat.pk}/reads/")
    assert page.status_code == 200
    found = re.findall(r'<li data-person="\d+" data-number="(\d+)" data-at="[^"]+">([^<]*)</li>', html_of(page))
    return {name: int(number) for number, name in found}


class TestUnreadLine:
    def test_stands_before_the_first_unread_message(self, dispatcher, customer, chat, cast):
        for text in "abc":
            send(customer, chat, text)
        assert unread_line(dispatcher, chat) == (2, 3, 2)
        assert unread_line(customer, chat) is None

        read(dispatcher, chat, number=3)

        assert unread_line(dispatcher, chat) == (4, 1, 4)

    def test_is_not_there_when_all_is_read(self, dispatcher, customer, chat):
        send(customer, chat, "Where is it?")
        assert unread_line(dispatcher, chat)

        send(dispatcher, chat, "At the gate.")

        assert unread_line(dispatcher, chat) is None
        assert unread_line(customer, chat) == (3, 1, 3)

    def test_events_are_nothing_to_read(self, dispatcher, customer, chat, cast):
        read(dispatcher, chat, number=1)
        actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.colleague)
        assert unread_line(dispatcher, chat) is None

        send(customer, chat, "Where is it?")

        assert unread_line(dispatcher, chat) == (3, 1, 3)

    def test_opening_alone_reads_nothing(self, dispatcher, customer, chat):
        send(customer, chat, "Where is it?")

        assert [unread_line(dispatcher, chat) for _ in range(2)] == [(2, 1, 2)] * 2

    @pytest.mark.parametrize(("count", "shown", "before"), [(49, 50, 2), (120, 121, 2), (199, 200, 2), (240, 200, 42)])
    def test_page_reaches_back_to_it_if_it_can(self, dispatcher, customer, chat, cast, settings, count, shown, before):
        settings.RATE_LIMITS = False
        for number in range(count):
            actions.send_message(conversation=chat, author=cast.customer, body=f"{number}")

        assert unread_line(dispatcher, chat) == (2, count, before)
        assert len(lines_of(page_of(dispatcher, chat))) == shown
        assert len(lines_of(page_of(customer, chat))) == 50

    def test_pages_of_earlier_messages_have_none(self, dispatcher, customer, chat):
        for text in "abc":
            send(customer, chat, text)
        assert unread_line(dispatcher, chat)

        assert unread_line(dispatcher, chat, before=4) is None


class TestMarkUnread:
    def test_moves_back_to_just_before_a_message(self, dispatcher, customer, chat):
        for text in "abc":
            send(customer, chat, text)
        read(dispatcher, chat, number=4)
        assert unread_count(dispatcher, chat) == 0

        answer = read(dispatcher, chat, unread_from=3)

        assert re.fullmatch(UNREAD_LINE, html_of(answer).strip()).groups() == ("3", "2")
        assert unread_count(dispatcher, chat) == 2
        assert unread_line(dispatcher, chat) == (3, 2, 3)

    def test_by_a_plain_form(self, dispatcher, customer, chat):
        send(customer, chat, "Where is it?")
        read(dispatcher, chat, number=2)

        answer = dispatcher.post(f"/chats/{chat.pk}/reads/", {"unread_from": 2})

        assert (answer.status_code, answer["Location"]) == (303, f"/chats/{chat.pk}/")
        assert unread_count(dispatcher, chat) == 1

    def test_from_the_very_first_line(self, dispatcher, customer, chat):
        send(customer, chat, "Where is it?")
        read(dispatcher, chat, number=2)

        read(dispatcher, chat, unread_from=1)

        assert unread_line(dispatcher, chat) == (2, 1, 2)

    def test_is_mine_alone_and_leaves_the_wait_as_it_is(self, dispatcher, customer, chat, cast, sign_in):
        colleague = sign_in(cast.colleague)
        send(customer, chat, "Where is it?")
        for browser in (dispatcher, colleague):
            read(browser, chat, number=2)

        read(dispatcher, chat, unread_from=2)

        assert (unread_count(dispatcher, chat), unread_count(colleague, chat)) == (1, 0)
        assert [row.waiting for row in rows_of(dispatcher.get("/chats/"))] == [True]

    def test_never_moves_forward(self, dispatcher, customer, chat):
        for text in "abc":
            send(customer, chat, text)
        read(dispatcher, chat, number=2)

        for number in (4, 5, 2**31 - 1):
            read(dispatcher, chat, unread_from=number)
            assert unread_count(dispatcher, chat) == 2

    def test_without_unread_messages_there_is_no_line(self, dispatcher, chat):
        answer = read(dispatcher, chat, unread_from=1)

        assert (answer.status_code, answer.content) == (204, b"")

    @pytest.mark.parametrize(
        "fields",
        [{}, {"unread_from": 0}, {"unread_from": "x"}, {"unread_from": 2**31}, {"number": 1, "unread_from": 1}],
    )
    def test_what_makes_no_sense_changes_nothing(self, dispatcher, customer, chat, fields):
        send(customer, chat, "Where is it?")
        read(dispatcher, chat, number=2)

        assert read(dispatcher, chat, **fields).status_code == 422
        assert unread_count(dispatcher, chat) == 0


class TestSeen:
    def test_by_whom_the_last_message_is_known_to_everybody(self, dispatcher, customer, chat):
        send(dispatcher, chat, "At the gate.")
        assert seen_by(dispatcher, chat) == seen_by(customer, chat) == {"Dispatcher 1": 2}

        read(customer, chat, number=2)

        seen = {"Dispatcher 1": 2, "Jose Pavarotti": 2}
        assert seen_by(dispatcher, chat) == seen_by(customer, chat) == seen
        assert 'data-number="2" data-at=' in html_of(page_of(dispatcher, chat)).partition('id="seen"')[2]

    def test_nobody_has_seen_what_was_not_on_a_screen(self, dispatcher, customer, chat):
        send(dispatcher, chat, "At the gate.")
        read(customer, chat, number=2)

        send(dispatcher, chat, "Ring twice.")
        page_of(customer, chat)

        assert seen_by(dispatcher, chat) == {"Dispatcher 1": 3}

    def test_of_a_chat_without_messages_nothing_is_said(self, dispatcher, chat):
        read(dispatcher, chat, number=1)

        assert seen_by(dispatcher, chat) == {}

    def test_when_stays_as_it_was_when_nothing_was_said_since(self, dispatcher, customer, chat, cast):
        send(dispatcher, chat, "At the gate.")
        read(customer, chat, number=2)
        then = timezone.now() - timedelta(hours=1)
        marks = ReadMark.objects.filter(person=cast.customer)
        marks.update(at=then)
        actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)

        read(customer, chat, number=3)
        assert list(marks.values_list("number", "at")) == [(3, then)]

        send(dispatcher, chat, "Ring twice.")
        read(customer, chat, number=4)
        assert marks.get().at > then

    def test_costs_as_much_for_many_as_for_few(self, dispatcher, chat, cast):
        def queries(path):
            with CaptureQueriesContext(connection) as captured:
                assert dispatcher.get(path).status_code == 200
            return len(captured)

        actions.send_message(conversation=chat, author=cast.dispatcher, body="At the gate.")
        paths = [f"/chats/{chat.pk}/", f"/chats/{chat.pk}/reads/"]
        few = [queries(path) for path in paths]
        for number in range(20):
            person = UserFactory(name=f"Driver {number}", role=User.Role.DRIVER)
            actions.mark_read(conversation=chat, person=person, number=2)

        assert [queries(path) for path in paths] == few
        assert len(seen_by(dispatcher, chat)) == 21


@pytest.mark.django_db(transaction=True)
class TestLive:
    @pytest.fixture
    def browsers(self, cast, chat, sign_in, come_in):
        return sign_in(cast.dispatcher), come_in(cast.customer, chat)

    async def test_everybody_hears_who_has_seen_a_message(self, browsers, chat, cast, open_tab):
        await ask(send, browsers[0], chat, "At the gate.")
        tabs = [await open_tab(browser, chat, after=2) for browser in browsers]

        await tabs[1].say("read", number=2)

        said = [await tab.control("seen") for tab in tabs]
        mark = await ask(ReadMark.objects.get, person=cast.customer)
        who = {"person": cast.customer.pk, "name": "Jose Pavarotti", "number": 2, "at": mark.at.isoformat()}
        assert said == [{"type": "seen", "marks": [who]}] * 2

    async def test_and_that_it_is_unread_again_and_so_do_my_other_tabs(self, browsers, chat, open_tab):
        await ask(send, browsers[1], chat, "Where is it?")
        await ask(read, browsers[0], chat, number=2)
        page, inbox = await open_tab(browsers[1], chat, after=2), await open_tab(browsers[0])

        await ask(read, browsers[0], chat, unread_from=2)

        await inbox.row(chat, unread=1)
        assert [mark["number"] for mark in (await page.control("seen"))["marks"]] == [1]

    async def test_not_in_another_chat(self, browsers, chat, cast, open_tab):
        other = await ask(
            actions.start_conversation, title="Evening run", people=[cast.customer], actor=cast.dispatcher
        )
        await ask(send, browsers[0], chat, "At the gate.")
        elsewhere = await open_tab(browsers[0], other, after=1)

        await ask(read, browsers[1], chat, number=2)
        await ask(send, browsers[0], other, "Elsewhere")

        await elsewhere.message(2)
        assert elsewhere.controls == []

    async def test_a_flood_is_noted_now_and_then_and_its_end_always(self, browsers, chat, cast, open_tab, monkeypatch):
        monkeypatch.setattr(consumers, "READ_PACE", 0.5)
        noted, mark_read = [], actions.mark_read
        monkeypatch.setattr(actions, "mark_read", lambda **given: noted.append(given["number"]) or mark_read(**given))
        for _ in range(9):
            await ask(send, browsers[0], chat, "At the gate.")
        desk, phone = await open_tab(browsers[0], chat, after=10), await open_tab(browsers[1], chat, after=10)

        for number in [2, 5, *range(2, 10)]:
            await phone.say("read", number=number)
        await phone.say("read", number=10)
        await phone.leave()

        await desk.hear_until(
            lambda: any(said["marks"][0]["number"] == 10 for said in desk.controls if said["type"] == "seen")
        )
        assert (noted[0], noted[-1]) == (2, 10) and len(noted) <= 3

    async def test_what_the_database_did_not_take_is_said_again_by_a_page_that_comes_back(
        self, browsers, chat, open_tab, monkeypatch
    ):
        def away(**_):
            raise OperationalError("the database system is shutting down")

        await ask(send, browsers[0], chat, "At the gate.")
        phone = await open_tab(browsers[1], chat, after=2)
        monkeypatch.setattr(actions, "mark_read", away)

        await phone.say("read", number=2)

        assert await phone.closed() == 1000

    async def test_those_who_read_at_the_same_moment_are_told_at_once(
        self, browsers, chat, cast, open_tab, monkeypatch
    ):
        """As in production, where the news goes out on the loop that serves the sockets."""
        monkeypatch.setattr(broadcasts, "_serving", asyncio.get_running_loop())
        monkeypatch.setattr(broadcasts, "READ_PACE", 0.3)
        colleagues = [cast.colleague, cast.support, cast.customer]
        await ask(send, browsers[0], chat, "At the gate.")
        tab = await open_tab(browsers[0], chat, after=2)

        for person in colleagues:
            await ask(actions.mark_read, conversation=chat, person=person, number=2)

        said = await tab.control("seen")
        assert {mark["person"] for mark in said["marks"]} == {person.pk for person in colleagues}
