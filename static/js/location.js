// Shares where this phone is, once: asked for by a tap, told to everyone in the chat as a message, and not followed.

import { send } from "./outbox.js";
import { take } from "./reply.js";
import { word } from "./words.js";

const PATIENCE = 20_000; // milliseconds

let asking = false;

const say = (words, isWrong = false) => {
  const place = document.getElementById("located");
  place.classList.toggle("field__error", isWrong);
  place.textContent = words;
};

export function share() {
  if (asking) return;
  asking = true;
  say(word("Asking this phone where it is…"));
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      asking = false;
      say("");
      const { latitude, longitude, accuracy } = coords;
      // Written out, since a number close to nothing would have an exponent.
      const fields = { latitude: latitude.toFixed(6), longitude: longitude.toFixed(6), accuracy: Math.ceil(accuracy).toFixed(0) };
      send("", take(), { fields });
    },
    (problem) => {
      asking = false;
      say(reason(problem), true);
    },
    { enableHighAccuracy: true, timeout: PATIENCE, maximumAge: 0 },
  );
}

function reason({ code }) {
  if (code === 1) return word("This site may not know where you are. Allow it in the browser’s settings, then tap again.");
  if (code === 3) return word("Finding where you are took too long. Tap again.");
  return word("This phone does not know where it is. Turn on its location, or step outside, and tap again.");
}
