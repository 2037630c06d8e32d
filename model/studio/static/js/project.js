// The project file: the drawing as a data URL and the strokes, as `lcpipe colorize --hints` reads it.
const KINDS = ["point", "stroke", "region", "erase"];

export const hintsOf = (line, strokes) => ({ version: 1, line, strokes });

export async function projectFile(drawing, line, strokes) {
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(drawing);
  });
  return new Blob([JSON.stringify({ drawing: url, hints: hintsOf(line, strokes) })], { type: "application/json" });
}

// What a JSON file holds: { drawing: Blob or null, strokes }. Throws an Error that says what is wrong with it.
export async function parseProject(text) {
  let document;
  try { document = JSON.parse(text); } catch { throw new Error("This file is not valid JSON"); }
  return { drawing: document?.drawing ? dataUrl(document.drawing) : null, strokes: parseStrokes((document?.hints ?? document)?.strokes) };
}

export function parseStrokes(strokes) {
  if (!Array.isArray(strokes)) throw new Error("This file holds no strokes");
  strokes.forEach((one, index) => {
    const sound = KINDS.includes(one?.kind) && (one.kind === "erase" || /^#[0-9a-f]{6}$/i.test(one.color)) && Array.isArray(one.points) && one.points.length && one.points.every((point) => Array.isArray(point) && point.length > 1 && point.every(Number.isFinite));
    if (!sound) throw new Error(`Stroke ${index + 1} of this file is damaged`);
  });
  return strokes.map((one) => ({ kind: one.kind, color: (one.color ?? "#000000").toLowerCase(), size: one.size ?? 8, points: one.points.map(([x, y, pressure = 1]) => [x, y, pressure]) }));
}

function dataUrl(url) {
  const match = /^data:(image\/[\w.+-]+);base64,(.*)$/s.exec(url);
  if (!match) throw new Error("The drawing in this project is damaged");
  return new Blob([Uint8Array.from(atob(match[2]), (letter) => letter.charCodeAt(0))], { type: match[1] });
}
