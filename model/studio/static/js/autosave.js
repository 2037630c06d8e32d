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

export const restore = () => within("readonly", (store) => store.get(KEY)).catch(() => undefined);

export function createAutosave(snapshot) {
  let timer = 0;
  const save = () => { clearTimeout(timer); timer = 0; const value = snapshot(); return value && within("readwrite", (store) => store.put(value, KEY)).catch(() => {}); };
  addEventListener("pagehide", () => { if (timer) save(); });
  return { later() { clearTimeout(timer); timer = setTimeout(save, PAUSE); } };
}
