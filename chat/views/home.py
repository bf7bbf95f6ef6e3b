"""From a page on an iPhone to the app on its home screen, which knows nothing of the cookies of the page."""

from django.conf import settings
from django.shortcuts import render

from accounts.models import AccessLink, digest
from accounts.viewers import guest_door
from accounts.views import let_in, link_gone

from .. import actions
from ..models import HomePass
from .app import manifest


@guest_door
def home_pass_create(request):
    """The page from which a phone puts the chat on its home screen. Shown once, as its pass is."""
    token = actions.make_home_pass(link=request.viewer.link)
    return render(request, "chat/home_screen.html", {"viewer": request.viewer, "token": token})


def home_manifest(request, token):
    """The same for every token but for where it begins: nothing is looked up."""
    start_url = request.path.removesuffix("manifest.webmanifest")
    return manifest(scope="/", start_url=start_url, id=start_url)


def home_detail(request, token):
    """Where the app begins. As with a web chat link, looking at it looks nothing up."""
    return render(request, "accounts/join.html")


def home_enter(request, token):
    key = request.COOKIES.get(settings.GUEST_COOKIE_NAME, "")
    home_pass = HomePass.objects.letting_in(token, key).first()
    if home_pass is None:
        return link_gone(request, AccessLink.objects.of_browser(key).filter(home_passes__token_hash=digest(token)))
    return let_in(request, home_pass.link)
