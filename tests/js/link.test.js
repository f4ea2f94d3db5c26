import assert from "node:assert/strict";
import { test } from "node:test";

import { fromHash, toHash } from "../../demo/tabs/generate/link.js";

const model = { name: "dcgan-mnist", generates: true, conditional: true, latent_dim: 3 };
const sets = [{ key: "mnist", classes: ["0", "1"], models: [model] }];
const kindsOf = () => [{ value: "picture" }, { value: "sefa" }];
const usual = {
  label: "1",
  seed: 7,
  truncation: 1,
  kind: "picture",
  sliders: [0, 0],
  offsets: [],
  z: null,
};
const read = (hash) => fromHash(hash, sets, kindsOf);

test("a link tells only what is not as usual", () => {
  assert.equal(toHash(usual, model), "#generate?model=dcgan-mnist&class=1&seed=7");
  assert.equal(
    toHash({ ...usual, truncation: 0.5, kind: "sefa", sliders: [0, 1.5, 0, 0] }, model),
    "#generate?model=dcgan-mnist&class=1&seed=7&truncation=0.5&kind=sefa&sliders=0,1.5",
  );
});

test("a link brings back what it was made of", () => {
  const state = { ...usual, truncation: 0.35, sliders: [1, -2.05], offsets: [0, 0.5] };
  const { model: found, set, state: back, problems } = read(toHash(state, model));
  assert.equal(found, model);
  assert.equal(set, sets[0]);
  assert.deepEqual(problems, []);
  assert.deepEqual(back, {
    label: "1",
    seed: 7,
    truncation: 0.35,
    sliders: [1, -2.05],
    offsets: [0, 0.5],
  });
});

test("a z of its own stands in place of the seed", () => {
  const hash = toHash({ ...usual, z: [0.1, -0.2, 3] }, model);
  assert.ok(!hash.includes("seed"));
  assert.deepEqual(read(hash).state.z, [0.1, -0.2, 3]);
});

test("what cannot be had is told, and the rest is taken", () => {
  const { state, problems } = read(
    "#generate?model=dcgan-mnist&class=9&seed=1.5&truncation=7&z=1,2&sliders=9&kind=none",
  );
  assert.deepEqual(state, {});
  assert.equal(problems.length, 6);
  assert.match(problems[0], /class cannot be “9”/);
  const long = read(`#generate?model=dcgan-mnist&seed=${"1".repeat(80)}`).problems[0];
  assert.ok(long.length < 70);
});

test("a model that is not here, and an address that is no link", () => {
  assert.match(read("#generate?model=gone").problems[0], /“gone” is not here/);
  assert.equal(read("#elsewhere"), null);
  assert.equal(read(""), null);
});
