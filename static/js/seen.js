// What became of the last of mine: sent, which means stored; then to whose page it was delivered; and then by whom it was
// seen on a screen in focus.

import { ask } from "./ask.js";
import { isMine, list, numberOf } from "./lines.js";
import { on, page } from "./live.js";
import { localise } from "./times.js";
import { pieces, word, words } from "./words.js";

const marks = new Map(); // person -> { name, number, at }: how far everybody has read, where that is far enough
const received = new Map(); // person -> { name, number }: how far their pages have it

// The last line, where it is mine and stored: whoever answers has seen what stands above.
function lastOfMine() {
  const line = [...list.querySelectorAll("li[data-kind=text]")].at(-1);
  const isStored = line?.dataset.number && !line.matches(".message--deleted");
  return isStored && isMine(line) ? line : null;
}

const reached = (marks, line) => [...marks].filter(([person, mark]) => person !== page.person && mark.number >= numberOf(line));
const readersOf = (line) =>
  reached(marks, line)
    .map(([, mark]) => mark)
    .sort((a, b) => new Date(a.at) - new Date(b.at));
const receiversOf = (line) => {
  const readers = new Set(reached(marks, line).map(([person]) => person));
  return reached(received, line)
    .filter(([person]) => !readers.has(person))
    .map(([, mark]) => mark);
};

function show() {
  const present = list.querySelector(".message__status[data-sent]");
  const line = lastOfMine();
  const readers = line ? readersOf(line) : [];
  const receivers = line ? receiversOf(line) : [];
  const said = [...readers, ...receivers].map((mark) => `${mark.name} ${mark.at}`).join();
  // What says the same already stays, so that it is neither read out again nor closed under the reader.
  if (present && line?.contains(present) && present.dataset.sent === said) return;
  const isOpen = present?.open && line?.contains(present);
  present?.remove();
  if (!line) return;
  const status = readers.length || receivers.length ? seenBy(readers, receivers) : made("p", word("Sent"));
  status.className = "message__status";
  status.dataset.sent = said;
  if (isOpen) status.open = true;
  line.querySelector(".message__content").append(status);
}

function seenBy(readers, receivers) {
  const status = document.createElement("details");
  const summary = document.createElement("summary");
  const rows = document.createElement("ul");
  const [first] = readers;
  if (readers.length > 1) summary.append(words("Seen by {count}", "Seen by {count}", readers.length));
  else if (first) summary.append(...pieces(word("Seen by {name} {time}"), { name: made("bdi", first.name), time: time(first, "moment") }));
  else if (receivers.length > 1) summary.append(words("Delivered to {count}", "Delivered to {count}", receivers.length));
  else summary.append(...pieces(word("Delivered to {name}"), { name: made("bdi", receivers[0].name) }));
  for (const mark of readers) {
    const row = document.createElement("li");
    row.append(made("bdi", mark.name), " ", time(mark, "day"), " ", time(mark, "clock"));
    rows.append(row);
  }
  for (const mark of receivers) {
    const row = document.createElement("li");
    row.append(...pieces(word("{name}: delivered, not seen yet"), { name: made("bdi", mark.name) }));
    rows.append(row);
  }
  status.append(summary, rows);
  status.addEventListener("toggle", () => status.open && status.scrollIntoView({ block: "nearest" }));
  localise(status);
  return status;
}

function time(mark, style) {
  const element = document.createElement("time");
  element.dateTime = mark.at;
  element.dataset.time = style;
  return element;
}

function made(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

function take(news) {
  for (const { person, ...mark } of news) marks.set(String(person), mark);
  show();
}

// Who has the page open has it. What else of them is told here is presence.js's.
function takeReceived(people) {
  for (const { person, name, received: number } of people) if (number) received.set(String(person), { name, number });
  show();
}

function readAll(root) {
  const rows = [...root.querySelectorAll("#seen > li")].map((row) => ({ ...row.dataset, name: row.textContent }));
  for (const row of rows) if (row.received) received.set(row.person, { name: row.name, number: Number(row.received) });
  take(rows.filter((row) => row.at).map((row) => ({ ...row, number: Number(row.number) })));
}

// What happened while there was no socket. The status of the answer, or 0 for none.
let heard = 0; // how often the socket has said something
async function refresh() {
  if (!lastOfMine()) return;
  const before = heard;
  const answer = await ask(page.reads).catch(() => null);
  if (!answer?.ok) return answer?.status ?? 0;
  // What the socket has brought meanwhile may be newer.
  if (heard !== before) return refresh();
  const fresh = document.createElement("template");
  fresh.innerHTML = answer.html;
  marks.clear();
  readAll(fresh.content);
  return answer.status;
}

on("arranged", show);
on("seen", (news) => {
  heard += 1;
  take(news);
});
on("presence", takeReceived);
on("open", refresh);
on("gap", refresh);
readAll(document);
