"""Changing and deleting what one wrote, where everybody sees it at once."""

from playwright.async_api import expect

from .test_accessibility import is_sound
from .thread import composer, is_live, line, lines, shows_once, write


def new_text(page):
    return page.get_by_role("textbox", name="New text")


async def test_an_edit_is_on_all_pages_at_once_and_shows_what_was_said_before(dispatcher, customer, chat):
    desk, phone = await dispatcher(chat.path), await customer(chat)
    await is_live(phone)
    await write(phone, "Gate code 12")
    await shows_once(desk, "Gate code 12")
    await expect(line(desk, "Gate code 12").get_by_role("link", name="Edit")).to_be_hidden()

    await line(phone, "Gate code 12").get_by_role("link", name="Edit").click()
    await expect(new_text(phone)).to_have_value("Gate code 12")
    await is_sound(phone)
    await new_text(phone).fill("Gate code 21")
    await phone.get_by_role("button", name="Save").click()

    for page in (phone, desk):
        await shows_once(page, "Gate code 21")
        await line(page, "Gate code 21").get_by_text("Edited").click()
        await expect(line(page, "Gate code 21").get_by_text("Gate code 12")).to_be_visible()
        await is_sound(page)


async def test_a_deletion_leaves_a_trace_on_all_pages(dispatcher, customer, chat):
    desk, phone = await dispatcher(chat.path), await customer(chat)
    await write(desk, "Wrong chat")
    await shows_once(phone, "Wrong chat")

    await line(desk, "Wrong chat").hover()
    await line(desk, "Wrong chat").get_by_role("link", name="Edit").click()
    await desk.get_by_role("button", name="Delete message").click()

    for page in (desk, phone):
        await expect(line(page, "Message deleted by Dispatcher 1")).to_have_count(1)
        await expect(lines(page, "Wrong chat")).to_have_count(0)
        await expect(new_text(page)).to_have_count(0)


async def test_by_keyboard(dispatcher, chat):
    page = await dispatcher(chat.path)
    await write(page, "At noon", "At one")
    await shows_once(page, "At one")

    await composer(page).press("ArrowUp")
    await expect(new_text(page)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(new_text(page)).to_have_count(0)
    await expect(line(page, "At one").get_by_role("link", name="Edit")).to_be_focused()
    await page.keyboard.press("Enter")
    await new_text(page).fill("At two")
    await page.keyboard.press("Control+Enter")

    await shows_once(page, "At two")
    await expect(composer(page)).to_be_focused()


async def test_what_is_being_written_survives_a_change_from_elsewhere(dispatcher, chat, complaints):
    one, two = await dispatcher(chat.path), await dispatcher(chat.path)
    await is_live(one)
    await write(two, "At noon")
    for page in (one, two):
        await shows_once(page, "At noon")
    await composer(one).press("ArrowUp")
    await new_text(one).fill("At one")
    await composer(two).press("ArrowUp")
    await new_text(two).fill("At two")
    await two.keyboard.press("Control+Enter")
    await expect(one.locator(".message__body").filter(has_text="At two")).to_have_count(1)
    await expect(new_text(one)).to_have_value("At one")
    await expect(new_text(one)).to_be_focused()

    complaints.expect("status of 409")
    await one.keyboard.press("Control+Enter")
    await expect(one.get_by_role("alert")).to_contain_text("changed in another window")
    await expect(one.get_by_role("alert").locator("xpath=..").get_by_text("At two")).to_be_visible()
    await new_text(one).press("Control+Enter")

    for page in (one, two):
        await shows_once(page, "At one")


async def test_without_a_connection_nothing_typed_is_lost(dispatcher, chat, complaints):
    page = await dispatcher(chat.path)
    await write(page, "At noon")
    await shows_once(page, "At noon")
    await composer(page).press("ArrowUp")
    await new_text(page).fill("At one")
    complaints.expect("ERR_INTERNET_DISCONNECTED|WebSocket|Failed to load")
    await page.context.set_offline(True)
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Not saved")
    await expect(new_text(page)).to_have_value("At one")

    await page.context.set_offline(False)
    await new_text(page).press("Control+Enter")

    await shows_once(page, "At one")


async def test_a_change_missed_while_away_is_caught_up_with(dispatcher, customer, chat, complaints):
    desk, phone = await dispatcher(chat.path), await customer(chat)
    await write(phone, "Gate code 12")
    await shows_once(desk, "Gate code 12")
    complaints.expect("ERR_INTERNET_DISCONNECTED|WebSocket|Failed to load")
    await desk.context.set_offline(True)
    await line(phone, "Gate code 12").get_by_role("link", name="Edit").click()
    await new_text(phone).fill("Gate code 21")
    await phone.get_by_role("button", name="Save").click()
    await shows_once(phone, "Gate code 21")
    await expect(line(desk, "Gate code 12")).to_have_count(1)

    await desk.context.set_offline(False)

    await shows_once(desk, "Gate code 21", within=20_000)
