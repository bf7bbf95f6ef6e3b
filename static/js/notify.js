// Tells a dispatcher that somebody has written: in the title, on the icon, by sound, by the system.
//
// Whether to tell is decided by what the server says is unread, and by what is on a screen in focus. Whether a socket
// is there, or seems to be, decides nothing: it only makes it faster, and without it the page asks.

import { ask } from "./ask.js";
import { showBadge } from "./badge.js";
import { notifyOf, withdraw } from "./desktop.js";
import { claim, heard, heardAt, isNews } from "./known.js";
import { isLive, on, page } from "./live.js";
import { canSound, ring } from "./sound.js";
import { inTurn, lookedAt, lookedAtHere } from "./tabs.js";
import { countInTitle } from "./title.js";

const ADDRESS = "/notifications/calls/";
const ROUND = 20_000; // milliseconds between two looks without a socket; with one, every third round
const YOUNG = 30_000; // what came while one page gave way to the next

let answers = 0;
let chats = [];
let calls = [];

function callsIn(element) {
  return [...element.children].map((row) => ({
    chat: row.dataset.chat,
    message: Number(row.dataset.message),
    sent: Date.now() - 1000 * Number(row.dataset.age),
    title: row.querySelector("b").textContent,
    line: row.querySelector("span").textContent,
  }));
}

function show(element, since = heardAt()) {
  answers++;
  chats = element.dataset.chats.split(" ").filter(Boolean);
  calls = callsIn(element);
  showCount();
  withdraw(calls);
  const news = calls.filter((call) => isNews(call, since));
  // What is no news now does not become any.
  claim(calls.filter((call) => !news.includes(call)));
  heard();
  if (news.length) tellOnce(news);
}

// What is in front of the reader is not called out, read or not, until the reader looks away.
function showCount() {
  const here = lookedAtHere();
  const others = chats.filter((chat) => chat !== here).length;
  countInTitle(others);
  showBadge(others);
}

const tellOnce = (news) =>
  inTurn(canSound(), async () => {
    const seen = await lookedAt();
    const told = claim(news).filter((call) => !seen.has(call.chat));
    if (!told.length) return;
    notifyOf(told);
    ring();
  });

// The status of the answer, or 0 for none.
async function refresh() {
  const before = answers;
  const answer = await ask(ADDRESS).catch(() => null);
  if (!answer?.ok) return answer?.status ?? 0;
  const fresh = document.createElement("template");
  fresh.innerHTML = answer.html;
  // What the socket has brought meanwhile is newer.
  if (answers === before) show(fresh.content.querySelector("#calls"));
  return answer.status;
}

// Muted in another tab, or in the list beside.
function showMuted(row) {
  const link = row.querySelector(`[data-conversation="${CSS.escape(page.chat ?? "")}"]`);
  const mark = document.getElementById("muted");
  if (link && mark) mark.hidden = !("muted" in link.dataset);
}

on("calls", (element) => show(element));
for (const kind of ["focus", "blur"]) addEventListener(kind, showCount);
document.addEventListener("visibilitychange", showCount);
on("row", showMuted);
on("open", refresh);
on("gap", refresh);
let rounds = 0;
setInterval(() => (!isLive() || ++rounds % 3 === 0) && refresh(), ROUND);

// A browser that never listened before begins in silence, as does one that comes back after a night.
show(document.getElementById("calls"), heardAt() ? Math.max(heardAt(), Date.now() - YOUNG) : Infinity);
