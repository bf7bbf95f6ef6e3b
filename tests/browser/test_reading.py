"""What was on the screen is read, and nothing else; who has seen what one said; where the unread begins."""

import asyncio
import re
from datetime import UTC, datetime

from playwright.async_api import expect

from .test_accessibility import is_sound
from .thread import composer, is_live, line, shows_once, write

MANY = [f"Line {number}" for number in range(1, 41)]


def row(page, chat):
    return page.locator(f'a[data-conversation="{chat.id}"]')


async def unread(page, chat, count):
    await expect(row(page, chat)).to_have_attribute("data-unread", str(count))


def unread_line(page):
    return page.locator("#messages > .unread-line")


def status(page, text):
    return line(page, text).locator(".message__status")


async def tool(page, text, name):
    await line(page, text).hover()
    return line(page, text).get_by_role("button", name=name)


async def come_back(page):
    await page.evaluate("dispatchEvent(new Event('focus'))")


async def test_the_page_opens_at_the_first_unread_message(dispatcher, colleague, chat):
    page = await dispatcher(chat.path)
    await write(page, "Read so far.")
    await shows_once(page, "Read so far.")
    await page.goto("/orders/")
    await colleague.send(chat, *MANY)

    await page.goto(chat.path)

    await expect(unread_line(page)).to_have_text("40 new")
    await expect(unread_line(page)).to_be_in_viewport()
    await expect(line(page, "Read so far.")).to_be_in_viewport()
    await expect(line(page, "Line 1")).to_be_in_viewport()
    await expect(line(page, "Line 40")).not_to_be_in_viewport()
    # The author stands at the first one again, since the line parts it from what was before.
    await expect(line(page, "Line 1").locator(".message__meta")).to_be_in_viewport()
    await is_sound(page)


async def test_only_what_was_on_the_screen_is_read(dispatcher, colleague, chat):
    await colleague.send(chat, *MANY)
    page = await dispatcher(chat.path)
    await expect(line(page, "Line 1")).to_be_in_viewport()
    await expect(row(page, chat)).not_to_have_attribute("data-unread", "40")
    await expect(row(page, chat)).not_to_have_attribute("data-unread", "0")

    await page.get_by_role("button", name="Latest").click()

    await unread(page, chat, 0)


async def test_the_line_stays_where_it_is_while_the_page_is_open(dispatcher, colleague, chat):
    await colleague.send(chat, "One", "Two")
    page = await dispatcher(chat.path)
    await is_live(page)
    await expect(unread_line(page)).to_have_text("2 new")
    await expect(line(page, "Two")).to_be_in_viewport()

    await colleague.send(chat, "Three")
    await shows_once(page, "Three")
    await unread(page, chat, 0)

    await expect(unread_line(page)).to_have_text("2 new")
    await expect(page.locator(".unread-line + li .message__body")).to_have_text("One")
    await expect(line(page, "Two")).to_have_class(re.compile("message--continued"))
    # What was read is told twice a second.
    async with asyncio.timeout(10):
        while True:
            await page.reload()
            await shows_once(page, "Three")
            if not await unread_line(page).count():
                break


async def test_nothing_is_read_while_the_window_has_no_focus(dispatcher, colleague, chat):
    page = await dispatcher(None)
    # Every page of a browser under test has the focus, so this one is told that it has not.
    await page.add_init_script("document.hasFocus = () => Boolean(window.isLookedAt)")
    await colleague.send(chat, "One", "Two")
    await page.goto(chat.path)
    await is_live(page)
    await colleague.send(chat, "Three")
    await shows_once(page, "Three")
    await unread(page, chat, 3)

    await page.evaluate("window.isLookedAt = true")
    await come_back(page)

    await unread(page, chat, 0)


async def test_unread_from_here_until_one_answers_or_opens_it_anew(dispatcher, colleague, chat):
    page, other = await dispatcher(chat.path), await dispatcher("/chats/")
    await is_live(page)
    await colleague.send(chat, "One", "Two", "Three")
    # Read, and not merely not yet here.
    await expect(row(page, chat)).to_contain_text("Three")
    await unread(page, chat, 0)

    await (await tool(page, "Two", "Mark as unread from here")).click()

    await unread(page, chat, 2)
    await unread(other, chat, 2)
    await expect(unread_line(page)).to_have_text("2 new")
    await expect(page.locator(".unread-line + li .message__body")).to_have_text("Two")
    await is_sound(page)
    await colleague.send(chat, "Four")
    await shows_once(page, "Four")
    await unread(page, chat, 3)
    # Who looks into another window meanwhile has still not done what is to be done.
    await come_back(page)
    await colleague.send(chat, "Five")
    await shows_once(page, "Five")
    await unread(page, chat, 4)

    await write(page, "Done.")
    await unread(page, chat, 0)
    await unread(other, chat, 0)
    await colleague.send(chat, "Thank you")
    await shows_once(page, "Thank you")
    await unread(page, chat, 0)

    await (await tool(page, "Thank you", "Mark as unread from here")).click()
    await unread(other, chat, 1)
    await page.goto(chat.path)
    await unread(other, chat, 0)


async def test_by_a_finger(dispatcher, colleague, chat):
    page = await dispatcher(chat.path, has_touch=True, is_mobile=True, viewport={"width": 820, "height": 1180})
    await is_live(page)
    await colleague.send(chat, "One", "Two", "Three")
    await unread(page, chat, 0)

    await line(page, "Two").locator(".message__body").tap()
    button = page.get_by_role("button", name="Mark as unread from here")
    await expect(page.get_by_role("button", name="Copy link to this message")).to_be_visible()
    await is_sound(page)
    await line(page, "One").locator(".message__body").tap()
    await expect(line(page, "One").locator(button)).to_be_visible()
    # The same again, or anything else, puts them away.
    await line(page, "One").locator(".message__body").tap()
    await expect(button).to_have_count(0)
    await line(page, "Two").locator(".message__body").tap()
    await button.tap()

    await unread(page, chat, 2)
    await expect(page.locator(".unread-line + li .message__body")).to_have_text("Two")


async def test_by_keyboard(dispatcher, colleague, chat):
    page = await dispatcher(chat.path)
    await colleague.send(chat, "One")
    await unread(page, chat, 0)

    await line(page, "One").locator(".message__meta a").focus()
    button = line(page, "One").get_by_role("button", name="Mark as unread from here")
    # Past replying and the link.
    for _ in range(3):
        await page.keyboard.press("Tab")
    await expect(button).to_be_focused()
    await page.keyboard.press("Enter")

    await unread(page, chat, 1)


async def test_who_has_seen_what_i_wrote(dispatcher, customer, colleague, chat):
    desk = await dispatcher(chat.path)
    await is_live(desk)
    await write(desk, "At the gate.")
    await expect(status(desk, "At the gate.")).to_have_text("Sent")

    phone = await customer(chat)
    await expect(line(phone, "At the gate.")).to_be_visible()

    await expect(status(desk, "At the gate.")).to_contain_text(f"Seen by {chat.customer}")
    await expect(status(desk, "At the gate.").locator("summary time")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    await colleague.post(f"{chat.path}reads/", number=9)
    await expect(status(desk, "At the gate.").locator("summary")).to_have_text("Seen by 2")
    await status(desk, "At the gate.").locator("summary").click()
    await expect(status(desk, "At the gate.").get_by_role("listitem")).to_have_count(2)
    await expect(status(desk, "At the gate.")).to_contain_text("Support 1")
    await is_sound(desk)
    await desk.reload()
    await expect(status(desk, "At the gate.").locator("summary")).to_have_text("Seen by 2")

    # What is written next has been seen by nobody yet; and it is the same on the phone.
    await write(phone, "I am coming.")
    await expect(status(phone, "I am coming.")).to_contain_text("Seen by Dispatcher 1")
    await expect(status(desk, "At the gate.")).to_have_count(0)
    await is_sound(phone)


async def test_what_has_come_to_a_phone_in_a_pocket_is_delivered_and_not_seen(dispatcher, customer, chat):
    phone = await customer(chat)
    # Every page of a browser under test has the focus, so this one is told that it has not.
    await phone.add_init_script("document.hasFocus = () => Boolean(window.isLookedAt)")
    await phone.reload()
    await is_live(phone)
    desk = await dispatcher(chat.path)

    await write(desk, "At the gate.")

    await expect(status(desk, "At the gate.").locator("summary")).to_have_text(f"Delivered to {chat.customer}")
    await status(desk, "At the gate.").locator("summary").click()
    await expect(status(desk, "At the gate.").get_by_role("listitem")).to_have_text(
        f"{chat.customer}: delivered, not seen yet"
    )
    await is_sound(desk)
    await desk.reload()
    await expect(status(desk, "At the gate.").locator("summary")).to_have_text(f"Delivered to {chat.customer}")

    await phone.evaluate("window.isLookedAt = true")
    await come_back(phone)

    await expect(status(desk, "At the gate.").locator("summary")).to_contain_text(f"Seen by {chat.customer}")


async def test_also_without_a_socket(dispatcher, colleague, chat, complaints):
    complaints.expect("WebSocket")
    page = await dispatcher(None)
    await page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close())
    await page.goto(chat.path)
    await write(page, "At the gate.")
    await expect(status(page, "At the gate.")).to_have_text("Sent")

    await colleague.post(f"{chat.path}reads/", number=9)

    await expect(status(page, "At the gate.")).to_contain_text("Seen by Support 1", timeout=20_000)


async def test_a_copied_link_shows_the_message_in_its_place(dispatcher, colleague, chat):
    page = await dispatcher(chat.path)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await colleague.send(chat, "Gate code 12")
    await shows_once(page, "Gate code 12")

    await (await tool(page, "Gate code 12", "Copy link to this message")).click()
    await expect(line(page, "Gate code 12").get_by_role("status")).to_have_text("Copied")
    link = await page.evaluate("navigator.clipboard.readText()")
    await colleague.send(chat, *MANY, *MANY)
    await page.goto("/orders/")
    await page.goto(link)

    await expect(line(page, "Gate code 12")).to_be_in_viewport()
    await expect(composer(page)).to_be_visible()


async def test_at_midnight_today_becomes_yesterday(dispatcher, colleague, chat):
    await colleague.send(chat, "Late in the evening.")
    page = await dispatcher("/login/", timezone_id="UTC")
    evening = datetime.now(UTC).replace(hour=23, minute=59, second=50)
    await page.clock.install(time=evening)
    await page.goto(chat.path)
    await is_live(page)
    await expect(page.locator("#messages > .day").last).to_have_text("Today")
    await expect(row(page, chat).locator(".row__when")).to_have_text(re.compile(r"^\d\d:\d\d$"))

    await page.clock.run_for(30_000)

    await expect(page.locator("#messages > .day").last).to_have_text("Yesterday")
    await expect(row(page, chat).locator(".row__when")).to_have_text(f"{evening.day} {evening:%b}")
