// What a training shows, in a sentence computed from it.
import t from "../../text/train.words.js";

const LEAST_STEPS = 50; // before them there is nothing to be said
// Variety of the drawn pictures as a share of that of real ones. These limits are a first guess:
// they are not yet measured on healthy and on failed trainings.
const ALIKE = 0.2;
const LESS = 0.65;
const MORE = 1.35;
const PAUSE = 4_000; // ms between two sentences that differ in their figures alone

const verdictOf = (share) =>
  share < ALIKE ? "alike" : share < LESS ? "less" : share <= MORE ? "equal" : "more";

/** @param {HTMLElement} line a live region */
export function createCaption(line) {
  let told = { verdict: "", at: 0 };
  return {
    /** @param {Training.Status} status */
    take(status) {
      const { step, variety: drawn, real_variety: real } = status;
      if (!real || step < LEAST_STEPS) {
        line.textContent = "";
        told = { verdict: "", at: 0 };
        return;
      }
      const verdict = verdictOf(drawn / real);
      const isSoon = performance.now() - told.at < PAUSE;
      if (verdict === told.verdict && isSoon) return; // not to be read out twice a second
      told = { verdict, at: performance.now() };
      const of = status.is_conditional ? "class" : "none";
      line.textContent = t(`caption-${verdict}`, { of, drawn, real });
    },
  };
}
