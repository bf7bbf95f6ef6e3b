import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dispatch_console.settings")
# Loads the apps, which what follows imports from.
http = get_asgi_application()

from channels.sessions import CookieMiddleware  # noqa: E402

from chat.urls import websocket_urlpatterns  # noqa: E402

from .gates import BodyLimit, SameOrigin  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": BodyLimit(http),
        "websocket": SameOrigin(CookieMiddleware(URLRouter(websocket_urlpatterns))),
    }
)
