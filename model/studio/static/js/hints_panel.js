// The list of hints: what a person who cannot see the drawing has of it, and the way to remove or recolour one.
import { find, make } from "./dom.js";
import { icon } from "./icons.js";
import { spoken } from "./color.js";

const NAMES = { stroke: "Brush stroke", point: "Point", region: "Filled area", erase: "Erased" };
const MOST = 100;

export function createHintsPanel({ strokes, view, colors }) {
  const count = find("hint-count");

  function show(all) {
    find("no-hints").hidden = all.length > 0;
    find("clear").disabled = all.length === 0;
    count.textContent = all.length ? `· ${all.length}` : "";
    const first = Math.max(0, all.length - MOST);
    find("hint-list").replaceChildren(...all.slice(first).map((one, index) => entry(one, first + index)).reverse());
  }

  function entry(one, index) {
    const patch = make("span", { className: "swatch" });
    patch.style.background = one.kind === "erase" ? "transparent" : one.color;
    const color = one.kind === "erase" ? "" : `, ${spoken(one.color)}`;
    return make("li", { className: view.state.chosen === index ? "chosen" : "" },
      make("button", { type: "button", ariaLabel: `${NAMES[one.kind]}${color}: show it`, onclick: () => choose(index) }, patch, `${NAMES[one.kind]}`),
      make("span", {},
        ...(one.kind === "erase" ? [] : [make("button", { type: "button", className: "icon small", title: "Give it the colour at hand", ariaLabel: `Give ${NAMES[one.kind].toLowerCase()}${color} the colour at hand`, onclick: () => strokes.replace(index, { ...one, color: colors.color }) }, icon("brush"))]),
        make("button", { type: "button", className: "icon small", title: "Remove", ariaLabel: `Remove ${NAMES[one.kind].toLowerCase()}${color}`, onclick: () => strokes.remove(index) }, icon("close"))));
  }

  function choose(index) {
    view.set({ chosen: view.state.chosen === index ? -1 : index });
    show(strokes.all);
  }

  strokes.listen((all) => { if (view.state.chosen >= all.length) view.set({ chosen: -1 }); show(all); });
  find("clear").addEventListener("click", strokes.clear);
  show(strokes.all);
}
