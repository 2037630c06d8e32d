// Mouse, pen and fingers: one draws; two fingers move, zoom and turn; a tap of two takes back, of three does it again.
// Once a pen has drawn, a finger moves the drawing: the hand that holds the pen lies on the screen, too.
const TAP = 250, STILL = 12, ERASER_END = 5; // ms, px, the button of a pen that is turned round

export function listenToPointers(canvas, { view, tools, strokes, space, isOpen }) {
  const fingers = new Map();
  let panning = null, gesture = null, holder = null, pen = false; // who draws or moves: one pointer at a time

  const at = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  const pressure = (event) => (event.pointerType === "pen" ? Math.max(0.05, event.pressure) : 1);

  canvas.addEventListener("pointerdown", (event) => {
    if (!isOpen()) return;
    const other = holder && holder.id !== event.pointerId;
    if (other && (event.pointerType === "touch" ? holder.type !== "touch" : event.pointerType !== "pen")) return;
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    const [x, y] = at(event);
    if (event.pointerType === "pen") penDown();
    if (event.pointerType === "touch") {
      fingers.set(event.pointerId, { x, y, startX: x, startY: y });
      if (fingers.size > 1) { begun(event); return; }
    }
    holder = { id: event.pointerId, type: event.pointerType };
    if (event.button === 1 || space() || tools.tool.name === "hand" || (pen && event.pointerType === "touch")) { panning = { x, y }; canvas.classList.add("panning"); return; }
    if (event.button !== 0 && event.button !== ERASER_END) return;
    const place = view.place(x, y);
    if (event.altKey) tools.pick(...place);
    else tools.begin(...place, pressure(event), event.button === ERASER_END);
  });

  // What a hand did that came down before its pen was not meant.
  function penDown() {
    pen = true;
    if (fingers.size) tools.cancel();
    fingers.clear();
    panning = gesture = null;
    canvas.classList.remove("panning");
  }

  // A second finger means that the first was not meant to draw.
  function begun(event) {
    tools.cancel();
    panning = null;
    canvas.classList.remove("panning");
    const taps = gesture ? Math.max(gesture.fingers, fingers.size) : fingers.size;
    gesture = { fingers: taps, since: gesture?.since ?? event.timeStamp, moved: gesture?.moved ?? false };
  }

  canvas.addEventListener("pointermove", (event) => {
    if (!isOpen()) return;
    const [x, y] = at(event);
    if (gesture) { pinch(event.pointerId, x, y); return; }
    if (holder && holder.id !== event.pointerId) return;
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
      gesture = holder = null;
      if (wasGesture.moved || event.timeStamp - wasGesture.since > TAP) return;
      if (wasGesture.fingers === 2) strokes.undo();
      if (wasGesture.fingers === 3) strokes.redo();
      return;
    }
    if (holder?.id !== event.pointerId) return;
    panning = holder = null;
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
