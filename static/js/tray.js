// The photos and documents that go with what is being written: shown at once, checked, made smaller, kept through a reload.

import * as kept from "./kept.js";
import { kindOf, PER_MESSAGE, prepare, sizeOf, tooLarge } from "./picture.js";
import { word, words } from "./words.js";

// Where even this does not come, nothing is kept.
const nowhere = { keep: async () => false, load: async () => null, remove: async () => {} };
const store = import("./kept-files.js").catch(() => nowhere);
// What will be needed next, which may then be out of reach.
import("./upload.js").catch(() => {});
const parts = document.getElementById("tray-parts").content;
const composer = () => document.getElementById("composer");

// { id, name, type, size, width, height, blob, url, problem, isReady, ready } each; `ready` ends when it can be sent or
// has a `problem`. `url` shows it on this page alone.
let items = [];
// Under which this tab's are kept.
let place = "";
let areKept = true;

const newId = () => crypto.getRandomValues(new Uint32Array(3)).join("-");
const good = () => items.filter((item) => !item.problem);
export const hasFiles = () => good().length > 0;

export function add(files) {
  for (const file of files) items.push(made(file));
  draw();
}

// What can be sent goes with the message, as { files, box }: `box` is where they are kept, if they are yet. What cannot
// has been said, and goes as well.
export function takeFiles() {
  const taken = { files: good(), box: place };
  for (const item of items) if (item.problem && item.url) URL.revokeObjectURL(item.url);
  items = [];
  place = "";
  kept.keepTray("");
  draw();
  return taken;
}

function made(file) {
  const { name, type, problem } = kindOf(file);
  const item = { id: newId(), name, type, size: file.size, problem };
  if (!problem && good().length >= PER_MESSAGE) {
    item.problem = words("A message takes {count} file. This one is not added.", "A message takes {count} files. This one is not added.", PER_MESSAGE);
  } else if (!problem && type === "application/pdf") item.problem = tooLarge(file.size);
  item.ready = item.problem ? Promise.resolve() : makeReady(item, file);
  if (!item.problem && type !== "application/pdf") item.url = URL.createObjectURL(file);
  return item;
}

async function makeReady(item, file) {
  item.blob = file;
  try {
    const { blob, name, type, width, height } = await prepare(file, item.name, item.type);
    Object.assign(item, { blob, name, type, width, height, size: blob.size, problem: tooLarge(blob.size) });
    if (item.url) showSmaller(item);
  } catch {
    item.problem = word("This file could not be read. Choose it again.");
  }
  item.isReady = true;
  if (!items.includes(item)) return;
  draw();
  keepAll();
}

// Five photos as the camera takes them are a lot of memory for small pictures.
function showSmaller(item) {
  const before = item.url;
  item.url = URL.createObjectURL(item.blob);
  const image = rowOf(item)?.querySelector("img");
  if (image) image.src = item.url;
  // What shows it by the old address has it already, or looks again.
  setTimeout(() => URL.revokeObjectURL(before), 10_000);
}

async function keepAll() {
  const files = good().filter((item) => item.isReady);
  if (!files.length && !place) return;
  if (!files.length) {
    (await store).remove(place);
    place = "";
    return kept.keepTray("");
  }
  place ||= newId();
  kept.keepTray(place);
  const { keep } = await store;
  areKept = await keep(place, files);
  draw();
}

// What this tab, or the last one of this person, had chosen.
async function restore() {
  place = kept.ownTray();
  const from = place || kept.lastTray();
  const files = from ? await (await store).load(from) : null;
  if (!files?.length) return;
  for (const { name, type, blob, width, height } of files) {
    const item = { id: newId(), name, type, blob, width, height, size: blob.size };
    item.isReady = true;
    item.ready = Promise.resolve();
    if (type !== "application/pdf") item.url = URL.createObjectURL(blob);
    items.unshift(item);
  }
  draw();
  if (items.length > files.length || place !== from) keepAll();
}

// On the page

const tray = () => document.getElementById("tray");
const rowOf = (item) => tray()?.querySelector(`[data-item="${item.id}"]`);

function draw() {
  if (!composer()) return;
  if (!items.length) return tray()?.remove();
  if (!tray()) {
    const made = parts.firstElementChild.cloneNode(true);
    composer().querySelector(".composer__field, .composer__attach, .composer__text").before(made);
    made.addEventListener("click", (event) => {
      const row = event.target.closest("[data-remove]")?.closest("[data-item]");
      if (row) takeAway(row);
    });
  }
  const list = tray().querySelector("ul");
  for (const row of [...list.children]) if (!items.some((item) => item.id === row.dataset.item)) row.remove();
  for (const item of items) fill(rowOf(item) ?? list.appendChild(newRow(item)), item);
  const ready = good();
  const said = [words("{count} file to send", "{count} files to send", ready.length)];
  if (ready.some((item) => !item.isReady)) said.push(word("Getting ready…"));
  if (!areKept) said.push(word("This browser keeps no files: leave the page open until they are sent."));
  const line = tray().querySelector("[role=status]");
  if (line.textContent !== said.join(" · ")) line.textContent = said.join(" · ");
}

function newRow(item) {
  const row = parts.children[1].cloneNode(true);
  row.dataset.item = item.id;
  const image = row.querySelector("img");
  if (!item.url) return row;
  image.addEventListener("load", () => {
    item.width ??= image.naturalWidth;
    item.height ??= image.naturalHeight;
    image.hidden = false;
    row.querySelector(".icon").remove();
  }, { once: true });
  image.src = item.url;
  return row;
}

function fill(row, item) {
  row.classList.toggle("tray__item--refused", Boolean(item.problem));
  const name = row.querySelector("bdi");
  if (name.textContent !== item.name) {
    name.textContent = name.title = item.name;
    row.querySelector("button").ariaLabel = row.querySelector("button").title = word("Remove {name}", { name: item.name });
  }
  const more = row.querySelector(".tray__more");
  const says = item.problem || sizeOf(item.size);
  if (more.textContent === says) return;
  more.textContent = says;
  // Read out where it is said: the names of those that can be sent are read with their buttons.
  if (item.problem) more.setAttribute("role", "alert");
}

function takeAway(row) {
  const item = items.find((one) => one.id === row.dataset.item);
  const next = row.nextElementSibling ?? row.previousElementSibling;
  items = items.filter((one) => one !== item);
  if (item.url) URL.revokeObjectURL(item.url);
  (next?.querySelector("button") ?? composer().elements.body).focus();
  draw();
  keepAll();
}

// The box may be made anew, when a chat is closed or opened again.
document.addEventListener("people", () => setTimeout(draw, 0));
restore();
