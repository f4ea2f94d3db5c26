// Training runs: how they are named, coloured and chosen.
import t from "../text/runs.words.js";
import { h } from "./base.js";

const NUM_COLORS = 12; // --dg-run-1 … in the style sheet
export const DASHES = ["", "7 4", "2 4"]; // a thirteenth run has the first colour again, dashed

/**
 * The runs of a catalog by name; each keeps the colour of its place, whatever is chosen.
 * @param {Catalog.Run[]} runs
 * @returns {Map<string, Catalog.Run & { color: string, dash: string }>}
 */
export const runsByName = (runs) =>
  new Map(
    runs.map((run, i) => [
      run.name,
      {
        ...run,
        color: `var(--dg-run-${(i % NUM_COLORS) + 1})`,
        dash: DASHES[Math.floor(i / NUM_COLORS) % DASHES.length],
      },
    ]),
  );

/**
 * What a run is called among those of its data set.
 * @param {Catalog.Run} run
 */
export const called = (run) =>
  run.shipped ? run.title : t("not-shipped", { title: run.title, name: run.name });

export const swatch = (run) => h("i", { class: "dg-swatch", style: `--run:${run.color}` });

/**
 * A run to be switched on and off; `onchange` gets whether it is on. `mark` is its colour's sign,
 * `note` what stands under its title.
 */
export function runPill(
  run,
  isOn,
  onchange,
  mark = swatch(run),
  note = run.shipped ? "" : run.name,
) {
  const input = h("input", {
    type: "checkbox",
    value: run.name,
    checked: isOn,
    onchange: () => onchange(input.checked),
  });
  const words = h("span", { class: "dg-pill-words" }, run.title);
  if (note) words.append(h("small", {}, note));
  return h("label", { class: "dg-pill dg-run" }, input, mark, words);
}

/**
 * A list once `one` was switched on or off. More than `most` do not fit: the oldest makes room,
 * and is `left` out.
 */
export function switched(list, one, isOn, most) {
  const next = list.filter((other) => other !== one);
  if (isOn) next.push(one);
  return { list: next.slice(-most), left: next.length > most ? next[0] : null };
}
