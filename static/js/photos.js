// The photos of the thread: opened large where they are pressed, and what is said in the place of one that does not come.

import { word } from "./words.js";
import { on } from "./live.js";

const list = document.getElementById("messages");
const LOST = "message__photo--lost";

// Without this it is a link to the photo alone, and so it stays for whoever wants a tab of it.
list.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-photo]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.classList.contains(LOST)) return tryAgain(link);
  try {
    const { open } = await import("./lightbox.js");
    await open(link, list);
  } catch {
    // Without a connection there is nothing behind the link either, and what takes it to the page would be gone.
    if (navigator.onLine) location.assign(link.href);
    else note(link, word("Not opened: no connection."));
  }
});

// A little after the page, so that it is there when the connection is not.
const WARM = 4_000; // milliseconds
const warm = () => list.querySelector("[data-photo]") && import("./lightbox.js").then(({ prepare }) => prepare()).catch(() => {});
addEventListener("load", () => setTimeout(warm, WARM));

// Errors of an image do not bubble.
list.addEventListener("error", (event) => event.target.matches?.("[data-photo] img") && lose(event.target), true);
list.addEventListener("load", (event) => event.target.matches?.("[data-photo] img") && find(event.target), true);

// Something that takes as much room and shows nothing: of an image that is broken, browsers forget the size.
const empty = ({ width, height }) => `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"/>`)}`;
const isEmpty = (image) => image.src.startsWith("data:");

// Gone or only not reached? Whoever has a photo that is gone was told so once and is not asked again.
async function lose(image) {
  const link = image.closest("[data-photo]");
  if (!link || "local" in link.dataset || isEmpty(image)) return;
  const address = (image.dataset.src ??= image.src);
  image.src = empty({ width: image.getAttribute("width"), height: image.getAttribute("height") });
  say(link, navigator.onLine ? word("Photo not loaded. Try again") : word("Photo not loaded: no connection."));
  const answer = await fetch(address, { method: "HEAD" }).catch(() => null);
  if (![403, 404, 410].includes(answer?.status)) return;
  link.dataset.gone = "";
  say(link, word("This photo is no longer there."));
}

function say(link, words) {
  link.classList.add(LOST);
  const said = link.querySelector("span") ?? link.appendChild(document.createElement("span"));
  said.textContent = words;
}

// Over a photo that is there.
function note(link, words) {
  say(link, words);
  link.classList.replace(LOST, "message__photo--said");
  setTimeout(() => link.querySelector("span")?.remove(), 5_000);
}

function find(image) {
  if (isEmpty(image)) return;
  const link = image.closest("[data-photo]");
  link.classList.remove(LOST);
  link.querySelector("span")?.remove();
}

function tryAgain(link) {
  const image = link.querySelector("img");
  if ("gone" in link.dataset || !image) return;
  image.loading = "eager";
  image.src = image.dataset.src;
}

const tryAll = () => list.querySelectorAll(`.${LOST}`).forEach(tryAgain);
addEventListener("online", tryAll);
on("open", tryAll);
// Those that were lost before this had come.
for (const image of list.querySelectorAll("[data-photo] img")) if (image.complete && image.src && !image.naturalWidth) lose(image);
