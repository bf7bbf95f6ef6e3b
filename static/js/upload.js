// Sends a message with its files, and says how far it is: fetch() does not know that.

const STALL = 30_000; // milliseconds in which nothing moves
const PATIENCE = 90_000; // for the answer, when all has been sent: the server makes each photo anew

// { status, ok, headers, html }, as of fetch(). Throws where no whole answer came. `progress` is told from 0 to 1.
export function upload(address, { headers, fields, files, signal, progress }) {
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  for (const { blob, name } of files) body.append("files", blob, name);
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    // Given up while this was on its way.
    if (signal.aborted) return reject(signal.reason);
    let watch = 0;
    const wait = (patience) => {
      clearTimeout(watch);
      watch = setTimeout(() => request.abort(), patience);
    };
    request.open("POST", address);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => {
      wait(STALL);
      progress(total ? loaded / total : 0);
    };
    request.upload.onload = () => {
      wait(PATIENCE);
      progress(1);
    };
    request.onload = () => {
      const { status, responseText: html } = request;
      resolve({ status, ok: status >= 200 && status < 300, headers: { get: (name) => request.getResponseHeader(name) }, html });
    };
    request.onerror = request.onabort = request.ontimeout = () => reject(new Error("no answer"));
    request.onloadend = () => clearTimeout(watch);
    signal.addEventListener("abort", () => request.abort());
    wait(STALL);
    request.send(body);
  });
}
