// Buttons that copy what stands in a field: `data-copy` is the field's id.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.focus();
  field.select();
  // iOS selects nothing in a field that is read-only by select() alone.
  field.setSelectionRange(0, field.value.length);
  const done = await copied(field.value);
  const label = button.querySelector("[data-copied]");
  const says = done ? label.dataset.copied : label.dataset.byHand;
  if (says) label.textContent = says;
});

// Works on a plain-HTTP address of the local network, where there is no clipboard API, and inside of apps that refuse it.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}

for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
