"""The support vector machine, the Gaussians, temperatures and thresholds, on what is known."""

import dataclasses
import json

import numpy as np
import pytest
from flax import nnx

from dgm import data, readout, release
from dgm.analysis import fitted_heads
from dgm.evaluation import ood
from dgm.evaluation.comparison import Comparison, Reference
from dgm.model import Model, load
from dgm.systems import system_of


def blobs(num: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features float32 [num, 4] of three classes, far from each other, and labels."""
    rng = np.random.default_rng(seed)
    labels = np.arange(num) % 3
    centres = np.array([[0, 0, 5, 0], [5, 0, 0, 0], [0, 5, 0, 1.0]])
    return (centres[labels] + rng.normal(size=(num, 4))).astype(np.float32), labels


def test_a_machine_is_told_on_the_features_as_they_are():
    features, labels = blobs()
    machine = fitted_heads.fit_svm(features, labels, strength=1.0)
    assert (machine["kernel"].shape, machine["bias"].shape) == ((4, 3), (3,))
    margins = features @ machine["kernel"] + machine["bias"]
    assert (margins.argmax(1) == labels).mean() > 0.98
    # Standardised inside: another unit and origin of the features changes no margin.
    moved = fitted_heads.fit_svm(100 * features + 7, labels, strength=1.0)
    others = (100 * features + 7) @ moved["kernel"] + moved["bias"]
    np.testing.assert_allclose(others, margins, atol=0.02)


def test_a_machine_of_two_classes_has_two_margins():
    features, labels = blobs()
    two = labels < 2
    machine = fitted_heads.fit_svm(features[two], labels[two], strength=1.0)
    margins = features[two] @ machine["kernel"] + machine["bias"]
    assert (margins.argmax(1) == labels[two]).mean() > 0.98
    np.testing.assert_allclose(margins[:, 0], -margins[:, 1], atol=1e-4)


def test_classes_are_round_where_the_gaussians_measure():
    rng = np.random.default_rng(0)
    labels = np.arange(20_000) % 2
    # Covariance diag(4, 1), means 6 apart along the wide axis: a Mahalanobis distance of 3.
    features = rng.normal(size=(20_000, 2)) * [2, 1] + np.stack([6 * labels, 0 * labels], 1)
    fitted = fitted_heads.fit_gaussians(features.astype(np.float32), labels)
    projected = features @ fitted["projection"]
    for y in (0, 1):
        centred = projected[labels == y] - fitted["mean"][y]
        np.testing.assert_allclose(centred.T @ centred / len(centred), np.eye(2), atol=0.05)
    assert np.linalg.norm(fitted["mean"][0] - fitted["mean"][1]) == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize("temperature", [0.5, 3.0])
def test_a_temperature_undoes_false_confidence(temperature):
    rng = np.random.default_rng(0)
    log_p = np.log(rng.dirichlet(np.ones(3), 20_000))
    labels = (np.exp(log_p).cumsum(1) > rng.uniform(size=(20_000, 1))).argmax(1)
    assert fitted_heads.fit_temperature(temperature * log_p, labels) == pytest.approx(
        temperature, rel=0.05
    )


# ---------------------------------------------------------------------------- on a model


@pytest.fixture(scope="module")
def model(tiny_config) -> Model:
    """A D that has learned nothing, of three kinds of grey."""
    config = tiny_config("dcgan", holdout=200)

    @nnx.jit
    def build():
        return system_of(config).released_nets(config, nnx.Rngs(0))

    return Model(config, build())


def greys(num: int, seed: int) -> data.Dataset:
    """Noise whose brightness tells the class."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(num) % 3).astype(np.int32)
    images = rng.integers(0, 60, (num, 32, 32, 1)) + 90 * labels[:, None, None, None]
    return data.Dataset("digits", "train", images.astype(np.uint8), labels, ("a", "b", "c"))


@pytest.fixture(scope="module")
def fitted(model) -> dict[str, np.ndarray]:
    return fitted_heads.fit(model, greys(300, 0), greys(200, 1))


def test_a_fitted_model_has_two_methods_more(model, fitted):
    assert model.methods == ("head",)
    after = model.with_readout(fitted)
    assert after.methods == ("head", "features", "bayes-features")
    test = greys(90, 2)
    for method in after.methods[1:]:
        probabilities = after.classify(data.to_float(test.images), method)
        np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
        assert (probabilities.argmax(1) == test.labels).mean() > 0.95


def test_a_temperature_divides_what_a_method_says(model, fitted):
    images = data.to_float(greys(6, 3).images)
    sharp, flat = (
        model.with_readout(fitted | {"temperature.features": np.float32(t)}) for t in (1, 50)
    )
    log_p = sharp.log_probabilities(images, "features")
    said = sharp.classify(images, "features")
    np.testing.assert_allclose(said, np.exp(log_p), rtol=1e-4, atol=1e-6)
    expected = np.exp(log_p / 50) / np.exp(log_p / 50).sum(1, keepdims=True)
    np.testing.assert_allclose(flat.classify(images, "features"), expected, rtol=1e-4)


def test_of_real_pictures_one_in_twenty_is_above_the_threshold_and_of_others_all(model, fitted):
    after = model.with_readout(fitted)
    unseen = after.ood_score(data.to_float(greys(200, 1).images))
    assert (unseen <= fitted["threshold"]).mean() == pytest.approx(fitted_heads.ACCEPTED, abs=0.01)
    stripes = np.tile(np.float32([-1, 1]), (4, 32, 16))[..., None]
    assert after.ood_score(stripes).min() > fitted["threshold"]
    with pytest.raises(ValueError, match=r"run `python -m dgm.readout` on it"):
        model.ood_score(stripes)


def test_without_held_out_images_there_is_no_temperature(model):
    assert set(fitted_heads.fit(model, greys(60, 0), None)) == {
        "svm.kernel",
        "svm.bias",
        "gaussian.projection",
        "gaussian.mean",
    }


def test_other_kinds_are_told_from_test_images_by_every_score(model, fitted, monkeypatch):
    monkeypatch.setattr(ood, "NUM_IMAGES", 40)
    monkeypatch.setattr(ood, "kinds", lambda *_: ["noise"])
    after = model.with_readout(fitted)
    result = ood.ood_scores(Comparison(after, Reference(greys(60, 4), None)))
    noise = "ood_auroc/noise"
    assert set(result) == {"accepted", noise, f"{noise}/softmax", f"{noise}/energy"}
    assert result["accepted"] > 0.7
    assert result["ood_auroc/noise"] == 1


def test_the_command_adds_to_a_release_and_changes_no_weight(model, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "dcgan-digits"
    nets = model.nets
    release.save_release(folder, model.config, nets, {"directions": np.ones((8, 4))})
    before = load(folder)
    monkeypatch.setattr(data, "load", lambda *_, **__: greys(500, 0))
    assert readout.main([str(folder)]) == 0
    printed = json.loads(capsys.readouterr().out)
    methods = ("head", "features", "bayes-features")
    assert set(printed) == {*(f"temperature.{method}" for method in methods), "threshold"}
    after = load(folder)
    assert after.methods == methods
    assert after.temperature("features") == pytest.approx(printed["temperature.features"])
    image = data.to_float(greys(1, 5).images)
    assert after.ood_score(image) == pytest.approx(
        after.with_readout(after.readout).ood_score(image)
    )
    np.testing.assert_array_equal(after.directions, before.directions)
    np.testing.assert_array_equal(after.sample(0), before.sample(0))
    # A run that kept nothing back has nothing to fit a temperature on, and is told so.
    config = dataclasses.replace(model.config, holdout=0)
    release.save_release(folder, config, nets, {})
    assert readout.main([str(folder)]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {}
    assert "train with --holdout, 200 or more" in err


def test_the_command_says_what_is_missing(tmp_path, capsys):
    assert readout.main([str(tmp_path)]) == 1
    assert "is no released model" in capsys.readouterr().err
