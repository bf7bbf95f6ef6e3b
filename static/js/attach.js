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

// Chosen while the tray is on its way: whoever sends waits for them. Ends with nothing where it does not come.
let isAdding = false;
export const filesToCome = () => (isAdding ? coming : null);

async function add(files) {
  say(tray ? "" : word("Getting ready…"), "status");
  isAdding = true;
  const came = await load();
  isAdding = false;
  say(came ? "" : word("Not loaded. Check the connection and choose the file again."), "alert");
  if (came) tray.add(files);
}

function say(words, role) {
  document.getElementById("attach-said")?.remove();
  if (!words) return;
  const line = document.createElement("p");
  line.id = "attach-said";
  line.className = "composer__error";
  line.classList.toggle("field__error", role === "alert");
  line.setAttribute("role", role);
  line.textContent = words;
  form().prepend(line);
}

// For whoever sends what is in the box. What was chosen is then no longer there.
export const hasFiles = () => Boolean(tray?.hasFiles());
export const takeFiles = () => tray?.takeFiles() ?? { files: [], box: "" };

document.addEventListener("change", (event) => {
  if (event.target.form === form() && event.target.type === "file") take(event.target);
});

function take(input) {
  const files = [...input.files];
  // The same one can be chosen again, and no form sends it besides.
  input.value = "";
  if (files.length) add(files);
}

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
// Chosen before this was here, when the form did without it.
form()?.querySelectorAll("[type=file]").forEach(take);
