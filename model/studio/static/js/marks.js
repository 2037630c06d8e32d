// The rows that somebody wants to leave out of the next build, remembered for each dataset.
import { remembered } from "./dom.js";

export function createMarks(digest) {
  const key = `lcpipe-marks-${digest}`;
  let ids = new Set(remembered(key, []));
  const listeners = new Set();
  const commit = (next) => {
    ids = next;
    localStorage.setItem(key, JSON.stringify([...ids]));
    for (const listener of listeners) listener(ids);
  };
  return {
    get all() { return [...ids]; },
    has: (id) => ids.has(id),
    toggle(id) { const next = new Set(ids); if (!next.delete(id)) next.add(id); commit(next); },
    clear: () => commit(new Set()),
    listen: (listener) => { listeners.add(listener); listener(ids); },
  };
}
