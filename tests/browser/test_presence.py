"""Who is here, on the pages of everybody: so that nobody reads in secret, and two do not answer at once."""

import asyncio

import pytest_asyncio
from playwright.async_api import expect

from tests.callers import Caller

from .conftest import DESK
from .test_accessibility import is_sound
from .thread import composer, is_live, shows_once, write

HIDE = """(state) => {
  Object.defineProperty(document, "visibilityState", { get: () => state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def second(server):
    """What the browser of Support 1 keeps."""
    caller = await Caller(server.url).sign_in("support")
    cookies = [{"name": name, "value": value, "url": server.url} for name, value in caller.client.cookies.items()]
    return {"cookies": cookies}


def looking(page):
    return page.locator("#looking")


def person(page, number):
    return page.locator(f"#person-{number}")


async def test_two_dispatchers_see_each_other_at_one_conversation(dispatcher, visit, second, chat):
    mine = await dispatcher(chat.path)
    await is_live(mine)
    theirs = await visit(chat.path, storage_state=second, **DESK)

    await expect(looking(mine)).to_have_text("Support 1 is also looking at this")
    await expect(looking(theirs)).to_have_text("Dispatcher 1 is also looking at this")
    await is_sound(mine)

    # It does not go by itself, and what is being written stays.
    await composer(theirs).press_sequentially("I am on it")
    await expect(mine.locator("#typing")).to_have_text("Support 1 is typing")
    await expect(looking(mine)).to_be_visible()

    await theirs.evaluate(HIDE, "hidden")
    await expect(looking(mine)).to_be_hidden()
    await theirs.evaluate(HIDE, "visible")
    await expect(looking(mine)).to_have_text("Support 1 is also looking at this")
    await theirs.close()
    await expect(looking(mine)).to_be_hidden()


async def test_everybody_sees_who_is_here_and_who_was(dispatcher, customer, chat):
    desk = await dispatcher(chat.path)
    await expect(person(desk, chat.customer_id)).to_contain_text("No link yet")
    phone = await customer(chat)
    await is_live(phone)

    await expect(person(desk, chat.customer_id)).to_contain_text("Here now")
    # Support 1 has just asked for it, without a socket.
    await expect(desk.locator("#here")).to_have_text("2 here now")
    await expect(phone.locator("#here")).to_have_text("2 here now")
    await phone.get_by_label("Who is here").click()
    # Dispatcher 1 is not in it, and looks.
    await expect(phone.locator("#who")).to_contain_text("Dispatcher 1 looking now")
    await is_sound(phone)
    await is_sound(desk)
    # Guests are not told apart who answers: that is the team's own affair.
    await expect(looking(phone)).to_have_count(0)

    await write(desk, "Hello")
    await shows_once(phone, "Hello")
    await expect(phone.locator("#who")).to_contain_text("DispatcherHere now")
    await expect(phone.locator("#who")).not_to_contain_text("looking now")

    await phone.close()
    await expect(person(desk, chat.customer_id)).to_contain_text("Seen ")
    await expect(desk.locator("#here")).not_to_contain_text(chat.customer)


async def test_who_reads_without_a_socket_is_seen_too(dispatcher, caller, colleague, chat):
    guest = await caller().join(await colleague.make_link(chat, chat.customer_id))
    desk = await dispatcher(chat.path)
    await is_live(desk)
    await expect(person(desk, chat.customer_id)).not_to_contain_text("Here now")

    # Who is here is written a moment later.
    async with asyncio.timeout(15):
        while "Dispatcher 1" not in (await guest.client.get(f"{guest.door}{chat.path}")).text:  # noqa: ASYNC110
            await asyncio.sleep(0.1)

    await expect(person(desk, chat.customer_id)).to_contain_text("Here now")


async def test_without_a_websocket_it_is_asked_for(dispatcher, caller, colleague, chat, complaints):
    complaints.expect("WebSocket", "ERR_")
    guest = await caller().join(await colleague.make_link(chat, chat.customer_id))
    desk = await dispatcher("/chats/")
    await desk.context.route_web_socket("**/ws/**", lambda socket: socket.close())
    await desk.goto(chat.path)
    await guest.client.get(f"{guest.door}{chat.path}")

    await expect(person(desk, chat.customer_id)).to_contain_text("Here now", timeout=15_000)
