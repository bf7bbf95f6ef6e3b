"""Nobody is forgotten: a conversation waits until one of us answers, or says for all to see that none is needed."""

import pytest

from chat import actions

from .live import ask
from .reading import door_of, html_of, page_of, rows_of, send, text_of, texts_of


def end_wait(browser, chat):
    return browser.delete(f"{door_of(browser)}/chats/{chat.pk}/wait/")


def is_waiting(browser):
    return rows_of(browser.get("/chats/"))[0].waiting


class TestNoAnswerNeeded:
    def test_ends_the_wait_for_all_to_see(self, dispatcher, customer, chat):
        send(customer, chat, "Thank you!")
        assert is_waiting(dispatcher)

        answer = end_wait(dispatcher, chat)

        assert (answer.status_code, answer.url) == (303, f"/chats/{chat.pk}/")
        assert not is_waiting(dispatcher)
        assert dispatcher.get("/chats/?show=waiting").context["inbox"]["conversations"] == []
        for browser in (dispatcher, customer):
            assert texts_of(page_of(browser, chat))[-1] == "Dispatcher 1 noted that no answer is needed."

    def test_works_without_javascript(self, dispatcher, customer, chat):
        send(customer, chat, "Thank you!")
        assert f'action="/chats/{chat.pk}/wait/"' in html_of(page_of(dispatcher, chat))

        dispatcher.post(f"/chats/{chat.pk}/wait/", {"_method": "delete"})

        assert not is_waiting(dispatcher)

    def test_makes_nothing_unread_and_puts_nobody_in(self, dispatcher, customer, chat, cast, sign_in):
        send(customer, chat, "Thank you!")
        colleague = sign_in(cast.colleague)

        end_wait(colleague, chat)

        assert rows_of(customer.get(f"{customer.door}/chats/"))[0].unread == 0
        assert not chat.participants.filter(person=cast.colleague).exists()

    def test_twice_is_once(self, dispatcher, customer, chat):
        send(customer, chat, "Thank you!")
        for _ in range(2):
            assert end_wait(dispatcher, chat).status_code == 303

        assert texts_of(page_of(dispatcher, chat)).count("Dispatcher 1 noted that no answer is needed.") == 1

    def test_the_next_word_waits_again(self, dispatcher, customer, chat):
        send(customer, chat, "Thank you!")
        end_wait(dispatcher, chat)

        send(customer, chat, "One more thing")

        assert is_waiting(dispatcher)

    def test_an_answer_taken_back_later_does_not_undo_it(self, dispatcher, customer, chat, cast):
        answer = actions.send_message(conversation=chat, author=cast.dispatcher, body="At noon").message
        send(customer, chat, "Thank you!")
        end_wait(dispatcher, chat)

        actions.delete_message(message=answer)

        assert not is_waiting(dispatcher)

    @pytest.mark.django_db(transaction=True)
    async def test_is_on_every_open_page_at_once(self, dispatcher, customer, chat, open_tab):
        await ask(send, customer, chat, "Thank you!")
        inbox, phone = await open_tab(dispatcher), await open_tab(customer, chat, after=2)

        await ask(end_wait, dispatcher, chat)

        assert (await phone.message(3)).text == "Dispatcher 1 noted that no answer is needed."
        await inbox.row(chat, waiting=False)


class TestTitle:
    def test_is_changed_for_all(self, dispatcher, customer, chat):
        assert dispatcher.get(f"/chats/{chat.pk}/title/").status_code == 200

        answer = dispatcher.post(f"/chats/{chat.pk}/title/", {"title": "  Dock 4,\tnorth gate "})

        assert (answer.status_code, answer.url) == (303, f"/chats/{chat.pk}/")
        for browser in (dispatcher, customer):
            page = page_of(browser, chat)
            assert "Dock 4, north gate" in text_of(html_of(page).partition("<h1")[2].partition("</h1>")[0])
            assert texts_of(page)[-1] == "Dispatcher 1 named this chat “Dock 4, north gate”."
        assert "Dock 4, north gate" in rows_of(dispatcher.get("/chats/?q=north+gate"))[0].text

    def test_can_be_taken_away(self, dispatcher, customer, chat):
        for title in ("Dock 4", ""):
            dispatcher.post(f"/chats/{chat.pk}/title/", {"title": title})

        assert texts_of(page_of(customer, chat))[-1] == "Dispatcher 1 removed the name of this chat."
        assert "Order 11064" in text_of(page_of(customer, chat))

    def test_the_same_again_is_no_news(self, dispatcher, chat):
        for _ in range(2):
            assert dispatcher.post(f"/chats/{chat.pk}/title/", {"title": "Dock 4"}).status_code == 303

        assert len(texts_of(page_of(dispatcher, chat))) == 2

    @pytest.mark.parametrize("title", ["x" * 201, "a\x00b"], ids=["long", "NUL"])
    def test_bad_title_is_refused_and_kept(self, dispatcher, chat, title):
        answer = dispatcher.post(f"/chats/{chat.pk}/title/", {"title": title})

        assert answer.status_code == 422
        assert 'role="alert"' in html_of(answer)
        if "\x00" not in title:
            assert title in html_of(answer)
        assert len(texts_of(page_of(dispatcher, chat))) == 1

    def test_markup_in_it_is_text(self, dispatcher, customer, chat):
        dispatcher.post(f"/chats/{chat.pk}/title/", {"title": "<b>Dock</b>"})

        for browser in (dispatcher, customer):
            assert "<b>Dock</b>" not in html_of(page_of(browser, chat))
            assert "&lt;b&gt;Dock&lt;/b&gt;" in html_of(page_of(browser, chat))
