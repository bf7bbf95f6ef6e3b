"""Who is here: known to everybody in a conversation alike, in whichever process, and true when somebody is gone."""

import asyncio
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import actions, broadcasts, presence
from chat.models import Message, Presence
from chat.presence import Attendance, attendance

from .live import ask
from .reading import door_of, html_of, page_of, text_of


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(presence, "PACE", 0.01)


@pytest.fixture
def colleague(cast, sign_in):
    return sign_in(cast.colleague)


def note(chat, *, here=(), gone=()):
    actions.note_presence(
        here={(chat.pk, person.pk) for person in here}, gone={(chat.pk, person.pk) for person in gone}
    )


def age(person, seconds):
    Presence.objects.filter(person=person).update(at=timezone.now() - timedelta(seconds=seconds))


def list_of(client, chat):
    return client.get(f"{door_of(client)}/chats/{chat.pk}/presence/")


async def hears(tab, *here, gone=()):
    """Waits until the tab is told that exactly these people are here, and of those that they were."""

    def said():
        told = [each["people"] for each in tab.controls if each["type"] == "presence"]
        now = {each["person"] for each in told[-1] if each["here"]} if told else set()
        then = {each["person"] for each in told[-1] if each["at"]} if told else set()
        return (now, then) == ({person.pk for person in here}, {person.pk for person in gone})

    await tab.hear_until(said)


class TestPages:
    def test_say_who_is_here_to_everybody(self, cast, dispatcher, colleague, customer, chat):
        note(chat, here=[cast.customer, cast.colleague])

        assert "2 here now" in text_of(page_of(dispatcher, chat))
        assert "Dispatcher 2 here now" in text_of(page_of(customer, chat))
        # Who is not in it is shown all the same: nobody looks in secret.
        for browser in (dispatcher, customer):
            assert "Can read every conversation Dispatcher 2 looking now" in text_of(page_of(browser, chat))
        assert "Jose Pavarotti Customer Here now" in text_of(page_of(dispatcher, chat))

    def test_tell_the_team_who_of_it_looks_too(self, cast, dispatcher, customer, chat):
        assert "also looking" not in text_of(page_of(dispatcher, chat))

        note(chat, here=[cast.dispatcher, cast.colleague, cast.customer])

        assert "Dispatcher 2 is also looking at this" in text_of(page_of(dispatcher, chat))
        assert "also looking" not in text_of(page_of(customer, chat))

    def test_say_when_somebody_was(self, cast, dispatcher, chat):
        note(chat, here=[cast.customer])
        note(chat, gone=[cast.customer])

        words = text_of(page_of(dispatcher, chat))

        assert "Here now" not in words
        assert "Jose Pavarotti Customer Seen " in words

    def test_who_has_gone_without_a_word_is_not_here_for_ever(self, cast, dispatcher, chat):
        note(chat, here=[cast.customer, cast.colleague])
        age(cast.customer, 30)
        assert "Jose Pavarotti Customer Here now" in text_of(page_of(dispatcher, chat))

        age(cast.customer, 46)
        age(cast.colleague, 46)

        words = text_of(page_of(dispatcher, chat))
        assert "Jose Pavarotti Customer Seen " in words
        # Not "Dispatcher 20:15", as one who wrote at that time.
        assert not re.search(r"Dispatcher 2\b", words)

    def test_without_a_socket_it_is_asked_for(self, cast, dispatcher, customer, chat):
        note(chat, here=[cast.customer, cast.colleague], gone=[cast.dispatcher])

        answers = [list_of(browser, chat) for browser in (dispatcher, customer)]

        assert html_of(answers[0]) == html_of(answers[1])
        for words in (
            f'<li data-person="{cast.customer.pk}" data-here>Jose Pavarotti</li>',
            f'<li data-person="{cast.colleague.pk}" data-team data-here>Dispatcher 2</li>',
            f'<li data-person="{cast.dispatcher.pk}" data-team data-at="',
        ):
            assert words in html_of(answers[0])

    def test_who_was_taken_out_is_no_longer_spoken_of(self, cast, dispatcher, chat):
        note(chat, here=[cast.customer])
        actions.remove_participant(conversation=chat, person=cast.customer, actor=cast.dispatcher)

        assert "Jose Pavarotti" not in html_of(list_of(dispatcher, chat))

    def test_cost_the_same_for_many_people(self, cast, dispatcher, chat):
        def queries():
            with CaptureQueriesContext(connection) as captured:
                page_of(dispatcher, chat)
            return len(captured)

        queries()
        nobody = queries()
        note(chat, here=[cast.customer, cast.colleague, cast.support], gone=[cast.dispatcher])
        assert queries() == nobody

    def test_any_number_is_written_in_one_statement(self, cast, chat):
        with CaptureQueriesContext(connection) as captured:
            note(chat, here=[cast.customer, cast.colleague], gone=[cast.dispatcher, cast.support])
        assert len([each for each in captured if each["sql"].startswith("INSERT")]) == 1
        assert len([each for each in captured if "chat_presence" in each["sql"]]) == 1
        assert Presence.objects.here().count() == 2


@pytest.mark.django_db(transaction=True)
class TestLive:
    async def test_all_are_told_who_comes_and_who_goes(self, cast, dispatcher, colleague, customer, chat, open_tab):
        desk = await open_tab(dispatcher, chat)
        await hears(desk, cast.dispatcher)

        phone = await open_tab(customer, chat)
        await hears(desk, cast.dispatcher, cast.customer)
        await hears(phone, cast.dispatcher, cast.customer)
        other = await open_tab(colleague, chat)
        for tab in (desk, phone, other):
            await hears(tab, cast.dispatcher, cast.customer, cast.colleague)

        await phone.leave()
        await hears(desk, cast.dispatcher, cast.colleague, gone=[cast.customer])
        await other.leave()
        await hears(desk, cast.dispatcher, gone=[cast.customer])

    async def test_a_page_that_is_hidden_is_not_looked_at(self, cast, dispatcher, customer, chat, open_tab):
        desk, phone = await open_tab(dispatcher, chat), await open_tab(customer, chat)
        await hears(desk, cast.dispatcher, cast.customer)

        await phone.say("looking", looking=False)
        await hears(desk, cast.dispatcher, gone=[cast.customer])
        await phone.say("looking", looking=True)
        await hears(desk, cast.dispatcher, cast.customer)

    async def test_who_has_it_open_twice_goes_with_the_last(self, cast, dispatcher, customer, chat, open_tab):
        desk = await open_tab(dispatcher, chat)
        first, second = await open_tab(customer, chat), await open_tab(customer, chat)
        await hears(second, cast.dispatcher, cast.customer)
        await hears(desk, cast.dispatcher, cast.customer)

        await first.leave()
        # Whatever comes next is told after that.
        await ask(actions.send_message, conversation=chat, author=cast.customer, body="Still here")
        await desk.message(2)
        assert attendance().is_here((chat.pk, cast.customer.pk))
        await second.leave()
        await hears(desk, cast.dispatcher, gone=[cast.customer])
        assert [each["here"] for each in desk.controls[-1]["people"]] == [True, False]

    async def test_other_conversations_hear_nothing(self, cast, dispatcher, customer, chat, open_tab):
        other = await ask(actions.start_conversation, title="Other", people=[], actor=cast.dispatcher)
        elsewhere = await open_tab(dispatcher, other)
        await hears(elsewhere, cast.dispatcher)
        before = len(elsewhere.controls)

        phone = await open_tab(customer, chat)
        await hears(phone, cast.customer)

        await ask(actions.send_message, conversation=other, author=cast.dispatcher, body="Next")
        await elsewhere.message(2)
        assert [each for each in elsewhere.controls[before:] if each["type"] == "presence"] == []

    @pytest.mark.parametrize("looks", ["yes", None, 1, {}])
    async def test_nonsense_is_nonsense(self, dispatcher, chat, open_tab, looks):
        tab = await open_tab(dispatcher, chat)
        await tab.say("looking", looking=looks)
        assert await tab.closed() == 4009

    async def test_a_page_without_a_conversation_looks_at_none(self, dispatcher, open_tab):
        tab = await open_tab(dispatcher)
        await tab.say("looking", looking=True)
        assert await tab.closed() == 4009

    async def test_who_reads_without_a_socket_is_seen_too(
        self, monkeypatch, cast, dispatcher, customer, chat, open_tab
    ):
        monkeypatch.setattr(broadcasts, "_serving", asyncio.get_running_loop())
        desk = await open_tab(dispatcher, chat)
        await hears(desk, cast.dispatcher)

        await ask(customer.get, f"{customer.door}/chats/{chat.pk}/messages/", {"after": 0})

        await hears(desk, cast.dispatcher, cast.customer)

    async def test_what_was_under_way_when_a_page_closed_brings_nobody_back(
        self, monkeypatch, cast, dispatcher, customer, chat, open_tab
    ):
        monkeypatch.setattr(broadcasts, "_serving", asyncio.get_running_loop())
        desk, phone = await open_tab(dispatcher, chat), await open_tab(customer, chat)
        await hears(desk, cast.dispatcher, cast.customer)
        await phone.leave()

        await ask(customer.get, f"{customer.door}/chats/{chat.pk}/messages/", {"after": 0})

        await hears(desk, cast.dispatcher, gone=[cast.customer])

    async def test_a_process_that_died_leaves_nobody_behind(self, cast, dispatcher, chat, open_tab):
        desk = await open_tab(dispatcher, chat)
        await ask(note, chat, here=[cast.customer])
        await attendance().beat()
        await hears(desk, cast.dispatcher, cast.customer)

        # Nobody says so any more.
        await ask(age, cast.customer, 46)
        await attendance().beat()

        await hears(desk, cast.dispatcher, gone=[cast.customer])

    async def test_a_conversation_that_was_erased_silences_no_other(self, cast, dispatcher, customer, chat, open_tab):
        other = await ask(actions.start_conversation, title="Other", people=[], actor=cast.dispatcher)
        desk, elsewhere = await open_tab(dispatcher, chat), await open_tab(dispatcher, other)
        await hears(desk, cast.dispatcher)
        await hears(elsewhere, cast.dispatcher)
        await ask(other.delete)

        await elsewhere.leave()
        phone = await open_tab(customer, chat)

        await hears(desk, cast.dispatcher, cast.customer)
        await attendance().beat()
        await phone.leave()
        await hears(desk, cast.dispatcher, gone=[cast.customer])

    async def test_another_process_is_heard_and_heard_by(self, cast, dispatcher, chat, open_tab):
        desk = await open_tab(dispatcher, chat)
        await hears(desk, cast.dispatcher)
        other = Attendance()
        await ask(note, chat, here=[cast.customer])
        await broadcasts.presence_changed({chat.pk}, other.name)
        await hears(desk, cast.dispatcher, cast.customer)

        # One tab of the dispatcher is closed there, another is open here.
        await ask(note, chat, gone=[cast.dispatcher, cast.customer])
        await broadcasts.presence_changed({chat.pk}, other.name)

        await hears(desk, cast.dispatcher, gone=[cast.customer])

    async def test_a_message_alone_writes_nothing_of_it(self, cast, dispatcher, customer, chat, open_tab):
        desk, phone = await open_tab(dispatcher, chat, after=1), await open_tab(customer, chat, after=1)
        await hears(desk, cast.dispatcher, cast.customer)
        await hears(phone, cast.dispatcher, cast.customer)
        before = await ask(lambda: list(Presence.objects.order_by("pk").values()))

        await ask(actions.send_message, conversation=chat, author=cast.customer, body="At the gate")
        number = (await ask(Message.objects.latest, "number")).number
        await desk.message(number)
        await ask(actions.send_message, conversation=chat, author=cast.customer, body="Hello")
        await desk.message(number + 1)

        assert await ask(lambda: list(Presence.objects.order_by("pk").values())) == before
