// A button that stands in a line of text. `name` is for who hears it without what stands beside it.

export function button(label, act, name = "") {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "textbutton";
  made.textContent = label;
  if (name) made.ariaLabel = name;
  made.addEventListener("click", act);
  return made;
}
