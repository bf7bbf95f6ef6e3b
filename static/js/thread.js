// The messages of the open conversation: each once, in the order of their numbers, whichever way they came.

import { ask } from "./ask.js";
import { swap } from "./focus.js";
import { localise } from "./times.js";
import { on, page, place, startFrom } from "./live.js";
import * as outbox from "./outbox.js";
import { peopleChanged, stopTyping } from "./people.js";
import { arrange, isMine, lineBefore, list, numbered, numberOf, revisionOf } from "./lines.js";
import { comesBelow, followEnd, isAtEnd, openAt, toEnd } from "./scrolling.js";
import { handOver, showFiles, showProgress } from "./local.js";
import * as reading from "./reading.js";
import { button } from "./textbutton.js";
import { word } from "./words.js";
import { keepForm, watchChanges } from "./changes.js";
import { quoteOf } from "./quotes.js";
import "./earlier.js";
import "./photos.js";
import "./presence.js";
import "./received.js";
import { originalChanged } from "./reply.js";
import "./seen.js";
import "./tools.js";

const echoes = document.getElementById("echo");

// The last number up to which nothing is missing, and the change up to which none of its messages' is.
let last = 0;
let revision = Number(page.revision);
function advance() {
  const have = new Set([...numbered()].map(numberOf));
  if (!last) last = Math.min(...have, Infinity) - 1;
  if (last === Infinity) last = 0;
  while (have.has(last + 1)) last++;
}
function reach(next) {
  revision = Math.max(revision, next || 0);
}
advance();
startFrom(() => ({ after: last, revision }));

// Placing

function take(line) {
  const present = document.getElementById(line.id);
  // A change of what stands further up than this page goes: it is there when somebody gets there.
  if (!present && numberOf(line) < numberOf(numbered()[0] ?? line)) return;
  if (!present) add(line);
  else if (revisionOf(line) > revisionOf(present)) replace(present, line);
}

function add(line) {
  const number = numberOf(line);
  const atEnd = isAtEnd();
  localise(line);
  const echo = echoOf(line.dataset.clientId);
  if (echo) handOver(echo, line);
  const before = lineBefore(number);
  before ? before.after(line) : list.prepend(line);
  echo?.remove();
  const isNews = number > last && !isMine(line) && line.dataset.kind === "text";
  advance();
  arrange();
  if (atEnd || isMine(line)) toEnd();
  else comesBelow(isNews);
  stopTyping(line.dataset.author);
  // Who writes has seen what there is.
  const unseen = document.querySelector(`#person-${line.dataset.author} [data-reach]:not([data-reach=seen])`);
  if (line.dataset.event || unseen) peopleChanged();
  // Who answers has read it after all.
  isMine(line) ? reading.letGo() : reading.markRead();
}

// Changed or deleted. What somebody is just writing in it stays, as does the place of the reader and of the focus.
function replace(present, line) {
  const atEnd = isAtEnd();
  localise(line);
  keepForm(present, line);
  swap(present, line);
  originalChanged(line);
  arrange();
  if (atEnd) toEnd();
}

// Mine, before they are stored: made from the same element as everybody else's

// What I wrote and the server has not confirmed yet has a key, and no number.
const echoOf = (key) => (key ? list.querySelector(`li[data-client-id="${CSS.escape(key)}"]:not([data-number])`) : null);

const thread = {
  echo(message) {
    const line = echoes.content.firstElementChild.cloneNode(true);
    line.removeAttribute("id");
    delete line.dataset.number;
    line.dataset.clientId = message.key;
    line.dataset.at = message.at;
    const body = line.querySelector(".message__body");
    body.textContent = message.body || (message.fields?.latitude ? word("Location") : "");
    if (message.reply) body.before(quoteOf(message.reply));
    const time = line.querySelector("time");
    time.dateTime = message.at;
    localise(line);
    list.append(line);
    arrange();
    toEnd();
  },

  mark(key, state, reason = "", reply = null) {
    const line = echoOf(key);
    if (!line) return;
    if (!reply) line.querySelector("[data-quotes]")?.remove();
    line.classList.toggle("message--sending", state === "sending");
    line.classList.toggle("message--failed", state === "failed");
    line.querySelector(".message__status")?.remove();
    const status = document.createElement("p");
    status.className = "message__status";
    if (state === "sending") status.textContent = word("Sending");
    else {
      status.setAttribute("role", "alert");
      status.append(reason ? word("Not sent: {reason}", { reason }) : word("Not sent."), " ", button(word("Retry"), () => outbox.retry(key)), " · ", button(word("Delete"), () => {
        outbox.discard(key);
        line.remove();
        arrange();
      }));
    }
    line.querySelector(".message__content").append(status);
    if (isAtEnd()) toEnd();
  },

  files(message) {
    const line = echoOf(message.key);
    if (!line) return;
    showFiles(line, message);
    followEnd();
  },

  progress(message) {
    const line = echoOf(message.key);
    if (line) showProgress(line, message);
  },

  confirm(key, html) {
    place(html);
    echoOf(key)?.remove();
    arrange();
  },
};

// What was missed. The status of the last answer, or 0 for none: the socket's next attempt begins after the same number.

async function fillGap() {
  for (;;) {
    const before = [last, revision];
    const query = new URLSearchParams({ after: last, revision });
    const answer = await ask(`${page.messages}?${query}`).catch(() => null);
    if (!answer?.ok) return answer?.status ?? 0;
    place(answer.html);
    reach(Number(answer.headers.get("X-Revision")));
    if (last === before[0] && revision === before[1]) return answer.status;
  }
}

on("message", take);
on("revision", reach);
on("gap", fillGap);

arrange();
outbox.start(thread);
watchChanges();
const target = /^#message-\d+$/.test(location.hash) && document.querySelector(location.hash);
// Who looked for a message sees it, also where it is the last one of many that are unread.
const isSought = new URLSearchParams(location.search).has("at");
if (target && target !== [...numbered()].at(-1)) target.scrollIntoView({ block: "center" });
else openAt(isSought && target ? null : list.querySelector(".unread-line"));
reading.start(() => last);
