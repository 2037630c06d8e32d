// The hints: an array that is never changed, only replaced, so that undo is going back to an earlier one.
const MAX_HISTORY = 500;

export function createStrokes() {
  let past = [], present = [], future = [];
  const listeners = new Set();
  const tell = (what) => { for (const listener of listeners) listener(present, what); };
  const commit = (next, what) => {
    past = [...past, present].slice(-MAX_HISTORY);
    present = next;
    future = [];
    tell(what);
  };
  return {
    get all() { return present; },
    get canUndo() { return past.length > 0; },
    get canRedo() { return future.length > 0; },
    listen: (listener) => { listeners.add(listener); },
    add: (stroke) => commit([...present, stroke], "added"),
    replace: (index, stroke) => commit(present.with(index, stroke), "changed"),
    remove: (index) => commit(present.toSpliced(index, 1), "removed"),
    clear: () => { if (present.length) commit([], "cleared"); },
    load: (strokes) => commit([...strokes], "loaded"),
    // A new drawing begins a new history: its predecessor's hints mean nothing on it.
    start: (strokes = []) => { past = []; future = []; present = [...strokes]; tell("started"); },
    undo: () => {
      if (!past.length) return;
      future = [present, ...future];
      present = past.at(-1);
      past = past.slice(0, -1);
      tell("undone");
    },
    redo: () => {
      if (!future.length) return;
      past = [...past, present];
      [present, ...future] = future;
      tell("redone");
    },
  };
}

const round = (value) => Math.round(value * 100) / 100;

export function stroke(kind, color, size, points) {
  return { kind, color, size: round(size), points: points.map(([x, y, pressure]) => [round(x), round(y), round(pressure)]) };
}

export function moved(one, dx, dy) {
  return { ...one, points: one.points.map(([x, y, pressure]) => [round(x + dx), round(y + dy), pressure]) };
}

// How far a place is from a hint, in pixels of the drawing; 0 on it.
export function distance(one, x, y) {
  const near = one.points.map(([px, py], index) => {
    const [qx, qy] = one.points[one.kind === "stroke" || one.kind === "erase" ? Math.max(0, index - 1) : index];
    const length = (px - qx) ** 2 + (py - qy) ** 2;
    const along = length ? Math.max(0, Math.min(1, ((x - qx) * (px - qx) + (y - qy) * (py - qy)) / length)) : 0;
    return Math.hypot(x - qx - along * (px - qx), y - qy - along * (py - qy));
  });
  return Math.max(0, Math.min(...near) - (one.kind === "region" ? 4 : one.size / 2));
}
