// The share sheet of the phone or the system, where there is one: browsers offer it on addresses that they trust.

function offer(root) {
  if (!navigator.share) return;
  for (const button of root.querySelectorAll("[data-share][hidden]")) button.hidden = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-share]");
  // Whoever closes it without a choice has not failed at anything.
  if (button) navigator.share({ text: document.getElementById(button.dataset.share).value }).catch(() => {});
});
document.addEventListener("htmx:afterSettle", (event) => offer(event.target));
offer(document);
