// The canvas of the Generate tab as an address, so that a link brings back the very picture.
import t from "../../text/generate.words.js";

const TAB = "generate";
export const RANGE = 3; // standard deviations of z, each way, that sliders and offsets go
const LARGEST = 20; // of a coordinate of z

const within = (low, high) => (text) => {
  const value = Number(text);
  return text !== "" && value >= low && value <= high ? value : undefined;
};
const list = (most, read) => (text) => {
  const values = text.split(",").map(read);
  return values.length <= most && !values.includes(undefined) ? values : undefined;
};

/** Numbers without what follows from their being 0. */
function trimmed(values) {
  const last = values.findLastIndex((value) => value !== 0);
  return values.slice(0, last + 1);
}

/** A state of the canvas as "#generate?model=…"; what is as usual is left out. */
export function toHash(state, model) {
  const query = new URLSearchParams({ model: model.name });
  if (model.conditional) query.set("class", state.label);
  if (!state.z) query.set("seed", state.seed);
  if (state.truncation !== 1) query.set("truncation", state.truncation);
  if (state.kind !== "picture") query.set("kind", state.kind);
  for (const name of ["sliders", "offsets"]) {
    const values = trimmed(state[name]);
    if (values.length) query.set(name, values.join(","));
  }
  if (state.z) query.set("z", state.z.join(","));
  return `#${TAB}?${String(query).replaceAll("%2C", ",")}`;
}

/**
 * What a link asks for: { model, set, state, problems }, or null where it is none. What cannot be
 * had is left out of the state, and a problem in words. `kindsOf(model)` are its kinds of directions.
 */
export function fromHash(hash, datasets, kindsOf) {
  if (!hash.startsWith(`#${TAB}?`)) return null;
  const query = new URLSearchParams(hash.slice(TAB.length + 2));
  const name = query.get("model") ?? "";
  const set = datasets.find((one) => one.models.some((m) => m.name === name && m.generates));
  const short = (text) => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
  if (!set) return { state: {}, problems: [t("link-no-model", { name: short(name) })] };
  const model = set.models.find((m) => m.name === name);
  const readings = {
    class: (text) => (set.classes.includes(text) ? text : undefined),
    seed: (text) => {
      const seed = within(0, 999_999_999)(text);
      return Number.isInteger(seed) ? seed : undefined;
    },
    truncation: within(0.1, 1),
    kind: (text) => (kindsOf(model).some(({ value }) => value === text) ? text : undefined),
    sliders: list(8, within(-RANGE, RANGE)),
    offsets: list(model.latent_dim, within(-RANGE, RANGE)),
    z: (text) => {
      const z = list(model.latent_dim, within(-LARGEST, LARGEST))(text);
      return z?.length === model.latent_dim ? z : undefined;
    },
  };
  const state = {};
  const problems = [];
  for (const [key, read] of Object.entries(readings)) {
    const text = query.get(key);
    if (text === null) continue;
    const value = read(text);
    if (value === undefined) problems.push(t("link-cannot-be", { key, value: short(text) }));
    else state[key === "class" ? "label" : key] = value;
  }
  return { model, set, state, problems };
}
