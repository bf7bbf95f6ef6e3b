// A place on a map: geo: opens the map of an Android phone. Elsewhere it leads nowhere, and the web has a map too.

const hasMap = /Android/.test(navigator.userAgent);

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-map]");
  if (!link || hasMap) return;
  // Before the browser follows it.
  link.href = link.dataset.map;
  link.target = "_blank";
  link.rel = "noopener";
});
