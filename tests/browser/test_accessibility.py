"""Every page, light and dark, on a desk, on a phone and on the narrowest: axe finds nothing, nothing sticks out."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from .conftest import DESK, write_orders
from .thread import composer, is_live, line

WIDTHS = {1440: 900, 390: 844, 320: 640}
# Colours do not depend on the width, nor the layout on the colours: each of them once is enough.
LOOKS = [("light", 1440), ("dark", 390)]
# Longer than any line, without a place to break it; and one in which direction, joiners and marks matter.
LONG = "Donaudampfschifffahrtsgesellschaftskapitän" * 4 + "Witwenversorgungskasse-Süd-West"
ARABIC = ("می\u200cخواهم عبد\u200dالرحمن بن محمّد " * 8)[:190].strip()

# What reaches beyond its own box to the side: the page itself, or a part that would have to be pushed sideways.
STICKS_OUT = """() => {
  const name = (element) => element.tagName.toLowerCase() + [...element.classList].map((one) => "." + one).join("");
  const found = [];
  const page = document.documentElement;
  if (page.scrollWidth > innerWidth) {
    const all = [...document.body.querySelectorAll("*")];
    const wide = all.filter((one) => one.getBoundingClientRect().right > innerWidth + 1);
    found.push(`page ${page.scrollWidth} > ${innerWidth}: ${wide.slice(0, 4).map(name)}`);
  }
  for (const element of document.querySelectorAll("main, section, div, ol, ul, nav, dialog, form")) {
    const scrolls = ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
    // The filters are meant to be pushed.
    if (scrolls && element.scrollWidth > element.clientWidth + 1 && !element.matches(".filters")) {
      found.push(`${name(element)} ${element.scrollWidth} > ${element.clientWidth}`);
    }
  }
  return found;
}"""


async def sticking_out(page):
    found = []
    for width, height in WIDTHS.items():
        await page.set_viewport_size({"width": width, "height": height})
        found += [f"{width}: {one}" for one in await page.evaluate(STICKS_OUT)]
    return found


async def violations(page):
    found = []
    for scheme, width in LOOKS:
        await page.emulate_media(color_scheme=scheme)
        await page.set_viewport_size({"width": width, "height": WIDTHS[width]})
        await page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null)))")
        results = await Axe().run(page)
        for violation in results.response["violations"]:
            for node in violation["nodes"]:
                why = " ".join(check["message"] for check in node["any"] + node["all"] + node["none"])
                found.append(f"{scheme} {width}: {violation['id']} at {' '.join(map(str, node['target']))}: {why}")
    return found


async def is_sound(page):
    """As it stands, at every width."""
    found = await violations(page) + await sticking_out(page)
    assert not found, "\n" + "\n".join(found)


async def test_what_is_wrong_is_found(visit):
    page = await visit("/login/", **DESK)
    await page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert any("button-name at" in one for one in await violations(page))
    await page.evaluate("document.querySelector('.door__card').style.minWidth = '380px'")
    assert [one.split(":")[0] for one in await sticking_out(page)] == ["320"]


# The team's pages


async def test_sign_in(visit, complaints):
    page = await visit("/login/", **DESK)
    await is_sound(page)
    complaints.expect("status of 422")
    await page.get_by_label("Name").fill("dispatcher")
    await page.get_by_label("Password").fill("wrong")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await is_sound(page)


@pytest.mark.parametrize(
    "path",
    [
        "/chats/",
        "/chats/?show=closed",
        "/chats/?q=nobody+has+this+name",
        "/chats/new/",
        "/orders/",
        "/orders/?q=nobody",
        "/orders/11064/",
        "/orders/11076/",
        "/settings/",
        "/replies/",
    ],
)
async def test_pages_of_the_console(dispatcher, path):
    await is_sound(await dispatcher(path))


async def test_not_found(dispatcher, complaints):
    complaints.expect("status of 404")
    await is_sound(await dispatcher("/chats/999999/"))


async def test_conversation(dispatcher):
    page = await dispatcher("/orders/11064/")
    await page.get_by_role("button", name="Chat").click()
    await expect(composer(page)).to_be_visible()
    await is_sound(page)


async def test_conversation_with_a_link_open(dispatcher, chat):
    page = await dispatcher(chat.path)
    await page.get_by_role("button", name="Make link").click()
    await expect(page.get_by_role("img", name="QR code of the link")).to_be_visible()
    await is_sound(page)


async def test_conversation_with_its_panel_open_over_it(dispatcher, chat):
    page = await dispatcher(chat.path, viewport={"width": 390, "height": 844})
    await page.get_by_role("button", name="Order and people").click()
    await expect(page.get_by_role("region", name="Order and people")).to_be_visible()
    await is_sound(page)


async def test_conversation_with_the_dialog_of_people(dispatcher, chat):
    page = await dispatcher(chat.path)
    await page.get_by_role("link", name="Add", exact=True).click()
    await page.get_by_role("switch", name="Include customers").check()
    await page.get_by_role("searchbox", name="Search people").fill("na")
    await page.get_by_role("checkbox", name="Nancy Davolio").check()
    await expect(page.get_by_text("Nancy Davolio will see")).to_be_visible()
    await is_sound(page)


async def test_conversation_with_its_quick_replies(dispatcher, chat, order):
    page = await dispatcher(chat.path)
    await is_live(page)
    await composer(page).press_sequentially("/at the")
    await expect(page.get_by_role("option", name="At the gate")).to_be_visible()
    await is_sound(page)


async def test_conversation_with_a_quick_reply_that_lacks_something(dispatcher, chat):
    page = await dispatcher(chat.path)
    await is_live(page)
    await composer(page).fill("Hello [driver?], " + "where are you? " * 20 + "[promised?]")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Not known here")
    await is_sound(page)


async def test_the_sheet_of_shortcuts(dispatcher):
    page = await dispatcher("/chats/")
    await page.locator(".you > summary").click()
    await page.get_by_role("button", name="Keyboard shortcuts").click()
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await is_sound(page)


async def test_the_chat_of_a_closed_order(dispatcher, chat, colleague):
    await colleague.send(chat, "Done.")
    await colleague.post(f"{chat.path}closure/")
    page = await dispatcher(chat.path)
    await expect(page.get_by_text("closed this chat.").first).to_be_visible()
    await is_sound(page)


async def test_messages_that_are_not_sent_and_a_lost_connection(dispatcher, chat, complaints):
    complaints.expect("ERR_INTERNET_DISCONNECTED", "WebSocket connection")
    page = await dispatcher(chat.path)
    await page.context.set_offline(True)
    await composer(page).fill("Kept.")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("button", name="Retry")).to_be_visible()
    await expect(page.locator("#connection")).to_contain_text("No connection.")
    await is_sound(page)


# The guests' pages


async def test_join(visit, chat, colleague):
    link = await colleague.make_link(chat, chat.customer_id)
    page = await visit(**DESK)
    await page.route("**/join*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    await page.goto(link)
    await is_sound(page)


async def test_link_gone(visit, complaints):
    complaints.expect("status of 404")
    page = await visit("/g/nobodys-link/chats/", **DESK)
    await expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()
    await is_sound(page)


async def test_thread_of_a_guest(visit, server):
    page = await visit(server.manage("mint_link", "11064", "customer").splitlines()[-1], **DESK)
    await page.wait_for_url("**/g/**")
    await is_sound(page)
    await page.get_by_label("Who is here").click()
    await expect(page.get_by_role("heading", name="Who is here")).to_be_visible()
    await is_sound(page)


async def test_home_of_a_driver(visit, server):
    page = await visit(server.manage("mint_link", "11064", "driver").splitlines()[-1], **DESK)
    await page.get_by_role("link", name="All chats").click()
    await expect(page.locator("a[data-conversation]").first).to_be_visible()
    await is_sound(page)


# Names that are as long as they may be, and run the other way


@pytest.fixture(scope="session")
def long_order(server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    row = {
        "reference": "L" * 100,
        "status": "in_transit",
        "promised_for": "2026-01-05T14:00",
        "customer_ref": "LONG",
        "customer_name": LONG[:200],
        "customer_company": ARABIC,
        "customer_phone": "+49 89 " + "1234567 " * 6,
        "driver_ref": "ARABIC",
        "driver_name": ARABIC,
        "driver_phone": "+966 11 555 0001",
        "carrier": LONG[:200],
        "dropoff_name": LONG[:200],
        "dropoff_street": LONG[:200],
        "dropoff_city": LONG[:200],
        "dropoff_country": "Z" * 100,
        "items": f"3 x {LONG[:190]}; 1 x {ARABIC}",
        "freight": "12345678.90",
    }
    server.manage("import_orders", str(write_orders(folder / "long.csv", [row])))
    return row


async def is_wide_enough(page):
    found = await sticking_out(page)
    assert not found, "\n" + "\n".join(found)


async def test_long_names_break_no_page(dispatcher, visit, colleague, caller, long_order):
    chat = await colleague.open_chat(long_order)
    driver = await colleague.find(long_order["driver_name"])
    await colleague.add(chat, driver)
    customer = await caller().join(await colleague.make_link(chat, chat.customer_id))
    await customer.send(chat, "W" * 4000, f"https://example.com/{'a' * 600}", ARABIC, "👩‍👩‍👧‍👦" * 300, LONG)
    await colleague.post("/chats/", title=LONG[:200], person=[driver])

    page = await dispatcher(chat.path)
    await expect(line(page, LONG)).to_be_visible()
    await is_wide_enough(page)
    await page.set_viewport_size(DESK["viewport"])
    await page.locator(f"#person-{chat.customer_id}").get_by_role("link").click()
    await page.get_by_role("button", name="Make a new link").click()
    await expect(page.get_by_role("img", name="QR code of the link")).to_be_visible()
    await page.get_by_role("link", name="Add", exact=True).click()
    await page.get_by_role("searchbox", name="Search people").fill("می")
    await expect(page.get_by_role("dialog").get_by_role("checkbox")).to_have_count(1)
    await is_wide_enough(page)

    for path in (f"/orders/{chat.reference}/", "/orders/", "/chats/", f"/chats/new/?q={LONG[:30]}&customers=1"):
        await page.goto(path)
        await is_wide_enough(page)

    cab = await visit(await colleague.make_link(chat, driver), **DESK)
    await expect(line(cab, LONG)).to_be_visible()
    await is_wide_enough(cab)
    await cab.get_by_label("Who is here").click()
    await is_wide_enough(cab)
    await cab.set_viewport_size(DESK["viewport"])
    await cab.get_by_label("Who is here").click()
    await cab.get_by_role("link", name="All chats").click()
    await expect(cab.locator("a[data-conversation]")).to_have_count(2)
    await is_wide_enough(cab)
