"""A guest's browser is told of answers: from when on, for whom, and until when."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AccessLink
from chat import actions
from chat.models import PushSubscription
from tests.push_service import Browser

from .reading import HTMX, html_of


def subscribe(client, name="1", **more):
    fields = Browser(f"https://push.example.com/{name}").fields
    return client.post(f"{client.door}/subscriptions/", {**fields, **more.pop("fields", {})}, **more)


def endpoints(link=None):
    found = PushSubscription.objects.filter(link=link) if link else PushSubscription.objects.all()
    return [one.endpoint.rpartition("/")[2] for one in found.order_by("pk")]


def told(person, chat):
    return [one.endpoint.rpartition("/")[2] for one in PushSubscription.objects.of_person_in(person, chat)]


def test_a_browser_subscribes_by_a_form_and_by_script(customer, cast, chat):
    assert told(cast.customer, chat) == []

    answer = subscribe(customer)
    assert (answer.status_code, answer["Location"]) == (303, f"{customer.door}/chats/")
    answer = subscribe(customer, "2", headers=HTMX)
    assert answer.status_code == 200

    assert told(cast.customer, chat) == ["1", "2"]


def test_the_same_browser_again_is_the_same_one_with_its_new_keys(customer):
    subscribe(customer)
    first = PushSubscription.objects.get()
    actions.note_push(subscription=first, failure="403 no")

    subscribe(customer)

    again = PushSubscription.objects.get()
    assert again.pk == first.pk
    assert again.p256dh != first.p256dh
    assert (again.failures, again.failure) == (0, "")


def test_the_browser_is_told_our_key_and_a_token(customer, settings):
    page = html_of(customer.get(f"{customer.door}/subscriptions/"))
    assert f'data-key="{settings.VAPID_PUBLIC_KEY}"' in page
    assert settings.VAPID_PRIVATE_KEY not in page
    assert 'name="csrfmiddlewaretoken"' in page


def test_each_link_has_its_own(customer, cast, chat, come_in):
    """Two people in one browser, each by their own link."""
    actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
    subscribe(customer, "mine")
    driver = come_in(cast.driver, chat, client=customer)
    subscribe(driver, "drivers")

    assert told(cast.customer, chat) == ["mine"]
    assert told(cast.driver, chat) == ["drivers"]


def test_one_browser_is_turned_off_or_all(customer):
    for name in "123":
        subscribe(customer, name)
    path, off = f"{customer.door}/subscriptions/", {"_method": "DELETE", "endpoint": "https://push.example.com/2"}

    assert customer.post(path, off).status_code == 303
    assert endpoints() == ["1", "3"]
    # Twice is once.
    assert customer.post(path, off).status_code == 303
    assert endpoints() == ["1", "3"]

    assert customer.delete(path).status_code == 303
    assert endpoints() == []


def test_another_links_is_not_turned_off(customer, cast, chat, come_in):
    subscribe(customer)
    other = come_in(cast.customer, chat)
    assert other.link != customer.link

    off = {"_method": "DELETE", "endpoint": "https://push.example.com/1"}
    other.post(f"{other.door}/subscriptions/", off)
    other.delete(f"{other.door}/subscriptions/")

    assert endpoints() == ["1"]


def test_of_too_many_the_one_that_is_silent_for_longest_makes_room(customer):
    for number in range(PushSubscription.LIMIT):
        subscribe(customer, str(number))
    actions.note_push(subscription=PushSubscription.objects.get(endpoint__endswith="/0"))
    assert len(endpoints()) == PushSubscription.LIMIT

    subscribe(customer, "new")

    assert endpoints() == ["0", *map(str, range(2, PushSubscription.LIMIT)), "new"]


# Until when


def test_revoked(customer, cast, chat):
    subscribe(customer)
    assert told(cast.customer, chat) == ["1"]

    actions.revoke_links(links=AccessLink.objects.filter(pk=customer.link.pk))

    assert told(cast.customer, chat) == []
    assert endpoints() == []
    assert subscribe(customer).status_code == 404


def test_expired(customer, cast, chat):
    subscribe(customer)
    AccessLink.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    assert actions.forget_dead_pushes() == 0
    assert told(cast.customer, chat) == ["1"]

    AccessLink.objects.update(expires_at=timezone.now())

    assert told(cast.customer, chat) == []
    assert actions.forget_dead_pushes() == 1
    assert endpoints() == []


def test_no_longer_active(customer, cast, chat):
    subscribe(customer)
    cast.customer.is_active = False
    cast.customer.save()
    assert told(cast.customer, chat) == []
    assert actions.forget_dead_pushes() == 1


def test_removed_from_the_chat(customer, cast, chat):
    subscribe(customer)
    actions.remove_participant(conversation=chat, person=cast.customer, actor=cast.dispatcher)
    assert told(cast.customer, chat) == []
    assert endpoints() == []


def test_a_driver_who_is_removed_from_one_chat_hears_of_the_others(cast, chat, come_in):
    actions.add_participants(conversation=chat, people=[cast.driver], actor=cast.dispatcher)
    other = actions.start_conversation(title="Evening run", people=[cast.driver], actor=cast.dispatcher)
    driver = come_in(cast.driver, chat)
    subscribe(driver)
    assert told(cast.driver, chat) == told(cast.driver, other) == ["1"]

    actions.remove_participant(conversation=chat, person=cast.driver, actor=cast.dispatcher)

    assert told(cast.driver, chat) == []
    assert told(cast.driver, other) == ["1"]


def test_a_customer_hears_of_the_links_own_chat_only(customer, cast, chat):
    other = actions.start_conversation(title="A complaint", people=[cast.customer], actor=cast.dispatcher)
    subscribe(customer)
    assert told(cast.customer, other) == []


def test_refused_again_and_again(customer):
    subscribe(customer)
    for number in range(1, PushSubscription.PATIENCE):
        actions.note_push(subscription=PushSubscription.objects.get(), failure=f"403 {number}")
        assert (PushSubscription.objects.get().failures, PushSubscription.objects.get().failure) == (
            number,
            f"403 {number}",
        )
    actions.note_push(subscription=PushSubscription.objects.get(), failure="403 5")
    assert endpoints() == []


def test_what_worked_once_is_not_given_up_for_an_old_failure(customer):
    subscribe(customer)
    actions.note_push(subscription=PushSubscription.objects.get(), failure="403 no")
    actions.note_push(subscription=PushSubscription.objects.get())
    one = PushSubscription.objects.get()
    assert (one.failures, one.failure) == (0, "")
    assert one.last_ok_at is not None


# Without a key


def test_without_a_key_nothing_is_offered(customer, chat, settings):
    page = html_of(customer.get(f"{customer.door}/chats/{chat.pk}/"))
    assert f'data-pushes="{customer.door}/subscriptions/"' in page

    settings.VAPID_PRIVATE_KEY = settings.VAPID_PUBLIC_KEY = settings.VAPID_SUBJECT = ""

    page = html_of(customer.get(f"{customer.door}/chats/{chat.pk}/"))
    assert "subscriptions" not in page
    assert subscribe(customer).status_code == 404
    assert customer.get(f"{customer.door}/subscriptions/").status_code == 404
    assert customer.delete(f"{customer.door}/subscriptions/").status_code == 404
    assert endpoints() == []


# What no browser sends


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "push.example.com/1",
        "http://push.example.com/1",
        "ftp://push.example.com/1",
        "javascript:alert(1)",
        "https://",
        "https:///1",
        "https://push.example.com:8443/1",
        "https://push.example.com:port/1",
        "https://user:password@push.example.com/1",
        "https://push.example.com\\@10.0.0.1/1",
        "https://push.example.com/1#part",
        "https://push.example.com/ 1",
        "https://push.example.com/é",
        "https://push.example.com/\x00",
        "https://push.example.com/" + "x" * 1000,
        "https://localhost/1",
        "https://intranet/1",
        "https://printer.local/1",
        "https://db.internal./1",
        "https://127.0.0.1/1",
        "https://127.1/1",
        "https://2130706433/1",
        "https://0x7f.0.0.0x1/1",
        "https://10.0.0.5/1",
        "https://8.8.8.8/1",
        "https://[::1]/1",
        "https://[::ffff:127.0.0.1]/1",
        "https://[fd00::1/1",
        "https://" + "a" * 64 + ".com/1",
        "https://169.254.169.254/latest/meta-data/",
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_addresses_that_we_would_not_post_to(customer, endpoint):
    answer = subscribe(customer, fields={"endpoint": endpoint}, headers=HTMX)
    assert answer.status_code == 422
    assert 'role="alert"' in html_of(answer)
    assert endpoints() == []
    off = customer.post(f"{customer.door}/subscriptions/", {"_method": "DELETE", "endpoint": endpoint})
    assert off.status_code == 422


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("p256dh", ""),
        ("p256dh", "short"),
        ("p256dh", "B" * 87),
        ("p256dh", "é" * 87),
        ("p256dh", "A" * 100_000),
        ("p256dh", "\x00"),
        # A point, compressed.
        ("p256dh", "AmsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKW"),
        ("auth", ""),
        ("auth", "AAAA"),
        ("auth", "A" * 24),
        ("auth", "not base64url!!!!!!!!!"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_keys_that_nothing_can_be_encrypted_for(customer, name, value):
    answer = subscribe(customer, fields={name: value}, headers=HTMX)
    assert answer.status_code == 422
    assert 'role="alert"' in html_of(answer)
    assert endpoints() == []
