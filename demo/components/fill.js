// What is filled where the pad is pressed with its fill tool.

/**
 * The light region around a pixel and one pixel more, over the soft edge of its outline.
 * @param {(i: number) => boolean} isLight whether a pixel is, row by row
 * @param {number} side of the square picture, in pixels
 * @param {number} start a pixel of the region
 * @returns {Set<number>} its pixels; none where the first one is dark
 */
export function regionAround(isLight, side, start) {
  const region = new Set();
  const filled = new Uint8Array(side * side);
  const stack = [start];
  while (stack.length) {
    const i = stack.pop();
    if (filled[i] || !isLight(i)) continue;
    filled[i] = 1;
    region.add(i);
    for (const j of beside(i, side)) {
      stack.push(j);
      region.add(j);
    }
  }
  return region;
}

/** The pixels to the left and right, above and below, as far as there are any. */
function beside(i, side) {
  const neighbours = [];
  if (i % side > 0) neighbours.push(i - 1);
  if (i % side < side - 1) neighbours.push(i + 1);
  if (i >= side) neighbours.push(i - side);
  if (i < side * (side - 1)) neighbours.push(i + side);
  return neighbours;
}
