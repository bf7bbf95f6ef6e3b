// Earlier messages, without a jump of what is being read.

import { ask } from "./ask.js";
import { localise } from "./times.js";
import { arrange, list, numbered, numberOf } from "./lines.js";
import { keepingPlace, scroll } from "./scrolling.js";

const earlier = document.getElementById("earlier");
let loading = false;

async function load() {
  if (loading) return;
  loading = true;
  earlier.setAttribute("aria-busy", "true");
  try {
    const first = numberOf(numbered()[0]);
    const answer = await ask(`${earlier.dataset.messages}?before=${first}`);
    if (!answer.ok) return;
    const page = document.createElement("template");
    page.innerHTML = answer.html;
    localise(page.content);
    // Nobody is read what was said long ago, as if it had been said now.
    const log = list.parentElement;
    log.setAttribute("aria-busy", "true");
    setTimeout(() => log.removeAttribute("aria-busy"), 1000);
    keepingPlace(() => {
      list.prepend(page.content);
      arrange();
      if (numberOf(numbered()[0]) <= 1) earlier.parentElement.remove();
    });
  } catch {
    // The button stays and can be pressed again; the banner says that there is no connection.
  } finally {
    loading = false;
    earlier.removeAttribute("aria-busy");
  }
}

if (earlier) {
  earlier.addEventListener("click", (event) => {
    event.preventDefault();
    load();
  });
  const near = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && load(), {
    root: scroll,
    rootMargin: "200px",
  });
  near.observe(earlier);
}
