// Listens for the shortcuts.

import { open as openSheet } from "./sheet.js";
import { GROUPS, isSingle, singleKeys } from "./shortcuts.js";
import { leave } from "./steering.js";

const PAUSE = 1500; // milliseconds from the first key of two to the second

const table = new Map();
for (const shortcut of GROUPS.flatMap((group) => group.shortcuts)) {
  if (shortcut.act) for (const keys of shortcut.keys) if (singleKeys || !isSingle(keys)) table.set(keys, shortcut);
}
const begins = new Set([...table.keys()].filter((keys) => keys.includes(" ")).map((keys) => keys.split(" ")[0]));

// "j", "?", "Shift+e", "Alt+ArrowDown". Where letters are not Latin, the key stands for what is printed in its place.
function pressed(event) {
  const isForeign = event.key.length === 1 && event.key > "~" && /^Key[A-Z]$/.test(event.code);
  const key = isForeign ? event.code.at(-1).toLowerCase() : event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const shift = event.shiftKey && (/^[a-z]$/.test(key) || key.length > 1);
  return [(event.ctrlKey || event.metaKey) && "Control", event.altKey && "Alt", shift && "Shift", key].filter(Boolean).join("+");
}

const writes = (element) =>
  element.isContentEditable || element.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])");

let first = "";
let timer = 0;
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
  const now = pressed(event);
  if (now === "Escape") return escape(event.target);
  if (["Shift", "Control", "Alt", "Meta", "AltGraph"].includes(event.key)) return;
  const isWriting = event.target instanceof Element && writes(event.target);
  const keys = first ? `${first} ${now}` : now;
  first = "";
  clearTimeout(timer);
  if (isWriting && isSingle(keys)) return;
  const shortcut = table.get(keys) ?? table.get(now);
  if (shortcut) {
    event.preventDefault();
    if (!event.repeat || shortcut.repeats) shortcut.act();
  } else if (begins.has(now)) {
    first = now;
    timer = setTimeout(() => (first = ""), PAUSE);
  }
});

// What is open over the page is closed first, by its own module.
function escape(element) {
  if (document.querySelector(".panes--panel, details.menu[open], details.you[open]")) return;
  const isBox = element.matches("#composer textarea");
  const isEmptySearch = element.matches("[role=search] input[type=search]") && !element.value;
  if (isBox || isEmptySearch) leave();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-shows-keys]");
  if (!button) return;
  const menu = button.closest("details[open]");
  if (menu) {
    // From where the focus comes back to when the sheet is closed: the button is hidden by then.
    menu.querySelector("summary").focus();
    menu.open = false;
  }
  openSheet();
});
