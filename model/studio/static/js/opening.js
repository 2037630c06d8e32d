// Every way to open a drawing or a project: file, drop, paste, sample, sketch of the dataset, what was left open.
import * as api from "./api.js";
import { find, make, toast } from "./dom.js";
import { parseProject, parseStrokes } from "./project.js";

export function createOpening({ onDrawing, onStrokes, current }) {
  let about = { samples: [], methods: {}, dataset: null };

  async function busy(work) {
    find("loading").hidden = false;
    try {
      return await work();
    } catch (error) {
      toast(error.message, true);
      return null;
    } finally {
      find("loading").hidden = true;
    }
  }

  // Sends a picture and shows it; asks first when it is no line drawing.
  async function picture(blob, name, strokes = null, asIs = false) {
    const kept = await busy(() => api.openDrawing(blob));
    if (!kept) return;
    if (kept.drawn || asIs || strokes) await show(kept, name, strokes);
    else await askMethod(blob, name, kept);
  }

  async function show(kept, name, strokes = null) {
    await busy(async () => onDrawing({ ...kept, name, file: await api.drawing(kept.id) }, strokes ?? []));
  }

  async function askMethod(blob, name, kept) {
    const dialog = find("method-dialog");
    find("method").replaceChildren(...Object.entries(about.methods).map(([method, says]) => make("option", { value: method }, `${method}: ${says.split(/[,;.(]/)[0]}`)));
    dialog.returnValue = "";
    find("method-draw").onclick = () => dialog.close("draw");
    find("method-asis").onclick = () => dialog.close("asis");
    dialog.showModal();
    const choice = await new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
    if (choice === "asis") await show(kept, name);
    if (choice === "draw") {
      const drawn = await busy(() => api.openDrawing(blob, find("method").value));
      if (drawn) await show(drawn, name);
    }
  }

  // A hint layer of the open drawing, saved here or drawn elsewhere; true when nothing is left to be done with it.
  async function layer(blob) {
    const open = current();
    if (!open || blob.type !== "image/png") return false;
    const asked = await busy(async () => ({ hints: await layerOf(blob, open) }));
    if (!asked) return true; // why not has been said
    const what = asked.hints?.carried ? "hints" : asked.hints ? await askLayer() : "drawing";
    if (what === "hints") onStrokes(parseStrokes(asked.hints.strokes));
    return what !== "drawing";
  }

  async function layerOf(blob, open) {
    try {
      return await api.openHints(blob, open.id);
    } catch (error) {
      if (!error.gone) throw error;
      await api.openDrawing(open.file); // the server was started anew, or needed the room
      return api.openHints(blob, open.id);
    }
  }

  // "hints", "drawing", or "" when the dialog is given up.
  function askLayer() {
    const dialog = find("layer-dialog");
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
  }

  async function file(one) {
    const name = one.name?.replace(/(\.project)?\.\w+$/, "") || "pasted";
    if (!/json$/.test(one.type) && !/\.json$/i.test(one.name ?? "")) {
      if (!await layer(one)) await picture(one, name);
      return;
    }
    try {
      const project = await parseProject(await one.text());
      if (project.drawing) await picture(project.drawing, name, project.strokes, true);
      else if (current()) onStrokes(project.strokes);
      else toast("Open the drawing of these strokes first", true);
    } catch (error) {
      toast(error.message, true);
    }
  }

  function sample(path) {
    const name = path.replace(/^.*\d-|\.png$/g, "");
    const open = async () => { find("open-dialog").close(); const data = await busy(() => api.file(`/static/${path}`)); if (data) await picture(data, name, null, true); };
    return make("button", { type: "button", ariaLabel: `Sample drawing: ${name}`, onclick: open }, make("img", { src: `/static/${path}`, alt: "", loading: "lazy" }));
  }

  function sketch(row) {
    const open = async () => { find("open-dialog").close(); await fromRow(row.id, "line_authentic"); };
    return make("button", { type: "button", ariaLabel: `Sketch ${row.id.slice(0, 8)}`, onclick: open }, make("img", { src: api.pictureUrl(row.id, "line_authentic", 160), alt: "", loading: "lazy" }));
  }

  async function fromRow(id, column) {
    const kept = await busy(() => api.openRow(id, column));
    if (kept) await show(kept, id.slice(0, 12));
  }

  async function dialog() {
    find("open-dialog").showModal();
    if (!about.dataset) return;
    find("sketches-part").hidden = false;
    const found = await api.list("rows", { method: "authentic", count: 24, sort: "pair_score" }).catch(() => ({ rows: [] }));
    find("no-sketches").hidden = found.rows.length > 0;
    find("sketches").replaceChildren(...found.rows.map(sketch));
  }

  function start(facts) {
    about = facts;
    for (const id of ["samples", "dialog-samples"]) find(id).replaceChildren(...facts.samples.map(sample));
  }

  const input = find("file");
  const choose = () => input.click();
  input.addEventListener("change", () => {
    const [one] = input.files;
    input.value = ""; // the same file may be chosen again
    find("open-dialog").close();
    if (one) file(one);
  });
  for (const id of ["empty-open", "choose-file"]) find(id).addEventListener("click", choose);
  find("open").addEventListener("click", dialog);

  let depth = 0;
  const dragged = (shown) => { find("drop").hidden = !shown; };
  addEventListener("dragenter", (event) => { event.preventDefault(); depth += 1; dragged(true); });
  addEventListener("dragleave", () => { depth -= 1; if (depth <= 0) dragged(false); });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => { event.preventDefault(); depth = 0; dragged(false); if (event.dataTransfer.files[0]) file(event.dataTransfer.files[0]); });
  addEventListener("paste", (event) => { const one = [...(event.clipboardData?.files ?? [])][0]; if (one) { event.preventDefault(); file(one); } });

  return { start, dialog, picture, fromRow };
}
