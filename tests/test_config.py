"""Recipes, validation, and configs as JSON."""

import dataclasses
import json

import pytest

from dgm import config as configs
from dgm.config import Config


@pytest.mark.parametrize("name", configs.RECIPES)
@pytest.mark.parametrize("dataset", ["shapes", "digits", "mnist", "cifar10", "folder:/a/b"])
def test_every_recipe_fits_every_data_set(name, dataset):
    config = configs.recipe(name, dataset)
    assert (config.recipe, config.dataset) == (name, dataset)
    assert config.channels == (1 if dataset in ("digits", "mnist") else 3)
    # A stage of D halves 16x16, a stage of G doubles 4x4: three each, or the nets do not fit.
    assert len(config.generator_widths) == len(config.trunk_widths) == 3


def test_systems_share_their_nets_on_one_data_set():
    # A difference in a curve is a difference of method, not of network size.
    for dataset in ("fashion_mnist", "cifar10"):
        widths, depths = zip(
            *(
                ((c.generator_widths, c.trunk_widths), (c.convs_per_stage, c.recipe == "wgan"))
                for c in (configs.recipe(name, dataset) for name in configs.RECIPES)
                if c.recipe != "cnn"
            ),
            strict=True,
        )
        assert len(set(widths)) == 1
        # Clipped weights bear half the layers.
        assert set(depths) == {(2, False), (1, True)}
    # The yardstick is D's trunk too, but where that is too weak to judge by.
    cnn, dcgan = (configs.recipe(name, "fashion_mnist") for name in ("cnn", "dcgan"))
    assert (cnn.backbone, cnn.trunk_widths) == (dcgan.backbone, dcgan.trunk_widths)
    assert configs.recipe("cnn", "cifar10").backbone == "whitened"


def test_an_unknown_recipe_is_answered_with_the_closest_known_one():
    with pytest.raises(ValueError, match=r"no recipe 'vea'.*dcgan.*vae.*Did you mean 'vae'"):
        configs.recipe("vea", "mnist")


@pytest.mark.parametrize(
    ("dataset", "name"),
    [
        ("fashion_mnist", "dcgan-fashion_mnist"),
        ("folder:/home/me/my birds/", "dcgan-my birds"),
        ("folder:birds", "dcgan-birds"),
    ],
)
def test_name(dataset, name):
    assert configs.recipe("dcgan", dataset).name == name


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 0}, "batch_size must be 1 or more, not 0"),
        ({"num_steps": -1}, "num_steps must be 1 or more, not -1"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
        # Every comparison with NaN is false: the check must be one that NaN fails.
        ({"discriminator_learning_rate": float("nan")}, "must be above 0, not nan"),
        ({"ema_decay": 1.5}, r"ema_decay must lie in \[0, 1\], not 1.5"),
        ({"channels": 4}, r"1 \(grey\) or 3 \(RGB\), not 4"),
        ({"likelihood": "gaussian"}, "not 'gaussian'"),
        ({"likelihood": "bernoulli", "channels": 3}, "RGB needs the logistic"),
        ({"dtype": "float16"}, "not 'float16'"),
        (
            {"backbone": "transformer"},
            "one of convolutional, residual, mlp, whitened, not 'transformer'",
        ),
        ({"mlp_normalisation": "layer"}, "one of batch, none, not 'layer'"),
        ({"normalisation": "group"}, "one of batch, layer, spectral, none, not 'group'"),
        (
            {"adversarial_loss": "least-squares"},
            "one of minimax, non-saturating, wasserstein, hinge, relativistic, not 'least-squares'",
        ),
        ({"backbone": "whitened"}, "a whitened net is a plain classifier; dcgan has none"),
        ({"optimizer": "sgd"}, "optimizer must be one of adam, rmsprop, muon, not 'sgd'"),
        ({"diff_augment": ("colour", "color")}, "'color'; there are colour, translation, cutout"),
        ({"r2_gamma": -0.5}, "r2_gamma must be 0 or more, not -0.5"),
        ({"gradient_penalty": float("nan")}, "gradient_penalty must be 0 or more, not nan"),
        ({"weight_clip": -0.01}, "weight_clip must be 0 or more, not -0.01"),
        ({"labels_per_class": -1}, "labels_per_class must be 0 or more, not -1"),
        ({"labelled_batch_size": -64}, "labelled_batch_size must be 0 or more, not -64"),
        ({"one_sided_smoothing": 1.5}, r"one_sided_smoothing must lie in \[0, 1\], not 1.5"),
        ({"penalty_images": 0}, "penalty_images must be 1 or more, not 0"),
        ({"num_importance": 0}, "num_importance must be 1 or more, not 0"),
        ({"discriminator_steps": 0}, "discriminator_steps must be 1 or more, not 0"),
        ({"prior_couplings": 8}, "are of a vae's prior; dcgan has none"),
        # The importance-weighted bound is no sum of two terms.
        ({"num_importance": 5, "beta": 2.0}, "has no KL term to weigh"),
    ],
)
def test_a_wrong_value_is_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(Config("dcgan", "shapes"), **changes)


def test_recipes_stand_in_the_order_of_history():
    names = "gan gan-ns dcgan improved-gan wgan wgan-gp sngan r3gan vae ib-vae vae-gan cnn"
    assert list(configs.RECIPES) == names.split()


@pytest.mark.parametrize(
    ("name", "paper"),
    [
        # What each paper says of itself, as far as a field of the config says it.
        ("gan", {"adversarial_loss": "minimax", "backbone": "mlp"}),
        ("gan-ns", {"adversarial_loss": "non-saturating", "backbone": "mlp"}),
        ("dcgan", {"adversarial_loss": "non-saturating", "class_head": True, "adam_b1": 0.5}),
        ("improved-gan", {"one_sided_smoothing": 0.1, "labels_per_class": 10}),
        (
            "wgan",
            {
                "adversarial_loss": "wasserstein",
                "normalisation": "none",
                "weight_clip": 0.02,  # the paper: 0.01, of larger nets
                "optimizer": "rmsprop",
                "discriminator_steps": 5,
                "projection": False,
            },
        ),
        (
            "wgan-gp",
            {
                "adversarial_loss": "wasserstein",
                "gradient_penalty": 10.0,
                "normalisation": "layer",
                "weight_clip": 0.0,
                "discriminator_steps": 5,
                "adam_b1": 0.0,
                "adam_b2": 0.9,
            },
        ),
        ("sngan", {"adversarial_loss": "hinge", "normalisation": "spectral", "r1_gamma": 0.0}),
        (
            "r3gan",
            {"adversarial_loss": "relativistic", "normalisation": "none", "backbone": "residual"},
        ),
        ("vae", {"beta": 1.0, "num_importance": 1, "likelihood": "bernoulli"}),
        ("ib-vae", {"beta": 1.0, "num_importance": 1, "class_in_prior": True}),
    ],
)
def test_a_recipe_is_what_its_paper_says(name, paper):
    config = configs.recipe(name, "mnist")
    assert {field: getattr(config, field) for field in paper} == paper


def test_r3gan_has_both_penalties_and_no_other_recipe_has_the_second():
    gammas = {name: configs.recipe(name, "mnist").r2_gamma for name in configs.RECIPES}
    assert [name for name, gamma in gammas.items() if gamma > 0] == ["r3gan"]
    assert configs.recipe("r3gan", "mnist").r1_gamma == gammas["r3gan"]


@pytest.mark.parametrize("dataset", ["digits", "mnist", "fashion_mnist", "cifar10"])
def test_the_two_losses_of_2014_differ_in_nothing_else(dataset):
    minimax, other = configs.recipe("gan", dataset), configs.recipe("gan-ns", dataset)
    changed = {"recipe": "gan-ns", "adversarial_loss": "non-saturating"}
    assert dataclasses.replace(minimax, **changed) == other


def test_plain_dcgan_is_told_of_no_class():
    config = configs.plain(configs.recipe("dcgan", "mnist"))
    assert (config.recipe, config.class_head, config.projection) == ("dcgan", False, False)
    assert config.r1_gamma == 0
    assert not config.is_conditional
    assert configs.recipe("dcgan", "mnist").is_conditional


def test_what_is_asked_for_by_class():
    # A class head or a projection tells G of classes; K + 1 classes do not, and WGAN knows none.
    without = [name for name in configs.RECIPES if not configs.recipe(name, "mnist").is_conditional]
    assert without == ["improved-gan", "wgan"]


@pytest.mark.parametrize("name", [name for name in configs.RECIPES if name != "dcgan"])
def test_only_dcgan_has_a_class_head_to_be_left_out(name):
    with pytest.raises(ValueError, match=f"{name} has no class head to be left out; dcgan has"):
        configs.plain(configs.recipe(name, "mnist"))


@pytest.mark.parametrize(
    ("recipe", "changes", "message"),
    [
        ("wgan", {"one_sided_smoothing": 0.1}, "wgan's D gives none"),
        ("wgan-gp", {"fakes_per_real": 0.5}, "fakes_per_real must be 1"),
        ("r3gan", {"fakes_per_real": 0.5}, "fakes_per_real must be 1"),
        ("gan", {"class_head": True}, "has no class head"),
        ("gan-ns", {"minibatch_stddev": True}, "no minibatch_stddev"),
        ("vae-gan", {"class_head": False}, "built on its class head"),
        ("vae", {"minibatch_stddev": True}, "vae has none"),
        ("cnn", {"diff_augment": ("colour",)}, "cnn has none"),
    ],
)
def test_what_a_system_cannot_do_is_refused_and_not_ignored(recipe, changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(configs.recipe(recipe, "mnist"), **changes)


def test_json_round_trip():
    config = dataclasses.replace(configs.recipe("dcgan", "mnist"), class_names=("null", "één"))
    again = Config.from_json(config.to_json())
    assert again == config
    assert hash(again) == hash(config)  # tuples again, not lists: a config is hashable
    assert again.num_classes == 2
    augmented = dataclasses.replace(config, diff_augment=("colour", "cutout"))
    assert Config.from_json(augmented.to_json()) == augmented


def test_json_with_an_unknown_field_is_refused():
    fields = json.loads(Config("dcgan", "shapes").to_json()) | {"new_field": 1}
    with pytest.raises(ValueError, match=r"unknown fields \['new_field'\]"):
        Config.from_json(json.dumps(fields))
