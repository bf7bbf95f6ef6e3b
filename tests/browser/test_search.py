"""A message is found among many, and the page goes to it."""

import re

from playwright.async_api import expect

from .thread import is_live, line, transcript


def hit(page, chat):
    return page.locator(f'[data-conversation="{chat.id}"]')


async def look_for(page, words):
    await page.get_by_role("searchbox", name="Search conversations").fill(words)


async def test_from_the_search_to_the_message_in_its_place(dispatcher, chat, colleague):
    await colleague.send(chat, "The Zürich ramp is closed", *(f"Message {number}" for number in range(3, 261)))
    page = await dispatcher("/chats/")
    await look_for(page, "zurich ramp")
    await expect(hit(page, chat).locator("mark")).to_have_text(["Zürich", "ramp"])
    await hit(page, chat).click()

    await expect(line(page, "The Zürich ramp is closed")).to_be_in_viewport()
    await expect(hit(page, chat).locator("mark")).to_have_text(["Zürich", "ramp"])
    # What stands after the first page of it comes by itself, and moves nothing.
    await is_live(page)
    await expect(line(page, "Message 260")).to_have_count(1)
    await expect(line(page, "The Zürich ramp is closed")).to_be_in_viewport()
    assert [number for number, _ in await transcript(page)] == list(range(1, 261))


async def test_a_hit_stays_while_news_comes(dispatcher, chat, colleague, caller):
    await colleague.send(chat, "The Basel ramp is closed")
    page = await dispatcher("/chats/?q=basel+ramp")
    await is_live(page)
    address = await hit(page, chat).get_attribute("href")
    await colleague.send(chat, "Now it is open")
    await expect(hit(page, chat)).to_have_attribute("data-unread", "2")

    await expect(hit(page, chat).locator("mark")).to_have_text(["Basel", "ramp"])
    assert await hit(page, chat).get_attribute("href") == address

    # Nor does news of something else take it away.
    myself = await caller().sign_in("dispatcher")
    await myself.post(f"/chats/{chat.id}/mute/")
    await expect(hit(page, chat)).to_have_attribute("data-muted", "")
    await expect(hit(page, chat).locator("mark")).to_have_text(["Basel", "ramp"])
    # What was found is no longer there.
    number = re.search(r"at=(\d+)", address)[1]
    await colleague.post(f"/chats/{chat.id}/messages/{number}/", method="DELETE")
    await expect(hit(page, chat)).to_contain_text("Now it is open")
    await expect(hit(page, chat).locator("mark")).to_have_count(0)


async def test_a_hit_is_shown_though_much_is_unread(dispatcher, chat, colleague):
    await colleague.send(chat, *(f"Message {number}" for number in range(1, 41)), "The Bern ramp is closed")
    page = await dispatcher("/chats/?q=bern+ramp")
    await hit(page, chat).click()
    await expect(line(page, "The Bern ramp is closed")).to_be_in_viewport()


async def test_the_open_conversation_is_known_among_what_was_found(dispatcher, chat):
    page = await dispatcher(chat.path)
    await look_for(page, chat.reference)
    await expect(page.locator("#conversations > li")).to_have_count(1)
    await expect(hit(page, chat)).to_have_attribute("aria-current", "page")
    assert page.url.endswith(chat.path)


async def test_a_search_has_an_address(dispatcher, chat):
    page = await dispatcher("/chats/?show=mine")
    await look_for(page, chat.reference)
    await page.wait_for_url(f"**/chats/?show=mine&q={chat.reference}")
    await page.reload()
    await expect(page.get_by_role("searchbox", name="Search conversations")).to_have_value(chat.reference)


async def test_what_is_marked_stays_while_news_comes(dispatcher, chat, colleague):
    page = await dispatcher("/chats/")
    await look_for(page, f"{chat.customer.split()[0]} {chat.reference}")
    marked = [chat.customer.split()[0], chat.reference]
    await expect(hit(page, chat).locator("mark")).to_have_text(marked)
    await is_live(page)

    await colleague.send(chat, "Now it is open")

    await expect(hit(page, chat)).to_have_attribute("data-unread", "1")
    await expect(hit(page, chat).locator("mark")).to_have_text(marked)


async def test_by_whom_it_was_found_stays_while_news_comes(dispatcher, chat, order, colleague):
    page = await dispatcher("/chats/")
    digits = re.sub(r"\D", "", order["customer_phone"])
    await look_for(page, f"+1{digits}")
    found = f"{chat.customer} · {order['customer_phone']}"
    await expect(hit(page, chat).locator(".row__line")).to_have_text(found)
    await is_live(page)

    await colleague.send(chat, "Now it is open")

    await expect(hit(page, chat)).to_have_attribute("data-unread", "1")
    await expect(hit(page, chat).locator(".row__line")).to_have_text(found)
    await expect(hit(page, chat).locator("mark")).to_have_text([order["customer_phone"][1:]])
