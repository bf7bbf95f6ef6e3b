// Quick replies: "/" in the message box, or the button below it, offers them, filled in for this conversation.
//
// The focus stays in the box. A textarea may have no other role than its own, so it stays a textbox: which reply Enter
// would take is said by aria-activedescendant, and how many there are by a status.

import { ask } from "./ask.js";
import { page } from "./live.js";
import { selectMissing, showMissing } from "./missing.js";
import { word, words } from "./words.js";

const SLASH = /(^|\s)\/$/;

// { field, start, slash, picker, loaded, failed, wanted }: from `start` to the caret stands what was typed for it.
let open = null;

async function offer(field, start, slash) {
  close();
  const mine = (open = { field, start, slash, picker: make(), loaded: false, failed: false, wanted: false });
  field.form.append(mine.picker);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", "replies-list");
  say(word("Loading…"));
  // The promise is told by the clock of whoever writes it.
  const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone ?? "");
  const answer = await ask(`${page.page}replies/?zone=${zone}`).catch(() => null);
  if (open !== mine) return;
  if (!answer?.ok) {
    mine.failed = true;
    return say(word("Not loaded. Check the connection and try again."));
  }
  const template = document.createElement("template");
  template.innerHTML = answer.html;
  mine.picker.querySelector("ul").replaceWith(template.content.querySelector("ul"));
  mine.loaded = true;
  filter();
  if (open?.wanted) take(selected());
}

function make() {
  const picker = document.createElement("div");
  picker.className = "replies";
  picker.innerHTML = `<ul class="replies__list" role="listbox" id="replies-list" aria-label="${word("Quick replies")}"></ul>
    <p class="replies__foot"><span role="status"></span><span class="replies__key"><kbd class="key">↵</kbd>${word("inserts")}</span><span class="replies__key"><kbd class="key">Esc</kbd>${word("closes")}</span><a href="/replies/" tabindex="-1">${word("Manage")}</a></p>`;
  // The focus does not leave the box by a click.
  picker.addEventListener("mousedown", (event) => event.preventDefault());
  picker.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option !== selected()) select(option, false);
  });
  picker.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
  return picker;
}

function close() {
  if (!open) return;
  for (const name of ["aria-autocomplete", "aria-controls", "aria-activedescendant"]) open.field.removeAttribute(name);
  open.picker.remove();
  open = null;
}

function say(text) {
  open.picker.querySelector("[role=status]").textContent = text;
}

// What is typed is looked for in the names, and where none has it in the texts.

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

function filter() {
  const { field, start, slash, picker, loaded } = open;
  const caret = field.selectionStart;
  const typed = field.value.slice(start, caret);
  // The caret has left it, or the slash was a slash: "24 / 7".
  if (caret < start || (slash && typed[0] !== "/") || /^\/?\s|\n/.test(typed)) return close();
  if (!loaded) return;
  const query = fold(slash ? typed.slice(1) : typed);
  const parts = query.split(/\s+/).filter(Boolean);
  const options = [...picker.querySelectorAll("[role=option]")];
  const holding = (part) => options.filter((option) => parts.every((one) => fold(option.dataset[part]).includes(one)));
  const named = holding("name");
  const shown = named.length ? named : holding("body");
  for (const option of options) option.hidden = !shown.includes(option);
  if (query && !shown.length) return close();
  say(options.length ? words("{count} quick reply", "{count} quick replies", shown.length) : word("No quick replies yet."));
  select(shown.find((option) => fold(option.dataset.name).startsWith(query)) ?? shown[0]);
}

const selected = () => open?.picker.querySelector("[aria-selected=true]");

function select(option, scrolls = true) {
  selected()?.setAttribute("aria-selected", "false");
  open.field.removeAttribute("aria-activedescendant");
  if (!option) return;
  option.setAttribute("aria-selected", "true");
  open.field.setAttribute("aria-activedescendant", option.id);
  if (scrolls) option.scrollIntoView({ block: "nearest" });
}

function move(by) {
  const shown = [...open.picker.querySelectorAll("[role=option]:not([hidden])")];
  if (shown.length) select(shown[(shown.indexOf(selected()) + by + shown.length) % shown.length]);
}

function take(option) {
  if (!option) return;
  const { field, start } = open;
  close();
  field.focus();
  field.setSelectionRange(start, field.selectionStart);
  insert(field, option.dataset.body);
  showMissing(field);
  selectMissing(field);
}

// As if it were typed, so that it can be undone.
let inserting = false;
function insert(field, text) {
  inserting = true;
  if (!document.execCommand("insertText", false, text)) {
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
  inserting = false;
}

// The page. Before the others hear of a key, since Enter may send and Escape may leave the box.

const isBox = (element) => element?.form?.id === "composer" && element.name === "body";

document.addEventListener(
  "keydown",
  (event) => {
    if (!open || event.target !== open.field || event.isComposing || event.altKey) return;
    const act = {
      ArrowDown: () => move(1),
      ArrowUp: () => move(-1),
      Escape: close,
      Enter: choose,
      Tab: choose,
    }[event.key];
    if (!act || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  },
  true,
);

// What is pressed before the list has come is not lost, and above all nothing is sent by it.
function choose() {
  if (open.failed || (open.loaded && !selected())) close();
  else if (open.loaded) take(selected());
  else open.wanted = true;
}

document.addEventListener("input", (event) => {
  if (inserting || !isBox(event.target)) return;
  if (open?.field === event.target) return filter();
  const isTyped = event.inputType?.startsWith("insert") && !/Paste|Drop|LineBreak/.test(event.inputType);
  const caret = event.target.selectionStart;
  if (isTyped && SLASH.test(event.target.value.slice(0, caret))) offer(event.target, caret - 1, true);
});
document.addEventListener("selectionchange", () => open?.loaded && document.activeElement === open.field && filter());
document.addEventListener("focusout", (event) => event.target === open?.field && close());

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-replies]");
  if (!button) return;
  const field = button.form.elements.body;
  if (open) return close();
  field.focus();
  field.setSelectionRange(field.selectionEnd, field.selectionEnd);
  offer(field, field.selectionEnd, false);
});
// Pressing it must not close by the loss of the focus what it is to close by itself.
document.addEventListener("mousedown", (event) => event.target.closest("[data-replies]") && open && event.preventDefault());
