"""What is turned away before any of our code sees it."""

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.languages import ALL, asked_for, first_known


class HttpGate:
    """Turns away bodies that are too large (413) or no form of ours (415), and sends none to who asked with HEAD."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = dict(scope["headers"])
        content_type = headers.get(b"content-type", b"").decode("latin1")
        limit = body_limit(scope["method"], scope.get("path", ""), content_type)
        announced = headers.get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > limit:
            return await self.refuse(scope, send, Refusal.too_large(limit))
        if not is_form(content_type):
            return await self.refuse(scope, send, Refusal(415, NO_FORM))
        if scope["method"] == "HEAD":
            send = without_body(send)
        if "body_file" in scope:
            # The server has counted it.
            return await self.app(scope, receive, send)

        # Without a length the body is counted as it comes. Its parts are kept until it is whole, at most the limit.
        parts, size, more = [], 0, True
        while more:
            part = await receive()
            parts.append(part)
            size += len(part.get("body", b""))
            if size > limit:
                return await self.refuse(scope, send, Refusal.too_large(limit))
            more = part.get("more_body", False)

        async def replay():
            return parts.pop(0) if parts else await receive()

        return await self.app(scope, replay, send)

    async def refuse(self, scope, send, refusal):
        content_type, body = refusal.answer_to(scope["headers"])
        headers = [(b"content-type", content_type), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Refusal(NamedTuple):
    """Why something is turned away."""

    status: int
    sentence: str
    retry_after: int = 0

    @classmethod
    def too_large(cls, limit):
        if limit == settings.REQUEST_BODY_LIMIT:
            return cls(413, _("This is too large to be sent."))
        return cls(413, _("This is too large to be sent: at most 5 files of 15 MB each come with one message."))

    @classmethod
    def no_room(cls):
        return cls(507, _("There is no room for files at the moment. Send the text without them."))

    @classmethod
    def busy(cls):
        return cls(503, _("Files cannot be taken at the moment. Try again soon, or send the text alone."), 10)

    def answer_to(self, headers):
        """The content type and the bytes that say so, in the language of the browser that sent these headers.

        A script is told in one line; a browser that posted a form by itself shows a page.
        """
        told = {name.lower(): value.decode("latin1") for name, value in headers}
        with translation.override(first_known(asked_for(told.get(b"accept-language", "")), ALL)):
            if b"hx-request" in told or "text/html" not in told.get(b"accept", ""):
                return b"text/plain; charset=utf-8", f"{self.sentence}\n".encode()
            page = render_to_string("turned_away.html", {"sentence": self.sentence})
            return b"text/html; charset=utf-8", page.encode()


# Where messages are sent, behind either door.
MESSAGES = re.compile(r"(?:/g/(?P<link>[-\w]+))?/chats/(?P<pk>\d{1,18})/messages/", re.ASCII)


def body_limit(method, path, content_type):
    """How many bytes a body may have: files come at one path, and nowhere else."""
    kind = content_type.partition(";")[0].strip().lower()
    if method == "POST" and kind == "multipart/form-data" and MESSAGES.fullmatch(path):
        return settings.FILES_BODY_LIMIT
    return settings.REQUEST_BODY_LIMIT


# Said to programs: no page of ours sends anything else.
NO_FORM = "Send a form: application/x-www-form-urlencoded or multipart/form-data, in UTF-8."


def is_form(content_type):
    """Whether Django can read this as a form. What it cannot read it answers in ways that help nobody."""
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    parameters = dict(parameter.partition("=")[::2] for parameter in parameters)
    if parameters.get("charset", "utf-8").strip('"') not in ("utf-8", "utf8"):
        return False
    return kind in ("", "application/x-www-form-urlencoded") or (
        kind == "multipart/form-data" and bool(parameters.get("boundary"))
    )


def without_body(send):
    """Daphne would send the later parts of a long body to a HEAD, where they look like the next answer."""

    async def head(message):
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return head


class SameOrigin:
    """Turns away websockets that a page of another site opens with our visitor's cookies.

    Browsers always say from which origin a page comes. A program that says nothing holds its cookies itself.
    """

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin1")
        host = headers.get(b"host", b"").decode("latin1")
        if not origin or origin in settings.CSRF_TRUSTED_ORIGINS or self.is_ours(origin, host):
            return await self.app(scope, receive, send)
        return await WebsocketDenier()(scope, receive, send)

    def is_ours(self, origin, host):
        domain, _ = split_domain_port(host)
        return bool(domain) and urlsplit(origin).netloc == host and validate_host(domain, settings.ALLOWED_HOSTS)
