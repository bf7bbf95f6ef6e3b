"""Daphne, as this product runs it."""

import asyncio
import errno

from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server as DaphneServer
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.defer import Deferred

from .http_request import Flow, Request
from .metrics import SLOW_READERS

# Bytes of one incoming websocket message. What pages send by socket is a few words; messages come by POST.
INCOMING_LIMIT = 64 * 1024
TOO_LARGE = 4009

# What may wait for a reader who does not read: more of either, and the reader is let go to catch up from the database.
UNREAD_BYTES = 1024 * 1024
UNREAD_MESSAGES = 500
TOO_SLOW = 4008
# Seconds in which a reader who is sent much at once takes what Twisted keeps, 64 KiB and the last message.
TO_DRAIN = 10

# Seconds from the connection to the open websocket.
HANDSHAKE = 20

# Seconds that a request which has begun gets to end when the server stops. Docker kills after ten.
PATIENCE = 5


class Server(DaphneServer):
    def __init__(self, *, application, host, port, on_listening):
        """Serves until it is told to stop. `problem` is then None, or why it could not listen."""
        super().__init__(
            application,
            endpoints=build_endpoint_description_strings(host=host, port=port),
            # An access log would write down the secrets of web chat links, which stand in their paths.
            action_logger=None,
            server_name="",
            # After a restart all come at once. Who has waited five seconds in line would only come again.
            websocket_handshake_timeout=HANDSHAKE,
            # Autobahn's own limits hold for what we send as well, and close without telling why. See Socket.
            websocket_max_message_size=0,
            websocket_max_frame_size=0,
        )
        self.host, self.port = host, port
        self.on_listening = on_listening
        self.ports = []
        self.problem = None

    def listen_success(self, port):
        super().listen_success(port)
        # Daphne makes its factory just before it listens, and nobody has connected yet.
        self.ws_factory.protocol = Socket
        self.http_factory.buildProtocol = with_our_requests(self.http_factory.buildProtocol)
        self.ports.append(port)
        self.on_listening()

    def listen_error(self, failure):
        cause = getattr(failure.value, "socketError", failure.value)
        if getattr(cause, "errno", None) == errno.EADDRINUSE:
            self.problem = f"PORT: {self.port} is taken by another program on {self.host}"
        else:
            self.problem = f"HOST: cannot listen on {self.host}, port {self.port}: {cause}"
        self.stop()

    def create_application(self, protocol, scope):
        if isinstance(protocol, Request):
            # Daphne would hand on a large body in one go, in pieces that all wait in memory.
            scope["body_file"] = protocol.take_body()
        elif isinstance(protocol, Socket):
            scope["drained"] = protocol.drained
        return super().create_application(protocol, scope)

    async def handle_reply(self, protocol, message):
        await super().handle_reply(protocol, message)
        if isinstance(protocol, Request):
            await protocol.flow.open.wait()

    def protocol_disconnected(self, protocol):
        super().protocol_disconnected(protocol)
        application = self.connections[protocol].get("application_instance")
        if application and isinstance(protocol, Socket) and not protocol.is_opened:
            # Nobody waits for the rest of its handshake, and others do who stand in line behind it.
            application.cancel()

    def kill_all_applications(self):
        """Daphne's way cancels what is under way; here it may end first."""
        return Deferred.fromFuture(asyncio.ensure_future(self.wind_down()))

    async def wind_down(self):
        for port in self.ports:
            port.stopListening()
        for protocol in list(self.connections):
            if isinstance(protocol, Socket):
                protocol.go_away()
        # A connection that is kept alive between two requests has no application.
        running = [parts.get("application_instance") for parts in self.connections.values()]
        running = [application for application in running if application]
        if running:
            _, late = await asyncio.wait(running, timeout=PATIENCE)
            for application in late:
                application.cancel()
            await asyncio.gather(*running, return_exceptions=True)


def with_our_requests(build):
    def build_protocol(address):
        protocol = build(address)
        protocol.requestFactory = Request
        return protocol

    return build_protocol


class Socket(WebSocketProtocol):
    is_opened = False
    # How many messages have gone out since everything before them was on its way.
    unread = 0

    def connectionMade(self):
        super().connectionMade()
        self.flow = Flow()
        # Twisted still tells the HTTP connection that this was before.
        self.unregisterProducer()
        self.registerProducer(self.flow, True)

    def connectionLost(self, reason):
        self.flow.stopProducing()
        super().connectionLost(reason)

    def onOpen(self):
        self.is_opened = True
        super().onOpen()

    def serverSend(self, content, binary=False):
        """Neither Daphne nor Twisted holds back who writes faster than the other side reads, so this does."""
        if self.state in (self.STATE_CLOSING, self.STATE_CLOSED):
            # The application has not heard of it yet.
            return
        if not self.unread_bytes():
            self.unread = 0
        super().serverSend(content, binary)
        self.unread += 1
        if self.unread > UNREAD_MESSAGES or self.unread_bytes() > UNREAD_BYTES:
            self.let_go()

    async def drained(self):
        """Wait while much is on its way to the reader. Who sends all that there is would else drown one who reads."""
        try:
            async with asyncio.timeout(TO_DRAIN):
                await self.flow.open.wait()
        except TimeoutError:
            if self.state == self.STATE_OPEN:
                self.let_go()

    def let_go(self):
        SLOW_READERS.inc()
        # Behind it Autobahn sends nothing more, and after a second it drops who still does not read.
        self.sendClose(code=TOO_SLOW, reason="too slow")

    def unread_bytes(self):
        """What stands in Twisted's buffers for this connection. It has no public name."""
        transport = self.transport
        return len(transport.dataBuffer) - transport.offset + transport._tempDataLen

    def onMessageFrameBegin(self, length):
        """Called when the head of a frame is in, which says how long the frame will be."""
        super().onMessageFrameBegin(length)
        if self.message_data_total_length > INCOMING_LIMIT and not self.failedByMe:
            # From here on, Autobahn throws away what still arrives.
            self.failedByMe = True
            self.sendClose(code=TOO_LARGE, reason="too large")

    def go_away(self):
        """The server stops. The page connects again, to the next process or to this one's successor."""
        if self.state == self.STATE_OPEN:
            self.sendCloseFrame(code=self.CLOSE_STATUS_CODE_GOING_AWAY)
        else:
            self.dropConnection(abort=True)
