// What is to be trained: pictures and a system.
import { createAvailability } from "../../components/availability.js";
import { tell } from "../../components/base.js";
import { createChoice } from "../../components/choice.js";
import { lastChosen } from "../../components/picker.js";
import { ask } from "../../components/requests.js";
import t from "../../text/train.words.js";

const FIRST = { dataset: "digits", recipe: "dcgan" }; // small, at hand everywhere, soon to be seen

/**
 * `onsettings(list, values)` gets the settings of what is chosen, and those to begin with.
 * @param {Parts} part
 * @param {Server} server
 * @param {any} catalog see `catalog` in __init__.py
 * @param {(list: Training.Setting[], values: Record<string, Training.Value>) => void} onsettings
 */
export function createSetup(part, server, catalog, onsettings) {
  const sets = createChoice(t("dataset"), (key) => {
    lastChosen.dataset = key;
    load();
  });
  const systems = createChoice(t("system"), (recipe) => {
    lastChosen.recipe = recipe;
    load();
  });
  const availability = createAvailability(server, "training", t("no-pictures"), () => {
    setOf(sets.value).availability.is_local = true;
    showAvailability();
  });
  part.sets.append(sets.root);
  part.systems.append(systems.root);
  part.availability.append(availability.root);

  const setOf = (key) => catalog.datasets.find((set) => set.key === key);
  const chosen = () => ({ dataset: sets.value, recipe: systems.value });
  let isLoaded = false;

  function showAvailability() {
    const set = setOf(sets.value);
    const { is_local: isThere } = set.availability;
    availability.show(!isThere);
    if (!isThere) availability.offer(set, set.availability);
    part.begin.disabled = !isThere || !isLoaded;
    part.begin.title = isThere ? "" : t("no-pictures-no-play");
  }

  /** The settings of what is chosen, with `values` in place of the defaults. */
  async function load(values = {}) {
    const request = chosen();
    isLoaded = false;
    showAvailability();
    part.about.textContent = catalog.recipes.find(({ name }) => name === request.recipe).summary;
    try {
      const { settings } = await ask(server.settings, request);
      if (JSON.stringify(request) !== JSON.stringify(chosen())) return; // chosen anew meanwhile
      isLoaded = true;
      tell(part.setupline);
      onsettings(settings, values);
    } catch (error) {
      tell(part.setupline, error.message);
    }
    showAvailability();
  }

  return {
    chosen,
    setOf,
    titleOf: (recipe) => catalog.recipes.find(({ name }) => name === recipe)?.title ?? recipe,
    /** Offer what there is, with that chosen, or what was chosen in another tab. */
    show(choice = {}, values = {}) {
      const dataset = choice.dataset ?? lastChosen.dataset ?? FIRST.dataset;
      const recipe = choice.recipe ?? lastChosen.recipe ?? FIRST.recipe;
      const known = catalog.recipes.some(({ name }) => name === recipe) ? recipe : FIRST.recipe;
      sets.set(
        catalog.datasets.map((set) => ({ value: set.key, label: set.subject, note: set.title })),
        setOf(dataset) ? dataset : FIRST.dataset,
      );
      systems.set(
        catalog.recipes.map(({ name, title }) => ({ value: name, label: title })),
        known,
      );
      return load(values);
    },
  };
}
