// Asks the server for HTML, and gives up on one that does not answer.

const PATIENCE = 15_000; // milliseconds

// { status, ok, headers, html }. Throws where no whole answer came.
export async function ask(address, options = {}) {
  const patience = new AbortController();
  const timeout = setTimeout(() => patience.abort(), PATIENCE);
  try {
    const headers = { "HX-Request": "true", ...options.headers };
    const response = await fetch(address, { redirect: "error", ...options, headers, signal: patience.signal });
    return { status: response.status, ok: response.ok, headers: response.headers, html: await response.text() };
  } finally {
    clearTimeout(timeout);
  }
}
