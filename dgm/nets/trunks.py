"""Trunks, from picture to features, for discriminators, encoders and classifiers."""

import jax
import jax.numpy as jnp
from flax import nnx

from dgm.nets.layers import WeightNorm, conv_stages, max_pool, space_to_depth
from dgm.types import Array


class Trunk(nnx.Module):
    """Picture to features, for discriminators, encoders and classifiers.

    Convolutions 3x3 with a norm and leaky ReLU, at 16x16, 8x8 and 4x4, the largest value of each
    2x2 block between them.
    """

    def __init__(
        self,
        channels: int,
        widths: tuple[int, ...],
        convs_per_stage: int,
        *,
        normalisation: str = "batch",
        residual: bool = False,
        dtype=jnp.float32,
        rngs: nnx.Rngs,
    ):
        """normalisation: "batch", "layer", "spectral" or "none".

        residual: a stage's convolutions after its first are `Residual`.
        """
        self.convs_per_stage = convs_per_stage
        self.convs, self.norms = conv_stages(
            4 * channels, widths, convs_per_stage, normalisation, residual, dtype=dtype, rngs=rngs
        )

    def __call__(
        self, images: Array, num_reference: int | None = None, key: Array | None = None
    ) -> list[Array]:
        """images: [B, 32, 32, C] in [-1, 1] -> each stage's map, the last [B, 4, 4, F]."""
        del key  # there is no noise
        x, stages = space_to_depth(images), []
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            x = nnx.leaky_relu(norm(conv(x), num_reference=num_reference), 0.1)
            if (i + 1) % self.convs_per_stage == 0:
                stages.append(x.astype(jnp.float32))
                x = max_pool(x)
        return stages


class NoisyMLP(nnx.Module):
    """Picture to features by ReLU layers with weight norm, noise before each (Salimans 2016)."""

    def __init__(self, channels: int, widths: tuple[int, ...], *, rngs: nnx.Rngs):
        width_in, layers = 32 * 32 * channels, []
        for width in widths:
            layer = nnx.Linear(width_in, width, use_bias=False, rngs=rngs)
            layers.append(WeightNorm(layer))
            width_in = width
        self.layers = nnx.List(layers)

    def __call__(
        self, images: Array, num_reference: int | None = None, key: Array | None = None
    ) -> list[Array]:
        """images: [B, 32, 32, C] in [-1, 1] -> each layer's map [B, 1, 1, F].

        key: of the noise; None for none, as at test time.
        """
        del num_reference  # every image is by itself
        x, maps = (images.reshape(len(images), -1) + 1) / 2, []
        scale = 0.3  # the paper's, for pixels in [0, 1]
        for i, layer in enumerate(self.layers):
            if key is not None:
                x += scale * jax.random.normal(jax.random.fold_in(key, i), x.shape)
            x, scale = nnx.relu(layer(x)), 0.5
            maps.append(x[:, None, None])
        return maps


def grid_features(maps: list[Array], side: int = 4) -> Array:
    """The largest value in each cell of a side x side grid, of every map: [B, F] (Radford 2015,
    section 5.1).

    maps: [B, H, W, C] each, H and W divisible by `side` or smaller than it, which are taken whole.
    """

    def pooled(x: Array) -> Array:
        b, h, w, c = x.shape
        rows, columns = min(side, h), min(side, w)
        return x.reshape(b, rows, h // rows, columns, w // columns, c).max((2, 4)).reshape(b, -1)

    return jnp.concatenate([pooled(x) for x in maps], -1)


def mean_features(maps: list[Array]) -> Array:
    """The mean over places of every map [B, H, W, C], side by side: [B, F]."""
    return jnp.concatenate([x.mean((1, 2)) for x in maps], -1)
