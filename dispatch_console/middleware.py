import logging

from django.db import InterfaceError, OperationalError
from django.shortcuts import render
from psycopg_pool import PoolTimeout

from .metrics import UNAVAILABLE

logger = logging.getLogger(__name__)

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
        if not isinstance(exception, OperationalError | InterfaceError | PoolTimeout):
            return None
        UNAVAILABLE.inc()
        # The path may be a web chat link; the log's filter takes its secret out.
        logger.error("The database did not answer for %s %s: %s", request.method, request.path, exception)
        written = {"body": request.POST.get("body", "") if request.method == "POST" else ""}
        response = render(request, "503.html", written, status=503)
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return response
