// Keeps the drawing and its hints in the browser, so that a closed page loses nothing.
const NAME = "lcpipe-studio", STORE = "drawing", KEY = "current", PAUSE = 300;

function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function within(mode, work) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const asked = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

// A page that is being closed has no time for a database: its last strokes go to the one store that takes them at once.
function saveLast({ name, strokes, at }) {
  try {
    localStorage.setItem(NAME, JSON.stringify({ name, strokes, at }));
  } catch {
    // full or switched off: what was saved before the last pause is still there
  }
}

function lastStrokes() {
  try {
    const last = JSON.parse(localStorage.getItem(NAME));
    localStorage.removeItem(NAME);
    return last;
  } catch {
    return null;
  }
}

export async function restore() {
  const kept = await within("readonly", (store) => store.get(KEY)).catch(() => undefined);
  const last = lastStrokes();
  const newer = kept && last && last.name === kept.name && last.at > (kept.at ?? 0);
  return newer ? { ...kept, strokes: last.strokes } : kept;
}

// Tells `onKept` whether what is stored is what is on the page.
export function createAutosave(snapshot, onKept) {
  let timer = 0, changes = 0;
  const now = () => { const value = snapshot(); return value && { ...value, at: Date.now() }; };
  const save = async () => {
    clearTimeout(timer);
    timer = 0;
    const value = now(), mine = changes;
    if (!value) return;
    const stored = await within("readwrite", (store) => store.put(value, KEY)).then(() => true, () => false);
    if (stored && mine === changes) onKept(true);
  };
  addEventListener("pagehide", () => {
    const value = timer ? now() : null;
    if (value) saveLast(value);
    if (value) save();  // where there is time after all, the drawing itself is kept too
  });
  return {
    // A new drawing is stored at once, its strokes after a pause.
    changed(opened) {
      changes += 1;
      onKept(false);
      clearTimeout(timer);
      timer = setTimeout(save, opened ? 0 : PAUSE);
    },
  };
}
