// Starts the service worker of a guest's page once the page stands, and brings what offers notifications when it is
// time: after the first message that was sent or received, or when somebody looks for it. Until then it is not loaded.

import { on, page } from "./news.js";

const { worker, pushes } = document.querySelector("meta[name=app]").dataset;

function start() {
  if (!("serviceWorker" in navigator)) return;
  // Without it all works but the page that says that there is no connection.
  navigator.serviceWorker.register(worker, { scope: `${page.door}/`, updateViaCache: "none" }).catch(() => {});
}
document.readyState === "complete" ? start() : addEventListener("load", start);

// iOS has pushes for what is on the home screen alone, and says there whether this is.
const canBeTold = ("serviceWorker" in navigator && "PushManager" in window) || navigator.standalone === false;

if (pushes && canBeTold) {
  // Where it cannot be loaded nothing is offered, until the next time.
  const push = (act) => import("./push.js").then(act, () => {});
  const offer = () => push((it) => it.offer());
  const who = document.querySelector(".who");
  on("message", (line) => line.dataset.kind === "text" && offer());
  if (document.querySelector(`#messages > [data-author="${page.person}"][data-kind="text"]`)) offer();
  who?.addEventListener("toggle", () => who.open && push((it) => it.choose(who)));
  if (isOn()) push((it) => it.keepUp());
}

function isOn() {
  try {
    return localStorage.getItem(`push:${page.door}`)?.startsWith("on");
  } catch {
    return false;
  }
}
