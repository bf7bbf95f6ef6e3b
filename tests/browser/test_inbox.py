"""The list beside the thread: what its filters count, what leaves them, and how far it scrolls."""

import asyncio
import re

from playwright.async_api import expect

from .test_accessibility import is_sound
from .thread import composer, is_live, is_whole, shows_once, write


def row(page, chat):
    return page.locator(f'[data-conversation="{chat.id}"]')


def count(page, show):
    return page.locator(f"#count-{show}")


async def number(page, show):
    return int(await count(page, show).get_attribute("data-count"))


async def test_what_is_answered_elsewhere_leaves_without_taking_the_focus(dispatcher, customer, chat, colleague):
    phone = await customer(chat)
    await is_live(phone)
    page = await dispatcher("/chats/?show=waiting")
    await is_live(page)
    # Who waits since now stands last.
    await is_whole(page)
    before = await number(page, "waiting")

    await write(phone, "Where is it?")
    await expect(row(page, chat)).to_be_visible()
    await expect(count(page, "waiting")).to_have_attribute("data-count", str(before + 1))

    await row(page, chat).focus()
    await colleague.send(chat, "At the gate.")
    await expect(page.locator(f"#conversation-{chat.id}.is-leaving")).to_be_visible()
    await expect(count(page, "waiting")).to_have_attribute("data-count", str(before))
    await expect(row(page, chat)).to_be_focused()

    # Nobody is about to press it any more.
    await page.get_by_role("searchbox", name="Search conversations").focus()
    await expect(row(page, chat)).to_have_count(0)


async def test_the_last_one_that_leaves_says_that_nobody_is_left(
    dispatcher, chat, colleague, caller, nobody_waits, complaints
):
    customer = await caller().join(await colleague.make_link(chat, chat.customer_id))
    await customer.send(chat, "Where is it?")
    page = await dispatcher("/chats/?show=waiting")
    await is_live(page)
    nobody = page.get_by_role("heading", name="Nobody waits for us")
    await expect(row(page, chat)).to_be_visible()
    await expect(nobody).to_be_hidden()

    await colleague.send(chat, "At the gate.")
    await expect(row(page, chat)).to_have_count(0)
    await expect(nobody).to_be_visible()
    await expect(page.get_by_role("link", name="Show all chats")).to_be_visible()
    await is_sound(page)

    await customer.send(chat, "Which gate?")
    await expect(row(page, chat)).to_be_visible()
    await expect(nobody).to_be_hidden()
    # While the focus is in the list it is not empty yet.
    await page.reload()
    await is_live(page)
    await row(page, chat).focus()
    await colleague.send(chat, "The second.")
    await expect(page.locator(f"#conversation-{chat.id}.is-leaving")).to_be_visible()
    await expect(nobody).to_be_hidden()
    await page.get_by_role("searchbox", name="Search conversations").focus()
    await expect(nobody).to_be_visible()

    # Nor does it take the socket: what was answered meanwhile has left once it is back.
    await customer.send(chat, "It is shut.")
    await expect(row(page, chat)).to_be_visible()
    complaints.expect("ERR_INTERNET_DISCONNECTED")
    await page.context.set_offline(True)
    await expect(page.locator("html[data-live]")).to_have_count(0)
    await colleague.send(chat, "They are on their way.")
    await page.context.set_offline(False)
    await expect(row(page, chat)).to_have_count(0)
    await expect(nobody).to_be_visible()


async def test_the_list_scrolls_on_and_shows_each_once(dispatcher, colleague, unused_orders, server):
    driver = await colleague.find(next(unused_orders)["driver_name"])
    for run in range(60):
        answer = await colleague.post("/chats/", title=f"Long list {run}", person=driver)
        assert answer.status_code == 303, answer.text
    page = await dispatcher("/chats/")
    await is_live(page)
    rows = page.locator("#conversations > li")

    more = page.get_by_role("link", name="More conversations")
    await expect(more).to_have_count(1)
    await is_whole(page)

    await expect(page.get_by_text("Long list 0", exact=True)).to_have_count(1)
    ids = await rows.evaluate_all("rows => rows.map((row) => row.id)")
    assert len(ids) > 60
    assert len(ids) == len(set(ids))


async def test_from_the_order_to_the_driver_and_into_a_chat(dispatcher, chat):
    page = await dispatcher(f"/orders/{chat.reference}/")
    await page.get_by_role("link", name=chat.driver).click()
    await expect(page.get_by_role("heading", name=chat.driver)).to_be_visible()
    await expect(page.get_by_role("link", name=chat.reference)).to_be_visible()
    await is_sound(page)
    await page.get_by_role("button", name="Message this driver").click()

    await expect(composer(page)).to_be_focused()
    await is_live(page)
    await page.keyboard.type("Call me at the gate.")
    await page.get_by_role("button", name="Send").click()
    await shows_once(page, "Call me at the gate.")
    where = page.url

    # The second time it is there.
    await page.get_by_role("region", name="People", exact=True).get_by_role("link", name=chat.driver).click()
    await expect(page.get_by_text("You: Call me at the gate.")).to_be_visible()
    await page.get_by_role("button", name="Message this driver").click()
    await expect(page).to_have_url(re.compile(f"^{re.escape(where)}"))


async def test_a_list_that_comes_late_does_not_undo_what_the_socket_has_brought(
    dispatcher, chat, colleague, unused_orders
):
    await colleague.open_chat(next(unused_orders))
    page = await dispatcher("/login/")
    has_read, release = asyncio.Event(), asyncio.Event()

    async def hold(route):
        if "hx-request" not in route.request.headers:
            await route.continue_()
            return
        answer = await route.fetch()
        has_read.set()
        await release.wait()
        await route.fulfill(response=answer)

    await page.route(re.compile(r"/chats/(\?.*)?$"), hold)
    await page.goto("/chats/?show=all")
    await has_read.wait()
    await colleague.send(chat, "Newer than the list.")
    row = page.locator(f"#conversation-{chat.id}")
    await expect(row).to_contain_text("Newer than the list.")
    rows = page.locator("#conversations > li")
    await rows.evaluate_all("(rows) => rows.forEach((row) => row.setAttribute('data-old', ''))")
    release.set()

    # All others are those of the list now.
    await expect(page.locator("#conversations > li[data-old]")).to_have_count(1)
    await expect(row).to_contain_text("Newer than the list.")
