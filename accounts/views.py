import secrets
from math import ceil

from axes.helpers import get_cool_off
from django.conf import settings
from django.contrib.auth.views import LoginView
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import escape_uri_path
from django.views.csrf import csrf_failure as django_csrf_failure
from django.views.decorators.http import require_http_methods

from .forms import SignInForm
from .languages import language_for, language_of_browser
from .models import AccessLink, GuestBrowser, digest
from .viewers import Viewer

# Seconds. The longest that browsers keep a cookie.
GUEST_COOKIE_AGE = 400 * 24 * 60 * 60


class SignIn(LoginView):
    """Where the dispatch team comes in. Who is signed in already goes on."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    # LoginView would put the host's name here.
    extra_context = {"site_name": settings.SITE_NAME}

    def get_redirect_url(self, request=None):
        wanted = super().get_redirect_url(request)
        # Who is signed in would be sent here again and again.
        return "" if wanted.partition("?")[0] == reverse("login") else wanted

    def form_valid(self, form):
        response = super().form_valid(form)
        response.status_code = 303
        return response

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)


def locked_out(request, response=None, credentials=None):
    """What django-axes answers to too many wrong passwords, and to a right one that comes too soon after them."""
    seconds = ceil(get_cool_off(request).total_seconds())
    context = {
        "form": SignInForm(request, initial={"username": request.POST.get("username", "")}),
        "next": request.POST.get("next", ""),
        "minutes": ceil(seconds / 60),
    }
    response = render(request, "accounts/sign_in.html", context, status=429)
    response.headers["Retry-After"] = seconds
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def join(request, token=""):
    """The web chat link, and whatever a text message has made of one.

    GET looks nothing up and is the same page for every token, so that link previews and scanners use up nothing and
    learn nothing. POST, from that page, lets this browser in.
    """
    if request.method != "POST":
        return render(request, "accounts/join.html")
    link = AccessLink.objects.usable().of_token(token).select_related("person").first()
    if link is None:
        key = request.COOKIES.get(settings.GUEST_COOKIE_NAME, "")
        return link_gone(request, AccessLink.objects.of_browser(key).of_token(token))
    return let_in(request, link)


def link_gone(request, was_in=None, refusal=""):
    """Unknown, expired, revoked, another's: nobody learns which.

    `was_in` has the link for a browser that came in by it once. Who is still in the chat can ask for a new one there.
    """
    link = was_in.renewable().select_related("person").first() if was_in is not None else None
    if link is None:
        return render(request, "accounts/link_gone.html", status=404)
    translation.activate(language_for(Viewer(link.person, link), request.headers.get("Accept-Language", "")))
    context = {"link": link, "asked_at": link.asked_at(), "refusal": refusal}
    return render(request, "accounts/link_gone.html", context, status=404)


def csrf_failure(request, reason=""):
    """A form without our cookie. Where it is that of a web chat link, its browser keeps none, and another one may."""
    if reason == REASON_NO_CSRF_COOKIE and request.resolver_match and request.resolver_match.func is join:
        # The address that it was opened with, looked up nowhere, and without what apps add to it.
        url = settings.BASE_URL + escape_uri_path(request.path)
        return render(request, "accounts/open_elsewhere.html", {"url": url}, status=403)
    return django_csrf_failure(request, reason)


def let_in(request, link):
    """Let this browser in by the link, and lead it to the link's first page."""
    response = _go_to(request, _first_page(link))
    key = request.COOKIES.get(settings.GUEST_COOKIE_NAME, "")
    _set_guest_cookie(response, _let_in(link, key, language_of_browser(request)))
    return response


def _first_page(link):
    conversation_id = link.conversation_id
    if not conversation_id and link.made_in_id:
        present = link.person.participations.filter(conversation=link.made_in_id, removed_at__isnull=True)
        conversation_id = present.values_list("conversation_id", flat=True).first()
    if conversation_id:
        return reverse("guest:conversation_detail", args=[link.public_id, conversation_id])
    return reverse("guest:conversation_list", args=[link.public_id])


@transaction.atomic
def _let_in(link, key, language):
    """Give the link to the browser that holds `key`, or to a new one, and return the browser's key."""
    browser = GuestBrowser.objects.filter(key_hash=digest(key)).first()
    if browser is None:
        # Never the key that came along: it may be one that somebody else has planted.
        key = secrets.token_urlsafe(32)
        browser = GuestBrowser.objects.create(key_hash=digest(key))
    browser.links.add(link)
    link.record_use(language)
    return key


def _go_to(request, path):
    if request.headers.get("X-Requested-With") == "fetch":
        # A redirect would be followed out of sight. The script goes there itself, in place of the page with the token.
        return HttpResponse(status=204, headers={"Location": path})
    return HttpResponseRedirect(path, status=303)


def _set_guest_cookie(response, key):
    response.set_cookie(
        settings.GUEST_COOKIE_NAME,
        key,
        max_age=GUEST_COOKIE_AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
