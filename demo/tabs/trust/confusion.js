// The Trust tab's confusion matrix, and the test pictures of the cell that is pressed.
import t from "../../text/trust.words.js";
import { createAvailability } from "../../components/availability.js";
import { h, tell } from "../../components/base.js";
import { number, percent } from "../../components/figures.js";
import { cut, decoded } from "../../components/pictures.js";
import { newest } from "../../components/requests.js";

export function createConfusion(part, server, measure) {
  const STRONGEST = 40; // % of colour in the strongest cell: its number stays to be read

  let set = null;
  let classifiers = [];
  let classifier = null; // the one whose matrix is shown
  let cell = null; // { label, predicted, count }
  let page = 0;
  const availability = createAvailability(
    server,
    "test",
    t("not-with-the-page"),
    () => classifier && showCell(),
  );
  part.availability.append(availability.root);

  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const nameOf = (row, column) => ({
    label: set.classes[row],
    predicted: set.classes[column],
    count: classifier.confusion[row][column],
    total: sum(classifier.confusion[row]),
  });

  // --- the matrix ----------------------------------------------------------------------------

  function showMatrix() {
    const counts = classifier.confusion;
    const shares = counts.map((row) => row.map((count) => count / (sum(row) || 1)));
    const worst = Math.max(...shares.flatMap((row, i) => row.filter((_, j) => j !== i)), 1e-9);
    const heat = (i, j) => STRONGEST * (i === j ? shares[i][j] : Math.sqrt(shares[i][j] / worst));
    part.matrix.classList.toggle("dg-closed", !classifier.is_predicted);
    part.matrix.replaceChildren(
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h(
            "th",
            { scope: "col" },
            h("small", {}, t("true-class")),
            h("small", {}, t("prediction")),
          ),
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
                number(count, 0),
              ),
            ),
          ),
        ),
      ),
    );
    const [row, column] = commonest(counts);
    at(row, column).tabIndex = 0;
    const sentences = [t("counts", { count: sum(counts.flat()) })];
    if (classifier.is_predicted) sentences.push(t("press"));
    part.matrixnote.textContent = sentences.join(" ");
    return [row, column];
  }

  const sentence = (named) =>
    t(named.label === named.predicted ? "cell-right" : "cell-mistake", named);

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
    if (!td || !classifier.is_predicted) return;
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

  const currentRequest = () => ({
    model: classifier.model,
    method: classifier.method,
    label: cell.label,
    predicted: cell.predicted,
    page,
  });
  const isCurrent = (request) =>
    cell && JSON.stringify(request) === JSON.stringify(currentRequest());

  const send = newest(
    server.mistakes,
    async (answer, request) => {
      if (!isCurrent(request)) return;
      const grid = answer.total ? await decoded(answer.grid) : null;
      if (!isCurrent(request)) return;
      part.cell.removeAttribute("aria-busy");
      tell(part.cellline);
      part.mistakes.replaceChildren(
        ...answer.percents.map((value, i) => {
          const canvas = h("canvas", {
            class: "dg-pixels",
            width: 32,
            height: 32,
            role: "img",
            "aria-label": t("read-as", { label: request.label, predicted: request.predicted }),
          });
          cut(canvas, grid, i % answer.columns, Math.floor(i / answer.columns));
          return h("li", {}, canvas, h("span", { class: "dg-number" }, percent(value / 100, 0)));
        }),
      );
      const pages = Math.max(1, Math.ceil(answer.total / answer.page_size));
      part.pages.hidden = pages === 1;
      part.page.textContent = t("page", { page: page + 1, pages });
      part.before.disabled = page === 0;
      part.after.disabled = page === pages - 1;
    },
    (error, request) => {
      if (!isCurrent(request)) return;
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
    part.celltitle.textContent = sentence(cell);
    showCell();
  }

  /** The pictures of the cell where they can be had, else what stands in the classifier. */
  function showCell() {
    empty();
    part.cell.removeAttribute("aria-busy");
    part.cellnote.textContent = "";
    if (!classifier.is_predicted) {
      part.cellnote.textContent = t("not-kept", { command: measure(classifier.model) });
    } else if (!cell.count) {
      part.cellnote.textContent = t("no-such-picture");
    } else if (availability.isThere()) {
      part.cellnote.textContent = t(
        cell.label === cell.predicted ? "least-sure-first" : "surest-first",
      );
      part.cell.setAttribute("aria-busy", "true");
      send(currentRequest());
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
      send(currentRequest());
    });
  }

  // --- the whole -----------------------------------------------------------------------------

  part.method.addEventListener("change", () => {
    choose(classifiers.find((one) => one.key === part.method.value));
  });

  function choose(next) {
    classifier = next;
    part.method.value = classifier.key;
    openCell(...showMatrix());
  }

  return {
    /** Another data set: its models by each of their methods, and how its test pictures stand. */
    offer(nextSet, all, nextState) {
      [set, classifier, cell] = [nextSet, null, null];
      availability.offer(nextSet, nextState);
      classifiers = all.filter((one) => one.confusion && set.classes.length > 1);
      part.method.replaceChildren(
        ...classifiers.map((one) => h("option", { value: one.key }, one.title)),
      );
      part.taken.hidden = !classifiers.length;
      tell(
        part.takennone,
        classifiers.length
          ? ""
          : t("none-of-data-set", { dataset: set.title, command: measure("NAME") }),
      );
    },
    /** Open, if none is, the matrix of a chosen classifier, or of any: best of one whose predictions are kept. */
    show(chosen) {
      if (classifier || !classifiers.length) return;
      const some = classifiers.filter((one) => chosen.includes(one.key));
      choose(some.find((one) => one.is_predicted) ?? some[0] ?? classifiers[0]);
    },
  };
}
