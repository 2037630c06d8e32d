// The icons, as paths on a 24 x 24 grid; `data-icon` on an element puts one at its beginning.
const PATHS = {
  brush: "M4 20c3 .6 5.6-.4 6.4-2.8M10 16.8 18.6 5.4a1.7 1.7 0 0 1 2.5 2.3L11.6 18M10.4 17.2c-1.4-2.3-4.6-1.3-4.6 1C5.800 19.300 5 20 4 20",
  point: "M12 21s6.500-6 6.500-11a6.500 6.500 0 0 0-13 0c0 5 6.500 11 6.500 11ZM12 12.400a2.400 2.400 0 1 0 0-4.800 2.400 2.400 0 0 0 0 4.800",
  region: "M5 11.500 12.500 4l7 7-6.300 6.300a2.500 2.500 0 0 1-3.500 0L5 12.600a.8.800 0 0 1 0-1.100ZM9 7.500 6.500 5M20.500 15.500s1.800 2.300 1.800 3.700a1.800 1.800 0 0 1-3.600 0c0-1.400 1.800-3.700 1.800-3.700M5.500 12h13",
  eraser: "m8.500 19.500-4-4a1.800 1.800 0 0 1 0-2.500l8.500-8.500a1.800 1.800 0 0 1 2.500 0l4 4a1.800 1.800 0 0 1 0 2.500l-8.500 8.500M8.500 19.500H20M9 8.500l6.500 6.500",
  picker: "m13 7 4 4M4 20l1-4 9.500-9.500M8 19l9.500-9.500M4 20l4-1M14 5.500l1.800-1.800a2.300 2.300 0 0 1 3.300 0l1.200 1.200a2.300 2.300 0 0 1 0 3.300L18.500 10",
  select: "M5 4l13.500 6-5.700 2-2.100 5.900z",
  hand: "M8 12V6.200a1.400 1.400 0 0 1 2.800 0V11M10.800 10.500V4.900a1.400 1.400 0 0 1 2.800 0V11M13.600 11V6.200a1.400 1.400 0 0 1 2.800 0v6M16.400 9.200a1.400 1.400 0 0 1 2.800 0V15c0 3.300-2.200 5.800-5.600 5.800-2.700 0-4.100-1.200-5.500-3.400l-3-4.800a1.400 1.400 0 0 1 2.400-1.400L8 12.500",
  undo: "M8.500 5 4.500 9l4 4M4.500 9h9a5.500 5.500 0 0 1 0 11H9",
  redo: "m15.500 5 4 4-4 4M19.500 9h-9a5.500 5.500 0 0 0 0 11H15",
  open: "M4 7.500A1.500 1.500 0 0 1 5.500 6H9l2 2h7.500A1.500 1.500 0 0 1 20 9.500v8a1.500 1.500 0 0 1-1.500 1.500h-13A1.500 1.500 0 0 1 4 17.500z",
  save: "M12 4v11M7.500 10.500 12 15l4.500-4.500M4.500 19.500h15",
  moon: "M19.500 14.300A8 8 0 1 1 9.700 4.500a6.500 6.500 0 0 0 9.800 9.800Z",
  sun: "M12 16.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9M12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400",
  help: "M9.300 9a2.800 2.800 0 1 1 4.200 2.500c-1 .6-1.500 1.200-1.500 2.300M12 17.200v.1M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18",
  close: "M6.500 6.500l11 11M17.500 6.500l-11 11", plus: "M12 6v12M6 12h12", minus: "M6 12h12",
  turnleft: "M4.500 5v5h5M5 9.500A8 8 0 1 1 4.200 14", turnright: "M19.500 5v5h-5M19 9.500a8 8 0 1 0 .8 4.500",
  over: "M5 5h14v14H5zM5 15l4-4 4 4 2.500-2.500L19 16", beside: "M4 5.500h16v13H4zM12 5.500v13", wipe: "M4 5.500h16v13H4zM12 3v18M15 12h3M9 12H6",
  compare: "M4 6h7v12H4zM13 6h7v12h-7zM7 10h1M16 10h1", more: "M6 12h.1M12 12h.1M18 12h.1",
  bin: "M5 7h14M10 7V5h4v2M7 7l.8 12h8.400L17 7M10.300 10.500v5.500M13.700 10.500v5.500",
  search: "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13M15.500 15.500 20 20", left: "M14.500 6l-6 6 6 6", right: "M9.500 6l6 6-6 6",
  exclude: "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17M6 6l12 12",
};
const SPACE = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(SPACE, "svg");
  const path = document.createElementNS(SPACE, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const look = { d: PATHS[name], fill: "none", stroke: "currentColor", "stroke-width": name === "more" ? 2.6 : 1.7, "stroke-linecap": "round", "stroke-linejoin": "round" };
  for (const [key, value] of Object.entries(look)) path.setAttribute(key, value);
  svg.append(path);
  return svg;
}

export function setIcon(element, name) {
  element.querySelector("svg")?.remove();
  element.prepend(icon(name));
}

export function placeIcons(root = document) {
  for (const element of root.querySelectorAll("[data-icon]")) setIcon(element, element.dataset.icon);
}
