// Keeps the drawing and its hints in the browser, so that a closed page loses nothing. Each tab keeps its own and finds it
// again when it is reloaded; a new tab goes on with what was drawn last in any of them.
const NAME = "lcpipe-studio", STORE = "drawing", PAUSE = 300, MOST = 8; // drawings that are kept, the newest ones

const tab = sessionStorage.getItem(NAME) ?? crypto.getRandomValues(new Uint32Array(2)).join("-");
sessionStorage.setItem(NAME, tab);

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
    localStorage.setItem(NAME, JSON.stringify({ tab, name, strokes, at }));
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

// The tabs with what they keep, the newest first.
async function allKept() {
  const [tabs, values] = await Promise.all(["getAllKeys", "getAll"].map((what) => within("readonly", (store) => store[what]())));
  return tabs.map((key, index) => ({ key, ...values[index] })).sort((a, b) => (b.at ?? 0) - (a.at ?? 0));
}

export async function restore() {
  const all = await allKept().catch(() => []);
  const kept = all.find(({ key }) => key === tab) ?? all[0];
  const last = lastStrokes();
  const newer = kept && last && last.tab === kept.key && last.name === kept.name && last.at > (kept.at ?? 0);
  return newer ? { ...kept, strokes: last.strokes } : kept;
}

async function forgetOldest() {
  for (const { key } of (await allKept()).slice(MOST)) await within("readwrite", (store) => store.delete(key));
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
    const stored = await within("readwrite", (store) => store.put(value, tab)).then(() => true, () => false);
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
      if (opened) forgetOldest().catch(() => {});
    },
  };
}
