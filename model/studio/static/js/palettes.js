// Named palettes without limit, kept in the browser; loaded from and saved as GPL (GIMP, Krita) and JSON.
import { ask, download, find, make, toast } from "./dom.js";
import { isHex, toHex, toRgb } from "./color.js";
import { swatch } from "./colors.js";
import { mainColors } from "./quantize.js";

const KEY = "lcpipe-palettes";
const FIRST = [
  { name: "Everyday", colors: ["#f9dcc8", "#eab99a", "#b97a56", "#6b4632", "#2e2524", "#f3d27a", "#d9773c", "#a63d33", "#d94f70", "#f2a7b8", "#8a6bbd", "#4a55a8", "#5aa0d8", "#8fd0d6", "#5aa469", "#b7cf6b", "#ffffff", "#d8d3ca", "#8d8a86", "#3b3a40"] },
  { name: "Evening", colors: ["#f7d9c4", "#e39b7b", "#7c3f58", "#43295a", "#1f1d36", "#3f3b6c", "#624f82", "#9f73ab", "#f2c14e", "#f78154", "#5fad56", "#4d9078", "#b4436c", "#e8e1d0"] },
];

export function createPalettes(colors) {
  let { list, chosen } = restored();

  function restored() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY));
      const list = parseJson(kept.list);
      return { list, chosen: Math.min(Math.max(0, kept.chosen | 0), list.length - 1) };
    } catch {
      return { list: FIRST, chosen: 0 };
    }
  }

  function commit(next, at = chosen) {
    list = next;
    chosen = Math.max(0, Math.min(at, list.length - 1));
    localStorage.setItem(KEY, JSON.stringify({ list, chosen }));
    show();
  }
  const change = (values) => commit(list.with(chosen, { ...list[chosen], ...values }));
  const add = (palette) => commit([...list, palette], list.length);

  function show() {
    find("palette").replaceChildren(...list.map((palette, index) => make("option", { value: String(index) }, palette.name)));
    find("palette").value = String(chosen);
    find("palette-colors").replaceChildren(...list[chosen].colors.map((color, index) => swatch(color, () => colors.set(color), {
      title: `${color} (Delete removes it)`,
      onkeydown: (event) => { if (event.key === "Delete") { change({ colors: list[chosen].colors.toSpliced(index, 1) }); event.stopPropagation(); } },
    })));
  }

  const file = (accept) => new Promise((resolve) => {
    const input = find("palette-file");
    input.accept = accept;
    input.value = "";
    input.onchange = () => resolve(input.files[0]);
    input.click();
  });

  const actions = {
    add: () => change({ colors: [...list[chosen].colors, colors.color] }),
    remove: () => change({ colors: list[chosen].colors.filter((color) => color !== colors.color) }),
    async new() { const name = await ask("Name of the palette"); if (name) add({ name, colors: [] }); },
    async rename() { const name = await ask("New name", list[chosen].name); if (name) change({ name }); },
    delete: () => commit(list.length > 1 ? list.toSpliced(chosen, 1) : FIRST),
    gpl: () => download(new Blob([toGpl(list[chosen])], { type: "text/plain" }), `${list[chosen].name}.gpl`),
    json: () => download(new Blob([JSON.stringify(list, null, 1)], { type: "application/json" }), "palettes.json"),
    async picture() { const picture = await file("image/*"); add({ name: picture.name.replace(/\.\w+$/, ""), colors: await mainColors(picture) }); },
    async import() {
      const chosenFile = await file(".gpl,.json");
      const text = await chosenFile.text();
      const found = text.startsWith("GIMP Palette") ? [parseGpl(text, chosenFile.name.replace(/\.gpl$/, ""))] : parseJson(JSON.parse(text));
      commit([...list, ...found], list.length);
    },
  };
  find("palette-menu").addEventListener("click", (event) => {
    const action = event.target.closest("[data-palette]")?.dataset.palette;
    if (action) Promise.resolve(actions[action]()).catch(() => toast("This file holds no palette", true));
  });
  find("palette").addEventListener("change", (event) => commit(list, Number(event.target.value)));
  show();
}

export const toGpl = ({ name, colors }) =>
  ["GIMP Palette", `Name: ${name}`, "Columns: 8", "#", ...colors.map((color) => `${toRgb(color).map((part) => String(part).padStart(3)).join(" ")}\t${color}`), ""].join("\n");

export function parseGpl(text, fallback) {
  const name = /^Name:\s*(.+)$/m.exec(text)?.[1].trim() ?? fallback;
  const colors = [...text.matchAll(/^\s*(\d{1,3})\s+(\d{1,3})\s+(\d{1,3})\b/gm)].map((row) => toHex(...row.slice(1).map((part) => Math.min(255, Number(part)))));
  if (!colors.length) throw new Error("no colours");
  return { name, colors };
}

export function parseJson(value) {
  const list = (Array.isArray(value) ? value : [value]).map(({ name, colors }) => ({ name: String(name).slice(0, 60), colors: colors.filter(isHex) }));
  if (!list.length) throw new Error("no palettes");
  return list;
}
