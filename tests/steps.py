"""What the tests of training steps share."""

import dataclasses
import functools

import jax
import numpy as np
from flax import nnx

from dgm import systems
from dgm.systems import RECIPES, system_of
from dgm.systems.base import Batch


@functools.cache
def compiled(config):
    """(graphdef, initial state, jitted step) of a config's system: step(state, images, labels,
    number, player="") -> (state, metrics)."""
    system = system_of(config)
    graphdef, state = nnx.split(nnx.jit(lambda: system.build(config, nnx.Rngs(0)))())

    @functools.partial(jax.jit, static_argnames="player")
    def step(state, images, labels, number, player=""):
        batch = Batch(images, labels, number)
        return system.train_step(config, graphdef, state, batch, player)

    return graphdef, state, step


def put_recipes(monkeypatch, configs: dict) -> None:
    """These recipes in the place of all, each with this config on every data set."""
    recipes = {
        name: dataclasses.replace(RECIPES[name], configure=lambda dataset, c=config: c)
        for name, config in configs.items()
    }
    monkeypatch.setattr(systems, "RECIPES", recipes)


def batch(num_updates: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Noise whose brightness tells the class: uint8 [num_updates, 4, 32, 32, 1], labels."""
    rng = np.random.default_rng(seed)
    labels = np.tile([0, 1, 2, 0], (num_updates, 1)).astype(np.int32)
    images = rng.integers(0, 86, (num_updates, 4, 32, 32, 1)) + 85 * labels[..., None, None, None]
    return images.astype(np.uint8), labels


def leaves(state, *path: str) -> dict[str, np.ndarray]:
    """Arrays of a state under `path`, by their own path."""
    flat = {tuple(map(str, p)): leaf for p, leaf in nnx.to_flat_state(state)}
    return {
        ".".join(p[len(path) :]): np.asarray(leaf[...])
        for p, leaf in flat.items()
        if p[: len(path)] == path
    }


def drawn(config, graphdef, state, z, labels) -> np.ndarray:
    """What the averaged nets of a state draw: [N, 32, 32, C]."""

    @jax.jit
    def draw(state):
        nets = nnx.merge(graphdef, state).average
        nets.eval()
        return system_of(config).sample(config, nets, z, labels)

    return np.asarray(draw(state))


def assert_calibration_settles_statistics(config, graphdef, state, images, labels) -> None:
    """Calibrated on a batch, nets in use make of it what they make of it in training."""

    @jax.jit
    def outputs(state):
        nets = nnx.merge(graphdef, state).average
        nets.train()
        expected = nnx.clone(nets)["discriminator"](images)
        system_of(config).calibrate(config, nets, images, labels)
        nets.eval()
        return expected, nets["discriminator"](images), nets["generator"].first_norm.var[...]

    # Fresh nets hold mean 0 and variance 1, which fits none of their layers.
    expected, found, variance = outputs(state)
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    assert np.abs(variance - 1).min() > 1e-4


def is_statistic(name: str) -> bool:
    """Of batch norm, or spectral norm's singular vector, as against a weight."""
    return name.endswith((".mean", ".var", ".u"))


def weights(state, *path: str) -> dict[str, np.ndarray]:
    """`leaves` without the statistics of norms."""
    return {k: leaf for k, leaf in leaves(state, *path).items() if not is_statistic(k)}


def assert_all_changed(before: dict, after: dict) -> None:
    assert before
    assert [name for name in before if np.array_equal(before[name], after[name])] == []


def assert_same_bits(a, b) -> None:
    for left, right in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_array_equal(left, right)
