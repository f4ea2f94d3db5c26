// The Curves tab: the records of training runs, and what they drew on the way.
"use strict";

studio.curves = async (element, server) => {
  const { h, newest, tell } = studio;
  const part = studio.refs(element);
  const NUM_COLORS = 12; // --dg-run-1 … in the style sheet
  const DASHES = ["", "7 4", "2 4"]; // a thirteenth run has the first colour again, dashed

  // [group, title, what it means]
  const METRICS = {
    "loss/discriminator": [
      "Losses",
      "Discriminator loss",
      "How badly D tells real pictures from drawn ones. Where D and G are even it stays level; near 0, D has won and G learns little.",
    ],
    "loss/generator": [
      "Losses",
      "Generator loss",
      "How badly the drawn pictures deceive D. It does not fall as a classifier’s loss does: both players get better.",
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
    "penalty/r1": [
      "Losses",
      "Gradient penalty R1",
      "How steep D is around real pictures: its squared gradient. It is held low, so that D cannot win outright.",
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

  const catalog = await studio.catalog(element, server, (found) => found.runs.length > 0);
  const runs = new Map(catalog.runs.map((run, i) => [run.name, { ...run, index: i }]));
  const records = new Map(); // name -> the run's records
  const picked = new Set();
  let marker = null; // { name, step } that the scrubber stands on

  // --- runs ----------------------------------------------------------------------------------

  const color = (run) => `var(--dg-run-${(run.index % NUM_COLORS) + 1})`;
  const dash = (run) => DASHES[Math.floor(run.index / NUM_COLORS) % DASHES.length];

  function showRuns() {
    const groups = new Map();
    for (const run of runs.values()) {
      groups.set(run.dataset_title, [...(groups.get(run.dataset_title) ?? []), run]);
    }
    part.runs.replaceChildren(
      ...[...groups].map(([title, members]) =>
        h(
          "fieldset",
          { class: "dg-choice" },
          h("legend", {}, title),
          h("div", { class: "dg-pills" }, ...members.map(runPill)),
        ),
      ),
    );
  }

  function runPill(run) {
    const input = h("input", {
      type: "checkbox",
      value: run.name,
      checked: picked.has(run.name),
      onchange: () => {
        if (input.checked) picked.add(run.name);
        else picked.delete(run.name);
        load();
      },
    });
    const swatch = h("i", { class: "dg-swatch", style: `--run:${color(run)}` });
    const words = h("span", { class: "dg-pill-words" }, run.title);
    if (!run.shipped) words.append(h("small", {}, run.name));
    return h("label", { class: "dg-pill dg-run" }, input, swatch, words);
  }

  const load = newest(
    async () => {
      const missing = [...picked].filter((name) => !records.has(name));
      return missing.length ? server.curves({ runs: missing }) : { runs: {} };
    },
    ({ runs: found }) => {
      for (const [name, list] of Object.entries(found)) records.set(name, list);
      tell(part.line);
      showMetrics();
      plot();
    },
    (error) => tell(part.line, error.message),
  );

  part.none.addEventListener("click", () => {
    picked.clear();
    for (const input of part.runs.querySelectorAll("input")) input.checked = false;
    load();
  });

  // --- curves --------------------------------------------------------------------------------

  const chart = studio.chart(part.chart);
  const shownRuns = () =>
    [...runs.values()].filter((r) => picked.has(r.name) && records.has(r.name));

  /** Offer what the chosen runs have recorded; keep the choice where it can be kept. */
  function showMetrics() {
    const counts = new Map();
    for (const run of shownRuns()) {
      for (const name of new Set(records.get(run.name).flatMap(Object.keys))) {
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
    const kept = part.metric.value;
    part.metric.replaceChildren(
      ...Object.entries(grouped)
        .filter(([, options]) => options.length)
        .map(([label, options]) => h("optgroup", { label }, ...options)),
    );
    // Else what most of the chosen runs have in common.
    const most = Math.max(0, ...counts.values());
    part.metric.value = counts.has(kept) ? kept : (names.find((n) => counts.get(n) === most) ?? "");
  }

  /** Exponential moving average, corrected for its start (Adam's correction). */
  function smoothed(values, weight) {
    let mean = 0;
    let total = 0;
    return values.map((value) => {
      if (!Number.isFinite(value)) return null;
      mean = weight * mean + (1 - weight) * value;
      total = weight * total + (1 - weight);
      return mean / total;
    });
  }

  const AGAINST = { step: (r) => r.step, images: (r) => r.images, minutes: (r) => r.seconds / 60 };
  const AXES = { step: "steps", images: "images", minutes: "minutes" };

  function plot() {
    const metric = part.metric.value;
    const weight = Number(part.smoothing.value);
    const against = part.against.value;
    part.smoothingvalue.textContent = weight.toFixed(2);
    const [, title, meaning] = METRICS[metric] ?? ["", metric, ""];
    part.title.textContent = title || "Curves";
    const lines = shownRuns().flatMap((run) => {
      const rows = records.get(run.name).filter((r) => Number.isFinite(r[metric]));
      if (!rows.length) return [];
      const y = rows.map((r) => r[metric]);
      return [
        {
          name: `${run.title} · ${run.dataset_title}`,
          run,
          color: color(run),
          dash: dash(run),
          x: rows.map(AGAINST[against]),
          y,
          smooth: smoothed(y, weight),
        },
      ];
    });
    const missing = shownRuns().filter((run) => !lines.some((line) => line.run === run));
    part.meaning.textContent = !shownRuns().length
      ? "Choose one run or more above."
      : meaning +
        (missing.length
          ? ` Not recorded by ${missing.map((r) => `${r.title} · ${r.dataset_title}`).join(", ")}.`
          : "");
    chart.draw(lines, {
      xLabel: AXES[against],
      yLabel: title,
      log: part.log.checked,
      isShare: /accuracy|probability/.test(metric),
      marker: markerAt(against),
    });
    part.table.replaceChildren(
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ...["Run", "last", "smoothed", "lowest", "highest"].map((t) =>
            h("th", { scope: "col" }, t),
          ),
        ),
      ),
      h(
        "tbody",
        {},
        ...lines.map((line) =>
          h(
            "tr",
            {},
            h(
              "th",
              { scope: "row" },
              h("i", { class: "dg-swatch", style: `--run:${line.color}` }),
              line.name,
            ),
            ...[line.y.at(-1), line.smooth.at(-1), Math.min(...line.y), Math.max(...line.y)].map(
              (value) => h("td", {}, chart.exact(value)),
            ),
          ),
        ),
      ),
    );
  }

  function markerAt(against) {
    if (!marker || !picked.has(marker.name)) return null;
    const rows = records.get(marker.name) ?? [];
    const row = rows.find((r) => r.step >= marker.step);
    return row ? (marker.step === 0 ? 0 : AGAINST[against](row)) : null;
  }

  for (const control of [part.metric, part.against, part.log]) {
    control.addEventListener("change", plot);
  }
  part.smoothing.addEventListener("input", plot);

  // --- samples over time ---------------------------------------------------------------------

  const sheets = new Map(); // "run step" -> data URL
  const sampled = catalog.runs.filter((run) => run.steps.length);
  let playing = 0;

  const watched = () => runs.get(part.sampled.value);

  const sendSheet = newest(
    async ({ run, step }) => {
      const key = `${run} ${step}`;
      if (sheets.has(key)) return { sheet: sheets.get(key) };
      return server.sheet({ run, step });
    },
    async (answer, { run, step }) => {
      sheets.set(`${run} ${step}`, answer.sheet);
      if (part.sampled.value !== run) return;
      await studio.paint(part.sheet, answer.sheet);
      part.sheet.dataset.shown = `${run} ${step}`;
    },
    (error) => tell(part.line, error.message),
  );

  function watch() {
    const run = watched();
    part.at.max = run.steps.length - 1;
    part.at.value = run.steps.length - 1;
    part.heads.replaceChildren(...run.classes.map((name) => h("span", {}, name)));
    // Names too long for a narrow screen stand on end there; digits need not.
    part.heads.classList.toggle("dg-standing", run.classes.some((name) => name.length > 2));
    scrub();
  }

  function scrub() {
    const run = watched();
    const i = Number(part.at.value);
    const step = run.steps[i];
    const words = `step ${step.toLocaleString("en")} of ${run.steps.at(-1).toLocaleString("en")}`;
    part.when.textContent = words[0].toUpperCase() + words.slice(1);
    part.at.setAttribute("aria-valuetext", words);
    part.at.style.setProperty("--at", `${(100 * i) / Math.max(1, run.steps.length - 1)}%`);
    part.sheet.setAttribute("aria-label", `What ${run.title} drew at ${words}`);
    marker = { name: run.name, step };
    sendSheet({ run: run.name, step });
    plot();
  }

  function stopPlaying() {
    clearInterval(playing);
    playing = 0;
    part.play.textContent = "Play";
  }

  part.at.addEventListener("input", () => {
    stopPlaying();
    scrub();
  });
  part.sampled.addEventListener("change", () => {
    stopPlaying();
    watch();
  });
  part.play.addEventListener("click", () => {
    if (playing) return stopPlaying();
    if (Number(part.at.value) >= Number(part.at.max)) part.at.value = 0;
    part.play.textContent = "Pause";
    scrub();
    playing = setInterval(() => {
      if (Number(part.at.value) >= Number(part.at.max)) return stopPlaying();
      part.at.value = Number(part.at.value) + 1;
      scrub();
    }, 350);
  });

  // --- begin ---------------------------------------------------------------------------------

  // The runs of one data set to begin with, for they can be compared: of the one chosen elsewhere.
  const isChosen = (run) => run.dataset === studio.chosen.dataset;
  const first = catalog.runs.find(isChosen) ?? catalog.runs[0];
  for (const run of catalog.runs) {
    if (run.dataset === first.dataset && run.shipped === first.shipped) picked.add(run.name);
  }
  showRuns();
  await load();
  part.sampled.replaceChildren(
    ...sampled.map((run) =>
      h("option", { value: run.name }, `${run.title} · ${run.dataset_title}`),
    ),
  );
  part.sampled.value = (sampled.find((run) => run.dataset === first.dataset) ?? sampled[0])?.name;
  part.watchcard.hidden = !sampled.length;
  if (sampled.length) watch();
};
