"""What the tests of training steps share."""

import functools

import jax
import numpy as np
from flax import nnx


@functools.cache
def compiled(config, build, train_step):
    """(graphdef, initial state, jitted step) of a system; see `gan.train_step`."""
    graphdef, state = nnx.split(nnx.jit(lambda: build(config, nnx.Rngs(0)))())
    return graphdef, state, jax.jit(functools.partial(train_step, config, graphdef))


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
