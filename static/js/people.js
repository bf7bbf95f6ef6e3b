// Who writes in the open conversation, and who is in it.

import { swap } from "./focus.js";
import { localise } from "./times.js";
import { on, page } from "./live.js";
import { rename } from "./title.js";
import { listed, pieces, words } from "./words.js";

const typing = document.getElementById("typing");

const writers = new Map();
function showTyping(news) {
  clearTimeout(writers.get(news.person)?.timer);
  writers.set(news.person, { name: news.name, timer: setTimeout(() => stopTyping(news.person), 5000) });
  drawTyping();
}
export function stopTyping(person) {
  clearTimeout(writers.get(Number(person))?.timer);
  if (writers.delete(Number(person))) drawTyping();
}
function drawTyping() {
  const names = [...writers.values()].map((writer) => Object.assign(document.createElement("bdi"), { textContent: writer.name }));
  typing.replaceChildren();
  if (!names.length) return;
  const dots = document.createElement("span");
  dots.className = "typing__dots";
  dots.ariaHidden = "true";
  dots.append(...[0, 1, 2].map(() => document.createElement("i")));
  const said = document.createElement("span");
  // "Ann", "Ann and Bob", and of more their number, which always has room.
  if (names.length > 2) said.append(words("{count} person is typing", "{count} people are typing", names.length));
  else said.append(...pieces(words("{names} is typing", "{names} are typing", names.length), { names: listed(names) }));
  typing.append(dots, said);
}

async function wholePage() {
  const response = await fetch(page.page + location.search, { headers: { Accept: "text/html" } });
  return response.ok ? response.text() : null;
}

// Somebody came or went, the chat was closed, its order has another status: what the page says of that is read again, the
// composer's text is not touched.
const PLACES = ["title", "about", "menu", "readers", "with", "who", "state", "order", "people", "timeline"];
let refreshing = 0;
export function peopleChanged() {
  clearTimeout(refreshing);
  refreshing = setTimeout(async () => {
    const html = await wholePage().catch(() => null);
    if (html === null) return;
    // A template and not a DOMParser, whose document would measure the page's own style by this page's nonce.
    const template = document.createElement("template");
    template.innerHTML = html;
    const fresh = template.content;
    for (const id of PLACES) replace(id, fresh);
    // What was sent to somebody shows also beside a link that stays.
    for (const { id } of fresh.querySelectorAll("[id^='delivery-']")) replace(id, fresh);
    const name = fresh.querySelector("title")?.textContent;
    if (name) rename(name);
    document.dispatchEvent(new Event("people"));
    const closes = Boolean(document.querySelector("#write .banner")) !== Boolean(fresh.querySelector("#write .banner"));
    if (closes) replace("write", fresh);
  }, 150);
}
function replace(id, fresh) {
  const now = document.getElementById(id);
  const next = fresh.getElementById(id);
  // A link that is shown only once stays until it was copied and put away.
  if (!now || !next || now.querySelector(".weblink")) return;
  // Nor is it taken away from under the answer to a click in it, which may be that link.
  if (now.querySelector(".htmx-request")) return peopleChanged();
  next.querySelectorAll("script, style").forEach((element) => element.remove());
  swap(now, next);
  localise(next);
  window.htmx?.process(next);
}

on("typing", showTyping);
// How they can be reached has changed, or what stands at the order.
on("people", peopleChanged);
// Muted in another tab: the menu offers the other choice.
on("row", (row) => {
  const link = row.querySelector(`[data-conversation="${CSS.escape(page.chat)}"]`);
  const choice = document.getElementById("mute-choice");
  if (link && choice && "muted" in link.dataset !== Boolean(choice.querySelector("[name=_method]"))) peopleChanged();
});
