"""Small released models, and small numbers of whatever is drawn or trained to measure them."""

import pytest
from releases import make_release

from dgm import data, systems
from dgm.analysis import corruption
from dgm.evaluation import comparison, ood, samples
from dgm.model import Model, load


@pytest.fixture(scope="session")
def digits():
    return data.load("digits", "test", limit=24)


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory, tiny_config, digits):
    folder = tmp_path_factory.mktemp("checkpoints")
    for recipe in ("vae", "cnn", "dcgan", "improved-gan"):
        config = tiny_config(recipe, class_names=digits.class_names, channels=1)
        make_release(folder / f"{recipe}-digits", config)
    return folder


@pytest.fixture
def small(monkeypatch, tiny_config):
    """Few samples, and a classifier of few steps for GAN-train."""
    cnn = tiny_config("cnn", batch_size=8, num_steps=100)
    monkeypatch.setattr(comparison, "NUM_SAMPLES", 40)
    monkeypatch.setattr(samples, "NUM_TRAINING_SAMPLES", 60)
    monkeypatch.setattr(samples, "TRAINING_STEPS", 2)
    monkeypatch.setattr(ood, "NUM_IMAGES", 8)
    monkeypatch.setattr(corruption, "NUM_CORRUPTED", 8)
    monkeypatch.setattr(corruption, "NUM_ATTACKED", 4)
    monkeypatch.setattr(systems, "trunk_classifier", lambda dataset: cnn)


@pytest.fixture(scope="session")
def classifier(checkpoints) -> Model:
    """The reference classifier."""
    return load(checkpoints / "cnn-digits")
