"""A shift by the keyboard alone: forty conversations, twelve of them waiting, until nobody waits."""

import re

import pytest_asyncio
from playwright.async_api import expect

from tests.callers import Chat

from .conftest import write_orders
from .thread import is_live, shows_once

FORTY, TWELVE = 40, 12
ANSWER = "On its way, it arrives within the hour."


def orders():
    for number in range(1, FORTY + 1):
        yield {
            "reference": f"S-{number:02}",
            "status": "in_transit",
            "customer_ref": f"SC{number}",
            "customer_name": f"Shift Customer {number:02}",
            "driver_ref": "SD",
            "driver_name": "Shift Driver",
            "dropoff_city": "Boise",
        }


@pytest_asyncio.fixture(loop_scope="session")
async def shift(server, colleague, nobody_waits, caller, tmp_path):
    """The twelve chats that wait, the longest wait first, and the driver who has asked in them."""
    rows = list(orders())
    server.manage("import_orders", str(write_orders(tmp_path / "shift.csv", rows)))
    chats = [await open_chat(colleague, row) for row in rows]
    person = await colleague.find("Shift Driver")
    driver = await caller().join(await link_of(colleague, chats[0], person))
    for number, chat in enumerate(chats):
        if number % 3 == 0 and number < 3 * TWELVE:
            if number:
                await colleague.add(chat, person)
            await driver.send(chat, f"Nobody opens at {chat.reference}.")
        else:
            await colleague.send(chat, "It arrives today.")
    return [chat for number, chat in enumerate(chats) if number % 3 == 0 and number < 3 * TWELVE], driver


async def open_chat(colleague, order):
    answer = await colleague.post(f"/orders/{order['reference']}/chat/")
    number = int(re.search(r"/chats/(\d+)/", answer.headers["Location"])[1])
    return Chat(number, order["reference"], order["customer_name"], 0, order["driver_name"])


async def link_of(colleague, chat, person):
    await colleague.add(chat, person)
    return await colleague.make_link(chat, person)


async def test_forty_conversations_twelve_waiting(dispatcher, shift):
    twelve, driver = shift
    page = await dispatcher("/orders/")
    waiting = page.locator("#waiting-count")
    # In one step: between two of them a row may be made anew.
    longest = "document.querySelector('#conversations a[data-waiting]:not([aria-current])')"
    await expect(waiting).to_have_text(f"{TWELVE} waiting")

    await page.keyboard.press("g")
    await page.keyboard.press("w")
    await page.wait_for_url("**show=waiting")
    await expect(page.locator("#conversations > li")).to_have_count(TWELVE)

    for done, chat in enumerate(twelve):
        if done % 2:
            await page.keyboard.press("Escape")
            await page.keyboard.press("n")
        else:
            # Down the list, past the one that is open and was answered.
            await page.keyboard.press("Escape")
            for _ in range(TWELVE):
                if await page.evaluate(f"document.activeElement === {longest}"):
                    break
                await page.keyboard.press("j")
            await page.keyboard.press("Enter")
        await page.wait_for_url(f"**{chat.path}?show=waiting")
        await is_live(page)
        await shows_once(page, f"Nobody opens at {chat.reference}.")

        if done % 4 == 3:
            await page.keyboard.press("Escape")
            async with page.expect_navigation(url=f"**{chat.path}?show=waiting"):
                await page.keyboard.press("e")
            await expect(page.get_by_text("noted that no answer is needed.")).to_be_visible()
        else:
            box = page.get_by_role("textbox", name="Message")
            await expect(box).to_be_focused()
            await page.keyboard.type(ANSWER[:12])
            if done == 5:
                # Somebody writes meanwhile: what one types is neither lost nor interrupted.
                await driver.send(chat, "Now they do.")
                await shows_once(page, "Now they do.")
                await expect(box).to_be_focused()
            await page.keyboard.type(ANSWER[12:])
            await expect(box).to_have_value(ANSWER)
            await page.keyboard.press("Control+Enter")
            await shows_once(page, ANSWER)
            await expect(box).to_be_focused()
        left = TWELVE - done - 1
        # On a busy machine lists wait longer than messages.
        await expect(waiting).to_have_text(f"{left} waiting", timeout=20_000)

    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("w")
    await expect(page.get_by_role("heading", name="Nobody waits for us")).to_be_visible()
    await expect(page.locator("#conversations a[data-waiting]")).to_have_count(0)
