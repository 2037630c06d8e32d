// Colours as #rrggbb and as hue (0-360), saturation and value (0-1).
export const isHex = (text) => /^#[0-9a-f]{6}$/i.test(text);

export function parseHex(text) {
  const bare = text.trim().replace(/^#/, "");
  const long = /^[0-9a-f]{3}$/i.test(bare) ? [...bare].map((digit) => digit + digit).join("") : bare;
  const rgb = /^(\d{1,3})[ ,]+(\d{1,3})[ ,]+(\d{1,3})$/.exec(bare);
  if (rgb && rgb.slice(1).every((part) => Number(part) <= 255)) return toHex(...rgb.slice(1).map(Number));
  return isHex(`#${long}`) ? `#${long.toLowerCase()}` : null;
}

export const toHex = (r, g, b) => `#${[r, g, b].map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
export const toRgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

export function toHsv(hex) {
  const [r, g, b] = toRgb(hex).map((part) => part / 255);
  const high = Math.max(r, g, b), range = high - Math.min(r, g, b);
  const hue = !range ? 0 : high === r ? ((g - b) / range + 6) % 6 : high === g ? (b - r) / range + 2 : (r - g) / range + 4;
  return { h: hue * 60, s: high ? range / high : 0, v: high };
}

export function fromHsv({ h, s, v }) {
  const part = (n) => { const k = (n + h / 60) % 6; return 255 * (v - v * s * Math.max(0, Math.min(k, 4 - k, 1))); };
  return toHex(part(5), part(3), part(1));
}

// The name that a person would give it: what a screen reader says.
export function spoken(hex) {
  const { h, s, v } = toHsv(hex);
  if (v < 0.12) return "black";
  if (s < 0.1) return v > 0.93 ? "white" : v > 0.6 ? "light grey" : "dark grey";
  const names = ["red", "orange", "yellow", "lime", "green", "sea green", "turquoise", "sky blue", "blue", "violet", "magenta", "pink"];
  const tone = v < 0.45 ? "dark " : s < 0.4 && v > 0.75 ? "pale " : "";
  return tone + names[Math.round(h / 30) % 12];
}

// Black or white, whichever can be read on a colour.
export const readable = (hex) => { const [r, g, b] = toRgb(hex); return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#1c1a17" : "#ffffff"; };
