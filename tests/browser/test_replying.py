"""Answering one message: from its tools to the quote that leads back to it."""

from playwright.async_api import expect

from .conftest import DESK
from .test_accessibility import is_sound
from .thread import composer, is_live, line, shows_once, write

LONG = "https://example.com/" + "a" * 300


def box(page):
    """What is being answered, above what is being written."""
    return page.get_by_role("group", name="Reply to")


def quote(page, text):
    return line(page, text).locator(".message__quote")


async def answer(page, text):
    """Press Reply at the message with this text."""
    await line(page, text).hover()
    await page.get_by_role("button", name="Reply to this message").click()
    await expect(composer(page)).to_be_focused()


async def test_from_the_tools_of_a_message_to_everybody(dispatcher, customer, chat):
    desk, phone = await dispatcher(chat.path), await customer(chat)
    await write(phone, "Gate code 12")
    await shows_once(desk, "Gate code 12")

    await answer(desk, "Gate code 12")
    await expect(box(desk)).to_contain_text(f"{chat.customer} Gate code 12")
    await is_sound(desk)
    await composer(desk).fill("Thanks")
    await composer(desk).press("Control+Enter")

    await expect(box(desk)).to_be_hidden()
    for page in (desk, phone):
        await shows_once(page, "Thanks")
        await expect(quote(page, "Thanks")).to_have_text(f"{chat.customer} Gate code 12")
        await is_sound(page)

    # By touch, the way to answer stands beside the message.
    await line(phone, "Thanks").get_by_role("link", name="Reply").tap()
    await expect(box(phone)).to_contain_text("Dispatcher 1 Thanks")
    await is_sound(phone)
    await write(phone, "You are welcome")
    await shows_once(desk, "You are welcome")
    await expect(quote(desk, "You are welcome")).to_have_text("Dispatcher 1 Thanks")


async def test_by_keyboard_and_away_again(dispatcher, chat, colleague):
    await colleague.send(chat, "Which dock?")
    page = await dispatcher(chat.path)
    await composer(page).fill("Dock 4")
    await line(page, "Which dock?").locator(".message__meta a").focus()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Reply to this message")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(box(page)).to_be_visible()
    await expect(composer(page)).to_be_focused()

    await page.keyboard.press("Escape")
    await expect(box(page)).to_be_hidden()
    await answer(page, "Which dock?")
    await box(page).get_by_role("link", name="Do not reply to this").click()
    await expect(box(page)).to_be_hidden()
    await expect(composer(page)).to_be_focused()
    await page.keyboard.press("Control+Enter")

    await shows_once(page, "Dock 4")
    await expect(quote(page, "Dock 4")).to_have_count(0)


async def test_what_is_being_answered_survives_a_reload(dispatcher, chat, colleague):
    await colleague.send(chat, "Which dock?")
    page = await dispatcher(chat.path)
    await answer(page, "Which dock?")
    await composer(page).fill("Dock 4")

    await page.reload()

    await expect(composer(page)).to_have_value("Dock 4")
    await expect(box(page)).to_contain_text("Support 1 Which dock?")
    await page.get_by_role("button", name="Send").click()
    await expect(quote(page, "Dock 4")).to_have_text("Support 1 Which dock?")
    await page.reload()
    await expect(box(page)).to_be_hidden()


async def test_an_unsent_answer_keeps_what_it_answers(dispatcher, chat, colleague, complaints):
    complaints.expect("ERR_FAILED")
    await colleague.send(chat, "Which dock?")
    page = await dispatcher("/login/")
    await page.clock.install()
    await page.goto(chat.path)
    await is_live(page)
    # Its time stands still, so it does not try again by itself.
    await page.clock.pause_at(await page.evaluate("Date.now()") + 10_000)
    await page.context.route("**/messages/", lambda route: route.abort())
    await answer(page, "Which dock?")
    await write(page, "Dock 4")
    mine = page.locator("li[data-client-id]:not([data-number])")
    await expect(mine.locator(".message__quote")).to_have_text("Support 1 Which dock?")
    await expect(mine).to_contain_text("Not sent")

    await page.reload()
    await is_live(page)
    await expect(mine.locator(".message__quote")).to_have_text("Support 1 Which dock?")
    await page.context.unroute("**/messages/")
    await mine.get_by_role("button", name="Retry").click()

    await shows_once(page, "Dock 4")
    await expect(quote(page, "Dock 4")).to_have_text("Support 1 Which dock?")


async def test_what_is_deleted_is_gone_from_every_quote(dispatcher, customer, chat, complaints):
    complaints.expect("ERR_FAILED", "status of 422")
    desk, phone = await dispatcher(chat.path), await customer(chat)
    await is_live(desk)
    await write(phone, "Gate code 12")
    await shows_once(desk, "Gate code 12")
    await answer(desk, "Gate code 12")
    await write(desk, "Thanks")
    await expect(quote(phone, "Thanks")).to_have_text(f"{chat.customer} Gate code 12")
    # One more on its way, and one that is being written.
    await desk.context.route("**/messages/", lambda route: route.abort())
    await answer(desk, "Gate code 12")
    await write(desk, "Really")
    await answer(desk, "Gate code 12")

    await line(phone, "Gate code 12").get_by_role("link", name="Edit").click()
    await phone.get_by_role("button", name="Delete message").click()

    said = f"{chat.customer} Message deleted"
    for page in (phone, desk):
        await expect(quote(page, "Thanks")).to_have_text(said)
        await expect(page.get_by_text("Gate code 12")).to_have_count(0)
    await expect(box(desk)).to_contain_text(said)
    mine = desk.locator("li[data-client-id]:not([data-number])")
    await expect(mine.locator(".message__quote")).to_have_text(said)

    # What can no longer be an answer says so, and is sent as it is.
    await desk.context.unroute("**/messages/")
    await desk.evaluate("dispatchEvent(new Event('online'))")
    await expect(mine).to_contain_text("was deleted. Send yours without the quote.")
    await mine.get_by_role("button", name="Retry").click()
    await shows_once(phone, "Really")
    await expect(quote(phone, "Really")).to_have_count(0)
    await write(desk, "And this")
    await shows_once(phone, "And this")
    await expect(quote(phone, "And this")).to_have_count(0)


async def test_the_quote_leads_to_what_it_answers(dispatcher, chat, colleague):
    await colleague.send(chat, "The first")
    page = await dispatcher(chat.path)
    await answer(page, "The first")
    await write(page, "Seen")
    await quote(page, "Seen").click()
    await expect(line(page, "The first").locator(".message__meta a")).to_be_focused()
    assert "at=" not in page.url

    await colleague.send(chat, *[f"Line {number}" for number in range(60)])
    await answer(page, "Seen")
    await write(page, "From far")
    await page.goto(chat.path)
    await expect(line(page, "Line 59")).to_be_in_viewport()
    await expect(line(page, "The first")).to_have_count(0)
    await quote(page, "From far").scroll_into_view_if_needed()
    await quote(page, "From far").click()
    await page.wait_for_url("**/?at=*")
    await expect(line(page, "Seen")).to_be_in_viewport()


async def test_long_words_are_cut_and_stick_out_nowhere(dispatcher, customer, chat):
    desk, phone = await dispatcher(chat.path), await customer(chat)
    await write(phone, LONG)
    await shows_once(desk, LONG)
    await answer(desk, LONG)
    await is_sound(desk)
    await write(desk, "Thanks")
    await expect(quote(phone, "Thanks")).to_be_visible()
    await is_sound(desk)
    await is_sound(phone)


async def test_without_a_script(visit, signed_in, chat, colleague):
    await colleague.send(chat, "Which dock?")
    page = await visit(chat.path, storage_state=signed_in, java_script_enabled=False, **DESK)
    await line(page, "Which dock?").get_by_role("link", name="Reply").click()
    await expect(box(page)).to_contain_text("Support 1 Which dock?")
    await write(page, "Dock 4")
    await expect(quote(page, "Dock 4")).to_have_text("Support 1 Which dock?")
    await expect(box(page)).to_be_hidden()
