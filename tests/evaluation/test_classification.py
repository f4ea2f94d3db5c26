"""Accuracies, their details, and accuracies on corrupted pictures."""

import numpy as np
import pytest

from dgm import data, release
from dgm.evaluation.measure import evaluate
from dgm.model import load


def test_accuracy_is_that_of_the_model(checkpoints, digits):
    result = evaluate(checkpoints / "cnn-digits", limit=24)
    model = load(checkpoints / "cnn-digits")
    says = model.classify(data.to_float(digits.images)).argmax(-1)
    assert result["metrics"]["accuracy/cnn"] == pytest.approx(
        np.mean(says == digits.labels), abs=1e-5
    )


def test_details_are_the_accuracies_in_detail(checkpoints, digits):
    result = evaluate(checkpoints / "cnn-digits", names=["accuracy"], limit=24)
    confusion = np.array(result["details"]["confusion"]["cnn"])
    np.testing.assert_array_equal(confusion.sum(1), np.bincount(digits.labels[:24], minlength=10))
    right = np.trace(confusion) / 24
    assert result["metrics"]["accuracy/cnn"] == pytest.approx(right, abs=1e-5)
    count, _, correct = np.transpose(result["details"]["reliability"]["cnn"])
    assert (count.sum(), correct.sum() / 24) == (24, pytest.approx(right))
    assert "details" not in evaluate(checkpoints / "vae-digits", names=["elbo"], limit=24)


def test_predictions_are_what_is_said_of_each_image(checkpoints, digits, tmp_path):
    cnn = checkpoints / "cnn-digits"
    evaluate(cnn, names=["accuracy"], limit=24, predictions=tmp_path)
    said = load(cnn).classify(data.to_float(digits.images[:24]))
    (found,) = release.read_predictions(tmp_path).values()
    np.testing.assert_array_equal(found[:, 0], said.argmax(-1))
    np.testing.assert_allclose(found[:, 1], 100 * said.max(-1), atol=0.51)
    assert release.read_predictions(tmp_path / "elsewhere") == {}


def test_robustness_names_every_corruption_and_level(checkpoints, small):
    result = evaluate(checkpoints / "cnn-digits", names=["robustness"], limit=24)
    names = set(result["metrics"])
    assert {"robust/cnn/noise-0.2", "robust/cnn/rotation-30", "robust/cnn/blur-1.5"} < names
    assert {"robust/cnn/fgsm-0.0314", "robust/cnn/pgd-0.0314"} < names
    assert len(names) == 3 * (1 + 3) + 2 * (1 + 4)
    for name, num in (("noise", 8), ("rotation", 8), ("fgsm", 4), ("pgd", 4)):
        some = evaluate(checkpoints / "cnn-digits", names=["accuracy"], limit=num)
        clean = result["metrics"][f"robust/cnn/{name}-0"]
        assert clean == some["metrics"]["accuracy/cnn"]
    # Eighty decodings an answer: the bounds of a plain VAE are not attacked.
    vae = evaluate(checkpoints / "vae-digits", names=["robustness"], limit=2)
    assert {name.split("/")[2].split("-")[0] for name in vae["metrics"]} == {
        "noise",
        "blur",
        "rotation",
    }
