// What the same latent vectors become in the course of a training: now, and looked back at.
import { tell } from "../../components/base.js";
import { showColumns } from "../../components/columns.js";
import { nearest } from "../../components/scales.js";
import { paint } from "../../components/pictures.js";
import { newest } from "../../components/requests.js";
import t from "../../text/train.words.js";

/**
 * `onlook(step)` is called as the visitor looks at another step; null is now.
 * @param {Parts} part
 * @param {Server} server
 * @param {(step: number | null) => void} onlook
 */
export function createGrid(part, server, onlook) {
  const kept = new Map(); // step -> data URL
  let key = "";
  let system = "";
  let frames = []; // steps whose grids the server has
  let now = 0; // the last of them
  let looked = null; // the step that is looked back at, or null for now
  let painted = -1;

  const show = newest(
    async ({ key, step }) =>
      kept.has(step) ? { grid: kept.get(step) } : server.frame({ key, step }),
    async ({ grid }, request) => {
      if (request.key !== key) return;
      kept.set(request.step, grid);
      await paint(part.grid, grid);
      painted = request.step;
      part.grid.setAttribute("aria-label", t("grid", { system, step: painted }));
    },
    (error) => tell(part.line, error.message),
  );

  /** Show the step that is looked at, and say which it is. */
  function look() {
    const step = looked ?? now;
    const words = t("at-step", { step, last: now });
    part.when.textContent = words;
    part.at.setAttribute("aria-valuetext", words);
    if (step !== painted) show({ key, step });
  }

  part.at.addEventListener("input", () => {
    const step = frames[Number(part.at.value)];
    looked = step === now ? null : step;
    onlook(looked);
    look();
  });

  return {
    /** Another training. */
    begin(nextKey) {
      [key, frames, now, looked, painted] = [nextKey, [], 0, null, -1];
      kept.clear();
      part.at.max = 0;
      part.at.disabled = true;
      showColumns(part.heads, []);
      part.grid.getContext("2d").clearRect(0, 0, part.grid.width, part.grid.height);
      part.grid.setAttribute("aria-label", t("drawn"));
      for (const line of [part.when, part.whennote, part.drawnlead]) line.textContent = "";
      part.caption.textContent = "";
    },
    /**
     * @param {Training.Status} status
     * @param {string[]} classes
     * @param {string} title of the system
     */
    take(status, classes, title) {
      system = title;
      const of = status.is_conditional ? "class" : "none";
      showColumns(part.heads, status.is_conditional ? classes : []);
      part.drawnlead.textContent = t("drawn-lead", { of });
      if (status.grid) kept.set(status.step, status.grid);
      frames = status.frames;
      if (!frames.length) return;
      now = frames.at(-1);
      const isMoving = status.is_playing && !status.is_over;
      if (isMoving && looked !== null) onlook((looked = null));
      part.at.disabled = isMoving || frames.length < 2;
      part.at.max = frames.length - 1;
      part.at.value = looked === null ? frames.length - 1 : nearest(frames, looked);
      part.whennote.textContent = isMoving ? t("look-back-paused") : "";
      look();
    },
  };
}
