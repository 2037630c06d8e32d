// The wheel: hue on the ring, saturation to the right and brightness upwards in the square.
import { fromHsv } from "./color.js";

const RING = 0.17, SQUARE = 0.56; // of the radius: width of the ring, half side of the square

export function createWheel(canvas, onPick) {
  const context = canvas.getContext("2d");
  let hsv = { h: 0, s: 0, v: 0 }, grip = null;
  const radius = canvas.width / 2;

  function draw() {
    context.clearRect(0, 0, canvas.width, canvas.height);
    const ring = context.createConicGradient(0, radius, radius);
    for (let step = 0; step <= 12; step += 1) ring.addColorStop(step / 12, fromHsv({ h: step * 30, s: 0.85, v: 0.97 }));
    context.lineWidth = RING * radius;
    context.strokeStyle = ring;
    context.beginPath();
    context.arc(radius, radius, radius * (1 - RING / 2) - 3, 0, 2 * Math.PI);
    context.stroke();
    const half = SQUARE * radius, left = radius - half;
    context.save();
    context.beginPath();
    context.roundRect(left, left, 2 * half, 2 * half, 14);
    context.clip();
    context.fillStyle = fromHsv({ h: hsv.h, s: 1, v: 1 });
    context.fillRect(left, left, 2 * half, 2 * half);
    for (const [color, x, y] of [["#fff", 1, 0], ["#000", 0, -1]]) {
      const fade = context.createLinearGradient(left, left + (y ? 2 * half : 0), left + x * 2 * half, left);
      fade.addColorStop(0, color);
      fade.addColorStop(1, color === "#fff" ? "rgb(255 255 255 / 0%)" : "rgb(0 0 0 / 0%)");
      context.fillStyle = fade;
      context.fillRect(left, left, 2 * half, 2 * half);
    }
    context.restore();
    const turn = (hsv.h * Math.PI) / 180, reach = radius * (1 - RING / 2) - 3;
    knob(radius + Math.cos(turn) * reach, radius + Math.sin(turn) * reach, fromHsv({ h: hsv.h, s: 1, v: 1 }));
    knob(left + hsv.s * 2 * half, left + (1 - hsv.v) * 2 * half, fromHsv(hsv));
  }

  function knob(x, y, color) {
    context.beginPath();
    context.arc(x, y, 13, 0, 2 * Math.PI);
    context.fillStyle = color;
    context.fill();
    context.lineWidth = 5;
    context.strokeStyle = "#fff";
    context.stroke();
    context.lineWidth = 1.5;
    context.strokeStyle = "rgb(0 0 0 / 45%)";
    context.beginPath();
    context.arc(x, y, 16, 0, 2 * Math.PI);
    context.stroke();
  }

  function pick(event) {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * 2 - 1, y = ((event.clientY - box.top) / box.height) * 2 - 1;
    grip ??= Math.hypot(x, y) > 1 - RING - 0.04 ? "ring" : "square";
    const within = (value) => Math.max(0, Math.min(1, value));
    if (grip === "ring") hsv = { ...hsv, h: ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360 };
    else hsv = { ...hsv, s: within((x / SQUARE + 1) / 2), v: within((1 - y / SQUARE) / 2) };
    draw();
    onPick(hsv);
  }

  canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); grip = null; pick(event); });
  canvas.addEventListener("pointermove", (event) => { if (grip) pick(event); });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { grip = null; });
  return { show(next) { hsv = next; draw(); } };
}
