"""A guest's page feels like a messenger: the keyboard hides nothing, fingers hit what they aim at, nothing jumps."""

import re

import pytest
from playwright.async_api import expect

from .conftest import PHONE
from .thread import composer, is_live, line, lines, write

WIDTHS = {390: 844, 320: 640}
# px: what a keyboard takes.
KEYBOARD = 300

# Safari's way: the keyboard lies over the page, and says only how much of the page can be seen.
COVERING = """
const seen = Object.assign(new EventTarget(), { height: innerHeight, offsetTop: 0, scale: 1, width: innerWidth });
Object.defineProperty(window, "visualViewport", { value: seen, configurable: true });
window.cover = (by) => { seen.height = innerHeight - by; seen.dispatchEvent(new Event("resize")); };
"""

# What a finger may hit: [what, width, height], in px. A link in the middle of a sentence is as high as its line, and
# the time of a message as its head. What two elements draw, such as a label and its box, is hit as one.
TARGETS = """() => {
  const inline = (one) => one.matches(".message__body a:not(.message__location), .message__meta a, .banner a");
  const name = (one) => `${one.tagName.toLowerCase()}.${one.className} ${one.getAttribute("aria-label") ?? one.textContent.trim().slice(0, 30)}`;
  return [...document.querySelectorAll("a[href], button, summary, textarea, select, input:not([type=hidden])")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !inline(one) && one.getClientRects().length)
    .map((one) => { const box = (one.closest("label") ?? one).getBoundingClientRect(); return [name(one), box.width, box.height]; });
}"""  # noqa: E501

FIELDS = """() => [...document.querySelectorAll("textarea, input:not([type=hidden], [type=file])")]
  .map((one) => [one.name, parseFloat(getComputedStyle(one).fontSize)])"""


async def filled(chat, colleague, count=40):
    await colleague.send(chat, *(f"Message {number} of this chat." for number in range(count)))


AT_END = """async (one) => {
  for (let frames = 0; frames < 300; frames++) {
    if (one.scrollHeight - one.scrollTop - one.clientHeight <= 2) return true;
    await new Promise(requestAnimationFrame);
  }
  return false;
}"""


async def is_at_end(page):
    assert await page.locator("#scroll").evaluate(AT_END), "not at the end"


async def bottom_of(page, locator):
    box = await locator.bounding_box()
    return box["y"] + box["height"]


# The keyboard


@pytest.mark.parametrize("width", WIDTHS)
async def test_a_keyboard_that_makes_the_page_shorter(customer, chat, colleague, width):
    await filled(chat, colleague)
    phone = await customer(chat, viewport={"width": width, "height": WIDTHS[width]})
    await is_live(phone)
    await phone.locator("#scroll").evaluate("(one) => (one.scrollTop = one.scrollHeight)")
    await is_at_end(phone)

    await composer(phone).tap()
    await phone.set_viewport_size({"width": width, "height": WIDTHS[width] - KEYBOARD})

    await is_at_end(phone)
    await expect(line(phone, "Message 39 of this chat.")).to_be_in_viewport()
    assert await bottom_of(phone, phone.locator("#composer")) <= WIDTHS[width] - KEYBOARD
    await expect(phone.get_by_text("You are writing as")).to_be_in_viewport()
    await phone.set_viewport_size({"width": width, "height": WIDTHS[width]})
    await is_at_end(phone)


async def test_a_keyboard_that_lies_over_the_page(customer, chat, colleague):
    await filled(chat, colleague)
    phone = await customer(chat)
    await phone.add_init_script(COVERING)
    await phone.reload()
    await is_live(phone)
    await phone.locator("#scroll").evaluate("(one) => (one.scrollTop = one.scrollHeight)")
    await composer(phone).tap()
    whole = await phone.evaluate("innerHeight")
    assert await bottom_of(phone, phone.locator("#composer")) > whole - KEYBOARD

    await phone.evaluate(f"cover({KEYBOARD})")

    assert await bottom_of(phone, phone.locator("#composer")) <= whole - KEYBOARD
    await is_at_end(phone)
    await write(phone, "Written above the keyboard.")
    await expect(lines(phone, "Written above the keyboard.")).to_be_in_viewport()
    await expect(composer(phone)).to_be_focused()
    await is_at_end(phone)
    await phone.evaluate("cover(0)")
    assert await bottom_of(phone, phone.locator("#composer")) > whole - KEYBOARD
    await is_at_end(phone)


# Where it is on the screen, in px. Between two pictures the page may be on its way from one layout to the other.
DRAWN_AT = """async (one) => {
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  return one.getBoundingClientRect().y;
}"""


async def test_who_reads_further_up_is_moved_by_nothing(customer, chat, colleague):
    await filled(chat, colleague)
    phone = await customer(chat)
    await is_live(phone)
    reading = line(phone, "Message 20 of this chat.")
    await reading.scroll_into_view_if_needed()
    await phone.locator("#scroll").evaluate("(one) => (one.scrollTop = 600)")
    before = await reading.evaluate(DRAWN_AT)

    await phone.set_viewport_size({"width": 390, "height": 844 - KEYBOARD})
    await colleague.send(chat, "Down here.")
    await expect(phone.get_by_role("button", name=re.compile("new|Latest"))).to_be_visible()
    await phone.set_viewport_size({"width": 390, "height": 844})
    # Which comes with the first message, above all of them.
    offer = phone.locator(".push.banner")
    await expect(offer).to_be_visible()
    assert abs(await reading.evaluate(DRAWN_AT) - before) <= 1
    await offer.get_by_role("button", name="Not now").click()
    await expect(offer).to_have_count(0)
    assert abs(await reading.evaluate(DRAWN_AT) - before) <= 1


async def test_while_one_writes_the_answers_make_room(visit, chat, colleague):
    person = await colleague.find(chat.driver)
    await colleague.add(chat, person)
    cab = await visit(await colleague.make_link(chat, person), **PHONE)
    await is_live(cab)
    await expect(cab.get_by_role("button", name="On my way")).to_be_visible()
    await composer(cab).tap()
    await cab.set_viewport_size({"width": 390, "height": 844 - KEYBOARD})
    await expect(cab.get_by_role("button", name="On my way")).to_be_hidden()
    await cab.set_viewport_size(PHONE["viewport"])
    await expect(cab.get_by_role("button", name="On my way")).to_be_visible()


async def test_the_send_button_keeps_the_keyboard(customer, chat):
    phone = await customer(chat)
    await is_live(phone)
    await composer(phone).tap()
    await composer(phone).fill("One")
    await phone.get_by_role("button", name="Send").tap()
    await expect(composer(phone)).to_be_focused()


# Fingers


async def too_small(page):
    found = []
    for width, height in WIDTHS.items():
        await page.set_viewport_size({"width": width, "height": height})
        targets = await page.evaluate(TARGETS)
        assert targets
        found += [f"{width}: {name} is {w:.0f} x {h:.0f}" for name, w, h in targets if w < 43.5 or h < 43.5]
        found += [f"{width}: {name} has {size} px" for name, size in await page.evaluate(FIELDS) if size < 16]
    return found


async def test_what_is_too_small_is_found(customer, chat):
    phone = await customer(chat)
    await is_live(phone)
    await phone.evaluate("document.querySelector('.guest__foot').append(document.createElement('button'))")
    await phone.evaluate("document.querySelector('textarea').style.fontSize = '14px'")
    found = await too_small(phone)
    assert any("button." in one for one in found)
    assert any("body has 14" in one for one in found)


async def test_fingers_hit_everything_in_a_chat(customer, chat, colleague, visit, complaints):
    complaints.expect("ERR_INTERNET_DISCONNECTED", "WebSocket connection")
    await filled(chat, colleague, 60)
    await colleague.post(f"{chat.path}messages/", body="Are you there? https://example.com/", offer=["Yes", "No"])
    phone = await customer(chat, permissions=["geolocation"], geolocation={"latitude": 43.6, "longitude": -116.2})
    await is_live(phone)
    assert not await too_small(phone)

    await line(phone, "Message 59 of this chat.").get_by_role("link", name="Reply").click()
    await write(phone, "An answer.")
    await expect(line(phone, "An answer.")).to_be_visible()
    await phone.get_by_role("button", name="Share my location once").click()
    await expect(phone.locator(".message__location")).to_be_visible()
    await phone.get_by_label("Who is here").click()
    assert not await too_small(phone)
    await phone.get_by_label("Who is here").click()

    await line(phone, "An answer.").get_by_role("link", name="Edit").click()
    await expect(phone.get_by_role("textbox", name="New text")).to_be_visible()
    assert not await too_small(phone)
    await phone.get_by_role("textbox", name="New text").fill("Another answer.")
    await phone.get_by_role("button", name="Save").click()
    await expect(line(phone, "Another answer.")).to_be_visible()
    await phone.locator("#scroll").evaluate("(one) => (one.scrollTop = 400)")
    await expect(phone.locator("#jump")).to_be_visible()
    assert not await too_small(phone)

    await phone.context.set_offline(True)
    await write(phone, "In the tunnel.")
    await expect(phone.get_by_role("button", name="Retry")).to_be_visible()
    assert not await too_small(phone)


async def test_fingers_hit_everything_on_a_drivers_list(visit, chat, colleague, unused_orders):
    person = await colleague.find(chat.driver)
    await colleague.add(chat, person)
    other = await colleague.open_chat(next(unused_orders))
    await colleague.add(other, person)
    cab = await visit(await colleague.make_link(chat, person), **PHONE)
    await is_live(cab)
    assert not await too_small(cab)
    await cab.get_by_role("link", name="All chats").click()
    await expect(cab.locator("a[data-conversation]")).to_have_count(2)
    assert not await too_small(cab)
    await cab.get_by_role("searchbox").fill("nothing of this name")
    await cab.keyboard.press("Enter")
    await expect(cab.get_by_text("Nothing found")).to_be_visible()
    assert not await too_small(cab)


async def test_nothing_has_to_be_swiped_for(visit, chat, colleague):
    person = await colleague.find(chat.driver)
    await colleague.add(chat, person)
    cab = await visit(await colleague.make_link(chat, person), **PHONE)
    await is_live(cab)
    sideways = """() => [...document.querySelectorAll("body *")]
        .filter((one) => one.scrollWidth > one.clientWidth + 1)
        .filter((one) => ["auto", "scroll"].includes(getComputedStyle(one).overflowX))
        .map((one) => one.className)"""
    for width, height in WIDTHS.items():
        await cab.set_viewport_size({"width": width, "height": height})
        assert await cab.evaluate(sideways) == []
        for words in ("On my way", "10 minutes late", "At the door", "Nobody there"):
            await expect(cab.get_by_role("button", name=words)).to_be_in_viewport(ratio=1)


# The head


# Who is on the other end, as presence.js puts it there.
PRESENT = """(one, name) => one.replaceChildren(
  Object.assign(document.createElement("i"), { className: "here" }),
  Object.assign(document.createElement("bdi"), { textContent: name }), " here now")"""


async def test_the_head_says_who_is_here_in_full(customer, chat, colleague):
    await colleague.add(chat, await colleague.find(chat.driver))
    phone = await customer(chat)
    await is_live(phone)
    await expect(phone.locator("#with")).to_contain_text(chat.driver)
    for width, height in WIDTHS.items():
        await phone.set_viewport_size({"width": width, "height": height})
        for name, fits in ((chat.driver, True), ("Donaudampfschifffahrtsgesellschaft" * 5, False)):
            await phone.locator("#here").evaluate(PRESENT, name)
            is_cut = await phone.locator("#here").evaluate("(one) => one.scrollWidth > one.clientWidth + 1")
            assert is_cut != fits
            head = await phone.locator(".guest__head").bounding_box()
            assert head["height"] < 70
            assert head["width"] <= width


# Without JavaScript


async def test_the_whole_of_it_without_javascript(visit, chat, colleague, caller):
    await filled(chat, colleague, 60)
    await colleague.post(f"{chat.path}messages/", body="Are you there?", offer=["Yes", "No"])
    link = await colleague.make_link(chat, chat.customer_id)
    # Who has read them begins with the latest.
    reader = await caller().join(link)
    await reader.post(f"{reader.door}{chat.path}reads/", number=60)
    phone = await visit(link, **PHONE, java_script_enabled=False)
    await phone.get_by_role("button", name="Join chat").click()
    await expect(line(phone, "Are you there?")).to_be_visible()
    # Playwright reads no words in it.
    await expect(phone.locator(".guest__foot noscript > p")).to_be_visible()
    await expect(phone.get_by_role("button", name="Share my location once")).to_have_count(0)

    # Earlier messages are pages of their own.
    await expect(line(phone, "Message 0 of this chat.")).to_have_count(0)
    while await phone.get_by_role("link", name="Earlier messages").count():
        await phone.get_by_role("link", name="Earlier messages").click()
    await expect(line(phone, "Message 0 of this chat.")).to_be_visible()
    await phone.get_by_role("link", name="To the latest messages").click()

    await phone.get_by_role("button", name="Yes").click()
    await expect(line(phone, "Yes")).to_be_visible()
    await expect(line(phone, "Yes").locator("[data-quotes]")).to_contain_text("Are you there?")
    await expect(phone.locator("#answers")).to_be_hidden()

    await write(phone, "Ring twice.")
    await expect(line(phone, "Ring twice.")).to_be_visible()
    await line(phone, "Ring twice.").get_by_role("link", name="Edit").click()
    await phone.get_by_role("textbox", name="New text").fill("Ring three times.")
    await phone.get_by_role("button", name="Save").click()
    await expect(line(phone, "Ring three times.")).to_be_visible()

    await colleague.send(chat, "We will.")
    await expect(line(phone, "We will.")).to_have_count(0)
    await phone.reload()
    await expect(line(phone, "We will.")).to_be_visible()
