// The heads of a guest's list: what has something new stands under one, the rest under the other.

const list = document.getElementById("conversations");
const unread = document.getElementById("stops-unread");
const read = document.getElementById("stops-read");

function arrange() {
  const rows = [...list.querySelectorAll(":scope > [id^=conversation-]")];
  const first = rows.find((row) => row.querySelector("[data-unread='0']"));
  // Touched only where they do not stand yet, since this is called for every change of the list.
  if (list.firstElementChild !== unread) list.prepend(unread);
  if (first && first.previousElementSibling !== read) first.before(read);
  unread.hidden = !rows.length || rows[0] === first;
  read.hidden = unread.hidden || !first;
}

if (list && unread && read) new MutationObserver(arrange).observe(list, { childList: true });
