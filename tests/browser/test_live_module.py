"""live.js and banner.js by themselves: when the page connects, asks instead, waits, and what it says meanwhile."""

from datetime import timedelta

import pytest_asyncio
from playwright.async_api import expect

from .modules import LIVE, NOW, PAGE, SOCKETS, serve

HEARTBEAT = '{"type": "heartbeat", "last_number": 4}'


class Bench:
    def __init__(self, page):
        self.page = page
        self.banner = page.locator("#connection")

    async def begin(self, **who):
        await self.page.add_init_script(SOCKETS)
        await serve(self.page.context, LIVE, **who)
        await self.page.goto(PAGE)
        return self

    async def begin_at(self, now):
        """From then on time passes only where the test says so."""
        await self.page.clock.install(time=now)
        await self.begin()
        await self.page.clock.pause_at(now + timedelta(seconds=5))
        return self

    async def run(self, seconds):
        await self.page.clock.run_for(round(seconds * 1000))

    async def socket(self, action):
        """What happens to the newest socket."""
        await self.page.evaluate(f"sockets.at(-1).{action}")

    async def hears(self, data):
        await self.page.evaluate("(data) => sockets.at(-1).say(data)", data)

    async def count(self):
        return await self.page.evaluate("sockets.length")

    async def get(self, expression):
        return await self.page.evaluate(expression)

    async def pause_before_next(self):
        """Seconds until the page tries again."""
        before, started = await self.get("[sockets.length, Date.now()]")
        for _ in range(35):
            await self.run(1)
            if await self.count() > before:
                return (await self.get(f"sockets[{before}].at") - started) / 1000
        raise AssertionError("never tried again")


@pytest_asyncio.fixture(loop_scope="session")
async def bench(visit):
    return await Bench(await visit()).begin_at(NOW)


async def test_it_begins_after_what_the_page_has(bench):
    url = await bench.get("sockets[0].url")
    assert url.startswith("ws://")
    assert url.endswith("/ws/?person=3&chat=7&after=4&revision=2")


async def test_pauses_grow_by_chance_up_to_half_a_minute(bench):
    longest = []
    for _ in range(7):
        await bench.socket("drop()")
        longest.append(await bench.pause_before_next())
    assert [round(seconds) for seconds in longest] == [2, 4, 8, 16, 30, 30, 30]

    # Full jitter: the shortest pause is none, however often it has failed.
    await bench.get("window.chance = 0")
    await bench.socket("drop()")
    assert await bench.pause_before_next() <= 0.1


async def test_what_has_worked_for_a_while_is_tried_again_within_a_second(bench):
    for _ in range(3):
        await bench.socket("drop()")
        await bench.pause_before_next()
    await bench.socket("open()")
    await bench.run(6)
    await bench.socket("drop()")
    assert await bench.pause_before_next() <= 1


async def test_what_opens_and_closes_at_once_is_not_tried_without_end(bench):
    pauses = []
    for _ in range(4):
        await bench.socket("open()")
        await bench.socket("drop(1011)")
        pauses.append(round(await bench.pause_before_next()))
    assert pauses == [2, 4, 8, 16]


async def test_silence_for_45_seconds_is_death(bench):
    await bench.socket("open()")
    await bench.hears(HEARTBEAT)
    await bench.run(44)
    assert await bench.count() == 1
    await bench.hears(HEARTBEAT)
    await bench.run(44)
    assert (await bench.count(), await bench.get("live.isLive()")) == (1, True)
    await expect(bench.banner).to_be_hidden()
    await bench.run(9)
    assert await bench.count() == 2
    assert not await bench.get("live.isLive()")
    await expect(bench.banner).to_have_text("Reconnecting…")


async def test_a_handshake_that_nobody_answers_is_given_up(bench):
    await bench.run(14)
    assert await bench.count() == 1
    await bench.run(8)
    assert await bench.count() == 2


async def test_after_two_failed_handshakes_the_page_asks_and_says_so(bench):
    await bench.get("window.answered = 200")
    await bench.socket("drop()")
    assert await bench.get("gaps") == 0
    await bench.pause_before_next()
    await bench.socket("drop()")
    await expect(bench.banner).to_contain_text("New messages come every few seconds.")
    await bench.run(10)
    assert 2 <= await bench.get("gaps") <= 4

    await bench.socket("open()")
    await expect(bench.banner).to_be_hidden()
    before = await bench.get("gaps")
    await bench.run(15)
    assert await bench.get("gaps") == before


async def test_a_page_that_the_server_does_not_understand_asks_instead(bench):
    await bench.get("window.answered = 200")
    await bench.socket("open()")
    await bench.socket("drop(4009)")
    await expect(bench.banner).to_contain_text("New messages come every few seconds.")
    before = await bench.get("gaps")
    await bench.run(60)
    assert await bench.get("gaps") > before
    assert await bench.count() == 1


async def test_what_says_nothing_at_the_beginning_is_said_to_be_no_connection_yet(bench):
    await expect(bench.banner).to_have_text("Reconnecting…")
    await bench.socket("open()")
    await expect(bench.banner).to_be_hidden()


async def test_half_an_answer_is_no_connection(bench):
    """The list may come and the messages not."""
    await bench.get("live.on('gap', () => window.other)")
    await bench.get("Object.assign(window, { answered: 200, other: 0 })")
    for _ in range(2):
        await bench.socket("drop()")
        await bench.pause_before_next()
    await expect(bench.banner).to_have_text("Reconnecting…")
    await bench.get("window.other = 200")
    await bench.run(6)
    await expect(bench.banner).to_contain_text("Slow connection.")


async def test_asking_without_an_answer_is_no_connection(bench):
    await bench.get("window.answered = 200")
    for _ in range(2):
        await bench.socket("drop()")
        await bench.pause_before_next()
    await expect(bench.banner).to_contain_text("Slow connection.")
    for status in (0, 503):
        await bench.get(f"window.answered = {status}")
        await bench.run(6)
        await expect(bench.banner).to_have_text("Reconnecting…")
        await bench.get("window.answered = 200")
        await bench.run(6)
        await expect(bench.banner).to_contain_text("Slow connection.")


async def test_a_socket_that_opens_and_brings_nothing_is_no_better_than_none(bench):
    await bench.get("window.answered = 200")
    await bench.socket("open()")
    await bench.run(51)
    await expect(bench.banner).to_contain_text("Slow connection.")
    # The next one opens as well, and is not believed until it speaks.
    await bench.socket("open()")
    await bench.run(6)
    assert not await bench.get("live.isLive()")
    await bench.hears(HEARTBEAT)
    assert await bench.get("live.isLive()")
    await expect(bench.banner).to_be_hidden()


async def test_a_hidden_page_asks_for_nothing_and_catches_up_when_it_is_seen(bench):
    await bench.get("window.answered = 200")
    for _ in range(2):
        await bench.socket("drop()")
        await bench.pause_before_next()
    await show(bench.page, "hidden")
    before = await bench.get("gaps")
    await bench.run(60)
    assert await bench.get("gaps") == before
    await show(bench.page, "visible")
    assert await bench.get("gaps") == before + 1


async def show(page, state):
    await page.evaluate(
        """(state) => {
            Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


async def test_waking_up_connects_at_once(bench):
    for wake in (
        'dispatchEvent(new Event("online"))',
        'document.dispatchEvent(new Event("visibilitychange"))',
        'dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))',
    ):
        for _ in range(5):
            await bench.socket("drop()")
            await bench.pause_before_next()
        await bench.socket("drop()")
        before = await bench.count()
        await bench.get(wake)
        assert await bench.count() == before + 1, wake


async def test_a_socket_that_slept_too_long_is_replaced_when_the_page_is_seen(bench):
    await bench.socket("open()")
    # The lid is closed: no timer runs, and the clock goes on.
    await bench.page.clock.set_system_time(NOW + timedelta(minutes=10))
    await bench.get('document.dispatchEvent(new Event("visibilitychange"))')
    assert await bench.count() == 2
    # The new one is not there yet, and where nobody answers it never is.
    assert not await bench.get("live.isLive()")
    await expect(bench.banner).to_be_hidden()
    await bench.run(3)
    await expect(bench.banner).to_have_text("Reconnecting…")
    await bench.socket("open()")
    await expect(bench.banner).to_be_hidden()


async def test_a_page_that_the_browser_has_kept_has_no_connection_until_it_opens(bench):
    await bench.socket("open()")
    await bench.get('dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))')
    await bench.get('dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))')
    assert await bench.count() == 2
    await bench.run(3)
    await expect(bench.banner).to_have_text("Reconnecting…")
    await bench.socket("open()")
    await expect(bench.banner).to_be_hidden()


async def test_a_clock_that_is_set_back_does_not_hide_the_silence(bench):
    await bench.socket("open()")
    await bench.page.clock.set_system_time(NOW - timedelta(days=1))
    await bench.run(6)
    await bench.run(2)
    assert await bench.count() == 2


async def test_what_a_socket_that_was_left_behind_says_is_not_heard(bench):
    await bench.socket("open()")
    await bench.get('dispatchEvent(new Event("online"))')
    await bench.get("sockets[0].drop(4401)")
    await bench.run(3)
    assert await bench.count() == 2
    assert "stopped" not in await bench.get("states")


async def test_no_network_is_said_at_once_and_taken_back_at_once(bench):
    await bench.socket("open()")
    await bench.get('dispatchEvent(new Event("offline"))')
    await expect(bench.banner).to_contain_text("No connection.")
    # A browser may be wrong about it: what arrives has arrived.
    await bench.hears(HEARTBEAT)
    await expect(bench.banner).to_be_hidden()

    await bench.get('dispatchEvent(new Event("offline"))')
    await bench.get('dispatchEvent(new Event("online"))')
    await expect(bench.banner).to_have_text("Reconnecting…")


async def test_a_missing_number_is_asked_for(bench):
    await bench.socket("open()")
    await bench.hears(HEARTBEAT)
    assert await bench.get("gaps") == 0
    await bench.hears('{"type": "heartbeat", "last_number": 6}')
    assert await bench.get("gaps") == 1

    await bench.get("live.place('<li id=message-9 data-number=9>')")
    assert await bench.get("gaps") == 1
    await bench.run(1.5)
    assert await bench.get("gaps") == 2

    # An answer that was only faster than the socket leaves no hole.
    await bench.get("live.place('<li id=message-9 data-number=9>')")
    await bench.get("window.last = 9")
    await bench.run(1.5)
    assert await bench.get("gaps") == 2


async def test_who_may_no_longer_be_here_is_shown_the_door_once(bench):
    async with bench.page.expect_navigation():
        await bench.socket("drop(4401)")
    await bench.socket("drop(4401)")
    await expect(bench.banner).to_contain_text("You are signed out")
    await expect(bench.banner.get_by_role("link", name="Reload the page")).to_have_attribute("href", PAGE)
    await bench.run(60)
    assert await bench.count() == 1


async def test_the_answer_to_asking_can_be_the_door_too(bench):
    await bench.socket("drop()")
    await bench.pause_before_next()
    await bench.get("window.answered = 401")
    async with bench.page.expect_navigation():
        await bench.socket("drop()")


async def test_where_storage_is_refused_the_door_is_shown_once_as_well(visit):
    page = await visit()
    await page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    bench = await Bench(page).begin(door="/g/abc")
    async with page.expect_navigation():
        await bench.socket("drop(4401)")
    await bench.socket("drop(4401)")
    await expect(bench.banner).to_contain_text("This link no longer works.")
