// One row, large: a wipe between its colours and its lines, what is known of it, and what can be done with it.
import * as api from "./api.js";
import { announce, find, make, toast } from "./dom.js";

const FACTS = [
  ["split", (row) => `${row.split}${row.config === "pairs" ? "" : ` of ${row.config}`}`], ["size", (row) => `${row.width} × ${row.height}, original ${row.original_width} × ${row.original_height}`],
  ["licence", (row) => row.license], ["artist", (row) => row.artist], ["rating", (row) => row.rating], ["pair score", (row) => row.pair_score?.toFixed(3)],
  ["tags", (row) => ["general", "character", "copyright", "artist"].flatMap((kind) => row[`tags_${kind}`] ?? []).join(", ")],
  ["found", (row) => row.refs.map((ref) => `${ref.source}:${ref.native_id}`).join(", ")], ["page", (row) => row.page_url],
  ["cluster", (row) => (row.cluster === row.id ? null : row.cluster.slice(0, 16))],
];

export function createRowView({ marks, near }) {
  const dialog = find("row-dialog");
  let row = null, column = "";

  async function show(id, wanted = column) {
    try {
      row = await api.row(id);
    } catch (error) {
      toast(error.message, true);
      return;
    }
    find("row-title").textContent = row.id.slice(0, 24);
    find("row-facts").replaceChildren(...FACTS.flatMap(([name, value]) => { const text = value(row); return text ? [make("dt", {}, name), make("dd", {}, text)] : []; }), ...params());
    const lines = row.pictures.filter((name) => name !== "color");
    find("row-columns").replaceChildren(...lines.map((name) => make("button", { type: "button", data: { column: name }, onclick: () => choose(name) }, name.replace("line_", ""))));
    find("compare").style.setProperty("--shape", row.width / row.height); // so that nothing jumps when the pictures come
    find("wipe-below").src = api.pictureUrl(row.id, row.pictures[0]);
    find("wipe-below").alt = `Colours of ${row.id.slice(0, 8)}`;
    choose(lines.includes(wanted) ? wanted : lines[0]);
    showMark();
    if (!dialog.open) dialog.showModal();
    announce(`Row ${row.id.slice(0, 8)}`);
  }

  function params() {
    return Object.entries(row).flatMap(([name, value]) => {
      if (!/^line_.*_params$/.test(name) || !value) return [];
      const set = Object.entries(value).filter(([, one]) => one !== null && typeof one !== "object").map(([key, one]) => `${key} ${typeof one === "number" ? Number(one.toPrecision(4)) : one}`);
      return [make("dt", {}, name.slice(5, -7)), make("dd", {}, set.join(", "))];
    });
  }

  function choose(name) {
    column = name;
    for (const button of find("row-columns").children) button.setAttribute("aria-pressed", String(button.dataset.column === name));
    find("wipe-above").src = api.pictureUrl(row.id, name);
    find("wipe-above").alt = `Lines by ${name.replace("line_", "")}`;
    find("row-paint").href = `/?${new URLSearchParams({ row: row.id, column: name })}`;
  }

  function wipe() {
    const share = find("wipe-share").value / 10;
    find("wipe-over").style.clipPath = `inset(0 ${100 - share}% 0 0)`;
    find("wipe-edge").style.left = `${share}%`;
  }

  function showMark() {
    const marked = row !== null && marks.has(row.id);
    find("row-mark").setAttribute("aria-pressed", String(marked));
    find("row-mark").querySelector("span").textContent = marked ? "Marked" : "Mark to exclude";
  }

  const go = (step) => { const id = near(row.id, step); if (id) show(id); };
  find("wipe-share").addEventListener("input", wipe);
  find("row-mark").addEventListener("click", () => marks.toggle(row.id));
  find("row-before").addEventListener("click", () => go(-1));
  find("row-after").addEventListener("click", () => go(1));
  dialog.addEventListener("keydown", (event) => {
    if (event.target === find("wipe-share")) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) { go(step); event.preventDefault(); }
    if (event.key === "x") marks.toggle(row.id);
  });
  marks.listen(showMark);
  return { show };
}
