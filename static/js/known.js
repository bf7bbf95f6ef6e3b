// Up to which message of each conversation this person was told of news in this browser, in whichever tab.

import { choice, choose } from "./choices.js";
import { page } from "./news.js";

const KEPT = 200;
const SLACK = 10_000; // milliseconds that news may take on its way
const name = `known:${page.person}`;

function read() {
  try {
    const { at = 0, chats = {} } = JSON.parse(choice(name) || "{}") ?? {};
    return { at: Number(at) || 0, chats };
  } catch {
    // Anything may stand there: what is not ours to read is as good as nothing.
    return { at: 0, chats: {} };
  }
}

const write = (known) => choose(name, JSON.stringify(known));

// When any tab has last heard from the server what calls. What is older than that is no news, whatever makes it call
// now: an unmuted conversation, or one that was marked as unread.
export const heardAt = () => read().at;

export const isNews = (call, since) =>
  call.message > (read().chats[call.chat] ?? 0) && call.sent > since - SLACK;

// Takes these as told. True for those that no other tab has told before.
export function claim(calls) {
  const { at, chats } = read();
  const fresh = calls.filter((call) => call.message > (chats[call.chat] ?? 0));
  for (const call of fresh) {
    delete chats[call.chat]; // to the end, as the latest
    chats[call.chat] = call.message;
  }
  write({ at, chats: Object.fromEntries(Object.entries(chats).slice(-KEPT)) });
  return fresh;
}

export const heard = () => write({ ...read(), at: Date.now() });
