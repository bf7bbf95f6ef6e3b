"""Two phones and a console in one chat: German, Arabic from right to left, and English."""

import re

import pytest_asyncio
from playwright.async_api import expect

from .conftest import PHONE
from .test_accessibility import sticking_out, violations
from .thread import is_live

GERMAN, ARABIC = {"locale": "de-DE"}, {"locale": "ar-EG"}


@pytest_asyncio.fixture(loop_scope="session")
async def phones(chat, customer, colleague, visit):
    """The customer's page, German, and the driver's, Arabic."""
    driver = await colleague.find(chat.driver)
    await colleague.add(chat, driver)
    german = await customer(chat, **GERMAN)
    arabic = await visit(await colleague.make_link(chat, driver), **PHONE, **ARABIC)
    await arabic.wait_for_url(f"**/g/*{chat.path}")
    for page in (german, arabic):
        await is_live(page)
    return german, arabic


def events(page):
    return page.locator("#messages > li.event")


async def test_each_reads_their_own_language(phones, dispatcher, chat, colleague):
    german, arabic = phones
    desk = await dispatcher(chat.path)
    await is_live(desk)
    for page, language, direction in [(german, "de", "ltr"), (arabic, "ar", "rtl"), (desk, "en", "ltr")]:
        await expect(page.locator("html")).to_have_attribute("lang", language)
        await expect(page.locator("html")).to_have_attribute("dir", direction)

    await colleague.add(chat, await colleague.find("Robert King"))

    # Nobody has written, so that there is nothing that he would see.
    for page, words in [
        (german, "Support 1 hat Robert King (Fahrer) hinzugefügt."),
        (arabic, "أضاف Support 1 Robert King (السائق)."),
        (desk, "Support 1 added Robert King (driver)."),
    ]:
        await expect(events(page).last).to_contain_text(words)
        await page.reload()
        await expect(events(page).last).to_contain_text(words)


async def test_scripts_speak_it_too(phones, chat, complaints):
    complaints.expect("ERR_INTERNET_DISCONNECTED")
    german, arabic = phones

    await german.get_by_role("textbox", name="Nachricht").fill("Guten Tag")
    await german.get_by_role("button", name="Senden").click()
    became = re.compile("Gesendet|Angekommen bei|Gesehen von")
    await expect(german.locator(".message__status")).to_contain_text(became)
    await expect(arabic.locator("#messages")).to_contain_text("Guten Tag")
    await arabic.get_by_role("textbox").press_sequentially("مرحبا")
    await expect(german.locator("#typing")).to_have_text(f"{chat.driver} schreibt")

    await german.context.set_offline(True)
    await expect(german.locator("#connection")).to_contain_text("Keine Verbindung.")
    await german.context.set_offline(False)
    await expect(german.locator("#connection")).to_be_hidden()


async def test_nothing_sticks_out_and_axe_finds_nothing(phones, colleague, chat):
    await colleague.send(chat, "Where are you?")
    for page in phones:
        await expect(page.locator("#messages")).to_contain_text("Where are you?")
        assert await sticking_out(page) == []
        assert await violations(page) == []


async def test_a_link_that_is_gone_says_so_in_the_language_of_the_phone(visit, complaints):
    complaints.expect("404")
    page = await visit("/g/0123456789ab/chats/", **PHONE, **ARABIC)

    await expect(page.get_by_role("heading", level=1)).to_have_text("لم يعد هذا الرابط يعمل")
    assert await sticking_out(page) == []
    assert await violations(page) == []


async def test_the_console_in_spanish(dispatcher, chat, choose):
    await choose(language="es")
    page = await dispatcher(chat.path)

    await expect(page.locator("html")).to_have_attribute("lang", "es")
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("Atajos de teclado")
    await page.keyboard.press("Escape")
    assert await sticking_out(page) == []
