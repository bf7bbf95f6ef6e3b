"""A conversation on paper: all that is loaded, who wrote it and when, and nothing to press."""

import re

import pytest
from playwright.async_api import expect

from .thread import composer, is_live, line, shows_once

# What is painted of an element, or of the nearest behind it.
COLOURS = """(element) => {
    let behind = element;
    while (behind && getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
    return [getComputedStyle(element).color, behind ? getComputedStyle(behind).backgroundColor : "rgb(255, 255, 255)"];
}"""
BLACK_ON_WHITE = ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
FULL_TIME = r"""(time) => getComputedStyle(time, "::after").content"""


@pytest.fixture(params=["light", "dark"])
def scheme(request):
    return request.param


async def is_on_paper(page, texts):
    for text in texts:
        await expect(line(page, text)).to_be_visible()
        assert await line(page, text).locator(".message__body").evaluate(COLOURS) == BLACK_ON_WHITE
        # Also of those that go on, whose header the screen leaves out.
        box = await line(page, text).locator(".message__author").bounding_box()
        assert box["width"] > 20
        content = await line(page, text).locator("time").first.evaluate(FULL_TIME)
        assert re.search(r"\d+ \w+ 20\d\d.*\d\d:\d\d", content), content
    await expect(composer(page)).to_be_hidden()
    for button in await page.get_by_role("button").all():
        await expect(button).to_be_hidden()
    # Nothing is cut off by a part that would have to be scrolled.
    cut = await page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter((one) =>
            one.checkVisibility() && !one.matches(".visually-hidden") &&
            getComputedStyle(one).overflowY !== "visible" && one.scrollHeight > one.clientHeight + 1
        ).map((one) => one.className)"""
    )
    assert cut == []


async def test_a_thread_of_the_console(dispatcher, chat, colleague, scheme):
    texts = [f"Line {number}" for number in range(1, 41)]
    await colleague.send(chat, *texts)
    page = await dispatcher(chat.path, color_scheme=scheme)
    await is_live(page)
    await shows_once(page, texts[-1])
    await expect(composer(page)).to_be_visible()

    await page.emulate_media(media="print", color_scheme=scheme)

    await is_on_paper(page, [texts[0], texts[20], texts[-1]])
    for gone in ("Conversations", "Order and people"):
        await expect(page.get_by_role("region", name=gone)).to_be_hidden()
    await expect(page.get_by_role("navigation", name="Console")).to_be_hidden()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert len(await page.pdf(format="A4")) > 10_000


async def test_a_thread_of_a_guest(customer, chat, colleague, scheme):
    await colleague.send(chat, "At the gate.", "Ring twice.")
    page = await customer(chat, color_scheme=scheme)
    await shows_once(page, "Ring twice.")

    await page.emulate_media(media="print", color_scheme=scheme)

    await is_on_paper(page, ["At the gate.", "Ring twice."])
