"""Each of the team has the console as they want it, in every browser in which they sign in."""

import pytest
from django.test import Client

from accounts.models import User

from .reading import alerts_of, html_of, page_of, text_of

CHOSEN = {"theme": "dark", "density": "compact", "sends_with": "enter", "single_keys": "on"}


def html_tag(page):
    html = html_of(page)
    return html[html.index("<html") : html.index(">", html.index("<html"))]


def save(browser, **changed):
    return browser.post("/settings/", {**CHOSEN, **changed})


def test_is_linked_from_every_page_of_the_console(dispatcher, chat):
    for page in (dispatcher.get("/orders/"), page_of(dispatcher, chat)):
        assert 'href="/settings/"' in html_of(page)


def test_before_anything_is_chosen(dispatcher):
    page = dispatcher.get("/chats/")

    assert 'data-theme="system" data-density="comfortable" data-sends-with="control_enter"' in html_tag(page)
    assert "data-single-keys" not in html_tag(page)
    assert 'content="light dark"' in html_of(page)
    assert 'tokens-dark.css" media="(prefers-color-scheme: dark)"' in html_of(page)


def test_what_is_chosen_is_on_every_page_in_every_browser(dispatcher, chat, cast, sign_in):
    answer = save(dispatcher)

    assert (answer.status_code, answer.url) == (303, "/settings/")
    assert "Saved." in text_of(dispatcher.get("/settings/"))
    assert "Saved." not in text_of(dispatcher.get("/settings/"))
    for page in (dispatcher.get("/orders/"), page_of(sign_in(cast.dispatcher), chat), dispatcher.get("/chats/99999/")):
        assert 'data-theme="dark" data-density="compact" data-sends-with="enter"' in html_tag(page)


@pytest.mark.parametrize(("theme", "media"), [("light", None), ("dark", "screen")])
def test_a_theme_is_there_from_the_first_byte(dispatcher, theme, media):
    save(dispatcher, theme=theme)
    page = html_of(dispatcher.get("/chats/"))

    assert f'<meta name="color-scheme" content="{theme}">' in page
    assert ("tokens-dark.css" in page) == (theme == "dark")
    if media:
        assert f'tokens-dark.css" media="{media}"' in page


def test_single_keys_are_turned_off(dispatcher):
    dispatcher.post("/settings/", {name: value for name, value in CHOSEN.items() if name != "single_keys"})

    assert 'data-single-keys="off"' in html_tag(dispatcher.get("/chats/"))


def test_the_page_says_what_is_chosen(dispatcher):
    save(dispatcher)
    page = html_of(dispatcher.get("/settings/"))

    for name in ("theme", "density", "sends_with"):
        assert f'name="{name}" value="{CHOSEN[name]}" checked' in page
    assert page.count(" checked") == 5


def test_is_of_one_person_alone(dispatcher, customer, chat, cast, sign_in):
    save(dispatcher)
    assert 'data-theme="dark"' in html_tag(dispatcher.get("/chats/"))

    assert 'data-theme="system"' in html_tag(sign_in(cast.colleague).get("/chats/"))
    for page in (page_of(customer, chat), Client().get("/login/")):
        assert "data-theme" not in html_tag(page)
        assert 'media="(prefers-color-scheme: dark)"' in html_of(page)


@pytest.mark.parametrize("name", ["theme", "density", "sends_with"])
@pytest.mark.parametrize("value", ["", "purple", "\0", "dark" * 1000, "😀", "Dark"])
def test_what_cannot_be_chosen_is_refused_and_changes_nothing(dispatcher, cast, name, value):
    save(dispatcher, theme="light")
    before = User.objects.filter(pk=cast.dispatcher.pk).values().get()

    page = save(dispatcher, **{name: value})

    assert page.status_code == 422
    assert "Choose one of these." in alerts_of(page)
    assert 'data-theme="light"' in html_tag(page)
    assert User.objects.filter(pk=cast.dispatcher.pk).values().get() == before


def test_an_empty_form_is_refused(dispatcher):
    page = dispatcher.post("/settings/", {})

    assert page.status_code == 422
    assert alerts_of(page) == ["Choose one of these."] * 3


def test_changes_nothing_else_of_the_person(dispatcher, cast):
    save(dispatcher, role="customer", is_superuser="on", name="Somebody else")

    cast.dispatcher.refresh_from_db()
    assert (cast.dispatcher.name, cast.dispatcher.role) == ("Dispatcher 1", "dispatcher")
    assert not cast.dispatcher.is_superuser
