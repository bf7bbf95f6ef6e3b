// A live update takes the focus from nobody: what had it is looked for in what stands there now.

const CONTROLS = "a[href], button, input, select, textarea, summary, [tabindex]";
const nameOf = (element) => element.ariaLabel || element.name || element.textContent.trim();

export function swap(present, next) {
  const focused = document.activeElement;
  const had = present !== focused && present.contains(focused) ? focused : null;
  const place = had && [...present.querySelectorAll(CONTROLS)].indexOf(had);
  present.replaceWith(next);
  if (!had || next.contains(had)) return;
  const controls = [...next.querySelectorAll(CONTROLS)].filter((one) => !one.disabled && one.checkVisibility?.() !== false);
  const same = controls.find((one) => one.tagName === had.tagName && nameOf(one) === nameOf(had));
  (same ?? controls[Math.min(place, controls.length - 1)])?.focus({ preventScroll: true });
}

// A dialog gives the focus back to what had it before, unless that was replaced meanwhile: then to what stands there now.
export function returnTo(dialog) {
  const had = document.activeElement;
  const place = had?.closest("[id]")?.id;
  const giveBack = () => had.isConnected || document.getElementById(place)?.querySelector(CONTROLS)?.focus();
  dialog.addEventListener("close", giveBack, { once: true });
}
