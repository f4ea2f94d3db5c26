"""Blocks, and the nets that every convolutional system shares: a trunk going down, a generator up.

Pictures are [B, 32, 32, C]. XLA:CPU is slow at transposed convolutions and at wide layers on large
maps, so resolution changes on the small side: convolve then upsample going up, pool then convolve
going down, and the outermost factor of two is a change of layout (space to depth and back).
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

Array = jax.Array


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
    its own, by `gan.calibrate`.
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

    def __init__(self, layer: nnx.Conv):
        self.layer = layer
        self.gain = nnx.Param(jnp.zeros(()))

    def __call__(self, x: Array) -> Array:
        return x + self.gain[...].astype(x.dtype) * self.layer(x)


_NORMS = {"batch": BatchNorm, "layer": LayerNorm, "spectral": NoNorm, "none": NoNorm}


def _conv(width_in: int, width_out: int, *, bias: bool = False, dtype, rngs: nnx.Rngs) -> nnx.Conv:
    return nnx.Conv(
        width_in,
        width_out,
        (3, 3),
        use_bias=bias,
        kernel_init=nnx.initializers.variance_scaling(1.4, "fan_in", "truncated_normal"),
        dtype=dtype,
        rngs=rngs,
    )


def _stages(
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
            conv = _conv(width_in, width, bias=normalisation == "none", dtype=dtype, rngs=rngs)
            if normalisation == "spectral":
                conv = SpectralNorm(conv, rngs=rngs)
            convs.append(Residual(conv) if residual and i > 0 else conv)
            norms.append(_NORMS[normalisation](width, rngs=rngs))
            width_in = width
    return convs, norms


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
        self.convs, self.norms = _stages(
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


def minibatch_stddev(x: Array, num_reference: int | None = None) -> Array:
    """How varied a batch is, for each of its images: [B, F] -> [B, 1] (Karras 2018, section 3).

    Each feature's standard deviation over the images, averaged. The first `num_reference` images
    and the rest are two batches.
    """

    def spread(group: Array) -> Array:
        deviation = jnp.sqrt(group.var(0) + 1e-8).mean()
        return jnp.broadcast_to(deviation, (len(group), 1))

    groups = [x[:num_reference], x[len(x) if num_reference is None else num_reference :]]
    return jnp.concatenate([spread(group) for group in groups if len(group)])


class Discriminator(nnx.Module):
    """D, or a critic: a real/fake logit, and the logits of p(y|x) where there is a class head.

    Both heads share all stages but the last. On one last stage the class loss, the stronger of the
    two, makes D blind to what varies within a class, and G then draws each class alike. For the
    same reason the real/fake logit may know the class, by a projection (Miyato & Koyama 2018).
    """

    def __init__(
        self,
        channels: int,
        num_classes: int,
        widths: tuple[int, ...],
        convs_per_stage: int,
        *,
        normalisation: str = "batch",
        residual: bool = False,
        class_head: bool = True,
        projection: bool = True,
        minibatch_stddev: bool = False,
        dtype=jnp.float32,
        rngs: nnx.Rngs,
    ):
        """normalisation, residual: see `Trunk`.

        minibatch_stddev: the first logit also hangs on how varied the batch is.
        """
        style = {"normalisation": normalisation, "residual": residual, "dtype": dtype, "rngs": rngs}
        self.num_classes = num_classes
        # The trunk's last stage is that of the class head.
        self.trunk = Trunk(
            channels, widths if class_head else widths[:-1], convs_per_stage, **style
        )
        self.middle = len(widths) - 2  # the last stage that both heads share
        self.source_convs, self.source_norms = _stages(
            widths[-2], widths[-1:], convs_per_stage, **style
        )
        side = 16 >> (len(widths) - 1)
        width = side * side * widths[-1]

        def linear(width: int, outputs: int, bias: bool) -> nnx.Module:
            if normalisation != "spectral":
                return nnx.Linear(width, outputs, use_bias=bias, rngs=rngs)
            layer = nnx.Linear(width, outputs, use_bias=False, rngs=rngs)
            return SpectralNorm(layer, bias=bias, rngs=rngs)

        self.minibatch_stddev = minibatch_stddev
        self.source = linear(width + minibatch_stddev, 1, bias=True)
        self.projection = linear(width, num_classes, bias=False) if projection else None
        self.classes = nnx.Linear(width, num_classes, rngs=rngs) if class_head else None

    def features(self, images: Array) -> Array:
        """images: [B, 32, 32, C] -> [B, F], `mean_features` of all its maps."""
        return mean_features(self.maps(images))

    def maps(self, images: Array, num_reference: int | None = None) -> list[Array]:
        """images: [B, 32, 32, C] -> each stage's map, that of the real/fake logit last."""
        stages = self.trunk(images, num_reference)
        x = max_pool(stages[self.middle])
        for conv, norm in zip(self.source_convs, self.source_norms, strict=True):
            x = nnx.leaky_relu(norm(conv(x), num_reference=num_reference), 0.1)
        return [*stages, x.astype(jnp.float32)]

    def __call__(
        self, images: Array, labels: Array | None = None, num_reference: int | None = None
    ) -> tuple[Array, Array | None, Array]:
        """images: [B, 32, 32, C] -> (real/fake logit [B], class logits [B, K] or None, features).

        labels: int [B], used where there is a projection: the first logit then asks whether an
            image is a real one *of its class*.

        The features [B, 8, 8, widths[1]] are those of the middle stage: coarse enough to forgive a
        shift by a pixel, fine enough to hold shape and colour (Larsen 2016 measures in them).
        """
        *stages, x = self.maps(images, num_reference)
        middle, x = stages[self.middle], x.reshape(x.shape[0], -1)
        if self.minibatch_stddev:
            with_spread = jnp.concatenate([x, minibatch_stddev(x, num_reference)], -1)
            source = self.source(with_spread)[:, 0]
        else:
            source = self.source(x)[:, 0]
        if self.projection is not None and labels is not None:
            one_hot = jax.nn.one_hot(labels, self.num_classes)
            source += (one_hot * self.projection(x)).sum(-1)
        if self.classes is None:
            return source, None, middle
        return source, self.classes(stages[-1].reshape(len(images), -1)), middle


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


class KPlusOneDiscriminator(nnx.Module):
    """D of K + 1 classes, the last of which is "generated" (Salimans 2016, section 5).

    Of K + 1 logits one is too many: that of "generated" is fixed at 0. With Z = sum_k exp l_k then
    p(real|x) = Z / (Z + 1), and the real/fake logit is log Z.
    """

    def __init__(
        self,
        trunk: Trunk | NoisyMLP,
        classes: nnx.Module,
        *,
        minibatch_stddev: bool = False,
        rngs: nnx.Rngs,
    ):
        """classes: the layer that makes K logits of the trunk's last map, laid flat.

        minibatch_stddev: the real/fake logit also hangs on how varied the batch is.
        """
        self.trunk, self.classes = trunk, classes
        self.spread = nnx.Linear(1, 1, use_bias=False, rngs=rngs) if minibatch_stddev else None

    def features(self, images: Array) -> Array:
        """images: [B, 32, 32, C] -> [B, F], `mean_features` of all its maps."""
        return mean_features(self.maps(images))

    def maps(self, images: Array) -> list[Array]:
        """images: [B, 32, 32, C] -> each stage's map."""
        return self.trunk(images)

    def __call__(
        self, images: Array, num_reference: int | None = None, key: Array | None = None
    ) -> tuple[Array, Array, Array]:
        """images: [B, 32, 32, C] -> (real/fake logit [B], class logits [B, K], features).

        The features [B, F], the last map's mean over places, are those that G is to match.

        key: of the trunk's noise; None for none, as at test time.
        """
        x = self.trunk(images, num_reference, key)[-1]
        features, flat = x.mean((1, 2)), x.reshape(len(x), -1)
        class_logits = self.classes(flat)
        source = jax.nn.logsumexp(class_logits, -1)
        if self.spread is not None:
            source += self.spread(minibatch_stddev(flat, num_reference))[:, 0]
        return source, class_logits, features


_PIECES = 4  # linear pieces of a maxout unit


class MLPDiscriminator(nnx.Module):
    """D of 2014: maxout layers on pixels (Goodfellow 2014), which see the class beside them
    (Mirza & Osindero 2014)."""

    def __init__(
        self,
        channels: int,
        num_classes: int,
        widths: tuple[int, ...],
        *,
        rngs: nnx.Rngs,
    ):
        self.num_classes = num_classes
        width_in, hidden = 32 * 32 * channels + num_classes, []
        for width in widths:
            hidden.append(nnx.Linear(width_in, _PIECES * width, rngs=rngs))
            width_in = width
        self.hidden = nnx.List(hidden)
        self.source = nnx.Linear(width_in, 1, rngs=rngs)

    def __call__(
        self, images: Array, labels: Array | None = None, num_reference: int | None = None
    ) -> tuple[Array, None, Array]:
        """As `Discriminator`; there are no class logits, and features are [B, F]."""
        del num_reference  # there is no norm
        one_hot = jax.nn.one_hot(labels, self.num_classes)
        x = jnp.concatenate([images.reshape(len(images), -1), one_hot], -1)
        for layer in self.hidden:
            pieces = layer(x).reshape(len(x), -1, _PIECES)
            x = functools.reduce(larger, (pieces[..., i] for i in range(_PIECES)))
        return self.source(x)[:, 0], None, x


class Classifier(nnx.Module):
    """A plain classifier on the same trunk as D."""

    def __init__(
        self,
        channels: int,
        num_classes: int,
        widths: tuple[int, ...],
        convs_per_stage: int,
        *,
        dtype=jnp.float32,
        rngs: nnx.Rngs,
    ):
        self.trunk = Trunk(channels, widths, convs_per_stage, dtype=dtype, rngs=rngs)
        side = 16 >> (len(widths) - 1)
        self.classes = nnx.Linear(side * side * widths[-1], num_classes, rngs=rngs)

    def maps(self, images: Array) -> list[Array]:
        """images: [B, 32, 32, C] -> each stage's map, the last [B, 4, 4, F]."""
        return self.trunk(images)

    def features(self, images: Array) -> Array:
        """images: [B, 32, 32, C] -> [B, F]: the last map's mean over its places."""
        return self.maps(images)[-1].mean((1, 2))

    def __call__(self, images: Array) -> Array:
        """images: [B, 32, 32, C] -> class logits [B, K]."""
        x = self.maps(images)[-1]
        return self.classes(x.reshape(x.shape[0], -1))


# Orthonormal bases of 2x2 blocks (Haar) and of colours (grey, blue against yellow, red against
# green), in which the values of photographs are nearly uncorrelated.
_HAAR = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2
_OPPONENT = np.array([[1, 1, 1], [1, 1, -2], [1, -1, 0]]) / np.sqrt([[3], [6], [2]])


def block_basis(channels: int) -> np.ndarray:
    """[2, 2, C, 4C]: the kernels that write a 2x2 block in the two bases."""
    colours = _OPPONENT if channels == 3 else np.ones((1, 1))
    return np.kron(_HAAR, colours).T.reshape(2, 2, channels, 4 * channels)


# Added to the variances that are brought to 1, of pictures in [-1, 1]. The finest detail of
# photographs has a variance of 0.0003 to 0.003: brought to 1 as well, noise that no eye would see
# drowns the picture.
_WHITENING_FLOOR = 0.02


class WhitenedClassifier(nnx.Module):
    """A classifier for a few passes over photographs (Jordan 2024, 94 % on CIFAR-10 in 3.29 s).

    First a fixed change of basis of each 2x2 block, whose values a norm then brings to variance 1
    (whitening, but for what correlation there is left), with both signs; then stages of 3x3
    convolutions with norm and GELU, the largest value of each 2x2 block after a stage's first.
    """

    def __init__(
        self,
        channels: int,
        num_classes: int,
        widths: tuple[int, ...],
        convs_per_stage: int,
        *,
        dtype=jnp.float32,
        rngs: nnx.Rngs,
    ):
        self.whiten = BatchNorm(4 * channels, epsilon=_WHITENING_FLOOR, rngs=rngs)
        self.convs_per_stage = convs_per_stage
        self.convs, self.norms = _stages(
            8 * channels, widths, convs_per_stage, dtype=dtype, rngs=rngs
        )
        self.classes = nnx.Linear(widths[-1], num_classes, rngs=rngs)

    def maps(self, images: Array) -> list[Array]:
        """images: [B, 32, 32, C] -> each stage's map, the last [B, 3, 3, F]."""
        x = jax.lax.conv_general_dilated(
            images,
            jnp.asarray(block_basis(images.shape[-1]), images.dtype),
            (1, 1),
            "VALID",
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )
        x = self.whiten(x)
        x, stages = nnx.gelu(jnp.concatenate([x, -x], -1)), []
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            x = conv(x)
            if i % self.convs_per_stage == 0:
                x = max_pool(x[:, : x.shape[1] // 2 * 2, : x.shape[2] // 2 * 2])
            x = nnx.gelu(norm(x))
            if (i + 1) % self.convs_per_stage == 0:
                stages.append(x.astype(jnp.float32))
        return stages

    def features(self, images: Array) -> Array:
        """images: [B, 32, 32, C] -> [B, F]: the last map's mean over its places."""
        return self.maps(images)[-1].mean((1, 2))

    def __call__(self, images: Array) -> Array:
        """images: [B, 32, 32, C] -> class logits [B, K]."""
        return self.classes(self.maps(images)[-1].max((1, 2)))


class Encoder(nnx.Module):
    """q(z|x, y) = N(mean, diag(exp(log_var))) of a class-conditional VAE."""

    def __init__(
        self,
        channels: int,
        num_classes: int,
        latent_dim: int,
        widths: tuple[int, ...],
        convs_per_stage: int,
        *,
        dtype=jnp.float32,
        rngs: nnx.Rngs,
    ):
        self.trunk = Trunk(channels, widths, convs_per_stage, dtype=dtype, rngs=rngs)
        side = 16 >> (len(widths) - 1)
        self.picture = nnx.Linear(side * side * widths[-1], 256, rngs=rngs)
        self.label = nnx.Linear(num_classes, 256, use_bias=False, rngs=rngs)
        self.out = nnx.Linear(256, 2 * latent_dim, rngs=rngs)

    def features(self, images: Array) -> Array:
        """images: [B, 32, 32, C] -> [B, 256], what the posterior of every class shares."""
        x = self.trunk(images)[-1]
        return self.picture(x.reshape(x.shape[0], -1))

    def posterior(self, features: Array, labels: Array) -> tuple[Array, Array]:
        """features: [B, 256], labels: int [B] -> (mean, log_var), each [B, Z]."""
        one_hot = jax.nn.one_hot(labels, self.label.in_features)
        mean, log_var = jnp.split(self.out(nnx.leaky_relu(features + self.label(one_hot))), 2, -1)
        # Bounded, so that a wild step cannot overflow exp.
        return mean, 6 * jnp.tanh(log_var / 6)

    def __call__(self, images: Array, labels: Array) -> tuple[Array, Array]:
        return self.posterior(self.features(images), labels)


# Adam moves a weight by its rate a step, whatever the gradient; the means of classes lie units
# apart and must get there in hundreds of steps.
_PRIOR_SPEED = 10


class ClassPrior(nnx.Module):
    """p(z|y) = N(10 mean_y, diag(exp(log_scale_y)^2)), learned, of a class-conditional VAE.

    With one prior N(0, I) for all classes z comes to hold the class as well and the decoder does
    not look at y: to hand the class over from z to y, encoder and decoder would have to change at
    once. Moved here, a class's mean changes no reconstruction, and KL alone pulls it into place.
    """

    def __init__(self, num_classes: int, latent_dim: int):
        self.mean = nnx.Param(jnp.zeros((num_classes, latent_dim)))
        self.log_scale = nnx.Param(jnp.zeros((num_classes, latent_dim)))

    def of(self, labels: Array) -> tuple[Array, Array]:
        """labels: int [B] -> means and standard deviations of their priors, [B, Z] each."""
        mean, log_scale = self._of(labels)
        return mean, jnp.exp(log_scale)

    def _of(self, labels: Array) -> tuple[Array, Array]:
        one_hot = jax.nn.one_hot(labels, self.mean.shape[0])
        return _PRIOR_SPEED * (one_hot @ self.mean[...]), one_hot @ self.log_scale[...]

    def scale(self, code: Array, labels: Array) -> Array:
        """A code as seen from the class, [B, Z] -> where the class has it, [B, Z]."""
        mean, log_scale = self._of(labels)
        return mean + jnp.exp(log_scale) * code

    def standardise(self, mean: Array, log_var: Array, labels: Array) -> tuple[Array, Array]:
        """A Gaussian's (mean, log_var), each [B, Z], as seen from the class: undoes `scale`."""
        own_mean, log_scale = self._of(labels)
        return (mean - own_mean) * jnp.exp(-log_scale), log_var - 2 * log_scale

    def warp(self, z: Array, labels: Array) -> Array:
        """z: [B, Z], N(0, I) in every class; labels: int [B] -> codes as seen from the class."""
        del labels  # seen from itself, a Gaussian is N(0, I)
        return z

    def unwarp(self, code: Array, labels: Array) -> tuple[Array, Array]:
        """The z [B, Z] that `warp` takes to a code, and log |dz/dcode|, [B]."""
        del labels
        return code, jnp.zeros(len(code))

    def place(self, z: Array, labels: Array) -> Array:
        """z: [B, Z], N(0, I) in every class; labels: int [B] -> [B, Z], where the class has it."""
        return self.scale(self.warp(z, labels), labels)

    def unplace(self, placed: Array, labels: Array) -> Array:
        """The z that `place` takes there, [B, Z]."""
        code, _ = self.standardise(placed, jnp.zeros(()), labels)
        return self.unwarp(code, labels)[0]


_COUPLING_WIDTH = 128  # of its hidden layers


class Coupling(nnx.Module):
    """One half of z moved and scaled by what the other half says (Dinh 2017, Real NVP, eq. 7)."""

    def __init__(self, num_classes: int, latent_dim: int, *, rngs: nnx.Rngs):
        kept, moved = latent_dim // 2, latent_dim - latent_dim // 2
        self.kept = kept
        self.first = nnx.Linear(kept + num_classes, _COUPLING_WIDTH, rngs=rngs)
        self.second = nnx.Linear(_COUPLING_WIDTH, _COUPLING_WIDTH, rngs=rngs)
        # From the identity.
        zeros = nnx.initializers.zeros
        self.out = nnx.Linear(_COUPLING_WIDTH, 2 * moved, kernel_init=zeros, rngs=rngs)

    def _parts(self, x: Array, labels: Array) -> tuple[Array, Array, Array, Array]:
        kept, moved = x[:, : self.kept], x[:, self.kept :]
        one_hot = jax.nn.one_hot(labels, self.first.in_features - self.kept)
        hidden = nnx.silu(self.first(jnp.concatenate([kept, one_hot], -1)))
        log_scale, shift = jnp.split(self.out(nnx.silu(self.second(hidden))), 2, -1)
        # Bounded, so that a stack of them cannot overflow.
        return kept, moved, 2 * jnp.tanh(log_scale / 2), shift

    def __call__(self, x: Array, labels: Array) -> Array:
        """x: [B, Z], labels: int [B] -> [B, Z]."""
        kept, moved, log_scale, shift = self._parts(x, labels)
        return jnp.concatenate([kept, moved * jnp.exp(log_scale) + shift], -1)

    def inverse(self, y: Array, labels: Array) -> tuple[Array, Array]:
        """The x that gives y, and log |dx/dy|, [B]."""
        kept, moved, log_scale, shift = self._parts(y, labels)
        x = jnp.concatenate([kept, (moved - shift) * jnp.exp(-log_scale)], -1)
        return x, -log_scale.sum(-1)


class FlowPrior(ClassPrior):
    """p(z|y) as a flow: N(0, I) through couplings, then the class's own mean and scale (Chen 2017,
    Variational lossy autoencoder).

    Codes of pictures with a hue and an angle lie on rings, and a Gaussian draws from within them,
    where no picture has its code.
    """

    def __init__(self, num_classes: int, latent_dim: int, num_couplings: int, *, rngs: nnx.Rngs):
        super().__init__(num_classes, latent_dim)
        self.couplings = nnx.List(
            Coupling(num_classes, latent_dim, rngs=rngs) for _ in range(num_couplings)
        )
        # Which coordinates a coupling moves changes by chance, the same in every run.
        shuffled = np.random.default_rng(0)
        self.orders = tuple(
            tuple(map(int, shuffled.permutation(latent_dim))) for _ in range(num_couplings)
        )

    def warp(self, z: Array, labels: Array) -> Array:
        for order, coupling in zip(self.orders, self.couplings, strict=True):
            z = coupling(z, labels)[:, np.array(order)]
        return z

    def unwarp(self, code: Array, labels: Array) -> tuple[Array, Array]:
        log_det = jnp.zeros(len(code))
        for order, coupling in zip(self.orders[::-1], self.couplings[::-1], strict=True):
            code, more = coupling.inverse(code[:, np.argsort(order)], labels)
            log_det += more
        return code, log_det


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
            convs.append(_conv(width_in, width, bias=residual, dtype=dtype, rngs=rngs))
            norms.append(norm(width, num_classes, rngs=rngs))
            if residual:
                residuals.append(Residual(_conv(width, width, bias=True, dtype=dtype, rngs=rngs)))
            width_in = width
        self.convs, self.norms = nnx.List(convs), nnx.List(norms)
        self.residuals = nnx.List(residuals)
        self.last = _conv(width_in, channels, bias=True, dtype=dtype, rngs=rngs)

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
            norms.append(_NORMS[normalisation](width, rngs=rngs))
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
