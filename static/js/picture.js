// What can be sent, and how large a photo is sent. Checked here so that it is said at once; the server checks all of it.

import { hasClearPixels } from "./pixels.js";
import { language } from "./times.js";
import { word, words } from "./words.js";

export const PER_MESSAGE = 5;
const MEGABYTE = 1024 * 1024;
export const LIMIT = 15 * MEGABYTE; // bytes of one file
const LONGEST = 2560; // pixels of the longer side

// By its ending, and as it is called by systems that use another one.
const KINDS = { jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", webp: "image/webp", heic: "image/heic", heif: "image/heif", pdf: "application/pdf" };
const OTHER_ENDINGS = { jfif: "jpg", jpe: "jpg", pjpeg: "jpg", heics: "heic" };
const ENDINGS = { "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/heic": "heic", "image/heif": "heif", "application/pdf": "pdf" };

const endingOf = (name) => /\.([^./\\]+)$/.exec(name)?.[1].toLowerCase() ?? "";
export const withEnding = (name, ending) => `${name.replace(/\.[^./\\]*$/, "") || "file"}.${ending}`;

const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
export function sizeOf(bytes) {
  if (bytes < 1000) return words("{count} byte", "{count} bytes", bytes);
  if (bytes < MEGABYTE) return word("{count} KB", { count: number.format(Math.ceil(bytes / 1024)) });
  return word("{count} MB", { count: number.format(Math.ceil((bytes / MEGABYTE) * 10) / 10) });
}

// { name, type } as it is sent, or { problem } with a sentence.
export function kindOf(file) {
  let name = file.name || "file";
  let ending = endingOf(name);
  if (ending in OTHER_ENDINGS) name = withEnding(name, (ending = OTHER_ENDINGS[ending]));
  // What is pasted may have a type and no name.
  if (!ending && file.type in ENDINGS) name = withEnding(name, (ending = ENDINGS[file.type]));
  if (!(ending in KINDS)) return { name, problem: word("Only JPEG, PNG, WebP, HEIC and PDF can be sent.") };
  if (!file.size) return { name, problem: word("This file is empty.") };
  return { name, type: KINDS[ending] };
}

export const tooLarge = (bytes) =>
  bytes > LIMIT ? word("This has {size}. A file may have {limit}.", { size: sizeOf(bytes), limit: sizeOf(LIMIT) }) : "";

// One after the other: a photo takes 4 bytes a pixel while it is being made smaller.
let before = Promise.resolve();

// Makes of an `item` what is sent of it: { blob, name, type, width, height }, made smaller where it can be. What cannot be
// read or sent has a `problem` then. The same photo is made the same in every tab.
export async function makeReady(item) {
  try {
    const { blob, name, type, width, height } = await prepare(item.blob, item.name, item.type);
    Object.assign(item, { blob, name, type, width, height, size: blob.size });
    item.problem ||= tooLarge(blob.size);
  } catch {
    item.problem ||= word("This file could not be read. Choose it again.");
  }
  delete item.isRaw;
}

function prepare(file, name, type) {
  const turn = before.then(() => make(file, name, type));
  before = turn.catch(() => {});
  return turn;
}

async function make(file, name, type) {
  // A copy: what the file is of may be changed or taken away before it is sent.
  const whole = async () => new Blob([await file.arrayBuffer()], { type });
  if (type === "application/pdf") return { blob: await whole(), name, type };
  // What this browser cannot decode goes as it is.
  const fitted = await fit(file).catch(() => null);
  if (!fitted?.blob) return { blob: await whole(), name, type, width: fitted?.width, height: fitted?.height };
  const ending = ENDINGS[fitted.blob.type];
  return { ...fitted, name: type === fitted.blob.type ? name : withEnding(name, ending), type: fitted.blob.type };
}

// { width, height } upright, and { blob } where it was larger than it is to be.
async function fit(file) {
  const worker = document.getElementById("composer")?.dataset.scaler;
  if (worker && "OffscreenCanvas" in window && "Worker" in window) {
    const answer = await inWorker(worker, file).catch(() => null);
    if (answer) return answer;
  }
  return here(file);
}

// Beside the page, so that typing stays smooth. One worker a photo: its memory is given back with it.
function inWorker(address, file) {
  const worker = new Worker(address, { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.failed ? reject(new Error(data.failed)) : resolve(data));
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error("worker"));
    };
    worker.postMessage({ file, longest: LONGEST });
  }).finally(() => worker.terminate());
}

// Where there are no canvases beside the page. An image element turns a photo upright by itself.
async function here(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    const scale = LONGEST / Math.max(width, height);
    if (scale >= 1) return { width, height };
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const isClear = file.type !== "image/jpeg" && hasClearPixels(context, canvas);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, isClear ? "image/png" : "image/jpeg", 0.85));
    return { blob, width: canvas.width, height: canvas.height };
  } finally {
    URL.revokeObjectURL(image.src);
  }
}
