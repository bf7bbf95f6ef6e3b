// Notifications of the system. One for each conversation, which the next one of the same replaces.

import { choice } from "./choices.js";
import { words } from "./words.js";

const MANY = 3; // conversations that say something at once are said by one notification
const open = new Map(); // tag -> notification

export const isAllowed = () => "Notification" in window && Notification.permission === "granted";
export const isOn = () => choice("desktop") === "on" && isAllowed();

// Which notification, or null where the browser takes none from a page.
export function notify(tag, title, body, path) {
  let made;
  try {
    // Silent: the sound is a choice of its own.
    made = new Notification(title, { body, tag, renotify: true, silent: true });
  } catch {
    return null;
  }
  open.set(tag, made);
  made.addEventListener("close", () => open.get(tag) === made && open.delete(tag));
  if (path) {
    made.addEventListener("click", () => {
      window.focus();
      made.close();
      if (location.pathname !== path) location.assign(path);
    });
  }
  return made;
}

export function notifyOf(calls) {
  if (!isOn()) return;
  if (calls.length > MANY) notify("chats", words("{count} conversation", "{count} conversations", calls.length), calls.map((call) => call.title).join(", "), "/chats/?show=unread");
  else for (const call of calls) notify(`chat-${call.chat}`, call.title, call.line, `/chats/${call.chat}/`);
}

// What was read or answered meanwhile needs nobody any more.
export function withdraw(calls) {
  const calling = new Set(calls.map((call) => `chat-${call.chat}`));
  for (const [tag, notification] of open) if (tag.startsWith("chat-") && !calling.has(tag)) notification.close();
}
