"""demo/service/reading.py: what models say of a picture, and why."""

import io
import math

import numpy as np
import pytest
from asking import picture
from page_runs import make_run
from PIL import Image

from demo.service.reading import HEAT_MAPS, NUM_CHANGED
from dgm.data import CLASS_NAMES, to_float
from dgm.pictures import PictureError


@pytest.mark.parametrize("name", ["dcgan-mnist", "vae-mnist", "cnn-mnist", "dcgan-cifar10"])
def test_classify_gives_every_class_a_share_of_one(service, name):
    reading = service.reading.classify(picture(), name)
    assert tuple(reading.confidences) == service.shelf.model(name).class_names
    assert sum(reading.confidences.values()) == pytest.approx(1, abs=1e-4)
    assert reading.label == max(reading.confidences, key=reading.confidences.get)
    assert reading.seen.shape == (32, 32, 3 if "cifar10" in name else 1)
    assert reading.seen.dtype == np.uint8


def test_the_picture_is_seen_as_the_data_set_has_it(service):
    seen = service.reading.classify(picture(), "dcgan-mnist").seen
    assert seen[0].max() == 0  # black border, bright ink
    assert seen.max() > 200


def test_compare_asks_every_model_of_the_data_set_in_every_way(service, explained, tiny_config):
    readings = service.reading.compare(picture(), "mnist")
    assert list(readings) == [("dcgan-mnist", "head"), ("vae-mnist", "bayes"), ("cnn-mnist", "cnn")]
    alone = service.reading.classify(picture(), "vae-mnist")
    assert readings["vae-mnist", "bayes"].confidences == alone.confidences
    with pytest.raises(ValueError, match="no model of the data set"):
        service.reading.compare(picture(), "imagenet")

    readings = explained.reading.compare(picture(), "fashion_mnist")
    of_one = [method for name, method in readings if name == "dcgan-fashion_mnist"]
    assert of_one == ["head", "features", "bayes-features"]
    # One's own model is asked where it is the chosen one.
    own = make_run(
        explained.shelf._roots[1],
        tiny_config("cnn", "fashion_mnist", class_names=CLASS_NAMES["fashion_mnist"]),
    )
    assert explained.reading.compare(picture(), "fashion_mnist").keys() == readings.keys()
    name = f"runs/{own.name}"
    more = explained.reading.compare(picture(), "fashion_mnist", name)
    assert more.keys() - readings.keys() == {(name, "cnn")}


def test_an_unusable_picture_is_told_in_words(service):
    with pytest.raises(PictureError, match="not a picture"):
        service.reading.classify(io.BytesIO(b"these are words"), "dcgan-mnist")
    blank = io.BytesIO()
    Image.new("L", (64, 64), 128).save(blank, "PNG")
    blank.seek(0)
    with pytest.raises(PictureError, match="Nothing is drawn"):
        service.reading.classify(blank, "dcgan-mnist")


@pytest.mark.parametrize("name", ["resnet-mnist", "", None, 3, "../../etc", ["dcgan-mnist"], {}])
def test_an_unknown_model_is_told_with_those_there_are(service, name):
    with pytest.raises(ValueError, match="There are: dcgan-mnist"):
        service.reading.classify(picture(), name)


def test_an_unknown_method_is_told_with_those_there_are(service):
    with pytest.raises(ValueError, match="classifies by head, not by 'bayes'"):
        service.reading.classify(picture(), "dcgan-mnist", "bayes")


def test_a_picture_is_strange_in_units_of_the_threshold(explained):
    model = explained.shelf.model("dcgan-fashion_mnist")
    seen = explained.reading.classify(picture(), "dcgan-fashion_mnist").seen
    distance = model.strangeness(to_float(seen[None]))[0]
    told = explained.reading.strangeness(picture(), "dcgan-fashion_mnist")
    assert told == pytest.approx(distance / model.readout["threshold"], rel=1e-5)
    with pytest.raises(ValueError, match="vae-fashion_mnist cannot tell"):
        explained.reading.strangeness(picture(), "vae-fashion_mnist")


@pytest.mark.parametrize("way", HEAT_MAPS)
@pytest.mark.parametrize(
    "name, method", [("dcgan-fashion_mnist", "features"), ("ib-vae-fashion_mnist", "")]
)
def test_a_heat_map_is_that_of_the_library(explained, name, method, way):
    found = explained.reading.heat(picture(), name, method, "Bag", way)
    assert found.label == "Bag"
    model = explained.shelf.model(name)
    number = model.class_names.index("Bag")
    expected = HEAT_MAPS[way](model, to_float(found.seen), number, method or None)
    np.testing.assert_allclose(found.nats, expected, atol=1e-6)
    assert found.nats.shape == (32, 32)
    likeliest = explained.reading.heat(picture(), name, method, "", way).label
    assert likeliest == explained.reading.classify(picture(), name, method).label


@pytest.mark.parametrize(
    "asked, words",
    [
        (("vae-fashion_mnist",), "by bayes would take too long"),
        (("resnet",), "There are: vae-mnist"),
        (("dcgan-fashion_mnist", "bayes"), "not by 'bayes'"),
        (("dcgan-fashion_mnist", "head", "seven"), "no class 'seven'"),
        (("dcgan-fashion_mnist", "head", ["Bag"]), "no class"),
        (("dcgan-fashion_mnist", "head", "Bag", "guess"), "by cover or gradients, not by 'guess'"),
        (("dcgan-fashion_mnist", "head", "Bag", None), "by cover or gradients"),
        (("dcgan-fashion_mnist", "head", "Bag", ["cover"]), "by cover or gradients"),
    ],
)
def test_a_heat_map_that_cannot_be_made_is_refused_in_words(explained, asked, words):
    with pytest.raises(ValueError, match=words):
        explained.reading.heat(picture(), *asked)


def test_a_picture_is_drawn_as_each_class(explained):
    for name in ("vae-fashion_mnist", "ib-vae-fashion_mnist"):
        pictures, nats = explained.reading.as_each_class(picture(), name)
        assert pictures.shape == (10, 32, 32, 1)
        assert pictures.dtype == np.uint8
        assert tuple(nats) == CLASS_NAMES["fashion_mnist"]
        # The odds of two classes are what their bounds differ by.
        said = explained.reading.classify(picture(), name)
        assert nats[said.label] == 0
        for label, value in nats.items():
            odds = said.confidences[label] / said.confidences[said.label]
            assert math.exp(value) == pytest.approx(odds, rel=1e-3, abs=1e-6)
    with pytest.raises(ValueError, match="does not tell how probable"):
        explained.reading.as_each_class(picture(), "dcgan-fashion_mnist")


def test_a_change_goes_from_what_is_said_to_another_class(explained):
    name = "ib-vae-fashion_mnist"
    found = explained.reading.change(picture(), name)
    ranked = sorted(
        explained.reading.classify(picture(), name).confidences.items(), key=lambda p: -p[1]
    )
    assert [found.label, found.target] == [label for label, _ in ranked[:2]]
    assert found.pictures.shape == (NUM_CHANGED, 32, 32, 1)
    assert found.shares.shape == (NUM_CHANGED, 2)
    assert found.shares[0, 0] >= found.shares[0, 1]
    assert found.shares[-1, 1] > found.shares[-1, 0]
    other = ranked[-1][0]
    assert explained.reading.change(picture(), name, other).target == other
    with pytest.raises(ValueError, match=f"said to be {found.label} already"):
        explained.reading.change(picture(), name, found.label)
    with pytest.raises(ValueError, match="no class 'seven'"):
        explained.reading.change(picture(), name, "seven")
    with pytest.raises(ValueError, match="draws no change"):
        explained.reading.change(picture(), "vae-fashion_mnist")
