// The page to look through a dataset, put together.
import * as api from "./api.js";
import { cluster, dropTable, tile } from "./browse_lists.js";
import { download, find, make, toast } from "./dom.js";
import { placeIcons } from "./icons.js";
import { createMarks } from "./marks.js";
import { createRowView } from "./row_view.js";

const TABS = ["rows", "drops", "clusters"];
const FIELDS = ["q", "split", "license", "method", "low", "high", "sort", "reason"];
const NOTHING = { rows: "The dataset has no rows.", drops: "Nothing was dropped.", clusters: "No two pictures are near-duplicates." };
const NAMES = { rows: ["pair", "pairs"], drops: ["dropped picture", "dropped pictures"], clusters: ["cluster", "clusters"] };
placeIcons();

let tab = "rows", shown = [], asked = 0, marks = null, rowView = null, table = null, tiles = [];

function query() {
  const fields = tab === "rows" ? FIELDS.slice(0, 7) : tab === "drops" ? ["q", "reason"] : [];
  return Object.fromEntries(fields.map((id) => [id, find(id).value.trim().replace(",", ".")]).filter(([, value]) => value));
}

async function load(more = false) {
  const mine = (asked += 1);
  const start = more ? shown.length : 0;
  find("count").textContent = "Looking…";
  find("problem").hidden = true;
  let found;
  try {
    found = await api.list(tab, { ...query(), start });
  } catch (error) {
    if (mine === asked) failed(error);
    return;
  }
  if (mine !== asked) return; // something else has been asked for since
  if (!more) { find("list").replaceChildren(); shown = []; tiles = []; table = null; }
  shown = [...shown, ...found.rows];
  ({ rows: addRows, drops: addDrops, clusters: addClusters })[tab](found);
  find("count").textContent = `${found.total.toLocaleString("en")} ${NAMES[tab][found.total === 1 ? 0 : 1]}`;
  find("nothing").hidden = found.total > 0;
  const filtered = Object.keys(query()).some((id) => id !== "sort");
  find("nothing").querySelector("h2").textContent = filtered ? "Nothing fits" : "Nothing here";
  find("nothing").querySelector("p").textContent = filtered ? "Take away a word or a filter." : NOTHING[tab];
  find("more").hidden = shown.length >= found.total;
}

function failed(error) {
  find("count").textContent = "";
  find("list").replaceChildren();
  find("more").hidden = true;
  find("nothing").hidden = true;
  find("problem").hidden = false;
  find("problem").querySelector("p").textContent = error.message;
}

function addRows(found) {
  if (!find("list").firstChild) find("list").append(make("div", { className: "wall" }));
  const added = found.rows.map((row) => tile(row, { marks, open: rowView.show }));
  tiles = [...tiles, ...added];
  find("list").firstChild.append(...added.map((one) => one.element));
}

function addDrops(found) {
  if (!table && found.rows.length) {
    const reasons = Object.entries(found.reasons).map(([reason, count]) => make("button", { type: "button", ariaPressed: String(find("reason").value === reason), onclick: () => { find("reason").value = find("reason").value === reason ? "" : reason; load(); } }, `${reason} ${count.toLocaleString("en")}`));
    table = dropTable(found.rows);
    find("list").append(make("div", { className: "reasons", role: "group", ariaLabel: "Reasons" }, ...reasons), table.element);
  } else if (table) {
    table.body.append(...dropTable(found.rows).body.children);
  }
}

function addClusters(found) {
  find("list").append(...found.rows.map((one) => cluster(one, { open: rowView.show })));
}

function choose(name) {
  tab = name;
  for (const one of TABS) {
    const button = find(`tab-${one}`);
    button.setAttribute("aria-selected", String(one === name));
    button.tabIndex = one === name ? 0 : -1;
  }
  find("results").setAttribute("aria-labelledby", `tab-${name}`);
  document.querySelector(".for-rows").hidden = name !== "rows";
  document.querySelector(".for-drops").hidden = name !== "drops";
  find("filters").hidden = name === "clusters";
  load();
}

for (const name of TABS) find(`tab-${name}`).addEventListener("click", () => choose(name));
document.querySelector(".tabs").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length];
  choose(next);
  find(`tab-${next}`).focus();
});
let timer = 0;
find("filters").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(load, 180); });
find("filters").addEventListener("submit", (event) => { event.preventDefault(); load(); });
find("filters").addEventListener("reset", () => setTimeout(load));
find("more").addEventListener("click", () => load(true));
find("retry").addEventListener("click", () => load());
find("mark-clear").addEventListener("click", () => marks.clear());
find("mark-save").addEventListener("click", async () => {
  try {
    download(await api.excludeFile(marks.all), "exclude.toml");
    toast("Saved: name it in a recipe by [exclude] files = [\"exclude.toml\"]");
  } catch (error) {
    toast(error.message, true);
  }
});

function options(id, values) {
  find(id).append(...Object.entries(values).map(([value, text]) => make("option", { value }, text)));
}

async function start() {
  let facts;
  try {
    facts = await api.dataset();
  } catch (error) {
    find("filters").hidden = true;
    document.querySelector(".tabs").hidden = true;
    failed(error);
    find("retry").hidden = true;
    document.body.dataset.ready = "true";
    return;
  }
  find("dataset-name").textContent = `${facts.name} ${facts.version} · ${facts.digest.slice(0, 12)}`;
  document.title = `${facts.name} · Browse · lcpipe studio`;
  options("split", Object.fromEntries(facts.splits.map(([config, split]) => [`${config}/${split}`, config === "pairs" ? split : `${split} (${config.replace("_", " ")})`])));
  options("license", Object.fromEntries(Object.entries(facts.licenses).map(([name, count]) => [name, `${name} (${count})`])));
  options("method", Object.fromEntries(facts.methods.map((name) => [name, `Lines: ${name}`])));
  options("reason", Object.fromEntries(Object.entries(facts.counts.reasons ?? {}).map(([name, count]) => [name, `${name} (${count})`])));
  find("tag-list").append(...Object.keys(facts.tags).map((tag) => make("option", { value: tag })));
  find("tab-drops").append(make("small", {}, facts.drops.toLocaleString("en")));
  marks = createMarks(facts.digest);
  rowView = createRowView({ marks, near: (id, step) => shown[shown.findIndex((row) => row.id === id) + step]?.id });
  marks.listen((ids) => {
    find("marks").hidden = ids.size === 0;
    find("mark-count").textContent = `${ids.size} ${ids.size === 1 ? "row" : "rows"} marked`;
    for (const one of tiles) one.show();
  });
  await load();
  document.body.dataset.ready = "true";
}

start();
