"""Pages that the browser has kept whole, scripts and all, and shows again when somebody goes back to them.

Chromium keeps none that has `Cache-Control: no-store` and has had a websocket: such a page is asked for anew, as
test_faults.py has it. Others keep them, over plain HTTP above all. So a proxy takes `no-store` away here, and the page
really comes out of Chromium's cache.
"""

import asyncio

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect

from tests.callers import Caller
from tests.services import chromium

from .conftest import ARGUMENTS, DESK, PHONE
from .proxy import Proxy
from .test_faults import NO_NETWORK, PATIENCE, banner, said
from .test_sending import state
from .thread import composer, is_live, shows_once, transcript, write


# In the place of the one for all tests, which Playwright starts without that cache.
@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser(server):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=ARGUMENTS, ignore_default_args=["--disable-back-forward-cache"]
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def proxy(server):
    async with Proxy(server, keeps_pages=True) as proxy:
        yield proxy


@pytest.fixture
def at_the_desk(proxy, dispatcher, chat):
    return lambda: dispatcher(proxy.url + chat.path)


@pytest.fixture
def on_the_phone(server, proxy, visit, colleague, chat):
    async def on_the_phone():
        link = await colleague.make_link(chat, chat.customer_id)
        page = await visit(link.replace(server.url, proxy.url), **PHONE)
        await page.wait_for_url(f"**/g/*{chat.path}")
        return page

    return on_the_phone


@pytest.fixture(params=["at_the_desk", "on_the_phone"])
def come(request):
    """Somebody's page of the chat, which the browser may keep: await come()."""
    return request.getfixturevalue(request.param)


async def leave(page):
    await is_live(page)
    # What a page still fetches keeps it from being kept.
    await page.wait_for_load_state("networkidle")
    await page.evaluate(
        'addEventListener("pageshow", (event) => (document.body.dataset.kept = event.persisted), { once: true })'
    )
    await page.goto("about:blank")


async def come_back(page):
    # A page that was kept is not loaded, which is what Playwright waits for by itself.
    await page.go_back(wait_until="commit")


async def was_kept(page):
    await expect(page.locator("body")).to_have_attribute("data-kept", "true")


async def test_what_was_missed_is_there_and_what_was_not_sent_is_sent(come, proxy, chat, colleague, complaints):
    complaints.expect("ERR_EMPTY_RESPONSE")
    page = await come()
    proxy.takes_sends = False
    await page.evaluate("Math.random = () => 0.999")
    failed, third = [], asyncio.Event()

    def note(request):
        failed.append(request)
        if len(failed) == 3:
            third.set()

    page.on("requestfailed", note)
    await write(page, "Not sent when I left.")
    await expect(state(page, "Not sent when I left.")).to_contain_text("Not sent.")
    await composer(page).press_sequentially("Half a sent")
    # The next try is some seconds off: one under way would keep the page from being kept.
    await asyncio.wait_for(third.wait(), PATIENCE / 1000)
    await leave(page)
    await colleague.send(chat, "While away.", "And still.")

    await come_back(page)
    await was_kept(page)
    texts = ["While away.", "And still.", "Not sent when I left."]
    for text in texts[:2]:
        await shows_once(page, text)
    await expect(state(page, "Not sent when I left.")).to_contain_text("Not sent.")
    proxy.takes_sends = True
    for text in texts:
        await shows_once(page, text, within=PATIENCE)
    await is_live(page)
    await expect(banner(page)).to_be_hidden()
    await expect(composer(page)).to_have_value("Half a sent")
    await colleague.send(chat, "Live again.")
    await shows_once(page, "Live again.")
    await page.reload()
    texts.append("Live again.")
    for text in texts:
        await shows_once(page, text)
    assert said(await transcript(page), *texts) == texts


async def test_a_page_that_is_shown_again_without_a_network_says_so(come, complaints):
    complaints.expect(*NO_NETWORK)
    page = await come()
    await leave(page)
    await page.context.set_offline(True)
    await come_back(page)
    await was_kept(page)
    await expect(banner(page)).to_contain_text("No connection.")
    await page.context.set_offline(False)
    await expect(banner(page)).to_be_hidden(timeout=PATIENCE)
    await is_live(page)


async def test_who_has_signed_out_meanwhile_sees_the_door(server, proxy, visit, chat, complaints):
    complaints.expect("status of 401")
    person = await Caller(server.url).sign_in("support")
    cookies = [{"name": name, "value": value, "url": proxy.url} for name, value in person.client.cookies.items()]
    page = await visit(proxy.url + chat.path, storage_state={"cookies": cookies}, **DESK)
    await leave(page)
    await person.post("/logout/")
    await come_back(page)
    await page.wait_for_url("**/login/**")


async def test_whose_link_was_revoked_meanwhile_sees_the_door(on_the_phone, chat, colleague, complaints):
    complaints.expect("status of 404")
    page = await on_the_phone()
    await leave(page)
    await colleague.post(f"{chat.path}participants/{chat.customer_id}/links/", method="DELETE")
    await come_back(page)
    await expect(page.get_by_role("heading")).to_contain_text("no longer works")
    await expect(page.locator("#messages")).to_have_count(0)
