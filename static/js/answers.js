// Answers by one tap, above the box in which one writes. Their form works without this: here they go through the outbox.

import { isMine, list, numbered, numberOf } from "./lines.js";
import { on } from "./live.js";
import * as outbox from "./outbox.js";

const PAUSE = 3000; // milliseconds in which the same tap again is a finger that has slipped

const form = () => document.getElementById("answers");
let tapped = "";
let tappedAt = 0;

document.addEventListener("submit", (event) => {
  if (event.target.id !== "answers") return;
  event.preventDefault();
  const body = event.submitter?.value;
  if (!body || (body === tapped && Math.abs(Date.now() - tappedAt) < PAUSE)) return;
  [tapped, tappedAt] = [body, Date.now()];
  outbox.send(body, Number(form().elements.reply_to?.value) || null);
});

// A customer's are those of the latest offer, until the customer has written again: read from what stands here. What is
// further up than this page goes was read by the server.
function offer() {
  if (!form() || !("offered" in form().dataset)) return;
  const offered = latest();
  if (offered === undefined) return;
  const answers = [...(offered?.querySelectorAll("[data-answer]") ?? [])];
  const words = answers.map((answer) => answer.textContent);
  const number = offered ? String(numberOf(offered)) : "0";
  form().hidden = !answers.length;
  // Under a finger nothing changes that says the same already.
  if (form().dataset.offered === number && buttons().map((button) => button.value).join("\n") === words.join("\n")) return;
  form().dataset.offered = number;
  for (const button of buttons()) button.remove();
  form().append(...words.map(button));
  replyTo(number);
}

// The message that offers, null for none, undefined where that cannot be seen here.
function latest() {
  for (const line of [...list.querySelectorAll(":scope > li[data-kind=text]")].reverse()) {
    if (isMine(line) && !line.matches(".message--deleted")) return null;
    if (line.querySelector("[data-answer]")) return line;
  }
  const first = numbered()[0];
  return first && numberOf(first) <= Number(form().dataset.offered) ? null : undefined;
}

const buttons = () => [...form().querySelectorAll(".answer")];

function button(words) {
  const made = document.createElement("button");
  made.className = "answer";
  made.name = "body";
  made.value = words;
  made.append(Object.assign(document.createElement("bdi"), { textContent: words }));
  return made;
}

function replyTo(number) {
  const field = form().elements.reply_to ?? Object.assign(document.createElement("input"), { type: "hidden", name: "reply_to" });
  field.value = number;
  form().prepend(field);
}

on("arranged", offer);
offer();
