// The photos and documents that go with what is being written: shown at once, checked, made smaller, kept through a reload.

import * as kept from "./kept.js";
import { claim } from "./parcel.js";
import { kindOf, makeReady, PER_MESSAGE, sizeOf, tooLarge } from "./picture.js";
import { word, words } from "./words.js";

// Where even this does not come, nothing is kept.
const nowhere = { keep: async () => false, load: () => Promise.reject(), remove: async () => {} };
const store = import("./kept-files.js").catch(() => nowhere);
// What will be needed next, which may then be out of reach.
import("./upload.js").catch(() => {});
const parts = document.getElementById("tray-parts").content;
const composer = () => document.getElementById("composer");

// { id, name, type, size, width, height, blob, url, problem, isRaw, ready } each; `ready` ends when it can be sent or has
// a `problem`, and until then it is `isRaw`. `url` shows it on this page alone.
let items = [];
// Under which this tab's are kept. Claimed, since a tab that is duplicated begins with the place of the other.
let place = "";
let release = () => {};
let areKept = true;
// What was chosen before could not be read: said until it is chosen again, or nothing is to be sent any more.
let isLost = false;

function settleAt(next) {
  release();
  place = next;
  release = place ? claim(place) : () => {};
}

const newId = () => crypto.getRandomValues(new Uint32Array(3)).join("-");
const good = () => items.filter((item) => !item.problem);
export const hasFiles = () => good().length > 0;

export function add(files) {
  for (const file of files) items.push(made(file));
  isLost = false;
  begin();
  draw();
  keepAll();
}

// What can be sent goes with the message, as { files, box }: `box` is where they are kept, if they are yet. What cannot
// has been said, and goes as well.
export function takeFiles() {
  const taken = { files: good(), box: place };
  for (const item of items) if (item.problem && item.url) URL.revokeObjectURL(item.url);
  items = [];
  isLost = false;
  settleAt("");
  kept.keepTray("");
  draw();
  return taken;
}

function made(file) {
  const { name, type, problem } = kindOf(file);
  const item = { id: newId(), name, type, size: file.size, blob: file, problem, isRaw: true };
  if (!problem && type === "application/pdf") item.problem = tooLarge(file.size);
  return item;
}

function begin() {
  for (const item of good().slice(PER_MESSAGE)) {
    item.problem = words("A message takes {count} file. This one is not added.", "A message takes {count} files. This one is not added.", PER_MESSAGE);
  }
  for (const item of good().filter((item) => !item.ready)) {
    if (item.type !== "application/pdf") item.url = URL.createObjectURL(item.blob);
    item.ready = item.isRaw ? finish(item) : Promise.resolve();
  }
}

async function finish(item) {
  await makeReady(item);
  if (item.url) showSmaller(item);
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

// At once, as they were chosen: what a camera has just taken may be nowhere else.
async function keepAll() {
  const [files, before] = [good(), place];
  if (!files.length) {
    settleAt("");
    if (before) kept.keepTray("");
    if (before) (await store).remove(before);
    return;
  }
  if (!place) settleAt(newId());
  kept.keepTray(place);
  const box = place;
  const { keep } = await store;
  areKept = await keep(box, files);
  draw();
}

// What this tab, or the last one of this person, had chosen.
async function restore() {
  const own = kept.ownTray();
  const from = own || kept.lastTray();
  if (own && !kept.isClaimed(own)) settleAt(own);
  if (!from) return;
  let files;
  try {
    files = await (await store).load(from);
  } catch {
    // Not written over by what comes now.
    if (place === from) settleAt("");
    isLost = !items.length;
    draw();
  }
  if (!files) return;
  items = [...files.map((file) => ({ ...file, size: file.blob.size })), ...items];
  begin();
  draw();
  if (items.length > files.length || place !== from) keepAll();
}

// On the page

const tray = () => document.getElementById("tray");
const rowOf = (item) => tray()?.querySelector(`[data-item="${item.id}"]`);

function draw() {
  if (!composer()) return;
  if (!items.length && !isLost) return tray()?.remove();
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
  for (const [at, item] of items.entries()) fill(rowOf(item) ?? list.insertBefore(newRow(item), list.children[at] ?? null), item);
  const ready = good();
  const said = isLost
    ? [word("The files that were chosen here cannot be read. Reload the page, or choose them again.")]
    : [words("{count} file to send", "{count} files to send", ready.length)];
  if (ready.some((item) => item.isRaw)) said.push(word("Getting ready…"));
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
