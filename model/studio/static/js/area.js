// The closed area of the drawing that a place lies in, for showing a fill at once; the server's own fill is what counts.
const INK_BELOW = 192, NEAR_INK = 8;

export function closedArea(grey, width, height, x, y) {
  [x, y] = nearestPaper(grey, width, height, Math.floor(x), Math.floor(y));
  if (x < 0 || y < 0 || x >= width || y >= height) return null;
  const paper = grey[y * width + x] >= INK_BELOW;
  const same = (at) => (grey[at] >= INK_BELOW) === paper;
  const covered = new Uint8Array(width * height);
  const stack = [y * width + x];
  while (stack.length) {
    let at = stack.pop();
    if (covered[at] || !same(at)) continue;
    const row = Math.floor(at / width) * width;
    while (at > row && same(at - 1) && !covered[at - 1]) at -= 1;
    let above = false, below = false;
    for (; at < row + width && same(at) && !covered[at]; at += 1) {
      covered[at] = 1;
      const up = at - width, down = at + width;
      if (up >= 0 && same(up) && !covered[up]) { if (!above) stack.push(up); above = true; } else above = false;
      if (down < grey.length && same(down) && !covered[down]) { if (!below) stack.push(down); below = true; } else below = false;
    }
  }
  return covered;
}

function nearestPaper(grey, width, height, x, y) {
  let best = [x, y], nearest = Infinity;
  for (let row = Math.max(0, y - NEAR_INK); row <= Math.min(height - 1, y + NEAR_INK); row += 1) {
    for (let column = Math.max(0, x - NEAR_INK); column <= Math.min(width - 1, x + NEAR_INK); column += 1) {
      const far = Math.hypot(column - x, row - y);
      if (grey[row * width + column] >= INK_BELOW && far < nearest && far <= NEAR_INK) [best, nearest] = [[column, row], far];
    }
  }
  return best;
}
