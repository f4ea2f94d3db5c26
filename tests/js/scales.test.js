import assert from "node:assert/strict";
import { test } from "node:test";

import {
  exact,
  logTicks,
  nearest,
  rangeOf,
  short,
  smoothed,
  ticks,
} from "../../demo/components/scales.js";

test("marks are round numbers, and 0 is 0", () => {
  assert.deepEqual(ticks(0, 1, 5), [0, 0.2, 0.4, 0.6000000000000001, 0.8, 1]);
  assert.deepEqual(ticks(-1, 1, 4), [-1, -0.5, 0, 0.5, 1]);
  assert.deepEqual(ticks(0, 64_000, 7), [0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000]);
});

test("marks of a logarithmic scale are powers of ten, and 2 and 5 times them where there is room", () => {
  assert.deepEqual(
    logTicks(0.1, 10).map((v) => short(v)),
    ["0.1", "0.2", "0.5", "1", "2", "5", "10"],
  );
  assert.deepEqual(
    logTicks(0.01, 100).map((v) => short(v)),
    ["0.01", "0.1", "1", "10", "100"],
  );
  assert.deepEqual(logTicks(3, 4), [3, 4]); // no round number lies between
});

test("the range leaves out the wildest values, and keeps shares between 0 and 1", () => {
  const y = Array.from({ length: 100 }, (_, i) => (i === 50 ? 1000 : i / 100));
  const [low, high] = rangeOf([{ y, smooth: y.map(() => 0.5) }], {});
  assert.equal(low, 0);
  assert.ok(high > 0.98 && high < 1.1);
  const shares = rangeOf([{ y: [0.9, 1], smooth: [0.9, 1] }], { isShare: true });
  assert.equal(shares[1], 1);
});

test("a range of one value, of none, and of a logarithmic scale", () => {
  assert.deepEqual(rangeOf([{ y: [2], smooth: [2] }], {}), [1, 3]);
  assert.deepEqual(rangeOf([], {}), [0, 1]);
  assert.deepEqual(rangeOf([], { log: true }), [0.1, 1]);
  assert.deepEqual(rangeOf([{ y: [-1, 0, 4], smooth: [-1, 0, 4] }], { log: true }), [2, 8]);
});

test("the nearest of rising numbers", () => {
  assert.equal(nearest([0, 10, 20], 4), 0);
  assert.equal(nearest([0, 10, 20], 6), 1);
  assert.equal(nearest([0, 10, 20], 99), 2);
  assert.equal(nearest([7], 3), 0);
});

test("smoothing starts at the first value and leaves gaps where values are none", () => {
  assert.deepEqual(smoothed([1, NaN, 1], 0.9), [1, null, 1]);
  assert.deepEqual(smoothed([1, 3], 0), [1, 3]);
  const [, second] = smoothed([0, 1], 0.5);
  assert.equal(second, 0.5 / 0.75); // (0.5 · 0 + 0.5 · 1), corrected by 1 − 0.5²
});

test("values are written short on an axis, and with as many digits as tell them apart elsewhere", () => {
  assert.deepEqual(
    [64_000, 1_500_000, 0.1 + 0.2, -2].map((v) => short(v)),
    ["64k", "1.5M", "0.3", "−2"],
  );
  assert.deepEqual(
    [1_234_567, 1234, 0.0012345].map((v) => short(v, 3)),
    ["1.23M", "1230", "0.00123"],
  );
  assert.deepEqual([1234.5, 120.25, 12.345, 0.5, 0.01234, -3, undefined, NaN].map(exact), [
    "1,235",
    "120.3",
    "12.35",
    "0.500",
    "0.0123",
    "−3",
    "–",
    "–",
  ]);
});
