// The files of a message that is not sent yet: kept, fetched, sent, and what is wrong with which. What does the work is
// loaded when there are files.

import * as kept from "./kept.js";
import { word } from "./words.js";

const store = () => import("./kept-files.js");
const SIGN = 3_000; // milliseconds from one sign of life to the next, for the other tabs

// What stands of them beside the text.
export const label = ({ files, box }) => (files?.length ? { box, files: files.map(({ name, type, problem, refusal }) => ({ name, type, refusal: refusal || problem })) } : {});

// Whether they outlive this page is then in `filesKept`.
export async function keep(message) {
  const { files, box } = message;
  await Promise.all(files.map((file) => file.ready));
  // Nobody keeps what was sent or deleted while it was being made ready.
  if (message.isOver || files !== message.files) return;
  message.filesKept = await store().then(({ keep }) => keep(box, files), () => false);
}

export const forget = (box) => store().then(({ remove }) => remove(box), () => {});

// True when all of them are on this page, after those that another page has left were fetched.
export async function isThere(message) {
  await Promise.all(message.files.map((file) => file.ready));
  if (message.files.every((file) => file.blob)) return true;
  const found = await store().then(({ load }) => load(message.box), () => null);
  if (!found) return false;
  if (message.files.every((file) => file.blob)) return true;
  message.files = found.map((file, at) => ({
    ...file,
    size: file.blob.size,
    url: file.type === "application/pdf" ? "" : URL.createObjectURL(file.blob),
    refusal: message.files[at]?.refusal,
  }));
  return true;
}

export const isFaulty = ({ files }) => files.some((file) => file.problem || file.refusal);

// Why it cannot be sent as it is, or nothing. What is wrong with which file then stands at it.
export async function problem(message) {
  const release = claim(message.key);
  await isThere(message).catch(() => false);
  release();
  for (const file of message.files) if (!file.blob) file.problem = word("No longer on this device.");
  return message.files.some((file) => file.problem) ? word("Remove what cannot be sent.") : "";
}

// For the other tabs, as long as it is worked at; returns what ends it.
function claim(key) {
  kept.claim(key);
  const signs = setInterval(kept.claim, SIGN, key);
  const release = () => {
    clearInterval(signs);
    kept.unclaim(key);
    removeEventListener("pagehide", release);
  };
  addEventListener("pagehide", release);
  return release;
}

// As fetch() answers.
export async function post(address, message, options) {
  const release = claim(message.key);
  try {
    const { upload } = await import("./upload.js");
    const progress = (part) => {
      message.progress = part;
      options.progress();
    };
    progress(0);
    return await upload(address, { ...options, files: message.files, progress });
  } finally {
    delete message.progress;
    release();
  }
}

// What the server has said of each file, to be shown at it; and what is left to be said of them all.
export function blame({ files = [] }, status, html) {
  if (!files.length) return "";
  const answer = document.createElement("template");
  answer.innerHTML = html;
  for (const error of answer.content.querySelectorAll("[data-file]")) {
    const file = files[Number(error.dataset.file)];
    if (file) file.refusal = error.textContent.trim();
  }
  if (isFaulty({ files })) return word("Remove what cannot be sent.");
  // Turned away at the gate, which has read none of it.
  if (status === 413 && !answer.content.querySelector(".field__error")) return word("Too large for one message. Send fewer files at once.");
  return "";
}

// What has no room, or not for long, or is refused again and again, keeps no text waiting behind it.
const LONGEST_WAIT = 120; // seconds
const TRIES = 3;
export function isStuck(message, status, wait, html) {
  if (!message.files?.length) return false;
  if (status === 503 && html.includes("data-files-refused")) message.tries = (message.tries ?? 0) + 1;
  return status === 507 || wait > LONGEST_WAIT || message.tries >= TRIES;
}

// Another try: the server may think otherwise by now.
export function forgive(message) {
  delete message.tries;
  for (const file of message.files ?? []) delete file.refusal;
}
