// The three lists of a dataset as elements: tiles of rows, the table of drops, the clusters of near-duplicates.
import * as api from "./api.js";
import { make } from "./dom.js";
import { icon } from "./icons.js";

const lazy = { loading: "lazy", decoding: "async" };
const short = (id) => id.slice(0, 8);

export function tile(row, { marks, open }) {
  const [main, ...lines] = row.pictures;
  const second = lines.includes("line_authentic") ? "line_authentic" : lines[0];
  const mark = make("button", { type: "button", className: "icon small mark", title: "Mark to exclude", ariaLabel: `Mark ${short(row.id)} to exclude`, onclick: () => marks.toggle(row.id) }, icon("exclude"));
  const pictures = [make("img", { src: api.pictureUrl(row.id, main, 320), alt: "", ...lazy })];
  if (second) pictures.push(make("img", { className: "lines", src: api.pictureUrl(row.id, second, 320), alt: "", ...lazy }));
  const about = row.tags.slice(0, 5).join(", ") || row.artist || short(row.id);
  const score = row.pair_score === null || row.pair_score === undefined ? "" : `${row.pair_score.toFixed(2)} · `;
  const element = make("div", { className: "tile", data: { id: row.id } },
    make("button", { type: "button", ariaLabel: `Open ${short(row.id)}: ${about}`, onclick: () => open(row.id) }, ...pictures, make("p", {}, `${score}${about}`)), mark);
  const show = () => { element.classList.toggle("marked", marks.has(row.id)); mark.setAttribute("aria-pressed", String(marks.has(row.id))); };
  show();
  return { element, show };
}

export function dropTable(rows) {
  const body = make("tbody", {}, ...rows.map((drop) => make("tr", {},
    make("td", {}, make("code", { title: drop.id }, drop.id.slice(0, 12))),
    make("td", {}, ...drop.reasons.map((reason) => make("span", { className: "tag" }, reason))),
    make("td", {}, drop.stage), make("td", {}, drop.width ? `${drop.width} × ${drop.height}` : "–"),
    make("td", {}, [drop.detail, drop.kept_id ? `kept: ${drop.kept_id.slice(0, 12)}` : null].filter(Boolean).join(" · ")),
    make("td", {}, drop.refs.map((ref) => `${ref.source}:${ref.native_id}`).join(", ")))));
  const head = make("thead", {}, make("tr", {}, ...["Id", "Reasons", "Stage", "Size", "Detail", "Found"].map((name) => make("th", { scope: "col" }, name))));
  return { element: make("div", { className: "wide", tabIndex: 0, role: "region", ariaLabel: "Dropped pictures" }, make("table", {}, head, body)), body };
}

export function cluster(one, { open }) {
  return make("div", { className: "cluster" },
    make("div", { className: "kept" }, ...one.kept.map((id) => make("button", { type: "button", ariaLabel: `Open ${short(id)}`, onclick: () => open(id) }, make("img", { src: api.pictureUrl(id, "color", 160), alt: "", ...lazy })))),
    make("div", {}, make("h2", {}, `${one.kept.length} kept, ${one.dropped.length} dropped`),
      make("ul", {}, ...one.dropped.map((drop) => make("li", {}, make("code", {}, drop.id.slice(0, 12)), ` ${drop.refs.join(", ")}`)))));
}
