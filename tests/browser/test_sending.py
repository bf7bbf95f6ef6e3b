"""What is written is shown at once, is never lost and never doubled, whatever happens to the connection."""

import asyncio
import re

from playwright.async_api import expect

from .conftest import PHONE
from .test_accessibility import is_sound
from .thread import composer, is_live, line, lines, shows_once, transcript, write

SENDS = re.compile(r"/messages/$")
# Milliseconds. A page tries again by chance, at first after up to one second, then two, then four.
PATIENCE = 25_000


def state(page, text):
    return lines(page, text).locator(".message__status")


class Held:
    """Sends of this page that do not reach the server, or whose answers do not come back, until they are let go."""

    def __init__(self, page):
        self.page = page
        self.came, self.go_on = asyncio.Event(), asyncio.Event()

    async def requests(self):
        async def hold(route):
            self.came.set()
            await self.go_on.wait()
            await route.continue_()

        await self.page.route(SENDS, hold)
        return self

    async def answers(self, lose_first=False):
        async def hold(route):
            answer = await route.fetch()
            first = not self.came.is_set()
            self.came.set()
            await self.go_on.wait()
            await (route.abort() if lose_first and first else route.fulfill(response=answer))

        await self.page.route(SENDS, hold)
        return self


async def test_a_message_is_shown_while_it_is_sent_and_confirmed_in_its_place(dispatcher, chat):
    page = await dispatcher(chat.path)
    sends = await Held(page).requests()
    await write(page, "On my way.")
    await expect(state(page, "On my way.")).to_have_text("Sending")
    await expect(composer(page)).to_have_value("")
    key = await lines(page, "On my way.").get_attribute("data-client-id")

    sends.go_on.set()
    await expect(state(page, "On my way.")).to_have_text("Sent")
    await expect(page.locator(f'li[data-client-id="{key}"]')).to_have_count(1)
    await shows_once(page, "On my way.")


async def test_a_message_that_comes_back_by_the_socket_before_its_answer_is_there_once(dispatcher, chat):
    page = await dispatcher(chat.path)
    await is_live(page)
    sends = await Held(page).answers()
    await write(page, "Faster than its answer.")
    await shows_once(page, "Faster than its answer.")
    sends.go_on.set()
    await expect(state(page, "Faster than its answer.")).to_have_text("Sent")
    await write(page, "And the next one.")
    await shows_once(page, "And the next one.")
    await shows_once(page, "Faster than its answer.")


async def test_an_answer_that_is_lost_doubles_nothing(dispatcher, customer, chat, complaints):
    complaints.expect("ERR_FAILED")
    page, phone = await dispatcher(chat.path), await customer(chat)
    sends = await Held(page).answers(lose_first=True)
    sends.go_on.set()
    await write(page, "Heard once.", "And a second one.")
    for reader in (page, phone):
        await shows_once(reader, "Heard once.", within=PATIENCE)
        await shows_once(reader, "And a second one.", within=PATIENCE)
    assert await transcript(page) == await transcript(phone)


async def test_a_restart_of_the_server_loses_nothing(dispatcher, customer, chat, colleague, server, complaints):
    complaints.expect("WebSocket connection", "ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
    # What a page fetches when it has time, it may want just then.
    complaints.expect("ERR_FAILED .*/static/")
    page, phone = await dispatcher(chat.path), await customer(chat)
    await write(page, "Before.")
    await shows_once(phone, "Before.")

    server.stop()
    for reader in (page, phone):
        await expect(reader.locator("#connection")).to_have_text("Reconnecting…")
    await write(page, "Written while it was down.")
    await expect(state(page, "Written while it was down.")).to_contain_text("Not sent.")
    await expect(state(page, "Written while it was down.").get_by_role("button", name="Retry")).to_be_visible()
    await expect(state(page, "Written while it was down.").get_by_role("button", name="Delete")).to_be_visible()
    await write(phone, "Deleted again.")
    await lines(phone, "Deleted again.").get_by_role("button", name="Delete").click()

    server.start()
    await colleague.send(chat, "Said in the gap.")
    for reader in (page, phone):
        await shows_once(reader, "Said in the gap.", within=PATIENCE)
        await shows_once(reader, "Written while it was down.", within=PATIENCE)
        await expect(reader.locator("#connection")).to_be_hidden(timeout=PATIENCE)
        await expect(lines(reader, "Deleted again.")).to_have_count(0)
    await write(phone, "And live again.")
    await expect(line(page, "And live again.")).to_have_count(1, timeout=1000)
    await shows_once(phone, "And live again.")
    assert await transcript(page) == await transcript(phone)


async def test_without_a_connection_the_page_says_so_and_keeps_what_is_written(dispatcher, chat, complaints):
    complaints.expect("ERR_INTERNET_DISCONNECTED", "WebSocket connection")
    page = await dispatcher(chat.path)
    await is_live(page)
    await page.context.set_offline(True)
    await expect(page.locator("#connection")).to_contain_text("No connection.")
    await write(page, "Written in the tunnel.", "And one more.")
    await expect(state(page, "Written in the tunnel.")).to_contain_text("Not sent.")

    await page.context.set_offline(False)
    for text in ("Written in the tunnel.", "And one more."):
        await shows_once(page, text, within=PATIENCE)
    await expect(page.locator("#connection")).to_be_hidden(timeout=PATIENCE)


async def test_what_was_not_sent_outlives_its_page(dispatcher, chat, complaints):
    complaints.expect("ERR_INTERNET_DISCONNECTED", "WebSocket connection")
    page = await dispatcher(chat.path)
    await page.context.set_offline(True)
    await write(page, "The battery was empty.")
    await expect(state(page, "The battery was empty.")).to_contain_text("Not sent.")
    await page.close()

    await page.context.set_offline(False)
    again = await page.context.new_page()
    await again.goto(chat.path)
    await shows_once(again, "The battery was empty.")
    await again.reload()
    await shows_once(again, "The battery was empty.")


async def test_retry_sends_at_once(dispatcher, chat, complaints):
    complaints.expect("ERR_FAILED")
    page = await dispatcher("/login/")
    await page.clock.install()
    await page.goto(chat.path)
    await is_live(page)
    # Its time stands still, so it does not try again by itself.
    await page.clock.pause_at(await page.evaluate("Date.now()") + 10_000)
    await page.route(SENDS, lambda route: route.abort())
    await write(page, "By hand.")
    await expect(state(page, "By hand.")).to_contain_text("Not sent.")
    await page.unroute(SENDS)
    await state(page, "By hand.").get_by_role("button", name="Retry").click()
    await expect(state(page, "By hand.")).to_have_text("Sent", timeout=2000)
    await shows_once(page, "By hand.")


async def test_a_draft_survives_a_reload(dispatcher, chat):
    page = await dispatcher(chat.path)
    await composer(page).press_sequentially("Not ready y")
    await page.reload()
    await expect(composer(page)).to_have_value("Not ready y")
    await write(page, "Ready.")
    await shows_once(page, "Ready.")
    await page.reload()
    await expect(composer(page)).to_have_value("")


async def test_what_is_too_long_stays_in_the_box_with_its_count(dispatcher, chat):
    page = await dispatcher(chat.path)
    await write(page, "😀" * 4003)
    await expect(page.locator("#composer-count")).to_have_text("3 characters too many")
    assert await composer(page).input_value() == "😀" * 4003
    await expect(page.locator("#messages > li[data-kind=text]")).to_have_count(0)

    await write(page, "😀" * 4000)
    await shows_once(page, "😀" * 4000)
    await expect(composer(page)).to_have_value("")


async def test_what_the_server_refuses_is_not_lost(dispatcher, chat, complaints):
    complaints.expect("status of 422")
    page = await dispatcher(chat.path)
    nothing_to_see = "\u200b\u200b"
    await write(page, nothing_to_see)
    refused = page.locator("#messages > li[data-kind=text]")
    await expect(refused.locator(".message__status")).to_contain_text("Not sent: Write something first.")
    await page.reload()
    await expect(refused.locator(".message__status")).to_contain_text("Not sent")
    await write(page, "What follows it goes out.")
    await shows_once(page, "What follows it goes out.")

    await refused.get_by_role("button", name="Delete").click()
    await page.reload()
    await shows_once(page, "What follows it goes out.")
    await expect(refused).to_have_count(1)


async def test_control_and_enter_sends_and_enter_alone_begins_a_line(dispatcher, chat):
    page = await dispatcher(chat.path)
    await composer(page).press_sequentially("One")
    await page.keyboard.press("Enter")
    await page.keyboard.type("two")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".message__body").filter(has_text="One")).to_have_text("One\ntwo", use_inner_text=True)


async def test_two_tabs_of_one_person_both_have_it_once(dispatcher, customer, chat):
    first = await dispatcher(chat.path)
    second = await first.context.new_page()
    await second.goto(chat.path)
    phone = await customer(chat)
    await is_live(first)
    await write(first, "From the first tab.")
    await write(second, "From the second tab.")
    await write(phone, "From the phone.")
    for page in (first, second, phone):
        for text in ("From the first tab.", "From the second tab.", "From the phone."):
            await shows_once(page, text)
    assert await transcript(first) == await transcript(second) == await transcript(phone)


async def test_ten_in_a_row_arrive_in_their_order(dispatcher, customer, chat):
    page, phone = await dispatcher(chat.path), await customer(chat)
    texts = [f"Line {number} of ten" for number in range(1, 11)]
    for text in texts:
        await composer(page).fill(text)
        await page.keyboard.press("Control+Enter")
    for reader in (phone, page):
        await shows_once(reader, texts[-1])
        assert [text for _, text in await transcript(reader) if text in texts] == texts
        for text in texts:
            await expect(lines(reader, text)).to_have_count(1)


async def test_what_was_not_sent_goes_from_another_page_too(dispatcher, chat, colleague, unused_orders, complaints):
    """Nobody must come back to a chat to have it sent."""
    complaints.expect("ERR_FAILED")
    other = await colleague.open_chat(next(unused_orders))
    page = await dispatcher(chat.path)
    await is_live(page)
    await page.context.route(SENDS, lambda route: route.abort())
    await write(page, "One left behind.", "Two left behind.")
    await expect(state(page, "Two left behind.")).to_contain_text("Not sent.")

    await page.goto(other.path)
    notice = page.get_by_role("status").filter(has_text="2 messages are not sent yet.")
    await expect(notice).to_be_visible()
    await expect(notice.get_by_role("link", name="Open the chat")).to_have_attribute("href", chat.path)
    await is_sound(page)

    await page.context.unroute(SENDS)
    await expect(notice).to_be_hidden()
    await expect(page.locator(f'[data-conversation="{chat.id}"]')).to_contain_text("You: Two left behind.")
    await page.goto(chat.path)
    for text in ("One left behind.", "Two left behind."):
        await shows_once(page, text)
    texts = [text for _, text in await transcript(page) if text.endswith("left behind.")]
    assert texts == ["One left behind.", "Two left behind."]


async def test_what_was_refused_is_said_on_other_pages_until_somebody_looks(dispatcher, chat, complaints):
    complaints.expect("422")
    page = await dispatcher(chat.path)
    await is_live(page)
    await page.context.route(
        SENDS, lambda route: route.fulfill(status=422, body='<p class="field__error">Too long.</p>')
    )
    await write(page, "Refused.")
    await expect(state(page, "Refused.")).to_contain_text("Not sent: Too long.")

    await page.goto("/orders/")
    notice = page.get_by_role("status").filter(has_text="1 message is not sent yet.")
    await notice.get_by_role("link", name="Open the chat").click()
    await lines(page, "Refused.").get_by_role("button", name="Delete").click()
    await page.goto("/orders/")
    await expect(page.get_by_role("link", name="Chats")).to_be_visible()
    await expect(notice).to_have_count(0)


async def test_what_a_driver_left_unsent_goes_from_the_list(visit, chat, colleague, complaints):
    complaints.expect("ERR_FAILED")
    driver = await colleague.find(chat.driver)
    await colleague.add(chat, driver)
    page = await visit(await colleague.make_link(chat, driver), **PHONE)
    await page.wait_for_url(f"**{chat.path}")
    await is_live(page)
    await page.context.route(SENDS, lambda route: route.abort())
    await write(page, "Left by the driver.")
    await expect(state(page, "Left by the driver.")).to_contain_text("Not sent.")
    await page.get_by_role("link", name="All chats").click()
    stop = page.locator(f"#conversation-{chat.id}")
    await expect(stop.locator(".stop__said")).to_contain_text("Left by the driver. · Not sent.")

    await page.context.unroute(SENDS)
    await expect(stop).to_contain_text("You: Left by the driver.")
    await expect(stop.locator(".stop__said")).to_be_empty()
