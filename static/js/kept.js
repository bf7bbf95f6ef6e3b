// What was written and is not yet sent, in this browser's storage: there it outlives the page, a crash and the battery.
//
// Everything stands under the person and the conversation, so that on a shared phone nobody is shown another's. By the
// person and not by the link: who gets a new link finds what the old one could no longer send.

import { page } from "./news.js";

export const owner = `${page.person}:${page.chat}:`;
const DRAFT = `draft:${owner}`;
const UNSENT = `unsent:${owner}`;
const REPLY = `reply:${owner}`;
const TRAY = `tray:${owner}`;
const UPLOAD = `upload:${owner}`;
const LIFETIME = 30 * 86_400_000; // milliseconds

// Private browsing may refuse storage, and it may be full: then what is written lives as long as the page.
function write(area, key, value) {
  try {
    if (value) window[area].setItem(key, JSON.stringify(value));
    else window[area].removeItem(key);
    return true;
  } catch {
    return false;
  }
}

// Anything may stand there: what is not ours to read is as good as nothing.
function read(area, key) {
  try {
    const value = JSON.parse(window[area].getItem(key));
    return typeof value?.body === "string" ? value : null;
  } catch {
    return null;
  }
}

function keys(prefix) {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  } catch {
    return null;
  }
}

// Messages, each under a key of its own, so that two tabs of one person do not overwrite each other's

export function shelfOf(chat) {
  const prefix = `unsent:${page.person}:${chat}:`;
  return {
    // False when it could not be kept.
    keep: (message) => write("localStorage", prefix + message.key, message),
    forget: (key) => write("localStorage", prefix + key, null),
    // Null when there is no knowing.
    messages: () =>
      keys(prefix)
        ?.map((key) => ({ ...read("localStorage", key), key: key.slice(prefix.length) }))
        .filter((message) => (message.body || message.fields || message.files?.length) && Number.isFinite(message.place) && !Number.isNaN(Date.parse(message.at))),
  };
}
export const { keep, forget, messages } = shelfOf(page.chat);

// The chats in which this person has something that is not sent.
export function chatsWithUnsent() {
  const prefix = `unsent:${page.person}:`;
  return [...new Set((keys(prefix) ?? []).map((key) => key.slice(prefix.length).split(":")[0]))];
}

// Tells when another tab has written, sent or deleted something here: true when it is more, false when it is less.
export function watch(listener) {
  addEventListener("storage", (event) => event.key?.startsWith(UNSENT) && listener(Boolean(event.newValue)));
}

// The draft. A tab has its own; a new one begins with the last that any tab had.

let last = "";
export function draft() {
  last = (read("sessionStorage", DRAFT) ?? read("localStorage", DRAFT))?.body ?? "";
  return last;
}

export function keepDraft(body) {
  const entry = body && { body, at: new Date().toISOString() };
  write("sessionStorage", DRAFT, entry);
  // What another tab has drafted since is not this one's to take away.
  const isOurs = body || read("localStorage", DRAFT)?.body === last;
  last = body;
  return !isOurs || write("localStorage", DRAFT, entry);
}

// What is being answered in this tab: its number alone, so that no words of another stay here.
export const reply = () => Number(read("sessionStorage", REPLY)?.body) || null;
export const keepReply = (number) => write("sessionStorage", REPLY, number && { body: String(number) });

// Where the files of the box are kept, which have a database of their own. A tab has its own, as of the draft, and a new
// one begins with a copy of the last that any tab had: what it does with them is nothing to the other.
export const ownTray = () => read("sessionStorage", TRAY)?.body ?? "";
export const lastTray = () => read("localStorage", TRAY)?.body ?? "";
export function keepTray(place) {
  const entry = place && { body: place, at: new Date().toISOString() };
  const isOurs = place || lastTray() === ownTray();
  write("sessionStorage", TRAY, entry);
  if (isOurs) write("localStorage", TRAY, entry);
}

// Which tab is sending the files of a message: they take so long that another would begin as well.
const tab = crypto.getRandomValues(new Uint32Array(2)).join("-");
const TURN = 10_000; // milliseconds from one sign of life to the last that counts
export const claim = (key) => write("localStorage", UPLOAD + key, { body: tab, at: new Date().toISOString() });
export const unclaim = (key) => write("localStorage", UPLOAD + key, null);
export function isClaimed(key) {
  const claimed = read("localStorage", UPLOAD + key);
  return Boolean(claimed && claimed.body !== tab && Math.abs(Date.now() - Date.parse(claimed.at)) < TURN);
}

// Whose link is dead or who never came back leaves nothing here for ever. What belongs to this page always stays.
function clean() {
  const others = ["draft:", "unsent:", "tray:", "upload:"].flatMap((prefix) => keys(prefix) ?? []).filter((key) => !key.includes(`:${owner}`));
  for (const key of others) {
    const age = Date.now() - Date.parse(read("localStorage", key)?.at);
    if (!(age < LIFETIME)) write("localStorage", key, null);
  }
}
clean();
