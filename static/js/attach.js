// Photos and documents for what is being written: chosen, dropped or pasted. What is done with them then is loaded when
// somebody turns to the box, or a little after the page, so that it is there when the connection is not.

import { word } from "./words.js";

const WARM = 4_000; // milliseconds after the page
const form = () => document.getElementById("composer");

let tray = null;
let coming = null;
function load() {
  return (coming ??= import("./tray.js").then(
    (module) => (tray = module),
    () => (coming = null),
  ));
}

async function add(files) {
  say("");
  if (!(await load())) return say(word("Not loaded. Check the connection and choose the file again."));
  tray.add(files);
}

function say(words) {
  document.getElementById("attach-said")?.remove();
  if (!words) return;
  const error = document.createElement("p");
  error.id = "attach-said";
  error.className = "composer__error field__error";
  error.setAttribute("role", "alert");
  error.textContent = words;
  form().prepend(error);
}

// For whoever sends what is in the box. What was chosen is then no longer there.
export const hasFiles = () => Boolean(tray?.hasFiles());
export const takeFiles = () => tray?.takeFiles() ?? { files: [], box: "" };

document.addEventListener("change", (event) => {
  if (event.target.form !== form() || event.target.type !== "file") return;
  const files = [...event.target.files];
  // The same one can be chosen again, and no form sends it besides.
  event.target.value = "";
  if (files.length) add(files);
});

// Who copies a table or a text gets a picture of it besides, and wants the text.
document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  const types = event.clipboardData?.types ?? [];
  const isText = types.includes("text/plain") && (types.includes("text/html") || types.includes("text/rtf"));
  const elsewhere = event.target.closest?.("input, textarea, [contenteditable]");
  if (!files.length || isText || !form() || (elsewhere && elsewhere.form !== form())) return;
  event.preventDefault();
  add(files);
});

// Dropped beside the thread, a file would take the place of the page.
const thread = document.querySelector(".thread, .guest");
const sign = document.getElementById("drop");
const carriesFiles = (event) => Boolean(event.dataTransfer?.types.includes("Files") && form());
const show = (isOver) => sign && (sign.hidden = !isOver);

document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  const isOver = thread.contains(event.target);
  event.preventDefault();
  event.dataTransfer.dropEffect = isOver ? "copy" : "none";
  show(isOver);
});
document.addEventListener("dragleave", (event) => event.relatedTarget || show(false));
document.addEventListener("dragend", () => show(false));
document.addEventListener("drop", (event) => {
  show(false);
  if (!carriesFiles(event)) return;
  event.preventDefault();
  if (thread.contains(event.target)) add([...event.dataTransfer.files]);
});

for (const kind of ["pointerdown", "focusin"]) {
  document.addEventListener(kind, (event) => event.target.form === form() && form() && load(), { passive: true });
}
addEventListener("load", () => setTimeout(load, WARM));
