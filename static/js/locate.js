// The button that shares one's location. What it does is fetched when somebody taps it: few do.
// On plain HTTP browsers tell no page where they are, so there it stays hidden.

import { word } from "./words.js";

function show() {
  const button = document.querySelector("[data-locate]");
  if (button) button.hidden = !(isSecureContext && navigator.geolocation);
}

document.addEventListener("click", async (event) => {
  if (!event.target.closest("[data-locate]")) return;
  try {
    const { share } = await import("./location.js");
    share();
  } catch {
    document.getElementById("located").textContent = word("No connection. Try again.");
  }
});

show();
// The box is made anew when a chat is opened again.
document.addEventListener("people", () => setTimeout(show));
