"""outbox.js by itself: what is sent, in which order, how often, and what two tabs know of each other."""

import asyncio
from datetime import timedelta

from playwright.async_api import expect

from .modules import NOW, UNREACHABLE, Inbox, has, is_stored, kept, line, write


async def test_one_after_the_other_in_the_order_in_which_they_were_written(tab):
    release = asyncio.Event()

    async def slow(route):
        await release.wait()
        await inbox_answer(route)

    inbox = Inbox(slow)

    async def inbox_answer(route):
        body, key = inbox.came[-1]
        await route.fulfill(body=inbox.stored(body, key))

    page = await tab(inbox)
    await write(page, "one", "two", "three")
    await has(page, "three", "sending")
    assert inbox.bodies == ["one"]
    release.set()
    await is_stored(page, "three")
    assert inbox.bodies == ["one", "two", "three"]
    assert await kept(page) == {}


async def test_a_retry_carries_the_same_key_and_nothing_overtakes(tab, complaints):
    complaints.expect("ERR_FAILED", "503")
    inbox = Inbox(UNREACHABLE, 503)
    page = await tab(inbox)
    await write(page, "one", "two")
    await has(page, "two", "failed")
    await page.evaluate("window.chance = 0")
    await page.evaluate("dispatchEvent(new Event('online'))")
    await is_stored(page, "two")
    assert inbox.bodies == ["one", "one", "one", "two"]
    assert len({key for _, key in inbox.came}) == 2


async def test_not_sent_is_said_once_however_often_it_is_tried(tab, complaints):
    complaints.expect("503")
    inbox = Inbox(503, 503, 503, 503)
    page = await tab(inbox)
    await page.evaluate("window.chance = 0.01")
    marks = []
    await page.expose_function("note", lambda mark: marks.append(mark))
    await page.evaluate(
        """new MutationObserver((records) => records.forEach((record) => note(record.target.dataset.marks)))
            .observe(document.getElementById("messages"), { subtree: true, attributeFilter: ["data-marks"] })"""
    )
    await write(page, "again and again")
    await is_stored(page, "again and again")
    assert len(inbox.came) == 5
    assert marks[-1] == "sending failed"


async def test_the_server_says_when_to_come_back(tab, complaints):
    complaints.expect("429")
    inbox = Inbox((429, {"Retry-After": "60"}))
    page = await tab(inbox, clock=NOW)
    await page.clock.pause_at(NOW + timedelta(seconds=10))
    await write(page, "too fast")
    await has(page, "too fast", "failed")
    await page.clock.run_for(59_000)
    assert len(inbox.came) == 1
    await page.clock.run_for(2_000)
    await is_stored(page, "too fast")


async def test_a_server_that_is_busy_is_said_to_be_and_asked_when_it_says(tab, complaints):
    complaints.expect("503")
    # As the gate says it, and as a page does.
    for html in ("Files cannot be taken at the moment.", "<h1>Please wait</h1>"):
        inbox = Inbox((503, {"Retry-After": "10", "html": html}))
        page = await tab(inbox, clock=NOW)
        await page.clock.pause_at(NOW + timedelta(seconds=10))
        await write(page, "at noon")
        await has(page, "at noon", "failed")
        assert await line(page, "at noon").get_attribute("data-reason") == "The server is busy. It is tried again."
        await page.clock.run_for(9_500)
        assert inbox.bodies == ["at noon"]
        await page.clock.run_for(1_000)
        await is_stored(page, "at noon")


async def test_an_answer_from_somebody_else_is_not_taken_for_stored(tab):
    async def captive_portal(route):
        await route.fulfill(content_type="text/html", body="<h1>Welcome to the airport</h1>")

    inbox = Inbox(*[captive_portal] * 20)
    page = await tab(inbox)
    await write(page, "from the airport")
    await has(page, "from the airport", "failed")
    assert len(await kept(page)) == 1
    inbox.answers.clear()
    await page.evaluate("dispatchEvent(new Event('online'))")
    await is_stored(page, "from the airport")


async def test_what_is_refused_stays_and_lets_the_others_by(tab, complaints):
    complaints.expect("422")
    inbox = Inbox(422)
    page = await tab(inbox)
    await write(page, "refused", "fine")
    await is_stored(page, "fine")
    await has(page, "refused", "failed")
    await page.reload()
    await has(page, "refused", "failed")
    assert inbox.bodies == ["refused", "fine"]


async def test_who_is_signed_out_keeps_the_message_and_is_shown_the_door(tab, complaints):
    complaints.expect("401", "403")
    for status in (401, 403):
        inbox = Inbox(status)
        page = await tab(inbox)
        async with page.expect_navigation():
            await write(page, "kept")
        # Here the page that is asked for again is the same one, as it is after signing in.
        await is_stored(page, "kept")
        assert inbox.bodies == ["kept", "kept"]


async def test_a_clock_that_is_set_back_changes_no_order(tab, complaints):
    complaints.expect("ERR_FAILED")
    inbox = Inbox(*[UNREACHABLE] * 50)
    page = await tab(inbox, clock=NOW)
    await write(page, "first")
    await has(page, "first", "failed")
    await page.clock.set_fixed_time(NOW - timedelta(days=1))
    # In one and the same millisecond.
    await write(page, "second", "third", "fourth")
    await has(page, "fourth", "failed")
    inbox.answers.clear()
    inbox.came.clear()
    await page.reload()
    await is_stored(page, "fourth")
    assert inbox.bodies == ["first", "second", "third", "fourth"]


# Two tabs


async def test_what_one_tab_deletes_the_other_does_not_send(tab, complaints):
    complaints.expect("ERR_FAILED")
    inbox = Inbox(*[UNREACHABLE] * 20)
    first = await tab(inbox)
    await write(first, "deleted", "wanted")
    await has(first, "wanted", "failed")
    second = await tab(beside=first)
    await has(second, "deleted", "failed")

    key = next(key for body, key in inbox.came if body == "deleted")
    await second.evaluate("(key) => outbox.discard(key)", key)
    await expect(line(first, "deleted")).to_have_count(0)
    inbox.answers.clear()
    inbox.came.clear()
    for page in (first, second):
        await page.evaluate("dispatchEvent(new Event('online'))")
    await is_stored(first, "wanted")
    assert set(inbox.bodies) == {"wanted"}


async def test_what_one_tab_has_sent_is_not_unsent_in_the_other(tab, complaints):
    complaints.expect("ERR_FAILED")
    inbox = Inbox(*[UNREACHABLE] * 20)
    first = await tab(inbox)
    await write(first, "sent by the other")
    await has(first, "sent by the other", "failed")
    second = await tab(beside=first)
    await has(second, "sent by the other", "failed")
    inbox.answers.clear()
    await second.evaluate("dispatchEvent(new Event('online'))")
    await is_stored(second, "sent by the other")
    await expect(first.locator("[data-state=failed]")).to_have_count(0)
    assert await kept(first) == {}


async def test_a_tab_sends_what_a_closed_one_could_not_and_in_its_turn(tab, complaints):
    complaints.expect("ERR_FAILED")
    inbox = Inbox(*[UNREACHABLE] * 20)
    second = await tab(inbox)
    first = await tab(beside=second)
    await write(first, "from the closed tab")
    await has(first, "from the closed tab", "failed")
    await first.close()
    inbox.answers.clear()
    inbox.came.clear()
    await write(second, "from the open tab")
    await is_stored(second, "from the open tab")
    assert inbox.bodies == ["from the closed tab", "from the open tab"]
