"""Ten thousand conversations in one list: it opens with few of them, and goes on for as long as one scrolls."""

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.callers import Caller
from tests.server import Server

from .conftest import DESK
from .test_accessibility import is_sound

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


async def test_finds_the_last_of_all(page):
    await page.goto("/chats/?q=M-09999")
    assert await names(page) == ["Customer 09999"]
    await is_sound(page)
