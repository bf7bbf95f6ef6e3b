// The files of what is not sent yet, in this browser's database, beside the texts in kept.js: there they outlive the page
// and a crash. Each entry has the files of one message, or of the box of one tab, under the person and the conversation.

import { owner } from "./kept.js";

const STORE = "files";
const LIFETIME = 30 * 86_400_000; // milliseconds
const PATIENCE = 5_000; // some browsers answer nothing at all where they keep nothing

let opened = null;
function database() {
  return (opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("unsent", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => {
      // Another tab with a later version of this page needs it.
      request.result.onversionchange = () => {
        request.result.close();
        opened = null;
      };
      resolve(request.result);
    };
    request.onerror = request.onblocked = () => reject(request.error ?? new Error("blocked"));
    setTimeout(reject, PATIENCE, new Error("no answer"));
  }).catch((error) => {
    // Whoever asks again may be answered.
    opened = null;
    throw error;
  }));
}

// What `act` asks of the store, once all of it is written. Throws where nothing is kept.
async function within(mode, act) {
  const transaction = (await database()).transaction(STORE, mode);
  const asked = act(transaction.objectStore(STORE));
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
  return asked?.result;
}

// False when they could not be kept: private browsing may refuse it, and there may be no room.
export async function keep(key, files) {
  const kept = files.map(({ id, name, type, blob, width, height, isRaw }) => ({ id, name, type, blob, width, height, isRaw }));
  const entry = { at: Date.now(), files: kept };
  return within("readwrite", (store) => written(store.put(entry, owner + key))).then(() => true, () => false);
}

// Null when they are not there, or are nothing of ours. Throws where there is no knowing.
export async function load(key) {
  const entry = await within("readonly", (store) => store.get(owner + key));
  const files = Array.isArray(entry?.files) ? entry.files : [];
  return files.length && files.every((file) => file?.blob instanceof Blob && typeof file.name === "string") ? files : null;
}

// Where nothing could be kept there is nothing to take away.
export const remove = (key) => within("readwrite", (store) => written(store.delete(owner + key))).catch(() => {});

// Nothing more is asked: it need not come back to this page, which may be gone by then, to be written.
function written(request) {
  request.transaction.commit?.();
  return request;
}

// Whose link is dead, or who never came back, leaves nothing here for ever.
async function clean() {
  await within("readwrite", (store) => {
    store.openCursor().onsuccess = ({ target: { result: cursor } }) => {
      if (!cursor) return;
      if (!(Date.now() - cursor.value?.at < LIFETIME)) cursor.delete();
      cursor.continue();
    };
  });
}
clean().catch(() => {});
