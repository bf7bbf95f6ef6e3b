// The files of a message that is not sent yet: kept, fetched, sent, and what is wrong with which. What does the work is
// loaded when there are files.

import * as kept from "./kept.js";
import { word } from "./words.js";

const store = () => import("./kept-files.js");
const SIGN = 3_000; // milliseconds from one sign of life to the next, for the other tabs

// What stands of them beside the text. That one is not there is found out anew.
export const label = ({ files, box }) =>
  files?.length ? { box, files: files.map(({ id, name, type, blob, problem, refusal }) => ({ id, name, type, refusal: refusal || (blob && problem) })) } : {};

// Whether they outlive this page is then in `filesKept`.
export async function keep(message) {
  const { files, box } = message;
  // Those that are not known here would be written over.
  const areKnown = await gather(message).then(() => true, () => false);
  // Nobody keeps what was sent or deleted while it was being made ready.
  if (message.isOver || files !== message.files) return;
  const there = files.filter((file) => file.blob);
  message.filesKept = areKnown && (await store().then(({ keep }) => keep(box, there), () => false));
}

export const forget = (box) => store().then(({ remove }) => remove(box), () => {});

// Waits for them, and fetches those that another page has left, which may be less than it had. Throws where there is no
// knowing.
export async function gather({ files, box }) {
  await Promise.all(files.map((file) => file.ready));
  if (files.every((file) => file.blob)) return;
  const { load } = await store();
  const found = (await load(box)) ?? [];
  for (const file of files.filter((file) => !file.blob)) {
    const one = found.find(({ id }) => id === file.id);
    if (!one) file.problem = word("No longer on this device.");
    else Object.assign(file, one, { problem: "", size: one.blob.size, url: one.type === "application/pdf" ? "" : URL.createObjectURL(one.blob) });
  }
}

export const isFaulty = ({ files }) => files.some((file) => file.problem || file.refusal);

// Why it cannot be sent as it is, or nothing. What is wrong with which file then stands at it. Throws where another try
// may know.
export async function problem(message) {
  const release = claim(message.key);
  try {
    await gather(message);
    await finish(message);
  } catch (error) {
    message.tries = (message.tries ?? 0) + 1;
    if (message.tries < TRIES) throw error;
    return word("What is kept on this device could not be read. Try again.");
  } finally {
    release();
  }
  return message.files.some((file) => file.problem) ? word("Remove what cannot be sent.") : "";
}

// What ended with its page before it was. Kept before it is sent, so that every try sends the same.
async function finish(message) {
  const raw = message.files.filter((file) => file.isRaw && !file.problem);
  if (!raw.length) return;
  const { makeReady } = await import("./picture.js");
  await Promise.all(raw.map(makeReady));
  await keep(message);
}

// For the other tabs, as long as it is worked at; returns what ends it.
export function claim(key) {
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
  return answer.content.querySelector(".field__error") ? "" : (AT_THE_GATE[status] ?? "");
}

// Turned away there, none of it is read, and what is answered is no form.
const AT_THE_GATE = {
  413: word("Too large for one message. Send fewer files at once."),
  507: word("There is no room for files at the moment. Send the text without them."),
};

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
