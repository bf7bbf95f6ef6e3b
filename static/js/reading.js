// Read: up to the last line whose end was on the screen while its window had the focus.

import { on, page, say } from "./live.js";
import { numbered, numberOf } from "./lines.js";
import { headers } from "./outbox.js";
import { scroll } from "./scrolling.js";

const PACE = 500; // milliseconds from one report to the next, however fast one scrolls

let complete = () => 0; // the number up to which no line is missing here
let seen = 0;
let told = 0;
let timer = 0;
let isHeld = false;

export function start(lastComplete) {
  complete = lastComplete;
  markRead();
}

export function markRead() {
  if (isHeld || document.visibilityState !== "visible" || !document.hasFocus()) return;
  seen = Math.max(seen, Math.min(lastOnScreen(), complete()));
  if (seen > told && !timer) report();
}

// What the reader has just marked as unread stays so, whatever is on the screen and however often the reader looks away,
// until the reader answers, or opens the conversation anew.
export function hold() {
  isHeld = true;
  clearTimeout(timer);
  seen = told = timer = 0;
}

export function letGo() {
  isHeld = false;
  markRead();
}

// Lines stand below each other: the last one that ends above the lower edge is found by halving.
function lastOnScreen() {
  if (!scroll.clientHeight) return 0;
  const edge = Math.min(scroll.getBoundingClientRect().bottom, innerHeight) + 1;
  const lines = [...numbered()];
  let [above, below] = [-1, lines.length];
  while (below - above > 1) {
    const middle = (above + below) >> 1;
    if (lines[middle].getBoundingClientRect().bottom <= edge) above = middle;
    else below = middle;
  }
  return above < 0 ? 0 : numberOf(lines[above]);
}

function report() {
  const number = (told = seen);
  timer = setTimeout(() => {
    timer = 0;
    if (seen > told) report();
  }, PACE);
  if (say("read", { number })) return;
  const options = { method: "POST", headers: headers(), body: new URLSearchParams({ number }), keepalive: true };
  const untold = () => (told = 0);
  fetch(page.reads, options).then((answer) => answer.ok || untold(), untold);
}

scroll.addEventListener("scroll", markRead, { passive: true });
new ResizeObserver(markRead).observe(scroll);
addEventListener("focus", markRead);
addEventListener("pageshow", (event) => event.persisted && letGo());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") markRead();
  else if (seen > told) report();
});
// What the lost connection was told may not have arrived.
on("open", () => {
  told = 0;
  markRead();
});
