import assert from "node:assert/strict";
import { test } from "node:test";

import { regionAround } from "../../demo/components/fill.js";

/** A picture of rows such as "..#.": whether a pixel is light. */
const picture = (...rows) => [rows.join(""), rows.length];
const filled = ([pixels, side], start) => {
  const region = regionAround((i) => pixels[i] === ".", side, start);
  return [...pixels].map((pixel, i) => (region.has(i) ? "o" : pixel)).join("");
};

test("a region is filled as far as its outline, and one pixel over its edge", () => {
  const ring = picture("#######", "#.....#", "#.###.#", "#.#.#.#", "#.###.#", "#.....#", "#######");
  assert.equal(
    filled(ring, 24), // the middle
    ["#######", "#.....#", "#.#o#.#", "#.ooo.#", "#.#o#.#", "#.....#", "#######"].join(""),
  );
});

test("a region at the edge of the picture does not come in again at the other side", () => {
  const halves = picture(".##.", ".##.", ".##.", ".##.");
  assert.equal(filled(halves, 0), "oo#.".repeat(4));
  assert.equal(filled(halves, 3), ".#oo".repeat(4));
});

test("a picture without an outline is filled whole", () => {
  const [pixels, side] = picture("...", "...", "...");
  assert.equal(filled([pixels, side], 4), "o".repeat(9));
});

test("nothing is filled from a dark pixel", () => {
  assert.equal(regionAround(() => false, 3, 4).size, 0);
});
