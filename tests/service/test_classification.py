"""demo/service/classification.py: predictions, and the out-of-distribution score."""

import io

import numpy as np
import pytest
from asking import picture
from page_runs import make_run
from PIL import Image

from dgm.data import PictureError, spec, to_float


@pytest.mark.parametrize("name", ["dcgan-mnist", "vae-mnist", "cnn-mnist", "dcgan-cifar10"])
def test_classify_gives_every_class_a_share_of_one(service, name):
    reading = service.classification.classify(picture(), name)
    assert tuple(reading.confidences) == service.models.model(name).class_names
    assert sum(reading.confidences.values()) == pytest.approx(1, abs=1e-4)
    assert reading.label == max(reading.confidences, key=reading.confidences.get)
    assert reading.seen.shape == (32, 32, 3 if "cifar10" in name else 1)
    assert reading.seen.dtype == np.uint8


def test_the_picture_is_seen_as_the_data_set_has_it(service):
    seen = service.classification.classify(picture(), "dcgan-mnist").seen
    assert seen[0].max() == 0  # black border, bright ink
    assert seen.max() > 200


def test_compare_asks_every_model_of_the_data_set_in_every_way(service, explained, tiny_config):
    readings = service.classification.compare(picture(), "mnist")
    assert list(readings) == [("dcgan-mnist", "head"), ("vae-mnist", "bayes"), ("cnn-mnist", "cnn")]
    alone = service.classification.classify(picture(), "vae-mnist")
    assert readings["vae-mnist", "bayes"].confidences == alone.confidences
    with pytest.raises(ValueError, match="no model of the data set"):
        service.classification.compare(picture(), "imagenet")

    readings = explained.classification.compare(picture(), "fashion_mnist")
    of_one = [method for name, method in readings if name == "dcgan-fashion_mnist"]
    assert of_one == ["head", "features", "bayes-features"]
    # One's own model is asked where it is the chosen one.
    own = make_run(
        explained.models.roots[1],
        tiny_config("cnn", "fashion_mnist", class_names=spec("fashion_mnist").class_names),
    )
    assert explained.classification.compare(picture(), "fashion_mnist").keys() == readings.keys()
    name = f"runs/{own.name}"
    more = explained.classification.compare(picture(), "fashion_mnist", name)
    assert more.keys() - readings.keys() == {(name, "cnn")}


def test_an_unusable_picture_is_told_in_words(service):
    with pytest.raises(PictureError, match="not a picture"):
        service.classification.classify(io.BytesIO(b"these are words"), "dcgan-mnist")
    blank = io.BytesIO()
    Image.new("L", (64, 64), 128).save(blank, "PNG")
    blank.seek(0)
    with pytest.raises(PictureError, match="Nothing is drawn"):
        service.classification.classify(blank, "dcgan-mnist")


@pytest.mark.parametrize("name", ["resnet-mnist", "", None, 3, "../../etc", ["dcgan-mnist"], {}])
def test_an_unknown_model_is_told_with_those_there_are(service, name):
    with pytest.raises(ValueError, match="There are: dcgan-mnist"):
        service.classification.classify(picture(), name)


def test_an_unknown_method_is_told_with_those_there_are(service):
    with pytest.raises(ValueError, match="classifies by one of head, not by 'bayes'"):
        service.classification.classify(picture(), "dcgan-mnist", "bayes")


def test_a_picture_is_strange_in_units_of_the_threshold(explained):
    model = explained.models.model("dcgan-fashion_mnist")
    seen = explained.classification.classify(picture(), "dcgan-fashion_mnist").seen
    distance = model.ood_score(to_float(seen[None]))[0]
    told = explained.classification.ood_score(picture(), "dcgan-fashion_mnist")
    assert told == pytest.approx(distance / model.readout["threshold"], rel=1e-5)
    with pytest.raises(ValueError, match="vae-fashion_mnist has no out-of-distribution score"):
        explained.classification.ood_score(picture(), "vae-fashion_mnist")
