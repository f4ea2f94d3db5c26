"""demo/service/neighbours.py: the training pictures nearest to a picture."""

import shutil
import time

import numpy as np
import pytest
from asking import as_file, picture, wait_for

from demo.service import Service
from demo.service.latent_points import Setting
from demo.service.neighbours import NUM_NEIGHBOURS, NearestNeighbours
from dgm import data, release
from dgm.analysis import neighbours
from dgm.analysis.distances import nearest_neighbours
from dgm.data import to_float


def wait_for_nearest(service, *asked) -> NearestNeighbours:
    """What `nearest` finds once all training pictures are read."""
    for _ in range(1000):
        found = service.neighbours.nearest(*asked)
        if isinstance(found, NearestNeighbours):
            return found
        time.sleep(0.02)
    raise AssertionError("the training pictures are not read to the end")


def test_the_nearest_training_pictures_are_those_of_the_library(trusted, no_data):
    training, test = (data.load("digits", split) for split in data.SPLITS)
    found = wait_for_nearest(trusted, as_file(test.images[5]), "cnn-digits")
    model = trusted.models.model("cnn-digits")
    features = model.features(to_float(training.images))
    (rows,), (distances,) = nearest_neighbours(
        model.features(to_float(test.images[5:6])), features, NUM_NEIGHBOURS
    )
    np.testing.assert_array_equal(found.pictures, training.images[rows])
    assert found.labels == [training.class_names[number] for number in training.labels[rows]]
    assert not any(found.identical)
    assert found.total == len(training)
    ratios = np.divide(found.distances, distances)
    np.testing.assert_allclose(ratios, ratios[0], rtol=0.01)  # in units of the usual distance
    # Of a training picture the nearest is itself.
    own = wait_for_nearest(trusted, as_file(training.images[9]), "cnn-digits")
    assert (own.distances[0], own.identical) == (0, [True] + [False] * (NUM_NEIGHBOURS - 1))
    assert own.share_further == 1
    np.testing.assert_array_equal(own.pictures[0], training.images[9])


def test_training_pictures_are_read_once_a_model(trusted, no_data, tmp_path, monkeypatch):
    image = as_file(data.load("digits", "test").images[0])
    shutil.copytree(trusted.models.run("cnn-digits").folder, tmp_path / "runs" / "cnn-digits")
    asked = image, "cnn-digits"
    first = wait_for_nearest(Service(tmp_path / "runs"), *asked)
    assert len(list(no_data.glob("neighbours/cnn-digits-*.safetensors"))) == 1
    # Another page finds what was kept on disk.
    with monkeypatch.context() as patch:
        patch.delattr(neighbours, "extract")
        image.seek(0)
        assert wait_for_nearest(Service(tmp_path / "runs"), *asked).distances == first.distances
        # A model that was trained anew is another.
        extra = {"directions": np.ones((8, 4), np.float32)}
        release.add_to_release(tmp_path / "runs" / "cnn-digits", extra)
        with pytest.raises(ValueError, match="extract"):
            wait_for_nearest(Service(tmp_path / "runs"), *asked)


def test_a_reading_that_nobody_waits_for_is_given_up(trusted, no_data, tmp_path, monkeypatch):
    image = as_file(data.load("digits", "test").images[0])
    service = Service(trusted.models.run("cnn-digits").folder.parent)
    with monkeypatch.context() as patch:
        patch.setattr("demo.service.jobs.PATIENCE", -1)
        job = service.neighbours.nearest(image, "cnn-digits")
        wait_for(job)
    assert job.error == ""
    assert not list(no_data.glob("neighbours/*"))
    assert service.neighbours.nearest(image, "cnn-digits") is not job  # who comes back begins anew
    wait_for_nearest(service, image, "cnn-digits")


@pytest.mark.parametrize(
    "name, words",
    [
        ("vae-digits", "no features"),
        ("resnet", "no model or run"),
        ("cnn-mnist", "training pictures of MNIST are not on this computer"),
    ],
)
def test_nearest_pictures_that_cannot_be_found_are_refused_in_words(trusted, no_data, name, words):
    with pytest.raises(ValueError, match=words):
        wait_for_nearest(trusted, picture(), name)


def test_the_nearest_to_a_drawn_picture_are_those_of_its_pixels(trusted, no_data):
    setting = Setting("dcgan-digits", "3", 5)
    for _ in range(600):
        found = trusted.neighbours.nearest_to_generated(setting, "cnn-digits")
        if isinstance(found, NearestNeighbours):
            break
        time.sleep(0.05)
    training, model = data.load("digits", "train"), trusted.models.model("cnn-digits")
    (rows,), _ = nearest_neighbours(
        model.features(to_float(trusted.generation.generate(setting)[None])),
        model.features(to_float(training.images)),
        NUM_NEIGHBOURS,
    )
    np.testing.assert_array_equal(found.pictures, training.images[rows])
    for name, words in (
        ("vae-digits", "no features"),
        ("cnn-mnist", "not trained on pictures of Digits"),
    ):
        with pytest.raises(ValueError, match=words):
            trusted.neighbours.nearest_to_generated(setting, name)
