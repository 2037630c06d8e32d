// Repaints while somebody draws: the latest wins. One preview is under way at a time; the full picture waits for a pause and
// for the last preview, which shares the processor with the page and is on the screen the sooner the less else is asked for.
import * as api from "./api.js";

const BUSY_PAUSE = 350;  // ms without a change until the full picture is asked for, while strokes follow each other quickly
const QUICK = 700;       // ms: strokes closer together than this follow each other quickly
const AT_ONCE = 150;     // ms: a full picture that takes no longer needs no preview

export function createLive({ ask, onPicture, onState }) {
  let turn = 0, previewing = null, filling = null, dirty = false, timer = 0, changedAt = -Infinity, took = Infinity, shown = [0, 0];
  let stopped = false, due = false;

  // Something is being drawn (`final` false) or has been changed for good.
  function changed(final = true) {
    turn += 1;
    stopped = false;
    dirty = true;
    due = false;
    clearTimeout(timer);
    timer = 0;
    filling?.abort();
    onState("busy");
    if (final) {
      const now = performance.now(), busy = now - changedAt < QUICK;
      changedAt = now;
      dirty = busy || took > AT_ONCE;
      due = !busy && dirty;
      if (!due) timer = setTimeout(full, busy ? BUSY_PAUSE : 0);
      previewing = null; // it lacks the end of the stroke; the server drops it for the next one, on the same connection
    }
    preview();
  }

  async function preview() {
    if (previewing || !dirty) return;
    dirty = false;
    const mine = turn, own = (previewing = new AbortController());
    const ended = await get("preview", mine, own.signal);
    if (previewing !== own) return; // a newer one is under way
    previewing = null;
    if (ended && dirty) preview();
    else if (ended && due) full();
  }

  async function full() {
    timer = 0;
    due = false;
    filling?.abort();
    const mine = turn, own = (filling = new AbortController()), begun = performance.now();
    const ended = await get("full", mine, own.signal);
    if (filling === own) filling = null;
    if (!ended || mine !== turn) return;
    took = performance.now() - begun;
    onState("done", took);
  }

  // True unless something went wrong that somebody must know.
  async function get(kind, mine, signal) {
    const rank = kind === "full" ? 2 : 1;
    try {
      const pictures = await ask(kind, mine, signal);
      const newer = mine > shown[0] || (mine === shown[0] && rank > shown[1]);
      if (newer && !stopped) {
        shown = [mine, rank];
        onPicture(pictures, kind, mine === turn);
      }
      return true;
    } catch (error) {
      if (error.name === "AbortError" || error.stale) return kind === "preview";
      dirty = false;
      onState("bad", error);
      return false;
    }
  }

  return {
    changed,
    again: () => changed(true),
    // Nothing that is under way may appear any more: another drawing is being opened.
    stop() {
      stopped = true;
      turn += 1;
      shown = [turn, 0];
      clearTimeout(timer);
      timer = 0;
      filling?.abort();
      previewing?.abort();
      previewing = null;
      dirty = due = false;
      took = Infinity;
    },
  };
}

// The pictures of a turn, ready to be shown: of the model that paints, and of the one beside it when two are compared.
export async function pictures(kind, turn, hints, models, signal) {
  const asked = kind === "full" ? models : models.slice(0, 1);
  const bitmaps = [];
  for (const model of asked) {
    bitmaps.push(await createImageBitmap(await api.colorize({ kind, turn, model, hints }, signal)));
  }
  return bitmaps;
}
