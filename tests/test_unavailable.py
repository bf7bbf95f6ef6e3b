"""The database is locked or away: nothing is stored, nothing that was written is lost, and one is told to try again."""

import threading
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection, transaction
from django.urls import reverse

from chat.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def held(row):
    """Somebody else holds this row and does not let go."""
    begun, over = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            type(row).objects.select_for_update().get(pk=row.pk)
            begun.set()
            over.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert begun.wait(10)
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture
def impatient(chat):
    """Waits for a lock as the server does, only shorter: half a second."""
    with connection.cursor() as cursor:
        postgres = connection.vendor == "postgresql"
        cursor.execute("SET lock_timeout = '500ms'" if postgres else "PRAGMA busy_timeout = 500")
    yield
    connection.close()


def test_a_stuck_row_answers_503_and_keeps_the_text(cast, chat, impatient, sign_in):
    browser = sign_in(cast.dispatcher)
    path = reverse("chat:message_list", args=[chat.pk])
    assert browser.post(path, {"body": "Before"}).status_code == 303
    with held(chat):
        for headers in ({}, {"HX-Request": "true"}):
            response = browser.post(path, {"body": "Is the <gate> open?"}, headers=headers)
            assert response.status_code == 503
            assert int(response.headers["Retry-After"]) > 0
            assert "Is the &lt;gate&gt; open?" in response.text
    assert browser.post(path, {"body": "After"}).status_code == 303
    texts = Message.objects.filter(conversation=chat, kind="text").values_list("body", flat=True)
    assert sorted(texts) == ["After", "Before"]


def test_an_order_that_is_held_keeps_nobody_from_the_chat_it_has(cast, chat, impatient, sign_in):
    browser = sign_in(cast.dispatcher)
    with held(cast.order):
        response = browser.post(reverse("chat:order_chat", args=[cast.order.reference]))
    assert (response.status_code, response.url) == (303, reverse("chat:conversation_detail", args=[chat.pk]))


def test_a_database_that_is_away_answers_503_on_every_page(cast, chat, sign_in, monkeypatch):
    browser = sign_in(cast.dispatcher)
    path = reverse("chat:conversation_detail", args=[chat.pk])
    assert browser.get(path).status_code == 200

    def away(*args, **kwargs):
        raise OperationalError("the database system is shutting down")

    monkeypatch.setattr(connection, "cursor", away)
    assert browser.get(path).status_code == 503
    assert browser.get(reverse("readyz")).status_code == 503
    assert browser.get(reverse("healthz")).status_code == 200
