// What follows the bars of the Classify tab: all methods side by side, the gauge of how strange the
// picture is, and why. Each part is a request of its own, sent one after another once the bars are there.
import t from "../../text/classify.words.js";
import { createChoice } from "../../components/choice.js";
import { h, tell } from "../../components/base.js";
import { number, percent } from "../../components/figures.js";
import { paintHeat } from "../../components/heat.js";
import { methodTitle } from "../../components/methods.js";
import { createNeighbours } from "../../components/neighbours.js";
import { cut, decoded, paint } from "../../components/pictures.js";
import { later, newest } from "../../components/requests.js";

export function createReasons(part, server, onabout) {
  const PAUSE = 350; // ms without another picture, before anything is asked
  // Out-of-distribution scores, in units of what 95 % of real pictures stay under. The second mark,
  // where "unusual" becomes "unlike", is a choice that few real pictures lie beyond; the scale ends
  // at the third.
  const [USUAL, TRUSTED, LARGEST] = [1, 1.25, 2.5];

  let set = null;
  let model = null;
  let method = "";
  let question = null; // { request, seen, label }: the picture that was answered last
  let about = ""; // the class that the heat map speaks of; "" is the likeliest
  let target = ""; // what the picture is to become; "" is the second likeliest
  let change = null; // the answer under the slider, and its `image`
  const rows = new Map(); // "model method" -> its row in the list of all methods
  const cells = new Map(); // class name -> its cell in the strip

  /** The model for a request: the chosen one if it can, else that whose class is in its prior, else
   * any. */
  const modelThat = (can) =>
    [model, ...set.models.filter((m) => m.has_counterfactuals), ...set.models].find(can);
  const models = {
    oodScore: () => modelThat((m) => m.has_ood_score),
    likelihoods: () => modelThat((m) => m.has_likelihood),
    counterfactual: () => modelThat((m) => m.has_counterfactuals),
    features: () => modelThat((m) => m.has_features),
  };

  /**
   * A part of the page that follows the bars. `request()` is what it asks beside the picture, or
   * null where no model can answer; answers to an older question are dropped. `fail` has nothing to
   * tell: what went wrong stands in the line.
   */
  function follower(block, line, call, request, show, fail = () => {}) {
    let number = 0;
    const settle = (sent, then) => {
      if (sent.number !== number) return;
      block.removeAttribute("aria-busy");
      return then();
    };
    const send = newest(
      call,
      (answer, sent) => settle(sent, () => (tell(line), show(answer))),
      (error, sent) => settle(sent, () => (tell(line, error.message), fail())),
    );
    return {
      async ask() {
        const wanted = request();
        if (!question || !wanted) return;
        block.setAttribute("aria-busy", "true");
        await send({ ...question.request, ...wanted, number: ++number });
      },
      stale() {
        number++;
        if (request()) block.setAttribute("aria-busy", "true");
      },
      clear() {
        number++;
        block.removeAttribute("aria-busy");
        tell(line);
      },
    };
  }

  const all = follower(
    part.allmethods,
    part.allline,
    server.compare,
    () => (rows.size > 1 ? { dataset: set.key, model: model.name } : null),
    showAll,
  );
  const gauge = follower(
    part.gaugeblock,
    part.gaugeline,
    server.ood_score,
    () => (models.oodScore() ? { model: models.oodScore().name } : null),
    showGauge,
  );
  const heat = follower(
    part.heatblock,
    part.heatline,
    server.heat_map,
    () =>
      model.explained_methods.includes(method)
        ? { model: model.name, method, label: about, kind: heatKinds.value }
        : null,
    showHeat,
  );
  const each = follower(
    part.eachblock,
    part.eachline,
    server.as_each_class,
    () => (models.likelihoods() ? { model: models.likelihoods().name } : null),
    showEach,
  );
  const changing = follower(
    part.changeblock,
    part.changeline,
    server.counterfactual,
    () => (models.counterfactual() ? { model: models.counterfactual().name, target } : null),
    showChange,
  );
  const nearest = follower(
    part.nearestblock,
    part.nearestline,
    server.nearest,
    () => (models.features() ? { model: models.features().name } : null),
    (answer) => neighbours.show(set, answer, { label: question.label, model: model.title }),
    () => neighbours.fail(),
  );
  const neighbours = createNeighbours(part, server, () => nearest.ask());
  const followers = [all, gauge, heat, each, changing, nearest];

  const askLater = later(async () => {
    const mine = question;
    for (const one of followers) {
      if (!mine || question !== mine) return; // another picture is being asked about
      await one.ask();
    }
  }, PAUSE);

  // --- all methods ---------------------------------------------------------------------------

  const key = (name, methodName) => `${name} ${methodName}`;

  function layMethods() {
    const listed = set.models.filter((m) => m.shipped || m.name === model.name);
    const pairs = listed.flatMap((m) => m.methods.map((name) => ({ model: m, method: name })));
    const wanted = pairs.map((one) => key(one.model.name, one.method));
    if (JSON.stringify(wanted) !== JSON.stringify([...rows.keys()])) {
      rows.clear();
      for (const one of pairs) {
        const agreement = {
          "data-agrees": t("agrees"),
          "data-differs": t("differs"),
          "data-chosen": t("chosen"),
        };
        const label = h("strong", agreement, "…");
        const value = h("span", { class: "dg-number" });
        const notes = [methodTitle(one.method), one.model.note].filter(Boolean);
        const name = h("span", {}, one.model.title, h("small", {}, notes.join(" · ")));
        rows.set(key(one.model.name, one.method), {
          root: h("li", {}, name, label, value),
          label,
          value,
        });
      }
      part.all.replaceChildren(...[...rows.values()].map((row) => row.root));
      part.tally.textContent = "";
    }
    for (const [name, row] of rows) {
      const isChosen = name === key(model.name, method);
      if (isChosen) row.root.setAttribute("aria-current", "true");
      else row.root.removeAttribute("aria-current");
    }
    part.allmethods.hidden = rows.size < 2;
  }

  function showAll({ predictions }) {
    const chosen = predictions.find((one) => one.model === model.name && one.method === method);
    const counts = new Map();
    for (const prediction of predictions) {
      const row = rows.get(key(prediction.model, prediction.method));
      if (!row) continue; // a model that came since the page was opened
      row.label.textContent = prediction.label;
      row.value.textContent = percent(prediction.confidence);
      row.root.classList.toggle("dg-agrees", prediction.label === chosen?.label);
      row.root.classList.toggle("dg-differs", prediction.label !== chosen?.label);
      counts.set(prediction.label, (counts.get(prediction.label) ?? 0) + 1);
    }
    const total = predictions.length;
    const sorted = [...counts].sort((a, b) => b[1] - a[1]);
    const votes = sorted.map(([label, num]) => t("vote", { label, num }));
    part.tally.textContent =
      votes.length > 1
        ? t("tally", { total, votes })
        : t("all-agree", { total, label: sorted[0][0] });
  }

  function clearAll() {
    part.tally.textContent = "";
    for (const row of rows.values()) {
      row.root.classList.remove("dg-agrees", "dg-differs");
      row.label.textContent = "–";
      row.value.textContent = "";
    }
  }

  // --- out of distribution? ------------------------------------------------------------------

  function showGauge({ value }) {
    const verdict = value <= USUAL ? "usual" : value <= TRUSTED ? "unusual" : "unlike";
    part.gaugeblock.dataset.verdict = verdict;
    part.gaugeverdict.textContent = t(`verdict-${verdict}`);
    part.pointer.hidden = false;
    part.pointer.style.left = `${Math.min(100, (100 * value) / LARGEST)}%`;
    part.gauge.setAttribute("aria-label", t("gauge", { times: value }));
  }

  function clearGauge() {
    delete part.gaugeblock.dataset.verdict;
    part.gaugeverdict.textContent = "";
    part.pointer.hidden = true;
    part.gauge.setAttribute("aria-label", t("gauge-unknown"));
  }

  // --- heat map ------------------------------------------------------------------------------

  const heatKinds = createChoice(
    t("heat-kind"),
    () => {
      showHow();
      heat.ask();
    },
    { hidden: true },
  );
  heatKinds.set(
    [
      { value: "cover", label: t("heat-cover") },
      { value: "gradients", label: t("heat-gradients") },
    ],
    "cover",
  );
  part.heatkinds.append(heatKinds.root);
  const showHow = () => (part.heathow.textContent = t(`heat-how-${heatKinds.value}`));

  async function showHeat({ label, shares, nats }) {
    about = label;
    onabout(label);
    await paint(part.heatbase, question.seen);
    paintHeat(part.heat, shares);
    part.heat.classList.toggle("dg-patches", heatKinds.value === "cover");
    part.heat.setAttribute("aria-label", t("heat-map", { label }));
    part.heattitle.textContent = t("heat-title-class", { label });
    const most = Math.exp((Math.max(...shares) / 100) * nats);
    const factor = number(most, most < 9.95 ? 1 : 0);
    // A factor of a million would say no more than one of a thousand.
    const size = most > 1000 ? "huge" : "measured";
    part.heatfinding.textContent =
      most < 1.05
        ? t("finding-none", { label })
        : t(`finding-${heatKinds.value}`, { label, factor, size });
  }

  function clearHeat() {
    about = "";
    onabout("");
    for (const canvas of [part.heatbase, part.heat]) {
      canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    }
    part.heattitle.textContent = t("heat-title");
    part.heatfinding.textContent = "";
  }

  // --- as each class -------------------------------------------------------------------------

  function layEach() {
    cells.clear();
    for (const name of set.classes) {
      const canvas = h("canvas", {
        class: "dg-pixels",
        width: 32,
        height: 32,
        role: "img",
        "aria-label": t("as-class", { label: name }),
      });
      const bar = h("span", { class: "dg-bar" });
      const value = h("span", { class: "dg-number" });
      const root = h(
        "li",
        {},
        canvas,
        h("span", { class: "dg-name", title: name }, name),
        h("span", { class: "dg-track" }, bar),
        value,
      );
      cells.set(name, { root, canvas, bar, value });
    }
    part.each.replaceChildren(...[...cells.values()].map((cell) => cell.root));
  }

  async function showEach({ grid, nats }) {
    const image = await decoded(grid);
    const worst = Math.min(...Object.values(nats));
    Object.entries(nats).forEach(([name, value], i) => {
      const cell = cells.get(name);
      cut(cell.canvas, image, i);
      const isBest = value === 0;
      cell.root.classList.toggle("dg-top", isBest);
      // The worst keeps a stub: it is not without any probability.
      cell.bar.style.transform = `scaleX(${(isBest ? 1 : 1 - (0.96 * value) / worst).toFixed(4)})`;
      const unit = h("span", { class: "dg-unit" }, t("nats"));
      const behind = { nats: number(value, value > -9.95 ? 1 : 0), unit };
      cell.value.replaceChildren(...(isBest ? [t("best")] : t.nodes("behind", behind)));
    });
  }

  function clearEach() {
    for (const cell of cells.values()) {
      cell.root.classList.remove("dg-top");
      cell.canvas.getContext("2d").clearRect(0, 0, 32, 32);
      cell.bar.style.transform = "scaleX(0)";
      cell.value.textContent = "";
    }
  }

  // --- another class -------------------------------------------------------------------------

  const pair = [0, 1].map(() => {
    const name = h("span", { class: "dg-name" });
    const bar = h("span", { class: "dg-bar" });
    const value = h("span", { class: "dg-number" });
    const root = h("li", {}, name, h("span", { class: "dg-track" }, bar), value);
    part.shares.append(root);
    return { root, name, bar, value };
  });

  function showStep() {
    const step = Number(part.step.value);
    cut(part.changed, change.image, step);
    const names = [change.label, change.target];
    const shares = change.probabilities[step];
    pair.forEach((row, i) => {
      row.name.textContent = names[i];
      row.root.classList.toggle("dg-top", shares[i] > shares[1 - i]);
      row.bar.style.transform = `scaleX(${shares[i].toFixed(4)})`;
      row.value.textContent = percent(shares[i]);
    });
    part.far.textContent = t("far", { step, last: Number(part.step.max) });
    const [share, targetshare] = shares;
    const values = { step, label: change.label, share, target: change.target, targetshare };
    part.step.setAttribute("aria-valuetext", t("step", values));
  }

  async function showChange(answer) {
    change = { ...answer, image: await decoded(answer.grid) };
    part.target.replaceChildren(
      ...set.classes
        .filter((name) => name !== change.label)
        .map((name) => h("option", { value: name }, name)),
    );
    part.target.value = change.target;
    part.target.disabled = part.step.disabled = false;
    const last = change.probabilities.length - 1;
    part.step.max = last;
    part.step.value = 0;
    const doesTurn = change.turning_point <= last;
    part.track.classList.toggle("dg-turning", doesTurn);
    part.track.style.setProperty("--turn", change.turning_point / last);
    part.turns.textContent = doesTurn
      ? t("turns", { step: change.turning_point, target: change.target })
      : t("turns-not", { target: change.target });
    showStep();
  }

  function clearChange() {
    change = null;
    target = "";
    part.changed.getContext("2d").clearRect(0, 0, 32, 32);
    part.target.replaceChildren();
    part.target.disabled = part.step.disabled = true;
    part.track.classList.remove("dg-turning");
    part.turns.textContent = part.far.textContent = "";
    for (const row of pair) {
      row.root.classList.remove("dg-top");
      row.name.textContent = row.value.textContent = "";
      row.bar.style.transform = "scaleX(0)";
    }
  }

  part.step.addEventListener("input", showStep);
  part.target.addEventListener("change", () => {
    target = part.target.value;
    changing.ask();
  });

  // --- the whole -----------------------------------------------------------------------------

  function clear() {
    question = null;
    for (const one of followers) one.clear();
    clearAll();
    clearGauge();
    clearHeat();
    clearEach();
    clearChange();
    neighbours.clear();
  }

  return {
    /** Another data set, model or method: lay out what can be told, in the room that it will take. */
    offer(nextSet, nextModel, nextMethod) {
      const isNewSet = set !== nextSet;
      for (const one of followers) one.clear();
      [set, model, method] = [nextSet, nextModel, nextMethod];
      layMethods();
      if (isNewSet) {
        layEach();
        clear();
        neighbours.rest();
      }
      const scoring = models.oodScore();
      const num = set.classes.length;
      part.gaugeblock.hidden = !scoring;
      part.truth.textContent = scoring ? t("truth-gauged", { num }) : t("truth", { num });
      part.gaugehow.textContent = scoring ? t("gauge-how", { model: scoring.title }) : "";
      const isExplained = model.explained_methods.includes(method);
      part.heattools.hidden = !isExplained;
      part.heatnone.hidden = isExplained;
      if (!isExplained) clearHeat(); // what it shows is of another method
      showHow();
      const drawing = models.likelihoods();
      part.eachblock.hidden = !drawing;
      part.eachhow.textContent = drawing ? t("each-how", { model: drawing.title }) : "";
      const changer = models.counterfactual();
      part.changeblock.hidden = !changer;
      part.changehow.textContent = changer ? t("change-how", { model: changer.title }) : "";
      const comparing = models.features();
      part.nearestblock.hidden = !comparing;
      neighbours.comparedBy(comparing);
      part.why.hidden = !isExplained && !drawing && !changer && !comparing;
    },
    /** The bars were answered: ask for the rest, unless another picture comes at once. */
    ask(request, seen, label) {
      question = { request, seen, label };
      about = target = "";
      askLater();
    },
    /** Another class for the heat map. */
    about(label) {
      about = label;
      heat.ask();
    },
    /** Another question is being asked: what stands here answers the one before. */
    stale() {
      question = null;
      for (const one of followers) one.stale();
    },
    clear,
  };
}
