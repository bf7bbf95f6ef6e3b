"""What is turned away before any of our code sees it."""

from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host


class BodyLimit:
    """Answers 413 to a request whose body is larger than REQUEST_BODY_LIMIT bytes, announced or not."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        limit = settings.REQUEST_BODY_LIMIT
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > limit:
            return await self.refuse(send)

        # Without a length the body is counted as it comes. Its parts are kept until it is whole, at most the limit.
        parts, size, more = [], 0, True
        while more:
            part = await receive()
            parts.append(part)
            size += len(part.get("body", b""))
            if size > limit:
                return await self.refuse(send)
            more = part.get("more_body", False)

        async def replay():
            return parts.pop(0) if parts else await receive()

        return await self.app(scope, replay, send)

    async def refuse(self, send):
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": b"This is too large to be sent.\n"})


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
