// Ten real pictures and ten drawn ones, what D says of each, and what it wants changed in them.
import { h } from "../../components/base.js";
import { number as written, percent } from "../../components/figures.js";
import { paintHeat } from "../../components/heat.js";
import { cut, decoded } from "../../components/pictures.js";
import t from "../../text/train.words.js";

const NUM = 10;
const SIDE = 32; // pixels of a picture

const toShare = (logit) => 1 / (1 + Math.exp(-logit));
/** A score in as many digits as have room. */
const scoreIn = (score) => {
  const size = Math.abs(score);
  return written(score, size < 10 ? 2 : size < 100 ? 1 : 0);
};
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** @param {Parts} part */
export function createVerdicts(part) {
  const strips = { real: strip(part.real), fake: strip(part.fake) };

  /** @param {Training.Status} status */
  async function show(status, classes) {
    const { is_critic: isCritic } = status;
    const sides = [
      { strip: strips.real, judged: status.real, meanLine: part.realmean },
      { strip: strips.fake, judged: status.drawn, meanLine: part.fakemean },
    ];
    part.verdictslead.textContent = t(isCritic ? "verdicts-lead-critic" : "verdicts-lead");
    for (const { strip, judged, meanLine } of sides) {
      const grid = await decoded(judged.grid);
      const values = isCritic ? judged.logits : judged.logits.map(toShare);
      const average = mean(values);
      meanLine.textContent = isCritic
        ? t("mean-score", { score: average })
        : t("mean-share", { share: average });
      strip.forEach((tile, i) => {
        const name = status.is_conditional
          ? classes[judged.labels[i]]
          : t("picture", { index: i + 1 });
        cut(tile.picture, grid, i);
        tile.show(name, values[i], isCritic);
        if (judged.wishes) paintHeat(tile.heat, judged.wishes[i]);
      });
    }
  }

  return {
    show,
    /** Whether what D wants changed lies over the pictures. */
    showWishes(isOn) {
      part.legend.hidden = !isOn;
      for (const tile of [...strips.real, ...strips.fake]) tile.showWishes(isOn);
    },
  };
}

function strip(list) {
  const tiles = Array.from({ length: NUM }, tileOf);
  list.replaceChildren(...tiles.map(({ root }) => root));
  return tiles;
}

function tileOf() {
  const size = { width: SIDE, height: SIDE };
  const picture = h("canvas", { class: "dg-pixels", role: "img", ...size });
  const heat = h("canvas", { class: "dg-wishes", "aria-hidden": "true", hidden: true, ...size });
  const bar = h("i", {});
  const track = h("span", { class: "dg-track", "aria-hidden": "true" }, bar);
  const value = h("span", { class: "dg-number", "aria-hidden": "true" });
  const frame = h("div", { class: "dg-judged" }, picture, heat);
  return {
    root: h("li", {}, frame, track, value),
    picture,
    heat,
    show(name, number, isCritic) {
      const words = isCritic
        ? t("one-score", { name, score: number })
        : t("one-share", { name, share: number });
      picture.setAttribute("aria-label", words);
      track.hidden = isCritic;
      bar.style.width = `${100 * number}%`;
      value.textContent = isCritic ? scoreIn(number) : percent(number, 0);
    },
    showWishes(isOn) {
      heat.hidden = !isOn;
      frame.classList.toggle("dg-heat-picture", isOn);
    },
  };
}
