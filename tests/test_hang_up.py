"""A visitor hangs up in the middle of a send or of a handshake: the server goes on, and nothing stays occupied."""

import re
import socket
from uuid import uuid4

import httpx
import psycopg
import pytest

from .callers import Caller
from .faults.services import wait_until
from .server import Server

# More than there are connections in the pool, so that one which is not given back is missed.
HANG_UPS = 60


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    server.manage("migrate", "--verbosity", "0")
    server.manage("collectstatic", "--noinput", "--verbosity", "0")
    server.manage("seed_demo", "--force")
    server.start()
    yield server
    server.remove()


def hang_up(server, request, after):
    """Send a request and cut the connection `after` so many of the answer's bytes; 0 does not wait for any."""
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(request)
        if after:
            line.recv(after)
        # Without a farewell: what the other side sends is answered by a reset.
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


async def test_who_hangs_up_while_sending_leaves_nothing_behind(server):
    link = server.manage("mint_link", "11064", "customer").split()[-1]
    customer = await Caller(server.url).join(link)
    page = (await customer.client.get(f"{customer.door}/chats/")).text
    path = customer.door + re.search(r'href="[^"]*?(/chats/\d+/)"', page)[1] + "messages/"
    cookies = "; ".join(f"{name}={value}" for name, value in customer.client.cookies.items())
    keys = [uuid4() for _ in range(HANG_UPS)]
    for at, key in enumerate(keys):
        body = f"body=Cut+{at}&client_id={key}".encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nCookie: {cookies}\r\n"
            f"X-CSRFToken: {customer.client.cookies['csrftoken']}\r\nHX-Request: true\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        hang_up(server, head.encode() + body, after=at % 2)
    # Whoever was cut off tries again with the same key, as the page does.
    for at, key in enumerate(keys):
        answer = await customer.post(path, body=f"Cut {at}", client_id=str(key))
        assert answer.status_code == 200
    lines = (await customer.client.get(f"{path}?after=0")).text
    texts = re.findall(r'class="message__body"[^>]*>(Cut \d+)<', lines)
    assert sorted(texts) == sorted(f"Cut {at}" for at in range(HANG_UPS))
    assert "Traceback" not in server.log.read_text()


@pytest.mark.postgres
def test_the_handshake_of_who_has_hung_up_is_not_begun(server):
    unanswered = "The database did not answer for a websocket"
    handshake = (
        f"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {server.url}\r\n"
        f"Cookie: sessionid={'k' * 32}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    ).encode()
    # Who it is cannot be found out: a few are at it, and the others wait for their turn.
    with psycopg.connect(server.database.url) as holder:
        holder.execute("LOCK TABLE django_session")
        lines = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(HANG_UPS)]
        for line in lines:
            line.sendall(handshake)
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'django_session'::regclass"
        wait_until(lambda: holder.execute(waiting).fetchone()[0], "one that is begun")
        for line in lines:
            line.close()
        wait_until(lambda: "dispatch_open_sockets 0.0" in metrics(server), "all to be gone")
    assert server.log.read_text().count(unanswered) < HANG_UPS / 4


def metrics(server):
    return httpx.get(f"{server.url}/metrics", timeout=30).text
