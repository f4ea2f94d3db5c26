// What all tabs share: asking the server, small pieces of the page, pictures on canvases.
"use strict";

window.studio = (() => {
  const LOST = "The server does not answer. Is app.py still running? Try again in a moment.";

  /** An element: h("p", { class: "dg-line", onclick }, "text", child). */
  function h(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === undefined || value === null || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children);
    return node;
  }

  /**
   * The parts of a tab's markup by the name in their data-ref. What lies inside an element with
   * data-scope has its names to itself: a tab may hold a piece of another.
   */
  function refs(element) {
    const scope = element.closest("[data-scope]");
    const nodes = [...element.querySelectorAll("[data-ref]")].filter(
      (node) => node.parentElement.closest("[data-scope]") === scope,
    );
    return Object.fromEntries(nodes.map((node) => [node.dataset.ref, node]));
  }

  /** The answer of a server function; what went wrong is thrown in words for the visitor. */
  async function ask(call, request = {}) {
    let answer;
    try {
      answer = await call(request);
    } catch {
      answer = undefined;
    }
    if (!answer) throw new Error(LOST);
    if (answer.error) throw new Error(answer.error);
    return answer;
  }

  /**
   * A sender that keeps one request in flight and, of those that come meanwhile, only the newest:
   * a dragged slider never runs ahead of the server, and its last value always arrives.
   * `pause` is the least time between two requests, in milliseconds.
   */
  function newest(call, onanswer, onerror, pause = 0) {
    let busy = false;
    let waiting = null;
    return async function send(request) {
      waiting = request;
      if (busy) return;
      busy = true;
      while (waiting !== null) {
        const current = waiting;
        const begun = performance.now();
        waiting = null;
        try {
          await onanswer(await ask(call, current), current);
        } catch (error) {
          onerror(error, current);
        }
        const left = pause - (performance.now() - begun);
        if (waiting !== null && left > 0) await sleep(left);
      }
      busy = false;
    };
  }

  const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  /** The last of many calls within `wait` milliseconds. */
  function later(call, wait) {
    let timer = 0;
    return (...values) => {
      clearTimeout(timer);
      timer = setTimeout(() => call(...values), wait);
    };
  }

  const METHOD_TITLES = {
    head: "Class head",
    bayes: "Bayes’ rule",
    "semi-supervised": "K + 1 classes",
    features: "Linear machine on features",
    "bayes-features": "Bayes’ rule on features",
    cnn: "Classifier",
  };
  /** What a way of classifying is called. */
  const methodTitle = (method) => METHOD_TITLES[method] ?? method;

  let numChoices = 0;

  /**
   * A group of radio buttons drawn as pills. Options: [{ value, label, note, title }].
   * Returns { root, value, set(options, value), select(value), refuse(reason) }; `onchange` is
   * called by the visitor's own choice only, and `refuse` switches the group off, or on by "".
   */
  function choice(legend, onchange, { hidden = false } = {}) {
    const name = `dg-choice-${++numChoices}`;
    const row = h("div", { class: "dg-pills" });
    const why = h("p", { class: "dg-why", hidden: true });
    const root = h(
      "fieldset",
      { class: "dg-choice" },
      h("legend", { class: hidden ? "dg-hidden" : "" }, legend),
      why,
      row,
    );
    let drawn = "";
    const group = {
      root,
      value: undefined,
      refuse(reason) {
        root.disabled = Boolean(reason);
        tell(why, reason);
      },
      select(value) {
        group.value = value;
        for (const input of row.querySelectorAll("input")) input.checked = input.value === value;
      },
      set(options, value) {
        group.value = options.some((o) => o.value === value) ? value : options[0]?.value;
        // Where nothing changes they stay, and with them the keyboard's focus.
        if (drawn === JSON.stringify(options)) return group.select(group.value);
        drawn = JSON.stringify(options);
        row.replaceChildren(
          ...options.map((option) => {
            const input = h("input", {
              type: "radio",
              name,
              value: option.value,
              checked: option.value === group.value,
              onchange: () => {
                group.value = option.value;
                onchange(option.value);
              },
            });
            const words = h("span", { class: "dg-pill-words" }, option.label);
            if (option.note) words.append(h("small", {}, option.note));
            return h("label", { class: "dg-pill", title: option.title }, input, words);
          }),
        );
      },
    };
    return group;
  }

  async function decoded(url) {
    const image = new Image();
    image.src = url;
    await image.decode();
    return image;
  }

  /** Draw one of the pictures of a sheet on a canvas of its size. */
  function cut(canvas, sheet, column, row = 0) {
    const { width, height } = canvas;
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, width, height);
    pen.drawImage(sheet, column * width, row * height, width, height, 0, 0, width, height);
  }

  /** Draw the picture of a data URL on a canvas, pixel for pixel. */
  async function paint(canvas, url) {
    const image = await decoded(url);
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    canvas.getContext("2d").drawImage(image, 0, 0);
    return image;
  }

  /** Save a drawing of `size` = [width, height] as a PNG file; `draw` gets its 2D context. */
  function download(name, [width, height], draw) {
    const canvas = h("canvas", { width, height });
    draw(canvas.getContext("2d"));
    canvas.toBlob((blob) => saveBlob(`${name}.png`, blob), "image/png");
  }

  /** Save a blob as a file of that name. */
  function saveBlob(name, blob) {
    const link = h("a", { href: URL.createObjectURL(blob), download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  /** Save a sheet of pictures as a PNG file, `scale` times as large. */
  function saveSheet(name, image, scale, isSmooth) {
    const size = [scale * image.width, scale * image.height];
    download(name, size, (context) => {
      context.imageSmoothingEnabled = isSmooth;
      context.drawImage(image, 0, 0, ...size);
    });
  }

  /** 0.9731 -> "97 %"; close to the ends one decimal, so that 99.6 % is no certainty. */
  function percent(share) {
    const value = 100 * share;
    if (value > 99.9) return ">\u00a099.9\u00a0%";
    return `${value.toFixed(value > 99 || (value > 0.05 && value < 1) ? 1 : 0)}\u00a0%`;
  }

  /** The seed in a field; a field that holds none gets the last good one back. */
  function seedIn(field, last) {
    const value = Math.round(Number(field.value));
    const isGood = field.value !== "" && value >= 0 && value <= Number(field.max);
    field.value = isGood ? value : last;
    return Number(field.value);
  }

  const randomSeed = () => Math.floor(Math.random() * 10_000);

  /** Show a message in a line of its own, or hide the line when there is none. */
  function tell(line, words = "") {
    line.textContent = words;
    line.hidden = !words;
  }

  /** The catalog, and a note in place of the tab where there is nothing to show. */
  async function catalog(element, server, isUsable) {
    const tab = element.querySelector(".dg");
    const note = element.querySelector("[data-ref=note]");
    for (;;) {
      try {
        const found = await ask(server.catalog);
        tab.classList.remove("dg-waiting");
        if (isUsable(found)) {
          note.hidden = true;
          return found;
        }
        note.replaceChildren(
          h("h2", {}, "No trained model is here yet"),
          h("p", {}, "Train one first; this takes some minutes on a laptop, and needs no GPU:"),
          h("pre", { tabindex: "0" }, "python -m dgm.train dcgan --dataset mnist"),
          h("p", {}, "It appears here by itself once it is trained: nothing to restart."),
        );
        tab.classList.add("dg-empty");
      } catch (error) {
        note.replaceChildren(h("p", {}, error.message));
      }
      note.hidden = false;
      await sleep(5_000);
      tab.classList.remove("dg-empty");
    }
  }

  // The data set and system that the visitor chose last, so that a tab opens on what was chosen in
  // another. What a tab opens on by itself is no choice.
  const chosen = { dataset: undefined, recipe: undefined };

  /**
   * The pickers of data set and model that Classify and Generate begin with.
   * `usable(model)` says which models are offered, `note(model)` what stands under a model's title;
   * `onchange(dataset, model)` runs on every choice.
   */
  function modelPicker(datasets, usable, onchange, note = (model) => model.note) {
    const offered = datasets
      .map((set) => ({ ...set, models: set.models.filter(usable) }))
      .filter((set) => set.models.length);
    const own = { dataset: undefined, recipe: undefined };
    const sets = choice("Data set", (key) => take(key, own.recipe));
    const systems = choice("Model", (name) => {
      const model = current().models.find((m) => m.name === name);
      take(own.dataset, model.recipe, name);
    });
    const current = () => offered.find((set) => set.key === own.dataset) ?? offered[0];

    function pick(key, recipe, name) {
      own.dataset = key;
      const { models } = current();
      const model =
        models.find((m) => m.name === name) ?? models.find((m) => m.recipe === recipe) ?? models[0];
      own.recipe = model.recipe;
      show(model);
      onchange(current(), model);
    }

    function take(key, recipe, name) {
      pick(key, recipe, name);
      Object.assign(chosen, own);
    }

    function show(model) {
      sets.set(
        offered.map((s) => ({ value: s.key, label: s.subject, note: s.title })),
        current().key,
      );
      systems.set(
        current().models.map((m) => ({ value: m.name, label: m.title, note: note(m) })),
        model.name,
      );
    }

    return {
      root: h("div", { class: "dg-picker" }, sets.root, systems.root),
      /** Choose a model by name, whichever data set it is of. */
      choose(name) {
        const home = offered.find((set) => set.models.some((m) => m.name === name));
        if (home) take(home.key, own.recipe, name);
      },
      /** Take over what was chosen in another tab. */
      adopt(force = false) {
        const known = offered.some((set) => set.key === chosen.dataset);
        const key = known ? chosen.dataset : (own.dataset ?? offered[0].key);
        const models = offered.find((set) => set.key === key).models;
        const recipe = models.some((m) => m.recipe === chosen.recipe) ? chosen.recipe : own.recipe;
        if (force || key !== own.dataset || recipe !== own.recipe) pick(key, recipe);
      },
    };
  }

  /**
   * The picker of a data set, of tabs that show several of its models. `onchange(set)` is called by
   * the visitor's own choice only.
   */
  function setPicker(sets, onchange) {
    const group = choice("Data set", (key) => {
      chosen.dataset = key;
      onchange(sets.find((set) => set.key === key));
    });
    const numShipped = (set) => set.models.filter((model) => model.shipped).length;
    return {
      root: group.root,
      /** Mark the one that is shown. */
      show(set) {
        group.set(
          sets.map((s) => ({ value: s.key, label: s.subject, note: s.title })),
          set.key,
        );
      },
      /** The one to be shown when the tab is looked at: what was chosen in any tab, else `set`, else
          that of the most shipped systems. */
      wanted(set) {
        const most = sets.reduce((a, b) => (numShipped(b) > numShipped(a) ? b : a));
        return sets.find((s) => s.key === chosen.dataset) ?? set ?? most;
      },
    };
  }

  /** Call whenever the element comes into view, such as when its tab is opened. */
  function whenShown(element, call) {
    new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) call();
    }).observe(element);
  }

  // Light or dark. An embedded page may be denied its storage; then the choice lasts a visit.
  function toggleTheme() {
    const dark = document.body.classList.toggle("dark");
    try {
      localStorage.setItem("dg-theme", dark ? "dark" : "light");
    } catch {}
  }

  /** The visitor's own choice from an earlier visit, unless the address asks for one. */
  function recallTheme() {
    if (new URLSearchParams(location.search).has("__theme")) return;
    try {
      const theme = localStorage.getItem("dg-theme");
      if (theme) document.body.classList.toggle("dark", theme === "dark");
    } catch {}
  }

  return {
    chosen,
    h,
    refs,
    ask,
    newest,
    later,
    sleep,
    choice,
    methodTitle,
    decoded,
    cut,
    paint,
    download,
    saveBlob,
    saveSheet,
    percent,
    seedIn,
    randomSeed,
    tell,
    catalog,
    modelPicker,
    setPicker,
    whenShown,
    toggleTheme,
    recallTheme,
  };
})();
