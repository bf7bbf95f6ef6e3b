"""What each page does besides carrying messages."""

import asyncio
import re

from playwright.async_api import expect

from .conftest import DESK, PHONE
from .thread import composer, is_live, line, path_of, shows_once, transcript, write

# Without JavaScript


async def test_a_dispatcher_without_javascript(visit, order):
    page = await visit("/", **DESK, java_script_enabled=False)
    await page.get_by_label("Name").fill("dispatcher")
    await page.get_by_label("Password").fill("demo")
    await page.get_by_role("button", name="Sign in").click()
    await page.goto(f"/orders/{order['reference']}/")
    await page.get_by_role("button", name="Open chat").click()
    await write(page, "Sent by a plain form.")
    await expect(line(page, "Sent by a plain form.")).to_be_visible()
    assert re.fullmatch(r"/chats/\d+/#message-2", path_of(page))

    await page.get_by_role("link", name="Add", exact=True).click()
    await page.get_by_role("searchbox", name="Search people").fill(order["driver_name"])
    await page.get_by_role("button", name="Search").click()
    await page.get_by_role("checkbox", name=order["driver_name"]).check()
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.locator("#readers")).to_contain_text(order["driver_name"])

    driver = (
        page.get_by_role("region", name="People", exact=True)
        .get_by_role("listitem")
        .filter(has_text=order["driver_name"])
    )
    await driver.get_by_role("button", name="Make link").click()
    await expect(page.get_by_role("textbox", name="Link")).to_have_value(re.compile("/c/"))
    await page.go_back()
    await driver.get_by_role("button", name=f"Remove {order['driver_name']}").click()
    await expect(page.locator("#readers")).not_to_contain_text(order["driver_name"])


async def test_a_customer_without_javascript(visit, chat, colleague):
    await colleague.send(chat, "Can you read this?")
    link = await colleague.make_link(chat, chat.customer_id)
    page = await visit(link, **PHONE, java_script_enabled=False)
    await page.get_by_role("button", name="Join chat").click()
    await expect(line(page, "Can you read this?")).to_be_visible()
    await write(page, "Yes, I can.")
    await expect(line(page, "Yes, I can.")).to_be_visible()


# Earlier messages


async def test_earlier_messages_come_without_a_jump(dispatcher, chat, colleague):
    page = await dispatcher(chat.path)
    await is_live(page)
    await colleague.send(chat, *(f"Message {number}" for number in range(2, 131)))
    await expect(page.locator("#message-130")).to_be_attached()
    # What was read is told twice a second, and from then on the page begins with the latest fifty.
    async with asyncio.timeout(10):
        while True:
            await page.reload()
            await is_live(page)
            if [number for number, _ in await transcript(page)] == list(range(81, 131)):
                break

    # They are on their way while somebody reads the first one that is there.
    read = asyncio.Event()

    async def hold(route):
        await read.wait()
        await route.continue_()

    await page.route(re.compile(r"\?before="), hold)
    async with page.expect_request(re.compile(r"\?before=81")):
        await page.locator("#scroll").evaluate("(scroll) => scroll.scrollTo(0, 40)")
    reading = page.locator("#message-84")
    before = await reading.bounding_box()
    read.set()
    await expect(page.locator("#message-40")).to_be_attached()
    after = await reading.bounding_box()
    assert abs(after["y"] - before["y"]) <= 2

    while await page.locator("#earlier").count():
        first = await page.locator("#messages > li[data-number]").first.get_attribute("id")
        await page.locator("#scroll").evaluate("(scroll) => scroll.scrollTo(0, 0)")
        await expect(page.locator(f"#messages > li[data-number]:not(#{first})").first).to_be_attached()
        await expect(page.locator("#earlier[aria-busy]")).to_have_count(0)
    assert [number for number, _ in await transcript(page)] == list(range(1, 131))

    # Who reads far up is not pulled down by what arrives, and is told of it.
    await colleague.send(chat, "Down here.")
    await expect(page.get_by_role("button", name="1 new")).to_be_visible()
    await page.get_by_role("button", name="1 new").click()
    await expect(line(page, "Down here.")).to_be_in_viewport()


# The list of conversations


async def test_an_open_inbox_shows_what_is_new_and_what_is_read(dispatcher, order, colleague, caller):
    inbox = await dispatcher("/chats/")
    await is_live_list(inbox)
    chat = await colleague.open_chat(order)
    row = inbox.locator(f'a[data-conversation="{chat.id}"]')
    await expect(row).to_contain_text(chat.customer)
    await expect(row).to_have_attribute("data-unread", "0")

    guest = await caller().join(await colleague.make_link(chat, chat.customer_id))
    await guest.send(chat, "Hello?", "Is anybody there?")
    await expect(row).to_have_attribute("data-unread", "2")
    await expect(row).to_contain_text("Is anybody there?")
    await expect(row).to_have_attribute("data-waiting", re.compile(r"^\d{4}-"))
    await expect(inbox.locator("#conversations > li").first.locator("a")).to_have_attribute(
        "data-conversation", str(chat.id)
    )

    # Read in another tab, read here.
    other = await inbox.context.new_page()
    await other.goto(chat.path)
    await expect(row).to_have_attribute("data-unread", "0")
    await expect(row.locator(".count")).to_have_count(0)
    await expect(row).to_have_attribute("data-waiting", re.compile(r"^\d{4}-"))

    # Answered, nobody waits.
    await write(other, "We are.")
    await expect(row).not_to_have_attribute("data-waiting", re.compile("."))
    await expect(row).to_contain_text("You: We are.")


async def test_a_driver_sees_a_new_chat_in_the_open_list(visit, chat, colleague):
    driver = await colleague.find(chat.driver)
    await colleague.add(chat, driver)
    page = await visit(await colleague.make_link(chat, driver), **PHONE)
    await page.get_by_role("link", name="All chats").click()
    await is_live_list(page)
    row = page.locator(f'a[data-conversation="{chat.id}"]')
    await expect(row).to_contain_text(chat.reference)
    await colleague.send(chat, "Take the 520.")
    await expect(row).to_contain_text("Take the 520.")
    await expect(row).to_have_attribute("data-unread", "1")


async def is_live_list(page):
    """A list does not say that it has its socket: wait for the frames' wire itself."""
    await page.wait_for_load_state("networkidle")


async def test_the_search_of_the_inbox_needs_no_reload(dispatcher, chat):
    page = await dispatcher("/chats/")
    await page.get_by_role("searchbox", name="Search conversations").fill(chat.customer)
    await expect(page.locator("a[data-conversation]")).to_have_count(1)
    await expect(page.locator("a[data-conversation]")).to_contain_text(chat.reference)


# People


async def test_people_are_added_by_a_dialog(dispatcher, customer, chat, colleague, unused_orders):
    other = next(unused_orders)
    await colleague.send(chat, "One.", "Two.")
    page, phone = await dispatcher(chat.path), await customer(chat)
    await is_live(phone)
    opener = page.get_by_role("link", name="Add", exact=True)
    dialog = page.get_by_role("dialog", name="Add people")
    search = dialog.get_by_role("searchbox", name="Search people")

    for close in (lambda: page.keyboard.press("Escape"), lambda: dialog.get_by_role("link", name="Cancel").click()):
        await opener.click()
        await expect(search).to_be_focused()
        await close()
        await expect(dialog).to_be_hidden()
        await expect(opener).to_be_focused()

    await opener.click()
    await expect(dialog.get_by_text("Choose who reads and writes here too.")).to_be_visible()
    await expect(dialog.get_by_role("button", name="Add")).to_be_disabled()
    await search.fill(other["driver_name"])
    await dialog.get_by_role("checkbox", name=other["driver_name"]).check()
    await expect(dialog.get_by_text(f"{other['driver_name']} will see all 2 messages.")).to_be_visible()

    # Customers are found when they are included, and who is chosen stays.
    await search.fill(other["customer_name"])
    await expect(dialog.get_by_text("Customers are found when they are included.")).to_be_visible()
    await expect(dialog.get_by_role("checkbox", name=other["customer_name"], exact=True)).to_have_count(0)
    await dialog.get_by_role("switch", name="Include customers").check()
    await dialog.get_by_role("checkbox", name=re.compile(f"^{other['customer_name']} Customer")).check()
    await expect(dialog.get_by_role("checkbox", name=other["driver_name"])).to_be_checked()
    for name in (other["driver_name"], other["customer_name"]):
        await expect(dialog.locator("[data-consequence]")).to_contain_text(name)
    await expect(dialog.locator("[data-consequence]")).to_contain_text("will see all 2 messages.")
    await dialog.get_by_role("button", name="Add 2 people").click()

    await expect(dialog).to_be_hidden()
    await expect(opener).to_be_focused()
    for name in (other["driver_name"], other["customer_name"]):
        await expect(page.get_by_role("region", name="People", exact=True)).to_contain_text(name)
        await expect(page.locator("#readers")).to_contain_text(name)
        await expect(phone.locator("#with")).to_contain_text(name)
    await phone.get_by_label("Who is here").click()
    await expect(phone.locator("#who")).to_contain_text(other["driver_name"])

    # Already in: to be seen, and not to be chosen again.
    await opener.click()
    await expect(search).to_be_focused()
    await search.press_sequentially(other["driver_name"], delay=20)
    await expect(dialog.get_by_role("checkbox", name=other["driver_name"])).to_be_disabled()


async def test_people_are_added_on_a_page_of_its_own(dispatcher, chat):
    page = await dispatcher(f"{chat.path}participants/")
    await page.get_by_role("searchbox", name="Search people").press_sequentially(chat.driver, delay=20)
    await page.get_by_role("checkbox", name=chat.driver).check()
    await page.get_by_role("button", name="Add", exact=True).click()

    await page.wait_for_url(f"**{chat.path}")
    await expect(page.get_by_role("region", name="People", exact=True)).to_contain_text(chat.driver)


async def test_a_conversation_without_an_order(dispatcher, unused_orders):
    drivers = [next(unused_orders)["driver_name"] for _ in range(2)]
    page = await dispatcher("/chats/")
    await page.get_by_role("link", name="New conversation").click()
    await page.get_by_role("textbox", name="Title").fill("Early run, Boise")
    for name in drivers:
        await page.get_by_role("searchbox", name="Search people").fill(name)
        await page.get_by_role("checkbox", name=name).check()
    await page.get_by_role("button", name="Open conversation").click()

    await expect(page.get_by_role("heading", name="Early run, Boise")).to_be_visible()
    for name in drivers:
        await expect(page.locator("#readers")).to_contain_text(name)
    await expect(composer(page)).to_be_focused()
    await write(page, "Meet at five.")
    await shows_once(page, "Meet at five.")


# Links


async def test_a_link_is_copied_by_its_button(dispatcher, chat, server):
    page = await dispatcher(chat.path, permissions=["clipboard-read", "clipboard-write"])
    await page.get_by_role("button", name="Make link").click()
    await page.get_by_role("button", name="Copy", exact=True).click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied == await page.get_by_role("textbox", name="Link").input_value()
    assert copied.startswith(f"{server.url}/c/")


async def test_a_link_is_made_and_revoked_on_the_page_of_the_links(dispatcher, chat):
    page = await dispatcher(f"{chat.path}participants/{chat.customer_id}/links/")
    await page.get_by_role("button", name="Make a new link").click()
    await expect(page.get_by_role("textbox", name="Link", exact=True)).to_be_visible()

    page.once("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Revoke").click()
    await expect(page.get_by_text("No link works now.")).to_be_visible()


async def test_what_was_not_sent_is_tried_again_on_the_page_of_the_links(stage, dispatcher, chat):
    stage.fail_to_tell()
    page = await dispatcher(f"{chat.path}participants/{chat.customer_id}/links/")
    await page.get_by_role("button", name="Try again").click()

    await page.wait_for_url(f"**{chat.path}")
    await expect(page.get_by_role("button", name="Try again")).to_have_count(0)


async def test_a_revoked_link_closes_its_page(dispatcher, customer, chat, colleague, complaints):
    complaints.expect("status of 404")
    await colleague.send(chat, "A secret.")
    phone = await customer(chat)
    await expect(line(phone, "A secret.")).to_be_visible()
    await is_live(phone)
    page = await dispatcher(chat.path)
    await page.get_by_role("link", name=f"Web chat link of {chat.customer}").click()
    page.once("dialog", lambda question: question.accept())
    await page.get_by_role("button", name="Revoke").click()

    await expect(phone.get_by_role("heading", name="This link no longer works")).to_be_visible()
    await expect(phone.get_by_text("A secret.")).to_have_count(0)
    await expect(page.get_by_text("No link works now.")).to_be_visible()


async def test_signing_out_closes_the_other_tab(chat, visit):
    # A session of its own: the other tests go on with theirs.
    page = await visit("/", **DESK)
    await page.get_by_label("Name").fill("admin")
    await page.get_by_label("Password").fill("demo")
    await page.get_by_role("button", name="Sign in").click()
    await page.goto(chat.path)
    await is_live(page)
    other = await page.context.new_page()
    await other.goto("/orders/")
    await other.locator("summary", has_text="You").click()
    await other.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_two_links_in_one_browser_are_two_people(visit, chat, colleague, unused_orders):
    other = await colleague.open_chat(next(unused_orders))
    page = await visit(await colleague.make_link(chat, chat.customer_id), **PHONE)
    await page.wait_for_url(f"**{chat.path}")
    tab = await page.context.new_page()
    await tab.goto(await colleague.make_link(other, other.customer_id))
    await tab.wait_for_url(f"**{other.path}")

    await write(page, "I am the first.")
    await write(tab, "I am the second.")
    for here, who, text in ((page, chat.customer, "I am the first."), (tab, other.customer, "I am the second.")):
        await here.reload()
        await expect(line(here, text).locator(".message__author")).to_have_text(who)
