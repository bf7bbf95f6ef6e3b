"""Answering one message: with a quote that leads to it, for everybody the same, and that says what it says now."""

import re
from uuid import uuid4

import pytest
from channels.layers import get_channel_layer
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat import actions
from chat.models import Message

from .live import Lost, ask
from .reading import HTMX, alerts_of, door_of, html_of, lines_of, page_of, text_of, typed_in

CODE = "Gate code 12"
TOO_LATE = "The message that you reply to was deleted. Send yours without the quote."
NOT_HERE = "The message that you reply to is not in this chat. Send yours without the quote."


@pytest.fixture
def sent(cast, chat):
    return actions.send_message(conversation=chat, author=cast.customer, body=CODE).message


@pytest.fixture
def answer(cast, chat, sent):
    return actions.send_message(conversation=chat, author=cast.dispatcher, body="Thanks", reply_to=sent.number).message


def reply(client, conversation, body, number, *, client_id=None, **options):
    fields = {"body": body, "client_id": client_id or uuid4(), "reply_to": number}
    return client.post(f"{door_of(client)}/chats/{conversation.pk}/messages/", fields, **options)


def line_of(page, message):
    return re.search(rf'<li class="[^"]*" id="message-{message.number}".*?</li>', html_of(page), re.DOTALL)[0]


def quote_in(page, message):
    """What the message quotes: (where that leads, its words), or None."""
    found = re.search(r'<a class="message__quote" href="([^"]*)"[^>]*>(.*?)</a>', line_of(page, message), re.DOTALL)
    return found and (found[1], text_of(found[2]))


def box_of(page):
    """What the box says that is being answered, and the number that goes with the form."""
    box = re.search(r'<div class="composer__reply"([^>]*)>(.*?)</div>', html_of(page), re.DOTALL)
    number = re.search(r'name="reply_to" value="(\d*)"', box[2])[1]
    assert ("hidden" in box[1]) == (not number)
    return text_of(box[2]), number


class TestReplying:
    @pytest.mark.parametrize("who", ["customer", "dispatcher"])
    def test_all_see_the_same_quote_of_it(self, request, who, customer, dispatcher, chat, sent):
        browser = request.getfixturevalue(who)

        answered = reply(browser, chat, "Thanks", sent.number, headers=HTMX)

        assert answered.status_code == 200
        message = Message.objects.latest("number")
        pages = [answered, page_of(customer, chat), page_of(dispatcher, chat)]
        for page in pages:
            assert quote_in(page, message) == (
                f"?at={sent.number}#message-{sent.number}",
                f"Jose Pavarotti {CODE}",
            )
        assert len({line_of(page, message) for page in pages}) == 1
        # The text is what was written, and nothing of the quote.
        assert lines_of(answered)[-1].text == "Thanks"

    def test_without_javascript(self, customer, chat, sent):
        page = page_of(customer, chat)
        assert f'href="?reply={sent.number}#composer"' in line_of(page, sent)
        assert box_of(page)[1] == ""

        page = page_of(customer, chat, reply=sent.number)
        words, number = box_of(page)
        assert f"Jose Pavarotti {CODE}" in words
        assert number == str(sent.number)

        assert reply(customer, chat, "12 it is", number).status_code == 303
        page = page_of(customer, chat)
        assert quote_in(page, Message.objects.latest("number"))
        assert box_of(page)[1] == ""

    @pytest.mark.parametrize("number", ["", "0", "99", "-1", "x", str(2**40), "1"])
    def test_a_link_to_nothing_opens_the_page_as_it_is(self, dispatcher, chat, sent, number):
        # 1 is the line that says who opened the chat.
        assert Message.objects.get(number=1).is_event
        assert box_of(page_of(dispatcher, chat, reply=number))[1] == ""

    def test_a_retry_finds_the_first_one(self, customer, chat, sent):
        key = uuid4()
        first = reply(customer, chat, "Thanks", sent.number, client_id=key, headers=HTMX)

        again = reply(customer, chat, "Thanks", sent.number, client_id=key, headers=HTMX)

        assert again.content == first.content
        assert Message.objects.filter(client_id=key).count() == 1

    def test_a_retry_finds_the_first_one_after_what_it_answers_was_deleted(self, customer, chat, sent):
        key = uuid4()
        reply(customer, chat, "Thanks", sent.number, client_id=key)
        actions.delete_message(message=sent)

        again = reply(customer, chat, "Thanks", sent.number, client_id=key, headers=HTMX)

        assert again.status_code == 200
        assert Message.objects.filter(client_id=key).count() == 1

    def test_the_same_key_as_an_answer_to_something_else_is_refused(self, customer, chat, sent, answer):
        key = uuid4()
        reply(customer, chat, "Thanks", sent.number, client_id=key)

        for number in ("", answer.number):
            again = reply(customer, chat, "Thanks", number, client_id=key, headers=HTMX)
            assert again.status_code == 409
            assert alerts_of(again) == ["This message was already sent with another text."]

    def test_of_a_long_text_the_quote_has_the_beginning(self, cast, dispatcher, chat):
        long = actions.send_message(conversation=chat, author=cast.customer, body="word\n" * 200).message
        reply(dispatcher, chat, "Too long", long.number)

        _, words = quote_in(page_of(dispatcher, chat), Message.objects.latest("number"))

        assert words.startswith("Jose Pavarotti word word word")
        assert words.endswith("…")
        assert len(words) < 200

    def test_what_is_quoted_is_no_markup(self, cast, dispatcher, chat):
        nasty = actions.send_message(conversation=chat, author=cast.customer, body="<b>'\" https://a.example").message
        reply(dispatcher, chat, "Hm", nasty.number)

        line = line_of(page_of(dispatcher, chat), Message.objects.latest("number"))

        assert "&lt;b&gt;&#x27;&quot; https://a.example" in line
        assert "<b>'" not in line

    def test_the_page_asks_no_more_for_many_answers_than_for_one(self, cast, dispatcher, chat, sent, answer):
        def queries():
            with CaptureQueriesContext(connection) as captured:
                page_of(dispatcher, chat)
            return len(captured)

        def answer_it(text):
            actions.send_message(conversation=chat, author=cast.customer, body=text, reply_to=answer.number)

        answer_it("One")
        queries()
        one = queries()
        for number in range(10):
            answer_it(f"{number}")
        assert queries() == one


class TestWhatCannotBeAnswered:
    @pytest.fixture
    def elsewhere(self, cast):
        """A number that another conversation has, and this one has not."""
        other = actions.start_conversation(title="Other", people=[], actor=cast.dispatcher)
        for number in range(10):
            message = actions.send_message(conversation=other, author=cast.dispatcher, body=f"{number}").message
        return message.number

    @pytest.mark.parametrize("given", ["elsewhere", "1", "0", "-1", str(2**31), str(2**40), "9" * 400, "first", "1.5"])
    @pytest.mark.parametrize("headers", [HTMX, {}])
    def test_is_said_and_the_text_is_kept(self, request, customer, chat, sent, given, headers):
        number = request.getfixturevalue("elsewhere") if given == "elsewhere" else given
        before = Message.objects.count()

        refused = reply(customer, chat, "It is open", number, headers=headers)

        assert refused.status_code == 422
        assert alerts_of(refused) == [NOT_HERE]
        assert typed_in(refused) == "It is open"
        assert box_of(refused)[1] == ""
        assert Message.objects.count() == before

    def test_nor_what_was_deleted(self, customer, chat, sent):
        actions.delete_message(message=sent)

        refused = reply(customer, chat, "It is open", sent.number)

        assert refused.status_code == 422
        assert alerts_of(refused) == [TOO_LATE]
        assert typed_in(refused) == "It is open"
        assert box_of(refused)[1] == ""
        assert CODE not in html_of(refused)

    def test_what_can_stays_in_the_box_when_something_else_is_wrong(self, customer, chat, sent):
        refused = reply(customer, chat, "x" * 4001, sent.number)

        assert refused.status_code == 422
        words, number = box_of(refused)
        assert f"Jose Pavarotti {CODE}" in words
        assert number == str(sent.number)


class TestWhatBecomesOfTheOriginal:
    def test_the_quote_says_what_it_says_now(self, customer, dispatcher, chat, sent, answer):
        actions.edit_message(message=sent, body="Gate code 21", version=1)

        for browser in (customer, dispatcher):
            assert quote_in(page_of(browser, chat), answer)[1] == "Jose Pavarotti Gate code 21"

    def test_of_what_was_deleted_nothing_is_left_anywhere(self, customer, dispatcher, chat, sent, answer):
        assert CODE in line_of(page_of(customer, chat), answer)

        actions.delete_message(message=sent)

        where = f"/chats/{chat.pk}/messages/"
        pages = [
            page_of(dispatcher, chat),
            page_of(customer, chat),
            page_of(dispatcher, chat, reply=answer.number),
            dispatcher.get(where),
            dispatcher.get(where, {"after": 0}),
            dispatcher.get(where, {"before": answer.number + 1}),
            dispatcher.get("/chats/"),
        ]
        for page in pages:
            assert CODE not in html_of(page)
        assert quote_in(pages[0], answer)[1] == "Jose Pavarotti Message deleted"
        assert CODE not in str(list(Message.objects.values()))

    def test_an_answer_that_is_deleted_quotes_nothing(self, dispatcher, chat, answer):
        actions.delete_message(message=answer)

        assert quote_in(page_of(dispatcher, chat), answer) is None

    def test_who_is_just_changing_the_answer_is_not_disturbed(self, dispatcher, chat, sent, answer):
        form = dispatcher.get(f"/chats/{chat.pk}/messages/{answer.number}/", headers=HTMX)
        version = re.search(r'name="version" value="(\d+)"', html_of(form))[1]
        actions.edit_message(message=sent, body="Gate code 21", version=1)

        changed = dispatcher.post(
            f"/chats/{chat.pk}/messages/{answer.number}/", {"body": "Thank you", "version": version}, headers=HTMX
        )

        assert changed.status_code == 200
        assert quote_in(changed, answer)[1] == "Jose Pavarotti Gate code 21"

    def test_who_asks_from_before_gets_the_original_and_its_answers(self, cast, customer, chat, sent, answer):
        more = [
            actions.send_message(conversation=chat, author=cast.dispatcher, body="Yes", reply_to=sent.number).message
            for _ in range(3)
        ]
        actions.delete_message(message=sent)

        page = customer.get(f"{customer.door}/chats/{chat.pk}/messages/", {"after": more[-1].number, "revision": 0})

        assert [line.number for line in lines_of(page)] == [message.number for message in (sent, answer, *more)]
        assert page["X-Revision"] == "5"
        assert CODE not in html_of(page)


@pytest.mark.django_db(transaction=True)
class TestLive:
    async def test_a_quote_is_deleted_on_open_pages(self, customer, dispatcher, chat, sent, answer, open_tab):
        tab = await open_tab(customer, chat, after=sent.number, revision=0)
        first = await tab.hear_until(lambda: next((frame for frame in tab.frames if "message__quote" in frame), None))
        assert quote_in(first, answer)[1] == f"Jose Pavarotti {CODE}"

        await ask(actions.delete_message, message=sent)

        await tab.hear_until(lambda: {"type": "revision", "revision": 2} in tab.controls)
        assert quote_in(tab.frames[-2], answer)[1] == "Jose Pavarotti Message deleted"

    async def test_also_when_the_news_of_it_is_lost(self, monkeypatch, customer, chat, sent, answer, open_tab):
        lost = Lost(monkeypatch)
        await ask(actions.delete_message, message=sent)
        assert lost.count
        lost.back()

        tab = await open_tab(customer, chat, after=answer.number, revision=0)

        await tab.hear_until(lambda: {"type": "revision", "revision": 2} in tab.controls)
        assert [line.number for line in tab.lines] == [sent.number, answer.number]
        assert CODE not in "".join(tab.frames)

    async def test_no_stale_quote_comes_after_the_deletion(
        self, monkeypatch, cast, customer, dispatcher, chat, sent, open_tab
    ):
        """The news of an answer may arrive after that of the deletion of what it answers."""
        tab = await open_tab(customer, chat, after=sent.number, revision=0)
        layer, held = get_channel_layer(), []
        send = layer.group_send

        async def hold(group, event):
            held.append((group, event))

        monkeypatch.setattr(layer, "group_send", hold)
        await ask(reply, dispatcher, chat, "Thanks", sent.number)
        monkeypatch.setattr(layer, "group_send", send)
        stale = [event for _, event in held if event["type"] == "message.sent" and "Thanks" in event["html"]["en"]]
        assert CODE in stale[0]["html"]["en"]

        await ask(actions.delete_message, message=sent)
        message = await ask(Message.objects.latest, "number")
        await tab.message(message.number)
        for group, event in held:
            await send(group, event)
        await ask(actions.send_message, conversation=chat, author=cast.dispatcher, body="Last")
        await tab.message(message.number + 1)

        assert CODE not in "".join(tab.frames)
