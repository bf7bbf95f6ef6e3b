"""Networks and pages that fail: all that was typed arrives once, in order, and the page says what is true meanwhile."""

import asyncio
import os
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from playwright.async_api import expect

from .proxy import Proxy
from .test_sending import SENDS, state
from .thread import composer, is_live, lines, shows_once, transcript, write

FULL = os.environ.get("FAULTS") == "full"
MESSAGES = re.compile(r"/messages/")
# What a page loads a little later may be on its way just then, and is asked for again by whoever needs it.
NO_NETWORK = ("ERR_INTERNET_DISCONNECTED", "WebSocket connection", r"ERR_FAILED.*/static/js/")
# Milliseconds: longer than the longest pause between two attempts.
PATIENCE = 35_000


def banner(page):
    return page.locator("#connection")


def said(rows, *texts):
    return [text for _, text in rows if text in texts]


# No network


@pytest.mark.parametrize("seconds", [10, 300] if FULL else [10])
async def test_offline_for_a_while(dispatcher, customer, chat, complaints, seconds):
    complaints.expect(*NO_NETWORK)
    page, phone = await dispatcher(chat.path), await customer(chat)
    await is_live(phone)
    await phone.context.set_offline(True)
    await expect(banner(phone)).to_contain_text("No connection.")
    await write(phone, "One in the tunnel.", "Two in the tunnel.")
    await write(page, "Said outside.")
    for text in ("One in the tunnel.", "Two in the tunnel."):
        await expect(state(phone, text)).to_contain_text("Not sent.")

    # What is tested is that so much time goes by.
    await asyncio.sleep(seconds)
    await expect(banner(phone)).to_contain_text("No connection.")
    await expect(lines(phone, "Said outside.")).to_have_count(0)
    await phone.context.set_offline(False)
    texts = ("Said outside.", "One in the tunnel.", "Two in the tunnel.")
    for reader in (page, phone):
        for text in texts:
            await shows_once(reader, text, within=PATIENCE)
    await expect(banner(phone)).to_be_hidden()
    assert said(await transcript(page), *texts) == list(texts)
    assert await transcript(page) == await transcript(phone)


async def test_offline_for_five_minutes_of_the_pages_time(dispatcher, chat, colleague, complaints):
    complaints.expect(*NO_NETWORK)
    page = await dispatcher("/login/")
    await page.clock.install()
    await page.goto(chat.path)
    await is_live(page)
    await page.context.set_offline(True)
    await write(page, "Before the long pause.")
    for _ in range(30):
        await page.clock.run_for(10_000)
        await expect(banner(page)).to_contain_text("No connection.")
        await expect(state(page, "Before the long pause.")).to_contain_text("Not sent.")
    await write(page, "At its end.")
    await colleague.send(chat, "Meanwhile.")
    await page.context.set_offline(False)
    for text in ("Meanwhile.", "Before the long pause.", "At its end."):
        await shows_once(page, text, within=PATIENCE)
    await expect(banner(page)).to_be_hidden()
    assert said(await transcript(page), "Before the long pause.", "At its end.") == [
        "Before the long pause.",
        "At its end.",
    ]


# No websocket


# Asked for before the pages, so that it goes after them.
@pytest_asyncio.fixture(loop_scope="session")
async def proxy(server):
    async with Proxy(server) as proxy:
        yield proxy


async def test_websockets_are_refused(proxy, dispatcher, chat, colleague, complaints):
    complaints.expect("WebSocket connection")
    proxy.websockets = "refused"
    page = await dispatcher(proxy.url + chat.path)
    await expect(banner(page)).to_contain_text("New messages come every few seconds.", timeout=15_000)
    await colleague.send(chat, "By asking.")
    await shows_once(page, "By asking.", within=8000)
    await write(page, "Sent all the same.")
    await expect(state(page, "Sent all the same.")).to_have_text("Sent")

    proxy.websockets = "through"
    await expect(banner(page)).to_be_hidden(timeout=PATIENCE)
    await is_live(page)


async def is_slow(page):
    """Within three minutes of the page's time; of the real one, the network gets what it needs every five seconds."""
    under_way = set()
    page.on("request", lambda request: under_way.add(request))
    for end in ("requestfinished", "requestfailed"):
        page.on(end, lambda request: under_way.discard(request))
    for _ in range(180 // 5):
        with suppress(AssertionError):
            await expect(banner(page)).to_contain_text("Slow connection.", timeout=250)
            break
        while under_way:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        await page.clock.run_for(5_000)
    await expect(banner(page)).to_contain_text("Slow connection.")


async def test_a_handshake_is_never_answered(proxy, dispatcher, chat, colleague, complaints):
    complaints.expect("WebSocket connection")
    proxy.websockets = "unanswered"
    page = await dispatcher("/login/")
    await page.clock.install()
    await page.goto(proxy.url + chat.path)
    await write(page, "Sent without it.")
    await expect(state(page, "Sent without it.")).to_have_text("Sent")
    await colleague.send(chat, "Not heard yet.")
    await is_slow(page)
    await shows_once(page, "Not heard yet.")


async def test_a_websocket_opens_and_brings_nothing(proxy, dispatcher, chat, colleague, complaints):
    complaints.expect("WebSocket connection")
    proxy.websockets = "deaf"
    page = await dispatcher("/login/")
    await page.clock.install()
    await page.goto(proxy.url + chat.path)
    await is_live(page)
    await colleague.send(chat, "Into the void.")
    await is_slow(page)
    await shows_once(page, "Into the void.")


# Pages that go away


async def test_a_tab_crashes(dispatcher, chat, complaints):
    complaints.expect("ERR_FAILED")
    page = await dispatcher(chat.path)
    await page.route(SENDS, lambda route: route.abort())
    await write(page, "Written before the crash.", "And this.")
    await expect(state(page, "And this.")).to_contain_text("Not sent.")
    await composer(page).press_sequentially("Half a sent")
    session = await page.context.new_cdp_session(page)
    async with page.expect_event("crash"):
        crash = asyncio.ensure_future(session.send("Page.crash"))
    crash.cancel()

    again = await page.context.new_page()
    await again.goto(chat.path)
    await shows_once(again, "And this.")
    await expect(composer(again)).to_have_value("Half a sent")
    texts = ["Written before the crash.", "And this."]
    assert said(await transcript(again), *texts) == texts


async def minute(page):
    """Of real time in full, else of the page's own."""
    if FULL:
        await asyncio.sleep(60)
        return
    for _ in range(60 // 5):
        await page.clock.run_for(5_000)


# As the browser notices it, and as a phone's does not.
@pytest.mark.parametrize("network", ["gone", "silent"])
async def test_a_hidden_tab_for_a_minute(proxy, dispatcher, chat, colleague, complaints, network):
    complaints.expect(*NO_NETWORK, "ERR_FAILED")
    page = await dispatcher("/login/")
    if not FULL:
        await page.clock.install()
    await page.goto(proxy.url + chat.path)
    await is_live(page)
    await expect(banner(page)).to_be_hidden()
    if network == "gone":
        await page.context.set_offline(True)
    else:
        await page.route(MESSAGES, lambda route: route.abort())
        proxy.websockets = "unanswered"
    await write(page, "Not sent when it was put away.")
    await composer(page).press_sequentially("Half a sent")
    unsent = state(page, "Not sent when it was put away.")
    await expect(unsent).to_contain_text("Not sent.")
    if network == "gone":
        await expect(banner(page)).to_contain_text("No connection.")
    else:
        # Of the socket nobody knows anything yet: the message says what is true.
        await expect(banner(page)).to_be_hidden()

    await show(page, "hidden")
    await colleague.send(chat, "While nobody looked.")
    await minute(page)
    await colleague.send(chat, "Just before.")
    # Who looks before there is a network again sees that there is none.
    await show(page, "visible")
    await expect(banner(page)).to_contain_text("No connection." if network == "gone" else "Reconnecting…")
    await expect(unsent).to_contain_text("Not sent.")
    for text in ("While nobody looked.", "Just before."):
        await expect(lines(page, text)).to_have_count(0)

    await show(page, "hidden")
    if network == "gone":
        await page.context.set_offline(False)
    else:
        await page.unroute(MESSAGES)
        proxy.websockets = "through"
    await show(page, "visible")
    texts = ["While nobody looked.", "Just before.", "Not sent when it was put away."]
    for text in texts:
        await shows_once(page, text, within=PATIENCE)
    await expect(unsent).to_have_text("Sent")
    await expect(banner(page)).to_be_hidden(timeout=PATIENCE)
    await is_live(page)
    await expect(composer(page)).to_have_value("Half a sent")

    # As it is stored, too.
    await page.reload()
    for text in texts:
        await shows_once(page, text)
    assert said(await transcript(page), *texts) == texts
    await expect(composer(page)).to_have_value("Half a sent")


async def test_a_tab_that_the_browser_freezes(dispatcher, chat, colleague):
    """As it does with what has stood in the background: no timer runs there and nothing is heard."""
    page = await dispatcher(chat.path)
    await is_live(page)
    await composer(page).press_sequentially("Half a sent")
    browser = await page.context.new_cdp_session(page)
    await browser.send("Page.setWebLifecycleState", {"state": "frozen"})
    await colleague.send(chat, "While it was frozen.")
    # What is tested is that so much time goes by.
    await asyncio.sleep(60 if FULL else 5)
    await browser.send("Page.setWebLifecycleState", {"state": "active"})

    await shows_once(page, "While it was frozen.", within=PATIENCE)
    await expect(composer(page)).to_have_value("Half a sent")
    await composer(page).press_sequentially("ence.")
    await page.get_by_role("button", name="Send").click()
    await shows_once(page, "Half a sentence.")
    await expect(banner(page)).to_be_hidden()


async def test_who_looks_again_does_not_wait_for_the_next_try(dispatcher, chat, complaints):
    complaints.expect("ERR_FAILED")
    page = await dispatcher("/login/")
    await page.clock.install()
    await page.goto(chat.path)
    await is_live(page)
    await page.clock.pause_at(await page.evaluate("Date.now()") + 10_000)
    await page.route(SENDS, lambda route: route.abort())
    await write(page, "On a screen that is off.")
    unsent = state(page, "On a screen that is off.")
    await expect(unsent).to_contain_text("Not sent.")
    await show(page, "hidden")
    await page.unroute(SENDS)
    await show(page, "visible")
    await expect(unsent).to_have_text("Sent")


async def show(page, visibility):
    await page.evaluate(
        """(visibility) => {
            Object.defineProperty(document, "visibilityState", { value: visibility, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        visibility,
    )


# With no-store and a websocket Chromium makes the page anew. What other browsers keep is in test_kept_pages.py.
async def test_away_and_back(dispatcher, chat, colleague):
    page = await dispatcher(chat.path)
    await is_live(page)
    await composer(page).press_sequentially("Half a sent")
    await page.get_by_role("link", name="Orders", exact=True).click()
    await colleague.send(chat, "While away.")
    await page.go_back()
    await shows_once(page, "While away.")
    await expect(composer(page)).to_have_value("Half a sent")
    await write(page, "Back again.")
    await expect(state(page, "Back again.")).to_have_text("Sent")
    await is_live(page)


# Two tabs


async def test_two_tabs_without_a_network(dispatcher, chat, complaints):
    complaints.expect(*NO_NETWORK)
    first = await dispatcher(chat.path)
    second = await first.context.new_page()
    await second.goto(chat.path)
    for page in (first, second):
        await is_live(page)
    await first.context.set_offline(True)
    await write(first, "From the first.", "Deleted in the second.")
    await write(second, "From the second.")
    # Each of them knows all that is not sent.
    for page in (first, second):
        for text in ("From the first.", "Deleted in the second.", "From the second."):
            await expect(state(page, text)).to_contain_text("Not sent.", timeout=15_000)
    await lines(second, "Deleted in the second.").get_by_role("button", name="Delete").click()
    await expect(lines(first, "Deleted in the second.")).to_have_count(0)

    await first.context.set_offline(False)
    texts = ["From the first.", "From the second."]
    for page in (first, second):
        for text in texts:
            await shows_once(page, text, within=PATIENCE)
        await expect(lines(page, "Deleted in the second.")).to_have_count(0)
        assert said(await transcript(page), *texts) == texts
        await expect(page.locator("#messages .message--failed")).to_have_count(0)


# Clocks


async def test_clocks_that_are_a_day_off(dispatcher, customer, chat, colleague):
    page, phone = await dispatcher("/login/"), await customer(chat)
    now = datetime.now(UTC)
    for tab, path, time in ((page, chat.path, now - timedelta(days=1)), (phone, phone.url, now + timedelta(days=1))):
        await tab.clock.install(time=time)
        await tab.goto(path)
        await is_live(tab)
        assert abs(await tab.evaluate("Date.now()") / 1000 - now.timestamp()) > 23 * 3600
    texts = []
    for turn in range(3):
        for who, tab in (("the console", page), ("the phone", phone)):
            texts.append(f"{turn} from {who}")
            await write(tab, texts[-1])
            await shows_once(phone if tab is page else page, texts[-1])
        texts.append(f"{turn} with the right time")
        await colleague.send(chat, texts[-1])
        await shows_once(phone, texts[-1])
    for tab in (page, phone):
        await shows_once(tab, texts[-1])
        assert said(await transcript(tab), *texts) == texts
