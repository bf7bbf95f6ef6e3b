// Times come from the server in its own zone. Here they become the reader's, in the reader's language.

import { word, words } from "./words.js";

// "21 Nov" and not "Nov 21": the product writes the day first. And the figures are those of references and phones.
export const language = { en: "en-GB", ar: "ar-u-nu-latn" }[document.documentElement.lang] ?? document.documentElement.lang;
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const dayOfOtherYear = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric" });
const weekday = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" });
const full = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" });

export const sameDay = (a, b) => a.toDateString() === b.toDateString();

const shortDay = (at) => (at.getFullYear() === new Date().getFullYear() ? day : dayOfOtherYear).format(at);

// "Today", "Yesterday", then the day itself.
export function dayName(at) {
  const now = new Date();
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (sameDay(at, now)) return word("Today");
  if (sameDay(at, yesterday)) return word("Yesterday");
  return at.getFullYear() === now.getFullYear() ? weekday.format(at) : dayOfOtherYear.format(at);
}

// "Today", "Tomorrow", "Yesterday", "21 Nov": beside a clock.
function shortDayName(at) {
  const now = new Date();
  const daysAhead = Math.round((new Date(at.getFullYear(), at.getMonth(), at.getDate()) - new Date(now.getFullYear(), now.getMonth(), now.getDate())) / 86_400_000);
  return { "-1": word("Yesterday"), 0: word("Today"), 1: word("Tomorrow") }[daysAhead] ?? shortDay(at);
}

const styles = {
  day: shortDayName,
  clock: (at) => clock.format(at),
  moment: (at) => (sameDay(at, new Date()) ? clock.format(at) : shortDay(at)),
};

export function localise(root = document) {
  for (const time of root.querySelectorAll("time[data-time]")) {
    const at = new Date(time.dateTime);
    const style = styles[time.dataset.time];
    if (!style || Number.isNaN(at.getTime())) continue;
    time.textContent = style(at);
    time.title = full.format(at);
  }
  // "Photo from Ann, 14:09"
  for (const photo of root.querySelectorAll("img[data-alt]")) {
    const at = new Date(photo.dataset.at);
    if (!Number.isNaN(at.getTime())) photo.alt = photo.dataset.alt.replace("{time}", clock.format(at));
  }
}

function waited(minutes, hours) {
  if (minutes < 60) return word("{minutes} min", { minutes });
  if (hours < 48) return word("{hours} h {minutes}", { hours, minutes: String(minutes % 60).padStart(2, "0") });
  return words("{count} day", "{count} days", Math.floor(hours / 24));
}

// Minutes that somebody has waited for us: the same three steps of heat as on the server.
export function warm(root = document) {
  for (const wait of root.querySelectorAll(".wait[data-since]")) {
    const minutes = Math.max(1, Math.floor((Date.now() - new Date(wait.dataset.since)) / 60000));
    const hours = Math.floor(minutes / 60);
    const text = waited(minutes, hours);
    const shown = wait.querySelector("[data-wait]");
    if (shown.textContent !== text) shown.textContent = text;
    const { long, over } = wait.dataset;
    wait.classList.toggle("wait--long", minutes >= long && minutes < over);
    wait.classList.toggle("wait--over", minutes >= over);
  }
}

// At midnight "Today" becomes "Yesterday", and a clock in the list a day.
let today = new Date();
function turn() {
  warm();
  if (sameDay(today, new Date())) return;
  today = new Date();
  localise();
  document.dispatchEvent(new Event("midnight"));
}

localise();
setInterval(turn, 15_000);
document.addEventListener("htmx:afterSettle", (event) => localise(event.target));
document.addEventListener("htmx:oobAfterSwap", (event) => localise(event.target));
