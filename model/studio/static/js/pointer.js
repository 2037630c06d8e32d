// Mouse, pen and fingers: one draws; two fingers move, zoom and turn; a tap of two takes back, of three does it again.
const TAP = 250, STILL = 12;

export function listenToPointers(canvas, { view, tools, strokes, space, isOpen }) {
  const fingers = new Map();
  let panning = null, gesture = null;

  const at = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  const pressure = (event) => (event.pointerType === "pen" ? Math.max(0.05, event.pressure) : 1);

  canvas.addEventListener("pointerdown", (event) => {
    if (!isOpen()) return;
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    const [x, y] = at(event);
    if (event.pointerType === "touch") {
      fingers.set(event.pointerId, { x, y, startX: x, startY: y });
      if (fingers.size > 1) { begun(event); return; }
    }
    if (event.button === 1 || space() || tools.tool.name === "hand") { panning = { x, y }; canvas.classList.add("panning"); return; }
    if (event.button !== 0) return;
    const place = view.place(x, y);
    if (event.altKey) tools.pick(...place);
    else tools.begin(...place, pressure(event));
  });

  // A second finger means that the first was not meant to draw.
  function begun(event) {
    tools.cancel();
    panning = null;
    const taps = gesture ? Math.max(gesture.fingers, fingers.size) : fingers.size;
    gesture = { fingers: taps, since: gesture?.since ?? event.timeStamp, moved: gesture?.moved ?? false };
  }

  canvas.addEventListener("pointermove", (event) => {
    if (!isOpen()) return;
    const [x, y] = at(event);
    if (gesture) { pinch(event.pointerId, x, y); return; }
    if (panning) {
      view.change(...view.local(x, y), 1, 0, x - panning.x, y - panning.y);
      panning = { x, y };
      return;
    }
    for (const one of event.getCoalescedEvents?.() ?? [event]) {
      const [px, py] = at(one);
      tools.move(...view.place(px, py), pressure(one));
    }
    if (event.pointerType !== "touch" && !space()) tools.hover(...view.place(x, y), event.altKey);
  });

  function pinch(id, x, y) {
    const finger = fingers.get(id);
    if (!finger) return;
    const other = [...fingers.entries()].find(([key]) => key !== id)?.[1];
    const before = { ...finger };
    Object.assign(finger, { x, y });
    if (Math.hypot(x - finger.startX, y - finger.startY) > STILL) gesture.moved = true;
    if (!other || !gesture.moved) return;
    const length = Math.hypot(before.x - other.x, before.y - other.y), now = Math.hypot(x - other.x, y - other.y);
    const turn = Math.atan2(y - other.y, x - other.x) - Math.atan2(before.y - other.y, before.x - other.x);
    const steady = Math.abs(turn) > Math.PI ? 0 : turn;
    view.change(...view.local(other.x, other.y), now / Math.max(length, 1), steady);
  }

  function ended(event) {
    const wasGesture = gesture;
    fingers.delete(event.pointerId);
    if (wasGesture) {
      if (fingers.size) return;
      gesture = null;
      if (wasGesture.moved || event.timeStamp - wasGesture.since > TAP) return;
      if (wasGesture.fingers === 2) strokes.undo();
      if (wasGesture.fingers === 3) strokes.redo();
      return;
    }
    panning = null;
    canvas.classList.remove("panning");
    if (event.type === "pointercancel") tools.cancel();
    else tools.end();
  }
  canvas.addEventListener("pointerup", ended);
  canvas.addEventListener("pointercancel", ended);
  canvas.addEventListener("pointerleave", () => { if (!tools.busy && document.activeElement !== canvas) view.set({ cursor: null }); });

  canvas.addEventListener("wheel", (event) => {
    if (!isOpen()) return;
    event.preventDefault();
    const [x, y] = view.local(...at(event));
    const unit = event.deltaMode === 1 ? 30 : 1;
    if (event.shiftKey) view.change(x, y, 1, 0, -(event.deltaX || event.deltaY) * unit, 0);
    else view.change(x, y, Math.exp(-event.deltaY * unit * (event.ctrlKey ? 0.008 : 0.0016)));
  }, { passive: false });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
}
