"""Plain classifiers, without a generator."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from dgm.nets.layers import BatchNorm, conv_stages, max_pool
from dgm.nets.trunks import Trunk
from dgm.types import Array


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
        self.convs, self.norms = conv_stages(
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
