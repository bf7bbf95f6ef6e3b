"""By one tap: a driver says how it goes, a customer answers what dispatch has offered, and everybody sees both."""

import re
from html import unescape
from uuid import uuid4

import pytest
from django.utils import translation

from accounts.models import User
from chat import actions
from chat.models import QuickAnswer
from chat.refusals import AnswerTaken
from orders.models import Order
from tests.factories import OrderFactory

from .live import ask
from .reading import HTMX, alerts_of, html_of, lines_of, page_of, rows_of, send, text_of, texts_of, typed_in

ROLES = {"driver": User.Role.DRIVER, "customer": User.Role.CUSTOMER}


@pytest.fixture(autouse=True)
def answers(db):
    """Those of the company, whatever the tables were emptied of before."""
    QuickAnswer.objects.all().delete()
    for role, texts in {"driver": ["On my way", "At the door"], "customer": ["I’m home", "Ring twice"]}.items():
        for text in texts:
            actions.save_quick_answer(answer=QuickAnswer(role=role, text=text))


@pytest.fixture
def driver(cast, chat, come_in):
    actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
    return come_in(cast.driver, chat)


def form_of(page):
    """The form of answers above the box: (what its buttons say, its hidden fields)."""
    found = re.search(r'<form class="answers" id="answers"([^>]*)>(.*?)</form>', html_of(page), re.DOTALL)
    if not found or " hidden" in found[1]:
        return [], {}
    return values_of(found[2])


def values_of(form):
    buttons = [unescape(value) for value in re.findall(r'<button class="answer" name="body" value="([^"]*)"', form)]
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    return buttons, hidden


def stops_of(page):
    """The stops of a driver's list, as they stand there: {conversation: its markup}."""
    found = re.findall(r'<li class="stop[^"]*" id="conversation-(\d+)"(.*?)</li>', html_of(page), re.DOTALL)
    return {int(number): inside for number, inside in found}


def offer(client, conversation, body="Are you there?", answers=("I’m home", "Ring twice"), **options):
    path = f"/chats/{conversation.pk}/messages/"
    return client.post(path, {"body": body, "client_id": uuid4(), "offer": answers}, **options)


def offers_in(page):
    """What everybody sees was offered, by message."""
    found = re.findall(r'<p class="message__offer">(.*?)</p>', html_of(page), re.DOTALL)
    return [re.findall(r"<b data-answer><bdi>(.*?)</bdi></b>", inside) for inside in found]


class TestDriver:
    def test_has_them_in_the_chat_and_one_tap_sends(self, driver, customer, chat):
        buttons, fields = form_of(page_of(driver, chat))
        assert buttons == ["On my way", "At the door"]

        # Twice, as by a finger that has slipped.
        path = f"{driver.door}/chats/{chat.pk}/messages/"
        taps = [driver.post(path, {**fields, "body": "On my way"}) for _ in range(2)]

        assert [tap.status_code for tap in taps] == [303, 303]
        assert taps[0].url == taps[1].url
        assert texts_of(page_of(customer, chat))[-1] == "On my way"
        assert texts_of(page_of(customer, chat)).count("On my way") == 1
        # A new page has a new key.
        assert form_of(page_of(driver, chat))[1]["client_id"] != fields["client_id"]

    def test_has_them_on_each_stop(self, driver, customer, cast, chat):
        (stop,) = stops_of(driver.get(f"{driver.door}/chats/")).values()
        buttons, fields = values_of(stop)
        assert buttons == ["On my way", "At the door"]

        answer = driver.post(f"{driver.door}/chats/{chat.pk}/messages/", {**fields, "body": "At the door"})

        assert answer.status_code == 303
        assert lines_of(page_of(customer, chat))[-1].author == cast.driver.pk
        (row,) = rows_of(driver.get(f"{driver.door}/chats/"))
        assert "You: At the door" in row.text

    def test_has_none_where_the_delivery_is_done(self, driver, cast, chat):
        Order.objects.filter(pk=cast.order.pk).update(status=Order.Status.DELIVERED)
        (stop,) = stops_of(driver.get(f"{driver.door}/chats/")).values()
        assert values_of(stop)[0] == []

        Order.objects.filter(pk=cast.order.pk).update(status=Order.Status.IN_TRANSIT)
        actions.close_conversation(conversation=chat, actor=cast.dispatcher)
        (stop,) = stops_of(driver.get(f"{driver.door}/chats/")).values()
        assert values_of(stop)[0] == []

    def test_reads_the_products_own_in_the_language_of_the_reader(self, cast, chat, driver, monkeypatch):
        said = {"On my way": "Unterwegs"}
        monkeypatch.setattr("chat.models.quick_answer.gettext", lambda text: said.get(text, text))
        actions.save_quick_answer(answer=QuickAnswer(role="driver", text="Bitte rufen"))

        buttons, fields = form_of(page_of(driver, chat))

        assert buttons == ["Unterwegs", "At the door", "Bitte rufen"]
        driver.post(f"{driver.door}/chats/{chat.pk}/messages/", {**fields, "body": "Unterwegs"})
        assert texts_of(page_of(driver, chat))[-1] == "Unterwegs"

    def test_is_told_of_the_address_and_its_map(self, driver, cast, settings):
        settings.MAP_URL = "https://maps.apple.com/?q={query}"
        Order.objects.filter(pk=cast.order.pk).update(dropoff_street="187 Suffolk Ln. & Co", dropoff_postcode="83720")
        (stop,) = stops_of(driver.get(f"{driver.door}/chats/")).values()
        place = "187%20Suffolk%20Ln.%20%26%20Co%2C%2083720%20Boise%2C%20USA"
        assert f'href="geo:0,0?q={place}"' in stop
        assert f'data-map="https://maps.apple.com/?q={place}"' in stop
        assert "187 Suffolk Ln. &amp; Co, 83720 Boise, USA" in stop


class TestOrderOfStops:
    @pytest.fixture
    def stops(self, cast, driver, chat):
        """Four chats of the driver, the latest last."""
        chats = [chat]
        for _ in range(3):
            other, _ = actions.open_order_chat(order=OrderFactory(driver=cast.driver), actor=cast.dispatcher)
            actions.add_participants(conversation=other, people=[cast.driver], actor=cast.dispatcher)
            chats.append(other)
        return chats

    def heads(self, page):
        html = html_of(page)
        shown = re.findall(r'<li class="stops__head" id="stops-(\w+)">|id="conversation-(\d+)"', html)
        return [head or int(number) for head, number in shown]

    def test_unread_first_then_the_latest(self, stops, driver, cast):
        one, two, three, four = stops
        assert self.heads(driver.get(f"{driver.door}/chats/")) == [four.pk, three.pk, two.pk, one.pk]

        actions.send_message(conversation=two, author=cast.dispatcher, body="Gate 4.")
        actions.send_message(conversation=one, author=cast.dispatcher, body="Gate 5.")
        send(driver, four, "Done.")

        page = driver.get(f"{driver.door}/chats/")
        assert self.heads(page) == ["unread", one.pk, two.pk, "read", four.pk, three.pk]
        assert "Driver · 4 chats" in text_of(page)

        driver.get(f"{driver.door}/chats/{one.pk}/")
        driver.post(f"{driver.door}/chats/{one.pk}/reads/", {"number": 10})
        assert self.heads(driver.get(f"{driver.door}/chats/")) == ["unread", two.pk, "read", four.pk, one.pk, three.pk]

    def test_next_page_has_each_once(self, stops, driver, cast, monkeypatch):
        monkeypatch.setattr("chat.views.pages.INBOX_PAGE", 1)
        one, two, three, four = stops
        actions.send_message(conversation=two, author=cast.dispatcher, body="Gate 4.")

        seen, path = [], f"{driver.door}/chats/"
        while path:
            page = driver.get(path)
            seen += [row.conversation for row in rows_of(page)]
            found = re.search(r'rel="next" href="([^"]*)"', html_of(page))
            path = unescape(found[1]) if found else None

        assert seen == [two.pk, four.pk, three.pk, one.pk]


class TestOffer:
    def test_is_seen_by_all_and_answered_by_the_customer(self, dispatcher, customer, driver, chat):
        assert form_of(page_of(customer, chat))[0] == []
        assert offer(dispatcher, chat).status_code == 303

        number = lines_of(page_of(dispatcher, chat))[-1].number
        for browser in (dispatcher, driver, customer):
            assert offers_in(page_of(browser, chat)) == [["I’m home", "Ring twice"]]
        buttons, fields = form_of(page_of(customer, chat))
        assert buttons == ["I’m home", "Ring twice"]
        assert fields["reply_to"] == str(number)
        # It was not offered to the driver.
        assert form_of(page_of(driver, chat))[0] == ["On my way", "At the door"]

        path = f"{customer.door}/chats/{chat.pk}/messages/"
        for _ in range(2):
            assert customer.post(path, {**fields, "body": "I’m home"}).status_code == 303

        page = page_of(dispatcher, chat)
        assert texts_of(page)[-2:] == ["Are you there?", "I’m home"]
        assert f'data-quotes="{number}"' in html_of(page)
        assert form_of(page_of(customer, chat))[0] == []
        # That it was offered stays to be seen.
        assert offers_in(page) == [["I’m home", "Ring twice"]]

    def test_words_of_ones_own_are_an_answer_too(self, dispatcher, customer, chat):
        offer(dispatcher, chat)
        assert form_of(page_of(customer, chat))[0]

        send(customer, chat, "In the garden.")

        assert form_of(page_of(customer, chat))[0] == []

    def test_answer_that_is_taken_back_is_none(self, dispatcher, customer, chat):
        offer(dispatcher, chat)
        send(customer, chat, "In the garden.")
        number = lines_of(page_of(customer, chat))[-1].number
        assert form_of(page_of(customer, chat))[0] == []

        customer.delete(f"{customer.door}/chats/{chat.pk}/messages/{number}/")

        assert form_of(page_of(customer, chat))[0] == ["I’m home", "Ring twice"]

    def test_latest_is_the_one(self, dispatcher, customer, chat):
        offer(dispatcher, chat)
        offer(dispatcher, chat, "Or later?", ["Tomorrow"])
        send(dispatcher, chat, "Tell me.")
        assert form_of(page_of(customer, chat))[0] == ["Tomorrow"]

    def test_goes_with_a_message_that_is_deleted(self, dispatcher, customer, chat):
        offer(dispatcher, chat, "Wrong chat", ["Tomorrow"])
        number = lines_of(page_of(customer, chat))[-1].number
        assert form_of(page_of(customer, chat))[0] == ["Tomorrow"]

        dispatcher.delete(f"/chats/{chat.pk}/messages/{number}/")

        assert form_of(page_of(customer, chat))[0] == []
        assert "Tomorrow" not in html_of(page_of(customer, chat))
        assert chat.messages.get(number=number).facts == {}

    def test_stays_when_its_message_is_edited(self, dispatcher, customer, chat):
        offer(dispatcher, chat)
        number = lines_of(page_of(customer, chat))[-1].number
        dispatcher.post(f"/chats/{chat.pk}/messages/{number}/", {"body": "Are you in?", "version": 1})
        assert form_of(page_of(customer, chat))[0] == ["I’m home", "Ring twice"]

    def test_of_two_customers_each_answers(self, cast, dispatcher, customer, chat, come_in):
        actions.add_participants(conversation=chat, people=[cast.other_customer], actor=cast.dispatcher)
        other = come_in(cast.other_customer, chat)
        offer(dispatcher, chat)

        send(customer, chat, "I’m home")

        assert form_of(page_of(customer, chat))[0] == []
        assert form_of(page_of(other, chat))[0] == ["I’m home", "Ring twice"]

    def test_is_in_the_language_of_each_reader(self, dispatcher, customer, chat, monkeypatch):
        offer(dispatcher, chat)
        said = {"de": {"I’m home": "Ich bin da"}}
        speak = lambda text: said.get(translation.get_language(), {}).get(text, text)  # noqa: E731
        monkeypatch.setattr("chat.models.quick_answer.gettext", speak)
        page = customer.get(f"{customer.door}/chats/{chat.pk}/", headers={"Accept-Language": "de"})
        assert form_of(page)[0] == ["Ich bin da", "Ring twice"]
        assert offers_in(page) == [["Ich bin da", "Ring twice"]]

    def test_same_key_with_another_offer_is_another_message(self, dispatcher, chat):
        path, key = f"/chats/{chat.pk}/messages/", uuid4()
        sent = {"body": "Are you there?", "client_id": key, "offer": ["Yes", "No"]}
        assert [dispatcher.post(path, sent).status_code for _ in range(2)] == [303, 303]
        assert dispatcher.post(path, {**sent, "offer": ["Yes"]}).status_code == 409
        assert texts_of(page_of(dispatcher, chat)).count("Are you there?") == 1

    def test_is_chosen_where_a_customer_is(self, dispatcher, cast, chat):
        run = actions.start_conversation(title="Evening run", people=[cast.driver], actor=cast.dispatcher)
        choices = re.compile(r'name="offer" value="([^"]*)"')
        assert choices.findall(html_of(page_of(dispatcher, chat))) == ["I’m home", "Ring twice"]
        assert choices.findall(html_of(page_of(dispatcher, run))) == []

    def test_guests_offer_nothing(self, customer, driver, chat):
        for browser in (customer, driver):
            path = f"{browser.door}/chats/{chat.pk}/messages/"
            assert browser.post(path, {"body": "Hello", "offer": "Yes"}).status_code == 303
        assert offers_in(page_of(customer, chat)) == []
        assert texts_of(page_of(customer, chat))[-1] == "Hello"

    @pytest.mark.parametrize(
        ("answers", "reason"),
        [
            (["1", "2", "3", "4", "5"], "At most 4 answers can be offered at once."),
            (["x" * 61], "An answer is one line of at most 60 characters."),
            (["Yes", ""], "An answer is one line of at most 60 characters."),
            (["\u200b"], "An answer is one line of at most 60 characters."),
            (["a\0b"], "An answer is one line of at most 60 characters."),
            (["\ufffd"], "This text has a broken character."),
        ],
    )
    def test_bad_ones_are_refused_and_the_text_kept(self, dispatcher, chat, answers, reason):
        before = texts_of(page_of(dispatcher, chat))
        for options in ({}, {"headers": HTMX}):
            page = offer(dispatcher, chat, "Are you there?", answers, **options)
            assert page.status_code == 422
            assert reason in " ".join(alerts_of(page))
            assert typed_in(page) == "Are you there?"
        assert texts_of(page_of(dispatcher, chat)) == before

    def test_each_is_one_line_and_there_once(self, dispatcher, chat):
        offer(dispatcher, chat, "So?", ["Yes\r\n please", "Yes please", "\u202eNo"])
        assert offers_in(page_of(dispatcher, chat)) == [["Yes please", "No"]]

    def test_is_no_markup(self, dispatcher, customer, chat):
        offer(dispatcher, chat, "So?", ['<b>"Yes"</b>'])
        page = html_of(page_of(customer, chat))
        assert '<b>"Yes"</b>' not in page
        assert form_of(page_of(customer, chat))[0] == ['<b>"Yes"</b>']


class TestWording:
    def test_is_the_teams(self, dispatcher, cast, sign_in, driver, chat):
        page = dispatcher.get("/answers/")
        assert "On my way" in text_of(page)
        assert "/answers/" in html_of(dispatcher.get("/replies/"))

        fields = {"role": "driver", "text": " Stuck  in traffic ", "place": "1"}
        answer = sign_in(cast.support).post("/answers/", fields)

        assert (answer.status_code, answer.url) == (303, "/answers/")
        assert form_of(page_of(driver, chat))[0] == ["Stuck in traffic", "On my way", "At the door"]

    def test_is_changed_and_moved(self, dispatcher, driver, chat):
        answer = QuickAnswer.objects.get(text="On my way")
        page = dispatcher.get(f"/answers/{answer.pk}/")
        assert 'value="On my way"' in html_of(page)
        assert 'name="place" type="number" min="1" max="8" value="1"' in html_of(page)

        changed = {"role": "driver", "text": "Coming", "place": "2"}
        assert dispatcher.post(f"/answers/{answer.pk}/", changed).status_code == 303

        assert form_of(page_of(driver, chat))[0] == ["At the door", "Coming"]

    def test_is_deleted_by_a_plain_form(self, dispatcher, driver, chat):
        answer = QuickAnswer.objects.get(text="On my way")
        assert dispatcher.post(f"/answers/{answer.pk}/", {"_method": "delete", "text": ""}).status_code == 303
        assert form_of(page_of(driver, chat))[0] == ["At the door"]
        assert dispatcher.get(f"/answers/{answer.pk}/").status_code == 404

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"text": "Late"}, "Choose who gives this answer."),
            ({"role": "dispatcher", "text": "Late"}, "Choose who gives this answer."),
            ({"role": "driver"}, "Write what the answer says."),
            ({"role": "driver", "text": "\u200b"}, "Write what the answer says."),
            ({"role": "driver", "text": "x" * 61}, "At most 60 characters. This has 61."),
            ({"role": "driver", "text": "a\0b"}, "This text has a NUL character."),
            ({"role": "driver", "text": "ON MY WAY"}, "There is an answer “ON MY WAY” already."),
            ({"role": "driver", "text": "Late", "place": "0"}, "The place is a number from 1 to 8."),
            ({"role": "driver", "text": "Late", "place": "x"}, "The place is a number from 1 to 8."),
            ({"role": "driver", "text": "Late", "place": "9" * 30}, "The place is a number from 1 to 8."),
        ],
    )
    def test_bad_input_is_refused_and_kept(self, dispatcher, fields, reason):
        before = list(QuickAnswer.objects.values())
        other = QuickAnswer.objects.get(text="At the door")
        for path in ("/answers/", f"/answers/{other.pk}/"):
            page = dispatcher.post(path, fields)
            assert page.status_code == 422
            assert reason in " ".join(alerts_of(page))
            assert f'name="text" value="{fields.get("text", "")}"' in html_of(page)
        assert list(QuickAnswer.objects.values()) == before

    def test_there_are_no_more_than_can_be_read(self, dispatcher):
        for number in range(6):
            assert dispatcher.post("/answers/", {"role": "driver", "text": f"No. {number}"}).status_code == 303
        page = dispatcher.post("/answers/", {"role": "driver", "text": "One more"})
        assert page.status_code == 422
        assert "There are 8 already" in " ".join(alerts_of(page))

    def test_another_window_may_be_faster(self, db):
        with pytest.raises(AnswerTaken):
            actions.save_quick_answer(answer=QuickAnswer(role="driver", text="on my WAY"))

    def test_admins_have_them_too(self, cast, sign_in, driver, chat):
        User.objects.filter(pk=cast.support.pk).update(is_staff=True, is_superuser=True)
        admin = sign_in(User.objects.get(pk=cast.support.pk))
        fields = {"role": "driver", "text": "At gate 4", "place": 1}
        assert admin.post("/admin/chat/quickanswer/add/", fields).status_code == 302
        assert form_of(page_of(driver, chat))[0] == ["At gate 4", "On my way", "At the door"]
        assert "At gate 4" in text_of(admin.get("/admin/chat/quickanswer/"))


@pytest.mark.django_db(transaction=True)
class TestLive:
    async def test_driver_who_is_added_has_the_stop_at_once_and_loses_it_at_once(self, cast, chat, come_in, open_tab):
        await ask(actions.save_quick_answer, answer=QuickAnswer(role="driver", text="Almost there"))
        browser = await ask(come_in, cast.driver)
        home = await open_tab(browser)
        people = {"conversation": chat, "actor": cast.dispatcher}
        await ask(actions.add_participants, people=[cast.driver], **people)
        await home.row(chat)
        frame = next(frame for frame in home.frames if f'id="conversation-{chat.pk}"' in frame)
        assert "Almost there" in values_of(stops_of(frame)[chat.pk])[0]

        await ask(actions.remove_participant, person=cast.driver, **people)
        gone = f'<li id="conversation-{chat.pk}" data-gone></li>'
        await home.hear_until(lambda: any(gone in frame for frame in home.frames))

    async def test_offer_comes_with_its_message(self, cast, chat, dispatcher, customer, open_tab):
        tab = await open_tab(customer, chat, after=1)
        await ask(offer, dispatcher, chat)
        line = await tab.message(2)
        frame = next(frame for frame in tab.frames if f'id="message-{line.number}"' in frame)
        assert offers_in(frame) == [["I’m home", "Ring twice"]]
