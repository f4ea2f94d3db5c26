// The Trust tab: is a confidence to be believed, what is taken for what, what puts a model off, and
// does it tell what is none of its classes.
import t from "../../text/trust.words.js";
import { loadCatalog } from "../../components/catalog.js";
import { createChart } from "../../components/chart.js";
import { createChoice } from "../../components/choice.js";
import { h, refs, tell, whenShown } from "../../components/base.js";
import { percent } from "../../components/figures.js";
import { methodTitle } from "../../components/methods.js";
import { createSetPicker } from "../../components/picker.js";
import { cut, decoded } from "../../components/pictures.js";
import { newest } from "../../components/requests.js";
import { called, DASHES, runPill, runsByName, switched } from "../../components/runs.js";
import { createConfusion } from "./confusion.js";
import { createOod } from "./ood.js";

export async function open(element, server) {
  const part = refs(element);
  const FIRST = ["dcgan", "vae", "ib-vae"]; // what the tab opens on beside the baseline
  const BASELINE = "cnn";
  // Pictures at a confidence whose share is worth a dot, and one of full size.
  const [FEWEST, MANY] = [10, 100];
  const STROKES = ["solid", "dashed", "dotted"]; // DASHES, where a line is a border

  const share = (value) => percent(value, 1);

  // The unit of each corruption's axis; an attack needs gradients.
  const GREY = 255;
  const inGreys = (level) => Math.round(GREY * level);
  const CORRUPTIONS = {
    noise: { unit: (level) => 100 * level },
    blur: { unit: (level) => level },
    rotation: { unit: (level) => level },
    fgsm: { unit: inGreys, isAttack: true },
    pgd: { unit: inGreys, isAttack: true },
  };
  const levelIn = (kind, level) => t(`level-${kind}`, { level, greys: inGreys(level) });

  const catalog = await loadCatalog(element, server, ({ datasets }) =>
    datasets.some((set) => set.models.some((model) => model.methods.length)),
  );
  const MOST = catalog.max_models; // side by side
  const sets = catalog.datasets.filter((set) => set.models.some((model) => model.methods.length));
  const runs = runsByName(catalog.runs);

  let wanted = null; // the data set that was chosen last
  let set = null; // the one that is shown
  // A classifier is a model by one of its methods: what was measured of it, and how it is drawn.
  let classifiers = new Map(); // by "model method"
  let chosen = []; // their keys, the one that was chosen first first
  let previous = []; // "recipe method" of each, for the next data set
  let example = 0; // the number of the picture that is corrupted

  const shown = () =>
    [...classifiers.values()].filter((classifier) => chosen.includes(classifier.key));
  const stroke = (classifier) =>
    h("i", {
      class: "dg-stroke",
      style: `--run:${classifier.color};--stroke:${STROKES[DASHES.indexOf(classifier.dash)]}`,
    });
  const titles = (some) => some.map(({ title }) => title);
  const measure = (name, metrics = "accuracy,robustness") =>
    `python -m dgm.evaluate ${name.includes("/") ? name : `checkpoints/${name}`} --metrics ${metrics} --write`;

  // --- what is looked at ---------------------------------------------------------------------

  const datasets = createSetPicker(sets, open);

  const load = newest(
    server.measured,
    ({ models, availability }, { dataset }) => {
      if (dataset !== wanted.key) return;
      tell(part.line);
      set = wanted;
      example = 0;
      classifiers = new Map(
        models.flatMap(classifiersOf).map((classifier) => [classifier.key, classifier]),
      );
      chosen = beginning();
      mistakes.offer(set, [...classifiers.values()], availability);
      showSwitches();
      show();
    },
    (error, { dataset }) => {
      if (dataset === wanted.key) tell(part.line, error.message);
    },
  );

  function open(next) {
    wanted = next;
    datasets.show(next);
    load({ dataset: next.key });
  }

  /** A model by each of its methods: all have the model's colour, each has a stroke of its own. */
  function classifiersOf({ name, methods, ood }) {
    const run = runs.get(name);
    const recipe = set.models.find((model) => model.name === name)?.recipe;
    if (!recipe) return []; // a model that came since the page was opened
    return methods.map((measured, i) => ({
      ...measured,
      ood,
      key: `${name} ${measured.method}`,
      model: name,
      recipe,
      color: run.color,
      dash: DASHES[(DASHES.indexOf(run.dash) + i) % DASHES.length],
      short: called(run),
      title:
        recipe === BASELINE
          ? called(run)
          : t("model-method", { model: called(run), method: methodTitle(measured.method) }),
    }));
  }

  /** Those that were chosen in the data set before, or what the tab opens on. */
  function beginning() {
    const all = [...classifiers.values()];
    const kept = all.filter((classifier) =>
      previous.includes(`${classifier.recipe} ${classifier.method}`),
    );
    const firstOf = (recipe) => all.find((classifier) => classifier.recipe === recipe);
    const rest = [...FIRST.map(firstOf), ...all].filter(
      (classifier) => classifier && classifier.accuracy !== null,
    );
    const opened = new Set([firstOf(BASELINE), ...kept].filter(Boolean));
    for (const classifier of rest) if (opened.size < MOST) opened.add(classifier);
    return [...opened].slice(0, MOST).map((classifier) => classifier.key);
  }

  let switches = new Map(); // by the key of a classifier: its checkbox

  function showSwitches() {
    switches = new Map();
    part.methods.replaceChildren(
      ...[...classifiers.values()].map((classifier) => {
        const note =
          classifier.recipe === BASELINE ? t("baseline") : methodTitle(classifier.method);
        const named = { ...classifier, name: classifier.key, title: classifier.short };
        const root = runPill(
          named,
          false,
          (isOn) => toggle(classifier, isOn),
          stroke(classifier),
          note,
        );
        switches.set(classifier.key, root.querySelector("input"));
        return root;
      }),
    );
  }

  function toggle(classifier, isOn) {
    const { list, left } = switched(chosen, classifier.key, isOn, MOST);
    chosen = list;
    show();
    const names = left && { left: classifiers.get(left).title, chosen: classifier.title };
    tell(part.notice, left && t("made-room", { most: MOST, ...names }));
  }

  function show() {
    previous = shown().map((classifier) => `${classifier.recipe} ${classifier.method}`);
    for (const [key, input] of switches) input.checked = chosen.includes(key);
    tell(part.notice);
    showReliability();
    mistakes.show(chosen);
    showCorruption();
    showOod();
  }

  // --- confidence and accuracy ---------------------------------------------------------------

  const reliability = createChart(part.reliability);

  /** The bins of a classifier that hold pictures. */
  const binsOf = (classifier) =>
    classifier.reliability
      .map(([count, confidence, correct]) => ({ count, confidence, correct }))
      .filter(({ count }) => count > 0);

  const total = (bins, key) => bins.reduce((sum, one) => sum + one[key], 0);

  function lineOf(classifier) {
    const bins = binsOf(classifier).filter(({ count }) => count >= FEWEST);
    const y = bins.map(({ count, correct }) => (100 * correct) / count);
    return {
      name: classifier.title,
      color: classifier.color,
      dash: classifier.dash,
      x: bins.map(({ count, confidence }) => (100 * confidence) / count),
      y: [],
      smooth: y,
      dots: bins.map(({ count }) => 1.8 + 2.4 * Math.sqrt(Math.min(1, count / MANY))),
      texts: bins.map(({ count, correct }) => t("right-of", { share: correct / count, count })),
    };
  }

  function showReliability() {
    const some = shown().filter((classifier) => classifier.reliability);
    part.surely.hidden = part.suredetails.hidden = !some.length;
    const missing = shown().filter((classifier) => !classifier.reliability);
    tell(part.surenone, notMeasured(missing));
    if (!some.length) return;
    reliability.draw(some.map(lineOf), {
      xLabel: t("sure-axis"),
      yLabel: t("right-axis"),
      xRange: [0, 100],
      yRange: [0, 100],
      diagonal: true,
      aspect: 0.66,
      heading: (x) => t("about-sure", { sure: x / 100 }),
    });
    part.falls.replaceChildren(...some.map(fallsOf));
    part.errors.replaceChildren(...some.map(errorOf));
    showSureTable(some);
  }

  function notMeasured(missing, metrics) {
    if (!chosen.length) return t("choose");
    if (!missing.length) return "";
    const names = [...new Set(missing.map((classifier) => classifier.model))];
    const command = measure(names.length === 1 ? names[0] : "NAME", metrics);
    return t("not-measured", { names: titles(missing), command });
  }

  /** How many pictures fall in each bin, as bars under the curves. */
  function fallsOf(classifier) {
    const most = Math.max(...classifier.reliability.map(([count]) => count));
    const bars = classifier.reliability.map(([count]) =>
      h("i", { style: `height:${count ? Math.max(4, 100 * Math.sqrt(count / most)) : 0}%` }),
    );
    const last = classifier.reliability.at(-1)[0];
    const values = { name: classifier.title, last, count: total(binsOf(classifier), "count") };
    return h(
      "div",
      {
        class: "dg-fall",
        style: `--run:${classifier.color}`,
        role: "img",
        "aria-label": t("last-bar", values),
      },
      ...bars,
    );
  }

  function errorOf(classifier) {
    const bins = binsOf(classifier);
    const count = total(bins, "count");
    const sure = total(bins, "confidence") / count;
    const right = total(bins, "correct") / count;
    const values = { sure, right, points: Math.abs(100 * (sure - right)) };
    const ece = classifier.ece === null ? "–" : share(classifier.ece);
    return h(
      "li",
      {},
      h("h3", {}, stroke(classifier), classifier.title),
      h("p", {}, t(sure > right ? "too-sure" : "too-modest", values)),
      h("p", { class: "dg-soft" }, t(classifier.has_temperature ? "ece-fitted" : "ece", { ece })),
    );
  }

  function showSureTable(some) {
    const most = Math.max(...some.map((classifier) => classifier.reliability.length));
    const rows = [...Array(most).keys()].filter((bin) =>
      some.some((classifier) => classifier.reliability[bin]?.[0]),
    );
    const at = (classifier, bin) => {
      const [count, confidence, correct] = classifier.reliability[bin] ?? [0, 0, 0];
      if (!count) return "–";
      return t("bin-figures", { sure: confidence / count, right: correct / count, count });
    };
    const edge = (bin) => Math.round((100 * bin) / most);
    part.suretable.replaceChildren(
      head(
        t("confidence"),
        some.map((classifier) => classifier.title),
      ),
      h(
        "tbody",
        {},
        ...rows.map((bin) =>
          row(
            t("bin", { from: edge(bin), to: edge(bin + 1) }),
            some.map((classifier) => at(classifier, bin)),
          ),
        ),
      ),
    );
  }

  const head = (first, names) =>
    h(
      "thead",
      {},
      h("tr", {}, ...[first, ...names].map((name) => h("th", { scope: "col" }, name))),
    );
  const row = (first, values) =>
    h("tr", {}, h("th", { scope: "row" }, first), ...values.map((value) => h("td", {}, value)));

  // --- what is taken for what ----------------------------------------------------------------

  const mistakes = createConfusion(part, server, measure);

  // --- made harder to read -------------------------------------------------------------------

  const robustness = createChart(part.robustness);
  const corruptions = createChoice(t("corruption"), showCorruption);
  corruptions.set(
    Object.keys(catalog.corruptions).map((value) => ({ value, label: t(`corruption-${value}`) })),
    "noise",
  );
  part.corruptions.append(corruptions.root);

  /** [[level, accuracy], …] of a classifier, level 0 first: the same pictures as they are, else all. */
  function levelsOf(classifier) {
    const levels = classifier.robustness[corruptions.value] ?? [];
    if (!levels.length || levels[0][0] === 0 || classifier.accuracy === null) return levels;
    return [[0, classifier.accuracy], ...levels];
  }

  function showCorruption() {
    const kind = corruptions.value;
    const { unit } = CORRUPTIONS[kind];
    const title = t(`corruption-${kind}`);
    const some = shown().filter((classifier) => classifier.robustness[kind]);
    const missing = shown().filter((classifier) => !classifier.robustness[kind]);
    part.corruptionwords.textContent = t(`about-${kind}`);
    part.corrupted.hidden = part.corruptiontablebox.hidden = !some.length;
    tell(part.corruptionnone, noCorruption(missing));
    part.corruptionnote.textContent = some.length ? grounds(some) : "";
    showExample();
    if (!some.length) return;
    const lines = some.map((classifier) => {
      const levels = levelsOf(classifier);
      const smooth = levels.map(([, accuracy]) => 100 * accuracy);
      return {
        name: classifier.title,
        color: classifier.color,
        dash: classifier.dash,
        x: levels.map(([level]) => unit(level)),
        y: [],
        smooth,
        dots: smooth.map(() => 4),
        texts: levels.map(([, accuracy]) => share(accuracy)),
      };
    });
    const all = [
      ...new Set(some.flatMap((classifier) => levelsOf(classifier).map(([level]) => level))),
    ];
    all.sort((a, b) => a - b);
    robustness.draw(lines, {
      xLabel: t(`axis-${kind}`),
      yLabel: t("right-axis"),
      xRange: [0, Math.max(...all.map(unit))],
      yRange: [0, 100],
      aspect: 0.6,
      heading(x) {
        const level = all.find((one) => unit(one) >= x);
        return t("level-of", { corruption: title, level: levelIn(kind, level) });
      },
    });
    part.corruptiontable.replaceChildren(
      head(
        title,
        all.map((level) => levelIn(kind, level)),
      ),
      h(
        "tbody",
        {},
        ...some.map((classifier) => {
          const values = new Map(levelsOf(classifier));
          const cells = all.map((level) => (values.has(level) ? share(values.get(level)) : "–"));
          const line = row(classifier.title, cells);
          line.firstElementChild.prepend(stroke(classifier));
          return line;
        }),
      ),
    );
  }

  function noCorruption(missing) {
    const { isAttack } = CORRUPTIONS[corruptions.value];
    const slow = missing.filter((classifier) => isAttack && !classifier.is_attacked);
    const others = missing.filter((classifier) => !slow.includes(classifier));
    const sentences = [];
    if (slow.length) sentences.push(t("not-attacked", { names: titles(slow) }));
    if (others.length || !chosen.length) sentences.push(notMeasured(others));
    return sentences.join(" ");
  }

  /** What the figures rest on, and how far chance may have moved them. */
  function grounds(some) {
    const numOf = (classifier) =>
      Math.min(classifier.num_tested || Infinity, catalog.corruptions[corruptions.value]);
    const count = Math.min(...some.map(numOf));
    const points = Math.round((100 * 1.96 * 0.5) / Math.sqrt(count));
    const sentences = [t("measured-on", { count, points })];
    const borrowed = some.filter((one) => levelsOf(one) !== one.robustness[corruptions.value]);
    if (borrowed.length === some.length) sentences.push(t("level-0"));
    else if (borrowed.length) sentences.push(t("level-0-of", { names: titles(borrowed) }));
    return sentences.join(" ");
  }

  // One picture of the page at each level, and how the first classifier reads it.
  const reader = () =>
    shown().find((one) => one.is_attacked || !CORRUPTIONS[corruptions.value].isAttack) ?? null;

  const sendExample = newest(
    server.corrupt,
    async (answer, request) => {
      if (!isCurrent(request)) return;
      const grid = await decoded(answer.grid);
      if (!isCurrent(request)) return;
      tell(part.shownline);
      const picture = set.examples[example].title;
      part.levels.style.setProperty("--num", answer.levels.length);
      part.levels.replaceChildren(
        ...answer.levels.map((level, i) => {
          const canvas = h("canvas", { class: "dg-pixels", width: 32, height: 32, role: "img" });
          cut(canvas, grid, i);
          const words = level ? levelIn(request.kind, level) : t("as-it-is");
          canvas.setAttribute("aria-label", t("picture-at", { picture, level: words }));
          const isSame = answer.labels[i] === answer.labels[0];
          return h(
            "li",
            { class: isSame ? "" : "dg-other" },
            canvas,
            h("span", { class: "dg-soft" }, words),
            h("strong", {}, answer.labels[i]),
            h("span", { class: "dg-number" }, percent(answer.confidences[i])),
          );
        }),
      );
      part.levels.dataset.shown = JSON.stringify(request); // what the tests wait for
      part.shown.removeAttribute("aria-busy");
    },
    (error, request) => {
      if (!isCurrent(request)) return;
      part.levels.replaceChildren();
      part.shown.removeAttribute("aria-busy");
      tell(part.shownline, error.message);
    },
  );

  const exampleRequest = () => ({
    kind: corruptions.value,
    model: reader()?.model,
    method: reader()?.method,
    example: set.examples[example]?.name,
  });
  const isCurrent = (request) => JSON.stringify(request) === JSON.stringify(exampleRequest());

  function showExample() {
    const classifier = reader();
    part.another.hidden = part.levels.hidden = !classifier || !set.examples.length;
    tell(part.shownline);
    part.showntitle.textContent = classifier
      ? t("example", { name: classifier.title })
      : t("no-example");
    const none = set.examples.length
      ? t("none-attacked")
      : t("no-examples", { dataset: set.title });
    const how = CORRUPTIONS[corruptions.value].isAttack ? t("attack-here") : "";
    tell(part.shownnote, part.levels.hidden ? none : how);
    if (part.levels.hidden) return;
    if (part.levels.dataset.shown === JSON.stringify(exampleRequest())) return;
    part.shown.setAttribute("aria-busy", "true");
    sendExample(exampleRequest());
  }

  part.another.addEventListener("click", () => {
    example = (example + 1) % set.examples.length;
    showExample();
  });

  // --- pictures of another kind ----------------------------------------------------------------

  const oodCard = createOod(part, { head, row, stroke });

  /** A score is the model's and not a method's: each of the chosen models once. */
  function showOod() {
    const models = new Map();
    for (const classifier of shown()) {
      const { model, short, recipe, color, dash, ood } = classifier;
      if (!models.has(model))
        models.set(model, { model, title: short, recipe, color, dash, ...ood });
    }
    const all = [...models.values()];
    const some = all.filter(({ kinds }) => kinds.length);
    tell(
      part.knowsnone,
      notMeasured(
        all.filter(({ kinds }) => !kinds.length),
        "ood",
      ),
    );
    oodCard.show(some, set);
  }

  // --- begin ---------------------------------------------------------------------------------

  part.upto.textContent = t("methods", { most: MOST });
  part.sets.append(datasets.root);
  whenShown(element, () => {
    const next = datasets.wanted(wanted);
    if (next !== wanted) open(next);
  });
}
