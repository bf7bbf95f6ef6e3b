"""Every page, light and dark, on a desk, a tablet and a phone: axe finds nothing; nothing sticks out, also on the
narrowest, at 200 % and from right to left; nothing moves for who does not want it."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from .conftest import DESK, write_orders
from .states import ARABIC_NAME, LONG_NAME, STATES, route_of
from .thread import composer, is_live, line

# 720 pixels are what a window of 1440 has at 200 %.
WIDTHS = {1440: 900, 768: 1024, 720: 450, 390: 844, 320: 640}
# Colours hardly depend on the width, nor the layout on the colours: where a test looks in passing, once each.
LOOKS = [("light", 1440), ("dark", 390)]
# What a theme can change is colours: in the dark the rule about them is asked for, at the same widths.
EVERY_LOOK = [("light", 1440), ("light", 768), ("light", 390), ("dark", 1440), ("dark", 768), ("dark", 390)]
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# With what axe leaves out unless it is told to look: what is pressed is 24 pixels wide and high, or stands apart.
ALL_RULES = {"rules": {"target-size": {"enabled": True}}}


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

# Not waited for: what changes colour where it is not laid out, far down a list, does not end before it is seen.
AT_ITS_END = """() => {
  for (const one of document.getAnimations()) if (one.effect.getComputedTiming().endTime !== Infinity) one.finish();
}"""

# What one could press from left to right and cannot from right to left, since something lies over it.
COVERED = """() => [...document.querySelectorAll("a, button, input, textarea, summary")].filter((one) => {
  const { left, top, width, height } = one.getBoundingClientRect();
  if (!one.checkVisibility({ opacityProperty: true }) || width < 2 || height < 2) return false;
  const over = document.elementFromPoint(left + width / 2, top + height / 2);
  return over && !one.contains(over) && !over.contains(one);
}).map((one) => `covered: ${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 40)}`)"""


async def sticking_out(page):
    found = []
    for width, height in WIDTHS.items():
        await page.set_viewport_size({"width": width, "height": height})
        found += [f"{width}: {one}" for one in await page.evaluate(STICKS_OUT)]
    return found


# What an open menu lies over is there again when it closes.
MENUS = ":is(.menu, .you, .who, .offer)[open]"


async def violations(page, looks=tuple(LOOKS)):
    found, were = [], set()
    has_menu = await page.locator(MENUS).count()
    for scheme, width in looks:
        await page.emulate_media(color_scheme=scheme)
        await page.set_viewport_size({"width": width, "height": WIDTHS[width]})
        await page.evaluate(AT_ITS_END)
        results = await Axe().run(page, options=COLOURS if width in were else ALL_RULES)
        were.add(width)
        for violation in results.response["violations"]:
            for node in violation["nodes"]:
                why = " ".join(check["message"] for check in node["any"] + node["all"] + node["none"])
                if has_menu and violation["id"] == "target-size" and "partially obscured" in why:
                    continue
                found.append(f"{scheme} {width}: {violation['id']} at {' '.join(map(str, node['target']))}: {why}")
    return found


# A thread that stands at its end goes there again when its size has changed.
LAID_OUT = "() => new Promise((laidOut) => requestAnimationFrame(() => requestAnimationFrame(laidOut)))"


async def sticking_out_from_right_to_left(page):
    await page.evaluate("document.documentElement.dir = 'rtl'")
    found = []
    for width in (1440, 390):
        await page.set_viewport_size({"width": width, "height": WIDTHS[width]})
        await page.evaluate(LAID_OUT)
        covered = set(await page.evaluate(COVERED))
        await page.evaluate("document.documentElement.dir = 'ltr'")
        covered -= set(await page.evaluate(COVERED))
        await page.evaluate("document.documentElement.dir = 'rtl'")
        found += [f"rtl {width}: {one}" for one in [*await page.evaluate(STICKS_OUT), *covered]]
    await page.evaluate("document.documentElement.dir = 'ltr'")
    return found


async def is_sound(page):
    """As it stands, with all its style, at every width."""
    await page.wait_for_load_state()
    size = page.viewport_size
    found = await violations(page) + await sticking_out(page)
    await page.set_viewport_size(size)
    assert not found, "\n" + "\n".join(found)


async def test_what_is_wrong_is_found(visit):
    page = await visit("/login/", **DESK)
    await page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert any("button-name at" in one for one in await violations(page))
    small = '<button class="textbutton">A</button><button class="textbutton">B</button>'
    await page.evaluate("(html) => document.querySelector('main').insertAdjacentHTML('beforeend', html)", small)
    assert any("target-size at" in one for one in await violations(page))
    await page.evaluate("document.querySelector('.door__card').style.minWidth = '380px'")
    assert [one.split(":")[0] for one in await sticking_out(page)] == ["320"]
    await page.evaluate(
        """() => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync("[dir=rtl] .door__title { position: relative; left: 900px } .door__text { color: #777 }"
                + "[dir=rtl] .door__form button { position: absolute; top: 0 } [dir=rtl] .door__mark { z-index: 9 }"
                + "@media (prefers-color-scheme: dark) { .door__foot { color: #333 } }");
            document.adoptedStyleSheets.push(sheet);
        }"""
    )
    assert any("page" in one for one in await sticking_out_from_right_to_left(page))
    looks = await violations(page, EVERY_LOOK)
    assert any(one.startswith("dark 768: color-contrast") for one in looks)


@pytest.mark.parametrize("name", STATES)
async def test_every_page_and_state(stage, complaints, name):
    state = STATES[name]
    complaints.expect(*state.expects)
    page = await state.show(stage)
    assert state.path in (None, route_of(page.url))
    found = await violations(page, EVERY_LOOK) + await sticking_out(page) + await sticking_out_from_right_to_left(page)
    assert not found, "\n" + "\n".join(found)


async def test_nothing_moves_for_who_does_not_want_it(dispatcher, customer, chat):
    desk, phone = await dispatcher(chat.path), await customer(chat)
    await is_live(desk)
    await is_live(phone)
    moving = "document.getAnimations().filter((one) => one.playState === 'running').length"
    await composer(phone).press_sequentially("On my w")
    await expect(desk.locator(".typing__dots")).to_be_visible()
    assert await desk.evaluate(moving)

    await desk.emulate_media(reduced_motion="reduce")

    await expect(desk.locator(".typing__dots")).to_be_visible()
    assert not await desk.evaluate(moving)


async def test_new_messages_are_read_out_and_nothing_else_interrupts(dispatcher, customer, chat, colleague):
    for page in (await dispatcher(chat.path), await customer(chat)):
        await is_live(page)
        log = page.get_by_role("log", name="Messages")
        await expect(log).to_be_visible()
        # A log is polite by itself, and nobody says otherwise.
        assert await log.get_attribute("aria-live") in (None, "polite")
        await expect(page.locator("[aria-live=assertive]")).to_have_count(0)
        await colleague.send(chat, "At the gate.")
        await expect(log.get_by_text("At the gate.").last).to_be_visible()


# Names that are as long as they may be, and run the other way


@pytest.fixture(scope="session")
def long_order(server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    row = {
        "reference": "L" * 100,
        "status": "in_transit",
        "promised_for": "2026-01-05T14:00",
        "customer_ref": "LONG",
        "customer_name": LONG_NAME[:200],
        "customer_company": ARABIC_NAME,
        "customer_phone": "+49 89 " + "1234567 " * 6,
        "driver_ref": "ARABIC",
        "driver_name": ARABIC_NAME,
        "driver_phone": "+966 11 555 0001",
        "carrier": LONG_NAME[:200],
        "dropoff_name": LONG_NAME[:200],
        "dropoff_street": LONG_NAME[:200],
        "dropoff_city": LONG_NAME[:200],
        "dropoff_country": "Z" * 100,
        "items": f"3 x {LONG_NAME[:190]}; 1 x {ARABIC_NAME}",
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
    await customer.send(chat, "W" * 4000, f"https://example.com/{'a' * 600}", ARABIC_NAME, "👩‍👩‍👧‍👦" * 300, LONG_NAME)
    await colleague.post("/chats/", title=LONG_NAME[:200], person=[driver])

    page = await dispatcher(chat.path)
    await expect(line(page, LONG_NAME)).to_be_visible()
    await is_wide_enough(page)
    await page.set_viewport_size(DESK["viewport"])
    await page.locator(f"#person-{chat.customer_id}").get_by_role("link", name="Web chat link").click()
    await page.get_by_role("button", name="Make a new link").click()
    await expect(page.get_by_role("img", name="QR code of the link")).to_be_visible()
    await page.get_by_role("link", name="Add", exact=True).click()
    await page.get_by_role("searchbox", name="Search people").press_sequentially("می", delay=50)
    await expect(page.get_by_role("dialog").get_by_role("checkbox")).to_have_count(1)
    await is_wide_enough(page)

    await colleague.post(f"{chat.path}closure/")
    for path in (
        f"/orders/{chat.reference}/",
        "/orders/",
        "/chats/",
        f"/chats/?q={LONG_NAME[:30]}",
        f"/chats/new/?q={LONG_NAME[:30]}&customers=1",
        f"{chat.path}title/",
        f"{chat.path}participants/",
        f"{chat.path}participants/{chat.customer_id}/links/",
        f"/people/{chat.customer_id}/",
        f"/people/{driver}/",
        # Closed.
        chat.path,
    ):
        await page.goto(path)
        await is_wide_enough(page)
    # In the two that have most of them, with all rules and also from right to left.
    for path in (chat.path, "/chats/"):
        await page.goto(path)
        found = await violations(page) + await sticking_out_from_right_to_left(page)
        assert not found, "\n" + "\n".join(found)
    await colleague.post(f"{chat.path}closure/", method="DELETE")

    cab = await visit(await colleague.make_link(chat, driver), **DESK)
    await expect(line(cab, LONG_NAME)).to_be_visible()
    await is_wide_enough(cab)
    await cab.get_by_label("Who is here").click()
    await is_wide_enough(cab)
    await cab.set_viewport_size(DESK["viewport"])
    await cab.get_by_label("Who is here").click()
    await cab.get_by_role("link", name="All chats").click()
    await expect(cab.locator("a[data-conversation]")).to_have_count(2)
    await is_wide_enough(cab)
