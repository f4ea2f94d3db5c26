// How far something is that takes its time.
import { h, tell } from "./base.js";
/** How far something is that takes its time: { root, tell(words, share) }, hidden without words. */
export function createProgress() {
  const words = h("span", { role: "status" });
  const bar = h("progress", { max: 1 });
  const root = h("label", { class: "dg-fetching", hidden: true }, words, bar);
  return {
    root,
    tell(said = "", share = 0) {
      tell(words, said);
      root.hidden = !said;
      bar.value = share;
    },
  };
}
