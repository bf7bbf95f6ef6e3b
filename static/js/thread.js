// The messages of the open conversation: each once, in the order of their numbers, whichever way they came.

import { localise, dayName, sameDay } from "./times.js";
import { isLive, on, page, place, say, startAfter } from "./live.js";
import * as outbox from "./outbox.js";
import { peopleChanged, stopTyping } from "./people.js";

const list = document.getElementById("messages");
const scroll = document.getElementById("scroll");
const echoes = document.getElementById("echo");
const jump = document.getElementById("jump");

const NEAR = 80; // px from the end that still count as being there
const GROUP = 5 * 60_000; // the same author within this time: one header
const numbered = () => list.querySelectorAll("li[data-number]");
const numberOf = (line) => Number(line.dataset.number);
const isMine = (line) => line.dataset.author === page.person && line.dataset.kind === "text";

// The last number up to which nothing is missing.
let last = 0;
function advance() {
  const have = new Set([...numbered()].map(numberOf));
  if (!last) last = Math.min(...have, Infinity) - 1;
  if (last === Infinity) last = 0;
  while (have.has(last + 1)) last++;
}
advance();
startAfter(() => last);

// Placing

let unseen = 0;
function add(line) {
  const number = numberOf(line);
  const present = document.getElementById(line.id);
  if (present) return;
  const atEnd = isAtEnd();
  localise(line);
  let before = [...numbered()].at(-1);
  while (before && numberOf(before) > number) before = previousNumbered(before);
  before ? before.after(line) : list.prepend(line);
  echoOf(line.dataset.clientId)?.remove();
  if (number > last && !isMine(line) && line.dataset.kind === "text") unseen++;
  advance();
  arrange();
  if (atEnd || isMine(line)) toEnd();
  else showJump();
  stopTyping(line.dataset.author);
  const unopened = document.querySelector(`#person-${line.dataset.author} [data-unopened]`);
  if (line.dataset.event || unopened) peopleChanged();
  markRead();
}

// What I wrote and the server has not confirmed yet has a key, and no number.
const echoOf = (key) => (key ? list.querySelector(`li[data-client-id="${CSS.escape(key)}"]:not([data-number])`) : null);

function previousNumbered(line) {
  do line = line.previousElementSibling;
  while (line && !line.dataset.number);
  return line;
}

// Days and groups belong to the reader's clock and to what is on this page, so they are made here and not in the message.
function arrange() {
  let before = null;
  let day = null;
  for (const line of [...list.children]) {
    if (line.classList.contains("day")) {
      // Of two in a row the first is left over. One that is right stays, so that it is not read out again.
      day?.remove();
      day = line;
      continue;
    }
    const at = new Date(line.dataset.at);
    const earlier = before && new Date(before.dataset.at);
    const fresh = earlier && sameDay(at, earlier) ? null : dayLine(at);
    if (!fresh) day?.remove();
    else if (!day) line.before(fresh);
    else if (day.textContent !== fresh.textContent) day.replaceWith(fresh);
    day = null;
    const continued =
      earlier && line.dataset.kind === "text" && before.dataset.kind === "text" &&
      before.dataset.author === line.dataset.author && at - earlier < GROUP && sameDay(at, earlier);
    line.classList.toggle("message--continued", Boolean(continued));
    before = line;
  }
  day?.remove();
  showSent();
}

function dayLine(at) {
  const line = document.createElement("li");
  line.className = "day";
  const time = document.createElement("time");
  time.dateTime = at.toISOString().slice(0, 10);
  time.textContent = dayName(at);
  line.append(time);
  return line;
}

// Sent means stored. It stands under the last of mine only.
function showSent() {
  list.querySelector(".message__status[data-sent]")?.remove();
  const lastLine = [...list.querySelectorAll("li[data-kind=text]")].at(-1);
  if (!lastLine || !isMine(lastLine) || !lastLine.dataset.number) return;
  const status = document.createElement("p");
  status.className = "message__status";
  status.dataset.sent = "";
  status.textContent = "Sent";
  lastLine.querySelector(".message__content").append(status);
}

// Mine, before they are stored: made from the same element as everybody else's

const thread = {
  echo(message) {
    const line = echoes.content.firstElementChild.cloneNode(true);
    line.removeAttribute("id");
    delete line.dataset.number;
    line.dataset.clientId = message.key;
    line.dataset.at = message.at;
    line.querySelector(".message__body").textContent = message.body;
    const time = line.querySelector("time");
    time.dateTime = message.at;
    localise(line);
    list.append(line);
    arrange();
    toEnd();
  },

  mark(key, state, reason = "") {
    const line = echoOf(key);
    if (!line) return;
    line.classList.toggle("message--sending", state === "sending");
    line.classList.toggle("message--failed", state === "failed");
    line.querySelector(".message__status")?.remove();
    const status = document.createElement("p");
    status.className = "message__status";
    if (state === "sending") status.textContent = "Sending";
    else {
      status.setAttribute("role", "alert");
      status.append(reason ? `Not sent: ${reason} ` : "Not sent. ", button("Retry", () => outbox.retry(key)), " · ", button("Delete", () => {
        outbox.discard(key);
        line.remove();
        arrange();
      }));
    }
    line.querySelector(".message__content").append(status);
    if (isAtEnd()) toEnd();
  },

  confirm(key, html) {
    place(html);
    echoOf(key)?.remove();
    arrange();
  },
};

function button(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "textbutton";
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}

// Where the reader is

const isAtEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR;
function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
  unseen = 0;
  showJump();
}
function showJump() {
  if (isAtEnd()) unseen = 0;
  jump.hidden = isAtEnd();
  jump.querySelector("[data-jump]").textContent = unseen ? `${unseen} new` : "Latest";
}
jump.addEventListener("click", toEnd);
scroll.addEventListener("scroll", () => {
  showJump();
  markRead();
}, { passive: true });
// The end stays in view when the keyboard opens or the composer grows.
let wasAtEnd = true;
scroll.addEventListener("scroll", () => (wasAtEnd = isAtEnd()), { passive: true });
new ResizeObserver(() => wasAtEnd && (scroll.scrollTop = scroll.scrollHeight)).observe(scroll);

// Read: what stands at the end of the page while its window has the focus

let read = 0;
function markRead() {
  if (last <= read || document.visibilityState !== "visible" || !document.hasFocus() || !isAtEnd()) return;
  read = last;
  if (say("read", { number: last })) return;
  fetch(page.reads, {
    method: "POST",
    headers: outbox.headers(),
    body: new URLSearchParams({ number: last }),
  }).catch(() => (read = 0));
}
addEventListener("focus", markRead);
document.addEventListener("visibilitychange", markRead);

// Earlier messages, without a jump of what is being read

const earlier = document.getElementById("earlier");
let loading = false;
async function loadEarlier() {
  if (loading) return;
  loading = true;
  earlier.setAttribute("aria-busy", "true");
  try {
    const first = numberOf(numbered()[0]);
    const response = await fetch(`${earlier.dataset.messages}?before=${first}`, { headers: { "HX-Request": "true" } });
    if (!response.ok) return;
    const page = document.createElement("template");
    page.innerHTML = await response.text();
    localise(page.content);
    const fromEnd = scroll.scrollHeight - scroll.scrollTop;
    list.prepend(page.content);
    arrange();
    const done = numberOf(numbered()[0]) <= 1;
    if (done) earlier.parentElement.remove();
    scroll.scrollTop = scroll.scrollHeight - fromEnd;
  } catch {
    // The button stays and can be pressed again; the banner says that there is no connection.
  } finally {
    loading = false;
    earlier.removeAttribute("aria-busy");
  }
}
if (earlier) {
  earlier.addEventListener("click", (event) => {
    event.preventDefault();
    loadEarlier();
  });
  new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && loadEarlier(), { root: scroll, rootMargin: "200px" }).observe(earlier);
}

// What was missed

async function fillGap() {
  try {
    for (;;) {
      const response = await fetch(`${page.messages}?after=${last}`, { headers: { "HX-Request": "true" } });
      if (!response.ok) return;
      const before = last;
      place(await response.text());
      if (last === before) return;
    }
  } catch {
    // No connection: the socket's next attempt begins after the same number.
  }
}

on("message", add);
on("gap", fillGap);
on("open", () => {
  read = 0;
  markRead();
});
on("state", () => document.documentElement.toggleAttribute("data-live", isLive()));

arrange();
outbox.start(thread);
const target = /^#message-\d+$/.test(location.hash) && document.querySelector(location.hash);
if (target && target !== [...numbered()].at(-1)) target.scrollIntoView({ block: "center" });
else toEnd();
markRead();
