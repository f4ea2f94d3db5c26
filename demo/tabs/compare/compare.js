// The Compare tab: the same seeds and class through several models, their curves, their figures.
import { loadCatalog } from "../../components/catalog.js";
import { createChoice } from "../../components/choice.js";
import { h, refs, tell, whenShown } from "../../components/base.js";
import { randomSeed, seedIn } from "../../components/figures.js";
import { createSetPicker, lastChosen } from "../../components/picker.js";
import { paint } from "../../components/pictures.js";
import { createPlot } from "../../components/plot.js";
import { newest } from "../../components/requests.js";
import { called, runPill, runsByName, swatch, switched } from "../../components/runs.js";
export async function open(element, server) {
  const part = refs(element);
  const SMOOTHING = 0.7;
  const FIRST = ["dcgan", "vae", "gan", "wgan-gp"]; // what the tab opens on, where there is enough

  // [paper, its number on arXiv, what to look for]
  const SYSTEMS = {
    gan: [
      "Goodfellow et al. 2014",
      "1406.2661",
      "Look for specks: its nets are MLPs, which do not know which pixels are neighbours. Its recall is low: few real pictures have one like them among those it draws.",
    ],
    "gan-ns": [
      "Goodfellow et al. 2014",
      "1406.2661",
      "The same nets as GAN with the loss that its authors used: G learns even while D is sure. Look for the same specks, and at how little else differs once both are trained.",
    ],
    dcgan: [
      "Radford et al. 2015",
      "1511.06434",
      "Convolutions make whole, clean shapes. Look at its GAN-test beside what the same classifier reads of real pictures: its class head rewards what is typical, and the more so the heavier it weighs.",
    ],
    "improved-gan": [
      "Salimans et al. 2016",
      "1606.03498",
      "Its G only matches the mean features of real pictures, and its D learned the classes from few labels. Look at its accuracy before its pictures.",
    ],
    wgan: [
      "Arjovsky et al. 2017",
      "1701.07875",
      "Its critic’s weights are clipped, so that it judges bluntly, and it knows no classes. Look for the same few shapes again and again, and at how low its recall is.",
    ],
    "wgan-gp": [
      "Gulrajani et al. 2017",
      "1704.00028",
      "A gradient penalty stands in place of clipping. Look at the critic’s difference below: it falls as the pictures get better.",
    ],
    sngan: [
      "Miyato et al. 2018",
      "1802.05957",
      "Every layer of D is scaled so that it cannot be steep; no penalty is needed. Look for clean shapes, and at its precision beside its recall: are those of one class as varied as they are clean?",
    ],
    r3gan: [
      "Huang et al. 2024",
      "2501.05441",
      "D compares a drawn picture with a real one, and no kind of real picture may be left out. Look for variety within a class.",
    ],
    vae: [
      "Kingma & Welling 2014",
      "1312.6114",
      "Look for blur: where it is unsure of a pixel it draws the mean of what may be there, and edges and textures are washed out.",
    ],
    "ib-vae": [
      "Ardizzone et al. 2020",
      "2001.06448",
      "A VAE that is trained to classify by Bayes’ rule as well. Look at its accuracy beside the VAE’s, and at its pictures: each class has a place of its own in latent space.",
    ],
    "vae-gan": [
      "Larsen et al. 2016",
      "1512.09300",
      "A VAE whose decoder must also deceive a discriminator. Look for edges that are sharper than the VAE’s.",
    ],
  };

  // Failures on purpose. `need`: recipes that must be there; `also`: more, where they are there;
  // `isOneClass`: 48 pictures of one class, where one sees variety, instead of all classes.
  const PRESETS = [
    {
      title: "Mode collapse",
      need: ["gan", "wgan"],
      also: ["r3gan"],
      isOneClass: true,
      metric: "loss/generator",
      words:
        "48 seeds each. The others were asked for one class; WGAN, which knows none, may draw anything, and draws the same few shapes again and again: its generator has collapsed, and recall, in the table, tells it too. GAN’s recall is low too, though its shapes differ: recall asks for what real pictures look like in detail.",
    },
    {
      title: "Vanishing gradient",
      need: ["gan", "gan-ns"],
      metric: "probability/fake",
      words:
        "The generator of GAN minimises log(1 − D(G(z))), which is flat where D is sure: while the curve below is near 0, it hardly learns. The non-saturating loss, −log D(G(z)), is steepest just there. Look at the first few hundred steps; later D is sure of neither’s pictures, and they learn alike.",
    },
    {
      title: "Blur",
      need: ["vae", "dcgan"],
      also: ["vae-gan"],
      metric: "loss/kl",
      words:
        "The VAE answers for every pixel, and where it is unsure the mean costs it least: blur. A discriminator sees blur at once, so that a model that has one draws edges, at times in the wrong place.",
    },
    {
      title: "A loss that means something",
      need: ["dcgan", "wgan-gp"],
      metric: "critic/difference",
      words:
        "WGAN-GP’s critic estimates a distance between drawn and real pictures, so its curve falls while the pictures get better. DCGAN records nothing of the kind: choose its losses below, and see how little they say.",
    },
    {
      title: "Clipping starves the critic",
      need: ["wgan", "wgan-gp"],
      metric: "critic/difference",
      words:
        "With every weight held near 0, WGAN’s critic can only be a simple function, and its slope tells G little. WGAN-GP asks for a slope of 1 instead. Each critic has a scale of its own: compare whether the curves fall, not how high they stand. Where one rises, the critic gains on G.",
    },
    {
      title: "Right class, but how varied?",
      need: ["dcgan", "vae"],
      also: ["wgan-gp", "r3gan"],
      isOneClass: true,
      metric: "loss/class_fake",
      words:
        "Nearly all that DCGAN draws is read as the class it was asked for, by its GAN-test: as much as real pictures are, or more. One good picture of each class, drawn again and again, would measure the same. Recall and GAN-train ask for variety: compare them, where they were measured, with GAN-test.",
    },
    {
      title: "Few labels",
      need: ["dcgan", "improved-gan"],
      metric: "accuracy/class_real",
      words:
        "DCGAN was given the class of every picture, Improved GAN of a few in each class. Compare their accuracies. What Improved GAN draws is of no class that one could choose: its generator was never told of any.",
    },
    {
      title: "Ten years of GANs",
      need: ["gan", "dcgan", "r3gan"],
      also: ["wgan-gp"],
      metric: "loss/discriminator",
      words:
        "From MLPs (2014) to convolutions (2015), to pairs of pictures and two penalties (2024). What of it can be seen in the pictures, and what only in the table? They need not have been shown equally many pictures: see Images.",
    },
  ];
  const VARIED = { fashion_mnist: "Bag", cifar10: "horse" }; // the class to see variety in

  const share = (value) => `${(100 * value).toFixed(1)}\u00a0%`;
  const three = (value) => String(Number(value.toPrecision(3))).replace("-", "−");
  const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
  const whole = (value) => Math.round(value).toLocaleString("en");

  // Columns of the table. `better` is 1 where higher is better, -1 where lower is, 0 where neither;
  // `beside` is what a figure is to be read against: its name, and how it is told.
  const COLUMNS = [
    { key: "title", head: "System", better: 0, words: "In the order of the field’s history." },
    {
      key: "accuracy",
      head: "Accuracy",
      better: 1,
      show: share,
      words:
        "Share of the test pictures that the model reads right, in its own way. A dash: it cannot classify.",
    },
    {
      key: "gan_test",
      head: "GAN-test",
      better: 1,
      show: share,
      words:
        "Share of the drawn pictures that a plain classifier, trained on real ones alone, reads as the class asked for. It says nothing of their variety.",
      beside: ["judge", (value) => `Of real test pictures it reads ${share(value)} right.`],
    },
    {
      key: "gan_train",
      head: "GAN-train",
      better: 1,
      show: share,
      words:
        "Accuracy on real test pictures of a classifier that was trained on drawn ones alone. It asks for the right class and for variety.",
    },
    {
      key: "fd_dgm",
      head: "FD-dgm",
      better: -1,
      show: three,
      words:
        "Fréchet distance between drawn and test pictures, in the features of the project’s own classifier: not to be compared with an FID from elsewhere.",
      beside: ["floor", (value) => `Real training pictures are at ${three(value)}.`],
    },
    {
      key: "kid_dgm",
      head: "KID-dgm",
      better: -1,
      show: three,
      words: "Kernel distance between the same pictures, in the same features.",
    },
    {
      key: "precision",
      head: "Precision",
      better: 1,
      show: share,
      words:
        "Share of the drawn pictures that lie among the real ones: fidelity. One picture drawn again and again can have 100 %: look at recall beside it.",
    },
    {
      key: "recall",
      head: "Recall",
      better: 1,
      show: share,
      words: "Share of the real pictures that lie among the drawn ones: variety.",
    },
    {
      key: "images",
      head: "Images",
      better: 0,
      show: (value) => compact.format(value),
      words: "Training pictures that it was shown, each as often as it was shown.",
    },
    {
      key: "minutes",
      head: "Minutes",
      better: 0,
      show: (value) => (value < 1 ? value.toFixed(1) : whole(value)),
      words: "How long its training took.",
    },
  ];
  const OWN = ["accuracy", "gan_test", "gan_train", "fd_dgm"]; // figures that stand in a column

  const catalog = await loadCatalog(element, server, (found) =>
    found.datasets.some((set) => set.models.some((model) => model.generates)),
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
  const classes = createChoice("Class", (value) => change({ label: value }));
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
    tell(part.said, next.said ?? preset?.words ?? "");
    showModels();
    showResults();
    curves.load();
  }

  /** The models of these recipes in the data set; where they are fewer than two, others too. */
  function namesOf(recipes) {
    const all = drawing();
    const found = recipes.map((recipe) => all.find((m) => m.recipe === recipe)).filter(Boolean);
    const rest = [...FIRST.map((recipe) => all.find((m) => m.recipe === recipe)), ...all];
    for (const model of rest) {
      if (found.length < 2 && model && !found.includes(model)) found.push(model);
    }
    return found.slice(0, MOST).map((model) => model.name);
  }

  function showSet() {
    classes.set(
      [{ value: "", label: "All" }, ...set.classes.map((name) => ({ value: name, label: name }))],
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
    tell(
      part.few,
      only
        ? `${only.title} is the only model of ${set.title} that draws. To compare it, train another: python -m dgm.train ${other} --dataset ${set.key}`
        : "",
    );
  }

  function toggle(model, isOn) {
    const { list, left } = switched(chosen, model.name, isOn, MOST);
    const said =
      left &&
      `Only ${MOST} fit side by side: ${called(runs.get(left))} made room for ${called(runs.get(model.name))}.`;
    change({ chosen: list, preset: null, said });
  }

  part.seed.addEventListener("change", () => {
    change({ seed: seedIn(part.seed, seed) });
  });
  part.more.addEventListener("click", () => change({ seed: randomSeed() }));

  // --- side by side --------------------------------------------------------------------------

  const request = (model) => ({ model: model.name, label: label || null, seed });
  const isCurrent = (asked) => asked.seed === seed && asked.label === (label || null);
  const columns = new Map(); // name of a model -> its column

  function columnOf(model) {
    if (!columns.has(model.name)) columns.set(model.name, makeColumn(model));
    return columns.get(model.name);
  }

  function makeColumn(model) {
    const run = runs.get(model.name);
    const [paper, number, look] = SYSTEMS[model.recipe] ?? ["", "", ""];
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
              { href: `https://arxiv.org/abs/${number}`, target: "_blank", rel: "noopener" },
              paper,
            )
          : h("span", {}, "\u00a0"),
      ),
      h("div", { class: "dg-drawn" }, canvas, line),
      h("div", { class: "dg-look" }, free, h("p", {}, look)),
      h(
        "dl",
        { class: "dg-figures" },
        ...OWN.flatMap((key) => {
          const { head, words } = COLUMNS.find((column) => column.key === key);
          return [h("dt", { title: words }, head), h("dd", {}, figure(model, key))];
        }),
      ),
    );

    const send = newest(
      server.samples,
      async (answer, asked) => {
        if (!isCurrent(asked)) return;
        delete root.dataset.shown; // until it is painted, no telling what it shows
        await paint(canvas, answer.grid);
        if (!isCurrent(asked)) return; // asked anew meanwhile: that answer is on its way
        canvas.hidden = false;
        tell(line);
        const { seeds } = answer;
        const words = `${model.title}: ${seeds.length} pictures`;
        canvas.setAttribute("aria-label", asked.label ? `${words} of ${asked.label}` : words);
        tell(
          free,
          model.conditional
            ? ""
            : `Draws no class of your choice: these are seeds ${whole(seeds[0])} to ${whole(seeds.at(-1))}, of whatever class.`,
        );
        root.removeAttribute("aria-busy");
        root.dataset.shown = JSON.stringify(asked); // what the tests wait for
      },
      (error, asked) => {
        if (!isCurrent(asked)) return;
        canvas.hidden = true; // what it shows is of an older request
        delete root.dataset.shown;
        tell(line, error.message);
        root.removeAttribute("aria-busy");
      },
    );

    return {
      root,
      ask() {
        if (root.dataset.shown === JSON.stringify(request(model))) {
          root.removeAttribute("aria-busy");
          return;
        }
        root.setAttribute("aria-busy", "true");
        send(request(model));
      },
    };
  }

  function showModels() {
    const models = shown();
    const names = set.classes.map((name) => h("li", {}, name));
    const rows = h("ul", { class: "dg-rowheads", "aria-label": "The rows" }, ...names);
    const isAsked = models.some((model) => model.conditional);
    const isRowed = !label && isAsked;
    part.models.replaceChildren(
      ...(isRowed ? [rows] : []),
      ...models.map((model) => columnOf(model).root),
    );
    part.models.style.setProperty("--num", Math.max(1, models.length));
    part.models.classList.toggle("dg-roomy", models.length <= 2);
    for (const model of models) columnOf(model).ask();
    part.caption.textContent = models.length
      ? `${what(isAsked)} of the seeds from ${whole(seed)} on; the same seeds for every model.`
      : "Choose a model above.";
  }

  function what(isAsked) {
    if (!isAsked) return "Pictures of whatever class,";
    return label
      ? `48 pictures of the class ${label},`
      : "A row is a class, and its six pictures are";
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
        ...COLUMNS.map(({ key, head, words }) => {
          const button = h("button", { type: "button", title: words, onclick: () => sort(key) });
          button.append(head, h("span", { "aria-hidden": "true" }));
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
    part.tabletitle.textContent = `Results on ${set.title}`;
    part.measured.hidden = !measured.length;
    part.tablenote.textContent = measured.length
      ? "Press the head of a column to sort by it. The best value of a column is marked."
      : `No model of ${set.title} has been measured yet: python -m dgm.evaluate checkpoints/NAME --write`;
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
      const title = low === undefined ? null : `95 % interval: ${share(low)} to ${share(high)}`;
      const cell = h("td", { title, class: isBest ? "dg-best" : "" }, figure(model, key));
      if (isBest) cell.append(h("span", { class: "dg-hidden" }, " (best)"));
      return cell;
    });
    const isShown = chosen.includes(model.name);
    const head = h("th", { scope: "row" }, swatch(run), called(run));
    if (model.recipe === "cnn") head.append(h("small", {}, "baseline, draws nothing"));
    return h("tr", { class: isShown ? "dg-shown" : "", "data-model": model.name }, head, ...cells);
  }

  /** @param {{ key: string, head: string, better: number, words: string, beside?: any[] }} column */
  function legend({ key, head, better, words, beside }, measured) {
    const direction = better > 0 ? " Higher is better." : better < 0 ? " Lower is better." : "";
    const [name, tellOf] = beside ?? [];
    const value = measured.map((m) => m.figures[`${key}/${name}`]).find((v) => v !== undefined);
    const against = value === undefined ? "" : ` ${tellOf(value)}`;
    return [h("dt", {}, head), h("dd", {}, words + direction + against)];
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
        const classOf = VARIED[home().key] ?? home().classes[0];
        curves.want(one.metric);
        change({
          set: home(),
          recipes: [...one.need, ...(one.also ?? [])],
          label: one.isOneClass ? classOf : "",
          seed: 1,
          preset: one,
        });
      };
      const button = h("button", { type: "button", class: "dg-button dg-preset", onclick });
      button.append(one.title);
      return [one, button];
    }),
  );
  part.presets.append(...buttons.values());
  part.presetblock.hidden = !buttons.size;

  // --- begin ---------------------------------------------------------------------------------

  part.upto.textContent = `Models, up to ${MOST}`;
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
