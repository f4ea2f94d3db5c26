"""p(x|z, y) of variational autoencoders: from what a decoder returns to pixels."""

from typing import Protocol

import jax
import jax.numpy as jnp

from dgm import losses
from dgm.types import Array

LIKELIHOODS = ("bernoulli", "discretised_logistic")


class PixelSettings(Protocol):
    """The fields of a config that say what the decoder's output means."""

    @property
    def likelihood(self) -> str: ...
    @property
    def shared_scale(self) -> bool: ...


def pixel_log_prob(config: PixelSettings, images: Array, decoded: Array) -> Array:
    """log p(x|z, y), [B], in nats.

    With `shared_scale` a picture has one scale, the mean of what the decoder gives, as if each had
    the error of all: the calibrated decoder of Rybkin 2021, with a logistic.

    Args:
        images: [B, 32, 32, C] in [-1, 1]; for the Bernoulli likelihood its ends alone.
        decoded: what the decoder returned for (z, y).
    """
    if config.likelihood == "bernoulli":
        return losses.bernoulli_log_prob((images + 1) / 2, decoded)
    mean, log_scale = jnp.split(decoded, 2, -1)
    if config.shared_scale:
        log_scale = jnp.broadcast_to(log_scale.mean((1, 2, 3), keepdims=True), mean.shape)
    return losses.discretised_logistic_log_prob(images, mean, jnp.maximum(log_scale - 2, -6))


def mean_picture(config: PixelSettings, decoded: Array) -> Array:
    """The decoder's output as a picture [B, 32, 32, C] in [-1, 1]: the mean of p(x|z, y)."""
    if config.likelihood == "bernoulli":
        return 2 * jax.nn.sigmoid(decoded) - 1
    return jnp.clip(jnp.split(decoded, 2, -1)[0], -1, 1)


def binarise(key: Array, images: Array) -> Array:
    """Each pixel of [-1, 1] drawn as -1 or 1 with its own mean (Salakhutdinov & Murray 2008)."""
    return jnp.where(jax.random.uniform(key, images.shape) < (images + 1) / 2, 1.0, -1.0)
