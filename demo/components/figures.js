// Figures in words, and fields of figures.

/**
 * 0.9731 -> "97 %"; close to the ends one decimal, so that 99.6 % is no certainty.
 * @param {number} share of 1
 */
export function percent(share) {
  const value = 100 * share;
  if (value > 99.9) return ">\u00a099.9\u00a0%";
  return `${value.toFixed(value > 99 || (value > 0.05 && value < 1) ? 1 : 0)}\u00a0%`;
}

/**
 * The seed in a field; a field that holds none gets the last good one back.
 * @param {HTMLInputElement} field
 * @param {number} last
 */
export function seedIn(field, last) {
  const value = Math.round(Number(field.value));
  const isGood = field.value !== "" && value >= 0 && value <= Number(field.max);
  const seed = isGood ? value : last;
  field.value = String(seed);
  return seed;
}

export const randomSeed = () => Math.floor(Math.random() * 10_000);
