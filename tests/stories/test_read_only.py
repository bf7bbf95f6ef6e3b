"""After the delivery: for some days the customer still reads, and then the link has ended."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from chat import actions, sweep
from chat.models import ReadMark
from orders.models import Order

from .live import PATIENCE, ask
from .reading import HTMX, alerts_of, html_of, lines_of, page_of, send, text_of, texts_of, typed_in

SENTENCE = "Your order was delivered, so this chat can only be read now, until"
REASON = "The order was delivered some days ago, and this chat can only be read now."


@pytest.fixture
def deliver(cast, customer):
    """As if the order had been delivered so many days ago, and the link made before that."""

    def deliver(days):
        at = timezone.now() - timedelta(days=days)
        Order.objects.filter(pk=cast.order.pk).update(status="delivered", delivered_at=at)
        type(customer.link).objects.filter(pk=customer.link.pk).update(made_at=at - timedelta(days=1))

    return deliver


@pytest.fixture
def said(customer, chat):
    """The number of what the customer wrote while that was possible."""
    assert send(customer, chat, "At the back door, please.").status_code == 303
    return chat.messages.get(body="At the back door, please.").number


def message_path(customer, chat, number):
    return f"{customer.door}/chats/{chat.pk}/messages/{number}/"


def test_a_sentence_stands_in_the_place_of_the_box(customer, chat, said, deliver):
    before = page_of(customer, chat)
    assert 'class="composer"' in html_of(before)
    assert "You are writing as Jose Pavarotti" in text_of(before)

    deliver(4)
    after = page_of(customer, chat)

    assert SENTENCE in text_of(after)
    assert 'class="composer"' not in html_of(after)
    assert "You are reading as Jose Pavarotti" in text_of(after)
    assert lines_of(after) == lines_of(before)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_nothing_is_sent_and_the_text_is_kept(customer, chat, deliver, headers):
    deliver(2)
    assert send(customer, chat, "On time.").status_code == 303
    deliver(4)
    before = chat.messages.count()

    answer = send(customer, chat, "One box is broken.", headers=headers)

    assert answer.status_code == 409
    assert typed_in(answer) == "One box is broken."
    assert REASON in " ".join(alerts_of(answer))
    assert chat.messages.count() == before


def test_what_was_sent_in_time_is_found_by_its_retry(customer, chat, deliver):
    key = uuid4()
    assert send(customer, chat, "The answer is lost.", client_id=key).status_code == 303
    deliver(4)
    again = send(customer, chat, "The answer is lost.", client_id=key, headers=HTMX)
    assert again.status_code == 200
    assert texts_of(again) == ["The answer is lost."]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_nothing_is_changed_or_taken_back(customer, chat, said, deliver, headers):
    path = message_path(customer, chat, said)
    assert "Save" in text_of(customer.get(path, headers=headers))
    deliver(4)

    look = customer.get(path, headers=headers)
    change = customer.post(path, {"body": "At the front door.", "version": 1}, headers=headers)
    deletion = customer.delete(path, headers=headers)

    for answer in (look, change, deletion):
        assert answer.status_code == 409
        assert REASON in " ".join(alerts_of(answer))
        assert "Save" not in text_of(answer).split()
        assert "Delete message" not in text_of(answer)
    assert "At the front door." in html_of(change)
    message = chat.messages.get(number=said)
    assert (message.body, message.version, message.deleted_at) == ("At the back door, please.", 1, None)


def test_reading_goes_on(customer, dispatcher, chat, cast, deliver):
    deliver(4)
    assert send(dispatcher, chat, "Thank you. Goodbye.").status_code == 303
    assert "Thank you. Goodbye." in texts_of(page_of(customer, chat))
    number = chat.messages.get(body="Thank you. Goodbye.").number
    assert customer.post(f"{customer.door}/chats/{chat.pk}/reads/", {"number": number}).status_code == 303
    assert ReadMark.objects.get(person=cast.customer, conversation=chat).number == number


def test_after_a_week_it_has_ended_and_the_reopened_order_revives_it(customer, chat, cast, deliver):
    deliver(8)
    assert customer.get(f"{customer.door}/chats/{chat.pk}/").status_code == 404
    assert send(customer, chat, "Hello?").status_code == 404

    order = Order.objects.get(pk=cast.order.pk)
    order.status = "in_transit"
    order.save()

    assert SENTENCE not in text_of(page_of(customer, chat))
    assert send(customer, chat, "Again on its way.").status_code == 303


def test_the_driver_of_a_delivered_order_goes_on_writing(chat, cast, come_in, deliver):
    actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
    driver = come_in(cast.driver, chat)
    deliver(20)
    assert send(driver, chat, "The pallet is still there.").status_code == 303


def test_the_dispatcher_sees_until_when(dispatcher, customer, chat, cast, deliver):
    path = f"/chats/{chat.pk}/participants/{cast.customer.pk}/links/"
    assert "Until 7 days after the delivery" in text_of(dispatcher.get(path))
    deliver(1)
    assert "To write until" in text_of(dispatcher.get(path))
    deliver(4)
    assert "Only to read, until" in text_of(dispatcher.get(path))
    deliver(8)
    assert "No link works now." in text_of(dispatcher.get(path))


@pytest.mark.django_db(transaction=True)
async def test_who_only_reads_is_told_what_is_new_and_is_not_seen_typing(
    chat, cast, customer, dispatcher, deliver, open_tab
):
    desk, phone = await open_tab(dispatcher, chat), await open_tab(customer, chat)
    await phone.say("typing")
    assert (await desk.control("typing"))["person"] == cast.customer.pk
    desk.frames.clear()
    await ask(deliver, 4)
    later = await open_tab(customer, chat)
    await later.say("typing")

    await ask(send, dispatcher, chat, "Goodbye.")
    for tab in (desk, later):
        assert (await tab.message(2)).text == "Goodbye."
    assert not [said for said in desk.controls if said["type"] == "typing"]


@pytest.mark.django_db(transaction=True)
async def test_the_sweep_closes_what_the_delivery_has_ended(chat, customer, deliver, open_tab, monkeypatch):
    monkeypatch.setattr(sweep, "HEARTBEAT", 0.05)
    tab = await open_tab(customer, chat)
    await tab.control("heartbeat")
    await ask(deliver, 4)
    tab.frames.clear()
    await tab.control("heartbeat")

    await ask(deliver, 8)

    async with asyncio.timeout(PATIENCE):
        assert await tab.closed() == 4401
