"""Discriminators: a logit that tells real from generated pictures, and often the class too."""

import functools

import jax
import jax.numpy as jnp
from flax import nnx

from dgm.nets.layers import SpectralNorm, conv_stages, larger, max_pool
from dgm.nets.trunks import NoisyMLP, Trunk, mean_features
from dgm.types import Array


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
        self.source_convs, self.source_norms = conv_stages(
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
        self,
        images: Array,
        labels: Array | None = None,
        num_reference: int | None = None,
        key: Array | None = None,
    ) -> tuple[Array, Array | None, Array]:
        """images: [B, 32, 32, C] -> (real/fake logit [B], class logits [B, K] or None, features).

        labels: int [B], used where there is a projection: the first logit then asks whether an
            image is a real one *of its class*.

        The features [B, 8, 8, widths[1]] are those of the middle stage: coarse enough to forgive a
        shift by a pixel, fine enough to hold shape and colour (Larsen 2016 measures in them).
        """
        del key  # there is no noise
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
        self,
        images: Array,
        labels: Array | None = None,
        num_reference: int | None = None,
        key: Array | None = None,
    ) -> tuple[Array, Array, Array]:
        """images: [B, 32, 32, C] -> (real/fake logit [B], class logits [B, K], features).

        The features [B, F], the last map's mean over places, are those that G is to match.

        key: of the trunk's noise; None for none, as at test time.
        """
        del labels  # "generated" is a class beside the others: the logit knows none of them
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
        self,
        images: Array,
        labels: Array | None = None,
        num_reference: int | None = None,
        key: Array | None = None,
    ) -> tuple[Array, None, Array]:
        """As `Discriminator`, for which labels are needed; there are no class logits, and features
        are [B, F]."""
        del num_reference, key  # there is neither norm nor noise
        one_hot = jax.nn.one_hot(labels, self.num_classes)
        x = jnp.concatenate([images.reshape(len(images), -1), one_hot], -1)
        for layer in self.hidden:
            pieces = layer(x).reshape(len(x), -1, _PIECES)
            x = functools.reduce(larger, (pieces[..., i] for i in range(_PIECES)))
        return self.source(x)[:, 0], None, x
