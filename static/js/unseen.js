// On a guest's page: how many messages have come since its window was last looked at, in the title.

import { isMine, numbered, numberOf } from "./lines.js";
import { on } from "./live.js";
import { countInTitle } from "./title.js";

let last = Math.max(0, ...[...numbered()].map(numberOf));
let unseen = 0;

const isLookedAt = () => document.visibilityState === "visible" && document.hasFocus();

on("message", (line) => {
  if (numberOf(line) <= last) return;
  last = numberOf(line);
  if (isMine(line) || line.dataset.kind !== "text" || isLookedAt()) return;
  countInTitle(++unseen);
});

function look() {
  if (!isLookedAt()) return;
  unseen = 0;
  countInTitle(0);
}
addEventListener("focus", look);
document.addEventListener("visibilitychange", look);
