// The settings of a training, a labelled control each: those of one that is to begin, and of one
// that goes on.
import { h } from "../../components/base.js";
import { rounded } from "../../components/scales.js";
import t from "../../text/train.words.js";

const RATES = ["learning_rate", "discriminator_learning_rate"];
const STEPS = { one_sided_smoothing: 0.05, r1_gamma: 0.1, beta: 0.1 }; // of numbers that are not whole
// What has a name of its own; other choices are called as the library calls them.
const NAMED = ["minimax", "non-saturating", "wasserstein", "hinge", "relativistic"];
const NAMED_NORMS = ["batch", "layer", "spectral", "none"];

export const isRate = (name) => RATES.includes(name);
const choiceName = (value) =>
  NAMED.includes(value) || NAMED_NORMS.includes(value) ? t(`choice-${value}`) : value;

/**
 * `onedit(name, value)` is called once the visitor has set something.
 * @param {HTMLElement} holder
 * @param {(name: string, value: Training.Value) => void} onedit
 */
export function createSettings(holder, onedit) {
  /** @type {Map<string, { show: (value: Training.Value) => void, node: HTMLElement }>} */
  const controls = new Map();
  /** @type {Map<string, Training.Value>} */
  const edited = new Map();
  /** @type {Training.Setting[]} */
  let base = [];
  let drawn = "";

  const valueOf = ({ name, value }) => (edited.has(name) ? edited.get(name) : value);

  function edit(name, value) {
    if (value === base.find((one) => one.name === name).value) edited.delete(name);
    else edited.set(name, value);
    mark();
    onedit(name, value);
  }

  function mark() {
    for (const [name, { node }] of controls) {
      node.classList.toggle("dg-edited", edited.has(name));
    }
  }

  function build() {
    const of = base.some(({ name }) => name === "discriminator_learning_rate") ? "two" : "one";
    controls.clear();
    for (const setting of base) {
      const help = h(
        "p",
        { class: "dg-soft", id: `dg-help-${setting.name}` },
        t(`help-${setting.name}`),
      );
      const title = t(`setting-${setting.name}`, { of });
      const { field, show } = controlOf(setting, title, help.id, edit);
      controls.set(setting.name, { show, node: h("div", { class: "dg-knob" }, field, help) });
    }
    holder.replaceChildren(...[...controls.values()].map(({ node }) => node));
  }

  return {
    /**
     * The settings as they are without what the visitor edits.
     * @param {Training.Setting[]} list
     */
    show(list) {
      base = list;
      const shape = JSON.stringify(list.map((one) => ({ ...one, value: 0 })));
      if (shape !== drawn) build();
      drawn = shape;
      for (const one of base) {
        const { show, node } = controls.get(one.name);
        // A field that is being typed into may hold no number for a moment.
        const isHeld = edited.has(one.name) || typeof one.value === "number";
        const isBeingSet = node.contains(document.activeElement) && isHeld && !isRate(one.name);
        if (!isBeingSet) show(valueOf(one));
      }
      mark();
    },
    /** Edit several at once, where there are such settings. */
    preset(values) {
      edited.clear();
      for (const { name, value } of base) {
        if (name in values && values[name] !== value) edited.set(name, values[name]);
      }
      this.show(base);
    },
    /** What the visitor has set to something else, by name. */
    edited: () => Object.fromEntries(edited),
    values: () => Object.fromEntries(base.map((one) => [one.name, valueOf(one)])),
    /** These values are no longer edited, but so. */
    settle(values) {
      for (const name in values) if (edited.get(name) === values[name]) edited.delete(name);
      mark();
    },
  };
}

function controlOf(setting, title, help, edit) {
  const { name, choices } = setting;
  if (isRate(name)) return rateOf(setting, title, help, edit);
  if (choices) {
    const options = choices.map((value) => h("option", { value }, choiceName(value)));
    const select = h("select", { "aria-describedby": help }, ...options);
    select.addEventListener("change", () => edit(name, select.value));
    const field = h("label", { class: "dg-field" }, h("span", {}, title), select);
    return { field, show: (value) => (select.value = value) };
  }
  if (typeof setting.value === "boolean") {
    const box = h("input", { type: "checkbox", "aria-describedby": help });
    box.addEventListener("change", () => edit(name, box.checked));
    const field = h("label", { class: "dg-check" }, box, title);
    return { field, show: (value) => (box.checked = value) };
  }
  return numberOf(setting, title, help, edit);
}

/** A slider over powers of ten, which snaps to two digits. */
function rateOf({ name, low, high }, title, help, edit) {
  const written = h("span", { class: "dg-value" });
  const slider = h("input", {
    type: "range",
    min: Math.log10(low),
    max: Math.log10(high),
    step: "any",
    "aria-describedby": help,
  });
  const rate = () => {
    const exponent = Math.round(20 * Number(slider.value)) / 20;
    return Math.min(high, Math.max(low, Number((10 ** exponent).toPrecision(2))));
  };
  const tell = (value) => {
    written.textContent = rounded(value, 2);
    slider.setAttribute("aria-valuetext", rounded(value, 2));
  };
  slider.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    slider.value = String(Math.round(20 * Number(slider.value) + by) / 20);
    tell(rate());
    edit(name, rate());
  });
  let isDragged = false;
  slider.addEventListener("input", () => {
    isDragged = true;
    tell(rate());
    edit(name, rate());
  });
  slider.addEventListener("change", () => (isDragged = false));
  const field = h("label", { class: "dg-field" }, h("span", {}, title, written), slider);
  const show = (value) => {
    if (isDragged) return;
    slider.value = String(Math.log10(value));
    tell(value);
  };
  return { field, show };
}

function numberOf({ name, low, high, is_whole: isWhole }, title, help, edit) {
  const step = isWhole ? 1 : (STEPS[name] ?? "any");
  const input = h("input", {
    type: "number",
    min: low,
    max: high,
    step,
    "aria-describedby": help,
  });
  let last = 0;
  input.addEventListener("input", () => {
    if (input.value === "" || !input.validity.valid) return;
    last = Number(input.value);
    edit(name, last);
  });
  // What is no number, or out of range, is mended: nothing is sent that would be refused.
  input.addEventListener("change", () => {
    const value = input.value === "" ? last : Number(input.value);
    const inRange = Math.min(high, Math.max(low, value));
    show(isWhole ? Math.round(inRange) : inRange);
    edit(name, last);
  });
  const show = (value) => {
    last = value;
    input.value = String(value);
  };
  return { field: h("label", { class: "dg-field" }, h("span", {}, title), input), show };
}
