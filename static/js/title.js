// The document's title: what the page is, and before it how much is new.

const CAP = 100; // the server counts no further

let name = document.title;
let count = 0;

export const shown = (number) => (number >= CAP ? "99+" : String(number));

const show = () => (document.title = count ? `(${shown(count)}) ${name}` : name);

export function rename(next) {
  name = next;
  show();
}

export function countInTitle(number) {
  count = number;
  show();
}
