// Short sounds, made here: no file, and nothing for the CSP to allow.

import { choice, choose } from "./choices.js";

const PACE = 3_000; // milliseconds from one sound to the next, in whichever tab
const WAKING = 500; // that a browser takes to begin, where it lets us

// Hertz, and the second at which each tone begins.
const TUNES = {
  chime: [[880, 0], [1174.7, 0.14]],
  knock: [[220, 0], [196, 0.15]],
  bell: [[1318.5, 0]],
};
export const names = Object.keys(TUNES);

let context = null;

// Browsers let a page sound after somebody has pressed something on it, or on the page before it.
function wake() {
  if ("AudioContext" in window) context ??= new AudioContext();
  if (context?.state === "suspended") context.resume().catch(() => {});
}
const wakeIfChosen = () => choice("sound") && wake();
if (navigator.userActivation?.hasBeenActive) wakeIfChosen();
addEventListener("pointerdown", wakeIfChosen);
addEventListener("keydown", wakeIfChosen);

export const canSound = () => context?.state === "running";

// Whether it has sounded, by the browser's own account. Nobody knows how loud it was.
export async function play(name) {
  wake();
  if (!context || !TUNES[name]) return false;
  if (!canSound()) await Promise.race([context.resume().catch(() => {}), new Promise((resolve) => setTimeout(resolve, WAKING))]);
  if (!canSound()) return false;
  for (const [hertz, at] of TUNES[name]) tone(hertz, context.currentTime + at, name === "knock" ? 0.12 : 0.5);
  return true;
}

function tone(hertz, begins, lasts) {
  const tone = context.createOscillator();
  const loudness = context.createGain();
  tone.type = lasts < 0.2 ? "triangle" : "sine";
  tone.frequency.value = hertz;
  loudness.gain.setValueAtTime(0, begins);
  loudness.gain.linearRampToValueAtTime(0.25, begins + 0.01);
  loudness.gain.exponentialRampToValueAtTime(0.001, begins + lasts);
  tone.connect(loudness).connect(context.destination);
  tone.start(begins);
  tone.stop(begins + lasts);
}

// The chosen sound, for news: not again at once.
export async function ring() {
  const name = choice("sound");
  if (!name || Math.abs(Date.now() - Number(choice("sounded"))) < PACE) return;
  choose("sounded", Date.now());
  await play(name);
}
