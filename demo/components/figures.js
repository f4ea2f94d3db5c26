// Figures in words, and fields of figures.
import language from "../text/language.js";
import { writing } from "./text.js";

export const { number, percent } = writing(language);

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
