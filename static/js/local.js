// The photos and documents of my own message before the server has them: from the same element as everybody else's, with
// what this device has. The message that comes takes their place without a flicker.

import * as outbox from "./outbox.js";
import { followEnd } from "./scrolling.js";
import { button } from "./textbutton.js";
import { language, localise } from "./times.js";
import { word } from "./words.js";

const samples = () => document.getElementById("echo-files").content.querySelector(".message__files");

// Draws what is known now of the files of a message that is on its way.
export function showFiles(line, message) {
  const files = samples().cloneNode(true);
  const photos = files.querySelector(".photos");
  const [photo, card] = [photos.firstElementChild, files.querySelector(".file")];
  photo.remove();
  card.remove();
  const shown = new Map([...line.querySelectorAll("[data-local]")].map((element) => [element.dataset.local, element]));
  for (const file of message.files) {
    // A picture that is there stays: it would be decoded once more, and flicker.
    const isPhoto = file.url && !file.isUnseen;
    const element = isPhoto ? shown.get(file.url) ?? photoOf(photo.cloneNode(true), file) : cardOf(card.cloneNode(true), file);
    (isPhoto ? photos : files).append(element);
    const said = file.problem || file.refusal;
    if (said) files.append(problemOf(message, file, said));
  }
  for (const time of files.querySelectorAll("[data-at]")) time.dataset.at = message.at;
  localise(files);
  line.querySelector(".message__files")?.remove();
  if (message.files.length) line.querySelector(".message__body").after(files);
  showProgress(line, message);
}

function photoOf(link, file) {
  link.dataset.local = link.href = file.url;
  link.dataset.name = file.name;
  const image = link.firstElementChild;
  image.loading = "eager";
  size(link, image, file);
  // What this browser cannot show, HEIC most of all, is a card with a name.
  image.addEventListener("error", () => {
    file.isUnseen = true;
    const card = cardOf(samples().querySelector(".file").cloneNode(true), file);
    link.closest(".message__files")?.append(card);
    link.remove();
  });
  image.addEventListener("load", () => {
    file.width ??= image.naturalWidth;
    file.height ??= image.naturalHeight;
    size(link, image, file);
    followEnd();
  });
  image.src = file.url;
  return link;
}

// As large as the server's thumbnail will be.
const THUMBNAIL = 400;
function size(link, image, { width, height }) {
  if (!width) return;
  const scale = Math.min(1, THUMBNAIL / Math.max(width, height));
  image.width = Math.round(width * scale);
  image.height = Math.round(height * scale);
  Object.assign(link.dataset, { width, height });
}

function cardOf(card, file) {
  // It is here already.
  card.removeAttribute("href");
  card.removeAttribute("download");
  card.querySelector("bdi").textContent = file.name;
  card.querySelector(".file__more").textContent = file.name.split(".").at(-1).toUpperCase();
  card.querySelector(".visually-hidden").remove();
  card.lastElementChild.remove();
  return card;
}

function problemOf(message, file, said) {
  const line = document.createElement("p");
  line.className = "file-error";
  const name = document.createElement("bdi");
  name.textContent = file.name;
  if (!said.includes(file.name)) line.append(name, " ");
  line.append(said, " ");
  line.append(button(word("Remove"), () => outbox.removeFile(message.key, file), word("Remove {name}", { name: file.name })));
  return line;
}

const percent = new Intl.NumberFormat(language, { style: "percent" });

// How far it is. Not read out with every step: the bar says it to whoever asks.
export function showProgress(line, message) {
  const status = line.querySelector("p.message__status");
  if (!status || message.state !== "sending") return;
  let bar = status.querySelector("progress");
  if (!bar) {
    status.setAttribute("aria-live", "off");
    status.classList.add("message__status--upload");
    bar = document.createElement("progress");
    bar.ariaLabel = word("Sending");
    const said = document.createElement("span");
    said.dataset.said = "";
    status.replaceChildren(said, " · ", button(word("Cancel"), () => outbox.cancel(message.key)), bar);
    if (message.filesKept === false) status.append(word("This browser keeps no files: leave the page open until they are sent."));
  }
  const part = message.progress ?? 0;
  bar.value = part;
  status.querySelector("[data-said]").textContent = part ? word("Sending {percent}", { percent: percent.format(part) }) : word("Sending");
}

// To the line that everybody sees, what this page has of its photos: each stays until the server's own is there.
export function handOver(echo, line) {
  const mine = [...echo.querySelectorAll(".photos [data-local]")];
  const theirs = [...line.querySelectorAll(".message__photo")];
  if (mine.length !== theirs.length) return;
  mine.forEach((from, at) => {
    const shown = from.querySelector("img");
    const image = theirs[at].querySelector("img");
    const next = document.importNode(image);
    next.loading = "eager";
    image.replaceWith(shown);
    // Who looks at it at its full size goes on with the same one.
    theirs[at].dataset.was = from.dataset.local;
    const swap = () => {
      shown.replaceWith(next);
      URL.revokeObjectURL(from.dataset.local);
    };
    // Where it does not come, this page has the photo all the same.
    next.decode().then(swap, () => {});
  });
}
