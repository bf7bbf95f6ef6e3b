// Says up to which message this page has all. The others read it as "Delivered": that somebody looks at it is another matter.

import { on, position, say } from "./live.js";

const PACE = 1_000; // milliseconds

let said = 0;
let timer = 0;

function acknowledge() {
  timer = 0;
  const { after } = position();
  if (after > said && say("ack", { number: after })) said = after;
}

function soon() {
  timer ||= setTimeout(acknowledge, PACE);
}

on("arranged", soon);
on("open", () => {
  said = 0;
  soon();
});
