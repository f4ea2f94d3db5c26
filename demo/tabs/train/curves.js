// The curves of a training while it goes on.
import { h, tell } from "../../components/base.js";
import { createChart } from "../../components/chart.js";
import { ORDER, meaningOf, titleOf } from "../../components/plot.js";
import { smoothed } from "../../components/scales.js";
import t from "../../text/train.words.js";

const [BLUE, ORANGE, GREEN] = ["var(--dg-run-3)", "var(--dg-run-2)", "var(--dg-run-1)"];
// What is best seen in one chart, D or what is real in blue.
const PAIRS = {
  losses: ["loss/discriminator", "loss/generator"],
  verdicts: ["probability/real", "probability/fake"],
  classes: ["loss/class_real", "loss/class_fake"],
  variety: ["variety"],
};
const NO_METRICS = ["step", "images", "seconds", "variety"];
const SMOOTHING = 0.6;

/** @param {Parts} part */
export function createCurves(part) {
  const chart = createChart(part.chart);
  let records = [];
  let events = []; // steps at which settings were changed
  let realVariety = 0;
  let marker = null; // the step that is looked back at
  let offered = "";

  function offer() {
    const recorded = new Set(records.flatMap(Object.keys));
    const pairs = Object.keys(PAIRS).filter((pair) => PAIRS[pair].every((m) => recorded.has(m)));
    const rank = (name) => ORDER.indexOf(name) + 1 || ORDER.length + 1;
    const single = [...recorded]
      .filter((name) => !NO_METRICS.includes(name))
      .sort((a, b) => rank(a) - rank(b));
    if (offered === JSON.stringify([pairs, single])) return;
    offered = JSON.stringify([pairs, single]);
    const kept = part.metric.value;
    const optionsOf = (values, name) => values.map((value) => h("option", { value }, name(value)));
    part.metric.replaceChildren(
      h("optgroup", { label: t("pairs") }, ...optionsOf(pairs, (pair) => t(`pair-${pair}`))),
      h("optgroup", { label: t("single") }, ...optionsOf(single, titleOf)),
    );
    part.metric.value = [...pairs, ...single].includes(kept) ? kept : firstOf(pairs, single);
  }

  /** The game of D and G, or the whole loss of a system without D. */
  const firstOf = (pairs, single) => (pairs.includes("losses") ? "losses" : single[0]) ?? "";

  function plot() {
    const chosen = part.metric.value;
    const isPair = chosen in PAIRS;
    const metrics = PAIRS[chosen] ?? [chosen];
    const lines = metrics
      .map((metric, i) => lineOf(metric, metrics.length > 1 ? [BLUE, ORANGE][i] : GREEN))
      .filter((line) => line.x.length);
    if (chosen === "variety" && lines.length) lines.push(flatLine(lines[0].x));
    part.meaning.textContent = !lines.length
      ? t("nothing-yet")
      : isPair
        ? t(`meaning-${chosen}`)
        : meaningOf(chosen);
    tell(part.changes, lines.length && events.length ? t("changes", { count: events.length }) : "");
    part.lines.replaceChildren(
      ...lines.map(({ name, color }) =>
        h("li", {}, h("i", { style: `background:${color}` }), h("span", {}, name)),
      ),
    );
    part.chart.hidden = part.metric.hidden = !lines.length;
    chart.draw(lines, {
      xLabel: t("count-step"),
      yLabel: isPair ? t(`pair-${chosen}`) : titleOf(chosen),
      isShare: /accuracy|probability|verdicts/.test(chosen),
      marker,
      events,
    });
  }

  function lineOf(metric, color) {
    const rows = records.filter((record) => Number.isFinite(record[metric]));
    const y = rows.map((record) => record[metric]);
    const name = metric === "variety" ? t("variety-drawn") : titleOf(metric);
    return { name, color, x: rows.map(({ step }) => step), y, smooth: smoothed(y, SMOOTHING) };
  }

  function flatLine(x) {
    const y = x.map(() => realVariety);
    return { name: t("variety-real"), color: BLUE, dash: "7 4", x, y, smooth: y };
  }

  part.metric.addEventListener("change", plot);

  return {
    numRecords: () => records.length,
    /** Another training. */
    begin() {
      [records, events, marker, offered] = [[], [], null, ""];
      part.metric.replaceChildren();
      plot();
    },
    /** @param {Training.Status} status */
    take(status) {
      const isNew = status.records.length || status.changes.length !== events.length;
      records.push(...status.records);
      events = status.changes;
      realVariety = status.real_variety;
      if (!isNew) return;
      offer();
      plot();
    },
    mark(step) {
      marker = step;
      plot();
    },
    /** Images a second over the last few reports; null as long as none is known. */
    rate() {
      const [first, last] = [records.at(-6) ?? records[0], records.at(-1)];
      const seconds = last?.seconds - first?.seconds;
      return seconds > 0 ? (last.images - first.images) / seconds : null;
    },
  };
}
