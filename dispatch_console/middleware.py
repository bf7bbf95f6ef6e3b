import logging

from django.conf import settings
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import add_never_cache_headers, patch_vary_headers

from accounts.languages import language_of_browser
from chat.transactions import UNREACHABLE

from .metrics import UNAVAILABLE

logger = logging.getLogger(__name__)


def without_forged_session(get_response):
    """Forgets a session cookie that we cannot have made: PostgreSQL refuses to look for one with a NUL in it."""

    def middleware(request):
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        if key and not key.isalnum():
            del request.COOKIES[settings.SESSION_COOKIE_NAME]
        return get_response(request)

    return middleware


def in_language(get_response):
    """Answers in the language that the browser asks for, until a door knows who it is and takes that person's."""

    def middleware(request):
        # Django's admin knows many languages, but the names of our fields are English there.
        is_admin = request.path_info.startswith("/admin/")
        with translation.override(settings.LANGUAGE_CODE if is_admin else language_of_browser(request)):
            response = get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language())
        patch_vary_headers(response, ["Accept-Language"])
        return response

    return middleware


# What stands behind a web chat link, the link itself, also as it arrives from where all is written large, where an app
# on a home screen begins, and where one turns notices off.
PRIVATE = ("/g/", "/c/", "/C/", "/h/", "/u/")


def unlisted(get_response):
    """Keeps what one person has the address of out of caches and search engines: pages, and what is refused there."""

    def middleware(request):
        response = get_response(request)
        if request.path_info.startswith(PRIVATE):
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
            if not response.has_header("Cache-Control"):
                add_never_cache_headers(response)
        return response

    return middleware


# Bytes. What fits into one packet is not on its way any shorter when it is smaller.
ONE_PACKET = 1400


class CompressedPages(GZipMiddleware):
    """Pages in a quarter of their size: phones are on slow networks. Files are compressed already, and go as they are.

    What is added at random to the length hides what could be guessed from it.
    """

    def process_response(self, request, response):
        is_page = not response.streaming and response.headers.get("Content-Type", "").startswith("text/html")
        if not is_page or len(response.content) <= ONE_PACKET:
            return response
        return super().process_response(request, response)


# Seconds until it is worth trying again.
RETRY_AFTER = 2


class Unavailable:
    """Answers 503 when the database is away, locked or too slow: nothing was stored, and trying again is right.

    What was written is on the page that comes back; with JavaScript the page still has it and tries again by itself.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if not isinstance(exception, UNREACHABLE):
            return None
        UNAVAILABLE.inc()
        # The path may be a web chat link; the log's filter takes its secret out.
        logger.error("The database did not answer for %s %s: %s", request.method, request.path, exception)
        written = {"body": request.POST.get("body", "") if request.method == "POST" else ""}
        response = render(request, "503.html", written, status=503)
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return response
