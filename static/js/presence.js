// Who has this conversation on the screen, and who had it when: in the head, beside the people, and above the box for the
// team, so that two do not answer at once.

import { ask } from "./ask.js";
import { isLive, on, page, say } from "./live.js";
import { peopleChanged } from "./people.js";
import { localise } from "./times.js";
import { inRow, listed, pieces, word, words } from "./words.js";

let people = null; // as the server said it last: { person, name, team, here, at }; before that the page stands as it came

const others = () => people.filter((each) => String(each.person) !== page.person);

function draw() {
  if (!people) return;
  for (const place of document.querySelectorAll("[data-presence]:not(meta)")) drawPerson(place);
  const inside = new Set([...document.querySelectorAll("[data-presence]:not(meta)")].map((place) => place.dataset.presence));
  const outside = others().filter((each) => each.here && !inside.has(String(each.person)));
  for (const place of document.querySelectorAll("[data-lookers]")) {
    fill(place, outside.length ? [dot(), ...pieces(words("{names} looking now", "{names} looking now", outside.length), { names: inRow(outside.map(name)) })] : []);
  }
  fill(document.getElementById("here"), head());
  const team = others().filter((each) => each.here && each.team);
  fill(document.getElementById("looking"), team.length ? pieces(words("{names} is also looking at this", "{names} are also looking at this", team.length), { names: listed(team.map(name)) }) : []);
}

function drawPerson(place) {
  const known = people.find((each) => String(each.person) === place.dataset.presence);
  if (!known || place.dataset.presence === page.person) return;
  fill(place, known.here ? [dot(), word("Here now")] : pieces(word("Seen {time}"), { time: moment(known.at) }));
}

function head() {
  const here = others().filter((each) => each.here);
  if (here.length === 1) return [dot(), ...pieces(word("{name} here now"), { name: name(here[0]) })];
  if (here.length) return [dot(), words("{count} here now", "{count} here now", here.length)];
  const guests = others().filter((each) => !each.team);
  if (!guests.length) return [];
  const last = guests.reduce((a, b) => (new Date(a.at) > new Date(b.at) ? a : b));
  return pieces(word("{name} seen {time}"), { name: name(last), time: moment(last.at) });
}

// What says the same already stays, so that it is not read out again.
function fill(place, pieces) {
  if (!place) return;
  const fresh = document.createElement("span");
  fresh.append(...pieces);
  localise(fresh);
  if (place.textContent !== fresh.textContent) place.replaceChildren(...fresh.childNodes);
}

const name = (each) => Object.assign(document.createElement("bdi"), { textContent: each.name });
const dot = () => Object.assign(document.createElement("i"), { className: "here" });

function moment(at) {
  const time = document.createElement("time");
  time.dateTime = at;
  time.dataset.time = "moment";
  return time;
}

function take(news) {
  const before = people && guestsHere();
  people = news;
  draw();
  // Who came has opened the link, and who went has seen what there was.
  if (before !== null && before !== guestsHere() && document.querySelector("#people [data-reach]")) peopleChanged();
}
const guestsHere = () => others().filter((each) => each.here && !each.team).map((each) => each.person).sort().join();

// Without a socket, it is asked for. The status of the answer, or 0 for none.
async function refresh() {
  if (isLive() || !page.presence) return 0;
  const answer = await ask(page.presence).catch(() => null);
  if (!answer?.ok) return answer?.status ?? 0;
  const fresh = document.createElement("template");
  fresh.innerHTML = answer.html;
  const rows = [...fresh.content.querySelectorAll("#presences > li")];
  take(rows.map((row) => ({ person: row.dataset.person, name: row.textContent, team: "team" in row.dataset, here: "here" in row.dataset, at: row.dataset.at })));
  return answer.status;
}

// A page that nobody can see is not looked at.
function sayWhetherLooking() {
  say("looking", { looking: document.visibilityState === "visible" });
}

on("presence", take);
on("gap", refresh);
on("open", () => document.visibilityState === "visible" || sayWhetherLooking());
document.addEventListener("visibilitychange", sayWhetherLooking);
// What is read again of the page came a moment later or earlier than the news.
document.addEventListener("people", draw);
