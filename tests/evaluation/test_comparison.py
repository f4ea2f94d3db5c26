"""A model and what it is measured against."""

import numpy as np

from dgm.evaluation.comparison import Comparison, Reference
from dgm.model import load


def test_what_several_metrics_ask_for_is_computed_once(checkpoints, small, digits, classifier):
    model = load(checkpoints / "dcgan-digits")
    compared = Comparison(model, Reference(digits, classifier))
    for name in ("samples", "sample_features"):
        assert getattr(compared, name) is getattr(compared, name)
    for name in ("train", "test_features", "train_features"):
        assert getattr(compared.reference, name) is getattr(compared.reference, name)


def test_samples_that_cannot_be_asked_for_are_named_by_the_model_itself(
    checkpoints, digits, classifier
):
    model = load(checkpoints / "improved-gan-digits")
    pictures, labels = Comparison(model, Reference(digits, classifier)).draw(30, seed=3)
    np.testing.assert_array_equal(pictures, model.decode(model.latents(3, 30), [0] * 30))
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, model.classify(pictures).argmax(-1))
    # One that can be asked for a class is taken at its word.
    model = load(checkpoints / "dcgan-digits")
    pictures, labels = Comparison(model, Reference(digits, classifier)).draw(30, seed=3)
    np.testing.assert_array_equal(labels, np.tile(np.arange(10), 3))
    np.testing.assert_array_equal(pictures, model.decode(model.latents(3, 30), labels))
