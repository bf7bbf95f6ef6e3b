"""`manage.py serve`, started as in production: as a process of its own, on a port, stopped by a signal."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from dispatch_console.server import INCOMING_LIMIT, TOO_LARGE

# Says back twice what it hears by websocket, or much at once, and takes its time over HTTP.
SLOW_ECHO = """
import asyncio, sys
from dispatch_console import server

server.TO_DRAIN = 1

async def application(scope, receive, send):
    if scope["type"] == "http":
        print("asked", flush=True)
        await asyncio.sleep(1)
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"answered"})
        return
    while (message := await receive())["type"] != "websocket.disconnect":
        if message["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        elif message["text"].startswith("flood"):
            end, size = asyncio.ensure_future(receive()), int(message["text"].split()[1])
            while not end.done():
                await send({"type": "websocket.send", "text": "x" * size})
                await asyncio.sleep(0)
            break
        elif message["text"].startswith(("burst", "page")):
            kind, count, size = message["text"].split()
            for n in range(int(count)):
                await send({"type": "websocket.send", "text": f"{n} ".ljust(int(size), "x")})
                if kind == "page":
                    await scope["drained"]()
        else:
            await send({"type": "websocket.send", "text": message["text"] * 2})
    print("left", flush=True)

server.Server(
    application=application,
    host="127.0.0.1",
    port=int(sys.argv[1]),
    on_listening=lambda: print("listening", flush=True),
).run()
"""


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def started(*command, **environment):
    """A process that has said its first line."""
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=settings.ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that starts the tests in the background has them ignore it, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        process.first_line = process.stdout.readline().strip()
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def environment(tmp_path, port):
    (tmp_path / "static").mkdir()
    return {
        "DJANGO_SETTINGS_MODULE": "dispatch_console.settings",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "PORT": str(port),
        # It would complain of a database without tables, which is all that these tests need.
        "WORKER": "off",
    }


def serve(environment):
    return started("manage.py", "serve", **environment)


def refused(environment, **changes):
    """What a server that cannot start says."""
    with serve({**environment, **changes}) as server:
        out, err = server.communicate(timeout=60)
        assert server.returncode == 1
        assert server.first_line + out == ""
        return err.splitlines()


def test_it_says_where_it_is_and_answers_there(environment, port):
    with serve(environment) as server:
        assert server.first_line == f"Dispatch Console is at http://127.0.0.1:{port}"

        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            assert client.get("/healthz").text == "ok\n"
            assert client.get("/readyz").json() == {"database": True, "channel_layer": True}
            assert "dispatch_open_sockets 0.0" in client.get("/metrics").text


def test_a_secret_in_a_path_is_not_written_down(environment, port):
    # With DEBUG the page of the error needs no collectstatic.
    with serve({**environment, "DEBUG": "on"}) as server:
        for path in ("/c/the-secret/", "/c/the-secret/the-secret/", "/C/the-secret"):
            assert httpx.post(f"http://127.0.0.1:{port}{path}").status_code == 403
        server.terminate()
        out, err = server.communicate(timeout=60)
        assert "/c/[token]" in err
        assert "the-secret" not in out + err


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_without_a_complaint(environment, port, ending):
    with serve(environment) as server, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        # This connection stays open between two requests, which must not hold up the end.
        client.get("/healthz")
        server.send_signal(ending)
        _, err = server.communicate(timeout=60)
        assert (server.returncode, err) == (0, "")


def test_a_second_server_on_one_sqlite_file_is_refused(environment, tmp_path):
    with serve(environment) as server:
        assert refused(environment) == [
            f"DATABASE_URL: {tmp_path}/dispatch.sqlite3 is served by process {server.pid} already."
            " SQLite takes one server; PostgreSQL takes many."
        ]

    # The lock goes with its process, even with one that was killed.
    with serve(environment) as server:
        assert server.first_line


def test_a_port_that_is_taken_is_named(environment, port):
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        assert refused(environment) == [f"PORT: {port} is taken by another program on 127.0.0.1"]


def test_a_host_that_is_not_ours_is_named(environment):
    (line,) = refused(environment, HOST="192.0.2.1")
    assert line.startswith("HOST: cannot listen on 192.0.2.1")


def test_missing_static_files_are_named(environment, tmp_path):
    (tmp_path / "static").rmdir()
    (line,) = refused(environment)
    assert line.startswith("STATIC_ROOT: ")


# The server alone, with a small application


@pytest.fixture
def slow_echo(port):
    with started("-c", SLOW_ECHO, str(port)) as server:
        assert server.first_line == "listening"
        yield server


def test_a_message_up_to_the_limit_is_heard_and_a_longer_one_may_be_said(slow_echo, port):
    with connect(f"ws://127.0.0.1:{port}/", max_size=None) as page:
        page.send("x" * INCOMING_LIMIT)
        assert len(page.recv(timeout=5)) == 2 * INCOMING_LIMIT


@pytest.mark.parametrize(
    "message", ["x" * (INCOMING_LIMIT + 1), ["x" * INCOMING_LIMIT, "x"]], ids=["at once", "in pieces"]
)
def test_a_message_over_the_limit_ends_the_socket(slow_echo, port, message):
    with connect(f"ws://127.0.0.1:{port}/") as page:
        page.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            page.recv(timeout=5)
        assert closed.value.rcvd.code == TOO_LARGE
    assert slow_echo.stdout.readline() == "left\n"


def memory_of(process):
    """Resident memory, in bytes."""
    with open(f"/proc/{process.pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def asked_and_not_read(port, question):
    """A websocket that asks and does not read. By hand: every client library reads ahead."""
    with socket.socket() as page:
        page.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        page.connect(("127.0.0.1", port))
        page.sendall(
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert b" 101 " in page.recv(1024)
        said = question.encode()
        # A client's frame is masked; a mask of zeroes changes nothing.
        page.sendall(bytes([0x81, 0x80 | len(said), 0, 0, 0, 0]) + said)
        yield page


@pytest.mark.parametrize("question", ["flood 100", "flood 10000", "page 2000 10000"], ids=["many", "large", "page"])
def test_who_does_not_read_is_let_go_before_memory_is(slow_echo, port, question):
    before = memory_of(slow_echo)
    with asked_and_not_read(port, question):
        assert slow_echo.stdout.readline() == "left\n"
        assert memory_of(slow_echo) - before < 20 * 1024 * 1024


def test_at_most_500_messages_wait_for_a_reader(slow_echo, port):
    with connect(f"ws://127.0.0.1:{port}/") as page:
        # The server's own loop sends nothing before the last of them: so many are unread, of less than 1 MiB.
        page.send("burst 500 100")
        assert [int(page.recv(timeout=5).split()[0]) for _ in range(500)] == list(range(500))
        page.send("hello")
        assert page.recv(timeout=5) == "hellohello"

        page.send("burst 501 100")
        with pytest.raises(ConnectionClosed) as closed:
            for _ in range(502):
                page.recv(timeout=5)
        assert closed.value.rcvd.code == 4008


def test_who_reads_gets_as_much_as_there_is(slow_echo, port):
    with connect(f"ws://127.0.0.1:{port}/") as page:
        page.send("page 2000 10000")
        assert [int(page.recv(timeout=5).split()[0]) for _ in range(2000)] == list(range(2000))


def test_what_is_under_way_ends_before_the_server_does(slow_echo, port):
    with connect(f"ws://127.0.0.1:{port}/") as page, socket.create_connection(("127.0.0.1", port)) as request:
        request.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert slow_echo.stdout.readline() == "asked\n"
        slow_echo.terminate()

        with pytest.raises(ConnectionClosed) as closed:
            page.recv(timeout=5)
        assert closed.value.rcvd.code == 1001
        request.settimeout(5)
        assert b"answered" in request.recv(65536) + request.recv(65536)
        out, err = slow_echo.communicate(timeout=60)
        assert (slow_echo.returncode, out, err) == (0, "left\n", "")
