// What was written and is not yet stored. It is shown at once, sent one after the other in the order in which it was
// written, and stays on this device until the server has it. A retry carries the same key, so that the server, which
// may have stored it although its answer was lost, answers with the first one.

import * as kept from "./kept.js";
import { catchUp, on, page, pause, stop } from "./live.js";
import { word } from "./words.js";

const form = () => document.getElementById("composer");
const PATIENCE = 15_000; // milliseconds
const GRACE = 3_000; // for the tab in which something was written, before another tab helps

let unsent = [];
let thread = null;
let sending = false;
let attempt = null;
let timer = 0;
let failures = 0;

// crypto.randomUUID is not there on a plain-HTTP address of the local network.
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export function start(its) {
  thread = its;
  const text = form()?.elements.body;
  if (text && !text.value) text.value = kept.draft();
  flush();
}

// What is unsent

// `reply` is the number of the message that this one answers, or null; `fields` is what else goes with it, as the form
// has it: { offer: [text, …] }.
export function send(body, reply = null, { fields = {} } = {}) {
  takeOver();
  // A place in the line and not a time: clocks are set, and two messages fit into a millisecond.
  const place = 1 + Math.max(0, ...unsent.map((message) => message.place));
  const message = { key: uuid(), body, reply, fields, place, at: new Date().toISOString() };
  unsent.push(message);
  keep(message);
  show(message);
  flush();
}

function keep(message) {
  const { key, body, reply, fields, place, at, refused, reason } = message;
  message.kept = kept.keep({ key, body, reply, fields, place, at, refused, reason });
}

// The storage belongs to all tabs of this person: what one of them wrote any of them sends, and what one of them has
// sent or deleted is no other's to send again.
function takeOver() {
  letGo();
  const known = new Set(unsent.map((message) => message.key));
  const more = (kept.messages() ?? []).filter((message) => !known.has(message.key) && !isStored(message.key));
  unsent = [...unsent, ...more.map((message) => ({ ...message, kept: true }))].sort(inLine);
  unsent.filter((message) => !known.has(message.key)).forEach(show);
  for (const message of unsent) if (!message.kept) keep(message);
}

// The page was made after it had arrived, although nobody could tell the one who sent it.
function isStored(key) {
  const stored = document.querySelector(`#messages > [data-number][data-client-id="${CSS.escape(key)}"]`);
  if (stored) kept.forget(key);
  return Boolean(stored);
}

function letGo() {
  const stored = kept.messages();
  if (!stored) return;
  const keys = new Set(stored.map((message) => message.key));
  const gone = unsent.filter((message) => message.kept && !keys.has(message.key));
  for (const message of gone) {
    drop(message.key);
    thread.confirm(message.key, "");
  }
  // Sent or deleted? If it was sent, it should not be missing until the socket brings it.
  if (gone.length) catchUp();
}

const inLine = (a, b) => a.place - b.place || (a.key < b.key ? -1 : 1);

function show(message) {
  thread.echo(message);
  mark(message, message.refused ? "failed" : "sending", message.reason);
}

// Said once and not with every attempt: it is read out.
function mark(message, state, reason = "") {
  if (message.state === state && message.said === reason) return;
  Object.assign(message, { state, said: reason });
  thread.mark(message.key, state, reason, message.reply);
}

export function retry(key) {
  const message = unsent.find((one) => one.key === key);
  if (!message) return;
  delete message.refused;
  delete message.reason;
  keep(message);
  mark(message, "sending");
  failures = 0;
  flush();
}

export function discard(key) {
  drop(key);
  kept.forget(key);
}

function drop(key) {
  unsent = unsent.filter((message) => message.key !== key);
}

// Sending

async function flush() {
  clearTimeout(timer);
  if (sending) return;
  sending = true;
  try {
    for (let next; (next = first()); ) if (!(await deliver(next))) break;
  } finally {
    sending = false;
  }
}

function first() {
  takeOver();
  return unsent.find((message) => !message.refused);
}

// True when the next one may be tried.
async function deliver(message) {
  attempt = new AbortController();
  const timeout = setTimeout((late) => late.abort(), PATIENCE, attempt);
  let response;
  let html;
  const fields = new URLSearchParams({ body: message.body, client_id: message.key });
  if (message.reply) fields.set("reply_to", message.reply);
  for (const [name, values] of Object.entries(message.fields ?? {})) for (const value of [values].flat()) fields.append(name, value);
  try {
    response = await fetch(form()?.action || page.messages, {
      method: "POST",
      headers: headers(),
      body: fields,
      redirect: "error",
      signal: attempt.signal,
    });
    html = await response.text();
  } catch {
    // Not answered, or not to its end. It may be stored: the same key asks again, and finds it.
    return later();
  } finally {
    clearTimeout(timeout);
  }
  if (response.ok) return settle(message, html);
  if (response.status === 429 || response.status >= 500) {
    return later(Number(response.headers.get("Retry-After")) || 0, response.status === 429 ? errorIn(html) : "");
  }
  if (response.status in NOT_HERE) return hold(NOT_HERE[response.status]);
  message.refused = true;
  message.reason = errorIn(html);
  // What it answers is gone: the next try is without it.
  if (html.includes("data-reply-gone")) message.reply = null;
  keep(message);
  mark(message, "failed", message.reason);
  return true;
}

function settle(message, html) {
  // Whoever stands between us and the server may answer anything. Stored is what comes back with our key.
  if (!html.includes(message.key)) return later();
  failures = 0;
  discard(message.key);
  thread.confirm(message.key, html);
  return true;
}

// Those behind it wait as well, and say so.
function later(seconds = 0, reason = "") {
  for (const message of unsent) if (!message.refused) mark(message, "failed", reason);
  clearTimeout(timer);
  timer = setTimeout(flush, Math.max(seconds * 1000, pause(failures++)));
  return false;
}

// Nothing is wrong with the message: whoever comes back in sends it. So it stays, and the page goes to the door.
const NOT_HERE = {
  401: word("You are signed out."),
  403: word("Reload the page and try again."),
  404: page.door ? word("This link no longer works.") : word("This chat is not there."),
};
function hold(reason) {
  for (const message of unsent) if (!message.refused) mark(message, "failed", reason);
  stop();
  return false;
}

function errorIn(html) {
  const answer = document.createElement("template");
  answer.innerHTML = html;
  return answer.content.querySelector(".field__error")?.textContent.trim() || "";
}

// The page's own token, which stops working when somebody signs in. So what one person has written here is never sent
// in the name of another who has signed in meanwhile, in another tab.
const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value || /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1] || "";
export const headers = () => ({ "HX-Request": "true", "X-CSRFToken": token });

// When to try again

on("open", () => {
  failures = 0;
  flush();
});
addEventListener("online", () => {
  // An attempt on the old network may hang until it is given up.
  failures = 0;
  attempt?.abort();
  flush();
});
// By socket or by HTTP, from this tab or another: what is in the conversation is sent.
on("message", (line) => {
  if (line.dataset.author === page.person && unsent.some((message) => message.key === line.dataset.clientId)) {
    discard(line.dataset.clientId);
  }
});

let helping = 0;
kept.watch((isMore) => {
  if (!isMore) return letGo();
  clearTimeout(helping);
  helping = setTimeout(flush, GRACE);
});

// The draft

let draftIsKept = true;
export function keepDraft(text) {
  draftIsKept = kept.keepDraft(text);
}

// What no storage has would go with the page.
addEventListener("beforeunload", (event) => {
  if (unsent.some((message) => !message.kept) || (!draftIsKept && form()?.elements.body?.value.trim())) event.preventDefault();
});
