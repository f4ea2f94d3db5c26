"""Generators G(z, y), which are also the decoders of variational autoencoders."""

import jax
import jax.numpy as jnp
from flax import nnx

from dgm.nets.layers import NORMS, BatchNorm, NoNorm, Residual, conv3x3, upsample
from dgm.types import Array


class Generator(nnx.Module):
    """G(z, y), and the decoder of a VAE: latent vector and class to a picture.

    The class enters with z and in the scale and shift of every batch norm.
    """

    def __init__(
        self,
        channels: int,
        num_classes: int,
        latent_dim: int,
        widths: tuple[int, ...],
        *,
        residual: bool = False,
        dtype=jnp.float32,
        rngs: nnx.Rngs,
    ):
        """channels: of the output; 2C for a decoder that also gives a scale a pixel.

        residual: no norms, and a `Residual` convolution after each stage's own.
        """
        self.dtype = dtype
        self.num_classes = num_classes
        norm = NoNorm if residual else BatchNorm
        self.first = nnx.Linear(latent_dim, 16 * widths[0], dtype=dtype, rngs=rngs)
        self.first_label = nnx.Linear(
            num_classes, 16 * widths[0], use_bias=False, dtype=dtype, rngs=rngs
        )
        self.first_norm = norm(widths[0], num_classes, rngs=rngs)
        convs, norms, residuals, width_in = [], [], [], widths[0]
        for width in (*widths[1:], widths[-1]):
            convs.append(conv3x3(width_in, width, bias=residual, dtype=dtype, rngs=rngs))
            norms.append(norm(width, num_classes, rngs=rngs))
            if residual:
                residuals.append(Residual(conv3x3(width, width, bias=True, dtype=dtype, rngs=rngs)))
            width_in = width
        self.convs, self.norms = nnx.List(convs), nnx.List(norms)
        self.residuals = nnx.List(residuals)
        self.last = conv3x3(width_in, channels, bias=True, dtype=dtype, rngs=rngs)

    def __call__(self, z: Array, labels: Array) -> Array:
        """z: [B, Z], labels: int [B] -> [B, 32, 32, channels], before any tanh or sigmoid."""
        x = self.early_maps(z, labels)
        for stage in range(1, len(self.convs)):
            x = self._stage(stage, upsample(x), labels)
        return self.last(upsample(x)).astype(jnp.float32)

    def first_layer(self, z: Array, labels: Array) -> Array:
        """z: [B, Z], labels: int [B] -> [B, F], before any norm."""
        one_hot = jax.nn.one_hot(labels, self.num_classes, dtype=self.dtype)
        return self.first(z) + self.first_label(one_hot)

    def early_maps(self, z: Array, labels: Array) -> Array:
        """z: [B, Z], labels: int [B] -> [B, 4, 4, F], after the first stage."""
        x = self.first_layer(z, labels)
        x = nnx.relu(self.first_norm(x.reshape(x.shape[0], 4, 4, -1), labels))
        return self._stage(0, x, labels)

    def _stage(self, stage: int, x: Array, labels: Array) -> Array:
        x = nnx.relu(self.norms[stage](self.convs[stage](x), labels))
        return nnx.relu(self.residuals[stage](x)) if self.residuals else x


class MLPGenerator(nnx.Module):
    """G of 2014: ReLU layers to pixels (Goodfellow 2014), the class beside z (Mirza 2014)."""

    def __init__(
        self,
        channels: int,
        num_classes: int,
        latent_dim: int,
        widths: tuple[int, ...],
        *,
        normalisation: str = "none",
        rngs: nnx.Rngs,
    ):
        """normalisation: "batch" or "none"."""
        self.num_classes = num_classes
        width_in, hidden, norms = latent_dim + num_classes, [], []
        for width in widths:
            hidden.append(nnx.Linear(width_in, width, rngs=rngs))
            norms.append(NORMS[normalisation](width, rngs=rngs))
            width_in = width
        self.hidden, self.norms = nnx.List(hidden), nnx.List(norms)
        self.last = nnx.Linear(width_in, 32 * 32 * channels, rngs=rngs)

    def __call__(self, z: Array, labels: Array) -> Array:
        """z: [B, Z], labels: int [B] -> [B, 32, 32, channels], before any tanh."""
        x = self.early_maps(z, labels)
        for layer, norm in zip(self.hidden[1:], self.norms[1:], strict=True):
            x = nnx.relu(norm(layer(x)[:, None, None])[:, 0, 0])
        return self.last(x).reshape(len(z), 32, 32, -1)

    def first_layer(self, z: Array, labels: Array) -> Array:
        """z: [B, Z], labels: int [B] -> [B, F], before any norm."""
        return self.hidden[0](jnp.concatenate([z, jax.nn.one_hot(labels, self.num_classes)], -1))

    def early_maps(self, z: Array, labels: Array) -> Array:
        """z: [B, Z], labels: int [B] -> [B, F], after the first layer."""
        return nnx.relu(self.norms[0](self.first_layer(z, labels)[:, None, None])[:, 0, 0])
