"""Recipes, validation, and configs as JSON."""

import dataclasses
import json

import pytest

from dgm import systems
from dgm.systems.adversarial import GenerativeConfig
from dgm.systems.gan import GANConfig


@pytest.mark.parametrize("name", systems.RECIPES)
@pytest.mark.parametrize("dataset", ["shapes", "digits", "mnist", "cifar10", "folder:/a/b"])
def test_every_recipe_fits_every_data_set(name, dataset):
    config = systems.recipe(name, dataset)
    assert (config.recipe, config.dataset) == (name, dataset)
    assert config.channels == (1 if dataset in ("digits", "mnist") else 3)
    # A stage of D halves 16x16, a stage of G doubles 4x4: three each, or the nets do not fit.
    assert len(config.trunk_widths) == 3
    if isinstance(config, GenerativeConfig):
        assert len(config.generator_widths) == 3


def test_systems_share_their_nets_on_one_data_set():
    # A difference in a curve is a difference of method, not of network size.
    for dataset in ("fashion_mnist", "cifar10"):
        widths, depths = zip(
            *(
                ((c.generator_widths, c.trunk_widths), (c.convs_per_stage, c.recipe == "wgan"))
                for c in (systems.recipe(name, dataset) for name in systems.RECIPES)
                if c.recipe != "cnn"
            ),
            strict=True,
        )
        assert len(set(widths)) == 1
        # Clipped weights bear half the layers.
        assert set(depths) == {(2, False), (1, True)}
    # The baseline is D's trunk too, but where that is too weak to judge by.
    cnn, dcgan = (systems.recipe(name, "fashion_mnist") for name in ("cnn", "dcgan"))
    assert (cnn.backbone, cnn.trunk_widths) == (dcgan.backbone, dcgan.trunk_widths)
    assert systems.recipe("cnn", "cifar10").backbone == "whitened"


def test_an_unknown_recipe_is_answered_with_the_closest_known_one():
    with pytest.raises(ValueError, match=r"no recipe 'vea'.*dcgan.*vae.*Did you mean 'vae'"):
        systems.recipe("vea", "mnist")


@pytest.mark.parametrize(
    ("dataset", "name"),
    [
        ("fashion_mnist", "dcgan-fashion_mnist"),
        ("folder:/home/me/my birds/", "dcgan-my birds"),
        ("folder:birds", "dcgan-birds"),
    ],
)
def test_name(dataset, name):
    assert systems.recipe("dcgan", dataset).name == name


@pytest.mark.parametrize(
    ("recipe", "changes", "message"),
    [
        ("dcgan", {"batch_size": 0}, "batch_size must be 1 or more, not 0"),
        ("dcgan", {"num_steps": -1}, "num_steps must be 1 or more, not -1"),
        ("dcgan", {"learning_rate": 0.0}, "learning_rate must be above 0"),
        # Every comparison with NaN is false: the check must be one that NaN fails.
        ("dcgan", {"discriminator_learning_rate": float("nan")}, "must be above 0, not nan"),
        ("dcgan", {"ema_decay": 1.5}, r"ema_decay must lie in \[0, 1\], not 1.5"),
        ("dcgan", {"channels": 4}, r"1 \(grey\) or 3 \(RGB\), not 4"),
        ("vae", {"likelihood": "gaussian"}, "not 'gaussian'"),
        ("vae", {"likelihood": "bernoulli", "channels": 3}, "RGB needs the logistic"),
        ("dcgan", {"dtype": "float16"}, "not 'float16'"),
        (
            "dcgan",
            {"backbone": "transformer"},
            "one of convolutional, residual, mlp, not 'transformer'",
        ),
        ("cnn", {"backbone": "residual"}, "one of convolutional, whitened, not 'residual'"),
        ("vae", {"backbone": "mlp"}, "one of convolutional, residual, not 'mlp'"),
        ("gan", {"mlp_normalisation": "layer"}, "one of batch, none, not 'layer'"),
        ("gan", {"normalisation": "group"}, "one of batch, layer, spectral, none, not 'group'"),
        (
            "gan",
            {"adversarial_loss": "least-squares"},
            "one of minimax, non-saturating, wasserstein, hinge, relativistic, not 'least-squares'",
        ),
        ("cnn", {"optimizer": "sgd"}, "optimizer must be one of adam, rmsprop, muon, not 'sgd'"),
        ("dcgan", {"diff_augment": ("color",)}, "one of colour, translation, cutout, not 'color'"),
        ("dcgan", {"r2_gamma": -0.5}, "r2_gamma must be 0 or more, not -0.5"),
        ("dcgan", {"gradient_penalty": float("nan")}, "gradient_penalty must be 0 or more"),
        ("wgan", {"weight_clip": -0.01}, "weight_clip must be 0 or more, not -0.01"),
        ("dcgan", {"labels_per_class": -1}, "labels_per_class must be 0 or more, not -1"),
        ("improved-gan", {"labelled_batch_size": -64}, "labelled_batch_size must be 0 or more"),
        ("dcgan", {"one_sided_smoothing": 1.5}, r"one_sided_smoothing must lie in \[0, 1\]"),
        ("dcgan", {"penalty_images": 0}, "penalty_images must be 1 or more, not 0"),
        ("vae", {"num_importance": 0}, "num_importance must be 1 or more, not 0"),
        ("dcgan", {"discriminator_steps": 0}, "discriminator_steps must be 1 or more, not 0"),
        ("dcgan", {"fakes_per_real": 0}, "fakes_per_real must be above 0, not 0"),
        ("ib-vae", {"prior_couplings": 8}, "are of a vae's prior; ib-vae has a Gaussian a class"),
        # The importance-weighted bound is no sum of two terms.
        ("vae", {"num_importance": 5, "beta": 2.0}, "has no KL term to weigh"),
        # Values of another kind.
        ("dcgan", {"batch_size": 2.5}, "batch_size must be a whole number, not 2.5"),
        ("dcgan", {"batch_size": True}, "batch_size must be a whole number, not True"),
        ("dcgan", {"learning_rate": "fast"}, "learning_rate must be a number, not 'fast'"),
        ("dcgan", {"augment": 1}, "augment must be true or false, not 1"),
        ("dcgan", {"dataset": 7}, "dataset must be text, not 7"),
        ("dcgan", {"trunk_widths": 8}, "trunk_widths must be a list of whole numbers, not 8"),
        ("dcgan", {"trunk_widths": (8, 0, 4)}, "trunk_widths must be 1 or more, not 0"),
        ("dcgan", {"class_names": (1, 2)}, "class_names must be a list of texts"),
    ],
)
def test_a_wrong_value_is_refused_by_name(recipe, changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(systems.recipe(recipe, "shapes"), **changes)


def test_recipes_stand_in_the_order_of_history():
    names = "gan gan-ns dcgan improved-gan wgan wgan-gp sngan r3gan vae ib-vae vae-gan cnn"
    assert [name for name in systems.RECIPES if name in names.split()] == names.split()


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
    config = systems.recipe(name, "mnist")
    assert {field: getattr(config, field) for field in paper} == paper


def test_r3gan_has_both_penalties_and_no_other_recipe_has_the_second():
    configs = [systems.recipe(name, "mnist") for name in systems.RECIPES]
    gammas = {c.recipe: c.r2_gamma for c in configs if isinstance(c, GANConfig)}
    assert [name for name, gamma in gammas.items() if gamma > 0] == ["r3gan"]
    assert systems.recipe("r3gan", "mnist").r1_gamma == gammas["r3gan"]


@pytest.mark.parametrize("dataset", ["digits", "mnist", "fashion_mnist", "cifar10"])
def test_the_two_losses_of_2014_differ_in_nothing_else(dataset):
    minimax, other = systems.recipe("gan", dataset), systems.recipe("gan-ns", dataset)
    changed = {"recipe": "gan-ns", "adversarial_loss": "non-saturating"}
    assert dataclasses.replace(minimax, **changed) == other


def test_plain_dcgan_is_told_of_no_class():
    config = systems.without_classes(systems.recipe("dcgan", "mnist"))
    assert (config.recipe, config.class_head, config.projection) == ("dcgan", False, False)
    assert config.r1_gamma == 0
    assert not config.is_conditional
    assert systems.recipe("dcgan", "mnist").is_conditional


def test_what_is_asked_for_by_class():
    # A class head or a projection tells G of classes; K + 1 classes do not, and WGAN knows none.
    without = [name for name in systems.RECIPES if not systems.recipe(name, "mnist").is_conditional]
    assert without == ["improved-gan", "wgan"]


@pytest.mark.parametrize("name", [name for name in systems.RECIPES if name != "dcgan"])
def test_only_dcgan_has_a_class_head_to_be_left_out(name):
    with pytest.raises(ValueError, match=f"{name} has no class head to be left out; dcgan has"):
        systems.without_classes(systems.recipe(name, "mnist"))


@pytest.mark.parametrize(
    ("recipe", "changes", "message"),
    [
        ("wgan", {"one_sided_smoothing": 0.1}, "wgan's D gives none"),
        ("wgan-gp", {"fakes_per_real": 0.5}, "fakes_per_real must be 1"),
        ("r3gan", {"fakes_per_real": 0.5}, "fakes_per_real must be 1"),
        ("gan", {"class_head": True}, "has no class head"),
        ("gan-ns", {"minibatch_stddev": True}, "no minibatch_stddev"),
        ("vae-gan", {"class_head": False}, "built on its class head"),
    ],
)
def test_what_a_system_cannot_do_is_refused_and_not_ignored(recipe, changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(systems.recipe(recipe, "mnist"), **changes)


def test_json_round_trip():
    config = dataclasses.replace(systems.recipe("dcgan", "mnist"), class_names=("null", "één"))
    again = systems.read_config(config.to_json())
    assert again == config
    assert hash(again) == hash(config)  # tuples again, not lists: a config is hashable
    assert again.num_classes == 2
    augmented = dataclasses.replace(config, diff_augment=("colour", "cutout"))
    assert systems.read_config(augmented.to_json()) == augmented


def test_fields_of_other_families_are_left_out():
    # Until families had configs of their own, every config.json had the fields of all.
    config = systems.recipe("vae", "mnist")
    old = json.loads(config.to_json()) | {"weight_clip": 0.0, "mirrored": False}
    assert systems.read_config(json.dumps(old)) == config


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"new_field": 1}, r"unknown fields \['new_field'\]"),
        ({"recipe": "gna"}, "no recipe 'gna'.*Did you mean 'gan'"),
        ({"recipe": 7}, "no recipe 7"),
        ({"recipe": ["dcgan"]}, r"no recipe \['dcgan'\]"),
        ({"num_steps": "many"}, "num_steps must be a whole number, not 'many'"),
        ({"trunk_widths": [8, None, 4]}, "trunk_widths must be a list of whole numbers"),
        ({"class_names": {"a": 1}}, "class_names must be a list of texts"),
    ],
)
def test_json_that_is_no_config_is_refused_with_words(changes, message):
    fields = json.loads(systems.recipe("dcgan", "shapes").to_json()) | changes
    with pytest.raises(ValueError, match=message):
        systems.read_config(json.dumps(fields))


@pytest.mark.parametrize("text", ["[]", "7", "{}", '{"recipe": "dcgan"}', "null"])
def test_json_without_recipe_or_data_set_is_refused(text):
    with pytest.raises(ValueError, match="a recipe and a dataset at least"):
        systems.read_config(text)
