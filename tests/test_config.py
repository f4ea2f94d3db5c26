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
        widths = {
            (c.generator_widths, c.trunk_widths, c.convs_per_stage)
            for c in (configs.recipe(name, dataset) for name in configs.RECIPES)
        }
        assert len(widths) == 1


def test_an_unknown_recipe_is_answered_with_the_closest_known_one():
    with pytest.raises(ValueError, match=r"no recipe 'vea'.*dcgan, vae.*Did you mean 'vae'"):
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
    ],
)
def test_a_wrong_value_is_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(Config("dcgan", "shapes"), **changes)


def test_json_round_trip():
    config = dataclasses.replace(configs.recipe("vae", "mnist"), class_names=("null", "één"))
    again = Config.from_json(config.to_json())
    assert again == config
    assert hash(again) == hash(config)  # tuples again, not lists: a config is hashable
    assert again.num_classes == 2


def test_json_with_an_unknown_field_is_refused():
    fields = json.loads(Config("dcgan", "shapes").to_json()) | {"new_field": 1}
    with pytest.raises(ValueError, match=r"unknown fields \['new_field'\]"):
        Config.from_json(json.dumps(fields))
