"""The page's own modules on an empty page, where the test decides what the network and the clock do."""

import json
import re
from datetime import UTC, datetime
from urllib.parse import parse_qs

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

    async def listen(self, context):
        await context.route(re.compile(rf"{MESSAGES}$"), self.take)
        return self

    async def take(self, route):
        fields = parse_qs(route.request.post_data)
        body, key = fields["body"][0], fields["client_id"][0]
        self.came.append((body, key))
        status, headers = 200, {}
        if self.answers:
            status = self.answers.pop(0)
        if isinstance(status, tuple):
            status, headers = status
        if status is None:
            await route.abort()
        elif callable(status):
            await status(route)
        else:
            await route.fulfill(status=status, headers=headers, content_type="text/html", body=self.stored(body, key))

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


async def kept(page):
    """What the browser keeps, by its key."""
    return json.loads(await page.evaluate("JSON.stringify(localStorage)"))
