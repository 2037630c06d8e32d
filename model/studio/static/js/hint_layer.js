// The hints as a picture of the drawing's size, drawn stroke by stroke; only what is new is drawn.
import { closedArea } from "./area.js";
import { toRgb } from "./color.js";

export function createHintLayer() {
  let canvas = new OffscreenCanvas(1, 1), context = canvas.getContext("2d"), drawn = [], grey = null;
  let begun = null, points = 0; // the stroke that is being drawn, and how much of it is on the layer

  function drawStroke(one, from = 0) {
    context.save();
    context.globalCompositeOperation = one.kind === "erase" ? "destination-out" : "source-over";
    context.fillStyle = context.strokeStyle = one.kind === "erase" ? "#000" : one.color;
    context.lineCap = context.lineJoin = "round";
    if (one.kind === "region") region(one);
    else if (one.kind === "point") for (const [x, y, p] of one.points) dot(x, y, one.size * p);
    else sweep(one, from);
    context.restore();
  }

  function dot(x, y, size) {
    context.beginPath();
    context.arc(x, y, Math.max(0.5, size / 2), 0, 2 * Math.PI);
    context.fill();
  }

  function sweep(one, from) {
    one.points.forEach(([x, y, pressure], index) => {
      if (index < from) return;
      dot(x, y, one.size * pressure);
      if (!index) return;
      const [px, py, before] = one.points[index - 1];
      context.lineWidth = Math.max(1, (one.size * (pressure + before)) / 2);
      context.beginPath();
      context.moveTo(px, py);
      context.lineTo(x, y);
      context.stroke();
    });
  }

  function region(one) {
    if (one.points.length > 1) {
      context.beginPath();
      for (const [x, y] of one.points) context.lineTo(x, y);
      context.fill();
      return;
    }
    const area = grey && closedArea(grey, canvas.width, canvas.height, ...one.points[0]);
    if (!area) return;
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
    const [r, g, b] = toRgb(one.color);
    const value = new Uint32Array(pixels.data.buffer), color = ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    for (let at = 0; at < area.length; at += 1) if (area[at]) value[at] = color;
    context.putImageData(pixels, 0, 0);
  }

  return {
    get canvas() { return canvas; },
    start(width, height, lines) {
      canvas = new OffscreenCanvas(width, height);
      context = canvas.getContext("2d", { willReadFrequently: true });
      grey = lines;
      drawn = [];
      begun = null;
    },
    show(strokes, current) {
      const ended = begun && begun !== current;
      const kept = drawn.length <= strokes.length && drawn.every((one, index) => one === strokes[index]) && !ended;
      if (!kept) context.clearRect(0, 0, canvas.width, canvas.height);
      for (const one of strokes.slice(kept ? drawn.length : 0)) drawStroke(one);
      drawn = strokes;
      if (current) drawStroke(current, kept && begun === current ? points : 0);
      begun = current;
      points = current ? current.points.length : 0;
    },
  };
}
