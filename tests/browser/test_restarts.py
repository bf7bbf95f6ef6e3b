"""A server that is killed or stopped while somebody writes, on a plain-HTTP name of the local network."""

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.callers import Caller
from tests.server import Server

from .conftest import DESK, PHONE, orders, write_orders
from .test_sending import state
from .thread import composer, is_live, shows_once, transcript, write

DOWN = ("WebSocket connection", "ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
# Milliseconds: longer than the longest pause between two attempts.
PATIENCE = 35_000


@pytest.fixture(scope="module")
def lan(server, tmp_path_factory):
    """A server of its own, which these tests may kill, under a name of the local network."""
    folder = tmp_path_factory.mktemp("lan")
    lan = Server(folder, database_url="", redis_url="")
    lan.address = f"http://dispatch.lan:{lan.port}"
    lan.environment |= {"ALLOWED_HOSTS": "127.0.0.1,dispatch.lan", "STATIC_ROOT": server.environment["STATIC_ROOT"]}
    try:
        lan.manage("migrate", "--verbosity", "0")
        lan.manage("seed_demo", "--force")
        lan.manage("import_orders", str(write_orders(folder / "orders.csv", list(orders())[:3])))
        lan.start()
        yield lan
    finally:
        lan.remove()


@pytest.fixture(scope="module")
def lan_orders():
    return orders()


@pytest_asyncio.fixture(loop_scope="session")
async def people(lan, lan_orders, visit, complaints):
    """A dispatcher's page and the customer's, of one chat."""
    complaints.expect(*DOWN)
    support = await Caller(lan.url).sign_in("support")
    chat = await support.open_chat(next(lan_orders))
    desk = await visit(f"{lan.address}/login/?next={chat.path}", **DESK)
    await desk.get_by_label("Name").fill("dispatcher")
    await desk.get_by_label("Password").fill("demo")
    await desk.get_by_role("button", name="Sign in").click()
    link = await support.make_link(chat, chat.customer_id)
    phone = await visit(link.replace(lan.url, lan.address), **PHONE)
    for page in (desk, phone):
        await is_live(page)
    return desk, phone


@pytest.mark.parametrize("end", ["kill", "stop"])
async def test_a_restart_while_somebody_types(people, lan, end):
    desk, phone = people
    await write(phone, "Before.")
    await shows_once(desk, "Before.")
    await composer(phone).press_sequentially("Typed thr")

    getattr(lan, end)()
    await composer(phone).press_sequentially("ough it all")
    for page in (desk, phone):
        await expect(page.locator("#connection")).to_have_text("Reconnecting…")
    await expect(composer(phone)).to_have_value("Typed through it all")
    await write(phone, "Typed through it all", "And one more.")
    await write(desk, "From the desk.")
    for page, text in [(phone, "Typed through it all"), (phone, "And one more."), (desk, "From the desk.")]:
        await expect(state(page, text)).to_contain_text("Not sent.")

    lan.start()
    texts = ["Before.", "Typed through it all", "And one more."]
    for page in (desk, phone):
        for text in [*texts, "From the desk."]:
            await shows_once(page, text, within=PATIENCE)
        await expect(page.locator("#connection")).to_be_hidden(timeout=PATIENCE)
        assert [text for _, text in await transcript(page) if text in texts] == texts
    assert await transcript(desk) == await transcript(phone)


async def test_a_plain_http_name_of_the_local_network(people):
    desk, phone = people
    for page in (desk, phone):
        assert await page.evaluate("[isSecureContext, typeof crypto.randomUUID]") == [False, "undefined"]
    await write(phone, "Without a certificate.")
    await write(desk, "Heard.")
    for page in (desk, phone):
        for text in ("Without a certificate.", "Heard."):
            await shows_once(page, text)
