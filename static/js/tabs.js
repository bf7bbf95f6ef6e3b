// The tabs of one person in one browser: which conversations are looked at in any of them, and whose turn it is to
// speak for all. Without a server in between, so it is the same whether a socket works or not.

import { page } from "./news.js";

const PATIENCE = 150; // milliseconds for the tab in front to say what it shows
const channel = "BroadcastChannel" in window ? new BroadcastChannel(`tabs-of-${page.person}`) : null;

// The conversation that is on this screen, if its window has the focus.
export const lookedAtHere = () => (page.chat && document.visibilityState === "visible" && document.hasFocus() ? page.chat : null);

let collect = null;
channel?.addEventListener("message", ({ data }) => {
  if (data.question && lookedAtHere()) channel.postMessage({ chat: lookedAtHere() });
  else if (data.chat) collect?.add(data.chat);
});

// The conversations that are on the screen in a window that has the focus.
export async function lookedAt() {
  const chats = (collect = new Set());
  if (lookedAtHere()) chats.add(lookedAtHere());
  if (channel) {
    channel.postMessage({ question: true });
    await new Promise((resolve) => setTimeout(resolve, PATIENCE));
  }
  return chats;
}

// One tab after the other. On plain HTTP there are no locks: then each waits for a time of its own, and two that wait
// for the same are parted by the notification's tag and the pace of the sound.
export async function inTurn(isReady, act) {
  const handicap = (isReady ? 0 : 300) + (navigator.locks ? 0 : Math.random() * 250);
  await new Promise((resolve) => setTimeout(resolve, handicap));
  return navigator.locks ? navigator.locks.request(`turn-of-${page.person}`, act) : act();
}
