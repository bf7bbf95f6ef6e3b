"""Who is looking, and through which door.

The team comes in by signing in and lives under `/`. A customer or driver comes in by a web chat link and lives under
`/g/<link>/`. The identity of a request is the link that its URL names, never the latest one that a browser opened.
"""

from dataclasses import dataclass
from functools import wraps
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.views import redirect_to_login
from django.db.models import CharField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils import translation
from django.utils.cache import add_never_cache_headers

from dispatch_console.prepared import Given, Prepared

from .languages import language_for
from .models import AccessLink, LinkTimes, User, digest


@dataclass(frozen=True)
class Viewer:
    """A person and the link by which the person came in, if any."""

    person: User
    link: AccessLink | None = None

    @property
    def door(self):
        """What the paths of this viewer begin with: "" for the team, "/g/<link>" for a guest."""
        return f"/g/{self.link.public_id}" if self.link else ""

    @property
    def is_team(self):
        return self.link is None and self.person.is_team

    @property
    def may_write(self):
        """Whether what this viewer is shown has a box to write in. Each action asks the database once more."""
        return self.link is None or self.link.is_writable


@Prepared
def link_of_guest():
    times = LinkTimes.given()
    links = AccessLink.objects.usable(times).with_writable(times).of_browser_hash(Given("key_hash", CharField()))
    return links.filter(public_id=Given("public_id", CharField())).select_related("person")


def guest_viewer(public_id, key):
    """The viewer who holds the browser key `key` and opens the link `public_id`, or None."""
    if not key:
        return None
    link = link_of_guest.first(public_id=public_id, key_hash=digest(key), **LinkTimes.now()._asdict())
    return Viewer(link.person, link) if link else None


def team_viewer(user):
    """The viewer for who is signed in, or None."""
    return Viewer(user) if user.is_authenticated and user.is_active and user.is_team else None


def viewer_of_socket(cookies, public_id=None):
    """The viewer whose browser sends these cookies with a websocket, as they are now in the database, or None."""
    if public_id is not None:
        return guest_viewer(public_id, cookies.get(settings.GUEST_COOKIE_NAME))
    key = cookies.get(settings.SESSION_COOKIE_NAME, "")
    request = HttpRequest()
    # One that we have not made is none: PostgreSQL refuses to look for a NUL.
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key if key.isalnum() else None)
    return team_viewer(get_user(request))


def uncached(view):
    """For pages that are kept nowhere, unless the view itself says otherwise."""

    @wraps(view)
    def inner(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

    return inner


def speak_to(request):
    """From here on this request is answered in the viewer's language. The middleware ends it."""
    translation.activate(language_for(request.viewer, request.headers.get("Accept-Language", "")))


def team_door(view):
    """For pages of the console: others are sent to sign in, and come back to the page that they wanted."""

    @uncached
    @wraps(view)
    def inner(request, *args, **kwargs):
        request.viewer = team_viewer(request.user)
        if request.viewer:
            speak_to(request)
            return view(request, *args, **kwargs)
        if request.htmx:
            # A redirect would put the sign-in page into the middle of this one.
            return HttpResponse(status=401, headers={"HX-Redirect": resolve_url(settings.LOGIN_URL)})
        return redirect_to_login(request.get_full_path() if request.method in ("GET", "HEAD") else "/")

    return inner


def guest_door(view):
    """For pages behind a web chat link. Unknown, expired, revoked and another's are one and the same 404.

    To who was in by it, this page says more. The headers of all that stands here are set by a middleware, so that they
    are on what is refused further out too.
    """

    @wraps(view)
    def inner(request, link, *args, **kwargs):
        from .views import link_gone

        key = request.COOKIES.get(settings.GUEST_COOKIE_NAME)
        request.viewer = guest_viewer(link, key)
        if request.viewer is None:
            return link_gone(request, AccessLink.objects.of_browser(key).filter(public_id=link))
        speak_to(request)
        return view(request, *args, **kwargs)

    return inner


def either_door(view):
    """For pages that the team and guests share: the URL says which, by having a link in it."""
    for_team, for_guests = team_door(view), guest_door(view)

    @wraps(view)
    def inner(request, *args, **kwargs):
        return (for_guests if "link" in kwargs else for_team)(request, *args, **kwargs)

    return inner
