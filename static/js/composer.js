// The box in which one writes. Its form works without this: here it hands what is written to the outbox.

import { say } from "./live.js";
import * as outbox from "./outbox.js";
import * as reply from "./reply.js";

const LIMIT = 4000;
let toldAt = 0;
document.addEventListener("submit", (event) => {
  if (event.target.id !== "composer") return;
  event.preventDefault();
  const text = event.target.elements.body;
  const body = text.value.trim();
  if (!body) return;
  if ([...body].length > LIMIT) return text.focus();
  outbox.send(body, reply.take());
  text.value = "";
  outbox.keepDraft("");
  fit(text);
  document.querySelectorAll(".composer__error").forEach((error) => error.remove());
  text.focus();
});
document.addEventListener("keydown", (event) => {
  if (event.target.name !== "body" || event.key !== "Enter" || event.isComposing) return;
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});
document.addEventListener("input", (event) => {
  if (event.target.name !== "body") return;
  outbox.keepDraft(event.target.value);
  fit(event.target);
  if (Date.now() - toldAt > 3000 && event.target.value.trim() && say("typing")) toldAt = Date.now();
});

// The box grows with its text where the browser does not do it by itself, and says when there is too much.
function fit(text) {
  if (!CSS.supports("field-sizing", "content")) {
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight}px`;
  }
  const left = LIMIT - [...text.value.trim()].length;
  const count = document.getElementById("composer-count");
  if (count) count.textContent = left < 0 ? `${-left} characters too many` : left < 200 ? `${left} left` : "";
}

const text = document.querySelector("#composer textarea");
if (text) {
  // The browser would put it back for whoever signs in next and goes back to this page.
  text.autocomplete = "off";
  fit(text);
  if (matchMedia("(pointer: fine)").matches) text.focus({ preventScroll: true });
}
