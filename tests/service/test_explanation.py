"""demo/service/explanation.py: the reasons of a prediction."""

import math

import numpy as np
import pytest
from asking import picture

from demo.service.explanation import HEAT_MAPS, NUM_COUNTERFACTUAL
from dgm.data import spec, to_float


@pytest.mark.parametrize("way", HEAT_MAPS)
@pytest.mark.parametrize(
    "name, method", [("dcgan-fashion_mnist", "features"), ("ib-vae-fashion_mnist", "")]
)
def test_a_heat_map_is_that_of_the_library(explained, name, method, way):
    found = explained.explanation.heat_map(picture(), name, method, "Bag", way)
    assert found.label == "Bag"
    model = explained.models.model(name)
    number = model.class_names.index("Bag")
    expected = HEAT_MAPS[way](model, to_float(found.seen), number, method or None)
    np.testing.assert_allclose(found.nats, expected, atol=1e-6)
    assert found.nats.shape == (32, 32)
    likeliest = explained.explanation.heat_map(picture(), name, method, "", way).label
    assert likeliest == explained.classification.classify(picture(), name, method).label


@pytest.mark.parametrize(
    "asked, words",
    [
        (("vae-fashion_mnist",), "by bayes would take too long"),
        (("resnet",), "There are: vae-mnist"),
        (("dcgan-fashion_mnist", "bayes"), "not by 'bayes'"),
        (("dcgan-fashion_mnist", "head", "seven"), "no class 'seven'"),
        (("dcgan-fashion_mnist", "head", ["Bag"]), "no class"),
        (
            ("dcgan-fashion_mnist", "head", "Bag", "guess"),
            "by one of cover, gradients, not by 'guess'",
        ),
        (("dcgan-fashion_mnist", "head", "Bag", None), "by one of cover, gradients"),
        (("dcgan-fashion_mnist", "head", "Bag", ["cover"]), "by one of cover, gradients"),
    ],
)
def test_a_heat_map_that_cannot_be_made_is_refused_in_words(explained, asked, words):
    with pytest.raises(ValueError, match=words):
        explained.explanation.heat_map(picture(), *asked)


def test_a_picture_is_drawn_as_each_class(explained):
    for name in ("vae-fashion_mnist", "ib-vae-fashion_mnist"):
        pictures, nats = explained.explanation.as_each_class(picture(), name)
        assert pictures.shape == (10, 32, 32, 1)
        assert pictures.dtype == np.uint8
        assert tuple(nats) == spec("fashion_mnist").class_names
        # The odds of two classes are what their bounds differ by.
        said = explained.classification.classify(picture(), name)
        assert nats[said.label] == 0
        for label, value in nats.items():
            odds = said.confidences[label] / said.confidences[said.label]
            assert math.exp(value) == pytest.approx(odds, rel=1e-3, abs=1e-6)
    with pytest.raises(ValueError, match="has no likelihood"):
        explained.explanation.as_each_class(picture(), "dcgan-fashion_mnist")


def test_a_change_goes_from_what_is_said_to_another_class(explained):
    name = "ib-vae-fashion_mnist"
    found = explained.explanation.counterfactual(picture(), name)
    ranked = sorted(
        explained.classification.classify(picture(), name).confidences.items(), key=lambda p: -p[1]
    )
    assert [found.label, found.target] == [label for label, _ in ranked[:2]]
    assert found.pictures.shape == (NUM_COUNTERFACTUAL, 32, 32, 1)
    assert found.probabilities.shape == (NUM_COUNTERFACTUAL, 2)
    assert found.probabilities[0, 0] >= found.probabilities[0, 1]
    assert found.probabilities[-1, 1] > found.probabilities[-1, 0]
    other = ranked[-1][0]
    assert explained.explanation.counterfactual(picture(), name, other).target == other
    with pytest.raises(ValueError, match=f"classified as {found.label} already"):
        explained.explanation.counterfactual(picture(), name, found.label)
    with pytest.raises(ValueError, match="no class 'seven'"):
        explained.explanation.counterfactual(picture(), name, "seven")
    with pytest.raises(ValueError, match="cannot change"):
        explained.explanation.counterfactual(picture(), "vae-fashion_mnist")
