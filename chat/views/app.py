"""What makes of a site something that can be put on the home screen: manifests, and the worker behind the pages."""

import hashlib
import json

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.viewers import guest_door

# All that the page shows which says that there is no connection. Its names change with the content.
OFFLINE_FILES = ["css/app.css", "css/tokens.css", "css/tokens-dark.css", "css/base.css", "css/button.css"]
OFFLINE_FILES += ["css/field.css", "css/door.css", "css/print.css", "icon.svg", "icons/192.png", "icons/badge.png"]
# As --paper of tokens.css.
PAPER = "#f6f3ee"


@guest_door
def guest_manifest(request):
    """The app of one web chat link: it opens where that link opens, and is another app than that of another link."""
    return manifest(scope=f"{request.viewer.door}/", start_url=f"{request.viewer.door}/chats/")


@never_cache
def console_manifest(request):
    """The console's app, the same for all of the team: it says nothing that the sign-in page does not."""
    return manifest(scope="/", start_url="/chats/")


def manifest(*, scope, start_url, id=None):
    """What a browser is told of an app: where it begins, which paths are a part of it, and which app it is."""
    said = {
        "id": id or scope,
        "name": settings.SITE_NAME,
        "short_name": settings.SITE_NAME,
        "scope": scope,
        "start_url": start_url,
        "display": "standalone",
        "lang": translation.get_language(),
        "dir": "rtl" if translation.get_language_bidi() else "ltr",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": [
            _icon("icons/192.png", "192x192"),
            _icon("icons/512.png", "512x512"),
            _icon("icons/maskable-512.png", "512x512", "maskable"),
            {"src": static("icon.svg"), "sizes": "any", "type": "image/svg+xml"},
        ],
    }
    return JsonResponse(said, content_type="application/manifest+json")


def _icon(name, sizes, purpose="any"):
    return {"src": static(name), "sizes": sizes, "type": "image/png", "purpose": purpose}


@never_cache
def worker(request):
    """The service worker of a web chat link, in the language that its page asks for.

    What changes with a release stands here, in a script that browsers ask for again each time; the rest is a static
    file whose name changes with its content.
    """
    with translation.override(_language(request)):
        shell = {
            "offline": f"/offline/?lang={translation.get_language()}",
            "files": [static(name) for name in OFFLINE_FILES],
            "icon": static("icons/192.png"),
            "badge": static("icons/badge.png"),
            # What a push says that cannot be read.
            "title": settings.SITE_NAME,
            "body": _("There is something new in your chat."),
        }
    code = static("js/worker.js")
    shell["version"] = hashlib.sha256(json.dumps([shell, code]).encode()).hexdigest()[:12]
    script = f"self.shell = {json.dumps(shell)};\nimportScripts({json.dumps(code)});\n"
    return HttpResponse(script, content_type="text/javascript; charset=utf-8")


@never_cache
def offline(request):
    """What the worker keeps and shows where there is no connection. It is nobody's page."""
    with translation.override(_language(request)):
        return render(request, "chat/offline.html")


def _language(request):
    """The language that the address asks for, if we speak it."""
    asked = request.GET.get("lang", "")
    return asked if asked in dict(settings.LANGUAGES) else translation.get_language()
