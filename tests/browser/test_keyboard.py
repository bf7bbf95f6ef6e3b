"""A shift by the keys alone: from conversation to conversation, into one and out of it, whatever comes in meanwhile."""

import re

import pytest
from playwright.async_api import expect

from .thread import composer, has_focus, is_live, is_whole, path_of, shows_once


def row(page, chat):
    return page.locator(f'[data-conversation="{chat.id}"]')


def sheet(page):
    return page.get_by_role("dialog", name="Keyboard shortcuts")


async def walk_to(page, chat, key="j"):
    """Presses the key until the row of this chat has the focus."""
    for _ in range(60):
        await page.keyboard.press(key)
        if await has_focus(row(page, chat)):
            return
    pytest.fail("The walk has not come by this conversation.")


async def customer_of(chat, colleague, caller):
    return await caller().join(await colleague.make_link(chat, chat.customer_id))


# From one conversation to the other


async def test_through_the_inbox_while_it_changes(dispatcher, chat, colleague, caller, unused_orders):
    other = await colleague.open_chat(next(unused_orders))
    customer, other_customer = [await customer_of(one, colleague, caller) for one in (chat, other)]
    await other_customer.send(other, "Hello")
    await customer.send(chat, "Where is it?")
    page = await dispatcher("/chats/")
    await is_live(page)
    await page.keyboard.press("j")
    await expect(row(page, chat)).to_be_focused()
    await page.keyboard.press("j")
    await expect(row(page, other)).to_be_focused()

    # What comes in replaces the row that has the focus, which stays where it is.
    await other_customer.send(other, "Anybody?")
    await expect(row(page, other)).to_have_attribute("data-unread", "2")
    await expect(row(page, other)).to_be_focused()
    await colleague.send(other, "I am here.")
    await expect(row(page, other)).not_to_have_attribute("data-waiting", re.compile("."))
    await expect(row(page, other)).to_be_focused()
    await page.keyboard.press("k")
    await expect(row(page, chat)).to_be_focused()
    # There is nothing above the first.
    await page.keyboard.press("k")
    await expect(row(page, chat)).to_be_focused()

    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{chat.path}*")
    await is_live(page)
    await expect(composer(page)).to_be_focused()
    await page.keyboard.type("In ten minutes, just around the corner.")
    await page.keyboard.press("Control+Enter")
    await shows_once(page, "In ten minutes, just around the corner.")
    assert path_of(page) == chat.path

    await page.keyboard.press("Escape")
    await expect(row(page, chat)).to_be_focused()
    await page.keyboard.press("r")
    await expect(composer(page)).to_be_focused()
    await page.keyboard.press("Alt+ArrowDown")
    await expect(row(page, chat)).not_to_be_focused()
    await page.keyboard.press("Alt+ArrowUp")
    await expect(row(page, chat)).to_be_focused()


async def test_what_no_longer_waits_stays_while_it_has_the_focus(dispatcher, chat, colleague, caller):
    await (await customer_of(chat, colleague, caller)).send(chat, "Where is it?")
    page = await dispatcher("/chats/?show=waiting")
    await is_live(page)
    await is_whole(page)
    await walk_to(page, chat)

    await colleague.send(chat, "Here.")
    await expect(row(page, chat)).not_to_have_attribute("data-waiting", re.compile("."))
    await expect(row(page, chat)).to_be_focused()

    # Greyed, where it was: what is under the fingers does not move. It goes when one has left the list.
    await page.keyboard.press("k")
    await expect(page.locator(f"#conversation-{chat.id}.is-leaving")).to_be_visible()
    assert await page.evaluate("document.activeElement.matches('[data-conversation]')")
    await page.keyboard.press("/")
    await expect(row(page, chat)).to_have_count(0)


async def test_the_longest_wait(dispatcher, chat, colleague, caller, unused_orders):
    for _ in range(2):
        other = await colleague.open_chat(next(unused_orders))
        await (await customer_of(other, colleague, caller)).send(other, "Where is it?")
    await (await customer_of(chat, colleague, caller)).send(chat, "Where is it?")
    page = await dispatcher(chat.path)
    await is_live(page)
    await page.goto("/chats/?show=waiting")
    first, second = [
        await page.locator("[data-conversation]").nth(place).get_attribute("data-conversation") for place in (0, 1)
    ]
    assert str(chat.id) not in (first, second)
    await page.keyboard.press("n")
    await page.wait_for_url(re.compile(rf"/chats/{first}/"))
    await is_live(page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("n")
    await page.wait_for_url(re.compile(rf"/chats/{second}/"))


async def test_on_one_pane_there_is_a_way_back(dispatcher, chat):
    page = await dispatcher(chat.path, viewport={"width": 600, "height": 800})
    await is_live(page)
    await composer(page).focus()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("link", name="All conversations")).to_be_focused()
    await page.keyboard.press("j")
    await page.wait_for_url("**/chats/")


# Finding


async def test_filters_and_search(dispatcher):
    page = await dispatcher("/orders/")
    for keys, place in [
        ("2", "/chats/?show=waiting"),
        ("gm", "/chats/?show=mine"),
        ("3", "/chats/?show=unread"),
        ("gc", "/chats/?show=closed"),
        ("4", "/chats/"),
        ("go", "/orders/"),
    ]:
        for key in keys:
            await page.keyboard.press(key)
        await page.wait_for_url(f"**{place}")
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox", name="Search orders")).to_be_focused()
    await expect(page.get_by_role("searchbox", name="Search orders")).to_have_value("")
    # In a field letters are letters, and Ctrl still works.
    await page.keyboard.type("jg2")
    await expect(page.get_by_role("searchbox", name="Search orders")).to_have_value("jg2")

    await page.goto("/chats/")
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("searchbox", name="Search conversations")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-conversation]").first).to_be_focused()


# The open conversation


async def test_no_answer_needed_and_closing(dispatcher, chat, colleague, caller):
    await (await customer_of(chat, colleague, caller)).send(chat, "Thank you!")
    page = await dispatcher(chat.path)
    await is_live(page)
    await page.keyboard.press("Escape")
    # The socket may bring the line to the page that is being left.
    async with page.expect_navigation():
        await page.keyboard.press("e")
    await expect(page.locator("#messages")).to_contain_text("Dispatcher 1 noted that no answer is needed.")
    await is_live(page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("e")
    await expect(page.get_by_role("status").filter(has_text="Nobody waits for an answer here.")).to_be_visible()

    async with page.expect_navigation():
        await page.keyboard.press("Shift+E")
    await expect(page.locator("#messages")).to_contain_text("Dispatcher 1 closed this chat.")
    await is_live(page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Shift+E")
    await expect(page.get_by_role("status").filter(has_text="This chat is closed already.")).to_be_visible()


async def test_letters_in_a_message_are_letters(dispatcher, chat):
    page = await dispatcher(chat.path)
    await is_live(page)
    await page.keyboard.type("jkne?E12gm")
    await expect(composer(page)).to_have_value("jkne?E12gm")
    await expect(composer(page)).to_be_focused()
    await expect(sheet(page)).to_have_count(0)
    assert path_of(page) == chat.path


async def test_what_is_replaced_gives_on_the_focus(dispatcher, chat, colleague):
    page = await dispatcher(chat.path)
    await is_live(page)
    add = page.get_by_role("link", name="Add", exact=True)
    await add.focus()
    await add.evaluate("(link) => (link.dataset.old = '')")
    await colleague.add(chat, await colleague.find(chat.driver))
    people = page.get_by_role("region", name="People", exact=True)
    await expect(people.get_by_role("button", name=f"Remove {chat.driver}")).to_be_visible()
    await expect(page.locator("[data-old]")).to_have_count(0)
    await expect(add).to_be_focused()


# The sheet


async def test_the_sheet_by_its_key(dispatcher, chat, colleague):
    await colleague.send(chat, "Hello")
    page = await dispatcher("/chats/")
    await is_live(page)
    await walk_to(page, chat)
    await page.keyboard.press("?")
    await expect(sheet(page)).to_be_visible()
    for words in ("Next conversation", "Search", "Send it", "No answer needed", "Open the longest wait"):
        await expect(sheet(page).get_by_text(words, exact=True)).to_be_visible()
    # Under it nothing moves.
    await page.keyboard.press("3")
    await page.keyboard.press("j")
    # Or what had the focus is replaced by news of it.
    await colleague.send(chat, "Hello again")
    await expect(row(page, chat)).to_have_attribute("data-unread", "2")
    await page.keyboard.press("Escape")
    await expect(sheet(page)).to_be_hidden()
    await expect(row(page, chat)).to_be_focused()
    assert path_of(page) == "/chats/"


async def test_single_keys_can_be_turned_off(dispatcher, choose, chat):
    await choose(single_keys=None)
    page = await dispatcher(chat.path)
    await is_live(page)
    await page.keyboard.press("Escape")
    await expect(row(page, chat)).to_be_focused()
    for key in ("?", "3", "e", "j", "r", "n"):
        await page.keyboard.press(key)
    await expect(row(page, chat)).to_be_focused()
    await expect(sheet(page)).to_have_count(0)

    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("searchbox", name="Search conversations")).to_be_focused()
    await page.locator(".you > summary").click()
    await page.get_by_role("button", name="Keyboard shortcuts").click()
    await expect(sheet(page)).to_contain_text("Those of a single key are turned off.")
    await expect(sheet(page).get_by_text("No answer needed")).to_have_count(0)
    await expect(sheet(page).get_by_text("Next conversation")).to_be_visible()
    # The menu does not stay open behind it.
    await page.keyboard.press("Escape")
    await expect(page.locator(".you > summary")).to_be_focused()
    await expect(page.get_by_role("link", name="Notifications")).to_be_hidden()
    assert path_of(page) == chat.path


async def test_letters_that_are_not_latin_stand_for_their_keys(dispatcher):
    page = await dispatcher("/chats/")
    await page.locator("body").dispatch_event("keydown", {"key": "о", "code": "KeyJ", "bubbles": True})
    await expect(page.locator("[data-conversation]").first).to_be_focused()
