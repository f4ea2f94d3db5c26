"""Nearest neighbours, against brute force."""

import numpy as np
import pytest

from dgm.analysis.distances import nearest_neighbours


@pytest.mark.parametrize("offset", [0, 1e8], ids=["centred", "far from 0"])
def test_nearest_neighbours_are_those_of_brute_force(offset):
    rng = np.random.default_rng(0)
    queries = offset + rng.normal(size=(30, 5))
    references = offset + rng.normal(size=(2000, 5))
    distances = np.sqrt(((queries[:, None] - references) ** 2).sum(-1))
    order = distances.argsort(axis=1)[:, :500]
    indices, nearest = nearest_neighbours(queries, references, 500)
    np.testing.assert_array_equal(indices, order)
    np.testing.assert_array_equal(nearest, np.take_along_axis(distances, order, axis=1))
    indices, nearest = nearest_neighbours(queries, references)
    np.testing.assert_array_equal(indices, order[:, :1])
    assert nearest.shape == (30, 1)


def test_a_neighbour_that_is_a_copy_is_at_distance_0():
    pictures = np.random.default_rng(0).normal(size=(20, 50)).astype(np.float32)
    indices, distances = nearest_neighbours(pictures, pictures, len(pictures))
    assert indices[:, 0].tolist() == list(range(20))
    assert not distances[:, 0].any()
    assert (np.diff(distances) > 0).all()


@pytest.mark.parametrize("num", [0, 3])
def test_there_are_no_more_neighbours_than_references(num):
    with pytest.raises(ValueError, match=f"no {num} nearest of 2 references"):
        nearest_neighbours(np.zeros((4, 1)), np.zeros((2, 1)), num)
