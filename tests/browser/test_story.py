"""The main job: a dispatcher, a customer and a driver talk about an order, each in a browser of their own, live."""

import asyncio
import re

from playwright.async_api import expect

from .conftest import DESK, PHONE
from .thread import composer, is_live, line, lines, path_of, transcript, write

# An order of the demo that has no chat, with its customer and driver.
ORDER, CUSTOMER, DRIVER = "11074", "Jytte Petersen", "Robert King"
WITHIN = 1000  # milliseconds


async def all_see(pages, text):
    await asyncio.gather(*(expect(line(page, text)).to_have_count(1, timeout=WITHIN) for page in pages))


def person(page, name):
    return page.get_by_role("region", name="People", exact=True).get_by_role("listitem").filter(has_text=name)


async def make_link(page, name):
    await person(page, name).get_by_role("button", name="Make link").click()
    await expect(person(page, name).get_by_role("img", name="QR code of the link")).to_be_visible()
    return await person(page, name).get_by_role("textbox", name="Link").input_value()


async def come_in(visit, link):
    """A guest opens the link; nothing of its secret stays behind."""
    page = await visit("/login/", **PHONE)
    await page.goto(link)
    await expect(page).to_have_url(re.compile(r"/g/[\w-]+/chats/\d+/$"))
    await is_live(page)
    return page


async def test_a_dispatcher_a_customer_and_a_driver_talk_about_an_order(visit, complaints):
    # The dispatcher signs in and finds an order that nobody has talked about.
    desk = await visit("/", **DESK)
    await desk.get_by_label("Name").fill("dispatcher")
    await desk.get_by_label("Password").fill("demo")
    await desk.get_by_role("button", name="Sign in").click()
    await desk.get_by_role("link", name="Orders", exact=True).click()
    await desk.get_by_role("searchbox", name="Search orders").fill(CUSTOMER)
    await expect(desk.get_by_role("button", name=f"Open a chat for {ORDER}")).to_be_visible()
    await desk.get_by_role("link", name=ORDER).click()
    await expect(desk.get_by_text("No chat yet.")).to_be_visible()

    # One click opens the chat with the customer in it, ready to be written in.
    await desk.get_by_role("button", name="Open chat").click()
    await expect(desk).to_have_url(re.compile(r"/chats/\d+/$"))
    await expect(composer(desk)).to_be_focused()
    await desk.keyboard.type("Your order is packed.")
    await desk.keyboard.press("Control+Enter")
    await expect(line(desk, "Your order is packed.").get_by_text("Sent", exact=True)).to_be_visible(timeout=WITHIN)

    # The customer comes in on a phone, and has what was written before.
    phone = await come_in(visit, await make_link(desk, CUSTOMER))
    await expect(line(phone, "Your order is packed.")).to_be_visible()
    await expect(phone.get_by_role("heading", name=f"Order {ORDER}")).to_be_visible()

    await write(phone, "When does it come?")
    await all_see([desk, phone], "When does it come?")
    await write(desk, "Today at 14:00.")
    await all_see([desk, phone], "Today at 14:00.")

    # One tap adds the order's driver, who has everything from the first message on.
    await desk.get_by_role("button", name="Add driver").click()
    await expect(person(desk, DRIVER).get_by_role("button", name="Make link")).to_be_visible()
    await expect(phone.get_by_text(f"added {DRIVER} (driver), who sees all 3 messages.")).to_be_visible()
    await expect(phone.locator("#with")).to_contain_text(f"{DRIVER} (driver)")
    await expect(desk.locator("#readers")).to_contain_text(f"{DRIVER} (driver)")
    cab = await come_in(visit, await make_link(desk, DRIVER))
    assert (await transcript(cab))[0][0] == 1
    assert await transcript(cab) == await transcript(phone) == await transcript(desk)

    # All three write, and all three see the same, in the same order, each once.
    everybody = [desk, phone, cab]
    for writer, text in [(cab, "I am at the gate."), (phone, "Ring twice."), (desk, "Thank you both.")]:
        await write(writer, text)
        await all_see(everybody, text)
    for number in range(3):
        at_once = [f"{who} at once, {number}" for who in ("Desk", "Phone", "Cab")]
        await asyncio.gather(*(write(page, text) for page, text in zip(everybody, at_once, strict=True)))
        for text in at_once:
            await all_see(everybody, text)
            for page in everybody:
                await expect(lines(page, text)).to_have_count(1)
    said = await transcript(desk)
    assert [number for number, _ in said] == list(range(1, len(said) + 1))
    assert await transcript(phone) == said
    assert await transcript(cab) == said

    # The removed driver has nothing any more, at once and by a reload.
    complaints.expect("status of 404")
    desk.once("dialog", lambda question: question.accept())
    await person(desk, DRIVER).get_by_role("button", name=f"Remove {DRIVER}").click()
    await expect(cab.get_by_role("heading", name="There is nothing here")).to_be_visible()
    await expect(cab.locator("li[data-number]")).to_have_count(0)
    assert (await cab.reload()).status == 404
    assert (await cab.request.get(f"{path_of(cab)}messages/")).status == 404
    await expect(phone.locator("#with")).not_to_contain_text(DRIVER)
    await expect(desk.get_by_role("button", name="Add driver")).to_be_visible()

    # The others go on.
    await write(phone, "We go on without the driver.")
    await all_see([desk, phone], "We go on without the driver.")
    assert await transcript(phone) == await transcript(desk)


async def test_the_secret_of_a_link_stays_neither_in_the_address_nor_in_the_history(visit, server):
    link = server.manage("mint_link", "11071", "customer").splitlines()[-1]
    phone = await come_in(visit, link)
    here = path_of(phone)

    await phone.go_back()
    assert path_of(phone) == "/login/"
    await phone.go_forward()
    assert path_of(phone) == here

    token = link.rstrip("/").rsplit("/", 1)[1]
    assert token not in await phone.content()
    assert token not in str(await phone.context.storage_state())


async def test_a_drivers_link_opens_every_chat_of_the_driver(visit, server):
    link = server.manage("mint_link", "11066", "driver").splitlines()[-1]
    cab = await come_in(visit, link)
    await cab.get_by_role("link", name="All chats").click()
    await expect(cab.get_by_role("heading", name=DRIVER)).to_be_visible()
    await expect(cab.locator("a[data-conversation]").filter(has_text="11066")).to_be_visible()
