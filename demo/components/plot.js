// The curves of training runs: what is recorded of them, chosen, smoothed and drawn.
import t from "../text/plot.words.js";
import { h, tell } from "./base.js";
import { createChart } from "./chart.js";
import { newest } from "./requests.js";
import { smoothed } from "./scales.js";

// What may be recorded of a run, in the order in which it is offered.
const METRICS = {
  losses: [
    "loss/discriminator",
    "loss/generator",
    "loss/class_real",
    "loss/class_fake",
    "loss/negative_elbo",
    "loss/reconstruction",
    "loss/kl",
    "loss/class",
    "critic/difference",
    "penalty/r1",
    "penalty/r2",
    "penalty/gradient",
  ],
  scores: [
    "accuracy/class_real",
    "accuracy/train",
    "validation/accuracy",
    "probability/real",
    "probability/fake",
  ],
};
export const ORDER = Object.values(METRICS).flat();
const isKnown = (metric) => ORDER.includes(metric);
/** What a metric is called. */
export const titleOf = (metric) => (isKnown(metric) ? t(`title-${metric}`) : metric);
export const meaningOf = (metric) => (isKnown(metric) ? t(`meaning-${metric}`) : "");

const AGAINST = { step: (r) => r.step, images: (r) => r.images, minutes: (r) => r.seconds / 60 };

/**
 * Offer in a select what runs have recorded, each given as its list of records. What was chosen
 * stays chosen where it can, else it is what most of the runs have in common.
 */
function offer(select, lists) {
  const counts = new Map();
  for (const list of lists) {
    for (const name of new Set(list.flatMap(Object.keys))) {
      if (!["step", "images", "seconds"].includes(name))
        counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  const rank = (name) => ORDER.indexOf(name) + 1 || 1000;
  const names = [...counts.keys()].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  const grouped = { losses: [], scores: [] };
  for (const name of names) {
    const isLoss = METRICS.losses.includes(name) || name.startsWith("loss");
    const group = isLoss && !METRICS.scores.includes(name) ? "losses" : "scores";
    grouped[group].push(h("option", { value: name }, titleOf(name)));
  }
  const kept = select.value;
  select.replaceChildren(
    ...Object.entries(grouped)
      .filter(([, options]) => options.length)
      .map(([group, options]) => h("optgroup", { label: t(`group-${group}`) }, ...options)),
  );
  const most = Math.max(0, ...counts.values());
  select.value = counts.has(kept) ? kept : (names.find((n) => counts.get(n) === most) ?? "");
}

const field = (words, select) => h("label", { class: "dg-field" }, h("span", {}, words), select);

/**
 * The curves of a tab: what to plot of its chosen runs and against what, drawn in a chart.
 * `part` has the tab's `settings`, `meaning`, `line` and `chart`. `chosen()` gives the runs,
 * `called(run)` its name, and `look()` how they are drawn: { smoothing, log, marker }, the marker
 * a { name, step } or null. `onplot(lines, title)` is called after each drawing.
 */
export function createPlot(part, server, { chosen, called, look, onplot = undefined }) {
  const records = new Map(); // name -> the run's records
  const axes = Object.keys(AGAINST).map((value) => h("option", { value }, t(`axis-${value}`)));
  const metric = h("select", {
    "data-ref": "metric",
    onchange() {
      want("");
      plot();
    },
  });
  const against = h("select", { "data-ref": "against", onchange: plot }, ...axes);
  part.settings.prepend(field(t("what"), metric), field(t("against"), against));
  const chart = createChart(part.chart);
  const loaded = () => chosen().filter((run) => records.has(run.name));
  let wanted = ""; // a metric to be chosen once its runs are there

  const load = newest(
    async () => {
      const missing = chosen().filter((run) => !records.has(run.name));
      const names = missing.map((run) => run.name);
      return names.length ? server.curves({ runs: names }) : { runs: {} };
    },
    ({ runs }) => {
      for (const [name, list] of Object.entries(runs)) records.set(name, list);
      tell(part.line);
      const runsThere = loaded();
      offer(
        metric,
        runsThere.map((run) => records.get(run.name)),
      );
      if (metric.querySelector(`option[value="${wanted}"]`)) metric.value = wanted;
      // This may answer a request of before the present choice of runs.
      if (runsThere.length === chosen().length) wanted = "";
      plot();
    },
    (error) => tell(part.line, error.message),
  );

  /** Choose a metric once a run that records it is loaded. */
  function want(name) {
    wanted = name;
  }

  function lineOf(run, smoothing) {
    const rows = records.get(run.name).filter((r) => Number.isFinite(r[metric.value]));
    const y = rows.map((r) => r[metric.value]);
    const x = rows.map(AGAINST[against.value]);
    const { color, dash } = run;
    return { name: called(run), color, dash, x, y, smooth: smoothed(y, smoothing) };
  }

  /** Where on the axis a run stood at a step, or null where it is not shown. */
  function place({ name, step }) {
    const run = loaded().find((one) => one.name === name);
    const row = run && records.get(name).find((r) => r.step >= step);
    return row ? (step === 0 ? 0 : AGAINST[against.value](row)) : null;
  }

  function plot() {
    const { smoothing, log = false, marker = null } = look();
    const title = titleOf(metric.value);
    const all = loaded().map((run) => lineOf(run, smoothing));
    const lines = all.filter((line) => line.y.length);
    const missing = all.filter((line) => !line.y.length).map((line) => line.name);
    const words = [meaningOf(metric.value)];
    if (missing.length) words.push(t("not-recorded", { names: missing }));
    // A critic's loss and that of a saturating G are below 0.
    if (log && lines.some(({ y }) => y.some((value) => value <= 0))) {
      words.push(t("below-0"));
    }
    part.meaning.textContent = all.length ? words.join(" ") : t("none");
    chart.draw(lines, {
      xLabel: t(`axis-${against.value}`),
      yLabel: title,
      isShare: /accuracy|probability/.test(metric.value),
      log,
      marker: marker && place(marker),
    });
    onplot?.(lines, title);
  }

  return { load, plot, want };
}
