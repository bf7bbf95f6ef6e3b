// Lets this browser in as soon as somebody looks at the page, and takes the page's place, so that the link's token
// stays neither in the history nor behind the back button. Without this file the button does the same, slower.

const PATIENCE = 15000; // milliseconds

const form = document.getElementById("join");
const button = form.querySelector("button");
const cutOff = document.getElementById("cut-off");
const words = button.textContent;
let underway = false;

async function join() {
  if (underway) return;
  show({ underway: true, cutOff: false });
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    const answer = await fetch(location.href, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { "X-Requested-With": "fetch" },
      signal: patience.signal,
    });
    if (answer.status === 204) {
      location.replace(answer.headers.get("Location"));
    } else {
      // Refused: sent once more as a plain form, so that the person sees the page that says why.
      form.submit();
    }
  } catch {
    // Not answered. A plain form would now leave for the browser's own error page.
    show({ underway: false, cutOff: true });
  } finally {
    clearTimeout(timer);
  }
}

function show(state) {
  underway = state.underway;
  button.textContent = underway ? button.dataset.underway : words;
  cutOff.hidden = !state.cutOff;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  join();
});
addEventListener("online", () => cutOff.hidden || join());
// Back from the chat to a page that the browser has kept.
addEventListener("pageshow", (event) => event.persisted && show({ underway: false, cutOff: false }));

// Browsers load pages that nobody has asked for yet. Only being looked at counts.
if (document.visibilityState === "visible") join();
else document.addEventListener("visibilitychange", join, { once: true });
