// What stands beside the thread: the panel on a small screen, the dialog of people, links to copy.

import "./copy.js";
import { listed, pieces, word, words } from "./words.js";

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-panel-toggle]");
  if (toggle) return togglePanel();
  const opener = event.target.closest("[data-opens]");
  if (opener) return openDialog(opener);
  const closer = event.target.closest("dialog [data-closes]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
  }
});

function togglePanel() {
  const panes = document.querySelector(".panes");
  const open = panes.classList.toggle("panes--panel");
  document.querySelector(".thread__panel").setAttribute("aria-expanded", open);
  (open ? document.querySelector(".panel__close") : document.querySelector(".thread__panel"))?.focus();
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.querySelector(".panes--panel") && !document.querySelector("dialog[open]")) togglePanel();
  if (event.key === "Escape") document.querySelectorAll("details.menu[open], details.you[open], details.who[open]").forEach((menu) => menu.removeAttribute("open"));
});

function openDialog(opener) {
  const dialog = document.getElementById(opener.dataset.opens);
  dialog.replaceChildren();
  dialog.showModal();
  dialog.addEventListener("close", () => (document.getElementById("people")?.querySelector("[data-opens]") || opener).focus(), { once: true });
}
// What is added shows in the panel; the dialog has done its work.
document.addEventListener("htmx:afterRequest", (event) => {
  const dialog = event.target.closest?.("dialog");
  if (dialog && event.detail.requestConfig.verb === "post" && event.detail.successful) dialog.close();
});
document.addEventListener("htmx:sendError", (event) => {
  const dialog = event.target.closest?.("dialog") || document.getElementById("add-people");
  const foot = dialog?.open && dialog.querySelector("[data-consequence]");
  if (foot) foot.textContent = word("No connection. Nobody was added. Try again.");
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "add-people") event.target.querySelector("[autofocus]")?.focus();
});

// Says what a choice of people will mean, before it is made.
class PeoplePicker extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", () => this.describe());
    this.addEventListener("htmx:afterSwap", () => this.describe());
    this.describe();
  }

  describe() {
    const names = [...this.querySelectorAll("input[name=person]:checked:not(:disabled)")].map((box) => box.dataset.name);
    const consequence = this.querySelector("[data-consequence]");
    const add = this.querySelector("[data-add]");
    if (!consequence || !add) return;
    add.disabled = !names.length;
    add.textContent = names.length > 1 ? words("Add {count} person", "Add {count} people", names.length) : word("Add");
    if (!names.length) return (consequence.textContent = word("Choose who reads and writes here too."));
    const count = Number(consequence.dataset.count);
    const text = count
      ? words("{names} will see the message so far.", "{names} will see all {count} messages.", count)
      : word("{names} will see every message from the first on.");
    const bold = names.map((name) => Object.assign(document.createElement("b"), { textContent: name }));
    consequence.replaceChildren(...pieces(text, { names: listed(bold) }));
  }
}
customElements.define("people-picker", PeoplePicker);
