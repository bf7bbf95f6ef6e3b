// The list of conversations: rows that change where they stand, and move up when nobody is about to press one.

import { ask } from "./ask.js";
import { localise, warm } from "./times.js";
import { on, page } from "./live.js";
import "./more.js";
import { tell } from "./news.js";
import { words } from "./words.js";

const list = () => document.getElementById("conversations");
const pane = () => document.getElementById("conversations-pane") || list()?.parentElement;
const link = (row) => row.querySelector("[data-conversation]");

const belongs = {
  all: (row) => !("closed" in link(row).dataset) || Boolean(page.door),
  mine: (row) => "mine" in link(row).dataset && !("closed" in link(row).dataset),
  waiting: (row) => "waiting" in link(row).dataset,
  // A guest's closed chats stand among the others, and a colleague's closing leaves nothing to be read.
  unread: (row) => link(row).dataset.unread !== "0" && belongs.all(row),
  closed: (row) => "closed" in link(row).dataset,
};
const rowsOf = (place) => [...place.querySelectorAll(":scope > [id^=conversation-]")];
// On a guest's list what has something new comes first.
const isFirst = (row) => Boolean(page.door) && belongs.unread(row);
const orderOf = (row) => (list().dataset.show === "waiting" ? link(row).dataset.waiting ?? "" : `${Number(isFirst(row))} ${row.dataset.activity}`);
const inOrder = (a, b) => (list().dataset.show === "waiting" ? orderOf(a) <= orderOf(b) : orderOf(a) >= orderOf(b));

function place(row) {
  const rows = list();
  if (!rows) return;
  const present = document.getElementById(row.id);
  held.delete(row.id);
  if ("gone" in row.dataset) return present?.remove();
  const isOpen = link(row).dataset.conversation === page.chat;
  if (isOpen) link(row).setAttribute("aria-current", "page");
  if (rows.dataset.query && !page.door && !link(row).getAttribute("href").includes("?")) link(row).href += rows.dataset.query;
  localise(row);
  warm(row);
  if (isOpen) showWait(row);
  // What is being looked for stays as it was found; only what it shows is kept fresh.
  const isFixed = Boolean(rows.dataset.q || rows.dataset.rung);
  const comesIn = !isFixed && belongs[rows.dataset.show](row);
  const belongsHere = comesIn || (Boolean(present) && (isOpen || isFixed));
  if (!belongsHere && !present) return;
  // What has left the filter stays where it was, greyed, until nobody is about to press it: then the next one is there.
  row.classList.toggle("is-leaving", !belongsHere);
  if (!belongsHere && !isBusy()) return present.remove();
  if (present) update(present, row, comesIn);
  else if (wouldPush(row)) held.set(row.id, row);
  else insert(row);
  if (!belongsHere || held.size) waitToSort();
  showHeld();
}

// A row that comes in pushes down those below it. Under a pointer it would be pressed in the place of another, so there
// it waits, and a button says how many do.
const held = new Map(); // by their ids
const wouldPush = (row) => isPointedAt() && rowsOf(list()).some((other) => inOrder(row, other));
const fresh = document.createElement("p");
fresh.className = "inbox__fresh";
const comeIn = Object.assign(document.createElement("button"), { type: "button", className: "jump" });
fresh.append(comeIn);
comeIn.addEventListener("click", () => {
  sort();
  pane().scrollTop = 0;
  rowsOf(list())[0]?.querySelector("a").focus({ preventScroll: true });
});

function showHeld() {
  if (!held.size) return fresh.remove();
  comeIn.textContent = words("{count} new", "{count} new", held.size);
  if (!fresh.isConnected) pane().prepend(fresh);
}

// Where there are no rows it is said why, and what to do, for as long as there are none.
function showEmpty() {
  const empty = pane()?.querySelector(".empty");
  if (empty) empty.hidden = rowsOf(list()).length > 0;
}

// News of a row says its last line. By what it was found, and where that stands, it still says; but not once a message of
// this conversation was changed or deleted: it may be the one that was found.
function keepHit(present, row) {
  for (const part of [".row__title", ".row__order .figures", ".stop__title"]) {
    const [was, is] = [present, row].map((one) => one.querySelector(part));
    if (was?.querySelector("mark") && was.textContent === is?.textContent) is.replaceWith(was);
  }
  const hit = present.querySelector("[data-hit]");
  if (!hit || row.querySelector("[data-hit]")) return;
  link(row).setAttribute("href", link(present).getAttribute("href"));
  if (present.dataset.revision !== row.dataset.revision) return;
  row.querySelector(".row__line, .stop__line").replaceWith(hit);
}

// The focus stays on the row that had it. What stands apart, since it is open, stays there until it is one of the list.
function update(present, row, comesIn) {
  keepHit(present, row);
  const focused = present.contains(document.activeElement);
  const isHeld = present.parentElement !== list() && !comesIn;
  const moved = !isHeld && orderOf(present) !== orderOf(row);
  present.replaceWith(row);
  if (focused) link(row).focus({ preventScroll: true });
  if (moved && !isBusy()) insert(row);
  else if (moved) waitToSort();
}

function insert(row) {
  const rows = rowsOf(list()).filter((other) => other !== row);
  const next = rows.find((other) => inOrder(row, other));
  const focused = row.contains(document.activeElement);
  // What stands after the last row that is here may stand after many that are not: it comes with their page. Only the
  // open one stays.
  if (!next && document.querySelector("#more[rel=next]")) return link(row).hasAttribute("aria-current") || row.remove();
  next ? next.before(row) : list().append(row);
  if (focused) link(row).focus({ preventScroll: true });
}

// Nothing moves under the pointer or the focus. A finger leaves no pointer behind.
const hovers = matchMedia("(hover: hover)");
const isPointedAt = () => hovers.matches && Boolean(document.querySelector("#conversations-pane:hover"));
const isBusy = () => Boolean(pane()?.matches(":hover, :focus-within"));
let sorting = false;
const sortLater = () => setTimeout(() => isBusy() || sort());
function waitToSort() {
  if (sorting) return;
  sorting = true;
  pane().addEventListener("pointerleave", sortLater);
  pane().addEventListener("focusout", sortLater);
}

function sort() {
  sorting = false;
  pane().removeEventListener("pointerleave", sortLater);
  pane().removeEventListener("focusout", sortLater);
  for (const left of list().querySelectorAll(".is-leaving")) left.remove();
  // The next page of the list may have brought one meanwhile.
  for (const [id, row] of held) document.getElementById(id) || list().append(row);
  held.clear();
  showHeld();
  const rows = rowsOf(list());
  rows.sort((a, b) => (inOrder(a, b) ? -1 : 1));
  list().append(...rows);
  showEmpty();
}

function showWait(row) {
  const slot = document.getElementById("thread-wait");
  if (!slot) return;
  const wait = row.querySelector(".wait")?.cloneNode(true);
  if (wait) {
    const word = wait.querySelector(".visually-hidden");
    word?.classList.remove("visually-hidden");
  }
  slot.replaceChildren(...(wait ? [wait] : []));
}

// Without a socket, or after a while without one, the list is asked for as a whole. Returns the answer's status, 0 for none.
// What the socket brings meanwhile is newer than the answer, and so is what was asked for later.
let asked = 0;
let shown = 0;
const meanwhile = new Set(); // of each list under way, the ids of the rows that the socket has brought
const ofLists = new WeakSet(); // the rows and counts that came with a list
const countsOf = (place) => place.querySelectorAll("[id^=count-]");

async function refresh() {
  const rows = list();
  if (!rows) return;
  const turn = ++asked;
  const newer = new Set();
  const before = rowsOf(rows);
  const counts = new Set(countsOf(document));
  meanwhile.add(newer);
  const answer = await ask(`${page.door ?? ""}/chats/${rows.dataset.query}`).catch(() => null);
  meanwhile.delete(newer);
  if (!answer?.ok || turn < shown) return answer?.status ?? 0;
  shown = turn;
  const fresh = document.createElement("template");
  fresh.innerHTML = answer.html;
  const known = fresh.content.querySelector("#conversations");
  if (known) {
    for (const id of held.keys()) if (!newer.has(id)) held.delete(id);
    const now = rowsOf(known);
    dropMissing(before, now, !fresh.content.querySelector("#more[rel=next]"));
    for (const row of now.reverse().filter((row) => !newer.has(row.id))) {
      ofLists.add(row);
      tell("row", row);
    }
  }
  for (const count of countsOf(fresh.content)) {
    const present = document.getElementById(count.id);
    if (!counts.has(present) && !ofLists.has(present)) continue;
    ofLists.add(count);
    present.replaceWith(count);
  }
  return answer.status;
}

// What stood here and is not in the answer, where it would stand, has left the filter. What has come since is newer.
function dropMissing(before, now, isAll) {
  if (list().dataset.q || list().dataset.rung) return;
  const present = new Set(now.map((row) => row.id));
  const last = now.at(-1);
  const left = before.filter((row) => row.isConnected && !present.has(row.id) && link(row).dataset.conversation !== page.chat);
  for (const row of left.filter((row) => isAll || !inOrder(last, row))) {
    if (!isBusy()) row.remove();
    else {
      row.classList.add("is-leaving");
      waitToSort();
    }
  }
  showEmpty();
}

on("row", (row) => {
  if (!ofLists.has(row)) for (const newer of meanwhile) newer.add(row.id);
  place(row);
  showEmpty();
});
// What happened between the making of this page and now, or while there was no socket.
on("open", refresh);
on("gap", refresh);

// What htmx has brought, as one types in the search: the open conversation is known, and nothing waits to come in there.
document.addEventListener("htmx:afterSwap", ({ target }) => {
  if (!pane()?.contains(target)) return;
  if (target === pane()) held.clear();
  if (page.chat) pane().querySelector(`[data-conversation="${CSS.escape(page.chat)}"]`)?.setAttribute("aria-current", "page");
});

// The list stays where it was when one conversation after the other is opened.
if (document.getElementById("conversations-pane")) {
  try {
    pane().scrollTop = Number(sessionStorage.getItem("inbox-scroll"));
    pane().querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    addEventListener("pagehide", () => sessionStorage.setItem("inbox-scroll", pane().scrollTop));
  } catch {
    // Storage is refused: the list begins at its top.
  }
}
