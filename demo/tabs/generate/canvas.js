// The canvas of the Generate tab: one picture, what sets it, what was set before, and its link.
import { createChoice } from "../../components/choice.js";
import { h, tell, whenShown } from "../../components/base.js";
import { number, randomSeed, seedIn } from "../../components/figures.js";
import { createModelPicker } from "../../components/picker.js";
import { cut, decoded, download, paint } from "../../components/pictures.js";
import { ask, later, newest } from "../../components/requests.js";
import t from "../../text/generate.words.js";
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
  const optionOf = (kind) => ({
    value: kind,
    label: t(`kind-${kind}`),
    title: t(`kind-short-${kind}`),
  });
  const KINDS = ["picture", "ganspace", "sefa"].map(optionOf);
  const FACTORS = optionOf("factors");
  /** The kinds of directions that a model has; the first comes with it. */
  const kindsOf = (model) => (Object.keys(model.factors).length ? [...KINDS, FACTORS] : KINDS);

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
  const listeners = []; // are called once the hand has let go

  const request = () => ({
    model: model.name,
    ...state,
    sliders: [...state.sliders],
    offsets: [...state.offsets],
  });
  const isCurrent = (sent) => sent.model === model.name && sent.label === state.label;
  const complain = (error) => tell(part.line, error.message);

  // --- drawing -------------------------------------------------------------------------------

  const sendDraw = newest(
    server.draw,
    async (answer, sent) => {
      if (!isCurrent(sent)) return;
      tell(part.line);
      const image = await paint(part.picture, answer.picture);
      for (const mirror of mirrors) mirror.getContext("2d").drawImage(image, 0, 0);
      part.picture.dataset.shown = JSON.stringify(sent); // what the tests and the benchmark wait for
      part.picture.removeAttribute("aria-busy");
    },
    (error) => {
      part.picture.removeAttribute("aria-busy");
      complain(error);
    },
    PAUSE,
  );

  let shownKind = ""; // "model kind" whose directions the rows show
  const sendPreviews = newest(
    server.slider_previews,
    async (answer, sent) => {
      if (!isCurrent(sent) || sent.kind !== state.kind) return;
      shownKind = `${sent.model} ${sent.kind}`;
      showKind();
      rows.forEach((row, i) => (row.root.hidden = i >= answer.num));
      part.unfinished.hidden = answer.num > 0;
      if (!answer.num) return;
      const grid = await decoded(answer.grid);
      rows.slice(0, answer.num).forEach((row, i) => {
        row.previews.forEach((canvas, end) => cut(canvas, grid, end, i));
      });
    },
    (error) => {
      part.sliders.removeAttribute("inert");
      complain(error);
    },
  );

  /** What the directions are; until they are there, the sliders wait for them. */
  function showKind() {
    const isThere = state.kind === "picture" || shownKind === `${model?.name} ${state.kind}`;
    part.sliders.toggleAttribute("inert", !isThere);
    if (!isThere) {
      // These are of another kind of direction, or of another model.
      const previews = rows.flatMap((row) => row.previews);
      previews.forEach((canvas) =>
        canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height),
      );
    }
    part.kindwords.textContent = isThere ? wordsOf(state.kind) : t("looking-for-directions");
  }

  function wordsOf(kind) {
    const measured = Object.entries(model?.factors ?? {}).filter(([, share]) => share !== null);
    if (kind !== "factors" || !measured.length) return t(`kind-long-${kind}`);
    const factors = measured.map(([name, share]) => t(`follows-${name}`, { share }));
    return t("kind-measured", { factors });
  }

  const sendPrediction = newest(
    server.predict,
    (answer, sent) => {
      if (!isCurrent(sent)) return;
      const label = h("strong", {}, answer.label);
      part.prediction.replaceChildren(...t.nodes("prediction", { ...answer, label }));
    },
    () => (part.prediction.textContent = ""),
  );

  const rest = later(() => {
    sendPreviews(request());
    if (model.methods.length) sendPrediction(request());
    else part.prediction.textContent = "";
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
    const output = h("output", {}, number(0, 1));
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
        output.textContent = (value > 0 ? "+" : "") + number(value, 1);
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
    const previews = [-RANGE, RANGE].map((value) =>
      h("canvas", {
        class: "dg-pixels dg-preview",
        width: SIDE,
        height: SIDE,
        "aria-hidden": "true",
        onclick: () => move(value, true), // a press on a preview goes all the way there
      }),
    );
    const name = h("span", { ondblclick: () => rename(i), title: t("rename-hint") });
    const pencil = h(
      "button",
      { type: "button", class: "dg-pencil", onclick: () => rename(i), title: t("rename") },
      "✎",
    );
    const head = h("div", { class: "dg-slider-name" }, name, pencil);
    const middle = h("div", { class: "dg-slider-middle" }, head, one.output, one.input);
    const root = h("div", { class: "dg-slider" }, previews[0], middle, previews[1]);
    part.sliders.append(root);
    return { root, previews, name, pencil, head, ...one };
  });

  // --- names of sliders, which the visitor gives and this browser keeps ----------------------

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
    return factor ? t(`factor-${factor}`) : t("direction", { number: i + 1 });
  }

  function showName(i) {
    const words = names[nameKey(i)] ?? usualName(i);
    rows[i].name.textContent = words;
    rows[i].input.setAttribute("aria-label", words);
    rows[i].pencil.setAttribute("aria-label", t("rename-name", { name: words }));
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
      "aria-label": t("name-for", { name: name.textContent }),
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
    const one = slider(t("coordinate", { number: i + 1 }), (value, done) => {
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
    tell(part.seedless, state.z ? t("seedless") : "");
    part.truncation.value = state.truncation;
    part.truncationvalue.textContent = number(state.truncation, 2);
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

  let hasBefore = false; // there is a picture that z was inverted from

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

  const classes = createChoice(t("class"), (value) => {
    state.label = value;
    change();
    onset("class");
  });
  const kinds = createChoice(t("directions"), (value) => {
    state.kind = value;
    state.sliders.fill(0); // they were along other directions
    showAll();
    change();
  });

  /** Take the z that a seed gives, where nothing is added yet. */
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
    part.truncationvalue.textContent = number(state.truncation, 2);
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
      .replaceAll(/[^\p{Letter}\p{Number}_-]+/gu, "-")
      .toLowerCase();

  part.save.addEventListener("click", () => {
    const words = state.z ? t("no-seed") : t("with-seed", state);
    download(fileName(words), [512, 512], (context) => {
      context.imageSmoothingEnabled = part.smooth.checked;
      context.imageSmoothingQuality = "high";
      context.drawImage(part.picture, 0, 0, 512, 512);
    });
  });

  /** Put words on the clipboard; where the browser keeps it closed, they are shown to be copied. */
  async function copy(words, done) {
    try {
      await navigator.clipboard.writeText(words);
      part.shared.textContent = done;
    } catch {
      part.shared.textContent = t("clipboard-closed");
      part.program.hidden = false;
      part.program.textContent = words;
    }
  }

  part.copylink.addEventListener("click", () => copy(location.href, t("link-copied")));
  part.copypython.addEventListener("click", async () => {
    try {
      const { text } = await ask(server.python, request());
      part.program.textContent = text;
      part.program.hidden = false;
      await copy(text, t("program-copied"));
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
    const { problems } = link;
    tell(part.linkline, problems.length ? t("link-problems", { problems }) : "");
    return Boolean(link.model);
  }

  window.addEventListener("hashchange", () => {
    if (element.isConnected) openLink();
  });

  // --- the model -----------------------------------------------------------------------------

  function chooseModel(nextSet, nextModel) {
    const isNewSet = set?.key !== nextSet.key;
    // A z of another model's space means nothing in this one.
    if (model && model !== nextModel && !isRestoring)
      Object.assign(state, { z: null, offsets: [] });
    if (isNewSet) hasBefore = false;
    if (model && model !== nextModel) {
      // The other model's picture fades until this one's is there.
      part.picture.setAttribute("aria-busy", "true");
      part.prediction.textContent = "";
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
    classes.refuse(model.conditional ? "" : t("no-class", { title: model.title }));
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
    /** Take a z that no seed gives, and the class to be drawn from it, where there is one. */
    setZ(z, label, done = true) {
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
