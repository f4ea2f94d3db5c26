// The Trust tab's last card: by which score does a model tell pictures of another kind from its own?
import t from "../../text/trust.words.js";
import { h } from "../../components/base.js";
import { number } from "../../components/figures.js";

export function createOod(part, { head, row, stroke }) {
  const GUESSING = 0.5;

  // What the words call the scores of the server, in the order in which they are shown.
  const SCORES = {
    "": "distance",
    softmax: "doubt",
    energy: "energy",
    likelihood: "unlikeliness",
    regret: "regret",
  };
  const nameOf = (key) => t(`score-${SCORES[key]}`);
  const KEYS = Object.keys(SCORES);

  const inHundred = (share) => Math.round(100 * share);
  const scoresOf = ({ kinds }) => KEYS.filter((key) => kinds.some(({ shares }) => key in shares));

  // --- the bars ------------------------------------------------------------------------------

  function panel(model) {
    const { title, kinds, accepted } = model;
    const words =
      accepted === null ? t("no-threshold") : t("threshold", { accepted: inHundred(accepted) });
    return h(
      "section",
      { class: "dg-knowing", "aria-label": title },
      h("h3", {}, stroke(model), title),
      h("p", { class: "dg-soft" }, words),
      h(
        "div",
        { class: "dg-scale", "aria-hidden": "true" },
        ...["scale-wrong", "scale-guessing", "scale-right"].map((key) => h("span", {}, t(key))),
      ),
      h(
        "ul",
        {},
        ...kinds.map((kind) =>
          h(
            "li",
            {},
            h("h4", {}, kind.title, kind.subject ? h("small", {}, kind.subject) : ""),
            ...scoresOf(model)
              .filter((key) => key in kind.shares)
              .map((key) => lane(key, kind.shares[key])),
          ),
        ),
      ),
    );
  }

  /** A bar from guessing to the share. */
  function lane(key, share) {
    const [from, to] = [Math.min(share, GUESSING), Math.max(share, GUESSING)];
    const place = `left:${100 * from}%;right:${100 * (1 - to)}%`;
    return h(
      "div",
      { class: share < GUESSING ? "dg-lane dg-misled" : "dg-lane" },
      h("span", {}, nameOf(key)),
      h("span", { class: "dg-coin", "aria-hidden": "true" }, h("i", { style: place })),
      h("span", { class: "dg-number" }, number(share, 2)),
    );
  }

  // --- what follows from the figures -----------------------------------------------------------

  const misledBy = ({ kinds }, key) => kinds.filter(({ shares }) => shares[key] < GUESSING);
  const least = (kinds, key) => Math.min(...kinds.map(({ shares }) => shares[key] ?? 0));

  /** What its own figures say of a model, sentence by sentence. */
  function lessons(model, set) {
    const { kinds } = model;
    const keys = scoresOf(model);
    const best = keys.reduce((a, b) => (least(kinds, b) > least(kinds, a) ? b : a));
    const sentences = [];
    if (least(kinds, best) > GUESSING) {
      const pairs = Math.floor(100 * least(kinds, best));
      sentences.push(t("serves-best", { score: nameOf(best), pairs }));
    }
    for (const key of keys) {
      const misled = misledBy(model, key);
      if (!misled.length) continue;
      const values = {
        score: nameOf(key),
        dataset: set.title,
        pairs: misled.map(({ shares }) => number(inHundred(1 - shares[key]), 0)),
        kinds: misled.map(({ title }) => title),
        count: misled.length,
      };
      sentences.push(t(key === "likelihood" ? "misled-likelihood" : "misled", values));
    }
    const misled = misledBy(model, "likelihood");
    const cured = Math.floor(100 * least(misled, "regret"));
    if (misled.length && cured >= 100 * GUESSING) sentences.push(t("cured", { pairs: cured }));
    if (keys.includes("likelihood") && !misled.length) sentences.push(t("not-misled"));
    if (!sentences.length) return [];
    const whose = h("strong", {}, t("lessons-of", { model: model.title }));
    return [h("li", {}, whose, ` ${sentences.join(" ")}`)];
  }

  // --- the whole -----------------------------------------------------------------------------

  const written = (share) => (share === undefined || share === null ? "–" : number(share, 4));

  function showTable(some) {
    const titles = new Map(
      some.flatMap(({ kinds }) => kinds.map(({ kind, title }) => [kind, title])),
    );
    part.knowstable.replaceChildren(
      head(t("auroc"), [...titles.values(), t("accepted")]),
      h(
        "tbody",
        {},
        ...some.flatMap((model) =>
          scoresOf(model).map((key) => {
            const shares = new Map(model.kinds.map(({ kind, shares }) => [kind, shares[key]]));
            const cells = [...titles.keys()].map((kind) => written(shares.get(kind)));
            const accepted = key === "" ? model.accepted : null;
            const name = t("model-score", { model: model.title, score: nameOf(key) });
            return row(name, [...cells, written(accepted)]);
          }),
        ),
      ),
    );
  }

  return {
    /** Models of a data set: { title, color, dash, kinds, accepted }. */
    show(some, set) {
      part.knows.hidden = !some.length;
      part.ood.replaceChildren(...some.map(panel));
      part.lessons.replaceChildren(...some.flatMap((model) => lessons(model, set)));
      if (some.some((model) => misledBy(model, "likelihood").length)) {
        part.lessons.append(h("li", {}, t("likely")));
      }
      const used = KEYS.filter((key) => some.some((model) => scoresOf(model).includes(key)));
      part.scores.replaceChildren(
        ...used.flatMap((key) => [
          h("dt", {}, nameOf(key)),
          h("dd", {}, t(`about-${SCORES[key]}`)),
        ]),
      );
      showTable(some);
    },
  };
}
