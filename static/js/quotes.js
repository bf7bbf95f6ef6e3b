// What a message answers, as a quote that leads there. Made by the server in every message that has a number; here only
// where there is none yet: in the box in which one writes, and in what is on its way.

import { list, numberOf } from "./lines.js";
import { listed, word, words } from "./words.js";

const lineOf = (number) => list.querySelector(`li[data-kind=text][data-number="${Number(number)}"]`);

// What its line in a quote says, as the server says it: the text, the files, or both.
function summary(line) {
  const text = line?.querySelector(".message__body").textContent ?? "";
  const photos = line?.querySelectorAll(".message__photo").length ?? 0;
  const documents = [...(line?.querySelectorAll(".file__name") ?? [])].map((name) => name.textContent);
  const count = photos + documents.length;
  if (!count) return text;
  let files = documents[0];
  if (!documents.length) files = count === 1 ? word("Photo") : words("{count} photo", "{count} photos", count);
  else if (count > 1) files = words("{count} file: {names}", "{count} files: {names}", count, { names: listed(documents).join("") });
  return text ? word("{files}: {text}", { files, text }) : files;
}

// The text is taken from the message on this page and kept nowhere, so that it goes when the message does.
export function fill(quote, number) {
  const original = lineOf(number);
  const author = original?.querySelector(".message__author bdi").textContent ?? word("Earlier message");
  const isDeleted = Boolean(original?.matches(".message--deleted"));
  const text = document.createElement(isDeleted ? "i" : "span");
  text.dir = "auto";
  if (isDeleted) text.textContent = word("Message deleted");
  else text.textContent = [...summary(original)].slice(0, 160).join("").replace(/\s+/g, " ");
  const name = document.createElement("b");
  name.append(Object.assign(document.createElement("bdi"), { textContent: author }));
  quote.className = "message__quote";
  quote.href = `?at=${number}#message-${number}`;
  quote.dataset.quotes = number;
  quote.replaceChildren(name, " ", text);
  return quote;
}

export const quoteOf = (number) => fill(document.createElement("a"), number);

// The quotes of this page's own making say what the message says now.
export function refresh(line) {
  const number = numberOf(line);
  for (const quote of document.querySelectorAll(`#reply [data-quotes="${number}"], li:not([data-number]) > div > [data-quotes="${number}"]`)) fill(quote, number);
}

// To the message where it stands; what is further up than this page goes has a page that begins there.
function follow(event) {
  const quote = event.target.closest("a[data-quotes]");
  if (!quote || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  const original = lineOf(quote.dataset.quotes);
  if (!original) {
    const address = new URL(location.href);
    address.searchParams.set("at", quote.dataset.quotes);
    address.hash = `message-${quote.dataset.quotes}`;
    return location.assign(address);
  }
  original.scrollIntoView({ block: "center" });
  original.querySelector(".message__meta a").focus({ preventScroll: true });
  original.classList.remove("message--found");
  // Begun anew when it is followed twice.
  void original.offsetWidth;
  original.classList.add("message--found");
}
document.addEventListener("click", follow);
