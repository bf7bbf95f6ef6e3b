"""One browser, several people: what one has written is never shown to another, nor sent in another's name."""

import re

from playwright.async_api import expect

from .conftest import DESK
from .test_sending import SENDS, state
from .thread import composer, is_live, lines, shows_once, write


async def sign_in(page, name, chat):
    await page.goto(f"/login/?next={chat.path}")
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Password").fill("demo")
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"**{chat.path}")


async def sign_out(page):
    await page.locator(".you > summary").click()
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/login/**")


async def test_the_next_one_at_the_desk_finds_nothing_of_the_last(visit, chat, complaints):
    complaints.expect("ERR_FAILED", "status of 401")
    page = await visit("/login/", **DESK)
    await sign_in(page, "dispatcher", chat)
    await page.route(SENDS, lambda route: route.abort())
    await write(page, "Not for support.")
    await expect(state(page, "Not for support.")).to_contain_text("Not sent.")
    await composer(page).press_sequentially("Nor is this")
    await sign_out(page)
    await page.unroute(SENDS)

    await sign_in(page, "support", chat)
    await is_live(page)
    for _ in range(2):
        await expect(composer(page)).to_have_value("")
        await expect(lines(page, "Not for support.")).to_have_count(0)
        # The page that the browser remembers from before is no other way to it.
        await page.go_back()
        await page.goto(chat.path)
    await sign_out(page)

    await sign_in(page, "dispatcher", chat)
    await shows_once(page, "Not for support.")
    await expect(composer(page)).to_have_value("Nor is this")


async def test_the_last_ones_tab_sends_nothing_in_the_name_of_the_next(visit, chat, complaints):
    complaints.expect("ERR_FAILED", "status of 40[13]", "WebSocket connection")
    page = await visit("/login/", **DESK)
    # This tab has no socket that could tell it.
    await page.route_web_socket(re.compile("/ws/"), lambda socket: None)
    await sign_in(page, "dispatcher", chat)
    await page.route(SENDS, lambda route: route.abort())
    await write(page, "As Dispatcher 1.")
    await expect(state(page, "As Dispatcher 1.")).to_contain_text("Not sent.")
    other = await page.context.new_page()
    await other.goto("/orders/")
    await sign_out(other)
    await sign_in(other, "support", chat)

    async with page.expect_navigation():
        await page.unroute(SENDS)
        # It would try again by itself, some time. Now it does at once.
        await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(page.locator(".you .role")).to_have_text("Support")
    for tab in (page, other):
        await expect(lines(tab, "As Dispatcher 1.")).to_have_count(0)
    await sign_out(other)
    await sign_in(other, "dispatcher", chat)
    await shows_once(other, "As Dispatcher 1.")
    await expect(lines(other, "As Dispatcher 1.").locator(".message__author")).to_have_text(re.compile("Dispatcher"))


async def test_signed_out_with_something_unsent(visit, chat, complaints):
    complaints.expect("ERR_FAILED", "status of 401")
    page = await visit("/login/", **DESK)
    await sign_in(page, "dispatcher", chat)
    await page.route(SENDS, lambda route: route.abort())
    await write(page, "Unsent.")
    await expect(state(page, "Unsent.")).to_contain_text("Not sent.")
    other = await page.context.new_page()
    await other.goto("/orders/")
    async with page.expect_navigation(url="**/login/**"):
        await sign_out(other)
    await page.unroute(SENDS)
    await sign_in(page, "dispatcher", chat)
    await shows_once(page, "Unsent.")


async def test_two_guests_on_one_phone(customer, chat, colleague, order, complaints):
    complaints.expect("ERR_FAILED")
    phone = await customer(chat)
    await phone.route(SENDS, lambda route: route.abort())
    await write(phone, "The customer's.")
    await expect(state(phone, "The customer's.")).to_contain_text("Not sent.")
    await composer(phone).press_sequentially("The customer's dr")
    driver = await colleague.find(order["driver_name"])
    await colleague.add(chat, driver)
    cab = await phone.context.new_page()
    await cab.goto(await colleague.make_link(chat, driver))
    await cab.wait_for_url(f"**/g/*{chat.path}")
    await is_live(cab)
    await expect(composer(cab)).to_have_value("")
    await expect(lines(cab, "The customer's.")).to_have_count(0)

    # The customer's own new link finds both.
    await phone.close()
    await cab.goto(await colleague.make_link(chat, chat.customer_id))
    await cab.wait_for_url(f"**/g/*{chat.path}")
    await shows_once(cab, "The customer's.")
    await expect(composer(cab)).to_have_value("The customer's dr")
