// Small helpers for the page: find, make, say. Text from outside only ever becomes text.
export const find = (id) => document.getElementById(id);

export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// What the browser has remembered under a name, an object or a list; `otherwise` where that is nothing or damaged.
export function remembered(key, otherwise) {
  try {
    const kept = JSON.parse(localStorage.getItem(key));
    return kept && Array.isArray(kept) === Array.isArray(otherwise) ? kept : otherwise;
  } catch {
    return otherwise;
  }
}

export function announce(text) {
  const place = find("live");
  place.textContent = "";
  requestAnimationFrame(() => { place.textContent = text; });
}

export function toast(text, bad = false) {
  let stack = document.querySelector(".toasts");
  if (!stack) document.body.append(stack = make("div", { className: "toasts" }));
  const note = make("div", { className: bad ? "toast bad" : "toast", role: bad ? "alert" : "status" }, text);
  stack.append(note);
  setTimeout(() => note.remove(), bad ? 7000 : 3200);
}

// Menus open below their button, inside the window.
export function placeMenus() {
  for (const button of document.querySelectorAll("[popovertarget]")) {
    const menu = find(button.getAttribute("popovertarget"));
    menu.addEventListener("toggle", (event) => {
      if (event.newState !== "open") return;
      const at = button.getBoundingClientRect();
      const top = Math.min(at.bottom + 6, innerHeight - menu.offsetHeight - 8);
      menu.style.top = `${Math.max(8, top)}px`;
      menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - menu.offsetWidth - 8))}px`;
      menu.querySelector("button").focus();
    });
    menu.addEventListener("click", (event) => { if (event.target.closest("button")) menu.hidePopover(); });
    menu.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      const entries = [...menu.querySelectorAll("button")];
      entries[(entries.indexOf(document.activeElement) + step + entries.length) % entries.length].focus();
      event.preventDefault();
    });
  }
}

export function download(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// Asks for a name in a dialog; null when it is given up.
export function ask(title, value = "") {
  const dialog = find("ask-dialog");
  find("ask-title").textContent = title;
  const input = find("ask-input");
  input.value = value;
  dialog.returnValue = "";
  dialog.showModal();
  input.select();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok" ? input.value.trim() : null), { once: true });
  });
}
