// The Compare tab: the same seeds and class through several models, their curves, their figures.
import t from "../../text/compare.words.js";
import { loadCatalog } from "../../components/catalog.js";
import { createChoice } from "../../components/choice.js";
import { h, refs, tell, whenShown } from "../../components/base.js";
import { number, percent, randomSeed, seedIn } from "../../components/figures.js";
import { createSetPicker, lastChosen } from "../../components/picker.js";
import { paint } from "../../components/pictures.js";
import { createPlot } from "../../components/plot.js";
import { newest } from "../../components/requests.js";
import { called, runPill, runsByName, swatch, switched } from "../../components/runs.js";
import { rounded, short } from "../../components/scales.js";

export async function open(element, server) {
  const part = refs(element);
  const SMOOTHING = 0.7;
  const FIRST = ["dcgan", "vae", "gan", "wgan-gp"]; // what the tab opens on, where there is enough

  // The number on arXiv of the paper that a system is from.
  const PAPERS = {
    gan: "1406.2661",
    "gan-ns": "1406.2661",
    dcgan: "1511.06434",
    "improved-gan": "1606.03498",
    wgan: "1701.07875",
    "wgan-gp": "1704.00028",
    sngan: "1802.05957",
    r3gan: "2501.05441",
    vae: "1312.6114",
    "ib-vae": "2001.06448",
    "vae-gan": "1512.09300",
  };

  // Failures on purpose. `need`: recipes that must be there; `also`: more, where they are there;
  // `isOneClass`: 48 pictures of one class, where one sees variety, instead of all classes.
  const PRESETS = [
    {
      key: "mode-collapse",
      need: ["gan", "wgan"],
      also: ["r3gan"],
      isOneClass: true,
      metric: "loss/generator",
    },
    {
      key: "vanishing-gradient",
      need: ["gan", "gan-ns"],
      metric: "probability/fake",
    },
    {
      key: "blur",
      need: ["vae", "dcgan"],
      also: ["vae-gan"],
      metric: "loss/kl",
    },
    {
      key: "meaningful-loss",
      need: ["dcgan", "wgan-gp"],
      metric: "critic/difference",
    },
    {
      key: "clipping",
      need: ["wgan", "wgan-gp"],
      metric: "critic/difference",
    },
    {
      key: "variety",
      need: ["dcgan", "vae"],
      also: ["wgan-gp", "r3gan"],
      isOneClass: true,
      metric: "loss/class_fake",
    },
    {
      key: "few-labels",
      need: ["dcgan", "improved-gan"],
      metric: "accuracy/class_real",
    },
    {
      key: "ten-years",
      need: ["gan", "dcgan", "r3gan"],
      also: ["wgan-gp"],
      metric: "loss/discriminator",
    },
  ];

  const DIGITS = 3; // the significant ones of a figure that is no share
  const share = (value) => percent(value, 1);
  const significant = (value) => rounded(value, DIGITS);

  // Columns of the table. `better` is 1 where higher is better, -1 where lower is, 0 where neither;
  // `reference` is what a figure is to be read against.
  const COLUMNS = [
    { key: "title", better: 0 },
    { key: "accuracy", better: 1, show: share },
    { key: "gan_test", better: 1, show: share, reference: "judge" },
    { key: "gan_train", better: 1, show: share },
    { key: "fd_dgm", better: -1, show: significant, reference: "floor" },
    { key: "kid_dgm", better: -1, show: significant },
    { key: "precision", better: 1, show: share },
    { key: "recall", better: 1, show: share },
    { key: "images", better: 0, show: (value) => short(value, DIGITS) },
    { key: "minutes", better: 0, show: (value) => number(value, value < 1 ? 1 : 0) },
  ];
  const OWN = ["accuracy", "gan_test", "gan_train", "fd_dgm"]; // figures that stand in a column

  const catalog = await loadCatalog(element, server, ({ datasets }) =>
    datasets.some((set) => set.models.some((model) => model.generates)),
  );
  const MOST = catalog.max_models; // models side by side
  const sets = catalog.datasets.filter((set) => set.models.some((model) => model.generates));
  const runs = runsByName(catalog.runs);

  let set = null;
  let chosen = []; // names of models, the one that was chosen first first
  let label = ""; // "" for all classes
  let seed = 1;
  let preset = null;

  const drawing = () => set.models.filter((model) => model.generates);
  const shown = () => drawing().filter((model) => chosen.includes(model.name));

  // --- what is compared ----------------------------------------------------------------------

  const datasets = createSetPicker(sets, (next) => {
    change({ set: next, recipes: shown().map((model) => model.recipe), preset: null });
  });
  const classes = createChoice(t("class"), (value) => change({ label: value }));
  let switches = new Map(); // name of a model -> its checkbox

  /** Take over what is given of a setting, show it, and ask for what it needs. */
  function change(next) {
    const isNewSet = next.set && next.set !== set;
    if (next.set) set = next.set;
    if (next.recipes) chosen = namesOf(next.recipes);
    if (next.chosen) chosen = next.chosen;
    if (next.label !== undefined) label = next.label;
    if (next.seed !== undefined) seed = next.seed;
    if (next.preset !== undefined) preset = next.preset;
    datasets.show(set);
    if (!set.classes.includes(label)) label = "";
    if (isNewSet) showSet();
    part.seed.value = seed;
    classes.select(label);
    for (const [name, input] of switches) input.checked = chosen.includes(name);
    for (const [one, button] of buttons) button.setAttribute("aria-pressed", one === preset);
    const lesson = preset ? t(`lesson-${preset.key}`) : "";
    tell(part.notice, next.notice ?? lesson);
    showModels();
    showResults();
    curves.load();
  }

  /** The models of these recipes in the data set; where they are fewer than two, others too. */
  function namesOf(recipes) {
    const all = drawing();
    const wanted = recipes.map((recipe) => all.find((m) => m.recipe === recipe)).filter(Boolean);
    const rest = [...FIRST.map((recipe) => all.find((m) => m.recipe === recipe)), ...all];
    for (const model of rest) {
      if (wanted.length < 2 && model && !wanted.includes(model)) wanted.push(model);
    }
    return wanted.slice(0, MOST).map((model) => model.name);
  }

  function showSet() {
    classes.set(
      [
        { value: "", label: t("all") },
        ...set.classes.map((name) => ({ value: name, label: name })),
      ],
      label,
    );
    switches = new Map();
    part.systems.replaceChildren(
      ...drawing().map((model) => {
        const root = runPill(runs.get(model.name), false, (isOn) => toggle(model, isOn));
        switches.set(model.name, root.querySelector("input"));
        return root;
      }),
    );
    const only = drawing().length === 1 ? drawing()[0] : null;
    const other = only?.recipe === "vae" ? "dcgan" : "vae";
    const command = `python -m dgm.train ${other} --dataset ${set.key}`;
    tell(part.few, only ? t("only-one", { model: only.title, dataset: set.title, command }) : "");
  }

  function toggle(model, isOn) {
    const { list, left } = switched(chosen, model.name, isOn, MOST);
    const names = left && { left: called(runs.get(left)), chosen: called(runs.get(model.name)) };
    const notice = left && t("made-room", { most: MOST, ...names });
    change({ chosen: list, preset: null, notice });
  }

  part.seed.addEventListener("change", () => {
    change({ seed: seedIn(part.seed, seed) });
  });
  part.more.addEventListener("click", () => change({ seed: randomSeed() }));

  // --- side by side --------------------------------------------------------------------------

  const requestOf = (model) => ({ model: model.name, label: label || null, seed });
  const isCurrent = (request) => request.seed === seed && request.label === (label || null);
  const columns = new Map(); // name of a model -> its column

  function columnOf(model) {
    if (!columns.has(model.name)) columns.set(model.name, makeColumn(model));
    return columns.get(model.name);
  }

  function makeColumn(model) {
    const run = runs.get(model.name);
    const paper = PAPERS[model.recipe]; // a system of a visitor's own has none
    const canvas = h("canvas", { class: "dg-pixels", width: 192, height: 256, role: "img" });
    const line = h("p", { class: "dg-line", role: "alert", hidden: true });
    const free = h("p", { class: "dg-soft" });
    const root = h(
      "article",
      { class: "dg-model", style: `--run:${run.color}`, "data-model": model.name },
      h(
        "header",
        {},
        h("h3", {}, swatch(run), called(run)),
        paper
          ? h(
              "a",
              { href: `https://arxiv.org/abs/${paper}`, target: "_blank", rel: "noopener" },
              t(`paper-${model.recipe}`),
            )
          : h("span", {}, "\u00a0"),
      ),
      h("div", { class: "dg-drawn", "data-busy": t("drawing") }, canvas, line),
      h("div", { class: "dg-look" }, free, h("p", {}, paper ? t(`look-${model.recipe}`) : "")),
      h(
        "dl",
        { class: "dg-figures" },
        ...OWN.flatMap((key) => [
          h("dt", { title: t(`meaning-${key}`) }, t(`head-${key}`)),
          h("dd", {}, figure(model, key)),
        ]),
      ),
    );

    const send = newest(
      server.samples,
      async ({ grid, seeds }, request) => {
        if (!isCurrent(request)) return;
        delete root.dataset.shown; // until it is painted, no telling what it shows
        await paint(canvas, grid);
        if (!isCurrent(request)) return; // a newer one is on its way
        canvas.hidden = false;
        tell(line);
        const values = { model: model.title, count: seeds.length, label: request.label };
        canvas.setAttribute("aria-label", t(request.label ? "drawn-of-class" : "drawn", values));
        const range = { first: seeds[0], last: seeds.at(-1) };
        tell(free, model.conditional ? "" : t("no-choice-of-class", range));
        root.removeAttribute("aria-busy");
        root.dataset.shown = JSON.stringify(request); // what the tests wait for
      },
      (error, request) => {
        if (!isCurrent(request)) return;
        canvas.hidden = true; // what it shows is of an older request
        delete root.dataset.shown;
        tell(line, error.message);
        root.removeAttribute("aria-busy");
      },
    );

    return {
      root,
      draw() {
        if (root.dataset.shown === JSON.stringify(requestOf(model))) {
          root.removeAttribute("aria-busy");
          return;
        }
        root.setAttribute("aria-busy", "true");
        send(requestOf(model));
      },
    };
  }

  function showModels() {
    const models = shown();
    const names = set.classes.map((name) => h("li", {}, name));
    const rows = h("ul", { class: "dg-rowheads", "aria-label": t("rows") }, ...names);
    const isOfClasses = models.some((model) => model.conditional);
    const isRowed = !label && isOfClasses;
    part.models.replaceChildren(
      ...(isRowed ? [rows] : []),
      ...models.map((model) => columnOf(model).root),
    );
    part.models.style.setProperty("--num", Math.max(1, models.length));
    part.models.classList.toggle("dg-roomy", models.length <= 2);
    for (const model of models) columnOf(model).draw();
    part.caption.textContent = models.length ? caption(isOfClasses) : t("caption-none");
  }

  function caption(isOfClasses) {
    if (!isOfClasses) return t("caption-any-class", { seed });
    return label ? t("caption-class", { label, seed }) : t("caption-rows", { seed });
  }

  /** A figure of a model in words, or a dash where it was not measured. */
  function figure(model, key) {
    const { show } = COLUMNS.find((column) => column.key === key);
    const value = valueOf(model, key);
    return value === undefined ? "–" : show(value);
  }

  // --- curves --------------------------------------------------------------------------------

  const curves = createPlot(part, server, {
    chosen: () => shown().map((model) => runs.get(model.name)),
    called,
    look: () => ({ smoothing: SMOOTHING }),
  });

  // --- the table -----------------------------------------------------------------------------

  const sorted = { key: "title", isUp: true };
  const heads = new Map(); // key -> its cell

  function valueOf(model, key) {
    return key === "images" || key === "minutes" ? model[key] : model.figures[key];
  }

  const body = h("tbody");
  part.table.append(
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        ...COLUMNS.map(({ key }) => {
          const title = t(`meaning-${key}`);
          const button = h("button", { type: "button", title, onclick: () => sort(key) });
          button.append(t(`head-${key}`), h("span", { "aria-hidden": "true" }));
          const cell = h("th", { scope: "col" }, button);
          heads.set(key, cell);
          return cell;
        }),
      ),
    ),
    body,
  );

  /** By this column, its best value first; pressed again, its worst. */
  function sort(key) {
    const { better } = COLUMNS.find((column) => column.key === key);
    sorted.isUp = sorted.key === key ? !sorted.isUp : better <= 0;
    sorted.key = key;
    showResults();
  }

  function showResults() {
    const measured = set.models.filter((model) => Object.keys(model.figures).length);
    part.tabletitle.textContent = t("results-on", { dataset: set.title });
    part.measured.hidden = !measured.length;
    const command = "python -m dgm.evaluate checkpoints/NAME --write";
    part.tablenote.textContent = measured.length
      ? t("sort")
      : t("not-measured", { dataset: set.title, command });
    for (const [key, cell] of heads) {
      const order = sorted.isUp ? "ascending" : "descending";
      if (key === sorted.key) cell.setAttribute("aria-sort", order);
      else cell.removeAttribute("aria-sort");
    }
    const best = new Map(
      COLUMNS.filter(({ better }) => better).map(({ key, better }) => {
        const values = measured.map((m) => valueOf(m, key)).filter((v) => v !== undefined);
        const top = better > 0 ? Math.max(...values) : Math.min(...values);
        return [key, values.length > 1 ? top : undefined];
      }),
    );
    body.replaceChildren(...inOrder(measured).map((model) => row(model, best)));
    part.legend.replaceChildren(...COLUMNS.flatMap((column) => legend(column, measured)));
  }

  /** Models by the chosen column; those without a value come last either way. */
  function inOrder(models) {
    const { key, isUp } = sorted;
    if (key === "title") return isUp ? models : models.toReversed();
    const sign = isUp ? 1 : -1;
    const there = models.filter((model) => valueOf(model, key) !== undefined);
    there.sort((a, b) => sign * (valueOf(a, key) - valueOf(b, key)));
    return [...there, ...models.filter((model) => !there.includes(model))];
  }

  function row(model, best) {
    const run = runs.get(model.name);
    const cells = COLUMNS.slice(1).map(({ key }) => {
      const value = valueOf(model, key);
      const isBest = value !== undefined && value === best.get(key);
      const low = model.figures[`${key}/low`];
      const high = model.figures[`${key}/high`];
      const title = low === undefined ? null : t("interval", { low, high });
      const cell = h("td", { title, class: isBest ? "dg-best" : "" }, figure(model, key));
      if (isBest) cell.append(" ", h("span", { class: "dg-hidden" }, t("best")));
      return cell;
    });
    const isShown = chosen.includes(model.name);
    const head = h("th", { scope: "row" }, swatch(run), called(run));
    if (model.recipe === "cnn") head.append(h("small", {}, t("baseline")));
    return h("tr", { class: isShown ? "dg-shown" : "", "data-model": model.name }, head, ...cells);
  }

  /** @param {{ key: string, better: number, show?: (value: number) => string, reference?: string }} column */
  function legend({ key, better, show, reference }, measured) {
    const sentences = [t(`meaning-${key}`)];
    if (better) sentences.push(t(better > 0 ? "higher-is-better" : "lower-is-better"));
    const values = measured.map((model) => model.figures[`${key}/${reference}`]);
    const value = values.find((one) => one !== undefined);
    if (value !== undefined) sentences.push(t(`reference-${key}`, { value: show(value) }));
    return [h("dt", {}, t(`head-${key}`)), h("dd", {}, sentences.join(" "))];
  }

  // --- presets -------------------------------------------------------------------------------

  /** The data set to show a preset on: the one chosen if it can, else the first that can. */
  function homeOf({ need }) {
    const can = (s) => need.every((r) => s.models.some((m) => m.recipe === r && m.generates));
    return set && can(set) ? set : sets.find(can);
  }

  const buttons = new Map(
    PRESETS.filter(homeOf).map((one) => {
      const home = () => homeOf(one);
      const onclick = () => {
        lastChosen.dataset = home().key;
        curves.want(one.metric);
        change({
          set: home(),
          recipes: [...one.need, ...(one.also ?? [])],
          label: one.isOneClass ? home().varied_class : "",
          seed: 1,
          preset: one,
        });
      };
      const button = h("button", { type: "button", class: "dg-button dg-preset", onclick });
      button.append(t(`preset-${one.key}`));
      return [one, button];
    }),
  );
  part.presets.append(...buttons.values());
  part.presetblock.hidden = !buttons.size;

  // --- begin ---------------------------------------------------------------------------------

  part.upto.textContent = t("models", { most: MOST });
  part.sets.append(datasets.root);
  part.classes.append(classes.root);
  // Nothing is drawn before the tab is looked at: several models would be loaded for it.
  whenShown(element, () => {
    const next = datasets.wanted(set);
    if (next === set) return;
    const recipes = set ? shown().map((model) => model.recipe) : FIRST;
    change({ set: next, recipes, preset: null });
  });
}
