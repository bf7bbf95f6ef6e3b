"""A link has ended: who was in by it asks for another one, and dispatch sees that somebody waits."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AccessLink, User
from chat import actions
from chat.models import Conversation, LinkRequest, Message
from tests.factories import OrderFactory

from .live import ask
from .reading import HTMX, html_of, lines_of, page_of, rows_of, send, text_of, texts_of

BUTTON = "Ask for a new link"
LINE = "Jose Pavarotti asked for a new link."


@pytest.fixture
def shut_out(customer):
    """The customer's browser, whose link has ended."""
    AccessLink.objects.filter(pk=customer.link.pk).update(expires_at=timezone.now())
    return customer


def gone(client, chat):
    page = client.get(f"{client.door}/chats/{chat.pk}/")
    assert page.status_code == 404
    return page


def ask_for_another(client, **options):
    return client.post(f"{client.door}/requests/", **options)


def links_path(chat, person):
    return f"/chats/{chat.pk}/participants/{person.pk}/links/"


def request_path(chat, person):
    return f"/chats/{chat.pk}/participants/{person.pk}/request/"


def waiting(client):
    return [row.conversation for row in rows_of(client.get("/chats/?show=waiting"))]


def later(minutes):
    """As if what was asked had been asked so long ago."""
    at = timezone.now() - timedelta(minutes=minutes)
    LinkRequest.objects.update(asked_at=at)
    return at


class TestThePage:
    def test_offers_to_ask_for_another_one(self, shut_out, chat):
        page = gone(shut_out, chat)
        assert "This link no longer works" in text_of(page)
        assert "Your chat is still there" in text_of(page)
        form = re.search(r'<form [^>]*action="([^"]+)"[^>]*>.*?</form>', html_of(page), re.DOTALL)
        assert form[1] == f"{shut_out.door}/requests/"
        assert BUTTON in form[0]

    def test_is_the_same_behind_the_link_itself(self, shut_out, chat):
        for headers in ({}, {"X-Requested-With": "fetch"}):
            page = shut_out.post(f"/c/{shut_out.token}/", headers=headers)
            assert page.status_code == 404
            assert BUTTON in text_of(page)

    @pytest.mark.parametrize("fate", ["expired", "revoked", "delivered"])
    def test_is_there_however_it_ended(self, customer, cast, chat, fate):
        links = AccessLink.objects.filter(pk=customer.link.pk)
        long_ago = timezone.now() - timedelta(days=9)
        match fate:
            case "expired":
                links.update(expires_at=timezone.now())
            case "revoked":
                actions.revoke_links(links=links)
            case "delivered":
                links.update(made_at=long_ago)
                type(cast.order).objects.update(status="delivered", delivered_at=long_ago)
        assert BUTTON in text_of(gone(customer, chat))

    def test_outsiders_get_the_same_page_for_every_link(self, shut_out, chat, come_in, cast):
        other = come_in(cast.other_driver)
        paths = [f"{shut_out.door}/chats/{chat.pk}/", "/g/no-such-link/chats/1/"]
        pages = [client.get(path) for client in (Client(), other) for path in paths]
        pages += [client.post(path) for client in (Client(), other) for path in (f"/c/{shut_out.token}/", "/c/1x/")]
        pages += [client.post(f"{shut_out.door}/requests/") for client in (Client(), other)]
        assert {page.status_code for page in pages} == {404}
        assert len({page.content for page in pages}) == 1
        assert BUTTON not in text_of(pages[0])
        assert not LinkRequest.objects.exists()

    def test_who_was_taken_out_or_is_no_longer_active_gets_that_page_too(self, shut_out, cast, chat):
        outsiders = Client().get(f"{shut_out.door}/chats/{chat.pk}/").content
        assert gone(shut_out, chat).content != outsiders

        actions.remove_participant(conversation=chat, person=cast.customer, actor=cast.dispatcher)
        assert gone(shut_out, chat).content == outsiders
        assert ask_for_another(shut_out).status_code == 404

        actions.add_participants(conversation=chat, people=[cast.customer], actor=cast.dispatcher)
        assert BUTTON in text_of(gone(shut_out, chat))
        User.objects.filter(pk=cast.customer.pk).update(is_active=False)
        assert gone(shut_out, chat).content == outsiders
        assert ask_for_another(shut_out).status_code == 404
        assert not LinkRequest.objects.exists()


class TestAsking:
    def test_once_is_enough(self, shut_out, dispatcher, chat):
        answer = ask_for_another(shut_out)
        assert (answer.status_code, answer.url) == (303, f"{shut_out.door}/chats/")
        asked = gone(shut_out, chat)
        assert re.search(r"You asked for a new link at \d\d:\d\d \. Dispatch sees it", text_of(asked))
        assert BUTTON not in text_of(asked)

        for _ in range(3):
            assert ask_for_another(shut_out).status_code == 303

        assert LinkRequest.objects.count() == 1
        assert texts_of(page_of(dispatcher, chat)).count(LINE) == 1

    def test_everybody_in_the_chat_sees_it(self, shut_out, dispatcher, chat, cast, come_in):
        actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
        driver = come_in(cast.driver, chat)
        ask_for_another(shut_out)
        for client in (dispatcher, driver):
            line = lines_of(page_of(client, chat))[-1]
            assert (line.kind, line.text, line.author) == ("event", LINE, cast.customer.pk)
        # It is nobody's word, so that it makes nothing unread.
        assert rows_of(driver.get(f"{driver.door}/chats/"))[0].unread == 0

    def test_waits_for_us_and_says_who_asks(self, shut_out, dispatcher, chat):
        assert waiting(dispatcher) == []
        ask_for_another(shut_out)
        assert waiting(dispatcher) == [chat.pk]
        row = rows_of(dispatcher.get("/chats/"))[0]
        assert row.waiting
        assert "Jose Pavarotti asks for a new link" in row.text
        page = text_of(page_of(dispatcher, chat))
        assert re.search(r"Asked for a new link \d\d:\d\d Make a new link Dismiss", page)

    def test_from_where_no_script_runs_and_not_from_another_site(self, shut_out, chat):
        browser = Client(enforce_csrf_checks=True)
        browser.cookies = shut_out.cookies
        browser.door = shut_out.door
        assert ask_for_another(browser).status_code == 403
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', html_of(gone(browser, chat)))[1]
        assert browser.post(f"{browser.door}/requests/", {"csrfmiddlewaretoken": token}).status_code == 303
        assert LinkRequest.objects.count() == 1

    def test_nobody_needs_to_be_asked_where_the_link_works(self, customer, chat):
        answer = ask_for_another(customer)
        assert (answer.status_code, answer.url) == (303, f"{customer.door}/chats/")
        assert customer.get(answer.url).status_code == 200
        assert not LinkRequest.objects.exists()

    def test_a_closed_chat_is_open_again(self, shut_out, dispatcher, chat, cast):
        actions.close_conversation(conversation=chat, actor=cast.dispatcher)
        ask_for_another(shut_out)
        assert texts_of(page_of(dispatcher, chat))[-2:] == ["Jose Pavarotti opened this chat again.", LINE]
        assert waiting(dispatcher) == [chat.pk]

    def test_in_the_newer_chat_of_the_order_where_there_is_one(self, shut_out, dispatcher, chat, cast):
        actions.close_conversation(conversation=chat, actor=cast.dispatcher)
        newer, _ = actions.open_order_chat(order=cast.order, actor=cast.dispatcher)
        ask_for_another(shut_out)
        assert waiting(dispatcher) == [newer.pk]
        assert not Conversation.objects.get(pk=chat.pk).is_open
        assert BUTTON not in text_of(gone(shut_out, chat))

    def test_who_is_not_in_the_newer_chat_is_told_so(self, shut_out, chat, cast):
        actions.close_conversation(conversation=chat, actor=cast.dispatcher)
        newer, _ = actions.open_order_chat(order=cast.order, actor=cast.dispatcher)
        actions.remove_participant(conversation=newer, person=cast.customer, actor=cast.dispatcher)
        answer = ask_for_another(shut_out)
        assert answer.status_code == 409
        assert "its order has a newer one" in text_of(answer)
        assert not LinkRequest.objects.exists()

    def test_a_driver_asks_where_the_link_was_made(self, dispatcher, cast, chat, come_in):
        actions.start_conversation(title="Evening run", people=[cast.driver], actor=cast.dispatcher)
        actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
        driver = come_in(cast.driver, chat)
        AccessLink.objects.filter(pk=driver.link.pk).update(expires_at=timezone.now())
        assert driver.get(f"{driver.door}/chats/").status_code == 404
        assert ask_for_another(driver).status_code == 303
        assert waiting(dispatcher) == [chat.pk]
        assert "You asked for a new link" in text_of(driver.get(f"{driver.door}/chats/"))


# The place in the panel for what is answered.
IN_PANEL = {**HTMX, "HX-Target": "weblink-1"}


class TestAnswering:
    @pytest.mark.parametrize("headers", [{}, HTMX, IN_PANEL], ids=["plain", "page", "panel"])
    def test_a_new_link_is_the_answer(self, shut_out, dispatcher, chat, cast, headers):
        ask_for_another(shut_out)
        page = dispatcher.post(links_path(chat, cast.customer), headers=headers)

        assert page.status_code == 200
        # What asks for it goes from the panel. A page of its own has none.
        emptied = f'id="asks-{cast.customer.pk}" hx-swap-oob="true"></div>'
        assert (emptied in html_of(page)) is (headers is IN_PANEL)
        assert waiting(dispatcher) == []
        assert "Asked for a new link" not in text_of(page_of(dispatcher, chat))
        request = LinkRequest.objects.get()
        assert request.answered_by == cast.dispatcher

        url = re.search(r'readonly value="http://127.0.0.1:8000([^"]+)"', html_of(page))[1]
        assert shut_out.post(url).status_code == 303

    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
    def test_or_that_none_is_due(self, shut_out, dispatcher, chat, cast, headers):
        ask_for_another(shut_out)
        answer = dispatcher.delete(request_path(chat, cast.customer), headers=headers)
        assert answer.status_code == (200 if headers else 303)
        assert waiting(dispatcher) == []
        assert "Asked for a new link" not in text_of(page_of(dispatcher, chat))
        assert LinkRequest.objects.get().answered_by == cast.dispatcher
        # Twice is once.
        assert dispatcher.delete(request_path(chat, cast.customer)).status_code == 303

    def test_a_word_of_ours_is_none_since_it_cannot_be_read(self, shut_out, dispatcher, chat):
        ask_for_another(shut_out)
        asked_at = LinkRequest.objects.get().asked_at
        assert send(dispatcher, chat, "Look into your mail.").status_code == 303
        assert waiting(dispatcher) == [chat.pk]
        assert Conversation.objects.get(pk=chat.pk).waiting_since == asked_at

    def test_a_word_of_theirs_before_it_waits_on(self, customer, dispatcher, chat, cast):
        send(customer, chat, "Where is it?")
        since = Conversation.objects.get(pk=chat.pk).waiting_since
        AccessLink.objects.filter(pk=customer.link.pk).update(expires_at=timezone.now())
        ask_for_another(customer)
        dispatcher.post(links_path(chat, cast.customer))
        assert waiting(dispatcher) == [chat.pk]
        assert Conversation.objects.get(pk=chat.pk).waiting_since == since

        # And answered in words, nothing is left.
        send(dispatcher, chat, "In ten minutes.")
        assert waiting(dispatcher) == []

    def test_a_word_of_another_guest_after_it_waits_on(self, shut_out, dispatcher, chat, cast):
        actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
        ask_for_another(shut_out)
        word = actions.send_message(conversation=chat, author=cast.driver, body="At the gate.").message
        dispatcher.delete(request_path(chat, cast.customer))
        assert Conversation.objects.get(pk=chat.pk).waiting_since == word.created_at

    def test_what_was_closed_unanswered_does_not_come_back(self, customer, dispatcher, chat, cast):
        send(customer, chat, "Never mind.")
        actions.close_conversation(conversation=chat, actor=cast.dispatcher)
        AccessLink.objects.filter(pk=customer.link.pk).update(expires_at=timezone.now())
        ask_for_another(customer)
        assert waiting(dispatcher) == [chat.pk]
        dispatcher.post(links_path(chat, cast.customer))
        assert waiting(dispatcher) == []

    @pytest.mark.parametrize("way", ["no answer needed", "closed", "taken out"])
    def test_by_what_says_more_than_that(self, shut_out, dispatcher, chat, cast, way):
        ask_for_another(shut_out)
        match way:
            case "no answer needed":
                dispatcher.delete(f"/chats/{chat.pk}/wait/")
            case "closed":
                dispatcher.post(f"/chats/{chat.pk}/closure/")
            case "taken out":
                dispatcher.delete(f"/chats/{chat.pk}/participants/{cast.customer.pk}/")
        assert waiting(dispatcher) == []
        assert not LinkRequest.objects.open().exists()

    def test_a_drivers_link_answers_wherever_it_was_asked(self, dispatcher, cast, chat, come_in):
        actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
        run = actions.start_conversation(title="Evening run", people=[cast.driver], actor=cast.dispatcher)
        for place in (chat, run):
            driver = come_in(cast.driver, place)
            AccessLink.objects.filter(pk=driver.link.pk).update(expires_at=timezone.now())
            ask_for_another(driver)
        assert sorted(waiting(dispatcher)) == sorted([chat.pk, run.pk])
        dispatcher.post(links_path(run, cast.driver))
        assert waiting(dispatcher) == []

    def test_a_customers_link_to_another_chat_is_no_answer(self, shut_out, dispatcher, cast, chat):
        other, _ = actions.open_order_chat(order=OrderFactory(customer=cast.customer), actor=cast.dispatcher)
        ask_for_another(shut_out)
        dispatcher.post(links_path(other, cast.customer))
        assert waiting(dispatcher) == [chat.pk]


class TestAskingAgain:
    def test_at_once_is_refused_with_when(self, shut_out, dispatcher, chat, cast, settings):
        settings.RATE_LIMITS = True
        ask_for_another(shut_out)
        dispatcher.delete(request_path(chat, cast.customer))

        answer = ask_for_another(shut_out)

        assert answer.status_code == 429
        assert int(answer["Retry-After"]) == 600
        assert "You asked a moment ago" in text_of(answer)
        assert waiting(dispatcher) == []

    def test_after_a_while_is_asking_anew(self, shut_out, dispatcher, chat, cast, settings):
        settings.RATE_LIMITS = True
        ask_for_another(shut_out)
        dispatcher.delete(request_path(chat, cast.customer))
        later(11)
        assert BUTTON in text_of(gone(shut_out, chat))
        assert ask_for_another(shut_out).status_code == 303
        assert waiting(dispatcher) == [chat.pk]
        assert Message.objects.filter(event="asked").count() == 2


@pytest.mark.django_db(transaction=True)
class TestLive:
    async def test_dispatch_sees_it_and_what_became_of_it(self, chat, cast, dispatcher, shut_out, sign_in, open_tab):
        desk, other_list = await open_tab(dispatcher, chat), await open_tab(await ask(sign_in, cast.colleague))
        await ask(ask_for_another, shut_out)
        assert (await desk.message(2)).text == LINE
        await other_list.row(chat, waiting=True)
        assert "asks for a new link" in other_list.rows[-1].text

        desk.frames.clear()
        await ask(dispatcher.delete, request_path(chat, cast.customer))
        await desk.control("people")
        await other_list.row(chat, waiting=False)

    async def test_guests_are_not_told_of_links(self, chat, cast, dispatcher, customer, open_tab):
        phone = await open_tab(customer, chat)
        await ask(dispatcher.post, links_path(chat, cast.customer))
        await ask(send, dispatcher, chat, "After that.")
        await phone.message(2)
        assert [said["type"] for said in phone.controls if said["type"] == "people"] == []
