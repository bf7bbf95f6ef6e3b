// Answers by one tap on the list of chats. Each is kept on this device until the server has it, where the outbox of its
// chat finds it too, and tried again with the same key; its stop says what became of it. Those of one chat go one after
// the other: "At the door" does not overtake "On my way". So does what was written in the chat itself and is not sent.

import { ask } from "./ask.js";
import { shelfOf } from "./kept.js";
import { on, page, pause } from "./live.js";
import { headers, uuid } from "./outbox.js";
import { errorIn, fieldsOf } from "./sending.js";
import { button } from "./textbutton.js";
import { word } from "./words.js";

const PAUSE = 3000; // milliseconds in which the same tap again is a finger that has slipped
const SHOWN = 4000; // for so long a stop says that it was sent

const list = document.getElementById("conversations");
const states = new Map(); // chat -> { body, at, key, message, state, reason }: the last tap, and what is said of which
const waiting = new Map(); // key -> { chat, message }: also where the browser keeps nothing
const underway = new Set(); // chats
let failures = 0;
let timer = 0;

const stopOf = (chat) => document.getElementById(`conversation-${chat}`);

list?.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-chat]");
  if (!form) return;
  event.preventDefault();
  const { chat } = form.dataset;
  const body = event.submitter?.value;
  const last = states.get(chat);
  if (!body || (last?.body === body && Math.abs(Date.now() - last.at) < PAUSE)) return;
  const message = { key: uuid(), body, reply: null, place: Date.now(), at: new Date().toISOString(), tap: true };
  shelfOf(chat).keep(message);
  waiting.set(message.key, { chat, message });
  states.set(chat, { ...last, body, at: Date.now() });
  go(chat);
});

const lineOf = (chat) => [...waiting.values()].filter((one) => one.chat === chat).map(({ message }) => message).sort((a, b) => a.place - b.place);

async function go(chat) {
  if (underway.has(chat)) return;
  underway.add(chat);
  let goesOn = true;
  while (goesOn) {
    // What was refused waits for a person, and holds up no other.
    const next = lineOf(chat).find((message) => !message.isRefused);
    goesOn = Boolean(next) && (await deliver(chat, next));
  }
  underway.delete(chat);
}

// Whether the next one may follow.
async function deliver(chat, message) {
  say(chat, message, "sending");
  const options = { method: "POST", headers: headers(), body: fieldsOf(message) };
  const answer = await ask(`${page.door}/chats/${chat}/messages/`, options).catch(() => null);
  // Stored is what comes back with our key, whatever stands between us and the server.
  if (answer?.ok && answer.html.includes(message.key)) {
    failures = 0;
    drop(chat, message);
    say(chat, message, "sent");
    return true;
  }
  // Then it stays on this device, and is tried again when somebody says so or the page is opened again.
  message.isRefused = Boolean(answer && answer.status >= 400 && answer.status < 500 && answer.status !== 429);
  message.reason = answer?.status === 422 ? errorIn(answer.html) : "";
  if (!message.isRefused) again();
  say(chat, message, "failed", message.reason);
  return message.isRefused;
}

function again() {
  clearTimeout(timer);
  timer = setTimeout(tryAll, pause(failures++));
}

function drop(chat, message) {
  shelfOf(chat).forget(message.key);
  waiting.delete(message.key);
}

// Files are sent by the chat's own page, and what comes after them must not overtake them.
function unsentIn(chat) {
  const all = (shelfOf(chat).messages() ?? []).sort((a, b) => a.place - b.place);
  const files = all.findIndex((message) => message.files?.length);
  return files < 0 ? all : all.slice(0, files);
}

// What was not sent, in this visit or an earlier one.
function tryAll() {
  for (const row of list?.querySelectorAll("[data-conversation]") ?? []) {
    const chat = row.dataset.conversation;
    for (const message of unsentIn(chat)) if (!waiting.has(message.key)) waiting.set(message.key, { chat, message: { ...message, isRefused: message.refused } });
  }
  for (const chat of new Set([...waiting.values()].map((one) => one.chat))) go(chat);
}

// What became of it

function say(chat, message, state, reason = "") {
  const before = states.get(chat);
  if (before?.key === message.key && before.state === state && before.reason === reason) return;
  states.set(chat, { ...before, key: message.key, message, state, reason });
  show(chat);
  if (state === "sent") setTimeout(() => states.get(chat)?.key === message.key && states.get(chat).state === "sent" && clear(chat), SHOWN);
}

function clear(chat) {
  const left = lineOf(chat)[0];
  // What is still not sent is not hidden behind what is.
  if (left) return say(chat, left, "failed", left.reason);
  states.set(chat, { body: states.get(chat).body, at: states.get(chat).at });
  show(chat);
}

function show(chat) {
  const place = stopOf(chat)?.querySelector(".stop__said");
  if (!place) return;
  const { state, reason, message } = states.get(chat) ?? {};
  place.classList.toggle("stop__said--failed", state === "failed");
  if (!state) return place.replaceChildren();
  place.replaceChildren(Object.assign(document.createElement("bdi"), { textContent: message.body }), ` · ${saying(state, reason)} `);
  if (state !== "failed") return;
  place.append(
    button(word("Retry"), () => {
      message.isRefused = false;
      go(chat);
    }), " · ",
    button(word("Delete"), () => {
      drop(chat, message);
      clear(chat);
      go(chat);
    }),
  );
}

function saying(state, reason) {
  if (state === "sending") return word("Sending");
  if (state === "sent") return word("Sent");
  return reason ? word("Not sent: {reason}", { reason }) : word("Not sent.");
}

// A row that came live says it too.
on("row", (row) => show(row.id.replace("conversation-", "")));
on("open", () => {
  failures = 0;
  tryAll();
});
addEventListener("online", tryAll);
tryAll();
