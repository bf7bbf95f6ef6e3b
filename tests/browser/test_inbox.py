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


async def test_what_comes_in_moves_nothing_under_the_pointer(dispatcher, chat, colleague, unused_orders):
    page = await dispatcher("/chats/")
    await is_live(page)
    first, fresh = page.locator("#conversations > li [data-conversation]").first, page.get_by_role("button", name="new")
    await row(page, chat).hover()
    place = await row(page, chat).bounding_box()

    second = await colleague.open_chat(next(unused_orders))
    await expect(fresh).to_have_text("1 new")
    await colleague.send(second, "Between us.")
    third = await colleague.open_chat(next(unused_orders))
    await expect(fresh).to_have_text("2 new")
    assert await row(page, chat).bounding_box() == place
    await is_sound(page)

    # Nobody is about to press anything any more.
    await page.get_by_role("region", name="Conversation", exact=True).hover()
    await expect(fresh).to_have_count(0)
    await expect(first).to_have_attribute("data-conversation", str(third.id))
    await expect(row(page, second)).to_contain_text("Between us.")

    # Who wants them sooner presses for them.
    await row(page, chat).hover()
    fourth = await colleague.open_chat(next(unused_orders))
    await fresh.click()
    await expect(row(page, fourth)).to_be_focused()
    await expect(first).to_have_attribute("data-conversation", str(fourth.id))
    ids = await page.locator("#conversations > li").evaluate_all("rows => rows.map((row) => row.id)")
    assert len(ids) == len(set(ids))


async def test_what_was_closed_is_not_left_to_be_read(dispatcher, chat, colleague):
    await colleague.send(chat, "For you.")
    page = await dispatcher("/chats/?show=unread")
    await is_live(page)
    await expect(row(page, chat)).to_be_visible()

    await colleague.post(f"{chat.path}closure/")
    await expect(row(page, chat)).to_have_count(0)

    await colleague.send(chat, "Open again.")
    await expect(row(page, chat)).to_be_visible()


async def test_a_wait_grows_while_one_looks(dispatcher, chat, colleague, caller):
    await (await caller().join(await colleague.make_link(chat, chat.customer_id))).send(chat, "Where is it?")
    page = await dispatcher("/login/")
    await page.clock.install()
    await page.goto("/chats/")
    wait = row(page, chat).locator(".wait")
    await expect(wait).to_have_class("wait")
    for minutes, look in [(4, "wait"), (1, "wait wait--long"), (8, "wait wait--long"), (1, "wait wait--over")]:
        await page.clock.fast_forward(minutes * 60_000)
        await page.clock.run_for(20_000)
        await expect(wait).to_have_class(look)
    await expect(wait).to_contain_text("15 min")


async def test_where_no_conversation_is_open_the_longest_wait_is_offered(
    dispatcher, chat, colleague, caller, unused_orders, nobody_waits
):
    page = await dispatcher("/chats/")
    await is_live(page)
    await expect(page.get_by_role("heading", name="No conversation open")).to_be_visible()

    for where in (chat, await colleague.open_chat(next(unused_orders))):
        await (await caller().join(await colleague.make_link(where, where.customer_id))).send(where, "Where is it?")
    pane = page.get_by_role("region", name="Conversation", exact=True)
    await expect(page.get_by_role("heading", name="2 conversations wait for an answer")).to_be_visible()
    await expect(pane).to_contain_text(f"{chat.customer} has waited longest.")
    await is_sound(page)
    await page.reload()
    await expect(pane).to_contain_text(f"{chat.customer} has waited longest.")

    await colleague.send(chat, "At the gate.")
    await expect(page.get_by_role("heading", name="1 conversation waits for an answer")).to_be_visible()
    await expect(pane).to_contain_text(f"{where.customer} has waited longest.")
    await pane.get_by_role("link", name="Open the longest wait").click()
    await page.wait_for_url(f"**{where.path}?show=waiting")


async def test_the_menu_offers_what_can_be_done_now(dispatcher, chat, colleague, caller):
    page = await dispatcher(chat.path)
    await is_live(page)
    menu = page.locator("#menu")
    await page.locator("summary[aria-label=More]").click()
    await expect(menu.get_by_role("button", name="Close chat")).to_be_visible()

    await colleague.post(f"{chat.path}closure/")
    await expect(menu.get_by_role("button", name="Open again")).to_be_visible()
    await write(page, "This opens it.")
    await expect(menu.get_by_role("button", name="Close chat")).to_be_attached()

    myself = await caller().sign_in("dispatcher")
    await myself.post(f"{chat.path}mute/")
    await expect(menu.get_by_role("button", name="Unmute", include_hidden=True)).to_be_attached()
    await myself.post(f"{chat.path}mute/", method="DELETE")
    await expect(menu.get_by_role("button", name="Mute for me", include_hidden=True)).to_be_attached()


async def test_the_status_of_the_order_is_that_of_now(dispatcher, customer, chat, visit, caller, complaints):
    # The admin has no icon of ours.
    complaints.expect("favicon")
    page, phone = await dispatcher(chat.path), await customer(chat)
    for each in (page, phone):
        await is_live(each)
    await composer(page).fill("Half a sen")

    admin = await visit("/admin/orders/order/", storage_state=(await caller().sign_in("admin")).kept())
    await admin.locator("#searchbar").fill(chat.reference)
    await admin.keyboard.press("Enter")
    await admin.get_by_role("link", name=chat.reference, exact=True).click()
    await admin.get_by_label("Status").select_option("delivered")
    await admin.get_by_role("button", name="Save", exact=True).click()

    await expect(row(page, chat)).to_contain_text("Delivered")
    for place in ("#about", "#order", "#timeline"):
        await expect(page.locator(place)).to_contain_text("Delivered")
    await expect(phone.locator("#title")).to_contain_text("Delivered")
    await expect(composer(page)).to_have_value("Half a sen")


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
