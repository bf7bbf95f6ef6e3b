"""A link's life on a phone: it ends, another one is asked for, and where no cookies are kept it opens elsewhere."""

import json
import re
import time

import pytest
from playwright.async_api import async_playwright, expect

from tests.services import chromium

from .conftest import ARGUMENTS, PHONE
from .states import Stage
from .thread import composer, is_live, line, path_of, write

ENDED = "This link no longer works"
BLOCKED = {"profile": {"default_content_setting_values": {"cookies": 2}}}


def deliver(server, chat, days):
    Stage(server, None, None, None, chat).deliver(days)


async def end_link(page, server, chat):
    """The customer leaves the page, and the link ends. Where the page was: an open one goes to the door by itself."""
    left = page.url
    await page.goto("about:blank")
    deliver(server, chat, 8)
    return left


async def test_who_is_shut_out_asks_and_dispatch_answers(customer, dispatcher, chat, server, complaints):
    complaints.expect("status of 404")
    phone = await customer(chat)
    await write(phone, "Leave it at the dock.")
    await expect(line(phone, "Leave it at the dock.")).to_be_visible()
    desk = await dispatcher(f"{chat.path}?show=all")
    await is_live(desk)
    door = await end_link(phone, server, chat)

    # An old tab, the next morning.
    assert (await phone.goto(door)).status == 404
    await expect(phone.get_by_role("heading", name=ENDED)).to_be_visible()
    await phone.get_by_role("button", name="Ask for a new link").click()
    await expect(phone.get_by_role("status")).to_contain_text("Dispatch sees it, and sends you one.")
    await expect(phone.get_by_role("button", name="Ask for a new link")).to_have_count(0)

    # Dispatch sees it without a reload: in the chat, at the person, in the list and among those who wait.
    person = desk.locator(f"#person-{chat.customer_id}")
    await expect(desk.get_by_text(f"{chat.customer} asked for a new link.")).to_be_visible()
    await expect(person.get_by_text("Asked for a new link")).to_be_visible()
    row = desk.locator(f"#conversation-{chat.id}")
    await expect(row).to_contain_text(f"{chat.customer} asks for a new link")
    await expect(row.locator("[data-waiting]")).to_be_attached()

    await person.get_by_role("button", name="Make a new link").click()
    url = await person.get_by_role("textbox", name="Link", exact=True).input_value()
    await expect(person.get_by_text("Asked for a new link")).to_have_count(0)
    await expect(row).not_to_contain_text("asks for a new link")

    # It opens the same chat, to write.
    await phone.goto(url)
    await phone.wait_for_url(f"**/g/*{chat.path}")
    await is_live(phone)
    await expect(line(phone, "Leave it at the dock.")).to_be_visible()
    await write(phone, "One box is missing.")
    await expect(line(desk, "One box is missing.")).to_be_visible()


async def test_a_request_is_dismissed(customer, dispatcher, chat, server, colleague, complaints):
    complaints.expect("status of 404")
    phone = await customer(chat)
    await phone.goto(await end_link(phone, server, chat))
    await phone.get_by_role("button", name="Ask for a new link").click()
    await expect(phone.get_by_role("status")).to_be_visible()
    desk = await dispatcher(chat.path)
    await is_live(desk)
    person = desk.locator(f"#person-{chat.customer_id}")
    await person.get_by_role("button", name="Dismiss").click()
    await expect(person.get_by_text("Asked for a new link")).to_have_count(0)
    await expect(desk.locator(f"#conversation-{chat.id} [data-waiting]")).to_have_count(0)


async def test_a_delivered_order_is_there_to_read(customer, chat, server, colleague, complaints):
    complaints.expect("status of 409")
    phone = await customer(chat)
    await write(phone, "Thank you.")
    await expect(line(phone, "Thank you.")).to_be_visible()
    deliver(server, chat, 4)

    # The open page finds out by what it sends, and keeps that.
    await write(phone, "One box is missing.")
    failed = phone.locator(".message--failed").filter(has_text="One box is missing.")
    await expect(failed.get_by_role("alert")).to_contain_text("this chat can only be read now")
    await phone.reload()
    await expect(phone.locator("#write .banner")).to_contain_text("this chat can only be read now, until")
    await expect(composer(phone)).to_have_count(0)
    await expect(phone.locator(".guest__as")).to_contain_text(f"You are reading as {chat.customer}")
    await expect(phone.locator(".message--failed")).to_contain_text("One box is missing.")

    # What others write arrives all the same.
    await is_live(phone)
    await colleague.send(chat, "Until next time.")
    await expect(line(phone, "Until next time.")).to_be_visible()


async def test_revoking_closes_the_page_within_two_seconds(customer, chat, colleague, complaints):
    complaints.expect("status of 404")
    phone = await customer(chat)
    await is_live(phone)
    closed = []
    phone.on("framenavigated", lambda frame: closed.append(time.monotonic()))
    began = time.monotonic()
    answer = await colleague.post(f"{chat.path}participants/{chat.customer_id}/links/", method="DELETE")
    assert answer.status_code == 200
    await expect(phone.get_by_role("heading", name=ENDED)).to_be_visible()
    assert closed[0] - began < 2


@pytest.fixture
def no_cookies(tmp_path, server):
    """A browser that keeps no cookies at all: async with no_cookies(**options of the context) as page."""

    class Browser:
        def __init__(self, **options):
            self.options = options

        async def __aenter__(self):
            folder = tmp_path / "profile"
            (folder / "Default").mkdir(parents=True, exist_ok=True)
            (folder / "Default" / "Preferences").write_text(json.dumps(BLOCKED))
            self.playwright = await async_playwright().start()
            self.context = await self.playwright.chromium.launch_persistent_context(
                str(folder),
                executable_path=chromium(),
                args=ARGUMENTS,
                base_url=server.url,
                **{**PHONE, **self.options},
            )
            self.context.set_default_timeout(10_000)
            return await self.context.new_page()

        async def __aexit__(self, *error):
            await self.context.close()
            await self.playwright.stop()

    return Browser


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
async def test_where_no_cookies_are_kept(no_cookies, visit, chat, colleague, scripts):
    link = await colleague.make_link(chat, chat.customer_id)
    token = link.rstrip("/").rpartition("/")[2]
    async with no_cookies(java_script_enabled=scripts) as page:
        told = []
        page.on("request", lambda request: told.append((request.url, request.headers.get("referer", ""))))
        await page.goto(f"{link}?fbclid=IwAR0abc")
        if not scripts:
            await page.get_by_role("button", name="Join chat").click()
        await expect(page.get_by_role("heading", name="Open in your browser")).to_be_visible()
        assert await page.context.cookies() == []

        field = page.get_by_role("textbox", name="Your link")
        await expect(field).to_have_value(link)
        # The app's own menu takes it from the address.
        assert path_of(page).startswith(f"/c/{token}/")
        copy = page.get_by_role("button", name="Copy link")
        if scripts:
            await copy.click()
            await expect(page.get_by_role("button", name="Copied")).to_be_visible()
            selected = (
                "() => { const field = document.activeElement; return field.selectionEnd - field.selectionStart }"
            )
            assert await page.evaluate(selected) == len(link)
        else:
            await expect(copy).to_have_count(0)
            await expect(page.get_by_text("select all of it, and copy it")).to_be_visible()
        assert any("/static/" in url for url, _ in told)
        assert [referer for url, referer in told if token in referer] == []
        assert [url for url, _ in told if token in url and "/c/" not in url] == []

    # The same link in a browser that keeps them.
    phone = await visit(link, **PHONE)
    await phone.wait_for_url(f"**/g/*{chat.path}")
    await expect(composer(phone)).to_be_visible()


async def test_copies_where_there_is_no_clipboard(no_cookies, chat, colleague):
    link = await colleague.make_link(chat, chat.customer_id)
    async with no_cookies() as page:
        await page.context.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        await page.goto(link)
        await page.get_by_role("button", name="Copy link").click()
        await expect(page.get_by_role("button", name=re.compile("Copied|Selected: copy it now"))).to_be_visible()


async def test_no_address_is_told_when_a_link_opens(visit, chat, colleague):
    link = await colleague.make_link(chat, chat.customer_id)
    token = link.rstrip("/").rpartition("/")[2]
    phone, told = await visit(**PHONE), []
    phone.context.on("request", lambda request: told.append(request))
    await phone.goto(link)
    await phone.wait_for_url(f"**/g/*{chat.path}")
    await is_live(phone)
    headers = [(await request.all_headers()).get("referer", "") for request in told]
    assert len(headers) > 5
    assert [referer for referer in headers if token in referer] == []


async def test_a_dispatcher_who_opens_a_guests_link_is_told_as_whom(dispatcher, chat, colleague):
    page = await dispatcher("/chats/", **PHONE)
    await page.goto(await colleague.make_link(chat, chat.customer_id))
    await page.wait_for_url(f"**/g/*{chat.path}")
    await expect(page.get_by_text(f"You are viewing as {chat.customer}.")).to_be_in_viewport()
    await expect(page.get_by_text(f"You are writing as {chat.customer}")).to_be_in_viewport()
