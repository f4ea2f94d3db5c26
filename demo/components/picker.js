// What is looked at: a data set and a model of it.
import t from "../text/picker.words.js";
import { createChoice } from "./choice.js";
import { h } from "./base.js";

// The data set and system that the visitor chose last, so that a tab opens on what was chosen in
// another. What a tab opens on by itself is no choice.
export const lastChosen = { dataset: undefined, recipe: undefined };

/**
 * The pickers of data set and model that Classify and Generate begin with.
 * `usable(model)` says which models are offered, `note(model)` what stands under a model's title;
 * `onchange(dataset, model)` runs on every choice.
 * @param {Catalog.DataSet[]} datasets
 * @param {(model: Catalog.Model) => boolean} usable
 * @param {(set: Catalog.DataSet, model: Catalog.Model) => void} onchange
 * @param {(model: Catalog.Model) => string} note
 */
export function createModelPicker(datasets, usable, onchange, note = (model) => model.note) {
  const offered = datasets
    .map((set) => ({ ...set, models: set.models.filter(usable) }))
    .filter((set) => set.models.length);
  const chosen = { dataset: undefined, recipe: undefined };
  const sets = createChoice(t("dataset"), (key) => take(key, chosen.recipe));
  const systems = createChoice(t("model"), (name) => {
    const model = current().models.find((m) => m.name === name);
    take(chosen.dataset, model.recipe, name);
  });
  const current = () => offered.find((set) => set.key === chosen.dataset) ?? offered[0];

  function pick(key, recipe, name) {
    chosen.dataset = key;
    const { models } = current();
    const model =
      models.find((m) => m.name === name) ?? models.find((m) => m.recipe === recipe) ?? models[0];
    chosen.recipe = model.recipe;
    show(model);
    onchange(current(), model);
  }

  function take(key, recipe, name) {
    pick(key, recipe, name);
    Object.assign(lastChosen, chosen);
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
      if (home) take(home.key, chosen.recipe, name);
    },
    /** Take over what was chosen in another tab. */
    adopt(force = false) {
      const known = offered.some((set) => set.key === lastChosen.dataset);
      const key = known ? lastChosen.dataset : (chosen.dataset ?? offered[0].key);
      const models = offered.find((set) => set.key === key).models;
      const recipe = models.some((m) => m.recipe === lastChosen.recipe)
        ? lastChosen.recipe
        : chosen.recipe;
      if (force || key !== chosen.dataset || recipe !== chosen.recipe) pick(key, recipe);
    },
  };
}

/**
 * The picker of a data set, of tabs that show several of its models. `onchange(set)` is called by
 * the visitor's own choice only.
 * @param {Catalog.DataSet[]} sets
 * @param {(set: Catalog.DataSet) => void} onchange
 */
export function createSetPicker(sets, onchange) {
  const group = createChoice(t("dataset"), (key) => {
    lastChosen.dataset = key;
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
      return sets.find((s) => s.key === lastChosen.dataset) ?? set ?? most;
    },
  };
}
