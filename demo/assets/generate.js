// The Generate tab: a picture under sliders, many pictures, the way between two.
"use strict";

studio.generate = async (element, server) => {
  const { h, newest, later, choice, decoded, cut, percent, tell, seedIn, randomSeed } = studio;
  const part = studio.refs(element);
  const NUM_SLIDERS = 8;
  const SIDE = 32; // pixels of a picture
  const PAUSE = 40; // ms between two pictures of a drag: 25 a second are as many as an eye follows

  const catalog = await studio.catalog(element, server, (found) =>
    found.datasets.some((set) => set.models.some((model) => model.draws)),
  );

  let set = null;
  let model = null;
  let label = "";
  let seed = 1;
  let truncation = 1;
  let sliders = Array(NUM_SLIDERS).fill(0);
  let firstSeed = 1; // of the many pictures
  const history = []; // what was set before each change
  let settled = null; // what is set now, once the hand has let go

  const request = () => ({ model: model.name, label, seed, truncation, sliders: [...sliders] });
  const isCurrent = (asked) => asked.model === model.name && asked.label === label;
  const complain = (error) => tell(part.line, error.message);

  // --- one picture ---------------------------------------------------------------------------

  const sendDraw = newest(
    server.draw,
    async (answer, asked) => {
      if (!isCurrent(asked)) return;
      tell(part.line);
      await studio.paint(part.picture, answer.picture);
      part.picture.dataset.shown = JSON.stringify(asked); // what the tests and the benchmark wait for
    },
    complain,
    PAUSE,
  );

  const sendEnds = newest(
    server.ends,
    async (answer, asked) => {
      if (!isCurrent(asked)) return;
      rows.forEach((row, i) => (row.root.hidden = i >= answer.num));
      part.unfinished.hidden = answer.num > 0;
      if (!answer.num) return;
      const sheet = await decoded(answer.sheet);
      rows.slice(0, answer.num).forEach((row, i) => {
        row.ends.forEach((canvas, end) => cut(canvas, sheet, end, i));
      });
    },
    complain,
  );

  const sendRead = newest(
    server.read,
    (answer, asked) => {
      if (!isCurrent(asked)) return;
      part.readback.replaceChildren(
        `Asked what this is, ${answer.title} says `,
        h("strong", {}, answer.label),
        `, ${percent(answer.confidence)}.`,
      );
    },
    () => (part.readback.textContent = ""),
  );

  const rest = later(() => {
    sendEnds(request());
    if (model.methods.length) sendRead(request());
    else part.readback.textContent = "";
  }, 200);

  /** Something was set: draw it. `done` is false while the hand is still dragging. */
  function change(done = true) {
    sendDraw(request());
    if (!done) return;
    const now = JSON.stringify(request());
    if (settled && settled !== now) history.push(settled);
    settled = now;
    part.undo.disabled = !history.length;
    rest();
  }

  // --- sliders -------------------------------------------------------------------------------

  const rows = sliders.map((_, i) => {
    const name = `Direction ${i + 1}`;
    const ends = [0, 1].map(() =>
      h("canvas", { class: "dg-pixels dg-end", width: SIDE, height: SIDE, "aria-hidden": "true" }),
    );
    const output = h("output", {}, "0.0");
    const input = h("input", {
      type: "range",
      min: -3,
      max: 3,
      step: 0.05,
      value: 0,
      "aria-label": name,
      oninput: () => {
        sliders[i] = Number(input.value);
        showSlider(i);
        change(false);
      },
      onchange: () => change(),
      ondblclick: () => {
        sliders[i] = 0;
        showSlider(i);
        change();
      },
    });
    // A press on an end picture goes all the way there.
    ends.forEach((canvas, end) =>
      canvas.addEventListener("click", () => {
        sliders[i] = end ? 3 : -3;
        showSlider(i);
        change();
      }),
    );
    const middle = h("div", { class: "dg-slider-middle" }, h("span", {}, name), output, input);
    const root = h("div", { class: "dg-slider" }, ends[0], middle, ends[1]);
    part.sliders.append(root);
    return { root, input, output, ends };
  });

  function showSlider(i) {
    const value = sliders[i];
    rows[i].input.value = value;
    rows[i].output.textContent =
      (value > 0 ? "+" : value < 0 ? "−" : "") + Math.abs(value).toFixed(1);
    rows[i].input.style.setProperty("--at", `${(100 * (value + 3)) / 6}%`);
  }

  function showAll() {
    part.seed.value = seed;
    part.truncation.value = truncation;
    part.truncationvalue.textContent = truncation.toFixed(2);
    classes.select(label);
    sliders.forEach((_, i) => showSlider(i));
  }

  // --- class, seed, truncation ---------------------------------------------------------------

  const classes = choice("Class", (value) => {
    label = value;
    change();
    samplesLater();
    betweenLater();
  });

  part.seed.addEventListener("change", () => {
    seed = seedIn(part.seed, seed);
    change();
  });
  part.truncation.addEventListener("input", () => {
    truncation = Number(part.truncation.value);
    part.truncationvalue.textContent = truncation.toFixed(2);
    change(false);
  });
  part.truncation.addEventListener("change", () => {
    change();
    samplesLater();
    betweenLater();
  });
  part.surprise.addEventListener("click", () => {
    seed = randomSeed();
    sliders.fill(0);
    showAll();
    change();
  });
  part.reset.addEventListener("click", () => {
    sliders.fill(0);
    showAll();
    change();
  });
  part.undo.addEventListener("click", () => {
    const before = history.pop();
    if (!before) return;
    settled = before;
    const was = JSON.parse(before);
    ({ label, seed, truncation, sliders } = was);
    if (was.model !== model.name) picker.choose(was.model);
    showAll();
    change();
  });
  part.smooth.addEventListener("change", () => {
    element.firstElementChild.classList.toggle("dg-smooth", part.smooth.checked);
  });
  part.save.addEventListener("click", () =>
    studio.download(fileName(`seed-${seed}`), [512, 512], (context) => {
      context.imageSmoothingEnabled = part.smooth.checked;
      context.imageSmoothingQuality = "high";
      context.drawImage(part.picture, 0, 0, 512, 512);
    }),
  );

  const fileName = (words) =>
    [model.name, ...(model.conditional ? [label] : []), words]
      .join("-")
      .replaceAll(/[^A-Za-z0-9_-]+/g, "-")
      .toLowerCase();

  // --- many pictures -------------------------------------------------------------------------

  let sheet = null; // { image, columns, seeds, labels } as last drawn

  const which = choice("Which", () => sendSamples(samplesRequest()), { hidden: true });
  which.set(
    [
      { value: "all", label: "All classes" },
      { value: "one", label: "This class" },
    ],
    "all",
  );
  const samplesRequest = () => ({
    model: model.name,
    label: which.value === "one" ? label : null,
    seed: firstSeed,
    truncation,
  });
  const samplesLater = later(() => sendSamples(samplesRequest()), 150);

  const sendSamples = newest(
    server.samples,
    async (answer, asked) => {
      if (asked.model !== model.name) return;
      const image = await decoded(answer.sheet);
      sheet = { ...answer, image };
      const groups = new Map();
      answer.labels.forEach((name, i) => groups.set(name, [...(groups.get(name) ?? []), i]));
      part.samples.classList.toggle("dg-one-class", groups.size === 1);
      part.samples.replaceChildren(
        ...[...groups].map(([name, indices]) =>
          h(
            "div",
            { class: "dg-group" },
            h("h3", {}, name || "Of whatever class"),
            h("div", { class: "dg-tiles" }, ...indices.map((i) => tile(i))),
          ),
        ),
      );
      // One stop of the Tab key for all of them; arrow keys go from picture to picture.
      const first = part.samples.querySelector("button");
      if (first) first.tabIndex = 0;
    },
    complain,
  );

  function tile(i) {
    const canvas = h("canvas", { class: "dg-pixels", width: SIDE, height: SIDE });
    cut(canvas, sheet.image, i % sheet.columns, Math.floor(i / sheet.columns));
    return h(
      "button",
      {
        type: "button",
        tabindex: "-1",
        class: "dg-tile",
        title: `seed ${sheet.seeds[i]}`,
        "aria-label": [sheet.labels[i], `seed ${sheet.seeds[i]}`].filter(Boolean).join(", "),
        onclick: () => {
          seed = sheet.seeds[i];
          label = sheet.labels[i] || label; // of a model that is asked for none, it stays
          sliders.fill(0);
          showAll();
          change();
          if (part.picture.getBoundingClientRect().top < 0) {
            const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
            element.scrollIntoView({ behavior: isCalm ? "auto" : "smooth" });
          }
        },
      },
      canvas,
    );
  }

  part.samples.addEventListener("keydown", (event) => {
    const tiles = [...part.samples.querySelectorAll("button")];
    const at = tiles.indexOf(document.activeElement);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tiles.length - 1 }[
      event.key
    ];
    if (at < 0 || next === undefined || !tiles[next]) return;
    event.preventDefault();
    tiles[at].tabIndex = -1;
    tiles[next].tabIndex = 0;
    tiles[next].focus();
  });
  part.more.addEventListener("click", () => {
    firstSeed = randomSeed();
    sendSamples(samplesRequest());
  });
  part.savesheet.addEventListener("click", () => {
    if (sheet) saveSheet(sheet.image, which.value === "one" ? "samples" : "all-samples", 4);
  });

  function saveSheet(image, words, scale) {
    const size = [scale * image.width, scale * image.height];
    studio.download(fileName(words), size, (context) => {
      context.imageSmoothingEnabled = part.smooth.checked;
      context.drawImage(image, 0, 0, ...size);
    });
  }

  // --- between two seeds ---------------------------------------------------------------------

  let seedA = 1;
  let seedB = 2;
  const betweenRequest = () => ({
    model: model.name,
    label,
    seed_a: seedA,
    seed_b: seedB,
    truncation,
  });
  const betweenLater = later(() => sendBetween(betweenRequest()), 150);
  const sendBetween = newest(
    server.between,
    async (answer, asked) => {
      if (!isCurrent(asked)) return;
      await studio.paint(part.strip, answer.sheet);
      part.along.max = answer.num - 1;
      showBetween();
    },
    complain,
  );

  function showBetween() {
    const at = Number(part.along.value);
    cut(part.between, part.strip, at, 0);
    part.along.style.setProperty("--at", `${(100 * at) / part.along.max}%`);
    const share = Math.round((100 * at) / part.along.max);
    part.along.setAttribute("aria-valuetext", `${share} % of the way`);
  }

  part.along.addEventListener("input", showBetween);
  part.from.addEventListener("change", () => {
    seedA = seedIn(part.from, seedA);
    sendBetween(betweenRequest());
  });
  part.to.addEventListener("change", () => {
    seedB = seedIn(part.to, seedB);
    sendBetween(betweenRequest());
  });
  part.strip.addEventListener("click", (event) => {
    const box = part.strip.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    part.along.value = Math.floor(share * (Number(part.along.max) + 1));
    showBetween();
  });
  part.savestrip.addEventListener("click", () =>
    saveSheet(part.strip, `from-${seedA}-to-${seedB}`, 4),
  );

  // --- begin ---------------------------------------------------------------------------------

  function choose(nextSet, nextModel) {
    const isNewSet = set?.key !== nextSet.key;
    set = nextSet;
    model = nextModel;
    if (isNewSet) {
      label = set.classes.includes(label) ? label : set.classes[0];
      classes.set(
        set.classes.map((name) => ({ value: name, label: name })),
        label,
      );
    }
    const reason = `${model.title} cannot be asked for a class: it draws what the seed gives.`;
    classes.refuse(model.conditional ? "" : reason);
    part.which.hidden = !model.conditional;
    change();
    samplesLater();
    betweenLater();
  }

  part.classes.append(classes.root);
  part.which.append(which.root);
  const picker = studio.modelPicker(catalog.datasets, (m) => m.draws, choose);
  part.picker.append(picker.root);
  showAll();
  picker.adopt(true);
  showAll();
  showBetween();
  studio.whenShown(element, () => picker.adopt());
};
