"""Random changes of pictures, against what each does to a dot, a ramp and a plane."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dgm import data
from dgm.data import augmentation


def dot(row: int, column: int) -> jax.Array:
    return jnp.zeros((1, 32, 32, 3)).at[0, row, column].set(1.0)


@functools.partial(jax.jit, static_argnames="padding")
def moved(image, down=0, right=0, flip=False, padding="edge"):
    down, right, flip = (jnp.asarray(value)[None] for value in (down, right, flip))
    return augmentation.shift_and_flip(image, down, right, flip, padding)


@pytest.mark.parametrize(
    ("down", "right", "flip", "place"),
    [
        (0, 0, False, (10, 20)),
        (3, -4, False, (13, 16)),
        (0, 0, True, (10, 11)),  # column 20 is as far from the right as 31 - 20 from the left
        (-2, 1, True, (8, 10)),  # moved to column 21, then mirrored
    ],
)
def test_a_dot_moves_exactly_as_told(down, right, flip, place):
    np.testing.assert_array_equal(moved(dot(10, 20), down, right, flip), dot(*place))


@pytest.mark.parametrize(
    ("padding", "right", "left_end", "right_end"),
    [
        ("reflect", 2, [2, 1, 0, 1], [28, 29]),
        ("edge", 2, [0, 0, 0, 1], [28, 29]),
        ("reflect", -2, [2, 3, 4, 5], [30, 29]),
        ("edge", -2, [2, 3, 4, 5], [31, 31]),
        ("zero", 2, [0, 0, 0, 1], [28, 29]),
        ("zero", -2, [2, 3, 4, 5], [0, 0]),
    ],
)
def test_padding(padding, right, left_end, right_end):
    ramp = jnp.broadcast_to(jnp.arange(32.0)[None, None, :, None], (1, 32, 32, 3))
    row = moved(ramp, 0, right, False, padding=padding)[0, 7, :, 1]
    np.testing.assert_array_equal(row[:4], left_end)
    np.testing.assert_array_equal(row[-2:], right_end)


def test_unknown_padding_is_refused():
    with pytest.raises(ValueError, match="'reflect', 'edge' or 'zero'"):
        moved(dot(1, 1), 0, 0, False, padding="wrap")


@jax.jit
def dots_after(key):
    images = jnp.repeat(dot(16, 6), 512, axis=0)
    cifar = data.spec("cifar10").augmentation
    digits = data.spec("mnist").augmentation
    return (
        augmentation.augment(key, images, cifar),
        augmentation.augment(key, images, cifar, flip=False),
        augmentation.augment(key, images, digits),
    )


def test_shifts_cover_their_range_and_digits_are_never_mirrored():
    cifar, unflipped, digits = (
        [np.unique(np.nonzero(images[..., 0])[axis]).tolist() for axis in (1, 2)]
        for images in map(np.asarray, dots_after(jax.random.key(3)))
    )
    # Rows 16 - 4 ... 16 + 4; columns 6 - 4 ... 6 + 4 and, mirrored, 31 - 10 ... 31 - 2.
    assert cifar == [list(range(12, 21)), [*range(2, 11), *range(21, 30)]]
    assert unflipped == [list(range(12, 21)), list(range(2, 11))]
    assert digits == [list(range(14, 19)), list(range(4, 9))]


def test_half_of_the_images_are_mirrored():
    columns = np.nonzero(np.asarray(dots_after(jax.random.key(3))[0])[..., 0])[2]
    assert (columns > 15).mean() == pytest.approx(0.5, abs=0.08)  # 3.6 standard errors


def test_shapes_are_left_exactly_as_they_are():
    images = dot(3, 4)
    assert (
        augmentation.augment(jax.random.key(0), images, data.spec("shapes").augmentation) is images
    )


def test_gradient_goes_back_to_where_a_pixel_came_from():
    gradient = jax.grad(lambda image: moved(image, 2, -1, False)[0, 5, 5, 0])(dot(0, 0))
    np.testing.assert_array_equal(gradient, jnp.zeros((1, 32, 32, 3)).at[0, 3, 6, 0].set(1.0))


# --- differentiable augmentation ---------------------------------------------------------------


def test_no_policy_changes_nothing():
    images = dot(3, 4)
    assert augmentation.diff_augment(jax.random.key(0), images, ()) is images


def test_colour_keeps_what_it_should():
    key = jax.random.key(0)
    x = jax.random.uniform(jax.random.key(1), (64, 8, 8, 3), minval=-1, maxval=1)
    changed = jax.jit(augmentation.change_colour)(key, x)
    # Brightness alone moves the mean, by less than a half; contrast and saturation turn about it.
    moved_by = np.asarray(changed.mean((1, 2, 3)) - x.mean((1, 2, 3)))
    assert np.abs(moved_by).max() <= 0.5
    assert moved_by.min() < -0.3
    assert moved_by.max() > 0.3
    # Grey has no saturation: its deviation is scaled by contrast alone, in [1/2, 3/2].
    grey = x[..., :1]
    scale = np.asarray(jax.jit(augmentation.change_colour)(key, grey).std((1, 2, 3)))
    scale = scale / np.asarray(grey.std((1, 2, 3)))
    assert 0.5 <= scale.min() < 0.7
    assert 1.3 < scale.max() <= 1.5 + 1e-5


def test_translation_brings_in_grey_by_an_eighth_at_most():
    white = jnp.ones((512, 32, 32, 1))
    moved = np.asarray(jax.jit(augmentation.translate)(jax.random.key(0), white))[..., 0]
    assert set(np.unique(moved)) == {0.0, 1.0}
    # Of 32 rows and columns at most 4 are lost, and every number of them is met.
    assert set((moved[:, 16] == 0).sum(1)) == set(range(5))
    assert set((moved[:, :, 16] == 0).sum(1)) == set(range(5))


def test_cutout_hides_a_square_of_half_the_side():
    white = jnp.ones((512, 32, 32, 1))
    hidden = np.asarray(jax.jit(augmentation.cut_out)(jax.random.key(0), white))[..., 0] == 0
    rows, columns = hidden.any(2).sum(1), hidden.any(1).sum(1)
    assert (hidden.sum((1, 2)) == rows * columns).all()  # a rectangle
    # Its centre may be on the border: then half of 16 is left.
    assert (rows.min(), rows.max()) == (columns.min(), columns.max()) == (8, 16)


@pytest.mark.parametrize("name", augmentation.POLICIES)
def test_every_policy_hands_the_gradient_on(name):
    images = jax.random.uniform(jax.random.key(1), (4, 8, 8, 3))

    def total(x):
        return augmentation.diff_augment(jax.random.key(0), x, (name,)).sum()

    gradient = jax.jit(jax.grad(total))(images)
    assert np.isfinite(gradient).all()
    assert (np.abs(np.asarray(gradient)).sum((1, 2, 3)) > 0).all()
