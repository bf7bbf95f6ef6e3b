// The page's one websocket, and what stands in for it when there is none.
//
// The socket only brings news faster. Whatever it loses is noticed by the numbers of the messages and read again by
// HTTP, so nothing here needs to be reliable: it needs to notice.

import { address, place, position, page, tell } from "./news.js";
export { on, page, place, position, startFrom } from "./news.js";

// Milliseconds
const SILENCE = 45_000; // the server speaks every 20 s
const HANDSHAKE = 15_000; // a network that drops what it does not like answers nothing at all
const STEADY = 5_000; // what closes sooner has not worked
const LONGEST_PAUSE = 30_000;
const POLL = 5_000;
const EASE = 10; // times as long as an answer took, one waits until one asks again
const PATIENCE = 15_000;

let connection = null; // { socket, opened, heard, spoke }
let failures = 0; // connections in a row that have not worked
let deaf = false; // the last one was open and brought nothing
let timer = 0;
let stopped = false;
let refused = false; // the server wants no socket of this page
let state = "connecting";

// "live", "polling", "reconnecting", "offline" or "stopped": what the page says of itself.
function become(next) {
  if (state === next) return;
  state = next;
  tell("state", next);
}

export const isLive = () => state === "live";
export const catchUp = () => tell("gap");

export function say(kind, fields = {}) {
  if (connection?.socket.readyState !== WebSocket.OPEN) return false;
  connection.socket.send(JSON.stringify({ type: kind, ...fields }));
  return true;
}

// The socket

function connect() {
  clearTimeout(timer);
  if (stopped || refused || connection) return;
  const mine = { socket: new WebSocket(address()), opened: 0, heard: Date.now(), spoke: false };
  connection = mine;
  mine.socket.onopen = () => {
    mine.opened = mine.heard = Date.now();
    // After one that was open and deaf, being open proves nothing: only being spoken to does.
    if (!deaf) settle();
    tell("open");
  };
  mine.socket.onmessage = (event) => {
    mine.heard = Date.now();
    mine.spoke = true;
    deaf = false;
    settle();
    event.data.startsWith("{") ? control(JSON.parse(event.data)) : place(event.data);
  };
  mine.socket.onclose = (event) => lose(mine, event.code);
}

function settle() {
  stopPolling();
  become("live");
}

function control(news) {
  if (news.type === "heartbeat" && page.chat && news.last_number > position().after) tell("gap");
  if (news.type === "revision") tell("revision", news.revision);
  if (news.type === "typing") tell("typing", news);
  if (news.type === "seen") tell("seen", news.marks);
  if (news.type === "presence") tell("presence", news.people);
  if (news.type === "people") tell("people");
  if (news.type === "test") tell("test", news.key);
  if (news.type === "stop" && news.reason === "not_allowed") stop();
}

// A dead connection may take minutes to close: it is left behind, and says nothing of the one that takes its place.
function abandon() {
  const left = connection;
  connection = null;
  left.socket.onopen = left.socket.onmessage = left.socket.onclose = null;
  left.socket.close();
  return left;
}

function lose(lost, code) {
  connection = null;
  if (stopped) return;
  if (code === 4401) return stop();
  // It does not understand what this page says, and would not the next time either: as where there is no socket.
  if (code === 4009) return refuse();
  // Too slow for the socket: by HTTP one asks for as much as one can take.
  if (code === 4008) tell("gap");
  const worked = lost.opened && Date.now() - lost.opened > STEADY && !deaf;
  failures = worked ? 0 : failures + 1;
  if (failures >= 2 || deaf) startPolling();
  if (state !== "polling") become(unreachable());
  clearTimeout(timer);
  timer = setTimeout(connect, pause(failures));
}

function refuse() {
  refused = true;
  clearTimeout(timer);
  startPolling();
}

const unreachable = () => (navigator.onLine ? "reconnecting" : "offline");

// Full jitter: after a restart thousands come back, and not at the same moment.
export const pause = (failed) => Math.random() * Math.min(LONGEST_PAUSE, 1000 * 2 ** failed);

// In either direction: a clock that is set while we wait must not make us wait until it is that late again.
const isSilent = () => Math.abs(Date.now() - connection.heard) > (connection.opened ? SILENCE : HANDSHAKE);

setInterval(() => {
  if (!connection || !isSilent()) return;
  deaf = Boolean(connection.opened && !connection.spoke);
  lose(abandon());
}, 5000);

// A phone that wakes up has a socket that looks open and is dead.
function wake() {
  if (stopped) return;
  if (connection && isSilent()) abandon();
  if (!connection) {
    failures = 0;
    // Where nobody answers, the next one takes its time to fail, and the page must not say meanwhile that all is well.
    if (state === "live") become(unreachable());
    connect();
  }
  polling ? poll() : tell("gap");
}

addEventListener("online", () => {
  // What was open before the network went may be dead without knowing it.
  if (connection) abandon();
  if (state === "offline") become("reconnecting");
  wake();
});
addEventListener("offline", () => stopped || become("offline"));
addEventListener("pageshow", (event) => event.persisted && wake());
// With an open socket the browser does not keep a page to come back to.
addEventListener("pagehide", () => connection && abandon());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake());

// Without a socket

// Some networks let no websocket through. Then the page asks, until one comes through. Whoever listens for a gap
// returns the status of its last answer, 0 for none: that is how the page knows what to say of itself.
let polling = false;
let asking = false;
let poller = 0;
function startPolling() {
  if (polling) return;
  polling = true;
  poll();
}
function stopPolling() {
  polling = false;
  clearTimeout(poller);
}
async function poll() {
  clearTimeout(poller);
  const began = Date.now();
  if (!asking && document.visibilityState === "visible") await ask();
  clearTimeout(poller);
  // Who is answered late asks less often: after a restart all ask at once, and then nobody would get a socket.
  const ease = Math.min(LONGEST_PAUSE, EASE * Math.abs(Date.now() - began));
  if (polling) poller = setTimeout(poll, Math.max(POLL, ease));
}
async function ask() {
  asking = true;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, []));
  const answers = await Promise.race([Promise.all(tell("gap")), late]);
  asking = false;
  if (stopped || !polling) return;
  const given = answers.filter(Number.isInteger);
  if (given.some((status) => [401, 403, 404].includes(status))) stop();
  // That the list has come does not mean that the messages have.
  else if (given.length && given.every((status) => status >= 200 && status < 300)) become("polling");
  else become(unreachable());
}

// The end

// Who may no longer be here loses what is on the screen too: the page is asked for again, and its door says the rest.
// A page that comes back all the same, and is stopped again at once, says so instead of asking for ever.
export function stop() {
  if (stopped) return;
  stopped = true;
  clearTimeout(timer);
  stopPolling();
  if (connection) abandon();
  become("stopped");
  if (!isStoppedAgain()) location.reload();
}

function isStoppedAgain() {
  try {
    const before = Number(sessionStorage.getItem("stopped-at"));
    sessionStorage.setItem("stopped-at", Date.now());
    return Math.abs(Date.now() - before) < 10_000;
  } catch {
    // No storage here. Whether this page is one that was asked for again, the browser knows.
    return performance.getEntriesByType("navigation")[0]?.type === "reload";
  }
}

// After all the page's modules have said what they have: a thread that comes later would get its whole history again.
document.addEventListener("DOMContentLoaded", connect, { once: true });
