// The lines of the conversation as they stand on the page: where a day begins, who goes on, what is unread.
// Days and groups belong to the reader's clock and to what is on this page, so they are made here and not in the message.

import { dayName, sameDay } from "./times.js";
import { page, tell } from "./news.js";

export const list = document.getElementById("messages");
const GROUP = 5 * 60_000; // the same author within this time: one header

export const numbered = () => list.querySelectorAll("li[data-number]");
export const numberOf = (line) => Number(line.dataset.number);
// Of two states of one line, the later has the higher one.
export const revisionOf = (line) => Number(line.dataset.revision ?? 0);
export const isMine = (line) => line.dataset.author === page.person && line.dataset.kind === "text";

// The last line before which `number` does not stand.
export function lineBefore(number) {
  let line = [...numbered()].at(-1);
  while (line && numberOf(line) > number) {
    do line = line.previousElementSibling;
    while (line && !line.dataset.number);
  }
  return line;
}

export function arrange() {
  let before = null;
  let day = null;
  const unread = list.querySelector(".unread-line");
  const firstUnread = unread && [...numbered()].find((line) => numberOf(line) >= Number(unread.dataset.from));
  for (const line of [...list.children]) {
    if (line === unread) continue;
    if (line.classList.contains("day")) {
      // Of two in a row the first is left over. One that is right stays, so that it is not read out again.
      day?.remove();
      day = line;
      continue;
    }
    const at = new Date(line.dataset.at);
    const earlier = before && new Date(before.dataset.at);
    const fresh = earlier && sameDay(at, earlier) ? null : dayLine(at);
    if (!fresh) day?.remove();
    else if (!day) line.before(fresh);
    else if (day.textContent !== fresh.textContent) day.replaceWith(fresh);
    day = null;
    const continued =
      earlier && line !== firstUnread && line.dataset.kind === "text" && before.dataset.kind === "text" &&
      before.dataset.author === line.dataset.author && at - earlier < GROUP && sameDay(at, earlier);
    line.classList.toggle("message--continued", Boolean(continued));
    before = line;
  }
  day?.remove();
  // Where it stands already it is not touched, so that it is not read out again.
  if (firstUnread && firstUnread.previousElementSibling !== unread) firstUnread.before(unread);
  tell("arranged");
}

document.addEventListener("midnight", arrange);

function dayLine(at) {
  const line = document.createElement("li");
  line.className = "day";
  const time = document.createElement("time");
  time.dateTime = at.toISOString().slice(0, 10);
  time.textContent = dayName(at);
  line.append(time);
  return line;
}
