"""Being told that somebody has written: in the title, on the icon, by sound and by the system; and when not."""

import re

import pytest
from playwright.async_api import expect

from .conftest import DESK
from .test_accessibility import is_sound
from .thread import is_live, line, shows_once, write

# Records what would be shown by the system, and what would be heard. Tabs share it by the test, not by the browser.
RECORDER = """
window.notified = [];
window.Notification = class extends EventTarget {
    static permission = "granted";
    static requestPermission = async () => "granted";
    constructor(title, options) {
        super();
        Object.assign(this, { title, ...options });
        window.notified.push(this);
        setTimeout(() => this.dispatchEvent(new Event("show")));
    }
    close() { this.closed = true; }
};
"""
TONES = """
window.tones = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...given) { window.tones++; return start.apply(this, given); };
"""
RECORDER += TONES
NOT_LOOKED_AT = "document.hasFocus = () => Boolean(window.isLookedAt)"
CHOSEN = 'localStorage.setItem("notify:desktop", "on"); localStorage.setItem("notify:sound", "bell")'
ICON = 'document.querySelector("link[rel=icon]").href'


async def notified(page):
    return await page.evaluate("notified.map(({ title, body, tag }) => [title, body, tag])")


async def until(page, condition):
    """Waits until it is true on the page. The CSP keeps Playwright's own wait_for_function from asking."""
    for _ in range(200):
        if await page.evaluate(condition):
            return
        await page.wait_for_timeout(50)
    raise AssertionError(f"never: {condition}; was {await notified(page)}, {await page.title()}")


async def of_any(tabs, ask, is_enough):
    """What all these tabs say together, once it is enough."""
    for _ in range(200):
        told = sum([await ask(tab) for tab in tabs], [])
        if is_enough(told):
            return told
        await tabs[0].wait_for_timeout(50)
    raise AssertionError(f"never enough: {told}")


def row(page, chat):
    return page.locator(f'a[data-conversation="{chat.id}"]')


@pytest.fixture
def watching(dispatcher):
    """A page of Dispatcher 1 who has turned everything on: await watching(path, looked_at=False) -> the page."""

    async def watching(path, beside=None, looked_at=True):
        page = await beside.context.new_page() if beside else await dispatcher(None)
        await page.add_init_script(RECORDER + CHOSEN + ("" if looked_at else ";" + NOT_LOOKED_AT))
        await page.goto(path)
        await is_live(page)
        return page

    return watching


@pytest.fixture
def guest(caller, colleague):
    """The customer of a chat, elsewhere: await guest(chat) -> who sends."""

    async def guest(chat):
        return await caller().join(await colleague.make_link(chat, chat.customer_id))

    return guest


async def test_title_and_icon_count_what_calls(dispatcher, chat, guest, colleague):
    page = await dispatcher("/orders/")
    await is_live(page)
    before = int((re.match(r"\((\d+)\)", await page.title()) or [0, 0])[1])
    plain = await page.evaluate(ICON)

    await (await guest(chat)).send(chat, "Where is it?")

    await expect(page).to_have_title(f"({before + 1}) Orders · Dispatch Console")
    assert (await page.evaluate(ICON)).startswith("data:image/svg+xml,")
    await page.goto(chat.path)
    await expect(line(page, "Where is it?")).to_be_visible()
    number = f"({before}) " if before else ""
    await expect(page).to_have_title(re.compile(f"^{re.escape(number)}{chat.customer}"))
    if not before:
        assert await page.evaluate(ICON) == plain
    await colleague.post(f"{chat.path}wait/", method="DELETE")


async def test_what_is_looked_at_is_not_counted_however_many_have_called_since(
    dispatcher, chat, guest, colleague, unused_orders
):
    await (await guest(chat)).send(chat, "Where is it?")
    page = await dispatcher(chat.path)
    await expect(page.locator(f'[data-conversation="{chat.id}"]')).to_have_attribute("data-unread", "0")
    before = int((re.match(r"\((\d+)\)", await page.title()) or [0, 0])[1])
    await line(page, "Where is it?").hover()
    await page.get_by_role("button", name="Mark as unread from here").click()
    await expect(page.locator(f'[data-conversation="{chat.id}"]')).to_have_attribute("data-unread", "1")

    others = [await colleague.open_chat(next(unused_orders)) for _ in range(6)]
    for other in others:
        await (await guest(other)).send(other, "Where is it?")

    await expect(page).to_have_title(re.compile(rf"^\({before + 6}\) "))
    for each in (chat, *others):
        await colleague.post(f"{each.path}wait/", method="DELETE")


async def test_notification_opens_the_conversation_and_is_one_for_each(watching, chat, guest):
    page = await watching("/orders/")
    customer = await guest(chat)
    await customer.send(chat, "Where is it?")
    await until(page, "notified.length === 1")
    assert await notified(page) == [[chat.customer, "Where is it?", f"chat-{chat.id}"]]
    assert await page.evaluate("notified[0].silent && notified[0].renotify")

    await customer.send(chat, "Hello?")
    await until(page, "notified.length === 2")
    assert (await notified(page))[1] == [chat.customer, "Hello?", f"chat-{chat.id}"]

    await page.evaluate("notified[1].dispatchEvent(new Event('click'))")
    await page.wait_for_url(f"**{chat.path}")
    await expect(line(page, "Hello?")).to_be_visible()


async def test_what_is_read_elsewhere_is_taken_back(watching, dispatcher, chat, guest):
    page = await watching("/orders/")
    await (await guest(chat)).send(chat, "Where is it?")
    await until(page, "notified.length === 1 && !notified[0].closed")

    other = await dispatcher(chat.path)
    await expect(line(other, "Where is it?")).to_be_visible()

    await until(page, "notified[0].closed")


async def test_not_for_what_is_on_the_screen_in_a_focused_window(watching, chat, guest, colleague, unused_orders):
    page = await watching(chat.path)
    behind = await watching("/orders/", beside=page, looked_at=False)
    customer = await guest(chat)
    await customer.send(chat, "Where is it?")
    await shows_once(page, "Where is it?")
    await expect(row(page, chat)).to_have_attribute("data-unread", "0")

    # What comes for another conversation afterwards has been told, so this one would have been.
    other = await colleague.open_chat(next(unused_orders))
    await (await guest(other)).send(other, "And mine?")
    for tab in (page, behind):
        await until(tab, await knows_of(page, other))
    told = await notified(page) + await notified(behind)
    assert told == [[other.customer, "And mine?", f"chat-{other.id}"]]


async def test_it_is_told_when_the_window_is_not_looked_at(watching, chat, guest):
    page = await watching(chat.path, looked_at=False)
    await (await guest(chat)).send(chat, "Where is it?")

    await until(page, "notified.length === 1")

    await expect(page).to_have_title(re.compile(r"^\(\d+\) "))


async def test_not_for_ones_own_words_or_for_what_happened(watching, chat, guest, colleague):
    page = await watching("/orders/")
    desk = await watching(chat.path, beside=page)
    await write(desk, "On its way.")
    await shows_once(desk, "On its way.")
    await colleague.add(chat, await colleague.find(chat.driver))
    await expect(desk.get_by_text(f"added {chat.driver}")).to_be_visible()
    await desk.close()

    await (await guest(chat)).send(chat, "Thanks.")

    await until(page, "notified.length === 1")
    assert (await notified(page))[0][1] == "Thanks."


async def test_of_several_tabs_one_tells(watching, chat, guest):
    first = await watching("/orders/")
    tabs = [first, *[await watching("/orders/", beside=first) for _ in range(2)]]
    for tab in tabs:
        await tab.locator("h1").click()
    # However long the second one takes to come, it comes in the same moment, in which it does not sound again.
    await first.context.clock.set_fixed_time(await first.evaluate("Date.now()"))
    await (await guest(chat)).send(chat, "Where is it?")

    for tab in tabs:
        await until(tab, await knows_of(first, chat))
        await expect(tab).to_have_title(re.compile(r"^\(\d+\) "))
    # Each has had its turn when the next message is told.
    await (await guest(chat)).send(chat, "Hello?")
    told = await of_any(tabs, notified, lambda told: "Hello?" in str(told))
    assert sorted(body for _, body, _ in told) == ["Hello?", "Where is it?"]
    assert sum([await tab.evaluate("tones") for tab in tabs]) == 1


async def test_sound_at_most_once_in_a_while(watching, chat, guest):
    page = await watching("/orders/")
    await page.locator("h1").click()
    customer = await guest(chat)
    # However long the second one takes to come, it comes in the same moment.
    await page.clock.set_fixed_time(await page.evaluate("Date.now()"))
    await customer.send(chat, "One")
    await until(page, "tones === 1")
    await customer.send(chat, "Two")
    await until(page, "notified.length === 2")
    assert await page.evaluate("tones") == 1


async def test_nothing_sounds_or_shows_before_it_is_turned_on(dispatcher, chat, guest):
    page = await dispatcher(None)
    await page.add_init_script(RECORDER)
    await page.goto("/orders/")
    await is_live(page)
    await page.locator("h1").click()
    await (await guest(chat)).send(chat, "Where is it?")
    await until(page, await knows_of(page, chat))
    assert await page.evaluate("[notified.length, tones]") == [0, 0]


async def test_muted_is_quiet_and_says_so(watching, chat, guest):
    page = await watching(chat.path)
    customer = await guest(chat)
    await page.get_by_label("More", exact=True).click()
    await page.get_by_role("button", name="Mute for me").click()
    await expect(page.get_by_text("Muted for you")).to_be_attached()
    await expect(row(page, chat)).to_have_attribute("data-muted", "")
    await is_sound(page)
    await page.goto("/chats/")
    await is_live(page)
    title = await page.title()

    await customer.send(chat, "Where is it?")
    await expect(row(page, chat)).to_have_attribute("data-unread", "1")
    assert await page.title() == title
    assert await notified(page) == []
    await is_sound(page)

    await page.goto(chat.path)
    await page.get_by_label("More", exact=True).click()
    await page.get_by_role("button", name="Unmute").click()
    await expect(row(page, chat)).not_to_have_attribute("data-muted", "")
    await expect(page.locator("#muted")).to_be_hidden()


async def test_also_without_a_socket_and_behind_other_windows(dispatcher, chat, guest, complaints):
    complaints.expect("WebSocket")
    page = await dispatcher(None)
    await page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close())
    await page.add_init_script(RECORDER + CHOSEN)
    # As in a window that stands behind others, where the page does not ask for messages.
    hidden = "Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });" + NOT_LOOKED_AT
    await page.add_init_script(hidden)
    await page.clock.install()
    await page.goto("/orders/")
    await (await guest(chat)).send(chat, "Where is it?")
    await page.clock.run_for(25_000)
    await expect(page).to_have_title(re.compile(r"^\(\d+\) "))
    for _ in range(50):
        await page.clock.run_for(200)
        if await notified(page):
            break
    assert await notified(page) == [[chat.customer, "Where is it?", f"chat-{chat.id}"]]


async def test_a_guests_title_counts_what_came_meanwhile(customer, chat, colleague):
    page = await customer(chat)
    await page.add_init_script(NOT_LOOKED_AT)
    await page.reload()
    await is_live(page)
    await colleague.send(chat, "One", "Two")
    await expect(page).to_have_title(f"(2) Order {chat.reference}")

    await page.evaluate("window.isLookedAt = true; dispatchEvent(new Event('focus'))")

    await expect(page).to_have_title(f"Order {chat.reference}")


# The page on which it is tried


def step(page, name):
    return page.locator(f'[data-step="{name}"]')


async def states(page):
    return await page.locator("[data-step]").evaluate_all(
        "all => Object.fromEntries(all.map((one) => [one.dataset.step, one.dataset.state]))"
    )


async def test_each_step_works(dispatcher):
    page = await dispatcher(None)
    await page.add_init_script(RECORDER)
    await page.goto("/notifications/")
    await is_live(page)
    await page.get_by_role("switch", name="Desktop notifications").check()
    await expect(page.locator("#desktop-state")).to_have_text("On.")
    await page.get_by_role("radio", name="Chime").check()

    await page.get_by_role("button", name="Test each step").click()

    await expect(page.locator("#result")).to_have_text("Everything works.")
    assert set((await states(page)).values()) == {"ok"}
    await expect(step(page, "server")).to_contain_text("Arrived after")
    await is_sound(page)


async def test_permission_is_asked_for_by_a_click_and_never_before(visit, signed_in):
    page = await visit(None, storage_state=signed_in, **DESK)
    await page.add_init_script(
        "window.asked = 0; Notification.requestPermission = async () => { window.asked++; return 'denied'; }"
    )
    await page.goto("/notifications/")
    await is_live(page)
    await page.locator("h1").click()
    assert await page.evaluate("window.asked") == 0

    await page.get_by_role("switch", name="Desktop notifications").click()

    assert await page.evaluate("window.asked") == 1


@pytest.mark.parametrize("permission", ["granted", "denied"])
async def test_the_browsers_own_word_on_permission(dispatcher, permission):
    page = await dispatcher(None)
    if permission == "granted":
        await page.context.grant_permissions(["notifications"])
    else:
        # A grant of others refuses this one.
        await page.context.grant_permissions(["geolocation"])
    await page.goto("/notifications/")
    await is_live(page)
    assert await page.evaluate("Notification.permission") == permission
    if permission == "granted":
        await page.get_by_role("switch", name="Desktop notifications").check()

    await page.get_by_role("button", name="Test each step").click()
    await expect(page.locator("#result")).not_to_have_text("", timeout=15_000)

    if permission == "granted":
        assert (await states(page))["chosen"] == "ok"
    else:
        await expect(page.locator("#result")).to_have_text("Failed: Your permission.")
        await expect(step(page, "permission")).to_contain_text("You have blocked notifications for this site.")
        await expect(step(page, "screen")).to_contain_text("“Your permission” comes first.")
        await expect(page.get_by_role("switch", name="Desktop notifications")).to_be_disabled()
        await is_sound(page)


async def test_the_step_that_fails_is_named(dispatcher, complaints):
    complaints.expect("WebSocket", "ERR_FAILED", "status of 500")
    page = await dispatcher(None)
    await page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close())
    # A browser that holds back sounds, refuses storage, and shows nothing.
    await page.add_init_script(RECORDER)
    await page.add_init_script(
        """
        AudioContext.prototype.resume = async function () {};
        Object.defineProperty(AudioContext.prototype, "state", { get: () => "suspended" });
        Storage.prototype.setItem = () => { throw new DOMException("refused"); };
        Notification.prototype.dispatchEvent = () => true;
        """
    )
    await page.goto("/notifications/")
    await page.get_by_role("switch", name="Desktop notifications").check()
    await page.get_by_role("radio", name="Knock").check()
    await expect(page.locator("#sound-state")).to_contain_text("this browser keeps nothing.")

    await page.get_by_role("button", name="Test each step").click()

    await expect(page.locator("#result")).to_contain_text("Failed:", timeout=20_000)
    found = await states(page)
    assert {name for name, state in found.items() if state == "failed"} == {"storage", "server", "sound", "screen"}, (
        found
    )
    await expect(step(page, "server")).to_contain_text("something between the server and this page lets no websocket")
    await expect(step(page, "sound")).to_contain_text("holds the sound back until something is pressed")


async def test_on_plain_http_of_the_local_network_it_says_what_to_do(visit, server, chat, guest):
    page = await visit(None, **DESK)
    await page.goto(f"http://dispatch.lan:{server.port}/login/?next=/notifications/")
    await page.get_by_label("Name").fill("dispatcher")
    await page.get_by_label("Password").fill("demo")
    await page.get_by_role("button", name="Sign in").click()
    await is_live(page)
    assert not await page.evaluate("isSecureContext || 'locks' in navigator")
    await expect(page.get_by_role("switch", name="Desktop notifications")).to_be_disabled()
    await expect(page.locator("#desktop-state")).to_contain_text("came over plain HTTP (dispatch.lan")
    await page.get_by_role("radio", name="Bell").check()

    await page.get_by_role("button", name="Test each step").click()

    await expect(page.locator("#result")).to_have_text("Failed: An address that browsers trust.", timeout=15_000)
    found = await states(page)
    assert [found[name] for name in ("storage", "badge", "sound", "server")] == ["ok"] * 4
    await expect(step(page, "screen")).to_contain_text("“An address that browsers trust” comes first.")
    await is_sound(page)
    # What does not take a secure context goes on: two tabs, one sound.
    tabs = [page, await page.context.new_page()]
    for tab in tabs:
        await tab.add_init_script("window.notified = [];" + TONES)
        await tab.goto(f"http://dispatch.lan:{server.port}/orders/")
        await is_live(tab)
        await tab.locator("h1").click()
    await (await guest(chat)).send(chat, "Where is it?")
    await of_any(tabs, lambda tab: tab.evaluate("new Array(tones).fill(1)"), bool)
    for tab in tabs:
        await expect(tab).to_have_title(re.compile(r"^\(\d+\) "))


async def knows_of(page, chat):
    """Whether any tab of this browser has told of the chat, or seen it told."""
    person = await page.locator("meta[name=live]").get_attribute("data-person")
    return f'(localStorage["notify:known:{person}"] ?? "").includes(`"{chat.id}":`)'
