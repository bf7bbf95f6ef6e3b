// What somebody of the team has written in a chat that is not open on this page, and the server does not have: as long as
// any page is open it is tried again, with the same key, and said. Nobody must come back to a chat to have it sent.

import { ask } from "./ask.js";
import { chatsWithUnsent, shelfOf } from "./kept.js";
import { on, page, pause } from "./live.js";
import { errorIn, fieldsOf, headers, NOT_HERE } from "./sending.js";
import { word, words } from "./words.js";

const GRACE = 3_000; // milliseconds for the page on which it was written, in another tab, before this one helps

const unsentIn = (chat) => (shelfOf(chat).messages() ?? []).sort((a, b) => a.place - b.place);
const others = () => chatsWithUnsent().filter((chat) => chat !== page.chat);

let trying = false;
let failures = 0;
let timer = 0;

async function tryAll() {
  clearTimeout(timer);
  if (trying) return;
  trying = true;
  let isDone = true;
  for (const chat of others()) isDone = (await empty(chat)) && isDone;
  trying = false;
  show();
  if (isDone) failures = 0;
  else timer = setTimeout(tryAll, pause(failures++));
}

// One after the other, as on its own page. False where trying again may help.
async function empty(chat) {
  const shelf = shelfOf(chat);
  for (const message of unsentIn(chat)) {
    if (message.refused) continue;
    // Its files are sent by its own page, and what comes after it must not overtake it.
    if (message.files?.length) return true;
    const options = { method: "POST", headers: headers(), body: fieldsOf(message) };
    const answer = await ask(`/chats/${chat}/messages/`, options).catch(() => null);
    // Stored is what comes back with our key, whatever stands between us and the server.
    if (answer?.ok && answer.html.includes(message.key)) {
      shelf.forget(message.key);
      continue;
    }
    if (!answer || answer.ok || answer.status === 429 || answer.status >= 500) return false;
    if (answer.status in NOT_HERE) return true;
    shelf.keep({ ...message, refused: true, reason: errorIn(answer.html) });
  }
  return true;
}

// Said for as long as it is so, with the way there.
const notice = document.createElement("p");
notice.className = "said said--stays";
notice.setAttribute("role", "status");
function show() {
  const left = others().flatMap((chat) => unsentIn(chat).map((message) => ({ chat, message })));
  const { chat } = left[0] ?? {};
  const text = chat ? words("{count} message is not sent yet.", "{count} messages are not sent yet.", left.length) : "";
  if (notice.dataset.chat === (chat ?? "") && notice.firstChild?.textContent === `${text} `) return;
  notice.dataset.chat = chat ?? "";
  notice.replaceChildren();
  if (!chat) return;
  const way = Object.assign(document.createElement("a"), { href: `/chats/${chat}/`, textContent: word("Open the chat") });
  notice.append(`${text} `, way);
}
document.body.append(notice);

function soon() {
  failures = 0;
  clearTimeout(timer);
  timer = setTimeout(tryAll, GRACE);
}
soon();
on("open", soon);
addEventListener("online", soon);
addEventListener("storage", (event) => event.key?.startsWith("unsent:") && soon());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && soon());
