"""What is turned away before any of our code sees it."""

from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host


class HttpGate:
    """Turns away bodies that are too large (413) or no form of ours (415), and sends none to who asked with HEAD."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = dict(scope["headers"])
        limit = settings.REQUEST_BODY_LIMIT
        announced = headers.get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > limit:
            return await self.refuse(send, 413, TOO_LARGE)
        if not is_form(headers.get(b"content-type", b"").decode("latin1")):
            return await self.refuse(send, 415, NO_FORM)

        # Without a length the body is counted as it comes. Its parts are kept until it is whole, at most the limit.
        parts, size, more = [], 0, True
        while more:
            part = await receive()
            parts.append(part)
            size += len(part.get("body", b""))
            if size > limit:
                return await self.refuse(send, 413, TOO_LARGE)
            more = part.get("more_body", False)

        async def replay():
            return parts.pop(0) if parts else await receive()

        return await self.app(scope, replay, without_body(send) if scope["method"] == "HEAD" else send)

    async def refuse(self, send, status, reason):
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": f"{reason}\n".encode()})


TOO_LARGE = "This is too large to be sent."
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
