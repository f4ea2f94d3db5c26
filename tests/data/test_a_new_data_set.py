"""A data set that the project has never heard of: its spec, and its name among the others."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from dgm import data
from dgm.data.pictures import fit_grey
from dgm.evaluation import ood
from dgm.evaluation.measure import evaluate
from dgm.training.loop import train

CLASS_NAMES = ("dark", "bright")


def read(split: str, limit: int | None, data_dir=None) -> data.Dataset:
    """Noise that is dark or bright, in a frame of two black pixels."""
    rng = np.random.default_rng(data.SPLITS.index(split))
    labels = np.arange(limit or 64, dtype=np.int32) % 2
    pixels = rng.integers(0, 100, (len(labels), 28, 28, 1)) + 155 * labels[:, None, None, None]
    images = np.pad(pixels.astype(np.uint8), ((0, 0), (2, 2), (2, 2), (0, 0)))
    return data.Dataset("noises", split, images, labels, CLASS_NAMES)


SPEC = data.Spec(
    name="noises",
    title="Noises",
    subject="Dark and bright noise",
    class_names=CLASS_NAMES,
    channels=1,
    read=read,
    fit=lambda image: fit_grey(image.resize((28, 28)), lambda grey: True, lambda grey: grey),
    augmentation=data.Augmentation(flip=True, max_shift=1, padding="edge"),
    unpadded_side=28,
)


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(data.DATASETS, "noises", SPEC)


def test_a_recipe_is_trained_on_it_and_measured(tiny_config, tmp_path):
    config = dataclasses.replace(tiny_config("vae", "noises"), class_names=(), num_steps=2)
    assert config.channels == 1
    folder = tmp_path / config.name
    assert train(config, folder)["finished"]
    result = evaluate(folder, names=["accuracy", "elbo"], limit=8)
    assert (result["dataset"], result["num_images"]) == ("noises", 8)
    figures = result["metrics"]
    assert 0 <= figures["accuracy/bayes"] <= 1
    # The frame is no part of what the likelihood is spread over.
    bits = -figures["elbo_nats"] / 28**2 / np.log(2)
    assert figures["bits_per_dim"] == pytest.approx(bits, rel=1e-4)


def test_models_of_other_data_sets_are_tested_on_it():
    assert "noises" in ood.kinds("shapes")
    assert ood.ood_images("noises", 3, 4, None).shape == (4, 32, 32, 3)


def test_it_is_listed_and_a_picture_from_outside_is_fitted_to_it():
    with pytest.raises(ValueError, match=r"cifar10, .*noises or folder:PATH"):
        data.load("noise-free")
    fitted = data.fit_picture(Image.new("RGB", (90, 60), "white"), "noises")
    assert fitted.shape == (32, 32, 1)
    assert (fitted.min(), fitted.max()) == (0, 255)
    assert data.is_at_hand("noises", "test")
    assert data.download_size("noises", "test") == 0
