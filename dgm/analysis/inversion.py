"""From a picture back to the latent vector of which a model draws it.

Latent vectors z are float32 [N, Z], as `Model.decode` takes them.
"""

import functools
from collections.abc import Iterator
from typing import cast

import jax
import jax.numpy as jnp
import numpy as np
import optax

from dgm.model import Model
from dgm.types import Array

_FIRST_GUESSES = 64  # draws of z of which an inversion starts from the nearest
_STARTS = 4  # of them
_RATE = 0.2  # of Adam on z
_PRIOR_WEIGHT = 1e-3  # of |z|^2 / Z beside the distance in features


def _distances(read, wanted: list[Array], pictures: Array) -> Array:
    """Root mean square difference of maps, each in units of its own size for the picture sought,
    [N]: 0 for the picture itself, about 1 for one with nothing in common."""
    parts = [
        ((maps - target) ** 2).mean((1, 2, 3)) / (target**2).mean()
        for maps, target in zip(read(pictures), wanted, strict=True)
    ]
    return jnp.sqrt(sum(parts, start=jnp.zeros(())) / len(parts))


@jax.jit
def _guess(decode, read, image: Array, z: Array, labels: Array) -> Array:
    return _distances(read, read(image), decode(z, labels))


@functools.partial(jax.jit, donate_argnums=5)
def _step(decode, read, image: Array, labels: Array, rate: Array, state):
    z, moments = state

    def loss(z):
        distances = _distances(read, read(image), decode(z, labels))
        return (distances + _PRIOR_WEIGHT * (z**2).mean(-1)).sum(), distances

    (_, distances), gradient = jax.value_and_grad(loss, has_aux=True)(z)
    updates, moments = optax.scale_by_adam().update(gradient, moments)
    return (z - rate * cast(Array, updates), moments), distances


def invert(
    model: Model, feature_model: Model, image: np.ndarray, label: int, num_steps: int = 200
) -> Iterator[tuple[np.ndarray, float]]:
    """The z whose picture is nearest to `image`, by gradient descent (Zhu 2016, section 3.1).

    Nearest in the maps of a classifier, which see what is in a picture rather than each pixel.
    Of 64 draws the four nearest are followed, the first of them being the first guess.

    Args:
        feature_model: a classifier, or a model with a convolutional D, of the same data set.
        image: float32 [32, 32, C] in [-1, 1].
        label: the class that the picture is drawn as.

    Yields:
        (z float32 [Z], its distance) at the first guess, and after each step the best so far.

    Raises:
        ValueError: the model draws nothing, or the feature model has no maps.
    """
    decode, read = model.drawing(), feature_model.map_reading()
    target = jnp.asarray(image)[None]
    guesses = jnp.asarray(model.latents(0, _FIRST_GUESSES))
    distances = _guess(decode, read, target, guesses, jnp.full(_FIRST_GUESSES, label))
    nearest = jnp.argsort(distances)[:_STARTS]
    best, least = guesses[nearest[0]], distances[nearest[0]]
    yield np.asarray(best), float(least)
    state = (guesses[nearest], optax.scale_by_adam().init(guesses[nearest]))
    labels = jnp.full(_STARTS, label)
    for i in range(num_steps):
        before = np.asarray(state[0])
        rate = _RATE * (1 - i / num_steps)
        state, distances = _step(decode, read, target, labels, rate, state)
        i_best = int(distances.argmin())
        if distances[i_best] < least:
            best, least = before[i_best], distances[i_best]
        yield np.asarray(best), float(least)
