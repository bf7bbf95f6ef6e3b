// Each step on the way of a notification, from the server to the screen. A step answers {} where it works, or { why }
// in words that say what to do, or { off } where somebody has not turned it on; `said` is what else is worth knowing.

import { ask } from "./ask.js";
import { canShowBadge } from "./badge.js";
import { choice, choose } from "./choices.js";
import { isAllowed, notify } from "./desktop.js";
import { isLive, on } from "./live.js";
import { play } from "./sound.js";
import { word } from "./words.js";

// Milliseconds
const WAY = 5_000; // from the server through the channel layer and the socket to here
const SHOWING = 3_000; // until the system has shown it

// Why there can be no desktop notification here, or nothing.
export function inWords() {
  if (!window.isSecureContext) {
    return word("This page came over plain HTTP ({host}), where browsers allow no desktop notifications. Open it by HTTPS, which an admin sets up in front of the server, or on the server’s own machine. The number in the tab and the sound work here too.", { host: location.host });
  }
  if (!("Notification" in window)) return word("This browser has no desktop notifications. Use another one, or the sound.");
  if (Notification.permission === "denied") {
    return word("You have blocked notifications for this site. Press the sign to the left of the address, allow them there, and reload this page.");
  }
  return "";
}

const tester = document.getElementById("tester");
const arrived = new Map();
on("test", (key) => arrived.get(key)?.());

async function throughTheServer() {
  const key = `${Date.now()}-${Math.random().toString(36).slice(2)}`;
  const came = new Promise((resolve) => arrived.set(key, resolve));
  const began = performance.now();
  const body = new URLSearchParams([...new FormData(tester), ["key", key]]);
  const answer = await ask(tester.action, { method: "POST", body }).catch(() => null);
  if (!answer?.ok) {
    const why = answer
      ? word("The server answered with {status}. Reload the page; if it stays so, tell an admin.", { status: answer.status })
      : word("The server did not answer. Reload the page; if it stays so, tell an admin.");
    return { why };
  }
  const isHere = await Promise.race([came.then(() => true), later(WAY, false)]);
  if (isHere) return { said: word("Arrived after {seconds} seconds.", { seconds: ((performance.now() - began) / 1000).toFixed(1) }) };
  const why = isLive()
    ? word("The server has sent it, and it did not arrive within 5 seconds, although the connection looks open. New messages come within a minute all the same. An admin can see whether the proxy hands on websockets, and whether Redis answers.")
    : word("There is no live connection: something between the server and this page lets no websocket through. New messages are asked for instead, every few seconds. An admin can see whether the proxy hands on websockets, and whether Redis answers.");
  return { why };
}

async function toTheScreen() {
  const notification = notify("test", word("Test of notifications"), word("This one came the whole way."));
  if (!notification) return { why: word("This browser shows none from a page. Phones do that only for installed apps: use a desk’s browser.") };
  const shown = new Promise((resolve) => {
    notification.addEventListener("show", () => resolve("shown"));
    notification.addEventListener("error", () => resolve("refused"));
  });
  const state = await Promise.race([shown, later(SHOWING, "silent")]);
  if (state === "shown") return { said: word("Do you not see it? Then the system holds it back: look at its own settings, and whether “Do not disturb” is on.") };
  return { why: word("The browser has taken it, and the system has not shown it. Look whether “Do not disturb” is on, and whether the system lets this browser notify.") };
}

async function sounds() {
  if (!choice("sound")) return { off: word("No sound is chosen.") };
  if (!("AudioContext" in window)) return { why: word("This browser makes no sounds.") };
  if (!(await play(choice("sound")))) {
    return { why: word("The browser holds the sound back until something is pressed on a page. Press anywhere after a page is opened, or allow this site to play sound in the browser’s settings.") };
  }
  return { said: word("Did you not hear it? Look at the loudness, and whether this tab is muted.") };
}

const later = (milliseconds, value) => new Promise((resolve) => setTimeout(resolve, milliseconds, value));

export const steps = [
  {
    name: "storage",
    run: () => (choose("storage-test", "1") ? {} : { why: word("This browser keeps nothing for this site, as in a private window. What you choose here ends with the page; allow the site to store data.") }),
  },
  {
    name: "badge",
    run: async () => ((await canShowBadge()) ? {} : { why: word("This browser does not draw the number on the icon. The number in the title is there all the same.") }),
  },
  { name: "sound", run: sounds },
  { name: "server", run: throughTheServer },
  { name: "secure", run: () => (window.isSecureContext ? {} : { why: inWords() }) },
  { name: "browser", after: ["secure"], run: () => ("Notification" in window ? {} : { why: inWords() }) },
  {
    name: "permission",
    after: ["secure", "browser"],
    run: () => {
      if (isAllowed()) return {};
      return Notification.permission === "denied" ? { why: inWords() } : { off: word("Not asked yet: turn on desktop notifications above.") };
    },
  },
  {
    name: "chosen",
    after: ["secure", "browser", "permission"],
    run: () => (choice("desktop") === "on" ? {} : { off: word("Turn on desktop notifications above.") }),
  },
  { name: "screen", after: ["secure", "browser", "permission", "chosen"], run: toTheScreen },
].map((step) => ({ ...step, label: document.querySelector(`[data-step="${step.name}"] b`).textContent }));
