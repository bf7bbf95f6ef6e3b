"""Photos and documents, from the picker, the drop and the clipboard into every reader's thread."""

import asyncio
import re

from playwright.async_api import expect

from .conftest import DESK, PHONE
from .files import (
    SENT,
    cards,
    choose,
    chooser,
    document,
    is_ready,
    is_shown,
    item,
    photo,
    photos,
    picture,
    tray,
    waiting,
)
from .thread import composer, is_live, line, lines, shows_once

LOSE = re.compile(r"/messages/$")
PATIENCE = 25_000


async def send(page):
    await page.get_by_role("button", name="Send", exact=True).click()


# Into the box


async def test_several_at_once_with_a_text_reach_everybody_and_who_comes_later(
    dispatcher, customer, chat, colleague, visit
):
    page, phone = await dispatcher(chat.path), await customer(chat)
    await is_live(page)
    await is_live(phone)
    await choose(page, photo("dock.jpg"), photo("gate.png.jpg", width=300, height=600), document())
    await is_ready(page, 3)
    await expect(item(page, "dock.jpg").locator("img")).to_be_visible()
    await expect(item(page, "Delivery note.pdf")).to_contain_text("KB")
    await composer(page).fill("Which of these?")
    await page.keyboard.press("Control+Enter")
    await expect(tray(page)).to_have_count(0)

    for reader in (page, phone):
        await shows_once(reader, "Which of these?")
        await expect(line(reader, "Which of these?").locator(".message__photo")).to_have_count(2)
        for at in (0, 1):
            await is_shown(photos(reader).nth(at))
        await expect(cards(reader)).to_contain_text("Delivery note.pdf")
        await expect(photos(reader).first.locator("img")).to_have_attribute(
            "alt", re.compile(r"^Photo from Dispatcher 1, \d\d:\d\d$")
        )
    driver = await colleague.find(chat.driver)
    await colleague.add(chat, driver)
    cab = await visit(await colleague.make_link(chat, driver), **PHONE)
    await expect(photos(cab)).to_have_count(2)
    await is_shown(photos(cab).first)
    async with cab.expect_download() as download:
        await cards(cab).click()
    assert (await download.value).suggested_filename == "Delivery note.pdf"


async def test_a_photo_without_a_word_from_the_phone(customer, dispatcher, chat):
    phone, page = await customer(chat), await dispatcher(chat.path)
    await expect(phone.get_by_label("Take a photo").locator("visible=true")).to_have_count(1)
    assert await phone.get_by_label("Take a photo").get_attribute("capture") == "environment"
    await expect(page.get_by_label("Take a photo")).to_have_count(0)
    await phone.get_by_label("Take a photo").set_input_files([photo("IMG_1.jpg")])
    await is_ready(phone, 1)
    await send(phone)
    for reader in (phone, page):
        await expect(photos(reader)).to_have_count(1)
        await is_shown(photos(reader).first)
        await expect(reader.locator("#messages > li[data-number] .message__body").last).to_be_hidden()


async def test_dropped_on_the_thread(dispatcher, chat):
    page = await dispatcher(chat.path)
    await is_live(page)
    carried = await page.evaluate_handle(
        """(bytes) => {
            const carried = new DataTransfer();
            carried.items.add(new File([new Uint8Array(bytes)], "dropped.jpg", { type: "image/jpeg" }));
            return carried;
        }""",
        list(picture(80, 60)),
    )
    sign = page.get_by_text("Drop photos or PDFs to send them to everyone here")
    await expect(sign).to_be_hidden()
    await page.dispatch_event(".inbox", "dragover", {"dataTransfer": carried})
    await expect(sign).to_be_hidden()
    await page.dispatch_event("#scroll", "dragover", {"dataTransfer": carried})
    await expect(sign).to_be_visible()
    await page.dispatch_event("#scroll", "dragleave", {"dataTransfer": carried})
    await expect(sign).to_be_hidden()
    await page.dispatch_event("#scroll", "dragover", {"dataTransfer": carried})
    await page.dispatch_event("#scroll", "drop", {"dataTransfer": carried})
    await expect(sign).to_be_hidden()
    await is_ready(page, 1)
    # Beside the thread it is not taken, and does not take the place of the page either.
    assert (
        await page.evaluate(
            """(carried) => {
            const drop = new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true });
            return document.querySelector(".inbox").dispatchEvent(drop);
        }""",
            carried,
        )
        is False
    )
    await is_ready(page, 1)
    await send(page)
    await is_shown(photos(page).first)


PASTE = """([kinds, bytes]) => {
    const data = new DataTransfer();
    for (const kind of kinds) data.setData(kind, "Words");
    data.items.add(new File([new Uint8Array(bytes)], "image.png", { type: "image/png" }));
    const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
    return document.querySelector("#composer textarea").dispatchEvent(paste);
}"""


async def test_pasted(dispatcher, chat):
    page = await dispatcher(chat.path)
    screenshot = list(picture(80, 60, "PNG"))
    # A table that was copied is a text with a picture of it.
    assert await page.evaluate(PASTE, [["text/plain", "text/html"], screenshot]) is True
    await expect(tray(page)).to_have_count(0)
    assert await page.evaluate(PASTE, [[], screenshot]) is False
    await is_ready(page, 1)
    await expect(item(page, "image.png")).to_be_visible()
    await send(page)
    await is_shown(photos(page).first)


async def test_one_is_taken_away_by_the_keyboard(dispatcher, chat):
    page = await dispatcher(chat.path)
    await choose(page, photo("one.jpg"), photo("two.jpg"))
    await is_ready(page, 2)
    await page.get_by_role("button", name="Remove one.jpg").focus()
    await page.keyboard.press("Enter")
    await expect(item(page, "one.jpg")).to_have_count(0)
    await expect(page.get_by_role("button", name="Remove two.jpg")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(tray(page)).to_have_count(0)
    await expect(composer(page)).to_be_focused()
    # The same one can be chosen once more.
    await choose(page, photo("one.jpg"))
    await is_ready(page, 1)


async def test_what_cannot_be_sent_says_why_and_the_rest_goes(dispatcher, chat, tmp_path):
    page = await dispatcher(chat.path)
    huge = tmp_path / "huge.pdf"
    huge.write_bytes(document(size=15 * 1024 * 1024 + 1)["buffer"])
    await chooser(page).set_input_files(huge)
    await choose(
        page,
        {"name": "notes.docx", "mimeType": "application/octet-stream", "buffer": b"PK"},
        {"name": "picture.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"},
        {"name": "empty.jpg", "mimeType": "image/jpeg", "buffer": b""},
        *(photo(f"{number}.jpg") for number in range(1, 7)),
    )
    for name, why in {
        "notes.docx": "Only JPEG, PNG, WebP, HEIC and PDF can be sent.",
        "picture.svg": "Only JPEG, PNG, WebP, HEIC and PDF can be sent.",
        "empty.jpg": "This file is empty.",
        "huge.pdf": "This has 15.1 MB. A file may have 15 MB.",
        "6.jpg": "A message takes 5 files. This one is not added.",
    }.items():
        await expect(item(page, name).get_by_role("alert")).to_have_text(why)
    await is_ready(page, 5)
    await composer(page).fill("Five of them.")
    await send(page)
    await shows_once(page, "Five of them.")
    await expect(line(page, "Five of them.").locator(".message__photo")).to_have_count(5)


async def test_what_the_server_refuses_is_said_at_its_file(dispatcher, chat, complaints):
    complaints.expect("status of 4(15|22)")
    page = await dispatcher(chat.path)
    fake = {"name": "fake.jpg", "mimeType": "image/jpeg", "buffer": b"<html>" * 50}
    await choose(page, photo("good.jpg"), fake)
    await is_ready(page, 2)
    await composer(page).fill("Kept.")
    await send(page)
    refused = lines(page, "Kept.")
    await expect(refused.locator(".message__status")).to_contain_text("Not sent: Remove what cannot be sent.")
    await expect(refused.locator(".file-error")).to_have_count(1)
    await expect(refused.locator(".file-error")).to_contain_text("fake.jpg")
    await page.reload()
    await expect(refused.locator(".file-error")).to_contain_text("fake.jpg")
    await refused.get_by_role("button", name="Remove fake.jpg").click()
    await refused.get_by_role("button", name="Retry").click()
    await shows_once(page, "Kept.")
    await expect(photos(page)).to_have_count(1)


# On its way


async def slow_down(page, upload):
    """Bytes a second that go out; -1 for no limit."""
    session = await page.context.new_cdp_session(page)
    await session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": upload},
    )
    return session


def noise(name="large.pdf"):
    return document(name, size=3_000_000)


async def test_progress_cancel_and_retry(dispatcher, chat, complaints):
    complaints.expect("ERR_ABORTED")
    page = await dispatcher(chat.path)
    await is_live(page)
    await choose(page, photo("dock.jpg"), noise())
    await is_ready(page, 2)
    await slow_down(page, 300_000)
    await composer(page).fill("Slowly.")
    await page.keyboard.press("Control+Enter")
    mine = lines(page, "Slowly.")
    await expect(mine.get_by_role("progressbar", name="Sending")).to_be_visible()
    await expect(mine.locator(".message__status")).to_contain_text(re.compile(r"Sending [1-9]\d?%"))
    # Nobody waits to write until it is there.
    await composer(page).fill("Written meanwhile.")
    await page.keyboard.press("Control+Enter")
    await expect(lines(page, "Written meanwhile.").locator(".message__status")).to_have_text("Sending")
    await mine.get_by_role("button", name="Cancel").click()
    await expect(mine.locator(".message__status")).to_contain_text("Not sent: Cancelled.")
    await shows_once(page, "Written meanwhile.")
    await slow_down(page, -1)
    await mine.get_by_role("button", name="Retry").click()
    await shows_once(page, "Slowly.", within=PATIENCE)
    await expect(photos(page)).to_have_count(1)
    await expect(cards(page)).to_have_count(1)


async def test_without_a_connection_it_is_kept_and_sent_when_it_is_back(dispatcher, customer, chat, complaints):
    complaints.expect("ERR_INTERNET_DISCONNECTED", "WebSocket connection")
    phone = await customer(chat)
    await is_live(phone)
    # Before there is none, a little after the page, what it takes is loaded.
    await phone.get_by_label("Attach photos or PDFs").focus()
    await choose(phone, photo("before.jpg"))
    await is_ready(phone, 1)
    await phone.context.set_offline(True)
    await choose(phone, photo("tunnel.jpg"))
    await is_ready(phone, 2)
    await send(phone)
    await expect(waiting(phone).locator(".message__status")).to_contain_text("Not sent.")
    await expect(waiting(phone).locator(".message__photo img")).to_have_count(2)
    await phone.context.set_offline(False)
    await expect(photos(phone)).to_have_count(2, timeout=PATIENCE)
    await expect(waiting(phone)).to_have_count(0)


async def test_an_unsent_photo_outlives_its_page(dispatcher, chat, complaints):
    complaints.expect("ERR_FAILED")
    page = await dispatcher(chat.path)
    await page.route(LOSE, lambda route: route.abort())
    await choose(page, photo("kept.jpg"), document())
    await is_ready(page, 2)
    await send(page)
    await expect(waiting(page).locator(".message__status")).to_contain_text("Not sent.")
    await page.reload()
    await expect(waiting(page).locator(".message__photo img")).to_have_count(1)
    await expect(waiting(page).locator(".file")).to_contain_text("Delivery note.pdf")
    await page.close()
    again = await page.context.new_page()
    await again.goto(chat.path)
    await is_shown(photos(again).first)
    await expect(cards(again)).to_contain_text("Delivery note.pdf")
    await again.reload()
    await expect(photos(again)).to_have_count(1)
    await expect(waiting(again)).to_have_count(0)


async def test_what_was_chosen_and_not_sent_outlives_its_page(dispatcher, chat):
    page = await dispatcher(chat.path)
    await choose(page, photo("draft.jpg"), document())
    await is_ready(page, 2)
    await page.wait_for_function(KEPT, arg=2)
    await page.reload()
    await is_ready(page, 2)
    await expect(item(page, "draft.jpg").locator("img")).to_be_visible()
    await page.get_by_role("button", name="Remove draft.jpg").click()
    await is_ready(page, 1)
    await page.wait_for_function(KEPT, arg=1)
    await page.reload()
    await is_ready(page, 1)
    # A new tab begins with a copy, and what it does with that is nothing to this one.
    other = await page.context.new_page()
    await other.goto(chat.path)
    await is_ready(other, 1)
    await other.get_by_role("button", name="Remove Delivery note.pdf").click()
    await expect(tray(other)).to_have_count(0)
    await other.close()
    await page.reload()
    await is_ready(page, 1)
    await send(page)
    await expect(cards(page)).to_have_count(1)
    await page.reload()
    await is_live(page)
    await expect(tray(page)).to_have_count(0)


# A browser that had kept files, and now answers nothing for certain.
NO_DATABASE = """IDBFactory.prototype.open = () => { throw new DOMException("gone", "UnknownError"); };"""


async def test_what_cannot_be_read_any_more_is_said_and_the_text_is_kept(dispatcher, chat):
    page = await dispatcher(chat.path)
    context = page.context
    await choose(page, photo("dock.jpg"))
    await is_ready(page, 1)
    await composer(page).fill("The dock.")
    await page.close()
    page = await context.new_page()
    await page.add_init_script(NO_DATABASE)
    await page.goto(chat.path)

    status = tray(page).get_by_role("status")
    await expect(status).to_have_text(
        "The files that were chosen here cannot be read. Reload the page, or choose them again."
    )
    await expect(composer(page)).to_have_value("The dock.")
    # A reload that does not help says it again.
    await page.reload()
    await expect(status).to_contain_text("cannot be read")
    await choose(page, photo("again.jpg"))
    await expect(status).to_have_text(re.compile("^1 file to send"))
    await send(page)
    await shows_once(page, "The dock.")
    await expect(tray(page)).to_have_count(0)


KEPT = """(count) => new Promise((resolve) => {
    const opening = indexedDB.open("unsent", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("files");
    opening.onsuccess = () => {
        const asking = opening.result.transaction("files").objectStore("files").getAll();
        asking.onsuccess = () => {
            opening.result.close();
            resolve(asking.result.some((entry) => entry.files.length === count));
        };
    };
})"""
NEVER_READY = """window.Worker = class { postMessage() {} terminate() {} };"""


async def test_what_is_not_ready_yet_outlives_its_page_too(dispatcher, chat):
    """A photo that the camera has just taken may be nowhere else."""
    page = await dispatcher(chat.path)
    context = page.context
    await page.close()
    page = await context.new_page()
    await page.add_init_script(NEVER_READY)
    await page.goto(chat.path)
    await choose(page, photo("one.jpg", width=3000, height=2000), photo("two.jpg"))
    await expect(tray(page).get_by_role("status")).to_contain_text("Getting ready")
    await page.wait_for_function(KEPT, arg=2)
    await page.close()
    page = await context.new_page()
    await page.add_init_script(NEVER_READY)
    await page.goto(chat.path)
    await expect(tray(page).get_by_role("listitem")).to_have_count(2)
    # Nor does it go without them where it was sent before they were.
    await composer(page).fill("Both.")
    await send(page)
    await expect(lines(page, "Both.").locator(".message__photo")).to_have_count(2)
    await expect(lines(page, "Both.").locator(".message__status")).to_contain_text("Sending")
    await page.close()
    page = await context.new_page()
    await page.add_init_script(SENT)
    await page.goto(chat.path)
    await shows_once(page, "Both.", within=PATIENCE)
    await expect(photos(page)).to_have_count(2)
    sent = [(file["name"], file["width"]) for file in await page.evaluate("window.sent")]
    assert sent == [("one.jpg", 2560), ("two.jpg", 640)]
    await expect(tray(page)).to_have_count(0)


async def test_what_was_chosen_stays_in_its_order(dispatcher, chat):
    page = await dispatcher(chat.path)
    names = ["1.jpg", "2.jpg", "3.jpg"]
    await choose(page, *map(photo, names))
    await is_ready(page, 3)
    await page.wait_for_function(KEPT, arg=3)
    for _ in range(2):
        await page.reload()
        await is_ready(page, 3)
        await expect(tray(page).locator("bdi")).to_have_text(names)
    # Also where more is chosen before what was kept has been read. More than a message takes says so, as it does when
    # it is added.
    read = asyncio.Event()

    async def once_chosen(route):
        await read.wait()
        await route.continue_()

    await page.route("**/kept-files*.js", once_chosen)
    await page.reload()
    await choose(page, *map(photo, ["4.jpg", "5.jpg", "6.jpg"]))
    await is_ready(page, 3)
    read.set()
    await is_ready(page, 5)
    await expect(tray(page).locator("bdi")).to_have_text([*names, "4.jpg", "5.jpg", "6.jpg"])
    await expect(item(page, "6.jpg").get_by_role("alert")).to_have_text(
        "A message takes 5 files. This one is not added."
    )


async def test_a_duplicated_tab_begins_with_a_copy(dispatcher, chat):
    page = await dispatcher(chat.path)
    await choose(page, photo("draft.jpg"), document())
    await is_ready(page, 2)
    await page.wait_for_function(KEPT, arg=2)
    of_the_tab = await page.evaluate("JSON.stringify(sessionStorage)")
    twin = await page.context.new_page()
    await twin.add_init_script(f"if (!sessionStorage.length) Object.assign(sessionStorage, {of_the_tab});")
    await twin.goto(chat.path)
    await is_ready(twin, 2)
    await twin.get_by_role("button", name="Remove draft.jpg").click()
    await is_ready(twin, 1)
    await page.reload()
    await is_ready(page, 2)
    await twin.reload()
    await is_ready(twin, 1)


async def test_a_file_that_was_chosen_before_the_script_came_is_in_the_box(dispatcher, chat):
    page = await dispatcher(chat.path)
    release = asyncio.Event()

    async def slow(route):
        await release.wait()
        await route.continue_()

    await page.route(re.compile(r"\.js$"), slow)
    await page.goto(chat.path, wait_until="commit")
    await choose(page, photo("early.jpg"))
    release.set()
    await is_ready(page, 1)
    await expect(item(page, "early.jpg")).to_be_visible()
    await expect(chooser(page)).to_have_value("")


async def test_who_sends_before_the_tray_is_there_waits_for_it(dispatcher, chat):
    page = await dispatcher(chat.path)
    release = asyncio.Event()

    async def slow(route):
        await release.wait()
        await route.continue_()

    await page.route("**/js/tray*.js", slow)
    await page.reload()
    await choose(page, photo("late.jpg"))
    await expect(page.locator("#composer").get_by_text("Getting ready…")).to_be_visible()
    await composer(page).fill("With it.")
    await send(page)
    await expect(composer(page)).to_have_value("With it.")
    await expect(lines(page, "With it.")).to_have_count(0)
    release.set()
    await shows_once(page, "With it.")
    await expect(line(page, "With it.").locator(".message__photo")).to_have_count(1)
    await expect(page.locator("#composer").get_by_text("Getting ready…")).to_have_count(0)


async def send_too_much(page):
    await composer(page).fill("x" * 4001)
    await send(page)
    await expect(page.locator(".composer__error")).to_be_visible()
    assert page.url.endswith("/messages/")


async def test_the_links_of_a_refused_page_lead_where_they_say(visit, signed_in, colleague, chat, complaints):
    complaints.expect("status of 422")
    await colleague.send(chat, "Theirs.")
    guest = await colleague.make_link(chat, chat.customer_id)
    for door in (chat.path, guest):
        page = await visit(door, storage_state=signed_in if door == chat.path else None, java_script_enabled=False)
        if door == guest:
            await page.get_by_role("button", name="Join chat").click()
        here = page.url
        await choose(page, photo())
        await composer(page).fill("Mine.")
        await send(page)
        await send_too_much(page)
        await is_shown(photos(page).last)
        await line(page, "Theirs.").get_by_role("link", name="Reply").click()
        await expect(page.locator("#reply")).to_contain_text("Theirs.")
        assert page.url.startswith(here.partition("#")[0])
        await send_too_much(page)
        await line(page, "Mine.").last.get_by_role("link", name="Edit").click()
        await expect(page.get_by_label("New text")).to_have_value("Mine.")


async def test_two_people_on_one_phone(customer, chat, colleague, order, complaints):
    complaints.expect("ERR_FAILED")
    phone = await customer(chat)
    await phone.route(LOSE, lambda route: route.abort())
    await choose(phone, photo("private.jpg"))
    await is_ready(phone, 1)
    await send(phone)
    await expect(waiting(phone).locator(".message__status")).to_contain_text("Not sent.")
    await choose(phone, photo("unsent.jpg"))
    await is_ready(phone, 1)
    driver = await colleague.find(order["driver_name"])
    await colleague.add(chat, driver)
    cab = await phone.context.new_page()
    await cab.goto(await colleague.make_link(chat, driver))
    await cab.wait_for_url(f"**/g/*{chat.path}")
    await is_live(cab)
    await cab.get_by_label("Attach photos or PDFs").focus()
    await expect(waiting(cab)).to_have_count(0)
    await choose(cab, photo("mine.jpg"))
    await is_ready(cab, 1)
    await expect(tray(cab).get_by_role("listitem")).to_have_count(1)

    # The customer's own new link finds both.
    await phone.close()
    await cab.goto(await colleague.make_link(chat, chat.customer_id))
    await cab.wait_for_url(f"**/g/*{chat.path}")
    await expect(photos(cab)).to_have_count(1)
    await expect(item(cab, "unsent.jpg")).to_have_count(1)


async def test_on_plain_http_of_the_local_network(visit, server, chat, colleague):
    link = await colleague.make_link(chat, chat.customer_id)
    phone = await visit(link.replace("127.0.0.1", "dispatch.lan"), **PHONE)
    await phone.wait_for_url("**/g/**")
    assert await phone.evaluate("isSecureContext") is False
    await choose(phone, photo("lan.jpg"))
    await is_ready(phone, 1)
    await send(phone)
    await is_shown(photos(phone).first)


# Made smaller


async def test_a_large_photo_is_made_smaller_before_it_is_sent(dispatcher, chat):
    """Beside the page: on it, where it would be done otherwise, no photo can be read here."""
    page = await dispatcher(chat.path)
    await page.add_init_script(SENT + "HTMLImageElement.prototype.decode = () => Promise.reject();")
    await page.reload()
    await choose(
        page,
        photo("camera.JPG", width=6000, height=4000),
        photo("upright.jpeg", width=2400, height=3200, orientation=6),
        {"name": "clear.png", "mimeType": "image/png", "buffer": picture(3000, 200, "PNG", clear=True)},
        {"name": "screen.png", "mimeType": "image/png", "buffer": picture(3000, 2000, "PNG")},
        photo("small.jpg", width=800, height=600),
    )
    await is_ready(page, 5)
    await send(page)
    await expect(photos(page)).to_have_count(5)
    sent = {file["name"]: file for file in await page.evaluate("window.sent")}
    sizes = {name: (file.get("width"), file.get("height"), file["type"]) for name, file in sent.items()}
    assert sizes == {
        "camera.JPG": (2560, 1707, "image/jpeg"),
        "upright.jpeg": (1920, 2560, "image/jpeg"),
        "clear.png": (2560, 171, "image/png"),
        "screen.jpg": (2560, 1707, "image/jpeg"),
        "small.jpg": (800, 600, "image/jpeg"),
    }
    assert sent["small.jpg"]["size"] == len(photo(width=800, height=600)["buffer"])
    # Up is up, also for the one that lay on its side.
    colours = (
        await photos(page)
        .nth(1)
        .evaluate(
            """async (link) => {
            const bitmap = await createImageBitmap(await (await fetch(link.href)).blob());
            const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
            canvas.drawImage(bitmap, 0, 0);
            const pixel = (part) => [...canvas.getImageData(bitmap.width / 2, bitmap.height * part, 1, 1).data];
            return [pixel(0.1), pixel(0.9)];
        }"""
        )
    )
    assert colours[0][0] > 150 > 100 > colours[1][0]


async def test_a_photo_is_sent_as_it_is_where_it_cannot_be_made_smaller(dispatcher, chat):
    page = await dispatcher(chat.path)
    neither = "delete window.OffscreenCanvas; HTMLImageElement.prototype.decode = () => Promise.reject();"
    await page.add_init_script(SENT + neither)
    await page.reload()
    large = photo("camera.jpg", width=3000, height=2000)
    await choose(page, large)
    await is_ready(page, 1)
    await send(page)
    await expect(photos(page)).to_have_count(1)
    [sent] = await page.evaluate("window.sent")
    assert sent["size"] == len(large["buffer"])
    assert await photos(page).first.get_attribute("data-width") == "2560"


async def test_without_a_canvas_beside_the_page_it_is_made_smaller_on_it(dispatcher, chat):
    page = await dispatcher(chat.path)
    await page.add_init_script(SENT + "delete window.OffscreenCanvas;")
    await page.reload()
    await choose(page, photo("upright.jpg", width=2400, height=3200, orientation=6))
    await is_ready(page, 1)
    await send(page)
    await expect(photos(page)).to_have_count(1)
    [sent] = await page.evaluate("window.sent")
    assert (sent["width"], sent["height"]) == (1920, 2560)


# Without a script


async def test_a_plain_form_sends_files(visit, chat, colleague):
    link = await colleague.make_link(chat, chat.customer_id)
    page = await visit(link, **PHONE, java_script_enabled=False)
    await page.get_by_role("button", name="Join chat").click()
    await expect(chooser(page)).to_be_visible()
    await choose(page, photo("plain.jpg"), document())
    await page.get_by_role("button", name="Send").click()
    await expect(photos(page)).to_have_count(1)
    await expect(cards(page)).to_contain_text("Delivery note.pdf")
    assert re.search(r"/chats/\d+/#message-\d+$", page.url)

    desk = await visit("/login/", **DESK, java_script_enabled=False)
    await desk.get_by_label("Name").fill("dispatcher")
    await desk.get_by_label("Password").fill("demo")
    await desk.get_by_role("button", name="Sign in").click()
    await desk.goto(chat.path)
    await choose(desk, photo("desk.jpg"))
    await composer(desk).fill("From the desk.")
    await desk.get_by_role("button", name="Send", exact=True).click()
    await expect(line(desk, "From the desk.").locator(".message__photo")).to_be_visible()
