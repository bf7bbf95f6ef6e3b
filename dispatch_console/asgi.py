import asyncio
import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch_console.settings")
if settings.DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # One stuck row must not hold up the rest. Commands such as migrate may take their time.
    settings.DATABASES["default"]["OPTIONS"]["options"] = "-c lock_timeout=2s -c statement_timeout=10s"
# Loads the apps, which what follows imports from.
http = get_asgi_application()

from channels.security.websocket import WebsocketDenier  # noqa: E402
from channels.sessions import CookieMiddleware  # noqa: E402
from django.urls import re_path  # noqa: E402

from chat import broadcasts  # noqa: E402
from chat.urls import websocket_urlpatterns  # noqa: E402

from .gates import HttpGate, SameOrigin  # noqa: E402

# A path that there is not is refused, not an error of ours.
nowhere = re_path("", WebsocketDenier.as_asgi())
router = ProtocolTypeRouter(
    {
        "http": HttpGate(http),
        "websocket": SameOrigin(CookieMiddleware(URLRouter([*websocket_urlpatterns, nowhere]))),
    }
)


async def application(scope, receive, send):
    broadcasts.speak_through(asyncio.get_running_loop())
    await router(scope, receive, send)
