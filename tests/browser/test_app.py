"""What makes an app of a guest's page: the worker behind it, what is pushed to it, and how it is installed.

Real but for one call: `PushManager.subscribe` takes the push service of the browser's maker, which is not here. Pushes
arrive by the browser's own debugging protocol, in place of that service.
"""

import asyncio
import json
import re

import pytest
import pytest_asyncio
from playwright.async_api import expect

from .conftest import DESK, PHONE
from .test_accessibility import is_sound
from .thread import composer, is_live, line, shows_once, write

# A subscription as the browser would make it, with a key pair and an address that nobody is behind.
SUBSCRIBES = """
PushManager.prototype.subscribe = async function (options) {
  window.subscribed = (window.subscribed ?? 0) + 1;
  const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const endpoint = "https://push.example.com/" + text(options.applicationServerKey.slice(0, 12));
  const keys = { p256dh: text(await crypto.subtle.exportKey("raw", pair.publicKey)), auth: text(new Uint8Array(16)) };
  return { endpoint, options, toJSON: () => ({ endpoint, keys }), unsubscribe: async () => true };
};
"""  # noqa: E501
CACHED = """async () => {
  const found = {};
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) {
      const answer = await caches.match(request, { cacheName: name, ignoreVary: true });
      (found[name] ??= {})[new URL(request.url).pathname] = answer.headers.get("Content-Type");
    }
  }
  return found;
}"""
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(
  ({ title, body, tag, lang, dir, data, silent }) => ({ title, body, tag, lang, dir, path: data.path, silent }))"""
HASHED = re.compile(r"/static/.+\.[0-9a-f]{12}\.(css|js|png|svg)")
# What the worker shows, noted once it is shown. Before that nobody may ask the browser for what it shows: Chromium then
# takes what it has noted and not shown yet for gone, and forgets it.
NOTES = """() => {
  self.shown = [];
  const show = ServiceWorkerRegistration.prototype.showNotification;
  ServiceWorkerRegistration.prototype.showNotification = async function (title, options) {
    await show.call(this, title, options);
    self.shown.push({ title, body: options.body, tag: options.tag, path: options.data.path, silent: options.silent });
  };
}"""
OFFER = "Tell me when there is an answer"


async def has_worker(page):
    """Waits until the page's worker is the one that the page goes through."""
    await page.evaluate(
        "async () => { await navigator.serviceWorker.ready; while (!navigator.serviceWorker.controller)"
        " await new Promise((again) => setTimeout(again, 20)); }"
    )


async def until(page, ask, is_enough, tries=200):
    for _ in range(tries):
        got = await page.evaluate(ask)
        if is_enough(got):
            return got
        await asyncio.sleep(0.05)
    raise AssertionError(f"never: {got}")


def door_of(page):
    return re.search(r"/g/[^/]+", page.url)[0]


@pytest_asyncio.fixture(loop_scope="session")
async def phone(customer, chat):
    """The customer's phone, on which notifications are allowed: await phone() -> the page."""

    async def phone(**options):
        page = await customer(chat, permissions=["notifications"], **options)
        await has_worker(page)
        await is_live(page)
        return page

    return phone


@pytest.fixture
def push():
    """What the push service would deliver: await push(page, {...}), also what no server of ours sends."""

    async def push(page, said):
        session = await page.context.new_cdp_session(page)
        registrations = {}
        session.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda event: registrations.update({one["scopeURL"]: one for one in event["registrations"]}),
        )
        await session.send("ServiceWorker.enable")
        scope = await page.evaluate("async () => (await navigator.serviceWorker.ready).scope")
        for _ in range(100):
            if scope in registrations:
                break
            await page.wait_for_timeout(20)
        data = said if isinstance(said, str) else json.dumps(said)
        delivery = {"origin": scope.split("/g/")[0], "registrationId": registrations[scope]["registrationId"]}
        await session.send("ServiceWorker.deliverPushMessage", {**delivery, "data": data})
        await session.detach()

    return push


async def worker_of(page):
    door = door_of(page)
    for _ in range(100):
        for worker in page.context.service_workers:
            if await worker.evaluate("self.registration.scope.includes(location.origin)"):
                scope = await worker.evaluate("new URL(self.registration.scope).pathname")
                if scope == f"{door}/":
                    return worker
        await asyncio.sleep(0.05)
    raise AssertionError("no worker")


# The worker


async def test_without_a_connection_there_is_a_page_that_says_so(phone, chat, complaints):
    complaints.expect("ERR_INTERNET_DISCONNECTED", "WebSocket connection")
    page = await phone()
    await write(page, "Before the tunnel.")
    await shows_once(page, "Before the tunnel.")

    await page.context.set_offline(True)
    await page.goto(f"{door_of(page)}{chat.path}")

    await expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    # As it is meant to look, and with nothing of anybody's in it.
    assert await page.evaluate("getComputedStyle(document.querySelector('.door__card')).maxWidth") == "352px"
    assert "Before the tunnel." not in await page.content()
    assert chat.customer not in await page.content()

    await page.context.set_offline(False)
    await page.get_by_role("button", name="Try again").click()
    await shows_once(page, "Before the tunnel.")
    assert door_of(page) in page.url


async def test_it_keeps_files_that_never_change_and_nothing_of_anybody(phone, chat, colleague, order):
    page = await phone()
    await colleague.send(chat, "For your eyes only.")
    await write(page, "And mine.")
    await shows_once(page, "And mine.")
    driver = await colleague.find(order["driver_name"])
    await colleague.add(chat, driver)
    await page.goto(await colleague.make_link(chat, driver))
    await page.wait_for_url(f"**/g/*{chat.path}")
    await has_worker(page)
    await shows_once(page, "And mine.")
    await page.reload()
    await is_live(page)

    # Kept beside what is under way, which nobody waits for.
    def has_all(cached):
        mine = [files for name, files in cached.items() if door_of(page) in name]
        return any("/js/guest-thread." in path for files in mine for path in files)

    cached = await until(page, CACHED, has_all)

    # One of each link, and each of them with the files that its pages had after the worker had come.
    assert len(cached) == 2
    for name, files in cached.items():
        assert re.fullmatch(r"shell /g/\w+/ [0-9a-f]{12}", name)
        assert files.pop("/offline/").startswith("text/html")
        assert files
        assert all(HASHED.fullmatch(path) for path in files), files
    kept = await page.evaluate("async () => (await (await caches.match('/offline/?lang=en')).text())")
    assert "eyes only" not in kept and chat.customer not in kept


async def test_files_of_an_earlier_release_go_and_those_of_other_links_stay(customer, chat, visit, colleague):
    page = await visit("/login/", **PHONE)
    link = await colleague.make_link(chat, chat.customer_id)
    await page.goto(link)
    await page.wait_for_url("**/g/**")
    door = door_of(page)
    await has_worker(page)
    await page.evaluate(
        "async (door) => {"
        " for (const name of [`shell ${door}/ 0123456789ab`, 'shell /g/another/ 0123456789ab', 'else'])"
        " await caches.open(name); await (await navigator.serviceWorker.ready).unregister(); }",
        door,
    )
    await page.reload()
    await has_worker(page)

    names = await until(page, "() => caches.keys()", lambda names: f"shell {door}/ 0123456789ab" not in names)

    assert "shell /g/another/ 0123456789ab" in names
    assert "else" in names
    assert len(names) == 3


async def test_the_link_that_ends_is_seen_to_have_ended(phone, chat, colleague, complaints):
    complaints.expect("status of 404", "WebSocket connection", "status of 40[13]")
    page = await phone()
    await colleague.post(f"{chat.path}participants/{chat.customer_id}/links/", method="DELETE")
    await expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()
    await page.goto(f"{door_of(page)}{chat.path}")
    await expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()


async def test_it_is_in_nobodys_way(phone, dispatcher, chat):
    page = await phone()
    scopes = (
        "async () => (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => new URL(scope).pathname)"
    )
    assert await page.evaluate(scopes) == [f"{door_of(page)}/"]
    assert await page.evaluate("async () => (await navigator.serviceWorker.getRegistration('/c/')) ?? null") is None
    desk = await dispatcher(chat.path)
    assert await desk.evaluate(scopes) == []


# What is pushed


async def test_a_push_is_shown(phone, push, chat, colleague):
    page = await phone()
    worker = await worker_of(page)
    await worker.evaluate(NOTES)
    path = f"{door_of(page)}{chat.path}"
    await page.goto(f"{door_of(page)}/chats/")
    said = {"title": "Order 11064", "body": "Support 1: The dock is open.", "path": path, "tag": "chat-7"}

    await push(page, {**said, "lang": "de", "dir": "ltr"})

    await until(worker, "self.shown", bool)
    assert await page.evaluate(SHOWN) == [{**said, "lang": "de", "dir": "ltr", "silent": False}]
    # A second one of the same chat takes its place.
    await push(page, {**said, "body": "Support 1: And now?"})
    await until(worker, "self.shown", lambda shown: len(shown) == 2)
    assert [one["body"] for one in await page.evaluate(SHOWN)] == ["Support 1: And now?"]
    # It has been heard once the chat is looked at.
    await page.evaluate("door => localStorage.setItem(`push:${door}`, `on ${Date.now()} there`)", door_of(page))
    await page.goto(path)
    await until(page, SHOWN, lambda shown: not shown)


@pytest.mark.parametrize(
    "said",
    ["", "no JSON", "[]", "null", "7", '{"path": "https://evil.example/", "dir": "up", "lang": 7}']
    + ['{"path": "/chats/1/", "tag": {}, "body": null}'],
)
async def test_a_push_that_cannot_be_read_is_shown_and_leads_nowhere_else(phone, push, said):
    page = await phone()
    door = door_of(page)
    worker = await worker_of(page)
    await worker.evaluate(NOTES)
    await push(page, said)
    (shown,) = await until(worker, "self.shown", bool)
    assert shown["title"] == "Dispatch Console"
    assert shown["path"] == f"{door}/chats/"


async def test_who_looks_at_the_chat_is_not_called(phone, push, chat):
    page = await phone()
    await page.bring_to_front()
    assert await page.evaluate("document.hasFocus()")
    worker = await worker_of(page)
    await worker.evaluate(NOTES)
    await push(page, {"title": "Order", "body": "Here.", "path": f"{door_of(page)}{chat.path}", "tag": "chat"})
    await push(page, {"title": "Other", "body": "There.", "path": f"{door_of(page)}/chats/999/", "tag": "other"})
    shown = await until(worker, "self.shown", lambda shown: len(shown) == 2)
    # Shown, since browsers want that, and not heard.
    assert {one["tag"]: one["silent"] for one in shown} == {"chat": True, "other": False}
    # Taken back at once, and nothing else with it.
    await until(page, SHOWN, lambda shown: [one["tag"] for one in shown] == ["other"])


CLICK = """async (path) => {
  self.went = [];
  const open = async (to) => { self.went.push(["open", String(to)]); };
  Object.defineProperty(clients, "openWindow", { value: open, configurable: true });
  const does = (what, where) => async function (to) { self.went.push([what, where(this, to)]); return this; };
  WindowClient.prototype.focus = does("focus", (page) => new URL(page.url).pathname);
  WindowClient.prototype.navigate = does("navigate", (_, to) => String(to));
  await registration.showNotification("Order", { data: { path } });
  const [notification] = await registration.getNotifications();
  const event = new NotificationEvent("notificationclick", { notification });
  const done = [];
  event.waitUntil = (promise) => done.push(promise);
  dispatchEvent(event);
  await Promise.all(done);
  return { went: self.went, left: (await registration.getNotifications()).length };
}"""


async def test_a_tap_leads_to_the_chat(phone, chat):
    """The tap is made by the test, so the browser would not let it open anything: where it would lead is noted."""
    page = await phone()
    worker = await worker_of(page)
    path = f"{door_of(page)}{chat.path}"

    assert await worker.evaluate(CLICK, path) == {"went": [["focus", path]], "left": 0}

    await page.goto(f"{door_of(page)}/chats/")
    expected = [["navigate", path], ["focus", f"{door_of(page)}/chats/"]]
    assert await worker.evaluate(CLICK, path) == {"went": expected, "left": 0}

    await page.goto("/login/")
    assert await worker.evaluate(CLICK, path) == {"went": [["open", path]], "left": 0}


# The offer


def offer(page):
    return page.get_by_role("region", name="Notifications").get_by_role("button", name=OFFER)


async def test_the_offer_comes_with_the_first_message_and_is_taken(phone, chat, colleague):
    loaded = []
    page = await phone()
    page.on("request", lambda request: loaded.append(request.url))
    await page.add_init_script(SUBSCRIBES)
    await page.reload()
    await is_live(page)
    await expect(offer(page)).to_have_count(0)
    assert not [url for url in loaded if "/push." in url or url.endswith("/subscriptions/")]

    await write(page, "When will it come?")
    await expect(offer(page)).to_be_visible()
    box = await offer(page).bounding_box()
    assert box["height"] >= 44
    await is_sound(page)
    # Nothing of what is being written is taken away.
    await composer(page).fill("And")
    async with page.expect_response(
        lambda answer: answer.request.method == "POST" and "subscriptions" in answer.url
    ) as told:
        await offer(page).click()
    assert (await told.value).status == 200
    await expect(page.get_by_text("You hear of answers in this browser")).to_be_visible()
    await expect(composer(page)).to_have_value("And")
    await page.get_by_role("region", name="Notifications").get_by_role("button", name="Close").click()
    await expect(page.get_by_role("region", name="Notifications")).to_have_count(0)

    # Chosen once, it stays so, and is turned off where it says.
    await page.reload()
    await is_live(page)
    await colleague.send(chat, "At noon.")
    await shows_once(page, "At noon.")
    await page.get_by_label("Who is here").click()
    card = page.locator("#who")
    await expect(card.get_by_text("You hear of answers in this browser")).to_be_visible()
    await expect(offer(page)).to_have_count(0)
    async with page.expect_response(
        lambda answer: answer.request.method == "POST" and "subscriptions" in answer.url
    ) as told:
        await card.get_by_role("button", name="Turn off").click()
    assert (await told.value).status == 200
    await expect(card.get_by_role("button", name=OFFER)).to_be_visible()
    assert (await card.get_by_role("button", name=OFFER).bounding_box())["height"] >= 44

    await page.reload()
    await is_live(page)
    await colleague.send(chat, "Or later.")
    await shows_once(page, "Or later.")
    await expect(offer(page)).to_have_count(0)


async def test_not_now(phone, chat, colleague):
    page = await phone()
    await colleague.send(chat, "It is on its way.")
    await offer(page).wait_for()
    await page.get_by_role("button", name="Not now").click()
    await expect(offer(page)).to_have_count(0)
    await expect(composer(page)).to_be_focused()
    await page.reload()
    await is_live(page)
    await write(page, "Thank you.")
    await shows_once(page, "Thank you.")
    await expect(offer(page)).to_have_count(0)
    # Who looks for it still finds it.
    await page.get_by_label("Who is here").click()
    await expect(page.locator("#who").get_by_role("button", name=OFFER)).to_be_visible()


async def test_it_does_not_work(phone, complaints):
    page = await phone()
    await page.add_init_script(
        "PushManager.prototype.subscribe = async () => { throw new DOMException('no service', 'AbortError'); }"
    )
    await page.reload()
    await is_live(page)
    await write(page, "Hello?")
    await offer(page).click()
    await expect(page.get_by_role("alert")).to_contain_text("That did not work.")
    await page.evaluate(f"() => {{ {SUBSCRIBES} }}")
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_text("You hear of answers in this browser")).to_be_visible()


async def test_where_notifications_are_blocked(customer, chat):
    page = await customer(chat)
    await is_live(page)
    session = await page.context.browser.new_browser_cdp_session()
    context = await page.context.new_cdp_session(page)
    target = (await context.send("Target.getTargetInfo"))["targetInfo"]
    denied = {
        "permission": {"name": "notifications"},
        "setting": "denied",
        "browserContextId": target["browserContextId"],
    }
    await session.send("Browser.setPermission", denied)
    assert await page.evaluate("Notification.permission") == "denied"
    await write(page, "Hello?")
    await shows_once(page, "Hello?")
    await page.get_by_label("Who is here").click()
    await expect(page.locator("#who").get_by_text("Notifications are blocked here.")).to_be_visible()
    await expect(page.get_by_role("button", name=OFFER)).to_have_count(0)


async def test_an_iphone_is_told_of_the_home_screen(customer, chat, visit):
    page = await customer(chat)
    door = door_of(page)
    await page.add_init_script("delete window.PushManager; navigator.standalone = false;")
    await page.reload()
    await is_live(page)
    await write(page, "Hello?")
    await expect(page.get_by_text("On iPhone and iPad")).to_be_visible()
    await expect(offer(page)).to_be_hidden()
    await is_sound(page)
    await page.get_by_role("button", name="Show me how").click()
    await expect(page.get_by_role("heading", name="To the home screen")).to_be_visible()
    await is_sound(page)
    found, errors = await manifest_of(page)
    assert (found["errors"], errors) == ([], [])
    # The app has cookies of its own.
    app = await visit(json.loads(found["data"])["start_url"], **PHONE)
    await app.wait_for_url(f"**/g/*{chat.path}")
    await shows_once(app, "Hello?")
    assert door_of(app) in door


# Installing


async def manifest_of(page):
    session = await page.context.new_cdp_session(page)
    found = await session.send("Page.getAppManifest")
    errors = (await session.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    # Playwright's windows are private ones, from which nothing can be installed. Nothing else may be wrong.
    return found, [error["errorId"] for error in errors if error["errorId"] != "in-incognito"]


async def test_a_chat_can_be_installed(phone, visit):
    page = await phone()
    found, errors = await manifest_of(page)
    assert found["errors"] == []
    assert errors == []
    manifest = json.loads(found["data"])
    door = door_of(page)
    assert (manifest["id"], manifest["scope"]) == (f"{door}/", f"{door}/")
    assert manifest["start_url"] == f"{door}/chats/"
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        answer = await page.request.get(icon["src"])
        assert answer.status == 200
        assert answer.headers["content-type"] == icon["type"]
    # Nobody else is told.
    stranger = await visit()
    assert (await stranger.request.get(f"{door}/manifest.webmanifest")).status == 404


async def test_the_console_can_be_installed(dispatcher):
    page = await dispatcher("/chats/", **DESK)
    found, errors = await manifest_of(page)
    assert found["errors"] == []
    assert errors == []
    manifest = json.loads(found["data"])
    assert (manifest["scope"], manifest["start_url"]) == ("/", "/chats/")


async def test_with_the_worker_the_chat_is_as_live_as_without(phone, chat, colleague):
    page = await phone()
    await page.reload()
    await is_live(page)
    await colleague.send(chat, "Through the worker?")
    await expect(line(page, "Through the worker?")).to_be_visible()
