// What the shortcuts do. Each finds what it needs on the page, and says so when there is nothing to be done.

import { ask } from "./ask.js";
import { word } from "./words.js";

const seen = (element) => element?.checkVisibility?.() ?? Boolean(element?.offsetParent);
const back = () => document.querySelector(".thread__back");

// The conversations

const rows = () => [...document.querySelectorAll("#conversations-pane [data-conversation], #conversations-pane a[rel=next]")].filter(seen);
const current = () => rows().find((row) => row.ariaCurrent === "page" || row.getAttribute("aria-current") === "page");

function move(by) {
  const all = rows();
  if (!all.length) return toList();
  const from = all.includes(document.activeElement) ? document.activeElement : current();
  const at = from ? all.indexOf(from) + by : by > 0 ? 0 : all.length - 1;
  all[Math.max(0, Math.min(at, all.length - 1))].focus();
}

export const next = () => move(1);
export const previous = () => move(-1);

// On a small screen the list is a page of its own.
function toList() {
  if (seen(back())) location.assign(back().href);
}

// Out of the message box or the search, to where one has been in the list.
export function leave() {
  const row = current() ?? rows()[0];
  if (row) row.focus();
  else if (seen(back())) back().focus();
  else document.activeElement.blur();
}

export async function longestWait() {
  const answer = await ask("/chats/?show=waiting").catch(() => null);
  if (!answer?.ok) return say(word("Not loaded. Check the connection and try again."));
  const list = document.createElement("template");
  list.innerHTML = answer.html;
  const here = document.querySelector("meta[name=live]")?.dataset.chat;
  const waiting = [...list.content.querySelectorAll("[data-conversation][data-waiting]")];
  const row = waiting.find((one) => one.dataset.conversation !== here);
  if (row) location.assign(row.getAttribute("href"));
  else say(waiting.length ? word("Nobody else waits for us.") : word("Nobody waits for us."));
}

// Finding

export function find() {
  const field = [...document.querySelectorAll("[role=search] input[type=search]")].find(seen);
  if (!field) return seen(back()) ? toList() : location.assign("/chats/");
  field.focus();
  field.select();
}

export const show = (filter) => () => location.assign(filter === "all" ? "/chats/" : `/chats/?show=${filter}`);
export const visit = (path) => () => location.assign(path);

// The open conversation

export function write() {
  const box = document.querySelector("#composer textarea");
  box ? box.focus() : say(word("No conversation is open."));
}

export function settle() {
  const button = document.querySelector(".thread__settle button");
  seen(button) ? button.click() : say(word("Nobody waits for an answer here."));
}

export function close() {
  const form = document.querySelector("form[action*='/closure/']");
  if (!form) say(word("No conversation is open."));
  else if (form.elements._method) say(word("This chat is closed already."));
  else form.requestSubmit();
}

// The menu has a button for it, whose listener stands in keyboard.js: the sheet itself is made of what comes from here.
export const help = () => document.querySelector("[data-shows-keys]").click();

// What there is to say

const status = document.createElement("p");
status.className = "said";
status.setAttribute("role", "status");
document.body.append(status);
let timer = 0;
function say(words) {
  clearTimeout(timer);
  status.textContent = words;
  timer = setTimeout(() => (status.textContent = ""), 4000);
}
