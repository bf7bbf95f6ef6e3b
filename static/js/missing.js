// What a quick reply could not fill in stands in the box as "[driver?]": marked, named, and not to be sent like that.

import { listed, words } from "./words.js";

const composer = () => document.getElementById("composer");

function pattern(form) {
  const names = form?.dataset.fields?.split(" ");
  return names ? new RegExp(`\\[(${names.join("|")})\\?\\]`, "g") : null;
}

function missingIn(field) {
  const found = pattern(field.form);
  return found ? [...field.value.matchAll(found)] : [];
}

// Selects the first that is missing, so that what is typed next takes its place. False when nothing is.
export function selectMissing(field) {
  const [first] = missingIn(field);
  if (!first) return false;
  field.focus();
  field.setSelectionRange(first.index, first.index + first[0].length);
  return true;
}

// For whoever is about to send: true when it is not to be.
export function refuseMissing(field) {
  if (!selectMissing(field)) return false;
  // Said again, however often one tries.
  document.getElementById("composer-missing")?.remove();
  showMissing(field, "alert");
  return true;
}

export function showMissing(field, role = "status") {
  const missing = missingIn(field);
  mark(field, missing);
  const said = document.getElementById("composer-missing");
  if (!missing.length) return said?.remove();
  const marks = [...new Set(missing.map(([whole]) => whole))];
  const text = words(
    "Not known here: {fields}. Fill it in or take it out before you send.",
    "Not known here: {fields}. Fill them in or take them out before you send.",
    marks.length,
    { fields: listed(marks).join("") },
  );
  if (said?.textContent === text) return;
  const line = said ?? document.createElement("p");
  line.id = "composer-missing";
  line.className = "composer__missing field__error";
  line.setAttribute("role", role);
  if (!said) field.parentElement.after(line);
  line.textContent = text;
}

// A textarea cannot mark its own words: they stand behind it once more.
function mark(field, missing) {
  let behind = field.parentElement.querySelector(".composer__marks");
  if (!missing.length) return behind?.remove();
  if (!behind) {
    behind = document.createElement("div");
    behind.className = "composer__marks";
    behind.ariaHidden = "true";
    field.before(behind);
    field.addEventListener("scroll", () => (behind.scrollTop = field.scrollTop), { passive: true });
  }
  let at = 0;
  const pieces = missing.flatMap((one) => {
    const before = field.value.slice(at, one.index);
    at = one.index + one[0].length;
    const word = document.createElement("mark");
    word.className = "missing";
    word.textContent = one[0];
    return [before, word];
  });
  // A box ends with an empty line where its text does; a div needs something in it.
  behind.replaceChildren(...pieces, `${field.value.slice(at)}\u200b`);
  behind.scrollTop = field.scrollTop;
}

document.addEventListener("input", (event) => {
  if (event.target.form && event.target.form === composer() && event.target.name === "body") showMissing(event.target);
});
