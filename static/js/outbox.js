// What was written and is not yet stored. It is shown at once, sent one after the other in the order in which it was
// written, and stays on this device until the server has it. A retry carries the same key, so that the server, which
// may have stored it although its answer was lost, answers with the first one.

import * as kept from "./kept.js";
import { catchUp, on, page, pause, stop } from "./live.js";
import * as parcel from "./parcel.js";
import { errorIn, NOT_HERE, post } from "./sending.js";
import { word } from "./words.js";
export { headers } from "./sending.js";

const form = () => document.getElementById("composer");
const GRACE = 3_000; // milliseconds for the tab in which something was written, before another tab helps

let unsent = [];
let thread = null;
let sending = false;
let attempt = null;
let trying = null; // the message of that attempt
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
// has it: { offer: [text, …] }; `files` are those of tray.js, kept in `box`.
export function send(body, reply = null, { fields = {}, files = [], box = "" } = {}) {
  takeOver();
  // A place in the line and not a time: clocks are set, and two messages fit into a millisecond.
  const place = 1 + Math.max(0, ...unsent.map((message) => message.place));
  const message = { key: uuid(), body, reply, fields, place, at: new Date().toISOString(), files, box };
  if (files.length) message.box ||= message.key;
  unsent.push(message);
  keep(message);
  show(message);
  flush();
}

function keep(message) {
  const { key, body, reply, fields, place, at, refused, reason } = message;
  message.kept = kept.keep({ key, body, reply, fields, place, at, refused, reason, ...parcel.label(message) });
  if (hasFiles(message) && !message.filesKept) parcel.keep(message).then(() => thread.files?.(message));
}
const hasFiles = (message) => message.files?.length > 0;

// The storage belongs to all tabs of this person: what one of them wrote any of them sends, and what one of them has
// sent or deleted is no other's to send again.
function takeOver() {
  letGo();
  const known = new Set(unsent.map((message) => message.key));
  const more = (kept.messages() ?? []).filter((message) => !known.has(message.key) && !isStored(message));
  unsent = [...unsent, ...more.map((message) => ({ ...message, kept: true, filesKept: true }))].sort(inLine);
  unsent.filter((message) => !known.has(message.key)).forEach(show);
  for (const message of unsent) if (!message.kept || (hasFiles(message) && message.filesKept === false)) keep(message);
}

// The page was made after it had arrived, although nobody could tell the one who sent it.
function isStored({ key, files, box }) {
  const stored = document.querySelector(`#messages > [data-number][data-client-id="${CSS.escape(key)}"]`);
  if (stored) kept.forget(key);
  if (stored && files?.length) parcel.forget(box);
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
  // What another page has left is shown when it has been fetched.
  if (hasFiles(message)) parcel.gather(message).catch(() => {}).then(() => thread.files?.(message));
}

// Said once and not with every attempt: it is read out.
function mark(message, state, reason = "") {
  if (message.state === state && message.said === reason) return;
  Object.assign(message, { state, said: reason });
  thread.mark(message.key, state, reason, message.reply);
  if (hasFiles(message)) thread.files?.(message);
}

export function retry(key) {
  const message = unsent.find((one) => one.key === key);
  if (!message) return;
  delete message.refused;
  delete message.reason;
  delete message.cancelled;
  parcel.forgive(message);
  keep(message);
  mark(message, "sending");
  failures = 0;
  flush();
}

export function discard(key) {
  const message = unsent.find((one) => one.key === key);
  drop(key);
  kept.forget(key);
  if (message && hasFiles(message)) parcel.forget(message.box);
}

// What was on its way stops; what has arrived is stored all the same, and is not sent again.
export function cancel(key) {
  const message = unsent.find((one) => one.key === key);
  if (!message) return;
  message.cancelled = true;
  if (message === trying) attempt.abort();
  else refuse(message, word("Cancelled."));
}

// Without this one file, so that the rest can be sent.
export function removeFile(key, file) {
  const message = unsent.find((one) => one.key === key);
  if (!message) return;
  message.files = message.files.filter((one) => one !== file);
  message.filesKept = false;
  if (!hasFiles(message)) parcel.forget(message.box);
  if (!message.body && !hasFiles(message)) {
    discard(key);
    return thread.confirm(key, "");
  }
  if (!parcel.isFaulty(message)) message.reason = "";
  keep(message);
  mark(message, "failed", message.reason);
  thread.files?.(message);
}

function drop(key) {
  // Whatever is still being done for it stops mattering.
  for (const message of unsent) if (message.key === key) message.isOver = true;
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
  if (hasFiles(message)) {
    // Another tab is at it. What takes long is not sent twice at the same time.
    if (kept.isClaimed(message.key)) return waitForOther();
    const problem = await parcel.problem(message).catch(() => null);
    if (!unsent.includes(message) || message.refused) return true;
    if (problem === null) return later();
    if (problem) return refuse(message, problem);
  }
  attempt = new AbortController();
  trying = message;
  let answer;
  try {
    answer = await post(message, attempt, () => {
      // Said again only when it gets further.
      if (message.progress) mark(message, "sending");
      thread.progress?.(message);
    });
  } catch {
    if (message.cancelled) return refuse(message, word("Cancelled."));
    // Not answered, or not to its end. It may be stored: the same key asks again, and finds it.
    return later();
  } finally {
    trying = null;
  }
  const { ok, status, headers, html } = answer;
  if (ok) return settle(message, html);
  const wait = Number(headers.get("Retry-After")) || 0;
  if (!parcel.isStuck(message, status, wait, html) && (status === 429 || status >= 500)) return later(wait, errorIn(html) || (status === 503 ? word("The server is busy. It is tried again.") : ""));
  if (status in NOT_HERE) return hold(NOT_HERE[status]);
  // What it answers is gone: the next try is without it.
  if (html.includes("data-reply-gone")) message.reply = null;
  return refuse(message, parcel.blame(message, status, html) || errorIn(html));
}

function refuse(message, reason) {
  message.refused = true;
  message.reason = reason;
  keep(message);
  mark(message, "failed", reason);
  return true;
}

function waitForOther() {
  clearTimeout(timer);
  timer = setTimeout(flush, GRACE);
  return false;
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
function hold(reason) {
  for (const message of unsent) if (!message.refused) mark(message, "failed", reason);
  stop();
  return false;
}

// When to try again

function tryNow() {
  failures = 0;
  flush();
}
on("open", tryNow);
addEventListener("online", () => {
  // An attempt on the old network may hang until it is given up.
  attempt?.abort();
  tryNow();
});
// Who looks at it waits for it. Where there is no socket to open, nothing else would say so.
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && tryNow());
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
  if (unsent.some((message) => !message.kept || (hasFiles(message) && !message.filesKept)) || (!draftIsKept && form()?.elements.body?.value.trim())) event.preventDefault();
});
