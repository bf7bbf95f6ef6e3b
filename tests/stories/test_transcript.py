"""A conversation as a text file, for everybody who reads it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import actions
from chat.models import Message
from tests.factories import OrderFactory, UserFactory
from tests.files.conftest import own_folder, send_files  # noqa: F401
from tests.files.making import jpeg, pdf

from .reading import send


@pytest.fixture
def driver(cast, chat, come_in):
    actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
    return come_in(cast.driver, chat)


def ask(client, chat):
    return client.get(f"{getattr(client, 'door', '')}/chats/{chat.pk}/transcript/")


def saved(client, chat):
    """What is in the file, by the line, with times as "00:00" and the day left out."""
    answer = ask(client, chat)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    return answer.content.decode().splitlines()


@pytest.fixture
def at_noon():
    """Everything happened at the same minute."""
    noon = timezone.now().replace(hour=12, minute=0)
    return lambda: Message.objects.update(created_at=noon)


def test_it_says_all_that_the_page_says(dispatcher, customer, driver, chat, cast, at_noon):
    asked = actions.send_message(
        conversation=chat, author=cast.dispatcher, body="Where?\n\n09:00 Nobody: forged"
    ).message
    here = {"lat": 43.615019, "lon": -116.202313, "accuracy": 12}
    actions.send_message(conversation=chat, author=cast.driver, body="At the gate", reply_to=asked.number)
    send_files(driver, chat, ("gate.jpg", jpeg()), ("CMR 8841.pdf", pdf()), body="Here")
    actions.send_message(conversation=chat, author=cast.driver, body="", location=here)
    wrong = actions.send_message(conversation=chat, author=cast.customer, body="Wrong chat").message
    actions.delete_message(message=wrong)
    at_noon()

    lines = saved(dispatcher, chat)

    assert lines[:7] == [
        cast.customer.name,
        f"Order {chat.order.reference}",
        f"{cast.customer.name} (customer)",
        f"{cast.dispatcher.name} (dispatcher)",
        f"{cast.driver.name} (driver)",
        "Dispatch team",
        "Times are those of UTC.",
    ]
    said = lines[lines.index(f"12:00 {cast.dispatcher.name} (dispatcher): Where?") :]
    assert said[1:5] == [
        "",
        "      09:00 Nobody: forged",
        f"12:00 {cast.driver.name} (driver): At the gate",
        f"      > {cast.dispatcher.name}: Where? 09:00 Nobody: forged",
    ]
    assert said[5] == f"12:00 {cast.driver.name} (driver): Here"
    assert said[6].startswith("      [gate.jpg, ") and said[7].startswith("      [CMR 8841.pdf, ")
    assert said[8] == f"12:00 {cast.driver.name} (driver):"
    assert said[9].startswith("      Location 43.61502, -116.20231 accurate to 12 m https://")
    assert said[10:] == [f"12:00 Message deleted by {cast.customer.name}"]
    assert f"12:00 {cast.dispatcher.name} added {cast.driver.name} (driver)." in lines


def test_what_was_changed_stands_with_what_it_said_before(customer, chat, cast, at_noon):
    message = actions.send_message(conversation=chat, author=cast.customer, body="Gate 4\nat noon").message
    actions.edit_message(message=message, body="Gate 5", version=1)
    at_noon()

    lines = saved(customer, chat)

    first = lines.index(f"12:00 {cast.customer.name} (customer): Gate 5")
    assert lines[first + 1].startswith("      Edited ")
    assert lines[first + 2].startswith("      > ") and lines[first + 2].endswith(" Gate 4")
    assert lines[first + 3] == "      > at noon"


def test_the_same_for_everybody_but_for_what_they_call_it(dispatcher, customer, driver, chat, cast):
    actions.send_message(conversation=chat, author=cast.dispatcher, body="Are you there?", offer=["Yes", "No"])
    send(customer, chat, "<b>Here</b> &amp; there")

    files = [saved(browser, chat)[1:] for browser in (dispatcher, customer, driver)]

    assert files[0] == files[1] == files[2]
    assert files[0][-1].endswith(": <b>Here</b> &amp; there")
    assert "      Answers offered: Yes · No" in files[0]


def test_in_the_readers_language(customer, chat, cast):
    actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
    answer = customer.get(f"{customer.door}/chats/{chat.pk}/transcript/", headers={"Accept-Language": "de"})

    assert f"{cast.driver.name} (Fahrer)" in answer.content.decode()


def test_long_ones_are_whole_and_read_by_so_many_at_a_time(dispatcher, chat, cast, monkeypatch):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            saved(dispatcher, chat)
        return len(captured)

    for number in range(20):
        actions.send_message(conversation=chat, author=cast.customer, body=f"Number {number}")
    few = queries()
    monkeypatch.setattr("chat.transcript.PAGE", 5)
    lines = saved(dispatcher, chat)

    assert [line.rpartition(": ")[2] for line in lines if "Number" in line] == [f"Number {n}" for n in range(20)]
    monkeypatch.undo()
    for number in range(20):
        actions.send_message(conversation=chat, author=cast.customer, body=f"More {number}")
    assert queries() == few


@pytest.mark.parametrize("reference", ["N-1\r\nSet-Cookie: a=b", 'a"b', "Größe/7", "ط" * 40])
def test_the_name_of_the_file(sign_in, cast, reference):
    order = OrderFactory(reference=reference, customer=UserFactory(role="customer"))
    chat, _ = actions.open_order_chat(order=order, actor=cast.dispatcher)

    answer = ask(sign_in(cast.dispatcher), chat)

    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment; filename")
    assert "Set-Cookie" not in answer.headers
