"""What the server turns away before any view: asked over the wire of ASGI, as Daphne asks."""

import httpx
import pytest
from channels.testing import WebsocketCommunicator

from dispatch_console.asgi import application
from dispatch_console.gates import HttpGate

FORM = "application/x-www-form-urlencoded; charset=UTF-8"


@pytest.fixture
async def outside():
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded; charset=utf-16",
        "application/x-www-form-urlencoded; charset=nope",
        "multipart/form-data",
    ],
)
async def test_what_is_no_form_of_ours_is_415(outside, content_type):
    premise = await outside.post("/login/", content=b"a=b", headers={"Content-Type": FORM})
    assert premise.status_code == 403  # read as a form, and without a token
    for path in ("/login/", "/chats/1/messages/", "/c/1token/"):
        answer = await outside.post(path, content=b"a=b", headers={"Content-Type": content_type})
        assert answer.status_code == 415
        assert "multipart/form-data" in answer.text


@pytest.mark.parametrize(
    ("language", "said"),
    [("de-AT,de;q=0.9", "zu groß"), ("es", "demasiado grande"), ("xx", "This is too large to be sent.")],
)
async def test_a_browser_is_turned_away_on_a_page_in_its_language(outside, language, said):
    headers = {"Content-Type": FORM, "Accept-Language": language}
    body = b"a" * 2 * 1024 * 1024
    answer = await outside.post("/login/", content=body, headers={**headers, "Accept": "text/html,*/*;q=0.8"})
    assert answer.status_code == 413 and answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert said in answer.text and "<h1" in answer.text
    # A script shows the sentence in its own place.
    answer = await outside.post("/login/", content=body, headers={**headers, "HX-Request": "true"})
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert said in answer.text and "<" not in answer.text


async def test_a_head_has_no_body_however_long_the_page():
    async def page(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for more in (True, True, False):
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": more})

    async def bytes_of(method):
        parts = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            parts.append(message.get("body", b""))

        await HttpGate(page)({"type": "http", "method": method, "headers": []}, receive, send)
        return len(b"".join(parts))

    assert await bytes_of("GET") == 3 * 65536
    assert await bytes_of("HEAD") == 0


async def test_a_websocket_to_nowhere_is_refused():
    socket = WebsocketCommunicator(application, "/nowhere/", headers=[(b"host", b"127.0.0.1")])
    accepted, _ = await socket.connect()
    assert not accepted
