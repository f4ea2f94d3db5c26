"""The training images nearest to a picture."""

import numpy as np
import pytest

from dgm import data
from dgm.analysis import neighbours
from dgm.analysis.distances import nearest_neighbours


class Means:
    """A picture's only feature is its mean, from -1 to 1, a hundred times."""

    def features(self, images):
        return np.repeat(images.mean((1, 2, 3))[:, None], 100, 1)


def test_the_nearest_training_images_are_found():
    greys = np.array([0, 51, 102, 104, 255], np.uint8)
    images = np.broadcast_to(greys[:, None, None, None], (5, 32, 32, 1))
    told = []
    found = neighbours.extract(Means(), images, told.append)
    assert told == [0]
    # Each to its nearest: 51, 51, 2, 2 and 151 grey levels, 10 * 2 / 255 of distance each.
    np.testing.assert_allclose(found.gaps, np.array([2, 2, 51, 51, 151]) * 20 / 255, rtol=0.05)
    rows, distances = found.nearest(np.full(100, data.to_float(np.float32(90))), 3)
    assert rows.tolist() == [2, 3, 1]
    np.testing.assert_allclose(distances, np.array([12, 14, 39]) * 20 / 255, rtol=0.05)
    _, (zero, *_) = found.nearest(Means().features(data.to_float(images[:1]))[0], 1)
    assert zero == 0
    with pytest.raises(ValueError, match="no 6 nearest of 5"):
        found.nearest(np.zeros(100), 6)


def test_single_precision_finds_the_same_among_many():
    rng = np.random.default_rng(0)
    features = (5 + rng.normal(0, 0.01, (3000, 40))).astype(np.float16).astype(np.float32)
    found = neighbours.TrainingFeatures(features, np.ones(1, np.float32))
    query = (5 + rng.normal(0, 0.01, 40)).astype(np.float16)
    rows, distances = found.nearest(query, 8)
    (expected,), (exact,) = nearest_neighbours(query[None].astype(np.float32), features, 8)
    assert rows.tolist() == expected.tolist()
    np.testing.assert_array_equal(distances, exact)


def test_features_are_kept_under_what_they_were_extracted_from(tmp_path):
    images = np.arange(4 * 32 * 32, dtype=np.uint8).reshape(4, 32, 32, 1)
    found = neighbours.extract(Means(), images)
    neighbours.save(tmp_path / "a" / "b.safetensors", found)
    kept = neighbours.load(tmp_path / "a" / "b.safetensors")
    np.testing.assert_array_equal(kept.features, found.features)
    np.testing.assert_array_equal(kept.gaps, found.gaps)
    weights = tmp_path / "weights"
    weights.write_bytes(b"1")
    prints = [neighbours.fingerprint(weights, images), neighbours.fingerprint(weights, images[:3])]
    weights.write_bytes(b"2")
    prints += [neighbours.fingerprint(weights, images), neighbours.fingerprint(weights, images)]
    assert len(set(prints)) == 3


def test_images_that_were_kept_back_were_not_met(tiny_config):
    labels = (np.arange(60) % 3).astype(np.int32)
    images = np.zeros((60, 32, 32, 1), np.uint8)
    dataset = data.Dataset("digits", "train", images, labels, ("zero", "one", "two"))
    assert len(neighbours.trained_on(tiny_config("cnn"), dataset)) == 60
    assert len(neighbours.trained_on(tiny_config("cnn", holdout=12), dataset)) == 48
    few = neighbours.trained_on(tiny_config("cnn", holdout=12, labels_per_class=2), dataset)
    assert np.bincount(few.labels).tolist() == [2, 2, 2]
    # One that learns from pictures without a label too has met them all.
    halves = tiny_config("improved-gan", labels_per_class=2, labelled_batch_size=2)
    assert len(neighbours.trained_on(halves, dataset)) == 60
