"""A conversation as it stands on a page."""

import re

from playwright.async_api import expect


def composer(page):
    return page.get_by_role("textbox", name="Message")


async def write(page, *texts):
    for text in texts:
        await composer(page).fill(text)
        await page.get_by_role("button", name="Send").click()


def line(page, text):
    """The stored message with exactly this text."""
    body = page.locator(".message__body").filter(has_text=re.compile(f"^{re.escape(text)}$"))
    return page.locator("#messages > li[data-number]").filter(has=body)


def lines(page, text):
    """The message with this text, stored or not."""
    body = page.locator(".message__body").filter(has_text=re.compile(f"^{re.escape(text)}$"))
    return page.locator("#messages > li").filter(has=body)


async def shows_once(page, text, within=5000):
    """Waits for it, at most `within` milliseconds."""
    await expect(line(page, text)).to_have_count(1, timeout=within)
    await expect(lines(page, text)).to_have_count(1)


async def transcript(page):
    """Every stored line: (number, what it says)."""
    rows = await page.locator("#messages > li[data-number]").evaluate_all(
        """lines => lines.map((line) => [
            Number(line.dataset.number),
            (line.querySelector(".message__body") || line).textContent.trim(),
        ])"""
    )
    return [(number, text) for number, text in rows]


async def is_whole(page):
    """Scrolls on until all of the list of conversations is there."""
    rows, more = page.locator("#conversations > li"), page.locator("#more[rel=next]")
    while await more.count():
        here = await rows.count()
        await page.locator("#conversations-pane").evaluate("(pane) => (pane.scrollTop = pane.scrollHeight)")
        await expect(rows.nth(here)).to_be_attached()


async def is_live(page):
    """Waits until the page has its socket."""
    await expect(page.locator("html[data-live]")).to_be_attached()


async def has_focus(target):
    """Whether it has it at this moment. Found and looked at as one: news may replace the element in between."""
    return await target.and_(target.page.locator(":focus")).count() == 1


def path_of(page):
    return "/" + page.url.split("/", 3)[3]
