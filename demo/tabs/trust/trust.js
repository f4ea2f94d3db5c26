// The Trust tab: is a confidence to be believed, what is taken for what, what puts a model off, and
// does it tell what is none of its classes.
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

  const share = (value) => `${(100 * value).toFixed(1)}\u00a0%`;
  const whole = (value) => Math.round(value).toLocaleString("en");

  // How a level is told, its axis in the same unit, and what the corruption is.
  const GREY = 255;
  const inGreys = (level) => Math.round(GREY * level);
  const CORRUPTIONS = {
    noise: {
      title: "Noise",
      unit: (level) => 100 * level,
      tell: (level) => `${Math.round(100 * level)}\u00a0%`,
      axis: "standard deviation of the noise, in %",
      words:
        "Every value of the picture is moved up or down by chance, as by a camera in the dark; 100 % is the way from black to white.",
    },
    blur: {
      title: "Blur",
      unit: (level) => level,
      tell: (level) => `${level} px`,
      axis: "standard deviation of the blur, in pixels",
      words: "Every pixel takes on what is around it, as when a lens is out of focus.",
    },
    rotation: {
      title: "Rotation",
      unit: (level) => level,
      tell: (level) => `${level}°`,
      axis: "degrees",
      words: "The whole picture is turned: of those measured, every other one to the left.",
    },
    fgsm: {
      title: "FGSM",
      unit: inGreys,
      tell: (level) => `${inGreys(level)}/${GREY}`,
      axis: `largest change of a value, of ${GREY}`,
      isAttack: true,
      words:
        "An attack in one step (Goodfellow et al. 2015): this very model is asked of each value whether up or down makes the right class less likely, and all are moved that way by the same small amount.",
    },
    pgd: {
      title: "PGD",
      unit: inGreys,
      tell: (level) => `${inGreys(level)}/${GREY}`,
      axis: `largest change of a value, of ${GREY}`,
      isAttack: true,
      words:
        "The same attack in ten smaller steps (Madry et al. 2018), and this very model is asked anew before each: no value moves further than by FGSM, but in a direction that was found with more care.",
    },
  };

  const catalog = await loadCatalog(element, server, (found) =>
    found.datasets.some((set) => set.models.some((model) => model.methods.length)),
  );
  const MOST = catalog.max_models; // ways side by side
  const sets = catalog.datasets.filter((set) => set.models.some((model) => model.methods.length));
  const runs = runsByName(catalog.runs);

  let asked = null; // the data set that was asked for last
  let set = null; // the one that is shown
  let ways = new Map(); // "model method" -> what was measured of it, and how it is drawn
  let chosen = []; // their keys, the one that was chosen first first
  let before = []; // "recipe method" of each, for the next data set
  let example = 0; // the number of the picture that is corrupted

  const shown = () => [...ways.values()].filter((way) => chosen.includes(way.key));
  const stroke = (way) =>
    h("i", {
      class: "dg-stroke",
      style: `--run:${way.color};--stroke:${STROKES[DASHES.indexOf(way.dash)]}`,
    });
  const listed = (some) => some.map((way) => way.title).join(", ");
  const measure = (name, metrics = "accuracy,robustness") =>
    `python -m dgm.evaluate ${name.includes("/") ? name : `checkpoints/${name}`} --metrics ${metrics} --write`;

  // --- what is looked at ---------------------------------------------------------------------

  const datasets = createSetPicker(sets, open);

  const load = newest(
    server.measured,
    ({ models, availability }, { dataset }) => {
      if (dataset !== asked.key) return;
      tell(part.line);
      set = asked;
      example = 0;
      ways = new Map(models.flatMap(waysOf).map((way) => [way.key, way]));
      chosen = beginning();
      mistakes.offer(set, [...ways.values()], availability);
      layWays();
      show();
    },
    (error, { dataset }) => {
      if (dataset === asked.key) tell(part.line, error.message);
    },
  );

  function open(next) {
    asked = next;
    datasets.show(next);
    load({ dataset: next.key });
  }

  /** A model's ways: each has the model's colour, and its own stroke. */
  function waysOf({ name, methods, ood }) {
    const run = runs.get(name);
    const recipe = set.models.find((model) => model.name === name)?.recipe;
    if (!recipe) return []; // a model that came since the page was opened
    return methods.map((way, i) => ({
      ...way,
      ood,
      key: `${name} ${way.method}`,
      model: name,
      recipe,
      color: run.color,
      dash: DASHES[(DASHES.indexOf(run.dash) + i) % DASHES.length],
      short: called(run),
      title: recipe === BASELINE ? called(run) : `${called(run)} · ${methodTitle(way.method)}`,
    }));
  }

  /** Those that were chosen in the data set before, or what the tab opens on. */
  function beginning() {
    const all = [...ways.values()];
    const kept = all.filter((way) => before.includes(`${way.recipe} ${way.method}`));
    const firstOf = (recipe) => all.find((way) => way.recipe === recipe);
    const rest = [...FIRST.map(firstOf), ...all].filter((way) => way && way.accuracy !== null);
    const found = new Set([firstOf(BASELINE), ...kept].filter(Boolean));
    for (const way of rest) if (found.size < MOST) found.add(way);
    return [...found].slice(0, MOST).map((way) => way.key);
  }

  let switches = new Map(); // key of a way -> its checkbox

  function layWays() {
    switches = new Map();
    part.ways.replaceChildren(
      ...[...ways.values()].map((way) => {
        const note = way.recipe === BASELINE ? "baseline" : methodTitle(way.method);
        const named = { ...way, name: way.key, title: way.short };
        const root = runPill(named, false, (isOn) => toggle(way, isOn), stroke(way), note);
        switches.set(way.key, root.querySelector("input"));
        return root;
      }),
    );
  }

  function toggle(way, isOn) {
    const { list, left } = switched(chosen, way.key, isOn, MOST);
    chosen = list;
    show();
    const words = left && `Only ${MOST} fit: ${ways.get(left).title} made room for ${way.title}.`;
    tell(part.said, words ?? "");
  }

  function show() {
    before = shown().map((way) => `${way.recipe} ${way.method}`);
    for (const [key, input] of switches) input.checked = chosen.includes(key);
    tell(part.said);
    showReliability();
    mistakes.show(chosen);
    showCorruption();
    showOod();
  }

  // --- confidence and accuracy ---------------------------------------------------------------

  const reliability = createChart(part.reliability);

  /** The bins of a way that hold pictures. */
  const binsOf = (way) =>
    way.reliability
      .map(([count, confidence, correct]) => ({ count, confidence, correct }))
      .filter(({ count }) => count > 0);

  const total = (bins, key) => bins.reduce((sum, one) => sum + one[key], 0);

  function lineOf(way) {
    const bins = binsOf(way).filter(({ count }) => count >= FEWEST);
    const y = bins.map(({ count, correct }) => (100 * correct) / count);
    return {
      name: way.title,
      color: way.color,
      dash: way.dash,
      x: bins.map(({ count, confidence }) => (100 * confidence) / count),
      y: [],
      smooth: y,
      dots: bins.map(({ count }) => 1.8 + 2.4 * Math.sqrt(Math.min(1, count / MANY))),
      says: bins.map(({ count }, i) => `${y[i].toFixed(0)} % of ${whole(count)}`),
    };
  }

  function showReliability() {
    const some = shown().filter((way) => way.reliability);
    part.surely.hidden = part.suredetails.hidden = !some.length;
    const missing = shown().filter((way) => !way.reliability);
    tell(part.surenone, notMeasured(missing));
    if (!some.length) return;
    reliability.draw(some.map(lineOf), {
      xLabel: "how sure it says it is, in %",
      yLabel: "How many it reads right, in %",
      xRange: [0, 100],
      yRange: [0, 100],
      diagonal: true,
      aspect: 0.66,
      heading: (x) => `About ${Math.round(x)} % sure: right`,
    });
    part.falls.replaceChildren(...some.map(fallsOf));
    part.errors.replaceChildren(...some.map(errorOf));
    showSureTable(some);
  }

  function notMeasured(missing, metrics) {
    if (!chosen.length) return "Choose a way of classifying above.";
    if (!missing.length) return "";
    const names = [...new Set(missing.map((way) => way.model))];
    const command = measure(names.length === 1 ? names[0] : "NAME", metrics);
    return `Not measured yet: ${listed(missing)}. ${command}`;
  }

  /** How many pictures fall in each bin, as bars under the curves. */
  function fallsOf(way) {
    const most = Math.max(...way.reliability.map(([count]) => count));
    const bars = way.reliability.map(([count]) =>
      h("i", { style: `height:${count ? Math.max(4, 100 * Math.sqrt(count / most)) : 0}%` }),
    );
    const last = way.reliability.at(-1)[0];
    const words = `${way.title}: ${whole(last)} of ${whole(total(binsOf(way), "count"))} pictures are in the last bar`;
    return h(
      "div",
      { class: "dg-fall", style: `--run:${way.color}`, role: "img", "aria-label": words },
      ...bars,
    );
  }

  function errorOf(way) {
    const bins = binsOf(way);
    const count = total(bins, "count");
    const says = total(bins, "confidence") / count;
    const holds = total(bins, "correct") / count;
    const points = Math.abs(100 * (says - holds)).toFixed(1);
    const verdict = `too ${says > holds ? "sure" : "modest"} by ${points} points`;
    const fitted = way.has_temperature
      ? "after a temperature was fitted"
      : "no temperature was fitted";
    return h(
      "li",
      {},
      h("h3", {}, stroke(way), way.title),
      h("p", {}, `${share(says)} sure on average, ${share(holds)} right: ${verdict}.`),
      h(
        "p",
        { class: "dg-soft" },
        `Expected calibration error ${way.ece === null ? "–" : share(way.ece)}, ${fitted}.`,
      ),
    );
  }

  function showSureTable(some) {
    const most = Math.max(...some.map((way) => way.reliability.length));
    const rows = [...Array(most).keys()].filter((bin) =>
      some.some((way) => way.reliability[bin]?.[0]),
    );
    const at = (way, bin) => {
      const [count, confidence, correct] = way.reliability[bin] ?? [0, 0, 0];
      if (!count) return "–";
      return `${share(confidence / count)} sure, ${share(correct / count)} right, of ${whole(count)}`;
    };
    const edge = (bin) => Math.round((100 * bin) / most);
    part.suretable.replaceChildren(
      head(
        "Confidence",
        some.map((way) => way.title),
      ),
      h(
        "tbody",
        {},
        ...rows.map((bin) =>
          row(
            `${edge(bin)} to ${edge(bin + 1)} %`,
            some.map((way) => at(way, bin)),
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
  const corruptions = createChoice("What is done to the pictures", showCorruption);
  corruptions.set(
    Object.keys(catalog.corruptions).map((value) => ({ value, label: CORRUPTIONS[value].title })),
    "noise",
  );
  part.corruptions.append(corruptions.root);

  /** [[level, accuracy], …] of a way, level 0 first: the same pictures as they are, else all. */
  function levelsOf(way) {
    const levels = way.robustness[corruptions.value] ?? [];
    if (!levels.length || levels[0][0] === 0 || way.accuracy === null) return levels;
    return [[0, way.accuracy], ...levels];
  }

  function showCorruption() {
    const corruption = CORRUPTIONS[corruptions.value];
    const some = shown().filter((way) => way.robustness[corruptions.value]);
    const missing = shown().filter((way) => !way.robustness[corruptions.value]);
    part.corruptionwords.textContent = corruption.words;
    part.corrupted.hidden = part.corruptiontablebox.hidden = !some.length;
    tell(part.corruptionnone, noCorruption(corruption, missing));
    part.corruptionnote.textContent = some.length ? grounds(some) : "";
    showExample();
    if (!some.length) return;
    const lines = some.map((way) => {
      const levels = levelsOf(way);
      const smooth = levels.map(([, accuracy]) => 100 * accuracy);
      return {
        name: way.title,
        color: way.color,
        dash: way.dash,
        x: levels.map(([level]) => corruption.unit(level)),
        y: [],
        smooth,
        dots: smooth.map(() => 4),
        says: smooth.map((value) => `${value.toFixed(1)} %`),
      };
    });
    const all = [...new Set(some.flatMap((way) => levelsOf(way).map(([level]) => level)))];
    all.sort((a, b) => a - b);
    robustness.draw(lines, {
      xLabel: corruption.axis,
      yLabel: "How many it reads right, in %",
      xRange: [0, Math.max(...all.map(corruption.unit))],
      yRange: [0, 100],
      aspect: 0.6,
      heading: (x) =>
        `${corruption.title} ${corruption.tell(all.find((level) => corruption.unit(level) >= x))}`,
    });
    part.corruptiontable.replaceChildren(
      head(corruption.title, all.map(corruption.tell)),
      h(
        "tbody",
        {},
        ...some.map((way) => {
          const values = new Map(levelsOf(way));
          const cells = all.map((level) => (values.has(level) ? share(values.get(level)) : "–"));
          const line = row(way.title, cells);
          line.firstElementChild.prepend(stroke(way));
          return line;
        }),
      ),
    );
  }

  function noCorruption(corruption, missing) {
    const slow = missing.filter((way) => corruption.isAttack && !way.is_attacked);
    const others = missing.filter((way) => !slow.includes(way));
    const words = [];
    if (slow.length) {
      words.push(
        `${listed(slow)}: not attacked. Each answer takes 80 drawings, and an attack would need their gradients many times over.`,
      );
    }
    if (others.length || !chosen.length) words.push(notMeasured(others));
    return words.join(" ");
  }

  /** What the figures rest on, and how far chance may have moved them. */
  function grounds(some) {
    const of = (way) =>
      Math.min(way.num_tested || Infinity, catalog.corruptions[corruptions.value]);
    const num = Math.min(...some.map(of));
    const points = ((100 * 1.96 * 0.5) / Math.sqrt(num)).toFixed(0);
    const words = [
      `Measured on the first ${whole(num)} test pictures: by chance alone each accuracy may be up to ${points} points off (95 % interval).`,
    ];
    const borrowed = some.filter((way) => levelsOf(way) !== way.robustness[corruptions.value]);
    if (borrowed.length) {
      const whose = borrowed.length < some.length ? ` of ${listed(borrowed)}` : "";
      words.push(
        `At level 0 stands the accuracy${whose} on all test pictures, not on these alone.`,
      );
    }
    return words.join(" ");
  }

  // One picture of the page at each level, and what the first way says of it.
  const judge = () =>
    shown().find((way) => way.is_attacked || !CORRUPTIONS[corruptions.value].isAttack) ?? null;

  const sendExample = newest(
    server.corrupt,
    async (answer, asked) => {
      if (!isCurrent(asked)) return;
      const grid = await decoded(answer.grid);
      if (!isCurrent(asked)) return;
      tell(part.shownline);
      const { tell: told } = CORRUPTIONS[asked.kind];
      part.levels.style.setProperty("--num", answer.levels.length);
      part.levels.replaceChildren(
        ...answer.levels.map((level, i) => {
          const canvas = h("canvas", { class: "dg-pixels", width: 32, height: 32, role: "img" });
          cut(canvas, grid, i);
          const words = level ? told(level) : "as it is";
          canvas.setAttribute("aria-label", `${set.examples[example].title}, ${words}`);
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
      part.levels.dataset.shown = JSON.stringify(asked); // what the tests wait for
      part.shown.removeAttribute("aria-busy");
    },
    (error, asked) => {
      if (!isCurrent(asked)) return;
      part.levels.replaceChildren();
      part.shown.removeAttribute("aria-busy");
      tell(part.shownline, error.message);
    },
  );

  const exampleRequest = () => ({
    kind: corruptions.value,
    model: judge()?.model,
    method: judge()?.method,
    example: set.examples[example]?.name,
  });
  const isCurrent = (asked) => JSON.stringify(asked) === JSON.stringify(exampleRequest());

  function showExample() {
    const way = judge();
    part.another.hidden = part.levels.hidden = !way || !set.examples.length;
    tell(part.shownline);
    part.showntitle.textContent = way ? `What ${way.title} says` : "What it looks like";
    const none = set.examples.length
      ? "None of the chosen ways can be attacked while you wait."
      : `The page has no example picture of ${set.title}.`;
    const how = CORRUPTIONS[corruptions.value].isAttack
      ? "Here the attack goes against what it says of the picture as it is."
      : "";
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

  /** A score asks the model and not one of its ways: each of the chosen models once. */
  function showOod() {
    const models = new Map();
    for (const way of shown()) {
      const { model, short, recipe, color, dash, ood } = way;
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

  part.upto.textContent = `Ways of classifying, up to ${MOST}`;
  part.sets.append(datasets.root);
  whenShown(element, () => {
    const next = datasets.wanted(asked);
    if (next !== asked) open(next);
  });
}
