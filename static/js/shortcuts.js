// The shortcuts. Both what listens for keys and the sheet that lists them come from here, so that neither says what the
// other does not do. Without an `act` it is the browser or another module that acts, and here it is only said.
//
// `keys` holds what can be pressed, each "j", "Shift+e", "Alt+ArrowDown", or one after the other as "g m". Those without
// Control or Alt are of a single key: they never act while one writes, and can be turned off.

import * as steer from "./steering.js";

const sends = document.documentElement.dataset.sendsWith === "enter" ? ["Enter"] : ["Control+Enter"];

export const GROUPS = [
  {
    title: "Move",
    shortcuts: [
      { keys: ["j", "Alt+ArrowDown"], says: "Next conversation", act: steer.next, repeats: true },
      { keys: ["k", "Alt+ArrowUp"], says: "Previous conversation", act: steer.previous, repeats: true },
      { keys: ["Enter"], says: "Open it" },
      { keys: ["n"], says: "Open the longest wait", act: steer.longestWait },
      { keys: ["Escape"], says: "From the message back to the list" },
    ],
  },
  {
    title: "Find",
    shortcuts: [
      { keys: ["/", "Control+k"], says: "Search", act: steer.find },
      { keys: ["1", "g m"], says: "Mine", act: steer.show("mine") },
      { keys: ["2", "g w"], says: "Waiting", act: steer.show("waiting") },
      { keys: ["3", "g u"], says: "Unread", act: steer.show("unread") },
      { keys: ["4", "g a"], says: "All", act: steer.show("all") },
      { keys: ["5", "g c"], says: "Closed", act: steer.show("closed") },
      { keys: ["g o"], says: "Orders", act: steer.visit("/orders/") },
    ],
  },
  {
    title: "Write",
    shortcuts: [
      { keys: ["r", "c"], says: "Write a message", act: steer.write },
      { keys: sends, says: "Send it" },
      { keys: ["/"], says: "Quick reply, in the message" },
      { keys: ["ArrowUp"], says: "Edit my last message, in an empty one" },
    ],
  },
  {
    title: "Conversation",
    shortcuts: [
      { keys: ["e"], says: "No answer needed", act: steer.settle },
      { keys: ["Shift+e"], says: "Close it", act: steer.close },
    ],
  },
  {
    title: "Help",
    shortcuts: [{ keys: ["?"], says: "These shortcuts", act: steer.help }],
  },
];

export const isSingle = (keys) => !/Control|Alt/.test(keys);
export const singleKeys = document.documentElement.dataset.singleKeys !== "off";
