// The next page of the list of conversations, fetched before one has scrolled to its place.

const pane = document.getElementById("conversations-pane");
const AHEAD = "1200px";

const near = new IntersectionObserver((seen) => seen.at(-1).isIntersecting && seen.at(-1).target.click(), { root: pane, rootMargin: AHEAD });

function watch() {
  near.disconnect();
  const more = pane.querySelector("#more[rel=next]");
  if (more) near.observe(more);
}

// What has come live meanwhile is here already, and fresher.
function leaveOut(event) {
  if (event.detail.target.id !== "conversations") return;
  const fresh = document.createElement("template");
  fresh.innerHTML = event.detail.serverResponse;
  for (const row of fresh.content.querySelectorAll("#conversations > li")) if (document.getElementById(row.id)) row.remove();
  event.detail.serverResponse = fresh.innerHTML;
}

// A guest's list has pages of its own.
if (pane) {
  document.addEventListener("htmx:beforeSwap", leaveOut);
  document.addEventListener("htmx:afterSettle", watch);
  // Not sooner: until htmx knows the link, pressing it leads away to a page of its own.
  document.addEventListener("htmx:load", watch);
}
