"""The page's own modules on an empty page, where the test decides what the network and the clock do."""

import json
import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote

from playwright.async_api import expect

# For an Inbox: no answer comes.
UNREACHABLE = None

PAGE = "/empty-page/"
MESSAGES = "/chats/7/messages/"
NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)

# Every socket of the page, to be opened, spoken through and dropped by the test.
SOCKETS = """
window.sockets = [];
window.WebSocket = class {
    static CONNECTING = 0; static OPEN = 1; static CLOSING = 2; static CLOSED = 3;
    readyState = 0; sent = []; at = Date.now();
    constructor(url) { this.url = String(url); window.sockets.push(this); }
    open() { this.readyState = 1; this.onopen?.(); }
    say(data) { this.onmessage?.({ data }); }
    drop(code = 1006) { this.readyState = 3; this.onclose?.({ code }); }
    send(text) { this.sent.push(text); }
    close() { this.readyState = 2; }
};
window.chance = 0.999;
Math.random = () => window.chance;
"""

LIVE = """
import * as live from "/static/js/live.js";
import "/static/js/banner.js";
Object.assign(window, { gaps: 0, answered: 0, states: [] });
live.on("gap", () => { window.gaps++; return window.answered; });
live.on("state", (state) => window.states.push(state));
live.startFrom(() => ({ after: window.last ?? 4, revision: 2 }));
window.live = live;
"""

# What a form with files carries is not shown to who stands between: the page says it in a header.
UPLOADS = """
const send = XMLHttpRequest.prototype.send;
XMLHttpRequest.prototype.send = function (body) {
    const told = [...body.entries()].map(([name, value]) => [name, value.name ?? value, value.size, value.type]);
    this.setRequestHeader("X-Fields", encodeURIComponent(JSON.stringify(told)));
    return send.call(this, body);
};
"""

# Its thread shows what it is told and nothing more.
OUTBOX = """
import * as live from "/static/js/live.js";
import * as outbox from "/static/js/outbox.js";
const list = document.getElementById("messages");
const echoOf = (key) => list.querySelector(`[data-client-id="${key}"]`);
window.outbox = outbox;
live.on("state", (state) => (document.body.dataset.state = state));
outbox.start({
    echo: (message) => {
        const line = document.createElement("li");
        line.dataset.clientId = message.key;
        line.textContent = message.body;
        list.append(line);
    },
    mark: (key, state, reason = "") => {
        const line = echoOf(key);
        line.dataset.marks = (line.dataset.marks ? line.dataset.marks + " " : "") + state;
        Object.assign(line.dataset, { state, reason });
    },
    files: (message) => {
        const line = echoOf(message.key);
        const { files, filesKept } = message;
        const said = files.map(({ name, size, problem, refusal }) => [name, size ?? null, problem || refusal || ""]);
        if (line) line.dataset.files = JSON.stringify(said);
        if (line) line.dataset.filesKept = String(filesKept);
        window.messages = { ...window.messages, [message.key]: message };
    },
    progress: (message) => { const line = echoOf(message.key); if (line) line.dataset.progress = message.progress; },
    confirm: (key, html) => { echoOf(key)?.remove(); live.place(html); },
});
live.on("message", (line) => list.append(line));
"""


def empty_page(script, person=3, chat=7, door=""):
    return f"""<!doctype html><html lang="en"><head><title>Empty</title><meta name="live"
        content="{door}/ws/" data-chat="{chat}" data-person="{person}" data-door="{door}"
        data-page="{PAGE}" data-messages="{MESSAGES}"></head>
        <body><p id="connection" hidden></p><ol id="messages"></ol>
        <form id="composer" action="{MESSAGES}"><input name="csrfmiddlewaretoken" value="token">
        <textarea name="body"></textarea></form><script type="module">{script}</script></body></html>"""


async def serve(context, script, **who):
    """From now on the empty page of this browser is this one."""

    async def answer(route):
        await route.fulfill(content_type="text/html", body=empty_page(script, **who))

    await context.unroute(f"**{PAGE}")
    await context.route(f"**{PAGE}", answer)


class Inbox:
    """Where the sends of a browser arrive. `answers` are given in turn, each a status or None for none, then 200s."""

    def __init__(self, *answers):
        self.answers, self.came = list(answers), []
        # Of every message with files, [(name, bytes, type)] of each.
        self.files = []

    async def listen(self, context):
        await context.route(re.compile(rf"{MESSAGES}$"), self.take)
        return self

    async def take(self, route):
        if told := route.request.headers.get("x-fields"):
            fields = json.loads(unquote(told))
            self.files.append([tuple(more) for name, *more in fields if name == "files"])
            fields = {name: [value] for name, value, *_ in fields}
        else:
            fields = parse_qs(route.request.post_data, keep_blank_values=True)
        body, key = fields["body"][0], fields["client_id"][0]
        self.came.append((body, key))
        status, headers = 200, {}
        if self.answers:
            status = self.answers.pop(0)
        if isinstance(status, tuple):
            status, headers = status[0], dict(status[1])
        if status is None:
            await route.abort()
        elif callable(status):
            await status(route)
        else:
            html = headers.pop("html", None) or self.stored(body, key)
            await route.fulfill(status=status, headers=headers, content_type="text/html", body=html)

    def stored(self, body, key):
        number = len(self.came)
        return f'<li id="message-{number}" data-number="{number}" data-author="3" data-client-id="{key}">{body}</li>'

    @property
    def bodies(self):
        return [body for body, _ in self.came]


# What stands on it


def line(page, body):
    return page.locator("#messages > li").filter(has_text=re.compile(f"^{body}$"))


async def has(page, body, state):
    await expect(line(page, body)).to_have_attribute("data-state", state)


async def is_stored(page, body):
    await expect(line(page, body)).to_have_count(1)
    await expect(line(page, body)).to_have_attribute("data-number", re.compile(r"\d"))


async def write(page, *bodies):
    for body in bodies:
        await page.evaluate("(body) => outbox.send(body)", body)


async def write_with_files(page, body, *files):
    """Sends `body` with files of zeros: (name, bytes) each."""
    await page.evaluate(
        """([body, files]) => outbox.send(body, null, { files: files.map(([name, size]) => {
            const type = name.endsWith(".pdf") ? "application/pdf" : "image/jpeg";
            const blob = new Blob([new Uint8Array(size)], { type });
            return { id: crypto.randomUUID(), name, type, size, blob, ready: Promise.resolve() };
        }) })""",
        [body, files],
    )


# The keys under which this browser keeps files.
FILES_KEPT = """new Promise((resolve, reject) => {
    const opening = indexedDB.open("unsent", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("files");
    opening.onerror = reject;
    opening.onsuccess = () => {
        const asking = opening.result.transaction("files").objectStore("files").getAllKeys();
        asking.onsuccess = () => { opening.result.close(); resolve(asking.result); };
    };
})"""


async def files_kept(page):
    return await page.evaluate(FILES_KEPT)


async def keeps_files(page, *keys):
    """Waits until these are the keys under which this browser keeps files."""
    await page.wait_for_function(f"{FILES_KEPT}.then((keys) => keys.join(' ') === {json.dumps(' '.join(keys))})")


async def kept(page):
    """What the browser keeps, by its key."""
    return json.loads(await page.evaluate("JSON.stringify(localStorage)"))
