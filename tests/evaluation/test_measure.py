"""Which figures there are of a model."""

import pytest
from flax import nnx
from releases import make_release

from dgm import data, systems
from dgm.analysis import factors
from dgm.evaluation.measure import applicable, evaluate
from dgm.model import Model, load
from dgm.systems import system_of


@pytest.mark.parametrize(
    ("recipe", "with_classifier", "without"),
    [
        (
            "cnn",
            ["accuracy", "robustness", "ood"],
            ["accuracy", "robustness", "ood"],
        ),
        (
            "dcgan",
            ["accuracy", "robustness", "gan_test", "gan_train", "distances", "ood"],
            ["accuracy", "robustness", "gan_train", "ood"],
        ),
        (
            "improved-gan",
            ["accuracy", "robustness", "gan_test", "gan_train", "distances", "ood"],
            ["accuracy", "robustness", "gan_train", "ood"],
        ),
        ("wgan-gp", ["gan_test", "gan_train", "distances"], ["gan_train"]),
        (
            "vae",
            ["accuracy", "robustness", "gan_test", "gan_train", "distances", "elbo", "ood"],
            ["accuracy", "robustness", "gan_train", "elbo", "ood"],
        ),
        # Nobody can say of which class its samples are.
        ("plain", ["distances"], []),
        ("wgan", ["distances"], []),
    ],
)
def test_what_can_be_measured(recipe, with_classifier, without, tiny_config, classifier):
    config = (
        systems.without_classes(tiny_config("dcgan")) if recipe == "plain" else tiny_config(recipe)
    )
    nets = nnx.eval_shape(lambda: system_of(config).released_nets(config, nnx.Rngs(0)))
    model = Model(config, nets)
    assert applicable(model, classifier) == with_classifier
    assert applicable(model, None) == without


def test_all_that_can_be_measured_of_a_model_without_classes(
    checkpoints, small, tmp_path, tiny_config, digits
):
    config = systems.without_classes(
        tiny_config("dcgan", class_names=digits.class_names, channels=1)
    )
    plain = make_release(tmp_path / "dcgan-digits", config)
    found = evaluate(plain, limit=24, classifier=checkpoints / "cnn-digits")["metrics"]
    # Asked for by name it is refused: labels that no sample was drawn for would give a figure too.
    for name in ("gan_test", "gan_train"):
        with pytest.raises(ValueError, match="no sample of it has a class"):
            evaluate(plain, names=[name], limit=24, classifier=checkpoints / "cnn-digits")
    assert {"fd_dgm", "kid_dgm", "recall"} <= set(found)
    assert not [name for name in found if "class" in name]


def test_factors_are_those_of_shapes(checkpoints, tmp_path, tiny_config, monkeypatch):
    config = tiny_config("vae", "shapes", class_names=data.SHAPES, channels=3)
    shapes = make_release(tmp_path / "vae-shapes", config)
    assert "factors" in applicable(load(shapes), None)
    monkeypatch.setattr(factors, "_NUM_FITTED", 40)
    found = evaluate(shapes, names=["factors"], limit=10)["metrics"]
    # It learned nothing; that sliders of one that did are followed is tested beside them.
    assert set(found) == {f"factor_correlation/{name}" for name in data.FACTORS}
    with pytest.raises(ValueError, match="vae-digits has no 'factors': only those of shapes"):
        evaluate(checkpoints / "vae-digits", names=["factors"], limit=10)
