// What became of the last of mine: sent, which means stored, and then by whom it was seen on a screen in focus.

import { ask } from "./ask.js";
import { isMine, list, numberOf } from "./lines.js";
import { on, page } from "./live.js";
import { localise } from "./times.js";
import { pieces, word, words } from "./words.js";

const marks = new Map(); // person -> { name, number, at }: how far everybody has read, where that is far enough

// The last line, where it is mine and stored: whoever answers has seen what stands above.
function lastOfMine() {
  const line = [...list.querySelectorAll("li[data-kind=text]")].at(-1);
  const isStored = line?.dataset.number && !line.matches(".message--deleted");
  return isStored && isMine(line) ? line : null;
}

const readersOf = (line) =>
  [...marks]
    .filter(([person, mark]) => person !== page.person && mark.number >= numberOf(line))
    .map(([, mark]) => mark)
    .sort((a, b) => new Date(a.at) - new Date(b.at));

function show() {
  const present = list.querySelector(".message__status[data-sent]");
  const line = lastOfMine();
  const readers = line ? readersOf(line) : [];
  const said = readers.map((mark) => `${mark.name} ${mark.at}`).join();
  // What says the same already stays, so that it is neither read out again nor closed under the reader.
  if (present && line?.contains(present) && present.dataset.sent === said) return;
  const isOpen = present?.open && line?.contains(present);
  present?.remove();
  if (!line) return;
  const status = readers.length ? seenBy(readers) : made("p", word("Sent"));
  status.className = "message__status";
  status.dataset.sent = said;
  if (isOpen) status.open = true;
  line.querySelector(".message__content").append(status);
}

function seenBy(readers) {
  const status = document.createElement("details");
  const summary = document.createElement("summary");
  const rows = document.createElement("ul");
  const [first] = readers;
  if (readers.length > 1) summary.append(words("Seen by {count}", "Seen by {count}", readers.length));
  else summary.append(...pieces(word("Seen by {name} {time}"), { name: made("bdi", first.name), time: time(first, "moment") }));
  for (const mark of readers) {
    const row = document.createElement("li");
    row.append(made("bdi", mark.name), " ", time(mark, "day"), " ", time(mark, "clock"));
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

function read(root) {
  const rows = [...root.querySelectorAll("#seen > li")];
  return rows.map((row) => ({ ...row.dataset, number: Number(row.dataset.number), name: row.textContent }));
}

// What happened while there was no socket. The status of the answer, or 0 for none.
async function refresh() {
  if (!lastOfMine()) return;
  const answer = await ask(page.reads).catch(() => null);
  if (!answer?.ok) return answer?.status ?? 0;
  const fresh = document.createElement("template");
  fresh.innerHTML = answer.html;
  marks.clear();
  take(read(fresh.content));
  return answer.status;
}

on("arranged", show);
on("seen", take);
on("open", refresh);
on("gap", refresh);
take(read(document));
