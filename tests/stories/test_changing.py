"""Changing and deleting what one wrote: for a while, by its author alone, and never without a trace that all see."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from chat import actions
from chat.models import Message

from .live import Lost, ask
from .reading import HTMX, door_of, html_of, lines_of, page_of, rows_of, send, text_of

MINUTE = timedelta(minutes=1)


@pytest.fixture
def driver(cast, chat, come_in):
    actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
    return come_in(cast.driver, chat)


@pytest.fixture
def sent(cast, chat):
    return actions.send_message(conversation=chat, author=cast.customer, body="Gate code 12").message


def path_of(browser, message):
    return f"{door_of(browser)}/chats/{message.conversation_id}/messages/{message.number}/"


def edit(browser, message, body, version=1, **options):
    return browser.post(path_of(browser, message), {"body": body, "version": version}, **options)


def line_of(page, message):
    """The markup of a message, wherever it stands."""
    return re.search(rf'<li class="[^"]*" id="message-{message.number}".*?</li>', html_of(page), re.DOTALL)[0]


def text_in(page, message):
    return next(line.text for line in lines_of(page) if line.number == message.number)


def age(message, minutes):
    Message.objects.filter(pk=message.pk).update(created_at=timezone.now() - minutes * MINUTE)


class TestEditing:
    def test_all_see_the_new_text_and_the_earlier_one(self, customer, dispatcher, driver, chat, sent):
        answer = edit(customer, sent, "Gate code 21", headers=HTMX)

        assert answer.status_code == 200
        pages = [answer, *(page_of(browser, chat) for browser in (customer, dispatcher, driver))]
        for page in pages:
            assert text_in(page, sent) == "Gate code 21"
            said = text_of(line_of(page, sent))
            assert "Edited" in said
            assert "Gate code 12" in said
        assert len({line_of(page, sent) for page in pages}) == 1

    def test_every_earlier_text_stays(self, customer, dispatcher, chat, sent):
        edit(customer, sent, "Second")
        edit(customer, sent, "Third", version=2)

        said = text_of(line_of(page_of(dispatcher, chat), sent))

        assert [word for word in ("Gate code 12", "Second", "Third") if word in said] == [
            "Gate code 12",
            "Second",
            "Third",
        ]

    def test_works_without_javascript(self, customer, chat, sent):
        assert f'href="messages/{sent.number}/"' in line_of(page_of(customer, chat), sent)
        form = customer.get(path_of(customer, sent))
        assert ">Gate code 12</textarea>" in html_of(form)

        answer = edit(customer, sent, "Gate code 21")

        assert (answer.status_code, answer.url) == (303, f"{customer.door}/chats/{chat.pk}/#message-{sent.number}")
        answer = customer.post(path_of(customer, sent), {"_method": "delete"})
        assert answer.status_code == 303
        assert "Message deleted by Jose Pavarotti" in text_of(page_of(customer, chat))

    def test_neither_number_nor_unread_count_nor_wait_changes(self, customer, dispatcher, chat, cast, sent):
        before = rows_of(dispatcher.get("/chats/"))[0]
        assert (before.unread, before.waiting) == (1, True)

        edit(customer, sent, "Gate code 21")

        after = rows_of(dispatcher.get("/chats/"))[0]
        assert (after.unread, after.waiting) == (1, True)
        assert "Gate code 21" in after.text
        assert [line.number for line in lines_of(page_of(dispatcher, chat))] == [1, 2]

    def test_its_key_still_finds_it(self, customer, chat):
        """The retry of a send whose answer was lost, and which was edited in another tab meanwhile."""
        key = "0b0e0c9e-5a4f-4f6d-9c1e-1d2a3b4c5d6e"
        send(customer, chat, "Gate code 12", client_id=key)
        message = chat.messages.get(client_id=key)
        edit(customer, message, "Gate code 21")

        again = send(customer, chat, "Gate code 12", client_id=key, headers=HTMX)
        other = send(customer, chat, "Gate code 21", client_id=key, headers=HTMX)

        assert (again.status_code, text_in(again, message)) == (200, "Gate code 21")
        assert other.status_code == 409
        assert chat.messages.filter(client_id=key).count() == 1

    def test_asked_twice_is_one_edit(self, customer, sent):
        answers = [edit(customer, sent, "Gate code 21", headers=HTMX) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [200, 200]
        assert len({html_of(answer) for answer in answers}) == 1
        sent.refresh_from_db()
        assert (sent.version, len(sent.earlier)) == (2, 1)


class TestDeleting:
    def test_all_see_that_there_was_one_and_nobody_what(self, customer, dispatcher, driver, chat, sent):
        edit(customer, sent, "Gate code 21")

        answer = customer.delete(path_of(customer, sent), headers=HTMX)

        assert answer.status_code == 200
        for page in (answer, *(page_of(browser, chat) for browser in (customer, dispatcher, driver))):
            assert text_in(page, sent) == "Message deleted by Jose Pavarotti"
            assert "Gate code" not in html_of(page)
        assert "Jose Pavarotti deleted a message" in rows_of(dispatcher.get("/chats/"))[0].text
        sent.refresh_from_db()
        assert (sent.body, sent.earlier) == ("", [])

    def test_twice_is_once(self, customer, sent):
        answers = [customer.delete(path_of(customer, sent), headers=HTMX) for _ in range(2)]

        assert len({(answer.status_code, html_of(answer)) for answer in answers}) == 1
        assert answers[0].status_code == 200

    def test_its_key_sends_nothing_new(self, customer, chat):
        key = "0b0e0c9e-5a4f-4f6d-9c1e-1d2a3b4c5d6e"
        send(customer, chat, "Gate code 12", client_id=key)
        message = chat.messages.get(client_id=key)
        customer.delete(path_of(customer, message))

        again = send(customer, chat, "Gate code 12", client_id=key, headers=HTMX)

        assert (again.status_code, text_in(again, message)) == (200, "Message deleted by Jose Pavarotti")

    def test_an_answer_taken_back_is_no_answer(self, customer, dispatcher, chat, cast, sent):
        answer = actions.send_message(conversation=chat, author=cast.dispatcher, body="At noon").message
        assert not rows_of(dispatcher.get("/chats/"))[0].waiting

        dispatcher.delete(path_of(dispatcher, answer))

        assert rows_of(dispatcher.get("/chats/"))[0].waiting
        chat.refresh_from_db()
        assert chat.waiting_since == sent.created_at

    def test_a_question_taken_back_waits_for_nobody(self, customer, dispatcher, sent):
        assert rows_of(dispatcher.get("/chats/"))[0].waiting

        customer.delete(path_of(customer, sent))

        assert not rows_of(dispatcher.get("/chats/"))[0].waiting


class TestLimits:
    @pytest.mark.parametrize("minutes, status", [(14, 200), (16, 409)])
    def test_for_a_quarter_of_an_hour(self, customer, chat, sent, minutes, status):
        age(sent, minutes)

        form = customer.get(path_of(customer, sent), headers=HTMX)
        answer = edit(customer, sent, "Gate code 21", headers=HTMX)
        deletion = customer.delete(path_of(customer, sent), headers=HTMX)

        assert [form.status_code, answer.status_code, deletion.status_code] == [status] * 3
        if status == 409:
            assert "15 minutes" in text_of(answer)
            # What was typed is kept, and what stands is what stood.
            assert ">Gate code 21</textarea>" in html_of(answer)
            assert text_in(page_of(customer, chat), sent) == "Gate code 12"
            assert "message__change" not in line_of(page_of(customer, chat), sent)

    def test_two_windows_do_not_overwrite_each_other(self, customer, sent):
        edit(customer, sent, "Gate code 21")

        answer = edit(customer, sent, "Gate code 31", version=1, headers=HTMX)

        assert answer.status_code == 409
        assert ">Gate code 31</textarea>" in html_of(answer)
        assert "Gate code 21" in text_of(answer)
        version = re.search(r'name="version" value="(\d+)"', html_of(answer))[1]
        assert edit(customer, sent, "Gate code 31", version=version).status_code == 303

    def test_not_in_a_closed_chat_where_nobody_would_notice(self, customer, chat, cast, sent):
        actions.close_conversation(conversation=chat, actor=cast.dispatcher)

        answer = edit(customer, sent, "Gate code 21", headers=HTMX)

        assert answer.status_code == 409
        assert "This chat is closed" in text_of(answer)
        assert customer.delete(path_of(customer, sent)).status_code == 303

    def test_not_for_ever(self, customer, sent):
        for version in range(1, Message.EDIT_LIMIT + 1):
            assert edit(customer, sent, f"Try {version}", version=version).status_code == 303

        answer = edit(customer, sent, "Once more", version=Message.EDIT_LIMIT + 1, headers=HTMX)

        assert answer.status_code == 409
        assert ">Once more</textarea>" in html_of(answer)

    def test_not_what_was_deleted(self, customer, sent):
        customer.delete(path_of(customer, sent))

        answer = edit(customer, sent, "Gate code 21", headers=HTMX)

        assert answer.status_code == 409
        assert "This message was deleted." in text_of(answer)
        assert ">Gate code 21</textarea>" in html_of(answer)

    def test_not_anothers_and_not_what_happened(self, customer, dispatcher, driver, chat, sent):
        opened = chat.messages.get(number=1)
        for browser, message in ((dispatcher, sent), (driver, sent), (dispatcher, opened)):
            assert browser.get(path_of(browser, message)).status_code == 404
            assert edit(browser, message, "Mine now").status_code == 404
            assert browser.delete(path_of(browser, message)).status_code == 404
        assert customer.get(path_of(customer, sent)).status_code == 200

    def test_not_by_who_was_taken_out(self, customer, chat, cast, sent):
        actions.remove_participant(conversation=chat, person=cast.customer, actor=cast.dispatcher)

        assert edit(customer, sent, "Gate code 21").status_code == 404
        assert customer.delete(path_of(customer, sent)).status_code == 404

    @pytest.mark.parametrize(
        "body", ["", "  \n ", "\u200b", "x" * 4001, "a\x00b"], ids=["nothing", "spaces", "invisible", "long", "NUL"]
    )
    def test_bad_text_is_refused_and_kept(self, customer, chat, sent, body):
        answer = edit(customer, sent, body, headers=HTMX)

        assert answer.status_code == 422
        assert 'role="alert"' in html_of(answer)
        assert text_in(page_of(customer, chat), sent) == "Gate code 12"
        if len(body) > 4000:
            assert body in html_of(answer)

    @pytest.mark.parametrize("version", ["", "x", "0", "-1", "99999999999999999999"])
    def test_bad_version_is_refused(self, customer, chat, sent, version):
        answer = edit(customer, sent, "Gate code 21", version=version, headers=HTMX)

        assert answer.status_code == 422
        assert ">Gate code 21</textarea>" in html_of(answer)

    def test_nothing_in_it_becomes_markup(self, customer, dispatcher, chat, sent):
        edit(customer, sent, "<script>alert(1)</script>")
        edit(customer, sent, "<b>bold</b>", version=2)

        line = line_of(page_of(dispatcher, chat), sent)

        assert "<script>" not in line
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in line
        assert "&lt;b&gt;bold&lt;/b&gt;" in line


@pytest.mark.django_db(transaction=True)
class TestLive:
    async def test_is_on_every_open_page_at_once(self, customer, dispatcher, driver, chat, sent, open_tab):
        tabs = [await open_tab(browser, chat, after=0) for browser in (customer, dispatcher, driver)]
        for tab in tabs:
            await tab.message(3)

        answer = await ask(edit, customer, sent, "Gate code 21", headers=HTMX)

        for tab in tabs:
            await tab.hear_until(lambda tab=tab: html_of(answer) in tab.frames)
            assert await tab.control("revision") == {"type": "revision", "revision": 1}
        assert (await tabs[1].row(chat)).unread == 1

    async def test_deletion_too(self, customer, dispatcher, chat, sent, open_tab):
        tab = await open_tab(dispatcher, chat, after=0)
        await tab.message(2)

        await ask(customer.delete, path_of(customer, sent))

        await tab.hear_until(lambda: [line.text for line in tab.lines][-1] == "Message deleted by Jose Pavarotti")

    async def test_catches_up_with_what_was_changed_while_it_was_away(self, customer, dispatcher, chat, sent, open_tab):
        await ask(edit, customer, sent, "Gate code 21")
        await ask(send, customer, chat, "Also ring twice")

        tab = await open_tab(dispatcher, chat, after=2, revision=0)
        await tab.message(3)

        assert [(line.number, line.text) for line in tab.lines] == [(2, "Gate code 21"), (3, "Also ring twice")]
        assert await tab.control("revision") == {"type": "revision", "revision": 1}

    async def test_who_knows_it_is_told_nothing(self, customer, dispatcher, chat, sent, open_tab):
        await ask(edit, customer, sent, "Gate code 21")
        tab = await open_tab(dispatcher, chat, after=2, revision=1)

        await ask(send, customer, chat, "Also ring twice")
        await tab.message(3)

        assert tab.numbers == [3]

    async def test_what_was_lost_on_the_way_comes_with_the_next(
        self, customer, dispatcher, chat, sent, open_tab, monkeypatch
    ):
        tab = await open_tab(dispatcher, chat, after=0)
        await tab.message(2)
        other = (await ask(send, customer, chat, "Second")) and await ask(chat.messages.get, number=3)
        await tab.message(3)
        lost = Lost(monkeypatch)
        await ask(edit, customer, sent, "Gate code 21")
        assert lost.count
        lost.back()

        await ask(edit, customer, other, "Third")

        await tab.hear_until(lambda: {"type": "revision", "revision": 2} in tab.controls)
        assert [(line.number, line.text) for line in tab.lines][-2:] == [(2, "Gate code 21"), (3, "Third")]

    async def test_by_http_as_well(self, customer, dispatcher, chat, sent):
        await ask(edit, customer, sent, "Gate code 21")

        page = await ask(dispatcher.get, f"/chats/{chat.pk}/messages/?after=2&revision=0")
        known = await ask(dispatcher.get, f"/chats/{chat.pk}/messages/?after=2&revision=1")
        unaware = await ask(dispatcher.get, f"/chats/{chat.pk}/messages/?after=2")

        assert [(line.number, line.text) for line in lines_of(page)] == [(2, "Gate code 21")]
        assert [answer["X-Revision"] for answer in (page, known, unaware)] == ["1", "1", "1"]
        assert [lines_of(answer) for answer in (known, unaware)] == [[], []]

    async def test_more_changes_than_fit_on_a_page_all_arrive(
        self, customer, dispatcher, chat, cast, open_tab, settings, monkeypatch
    ):
        monkeypatch.setattr("chat.catching_up.CATCH_UP_PAGE", 3)
        settings.RATE_LIMITS = False
        for number in range(7):
            await ask(send, customer, chat, f"{number}")
        for message in await ask(lambda: list(chat.messages.filter(kind="text"))):
            await ask(edit, customer, message, f"{message.body}!")

        tab = await open_tab(dispatcher, chat, after=8, revision=0)
        await tab.hear_until(lambda: {"type": "revision", "revision": 7} in tab.controls)

        assert [line.text for line in tab.lines] == [f"{number}!" for number in range(7)]
