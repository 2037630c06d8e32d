// The tools: what each is called, its key, and what pointer and keyboard do with it.
import { announce, find, make } from "./dom.js";
import { icon } from "./icons.js";
import { spoken, toHex } from "./color.js";
import { distance, moved, stroke } from "./strokes.js";

export const TOOLS = [
  { name: "brush", label: "Brush", key: "b", cursor: "size", kind: "stroke" },
  { name: "point", label: "Point", key: "p", cursor: "size", kind: "point" },
  { name: "region", label: "Fill an area", key: "f", cursor: "cross", kind: "region" },
  { name: "eraser", label: "Eraser", key: "e", cursor: "size", kind: "erase" },
  null,
  { name: "picker", label: "Pick a colour", key: "i", cursor: "cross", style: "pick" },
  { name: "select", label: "Move hints", key: "v", style: "select" },
  { name: "hand", label: "Move the drawing", key: "h", style: "pan" },
];
const NEAREST = 2; // a stroke gets a new point when the pointer has moved this many pixels of the screen

export function createTools({ view, strokes, colors, settings, onDrawing }) {
  let tool = TOOLS[0], current = null, drag = null;

  const here = (x, y, pressure = 1) => [x, y, settings.pressure ? pressure : 1];
  const inside = ([x, y]) => { const d = view.state.drawing; return d && x >= 0 && y >= 0 && x < d.width && y < d.height; };

  function choose(name) {
    cancel();
    tool = TOOLS.find((one) => one?.name === name);
    for (const button of find("tools").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === name));
      button.tabIndex = button.dataset.tool === name ? 0 : -1;
    }
    find("canvas").className = tool.style ?? "";
    view.set({ cursor: null, chosen: name === "select" ? view.state.chosen : -1 });
  }

  function pick(x, y) {
    if (!inside([x, y])) return;
    const color = toHex(...view.colorAt(x, y));
    colors.pick(color);
    announce(`Picked ${spoken(color)}`);
  }

  function begin(x, y, pressure, erasing = false) {
    const kind = erasing ? "erase" : tool.kind;
    if (!erasing && tool.name === "picker") return pick(x, y);
    if (!erasing && tool.name === "select") return grab(x, y);
    if (!kind) return undefined;
    current = { kind, color: colors.color, size: settings.size, points: [here(x, y, pressure)] };
    if (kind !== "point") { view.set({ current }); if (kind !== "region") onDrawing(current); }
    return undefined;
  }

  function move(x, y, pressure) {
    if (drag) return shift(x, y);
    if (tool.name === "picker" && drag === null) return undefined;
    if (!current) return undefined;
    const [px, py] = current.points.at(-1);
    if (Math.hypot(x - px, y - py) * view.view.scale < NEAREST) return undefined;
    if (current.kind === "point") { current.points = [here(x, y, pressure)]; view.request(); return undefined; }
    current.points.push(here(x, y, pressure));
    view.request();
    if (current.kind !== "region") onDrawing(current);
    return undefined;
  }

  function end() {
    if (drag) return drop();
    if (!current) return undefined;
    const done = current;
    current = null;
    view.set({ current: null });
    const points = done.kind === "region" ? polygon(done.points) : done.points;
    if (done.kind === "region" && points.length === 1 && !inside(points[0])) return undefined;
    strokes.add(stroke(done.kind, done.color, done.size, points));
    if (done.kind !== "erase") colors.used(done.color);
    return undefined;
  }

  // A click fills the area below it; a loop drawn by hand fills itself.
  function polygon(points) {
    const xs = points.map(([x]) => x), ys = points.map(([, y]) => y);
    const extent = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)) * view.view.scale;
    return points.length < 3 || extent < 12 ? [points[0]] : points;
  }

  function grab(x, y) {
    const reach = 10 / view.view.scale;
    const far = strokes.all.map((one) => distance(one, x, y));
    const best = far.reduce((found, value, index) => (value <= reach && (found < 0 || value <= far[found]) ? index : found), -1);
    view.set({ chosen: best });
    drag = best < 0 ? null : { index: best, one: strokes.all[best], x, y, dx: 0, dy: 0 };
  }

  function shift(x, y) {
    drag.dx = x - drag.x;
    drag.dy = y - drag.y;
    view.set({ cursor: null, ghost: moved(drag.one, drag.dx, drag.dy) });
  }

  function drop() {
    const { index, one, dx, dy } = drag;
    drag = null;
    view.set({ cursor: null, ghost: null });
    if (Math.hypot(dx, dy) * view.view.scale > 2) strokes.replace(index, moved(one, dx, dy));
  }

  function cancel() {
    drag = null;
    view.set({ ghost: null });
    if (!current) return false;
    current = null;
    view.set({ current: null });
    onDrawing(null);
    return true;
  }

  function hover(x, y, alt) {
    const style = alt ? "pick" : tool.style ?? "";
    if (find("canvas").className !== style) find("canvas").className = style;
    if (alt || !tool.cursor) return view.state.cursor && view.set({ cursor: null });
    const size = tool.cursor === "size" ? settings.size : 6 / view.view.scale;
    return view.set({ cursor: { x, y, size, cross: tool.cursor === "cross", color: tool.name === "eraser" ? null : colors.color } });
  }

  function removeChosen() {
    if (view.state.chosen < 0 || view.state.chosen >= strokes.all.length) return false;
    const index = view.state.chosen;
    view.set({ chosen: -1 });
    strokes.remove(index);
    announce("Hint removed");
    return true;
  }

  for (const one of TOOLS) {
    find("tools").append(one === null ? make("hr") : make("button", {
      type: "button", title: `${one.label} (${one.key.toUpperCase()})`, ariaLabel: one.label, ariaPressed: "false", data: { tool: one.name },
      onclick: () => choose(one.name),
    }, icon(one.name)));
  }
  find("tools").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const buttons = [...find("tools").querySelectorAll("button")];
    const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
    next.focus();
    choose(next.dataset.tool);
    event.preventDefault();
  });
  choose("brush");
  return { choose, pick, begin, move, end, cancel, hover, removeChosen, get tool() { return tool; }, get busy() { return Boolean(current || drag); } };
}
