// A live update takes the focus from nobody: what had it is looked for in what stands there now.

const CONTROLS = "a[href], button, input, select, textarea, summary, [tabindex]";
const nameOf = (element) => element.ariaLabel || element.name || element.textContent.trim();

export function swap(present, next) {
  const held = hold(present);
  present.replaceWith(next);
  giveBack(held, next);
}

// What in here has the focus, and its place among all that may have it.
function hold(present) {
  const had = document.activeElement;
  if (present === had || !present.contains(had)) return null;
  return { had, place: [...present.querySelectorAll(CONTROLS)].indexOf(had) };
}

function giveBack(held, next) {
  if (!held || next.contains(held.had)) return;
  const { had, place } = held;
  const controls = [...next.querySelectorAll(CONTROLS)].filter((one) => !one.disabled && one.checkVisibility?.() !== false);
  const same = controls.find((one) => one.tagName === had.tagName && nameOf(one) === nameOf(had));
  (same ?? controls[Math.min(place, controls.length - 1)])?.focus({ preventScroll: true });
}

// Nor does the answer to a form take it, where htmx puts it in the place in which that form stood.
let answered = null;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const held = detail.target.id ? hold(detail.target) : null;
  answered = held && { ...held, id: detail.target.id };
});
document.addEventListener("htmx:afterSwap", () => {
  const next = answered && document.activeElement === document.body && document.getElementById(answered.id);
  if (next) giveBack(answered, next);
  answered = null;
});

// A dialog gives the focus back to what had it before, unless that was replaced meanwhile: then to what stands there now.
export function returnTo(dialog) {
  const had = document.activeElement;
  const place = had?.closest("[id]")?.id;
  const giveBack = () => had.isConnected || document.getElementById(place)?.querySelector(CONTROLS)?.focus();
  dialog.addEventListener("close", giveBack, { once: true });
}
