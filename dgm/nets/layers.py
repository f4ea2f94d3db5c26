"""Blocks that several nets are built of: resampling, norms, 3x3 convolutions.

Pictures are [B, 32, 32, C]. XLA:CPU is slow at transposed convolutions and at wide layers on large
maps, so resolution changes on the small side: convolve then upsample going up, pool then convolve
going down, and the outermost factor of two is a change of layout (space to depth and back).
"""

import jax
import jax.numpy as jnp
from flax import nnx

from dgm.types import Array


def space_to_depth(x: Array) -> Array:
    """[B, H, W, C] -> [B, H/2, W/2, 4C]: each 2x2 block becomes one pixel."""
    b, h, w, c = x.shape
    x = x.reshape(b, h // 2, 2, w // 2, 2, c)
    return x.transpose(0, 1, 3, 2, 4, 5).reshape(b, h // 2, w // 2, 4 * c)


def depth_to_space(x: Array) -> Array:
    """[B, H, W, 4C] -> [B, 2H, 2W, C]: the inverse of `space_to_depth`."""
    b, h, w, c = x.shape
    x = x.reshape(b, h, w, 2, 2, c // 4)
    return x.transpose(0, 1, 3, 2, 4, 5).reshape(b, 2 * h, 2 * w, c // 4)


def larger(a: Array, b: Array) -> Array:
    """The larger of two values, by comparison and choice.

    The gradient of `max` asks which entry equals the maximum, and divides by how many do: none,
    where XLA computes the entries once more in another fusion and rounds them otherwise, and 0/0
    follows.
    """
    return jnp.where(a > b, a, b)


def max_pool(x: Array) -> Array:
    """[B, H, W, C] -> [B, H/2, W/2, C]: the largest value of each 2x2 block."""
    b, h, w, c = x.shape
    x = x.reshape(b, h // 2, 2, w // 2, 2, c)
    return larger(
        larger(x[:, :, 0, :, 0], x[:, :, 0, :, 1]), larger(x[:, :, 1, :, 0], x[:, :, 1, :, 1])
    )


def upsample(x: Array) -> Array:
    """[B, H, W, C] -> [B, 2H, 2W, C]: each pixel becomes a 2x2 block."""
    b, h, w, c = x.shape
    return jnp.broadcast_to(x[:, :, None, :, None], (b, h, 2, w, 2, c)).reshape(b, 2 * h, 2 * w, c)


class BatchNorm(nnx.Module):
    """Batch norm whose scale and shift may depend on the class (Ioffe 2015; de Vries 2017).

    Ours rather than Flax's for speed on CPU: the means are products with a constant row, and
    normalisation, scale and shift are one multiply-add.

    `mean` and `var`, by which `eval` normalises, are those of the last batch, not a running
    average: a GAN's G is told by D in evaluation mode, and by averages it would meet another D
    than the one that learns, and come to win against that one alone. What ships has statistics of
    its own, by `System.calibrate`.
    """

    def __init__(self, width: int, num_classes: int = 1, *, epsilon: float = 1e-5, rngs: nnx.Rngs):
        """epsilon: added to every variance."""
        del rngs  # nothing here is random
        self.epsilon = epsilon
        self.gain = nnx.Param(jnp.ones((num_classes, width)))
        self.shift = nnx.Param(jnp.zeros((num_classes, width)))
        self.mean = nnx.BatchStat(jnp.zeros(width))
        self.var = nnx.BatchStat(jnp.ones(width))
        self.use_running_average = False  # set by nnx.Module.train() and .eval()

    def __call__(
        self, x: Array, labels: Array | None = None, num_reference: int | None = None
    ) -> Array:
        """x: [B, H, W, C]; labels: int [B], or None where there is one scale for all.

        num_reference: the mean and variance of a batch are those of its first images, so many, and
            normalise the rest too (Salimans 2016, reference batch normalisation).
        """
        if self.use_running_average:
            mean, var = self.mean[...], self.var[...]
        else:
            rows = x[:num_reference].reshape(-1, x.shape[-1]).astype(jnp.float32)
            average = jnp.full(rows.shape[0], 1 / rows.shape[0])
            mean = average @ rows
            var = jnp.maximum(average @ (rows * rows) - mean**2, 0)
            self.mean[...] = jax.lax.stop_gradient(mean)
            self.var[...] = jax.lax.stop_gradient(var)
        if labels is None:
            gain, shift = self.gain[...], self.shift[...]
        else:
            # A one-hot product, not a gather: its gradient is a product too.
            one_hot = jax.nn.one_hot(labels, self.gain.shape[0])
            gain, shift = one_hot @ self.gain[...], one_hot @ self.shift[...]
        gain = gain * jax.lax.rsqrt(var + self.epsilon)
        shift = shift - mean * gain
        return x * gain[:, None, None].astype(x.dtype) + shift[:, None, None].astype(x.dtype)


class LayerNorm(nnx.Module):
    """Layer norm of each image by itself, over all its places and channels (Ba 2016).

    WGAN-GP has it for batch norm, under which a critic is no function of one image, whose gradient
    could be penalised (Gulrajani 2017, section 4).
    """

    def __init__(self, width: int, *, rngs: nnx.Rngs):
        del rngs
        self.gain = nnx.Param(jnp.ones(width))
        self.shift = nnx.Param(jnp.zeros(width))

    def __call__(
        self, x: Array, labels: Array | None = None, num_reference: int | None = None
    ) -> Array:
        """x: [B, H, W, C]; neither a class nor other images change anything."""
        del labels, num_reference
        flat = x.reshape(x.shape[0], -1).astype(jnp.float32)
        mean = flat.mean(-1)[:, None, None, None]
        var = flat.var(-1)[:, None, None, None]
        gain = self.gain[...] * jax.lax.rsqrt(var + 1e-5)
        return (x * gain + (self.shift[...] - mean * gain)).astype(x.dtype)


class NoNorm(nnx.Module):
    """In the place of a norm where there is none."""

    def __init__(self, width: int, num_classes: int = 1, *, rngs: nnx.Rngs):
        del width, num_classes, rngs

    def __call__(
        self, x: Array, labels: Array | None = None, num_reference: int | None = None
    ) -> Array:
        del labels, num_reference
        return x


class SpectralNorm(nnx.Module):
    """W x / sigma(W) + b: a kernel divided by its largest singular value (Miyato 2018).

    sigma(W) = u^T W v by one step of power iteration a call in training; u goes on from one call to
    the next. Flax's own writes the quotient into the parameter, so that what an optimiser moves is
    another matrix after each call.
    """

    def __init__(self, layer: nnx.Conv | nnx.Linear, *, bias: bool = True, rngs: nnx.Rngs):
        """layer: has no bias of its own."""
        self.layer = layer
        width = layer.kernel.shape[-1]
        self.bias = nnx.Param(jnp.zeros(width)) if bias else None
        self.u = nnx.BatchStat(jax.random.normal(rngs.params(), (width,)))
        self.use_running_average = False  # set by nnx.Module.train() and .eval()

    def __call__(self, x: Array) -> Array:
        matrix = self.layer.kernel[...].reshape(-1, self.u.shape[0])

        def unit(a: Array) -> Array:
            return a / (jnp.linalg.norm(a) + 1e-12)

        v = jax.lax.stop_gradient(unit(matrix @ self.u[...]))
        u = jax.lax.stop_gradient(unit(v @ matrix))
        if not self.use_running_average:
            self.u[...] = u
        sigma = v @ matrix @ u
        x = self.layer(x) / sigma
        return x if self.bias is None else x + self.bias[...].astype(x.dtype)


class WeightNorm(nnx.Module):
    """g W / |W| x + b: each output's weights have the norm g (Salimans & Kingma 2016, eq. 2)."""

    def __init__(self, layer: nnx.Linear):
        """layer: has no bias of its own."""
        self.layer = layer
        width = layer.kernel.shape[-1]
        self.gain = nnx.Param(jnp.full(width, 2**0.5))  # keeps the scale of what a ReLU halves
        self.bias = nnx.Param(jnp.zeros(width))

    def __call__(self, x: Array) -> Array:
        norm = jnp.sqrt((self.layer.kernel[...] ** 2).sum(0) + 1e-12)
        return self.layer(x) * (self.gain[...] / norm) + self.bias[...]


class Residual(nnx.Module):
    """x + g f(x), g = 0 at first: what deep nets without norms need to start (De & Smith 2020)."""

    def __init__(self, layer: nnx.Conv | SpectralNorm):
        self.layer = layer
        self.gain = nnx.Param(jnp.zeros(()))

    def __call__(self, x: Array) -> Array:
        return x + self.gain[...].astype(x.dtype) * self.layer(x)


NORMS = {"batch": BatchNorm, "layer": LayerNorm, "spectral": NoNorm, "none": NoNorm}


def conv3x3(
    width_in: int, width_out: int, *, bias: bool = False, dtype, rngs: nnx.Rngs
) -> nnx.Conv:
    return nnx.Conv(
        width_in,
        width_out,
        (3, 3),
        use_bias=bias,
        kernel_init=nnx.initializers.variance_scaling(1.4, "fan_in", "truncated_normal"),
        dtype=dtype,
        rngs=rngs,
    )


def conv_stages(
    width_in: int,
    widths: tuple[int, ...],
    convs_per_stage: int,
    normalisation: str = "batch",
    residual: bool = False,
    *,
    dtype,
    rngs: nnx.Rngs,
) -> tuple[nnx.List, nnx.List]:
    """The convolutions of all sizes, a width each, and the norm that follows each convolution."""
    convs, norms = nnx.List(), nnx.List()
    for width in widths:
        for i in range(convs_per_stage):
            conv = conv3x3(width_in, width, bias=normalisation == "none", dtype=dtype, rngs=rngs)
            if normalisation == "spectral":
                conv = SpectralNorm(conv, rngs=rngs)
            convs.append(Residual(conv) if residual and i > 0 else conv)
            norms.append(NORMS[normalisation](width, rngs=rngs))
            width_in = width
    return convs, norms
