// The service worker of one web chat link: says that there is no connection, keeps the files that never change, and
// shows what is pushed. It keeps no page and no message of anybody, and what it does not know goes by as if it were not
// there. Its settings (`shell`) come with /sw.js, which the browser asks for again each time.

const { shell } = self;
const DOOR = new URL(self.registration.scope).pathname; // "/g/<link>/"
const MINE = `shell ${DOOR} `;
const KEPT = MINE + shell.version;
// Named after its content: it can be old, but never wrong.
const HASHED = /^\/static\/.+\.[0-9a-f]{12}\.\w+$/;

// Coming and going

addEventListener("install", (event) => event.waitUntil(keepShell()));

async function keepShell() {
  const cache = await caches.open(KEPT);
  await cache.addAll([new Request(shell.offline, { cache: "reload", credentials: "omit" }), ...shell.files]);
  // The old one would do no harm, but it would show the old words.
  await skipWaiting();
}

addEventListener("activate", (event) => event.waitUntil(dropOld()));

async function dropOld() {
  // Those of other links in this browser are theirs.
  const old = (await caches.keys()).filter((name) => name.startsWith(MINE) && name !== KEPT);
  await Promise.all(old.map((name) => caches.delete(name)));
  await clients.claim();
}

// What pages ask for

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(goOrSay(request));
  else if (HASHED.test(url.pathname)) event.respondWith(keptOrFetched(request));
});

// The network first, always. Whatever it answers is the page, also that the link no longer works.
async function goOrSay(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const said = await caches.match(shell.offline, { cacheName: KEPT }).catch(() => null);
    if (said) return said;
    throw error;
  }
}

async function keptOrFetched(request) {
  const kept = await caches.match(request, { cacheName: KEPT }).catch(() => null);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) keep(request, answer.clone());
  return answer;
}

// A browser without room keeps nothing, and works all the same.
const keep = async (request, answer) => (await caches.open(KEPT)).put(request, answer).catch(() => {});

// What is pushed

addEventListener("push", (event) => event.waitUntil(inTurn(() => show(read(event.data)))));

// One after the other. Chromium, asked for what it shows, takes what it is only about to show for gone and drops it: what
// takes one notification back would take with it another that comes at that moment.
let last = Promise.resolve();
const inTurn = (act) => (last = last.then(act, act));

// Of a push that cannot be read something has to be shown too: browsers take the right away from who shows nothing.
function read(data) {
  let said = { body: shell.body };
  try {
    said = Object(data.json());
  } catch {
    // Said as above.
  }
  const { title, body, path, tag, lang, dir } = said;
  return {
    title: String(title || shell.title),
    body: String(body || shell.body),
    path: ownPath(path),
    tag: String(tag || "chat"),
    lang: String(lang || ""),
    dir: ["ltr", "rtl"].includes(dir) ? dir : "auto",
  };
}

// Only what is behind this link's own door.
function ownPath(path) {
  const url = new URL(String(path || "chats/"), self.registration.scope);
  return url.origin === location.origin && url.pathname.startsWith(DOOR) ? url.pathname : `${DOOR}chats/`;
}

async function show({ title, body, path, tag, lang, dir }) {
  const isLookedAt = (await windows()).some((page) => page.focused && pathOf(page) === path);
  await self.registration.showNotification(title, {
    body,
    tag,
    lang,
    dir,
    icon: shell.icon,
    badge: shell.badge,
    renotify: !isLookedAt,
    silent: isLookedAt,
    data: { path },
  });
  // It is on the screen already. Shown for a moment all the same, and silently: see above.
  if (isLookedAt) await withdraw(path);
}

async function withdraw(path) {
  for (const one of await self.registration.getNotifications()) if (one.data?.path === path) one.close();
}

// A page says that it is looked at: what called to it has been heard.
addEventListener("message", (event) => {
  if (event.data?.type === "seen") event.waitUntil(inTurn(() => withdraw(ownPath(event.data.path))));
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(goTo(ownPath(event.notification.data?.path)));
});

async function goTo(path) {
  const pages = (await windows()).filter((page) => pathOf(page).startsWith(DOOR));
  const there = pages.find((page) => pathOf(page) === path);
  if (there) return there.focus();
  for (const page of pages) {
    // What somebody types there is kept with its chat. A page that we have not opened cannot be led elsewhere.
    const led = await page.navigate(path).catch(() => null);
    if (led) return led.focus();
  }
  return clients.openWindow(path);
}

const windows = () => clients.matchAll({ type: "window", includeUncontrolled: true });
const pathOf = (page) => new URL(page.url).pathname;

// The push service gave the browser another address

addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

async function renew({ oldSubscription, newSubscription }) {
  const answer = await fetch(`${DOOR}subscriptions/`, { headers: { "HX-Request": "true" } });
  // The link is gone, or pushes are no longer offered: then there is nothing to renew.
  if (!answer.ok) return;
  const html = await answer.text();
  const [, key] = /data-key="([\w-]+)"/.exec(html) ?? [];
  const [, token] = /name="csrfmiddlewaretoken" value="(\w+)"/.exec(html) ?? [];
  const fresh = newSubscription ?? (await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  await post(token, fieldsOf(fresh));
  if (oldSubscription && oldSubscription.endpoint !== fresh.endpoint) {
    await post(token, { _method: "DELETE", endpoint: oldSubscription.endpoint });
  }
}

function fieldsOf(subscription) {
  const { endpoint, keys } = subscription.toJSON();
  return { endpoint, p256dh: keys.p256dh, auth: keys.auth };
}

const post = (token, fields) =>
  fetch(`${DOOR}subscriptions/`, {
    method: "POST",
    headers: { "HX-Request": "true", "X-CSRFToken": token },
    body: new URLSearchParams(fields),
  });
