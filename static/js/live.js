// The page's one websocket, and what stands in for it when there is none.
//
// The socket only brings news faster. Whatever it loses is noticed by the numbers of the messages and read again by
// HTTP, so nothing here needs to be reliable: it needs to notice.

const meta = document.querySelector("meta[name=live]");
export const page = meta.dataset;

const SILENCE = 45_000; // the server speaks every 20 s
const LONGEST_PAUSE = 30_000;
const POLL = 5_000;

const listeners = { message: [], row: [], replace: [], typing: [], state: [], gap: [], open: [] };
export const on = (kind, listener) => listeners[kind].push(listener);
const tell = (kind, ...news) => listeners[kind].forEach((listener) => listener(...news));

let socket = null;
let attempts = 0;
let failedHandshakes = 0;
let heard = Date.now();
let timer = 0;
let poller = 0;
let stopped = false;
let after = () => 0;
let state = "connecting";

// "live", "reconnecting", "offline" or "stopped": what the page says of itself.
function become(next) {
  if (state === next) return;
  state = next;
  tell("state", next);
}

export const isLive = () => state === "live";

// What the page has is known to the thread: every new connection begins there.
export function startAfter(last) {
  after = last;
}

export function say(kind, fields = {}) {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify({ type: kind, ...fields }));
  return true;
}

function address() {
  const url = new URL(meta.content, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (page.chat) {
    url.searchParams.set("chat", page.chat);
    url.searchParams.set("after", after());
  }
  return url;
}

function connect() {
  clearTimeout(timer);
  if (stopped || socket) return;
  let opened = false;
  const mine = new WebSocket(address());
  socket = mine;
  heard = Date.now();
  mine.onopen = () => {
    opened = true;
    attempts = failedHandshakes = 0;
    clearInterval(poller);
    poller = 0;
    become("live");
    tell("open");
  };
  mine.onmessage = (event) => {
    heard = Date.now();
    event.data.startsWith("{") ? control(JSON.parse(event.data)) : place(event.data);
  };
  mine.onclose = (event) => {
    // One that was left behind may take minutes to close, and says nothing of the one that has taken its place.
    if (socket !== mine) return;
    socket = null;
    if (stopped) return;
    if (event.code === 4401) return stop();
    // Too slow for the socket: by HTTP one asks for as much as one can take.
    if (event.code === 4008) tell("gap");
    if (!opened && ++failedHandshakes >= 2) startPolling();
    retry();
  };
}

function control(news) {
  if (news.type === "heartbeat" && page.chat && news.last_number > after()) tell("gap");
  if (news.type === "typing") tell("typing", news);
  if (news.type === "stop" && news.reason === "not_allowed") stop();
}

// HTML of one or more elements, each to be placed by its id.
export function place(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const element of [...template.content.children]) {
    if (element.dataset.number) tell("message", element);
    else if (element.id.startsWith("conversation-")) tell("row", element);
    else document.getElementById(element.id)?.replaceWith(element);
  }
}

// Full jitter: after a restart thousands come back, and not at the same moment.
function retry() {
  become(navigator.onLine ? "reconnecting" : "offline");
  clearTimeout(timer);
  timer = setTimeout(connect, Math.random() * Math.min(LONGEST_PAUSE, 1000 * 2 ** attempts++));
}

// Who may no longer be here loses what is on the screen too: the page is asked for again, and its door says the rest.
// A page that comes back all the same, and is stopped again at once, says so instead of asking for ever.
function stop() {
  if (stopped) return;
  stopped = true;
  clearTimeout(timer);
  clearInterval(poller);
  socket?.close();
  const lately = Date.now() - Number(sessionStorage.getItem("stopped-at")) < 10_000;
  sessionStorage.setItem("stopped-at", Date.now());
  if (lately) become("stopped");
  else location.reload();
}

// Some networks let no websocket through. Then the page asks, until one comes through.
function startPolling() {
  if (!poller) poller = setInterval(() => document.visibilityState === "visible" && tell("gap"), POLL);
}

// A phone that wakes up has a socket that looks open and is dead.
function wake() {
  if (stopped) return;
  if (socket && Date.now() - heard > SILENCE) socket.close();
  if (!socket || socket.readyState > WebSocket.OPEN) {
    attempts = 0;
    socket = null;
    connect();
  }
  tell("gap");
}

setInterval(() => {
  if (socket?.readyState === WebSocket.OPEN && Date.now() - heard > SILENCE) {
    // A dead connection may take minutes to close: it is left behind and not waited for.
    const dead = socket;
    socket = null;
    dead.onclose = dead.onmessage = null;
    dead.close();
    retry();
  }
}, 5000);
// What was open before the network went may be dead without knowing it.
addEventListener("online", () => {
  socket?.close();
  wake();
});
addEventListener("offline", () => become("offline"));
addEventListener("pageshow", (event) => event.persisted && wake());
addEventListener("pagehide", () => socket?.close());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake());

// The banner waits a little: a connection that is back at once is nobody's concern.
const banner = document.getElementById("connection");
let speaking = 0;
const SAYS = {
  reconnecting: "Reconnecting…",
  offline: "<b>No connection.</b> What you write is kept here and sent when the connection is back.",
  stopped: page.door
    ? "<b>This link no longer works.</b> Ask dispatch for a new one. Nothing that was sent is lost."
    : "<b>You are signed out, or this chat is no longer open to you.</b> Reload the page to go on.",
};
on("state", (now) => {
  if (!banner) return;
  clearTimeout(speaking);
  if (now === "live") {
    banner.hidden = true;
    return;
  }
  speaking = setTimeout(
    () => {
      banner.className = now === "reconnecting" ? "banner" : now === "offline" ? "banner banner--offline" : "banner banner--danger";
      banner.innerHTML = `<span>${SAYS[now]}</span>`;
      banner.hidden = false;
    },
    now === "reconnecting" ? 2000 : 0,
  );
});

// After all the page's modules have said what they have: a thread that comes later would get its whole history again.
document.addEventListener("DOMContentLoaded", connect, { once: true });
