// Talks to the server: every error becomes a Refusal with one line of what went wrong and what to do.
export class Refusal extends Error {
  constructor(status, what, hint) {
    super(hint ? `${what}: ${hint}` : what);
    this.status = status;
  }
  get stale() { return this.status === 409; }
  get gone() { return this.status === 404; }
}

export const visitor = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function send(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...options, headers: { "x-lcpipe": "studio", ...options.headers } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, "the server does not answer", "is `lcpipe studio` still running?");
  }
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({ error: `the server answered ${answer.status}`, hint: "" }));
  throw new Refusal(answer.status, problem.error, problem.hint);
}

const json = (path, options) => send(path, options).then((answer) => answer.json());
const blob = (path, options) => send(path, options).then((answer) => answer.blob());
const post = (body) => ({ method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });

export const about = () => json("/api/about");
export const file = (path) => blob(path);
export const openDrawing = (data, method = "") => json(`/api/drawings${method && `?method=${encodeURIComponent(method)}`}`, { method: "POST", body: data });
export const openRow = (id, column) => json("/api/drawings/row", post({ id, column }));
export const openHints = (data, line) => send(`/api/hints?line=${line}`, { method: "POST", body: data }).then((answer) => (answer.status === 204 ? null : answer.json()));
export const drawing = (id) => blob(`/api/drawings/${id}`);
export const colorize = (ask, signal) => blob("/api/colorize", { ...post({ visitor, ...ask }), signal });
export const exported = (ask) => blob("/api/export", post({ visitor, kind: "export", ...ask }));
export const dataset = () => json("/api/dataset");
export const list = (what, query) => json(`/api/${what}?${new URLSearchParams(query)}`);
export const row = (id) => json(`/api/rows/${id}`);
export const excludeFile = (ids) => blob("/api/exclude", post({ ids }));
export const pictureUrl = (id, column, side = 0) => `/api/rows/${id}/${column}${side ? `?side=${side}` : ""}`;
