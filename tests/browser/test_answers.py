"""Answers by one tap: a driver's in the chat and on the list of stops, a customer's where dispatch offers them."""

import re

import pytest_asyncio
from playwright.async_api import expect

from .conftest import PHONE
from .thread import composer, has_focus, is_live, line, lines, shows_once, transcript, write

SENDS = re.compile(r"/chats/\d+/messages/$")


def answer(page, words):
    return page.get_by_role("form", name="Answers by one tap").get_by_role("button", name=words, exact=True)


def stop(page, chat):
    return page.locator(f"#conversation-{chat.id}")


@pytest_asyncio.fixture(loop_scope="session")
async def driver(visit, colleague):
    """The driver of a chat, who is put into it, on the list of stops: await driver(chat) -> the page."""

    async def driver(chat, **options):
        person = await colleague.find(chat.driver)
        await colleague.add(chat, person)
        page = await visit(await colleague.make_link(chat, person), **{**PHONE, **options})
        await page.get_by_role("link", name="All chats").click()
        await expect(stop(page, chat)).to_be_visible()
        return page

    return driver


async def test_one_tap_on_a_stop_is_one_message(driver, customer, chat):
    phone = await customer(chat)
    home = await driver(chat)
    await is_live(home)

    await stop(home, chat).get_by_role("button", name="10 minutes late").dblclick()

    # Said for a few seconds.
    await expect(stop(home, chat).locator(".stop__said")).to_contain_text("Sent")
    await shows_once(phone, "10 minutes late")
    await expect(stop(home, chat)).to_contain_text("You: 10 minutes late")
    await home.reload()
    await shows_once(phone, "10 minutes late")
    # Said again on purpose, it is sent again.
    await stop(home, chat).get_by_role("button", name="10 minutes late").click()
    await expect(lines(phone, "10 minutes late")).to_have_count(2)


async def test_a_tap_without_a_connection_is_kept_and_sent_once(driver, customer, chat, complaints):
    complaints.expect("ERR_INTERNET_DISCONNECTED", "WebSocket connection")
    phone = await customer(chat)
    home = await driver(chat)
    await is_live(home)
    await home.context.set_offline(True)
    await stop(home, chat).get_by_role("button", name="At the door").click()
    said = stop(home, chat).locator(".stop__said")
    await expect(said).to_contain_text("Not sent.")
    await expect(said.get_by_role("button", name="Delete")).to_be_visible()
    await home.close()

    # The battery was empty; on another page of the same phone it goes out.
    await home.context.set_offline(False)
    again = await home.context.new_page()
    await again.goto(home.url)
    await shows_once(phone, "At the door")
    await expect(stop(again, chat)).to_contain_text("You: At the door")
    await again.reload()
    await shows_once(phone, "At the door")


async def test_what_is_tapped_later_does_not_overtake(driver, customer, chat, complaints):
    complaints.expect("ERR_FAILED")
    phone = await customer(chat)
    home = await driver(chat)
    await is_live(home)
    lost = []

    async def lose(route):
        lost.append(route.request.post_data)
        await route.abort()

    await home.route(SENDS, lose)
    said = stop(home, chat).locator(".stop__said")
    await stop(home, chat).get_by_role("button", name="On my way").click()
    await expect(said).to_contain_text("On my way · Not sent.")
    await stop(home, chat).get_by_role("button", name="At the door").click()
    await home.unroute(SENDS, lose)

    # Said for a few seconds.
    await expect(said).to_contain_text("Sent")
    await shows_once(phone, "At the door")
    await shows_once(phone, "On my way")
    texts = [text for _, text in await transcript(phone)]
    assert texts.index("On my way") < texts.index("At the door")
    assert all("On+my+way" in body for body in lost)


async def test_what_was_refused_is_not_hidden_by_what_was_sent(driver, customer, chat, complaints):
    complaints.expect("status of 409")
    phone = await customer(chat)
    home = await driver(chat)
    await is_live(home)

    async def refuse(route):
        if "On+my+way" in route.request.post_data:
            await route.fulfill(status=409, body="no")
        else:
            await route.continue_()

    await home.route(SENDS, refuse)
    said = stop(home, chat).locator(".stop__said")
    await stop(home, chat).get_by_role("button", name="On my way").click()
    await expect(said).to_contain_text("On my way · Not sent.")
    await stop(home, chat).get_by_role("button", name="At the door").click()
    await shows_once(phone, "At the door")
    await expect(said).to_contain_text("On my way · Not sent.", timeout=10_000)

    await home.unroute(SENDS)
    await said.get_by_role("button", name="Retry").click()
    await shows_once(phone, "On my way")


async def test_what_a_stop_could_not_send_its_chat_sends(driver, customer, chat, complaints):
    complaints.expect("ERR_FAILED")
    phone = await customer(chat)
    home = await driver(chat)
    await is_live(home)
    await home.route(SENDS, lambda route: route.abort())
    await stop(home, chat).get_by_role("button", name="Nobody there").click()
    await expect(stop(home, chat).locator(".stop__said")).to_contain_text("Not sent.")
    await home.unroute(SENDS)
    await stop(home, chat).locator("a[data-conversation]").click()
    await shows_once(phone, "Nobody there")
    await shows_once(home, "Nobody there")


async def test_a_tap_whose_answer_is_lost_doubles_nothing(driver, customer, chat, complaints):
    complaints.expect("ERR_FAILED")
    phone = await customer(chat)
    home = await driver(chat)
    await is_live(home)
    lost = []

    async def lose(route):
        if lost:
            await route.continue_()
        else:
            lost.append(await route.fetch())
            await route.abort()

    await home.route(SENDS, lose)
    await stop(home, chat).get_by_role("button", name="On my way").click()
    await expect(stop(home, chat).locator(".stop__said")).to_contain_text("Sent", timeout=20_000)
    await shows_once(phone, "On my way")


async def test_a_tap_that_was_refused_waits_until_somebody_says_so(driver, customer, chat, complaints):
    complaints.expect("status of 422")
    phone = await customer(chat)
    home = await driver(chat)
    await is_live(home)
    came = []

    async def refuse(route):
        came.append(route.request)
        await route.fulfill(status=422, content_type="text/html", body='<p class="field__error">Not like this.</p>')

    await home.route(SENDS, refuse)
    await stop(home, chat).get_by_role("button", name="On my way").click()
    said = stop(home, chat).locator(".stop__said")
    await expect(said).to_contain_text("Not sent: Not like this.")
    await home.evaluate("dispatchEvent(new Event('online'))")
    await expect(said).to_contain_text("Not sent: Not like this.")
    # The answer to whatever had gone out would be before this one's.
    await home.evaluate("fetch(location.href).then((answer) => answer.text())")
    assert len(came) == 1
    await home.unroute(SENDS)
    await said.get_by_role("button", name="Retry").click()
    await shows_once(phone, "On my way")


async def test_a_stop_goes_and_comes_with_its_driver(driver, chat, colleague):
    home = await driver(chat)
    await is_live(home)
    person = await colleague.find(chat.driver)
    await colleague.post(f"{chat.path}participants/{person}/", method="DELETE")
    await expect(stop(home, chat)).to_have_count(0)
    await colleague.add(chat, person)
    await expect(stop(home, chat).get_by_role("button", name="On my way")).to_be_visible()


async def test_unread_stands_first_and_moves_down_when_it_is_read(driver, chat, colleague, unused_orders, order):
    other = await colleague.open_chat(next(unused_orders))
    home = await driver(chat)
    await colleague.add(other, await colleague.find(chat.driver))
    await expect(stop(home, other)).to_be_visible()
    rows = home.locator("#conversations > li[id^=conversation-]")
    await is_live(home)
    await colleague.send(chat, "Gate 4.")
    await expect(home.get_by_role("heading", name="Unread")).to_be_visible()
    await expect(rows.first).to_have_id(f"conversation-{chat.id}")
    await colleague.send(other, "Gate 5.")
    await expect(rows.first).to_have_id(f"conversation-{other.id}")
    await expect(home.get_by_role("heading", name="Read", exact=True)).to_be_hidden()

    tab = await home.context.new_page()
    await tab.goto(await stop(home, other).locator("a[data-conversation]").get_attribute("href"))
    await expect(home.get_by_role("heading", name="Read", exact=True)).to_be_visible()
    await expect(rows.first).to_have_id(f"conversation-{chat.id}")
    await expect(home.locator("#stops-read + li")).to_have_id(f"conversation-{other.id}")


async def test_a_map_opens_where_the_phone_has_none(driver, chat, server):
    """The orders of the tests have a city."""
    for agent, scheme in ((IPHONE, "https://www.openstreetmap.org/"), (ANDROID, "geo:0,0?q=Boise")):
        home = await driver(chat, user_agent=agent)
        await is_live(home)
        link = stop(home, chat).get_by_role("link", name="Boise")
        assert (await link.get_attribute("href")).startswith("geo:")
        # Noted there and then: the list may be made anew at any time.
        await home.evaluate("addEventListener('click', (event) => { window.went = event.target.closest('a').href })")
        await home.evaluate("addEventListener('click', (event) => event.preventDefault())")
        await link.click()
        assert (await home.evaluate("went")).startswith(scheme)


IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 15_0 like Mac OS X) AppleWebKit/605.1.15 Version/15.0 Mobile/15E148 Safari"
ANDROID = "Mozilla/5.0 (Linux; Android 13; Pixel 7) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36"


async def test_in_the_chat_a_drivers_answers_stay(driver, customer, chat):
    phone = await customer(chat)
    home = await driver(chat)
    await stop(home, chat).locator("a[data-conversation]").click()
    await is_live(home)
    await answer(home, "On my way").dblclick()
    await shows_once(phone, "On my way")
    await shows_once(home, "On my way")
    await answer(home, "At the door").click()
    await shows_once(phone, "At the door")
    await expect(answer(home, "On my way")).to_be_visible()


async def test_an_offer_is_chosen_by_the_keys_and_answered_by_one_tap(dispatcher, customer, chat):
    page, phone = await dispatcher(chat.path), await customer(chat)
    await is_live(page)
    await is_live(phone)
    await composer(page).fill("Are you there?")
    picker = page.locator(".offer > summary")
    for _ in range(5):
        await page.keyboard.press("Tab")
        if await has_focus(picker):
            break
    await expect(picker).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await expect(page.locator("#offering")).to_have_text("Answers offered: I’m home · Leave it with a neighbour")
    await page.keyboard.press("Escape")
    await expect(composer(page)).to_be_focused()
    await expect(page.locator(".offer[open]")).to_have_count(0)
    await page.keyboard.press("Control+Enter")

    for reader in (page, phone):
        await shows_once(reader, "Are you there?")
        offered = line(reader, "Are you there?").locator(".message__offer")
        await expect(offered).to_have_text("Answers offered: I’m home · Leave it with a neighbour")
    await expect(page.locator("#offering")).to_be_hidden()
    await composer(page).fill("Next.")
    await page.keyboard.press("Control+Enter")
    await expect(line(phone, "Next.").locator(".message__offer")).to_have_count(0)

    await answer(phone, "I’m home").dblclick()
    await expect(phone.locator("#answers")).to_be_hidden()
    await shows_once(page, "I’m home")
    await expect(line(page, "I’m home").locator("[data-quotes]")).to_contain_text("Are you there?")
    await phone.reload()
    await expect(phone.locator("#answers")).to_be_hidden()


async def test_a_new_offer_takes_the_place_of_the_one_before(dispatcher, customer, chat, colleague):
    phone = await customer(chat)
    await is_live(phone)
    for text, offer in (("Are you there?", ["Yes", "No"]), ("Or tomorrow?", ["Tomorrow"])):
        await colleague.post(f"{chat.path}messages/", body=text, offer=offer)
    await expect(answer(phone, "Tomorrow")).to_be_visible()
    await expect(phone.locator("#answers .answer")).to_have_count(1)
    # In their own words.
    await write(phone, "In an hour.")
    await expect(phone.locator("#answers")).to_be_hidden()


async def test_an_answer_that_is_deleted_is_none(customer, chat, colleague):
    phone = await customer(chat)
    await is_live(phone)
    await colleague.post(f"{chat.path}messages/", body="Are you there?", offer=["Yes", "No"])
    await answer(phone, "No").click()
    await shows_once(phone, "No")
    await expect(phone.locator("#answers")).to_be_hidden()
    await line(phone, "No").get_by_role("link", name="Edit").click()
    await phone.get_by_role("button", name="Delete message").click()
    await expect(answer(phone, "Yes")).to_be_visible()


async def test_all_of_it_without_javascript(visit, chat, colleague, signed_in):
    await colleague.send(chat, "One.")
    person = await colleague.find(chat.driver)
    await colleague.add(chat, person)
    cab = await visit(await colleague.make_link(chat, person), **PHONE, java_script_enabled=False)
    await cab.get_by_role("button", name="Join chat").click()
    await cab.get_by_role("link", name="All chats").click()
    await stop(cab, chat).get_by_role("button", name="At the door").click()
    await expect(line(cab, "At the door")).to_be_visible()

    desk = await visit(chat.path, storage_state=signed_in, java_script_enabled=False)
    await desk.locator(".offer > summary").click()
    await desk.get_by_role("checkbox", name="Leave it with a neighbour").check()
    await write(desk, "Nobody opens.")
    phone = await visit(await colleague.make_link(chat, chat.customer_id), **PHONE, java_script_enabled=False)
    await phone.get_by_role("button", name="Join chat").click()
    await answer(phone, "Leave it with a neighbour").click()
    await expect(line(phone, "Leave it with a neighbour")).to_be_visible()
    await expect(phone.locator("#answers")).to_be_hidden()
