"""An app on an iPhone's home screen has cookies of its own: a pass brings the web chat link into it."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AccessLink
from chat import actions
from chat.models import HomePass

from .reading import html_of

FETCH = {"X-Requested-With": "fetch"}


def ask_for_pass(client):
    """The address at which the app begins, as the page says it to the phone."""
    page = client.post(f"{client.door}/passes/")
    assert page.status_code == 200
    (path,) = re.findall(r'<link rel="manifest" href="([^"]+)">', html_of(page))
    # The phone asks for it without cookies.
    manifest = json.loads(Client().get(path).content)
    assert manifest["start_url"] == manifest["id"] == path.removesuffix("manifest.webmanifest")
    return manifest["start_url"]


def test_the_app_is_let_in_by_the_same_link(customer, chat):
    start = ask_for_pass(customer)
    app = Client()
    page = f"{customer.door}/chats/{chat.pk}/"
    assert app.get(page).status_code == 404

    assert app.get(start).status_code == 200
    assert app.get(page).status_code == 404
    answer = app.post(start)

    assert (answer.status_code, answer["Location"]) == (303, page)
    assert app.get(page).status_code == 200
    assert AccessLink.objects.count() == 1


def test_by_script_as_the_page_does(customer, chat):
    answer = Client().post(ask_for_pass(customer), headers=FETCH)
    assert (answer.status_code, answer["Location"]) == (204, f"{customer.door}/chats/{chat.pk}/")


def test_the_app_begins_there_for_as_long_as_the_link_works(customer):
    start, app, stranger = ask_for_pass(customer), Client(), Client()
    app.post(start)
    HomePass.objects.update(made_at=timezone.now() - HomePass.LASTS - timedelta(seconds=1))

    assert app.post(start).status_code == 303
    # Nobody else gets in by it any more.
    assert stranger.post(start).status_code == 404
    assert not stranger.cookies.get("guest")


@pytest.mark.parametrize("end", ["revoked", "expired", "inactive"])
def test_it_ends_with_its_link(customer, cast, end):
    start, app = ask_for_pass(customer), Client()
    assert app.post(start).status_code == 303
    if end == "revoked":
        actions.revoke_links(links=AccessLink.objects.filter(pk=customer.link.pk))
    elif end == "expired":
        AccessLink.objects.update(expires_at=timezone.now())
    else:
        cast.customer.is_active = False
        cast.customer.save()
    assert app.post(start).status_code == 404
    assert Client().post(start).status_code == 404


def test_looking_at_it_uses_nothing_and_tells_nothing(customer):
    start = ask_for_pass(customer)
    for _ in range(3):
        pages = [Client().get(path) for path in (start, "/h/AAAA/")]
        bodies = [re.sub(r'(nonce|value)="[^"]*"', "", html_of(page)) for page in pages]
        assert bodies[0] == bodies[1]
        assert [page["X-Robots-Tag"] for page in pages] == ["noindex, nofollow"] * 2
    assert Client().post(start).status_code == 303


def test_its_token_is_kept_nowhere(customer):
    token = ask_for_pass(customer).split("/")[2]
    assert token not in str(list(HomePass.objects.values()))


def test_of_too_many_the_oldest_go(customer):
    starts = [ask_for_pass(customer) for _ in range(HomePass.LIMIT + 1)]
    assert HomePass.objects.count() == HomePass.LIMIT
    assert Client().post(starts[0]).status_code == 404
    assert Client().post(starts[1]).status_code == 303


@pytest.mark.parametrize("token", ["x", "é", "%00", "a" * 5000, "..", "%22%3E"])
def test_a_pass_that_there_is_not(db, token):
    assert Client().post(f"/h/{token}/").status_code == 404
