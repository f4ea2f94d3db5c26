// The canvas of the Generate tab: one picture, what sets it, what was set before, and its link.
import { createChoice } from "../../components/choice.js";
import { h, tell, whenShown } from "../../components/base.js";
import { percent, randomSeed, seedIn } from "../../components/figures.js";
import { createModelPicker } from "../../components/picker.js";
import { cut, decoded, download, paint } from "../../components/pictures.js";
import { ask, later, newest } from "../../components/requests.js";
import { fromHash, RANGE, toHash } from "./link.js";
/**
 * `server` draws; `onmodel(set, model)` is called when another model was chosen, `onset(what)` when
 * the class or the truncation was. Returns what the sections under the canvas need of it.
 */
export function createCanvas(element, part, server, datasets, { onmodel, onset }) {
  const NUM_SLIDERS = 8;
  const NUM_RAW = 16; // coordinates of z that are shown at first, and that "More" adds
  const SIDE = 32; // pixels of a picture
  const PAUSE = 40; // ms between two pictures of a drag: 25 a second are as many as an eye follows
  const KINDS = [
    {
      value: "picture",
      label: "Picture",
      title: "Along these the pixels change most.",
      words: "Along these the pixels of the picture change most (pullback of the pixel distance).",
    },
    {
      value: "ganspace",
      label: "GANSpace",
      title: "Along these the first layers of G vary most.",
      words:
        "The principal components of what G’s first layers make of 2,000 draws of z (Härkönen 2020).",
    },
    {
      value: "sefa",
      label: "SeFa",
      title: "These the first layer of G enlarges most.",
      words:
        "What the weights of G’s first layer enlarge most, found without a picture (Shen & Zhou 2021).",
    },
  ];
  const FACTORS = {
    value: "factors",
    label: "Known factors",
    title: "What each shape was drawn from.",
    words: "Fitted to drawn shapes, whose factors are known; a circle and a ring show no angle.",
  };
  /** The kinds of directions that a model has; the first comes with it. */
  const kindsOf = (model) => (Object.keys(model.factors).length ? [...KINDS, FACTORS] : KINDS);

  const OWN_Z =
    "This z was found for a picture, or by a sum or on the map: no seed draws it. Enter a seed to have that one’s draw in its place.";

  let set = null;
  let model = null;
  // What the picture follows from. z, where there is one, stands in place of the seed's draw.
  const state = {
    label: "",
    seed: 1,
    truncation: 1,
    kind: "picture",
    sliders: Array(NUM_SLIDERS).fill(0),
    offsets: [], // of z's coordinates; there may be fewer
    z: null,
  };
  const past = []; // what was set before each change, as JSON
  const future = []; // what was undone
  let settled = null; // what is set now, once the hand has let go
  const mirrors = []; // canvases that show the same picture
  const listeners = []; // are told once the hand has let go

  const request = () => ({
    model: model.name,
    ...state,
    sliders: [...state.sliders],
    offsets: [...state.offsets],
  });
  const isCurrent = (asked) => asked.model === model.name && asked.label === state.label;
  const complain = (error) => tell(part.line, error.message);

  // --- drawing -------------------------------------------------------------------------------

  const sendDraw = newest(
    server.draw,
    async (answer, asked) => {
      if (!isCurrent(asked)) return;
      tell(part.line);
      const image = await paint(part.picture, answer.picture);
      for (const mirror of mirrors) mirror.getContext("2d").drawImage(image, 0, 0);
      part.picture.dataset.shown = JSON.stringify(asked); // what the tests and the benchmark wait for
      part.picture.removeAttribute("aria-busy");
    },
    (error) => {
      part.picture.removeAttribute("aria-busy");
      complain(error);
    },
    PAUSE,
  );

  let drawnKind = ""; // "model kind" whose directions the rows show
  const sendEnds = newest(
    server.slider_previews,
    async (answer, asked) => {
      if (!isCurrent(asked) || asked.kind !== state.kind) return;
      drawnKind = `${asked.model} ${asked.kind}`;
      showKind();
      rows.forEach((row, i) => (row.root.hidden = i >= answer.num));
      part.unfinished.hidden = answer.num > 0;
      if (!answer.num) return;
      const grid = await decoded(answer.grid);
      rows.slice(0, answer.num).forEach((row, i) => {
        row.ends.forEach((canvas, end) => cut(canvas, grid, end, i));
      });
    },
    (error) => {
      part.sliders.removeAttribute("inert");
      complain(error);
    },
  );

  /** What the directions are; until they are found, the sliders wait for them. */
  function showKind() {
    const isFound = state.kind === "picture" || drawnKind === `${model?.name} ${state.kind}`;
    part.sliders.toggleAttribute("inert", !isFound);
    if (!isFound) {
      // What stands at the ends are pictures of another kind of direction, or of another model.
      const ends = rows.flatMap((row) => row.ends);
      ends.forEach((canvas) =>
        canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height),
      );
    }
    part.kindwords.textContent = isFound
      ? wordsOf(state.kind)
      : "Finding these directions, once for each model …";
  }

  function wordsOf(kind) {
    const { words } = [...KINDS, FACTORS].find(({ value }) => value === kind);
    const measured = Object.entries(model?.factors ?? {}).filter(([, share]) => share !== null);
    if (kind !== "factors" || !measured.length) return words;
    const shares = measured.map(
      ([name, share]) => `${FACTOR_NAMES[name].toLowerCase()} ${share.toFixed(2)}`,
    );
    return `${words} How closely pictures follow, 1 at best: ${shares.join(", ")}.`;
  }

  const sendRead = newest(
    server.predict,
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
    if (settled && settled !== now) {
      past.push(settled);
      future.length = 0;
      tell(part.linkline);
    }
    settle(now);
  }

  function settle(now) {
    settled = now;
    part.undo.disabled = !past.length;
    part.redo.disabled = !future.length;
    part.program.hidden = true; // it draws the picture before
    part.shared.textContent = "";
    history.replaceState(history.state, "", toHash(state, model));
    for (const call of listeners) call();
    rest();
  }

  // --- sliders -------------------------------------------------------------------------------

  const clamp = (value) => Math.min(RANGE, Math.max(-RANGE, value));

  /** A slider of -3 … 3; `move(value, done)` is called as the hand moves it, and when it is set. */
  function slider(name, move) {
    const output = h("output", {}, "0.0");
    const input = h("input", {
      type: "range",
      min: -RANGE,
      max: RANGE,
      step: 0.05,
      value: 0,
      "aria-label": name,
      oninput: () => move(Number(input.value), false),
      onchange: () => move(Number(input.value), true),
      ondblclick: () => move(0, true),
      onkeydown: (event) => {
        const far = { ArrowRight: 0.5, ArrowUp: 0.5, ArrowLeft: -0.5, ArrowDown: -0.5 }[event.key];
        if (["0", "Delete", "Backspace"].includes(event.key)) move(0, true);
        else if (event.shiftKey && far) move(clamp(Number(input.value) + far), true);
        else return;
        event.preventDefault();
      },
    });
    return {
      input,
      output,
      show(value) {
        input.value = value;
        output.textContent = (value > 0 ? "+" : value < 0 ? "−" : "") + Math.abs(value).toFixed(1);
        input.style.setProperty("--at", `${(100 * (value + RANGE)) / (2 * RANGE)}%`);
      },
    };
  }

  const rows = state.sliders.map((_, i) => {
    const move = (value, done) => {
      state.sliders[i] = value;
      one.show(value);
      change(done);
    };
    const one = slider("", move);
    const ends = [-RANGE, RANGE].map((value) =>
      h("canvas", {
        class: "dg-pixels dg-end",
        width: SIDE,
        height: SIDE,
        "aria-hidden": "true",
        onclick: () => move(value, true), // a press on an end picture goes all the way there
      }),
    );
    const name = h("span", { ondblclick: () => rename(i), title: "Double-click to rename" });
    const pencil = h(
      "button",
      { type: "button", class: "dg-pencil", onclick: () => rename(i), title: "Rename" },
      "✎",
    );
    const head = h("div", { class: "dg-slider-name" }, name, pencil);
    const middle = h("div", { class: "dg-slider-middle" }, head, one.output, one.input);
    const root = h("div", { class: "dg-slider" }, ends[0], middle, ends[1]);
    part.sliders.append(root);
    return { root, ends, name, pencil, head, ...one };
  });

  // --- names of sliders, which the visitor gives and this browser keeps ----------------------

  const FACTOR_NAMES = {
    hue: "Hue",
    size: "Size",
    angle: "Angle",
    x: "Left to right",
    y: "Top to bottom",
    background: "Background",
  };
  const NAMES = "dg-slider-names";
  const names = (() => {
    try {
      return JSON.parse(localStorage.getItem(NAMES)) ?? {};
    } catch {
      return {}; // an embedded page may be denied its storage; then a name lasts a visit
    }
  })();
  const nameKey = (i) => `${model.name} ${state.kind} ${i + 1}`;

  /** What a slider is called while nobody gave it a name. */
  function usualName(i) {
    const factor = state.kind === "factors" && Object.keys(model.factors)[i];
    return factor ? FACTOR_NAMES[factor] : `Direction ${i + 1}`;
  }

  function showName(i) {
    const words = names[nameKey(i)] ?? usualName(i);
    rows[i].name.textContent = words;
    rows[i].input.setAttribute("aria-label", words);
    rows[i].pencil.setAttribute("aria-label", `Rename ${words}`);
  }

  function rename(i) {
    const { head, name, pencil } = rows[i];
    const key = nameKey(i);
    let isOver = false;
    const end = (isKept) => {
      if (isOver) return; // to take the field away is to leave it, once more
      isOver = true;
      const words = field.value.trim();
      if (isKept && words && words !== usualName(i)) names[key] = words;
      else if (isKept) delete names[key];
      try {
        localStorage.setItem(NAMES, JSON.stringify(names));
      } catch {}
      head.replaceChildren(name, pencil);
      showName(i);
    };
    const field = h("input", {
      type: "text",
      maxlength: 40,
      value: name.textContent,
      "aria-label": `A name for ${name.textContent}`,
      onblur: () => end(true),
      onkeydown: (event) => {
        event.stopPropagation();
        if (!["Enter", "Escape"].includes(event.key)) return;
        end(event.key === "Enter");
        pencil.focus();
      },
    });
    head.replaceChildren(field);
    field.select();
  }

  // --- the coordinates of z themselves -------------------------------------------------------

  const raw = [];

  /** One more of them; laid out only for those who look. */
  function addRaw() {
    const i = raw.length;
    const one = slider(`Coordinate ${i + 1} of z`, (value, done) => {
      while (state.offsets.length <= i) state.offsets.push(0);
      state.offsets[i] = value;
      one.show(value);
      change(done);
    });
    const name = h("span", {}, "z", h("sub", {}, `${i + 1}`));
    part.raw.append(
      h(
        "div",
        { class: "dg-slider dg-plain" },
        h("div", { class: "dg-slider-middle" }, name, one.output, one.input),
      ),
    );
    one.show(state.offsets[i] ?? 0);
    raw.push(one);
  }

  function layRaw(num) {
    const wanted = Math.min(num, model.latent_dim);
    raw.splice(wanted);
    [...part.raw.children].slice(wanted).forEach((row) => row.remove());
    while (raw.length < wanted) addRaw();
    part.rawmore.hidden = raw.length === model.latent_dim;
  }

  part.rawfold.addEventListener("toggle", () => {
    if (part.rawfold.open && !raw.length) layRaw(NUM_RAW);
  });
  part.rawmore.addEventListener("click", () => layRaw(raw.length + NUM_RAW));

  // --- showing -------------------------------------------------------------------------------

  function showAll() {
    part.seed.value = state.seed;
    part.seed.classList.toggle("dg-unused", Boolean(state.z));
    showCompared();
    tell(part.ownz, state.z ? OWN_Z : "");
    part.truncation.value = state.truncation;
    part.truncationvalue.textContent = state.truncation.toFixed(2);
    classes.select(state.label);
    kinds.select(state.kind);
    showKind();
    rows.forEach((row, i) => {
      row.show(state.sliders[i]);
      if (model) showName(i);
    });
    raw.forEach((one, i) => one.show(state.offsets[i] ?? 0));
  }

  // --- before and after ----------------------------------------------------------------------

  let hasBefore = false; // there is a picture that z was found for

  function showCompared() {
    const isCompared = hasBefore && Boolean(state.z);
    part.before.hidden = part.swiperow.hidden = !isCompared;
    part.livepicture.classList.toggle("dg-compared", isCompared);
    const share = `${part.swipe.value}%`;
    part.swipe.style.setProperty("--at", share);
    part.livepicture.style.setProperty("--swipe", share);
  }

  function swipeTo(event) {
    if (!event.buttons || part.swiperow.hidden) return;
    const box = part.livepicture.getBoundingClientRect();
    part.swipe.value = 100 - (100 * (event.clientX - box.left)) / box.width;
    showCompared();
  }
  part.livepicture.addEventListener("pointerdown", swipeTo);
  part.livepicture.addEventListener("pointermove", swipeTo);
  part.swipe.addEventListener("input", showCompared);

  // --- class, seed, truncation, kind of directions -------------------------------------------

  const classes = createChoice("Class", (value) => {
    state.label = value;
    change();
    onset("class");
  });
  const kinds = createChoice("Directions of the latent space", (value) => {
    state.kind = value;
    state.sliders.fill(0); // they were along other directions
    showAll();
    change();
  });

  /** Take a seed's own draw of z, where it begins. */
  function begin(seed) {
    Object.assign(state, { seed, z: null, offsets: [] });
    state.sliders.fill(0);
    showAll();
    change();
  }

  part.seed.addEventListener("change", () => {
    state.seed = seedIn(part.seed, state.seed);
    state.z = null;
    showAll();
    change();
  });
  part.truncation.addEventListener("input", () => {
    state.truncation = Number(part.truncation.value);
    part.truncationvalue.textContent = state.truncation.toFixed(2);
    change(false);
  });
  part.truncation.addEventListener("change", () => {
    change();
    onset("truncation");
  });
  part.surprise.addEventListener("click", () => begin(randomSeed()));
  part.reset.addEventListener("click", () => {
    state.sliders.fill(0);
    state.offsets = [];
    showAll();
    change();
  });
  part.smooth.addEventListener("change", () => {
    element.firstElementChild.classList.toggle("dg-smooth", part.smooth.checked);
  });

  // --- undo and redo -------------------------------------------------------------------------

  /** Set a whole state of whichever model, as an undo or a link asks. */
  function restore(name, values) {
    isRestoring = true;
    if (name !== model?.name) picker.choose(name);
    isRestoring = false;
    Object.assign(state, values);
    showAll();
  }
  let isRestoring = false; // then the choice of a model is no change of its own

  /** Set what was set once; `from` gives it, and what is set now goes `to`. */
  function travel(from, to) {
    if (!from.length) return;
    to.push(settled);
    const { model: name, ...values } = JSON.parse(from.pop());
    restore(name, values);
    sendDraw(request());
    settle(JSON.stringify(request()));
  }
  const undo = () => travel(past, future);
  const redo = () => travel(future, past);
  part.undo.addEventListener("click", undo);
  part.redo.addEventListener("click", redo);
  document.addEventListener("keydown", (event) => {
    const isShown = element.isConnected && element.offsetParent !== null;
    const isText =
      event.target instanceof Element &&
      event.target.matches("input[type=text], input[type=number], textarea");
    if (!isShown || isText || !(event.ctrlKey || event.metaKey)) return;
    if (event.key.toLowerCase() !== "z" && event.key !== "y") return;
    event.preventDefault();
    if (event.shiftKey || event.key === "y") redo();
    else undo();
  });

  // --- sharing -------------------------------------------------------------------------------

  const fileName = (words) =>
    [model.name, ...(model.conditional ? [state.label] : []), words]
      .join("-")
      .replaceAll(/[^A-Za-z0-9_-]+/g, "-")
      .toLowerCase();

  part.save.addEventListener("click", () => {
    const words = state.z ? "own" : `seed-${state.seed}`;
    download(fileName(words), [512, 512], (context) => {
      context.imageSmoothingEnabled = part.smooth.checked;
      context.imageSmoothingQuality = "high";
      context.drawImage(part.picture, 0, 0, 512, 512);
    });
  });

  /** Put words on the clipboard; where the browser keeps it closed, they are shown to be copied. */
  async function copy(words, said) {
    try {
      await navigator.clipboard.writeText(words);
      part.shared.textContent = said;
    } catch {
      part.shared.textContent = "The browser keeps its clipboard closed: copy this yourself.";
      part.program.hidden = false;
      part.program.textContent = words;
    }
  }

  part.copylink.addEventListener("click", () =>
    copy(location.href, "The link is copied. It opens this very picture."),
  );
  part.copypython.addEventListener("click", async () => {
    try {
      const { text } = await ask(server.python, request());
      part.program.textContent = text;
      part.program.hidden = false;
      await copy(text, "The program is copied. It draws this picture, the same to the pixel.");
    } catch (error) {
      complain(error);
    }
  });

  /** Set what the address asks for; false where it asks for nothing that is here. */
  function openLink() {
    const link = fromHash(location.hash, datasets, kindsOf);
    if (!link) return false;
    if (link.model) {
      const usual = { label: link.set.classes[0], seed: 1, truncation: 1, kind: "picture" };
      const sliders = Array.from({ length: NUM_SLIDERS }, (_, i) => link.state.sliders?.[i] ?? 0);
      restore(link.model.name, { ...usual, offsets: [], z: null, ...link.state, sliders });
      change();
    }
    const words = link.problems.join("; ");
    tell(part.linkline, words && `Not all of this link can be followed: ${words}.`);
    return Boolean(link.model);
  }

  window.addEventListener("hashchange", () => {
    if (element.isConnected) openLink();
  });

  // --- the model -----------------------------------------------------------------------------

  function chooseModel(nextSet, nextModel) {
    const isNewSet = set?.key !== nextSet.key;
    // A place in another model's space means nothing in this one.
    if (model && model !== nextModel && !isRestoring)
      Object.assign(state, { z: null, offsets: [] });
    if (isNewSet) hasBefore = false;
    if (model && model !== nextModel) {
      // The other model's picture fades until this one's is there.
      part.picture.setAttribute("aria-busy", "true");
      part.readback.textContent = "";
    }
    const isOtherSize = model?.latent_dim !== nextModel.latent_dim;
    set = nextSet;
    model = nextModel;
    if (isNewSet) {
      state.label = set.classes.includes(state.label) ? state.label : set.classes[0];
      classes.set(
        set.classes.map((name) => ({ value: name, label: name })),
        state.label,
      );
    }
    const kindsHere = kindsOf(model);
    const hasFactors = kindsHere.includes(FACTORS);
    const isOffered = kindsHere.some(({ value }) => value === state.kind);
    // Where factors are known, they are what a visitor to the data set finds first.
    if (!isOffered || (isNewSet && hasFactors && !isRestoring)) {
      state.kind = hasFactors ? FACTORS.value : "picture";
      state.sliders.fill(0); // they were of other directions
    }
    kinds.set(kindsHere, state.kind);
    const reason = `${model.title} cannot be asked for a class: it draws what the seed gives.`;
    classes.refuse(model.conditional ? "" : reason);
    showAll();
    if (isOtherSize && raw.length) layRaw(NUM_RAW);
    onmodel(set, model);
    if (!isRestoring) change();
  }

  part.classes.append(classes.root);
  part.kinds.append(kinds.root);
  const picker = createModelPicker(datasets, (m) => m.generates, chooseModel);
  part.picker.append(picker.root);

  return {
    state,
    request,
    change,
    showAll,
    begin,
    fileName,
    get model() {
      return model;
    },
    get set() {
      return set;
    },
    isSmooth: () => part.smooth.checked,
    /** Take a place in the latent space, and the class to be drawn there, where there is one. */
    place(z, label, done = true) {
      Object.assign(state, { z, label: label || state.label, truncation: 1, offsets: [] });
      state.sliders.fill(0);
      showAll();
      change(done);
    },
    /** Compare with a picture for as long as z is none of a seed's. */
    compare(image) {
      hasBefore = true;
      part.before.width = image.width;
      part.before.height = image.height;
      part.before.getContext("2d").drawImage(image, 0, 0);
    },
    /** A canvas element is to show the same picture. */
    mirror: (node) => mirrors.push(node),
    /** Call whenever something was set, once the hand has let go. */
    onsettle: (call) => listeners.push(call),
    /** Show the picture, once all that it touches is there. */
    open() {
      if (!openLink()) picker.adopt(true);
      whenShown(element, () => picker.adopt());
    },
  };
}
