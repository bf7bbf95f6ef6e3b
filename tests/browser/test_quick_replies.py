"""Quick replies in the message box: by the keys alone, by the mouse, and never with a hole in what is sent."""

import asyncio
import re

import pytest_asyncio
from playwright.async_api import expect

from .thread import composer, is_live, lines, shows_once

REPLIES = re.compile(r"/replies/\?zone=")


def options(page):
    return page.get_by_role("option")


def at_the_gate(chat):
    return f"Hello {chat.customer}, our driver {chat.driver} is at the gate. Can somebody open?"


async def is_selected(page, name):
    option = page.get_by_role("option", selected=True)
    await expect(option).to_have_attribute("data-name", name)
    await expect(composer(page)).to_have_attribute("aria-activedescendant", await option.get_attribute("id"))
    await expect(composer(page)).to_be_focused()


async def nothing_was_sent(page):
    await expect(page.locator("#messages > li[data-kind=text]")).to_have_count(0)


@pytest_asyncio.fixture(loop_scope="session")
async def run(colleague, order):
    """The path of a conversation without an order, with one driver in it and no customer."""
    driver = await colleague.find(order["driver_name"])
    answer = await colleague.post("/chats/", title="Evening run", person=[driver])
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


async def test_by_the_keys(dispatcher, chat):
    page = await dispatcher(chat.path)
    await is_live(page)
    await composer(page).press_sequentially("Quick: /")
    await expect(options(page).filter(has_text="At the gate")).to_contain_text(at_the_gate(chat))
    await is_selected(page, "Take over")
    await page.keyboard.press("ArrowDown")
    await is_selected(page, "Thanks")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await is_selected(page, "Running late")

    await page.keyboard.type("at the")
    await is_selected(page, "At the gate")
    await expect(page.locator(".replies [role=status]")).to_have_text("1 quick reply")
    await page.keyboard.press("Enter")

    await expect(composer(page)).to_have_value(f"Quick: {at_the_gate(chat)}")
    await expect(options(page)).to_have_count(0)
    await nothing_was_sent(page)
    await page.keyboard.type(" Thank you.")
    await page.keyboard.press("Control+Enter")
    await shows_once(page, f"Quick: {at_the_gate(chat)} Thank you.")


async def test_it_can_be_undone(dispatcher, chat):
    page = await dispatcher(chat.path)
    await is_live(page)
    await composer(page).press_sequentially("/thanks")
    await is_selected(page, "Thanks")
    await page.keyboard.press("Tab")
    await expect(composer(page)).to_have_value(re.compile("^Thank you. Write here"))
    await page.keyboard.press("Control+z")
    await expect(composer(page)).to_have_value("/thanks")


async def test_escape_leaves_what_was_typed(dispatcher, chat):
    page = await dispatcher(chat.path)
    await is_live(page)
    await composer(page).press_sequentially("/tha")
    await is_selected(page, "Thanks")
    await page.keyboard.press("Escape")
    await expect(options(page)).to_have_count(0)
    await expect(composer(page)).to_be_focused()
    await expect(composer(page)).to_have_value("/tha")
    await expect(composer(page)).not_to_have_attribute("aria-activedescendant", re.compile("."))


async def test_by_the_mouse(dispatcher, chat):
    page = await dispatcher(chat.path)
    await is_live(page)
    await composer(page).fill("Good morning. ")
    await page.get_by_role("button", name="Quick replies").click()
    await is_selected(page, "Take over")
    await page.get_by_role("option", name="At the gate").click()
    await expect(composer(page)).to_have_value(f"Good morning. {at_the_gate(chat)}")
    await expect(composer(page)).to_be_focused()

    await page.get_by_role("button", name="Quick replies").click()
    await expect(options(page).first).to_be_visible()
    await page.get_by_role("button", name="Quick replies").click()
    await expect(options(page)).to_have_count(0)
    await nothing_was_sent(page)


async def test_a_slash_is_a_slash(dispatcher, chat):
    page = await dispatcher(chat.path)
    await is_live(page)
    await composer(page).press_sequentially("24 / 7, and/or https://example.com/ 3/4 /nothing is called this")
    await expect(page.locator(".replies")).to_have_count(0)
    await page.keyboard.press("Enter")
    await page.keyboard.type("x")
    await expect(composer(page)).to_have_value("24 / 7, and/or https://example.com/ 3/4 /nothing is called this\nx")


async def test_what_is_pressed_before_they_have_come_is_not_lost(dispatcher, chat, choose):
    await choose(sends_with="enter")
    page = await dispatcher(chat.path)
    await is_live(page)
    came = asyncio.Event()

    async def hold(route):
        await came.wait()
        await route.continue_()

    await page.route(REPLIES, hold)
    async with page.expect_request(REPLIES):
        await composer(page).press_sequentially("/at the")
    await page.keyboard.press("Enter")
    await expect(composer(page)).to_have_value("/at the")
    came.set()
    await expect(composer(page)).to_have_value(at_the_gate(chat))
    await nothing_was_sent(page)


async def test_without_a_connection_it_says_so(dispatcher, chat, complaints, choose):
    complaints.expect("ERR_FAILED")
    await choose(sends_with="enter")
    page = await dispatcher(chat.path)
    await is_live(page)
    await page.route(REPLIES, lambda route: route.abort())
    await composer(page).press_sequentially("/at")
    await expect(page.locator(".replies")).to_contain_text("Not loaded.")
    await page.keyboard.press("Enter")
    await expect(page.locator(".replies")).to_have_count(0)
    await expect(composer(page)).to_have_value("/at")
    await nothing_was_sent(page)


async def test_what_is_missing_is_not_sent(dispatcher, run, order):
    page = await dispatcher(run)
    await is_live(page)
    await composer(page).press_sequentially("/at the")
    await is_selected(page, "At the gate")
    await expect(options(page).locator("mark")).to_have_text(["[customer?]"])
    await page.keyboard.press("Enter")
    text = f"Hello [customer?], our driver {order['driver_name']} is at the gate. Can somebody open?"
    await expect(composer(page)).to_have_value(text)
    await expect(page.locator(".composer__marks mark")).to_have_text(["[customer?]"])
    said = "Not known here: [customer?]. Fill it in or take it out before you send."
    await expect(page.locator("#composer-missing")).to_have_text(said)

    for send in (lambda: page.keyboard.press("Control+Enter"), page.get_by_role("button", name="Send").click):
        await send()
        await expect(page.get_by_role("alert")).to_have_text(said)
        await expect(composer(page)).to_have_value(text)
    await nothing_was_sent(page)
    # Nor after a reload, of which only the draft is left.
    await page.reload()
    await is_live(page)
    await expect(composer(page)).to_have_value(text)
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("alert")).to_have_text(said)
    await nothing_was_sent(page)

    # It is selected: what is typed takes its place.
    await page.keyboard.type("Mr Doe")
    await expect(page.locator("#composer-missing")).to_have_count(0)
    await expect(page.locator(".composer__marks")).to_have_count(0)
    await page.keyboard.press("Control+Enter")
    await shows_once(page, text.replace("[customer?]", "Mr Doe"))


async def test_brackets_of_other_words_are_sent(dispatcher, chat):
    page = await dispatcher(chat.path)
    await is_live(page)
    await composer(page).fill("[really?] [driver] driver? {driver}")
    await page.keyboard.press("Control+Enter")
    await shows_once(page, "[really?] [driver] driver? {driver}")


async def test_the_text_of_a_message_being_changed_is_no_draft(dispatcher, chat):
    page = await dispatcher(chat.path)
    await is_live(page)
    await composer(page).fill("First")
    await page.keyboard.press("Control+Enter")
    await shows_once(page, "First")
    await page.keyboard.press("ArrowUp")
    await page.get_by_role("textbox", name="New text").fill("Second")
    await page.reload()
    await is_live(page)
    await expect(lines(page, "First")).to_have_count(1)
    await expect(composer(page)).to_have_value("")


async def test_managing_them_without_javascript(visit, signed_in, complaints):
    complaints.expect("status of 422")
    page = await visit("/replies/", storage_state=signed_in, java_script_enabled=False)
    await page.get_by_label("Name").fill("Dock")
    await page.get_by_label("Text").fill("Use dock {dock}.")
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_role("alert")).to_contain_text("There is no field {dock}.")
    await page.get_by_label("Text").fill("Use dock 4, {driver}.")
    await page.get_by_role("button", name="Add").click()
    mine = page.get_by_role("region", name="Yours")
    await expect(mine).to_contain_text("Use dock 4, {driver}.")
    await mine.get_by_role("link", name="Change Dock").click()
    await page.get_by_label("Text").fill("Use dock 5.")
    await page.get_by_role("button", name="Save").click()
    await expect(mine).to_contain_text("Use dock 5.")
    await mine.get_by_role("link", name="Change Dock").click()
    await page.get_by_role("button", name="Delete").click()
    await expect(mine).not_to_contain_text("Dock")
