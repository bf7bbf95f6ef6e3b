import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from contextvars import copy_context

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_started
from django.db import close_old_connections
from django.urls import set_script_prefix

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch_console.settings")
if settings.DATABASES["default"]["ENGINE"] == "dispatch_console.postgresql":
    # One stuck row must not hold up the rest. Commands such as migrate may take their time.
    settings.DATABASES["default"]["OPTIONS"]["options"] = "-c lock_timeout=2s -c statement_timeout=10s"
# Loads the apps, which what follows imports from.
django.setup(set_prefix=False)

from channels.layers import get_channel_layer  # noqa: E402
from channels.security.websocket import WebsocketDenier  # noqa: E402
from channels.sessions import CookieMiddleware  # noqa: E402
from django.urls import re_path  # noqa: E402

from chat import broadcasts  # noqa: E402
from chat.urls import websocket_urlpatterns  # noqa: E402

from .gates import HttpGate, SameOrigin  # noqa: E402
from .places import READING, WRITING, place  # noqa: E402

# Loads the layer's modules now, and not while the first websockets wait to be opened.
get_channel_layer()

# Those that change nothing.
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Django(ASGIHandler):
    """Django with its middleware and views as they are: synchronous, each request in one thread from start to end.

    Django's own handler starts two threads for every request and goes back and forth between them and the loop, which
    waits each time until one of the other threads lets go. With some hundred requests at once, after a restart say,
    neither they nor the websockets of the process got anywhere; and a visitor who hung up on the way broke the chain,
    and it kept the thread's database connection. Here the requests line up for threads that stay.
    """

    # More than there are places, since those who wait for their turn to write lend theirs. Of those so many that the
    # writers of one conversation, while somebody holds its row, leave threads to all others.
    THREADS = {READING: 32, WRITING: 128}

    def __init__(self):
        super(ASGIHandler, self).__init__()
        self.load_middleware(is_async=False)
        self.threads = {
            places: ThreadPoolExecutor(count, thread_name_prefix="requests") for places, count in self.THREADS.items()
        }

    async def __call__(self, scope, receive, send):
        with suppress(RequestAborted), closing(await self.body_of(scope, receive)) as body:
            response = await self.in_turn(scope, receive, body)
            try:
                await self.send_response(response, send)
            finally:
                if response.streaming:
                    response.close()

    async def body_of(self, scope, receive):
        """The body as an open file: the server's own, or what comes in pieces from one that has none."""
        if "body_file" not in scope:
            return await self.read_body(receive)
        await receive()
        return scope["body_file"]

    async def in_turn(self, scope, receive, body):
        """The answer. Raises RequestAborted when the visitor hangs up before its turn; what has begun is ended."""
        gone = asyncio.ensure_future(receive())
        places = READING if scope["method"] in SAFE_METHODS else WRITING
        job = self.threads[places].submit(copy_context().run, self.work, scope, body, gone, places)
        answer = asyncio.wrap_future(job)
        try:
            await asyncio.wait([answer, gone], return_when=asyncio.FIRST_COMPLETED)
            if job.cancel():
                raise RequestAborted
            return await answer
        finally:
            gone.cancel()

    def work(self, scope, body, gone, places):
        with place(places):
            if gone.done():
                raise RequestAborted
            return self.answer(scope, body)

    def answer(self, scope, body):
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=type(self), scope=scope)
        request, refusal = self.create_request(scope, body)
        try:
            response = refusal or self.get_response(request)
            response._handler_class = type(self)
            if not response.streaming:
                response.close()
            return response
        finally:
            # Back to the pool now, and not when the visitor has taken the whole answer.
            close_old_connections()


# A path that there is not is refused, not an error of ours.
nowhere = re_path("", WebsocketDenier.as_asgi())
router = ProtocolTypeRouter(
    {
        "http": HttpGate(Django()),
        "websocket": SameOrigin(CookieMiddleware(URLRouter([*websocket_urlpatterns, nowhere]))),
    }
)


async def application(scope, receive, send):
    broadcasts.speak_through(asyncio.get_running_loop())
    await router(scope, receive, send)
