// The shortcuts. Both what listens for keys and the sheet that lists them come from here, so that neither says what the
// other does not do. Without an `act` it is the browser or another module that acts, and here it is only said.
//
// `keys` holds what can be pressed, each "j", "Shift+e", "Alt+ArrowDown", or one after the other as "g m". Those without
// Control or Alt are of a single key: they never act while one writes, and can be turned off.

import * as steer from "./steering.js";
import { word } from "./words.js";

const sends = document.documentElement.dataset.sendsWith === "enter" ? ["Enter"] : ["Control+Enter"];

export const GROUPS = [
  {
    title: word("Move"),
    shortcuts: [
      { keys: ["j", "Alt+ArrowDown"], says: word("Next conversation"), act: steer.next, repeats: true },
      { keys: ["k", "Alt+ArrowUp"], says: word("Previous conversation"), act: steer.previous, repeats: true },
      { keys: ["Enter"], says: word("Open it") },
      { keys: ["n"], says: word("Open the longest wait"), act: steer.longestWait },
      { keys: ["Escape"], says: word("From the message back to the list") },
    ],
  },
  {
    title: word("Find"),
    shortcuts: [
      { keys: ["/", "Control+k"], says: word("Search"), act: steer.find },
      { keys: ["1", "g m"], says: word("Mine"), act: steer.show("mine") },
      { keys: ["2", "g w"], says: word("Waiting"), act: steer.show("waiting") },
      { keys: ["3", "g u"], says: word("Unread"), act: steer.show("unread") },
      { keys: ["4", "g a"], says: word("All"), act: steer.show("all") },
      { keys: ["5", "g c"], says: word("Closed"), act: steer.show("closed") },
      { keys: ["g o"], says: word("Orders"), act: steer.visit("/orders/") },
    ],
  },
  {
    title: word("Write"),
    shortcuts: [
      { keys: ["r", "c"], says: word("Write a message"), act: steer.write },
      { keys: sends, says: word("Send it") },
      { keys: ["/"], says: word("Quick reply, in the message") },
      { keys: ["ArrowUp"], says: word("Edit my last message, in an empty one") },
    ],
  },
  {
    title: word("Conversation"),
    shortcuts: [
      { keys: ["e"], says: word("No answer needed"), act: steer.settle },
      { keys: ["Shift+e"], says: word("Close it"), act: steer.close },
    ],
  },
  {
    title: word("Help"),
    shortcuts: [{ keys: ["?"], says: word("These shortcuts"), act: steer.help }],
  },
];

export const isSingle = (keys) => !/Control|Alt/.test(keys);
export const singleKeys = document.documentElement.dataset.singleKeys !== "off";
