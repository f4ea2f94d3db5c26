// The names over the columns of a grid of pictures.
import { h } from "./base.js";

/**
 * @param {HTMLElement} holder
 * @param {string[]} names a column each; none where a column is no class
 */
export function showColumns(holder, names) {
  holder.replaceChildren(...names.map((name) => h("span", {}, name)));
  // Names too long for a narrow screen stand on end there; digits need not.
  const isLong = names.some((name) => name.length > 2);
  holder.classList.toggle("dg-standing", isLong);
}
