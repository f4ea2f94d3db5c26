// What follows the bars of the Classify tab: all ways side by side, the gauge of what is strange,
// and why. Each part is a request of its own, sent one after another once the bars are there.
import { createChoice } from "../../components/choice.js";
import { h, tell } from "../../components/base.js";
import { percent } from "../../components/figures.js";
import { methodTitle } from "../../components/methods.js";
import { createNeighbours } from "../../components/neighbours.js";
import { cut, decoded, paint } from "../../components/pictures.js";
import { later, newest } from "../../components/requests.js";
export function createReasons(part, server, onabout) {
  const PAUSE = 350; // ms without another picture, before anything is asked
  // Strangeness, in units of what 95 % of real pictures stay under. The second mark, where "unusual"
  // becomes "unlike", is a choice that few real pictures lie beyond; the scale ends at the third.
  const [USUAL, TRUSTED, STRANGEST] = [1, 1.25, 2.5];
  const FOR = [255, 138, 20];
  const AGAINST = [72, 140, 255];
  const STRONGEST = 0.85; // opacity: the picture under the heat map stays to be seen

  const HEAT_HOW = {
    cover:
      "One patch after another is painted over with the picture’s mean colour, and the model is asked again: where its answer suffers, there was a reason.",
    gradients:
      "The picture is faded in from its mean colour, and on the way each pixel is asked how much it moves the answer (integrated gradients).",
  };

  let set = null;
  let model = null;
  let method = "";
  let question = null; // { request, seen, label }: the picture that was answered last
  let about = ""; // the class that the heat map speaks of; "" is the likeliest
  let target = ""; // what the picture is to become; "" is the second likeliest
  let change = null; // the answer under the slider, and its `image`
  const rows = new Map(); // "model method" -> its row in the list of all ways
  const cells = new Map(); // class name -> its cell in the strip

  /** The model asked: the chosen one if it can, else that whose class is in its prior, else any. */
  const whose = (can) =>
    [model, ...set.models.filter((m) => m.has_counterfactuals), ...set.models].find(can);
  const judge = {
    strange: () => whose((m) => m.has_ood_score),
    each: () => whose((m) => m.has_likelihood),
    change: () => whose((m) => m.has_counterfactuals),
    near: () => whose((m) => m.has_features),
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
        const asked = request();
        if (!question || !asked) return;
        block.setAttribute("aria-busy", "true");
        await send({ ...question.request, ...asked, number: ++number });
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
    part.allways,
    part.allline,
    server.compare,
    () => (rows.size > 1 ? { dataset: set.key, model: model.name } : null),
    showAll,
  );
  const gauge = follower(
    part.gaugeblock,
    part.gaugeline,
    server.ood_score,
    () => (judge.strange() ? { model: judge.strange().name } : null),
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
    () => (judge.each() ? { model: judge.each().name } : null),
    showEach,
  );
  const changing = follower(
    part.changeblock,
    part.changeline,
    server.counterfactual,
    () => (judge.change() ? { model: judge.change().name, target } : null),
    showChange,
  );
  const near = follower(
    part.nearestblock,
    part.nearestline,
    server.nearest,
    () => (judge.near() ? { model: judge.near().name } : null),
    (answer) => neighbours.show(set, answer, { label: question.label, model: model.title }),
    () => neighbours.fail(),
  );
  const neighbours = createNeighbours(part, server, () => near.ask());
  const followers = [all, gauge, heat, each, changing, near];

  const askLater = later(async () => {
    const mine = question;
    for (const one of followers) {
      if (!mine || question !== mine) return; // another picture is being asked about
      await one.ask();
    }
  }, PAUSE);

  // --- all ways ------------------------------------------------------------------------------

  const key = (name, way) => `${name} ${way}`;

  function layWays() {
    const models = set.models.filter((m) => m.shipped || m.name === model.name);
    const ways = models.flatMap((m) => m.methods.map((way) => ({ model: m, way })));
    const wanted = ways.map((one) => key(one.model.name, one.way));
    if (JSON.stringify(wanted) !== JSON.stringify([...rows.keys()])) {
      rows.clear();
      for (const one of ways) {
        const label = h("strong", {}, "…");
        const value = h("span", { class: "dg-number" });
        const words = [methodTitle(one.way), one.model.note].filter(Boolean);
        const name = h("span", {}, one.model.title, h("small", {}, words.join(" · ")));
        rows.set(key(one.model.name, one.way), {
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
    part.allways.hidden = rows.size < 2;
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
    const [[most, num], ...others] = [...counts].sort((a, b) => b[1] - a[1]);
    const rest = others.map(([label, n]) => `${n} ${n === 1 ? "says" : "say"} ${label}`);
    part.tally.textContent = others.length
      ? `${[`${num} of ${predictions.length} ways ${num === 1 ? "says" : "say"} ${most}`, ...rest].join(", ")}.`
      : `All ${predictions.length} ways say ${most}.`;
  }

  function clearAll() {
    part.tally.textContent = "";
    for (const row of rows.values()) {
      row.root.classList.remove("dg-agrees", "dg-differs");
      row.label.textContent = "–";
      row.value.textContent = "";
    }
  }

  // --- is it strange? ------------------------------------------------------------------------

  function showGauge({ value }) {
    const verdict = value <= USUAL ? "usual" : value <= TRUSTED ? "unusual" : "strange";
    const words = {
      usual: "Like what it was trained on.",
      unusual: "Unusual: look twice at the answer.",
      strange: "Like nothing it was trained on: do not trust the answer.",
    };
    part.gaugeblock.dataset.verdict = verdict;
    part.gaugesays.textContent = words[verdict];
    part.pointer.hidden = false;
    part.pointer.style.left = `${Math.min(100, (100 * value) / STRANGEST)}%`;
    const times = `${value.toFixed(1)} times as far as the mark`;
    part.gauge.setAttribute("aria-label", `How strange the picture is: ${times}`);
  }

  function clearGauge() {
    delete part.gaugeblock.dataset.verdict;
    part.gaugesays.textContent = "";
    part.pointer.hidden = true;
    part.gauge.setAttribute("aria-label", "How strange the picture is: not known yet");
  }

  // --- heat map ------------------------------------------------------------------------------

  const heatKinds = createChoice(
    "How to find out",
    () => {
      sayHow();
      heat.ask();
    },
    { hidden: true },
  );
  heatKinds.set(
    [
      { value: "cover", label: "Cover and see" },
      { value: "gradients", label: "Gradients" },
    ],
    "cover",
  );
  part.heatways.append(heatKinds.root);
  const sayHow = () => (part.heathow.textContent = HEAT_HOW[heatKinds.value]);

  /** 12.3 -> "12"; a factor of a million would say no more than one of a thousand. */
  const times = (factor) => (factor > 1000 ? "over 1,000" : factor.toFixed(factor < 9.95 ? 1 : 0));

  async function showHeat({ label, shares, nats }) {
    about = label;
    onabout(label);
    await paint(part.heatbase, question.seen);
    const pen = part.heat.getContext("2d");
    const map = pen.createImageData(32, 32);
    shares.forEach((share, i) => {
      map.data.set(share > 0 ? FOR : AGAINST, 4 * i);
      map.data[4 * i + 3] = 255 * STRONGEST * (Math.abs(share) / 100) ** 0.8;
    });
    pen.putImageData(map, 0, 0);
    part.heat.classList.toggle("dg-patches", heatKinds.value === "cover");
    part.heat.setAttribute("aria-label", `Heat map: what speaks for and against ${label}`);
    part.heattitle.textContent = `What speaks for ${label}, and where`;
    const most = Math.exp((Math.max(...shares) / 100) * nats);
    part.heatsays.textContent =
      most < 1.05
        ? `No single place matters much for ${label}: the map shows what little there is.`
        : heatKinds.value === "cover"
          ? `Covering the strongest place makes ${label} ${times(most)} times less likely.`
          : `The strongest pixel makes ${label} ${times(most)} times likelier.`;
  }

  function clearHeat() {
    about = "";
    onabout("");
    for (const canvas of [part.heatbase, part.heat]) {
      canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    }
    part.heattitle.textContent = "What speaks for it, and where";
    part.heatsays.textContent = "";
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
        "aria-label": `Your picture as ${name}`,
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
      const behind = (-value).toFixed(value > -9.95 ? 1 : 0);
      cell.value.replaceChildren(
        ...(isBest ? ["best"] : [`−${behind}`, h("span", { class: "dg-unit" }, " nats")]),
      );
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
    part.far.textContent = `${step} of ${part.step.max}`;
    const words = names.map((name, i) => `${name} ${percent(shares[i])}`);
    part.step.setAttribute("aria-valuetext", `Step ${step}: ${words.join(", ")}`);
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
      ? `At the mark, step ${change.turning_point}, the answer turns to ${change.target}.`
      : `On this way another class comes first: it is never said to be ${change.target}.`;
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
    /** Another data set, model or way: lay out what can be told, in the room that it will take. */
    offer(nextSet, nextModel, nextMethod) {
      const isNewSet = set !== nextSet;
      for (const one of followers) one.clear();
      [set, model, method] = [nextSet, nextModel, nextMethod];
      layWays();
      if (isNewSet) {
        layEach();
        clear();
        neighbours.rest();
      }
      const strange = judge.strange();
      part.gaugeblock.hidden = !strange;
      part.truth.textContent = strange
        ? `It knows these ${set.classes.length} classes and must answer with one of them, whatever you show it. Is your picture of their kind at all?`
        : `It knows these ${set.classes.length} classes and nothing else: whatever you show it, it must answer with one of them.`;
      part.gaugehow.textContent = strange
        ? `${strange.title} compares your picture’s features with those of its training pictures. Of 100 real ones, 95 lie left of the mark.`
        : "";
      const isExplained = model.explained_methods.includes(method);
      part.heattools.hidden = !isExplained;
      part.heatnone.hidden = isExplained;
      if (!isExplained) clearHeat(); // what it says is of another way
      sayHow();
      const teller = judge.each();
      part.eachblock.hidden = !teller;
      part.eachhow.textContent = teller
        ? `log p(x | y): how well each class’s own model explains your picture. ${teller.title} draws it as each class; the bars say by how many nats a class is behind the best.`
        : "";
      const changer = judge.change();
      part.changeblock.hidden = !changer;
      part.changehow.textContent = changer
        ? `${changer.title} describes your picture by a few numbers. They are moved the shortest way to the other class, and beyond.`
        : "";
      const eye = judge.near();
      part.nearestblock.hidden = !eye;
      neighbours.comparedBy(eye);
      part.why.hidden = !isExplained && !teller && !changer && !eye;
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
