// The colours at hand: a main one, and one picked from the picture, which never takes the main one's place.
import { find, make, remembered } from "./dom.js";
import { fromHsv, isHex, parseHex, readable, spoken, toHsv } from "./color.js";
import { createWheel } from "./wheel.js";

const KEY = "lcpipe-colors", MAX_RECENT = 16;

export function createColors(onChange) {
  const kept = remembered(KEY, {});
  const slots = { main: parseHex(String(kept.main)) ?? "#e2725b", picked: parseHex(String(kept.picked)) ?? "#f6d7c3" };
  let active = "main";
  let recent = [kept.recent ?? []].flat().filter(isHex).slice(0, MAX_RECENT);
  let hsv = toHsv(slots.main);
  const wheel = createWheel(find("wheel"), (next) => setHsv(next));

  function setHsv(next) {
    hsv = next;
    slots[active] = fromHsv(next);
    show();
  }

  function set(color, slot = active) {
    active = slot;
    slots[slot] = color;
    const next = toHsv(color);
    hsv = next.s === 0 ? { ...next, h: hsv.h } : next; // grey has no hue: the wheel stays where it is
    show();
  }

  function show() {
    wheel.show(hsv);
    find("hue").value = Math.round(hsv.h) % 360;
    find("saturation").value = Math.round(hsv.s * 100);
    find("brightness").value = Math.round(hsv.v * 100);
    if (document.activeElement !== find("hex")) find("hex").value = slots[active];
    find("hex").removeAttribute("aria-invalid");
    find("handle-swatch").style.background = slots[active];
    for (const [name, color] of Object.entries(slots)) {
      const button = find(`slot-${name}`);
      button.style.background = color;
      button.style.color = readable(color);
      button.setAttribute("aria-pressed", String(name === active));
      button.setAttribute("aria-label", `${name === "main" ? "Main" : "Picked"} colour, ${spoken(color)}, ${color}`);
    }
    localStorage.setItem(KEY, JSON.stringify({ ...slots, recent }));
    onChange(slots[active]);
  }

  function showRecent() {
    find("recent").replaceChildren(...recent.map((color) => swatch(color, () => set(color))));
  }

  for (const [id, key, range] of [["hue", "h", 1], ["saturation", "s", 100], ["brightness", "v", 100]]) {
    find(id).addEventListener("input", (event) => setHsv({ ...hsv, [key]: Number(event.target.value) / range }));
  }
  find("hex").addEventListener("input", (event) => {
    const color = parseHex(event.target.value);
    if (color) set(color);
    else event.target.setAttribute("aria-invalid", "true");
  });
  find("hex").addEventListener("blur", show);
  find("slot-main").addEventListener("click", () => set(slots.main, "main"));
  find("slot-picked").addEventListener("click", () => set(slots.picked, "picked"));
  show();
  showRecent();
  return {
    get color() { return slots[active]; },
    set,
    pick: (color) => set(color, "picked"),
    swap: () => set(slots[active === "main" ? "picked" : "main"], active === "main" ? "picked" : "main"),
    used(color) {
      if (recent[0] === color) return;
      recent = [color, ...recent.filter((other) => other !== color)].slice(0, MAX_RECENT);
      showRecent();
      show();
    },
  };
}

export function swatch(color, onclick, extra = {}) {
  const button = make("button", { type: "button", title: color, ariaLabel: `${spoken(color)}, ${color}`, onclick, ...extra });
  button.style.background = color;
  return button;
}
