"""What changes at an order shows on every open page of its chats, whoever or whatever changed it."""

import pytest
from django.core.management import call_command

from chat import actions
from orders.models import Order
from tests.factories import OrderFactory

from .live import ask

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def import_(tmp_path):
    """Import orders: import_("reference,status", "11064,delivered")."""

    def import_(*lines):
        path = tmp_path / "orders.csv"
        path.write_text("\n".join(lines))
        call_command("import_orders", path)

    return import_


async def test_an_import_tells_the_open_pages(cast, chat, dispatcher, customer, open_tab, import_):
    pages = [await open_tab(dispatcher, chat, after=0), await open_tab(customer, chat, after=0)]
    inbox = await open_tab(dispatcher)

    await ask(import_, "reference,status", f"{cast.order.reference},delivered")

    for page in pages:
        await page.control("people")
    assert "Delivered" in (await inbox.row(chat)).text
    answer = await ask(customer.get, f"{customer.door}/chats/{chat.pk}/")
    assert "Delivered" in answer.content.decode()


async def test_other_chats_hear_nothing(cast, chat, dispatcher, colleague_chat, open_tab, import_):
    page = await open_tab(dispatcher, colleague_chat, after=0)
    inbox = await open_tab(dispatcher)

    await ask(import_, "reference,status", f"{cast.order.reference},delivered")

    await inbox.row(chat)
    await hears_no_more_than_a_message(page, cast, colleague_chat)


async def test_what_is_as_before_and_what_is_new_is_no_news(cast, chat, dispatcher, open_tab, import_):
    page = await open_tab(dispatcher, chat, after=0)
    status = (await ask(Order.objects.get, pk=cast.order.pk)).status

    await ask(import_, "reference,status", f"{cast.order.reference},{status}", "N-1,assigned")

    await hears_no_more_than_a_message(page, cast, chat)


async def hears_no_more_than_a_message(page, cast, chat):
    await ask(actions.send_message, conversation=chat, author=cast.colleague, body="After it")
    await page.hear_until(lambda: "After it" in [line.text for line in page.lines])
    assert "people" not in [said["type"] for said in page.controls]


@pytest.fixture
def colleague_chat(cast):
    return actions.open_order_chat(order=OrderFactory(), actor=cast.colleague)[0]
