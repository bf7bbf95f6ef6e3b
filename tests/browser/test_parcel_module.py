"""outbox.js with files: what goes with which message, what outlives the page, what two tabs know of each other."""

import asyncio
import json
from datetime import timedelta

from playwright.async_api import expect

from .modules import (
    NOW,
    UNREACHABLE,
    Inbox,
    files_kept,
    has,
    is_stored,
    keeps_files,
    kept,
    line,
    write,
    write_with_files,
)
from .test_kept_module import asks_before_leaving

PHOTO, NOTE = ("dock.jpg", 2000), ("note.pdf", 300)


async def said_of_files(page, body):
    """[(name, what is wrong)] of the files of what is on its way."""
    said = await line(page, body).get_attribute("data-files")
    return [(name, problem) for name, _, problem in json.loads(said)]


async def nothing_is_kept(page):
    assert await kept(page) == {}
    await keeps_files(page)


async def test_files_go_with_their_message_and_leave_nothing_behind(tab):
    inbox = Inbox()
    page = await tab(inbox)
    await write_with_files(page, "proof", PHOTO, NOTE)
    await is_stored(page, "proof")
    assert inbox.files == [[("dock.jpg", 2000, "image/jpeg"), ("note.pdf", 300, "application/pdf")]]
    await nothing_is_kept(page)


async def test_a_text_waits_for_the_photo_that_was_sent_before_it(tab):
    came, release = asyncio.Event(), asyncio.Event()
    inbox = Inbox()

    async def slow(route):
        came.set()
        await release.wait()
        await route.fulfill(content_type="text/html", body=inbox.stored(*inbox.came[-1]))

    inbox.answers.append(slow)
    page = await tab(inbox)
    await write_with_files(page, "photo", PHOTO)
    await write(page, "text")
    await has(page, "text", "sending")
    await came.wait()
    assert inbox.bodies == ["photo"]
    release.set()
    await is_stored(page, "text")
    assert inbox.bodies == ["photo", "text"]


async def test_a_retry_has_the_same_key_and_the_same_files(tab, complaints):
    complaints.expect("ERR_FAILED", "503")
    inbox = Inbox(UNREACHABLE, 503)
    page = await tab(inbox)
    await write_with_files(page, "again", PHOTO, NOTE)
    await has(page, "again", "failed")
    await page.evaluate("window.chance = 0")
    await page.evaluate("dispatchEvent(new Event('online'))")
    await is_stored(page, "again")
    assert len(inbox.came) == 3
    assert len({key for _, key in inbox.came}) == 1
    assert inbox.files == [inbox.files[0]] * 3


async def test_what_was_not_sent_outlives_its_page_with_its_files(tab, complaints):
    complaints.expect("ERR_FAILED")
    inbox = Inbox(*[UNREACHABLE] * 20)
    page = await tab(inbox)
    # Also of a message without a word.
    await write_with_files(page, "", PHOTO)
    await write_with_files(page, "two", NOTE, PHOTO)
    await has(page, "two", "failed")
    await expect(line(page, "two")).to_have_attribute("data-files-kept", "true")
    inbox.answers.clear()
    inbox.came.clear()
    inbox.files.clear()
    await page.reload()
    await is_stored(page, "two")
    assert inbox.bodies == ["", "two"]
    assert [[name for name, *_ in files] for files in inbox.files] == [["dock.jpg"], ["note.pdf", "dock.jpg"]]
    assert inbox.files[0] == [("dock.jpg", 2000, "image/jpeg")]
    await nothing_is_kept(page)


async def test_another_person_finds_no_file_of_the_first(tab, complaints):
    complaints.expect("ERR_FAILED")
    inbox = Inbox(*[UNREACHABLE] * 20)
    mine = await tab(inbox)
    await write_with_files(mine, "mine", PHOTO)
    await expect(line(mine, "mine")).to_have_attribute("data-files-kept", "true")
    [key] = await files_kept(mine)
    assert key.startswith("3:7:")
    await mine.goto("about:blank")
    inbox.answers.clear()
    inbox.came.clear()
    for who in ({"person": 33}, {"chat": 77}):
        other = await tab(beside=mine, **who)
        await expect(other.locator("#messages > li")).to_have_count(0)
        # Nor by its key: whose page it is stands before every one.
        module = "import('/static/js/kept-files.js')"
        box = key.removeprefix("3:7:")
        assert await other.evaluate(f"{module}.then(({{ load }}) => load({json.dumps(box)}))") is None
        await other.close()
    assert inbox.came == []
    again = await tab(beside=mine, door="/g/new")
    await is_stored(again, "mine")
    assert inbox.files[-1] == [("dock.jpg", 2000, "image/jpeg")]


async def test_a_browser_that_keeps_no_files_says_so_and_sends_them_all_the_same(tab, complaints):
    complaints.expect("ERR_FAILED")
    refuse = "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };"
    inbox = Inbox(*[UNREACHABLE] * 20)
    page = await tab(inbox, before=refuse)
    await write_with_files(page, "only here", PHOTO)
    await has(page, "only here", "failed")
    await expect(line(page, "only here")).to_have_attribute("data-files-kept", "false")
    assert await asks_before_leaving(page)
    inbox.answers.clear()
    await page.evaluate("dispatchEvent(new Event('online'))")
    await is_stored(page, "only here")
    assert inbox.files[-1] == [("dock.jpg", 2000, "image/jpeg")]
    assert not await asks_before_leaving(page)


async def test_no_room_is_the_same_as_no_storage(tab, complaints):
    complaints.expect("ERR_FAILED")
    full = """IDBObjectStore.prototype.put = function () {
        this.transaction.abort();
        throw new DOMException("full", "QuotaExceededError");
    };"""
    inbox = Inbox(*[UNREACHABLE] * 20)
    page = await tab(inbox, before=full)
    await write_with_files(page, "no room", PHOTO)
    await expect(line(page, "no room")).to_have_attribute("data-files-kept", "false")
    assert await asks_before_leaving(page)
    inbox.answers.clear()
    await page.evaluate("dispatchEvent(new Event('online'))")
    await is_stored(page, "no room")


async def test_what_is_wrong_stands_at_its_file_and_the_rest_is_sent_without_it(tab, complaints):
    complaints.expect("status of 415")
    html = '<form><p class="field__error" data-file="1">“note.pdf” is no PDF.</p></form>'
    inbox = Inbox((415, {"html": html}))
    page = await tab(inbox)
    await write_with_files(page, "both", PHOTO, NOTE)
    await has(page, "both", "failed")
    assert await said_of_files(page, "both") == [("dock.jpg", ""), ("note.pdf", "“note.pdf” is no PDF.")]
    assert await line(page, "both").get_attribute("data-reason") == "Remove what cannot be sent."
    await write(page, "waits for nobody")
    await is_stored(page, "waits for nobody")

    # Also after a reload.
    await page.reload()
    await has(page, "both", "failed")
    await expect(line(page, "both")).to_have_attribute(
        "data-files", '[["dock.jpg",2000,""],["note.pdf",300,"“note.pdf” is no PDF."]]'
    )
    key = next(key for body, key in inbox.came if body == "both")
    await page.evaluate("(key) => outbox.removeFile(key, messages[key].files[1])", key)
    await expect(line(page, "both")).to_have_attribute("data-reason", "")
    await page.evaluate("(key) => outbox.retry(key)", key)
    await is_stored(page, "both")
    assert inbox.came[-1] == ("both", key)
    assert inbox.files[-1] == [("dock.jpg", 2000, "image/jpeg")]
    await nothing_is_kept(page)


async def test_a_message_of_which_nothing_is_left_is_gone(tab, complaints):
    complaints.expect("status of 422")
    inbox = Inbox((422, {"html": '<p class="field__error" data-file="0">“dock.jpg” is empty.</p>'}))
    page = await tab(inbox)
    await write_with_files(page, "", PHOTO)
    await has(page, "", "failed")
    await page.evaluate("(key) => outbox.removeFile(key, messages[key].files[0])", inbox.came[0][1])
    await expect(page.locator("#messages > li")).to_have_count(0)
    await nothing_is_kept(page)


async def test_no_room_on_the_server_and_no_more_today_hold_up_no_text(tab, complaints):
    complaints.expect("status of 507", "status of 429", "507 ", "status of 413")
    full = '<p class="field__error" data-files-refused>There is no room.</p>'
    answers = {
        (507, full): "There is no room.",
        (429, full): "There is no room.",
        # As they are turned away at the gate.
        (507, "No room."): "There is no room for files at the moment. Send the text without them.",
        (413, "Too large."): "Too large for one message. Send fewer files at once.",
    }
    for (status, html), said in answers.items():
        inbox = Inbox((status, {"html": html} | ({"Retry-After": "3600"} if status == 429 else {})))
        page = await tab(inbox)
        await write_with_files(page, "photo", PHOTO)
        await write(page, "text")
        await is_stored(page, "text")
        assert await line(page, "photo").get_attribute("data-reason") == said
        assert inbox.bodies == ["photo", "text"]


async def test_a_storage_that_stays_away_is_tried_three_times(tab, complaints):
    complaints.expect("503")
    away = (503, {"html": '<p class="field__error" data-files-refused>Not now.</p>'})
    inbox = Inbox(away, away, away)
    page = await tab(inbox)
    await page.evaluate("window.chance = 0")
    await write_with_files(page, "photo", PHOTO)
    await write(page, "text")
    await is_stored(page, "text")
    assert inbox.bodies == ["photo", "photo", "photo", "text"]
    await has(page, "photo", "failed")
    assert await line(page, "photo").get_attribute("data-reason") == "Not now."


async def test_what_is_cancelled_stays_and_lets_the_others_by(tab, complaints):
    complaints.expect("ERR_FAILED", "ERR_ABORTED")
    came = asyncio.Event()

    async def never(route):
        came.set()

    inbox = Inbox(never)
    page = await tab(inbox)
    await write_with_files(page, "photo", PHOTO)
    await write(page, "text")
    await came.wait()
    key = inbox.came[0][1]
    await page.evaluate("(key) => outbox.cancel(key)", key)
    await has(page, "photo", "failed")
    assert await line(page, "photo").get_attribute("data-reason") == "Cancelled."
    await is_stored(page, "text")
    await page.evaluate("(key) => outbox.retry(key)", key)
    await is_stored(page, "photo")
    assert [body for body, _ in inbox.came] == ["photo", "text", "photo"]
    assert inbox.came[2][1] == key


async def test_files_that_are_gone_are_said_to_be_and_the_text_is_kept(tab, complaints):
    complaints.expect("ERR_FAILED")
    inbox = Inbox(*[UNREACHABLE] * 5)
    page = await tab(inbox)
    await write_with_files(page, "words", PHOTO)
    await expect(line(page, "words")).to_have_attribute("data-files-kept", "true")
    await page.goto("about:blank")
    inbox.answers.clear()
    inbox.came.clear()
    wipe = "indexedDB.deleteDatabase('unsent');"
    page = await tab(beside=page, before=wipe)
    await has(page, "words", "failed")
    assert await said_of_files(page, "words") == [("dock.jpg", "No longer on this device.")]
    assert inbox.came == []
    key = await line(page, "words").get_attribute("data-client-id")
    await page.evaluate("(key) => outbox.removeFile(key, messages[key].files[0])", key)
    await page.evaluate("(key) => outbox.retry(key)", key)
    await is_stored(page, "words")


async def leave_unsent(tab, inbox, change, before=""):
    """A page that finds a message with two files of which `change` has made something else where they are kept."""
    inbox.answers.extend([UNREACHABLE] * 20)
    page = await tab(inbox)
    await write_with_files(page, "proof", PHOTO, NOTE)
    await expect(line(page, "proof")).to_have_attribute("data-files-kept", "true")
    await page.goto("about:blank")
    other = await tab(beside=page, chat=77)
    await other.evaluate(CHANGE_KEPT % change)
    await other.close()
    inbox.answers.clear()
    inbox.came.clear()
    inbox.files.clear()
    return await tab(beside=page, before=before)


CHANGE_KEPT = """new Promise((resolve) => {
    indexedDB.open("unsent", 1).onsuccess = ({ target: { result: database } }) => {
        const store = database.transaction("files", "readwrite").objectStore("files");
        store.openCursor().onsuccess = ({ target: { result: cursor } }) => {
            if (!cursor) { database.close(); return resolve(); }
            const entry = cursor.value;
            (({ files }) => { %s })(entry);
            cursor.update(entry);
            cursor.continue();
        };
    };
})"""


async def test_nothing_is_sent_without_a_file_that_is_not_there(tab, complaints):
    complaints.expect("ERR_FAILED")
    inbox = Inbox()
    page = await leave_unsent(tab, inbox, "files.shift()")
    await has(page, "proof", "failed")
    assert await said_of_files(page, "proof") == [("dock.jpg", "No longer on this device."), ("note.pdf", "")]
    assert await line(page, "proof").get_attribute("data-reason") == "Remove what cannot be sent."
    assert inbox.came == []
    # What is there stays there.
    await page.reload()
    await has(page, "proof", "failed")
    await expect(line(page, "proof")).to_have_attribute("data-files", NOT_THE_FIRST)
    key = await line(page, "proof").get_attribute("data-client-id")
    await page.evaluate("(key) => outbox.removeFile(key, messages[key].files[0])", key)
    await page.evaluate("(key) => outbox.retry(key)", key)
    await is_stored(page, "proof")
    assert inbox.files == [[("note.pdf", 300, "application/pdf")]]


NOT_THE_FIRST = '[["dock.jpg",null,"No longer on this device."],["note.pdf",300,""]]'


async def test_it_is_looked_for_again_with_every_try(tab, complaints):
    complaints.expect("ERR_FAILED")
    inbox = Inbox()
    page = await leave_unsent(tab, inbox, "files[0].id = 'x' + files[0].id")
    await expect(line(page, "proof")).to_have_attribute("data-files", NOT_THE_FIRST)
    await has(page, "proof", "failed")
    await page.evaluate(CHANGE_KEPT % "files[0].id = files[0].id.slice(1)")
    key = await line(page, "proof").get_attribute("data-client-id")
    await page.evaluate("(key) => outbox.retry(key)", key)
    await is_stored(page, "proof")
    assert inbox.files == [[("dock.jpg", 2000, "image/jpeg"), ("note.pdf", 300, "application/pdf")]]


async def test_what_was_taken_away_is_not_sent_although_it_is_still_kept(tab, complaints):
    complaints.expect("ERR_FAILED")
    inbox = Inbox()
    more = "files.unshift({ ...files[0], id: 'private', name: 'private.jpg' })"
    page = await leave_unsent(tab, inbox, more)
    await is_stored(page, "proof")
    assert [[name for name, *_ in files] for files in inbox.files] == [["dock.jpg", "note.pdf"]]


async def test_what_its_page_could_not_make_ready_is_made_ready_and_kept_before_it_is_sent(tab, complaints):
    complaints.expect("ERR_FAILED")
    inbox = Inbox()
    page = await leave_unsent(tab, inbox, "files[1].isRaw = true; files[1].name = 'scan.PDF'", before=READ)
    await is_stored(page, "proof")
    assert await page.evaluate("window.read") == [300]
    assert [[name for name, *_ in files] for files in inbox.files] == [["dock.jpg", "scan.PDF"]]


# How large each blob is that is read.
READ = """
window.read = [];
const read = Blob.prototype.arrayBuffer;
Blob.prototype.arrayBuffer = function () { window.read.push(this.size); return read.call(this); };
"""


async def test_a_store_that_does_not_answer_is_not_said_to_be_empty(tab, complaints):
    complaints.expect("ERR_FAILED")
    inbox = Inbox()
    away = """window.chance = 0;
    const open = IDBFactory.prototype.open;
    IDBFactory.prototype.open = function (...given) {
        if (window.isBack) return open.apply(this, given);
        throw new DOMException("not now", "UnknownError");
    };"""
    page = await leave_unsent(tab, inbox, "", before=away)
    await write(page, "text")
    # Which does not wait for ever.
    await is_stored(page, "text")
    await has(page, "proof", "failed")
    said = "What is kept on this device could not be read. Try again."
    assert await line(page, "proof").get_attribute("data-reason") == said
    assert [problem for _, problem in await said_of_files(page, "proof")] == ["", ""]
    key = await line(page, "proof").get_attribute("data-client-id")
    await page.evaluate("window.isBack = true")
    await page.evaluate("(key) => outbox.retry(key)", key)
    await is_stored(page, "proof")
    assert inbox.files == [[("dock.jpg", 2000, "image/jpeg"), ("note.pdf", 300, "application/pdf")]]


async def test_what_is_cancelled_while_what_sends_it_is_loaded_is_not_sent(tab):
    asked, release = asyncio.Event(), asyncio.Event()
    inbox = Inbox()
    page = await tab(inbox)

    async def slow(route):
        asked.set()
        await release.wait()
        await route.continue_()

    await page.route("**/js/upload.js", slow)
    await write_with_files(page, "photo", PHOTO)
    await asked.wait()
    key = await line(page, "photo").get_attribute("data-client-id")
    await page.evaluate("(key) => outbox.cancel(key)", key)
    release.set()
    await has(page, "photo", "failed")
    assert await line(page, "photo").get_attribute("data-reason") == "Cancelled."
    assert inbox.came == []


# Two tabs


async def test_two_tabs_do_not_send_the_same_photo_at_the_same_time(tab):
    release = asyncio.Event()
    inbox = Inbox()

    async def slow(route):
        await release.wait()
        await route.fulfill(content_type="text/html", body=inbox.stored(*inbox.came[0]))

    inbox.answers.append(slow)
    first = await tab(inbox)
    second = await tab(beside=first)
    await write_with_files(first, "photo", PHOTO)
    # The other one has heard of it and would help, were the first not at it.
    await has(second, "photo", "sending")
    await second.evaluate("dispatchEvent(new Event('online'))")
    await write(second, "text")
    await has(second, "text", "sending")
    assert inbox.bodies == ["photo"]
    release.set()
    await is_stored(first, "photo")
    # Whichever of them has sent it by then.
    await expect(second.locator("[data-state=failed]")).to_have_count(0)
    await is_stored(first, "text")
    assert inbox.bodies == ["photo", "text"]


async def test_a_tab_sends_the_photo_that_a_closed_one_could_not(tab, complaints):
    complaints.expect("ERR_FAILED")
    inbox = Inbox(*[UNREACHABLE] * 20)
    second = await tab(inbox)
    first = await tab(beside=second)
    await write_with_files(first, "from the closed tab", PHOTO)
    await expect(line(first, "from the closed tab")).to_have_attribute("data-files-kept", "true")
    await first.close()
    inbox.answers.clear()
    inbox.files.clear()
    await second.evaluate("dispatchEvent(new Event('online'))")
    await is_stored(second, "from the closed tab")
    assert inbox.files[-1] == [("dock.jpg", 2000, "image/jpeg")]


async def test_files_that_nobody_came_back_for_are_gone_after_a_month(tab):
    fill = f"""(async () => {{
        const {{ keep }} = await import("/static/js/kept-files.js");
        const blob = new Blob(["x"]);
        const now = Date.now;
        Date.now = () => {int((NOW - timedelta(days=31)).timestamp() * 1000)};
        await keep("old", [{{ name: "a.jpg", type: "image/jpeg", blob }}]);
        Date.now = () => {int((NOW - timedelta(days=29)).timestamp() * 1000)};
        await keep("young", [{{ name: "b.jpg", type: "image/jpeg", blob }}]);
        Date.now = now;
    }})()"""
    page = await tab()
    await page.evaluate(fill)
    assert await files_kept(page) == ["3:7:old", "3:7:young"]
    later = await tab(beside=page, clock=NOW)
    await later.evaluate("import('/static/js/kept-files.js')")
    await keeps_files(later, "3:7:young")
