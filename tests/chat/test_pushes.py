"""One push to one browser: what the push service gets, what the browser can read of it, and what becomes of answers."""

import socket
import threading
import time
from datetime import timedelta
from email.utils import format_datetime

import pytest
from django.utils import timezone

from chat.models import PushSubscription
from chat.pushes import wire
from chat.pushes.addresses import is_public
from chat.pushes.sending import Busy, Gone, Refused, TimedOut, Unreachable, push
from tests.push_service import Browser, PushService, byte_by_byte

SAID = {"title": "Order 11064", "body": "Dispatcher 1: Wo ist die Lieferung? 🚚", "path": "/g/abc/chats/7/"}


@pytest.fixture
def service(settings):
    service = PushService()
    settings.PUSH_TEST_ORIGINS = [service.url]
    yield service
    service.stop()


def subscription(browser):
    return PushSubscription(**browser.fields)


def test_only_the_browser_can_read_it(service):
    browser, other = service.browser(), service.browser("2")

    push(subscription(browser), SAID, topic="chat 7")

    (pushed,) = service.pushes
    assert pushed.path == "/1"
    assert browser.read(pushed) == SAID
    assert b"Order" not in pushed.body
    with pytest.raises(Exception, match="(?i)decrypt"):
        other.read(pushed)


def test_the_service_knows_from_whom_it_comes(service, settings):
    push(subscription(service.browser()), SAID, topic="chat 7")

    claims = service.pushes[0].claims(settings.VAPID_PUBLIC_KEY)
    assert claims["aud"] == service.url
    assert claims["sub"] == "mailto:dispatch@example.com"
    # RFC 8292: at most a day.
    assert time.time() < claims["exp"] <= time.time() + 24 * 60 * 60


def test_how_long_it_is_kept_and_what_replaces_it(service):
    browser = service.browser()
    for topic in ("chat 7", "chat 7", "chat 8"):
        push(subscription(browser), SAID, topic=topic)

    first, again, other = (pushed.headers for pushed in service.pushes)
    assert first["TTL"] == str(12 * 60 * 60)
    assert first["Urgency"] == "high"
    assert len(first["Topic"]) == 32
    assert first["Topic"] == again["Topic"] != other["Topic"]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_taken(service, status):
    service.status = status
    push(subscription(service.browser()), SAID, topic="")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(404, Gone), (410, Gone), (429, Busy), (500, Busy), (503, Busy), (301, Refused), (400, Refused), (403, Refused)]
    + [(413, Refused)],
)
def test_not_taken(service, status, outcome):
    service.status, service.headers = status, {"Location": f"{service.url}/elsewhere"}
    with pytest.raises(outcome) as refused:
        push(subscription(service.browser()), SAID, topic="")
    assert refused.value.detail == f"{status} {status} it is"
    assert (refused.value.again, refused.value.gone) == (outcome is Busy, outcome is Gone)
    # Least of all to where it points.
    assert len(service.pushes) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0),
        ("120", 120),
        ("-3", 0),
        ("soon", 0),
        ("99999", 3600),
        ("9" * 40, 3600),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
    ],
)
def test_pause_that_is_asked_for(service, header, seconds):
    service.status, service.headers = 429, {"Retry-After": header}
    with pytest.raises(Busy) as busy:
        push(subscription(service.browser()), SAID, topic="")
    assert busy.value.after.total_seconds() == seconds


def test_moment_until_which_a_pause_is_asked_for(service):
    until = timezone.now() + timedelta(minutes=30)
    service.status, service.headers = 429, {"Retry-After": format_datetime(until, usegmt=True)}
    with pytest.raises(Busy) as busy:
        push(subscription(service.browser()), SAID, topic="")
    assert timedelta(minutes=28) < busy.value.after <= timedelta(minutes=30)


def test_nobody_answers(service, monkeypatch):
    monkeypatch.setattr(wire, "TIMEOUT", (1, 0.2))
    done = threading.Event()
    service.answer = lambda handler: done.wait(5)
    with pytest.raises(TimedOut):
        push(subscription(service.browser()), SAID, topic="")
    done.set()


def test_nobody_is_there(service):
    service.stop()
    with pytest.raises(Unreachable) as nobody:
        push(subscription(service.browser()), SAID, topic="")
    assert "refused" in nobody.value.detail
    assert "object at 0x" not in nobody.value.detail


def test_who_answers_byte_by_byte_is_cut_off(service, monkeypatch):
    monkeypatch.setattr(wire, "LONGEST", 0.3)
    service.answer = byte_by_byte
    began = time.monotonic()
    with pytest.raises(Unreachable):
        push(subscription(service.browser()), SAID, topic="")
    assert time.monotonic() - began < 3


def test_a_long_answer_is_not_read(service):
    def answer(handler):
        handler.send_response(410)
        handler.end_headers()
        for _ in range(1000):
            handler.wfile.write(b"sorry " * 1000)

    service.answer = answer
    with pytest.raises(Gone) as gone:
        push(subscription(service.browser()), SAID, topic="")
    assert len(gone.value.detail) <= 300


def test_what_is_too_long_is_not_sent(service):
    with pytest.raises(Refused, match="bytes are too many"):
        push(subscription(service.browser()), {"body": "x" * 5000}, topic="")
    assert not service.pushes


# Where it does not go


@pytest.fixture
def inner(monkeypatch):
    """A server of our own network that a public name leads to: what it was sent."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(2)
        port = server.getsockname()[1]
        heard = []

        def listen():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            connection.settimeout(2)
            heard.append(connection.recv(1000))
            connection.close()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **options: found)
        yield lambda: (thread.join(3), heard)[1]


def test_a_name_that_leads_into_our_own_network(inner):
    browser = subscription(Browser("https://push.example.com/1"))
    with pytest.raises(Unreachable, match="leads to 127.0.0.1, which is no public address"):
        push(browser, SAID, topic="")
    # Not even a greeting.
    assert inner() == [b""]


def test_an_address_that_was_good_when_it_was_given(service, settings):
    settings.PUSH_TEST_ORIGINS = []
    with pytest.raises(Refused, match="must begin with https://"):
        push(subscription(service.browser()), SAID, topic="")
    assert not service.pushes


def test_no_proxy_is_taken(service, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    push(subscription(service.browser()), SAID, topic="")
    assert len(service.pushes) == 1


@pytest.mark.parametrize(
    "number",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"]
    + ["255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "2002:7f00:1::", "ff02::1"]
    + ["64:ff9b::7f00:1", "192.0.2.1"],
)
def test_numbers_of_inner_networks(number):
    assert not is_public(number)


@pytest.mark.parametrize("number", ["8.8.8.8", "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_numbers_of_the_internet(number):
    assert is_public(number)
