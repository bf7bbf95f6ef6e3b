"""A missed message brings one e-mail, and the link in it the person back into the same thread."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.async_api import expect

from tests.callers import Caller
from tests.mail_sink import MailSink, link_in, page_of, text_of
from tests.server import Server

from .conftest import DESK, PHONE, orders, write_orders

# Seconds. The worker looks every 15.
PATIENCE = 40


@pytest.fixture(scope="session")
def letters():
    """The mail server of this installation."""
    sink = MailSink().start()
    yield sink
    sink.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory, letters):
    """The product as it is started by default, with a mail server: its worker is in it, or beside it on PostgreSQL."""
    folder = tmp_path_factory.mktemp("notices")
    server = Server(folder)
    server.environment |= {
        "EMAIL_URL": f"smtp://127.0.0.1:{letters.port}",
        "DEFAULT_FROM_EMAIL": "Speedy <chat@speedy.example>",
    }
    row = {**next(iter(orders())), "customer_email": "ada@customer.example"}
    try:
        with ThreadPoolExecutor() as aside:
            collected = aside.submit(server.manage, "collectstatic", "--noinput", "--verbosity", "0")
            server.manage("migrate", "--verbosity", "0")
            server.manage("seed_demo", "--force")
            collected.result()
        server.manage("import_orders", str(write_orders(folder / "orders.csv", [row])))
        server.manage("shell", "-c", "User.objects.filter(email='ada@customer.example').update(language='de')")
        server.start()
        server.order = row
        yield server
    finally:
        server.remove()


async def until(happened):
    """Waits until it has happened, and returns what it says."""
    async with asyncio.timeout(PATIENCE):
        while not (found := happened()):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return found


def to_ada(letters):
    """Others of the demo have missed something too."""
    return [letter for letter in letters.messages if letter.recipients == ["ada@customer.example"]]


async def ask(server, code):
    """What the code prints in a process beside the server."""
    return (await asyncio.to_thread(server.manage, "shell", "--no-imports", "-c", code)).strip()


@pytest.fixture
def desk(server, visit):
    """The dispatcher at a desk: await desk(path) -> the page."""

    async def desk(path):
        caller = await Caller(server.url).sign_in("dispatcher")
        kept = [{"name": name, "value": value, "url": server.url} for name, value in caller.client.cookies.items()]
        return await visit(path, storage_state={"cookies": kept}, **DESK)

    return desk


async def test_it_brings_the_person_back(server, letters, visit, desk):
    team = await Caller(server.url).sign_in("dispatcher")
    chat = await team.open_chat(server.order)
    await team.send(chat, "Your delivery is two hours late.")
    before = len(to_ada(letters))

    await ask(server, "from tests.background import time_passes; time_passes(minutes=4)")
    (letter,) = await until(lambda: to_ada(letters)[before:])
    assert 'lang="de"' in page_of(letter)

    # The phone opens the link: the same chat, with what was missed in it.
    phone = await visit(link_in(text_of(letter)), **PHONE)
    await phone.wait_for_url(f"**/g/*{chat.path}")
    await expect(phone.get_by_role("log").get_by_text("Your delivery is two hours late.")).to_be_visible()

    # The console says that it was sent, and hears the answer.
    console = await desk(chat.path)
    told = console.locator(f"#delivery-{chat.customer_id}")
    await expect(told).to_contain_text("Told of missed messages by e-mail")
    await phone.locator("textarea").fill("Danke, ich warte.")
    await phone.locator(".composer__send").click()
    await expect(console.get_by_role("log").get_by_text("Danke, ich warte.")).to_be_visible()

    # Long afterwards there is nothing to tell: it was seen.
    await ask(server, "from tests.background import time_passes; time_passes(minutes=4)")
    assert await ask(server, "from chat.notices import missed; print(missed.look())") == "0"
    assert len(to_ada(letters)) == before + 1


async def test_what_became_of_a_link_shows_without_a_reload(server, letters, desk):
    team = await Caller(server.url).sign_in("dispatcher")
    chat = await team.open_chat(server.order)
    console = await desk(chat.path)
    person = console.locator(f"#person-{chat.customer_id}")
    told = console.locator(f"#delivery-{chat.customer_id}")
    make = person.get_by_role("button", name="Make link").or_(person.get_by_role("link", name="Web chat link"))
    await make.click()

    letters.to_recipient = "550 5.1.1 No such user"
    try:
        await person.get_by_role("button", name="Send by e-mail").click()
        await expect(told).to_contain_text("550 5.1.1 No such user", timeout=PATIENCE * 1000)
    finally:
        letters.to_recipient = "250 OK"
    before = len(to_ada(letters))
    await told.get_by_role("button", name="Try again").click()
    await expect(told).to_contain_text("Link sent by e-mail", timeout=PATIENCE * 1000)
    assert len(to_ada(letters)) == before + 1
