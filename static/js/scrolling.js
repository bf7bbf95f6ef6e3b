// Where the reader is: at the end, which stays in view, or further up, where nothing moves.

import { word, words } from "./words.js";

const scroll = document.getElementById("scroll");
const jump = document.getElementById("jump");
const NEAR = 80; // px from the end that still count as being there

export { scroll };
export const isAtEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR;

let unseen = 0;
export function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
  unseen = 0;
  showJump();
}

// Where a page opens: at this line, unless all that follows it fits on the screen.
export function openAt(line) {
  toEnd();
  if (line && line.getBoundingClientRect().top < scroll.getBoundingClientRect().top) line.scrollIntoView({ block: "start" });
  wasAtEnd = isAtEnd();
}

// Something has come below of what is being read.
export function comesBelow(isNew) {
  if (isNew) unseen++;
  showJump();
}

function showJump() {
  if (isAtEnd()) unseen = 0;
  jump.hidden = isAtEnd();
  jump.querySelector("[data-jump]").textContent = unseen ? words("{count} new", "{count} new", unseen) : word("Latest");
}

// Run what changes the page above of what is being read, which stays where it is.
export function keepingPlace(change) {
  const fromEnd = scroll.scrollHeight - scroll.scrollTop;
  change();
  scroll.scrollTop = scroll.scrollHeight - fromEnd;
}

// The end stays in view when the keyboard opens or the composer grows.
let wasAtEnd = true;
// What stands at the end has grown.
export const followEnd = () => wasAtEnd && toEnd();
jump.addEventListener("click", toEnd);
scroll.addEventListener(
  "scroll",
  () => {
    wasAtEnd = isAtEnd();
    showJump();
  },
  { passive: true },
);
// Further up, what is read stays where it is on the screen, also when something opens or goes above it.
let top = scroll.getBoundingClientRect().top;
new ResizeObserver(() => {
  const moved = scroll.getBoundingClientRect().top - top;
  top += moved;
  if (wasAtEnd) scroll.scrollTop = scroll.scrollHeight;
  else if (moved) scroll.scrollTop += moved;
}).observe(scroll);
