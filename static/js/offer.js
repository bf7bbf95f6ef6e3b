// Answers that customers are offered with a message: what is chosen is said above the box, so that it goes with no
// message unseen.

const card = () => document.getElementById("offer");

function show() {
  const said = document.getElementById("offering");
  const chosen = [...document.querySelectorAll("#composer [name=offer]:checked")];
  if (!said) return;
  said.hidden = !chosen.length;
  const words = chosen.flatMap((box, at) => [at ? " · " : " ", Object.assign(document.createElement("b"), { textContent: box.parentElement.textContent })]);
  said.replaceChildren(...(chosen.length ? [said.dataset.words, ...words] : []));
}

function close(goOn) {
  if (!card()?.open) return;
  card().open = false;
  if (goOn) document.querySelector("#composer textarea").focus();
}

document.addEventListener("change", (event) => event.target.name === "offer" && show());
// Before the others hear of it: Escape in the box would leave the conversation.
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || !card()?.open || !card().contains(event.target)) return;
    event.preventDefault();
    event.stopPropagation();
    close(true);
  },
  true,
);
document.addEventListener("click", (event) => card()?.contains(event.target) || close(false));
document.addEventListener("submit", (event) => event.target.id === "composer" && close(false));
show();
