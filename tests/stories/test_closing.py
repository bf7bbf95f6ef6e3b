"""A chat that is done is closed: nothing of it is lost, and it comes back when somebody writes."""

import pytest

from chat import actions
from chat.models import Conversation
from orders.models import OrderEvent

from .reading import HTMX, alerts_of, html_of, page_of, rows_of, send, text_of, texts_of, typed_in


def close(client, chat, **options):
    return client.post(f"/chats/{chat.pk}/closure/", **options)


def reopen(client, chat, **options):
    return client.delete(f"/chats/{chat.pk}/closure/", **options)


def is_open(chat):
    return Conversation.objects.open().filter(pk=chat.pk).exists()


@pytest.fixture
def newer(chat, cast, dispatcher):
    """The chat was closed, and its order has another one since."""
    close(dispatcher, chat)
    newer, created = actions.open_order_chat(order=cast.order, actor=cast.dispatcher)
    assert created
    return newer


class TestClosing:
    def test_is_told_to_all_and_changes_nothing_of_what_was_said(self, dispatcher, customer, chat):
        send(customer, chat, "Thank you!")

        answer = close(dispatcher, chat)

        assert (answer.status_code, answer.url) == (303, f"/chats/{chat.pk}/")
        for browser in (dispatcher, customer):
            page = page_of(browser, chat)
            assert texts_of(page)[1:] == ["Thank you!", "Dispatcher 1 closed this chat."]
            assert "closed this chat. A new message opens it again." in text_of(page)

    def test_ends_the_waiting(self, dispatcher, customer, chat):
        send(customer, chat, "Thank you!")
        assert rows_of(dispatcher.get("/chats/"))[0].waiting

        close(dispatcher, chat)

        assert rows_of(dispatcher.get("/chats/?show=waiting")) == []
        assert [row.waiting for row in rows_of(dispatcher.get("/chats/?show=closed"))] == [False]

    def test_twice_is_once(self, dispatcher, chat, cast, sign_in):
        assert close(dispatcher, chat).status_code == 303
        assert close(sign_in(cast.colleague), chat).status_code == 303

        assert texts_of(page_of(dispatcher, chat))[1:] == ["Dispatcher 1 closed this chat."]

    def test_is_in_the_orders_timeline(self, dispatcher, chat):
        close(dispatcher, chat)
        reopen(dispatcher, chat)

        kinds = list(OrderEvent.objects.order_by("pk").values_list("kind", flat=True))
        assert kinds == ["chat_opened", "chat_closed", "chat_reopened"]
        assert "Chat closed" in text_of(dispatcher.get("/orders/11064/"))

    def test_of_a_chat_without_an_order(self, dispatcher, cast):
        run = actions.start_conversation(title="Run", people=[cast.driver], actor=cast.dispatcher)

        assert close(dispatcher, run).status_code == 303
        assert not is_open(run)
        assert reopen(dispatcher, run).status_code == 303
        assert is_open(run)


class TestOpeningAgain:
    @pytest.mark.parametrize("by_form", [False, True])
    def test_by_hand(self, dispatcher, chat, by_form):
        close(dispatcher, chat)
        assert not is_open(chat)

        if by_form:
            assert 'name="_method" value="delete"' in html_of(page_of(dispatcher, chat))
            answer = dispatcher.post(f"/chats/{chat.pk}/closure/", {"_method": "delete"})
        else:
            answer = reopen(dispatcher, chat)

        assert (answer.status_code, answer.url) == (303, f"/chats/{chat.pk}/")
        assert is_open(chat)
        assert texts_of(page_of(dispatcher, chat))[-1] == "Dispatcher 1 opened this chat again."

    def test_of_one_that_is_open_does_nothing(self, dispatcher, chat):
        assert reopen(dispatcher, chat).status_code == 303
        assert len(texts_of(page_of(dispatcher, chat))) == 1

    @pytest.mark.parametrize("who", ["customer", "colleague"])
    def test_by_a_message(self, dispatcher, customer, chat, cast, sign_in, who):
        close(dispatcher, chat)
        browser = customer if who == "customer" else sign_in(cast.colleague)

        assert send(browser, chat, "One more thing").status_code == 303

        assert is_open(chat)
        joined = ["Dispatcher 2 joined."] if who == "colleague" else []
        name = "Jose Pavarotti" if who == "customer" else "Dispatcher 2"
        assert texts_of(page_of(dispatcher, chat))[2:] == [
            f"{name} opened this chat again.",
            *joined,
            "One more thing",
        ]
        # A guest's message waits for us, ours does not.
        assert rows_of(dispatcher.get("/chats/"))[0].waiting is (who == "customer")

    def test_not_by_a_message_that_is_refused(self, dispatcher, customer, chat):
        close(dispatcher, chat)

        assert send(customer, chat, "x" * 4001).status_code == 422

        assert not is_open(chat)
        assert len(texts_of(page_of(dispatcher, chat))) == 2

    def test_not_by_a_retry_of_what_was_sent_before(self, dispatcher, customer, chat):
        key = "0e7c5c0e-3f0b-4b7e-9d38-0b5e6c1d2f3a"
        assert send(customer, chat, "Thank you!", client_id=key).status_code == 303
        close(dispatcher, chat)

        assert send(customer, chat, "Thank you!", client_id=key).status_code == 303

        assert not is_open(chat)


class TestOrderWithANewerChat:
    REASON = "This chat is closed, and its order has a newer one."

    def test_old_one_stays_closed(self, dispatcher, chat, newer):
        answer = reopen(dispatcher, chat)

        assert answer.status_code == 409
        assert self.REASON in " ".join(alerts_of(answer))
        assert f'href="/chats/{newer.pk}/">Write there' in html_of(answer)
        assert not is_open(chat)
        assert is_open(newer)

    def test_old_one_can_be_read(self, dispatcher, customer, chat, newer):
        for browser in (dispatcher, customer):
            page = page_of(browser, chat)
            assert texts_of(page)[-1] == "Dispatcher 1 closed this chat."
            assert "<textarea" not in html_of(page)
            assert self.REASON in text_of(page)

    @pytest.mark.parametrize("who", ["dispatcher", "customer"])
    def test_message_to_the_old_one_is_refused_and_kept(self, dispatcher, customer, chat, newer, who):
        """The page was open since before."""
        browser = dispatcher if who == "dispatcher" else customer

        fragment = send(browser, chat, "One more <thing>", headers=HTMX)
        assert (fragment.status_code, typed_in(fragment)) == (409, "One more <thing>")
        assert self.REASON in " ".join(alerts_of(fragment))

        page = send(browser, chat, "One more <thing>")
        assert page.status_code == 409
        assert self.REASON in text_of(page)
        assert typed_in(page) == "One more <thing>"

        assert texts_of(page_of(dispatcher, chat))[-1] == "Dispatcher 1 closed this chat."
        assert len(texts_of(page_of(dispatcher, newer))) == 1

    def test_once_the_newer_one_is_closed_the_old_one_may_open(self, dispatcher, chat, newer):
        close(dispatcher, newer)

        assert reopen(dispatcher, chat).status_code == 303

        assert is_open(chat)

    def test_customer_who_was_taken_out_does_not_learn_of_it(self, dispatcher, customer, chat, newer, cast):
        dispatcher.delete(f"/chats/{chat.pk}/participants/{cast.customer.pk}/")

        assert send(customer, chat, "Hello?").status_code == 404
