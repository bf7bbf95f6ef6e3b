// The box in which one writes. Its form works without this: here it hands what is written to the outbox.

import { filesToCome, hasFiles, takeFiles } from "./attach.js";
import { say } from "./live.js";
import { refuseMissing, showMissing } from "./missing.js";
import * as outbox from "./outbox.js";
import * as reply from "./reply.js";
import { words } from "./words.js";

const LIMIT = 4000;
let toldAt = 0;
document.addEventListener("submit", (event) => {
  if (event.target.id !== "composer") return;
  event.preventDefault();
  const toCome = filesToCome();
  // Where they do not come, it stays in the box.
  if (toCome) return toCome.then((came) => came && event.target.requestSubmit());
  const text = event.target.elements.body;
  const body = text.value.trim();
  if (!body && !hasFiles()) return;
  if ([...body].length > LIMIT) return text.focus();
  if (refuseMissing(text)) return;
  outbox.send(body, reply.take(), { fields: takeOffer(event.target), ...takeFiles() });
  text.value = "";
  outbox.keepDraft("");
  fit(text);
  document.querySelectorAll(".composer__error").forEach((error) => error.remove());
  text.focus();
});

// The answers that go with it, which from now on are not offered.
function takeOffer(form) {
  const chosen = [...form.querySelectorAll("[name=offer]:checked")];
  const offer = chosen.map((box) => box.value);
  for (const box of chosen) box.checked = false;
  if (chosen.length) chosen[0].dispatchEvent(new Event("change", { bubbles: true }));
  return offer.length ? { offer } : {};
}

// A keyboard on glass has no Shift and Enter for a new line, so there Enter makes one, whatever was chosen.
const hasKeys = matchMedia("(pointer: fine)");
const isBox = (element) => element.name === "body" && element.form?.id === "composer";
document.addEventListener("keydown", (event) => {
  if (!isBox(event.target) || event.key !== "Enter" || event.isComposing) return;
  const isPlain = !event.shiftKey && !event.altKey && document.documentElement.dataset.sendsWith === "enter" && hasKeys.matches;
  if (event.ctrlKey || event.metaKey || isPlain) {
    event.preventDefault();
    if (event.target.value.trim() || hasFiles() || filesToCome()) event.target.form.requestSubmit();
  }
});
document.addEventListener("input", (event) => {
  if (!isBox(event.target)) return;
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
  if (count) count.textContent = left < 0 ? words("{count} character too many", "{count} characters too many", -left) : left < 200 ? words("{count} left", "{count} left", left) : "";
}

const text = document.querySelector("#composer textarea");
if (text) {
  // The browser would put it back for whoever signs in next and goes back to this page.
  text.autocomplete = "off";
  fit(text);
  showMissing(text);
  if (hasKeys.matches) text.focus({ preventScroll: true });
}
// From here on what is written goes through the outbox: what the tests of slow networks wait for.
performance.mark("usable");
