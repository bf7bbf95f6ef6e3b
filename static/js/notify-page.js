// The page on which notifications are chosen, and each step of them is tried.

import { choice, choose } from "./choices.js";
import { isAllowed, isOn, notify } from "./desktop.js";
import { play } from "./sound.js";
import { inWords, steps } from "./notify-steps.js";
import { inRow, word } from "./words.js";

const desktop = document.getElementById("desktop");
const desktopState = document.getElementById("desktop-state");
const sounds = document.getElementById("sounds");
const soundState = document.getElementById("sound-state");
const playButton = document.getElementById("play");
const tester = document.getElementById("tester");
const testButton = tester.querySelector("button");
const result = document.getElementById("result");

// Choices

function showDesktop() {
  const why = inWords();
  desktop.disabled = Boolean(why) && !isOn();
  desktop.checked = isOn();
  desktopState.textContent = why || (isOn() ? word("On.") : word("Off. The browser asks for your permission when you turn this on."));
}

desktop.addEventListener("change", async () => {
  if (desktop.checked && !isAllowed()) await Notification.requestPermission();
  choose("desktop", desktop.checked && isAllowed() ? "on" : "");
  showDesktop();
  if (isOn()) notify("test", word("Desktop notifications are on"), word("This is what they look like."));
});

function showSound() {
  for (const radio of sounds.querySelectorAll("input")) radio.checked = radio.value === choice("sound");
  playButton.disabled = !choice("sound");
}

async function listen(isKept = true) {
  const said = isKept ? [] : [word("Chosen for this page only: this browser keeps nothing.")];
  if (choice("sound") && !(await play(choice("sound")))) said.push(word("This browser does not let the page sound."));
  soundState.textContent = said.join(" ");
}

sounds.addEventListener("change", (event) => {
  const kept = choose("sound", event.target.value);
  showSound();
  listen(kept);
});
playButton.addEventListener("click", () => listen());

// Test

function show(step, state, said, why = "") {
  const line = document.querySelector(`[data-step="${step}"]`);
  line.dataset.state = state;
  line.querySelector("[data-word]").textContent = said;
  line.querySelector("[data-why]").textContent = why;
}

// What depends on a step that fails is not tried: its failure would say nothing more.
async function test() {
  testButton.disabled = true;
  result.textContent = "";
  const failed = new Map();
  for (const { name } of steps) show(name, "open", word("Not tested yet"));
  for (const { name, label, after = [], run } of steps) {
    const blocker = after.find((one) => failed.has(one));
    if (blocker) {
      failed.set(name, failed.get(blocker));
      show(name, "off", word("Not tested"), word("“{step}” comes first.", { step: failed.get(blocker) }));
      continue;
    }
    show(name, "open", word("Testing"));
    const { off, why = "", said = "" } = await run();
    if (off) {
      failed.set(name, label);
      show(name, "off", word("Off"), off);
    } else if (why) {
      failed.set(name, label);
      show(name, "failed", word("Failed"), why);
    } else show(name, "ok", word("Works"), said);
  }
  const marks = [...document.querySelectorAll('[data-step][data-state="failed"] b')].map((line) => line.textContent);
  const offs = document.querySelectorAll('[data-step][data-state="off"]').length;
  if (marks.length) result.textContent = word("Failed: {steps}.", { steps: inRow(marks).join("") });
  else result.textContent = offs ? word("What is turned on works.") : word("Everything works.");
  testButton.disabled = false;
}
tester.addEventListener("submit", (event) => {
  event.preventDefault();
  test();
});

sounds.disabled = testButton.disabled = false;
showDesktop();
showSound();
navigator.permissions?.query({ name: "notifications" }).then((status) => status.addEventListener("change", showDesktop), () => {});
