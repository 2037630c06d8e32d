// The page to paint on, put together.
import * as api from "./api.js";
import { createAutosave, restore } from "./autosave.js";
import { createColors } from "./colors.js";
import { announce, download, find, make, placeMenus, toast } from "./dom.js";
import { createHintsPanel } from "./hints_panel.js";
import { placeIcons } from "./icons.js";
import { listenToKeys, showKeys } from "./keyboard.js";
import { createLive, pictures } from "./live.js";
import { createOpening } from "./opening.js";
import { createPalettes } from "./palettes.js";
import { listenToPointers } from "./pointer.js";
import { hintsOf, projectFile } from "./project.js";
import { createStrokes, stroke } from "./strokes.js";
import { createTools } from "./tools.js";
import { createView } from "./view.js";

const settings = { size: 16, pressure: true };
const VIEW_KEY = "lcpipe-view", HINT_KEY = "lcpipe-hint-seen";
const SUFFIX = { png: ".png", colors: "-colors.png", ora: ".ora", hints: "-hints.png" };

placeIcons();
placeMenus();
showKeys();
const strokes = createStrokes();
const canvas = find("canvas");
const view = createView(canvas, strokes);
let drawing = null, models = [], passing = null;

const colors = createColors(() => view.request());
createPalettes(colors);
const tools = createTools({ view, strokes, colors, settings, onDrawing: (current) => { passing = current; live.changed(current === null); } });
createHintsPanel({ strokes, view, colors });

// --- painting -------------------------------------------------------------------------------------------------------
const chosenModels = () => [find("model").value, ...(view.state.mode === "compare" ? [find("other-model").value] : [])];

const live = createLive({
  async ask(kind, turn, signal) {
    const shown = passing ? [...strokes.all, stroke(passing.kind, passing.color, passing.size, passing.points)] : strokes.all;
    const hints = hintsOf(drawing.id, shown);
    try {
      return await pictures(kind, turn, hints, chosenModels(), signal);
    } catch (error) {
      if (!error.gone) throw error;
      const again = await api.openDrawing(drawing.file); // the server was started anew, or needed the room
      if (again.id !== drawing.id) throw error;
      return pictures(kind, turn, hints, chosenModels(), signal);
    }
  },
  onPicture([picture, other], kind, newest) {
    view.set({ picture, ...(other ? { other } : {}) });
    canvas.dataset.shown = kind;
    canvas.dataset.newest = String(newest);
    canvas.dataset.pictures = String(Number(canvas.dataset.pictures ?? 0) + 1);
    find("problem").hidden = true;
  },
  onState(state, detail) {
    const text = { busy: "Painting…", bad: "Not painted", done: `Painted in ${(detail / 1000).toFixed(1)} s` }[state];
    find("status").textContent = text;
    find("status").dataset.state = state;
    find("problem").hidden = state !== "bad";
    if (state === "bad") find("problem").querySelector("span").textContent = detail.message;
  },
});
find("retry").addEventListener("click", () => { find("problem").hidden = true; live.again(); });

const autosave = createAutosave(() => drawing && { name: drawing.name, file: drawing.file, strokes: strokes.all }, (kept) => { canvas.dataset.kept = String(kept); });

strokes.listen((all, what) => {
  passing = null;
  find("undo").disabled = !strokes.canUndo;
  find("redo").disabled = !strokes.canRedo;
  view.request();
  if (!drawing) return;
  autosave.changed(what === "started");
  live.changed();
  if (what !== "started") announce(`${all.length} ${all.length === 1 ? "hint" : "hints"}, ${what}`);
  if (all.length) closeHint();
});

// --- opening --------------------------------------------------------------------------------------------------------
const opening = createOpening({
  current: () => drawing,
  onStrokes: (all) => strokes.load(all),
  async onDrawing(opened, all) {
    const lines = await createImageBitmap(opened.file);
    live.stop();
    drawing = opened;
    const probe = new OffscreenCanvas(lines.width, lines.height).getContext("2d");
    probe.drawImage(lines, 0, 0);
    const { data } = probe.getImageData(0, 0, lines.width, lines.height);
    const grey = new Uint8Array(lines.width * lines.height);
    for (let at = 0; at < grey.length; at += 1) grey[at] = data[4 * at];
    view.open(opened, lines, grey);
    delete canvas.dataset.shown;
    showOpen();
    setSize(Math.max(4, Math.round(Math.min(opened.width, opened.height) / 28)));
    strokes.start(all);
    firstHint();
    canvas.focus({ preventScroll: true }); // what had the focus may be gone, and what comes next is drawing
  },
});

function showOpen() {
  find("empty").hidden = drawing !== null;
  find("drawing-name").textContent = drawing ? `${drawing.name} · ${drawing.width} × ${drawing.height}` : "";
  canvas.setAttribute("aria-label", drawing ? `The drawing ${drawing.name}, ${drawing.width} by ${drawing.height} pixels` : "No drawing is open");
  document.title = `${drawing ? `${drawing.name} · ` : ""}Paint · lcpipe studio`;
  find("save").disabled = !drawing;
}

function firstHint() {
  if (localStorage.getItem(HINT_KEY) || strokes.all.length) return;
  find("first-hint").querySelector("span").textContent = "This is painted without any hint. Choose a colour and scribble it where you want it.";
  find("first-hint").hidden = false;
}
function closeHint() {
  if (find("first-hint").hidden) return;
  find("first-hint").hidden = true;
  localStorage.setItem(HINT_KEY, "1");
}
find("first-hint").querySelector("button").addEventListener("click", closeHint);

// --- saving ---------------------------------------------------------------------------------------------------------
async function save(what) {
  if (!drawing) return;
  try {
    const file = what === "project" ? await projectFile(drawing.file, drawing.id, strokes.all)
      : await api.exported({ format: what, model: find("model").value, hints: hintsOf(drawing.id, strokes.all) });
    download(file, `${drawing.name}${SUFFIX[what] ?? ".project.json"}`);
    toast(what === "project" ? "Project saved" : "Saved");
  } catch (error) {
    toast(error.message, true);
  }
}
find("save-menu").addEventListener("click", (event) => { const what = event.target.closest("[data-save]")?.dataset.save; if (what) save(what); });

// --- settings and view ----------------------------------------------------------------------------------------------
function setSize(size) {
  settings.size = Math.max(1, Math.min(200, size));
  find("size").value = settings.size;
  find("size-value").textContent = `${settings.size} px`;
  if (view.state.cursor) view.set({ cursor: { ...view.state.cursor, size: settings.size } });
}
find("size").addEventListener("input", (event) => setSize(Number(event.target.value)));
find("pressure").addEventListener("change", (event) => { settings.pressure = event.target.checked; });

function setShare(name, percent) {
  find(`${name}-opacity`).value = percent;
  find(`${name}-opacity-value`).textContent = `${percent} %`;
  view.set({ [`${name}Opacity`]: percent / 100 });
}
for (const name of ["line", "hint"]) find(`${name}-opacity`).addEventListener("input", (event) => setShare(name, Number(event.target.value)));
const toggle = (name, full) => setShare(name, Number(find(`${name}-opacity`).value) > 0 ? 0 : full);

function setMode(mode) {
  if (mode === "compare" && models.length < 2) return;
  const repaint = mode === "compare" || view.state.mode === "compare";
  view.set({ mode });
  localStorage.setItem(VIEW_KEY, mode);
  for (const button of document.querySelectorAll("[data-mode]")) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  find("wipe").hidden = mode !== "wipe" || !drawing;
  const two = mode === "compare";
  find("label-left").hidden = find("label-right").hidden = find("other-row").hidden = !two;
  if (two) for (const [side, id] of [["left", "model"], ["right", "other-model"]]) find(`label-${side}`).textContent = find(id).selectedOptions[0].textContent;
  if (repaint && drawing) live.again();
}
for (const button of document.querySelectorAll("[data-mode]")) button.addEventListener("click", () => setMode(button.dataset.mode));
find("wipe-at").addEventListener("input", (event) => view.set({ wipe: Number(event.target.value) / 1000 }));
for (const [id, act] of [["zoom-in", () => view.zoom(1.25)], ["zoom-out", () => view.zoom(0.8)], ["zoom-fit", view.fit], ["turn-left", () => view.zoom(1, -Math.PI / 12)], ["turn-right", () => view.zoom(1, Math.PI / 12)], ["undo", strokes.undo], ["redo", strokes.redo]]) find(id).addEventListener("click", act);
view.onView(({ scale }) => { find("zoom-fit").textContent = `${Math.round(scale * 100)}%`; });
for (const id of ["model", "other-model"]) find(id).addEventListener("change", () => { setMode(view.state.mode); if (drawing) live.again(); });
for (const id of ["help", "help-below"]) find(id).addEventListener("click", () => find("help-dialog").showModal());
find("ask-cancel").addEventListener("click", () => find("ask-dialog").close(""));
find("panel-toggle").addEventListener("click", (event) => {
  const open = find("panel").classList.toggle("open");
  event.currentTarget.setAttribute("aria-expanded", String(open));
});
canvas.addEventListener("pointerenter", () => view.set({ active: true }));
canvas.addEventListener("pointerleave", () => view.set({ active: false }));

const keys = listenToKeys({
  view, tools, strokes,
  actions: {
    size: (way) => setSize(settings.size + way * Math.max(1, Math.round(settings.size / 6))),
    swap: colors.swap, mode: setMode, toggleHints: () => toggle("hint", 70), toggleLines: () => toggle("line", 60),
    help: () => find("help-dialog").showModal(), save: () => save("project"), open: () => opening.dialog(),
  },
});
listenToPointers(canvas, { view, tools, strokes, space: keys.space, isOpen: () => drawing !== null });

// --- start ----------------------------------------------------------------------------------------------------------
function showModels() {
  const options = () => models.map((model) => make("option", { value: model.digest }, model.name));
  find("model").replaceChildren(...options());
  find("other-model").replaceChildren(...options());
  if (models.length > 1) find("other-model").value = models[1].digest;
  find("model-row").hidden = models.length < 2;
  document.querySelector("[data-mode=compare]").hidden = models.length < 2;
}

async function start() {
  setSize(settings.size);
  setShare("line", 0);
  setShare("hint", 70);
  showOpen();
  try {
    const facts = await api.about();
    models = facts.models;
    showModels();
    opening.start(facts);
    find("to-browse").hidden = !facts.dataset;
  } catch (error) {
    find("empty").hidden = false;
    toast(error.message, true);
  }
  const last = localStorage.getItem(VIEW_KEY), known = document.querySelector(`[data-mode]:not([hidden])[data-mode="${CSS.escape(last ?? "")}"]`);
  setMode(known ? last : innerWidth > 1000 ? "beside" : "over");
  const asked = new URLSearchParams(location.search);
  if (asked.get("row")) {
    history.replaceState(null, "", "/");
    await opening.fromRow(asked.get("row"), asked.get("column") ?? "line_authentic");
  } else {
    const left = await restore();
    if (left) { await opening.picture(left.file, left.name, left.strokes, true); }
  }
  showOpen();
  find("wipe").hidden = view.state.mode !== "wipe" || !drawing;
  document.body.dataset.ready = "true";
}

start();
