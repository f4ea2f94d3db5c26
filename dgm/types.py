"""What the whole library means by its types."""

from collections.abc import Sequence
from typing import Protocol

import jax
import numpy as np

Array = jax.Array
Labels = Sequence[int | str] | Sequence[int] | Sequence[str] | np.ndarray  # by number or name


class GeneratorNet(Protocol):
    """Latent vector and class to picture."""

    def __call__(self, z: Array, labels: Array) -> Array:
        """z: [B, Z], labels: int [B] -> [B, 32, 32, C], before any tanh or sigmoid."""
        ...

    def first_layer(self, z: Array, labels: Array) -> Array:
        """z: [B, Z], labels: int [B] -> [B, F], before any norm."""
        ...

    def early_maps(self, z: Array, labels: Array) -> Array:
        """z: [B, Z], labels: int [B] -> [B, ...], after the first stage."""
        ...


class DiscriminatorNet(Protocol):
    """Picture to a real/fake logit, and to class logits where there is a class head."""

    def __call__(
        self,
        images: Array,
        labels: Array | None = None,
        num_reference: int | None = None,
        key: Array | None = None,
    ) -> tuple[Array, Array | None, Array]:
        """(real/fake logit [B], class logits [B, K] or None, features [B, ...]).

        Args:
            images: [B, 32, 32, C].
            labels: int [B], for a real/fake logit that is told the class.
            num_reference: batch norm takes its statistics from the first images, so many.
            key: of a net with noise inside; None for none, as at test time.
        """
        ...


class FeatureNet(Protocol):
    """A discriminator or classifier that shows what it makes of a picture."""

    def maps(self, images: Array) -> list[Array]:
        """images: [B, 32, 32, C] -> each stage's map, [B, H, W, F] each."""
        ...

    def features(self, images: Array) -> Array:
        """images: [B, 32, 32, C] -> [B, F]."""
        ...
