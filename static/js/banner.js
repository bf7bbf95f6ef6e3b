// What the page says of its connection, in words. Nothing while all is well.

import { on, page } from "./live.js";
import { word } from "./words.js";

const banner = document.getElementById("connection");
const GRACE = 2000; // milliseconds: a connection that is back at once is nobody's concern

const SAYS = {
  reconnecting: { words: word("Reconnecting…") },
  polling: { words: word("<b>Slow connection.</b> New messages come every few seconds.") },
  offline: {
    words: word("<b>No connection.</b> What you write is kept here and sent when the connection is back."),
    look: "banner--offline",
  },
  stopped: {
    words: page.door
      ? word("<b>This link no longer works.</b> Ask dispatch for a new one. Nothing that was sent is lost.")
      : word("<b>You are signed out, or this chat is no longer open to you.</b> <a href=\"{page}\">Reload the page</a> to go on.", { page: page.page }),
    look: "banner--danger",
  },
};

// A network that lets no websocket through may not even say so.
let speaking = banner && setTimeout(show, 2 * GRACE, "reconnecting");

on("state", (now) => {
  document.documentElement.toggleAttribute("data-live", now === "live");
  if (!banner) return;
  clearTimeout(speaking);
  if (now === "live") banner.hidden = true;
  // What stands there already and is no longer true is replaced at once.
  else if (now === "reconnecting" && banner.hidden) speaking = setTimeout(show, GRACE, now);
  else show(now);
});

function show(now) {
  const { words, look = "" } = SAYS[now];
  banner.className = `banner ${look}`.trim();
  banner.innerHTML = `<span>${words}</span>`;
  banner.hidden = false;
}
