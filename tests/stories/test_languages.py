"""A German customer, an Arabic driver, and a team that reads English and Spanish: one chat, each in their language."""

import json
import re

import pytest
from django.utils import timezone

from accounts.languages import language_of_messages_to
from accounts.models import AccessLink, User
from chat import actions, broadcasts, fragments
from orders.models import Order
from orders.timeline import timeline_of

from .live import ask, together
from .reading import HTMX, alerts_of, html_of, page_of, send, text_of, texts_of

pytestmark = pytest.mark.django_db(transaction=True)

GERMAN = {"Accept-Language": "de-CH,de;q=0.9,en;q=0.5"}
ARABIC = {"Accept-Language": "ar-EG,ar;q=0.9"}
SPANISH = {"Accept-Language": "es-MX"}

ADDED = {
    "en": "Dispatcher 1 added Robert King (driver), who sees all 2 messages.",
    "es": "Dispatcher 1 añadió a Robert King (repartidor), que ve los 2 mensajes.",
    "de": "Dispatcher 1 hat Robert King (Fahrer) hinzugefügt, mit Einblick in alle 2 Nachrichten.",
    "ar": "أضاف Dispatcher 1 Robert King (السائق)، مع إمكانية رؤية الرسالتين السابقتين.",
}


@pytest.fixture
def german(cast, chat, come_in):
    """The customer, of whom nothing is noted, with a German phone."""
    return come_in(cast.customer, chat, headers=GERMAN)


@pytest.fixture
def arab(cast, chat, come_in):
    """The driver, of whom it is noted that she reads Arabic, on the company's English phone."""
    User.objects.filter(pk=cast.driver.pk).update(language="ar")
    cast.driver.refresh_from_db()
    actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
    return come_in(cast.driver, chat, headers={"Accept-Language": "en-US"})


@pytest.fixture
def spaniard(cast, sign_in):
    """The colleague's browser."""
    return sign_in(cast.colleague, headers=SPANISH)


@pytest.fixture
def readers(dispatcher, spaniard, german, arab):
    return {"en": dispatcher, "es": spaniard, "de": german, "ar": arab}


@pytest.fixture
def two_messages(chat, cast):
    for body in ("Hallo", "Hello"):
        actions.send_message(conversation=chat, author=cast.dispatcher, body=body)


def add_robert(chat, cast):
    actions.add_participants(conversation=chat, people=[cast.other_driver], actor=cast.dispatcher)


def html_tag(page):
    return re.search(r"<html[^>]*>", html_of(page))[0]


class TestASystemLine:
    async def test_comes_to_each_in_their_language(self, readers, two_messages, chat, cast, open_tab):
        await ask(chat.refresh_from_db)
        tabs = {language: await open_tab(client, chat, after=chat.last_number) for language, client in readers.items()}

        await ask(add_robert, chat, cast)

        lines = await together(*(tab.message(chat.last_number + 1) for tab in tabs.values()))
        assert {language: line.text for language, line in zip(tabs, lines, strict=True)} == ADDED

    def test_and_stands_there_after_a_reload_and_in_what_was_missed(self, readers, two_messages, chat, cast):
        add_robert(chat, cast)
        chat.refresh_from_db()

        for language, client in readers.items():
            door = getattr(client, "door", "")
            assert texts_of(page_of(client, chat))[-1] == ADDED[language]
            missed = client.get(f"{door}/chats/{chat.pk}/messages/?after={chat.last_number - 1}")
            assert texts_of(missed) == [ADDED[language]]
            assert missed.headers["Content-Language"] == language

    async def test_comes_with_what_a_socket_has_missed(self, german, two_messages, chat, cast, open_tab):
        await ask(add_robert, chat, cast)
        await ask(chat.refresh_from_db)

        tab = await open_tab(german, chat, after=chat.last_number - 1)

        assert (await tab.message(chat.last_number)).text == ADDED["de"]

    async def test_comes_in_a_language_that_nobody_knew_of(
        self, spaniard, two_messages, chat, cast, open_tab, monkeypatch
    ):
        # As for a socket at another process than the one at which the line was made.
        monkeypatch.setattr(broadcasts, "spoken", set)
        await ask(chat.refresh_from_db)
        tab = await open_tab(spaniard, chat, after=chat.last_number)

        await ask(add_robert, chat, cast)

        assert (await tab.message(chat.last_number + 1)).text == ADDED["es"]

    async def test_is_rendered_once_for_all_who_read_a_language(
        self, dispatcher, german, two_messages, chat, cast, sign_in, open_tab, monkeypatch
    ):
        rendered = []
        render = fragments.render_to_string
        monkeypatch.setattr(
            fragments, "render_to_string", lambda *given: rendered.append(timezone.now()) or render(*given)
        )
        await ask(chat.refresh_from_db)
        support = await ask(sign_in, cast.support)
        after = chat.last_number
        tabs = [
            await open_tab(client, chat, after=after) for client in (dispatcher, dispatcher, support, german, german)
        ]

        await ask(add_robert, chat, cast)

        await together(*(tab.message(after + 1) for tab in tabs))
        assert len(rendered) == 2


class TestAMessage:
    async def test_has_words_around_it_in_the_language_of_the_reader(self, german, dispatcher, chat, cast, open_tab):
        await ask(chat.refresh_from_db)
        tabs = [await open_tab(client, chat, after=chat.last_number) for client in (german, dispatcher)]

        sent = await ask(
            actions.send_message, conversation=chat, author=cast.customer, body="Bitte <b>hinten</b> klingeln"
        )

        for tab in tabs:
            assert (await tab.message(sent.message.number)).text == "Bitte <b>hinten</b> klingeln"
        assert ["Kunde" in tab.frames[-1] for tab in tabs] == [True, False]
        assert ["Customer" in tab.frames[-1] for tab in tabs] == [False, True]

    async def test_that_is_changed_comes_in_the_language_of_the_reader(self, german, dispatcher, chat, cast, open_tab):
        sent = await ask(actions.send_message, conversation=chat, author=cast.customer, body="Hinten klingeln")
        await ask(chat.refresh_from_db)
        tabs = [
            await open_tab(client, chat, after=chat.last_number, revision=chat.revision)
            for client in (german, dispatcher)
        ]

        await ask(actions.delete_message, message=sent.message)

        texts = [(await tab.message(sent.message.number)).text for tab in tabs]
        assert texts == ["Nachricht von Jose Pavarotti gelöscht", "Message deleted by Jose Pavarotti"]

    def test_is_answered_in_the_language_of_its_author(self, german, chat):
        answer = send(german, chat, "Guten Tag", headers=HTMX)

        assert "Kunde" in html_of(answer)
        assert answer.headers["Content-Language"] == "de"

    def test_that_is_refused_says_why_in_the_language_of_its_author(self, german, arab, chat):
        for client, words in [(german, "Schreiben Sie zuerst etwas."), (arab, "اكتب شيئًا أولًا.")]:
            answer = send(client, chat, " ", headers=HTMX)
            assert answer.status_code == 422
            assert words in alerts_of(answer)

    async def test_shows_in_the_list_of_each_in_their_language(self, spaniard, dispatcher, chat, cast, open_tab):
        tabs = [await open_tab(client) for client in (spaniard, dispatcher)]
        sent = await ask(actions.send_message, conversation=chat, author=cast.customer, body="Hallo")

        await ask(actions.delete_message, message=sent.message)

        for tab, words in zip(tabs, ["borró un mensaje", "deleted a message"], strict=True):
            await tab.hear_until(lambda tab=tab, words=words: any(words in row.text for row in tab.rows))


class TestTheLanguageOfAPage:
    @pytest.mark.parametrize(
        ("noted", "accepted", "language"),
        [
            ("", "", "en"),
            ("", "de-CH,fr;q=0.5", "de"),
            ("", "pl,fr;q=0.5", "fr"),
            ("", "pl", "en"),
            ("", "*", "en"),
            ("", ";;q=x, \x00,de", "en"),
            ("es-MX", "de", "es"),
            ("AR", "de", "ar"),
            ("pl", "de", "de"),
            ("nothing", "de", "de"),
        ],
    )
    def test_is_the_persons_own_then_the_browsers(self, cast, chat, come_in, noted, accepted, language):
        User.objects.filter(pk=cast.customer.pk).update(language=noted)
        client = come_in(cast.customer, chat, headers={"Accept-Language": accepted})

        page = page_of(client, chat)

        assert page.headers["Content-Language"] == language
        direction = "rtl" if language == "ar" else "ltr"
        assert f'<html lang="{language}" dir="{direction}"' in html_of(page)

    @pytest.mark.parametrize(
        ("noted", "accepted", "language"),
        [("", "es-MX", "es"), ("", "de", "en"), ("de", "es", "es"), ("es", "en", "es"), ("en", "es", "en")],
    )
    def test_of_the_console_is_one_in_which_all_of_it_is(self, cast, sign_in, noted, accepted, language):
        User.objects.filter(pk=cast.dispatcher.pk).update(language=noted)
        page = sign_in(cast.dispatcher, headers={"Accept-Language": accepted}).get("/chats/")

        assert html_tag(page).startswith(f'<html lang="{language}" dir="ltr"')
        assert ("Conversaciones" in html_of(page)) == (language == "es")

    @pytest.mark.parametrize(
        ("path", "status", "words"),
        [
            ("/login/", 200, "Anmelden"),
            ("/c/1nothing/", 200, "Zum Chat"),
            ("/nowhere/", 404, "Hier ist nichts"),
            ("/g/0123456789ab/chats/", 404, "Dieser Link funktioniert nicht mehr"),
        ],
    )
    def test_on_which_nobody_is_known_is_the_browsers(self, client, path, status, words):
        page = client.get(path, headers=GERMAN)

        assert page.status_code == status
        assert words in text_of(page)
        assert page.headers["Content-Language"] == "de"
        assert "Accept-Language" in page.headers["Vary"]
        assert words not in text_of(client.get(path))

    def test_of_one_answer_is_not_that_of_the_next(self, client):
        assert 'lang="ar" dir="rtl"' in html_tag(client.get("/login/", headers=ARABIC))
        assert 'lang="en" dir="ltr"' in html_tag(client.get("/login/"))

    def test_of_what_is_not_theirs_is_the_persons(self, german):
        page = german.get(f"{german.door}/chats/999999/")

        assert page.status_code == 404
        assert "Hier ist nichts" in text_of(page)

    def test_is_chosen_in_the_settings(self, dispatcher, cast):
        chosen = {"theme": "dark", "density": "compact", "sends_with": "enter", "single_keys": "on"}
        assert "Settings" in text_of(dispatcher.get("/settings/"))

        dispatcher.post("/settings/", {**chosen, "language": "es"})

        page = dispatcher.get("/settings/")
        assert 'name="language" value="es" checked' in html_of(page)
        assert {"Ajustes", "Guardado."} <= set(re.findall(r"Ajustes|Guardado\.", text_of(page)))

    @pytest.mark.parametrize("language", ["de", "klingon", "\x00"])
    def test_is_none_in_which_the_console_is_not(self, dispatcher, cast, language):
        chosen = {"theme": "dark", "density": "compact", "sends_with": "enter"}
        page = dispatcher.post("/settings/", {**chosen, "language": language})

        assert page.status_code == 422
        assert alerts_of(page) == ["Choose one of these."]
        cast.dispatcher.refresh_from_db()
        assert cast.dispatcher.language == ""

    def test_keeps_what_scripts_and_testers_rely_on(self, german, arab, chat):
        for client in (german, arab):
            page = html_of(page_of(client, chat))
            assert '<div role="log" aria-label="' in page
            assert '<ol class="messages messages--phone" id="messages">' in page


class TestWordsOfScripts:
    def words(self, page):
        found = re.search(r'<script[^>]* id="words"[^>]*>(.*?)</script>', html_of(page))
        return json.loads(found[1]) if found else {}

    def test_come_with_the_page_that_uses_them(self, german, arab, chat):
        words = self.words(page_of(german, chat))
        assert words["Sending"] == "Wird gesendet"
        assert words["{count} new"] == {"other": "{count} neu"}
        assert set(self.words(page_of(arab, chat))["{count} person is typing"]) >= {"one", "two", "few", "other"}

    def test_of_the_console_are_not_on_a_phone(self, german, spaniard, chat):
        assert "Keyboard shortcuts" in self.words(page_of(spaniard, chat))
        assert "Keyboard shortcuts" not in self.words(page_of(german, chat))

    def test_are_none_in_english(self, dispatcher, customer, chat):
        assert 'id="words"' not in html_of(page_of(dispatcher, chat))
        assert 'id="words"' not in html_of(page_of(customer, chat))


class TestDaysAndCounts:
    def test_are_written_as_the_language_writes_them(self, german, arab, chat, cast):
        actions.send_message(conversation=chat, author=cast.dispatcher, body="Hello")
        chat.messages.update(created_at="2025-03-04T12:00Z")

        assert ">4. März 2025<" in html_of(page_of(german, chat))
        assert ">4 مارس 2025<" in html_of(page_of(arab, chat))

    def test_have_the_forms_of_the_language(self, arab, chat, cast):
        for count, words in [(1, "1 جديدة"), (2, "2 جديدتان"), (3, "3 جديدة")]:
            actions.send_message(conversation=chat, author=cast.dispatcher, body=f"Number {count}")
            assert words in text_of(page_of(arab, chat))


def test_what_happened_to_an_order_is_told_in_the_language_of_the_reader(spaniard, cast):
    order = cast.order
    before, order.status = order.status, Order.Status.DELIVERED
    assert before != order.status
    [event] = order.note_changes(driver=order.driver, status=before)
    event.save()
    order.save()

    assert str(timeline_of(order)[0].sentence) == "Delivered"
    assert "Entregado" in text_of(spaniard.get(f"/orders/{order.reference}/"))


class TestWhatIsSent:
    def test_to_somebody_is_in_the_language_noted(self, cast):
        cast.customer.language = "fr-CA"
        assert language_of_messages_to(cast.customer) == "fr"

    def test_else_in_that_of_the_browser_by_which_they_came_last(self, german, cast, chat, come_in):
        assert language_of_messages_to(cast.customer) == "de"
        come_in(cast.customer, chat, headers=ARABIC)
        assert language_of_messages_to(cast.customer) == "ar"

    def test_else_in_english(self, cast):
        assert not AccessLink.objects.filter(person=cast.other_customer).exists()
        assert language_of_messages_to(cast.other_customer) == "en"
