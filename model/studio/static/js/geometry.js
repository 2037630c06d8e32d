// Where the drawing lies on the screen: place = turn · scale · pixel + shift, in CSS pixels of one pane.
export const MIN_SCALE = 0.05, MAX_SCALE = 32;

export const toScreen = (view, x, y) => {
  const cos = Math.cos(view.angle) * view.scale, sin = Math.sin(view.angle) * view.scale;
  return [cos * x - sin * y + view.x, sin * x + cos * y + view.y];
};

export const toDrawing = (view, px, py) => {
  const cos = Math.cos(view.angle) / view.scale, sin = Math.sin(view.angle) / view.scale;
  const dx = px - view.x, dy = py - view.y;
  return [cos * dx + sin * dy, -sin * dx + cos * dy];
};

// The whole drawing in the middle of a pane, upright; space is left for the bar below.
export function fitted(width, height, paneWidth, paneHeight) {
  const below = paneHeight > 300 ? 64 : 0, around = paneWidth > 500 ? 24 : 8;
  const scale = Math.min((paneWidth - 2 * around) / width, (paneHeight - below - 2 * around) / height);
  const used = Math.max(MIN_SCALE, Math.min(MAX_SCALE, scale));
  return { x: (paneWidth - width * used) / 2, y: (paneHeight - below - height * used) / 2, scale: used, angle: 0 };
}

// Scales and turns around a place of the pane, which keeps its pixel; then shifts.
export function changed(view, px, py, factor, turn = 0, dx = 0, dy = 0) {
  const [x, y] = toDrawing(view, px, py);
  const scale = Math.max(MIN_SCALE, Math.min(MAX_SCALE, view.scale * factor));
  const next = { x: 0, y: 0, scale, angle: view.angle + turn };
  const [sx, sy] = toScreen(next, x, y);
  return { ...next, x: px - sx + dx, y: py - sy + dy };
}
