// What one can do with a message: answer it, copy its link, mark it as unread. Where the mouse is, where the keys are, and
// where a finger has tapped.

import { ask } from "./ask.js";
import { arrange, isMine, list, numberOf } from "./lines.js";
import { page } from "./live.js";
import { headers } from "./outbox.js";
import { hold, letGo } from "./reading.js";
import { start as reply } from "./reply.js";
import { word } from "./words.js";

const tools = document.getElementById("tools").content.firstElementChild;
const hovers = matchMedia("(hover: hover)");

// One set of buttons, which stands in the message that is under the pointer or has the focus.
function offer(event) {
  const line = event.target.closest("li[data-kind=text][data-number]");
  if (!line || tools.contains(event.target) || line === tools.parentElement) return;
  if (event.type === "pointerover" && (!hovers.matches || tools.matches(":focus-within"))) return;
  // A finger that taps a link in a message gives it the focus as well.
  if (event.type === "focusin" && !hovers.matches && !event.target.matches(":focus-visible")) return;
  // Where nothing hovers, every message has a link to answer it.
  const hasLink = !hovers.matches && event.type === "click";
  tools.querySelector("[data-reply]").hidden = hasLink || line.matches(".message--deleted") || !document.getElementById("reply");
  tools.querySelector("[data-unread]").hidden = isMine(line);
  tools.classList.toggle("message__tools--mine", isMine(line));
  for (const said of tools.querySelectorAll("[data-done]")) said.remove();
  if (tools.querySelector("button:not([hidden])")) line.append(tools);
}

async function markUnread(line) {
  hold();
  const body = new URLSearchParams({ unread_from: numberOf(line) });
  const answer = await ask(page.reads, { method: "POST", body, headers: headers() }).catch(() => null);
  if (!answer?.ok) {
    letGo();
    return say(word("Not saved. Try again."));
  }
  list.querySelector(".unread-line")?.remove();
  line.insertAdjacentHTML("beforebegin", answer.html);
  arrange();
}

async function copyLink(line) {
  const link = new URL(`${page.page}?at=${numberOf(line)}#${line.id}`, location.href).href;
  say((await copy(link)) ? word("Copied") : word("Not copied"));
}

// On a plain-HTTP address of the local network there is no clipboard API.
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false);
  const field = document.createElement("textarea");
  const focused = document.activeElement;
  field.value = text;
  tools.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  focused?.focus({ preventScroll: true });
  return done;
}

function say(words) {
  const said = document.createElement("span");
  said.dataset.done = "";
  said.setAttribute("role", "status");
  said.textContent = words;
  tools.querySelector("[data-done]")?.remove();
  tools.prepend(said);
}

list.addEventListener("pointerover", offer);
list.addEventListener("focusin", offer);
// A tap beside its links shows them, and the next one anywhere else puts them away.
document.addEventListener("click", (event) => {
  if (hovers.matches || tools.contains(event.target)) return;
  const line = event.target.closest("#messages > li");
  const isOther = line !== tools.parentElement;
  tools.remove();
  if (line && isOther && !event.target.closest("a, button, summary, form") && getSelection().isCollapsed) offer(event);
});
tools.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const line = tools.parentElement;
  if (!button) return;
  if ("reply" in button.dataset) reply(line);
  else "link" in button.dataset ? copyLink(line) : markUnread(line);
});
