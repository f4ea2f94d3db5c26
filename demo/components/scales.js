// The numbers of a chart: its range, the marks of its axes, smoothing, and how values are written.
import language from "../text/language.js";
import t from "../text/chart.words.js";
import { number } from "./figures.js";

/**
 * The range of values to show: all of the smooth lines, and of the raw ones all but the wildest.
 * @param {{ y: (number | null)[], smooth: (number | null)[] }[]} lines
 * @param {{ log?: boolean, isShare?: boolean }} options
 * @returns {[number, number]}
 */
export function rangeOf(lines, { log = false, isShare = false }) {
  const usable = (v) => Number.isFinite(v) && (!log || v > 0);
  const smooth = lines
    .flatMap((line) => line.smooth.slice(Math.ceil(line.smooth.length / 50)))
    .filter(usable);
  const raw = lines
    .flatMap((line) => line.y)
    .filter(usable)
    .sort((a, b) => a - b);
  if (!raw.length) return log ? [0.1, 1] : [0, 1]; // log 0 is no end of an axis
  const at = (share) => raw[Math.round(share * (raw.length - 1))];
  let low = Math.min(at(0.02), ...smooth);
  let high = Math.max(at(0.98), ...smooth);
  if (log) return low === high ? [low / 2, high * 2] : [low, high];
  const room = 0.05 * (high - low) || 0.5 * Math.abs(high) || 1;
  // A share or an accuracy is not shown outside of what it can be.
  const floor = low >= 0 && low - room < 0 ? 0 : low - room;
  low = isShare ? Math.max(0, floor) : floor;
  high = isShare ? Math.min(1, high + room) : high + room;
  return [low, high];
}

/**
 * About `num` round numbers from low to high.
 * @param {number} low
 * @param {number} high
 * @param {number} num
 */
export function ticks(low, high, num) {
  const rough = (high - low) / num || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((s) => s * power >= rough * 0.999) * power;
  const marks = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) {
    marks.push(Math.abs(at) < step * 1e-9 ? 0 : at);
  }
  return marks;
}

/**
 * Round numbers from low to high for a scale of powers of ten.
 * @param {number} low above 0
 * @param {number} high
 */
export function logTicks(low, high) {
  const marks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    const factors = Math.log10(high / low) > 3 ? [1] : [1, 2, 5];
    marks.push(...factors.map((m) => m * 10 ** power).filter((v) => v >= low && v <= high));
  }
  return marks.length > 1 ? marks : [low, high];
}

/**
 * The index of the number nearest to another.
 * @param {number[]} xs rising
 * @param {number} at
 */
export function nearest(xs, at) {
  let low = 0;
  let high = xs.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] < at) low = middle;
    else high = middle;
  }
  return at - xs[low] < xs[high] - at ? low : high;
}

/**
 * Exponential moving average, corrected for its start (Adam's correction).
 * @param {number[]} values
 * @param {number} weight of what came before, 0 up to 1
 * @returns {(number | null)[]} null where a value is none
 */
export function smoothed(values, weight) {
  let mean = 0;
  let total = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return null;
    mean = weight * mean + (1 - weight) * value;
    total = weight * total + (1 - weight);
    return mean / total;
  });
}

/**
 * A number rounded to so many significant digits.
 * @param {number} value
 * @param {number} digits
 */
export function rounded(value, digits) {
  const options = { maximumSignificantDigits: digits, useGrouping: false };
  return new Intl.NumberFormat(language.locale, options).format(value).replace("-", "−");
}

/**
 * 64000 -> "64k", 0.30000000000000004 -> "0.3".
 * @param {number} value
 * @param {number} digits the significant ones
 */
export function short(value, digits = 4) {
  const size = Math.abs(value);
  if (size >= 1e6) return t("millions", { value: rounded(value / 1e6, digits) });
  if (size >= 1e4) return t("thousands", { value: rounded(value / 1e3, digits) });
  return rounded(value, digits);
}

/**
 * A value in as many digits as tell it from another.
 * @param {number | null | undefined} value
 */
export function exact(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 1000) return number(value, 0);
  return number(value, size >= 100 ? 1 : size >= 10 ? 2 : size >= 0.1 ? 3 : 4);
}
