"""kept.js under outbox.js: what the browser keeps of what was written, for whom, and for how long."""

import json
from datetime import timedelta

from playwright.async_api import expect

from .modules import NOW, UNREACHABLE, Inbox, has, is_stored, kept, write


async def test_another_person_is_shown_nothing_and_sends_nothing(tab, complaints):
    complaints.expect("ERR_FAILED")
    inbox = Inbox(*[UNREACHABLE] * 20)
    mine = await tab(inbox)
    await write(mine, "mine")
    await has(mine, "mine", "failed")
    await mine.evaluate("outbox.keepDraft('my draft')")
    await mine.goto("about:blank")
    inbox.answers.clear()
    inbox.came.clear()
    for who in ({"person": 33}, {"chat": 77}, {"person": 37, "chat": 3}):
        other = await tab(beside=mine, **who)
        await expect(other.locator("#messages > li")).to_have_count(0)
        await expect(other.locator("textarea")).to_have_value("")
        await other.close()
    assert inbox.came == []

    # The same person by a new link: the old one may be dead, the message is not.
    again = await tab(beside=mine, door="/g/new")
    await is_stored(again, "mine")
    await expect(again.locator("textarea")).to_have_value("my draft")


async def test_garbage_in_the_storage_breaks_nothing(tab):
    inbox = Inbox()
    garbage = ["{", "null", "7", '"text"', "[]", "{}", '{"body": 7}', '{"body": "no place"}']
    page = await tab(
        inbox,
        before=f"""{json.dumps(garbage)}.forEach((value, at) => localStorage.setItem("unsent:3:7:" + at, value));
        localStorage.setItem("draft:3:7:", "{{");""",
    )
    await expect(page.locator("textarea")).to_have_value("")
    await expect(page.locator("#messages > li")).to_have_count(0)
    await write(page, "still works")
    await is_stored(page, "still works")
    assert inbox.bodies == ["still works"]


async def test_refused_storage_breaks_nothing_and_leaving_is_asked_about(tab, complaints):
    complaints.expect("ERR_FAILED")
    refuse = "".join(
        f"Object.defineProperty(window, '{area}', {{ get() {{ throw new DOMException('no', 'SecurityError'); }} }});"
        for area in ("localStorage", "sessionStorage")
    )
    inbox = Inbox(*[UNREACHABLE] * 20)
    page = await tab(inbox, before=refuse)
    await write(page, "only here")
    await has(page, "only here", "failed")
    assert await asks_before_leaving(page)
    inbox.answers.clear()
    await page.evaluate("dispatchEvent(new Event('online'))")
    await is_stored(page, "only here")
    assert not await asks_before_leaving(page)


async def asks_before_leaving(page):
    return await page.evaluate("!dispatchEvent(new Event('beforeunload', { cancelable: true }))")


async def test_a_full_storage_loses_nothing_while_the_page_is_open(tab, complaints):
    complaints.expect("ERR_FAILED")
    inbox = Inbox(*[UNREACHABLE] * 20)
    page = await tab(inbox)
    await page.evaluate("localStorage.setItem('full', 'x'.repeat(5 * 1024 * 1024 - 10))")
    await write(page, "no room", "none either")
    await has(page, "none either", "failed")
    assert list(await kept(page)) == ["full"]
    assert await asks_before_leaving(page)

    # There is room again: with the next attempt it is kept, in its place.
    await page.evaluate("localStorage.removeItem('full')")
    await page.evaluate("dispatchEvent(new Event('online'))")
    await page.wait_for_function("Object.keys(localStorage).length === 2")
    assert not await asks_before_leaving(page)
    inbox.answers.clear()
    await page.evaluate("dispatchEvent(new Event('online'))")
    await is_stored(page, "none either")
    assert list(dict.fromkeys(inbox.bodies)) == ["no room", "none either"]


async def test_what_nobody_came_back_for_is_gone_after_a_month(tab):
    old, young = (NOW - timedelta(days=31)).isoformat(), (NOW - timedelta(days=29)).isoformat()
    entries = {
        "unsent:9:1:old": {"body": "x", "at": old, "place": 1},
        "unsent:9:1:young": {"body": "x", "at": young, "place": 1},
        "draft:9:1:": {"body": "x", "at": old},
        "draft:9:2:": {"body": "x", "at": young},
        "draft:3:7:": {"body": "mine", "at": old},
        "theme": {"of": "somebody else"},
    }
    filling = "".join(
        f"localStorage.setItem({json.dumps(key)}, {json.dumps(json.dumps(value))});" for key, value in entries.items()
    )
    page = await tab(clock=NOW, before=filling)
    assert set(await kept(page)) == {"unsent:9:1:young", "draft:9:2:", "draft:3:7:", "theme"}
    await expect(page.locator("textarea")).to_have_value("mine")


async def test_each_tab_has_its_own_draft(tab):
    first = await tab()
    second = await tab(beside=first)
    await first.evaluate("outbox.keepDraft('in the first')")
    await second.evaluate("outbox.keepDraft('in the second')")
    await first.evaluate("outbox.keepDraft('')")
    await second.reload()
    await expect(second.locator("textarea")).to_have_value("in the second")
    await first.evaluate("outbox.keepDraft('in the first again')")
    await second.evaluate("outbox.keepDraft('')")
    await first.reload()
    await expect(first.locator("textarea")).to_have_value("in the first again")
