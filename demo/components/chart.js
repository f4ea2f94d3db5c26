// A line chart in SVG: several runs over one axis, read by pointer or by arrow keys.
import t from "../text/chart.words.js";
import { h } from "./base.js";
import { exact, logTicks, nearest, rangeOf, short, ticks } from "./scales.js";
/**
 * createChart(holder) -> { draw(lines, options) }.
 * A line: { name, color, dash, x: number[], y: (number|null)[], smooth: number[] }; `dots`, the
 * radius of a dot at each point, and `texts`, words in place of each value, may be left out.
 * Options: { xLabel, yLabel, log, marker, events }, `marker` an x to be marked, or null, `events`
 * more of them, at which something happened, or none; and for a chart whose axes are known
 * beforehand { xRange, yRange, diagonal, aspect, heading(x) }.
 */
export function createChart(holder) {
  const CLIP = `dg-chart-clip-${document.querySelectorAll(".dg-chart").length + 1}`; // one a chart
  const EDGE = { top: 12, right: 16, bottom: 44, left: 62 };
  const svg = node("svg", { class: "dg-chart", tabindex: "0", role: "img" });
  const tip = h("div", { class: "dg-tip", hidden: true });
  holder.classList.add("dg-chart-holder");
  holder.append(svg, tip);
  let lines = [];
  let options = {};
  let scale = null; // of the last drawing: { x, y, left, right, top, bottom, xLow, … }
  let cursor = null; // the x that is read, in data units

  function node(name, attributes = {}, ...children) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function draw(nextLines, nextOptions) {
    lines = nextLines;
    options = nextOptions;
    render();
  }

  function render() {
    const width = holder.clientWidth;
    if (!width) return;
    const height = Math.max(240, Math.min(420, Math.round(width * (options.aspect ?? 0.42))));
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    const left = EDGE.left;
    const right = width - EDGE.right;
    const top = EDGE.top;
    const bottom = height - EDGE.bottom;
    const xs = lines.flatMap((line) => line.x);
    const [xLow, xHigh] = options.xRange ?? [Math.min(0, ...xs), Math.max(...xs, 1)];
    const [yLow, yHigh] = options.yRange ?? rangeOf(lines, options);
    const toLog = (v) => (options.log ? Math.log10(v) : v);
    const x = (v) => left + ((v - xLow) / (xHigh - xLow)) * (right - left);
    const y = (v) =>
      bottom - ((toLog(v) - toLog(yLow)) / (toLog(yHigh) - toLog(yLow))) * (bottom - top);
    const xLast = xs.length ? Math.max(...xs) : xHigh; // there is nothing to be read beyond
    scale = { x, y, left, right, top, bottom, xLow, xHigh, xLast };

    const grid = node("g", { class: "dg-grid" });
    for (const tick of options.log ? logTicks(yLow, yHigh) : ticks(yLow, yHigh, height / 48)) {
      grid.append(
        node("line", { x1: left, x2: right, y1: y(tick), y2: y(tick) }),
        node("text", { x: left - 8, y: y(tick), dy: "0.35em", "text-anchor": "end" }, short(tick)),
      );
    }
    for (const tick of ticks(xLow, xHigh, width / 90)) {
      grid.append(
        node("text", { x: x(tick), y: bottom + 18, "text-anchor": "middle" }, short(tick)),
      );
    }
    grid.append(
      node("line", { class: "dg-axis", x1: left, x2: right, y1: bottom, y2: bottom }),
      node(
        "text",
        { x: (left + right) / 2, y: height - 6, "text-anchor": "middle" },
        options.xLabel ?? "",
      ),
    );

    const clip = node(
      "clipPath",
      { id: CLIP },
      node("rect", { x: left, y: top - 2, width: right - left, height: bottom - top + 4 }),
    );
    const plot = node("g", { "clip-path": `url(#${CLIP})` });
    if (options.diagonal) {
      const [x1, x2, y1, y2] = [x(xLow), x(xHigh), y(yLow), y(yHigh)];
      plot.append(node("line", { class: "dg-marker", x1, x2, y1, y2 }));
    }
    for (const line of lines) {
      plot.append(node("path", { class: "dg-raw", d: path(line.x, line.y), stroke: line.color }));
    }
    for (const line of lines) {
      plot.append(
        node("path", {
          class: "dg-smoothed",
          d: path(line.x, line.smooth),
          stroke: line.color,
          "stroke-dasharray": line.dash ?? "",
        }),
      );
    }
    if (options.marker !== null && options.marker !== undefined) {
      const at = x(options.marker);
      plot.append(node("line", { class: "dg-marker", x1: at, x2: at, y1: top, y2: bottom }));
    }
    for (const event of options.events ?? []) {
      const at = x(event);
      plot.append(node("line", { class: "dg-event", x1: at, x2: at, y1: top, y2: bottom }));
    }
    const dots = node("g", { class: "dg-dots" });
    for (const line of lines) {
      line.dots?.forEach((r, i) => {
        dots.append(
          node("circle", { cx: x(line.x[i]), cy: y(line.smooth[i]), r, fill: line.color }),
        );
      });
    }
    svg.replaceChildren(clip, grid, plot, dots, node("g", { class: "dg-cursor" }));
    const ends = lines.map(({ name, smooth }) => t("end", { name, value: exact(smooth.at(-1)) }));
    const { yLabel: value, xLabel: axis } = options;
    const label = { value, axis, ends: ends.join("; ") };
    svg.setAttribute("aria-label", lines.length ? t("label", label) : t("empty"));
    read(cursor);
  }

  function path(xs, ys) {
    let pen = "M";
    let d = "";
    xs.forEach((value, i) => {
      const isGap = ys[i] === null || !Number.isFinite(ys[i]) || (options.log && ys[i] <= 0);
      if (isGap) {
        pen = "M";
        return;
      }
      d += `${pen}${scale.x(value).toFixed(1)} ${scale.y(ys[i]).toFixed(1)}`;
      pen = "L";
    });
    return d;
  }

  /** Show the values at an x of the data, or none at null. */
  function read(at) {
    cursor = at;
    const layer = svg.querySelector(".dg-cursor");
    layer?.replaceChildren();
    tip.hidden = at === null || !lines.length;
    if (tip.hidden || !layer) return;
    const points = lines
      .filter((line) => line.x.length && at <= line.x.at(-1) * 1.0001)
      .map((line) => ({ line, i: nearest(line.x, at) }))
      .sort((a, b) => b.line.smooth[b.i] - a.line.smooth[a.i]);
    const place = points.length ? points[0].line.x[points[0].i] : at;
    const px = scale.x(place);
    layer.append(node("line", { x1: px, x2: px, y1: scale.top, y2: scale.bottom }));
    for (const { line, i } of points) {
      const inside = Math.min(Math.max(scale.y(line.smooth[i]), scale.top), scale.bottom);
      layer.append(node("circle", { cx: scale.x(line.x[i]), cy: inside, r: 4, fill: line.color }));
    }
    tip.replaceChildren(
      h(
        "strong",
        {},
        options.heading?.(place) ?? t("place", { value: exact(place), axis: options.xLabel }),
      ),
      ...points.map(({ line, i }) =>
        h(
          "div",
          {},
          h("i", { style: `background:${line.color}` }),
          h("span", {}, line.name),
          h("b", {}, line.texts?.[i] ?? exact(line.smooth[i])),
        ),
      ),
    );
    const isRight = px > (scale.left + scale.right) / 2;
    const room = tip.offsetWidth + 14;
    tip.style.left = `${Math.max(0, Math.min(isRight ? px - room : px + 14, holder.clientWidth - tip.offsetWidth))}px`;
  }

  svg.addEventListener("pointermove", (event) => {
    if (!scale) return;
    const px = event.clientX - svg.getBoundingClientRect().left;
    const share = (px - scale.left) / (scale.right - scale.left);
    const inside = Math.min(1, Math.max(0, share));
    read(Math.min(scale.xLast, scale.xLow + inside * (scale.xHigh - scale.xLow)));
  });
  svg.addEventListener("pointerleave", () => read(null));
  svg.addEventListener("blur", () => read(null));
  svg.addEventListener("keydown", (event) => {
    if (!scale || !lines.length) return;
    const span = scale.xHigh - scale.xLow;
    const now = cursor ?? scale.xLast;
    const next = {
      ArrowLeft: now - span / 50,
      ArrowRight: now + span / 50,
      Home: scale.xLow,
      End: scale.xLast,
      Escape: null,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    read(next === null ? null : Math.min(scale.xLast, Math.max(scale.xLow, next)));
  });
  new ResizeObserver(render).observe(holder);

  return { draw };
}
