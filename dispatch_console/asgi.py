import asyncio
import os

import django
from asgiref.sync import sync_to_async
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch_console.settings")
if settings.DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # One stuck row must not hold up the rest. Commands such as migrate may take their time.
    settings.DATABASES["default"]["OPTIONS"]["options"] = "-c lock_timeout=2s -c statement_timeout=10s"
# Loads the apps, which what follows imports from.
django.setup(set_prefix=False)

from channels.security.websocket import WebsocketDenier  # noqa: E402
from channels.sessions import CookieMiddleware  # noqa: E402
from django.urls import re_path  # noqa: E402

from chat import broadcasts  # noqa: E402
from chat.urls import websocket_urlpatterns  # noqa: E402

from .gates import HttpGate, SameOrigin  # noqa: E402


class Django(ASGIHandler):
    """Django with its middleware and views as they are: synchronous, in one thread of the request's own.

    Django's own handler goes back and forth between the thread and the loop for each middleware of the other kind. A
    visitor who hangs up on the way broke that chain, and it kept the thread's database connection.
    """

    def __init__(self):
        super(ASGIHandler, self).__init__()
        self.load_middleware(is_async=False)

    async def get_response_async(self, request):
        return await sync_to_async(self.answer, thread_sensitive=True)(request)

    def answer(self, request):
        try:
            return self.get_response(request)
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
