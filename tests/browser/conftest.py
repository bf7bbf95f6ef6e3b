"""Real browsers against a real server: one server and one browser for all tests, a context of its own for each person.

Every page of every test must stay clean: a console error, a script's error, a breach of the CSP, an answer of 5xx or
a traceback on the server fails the test that caused it, unless the test has said before that it expects it.
"""

import csv
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest
import pytest_asyncio
from django.conf import settings
from playwright.async_api import async_playwright, expect

from tests.callers import Caller
from tests.server import Server
from tests.services import chromium

from .modules import OUTBOX, PAGE, SOCKETS, UPLOADS, Inbox, serve
from .states import Stage

HERE = Path(__file__).parent
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A name of the local network: plain HTTP there is no secure context, as it is on 127.0.0.1.
    "--host-resolver-rules=MAP dispatch.lan 127.0.0.1",
]
DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}


# Milliseconds: a wait for what should come at once, on a machine that has much else to do.
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            # Server and browser outlive a test, and so must the loop that they are spoken to from.
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The product, with the demo's shift and enough orders that every test has one of its own."""
    folder = tmp_path_factory.mktemp("browser")
    server = Server(folder)
    server.environment["ALLOWED_HOSTS"] = "127.0.0.1,dispatch.lan"
    # Push notifications are offered, where a browser may show any.
    for name in ("VAPID_PRIVATE_KEY", "VAPID_SUBJECT"):
        server.environment[name] = getattr(settings, name)
    try:
        with ThreadPoolExecutor() as aside:
            collected = aside.submit(server.manage, "collectstatic", "--noinput", "--verbosity", "0")
            server.manage("migrate", "--verbosity", "0")
            server.manage("seed_demo", "--force")
            collected.result()
        server.manage("import_orders", str(write_orders(folder / "orders.csv", list(orders()))))
        server.start()
        yield server
    finally:
        server.remove()


FIRST_NAMES = ["Ada", "Boris", "Chloé", "Dmitri", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kirsi", "Luca"]
LAST_NAMES = ["Ambrose", "Bellweather", "Castellan", "Dragomir", "Estrada", "Fontaine", "Grünwald", "Hallström"]
LAST_NAMES += ["Ibáñez", "Jankowski", "Kowalczyk", "Lindqvist", "Moreau", "Nygård", "Okafor", "Petrova", "Quiroga"]
LAST_NAMES += ["Rasmussen", "Šimunić", "Takahashi", "Ueda", "Vasquez", "Wójcik", "Yıldız", "Zielińska"]


def orders():
    """Orders that nobody has chatted about yet, with a customer and a driver whom no other order has."""
    for number, (last, first) in enumerate(product(LAST_NAMES, FIRST_NAMES), start=1):
        yield {
            "reference": f"B-{number:03}",
            "status": "in_transit",
            "customer_ref": f"BC{number}",
            "customer_name": f"{first} {last}",
            "customer_company": f"{last} & Co",
            "customer_phone": f"(303) 555-{number:04}",
            "driver_ref": f"BD{number}",
            "driver_name": f"{first} {last} Jr.",
            "driver_phone": f"(303) 777-{number:04}",
            "dropoff_city": "Boise",
            "items": "3 x Chai; 1 x Pavlova",
        }


def write_orders(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="session")
def unused_orders():
    return orders()


@pytest.fixture
def order(unused_orders):
    return next(unused_orders)


@pytest_asyncio.fixture(loop_scope="session")
async def chat(order, colleague):
    """The chat of an order of this test's own, opened by a colleague: the customer is in it."""
    return await colleague.open_chat(order)


# People


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(server):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def colleague(server):
    """Support 1, who works elsewhere, without a browser."""
    return await Caller(server.url).sign_in("support")


@pytest_asyncio.fixture(loop_scope="session")
async def nobody_waits(colleague):
    """Whoever waited before this test is told that no answer is needed."""
    while waiting := re.findall(
        r'data-conversation="(\d+)"', (await colleague.client.get("/chats/?show=waiting")).text
    ):
        for pk in waiting:
            await colleague.post(f"/chats/{pk}/wait/", method="DELETE")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def signed_in(server):
    """What the browser of Dispatcher 1 keeps, for pages that need not begin at the sign-in."""
    caller = await Caller(server.url).sign_in("dispatcher")
    return caller.kept()


@pytest.fixture
def caller(server):
    """A guest without a browser: await caller().join(link)."""
    return lambda: Caller(server.url)


class Complaints:
    """What browsers and the server complain about."""

    def __init__(self):
        self.made, self.expected = [], []

    def expect(self, *patterns):
        """What this test causes on purpose, as regular expressions."""
        self.expected += patterns
        if "ERR_INTERNET_DISCONNECTED" in patterns:
            # What a page loads a little later may be on its way when the network goes, and is asked for again when
            # somebody needs it.
            self.expected.append("ERR_FAILED.*/static/")

    def listen(self, context):
        context.on("console", self.note_console)
        context.on("weberror", lambda error: self.made.append(f"script: {error.error.stack}"))
        context.on("response", self.note_answer)

    def note_answer(self, answer):
        if answer.status >= 500:
            self.made.append(f"{answer.status} {answer.url}")

    def note_console(self, line):
        if line.type == "error":
            self.made.append(f"console: {line.text} ({line.location['url']})")

    def unexpected(self):
        return [line for line in self.made if not any(re.search(pattern, line) for pattern in self.expected)]


@pytest.fixture
def complaints(server):
    complaints = Complaints()
    before = server.log.stat().st_size
    yield complaints
    log = server.log.read_bytes()[before:].decode()
    if "Traceback" in log:
        complaints.made.append(f"server: {log}")
    assert not complaints.unexpected(), "\n".join(complaints.unexpected())


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser, server, complaints):
    """Somebody new with a browser of their own: await visit(path, **options of the context) -> their page."""
    contexts = []

    async def visit(path=None, **options):
        context = await browser.new_context(base_url=server.url, **options)
        context.set_default_timeout(10_000)
        complaints.listen(context)
        contexts.append(context)
        page = await context.new_page()
        if path:
            await page.goto(path)
        return page

    yield visit
    for context in contexts:
        await context.close()


@pytest.fixture
def dispatcher(visit, signed_in):
    """Dispatcher 1 at a desk: await dispatcher(path) -> the page."""
    return lambda path, **options: visit(path, storage_state=signed_in, **{**DESK, **options})


@pytest.fixture
def customer(visit, colleague):
    """The customer of a chat, on a phone, by a new web chat link: await customer(chat) -> the page."""

    async def customer(chat, **options):
        page = await visit(await colleague.make_link(chat, chat.customer_id), **{**PHONE, **options})
        await page.wait_for_url(f"**/g/*{chat.path}")
        return page

    return customer


# As Dispatcher 1 has not chosen anything yet.
SETTINGS = {"theme": "system", "density": "comfortable", "sends_with": "control_enter", "single_keys": "on"}


@pytest_asyncio.fixture(loop_scope="session")
async def choose(server):
    """Dispatcher 1's settings, for one test: await choose(theme="dark"). None leaves a field out of the form."""
    caller = await Caller(server.url).sign_in("dispatcher")

    async def choose(**chosen):
        fields = {name: value for name, value in {**SETTINGS, **chosen}.items() if value is not None}
        answer = await caller.post("/settings/", **fields)
        assert answer.status_code == 303, answer.text

    yield choose
    await choose()


@pytest.fixture
def stage(server, visit, dispatcher, colleague, chat):
    """Where the states of states.py stand."""
    return Stage(server, lambda path=None, **options: visit(path, **{**DESK, **options}), dispatcher, colleague, chat)


# Modules by themselves


@pytest_asyncio.fixture(loop_scope="session")
async def tab(visit):
    """A tab of a browser: await tab(Inbox(...)) -> the page; a second one by `beside`."""

    async def tab(inbox=None, beside=None, clock=None, before="", **who):
        if beside:
            page = await beside.context.new_page()
        else:
            page = await visit()
            await (inbox or Inbox()).listen(page.context)
            await page.context.add_init_script(SOCKETS + UPLOADS)
        if before:
            await page.add_init_script(before)
        if clock:
            await page.clock.install(time=clock)
        await serve(page.context, OUTBOX, **who)
        await page.goto(PAGE)
        await page.wait_for_function("window.outbox")
        return page

    return tab
