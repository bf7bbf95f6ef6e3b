// The sheet of all shortcuts.

import { returnTo } from "./focus.js";
import { GROUPS, isSingle, singleKeys } from "./shortcuts.js";
import { pieces, word } from "./words.js";

const isMac = /Mac|iP/.test(navigator.platform);
const LABELS = {
  Control: isMac ? "⌘" : "Ctrl", Alt: isMac ? "⌥" : "Alt", Shift: "Shift", Enter: "↵", Escape: "Esc", ArrowUp: "↑", ArrowDown: "↓",
};
// As they are read aloud.
const NAMES = { "⌘": word("Command"), "⌥": word("Option"), "↵": word("Enter"), "↑": word("Arrow up"), "↓": word("Arrow down") };

function made(name, classes, ...children) {
  const element = document.createElement(name);
  if (classes) element.className = classes;
  element.append(...children);
  return element;
}

function key(pressed) {
  const label = LABELS[pressed] ?? pressed.toUpperCase();
  const element = made("kbd", "key", label);
  if (!NAMES[label]) return [element];
  element.ariaHidden = "true";
  return [element, made("span", "visually-hidden", NAMES[label])];
}

const way = (keys) => keys.split(" ").flatMap((chord) => chord.split("+").flatMap(key));

function row({ keys, says, act }) {
  const ways = keys.filter((one) => singleKeys || !act || !isSingle(one));
  if (!ways.length) return [];
  const pressed = ways.flatMap((one, at) => [...(at ? [made("span", "", word("or"))] : []), ...way(one)]);
  return [made("div", "", made("dt", "", says), made("dd", "", ...pressed))];
}

function make() {
  const dialog = made("dialog", "dialog dialog--wide");
  dialog.id = "shortcuts";
  dialog.setAttribute("aria-labelledby", "shortcuts-title");
  const title = made("h2", "", word("Keyboard shortcuts"));
  title.id = "shortcuts-title";
  const about = made("p", "", ...(singleKeys ? pieces(word("Press {key} anywhere to see this. Letters never act while you write."), { key: way("?") }) : [word("Those of a single key are turned off."), " ", link("/settings/", word("Settings"))]));
  const closer = made("button", "button button--quiet", word("Close"));
  closer.type = "button";
  closer.addEventListener("click", () => dialog.close());
  const body = made("div", "dialog__body");
  body.tabIndex = 0;
  body.setAttribute("role", "group");
  body.ariaLabel = word("Shortcuts");
  const groups = GROUPS.map(({ title, shortcuts }) => [title, shortcuts.flatMap(row)]).filter(([, rows]) => rows.length);
  body.append(made("div", "keys", ...groups.map(([title, rows]) => made("section", "", made("h3", "", title), made("dl", "", ...rows)))));
  dialog.append(made("header", "dialog__head", made("div", "", title, about), closer), body);
  document.body.append(dialog);
  return dialog;
}

function link(path, words) {
  const element = made("a", "", words);
  element.href = path;
  return element;
}

export function open() {
  const dialog = document.getElementById("shortcuts") ?? make();
  if (dialog.open) return;
  returnTo(dialog);
  dialog.showModal();
}
