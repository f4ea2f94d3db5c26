// The curves of training runs: what is recorded of them, chosen, smoothed and drawn.
import { createChart } from "./chart.js";
import { h, tell } from "./base.js";
import { newest } from "./requests.js";
import { smoothed } from "./scales.js";

// [group, title, what it means]
const METRICS = {
  "loss/discriminator": [
    "Losses",
    "Discriminator loss",
    "How badly D tells real pictures from drawn ones. Where D and G are even it stays level; near 0, D has won and G learns little. Of a critic (WGAN, WGAN-GP) it is its mean score of drawn pictures less that of real ones: below 0 where it tells them apart.",
  ],
  "loss/generator": [
    "Losses",
    "Generator loss",
    "How badly the drawn pictures deceive D. It does not fall as a classifier’s loss does: both players get better. Each system has a loss of its own here: compare shapes, not heights.",
  ],
  "loss/class_real": [
    "Losses",
    "Class loss on real pictures",
    "Cross-entropy of D’s class head on training pictures, in nats.",
  ],
  "loss/class_fake": [
    "Losses",
    "Class loss on drawn pictures",
    "Cross-entropy of D’s class head on drawn pictures: low when the generator draws what it was asked for.",
  ],
  "loss/negative_elbo": [
    "Losses",
    "Negative ELBO",
    "The VAE’s whole loss: reconstruction plus KL, in nats a picture. Lower is better.",
  ],
  "loss/reconstruction": [
    "Losses",
    "Reconstruction",
    "How improbable the picture is, given its latent vector, in nats.",
  ],
  "loss/kl": [
    "Losses",
    "KL divergence",
    "How far q(z|x) is from the prior: the nats that the latent vector carries about the picture.",
  ],
  "loss/class": ["Losses", "Class loss", "Cross-entropy on training pictures, in nats."],
  "critic/difference": [
    "Losses",
    "Critic: real less drawn",
    "The critic’s mean score of real pictures less that of drawn ones. Where its slope is held at 1 (WGAN-GP) it estimates the Wasserstein distance, and falls as the samples get better. Of any other critic it has no fixed scale, and may rise meanwhile.",
  ],
  "penalty/r1": [
    "Losses",
    "Gradient penalty R1",
    "How steep D is around real pictures: its squared gradient. It is held low, so that D cannot win outright.",
  ],
  "penalty/r2": [
    "Losses",
    "Gradient penalty R2",
    "How steep D is around drawn pictures: its squared gradient, held low as R1 is around real ones.",
  ],
  "penalty/gradient": [
    "Losses",
    "Gradient penalty, WGAN-GP",
    "How far the critic’s slope is from 1 between real and drawn pictures, squared. Near 0, its difference is an honest Wasserstein distance.",
  ],
  "accuracy/class_real": [
    "Scores",
    "Class accuracy, training pictures",
    "Share of the training batch that D’s class head reads right.",
  ],
  "accuracy/train": [
    "Scores",
    "Accuracy, training pictures",
    "Share of the training batch that is read right.",
  ],
  "validation/accuracy": [
    "Scores",
    "Accuracy, held-out pictures",
    "Share of pictures kept back from training that are read right.",
  ],
  "probability/real": [
    "Scores",
    "D(x): real pictures held real",
    "Mean probability that D gives to real pictures of being real. 0.5 on both sides: D cannot tell.",
  ],
  "probability/fake": [
    "Scores",
    "D(G(z)): drawn pictures held real",
    "Mean probability that D gives to drawn pictures of being real.",
  ],
};

const AGAINST = { step: (r) => r.step, images: (r) => r.images, minutes: (r) => r.seconds / 60 };
const AXES = { step: "steps", images: "images seen", minutes: "minutes" };

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
  const order = Object.keys(METRICS);
  const rank = (name) => order.indexOf(name) + 1 || 1000;
  const names = [...counts.keys()].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  const grouped = { Losses: [], Scores: [] };
  for (const name of names) {
    const group = METRICS[name]?.[0] ?? (name.startsWith("loss") ? "Losses" : "Scores");
    grouped[group].push(h("option", { value: name }, METRICS[name]?.[1] ?? name));
  }
  const kept = select.value;
  select.replaceChildren(
    ...Object.entries(grouped)
      .filter(([, options]) => options.length)
      .map(([label, options]) => h("optgroup", { label }, ...options)),
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
  const axes = Object.entries(AXES).map(([value, words]) => h("option", { value }, words));
  const metric = h("select", {
    "data-ref": "metric",
    onchange() {
      want("");
      plot();
    },
  });
  const against = h("select", { "data-ref": "against", onchange: plot }, ...axes);
  part.settings.prepend(field("What to plot", metric), field("Against", against));
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
      // This may answer what was asked before the runs that are chosen now.
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
    const [, title, meaning] = METRICS[metric.value] ?? ["", metric.value, ""];
    const all = loaded().map((run) => lineOf(run, smoothing));
    const lines = all.filter((line) => line.y.length);
    const missing = all.filter((line) => !line.y.length).map((line) => line.name);
    const words = [meaning];
    if (missing.length) words.push(`Not recorded by ${missing.join(", ")}.`);
    // A critic's loss and that of a saturating G are below 0.
    if (log && lines.some(({ y }) => y.some((value) => value <= 0))) {
      words.push("Values of 0 and below have no place on a log scale.");
    }
    part.meaning.textContent = all.length ? words.join(" ") : "Choose one or more above.";
    chart.draw(lines, {
      xLabel: AXES[against.value],
      yLabel: title,
      isShare: /accuracy|probability/.test(metric.value),
      log,
      marker: marker && place(marker),
    });
    onplot?.(lines, title);
  }

  return { load, plot, want };
}
