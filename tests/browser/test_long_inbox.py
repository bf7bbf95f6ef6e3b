"""Ten thousand conversations in one list: it opens with few of them, and goes on for as long as one scrolls."""

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.callers import Caller
from tests.server import Server

from .conftest import DESK, SETTINGS
from .test_accessibility import is_sound
from .thread import is_live

MANY = 10_000
# Scrolled through by one page after the other. The end is looked at by its address.
FAR = 500


@pytest.fixture(scope="module")
def company(tmp_path_factory, server):
    company = Server(tmp_path_factory.mktemp("company"), database_url="", redis_url="")
    company.environment["STATIC_ROOT"] = server.environment["STATIC_ROOT"]
    try:
        company.manage("migrate", "--verbosity", "0")
        company.manage("shell", "-c", f"from tests.browser.many import fill; fill({MANY})")
        company.start()
        yield company
    finally:
        company.remove()


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser, company, complaints):
    caller = await Caller(company.url).sign_in("dispatcher")
    cookies = [{"name": name, "value": value, "url": company.url} for name, value in caller.client.cookies.items()]
    context = await browser.new_context(base_url=company.url, storage_state={"cookies": cookies}, **DESK)
    complaints.listen(context)
    yield await context.new_page()
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def choose(company):
    """How dense the dispatcher's lists are, for one test."""
    caller = await Caller(company.url).sign_in("dispatcher")

    async def choose(density):
        answer = await caller.post("/settings/", **{**SETTINGS, "density": density})
        assert answer.status_code == 303, answer.text

    yield choose
    await choose("comfortable")


async def names(page):
    return await page.locator("#conversations .row__title").all_text_contents()


async def test_goes_on_for_as_long_as_one_scrolls(page):
    await page.goto("/chats/")
    rows = page.locator("#conversations > li")
    first = await rows.count()
    # More than a screen, and no more than it takes to be there at once.
    assert 12 < first <= 50
    await expect(page.locator("#count-all")).to_have_text("99+")

    while (here := await rows.count()) < FAR:
        await page.locator("#conversations-pane").evaluate("pane => (pane.scrollTop = pane.scrollHeight)")
        await expect(rows.nth(here)).to_be_attached(timeout=30_000)

    assert await names(page) == [f"Customer {number:05}" for number in range(await rows.count())]
    # Of all these only what is in sight is laid out.
    assert await rows.first.evaluate("row => getComputedStyle(row).contentVisibility") == "auto"
    await rows.nth(FAR - 1).scroll_into_view_if_needed()
    await expect(rows.nth(FAR - 1)).to_be_in_viewport()


async def test_where_one_was_in_it_one_comes_back_to(page):
    await page.goto("/chats/")
    await page.locator("#conversations-pane").evaluate("pane => (pane.scrollTop = 900)")
    row = page.locator("#conversations > li").nth(15)
    await expect(row).to_be_in_viewport()

    await row.get_by_role("link").click()

    await expect(page.locator("#conversations [aria-current=page]")).to_be_in_viewport()


async def scrolled_to(page, number):
    """The row of this conversation, once one has scrolled on as far as it stands."""
    await page.goto("/chats/")
    await is_live(page)
    rows = page.locator("#conversations > li")
    while (here := await rows.count()) <= number:
        await page.locator("#conversations-pane").evaluate("pane => (pane.scrollTop = pane.scrollHeight)")
        await expect(rows.nth(here)).to_be_attached(timeout=30_000)
    await rows.nth(number).scroll_into_view_if_needed()
    return rows.nth(number).get_by_role("link")


@pytest.mark.parametrize("density", ["comfortable", "compact"])
async def test_where_one_was_on_a_later_page_one_comes_back_to(page, choose, density):
    await choose(density)
    await (await scrolled_to(page, 120)).click()

    open_one = page.locator("#conversations-pane [aria-current=page]")
    await expect(open_one.locator(".row__title")).to_have_text("Customer 00120")
    await expect(open_one).to_be_in_viewport()
    # Nothing is left out on the way there, and the list goes on behind it.
    await expect(page.locator("#conversations .row__title").nth(149)).to_be_attached()
    shown = await names(page)
    assert shown == [f"Customer {number:05}" for number in range(len(shown))]
    await is_live(page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(open_one.locator(".row__title")).to_have_text("Customer 00121")
    await expect(open_one).to_be_in_viewport()
    await is_sound(page)


async def test_far_down_the_open_one_stands_above_the_others(page):
    await (await scrolled_to(page, 400)).click()

    apart = page.locator(".inbox__apart [aria-current=page]")
    await expect(apart.locator(".row__title")).to_have_text("Customer 00400")
    await expect(apart).to_be_in_viewport()
    await expect(page.locator("#conversations .row__title").first).to_have_text("Customer 00000")
    await is_live(page)
    await is_sound(page)
    # Out of the box to it, and on to the others.
    await page.keyboard.press("Escape")
    await expect(apart).to_be_focused()
    await page.keyboard.press("j")
    await expect(page.locator("#conversations [data-conversation]").first).to_be_focused()

    # What happens in it brings it up.
    await page.keyboard.press("r")
    await page.keyboard.type("It is on its way.")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#conversations .row__title").first).to_have_text("Customer 00400")
    await expect(page.locator("#conversations-pane [aria-current=page]")).to_have_count(1)
    await expect(apart).to_have_count(0)


async def test_finds_the_last_of_all(page):
    await page.goto("/chats/?q=M-09999")
    assert await names(page) == ["Customer 09999"]
    await is_sound(page)
