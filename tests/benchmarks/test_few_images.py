"""Whether samples help a classifier that has few images: what is mixed, and what is reported."""

import json

import numpy as np
import pytest
from releases import make_release
from steps import put_recipes

from benchmarks import few_images
from dgm import data
from dgm.evaluation import report
from dgm.model import load
from dgm.training.records import read_metrics


@pytest.fixture
def tiny(tiny_config, monkeypatch):
    names = data.load("digits", "test", limit=1).class_names
    tiny = {name: tiny_config(name, class_names=names, channels=1) for name in ("cnn", "dcgan")}
    put_recipes(monkeypatch, tiny)
    return tiny


def test_a_mixture_is_half_real_and_half_drawn(tiny, tmp_path):
    model = load(make_release(tmp_path / "dcgan-digits", tiny["dcgan"]))
    real = data.load("digits", "train", limit=3)
    mixed = few_images.mixture(real, model, seed=5)
    half = 3 * few_images._COPIES
    assert len(mixed) == 2 * half
    np.testing.assert_array_equal(mixed.images[:half].reshape(-1, 3, 32, 32, 1)[4], real.images)
    # What is drawn is of the same classes, in the same order, and other for another seed.
    np.testing.assert_array_equal(mixed.labels, np.tile(real.labels, 2 * few_images._COPIES))
    drawn = mixed.images[half:]
    assert drawn.dtype == np.uint8
    assert not np.array_equal(drawn, few_images.mixture(real, model, seed=6).images[half:])


def test_the_gain_is_reported_with_its_interval(tiny, tmp_path, monkeypatch, capsys):
    accuracies = iter([0.50, 0.60, 0.53, 0.61])
    seen = []

    def trained_accuracy(training, test, num_steps, seed):
        seen.append((len(training), num_steps, seed))
        return next(accuracies)

    monkeypatch.setattr(few_images, "trained_accuracy", trained_accuracy)
    arguments = [
        *("--dataset", "digits", "--per-class", "2", "--gan-steps", "1", "--steps", "7"),
        *("--seeds", "2", "--runs", str(tmp_path / "runs"), "--results", str(tmp_path)),
    ]
    assert few_images.main(arguments) == 0
    # Classifiers of the same seeds and steps: on the 20 images, then on both.
    mixed = 2 * 20 * few_images._COPIES
    assert seen == [(20, 7, 0), (20, 7, 1), (mixed, 7, 0), (mixed, 7, 1)]
    result = json.loads(capsys.readouterr().out)
    assert result == json.loads((tmp_path / "digits" / "few_images.json").read_text())
    # Gains of 3 and 1 points: 2, plus or minus 12.706 standard errors of 1 (Student's t, one
    # degree of freedom).
    assert result["gain"] == pytest.approx(0.02)
    assert result["gain/interval"] == pytest.approx([0.02 - 0.12706, 0.02 + 0.12706], abs=1e-4)
    # An interval that holds 0 is told as such.
    words = report.few_images(result)
    assert words.startswith("A classifier trained on 2 real images a class")
    assert "reads 55.0% of the test images" in words
    assert "alone, 57.0%:" in words
    assert "+2.0 points (95 % interval -10.7 to +14.7, 2 seeds), no gain beyond chance" in words
    assert "`python -m benchmarks.few_images --dataset digits --per-class 2 --gan-steps 1" in words
    # The GAN, too, has seen those images alone.
    header = read_metrics(next((tmp_path / "runs").glob("*/metrics.jsonl")))[0]
    assert header["config"]["labels_per_class"] == 2
