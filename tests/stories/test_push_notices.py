"""Who has missed a message is told by a push where a browser was turned on for it, and by something else where not."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from chat import actions
from chat.models import Delivery, Message, Presence, PushSubscription, ReadMark
from chat.notices import missed
from chat.notices.sending import try_delivery
from tests.push_service import PushService


@pytest.fixture
def service(settings):
    service = PushService()
    settings.PUSH_TEST_ORIGINS = [service.url]
    yield service
    service.stop()


@pytest.fixture
def browser(customer, service):
    """The customer's browser, in which pushes are turned on."""
    browser = service.browser()
    assert customer.post(f"{customer.door}/subscriptions/", browser.fields).status_code == 303
    return browser


@pytest.fixture
def with_mail(settings, cast):
    """E-mails can be sent too, and the customer has an address."""
    settings.EMAIL_IS_SET_UP = True
    settings.DEFAULT_FROM_EMAIL = "chat@example.com"
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    cast.customer.email = "jose@example.com"
    cast.customer.save()


def missed_by_customer(chat, cast, *texts):
    """The team writes, and the customer does not see it for ten minutes."""
    for text in texts:
        actions.send_message(conversation=chat, author=cast.dispatcher, body=text)
    earlier = timezone.now() - timedelta(minutes=10)
    Message.objects.filter(conversation=chat).update(created_at=earlier)
    chat.participants.update(added_at=earlier - timedelta(minutes=1))
    Presence.objects.all().delete()
    ReadMark.objects.filter(person=cast.customer).update(at=earlier - timedelta(minutes=5))


def tell():
    """What the worker does: find who has missed something, and try what is due."""
    missed.look()
    for delivery in Delivery.objects.on_their_way():
        Delivery.objects.filter(pk=delivery.pk).update(next_try_at=timezone.now())
        try_delivery(delivery.pk)
    return Delivery.objects.order_by("pk").last()


def test_one_push_of_what_was_missed(browser, service, customer, cast, chat):
    missed_by_customer(chat, cast, "The dock is open.", "Are you there?")

    delivery = tell()

    (pushed,) = service.pushes
    assert browser.read(pushed) == {
        "title": "Order 11064",
        "body": "Dispatcher 1: Are you there?",
        "path": f"{customer.door}/chats/{chat.pk}/",
        "tag": f"chat-{chat.pk}",
        "lang": "en",
        "dir": "ltr",
    }
    assert customer.token not in str(browser.read(pushed))
    assert (delivery.channel, delivery.status) == ("push", "sent")
    assert delivery.link is None
    assert PushSubscription.objects.get().last_ok_at is not None
    # Once, until the customer was back.
    tell()
    assert len(service.pushes) == 1


def test_the_path_leads_there(browser, service, customer, cast, chat):
    missed_by_customer(chat, cast, "The dock is open.")
    tell()
    assert customer.get(browser.read(service.pushes[0])["path"]).status_code == 200


def test_the_beginning_of_a_long_message(browser, service, cast, chat):
    missed_by_customer(chat, cast, "x" * 4000)
    tell()
    assert len(browser.read(service.pushes[0])["body"]) <= len("Dispatcher 1: ") + 80


def test_without_a_preview(browser, service, cast, chat, settings):
    settings.NOTICE_PREVIEW = False
    missed_by_customer(chat, cast, "The code is 4711.", "And the door is green.")
    tell()
    assert browser.read(service.pushes[0])["body"] == "2 new messages, the last from Dispatcher 1"
    assert b"4711" not in str(browser.read(service.pushes[0])).encode()


def test_in_the_persons_language(browser, service, cast, chat, settings):
    settings.NOTICE_PREVIEW = False
    cast.customer.language = "ar"
    cast.customer.save()
    missed_by_customer(chat, cast, "The dock is open.")
    tell()
    said = browser.read(service.pushes[0])
    assert (said["lang"], said["dir"]) == ("ar", "rtl")
    assert said["body"] == "رسالة جديدة من Dispatcher 1"


def test_in_place_of_an_email(browser, service, cast, chat, with_mail, mailoutbox):
    missed_by_customer(chat, cast, "The dock is open.")
    assert tell().channel == "push"
    assert len(service.pushes) == 1
    assert mailoutbox == []


def test_a_browser_that_is_gone_and_then_an_email(browser, service, cast, chat, with_mail, mailoutbox):
    service.status = 410
    missed_by_customer(chat, cast, "The dock is open.")

    delivery = tell()
    assert PushSubscription.objects.count() == 0
    assert (delivery.channel, delivery.status) == ("email", "waiting")
    assert delivery.earlier[0]["channel"] == "push"

    delivery = tell()
    assert (delivery.channel, delivery.status) == ("email", "sent")
    assert [mail.to for mail in mailoutbox] == [["jose@example.com"]]
    assert len(service.pushes) == 1


def test_a_browser_that_is_gone_and_nothing_else(browser, service, cast, chat):
    service.status = 404
    missed_by_customer(chat, cast, "The dock is open.")
    delivery = tell()
    assert (delivery.channel, delivery.status, delivery.problem) == ("push", "failed", "no_address")


def test_refused_is_seen_and_goes_another_way(browser, service, cast, chat, with_mail, mailoutbox):
    service.status = 403
    missed_by_customer(chat, cast, "The dock is open.")

    delivery = tell()

    (earlier,) = delivery.earlier
    assert (earlier["channel"], earlier["problem"], earlier["detail"]) == ("push", "refused", "403 403 it is")
    subscription = PushSubscription.objects.get()
    assert (subscription.failures, subscription.failure) == (1, "403 403 it is")
    tell()
    assert len(mailoutbox) == 1


@pytest.mark.parametrize(("status", "again"), [(503, True), (403, False)])
def test_what_a_service_says_is_kept_without_what_no_database_takes(browser, service, cast, chat, status, again):
    words = b"no\0thing"
    service.answer = lambda handler: (
        handler.send_response(status),
        handler.send_header("Content-Length", str(len(words))),
        handler.end_headers(),
        handler.wfile.write(words),
    )
    missed_by_customer(chat, cast, "The dock is open.")
    assert tell().detail == f"{status} no thing"
    assert PushSubscription.objects.get().failure == ("" if again else "403 no thing")


def test_a_browser_that_cannot_be_noted_was_told_all_the_same(browser, service, cast, chat, monkeypatch, caplog):
    def away(**given):
        raise OperationalError("gone away")

    monkeypatch.setattr(actions, "note_push", away)
    missed_by_customer(chat, cast, "The dock is open.")
    assert tell().status == "sent"
    assert "How a browser took a push could not be noted" in caplog.text


def test_a_database_that_is_away_before_anything_is_pushed(browser, service, cast, chat, monkeypatch):
    def away(*arguments):
        raise OperationalError("gone away")

    missed_by_customer(chat, cast, "The dock is open.")
    with monkeypatch.context() as patch:
        patch.setattr(type(PushSubscription.objects.all()), "of_person_in", away)
        assert (tell().status, service.pushes) == ("waiting", [])
    assert tell().status == "sent"


@pytest.mark.parametrize(("status", "problem"), [(429, "busy"), (500, "busy"), (503, "busy")])
def test_a_service_that_is_busy_is_asked_again(browser, service, cast, chat, with_mail, mailoutbox, status, problem):
    service.status, service.headers = status, {"Retry-After": "90"}
    missed_by_customer(chat, cast, "The dock is open.")

    delivery = tell()

    assert (delivery.channel, delivery.status, delivery.problem) == ("push", "waiting", problem)
    pause = delivery.next_try_at - timezone.now()
    assert timedelta(seconds=80) < pause <= timedelta(seconds=90)
    service.status = 201
    assert tell().status == "sent"
    assert len(service.pushes) == 2
    assert mailoutbox == []


def test_a_service_that_never_recovers(browser, service, cast, chat, with_mail, mailoutbox):
    service.status = 500
    missed_by_customer(chat, cast, "The dock is open.")
    for _ in range(10):
        if tell().channel != "push":
            break
    assert tell().status == "sent"
    assert len(mailoutbox) == 1
    # Nothing is wrong with the browser.
    assert PushSubscription.objects.get().failures == 0


def test_of_two_browsers_one_is_enough(browser, service, customer, cast, chat):
    gone = service.browser("gone")
    customer.post(f"{customer.door}/subscriptions/", gone.fields)
    service.answer = lambda handler: (
        handler.send_response(410 if handler.path == "/gone" else 201),
        handler.send_header("Content-Length", "0"),
        handler.end_headers(),
    )
    missed_by_customer(chat, cast, "The dock is open.")
    assert tell().status == "sent"
    assert [one.endpoint for one in PushSubscription.objects.all()] == [browser.endpoint]


def test_a_revoked_link_hears_nothing(browser, service, customer, cast, chat):
    missed_by_customer(chat, cast, "The dock is open.")
    actions.revoke_links(links=type(customer.link).objects.filter(pk=customer.link.pk))
    tell()
    assert service.pushes == []


def test_who_has_seen_it_meanwhile_hears_nothing(browser, service, customer, cast, chat):
    missed_by_customer(chat, cast, "The dock is open.")
    missed.look()
    assert Delivery.objects.on_their_way().count() == 1
    actions.mark_read(conversation=chat, person=cast.customer, number=chat.messages.last().number)
    tell()
    assert service.pushes == []
