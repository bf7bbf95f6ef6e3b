// What the modules of a page tell each other, and where it stands in the page.

import { swap } from "./focus.js";

const meta = document.querySelector("meta[name=live]");
export const page = meta.dataset;

const HOLE = 1_000; // milliseconds

const listeners = { message: [], revision: [], arranged: [], row: [], replace: [], typing: [], seen: [], presence: [], people: [], state: [], gap: [], open: [], calls: [], test: [] };
export const on = (kind, listener) => listeners[kind].push(listener);
// What the listeners return: of a "gap" the status of the last answer, 0 for none.
export const tell = (kind, ...news) => listeners[kind].map((listener) => listener(...news));

// What the page has is known to the thread, as { after, revision }: every new connection begins there.
let known = () => ({ after: 0, revision: 0 });
export const position = () => known();
export function startFrom(its) {
  known = its;
}

// Where the socket is, and what of the conversation need not come again.
export function address() {
  const url = new URL(meta.content, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  // Whoever has signed in since, in another tab, must not hear and be heard as the one whom this page shows.
  url.searchParams.set("person", page.person);
  if (page.chat) {
    url.searchParams.set("chat", page.chat);
    for (const [name, value] of Object.entries(position())) url.searchParams.set(name, value);
  }
  return url;
}

function replace(element) {
  const present = document.getElementById(element.id);
  if (present) swap(present, element);
}

// HTML of one or more elements, each to be placed by its id.
export function place(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  let highest = 0;
  for (const element of [...template.content.children]) {
    if (element.dataset.number) {
      highest = Math.max(highest, Number(element.dataset.number));
      tell("message", element);
    } else if (element.id.startsWith("conversation-")) tell("row", element);
    else if (element.id === "calls") tell("calls", element);
    else replace(element);
  }
  // An answer may overtake the socket. What has not come a little later is asked for.
  if (highest > position().after) setTimeout(() => highest > position().after && tell("gap"), HOLE);
}
