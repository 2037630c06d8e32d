// The main colours of a picture: k-means in a space where near means alike, begun from colours that are far apart.
import { toHex } from "./color.js";

const SIDE = 96, ROUNDS = 12;

export async function mainColors(file, count = 16) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)));
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const pixels = [];
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 127) pixels.push([data[at], data[at + 1], data[at + 2]]);
  return clustered(pixels, count).map((color) => toHex(...color));
}

const apart = (a, b) => 2 * (a[0] - b[0]) ** 2 + 4 * (a[1] - b[1]) ** 2 + 3 * (a[2] - b[2]) ** 2;

export function clustered(pixels, count) {
  if (!pixels.length) return [];
  let centers = [pixels[0]];
  const far = pixels.map(() => Infinity);
  while (centers.length < count) {
    let best = 0;
    pixels.forEach((pixel, index) => { far[index] = Math.min(far[index], apart(pixel, centers.at(-1))); if (far[index] > far[best]) best = index; });
    if (far[best] < 200) break;
    centers.push(pixels[best]);
  }
  let sizes = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const sums = centers.map(() => [0, 0, 0, 0]);
    for (const pixel of pixels) {
      let nearest = 0;
      centers.forEach((center, index) => { if (apart(pixel, center) < apart(pixel, centers[nearest])) nearest = index; });
      sums[nearest][3] += 1;
      for (let part = 0; part < 3; part += 1) sums[nearest][part] += pixel[part];
    }
    centers = centers.map((center, index) => (sums[index][3] ? sums[index].slice(0, 3).map((sum) => sum / sums[index][3]) : center));
    sizes = sums.map((sum) => sum[3]);
  }
  return centers.map((center, index) => [center, sizes[index]]).sort((a, b) => b[1] - a[1]).map(([center]) => center);
}
