// What was written and is not yet stored. It is shown at once, sent one after the other in the order in which it was
// written, and stays on this device until the server has it. A retry carries the same key, so that the server, which
// may have stored it although its answer was lost, answers with the first one.

import { on, page } from "./live.js";

const form = () => document.getElementById("composer");
const owner = `${page.door || "team"}:${page.person}:${page.chat}`;
const DRAFT = `draft:${owner}:`;
const UNSENT = `unsent:${owner}:`;
const PATIENCE = 15_000;

// Private browsing may refuse storage: then what is unsent lives as long as the page.
function store(key, value) {
  try {
    if (value) localStorage.setItem(key, JSON.stringify(value));
    else localStorage.removeItem(key);
  } catch {
    // The page itself still has it.
  }
}
function stored(prefix) {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    return keys.map((key) => JSON.parse(localStorage.getItem(key)));
  } catch {
    return [];
  }
}

// Each under a key of its own, so that two tabs of one person do not overwrite each other's.
const keep = (message) => store(UNSENT + message.key, message);

// crypto.randomUUID is not there on a plain-HTTP address of the local network.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

let unsent = stored(UNSENT).sort((a, b) => a.at.localeCompare(b.at));
let sending = false;
let retryTimer = 0;
let thread = null;

export function start(its) {
  thread = its;
  const text = form()?.elements.body;
  if (text && !text.value) text.value = stored(DRAFT)[0] ?? "";
  unsent.forEach(show);
  flush();
}

function show(message) {
  thread.echo(message);
  if (message.refused) thread.mark(message.key, "failed", message.reason);
  else thread.mark(message.key, "sending");
}

export function send(body) {
  const message = { key: uuid(), body, at: new Date().toISOString() };
  unsent.push(message);
  keep(message);
  show(message);
  flush();
}

export function keepDraft(text) {
  store(DRAFT, text);
}

export function retry(key) {
  const message = unsent.find((one) => one.key === key);
  if (message) delete message.refused;
  flush();
}

export function discard(key) {
  unsent = unsent.filter((message) => message.key !== key);
  store(UNSENT + key, null);
}

async function flush() {
  clearTimeout(retryTimer);
  if (sending) return;
  sending = true;
  try {
    for (let next; (next = unsent.find((message) => !message.refused)); ) {
      thread.mark(next.key, "sending");
      if (!(await deliver(next))) break;
    }
  } finally {
    sending = false;
  }
}

// True when the next one may be tried.
async function deliver(message) {
  let response;
  try {
    response = await fetch(form()?.action || page.messages, {
      method: "POST",
      headers: headers(),
      body: new URLSearchParams({ body: message.body, client_id: message.key }),
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    return later(5);
  }
  if (response.ok) {
    const html = await response.text().catch(() => null);
    // The answer broke off: the same key asks again and finds what was stored.
    if (html === null) return later(1);
    discard(message.key);
    thread.confirm(message.key, html);
    return true;
  }
  if (response.status === 429 || response.status >= 500) {
    return later(Number(response.headers.get("Retry-After")) || 5);
  }
  message.refused = true;
  message.reason = await reason(response);
  keep(message);
  thread.mark(message.key, "failed", message.reason);
  return true;
}

// Those behind it wait as well, and say so.
function later(seconds) {
  for (const message of unsent) if (!message.refused) thread.mark(message.key, "failed");
  clearTimeout(retryTimer);
  retryTimer = setTimeout(flush, seconds * 1000);
  return false;
}

async function reason(response) {
  if (response.status === 401) return "You are signed out.";
  if (response.status === 404) return page.door ? "This link no longer works." : "This chat is not there.";
  if (response.status === 403) return "Reload the page and try again.";
  const answer = document.createElement("template");
  answer.innerHTML = await response.text().catch(() => "");
  return answer.content.querySelector(".field__error")?.textContent.trim() || "";
}

// Signing in again, in this tab or another, makes a new token: the cookie has it, the page may be older.
export function headers() {
  const cookie = /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1];
  return { "HX-Request": "true", "X-CSRFToken": cookie || form()?.elements.csrfmiddlewaretoken?.value || "" };
}

on("open", flush);
addEventListener("online", flush);
