// The Trust tab's last card: by which score does a model tell pictures of another kind from its own?
import { h } from "../../components/base.js";
export function createOod(part, { head, row, stroke }) {
  const GUESSING = 0.5;

  // By the order in which they are told: what a score is called, and what it is.
  const SCORES = {
    "": {
      name: "Distance",
      what: "How far the picture’s features lie from those of the nearest class (Mahalanobis distance; Lee et al. 2018). This one ships: the gauge in Classify shows it.",
    },
    softmax: {
      name: "Doubt",
      what: "How little of the probability its likeliest class gets, 1 − max p(y | x) (Hendrycks & Gimpel 2017).",
    },
    energy: {
      name: "Energy",
      what: "How weakly all classes answer together, −log Σ exp of their logits (Liu et al. 2020).",
    },
    likelihood: {
      name: "Unlikeliness",
      what: "How improbable a VAE finds the picture: minus its bound on log p(x), by the class that suits it best.",
    },
    regret: {
      name: "Regret",
      what: "By how many nats that bound grows once the encoder may fit itself to this one picture (Xiao et al. 2020). Measured on fewer pictures, since that takes long: the figure is less certain.",
    },
  };
  const KEYS = Object.keys(SCORES);

  const inHundred = (share) => Math.round(100 * share);
  /** "a", "a and b", "a, b and c". */
  const joined = (names) =>
    names.length < 2
      ? names.join("")
      : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
  const scoresOf = ({ kinds }) => KEYS.filter((key) => kinds.some(({ shares }) => key in shares));

  // --- the bars ------------------------------------------------------------------------------

  function panel(model) {
    const { title, kinds, accepted } = model;
    const words =
      accepted === null
        ? "It ships no mark beyond which a picture is called strange."
        : `Of 100 test pictures of its own kind, ${inHundred(accepted)} lie under its mark: these it holds for familiar.`;
    return h(
      "section",
      { class: "dg-knowing" },
      h("h3", {}, stroke(model), title),
      h("p", { class: "dg-soft" }, words),
      h(
        "div",
        { class: "dg-scale", "aria-hidden": "true" },
        ...["0 always wrong", "0.5 guessing", "1 always right"].map((mark) => h("span", {}, mark)),
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
      h("span", {}, SCORES[key].name),
      h("span", { class: "dg-coin", "aria-hidden": "true" }, h("i", { style: place })),
      h("span", { class: "dg-number" }, share.toFixed(2)),
    );
  }

  // --- what follows from the figures -----------------------------------------------------------

  const LIKELY =
    "Likely is not the same as familiar: a picture of few and even areas is easy to foretell, value by value, and so can get a high likelihood whatever it shows (Nalisnick et al. 2019; Serrà et al. 2020).";

  const misledBy = ({ kinds }, key) => kinds.filter(({ shares }) => shares[key] < GUESSING);
  const least = (kinds, key) => Math.min(...kinds.map(({ shares }) => shares[key] ?? 0));

  /** What its own figures say of a model, sentence by sentence. */
  function lessons(model, set) {
    const { kinds } = model;
    const keys = scoresOf(model);
    const best = keys.reduce((a, b) => (least(kinds, b) > least(kinds, a) ? b : a));
    const found = [];
    if (least(kinds, best) > GUESSING) {
      const pairs = Math.floor(100 * least(kinds, best));
      found.push(
        `${SCORES[best].name} serves best: of 100 pairs it gets ${pairs} or more right, whatever the strange pictures are.`,
      );
    }
    for (const key of keys) {
      const misled = misledBy(model, key);
      if (!misled.length) continue;
      const pairs = joined(misled.map(({ shares }) => inHundred(1 - shares[key])));
      const those = `in ${pairs} of 100 pairs with pictures of ${joined(misled.map(({ title }) => title))}${misled.length > 1 ? ", in this order" : ""}`;
      found.push(
        key === "likelihood"
          ? `Asked by likelihood alone, it finds the strange picture MORE likely than one of ${set.title}, its own kind, ${those}.`
          : `${SCORES[key].name} holds the strange picture for the more familiar one ${those}.`,
      );
    }
    const misled = misledBy(model, "likelihood");
    const cured = Math.floor(100 * least(misled, "regret"));
    if (misled.length && cured >= 100 * GUESSING) {
      found.push(
        `Regret, made of the same likelihood, gets ${cured} or more of 100 such pairs right.`,
      );
    }
    if (keys.includes("likelihood") && !misled.length) {
      found.push("Its likelihood is not misled here: no kind is found likelier than its own.");
    }
    return found.length ? [h("li", {}, h("strong", {}, `${model.title}: `), found.join(" "))] : [];
  }

  // --- the whole -----------------------------------------------------------------------------

  function showTable(some) {
    const titles = new Map(
      some.flatMap(({ kinds }) => kinds.map(({ kind, title }) => [kind, title])),
    );
    part.knowstable.replaceChildren(
      head("Share of pairs told apart (AUROC)", [...titles.values(), "own kind under the mark"]),
      h(
        "tbody",
        {},
        ...some.flatMap((model) =>
          scoresOf(model).map((key) => {
            const shares = new Map(model.kinds.map(({ kind, shares }) => [kind, shares[key]]));
            const cells = [...titles.keys()].map((kind) => shares.get(kind)?.toFixed(4) ?? "–");
            const accepted = key === "" ? model.accepted : null;
            return row(`${model.title} · ${SCORES[key].name}`, [
              ...cells,
              accepted === null ? "–" : accepted.toFixed(4),
            ]);
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
        part.lessons.append(h("li", {}, LIKELY));
      }
      const used = KEYS.filter((key) => some.some((model) => scoresOf(model).includes(key)));
      part.scores.replaceChildren(
        ...used.flatMap((key) => [h("dt", {}, SCORES[key].name), h("dd", {}, SCORES[key].what)]),
      );
      showTable(some);
    },
  };
}
