// Shows the drawing: which panes there are, what each of them holds, and the cursor. Draws once a frame at most.
import { changed, fitted, toDrawing, toScreen } from "./geometry.js";
import { createHintLayer } from "./hint_layer.js";

export function createView(canvas, strokes) {
  const context = canvas.getContext("2d");
  const layer = createHintLayer();
  const state = {
    mode: "over", lineOpacity: 0, hintOpacity: 0.7, wipe: 0.5, chosen: -1, cursor: null, current: null, ghost: null, active: false,
    drawing: null, lines: null, picture: null, other: null,
  };
  let view = { x: 0, y: 0, scale: 1, angle: 0 }, waiting = false, free = false;
  const listeners = new Set();

  const paneCount = () => (state.mode === "beside" || state.mode === "compare" ? 2 : 1);
  const tall = () => canvas.clientHeight > canvas.clientWidth * 1.15;
  function panes() {
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (paneCount() === 1) return [{ x: 0, y: 0, width, height, holds: "over" }];
    const second = state.mode === "beside" ? "picture" : "other", first = state.mode === "beside" ? "lines" : "picture";
    if (tall()) return [{ x: 0, y: 0, width, height: height / 2, holds: first }, { x: 0, y: height / 2, width, height: height / 2, holds: second }];
    return [{ x: 0, y: 0, width: width / 2, height, holds: first }, { x: width / 2, y: 0, width: width / 2, height, holds: second }];
  }
  const paneAt = (x, y) => panes().find((pane) => x >= pane.x && x < pane.x + pane.width && y >= pane.y && y < pane.y + pane.height) ?? panes()[0];

  function request() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  }

  function draw() {
    const ratio = devicePixelRatio || 1, width = Math.round(canvas.clientWidth * ratio), height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    if (!state.drawing) return;
    layer.show(strokes.all, state.current?.kind === "region" ? null : state.current);
    for (const pane of panes()) {
      context.save();
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.beginPath();
      context.rect(pane.x, pane.y, pane.width, pane.height);
      context.clip();
      drawPane(pane);
      context.restore();
    }
  }

  function place(pane) {
    context.translate(pane.x + view.x, pane.y + view.y);
    context.rotate(view.angle);
    context.scale(view.scale, view.scale);
    context.imageSmoothingEnabled = view.scale < 4;
    context.imageSmoothingQuality = "high";
  }

  function drawPane(pane) {
    const { width, height } = state.drawing;
    context.save();
    place(pane);
    context.shadowColor = "rgb(30 20 0 / 25%)";
    context.shadowBlur = 24;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height);
    context.shadowColor = "transparent";
    const picture = pane.holds === "lines" ? null : pane.holds === "other" ? state.other : state.picture;
    context.drawImage(picture ?? state.lines, 0, 0, width, height);
    if (picture && state.lineOpacity) {
      context.globalAlpha = state.lineOpacity;
      context.globalCompositeOperation = "multiply";
      context.drawImage(state.lines, 0, 0, width, height);
    }
    context.restore();
    if (state.mode === "wipe" && picture) drawWipe(pane);
    if (pane.holds === "lines" || pane.holds === "over") drawHints(pane);
    if (pane !== panes().at(0)) line(pane);
    if (state.ghost) drawGhost(pane, state.ghost);
    drawChosen(pane);
    drawCursor(pane);
  }

  function drawWipe(pane) {
    const at = pane.x + pane.width * state.wipe;
    context.save();
    context.beginPath();
    context.rect(pane.x, pane.y, pane.width * state.wipe, pane.height);
    context.clip();
    place(pane);
    context.drawImage(state.lines, 0, 0, state.drawing.width, state.drawing.height);
    context.restore();
    context.fillStyle = "rgb(91 83 198 / 90%)";
    context.fillRect(at - 1, pane.y, 2, pane.height);
  }

  function drawHints(pane) {
    context.save();
    place(pane);
    // Over the picture the hints step back while nobody draws, so that the colours can be seen.
    const share = pane.holds === "lines" || !state.picture || state.active ? 1 : 0.45;
    context.globalAlpha = state.current ? Math.max(state.hintOpacity, 0.7) : state.hintOpacity * share;
    if (pane.holds === "lines") context.globalCompositeOperation = "multiply";
    context.drawImage(layer.canvas, 0, 0);
    context.restore();
    if (state.current?.kind === "region") outline(pane, state.current);
    if (state.hintOpacity > 0) for (const one of strokes.all) if (one.kind === "point" || (one.kind === "region" && one.points.length === 1)) marker(pane, one);
  }

  function outline(pane, one) {
    context.save();
    place(pane);
    context.beginPath();
    for (const [x, y] of one.points) context.lineTo(x, y);
    context.globalAlpha = 0.4;
    context.fillStyle = one.color;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 2 / view.scale;
    context.strokeStyle = one.color;
    context.stroke();
    context.restore();
  }

  function marker(pane, one) {
    for (const [x, y] of one.points) {
      const [px, py] = toScreen(view, x, y);
      context.beginPath();
      if (one.kind === "point") context.arc(pane.x + px, pane.y + py, 4.5, 0, 2 * Math.PI);
      else context.roundRect(pane.x + px - 5, pane.y + py - 5, 10, 10, 2.5);
      context.fillStyle = one.color;
      context.fill();
      context.lineWidth = 2;
      context.strokeStyle = "#fff";
      context.stroke();
      context.lineWidth = 1;
      context.strokeStyle = "rgb(0 0 0 / 50%)";
      context.stroke();
    }
  }

  // A hint that is being moved, where it would be: the layer itself is drawn anew only when it is let go.
  function drawGhost(pane, one) {
    if (one.points.length === 1) { marker(pane, one); return; }
    if (one.kind === "region") { outline(pane, one); return; }
    context.save();
    place(pane);
    context.beginPath();
    for (const [x, y] of one.points) context.lineTo(x, y);
    context.globalAlpha = 0.7;
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = one.size;
    context.strokeStyle = one.kind === "erase" ? "#fff" : one.color;
    context.stroke();
    context.restore();
  }

  function drawChosen(pane) {
    const one = state.ghost ?? strokes.all[state.chosen];
    if (!one) return;
    context.save();
    context.setLineDash([5, 4]);
    context.lineWidth = 1.6;
    const xs = one.points.map(([x]) => x), ys = one.points.map(([, y]) => y), around = one.kind === "region" ? 6 : one.size / 2 + 3;
    const corners = [[Math.min(...xs) - around, Math.min(...ys) - around], [Math.max(...xs) + around, Math.min(...ys) - around], [Math.max(...xs) + around, Math.max(...ys) + around], [Math.min(...xs) - around, Math.max(...ys) + around]];
    context.beginPath();
    for (const [x, y] of corners) { const [px, py] = toScreen(view, x, y); context.lineTo(pane.x + px, pane.y + py); }
    context.closePath();
    context.strokeStyle = "#5b53c6";
    context.stroke();
    context.restore();
  }

  function drawCursor(pane) {
    const cursor = state.cursor;
    if (!cursor) return;
    const [x, y] = toScreen(view, cursor.x, cursor.y);
    const size = Math.max(4, cursor.size * view.scale);
    const px = pane.x + x, py = pane.y + y;
    for (const [color, width] of [["rgb(255 255 255 / 85%)", 3], ["rgb(20 15 5 / 80%)", 1.2]]) {
      context.lineWidth = width;
      context.strokeStyle = color;
      context.beginPath();
      context.arc(px, py, size / 2, 0, 2 * Math.PI);
      if (cursor.cross) for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) { context.moveTo(px + dx * (size / 2 + 3), py + dy * (size / 2 + 3)); context.lineTo(px + dx * (size / 2 + 11), py + dy * (size / 2 + 11)); }
      context.stroke();
    }
    if (cursor.color) {
      context.beginPath();
      context.arc(px, py, Math.min(size / 2, 4), 0, 2 * Math.PI);
      context.fillStyle = cursor.color;
      context.fill();
    }
  }

  function line(pane) {
    context.fillStyle = "rgb(128 120 110 / 40%)";
    if (pane.y) context.fillRect(pane.x, pane.y, pane.width, 1);
    else context.fillRect(pane.x, pane.y, 1, pane.height);
  }

  function setView(next, byHand = true) {
    view = next;
    free = byHand;
    for (const listener of listeners) listener(view);
    request();
  }

  function fit() {
    if (!state.drawing) return;
    const [pane] = panes();
    setView(fitted(state.drawing.width, state.drawing.height, pane.width, pane.height), false);
  }

  new ResizeObserver(() => { if (!free) fit(); request(); }).observe(canvas);
  return {
    state, request, fit,
    get view() { return view; },
    set(values) {
      const before = paneCount();
      Object.assign(state, values);
      if (paneCount() !== before || (values.mode && !free)) fit();
      request();
    },
    open(drawing, lines, grey) {
      layer.start(drawing.width, drawing.height, grey);
      Object.assign(state, { drawing, lines, picture: null, other: null, chosen: -1, current: null, ghost: null });
      fit();
    },
    onView: (listener) => listeners.add(listener),
    place: (x, y) => { const pane = paneAt(x, y); return toDrawing(view, x - pane.x, y - pane.y); },
    local: (x, y) => { const pane = paneAt(x, y); return [x - pane.x, y - pane.y]; },
    change: (px, py, factor, turn, dx, dy) => setView(changed(view, px, py, factor, turn, dx, dy)),
    zoom(factor, turn = 0) { const [pane] = panes(); setView(changed(view, pane.width / 2, pane.height / 2, factor, turn)); },
    // The colour of the picture, else of the hints, else of the drawing at a place.
    colorAt(x, y) {
      const probe = new OffscreenCanvas(1, 1).getContext("2d");
      const source = state.picture ?? state.lines;
      const scale = source.width / state.drawing.width;
      probe.drawImage(source, Math.floor(x * scale), Math.floor(y * scale), 1, 1, 0, 0, 1, 1);
      return [...probe.getImageData(0, 0, 1, 1).data].slice(0, 3);
    },
  };
}
