"""Random changes of pictures: those that keep a class, and those that spare a D.

The discriminator sees real and generated images through the same changes, so that it cannot learn
the training set by heart and G is not asked for changed pictures.
"""

import jax
import jax.numpy as jnp

from dgm.data.base import Augmentation

Array = jax.Array


def augment(key: Array, images: Array, augmentation: Augmentation, *, flip: bool = True):
    """Shift and mirror each image at random; jit-able, differentiable in `images`.

    Args:
        images: float [B, H, W, C].
        flip: False leaves out the mirror (for generated images).

    Returns:
        [B, H, W, C]; `images` itself where the augmentation does nothing.
    """
    flip = flip and augmentation.flip
    limit = augmentation.max_shift
    if not flip and limit == 0:
        return images
    key_shift, key_flip = jax.random.split(key)
    shifts = jax.random.randint(key_shift, (2, len(images)), -limit, limit + 1)
    flips = jax.random.bernoulli(key_flip, 0.5 if flip else 0.0, (len(images),))
    return shift_and_flip(images, shifts[0], shifts[1], flips, augmentation.padding)


def shift_and_flip(images, down, right, flips, padding: str):
    """Move image b by down[b] rows and right[b] columns, then mirror it where flips[b].

    Two products with one-hot matrices, x'_b = R_b x_b C_b^T: their gradient is two products more.
    That of indexing is a scatter-add, which a GPU may do in any order, so that two runs would not
    round alike; on a CPU both take about the same time.

    Args:
        images: float [B, H, W, C]. down, right: int [B], pixels. flips: bool [B].
    """
    rows = _sources(images.shape[1], down, padding)
    columns = _sources(images.shape[2], right, padding)
    columns = jnp.where(flips[:, None], columns[:, ::-1], columns)
    # Full precision: the default of GPU and TPU would round the pixels that pass through.
    rows = jax.nn.one_hot(rows, images.shape[1], dtype=images.dtype)
    columns = jax.nn.one_hot(columns, images.shape[2], dtype=images.dtype)
    images = jnp.einsum("bij,bjkc->bikc", rows, images, precision="highest")
    return jnp.einsum("blk,bikc->bilc", columns, images, precision="highest")


def _sources(length: int, shift, padding: str):
    """int [B, length]: the place that each place takes its value from, after a move by shift[B]."""
    index = jnp.arange(length)[None, :] - shift[:, None]
    if padding == "reflect":  # ... 2 1 | 0 1 2 ... n-1 | n-2 n-3 ...
        return length - 1 - jnp.abs(length - 1 - jnp.abs(index))
    if padding == "edge":  # ... 0 0 | 0 1 2 ... n-1 | n-1 n-1 ...
        return jnp.clip(index, 0, length - 1)
    if padding == "zero":  # no place at all, whose one-hot row is 0
        return jnp.where((index >= 0) & (index < length), index, -1)
    raise ValueError(f"unknown padding {padding!r}: expected 'reflect', 'edge' or 'zero'")


# --- differentiable augmentation (Zhao 2020) ---------------------------------------------------
#
# Each policy: (key, images [B, H, W, C] in [-1, 1]) -> the same shape, differentiable in `images`.
# They leave [-1, 1], as they may: D is no judge of the range.


def change_colour(key: Array, images: Array) -> Array:
    """Brightness by U(-1/2, 1/2), saturation by a factor U(0, 2), contrast by one U(1/2, 3/2)."""
    brightness, saturation, contrast = (
        u[:, None, None, None] for u in jax.random.uniform(key, (3, len(images)))
    )
    x = images + brightness - 0.5
    grey = x.mean(-1, keepdims=True)
    x = grey + 2 * saturation * (x - grey)
    middle = x.mean((1, 2, 3), keepdims=True)
    return middle + (0.5 + contrast) * (x - middle)


def translate(key: Array, images: Array) -> Array:
    """Shift by up to an eighth of the side, each way; mid-grey comes in from outside."""
    limit = images.shape[1] // 8
    down, right = jax.random.randint(key, (2, len(images)), -limit, limit + 1)
    return shift_and_flip(images, down, right, jnp.zeros(len(images), bool), "zero")


def cut_out(key: Array, images: Array) -> Array:
    """Mid-grey over a square of half the side, anywhere, its centre within the picture."""
    side = images.shape[1]
    centres = jax.random.randint(key, (2, len(images), 1), 0, side + 1)
    hidden = (jnp.arange(side) >= centres - side // 4) & (jnp.arange(side) < centres + side // 4)
    rows, columns = hidden
    square = rows[:, :, None] & columns[:, None, :]
    return jnp.where(square[..., None], 0.0, images)


POLICIES = {"colour": change_colour, "translation": translate, "cutout": cut_out}


def diff_augment(key: Array, images: Array, policies: tuple[str, ...]) -> Array:
    """Images [B, H, W, C] through the named policies, in the order of POLICIES."""
    for name, policy in POLICIES.items():
        key, key_policy = jax.random.split(key)
        if name in policies:
            images = policy(key_policy, images)
    return images
