// The keyboard on glass. Some browsers make the page shorter for it, others lay it over the page: those say only how
// much of the page can be seen, and so much the page then takes.

const seen = window.visualViewport;
const root = document.documentElement;
const COVERS = 100; // px that no bar of a browser takes
const isGlass = matchMedia("(pointer: coarse)");

const writes = () => Boolean(document.activeElement?.matches("textarea, input[type=search]"));
let tallest = innerHeight;

function fit() {
  // Enlarged with two fingers, the page stays as it is.
  const isCovered = seen && seen.scale < 1.05 && innerHeight - seen.height > COVERS;
  if (isCovered) root.style.setProperty("--visible", `${seen.height}px`);
  else root.style.removeProperty("--visible");
  // Safari has scrolled the page under its keyboard, so that the field is in sight; it is now by itself.
  if (isCovered && seen.offsetTop > 0) scrollTo(0, 0);
  tallest = Math.max(tallest, innerHeight);
  const isShorter = tallest - innerHeight > COVERS;
  root.toggleAttribute("data-keyboard", Boolean(isGlass.matches && (isCovered || isShorter) && writes()));
}

// Turned round, another height is the whole.
matchMedia("(orientation: portrait)").addEventListener?.("change", () => (tallest = innerHeight));
seen?.addEventListener("resize", fit);
seen?.addEventListener("scroll", fit);
addEventListener("resize", fit);
document.addEventListener("focusin", fit);
document.addEventListener("focusout", () => setTimeout(fit));
fit();

// A tap that sends takes the focus from nobody: the keyboard stays for who goes on writing.
document.addEventListener("mousedown", (event) => {
  if (writes() && event.target.closest?.(".composer__send, .composer__attach, .answer")) event.preventDefault();
});
