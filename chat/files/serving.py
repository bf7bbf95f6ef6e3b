"""How a file leaves: as what it is and nothing else, in pieces, and kept by the reader's browser alone."""

import asyncio
import hashlib
import logging
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from dispatch_console.places import place_lent

from .ranges import Unsatisfiable, matches, range_of
from .storing import faults, storage

logger = logging.getLogger(__name__)

CHUNK = 64 * 1024
# Disks and buckets are read here, so that one that is slow holds up no other request.
_readers = ThreadPoolExecutor(8, thread_name_prefix="files")


def serve(request, row, name, size, content_type):
    """The answer with what is stored under this name, or the part of it that is asked for.

    Whoever may see the message has been found already: this only sends.
    """
    etag = f'"{hashlib.sha256(name.encode()).hexdigest()[:32]}"'
    if matches(request.headers.get("If-None-Match", ""), etag):
        return _dressed(HttpResponse(status=304), row, etag)
    if settings.FILES_ACCEL_PATH:
        response = HttpResponse(content_type=content_type)
        response.headers["X-Accel-Redirect"] = settings.FILES_ACCEL_PATH + quote(name)
        return _dressed(response, row, etag)
    try:
        # Only a GET can ask for a part.
        part = range_of(request.headers, etag, size) if request.method == "GET" else None
    except Unsatisfiable:
        response = HttpResponse(status=416, content_type="text/plain")
        response.headers["Content-Range"] = f"bytes */{size}"
        return _dressed(response, row, etag)
    start, end = part or (0, size)
    if request.method == "HEAD":
        response = HttpResponse()
    else:
        try:
            # A bucket hands the whole over before the first byte is read: meanwhile others may work.
            with place_lent():
                file = storage().open(name)
                file.seek(start)
        except faults():
            # Gone from the disk, or the bucket does not answer: the message is there, and says so by this.
            logger.exception("A file could not be read: %s", row.pk)
            sentence = _("This file cannot be read at the moment.")
            response = HttpResponse(f"{sentence}\n", status=503, content_type="text/plain; charset=utf-8")
            response.headers["Retry-After"] = 10
            return response
        response = Pieces(file, end - start)
    response.headers["Content-Type"] = content_type
    response.headers["Content-Length"] = end - start
    response.headers["Accept-Ranges"] = "bytes"
    if part:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return _dressed(response, row, etag)


def _dressed(response, row, etag):
    """With what keeps a file from being anything but a file."""
    told = {
        "ETag": etag,
        # Kept, and asked for every time whether it may still be seen: who was taken out, or whose message was deleted,
        # gets 404 at once.
        "Cache-Control": "private, no-cache",
        # Only pictures that were made here are shown, and whatever may be in the others is saved and not run.
        "Content-Disposition": content_disposition_header(not row.is_image, row.name),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    for name, value in told.items():
        response.headers[name] = value
    return response


class Pieces(StreamingHttpResponse):
    """So many bytes of an open file, from where it stands, read piece by piece as the reader takes them."""

    def __init__(self, file, length):
        super().__init__(pieces_of(file, length))
        self._resource_closers.append(file.close)

    async def __aiter__(self):
        pieces, loop = iter(self), asyncio.get_running_loop()
        while piece := await loop.run_in_executor(_readers, next, pieces, None):
            yield piece


def pieces_of(file, left):
    while left > 0 and (piece := file.read(min(CHUNK, left))):
        left -= len(piece)
        yield piece
