// Notifications of a web chat link in this browser: offered once, turned on and off, and kept up.

import { ask } from "./ask.js";
import { page } from "./news.js";

const { pushes, pushStyle } = document.querySelector("meta[name=app]").dataset;
const HOUR = 3_600_000; // milliseconds
const PATIENCE = 10_000;

// What was chosen: "on <when the server heard of it last> <the address>", "off" or "later". It belongs to this link in
// this browser.

const NAME = `push:${page.door}`;
let here = null; // where storage is refused, a choice lives as long as the page

function chosen() {
  try {
    return here ?? localStorage.getItem(NAME) ?? "";
  } catch {
    return "";
  }
}

function note(choice) {
  here = choice;
  try {
    localStorage.setItem(NAME, choice);
  } catch {
    // Then it is asked for again with the next page.
  }
}

// What the server has to say of it: its words, its key, and the token with which it is told

let brought = null;
function bring() {
  brought ??= fetchWords().catch((error) => {
    brought = null;
    throw error;
  });
  return brought;
}

async function fetchWords() {
  const answer = await ask(pushes);
  if (!answer.ok) throw new Error(`pushes: ${answer.status}`);
  const template = document.createElement("template");
  template.innerHTML = answer.html;
  await styled();
  return template.content;
}

function styled() {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: pushStyle });
  return new Promise((resolve) => {
    link.onload = link.onerror = resolve;
    document.head.append(link);
  });
}

const formOf = async () => (await bring()).querySelector("#pushes");

async function tell(fields) {
  const form = await formOf();
  const answer = await ask(pushes, {
    method: "POST",
    headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
    body: new URLSearchParams(fields),
  });
  if (!answer.ok) throw new Error(`pushes: ${answer.status}`);
}

// The browser's part

let failed = false;

function state() {
  if (!("PushManager" in window)) return "home";
  if (Notification.permission === "denied") return "denied";
  if (failed) return "failed";
  return Notification.permission === "granted" && chosen().startsWith("on") ? "on" : "off";
}

const worker = () =>
  Promise.race([
    navigator.serviceWorker.ready,
    new Promise((_, fail) => setTimeout(() => fail(new Error("no worker")), PATIENCE)),
  ]);

const bytes = (key) => Uint8Array.from(atob(key.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

const isOf = (subscription, key) => {
  const its = subscription.options?.applicationServerKey;
  return !its || String(new Uint8Array(its)) === String(bytes(key));
};

// The subscription that there is, or a new one: also where the server has another key than the one it was made for.
async function subscription() {
  const { key } = (await formOf()).dataset;
  const { pushManager } = await worker();
  const present = await pushManager.getSubscription();
  if (present && isOf(present, key)) return present;
  await present?.unsubscribe();
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
}

async function subscribe() {
  const { endpoint, keys } = (await subscription()).toJSON();
  await tell({ endpoint, p256dh: keys.p256dh, auth: keys.auth });
  note(`on ${Date.now()} ${endpoint}`);
}

// What the buttons do

async function turnOn() {
  failed = false;
  // First of all: browsers ask only while they take it for the answer to a tap.
  const permission = await Notification.requestPermission();
  try {
    if (permission === "granted") await subscribe();
  } catch {
    failed = true;
  }
  // Neither allowed nor refused: who waves the question away may be asked again another day, by the menu.
  if (permission === "default") later();
  draw();
}

async function turnOff() {
  failed = false;
  try {
    const present = await (await worker()).pushManager.getSubscription();
    const [, , endpoint = present?.endpoint] = chosen().split(" ");
    if (endpoint) await tell({ _method: "DELETE", endpoint });
    await present?.unsubscribe();
    note("off");
  } catch {
    failed = true;
  }
  draw();
}

function later() {
  if (!chosen().startsWith("on")) note("later");
  document.querySelector(".push.banner")?.remove();
  document.querySelector("#composer textarea")?.focus();
}

// On the page

function draw() {
  const now = state();
  for (const place of document.querySelectorAll("[data-push]")) {
    place.dataset.state = now;
    for (const piece of place.querySelectorAll("[data-when]")) piece.hidden = !piece.dataset.when.split(" ").includes(now);
  }
}

function put(template, where) {
  where(template.content.cloneNode(true));
  draw();
}

async function busy(button, act) {
  button.disabled = true;
  await act();
  button.disabled = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-push] button");
  if (!button) return;
  if ("pushOn" in button.dataset) busy(button, turnOn);
  else if ("pushOff" in button.dataset) busy(button, turnOff);
  else if ("pushLater" in button.dataset) later();
});

// Once, above the messages, until somebody says yes or no.
let offered = false;
export async function offer() {
  if (offered || chosen() || ["denied", "on"].includes(state())) return;
  offered = true;
  try {
    const words = await bring();
    put(words.querySelector("#push-offer"), (it) => document.getElementById("connection").after(it));
  } catch {
    // With the next message.
    offered = false;
  }
}

// In the card of who is here, whatever was said before.
export async function choose(card) {
  if (card.querySelector("[data-push]")) return draw();
  const words = await bring().catch(() => null);
  if (words && !card.querySelector("[data-push]")) put(words.querySelector("#push-choice"), (it) => card.querySelector("#who").append(it));
}

// For a page that opens where it is on. The server forgets a link's browsers when the link ends, and the link may be
// revived; a key may be replaced.
export function keepUp() {
  document.addEventListener("visibilitychange", look);
  look();
  const [, at] = chosen().split(" ");
  if (state() === "on" && Math.abs(Date.now() - at) > HOUR) subscribe().catch(() => {});
}

// What called somebody to this page has been heard.
async function look() {
  if (document.visibilityState !== "visible") return;
  const { active } = await worker().catch(() => ({}));
  active?.postMessage({ type: "seen", path: location.pathname });
}
