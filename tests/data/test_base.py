"""Ranges of pixels, validation splits and few labels."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dgm import data


def test_float_range_ends_and_round_trip():
    every = np.arange(256, dtype=np.uint8)
    scaled = data.to_float(every)
    assert scaled.dtype == np.float32
    assert (scaled[0], scaled[255]) == (-1.0, 1.0)
    assert scaled[51] == pytest.approx(-0.6)  # 51 / 255 is a fifth of the way from -1 to 1
    np.testing.assert_array_equal(data.to_uint8(scaled), every)
    assert isinstance(data.to_float(jnp.array(every)), jax.Array)
    np.testing.assert_array_equal(data.to_uint8(np.array([-3.0, 0.0, 7.0])), [0, 128, 255])


def toy(counts: list[int]) -> data.Dataset:
    labels = np.random.default_rng(7).permutation(np.repeat(np.arange(len(counts)), counts))
    images = np.arange(len(labels), dtype=np.uint8)[:, None, None, None] * np.ones(
        (32, 32, 1), np.uint8
    )
    names = tuple(f"class {i}" for i in range(len(counts)))
    return data.Dataset("toy", "train", images, labels.astype(np.int32), names)


def test_holdout_takes_the_same_number_of_every_class_and_nothing_twice():
    whole = toy([40, 20, 30])
    rest, validation = data.holdout(whole, 31)
    np.testing.assert_array_equal(np.bincount(validation.labels), [11, 10, 10])
    numbers = np.concatenate([rest.images, validation.images])[:, 0, 0, 0]
    np.testing.assert_array_equal(np.sort(numbers), np.arange(90))
    np.testing.assert_array_equal(whole.labels[validation.images[:, 0, 0, 0]], validation.labels)
    again = data.holdout(whole, 31)[1]
    np.testing.assert_array_equal(again.images, validation.images)
    other = data.holdout(whole, 31, seed=1)[1]
    assert (other.images != validation.images).any()


@pytest.mark.parametrize("num", [0, -1, 60, 90])
def test_holdout_leaves_every_class_something_to_train_on(num):
    with pytest.raises(ValueError, match=f"cannot hold out {num} of the 90 images of toy"):
        data.holdout(toy([40, 20, 30]), num)


def test_labelled_subset_takes_as_many_of_every_class():
    labels = toy([40, 20, 30]).labels
    chosen = data.labelled_subset(labels, 7, seed=0)
    assert chosen.dtype == np.int32
    np.testing.assert_array_equal(chosen, np.unique(chosen))  # sorted, none twice
    np.testing.assert_array_equal(np.bincount(labels[chosen]), [7, 7, 7])
    np.testing.assert_array_equal(data.labelled_subset(labels, 7, seed=0), chosen)
    assert (data.labelled_subset(labels, 7, seed=1) != chosen).any()
    # As many as the smallest class has are all of it.
    every = data.labelled_subset(labels, 20, seed=0)
    np.testing.assert_array_equal(every[labels[every] == 1], np.flatnonzero(labels == 1))


def test_a_labelled_subset_of_0_is_everything():
    np.testing.assert_array_equal(data.labelled_subset(np.array([1, 0, 1]), 0, 0), [0, 1, 2])


def test_a_class_with_too_few_images_to_label_is_named():
    words = "21 labels a class are more than the 20 images of class 1: give a smaller --labels"
    with pytest.raises(ValueError, match=words):
        data.labelled_subset(toy([40, 20, 30]).labels, 21, seed=0)
