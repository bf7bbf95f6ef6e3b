"""How requests come in and answers go out over Daphne, where they are large.

Twisted takes any body to its end before anybody is asked, reads forms of several parts into memory to understand them,
which Django does once more, and keeps in memory what a slow reader has not taken of an answer. Here a body that is too
large, or whose sender may not send it, is turned away when its head is in; what comes lies on the disk; and an answer
is read no faster than it is taken.
"""

import asyncio
import logging
import shutil
import tempfile
from io import BytesIO

from daphne.http_protocol import WebRequest
from django.conf import settings

from chat.files.storing import has_no_room

from .gates import Refusal, body_limit

logger = logging.getLogger(__name__)

# Bytes of a body that are kept in memory.
IN_MEMORY = 64 * 1024
# Large bodies that come in at a time.
LARGE_AT_A_TIME = 40
# And of one person, who cannot keep all others out by sending slowly.
LARGE_OF_ONE = 4
# Seconds in which who was turned away may still read why, while what it sends is thrown away.
LINGER = 5

REASONS = {401: b"Unauthorized", 404: b"Not Found", 413: b"Content Too Large", 503: b"Service Unavailable"}
REASONS[507] = b"Insufficient Storage"


class Request(WebRequest):
    # Those whose large bodies are on their way.
    large = set()

    limit = received = announced = 0
    refused = whole = False
    asking = sender = None

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        # What the form says is Django's to read.
        self._parsePOSTFormSubmission = False
        self.flow = Flow()

    # The body

    def gotLength(self, length):
        """Called when the head is in. `length` is that of the body, None where it is not told."""
        method, path = self.channel._command, self.channel._path.partition(b"?")[0]
        content_type = (self.requestHeaders.getRawHeaders(b"content-type") or [b""])[0]
        self.limit = body_limit(method.decode("latin1"), path.decode("latin1"), content_type.decode("latin1"))
        self.content = BytesIO()
        if length is not None and length > self.limit:
            self.turn_away(Refusal.too_large(self.limit))
        elif self.limit > settings.REQUEST_BODY_LIMIT and (length is None or length > settings.REQUEST_BODY_LIMIT):
            self.ask_for_large(path.decode("latin1"), length or self.limit)

    def ask_for_large(self, path, length):
        """Nothing more is read until it is known whether this sender may send so much, and whether there is room."""
        if len(self.large) >= LARGE_AT_A_TIME:
            return self.turn_away(Refusal.busy())
        # The others have been promised theirs, of which some may be on the disk already.
        promised = sum(other.announced - other.received for other in self.large)
        if shutil.disk_usage(settings.FILE_UPLOAD_TEMP_DIR).free - promised - length < settings.FILES_RESERVE:
            return self.turn_away(Refusal.no_room())
        self.announced = length
        self.large.add(self)
        self.transport_of_channel().pauseProducing()
        cookies = b"; ".join(self.requestHeaders.getRawHeaders(b"cookie") or []).decode("latin1")
        self.asking = asyncio.ensure_future(self.let_in(path, cookies))
        return None

    async def let_in(self, path, cookies):
        # The server can be loaded without the product; what asks the database cannot.
        from .uploads import sender_or_refusal

        try:
            self.sender, refusal = await sender_or_refusal(path, cookies)
        except Exception:
            logger.exception("It could not be found out who sends files")
            refusal = Refusal.busy()
        if self.channel is None or self.whole:
            # Gone, or so short in the end that it was here at once: those who answer it ask again.
            return
        if self.sender and sum(other.sender == self.sender for other in self.large) > LARGE_OF_ONE:
            refusal = Refusal.busy()
        if refusal:
            self.turn_away(refusal)
        self.transport_of_channel().resumeProducing()

    def handleContentChunk(self, data):
        if self.refused:
            return
        self.received += len(data)
        if self.received > self.limit:
            self.turn_away(Refusal.too_large(self.limit))
            return
        try:
            if isinstance(self.content, BytesIO) and self.received > IN_MEMORY:
                self.content = on_disk(self.content)
            self.content.write(data)
        except OSError as error:
            if not has_no_room(error):
                raise
            self.turn_away(Refusal.no_room())

    def requestReceived(self, command, path, version):
        self.whole = True
        self.large.discard(self)
        if not self.refused:
            try:
                # Here the last bytes are written.
                self.content.flush()
            except OSError:
                return self.turn_away(Refusal.no_room())
            super().requestReceived(command, path, version)
        return None

    def take_body(self):
        """The body, an open file, which is the caller's to close."""
        body, self.content = self.content, BytesIO()
        body.seek(0)
        return body

    def turn_away(self, refusal):
        """Answer at once, and throw away what still comes: a browser that is cut off while it sends reads no answer."""
        self.refused = True
        self.large.discard(self)
        discard(self.content)
        self.content = BytesIO()
        self.requestHeaders.removeHeader(b"expect")
        names = (b"accept", b"accept-language", b"hx-request")
        told = [(name, b",".join(self.requestHeaders.getRawHeaders(name) or [])) for name in names]
        content_type, body = refusal.answer_to((name, value) for name, value in told if value)
        lines = [
            b"HTTP/1.1 %d %s" % (refusal.status, REASONS[refusal.status]),
            b"Content-Type: %s" % content_type,
            b"Content-Length: %d" % len(body),
            b"Connection: close",
            b"Cache-Control: no-store",
        ]
        if refusal.retry_after:
            lines.append(b"Retry-After: %d" % refusal.retry_after)
        transport = self.transport_of_channel()
        transport.write(b"\r\n".join([*lines, b"", body]))
        transport.loseWriteConnection()
        asyncio.get_running_loop().call_later(LINGER, transport.abortConnection)

    def transport_of_channel(self):
        return self.channel.transport

    def connectionLost(self, reason):
        self.large.discard(self)
        self.flow.stopProducing()
        super().connectionLost(reason)

    # The answer

    def handle_reply(self, message):
        more = message.get("more_body", False)
        if message["type"] == "http.response.body" and self.channel is not None and not self.finished:
            if more and self.producer is None:
                self.registerProducer(self.flow, True)
            elif not more and self.producer is not None:
                self.unregisterProducer()
                self.flow.resumeProducing()
        super().handle_reply(message)


class Flow:
    """Holds who answers while the reader has not taken what was sent before."""

    def __init__(self):
        self.open = asyncio.Event()
        self.open.set()

    def pauseProducing(self):
        self.open.clear()

    def resumeProducing(self):
        self.open.set()

    stopProducing = resumeProducing


def on_disk(content):
    file = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115
    file.write(content.getvalue())
    return file


def discard(file):
    try:
        file.close()
    except OSError:
        # It could not write its last bytes, which nobody wants.
        logger.debug("A body that was turned away was not written to its end")
