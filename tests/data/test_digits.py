"""The digits of scikit-learn."""

import numpy as np

from dgm import data
from dgm.data.digits import enlarge


def test_digits():
    train, test = data.load("digits"), data.load("digits", "test")
    assert (train.images.shape, test.images.shape) == ((1437, 32, 32, 1), (360, 32, 32, 1))
    np.testing.assert_array_equal(np.bincount(test.labels), [36] * 10)
    assert (test.split, test.class_names) == ("test", tuple("0123456789"))
    assert (train.images.min(), train.images.max()) == (0, 255)
    # Each 4x4 block has about the brightness of the pixel that it was enlarged from.
    from sklearn.datasets import load_digits

    blocks = enlarge(load_digits().images[0]).reshape(8, 4, 8, 4).mean((1, 3))
    assert np.corrcoef(blocks.ravel(), load_digits().images[0].ravel())[0, 1] > 0.98
