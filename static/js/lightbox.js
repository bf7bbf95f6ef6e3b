// One photo of the thread at its full size, and from it to the one before and after: by buttons, by keys, by a swipe.

import { returnTo } from "./focus.js";
import { on } from "./news.js";
import { word } from "./words.js";

const SWIPE = 48; // px
const parts = document.getElementById("lightbox-parts");

let making = null;
let dialog = null;
let list = null;
// The address of the photo that is shown: its element may be replaced meanwhile.
let shown = "";

export async function open(link, its) {
  list = its;
  dialog ??= await prepare();
  show(link);
  if (dialog.open) return;
  returnTo(dialog);
  dialog.showModal();
  part("[data-close]").focus();
}

// What it takes to show one: once, and again where it did not come.
export function prepare() {
  return (making ??= make().catch((error) => {
    making = null;
    throw error;
  }));
}

const part = (selector) => dialog.querySelector(selector);
const photos = () => [...list.querySelectorAll("[data-photo]")];
// One of mine that is stored meanwhile has another address now.
const current = () => photos().find((link) => link.href === shown || link.dataset.was === shown);

async function make() {
  const styles = document.createElement("link");
  styles.rel = "stylesheet";
  styles.href = parts.dataset.styles;
  const isStyled = new Promise((resolve, reject) => Object.assign(styles, { onload: resolve, onerror: reject }));
  document.head.append(styles);
  await isStyled.catch((error) => {
    styles.remove();
    throw error;
  });
  const made = parts.content.querySelector("dialog").cloneNode(true);
  document.body.append(made);
  made.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.step) step(Number(button.dataset.step));
    else if (button || event.target.matches(".lightbox__view")) made.close();
  });
  made.addEventListener("keydown", press);
  // What is large is not kept in memory behind the page.
  made.addEventListener("close", () => part(".lightbox__photo").removeAttribute("src"));
  watchSwipes(made.querySelector(".lightbox__view"));
  const image = made.querySelector(".lightbox__photo");
  image.addEventListener("load", () => say(""));
  image.addEventListener("error", () => image.hasAttribute("src") && say(word("This photo does not load. It was deleted, or there is no connection.")));
  on("arranged", () => made.open && follow());
  return made;
}

function show(link) {
  const all = photos();
  const at = all.indexOf(link);
  shown = link.href;
  const small = link.querySelector("img");
  const image = part(".lightbox__photo");
  say("");
  // With its size the place is right before the photo is there, which the small one fills meanwhile.
  image.width = Number(link.dataset.width) || small.naturalWidth;
  image.height = Number(link.dataset.height) || small.naturalHeight;
  image.removeAttribute("src");
  image.src = link.href;
  image.alt = small.alt;
  part(".lightbox__title").textContent = small.alt;
  part(".lightbox__name").textContent = link.dataset.name;
  const download = part("[data-download]");
  download.href = link.href;
  download.download = link.dataset.name;
  count(at, all.length);
}

function count(at, of) {
  part(".lightbox__count").textContent = of > 1 ? word("{at} of {count}", { at: at + 1, count: of }) : "";
  const [back, forth] = dialog.querySelectorAll("[data-step]");
  const focused = document.activeElement;
  back.disabled = at <= 0;
  forth.disabled = at >= of - 1;
  // A button that is gone leaves the focus to the other one.
  if (focused?.disabled) (forth.disabled ? (back.disabled ? part("[data-close]") : back) : forth).focus();
}

function say(words) {
  const said = part(".lightbox__said");
  said.textContent = words;
  said.hidden = !words;
}

function step(by) {
  const all = photos();
  const link = all[all.findIndex((one) => one.href === shown) + by];
  if (link) show(link);
}

// More have come, or this one has gone.
function follow() {
  const link = current();
  if (link && link.href !== shown) return show(link);
  if (link) return count(photos().indexOf(link), photos().length);
  part(".lightbox__photo").removeAttribute("src");
  say(word("This photo was deleted."));
}

function press(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const forth = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  const all = photos();
  if (event.key === "ArrowLeft" || event.key === "ArrowRight") step(event.key === forth ? 1 : -1);
  else if (event.key === "Home" && all.length) show(all[0]);
  else if (event.key === "End" && all.length) show(all.at(-1));
  else return;
  event.preventDefault();
}

// One finger from side to side. Two are the browser's, as is one that moves what was made larger.
function watchSwipes(view) {
  let from = null;
  const fingers = new Set();
  const isLarger = () => (visualViewport?.scale ?? 1) > 1.01;
  view.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    fingers.add(event.pointerId);
    from = fingers.size === 1 && !isLarger() ? event : null;
  });
  const lift = (event) => {
    fingers.delete(event.pointerId);
    const start = from;
    from = null;
    if (event.type !== "pointerup" || !start || isLarger()) return;
    const [x, y] = [event.clientX - start.clientX, event.clientY - start.clientY];
    if (Math.abs(x) < SWIPE || Math.abs(x) < 2 * Math.abs(y)) return;
    const isForth = document.documentElement.dir === "rtl" ? x > 0 : x < 0;
    step(isForth ? 1 : -1);
  };
  view.addEventListener("pointerup", lift);
  view.addEventListener("pointercancel", lift);
}
