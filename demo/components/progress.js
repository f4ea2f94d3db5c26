// How far something is that takes its time.
import { h, tell } from "./base.js";

/** How far something is that takes its time: { root, tell(words, share) }, hidden without words. */
export function createProgress() {
  const line = h("span", { role: "status" });
  const bar = h("progress", { max: 1 });
  const root = h("label", { class: "dg-fetching", hidden: true }, line, bar);
  return {
    root,
    tell(words = "", share = 0) {
      tell(line, words);
      root.hidden = !words;
      bar.value = share;
    },
  };
}
