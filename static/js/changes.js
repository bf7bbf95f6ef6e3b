// Changing and deleting what I wrote: the server's own form, opened in the message. Without this it is a page.

import { ask } from "./ask.js";
import { localise } from "./times.js";
import { page, place } from "./live.js";
import { headers } from "./outbox.js";
import { list } from "./lines.js";
import { word } from "./words.js";

const WINDOW = 15 * 60_000; // the server's own, after which it says no
const formOf = (line) => line.querySelector("form.change");

async function open(link) {
  const line = link.closest("li");
  if (formOf(line)) return;
  try {
    const answer = await ask(link.href);
    if (!answer.ok && answer.status !== 409) throw answer;
    show(line, answer.html);
  } catch {
    // The page of its own says what is wrong, or the browser that there is no connection.
    location.assign(link.href);
  }
}

function show(line, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const form = template.content.querySelector("form.change");
  formOf(line)?.remove();
  line.classList.add("message--changing");
  line.querySelector(".message__content").append(form);
  localise(form);
  const text = form.elements.body;
  (text ?? form.querySelector("[data-cancel]")).focus({ preventScroll: true });
  text?.setSelectionRange(text.value.length, text.value.length);
  form.scrollIntoView({ block: "nearest" });
}

function close(line) {
  formOf(line)?.remove();
  line.classList.remove("message--changing");
}

// Where one goes on: with the message after a cancel, with the next one after a change.
const goOn = (where) => where && matchMedia("(pointer: fine)").matches && where.focus({ preventScroll: true });
const composer = () => document.querySelector("#composer textarea");

function cancel(line) {
  close(line);
  goOn(line.querySelector(".message__change") ?? composer());
}

async function submit(form, button) {
  // The message may be replaced meanwhile, and the form goes along: whose it is then is asked then.
  const line = () => form.closest("li");
  const buttons = [...form.querySelectorAll("button")];
  const fields = new URLSearchParams(new FormData(form));
  if (button?.name) fields.set(button.name, button.value);
  for (const one of buttons) one.disabled = true;
  say(form, "");
  try {
    const answer = await ask(form.action, { method: "POST", body: fields, headers: headers() });
    if (answer.ok) {
      close(line());
      place(answer.html);
      goOn(composer());
    } else if (answer.status === 409 || answer.status === 422) {
      show(line(), answer.html);
    } else {
      say(form, answer.status === 404 ? word("This message is no longer open to you.") : word("Not saved. Try again."));
    }
  } catch {
    say(form, word("Not saved: no connection. What you wrote is still here."));
  } finally {
    for (const one of buttons) one.disabled = false;
  }
}

function say(form, words) {
  form.querySelector("[data-said]")?.remove();
  if (!words) return;
  const error = document.createElement("p");
  error.className = "field__error";
  error.dataset.said = "";
  error.setAttribute("role", "alert");
  error.textContent = words;
  form.prepend(error);
}

// A change that comes while its author is writing another takes nothing away: saving says what it says now.
export function keepForm(present, line) {
  const form = formOf(present);
  if (!form) return;
  const focused = document.activeElement;
  line.classList.add("message--changing");
  line.querySelector(".message__content").append(form);
  if (form.contains(focused)) setTimeout(() => focused.focus({ preventScroll: true }));
}

export function watchChanges() {
  list.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target.closest(".message__change");
    const away = event.target.closest("[data-cancel]");
    if (!link && !away) return;
    event.preventDefault();
    link ? open(link) : cancel(away.closest("li"));
  });
  list.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(event.target, event.submitter);
  });
  list.addEventListener("keydown", (event) => {
    const form = event.target.closest("form.change");
    if (!form) return;
    if (event.key === "Escape") cancel(form.closest("li"));
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("button"));
    }
  });
  // As in every messenger: up, in an empty box, changes what I wrote last.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowUp" || event.target !== composer() || event.target.value) return;
    const link = [...list.querySelectorAll(`li[data-author="${CSS.escape(page.person)}"] .message__change`)].at(-1);
    if (!link) return;
    event.preventDefault();
    open(link);
  });
  setInterval(retire, 15_000);
}

// What can no longer be changed does not offer it.
function retire() {
  for (const link of list.querySelectorAll(".message__change")) {
    const line = link.closest("li");
    if (Date.now() - new Date(line.dataset.at) > WINDOW && !formOf(line)) link.remove();
  }
}
