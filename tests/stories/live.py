"""An open tab: what its websocket tells it, in the order in which it is told."""

import asyncio
import json
import threading

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator

from chat import threads
from dispatch_console.asgi import application

from .reading import door_of, lines_of, rows_of

# Seconds, in which whatever is to happen has happened. Only a test that fails waits for so long.
PATIENCE = 10


async def ask(call, *arguments, **options):
    """Make a request, or call anything else that asks the database, from a test that has an event loop."""
    return await database_sync_to_async(call)(*arguments, **options)


def cookies_of(client):
    return "; ".join(f"{cookie.key}={cookie.coded_value}" for cookie in client.cookies.values())


class Lost:
    """A channel layer that takes everything and delivers nothing, until it is back."""

    def __init__(self, monkeypatch):
        self.monkeypatch, self.layer, self.count = monkeypatch, get_channel_layer(), 0
        self.group_send = self.layer.group_send
        monkeypatch.setattr(self.layer, "group_send", self.lose)

    async def lose(self, group, event):
        self.count += 1

    def back(self):
        self.monkeypatch.setattr(self.layer, "group_send", self.group_send)


async def nobody_asks():
    """Waits until the database has answered all that sockets ask of it: after a test its tables are emptied."""
    together = threading.Barrier(threads.COUNT)
    await asyncio.gather(*(threads.in_thread(together.wait)() for _ in range(threads.COUNT)))


class Tab:
    def __init__(self, client, query="", *, door=None, origin="http://testserver"):
        headers = [(b"host", b"testserver"), (b"cookie", cookies_of(client).encode())]
        if language := client.defaults.get("HTTP_ACCEPT_LANGUAGE"):
            headers.append((b"accept-language", language.encode()))
        if origin:
            headers.append((b"origin", origin.encode()))
        path = f"{door_of(client) if door is None else door}/ws/{query}"
        self.socket = WebsocketCommunicator(application, path, headers=headers)
        self.frames = []
        self.close_code = None

    async def connect(self):
        """Whether the server took the connection."""
        accepted, _ = await self.socket.connect(timeout=PATIENCE)
        return accepted

    async def leave(self):
        if not self.socket.future.done():
            await self.socket.disconnect(timeout=PATIENCE)

    async def say(self, kind, **fields):
        await self.socket.send_to(text_data=json.dumps({"type": kind, **fields}))

    async def hear(self):
        """Take the next thing that the server says. False when it has closed."""
        said = await self.socket.receive_output(timeout=PATIENCE)
        if said["type"] == "websocket.close":
            self.close_code = said.get("code", 1000)
            return False
        self.frames.append(said["text"])
        return True

    async def hear_until(self, arrived):
        """Listen until `arrived()` is true, and return what it says."""
        while not (found := arrived()):
            assert await self.hear(), f"closed with {self.close_code} after {self.frames}"
        return found

    async def message(self, number):
        """The line with this number, once it is here."""
        return await self.hear_until(lambda: next((line for line in self.lines if line.number == number), None))

    async def row(self, conversation, **wanted):
        """The conversation's row in the list, once it is as wanted: row(chat, unread=2)."""
        return await self.hear_until(
            lambda: next(
                (
                    row
                    for row in reversed(self.rows)
                    if row.conversation == conversation.pk
                    and all(getattr(row, name) == value for name, value in wanted.items())
                ),
                None,
            )
        )

    async def control(self, kind):
        """The first control frame of this kind, once it is here."""
        return await self.hear_until(lambda: next((said for said in self.controls if said["type"] == kind), None))

    async def closed(self):
        """The code with which the server has closed, once it has."""
        while await self.hear():
            pass
        return self.close_code

    @property
    def lines(self):
        return [line for frame in self.frames for line in lines_of(frame)]

    @property
    def numbers(self):
        return [line.number for line in self.lines]

    @property
    def rows(self):
        return [row for frame in self.frames for row in rows_of(frame)]

    @property
    def controls(self):
        return [json.loads(frame) for frame in self.frames if frame.startswith("{")]


async def together(*waiting):
    """Wait for all of these at once."""
    return await asyncio.gather(*waiting)
