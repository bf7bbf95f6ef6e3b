"""Photos and documents for the tests, made and not stored, and how they stand on a page."""

import io

from PIL import Image
from playwright.async_api import expect

from tests.files.making import pdf

ORIENTATION = 0x0112


def picture(width=640, height=480, kind="JPEG", colour=(200, 120, 40), orientation=1, **options):
    """The bytes of a picture in which up is up: its upper half is of this colour, its lower half dark."""
    image = Image.new("RGB", (width, height), (20, 20, 30))
    image.paste(colour, (0, 0, width, height // 2))
    if kind == "PNG" and options.pop("clear", False):
        image.putalpha(120)
    if orientation == 6:
        # As a camera that was held upright writes it: lying on its side, with a note how to turn it.
        image = image.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    if kind == "JPEG":
        options["exif"] = exif
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def photo(name="dock.jpg", **options):
    return {"name": name, "mimeType": "image/jpeg", "buffer": picture(**options)}


def document(name="Delivery note.pdf", size=90_000):
    """A PDF with so much in it."""
    content = pdf(b"%" + b"x" * size + b"\nnull")
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


# What a page sends of files, which nobody between it and the server is shown: window.sent, each with its name, size,
# type and, of a picture, width and height.
SENT = """
window.sent = [];
const send = XMLHttpRequest.prototype.send;
XMLHttpRequest.prototype.send = function (body) {
    for (const file of body.getAll("files")) {
        const told = { name: file.name, size: file.size, type: file.type };
        window.sent.push(told);
        if (file.type !== "application/pdf") createImageBitmap(file).then(({ width, height }) => Object.assign(told, { width, height }), () => {});
    }
    return send.call(this, body);
};
"""  # noqa: E501


def chooser(page):
    return page.locator("#composer input[type=file]").first


async def choose(page, *files):
    await chooser(page).set_input_files(list(files))


def tray(page):
    return page.get_by_role("group", name="Files to send")


def item(page, name):
    return tray(page).get_by_role("listitem").filter(has_text=name)


async def is_ready(page, count):
    await expect(tray(page).get_by_role("status")).to_have_text(f"{count} file{'s' if count > 1 else ''} to send")


def photos(page):
    """Those of stored messages."""
    return page.locator("#messages > li[data-number] .message__photo")


def cards(page):
    return page.locator("#messages > li[data-number] .file")


async def is_shown(link):
    """The photo itself, and not what stands in its place."""
    await expect(link).to_be_visible()
    # Its element may just be replaced by the one that stays.
    await link.evaluate("(link) => link.scrollIntoView({ block: 'nearest' })")
    await expect(link.locator("img")).to_have_js_property("complete", True)
    await expect(link.locator("img")).not_to_have_js_property("naturalWidth", 0)


def waiting(page):
    """The messages that are on their way, or are not."""
    return page.locator("#messages > li:not([data-number]).message")
