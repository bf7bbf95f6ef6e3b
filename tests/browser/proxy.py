"""What stands between a page and the server in some networks, as a TCP proxy that a test can turn."""

import asyncio
import re

SEND = re.compile(rb"POST \S*/messages/ ")
REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Proxy:
    """`websockets` is "through", "refused", "unanswered", or "deaf": they open, and then nothing reaches the page.

    Those that are open bring nothing more as soon as it is anything but "through". Without `takes_sends` messages are
    not sent. With `keeps_pages` the browser may keep the pages that it has left.
    """

    def __init__(self, server, *, keeps_pages=False):
        self.server, self.websockets, self.keeps_pages = server, "through", keeps_pages
        self.takes_sends = True
        self.tasks = set()

    async def __aenter__(self):
        self.listener = await asyncio.start_server(self.take, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.listener.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self.listener.close()
        for task in self.tasks:
            task.cancel()

    async def take(self, reader, writer):
        task = asyncio.current_task()
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        try:
            await self.carry(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def carry(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        is_socket = b"upgrade: websocket" in head.lower()
        if SEND.match(head) and not self.takes_sends:
            return
        if is_socket and self.websockets == "refused":
            writer.write(REFUSED)
            return
        if is_socket and self.websockets == "unanswered":
            await reader.read()
            return
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        if not is_socket:
            # One request a connection, so that each is looked at.
            head = head.replace(b"Connection: keep-alive", b"Connection: close")
        up_writer.write(head)
        try:
            if is_socket:
                writer.write(await up_reader.readuntil(b"\r\n\r\n"))
            await asyncio.gather(pump(reader, up_writer), self.pump_down(up_reader, writer, is_socket))
        finally:
            up_writer.close()

    async def pump_down(self, reader, writer, is_socket):
        while data := await reader.read(65536):
            if self.keeps_pages:
                # As long as the other, so that nothing else of the answer changes.
                data = data.replace(b"no-store", b"no-cache")
            if not is_socket or self.websockets == "through":
                writer.write(data)
                await writer.drain()
        writer.close()


async def pump(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
