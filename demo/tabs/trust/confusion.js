// The Trust tab's confusion matrix, and the test pictures of the cell that is pressed.
import { createAvailability } from "../../components/availability.js";
import { h, tell } from "../../components/base.js";
import { cut, decoded } from "../../components/pictures.js";
import { newest } from "../../components/requests.js";
export function createConfusion(part, server, measure) {
  const STRONGEST = 40; // % of colour in the strongest cell: its number stays to be read

  let set = null;
  let ways = [];
  let way = null; // the one whose matrix is shown
  let cell = null; // { label, predicted, count }
  let page = 0;
  const availability = createAvailability(
    server,
    "test",
    "The pictures that it was tested on do not come with the page.",
    () => way && showCell(),
  );
  part.availability.append(availability.root);

  const whole = (value) => value.toLocaleString("en");
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const nameOf = (row, column) => ({
    label: set.classes[row],
    predicted: set.classes[column],
    count: way.confusion[row][column],
    of: sum(way.confusion[row]),
  });

  // --- the matrix ----------------------------------------------------------------------------

  function showMatrix() {
    const counts = way.confusion;
    const shares = counts.map((row) => row.map((count) => count / (sum(row) || 1)));
    const worst = Math.max(...shares.flatMap((row, i) => row.filter((_, j) => j !== i)), 1e-9);
    const heat = (i, j) => STRONGEST * (i === j ? shares[i][j] : Math.sqrt(shares[i][j] / worst));
    part.matrix.classList.toggle("dg-closed", !way.is_predicted);
    part.matrix.replaceChildren(
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, h("small", {}, "it is ↓"), h("small", {}, "it says →")),
          ...set.classes.map((name) => h("th", { scope: "col" }, h("span", {}, name))),
        ),
      ),
      h(
        "tbody",
        {},
        ...counts.map((row, i) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, set.classes[i]),
            ...row.map((count, j) =>
              h(
                "td",
                {
                  class: i === j ? "dg-right" : count ? "" : "dg-zero",
                  style: `--heat:${heat(i, j).toFixed(1)}%`,
                  tabindex: "-1",
                  "aria-label": sentence(nameOf(i, j)),
                  "data-row": i,
                  "data-column": j,
                },
                whole(count),
              ),
            ),
          ),
        ),
      ),
    );
    const [row, column] = commonest(counts);
    at(row, column).tabIndex = 0;
    part.matrixnote.textContent = `Counts of ${whole(sum(counts.flat()))} test pictures; the stronger the colour, the larger the share of its row, on one scale for what is right and one for mistakes. ${
      way.is_predicted ? "Press a cell to see its pictures; arrow keys go from cell to cell." : ""
    }`;
    return [row, column];
  }

  function sentence({ label, predicted, count, of }) {
    return label === predicted
      ? `${label}: ${whole(count)} of ${whole(of)} read right`
      : `${label}, taken for ${predicted}: ${whole(count)} of ${whole(of)}`;
  }

  /** Row and column of the commonest mistake. */
  function commonest(counts) {
    let best = [0, 1];
    counts.forEach((row, i) =>
      row.forEach((count, j) => {
        if (i !== j && count > counts[best[0]][best[1]]) best = [i, j];
      }),
    );
    return best;
  }

  const at = (row, column) =>
    part.matrix.querySelector(`[data-row="${row}"][data-column="${column}"]`);

  function press(target) {
    const td = target.closest("td");
    if (!td || !way.is_predicted) return;
    openCell(Number(td.dataset.row), Number(td.dataset.column));
  }

  part.matrix.addEventListener("click", (event) => press(event.target));
  part.matrix.addEventListener("focusin", (event) => {
    const td = event.target.closest("td");
    if (!td) return;
    part.matrix.querySelector("td[tabindex='0']").tabIndex = -1;
    td.tabIndex = 0;
  });
  part.matrix.addEventListener("keydown", (event) => {
    const td = event.target.closest("td");
    if (!td) return;
    const [row, column] = [Number(td.dataset.row), Number(td.dataset.column)];
    const last = set.classes.length - 1;
    const next = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      Home: [row, 0],
      End: [row, last],
      Enter: [row, column],
      " ": [row, column],
    }[event.key];
    if (!next) return;
    event.preventDefault();
    if (next[0] === row && next[1] === column) press(td);
    else at(...next.map((value) => Math.min(last, Math.max(0, value)))).focus();
  });

  // --- the pictures of a cell ----------------------------------------------------------------

  const request = () => ({
    model: way.model,
    method: way.method,
    label: cell.label,
    predicted: cell.predicted,
    page,
  });
  const isCurrent = (asked) => cell && JSON.stringify(asked) === JSON.stringify(request());

  const send = newest(
    server.mistakes,
    async (answer, asked) => {
      if (!isCurrent(asked)) return;
      const grid = answer.total ? await decoded(answer.grid) : null;
      if (!isCurrent(asked)) return;
      part.cell.removeAttribute("aria-busy");
      tell(part.cellline);
      part.mistakes.replaceChildren(
        ...answer.percents.map((percent, i) => {
          const canvas = h("canvas", {
            class: "dg-pixels",
            width: 32,
            height: 32,
            role: "img",
            "aria-label": `A ${asked.label}, of which it says ${asked.predicted}`,
          });
          cut(canvas, grid, i % answer.columns, Math.floor(i / answer.columns));
          return h("li", {}, canvas, h("span", { class: "dg-number" }, `${percent}\u00a0%`));
        }),
      );
      const numPages = Math.max(1, Math.ceil(answer.total / answer.page_size));
      part.pages.hidden = numPages === 1;
      part.page.textContent = `Page ${page + 1} of ${numPages}`;
      part.before.disabled = page === 0;
      part.after.disabled = page === numPages - 1;
    },
    (error, asked) => {
      if (!isCurrent(asked)) return;
      part.cell.removeAttribute("aria-busy");
      empty();
      tell(part.cellline, error.message);
    },
  );

  function empty() {
    part.mistakes.replaceChildren();
    part.pages.hidden = true;
    availability.show(false);
    tell(part.cellline);
  }

  function openCell(row, column) {
    cell = nameOf(row, column);
    page = 0;
    for (const td of part.matrix.querySelectorAll("[aria-selected]")) {
      td.removeAttribute("aria-selected");
    }
    at(row, column).setAttribute("aria-selected", "true");
    part.celltitle.textContent = `${sentence(cell)}.`;
    showCell();
  }

  /** The pictures of the cell where they can be had, else what stands in the way. */
  function showCell() {
    empty();
    part.cell.removeAttribute("aria-busy");
    part.cellnote.textContent = "";
    if (!way.is_predicted) {
      part.cellnote.textContent = `This is its commonest mistake. Which pictures they are is not known: what it said of each was not kept. ${measure(way.model)} keeps it.`;
    } else if (!cell.count) {
      part.cellnote.textContent = "There is no such picture.";
    } else if (availability.isThere()) {
      part.cellnote.textContent =
        cell.label === cell.predicted
          ? "The percentages are how sure it was. Those that it was least sure of come first."
          : "The percentages are how sure it was of its mistake. The surest come first.";
      part.cell.setAttribute("aria-busy", "true");
      send(request());
    } else {
      availability.show(true);
    }
  }

  for (const [button, step] of [
    [part.before, -1],
    [part.after, 1],
  ]) {
    button.addEventListener("click", () => {
      page += step;
      part.cell.setAttribute("aria-busy", "true");
      send(request());
    });
  }

  // --- the whole -----------------------------------------------------------------------------

  part.judged.addEventListener("change", () => {
    choose(ways.find((one) => one.key === part.judged.value));
  });

  function choose(next) {
    way = next;
    part.judged.value = way.key;
    openCell(...showMatrix());
  }

  return {
    /** Another data set: its ways, and how its test pictures stand. */
    offer(nextSet, all, nextState) {
      [set, way, cell] = [nextSet, null, null];
      availability.offer(nextSet, nextState);
      ways = all.filter((one) => one.confusion && set.classes.length > 1);
      part.judged.replaceChildren(...ways.map((one) => h("option", { value: one.key }, one.title)));
      part.taken.hidden = !ways.length;
      tell(
        part.takennone,
        ways.length ? "" : `Not measured yet of any model of ${set.title}: ${measure("NAME")}`,
      );
    },
    /** Open, if none is, the matrix of a chosen way, or of any: best of one whose answers are kept. */
    show(chosen) {
      if (way || !ways.length) return;
      const some = ways.filter((one) => chosen.includes(one.key));
      choose(some.find((one) => one.is_predicted) ?? some[0] ?? ways[0]);
    },
  };
}
