// Shortcuts anywhere on the page, and drawing with the keyboard alone while the drawing has the focus.
import { announce, find, make } from "./dom.js";
import { TOOLS } from "./tools.js";

const STEP = 16, SMALL = 2, PAN = 48; // px of the drawing, px of the drawing, px of the screen
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// A letter as Shift alone makes it: a locked Caps key changes no shortcut.
const cased = ({ key, shiftKey }) => (key.length > 1 ? key : shiftKey ? key.toUpperCase() : key.toLowerCase());

export function listenToKeys({ view, tools, strokes, actions }) {
  let space = false, place = null, drawing = false;
  const canvas = find("canvas");
  const typing = (target) => target.closest("input:not([type=range]):not([type=checkbox]), select, textarea, dialog[open]");

  const plain = {
    "[": () => actions.size(-1), "]": () => actions.size(1), x: actions.swap, r: () => view.zoom(1, Math.PI / 12),
    R: () => view.zoom(1, -Math.PI / 12), "+": () => view.zoom(1.25), "=": () => view.zoom(1.25), "-": () => view.zoom(0.8), 0: view.fit,
    1: () => actions.mode("over"), 2: () => actions.mode("beside"), 3: () => actions.mode("wipe"), 4: () => actions.mode("compare"),
    o: actions.toggleHints, l: actions.toggleLines, "?": actions.help,
    ...Object.fromEntries(TOOLS.filter(Boolean).map((tool) => [tool.key, () => tools.choose(tool.name)])),
  };
  const control = { z: strokes.undo, Z: strokes.redo, y: strokes.redo, s: actions.save, o: actions.open };

  document.addEventListener("keydown", (event) => {
    if (typing(event.target)) return;
    const key = cased(event);
    const action = event.ctrlKey || event.metaKey ? control[key] : event.altKey ? null : plain[key];
    if (action) { action(); event.preventDefault(); return; }
    if (event.key === " " && (event.target === canvas || event.target === document.body)) { space = true; canvas.classList.add("pan"); event.preventDefault(); }
    if ((event.key === "Delete" || event.key === "Backspace") && tools.removeChosen()) event.preventDefault();
    if (event.target === canvas) onCanvas(event);
  });
  document.addEventListener("keyup", (event) => { if (event.key === " ") { space = false; canvas.classList.remove("pan"); } });
  canvas.addEventListener("blur", () => { space = false; if (drawing) { drawing = false; tools.cancel(); } view.set({ cursor: null }); });

  function onCanvas(event) {
    const drawn = view.state.drawing;
    if (!drawn) return;
    if (ARROWS[event.key]) {
      const [dx, dy] = ARROWS[event.key], step = event.shiftKey ? SMALL : STEP;
      event.preventDefault();
      if (tools.tool.name === "hand") { view.change(0, 0, 1, 0, dx * PAN, dy * PAN); return; }
      place ??= [drawn.width / 2, drawn.height / 2];
      place = [Math.max(0, Math.min(drawn.width - 1, place[0] + dx * step)), Math.max(0, Math.min(drawn.height - 1, place[1] + dy * step))];
      if (drawing) tools.move(...place, 1);
      tools.hover(...place, false);
      announce(`${Math.round((place[0] / drawn.width) * 100)} percent across, ${Math.round((place[1] / drawn.height) * 100)} down`);
    } else if (event.key === "Enter") {
      place ??= [drawn.width / 2, drawn.height / 2];
      use();
      event.preventDefault();
    } else if (event.key === "Escape" && (drawing || tools.busy)) {
      drawing = false;
      tools.cancel();
      announce("Stroke given up");
    }
  }

  function use() {
    const held = ["brush", "eraser", "select"].includes(tools.tool.name);
    if (drawing) { drawing = false; tools.end(); announce("Stroke ended"); return; }
    tools.begin(...place, 1);
    if (held) { drawing = true; announce("Stroke begun, move with the arrow keys, Enter ends it"); } else tools.end();
    tools.hover(...place, false);
  }

  return { space: () => space };
}

export const KEYS = [
  ...TOOLS.filter(Boolean).map((tool) => [[tool.key.toUpperCase()], tool.label]),
  [["Alt"], "held: pick a colour from the picture; the main colour stays"], [["X"], "swap main and picked colour"], [["[", "]"], "smaller, larger brush"],
  [["Ctrl", "Z"], "take back; with Shift: do again"], [["Del"], "remove the chosen hint"], [["Space"], "held: move the drawing"],
  [["+", "−", "0"], "zoom in, out, fit"], [["R"], "turn; with Shift: back"], [["1", "2", "3", "4"], "over, beside, before and after, two models"],
  [["O"], "show or hide hints"], [["L"], "show or hide lines over the picture"], [["Ctrl", "S"], "save the project"], [["Ctrl", "O"], "open"],
  [["⇦⇧⇨⇩", "Enter"], "draw with the keyboard, when the drawing has the focus; arrows move it while the hand is chosen"], [["2 fingers"], "move, zoom and turn; a tap takes back, of 3 fingers does again"],
];

export function showKeys() {
  find("keys").replaceChildren(...KEYS.flatMap(([keys, meaning]) => [
    make("dt", {}, ...keys.map((key) => make("kbd", {}, key))), make("dd", {}, meaning),
  ]));
}
