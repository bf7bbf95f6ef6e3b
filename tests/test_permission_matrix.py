"""Who gets what at every path of the product.

The table is the truth; the tests ask for each of its cells. A path or a method that is not in it fails the tests, so
that nobody adds a page without saying who may open it.
"""

import re
from copy import deepcopy
from types import SimpleNamespace
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from channels.testing import WebsocketCommunicator
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from accounts.models import AccessLink, User
from accounts.turning_off import turn_off_url
from chat import actions
from chat.models import Conversation, Delivery, QuickAnswer, QuickReply
from chat.urls import websocket_urlpatterns
from dispatch_console.asgi import application

from .browser.states import STATES
from .factories import OrderFactory, TeamFactory, UserFactory
from .files.conftest import received
from .files.making import pdf

# The chat that is asked for is that of order 11064. In it are dispatcher, customer and driver. The others were never
# in it, but have links of their own: other_c is another order's customer, other_d a driver. gone_d and gone_c were in
# it and were removed. revoked and expired are the customer's browsers that came by links that work no longer.
#
# Behind the guests' door everybody asks by the link of their own; who has none, by that of the customer.
MATRIX = """
method path                                                anonymous dispatcher support customer other_c driver other_d gone_d gone_c revoked expired
GET    healthz                                             200       200        200     200      200     200    200     200    200    200     200
GET    readyz                                              200       200        200     200      200     200    200     200    200    200     200
GET    metrics                                             200       200        200     200      200     200    200     200    200    200     200
GET    admin/                                              302       302        302     302      302     302    302     302    302    302     302
GET    manifest.webmanifest                                200       200        200     200      200     200    200     200    200    200     200
GET    h/<str:token>/                                      200       200        200     200      200     200    200     200    200    200     200
POST   h/<str:token>/                                      404       404        404     404      404     404    404     404    404    404     404
GET    h/<str:token>/manifest.webmanifest                  200       200        200     200      200     200    200     200    200    200     200
GET    sw.js                                               200       200        200     200      200     200    200     200    200    200     200
GET    offline/                                            200       200        200     200      200     200    200     200    200    200     200
ANY    /                                                   302       302        302     302      302     302    302     302    302    302     302
GET    login/                                              200       302        302     200      200     200    200     200    200    200     200
POST   login/                                              422       302        302     422      422     422    422     422    422    422     422
PUT    login/                                              422       302        302     422      422     422    422     422    422    422     422
POST   logout/                                             303       303        303     303      303     303    303     303    303    303     303
GET    c/<str:token>/                                      200       200        200     200      200     200    200     200    200    200     200
POST   c/<str:token>/                                      404       404        404     303      303     303    303     303    303    404     404
GET    u/<str:token>/                                      200       200        200     200      200     200    200     200    200    200     200
POST   u/<str:token>/                                      303       303        303     303      303     303    303     303    303    303     303
GET    c/                                                  200       200        200     200      200     200    200     200    200    200     200
POST   c/                                                  404       404        404     404      404     404    404     404    404    404     404
GET    c/<path:token>                                      200       200        200     200      200     200    200     200    200    200     200
POST   c/<path:token>                                      404       404        404     303      303     303    303     303    303    404     404
GET    C/<path:token>                                      200       200        200     200      200     200    200     200    200    200     200
POST   C/<path:token>                                      404       404        404     303      303     303    303     303    303    404     404

GET    settings/                                           302       200        200     302      302     302    302     302    302    302     302
POST   settings/                                           302       303        303     302      302     302    302     302    302    302     302
GET    replies/                                            302       200        200     302      302     302    302     302    302    302     302
POST   replies/                                            302       303        303     302      302     302    302     302    302    302     302
GET    replies/<int:reply>/                                302       404        200     302      302     302    302     302    302    302     302
POST   replies/<int:reply>/                                302       404        303     302      302     302    302     302    302    302     302
DELETE replies/<int:reply>/                                302       404        303     302      302     302    302     302    302    302     302

GET    answers/                                            302       200        200     302      302     302    302     302    302    302     302
POST   answers/                                            302       303        303     302      302     302    302     302    302     302    302
GET    answers/<int:answer>/                               302       200        200     302      302     302    302     302    302    302     302
POST   answers/<int:answer>/                               302       303        303     302      302     302    302     302    302    302     302
DELETE answers/<int:answer>/                               302       303        303     302      302     302    302     302    302    302     302

GET    orders/                                             302       200        200     302      302     302    302     302    302    302     302
GET    orders/<str:reference>/                             302       200        200     302      302     302    302     302    302    302     302
POST   orders/<str:reference>/chat/                        302       303        303     302      302     302    302     302    302    302     302

GET    chats/                                              302       200        200     302      302     302    302     302    302    302     302
POST   chats/                                              302       303        303     302      302     302    302     302    302    302     302
GET    people/<int:person>/                                302       200        200     302      302     302    302     302    302    302     302
POST   people/<int:person>/chat/                           302       303        303     302      302     302    302     302    302    302     302
GET    chats/new/                                          302       200        200     302      302     302    302     302    302    302     302
GET    chats/<int:pk>/                                     302       200        200     302      302     302    302     302    302    302     302
GET    chats/<int:pk>/messages/                            302       200        200     302      302     302    302     302    302    302     302
POST   chats/<int:pk>/messages/                            302       303        303     302      302     302    302     302    302    302     302
GET    chats/<int:pk>/messages/<int:number>/               302       404        200     302      302     302    302     302    302    302     302
POST   chats/<int:pk>/messages/<int:number>/               302       404        303     302      302     302    302     302    302    302     302
DELETE chats/<int:pk>/messages/<int:number>/               302       404        303     302      302     302    302     302    302    302     302
GET    chats/<int:pk>/messages/<int:number>/files/<int:file>/ 302    200        200     302      302     302    302     302    302    302     302
GET    chats/<int:pk>/presence/                            302       200        200     302      302     302    302     302    302    302     302
GET    chats/<int:pk>/reads/                               302       200        200     302      302     302    302     302    302    302     302
GET    chats/<int:pk>/transcript/                          302       200        200     302      302     302    302     302    302    302     302
POST   chats/<int:pk>/reads/                               302       303        303     302      302     302    302     302    302    302     302
GET    chats/<int:pk>/participants/                        302       200        200     302      302     302    302     302    302    302     302
POST   chats/<int:pk>/participants/                        302       303        303     302      302     302    302     302    302    302     302
DELETE chats/<int:pk>/participants/<int:person>/           302       303        303     302      302     302    302     302    302    302     302
GET    chats/<int:pk>/participants/<int:person>/links/     302       200        200     302      302     302    302     302    302    302     302
POST   chats/<int:pk>/participants/<int:person>/links/     302       200        200     302      302     302    302     302    302    302     302
DELETE chats/<int:pk>/participants/<int:person>/links/     302       303        303     302      302     302    302     302    302    302     302
DELETE chats/<int:pk>/participants/<int:person>/links/<slug:public_id>/ 302 303 303     302      302     302    302     302    302    302     302
POST   chats/<int:pk>/participants/<int:person>/deliveries/ 302      303        303     302      302     302    302     302    302    302     302
POST   chats/<int:pk>/participants/<int:person>/deliveries/<int:delivery>/tries/ 302 303 303 302 302     302    302     302    302    302     302
DELETE chats/<int:pk>/participants/<int:person>/request/   302       303        303     302      302     302    302     302    302    302     302
GET    chats/<int:pk>/replies/                             302       200        200     302      302     302    302     302    302    302     302
DELETE chats/<int:pk>/wait/                                302       303        303     302      302     302    302     302    302    302     302
GET    chats/<int:pk>/title/                               302       200        200     302      302     302    302     302    302    302     302
POST   chats/<int:pk>/title/                               302       303        303     302      302     302    302     302    302    302     302
POST   chats/<int:pk>/closure/                             302       303        303     302      302     302    302     302    302    302     302
DELETE chats/<int:pk>/closure/                             302       303        303     302      302     302    302     302    302    302     302
POST   chats/<int:pk>/mute/                                302       303        303     302      302     302    302     302    302    302     302
DELETE chats/<int:pk>/mute/                                302       303        303     302      302     302    302     302    302    302     302
GET    notifications/                                      302       200        200     302      302     302    302     302    302    302     302
GET    notifications/calls/                                302       200        200     302      302     302    302     302    302    302     302
POST   notifications/tests/                                302       204        204     302      302     302    302     302    302    302     302

GET    g/<slug:link>/chats/                                404       404        404     200      200     200    200     200    200    404     404
POST   g/<slug:link>/chats/                                404       404        404     404      404     404    404     404    404    404     404
GET    g/<slug:link>/chats/<int:pk>/                       404       404        404     200      404     200    404     404    404    404     404
GET    g/<slug:link>/chats/<int:pk>/messages/              404       404        404     200      404     200    404     404    404    404     404
POST   g/<slug:link>/chats/<int:pk>/messages/              404       404        404     303      404     303    404     404    404    404     404
GET    g/<slug:link>/chats/<int:pk>/messages/<int:number>/ 404       404        404     200      404     404    404     404    404    404     404
POST   g/<slug:link>/chats/<int:pk>/messages/<int:number>/ 404       404        404     303      404     404    404     404    404    404     404
DELETE g/<slug:link>/chats/<int:pk>/messages/<int:number>/ 404       404        404     303      404     404    404     404    404    404     404
GET    g/<slug:link>/chats/<int:pk>/messages/<int:number>/files/<int:file>/ 404 404 404 200      404     200    404     404    404    404     404
GET    g/<slug:link>/chats/<int:pk>/presence/              404       404        404     200      404     200    404     404    404    404     404
GET    g/<slug:link>/chats/<int:pk>/reads/                 404       404        404     200      404     200    404     404    404    404     404
GET    g/<slug:link>/chats/<int:pk>/transcript/            404       404        404     200      404     200    404     404    404    404     404
POST   g/<slug:link>/chats/<int:pk>/reads/                 404       404        404     303      404     303    404     404    404    404     404
GET    g/<slug:link>/manifest.webmanifest                  404       404        404     200      200     200    200     200    200    404     404
POST   g/<slug:link>/passes/                               404       404        404     200      200     200    200     200    200    404     404
GET    g/<slug:link>/subscriptions/                        404       404        404     200      200     200    200     200    200    404     404
POST   g/<slug:link>/subscriptions/                        404       404        404     303      303     303    303     303    303    404     404
DELETE g/<slug:link>/subscriptions/                        404       404        404     303      303     303    303     303    303    404     404
POST   g/<slug:link>/requests/                             404       404        404     303      303     303    303     303    303    303     303

SOCKET ws/                                                 4401      open       open    4401     4401    4401   4401    4401   4401   4401    4401
SOCKET g/<slug:link>/ws/                                   4401      4401       4401    open     4401    open   4401    4401   4401   4401    4401
"""  # noqa: E501

NAMES, *ROWS = [line.split() for line in MATRIX.splitlines() if line]
VIEWERS = NAMES[2:]
CELLS = {(method, path): dict(zip(VIEWERS, cells, strict=True)) for method, path, *cells in ROWS}
HTTP_ROWS = [row for row in CELLS if row[0] != "SOCKET"]
TEAM_ROWS = [
    row for row, cells in CELLS.items() if cells["customer"] == "302" and cells["dispatcher"] in "200 204 303 404"
]
GUEST_ROWS = [row for row in HTTP_ROWS if row[1].startswith("g/")]
TEAM_VIEWERS = ("dispatcher", "support")
# These answer who is signed in before they look at the method.
OF_DJANGO = {"/", "admin/", "login/"}

# What an allowed request of these does not change: there is nothing to it but an answer.
CHANGES_NOTHING = {
    "/",
    "login/",
    "logout/",
    "orders/<str:reference>/chat/",
    "notifications/tests/",
    "g/<slug:link>/chats/",
    # Of whom the link works: tests/stories/test_asking_for_a_link.py.
    "g/<slug:link>/requests/",
}


# A browser's push subscription. Nobody is there.
BROWSER = {
    "endpoint": "https://push.example.com/1",
    "p256dh": settings.VAPID_PUBLIC_KEY,
    "auth": "AAAAAAAAAAAAAAAAAAAAAA",
}


@pytest.fixture
def world(cast, chat, sign_in, come_in, mail):
    """Everybody of the table with a browser, and what the paths of the table stand for."""
    gone_driver = UserFactory(role=User.Role.DRIVER)
    gone_customer = UserFactory(role=User.Role.CUSTOMER)
    actions.add_participants(conversation=chat, people=[cast.driver, gone_driver, gone_customer], actor=cast.dispatcher)
    other_order = OrderFactory(customer=cast.other_customer)
    other_chat, _ = actions.open_order_chat(order=other_order, actor=cast.dispatcher)
    wrote = {
        person: actions.send_message(
            conversation=chat,
            author=person,
            body="Where is it?",
            files=actions.store_files(uploads=[received("cmr.pdf", pdf())], uploader=person),
        ).message
        for person in (cast.support, cast.customer)
    }

    browsers = {
        "anonymous": Client(),
        "dispatcher": sign_in(cast.dispatcher),
        "support": sign_in(cast.support),
        "customer": come_in(cast.customer, chat),
        "other_c": come_in(cast.other_customer, other_chat),
        "driver": come_in(cast.driver, chat),
        "other_d": come_in(cast.other_driver),
        "gone_d": come_in(gone_driver, chat),
        "gone_c": come_in(gone_customer, chat),
        "revoked": come_in(cast.customer, chat),
        "expired": come_in(cast.customer, chat),
    }
    assert list(browsers) == VIEWERS
    for name, browser in browsers.items():
        if hasattr(browser, "door") and not name.startswith("other"):
            # They all were in.
            assert browser.get(f"{browser.door}/chats/{chat.pk}/").status_code == 200
    for person in (gone_driver, gone_customer):
        actions.remove_participant(conversation=chat, person=person, actor=cast.dispatcher)
    links = AccessLink.objects
    links.filter(pk=browsers["revoked"].link.pk).update(revoked_at=timezone.now())
    links.filter(pk=browsers["expired"].link.pk).update(expires_at=timezone.now())
    reply = QuickReply.objects.create(owner=cast.support, name="Thanks", body="Thank you, {customer}.")
    User.objects.filter(pk=cast.customer.pk).update(email="jose@customer.example")
    delivery = Delivery.objects.create(
        conversation=chat, person=cast.customer, kind="link", channel="email", status="failed"
    )
    return SimpleNamespace(
        cast=cast,
        chat=chat,
        other_chat=other_chat,
        browsers=browsers,
        newcomer=TeamFactory(),
        wrote=wrote,
        reply=reply,
        delivery=delivery,
        answer=QuickAnswer.objects.create(role=User.Role.DRIVER, text="At the gate"),
    )


def address(world, path, viewer, link=None):
    """The path of the table as this viewer asks for it."""
    own = world.browsers[viewer] if hasattr(world.browsers[viewer], "link") else world.browsers["customer"]
    # A message belongs to who wrote it: behind the team's door support, behind the guests' the customer.
    message = world.wrote[world.cast.customer if path.startswith("g/") else world.cast.support]
    given = {
        "link": link or own.link.public_id,
        "token": own.token if own is world.browsers[viewer] else "1" + "A" * 32,
        "reference": world.cast.order.reference,
        "pk": world.chat.pk,
        "person": world.cast.customer.pk,
        "public_id": world.browsers["customer"].link.public_id,
        "number": message.number,
        "file": message.file_list[0].pk,
        # One that was sent to the customer and did not arrive.
        "delivery": world.delivery.pk,
        # A quick reply belongs to support.
        "reply": world.reply.pk,
        # Those by one tap are the company's.
        "answer": world.answer.pk,
    }
    if path.startswith("u/"):
        # Whoever has this address may turn off what it names, which is all that it opens.
        return urlsplit(turn_off_url(world.cast.customer)).path
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda part: str(given[part[1]]), path).lstrip("/")


def fields_of(world, path):
    """A form that would be accepted from who may send it."""
    last = path.rstrip("/").rpartition("/")[2]
    if last == "<int:number>":
        return {"body": "Where is it now?", "version": 1}
    return {
        "messages": {"body": "Hello", "client_id": uuid4()},
        "reads": {"number": Conversation.objects.get(pk=world.chat.pk).last_number},
        "participants": {"person": world.newcomer.pk},
        "title": {"title": "Dock 4"},
        "settings": {"theme": "dark", "density": "compact", "sends_with": "enter"},
        "answers": {"role": "customer", "text": "I come down"},
        "<int:answer>": {"role": "driver", "text": "At the dock"},
        "replies": {"name": "On the way", "body": "Order {order} is on its way."},
        "<int:reply>": {"name": "Thanks", "body": "Thanks, {customer}!"},
        "tests": {"key": "a-1"},
        "deliveries": {"channel": "email", "key": uuid4()},
        "chats": {"title": "Evening run", "person": world.cast.driver.pk},
        "subscriptions": BROWSER,
    }.get(last, {})


def copy_of(browser, **options):
    """A browser with the same cookies, so that what happens in it leaves the first one as it was."""
    client = Client(**options)
    client.cookies = deepcopy(browser.cookies)
    return client


def request(world, method, path, viewer, *, link=None, **options):
    """The answer, and whether it changed anything."""
    if (method, path) == ("DELETE", "chats/<int:pk>/closure/"):
        actions.close_conversation(conversation=world.chat, actor=world.cast.dispatcher)
    if (method, path) == ("DELETE", "chats/<int:pk>/participants/<int:person>/request/"):
        actions.ask_for_link(conversation=world.chat, link=world.browsers["expired"].link)
    if (method, path) == ("DELETE", "chats/<int:pk>/mute/"):
        for person in (world.cast.dispatcher, world.cast.support):
            actions.mute(conversation=world.chat, person=person)
    if method == "DELETE" and path.endswith("subscriptions/"):
        for browser in world.browsers.values():
            if hasattr(browser, "link"):
                actions.subscribe(link=browser.link, **BROWSER)
    fields = fields_of(world, path) if method == "POST" else None
    call = getattr(copy_of(world.browsers[viewer]), "get" if method == "ANY" else method.lower())
    before = everything()
    response = call(address(world, path, viewer, link), fields, **options)
    return response, everything() != before


def everything():
    """All rows of the product."""
    models = [model for app in ("accounts", "orders", "chat") for model in apps.get_app_config(app).get_models()]
    models.append(AccessLink.browsers.rel.related_model.links.through)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


class Undone(Exception):
    pass


class undone:
    """What happens within has never happened."""

    def __enter__(self):
        self.point = transaction.atomic()
        self.point.__enter__()

    def __exit__(self, kind, error, trace):
        self.point.__exit__(Undone, Undone(), None)


def test_everybody_gets_what_the_table_says(world, subtests):
    for (method, path), expected in CELLS.items():
        if method == "SOCKET":
            continue
        got, changed = {}, set()
        for viewer in VIEWERS:
            with undone():
                response, has_changed = request(world, method, path, viewer)
            got[viewer] = str(response.status_code)
            changed |= {viewer} if has_changed else set()

        with subtests.test(f"{method} {path}"):
            assert got == expected
            allowed = {viewer for viewer in VIEWERS if expected[viewer] in ("200", "303")}
            assert changed <= allowed
            if method in ("POST", "DELETE", "PUT") and path not in CHANGES_NOTHING:
                # Else that nothing was changed by those who may not would mean nothing.
                assert changed == allowed


def test_looking_at_the_head_only_is_the_same(world, subtests):
    for method, path in HTTP_ROWS:
        if method != "GET":
            continue
        with subtests.test(path):
            got = {viewer: world.browsers[viewer].head(address(world, path, viewer)) for viewer in VIEWERS}
            assert {viewer: str(answer.status_code) for viewer, answer in got.items()} == CELLS[method, path]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", [path for method, path in CELLS if method == "SOCKET"])
async def test_everybodys_websocket(world, path):
    got = {}
    for viewer in VIEWERS:
        cookies = "; ".join(f"{each.key}={each.coded_value}" for each in world.browsers[viewer].cookies.values())
        where = f"{address(world, path, viewer)}?chat={world.chat.pk}"
        socket = WebsocketCommunicator(application, where, [(b"host", b"testserver"), (b"cookie", cookies.encode())])
        accepted, _ = await socket.connect(timeout=10)
        assert accepted
        first = await socket.receive_output(timeout=10)
        if first["text"].startswith("<"):
            got[viewer] = "open"
        else:
            assert first["text"] == '{"type": "stop", "reason": "not_allowed"}'
            got[viewer] = str((await socket.receive_output(timeout=10))["code"])
        await socket.disconnect(timeout=10)

    assert got == CELLS["SOCKET", path]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/", "/nowhere/", "/ws", "/chats/", "/ws/more/", "/g/ws/"])
async def test_no_other_websocket_is_taken(world, path):
    for viewer in ("anonymous", "dispatcher", "customer"):
        cookies = "; ".join(f"{each.key}={each.coded_value}" for each in world.browsers[viewer].cookies.values())
        socket = WebsocketCommunicator(application, path, [(b"host", b"testserver"), (b"cookie", cookies.encode())])
        accepted, _ = await socket.connect(timeout=10)
        assert not accepted


# What stands beside the table


def test_who_is_not_signed_in_is_sent_to_sign_in(world, subtests):
    for method, path in TEAM_ROWS:
        with subtests.test(f"{method} {path}"), undone():
            for viewer in [viewer for viewer in VIEWERS if viewer not in TEAM_VIEWERS]:
                wanted = address(world, path, viewer) if method == "GET" else "/"
                response, changed = request(world, method, path, viewer)
                assert (response.status_code, response.url) == (302, f"/login/?next={wanted}"), viewer
                assert not changed

                # In the middle of a page, a redirect would put the sign-in page there.
                response, changed = request(world, method, path, viewer, headers={"HX-Request": "true"})
                got = (response.status_code, response["HX-Redirect"], response.content)
                assert got == (401, "/login/", b""), viewer
                assert not changed


def test_link_in_the_url_opens_nothing_to_another_browser(world, subtests):
    """The cookie says which browser it is, the URL which of its links: both have to fit."""
    for method, path in GUEST_ROWS:
        with subtests.test(f"{method} {path}"), undone():
            for viewer in VIEWERS:
                of_whom = "driver" if viewer == "customer" else "customer"
                response, changed = request(world, method, path, viewer, link=world.browsers[of_whom].link.public_id)
                assert (response.status_code, changed) == (404, False), viewer


def test_what_guests_are_answered_is_kept_nowhere(world, subtests):
    """Pages, refusals and what is not there, for everybody: by caches, by search engines, within other sites' pages."""
    for method, path in [*GUEST_ROWS, *[row for row in HTTP_ROWS if row[1].lower().startswith("c/")]]:
        with subtests.test(f"{method} {path}"), undone():
            for viewer in VIEWERS:
                answers = [request(world, each, path, viewer)[0] for each in (method, "PUT")]
                browser = copy_of(world.browsers[viewer], enforce_csrf_checks=True)
                answers.append(browser.post(address(world, path, viewer), fields_of(world, path)))
                answers.append(browser.get(address(world, path, viewer) + "nowhere/%00/"))
                for answer in answers:
                    assert answer["Referrer-Policy"] == "same-origin"
                    # A file may be kept by the browser that asks for it again every time, and by nobody else.
                    is_file = answer.status_code == 200 and path.endswith("<int:file>/")
                    assert ("private" if is_file else "no-store") in answer["Cache-Control"]
                    assert answer["X-Robots-Tag"] == "noindex, nofollow"
                    assert answer["X-Frame-Options"] == "DENY"
                    assert is_file or "frame-ancestors 'none'" in answer["Content-Security-Policy"]
                assert {answer.status_code for answer in answers[1:]} <= {403, 404, 405, 200}


def test_what_is_anothers_is_as_if_it_were_not_there(world, subtests):
    for method, path in GUEST_ROWS:
        if "<int:pk>" not in path:
            continue
        with subtests.test(f"{method} {path}"):
            call = getattr(world.browsers["customer"], method.lower())
            fields = fields_of(world, path) if method == "POST" else None
            mine = address(world, path, "customer")
            anothers = mine.replace(f"/chats/{world.chat.pk}/", f"/chats/{world.other_chat.pk}/")
            nowhere = mine.replace(f"/chats/{world.chat.pk}/", "/chats/987654321/")
            assert len({mine, anothers, nowhere}) == 3

            answers = [call(where, fields) for where in (anothers, nowhere)]

            assert [answer.status_code for answer in answers] == [404, 404]
            pages = [re.sub(r'nonce="[^"]+"', "nonce", answer.content.decode()) for answer in answers]
            assert pages[0] == pages[1]
            assert sorted(answers[0].headers) == sorted(answers[1].headers)


def test_what_is_not_there_is_404_for_the_team(world, subtests):
    before = everything()
    for method, path in TEAM_ROWS:
        if "<int:pk>" not in path:
            continue
        where = address(world, path, "dispatcher").replace(f"/chats/{world.chat.pk}/", "/chats/987654321/")
        with subtests.test(f"{method} {path}"):
            response = getattr(world.browsers["dispatcher"], method.lower())(where, fields_of(world, path))
            assert response.status_code == 404
    assert everything() == before


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("person", ["nobody", "was never in", "was removed", "is of the team"])
def test_links_are_of_guests_who_are_in(world, method, person):
    who = {
        "nobody": 987654321,
        "was never in": world.cast.other_customer.pk,
        "was removed": world.browsers["gone_c"].link.person_id,
        "is of the team": world.cast.dispatcher.pk,
    }[person]
    before = everything()

    path = f"/chats/{world.chat.pk}/participants/{who}/links/"
    assert getattr(world.browsers["dispatcher"], method.lower())(path).status_code == 404

    assert everything() == before


def test_link_of_another_chat_is_not_revoked_from_here(world):
    public_id = world.browsers["other_c"].link.public_id
    path = f"/chats/{world.chat.pk}/participants/{world.cast.customer.pk}/links/{public_id}/"

    assert world.browsers["dispatcher"].delete(path).status_code == 404

    assert AccessLink.objects.usable().filter(public_id=public_id).exists()


def test_admin_is_for_admins(world, sign_in):
    assert sign_in(User.objects.create_superuser("admin", name="Admin")).get("/admin/").status_code == 200
    for viewer in VIEWERS:
        response = world.browsers[viewer].get("/admin/")
        assert (response.status_code, response.url) == (302, "/admin/login/?next=/admin/")


def test_form_of_another_site_is_refused(world, subtests):
    before = everything()
    for method, path in HTTP_ROWS:
        # Mail programs turn notices off without our form.
        if method not in ("POST", "DELETE") or path.startswith("u/"):
            continue
        with subtests.test(f"{method} {path}"):
            for viewer in VIEWERS:
                client = copy_of(world.browsers[viewer], enforce_csrf_checks=True)
                response = getattr(client, method.lower())(address(world, path, viewer), fields_of(world, path))
                assert response.status_code == 403, viewer
    assert everything() == before


# Whether the table is whole


def paths_of(patterns, prefix=""):
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver) and path != "admin/":
            yield from paths_of(pattern.url_patterns, path)
        else:
            yield path or "/"


def test_every_path_is_in_the_table():
    # What stands for every other path of a websocket refuses it: test_no_other_websocket_is_taken.
    sockets = [pattern for pattern in websocket_urlpatterns if str(pattern.pattern)]
    paths = [*paths_of(get_resolver().url_patterns), *paths_of(sockets)]
    assert len(paths) == len(set(paths))

    assert {path for _, path in CELLS} == set(paths)


def test_every_method_is_in_the_table(world):
    for path in paths_of(get_resolver().url_patterns):
        if path == "admin/":
            continue
        # What no path knows is answered with what the path does know.
        response = world.browsers["anonymous"].generic("BREW", address(world, path, "anonymous"))
        assert response.status_code == 405, path
        allowed = set(response["Allow"].split(", ")) - {"HEAD", "OPTIONS"}
        in_table = {method for method, row in CELLS if row == path}
        if in_table == {"ANY"}:
            assert allowed == {"GET", "POST", "PUT", "PATCH", "DELETE"}
        else:
            assert allowed == in_table, path


def test_no_other_method_is_answered(world, subtests):
    before = everything()
    for path in dict.fromkeys(path for _, path in HTTP_ROWS if path not in OF_DJANGO):
        known = {method for method, row in CELLS if row == path}
        with subtests.test(path):
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - known:
                for viewer in ("anonymous", "dispatcher", "customer", "other_c"):
                    response = world.browsers[viewer].generic(method, address(world, path, viewer))
                    assert response.status_code == 405, (method, viewer)
                    assert set(response["Allow"].split(", ")) - {"HEAD", "OPTIONS"} == known
    assert everything() == before


# Whether every page is looked at

# What a web chat link has become on its way: the page of the link as it is.
AS_THE_LINK = {"c/", "c/<path:token>", "C/<path:token>"}


def test_every_page_is_looked_at(world):
    """By test_accessibility.py and as a picture: each has a state in tests/browser/states.py."""
    pages = {}
    for method, path in HTTP_ROWS:
        viewer = next((viewer for viewer, cell in CELLS[method, path].items() if cell == "200"), None)
        if method == "GET" and viewer and is_page(answer := request(world, method, path, viewer)[0]):
            pages[path] = answer.templates[0].name
    assert "chats/<int:pk>/" in pages and "chats/<int:pk>/reads/" not in pages
    assert {pages.pop(path) for path in AS_THE_LINK} == {pages["c/<str:token>/"]}

    assert set(pages) == {state.path for state in STATES.values() if state.path}


def is_page(answer):
    """Rather than a part of one, or what programs read."""
    return answer["Content-Type"].startswith("text/html") and answer.content.startswith(b"<!doctype html>")
