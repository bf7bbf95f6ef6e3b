// Answering one message: what the box shows above what is being written, until it is sent or taken away.

import * as kept from "./kept.js";
import { list, numberOf } from "./lines.js";
import { fill, refresh } from "./quotes.js";

const bar = () => document.getElementById("reply");
const field = () => bar()?.querySelector("[name=reply_to]");
const text = () => document.querySelector("#composer textarea");

// The number of the message that is being answered, or null.
export const current = () => Number(field()?.value) || null;

export function start(line) {
  set(numberOf(line));
  text()?.focus();
}

function set(number) {
  if (!bar()) return;
  field().value = number ?? "";
  bar().hidden = !number;
  const quote = number ? [fill(document.createElement("a"), number)] : [];
  bar().querySelector("[data-quote]").replaceChildren(...quote);
  kept.keepReply(number);
}

// What is being answered, which from now on is not: it goes with what was written.
export function take() {
  const number = current();
  if (bar()) set(null);
  return number;
}

function leave() {
  set(null);
  text()?.focus();
}

document.addEventListener("click", (event) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target.closest(".message__reply");
  const away = event.target.closest("[data-reply-away]");
  if ((!link && !away) || !bar()) return;
  event.preventDefault();
  link ? start(link.closest("li")) : leave();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing && current() && event.target.closest?.("#composer")) leave();
});

// What a message says now is what the box and what is on its way quote. What was deleted cannot be answered any more.
export function originalChanged(line) {
  refresh(line);
  if (current() !== numberOf(line) || !line.matches(".message--deleted")) return;
  field().value = "";
  kept.keepReply(null);
}

// After a reload of the page. What the address says, without a script, is said once.
const before = kept.reply();
const address = new URL(location.href);
if (address.searchParams.has("reply")) {
  if (current()) kept.keepReply(current());
  address.searchParams.delete("reply");
  history.replaceState(history.state, "", address);
} else if (before && list.querySelector(`li[data-kind=text][data-number="${before}"]:not(.message--deleted)`)) set(before);
