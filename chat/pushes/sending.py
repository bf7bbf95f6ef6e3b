"""One push to one browser (RFC 8030): encrypted for it (RFC 8291), signed by us (RFC 8292)."""

import hashlib
import json
import time
from base64 import urlsafe_b64encode
from datetime import timedelta

import requests
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.http import parse_http_date_safe
from urllib3.exceptions import HTTPError

from . import wire
from .addresses import check_endpoint, origin_of

# How long the push service keeps it for a phone that is off. After that it is no news.
KEPT = timedelta(hours=12)
LONGEST_PAUSE = timedelta(hours=1)
# What every push service takes, with room for the encryption.
LIMIT = 3000


class NotPushed(Exception):
    """The push service has not taken it. `detail` is what it said."""

    # Whether trying again may help, and whether the browser is there no more.
    again = gone = False

    def __init__(self, detail, after=timedelta(0)):
        super().__init__(detail)
        self.detail, self.after = detail[:300], after


class Gone(NotPushed):
    gone = True


class Refused(NotPushed):
    pass


class Busy(NotPushed):
    again = True


class Unreachable(NotPushed):
    again = True


class TimedOut(NotPushed):
    again = True


def push(subscription, said: dict, *, topic: str) -> None:
    """Hand it over for this browser. `said` is what worker.js reads; of one `topic`, only the last waits for the phone.

    Raises NotPushed.
    """
    try:
        check_endpoint(subscription.endpoint)
    except ValidationError as error:
        raise Refused(error.messages[0]) from None
    try:
        answer = wire.post(subscription.endpoint, encrypted(subscription, said), headers(subscription, topic))
    except requests.Timeout as error:
        raise TimedOut(reason_of(error)) from None
    except (requests.RequestException, HTTPError) as error:
        raise Unreachable(reason_of(error)) from None
    if not 200 <= answer.status < 300:
        raise outcome_of(answer)


def encrypted(subscription, said):
    # Slow to load, and not needed where nothing is pushed.
    from pywebpush import WebPusher

    body = json.dumps(said, ensure_ascii=False).encode()
    if len(body) > LIMIT:
        raise Refused(f"{len(body)} bytes are too many")
    keys = {"p256dh": subscription.p256dh.rstrip("="), "auth": subscription.auth.rstrip("=")}
    return WebPusher({"endpoint": subscription.endpoint, "keys": keys}).encode(body, "aes128gcm")["body"]


def headers(subscription, topic):
    from py_vapid import Vapid

    claims = {
        "aud": origin_of(subscription.endpoint),
        "exp": int(time.time() + KEPT.total_seconds()),
        "sub": settings.VAPID_SUBJECT,
    }
    return {
        **Vapid.from_string(settings.VAPID_PRIVATE_KEY).sign(claims),
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(int(KEPT.total_seconds())),
        # Somebody waits for an answer: a phone that sleeps may be woken.
        "Urgency": "high",
        # The service sees it, so it says nothing: at most 32 letters of base64url.
        "Topic": urlsafe_b64encode(hashlib.sha256(f"{settings.SECRET_KEY} {topic}".encode()).digest())[:32].decode(),
    }


def outcome_of(answer):
    said = f"{answer.status} {' '.join(answer.words.split())}".strip()
    if answer.status in (404, 410):
        return Gone(said)
    if answer.status == 429 or answer.status >= 500:
        return Busy(said, pause_of(answer.retry_after))
    # 400, 403 or 413 say that something is wrong here, and will say so again.
    return Refused(said)


def pause_of(retry_after):
    """How long Retry-After asks us to wait, in seconds or until a moment; not for longer than makes sense."""
    moment = parse_http_date_safe(retry_after)
    if retry_after.isdecimal():
        pause = timedelta(seconds=int(retry_after[:9]))
    elif moment is not None:
        pause = timedelta(seconds=moment - timezone.now().timestamp())
    else:
        pause = timedelta(0)
    return min(max(pause, timedelta(0)), LONGEST_PAUSE)


def reason_of(error):
    """What happened, without the objects of the libraries around it."""
    while error.args and isinstance(error.args[0], Exception):
        error = error.args[0]
    reason = getattr(error, "reason", None) or error
    return str(reason).rpartition(">: ")[2] or type(error).__name__
