// How one message goes to the server, and what its answer says.

import { page } from "./news.js";
import * as parcel from "./parcel.js";
import { word } from "./words.js";

const PATIENCE = 15_000; // milliseconds
const form = () => document.getElementById("composer");

export function fieldsOf(message) {
  const fields = new URLSearchParams({ body: message.body, client_id: message.key });
  if (message.reply) fields.set("reply_to", message.reply);
  for (const [name, values] of Object.entries(message.fields ?? {})) for (const value of [values].flat()) fields.append(name, value);
  return fields;
}

// { ok, status, headers, html }. Throws where no whole answer came. `progress` is called as files go out.
export async function post(message, attempt, progress) {
  const fields = fieldsOf(message);
  const address = form()?.action || page.messages;
  const { signal } = attempt;
  if (message.files?.length) return parcel.post(address, message, { fields, signal, headers: headers(), progress });
  const timeout = setTimeout(() => attempt.abort(), PATIENCE);
  try {
    const response = await fetch(address, { method: "POST", headers: headers(), body: fields, redirect: "error", signal });
    return { ok: response.ok, status: response.status, headers: response.headers, html: await response.text() };
  } finally {
    clearTimeout(timeout);
  }
}

// The page's own token, which stops working when somebody signs in. So what one person has written here is never sent
// in the name of another who has signed in meanwhile, in another tab.
const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value || /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1] || "";
export const headers = () => ({ "HX-Request": "true", "X-CSRFToken": token });

// Nothing is wrong with the message: whoever comes back in sends it.
export const NOT_HERE = {
  401: word("You are signed out."),
  403: word("Reload the page and try again."),
  404: page.door ? word("This link no longer works.") : word("This chat is not there."),
};

// What the form that it answers says is wrong.
export function errorIn(html) {
  const answer = document.createElement("template");
  answer.innerHTML = html;
  return answer.content.querySelector(".field__error")?.textContent.trim() || "";
}
