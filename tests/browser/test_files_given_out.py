"""Whatever was sent as a file, no browser runs it: what is shown is a picture, and all else is saved."""

import base64
import io
import re

from PIL import Image
from playwright.async_api import Error

from tests.files import making as make
from tests.files.hostile import CASES, TAKEN
from tests.files.test_server import links_of, post

# As a page of the chat sends it, with the cookies and the key of its form.
SEND = """async ([name, content]) => {
    const form = document.getElementById("composer");
    const fields = new FormData(form);
    const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
    fields.append("files", new File([bytes], name));
    const answer = await fetch(form.action, { method: "POST", body: fields, headers: { "HX-Request": "true" } });
    return [answer.status, await answer.text()];
}"""
SEEN = (
    "() => [document.contentType, document.title, document.querySelectorAll('script').length, document.images.length]"
)


async def test_none_is_shown_but_pictures_and_none_runs(dispatcher, chat, colleague, complaints, server):
    # What Chromium wraps a picture in is refused its style, as all else would be.
    complaints.expect("Content Security Policy", "sandboxed")
    taken = [case for case in CASES if case.status == TAKEN]
    for start in range(0, len(taken), 5):
        files = [(case.name, case.content()) for case in taken[start : start + 5]]
        answer = await post(colleague, chat.id, files)
        assert answer.status_code == 200, answer.text
    links = await links_of(colleague, chat.id)
    assert len(links) == len(taken)

    page = await dispatcher("/chats/")
    requests = []
    page.context.on("request", lambda request: requests.append(request.url))
    saved = 0
    for link in links:
        address = f"{server.url}{chat.path}{link}"
        try:
            await page.goto(address)
        except Error as error:
            assert re.search("Download is starting|ERR_ABORTED", str(error)), error
            saved += 1
            continue
        kind, title, scripts, images = await page.evaluate(SEEN)
        assert kind in ("image/jpeg", "image/png", "image/webp")
        assert (scripts, images) == (0, 1) and "ran" not in title
    assert saved == sum(case.becomes == "application/pdf" for case in taken) > 0
    # None of them has asked for anything.
    assert {url for url in requests if not url.startswith(server.url)} == set()


async def test_a_picture_cannot_be_framed_or_run_as_a_script(dispatcher, chat, colleague, complaints):
    complaints.expect("Content Security Policy", "MIME type", "nosniff", "Refused to", "X-Frame-Options", "frame")
    await post(
        colleague, chat.id, [("page.pdf", make.pdf(b"(" + make.html() + b")")), ("html.jpg", make.jpeg() + make.html())]
    )
    page = await dispatcher(chat.path)
    for link in await links_of(colleague, chat.id):
        loaded = await page.evaluate(
            """(address) => new Promise((resolve) => {
                const script = Object.assign(document.createElement("script"), { src: address });
                script.nonce = document.querySelector("script[nonce]").nonce;
                script.onload = () => resolve(true);
                script.onerror = () => resolve(false);
                document.head.append(script);
            })""",
            f"{chat.path}{link}",
        )
        assert loaded is False


async def test_where_a_photo_was_taken_is_told_to_nobody(customer, dispatcher, chat, colleague):
    photo = make.jpeg(exif=make.exif(6))
    assert Image.open(io.BytesIO(photo)).getexif().get_ifd(0x8825)
    phone = await customer(chat)
    status, html = await phone.evaluate(SEND, ["IMG_0042.jpg", base64.b64encode(photo).decode()])
    assert status == 200 and make.TEXT not in html

    desk = await dispatcher(chat.path)
    (link,) = await links_of(colleague, chat.id)
    for size in ("", "?size=thumbnail"):
        content = await desk.evaluate(
            """async (address) => {
                const bytes = new Uint8Array(await (await fetch(address)).arrayBuffer());
                return btoa(Array.from(bytes, (each) => String.fromCharCode(each)).join(""));
            }""",
            f"{chat.path}{link}{size}",
        )
        given = base64.b64decode(content)
        image = Image.open(io.BytesIO(given))
        assert not image.getexif() and image.height > image.width
        assert make.MARKER not in given and b"GPS" not in given and b"Exif" not in given
