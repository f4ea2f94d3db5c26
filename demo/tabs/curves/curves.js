// The Curves tab: the records of training runs, and what they drew on the way.
import { loadCatalog } from "../../components/catalog.js";
import t from "../../text/curves.words.js";
import { h, refs, tell } from "../../components/base.js";
import { showColumns } from "../../components/columns.js";
import { number } from "../../components/figures.js";
import { lastChosen } from "../../components/picker.js";
import { paint } from "../../components/pictures.js";
import { createPlot } from "../../components/plot.js";
import { newest } from "../../components/requests.js";
import { runPill, runsByName, swatch } from "../../components/runs.js";
import { exact } from "../../components/scales.js";

export async function open(element, server) {
  const part = refs(element);

  const catalog = await loadCatalog(element, server, ({ runs }) => runs.length > 0);
  const runs = runsByName(catalog.runs);
  const picked = new Set();
  let marker = null; // { name, step } that the scrubber stands on

  // --- runs ----------------------------------------------------------------------------------

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
          h("div", { class: "dg-pills" }, ...members.map(pillOf)),
        ),
      ),
    );
  }

  const pillOf = (run) =>
    runPill(run, picked.has(run.name), (isOn) => {
      if (isOn) picked.add(run.name);
      else picked.delete(run.name);
      curves.load();
    });

  part.none.addEventListener("click", () => {
    picked.clear();
    for (const input of part.runs.querySelectorAll("input")) input.checked = false;
    curves.load();
  });

  // --- curves --------------------------------------------------------------------------------

  const fullName = (run) => t("full-name", { run: run.title, dataset: run.dataset_title });

  const curves = createPlot(part, server, {
    chosen: () => [...runs.values()].filter((run) => picked.has(run.name)),
    called: fullName,
    look: () => ({ smoothing: Number(part.smoothing.value), log: part.log.checked, marker }),
    onplot: showEnds,
  });

  function showEnds(lines, title) {
    part.smoothingvalue.textContent = number(Number(part.smoothing.value), 2);
    part.title.textContent = title || t("title");
    part.table.replaceChildren(
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ...["run", "last", "smoothed", "lowest", "highest"].map((key) =>
            h("th", { scope: "col" }, t(key)),
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
            h("th", { scope: "row" }, swatch(line), line.name),
            ...[line.y.at(-1), line.smooth.at(-1), Math.min(...line.y), Math.max(...line.y)].map(
              (value) => h("td", {}, exact(value)),
            ),
          ),
        ),
      ),
    );
  }

  part.log.addEventListener("change", curves.plot);
  part.smoothing.addEventListener("input", curves.plot);

  // --- samples over time ---------------------------------------------------------------------

  const grids = new Map(); // "run step" -> data URL
  const sampled = catalog.runs.filter((run) => run.steps.length);
  let playing = 0;

  const watched = () => runs.get(part.sampled.value);
  const when = (run, step) => ({ step, last: run.steps.at(-1) });

  const sendGrid = newest(
    async ({ run, step }) => {
      const key = `${run} ${step}`;
      if (grids.has(key)) return { grid: grids.get(key) };
      return server.sample_grid({ run, step });
    },
    async (answer, { run, step }) => {
      grids.set(`${run} ${step}`, answer.grid);
      if (part.sampled.value !== run) return;
      await paint(part.grid, answer.grid);
      const painted = runs.get(run);
      const values = { run: painted.title, ...when(painted, step) };
      part.grid.setAttribute("aria-label", t("drawn", values));
    },
    (error) => tell(part.line, error.message),
  );

  function watch() {
    const run = watched();
    part.at.max = run.steps.length - 1;
    part.at.value = run.steps.length - 1;
    showColumns(part.heads, run.conditional ? run.classes : []);
    part.columns.textContent = t(run.conditional ? "by-class" : "of-no-class");
    scrub();
  }

  function scrub() {
    const run = watched();
    const i = Number(part.at.value);
    const step = run.steps[i];
    part.when.textContent = t("when", when(run, step));
    part.at.setAttribute("aria-valuetext", t("step", when(run, step)));
    part.at.style.setProperty("--at", `${(100 * i) / Math.max(1, run.steps.length - 1)}%`);
    marker = { name: run.name, step };
    sendGrid({ run: run.name, step });
    curves.plot();
  }

  function stopPlaying() {
    clearInterval(playing);
    playing = 0;
    part.play.textContent = t("play");
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
    part.play.textContent = t("pause");
    scrub();
    playing = setInterval(() => {
      if (Number(part.at.value) >= Number(part.at.max)) return stopPlaying();
      part.at.value = Number(part.at.value) + 1;
      scrub();
    }, 350);
  });

  // --- begin ---------------------------------------------------------------------------------

  // The runs of one data set to begin with, for they can be compared: of the one chosen elsewhere.
  const isChosen = (run) => run.dataset === lastChosen.dataset;
  const first = catalog.runs.find(isChosen) ?? catalog.runs[0];
  for (const run of catalog.runs) {
    if (run.dataset === first.dataset && run.shipped === first.shipped) picked.add(run.name);
  }
  showRuns();
  await curves.load();
  part.sampled.replaceChildren(
    ...sampled.map((run) => h("option", { value: run.name }, fullName(run))),
  );
  part.sampled.value = (sampled.find((run) => run.dataset === first.dataset) ?? sampled[0])?.name;
  part.watchcard.hidden = !sampled.length;
  if (sampled.length) watch();
}
