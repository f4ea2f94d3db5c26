"""The figures of models that copy, and of models that draw as they should."""

import dataclasses

import numpy as np
import pytest
from releases import make_release

from dgm import data, systems
from dgm.evaluation import comparison, metrics, samples
from dgm.evaluation.comparison import Comparison, Reference
from dgm.evaluation.measure import evaluate
from dgm.model import load


def test_gan_test_by_the_classifier_beside_the_checkpoint(checkpoints, small):
    result = evaluate(checkpoints / "dcgan-digits", names=["gan_test"], limit=24)
    model, classifier = (load(checkpoints / f"{r}-digits") for r in ("dcgan", "cnn"))
    labels = np.arange(40) % 10
    said = classifier.classify(model.decode(model.latents(0, 40), labels)).argmax(-1)
    found = result["metrics"]
    assert found["gan_test"] == pytest.approx(np.mean(said == labels), abs=1e-5)
    # What it is to be read against: the classifier's own accuracy on the test images.
    own = evaluate(checkpoints / "cnn-digits", limit=24)["metrics"]["accuracy/cnn"]
    assert found["gan_test/judge"] == own
    assert set(found) == {"gan_test", "gan_test/low", "gan_test/high", "gan_test/judge"}


class Painter:
    """Draws flat grey pictures, darkest for the first of three classes."""

    def __init__(self, config):
        self.config = config

    def latents(self, seed, num):
        return np.random.default_rng(seed).normal(size=(num, 1))

    def decode(self, z, labels):
        grey = labels / 2 * 1.6 - 0.8 + 0.1 * np.tanh(z[:, 0])
        return np.broadcast_to(grey[:, None, None, None], (len(z), 32, 32, 1)).astype(np.float32)


def painted(config, num: int) -> data.Dataset:
    """What `Painter` draws, as a test set of its own."""
    labels = (np.arange(num) % 3).astype(np.int32)
    pictures = Painter(config).decode(np.zeros((num, 1)), labels)
    return data.Dataset("digits", "test", data.to_uint8(pictures), labels, config.class_names)


def test_gan_train_learns_from_samples_and_is_asked_about_test_images(
    small, tiny_config, monkeypatch
):
    cnn = tiny_config("cnn", batch_size=12, num_steps=1000, learning_rate=0.01, augment=False)
    monkeypatch.setattr(systems, "trunk_classifier", lambda dataset: cnn)
    monkeypatch.setattr(samples, "TRAINING_STEPS", 40)
    config = tiny_config("dcgan")
    test = painted(config, 30)
    # No classifier is asked. The samples are as the test images are: it learns all there is.
    result = samples.gan_train(Comparison(Painter(config), Reference(test, None)))
    # 30 right of 30: n / (n + z^2) at the lower end
    assert result == {
        "gan_train": 1,
        "gan_train/low": pytest.approx(30 / (30 + 1.96**2), abs=1e-5),
        "gan_train/high": pytest.approx(1),
    }
    # Test images whose classes go by other names: nothing that was learned is right.
    turned = dataclasses.replace(test, labels=(test.labels + 1) % 3)
    result = samples.gan_train(Comparison(Painter(config), Reference(turned, None)))
    assert result["gan_train"] == 0


class Copyist(Painter):
    """Gives back the pictures of a data set, and a little more in their order."""

    def __init__(self, config, dataset):
        super().__init__(config)
        self.images = data.to_float(dataset.images)

    def latents(self, seed, num):
        return np.arange(num)[:, None]

    def decode(self, z, labels):
        return self.images[z[:, 0]]


def test_distances_are_those_of_the_features(checkpoints, small, digits, classifier):
    path = checkpoints / "dcgan-digits"
    found = evaluate(path, names=["distances"], limit=24)["metrics"]
    model = load(path)
    labels = np.arange(40) % 10
    fake = classifier.features(model.decode(model.latents(0, 40), labels))
    real = classifier.features(data.to_float(digits.images))
    train = classifier.features(data.to_float(data.load("digits").images))
    expected = {
        "fd_dgm": metrics.frechet_distance(real, fake),
        "fd_dgm/floor": metrics.frechet_distance(real, train[:40]),  # as many as samples
        **metrics.manifold_metrics(real, fake),
        **metrics.memorisation(fake, train, real),
    }
    kernel = metrics.kernel_distance(real, fake)
    expected |= dict(zip(("kid_dgm", "kid_dgm/error"), kernel, strict=True))
    for number in range(10):
        of_class = real[digits.labels == number]
        if len(of_class) > 1:  # of one image there is no covariance
            distance = metrics.frechet_distance(of_class, fake[labels == number])
            expected[f"fd_dgm/class/{number}"] = distance
    assert found.keys() == expected.keys()
    assert 10 > sum("class" in name for name in found) > 2
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-4, abs=1e-5), name


def test_distances_of_copies(small, digits, classifier, tiny_config, monkeypatch):
    config = tiny_config("dcgan", class_names=digits.class_names)
    monkeypatch.setattr(comparison, "NUM_SAMPLES", 24)
    # Of the test images themselves: no distance at all.
    compared = Comparison(Copyist(config, digits), Reference(digits, classifier))
    found = samples.distances(compared)
    assert found["fd_dgm"] == pytest.approx(0, abs=1e-6)
    assert found["precision"] == found["recall"] == found["coverage"] == 1
    assert found["nearest_train_ratio"] == pytest.approx(1)
    assert found["fd_dgm/floor"] > 0
    # Of training images: the floor, since it is measured by the same ones; and all are found out.
    compared = Comparison(Copyist(config, compared.reference.train), Reference(digits, classifier))
    found = samples.distances(compared)
    assert found["fd_dgm"] == found["fd_dgm/floor"]
    assert (found["nearest_train_ratio"], found["copied_share"]) == (0, 1)


def test_gan_test_says_how_to_get_a_classifier(checkpoints, tmp_path, tiny_config, digits):
    config = tiny_config("dcgan", class_names=digits.class_names, channels=1)
    lone = make_release(tmp_path / "dcgan-digits", config)
    with pytest.raises(ValueError, match=r"dgm\.train cnn --dataset digits"):
        evaluate(lone, names=["gan_test"], limit=24)


def test_distances_say_how_to_get_a_classifier(small, digits, tiny_config):
    compared = Comparison(Painter(tiny_config("dcgan")), Reference(digits, None))
    with pytest.raises(ValueError, match=r"give --reference, or train one by .*dgm\.train cnn"):
        samples.distances(compared)
