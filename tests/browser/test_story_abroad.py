"""Two phones and a console do the whole story where nobody on a phone reads English: in German and in Arabic."""

import re

import pytest
from django.utils import translation
from django.utils.translation import gettext
from playwright.async_api import expect

from dispatch_console import catalogs

from .conftest import PHONE
from .files import is_shown, photo, photos
from .test_accessibility import is_sound
from .test_story import make_link
from .thread import composer, is_live, line, shows_once, transcript

HERE = {"latitude": 43.615019, "longitude": -116.202313, "accuracy": 11.2}


def untranslated(language):
    """What a page in this language must not say: English sentences that have another wording there."""
    for message in catalogs.read(language):
        text = message.id if isinstance(message.id, str) else message.id[0] if message.id else ""
        if text.count(" ") > 1 and "%" not in text and "{" not in text and message.string != text:
            yield text


async def speaks(page, language):
    said = " ".join((await page.locator("body").inner_text()).split())
    assert [text for text in untranslated(language) if text in said] == []
    await expect(page.locator("html")).to_have_attribute("lang", language)
    await expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")


@pytest.mark.parametrize(
    ("language", "locale", "added", "question", "thanks"),
    [
        ("de", "de-DE", "hinzugefügt", "Wann kommt es?", "Danke schön!"),
        ("ar", "ar-EG", "أضاف", "متى يصل الطلب؟", "شكرا جزيلا!"),
    ],
)
async def test_the_whole_story(dispatcher, visit, order, language, locale, added, question, thanks):
    def words(text):
        with translation.override(language):
            return gettext(text)

    def box(page):
        return page.get_by_role("textbox", name=words("Message"), exact=True)

    async def say(page, text):
        await box(page).fill(text)
        await page.get_by_role("button", name=words("Send"), exact=True).click()

    def tap(page, text):
        answers = page.get_by_role("form", name=words("Answers by one tap"))
        return answers.get_by_role("button", name=words(text), exact=True)

    async def come_in(name, **options):
        page = await visit(await make_link(desk, name), **PHONE, locale=locale, **options)
        await expect(page).to_have_url(re.compile(r"/g/[\w-]+/chats/\d+/$"))
        await is_live(page)
        return page

    # From the order into its chat, and the customer's phone comes in.
    desk = await dispatcher(f"/orders/{order['reference']}/")
    await desk.get_by_role("button", name="Open chat").click()
    await is_live(desk)
    await composer(desk).fill("Your order is packed.")
    await desk.keyboard.press("Control+Enter")
    phone = await come_in(order["customer_name"])
    await shows_once(phone, "Your order is packed.")
    await say(phone, question)
    await shows_once(desk, question)

    # The driver is added, comes in, and answers from the list of stops by one tap.
    await desk.get_by_role("button", name="Add driver").click()
    await expect(phone.locator("#messages > li.event").last).to_contain_text(added)
    cab = await come_in(order["driver_name"], permissions=["geolocation"], geolocation=HERE)
    await shows_once(cab, question)
    await cab.get_by_role("link", name=words("All chats")).click()
    stop = cab.locator(".stop").filter(has_text=order["reference"])
    await expect(stop).to_be_visible()
    # Before its script is there, a tap is a form that leads into the chat.
    await is_live(cab)
    await stop.get_by_role("button", name=words("On my way"), exact=True).click()
    for page in (desk, phone):
        await shows_once(page, words("On my way"))
    await is_sound(cab)
    await speaks(cab, language)
    await stop.locator("a[data-conversation]").click()
    await is_live(cab)
    await cab.get_by_role("button", name=words("Share my location once")).click()
    for page in (desk, phone, cab):
        await expect(page.locator("#messages > li[data-number] .message__location")).to_have_count(1)

    # The customer is offered answers and takes one, and sends a photo.
    await composer(desk).fill("Are you there?")
    await desk.locator(".offer > summary").click()
    await desk.locator(".offer").get_by_label("I’m home").check()
    await desk.get_by_role("button", name="Send").click()
    await tap(phone, "I’m home").click()
    for page in (desk, cab):
        await shows_once(page, words("I’m home"))
    await phone.get_by_label(words("Take a photo")).set_input_files([photo("IMG_1.jpg")])
    await phone.get_by_role("button", name=words("Send"), exact=True).click()
    for page in (desk, phone, cab):
        await expect(photos(page)).to_have_count(1)
        await is_shown(photos(page).first)

    # Closed, and opened again by a message.
    await desk.locator("details.menu", has_text="Close chat").locator("summary").click()
    await desk.get_by_role("button", name="Close chat").click()
    for page in (phone, cab):
        await expect(page.locator("#state")).to_contain_text(words("A new message opens it again."))
    await say(phone, thanks)
    for page in (desk, cab):
        await shows_once(page, thanks)
        await expect(page.locator("#state")).to_have_text("")

    # All have the same, and nobody on a phone has met a word of English that is ours.
    said = [number for number, _ in await transcript(desk)]
    assert said == list(range(1, len(said) + 1))
    for page in (phone, cab):
        assert [number for number, _ in await transcript(page)] == said
        await expect(line(page, thanks)).to_be_visible()
        await speaks(page, language)
        await is_sound(page)
