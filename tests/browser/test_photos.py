"""Photos in the thread and at their full size: without a jump, by keys, by a finger, and when they are not there."""

import asyncio
import re

import pytest_asyncio
from playwright.async_api import expect

from .conftest import DESK
from .files import cards, choose, document, is_ready, is_shown, photo, photos, waiting
from .test_files import send
from .test_phone import is_at_end
from .thread import composer, is_live, line, shows_once

THUMBNAIL = re.compile(r"/files/\d+/\?size=thumbnail$")
WHOLE = re.compile(r"/files/\d+/$")


@pytest_asyncio.fixture(loop_scope="session")
async def shown(dispatcher, chat):
    """The page of a dispatcher in whose thread there are three photos and a document, of two messages."""
    page = await dispatcher(chat.path)
    await is_live(page)
    await choose(page, photo("first.jpg", width=1200, height=900), photo("second.jpg", width=600, height=1200))
    await is_ready(page, 2)
    await composer(page).fill("Two.")
    await send(page)
    await shows_once(page, "Two.")
    await choose(page, photo("third.jpg", width=900, height=900), document())
    await is_ready(page, 2)
    await composer(page).fill("And one.")
    await send(page)
    await shows_once(page, "And one.")
    return page


def lightbox(page):
    return page.get_by_role("dialog", name="Photos")


def large(page):
    return lightbox(page).get_by_role("img")


async def is_at(page, name, count):
    await expect(lightbox(page).locator(".lightbox__name")).to_have_text(name)
    await expect(lightbox(page).get_by_role("status")).to_have_text(count)
    await expect(large(page)).to_have_js_property("complete", True)
    assert await large(page).evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0


async def test_a_photo_at_its_full_size_by_the_keyboard(shown):
    page = shown
    second = photos(page).nth(1)
    await second.focus()
    await page.keyboard.press("Enter")
    await is_at(page, "second.jpg", "2 of 3")
    await expect(large(page)).to_have_attribute("alt", re.compile(r"^Photo from Dispatcher 1, \d\d:\d\d$"))
    await expect(lightbox(page).get_by_role("button", name="Close")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await is_at(page, "third.jpg", "3 of 3")
    await expect(lightbox(page).get_by_role("button", name="Next photo")).to_be_hidden()
    await page.keyboard.press("ArrowRight")
    await is_at(page, "third.jpg", "3 of 3")
    await page.keyboard.press("Home")
    await is_at(page, "first.jpg", "1 of 3")
    await page.keyboard.press("End")
    await is_at(page, "third.jpg", "3 of 3")
    await page.keyboard.press("ArrowLeft")
    await is_at(page, "second.jpg", "2 of 3")

    async with page.expect_download() as download:
        await lightbox(page).get_by_role("link", name="Download").click()
    assert (await download.value).suggested_filename == "second.jpg"

    # A button that has nothing left to do gives the focus to the other.
    await lightbox(page).get_by_role("button", name="Next photo").focus()
    await page.keyboard.press("Enter")
    await is_at(page, "third.jpg", "3 of 3")
    await expect(lightbox(page).get_by_role("button", name="Previous photo")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(lightbox(page)).to_be_hidden()
    await expect(second).to_be_focused()


async def test_arrows_follow_the_writing(shown):
    page = shown
    await page.evaluate("document.documentElement.dir = 'rtl'")
    await photos(page).first.click()
    await is_at(page, "first.jpg", "1 of 3")
    await page.keyboard.press("ArrowLeft")
    await is_at(page, "second.jpg", "2 of 3")
    await page.keyboard.press("ArrowRight")
    await is_at(page, "first.jpg", "1 of 3")


async def swipe(page, start, end):
    session = await page.context.new_cdp_session(page)
    points = [(start + (end - start) * step / 4, 400 + step) for step in range(5)]
    for kind, at in (("touchStart", points[0]), *(("touchMove", point) for point in points[1:])):
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": at[0], "y": at[1]}]})
    await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


async def test_a_swipe_leads_on_and_back(shown, customer, chat):
    phone = await customer(chat)
    await expect(photos(phone)).to_have_count(3)
    await photos(phone).first.tap()
    await is_at(phone, "first.jpg", "1 of 3")
    await swipe(phone, 300, 80)
    await is_at(phone, "second.jpg", "2 of 3")
    await swipe(phone, 80, 300)
    await is_at(phone, "first.jpg", "1 of 3")
    # There is nothing before the first; and a little is no swipe.
    await swipe(phone, 80, 300)
    await swipe(phone, 200, 180)
    await is_at(phone, "first.jpg", "1 of 3")
    await lightbox(phone).get_by_role("button", name="Next photo").tap()
    await is_at(phone, "second.jpg", "2 of 3")
    await lightbox(phone).get_by_role("button", name="Close").tap()
    await expect(lightbox(phone)).to_be_hidden()


async def test_what_comes_and_what_is_deleted_while_a_photo_is_open(shown, customer, chat):
    page, phone = shown, await customer(chat)
    await photos(phone).nth(2).tap()
    await is_at(phone, "third.jpg", "3 of 3")
    await choose(page, photo("fourth.jpg"))
    await is_ready(page, 1)
    await send(page)
    await expect(lightbox(phone).get_by_role("status")).to_have_text("3 of 4")
    await line(page, "And one.").get_by_role("link", name="Edit").click()
    await page.get_by_role("button", name="Delete message").click()
    await expect(photos(page)).to_have_count(3)
    await expect(lightbox(phone).get_by_role("alert")).to_have_text("This photo was deleted.")
    await expect(photos(phone)).to_have_count(3)


async def test_it_stays_a_link_for_who_wants_a_tab_of_it(shown, complaints):
    # Chromium dresses up a photo that has a tab of its own, which the policy of our files does not let it.
    complaints.expect("Applying inline style")
    async with shown.context.expect_page() as opened:
        await photos(shown).first.click(modifiers=["Control"])
    tab = await opened.value
    assert re.search(r"/chats/\d+/messages/\d+/files/\d+/$", tab.url)
    await expect(lightbox(shown)).to_have_count(0)


# Without a jump

SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) {
        if (!shift.hadRecentInput) window.shifts.push([shift.value, shift.sources.map(({ node }) => node?.className ?? node?.nodeName)]);
    }
}).observe({ type: "layout-shift", buffered: true });
"""  # noqa: E501


async def hold(page, pattern):
    """Requests wait until what this returns is set."""
    go_on = asyncio.Event()

    async def wait(route):
        await go_on.wait()
        await route.continue_()

    await page.route(pattern, wait)
    return go_on


async def test_nothing_moves_when_photos_arrive(shown, visit, signed_in, chat):
    page = await visit(storage_state=signed_in, **DESK)
    await page.add_init_script(SHIFTS)
    come = await hold(page, THUMBNAIL)
    await page.goto(chat.path)
    await is_live(page)
    await expect(photos(page)).to_have_count(3)
    before = [await link.bounding_box() for link in await photos(page).all()]
    at = await line(page, "And one.").bounding_box()
    assert all(box["width"] > 100 and box["height"] > 100 for box in before)
    come.set()
    for link in await photos(page).all():
        await is_shown(link)
    assert [await link.bounding_box() for link in await photos(page).all()] == before
    assert await line(page, "And one.").bounding_box() == at
    shifts = await page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) < 0.01, shifts


async def test_my_photo_stays_where_it_is_when_it_is_stored(dispatcher, chat):
    page = await dispatcher(chat.path)
    await is_live(page)
    go = await hold(page, re.compile("/messages/$"))
    await choose(page, photo("mine.jpg", width=1200, height=900))
    await is_ready(page, 1)
    await send(page)
    mine = waiting(page).locator(".message__photo")
    await expect(mine.locator("img")).to_have_attribute("src", re.compile("^blob:"))
    await is_shown(mine)
    before = await mine.bounding_box()
    # Never without a picture, until the server's own is there.
    await page.evaluate(
        """() => {
            window.empty = 0;
            const look = () => {
                const image = [...document.querySelectorAll("#messages .message__photo img")].at(-1);
                if (!image?.complete || !image.naturalWidth) window.empty++;
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    go.set()
    await expect(photos(page).locator("img")).to_have_attribute("src", THUMBNAIL)
    await is_shown(photos(page))
    after = await photos(page).bounding_box()
    assert (after["width"], after["height"]) == (before["width"], before["height"])
    assert abs(after["x"] - before["x"]) < 1
    assert await page.evaluate("window.empty") == 0
    await expect(photos(page)).to_be_in_viewport(ratio=1)


async def test_the_end_stays_in_view_while_my_photo_appears(customer, chat, colleague):
    await colleague.send(chat, *(f"Line {number}" for number in range(30)))
    phone = await customer(chat)
    await is_live(phone)
    await choose(phone, photo("tall.jpg", width=600, height=900))
    await is_ready(phone, 1)
    await send(phone)
    await expect(photos(phone)).to_have_count(1)
    await is_shown(photos(phone))
    await is_at_end(phone)


# Not there


async def test_a_photo_that_does_not_come_says_so_and_comes_later(shown, visit, signed_in, chat, complaints):
    complaints.expect("ERR_FAILED", "ERR_INTERNET_DISCONNECTED", "WebSocket connection")
    page = await visit(storage_state=signed_in, **DESK)
    await page.route(THUMBNAIL, lambda route: route.abort())
    await page.goto(chat.path)
    await is_live(page)
    for at in range(3):
        await expect(photos(page).nth(at)).to_contain_text("Photo not loaded. Try again")
    size = await photos(page).nth(2).bounding_box()
    await page.unroute(THUMBNAIL)
    await photos(page).nth(2).click()
    await is_shown(photos(page).nth(2))
    await expect(photos(page).nth(2)).not_to_contain_text("not loaded")
    assert await photos(page).nth(2).bounding_box() == size
    await photos(page).nth(2).click()
    await is_at(page, "third.jpg", "3 of 3")
    await page.keyboard.press("Escape")
    await page.context.set_offline(True)
    await expect(page.locator("#connection")).to_contain_text("No connection.")
    await photos(page).nth(2).click()
    await expect(lightbox(page)).to_be_visible()
    await page.keyboard.press("Home")
    await expect(lightbox(page).get_by_role("alert")).to_contain_text("This photo does not load.")
    await page.keyboard.press("Escape")
    # With the connection comes what is missing.
    await page.context.set_offline(False)
    for at in range(3):
        await is_shown(photos(page).nth(at))


async def test_a_photo_that_is_gone_says_so(shown, visit, signed_in, chat, complaints):
    complaints.expect("status of 404")
    page = await visit(storage_state=signed_in, **DESK)
    await page.route(THUMBNAIL, lambda route: route.fulfill(status=404))
    await page.goto(chat.path)
    await expect(photos(page).first).to_contain_text("This photo is no longer there.")


async def test_on_paper(shown, chat):
    page = shown
    await page.emulate_media(media="print")
    for at in range(3):
        await is_shown(photos(page).nth(at))
    await expect(cards(page)).to_contain_text("Delivery note.pdf")
    await expect(page.get_by_label("Attach photos or PDFs")).to_be_hidden()
