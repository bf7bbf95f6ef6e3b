"""Where one is, shared once by one tap, and told in words when that cannot be."""

import re

from playwright.async_api import expect

from .thread import composer, is_live, line, lines

HERE = {"latitude": 43.615019, "longitude": -116.202313, "accuracy": 11.2}
SHOWN = "Location 43.61502, -116.20231 accurate to 12 m"
SENDS = re.compile(r"/chats/\d+/messages/$")


def button(page):
    return page.get_by_role("button", name="Share my location once")


def shared(page):
    return page.locator("#messages > li[data-number]").filter(has=page.locator(".message__location"))


async def is_shared(page):
    await expect(shared(page).locator(".message__body")).to_have_text(SHOWN)


async def test_one_tap_shares_it_with_everyone_and_once(dispatcher, customer, chat):
    desk = await dispatcher(chat.path)
    phone = await customer(chat, permissions=["geolocation"], geolocation=HERE)
    await is_live(desk)
    await button(phone).click()
    for page in (phone, desk):
        await is_shared(page)
        link = shared(page).locator("a.message__location")
        await expect(link).to_have_attribute("href", "https://www.openstreetmap.org/search?query=43.61502%2C-116.20231")
        await expect(link).to_have_attribute("target", "_blank")
    # Not followed: another place is told only by another tap.
    await phone.context.set_geolocation({**HERE, "latitude": 44})
    await expect(shared(desk)).to_have_count(1)
    await expect(desk.locator(f'[data-conversation="{chat.id}"] .row__line')).to_have_text("Location")
    await phone.reload()
    await is_shared(phone)


async def test_it_answers_what_is_being_answered_and_can_be_quoted_and_deleted(dispatcher, customer, chat, colleague):
    await colleague.send(chat, "Where are you?")
    desk = await dispatcher(chat.path)
    phone = await customer(chat, permissions=["geolocation"], geolocation=HERE)
    await is_live(desk)
    await line(phone, "Where are you?").get_by_role("link", name="Reply").click()
    await button(phone).click()
    await expect(shared(desk).locator("[data-quotes]")).to_contain_text("Where are you?")

    await shared(desk).hover()
    await shared(desk).get_by_label("Reply").click()
    await composer(desk).fill("I see you.")
    await desk.keyboard.press("Control+Enter")
    await expect(line(phone, "I see you.").locator("[data-quotes]")).to_contain_text("Location")

    # What was shared can be taken back, and not be made another place.
    await shared(phone).get_by_role("link", name="Delete").click()
    await expect(phone.get_by_role("textbox", name="New text")).to_have_count(0)
    await phone.get_by_role("button", name="Delete message").click()
    await expect(desk.locator(".message__location")).to_have_count(0)
    await expect(line(desk, "I see you.").locator("[data-quotes]")).to_contain_text("Message deleted")
    assert "43.61502" not in await desk.content()


async def test_without_a_connection_it_is_kept_and_sent_once(dispatcher, customer, chat, complaints):
    complaints.expect("ERR_INTERNET_DISCONNECTED", "WebSocket connection", "ERR_FAILED")
    desk = await dispatcher(chat.path)
    phone = await customer(chat, permissions=["geolocation"], geolocation=HERE)
    await is_live(phone)
    # Known to the page already: the button needs nothing of the network then.
    await button(phone).click()
    await is_shared(desk)
    lost = []

    async def lose(route):
        if lost:
            await route.continue_()
        else:
            lost.append(await route.fetch())
            await route.abort()

    await phone.route(SENDS, lose)
    await phone.context.set_geolocation({**HERE, "latitude": 44, "accuracy": 5})
    await button(phone).click()
    await expect(shared(desk).last.locator(".message__body")).to_have_text(
        "Location 44.00000, -116.20231 accurate to 5 m"
    )
    await expect(lines(phone, "Location")).to_have_count(0, timeout=20_000)
    await expect(shared(phone)).to_have_count(2)
    await phone.reload()
    await expect(shared(phone)).to_have_count(2)


async def test_what_cannot_be_found_is_said_in_words(customer, chat):
    phone = await customer(chat)
    await is_live(phone)
    said = phone.locator("#located")
    await button(phone).click()
    await expect(said).to_have_text(re.compile("^This site may not know where you are."))
    for code, words in ((2, "This phone does not know where it is."), (3, "Finding where you are took too long.")):
        await phone.evaluate(
            """(code) => {
                const failing = { getCurrentPosition: (_, fail) => fail({ code }) };
                Object.defineProperty(navigator, "geolocation", { value: failing, configurable: true });
            }""",
            code,
        )
        await button(phone).click()
        await expect(said).to_contain_text(words)
    await expect(phone.locator(".message__location")).to_have_count(0)


async def test_on_plain_http_there_is_no_such_button(visit, chat, colleague, server):
    link = await colleague.make_link(chat, chat.customer_id)
    for host, is_there in (("127.0.0.1", True), ("dispatch.lan", False)):
        phone = await visit(link.replace("127.0.0.1", host))
        await phone.wait_for_url("**/g/**")
        await expect(composer(phone)).to_be_visible()
        await is_live(phone)
        await expect(button(phone)).to_have_count(int(is_there))
