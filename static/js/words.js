// What a script shows, in the page's language. The English text is the key: the page brings the translations of those
// that its modules use, and none where it is in English. Only with texts written out, since they are found by reading:
// word("Sending"), word("Not sent: {reason}", { reason }), words("{count} new", "{count} new", count).

const given = document.getElementById("words");
const translations = given ? JSON.parse(given.textContent) : {};
const forms = new Intl.PluralRules(document.documentElement.lang || "en");

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (field, name) => values[name] ?? field);

export const word = (text, values = {}) => fill(translations[text] ?? text, values);

export function words(one, other, count, values = {}) {
  const known = translations[one] ?? { one, other };
  return fill(known[forms.select(count)] ?? known.other, { count, ...values });
}

// The same with elements in it: pieces(word("{name} is typing"), { name: element }), to be handed to append(...).
export const pieces = (text, values) =>
  text.split(/\{(\w+)\}/).flatMap((piece, at) => (at % 2 ? (values[piece] ?? `{${piece}}`) : piece || []));

// "Ann, Bob, Cid", of texts or elements, in pieces.
export const inRow = ([first, ...more]) => more.reduce((before, next) => pieces(word("{first}, {next}"), { first: before, next }), [first]);

// "Ann", "Ann and Bob", "Ann, Bob and Cid"
export function listed(all) {
  const last = all.at(-1);
  return all.length < 2 ? all : pieces(word("{first} and {last}"), { first: inRow(all.slice(0, -1)), last });
}
