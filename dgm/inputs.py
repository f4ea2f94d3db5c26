"""What a caller hands to a model, checked, and cut into batches of few sizes."""

from collections.abc import Callable, Sequence

import jax
import numpy as np

from dgm.types import Labels

_LARGEST_BATCH = 256  # pictures that go through the nets at once


def as_images(images: np.ndarray, channels: int) -> np.ndarray:
    """Pictures as float32 [N, 32, 32, C].

    Raises:
        ValueError: they have another shape, or are no floats in [-1, 1].
    """
    images = np.asarray(images)
    expected = (32, 32, channels)
    if images.ndim != 4 or images.shape[1:] != expected or not len(images):
        raise ValueError(f"images have shape {images.shape}, expected [N, {expected}], N > 0")
    if images.dtype == np.uint8 or not np.abs(images).max() <= 1.001:  # NaN is refused too
        raise ValueError("images must be floats in [-1, 1]; use dgm.data.to_float on uint8")
    return images.astype(np.float32)


def as_labels(labels: Labels, class_names: Sequence[str], num: int) -> np.ndarray:
    """Class numbers int32 [num] of classes by number or name.

    Raises:
        ValueError: there are not num of them, or no such class.
    """
    numbers = {name: i for i, name in enumerate(class_names)}
    unknown = [y for y in labels if isinstance(y, str) and y not in numbers]
    if unknown:
        raise ValueError(f"no class {unknown[0]!r}: there are {', '.join(numbers)}")
    found = np.array([numbers[y] if isinstance(y, str) else y for y in labels], np.int32)
    if len(found) != num or found.min() < 0 or found.max() >= len(numbers):
        raise ValueError(f"labels must be {num} class numbers in 0 … {len(numbers) - 1}, or names")
    return found


def in_batches(function: Callable, *arrays: np.ndarray):
    """function(*arrays), called on batches padded to a power of two, so that few shapes are ever
    compiled.

    Args:
        function: of arrays with the batch first, to such arrays or a tree of them.
    """
    num, parts = len(arrays[0]), []
    for start in range(0, num, _LARGEST_BATCH):
        batch = [a[start : start + _LARGEST_BATCH] for a in arrays]
        size = len(batch[0])
        pad = (1 << (size - 1).bit_length()) - size
        batch = [np.concatenate([a, np.repeat(a[-1:], pad, 0)]) for a in batch]
        out = function(*batch)
        parts.append(jax.tree.map(lambda x, size=size: np.asarray(x[:size]), out))
    return jax.tree.map(lambda *xs: np.concatenate(xs), *parts)
