"""What can be trained in the page, and what a visitor may set."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from demo.service import checks
from demo.text import text
from dgm.data import DATASETS, Spec, spec
from dgm.losses import ADVERSARIAL
from dgm.systems import RECIPES, Config, abilities, recipe, system_of

MAX_STEPS = 20_000  # of one training

# What a visitor may set, and between which limits.
NUMBERS = {
    "learning_rate": (1e-5, 0.05),
    "discriminator_learning_rate": (1e-5, 0.05),
    "batch_size": (4, 128),
    "discriminator_steps": (1, 10),
    "latent_dim": (1, 128),
    "one_sided_smoothing": (0.0, 0.5),
    "r1_gamma": (0.0, 100.0),
    "beta": (0.0, 50.0),
    "seed": (0, 2**31 - 1),
}
WHOLE = ("batch_size", "discriminator_steps", "latent_dim", "seed")
CHOICES = ("adversarial_loss", "normalisation")
SWITCHES = ("augment",)
# Nets a fraction as wide as those of the shipped models: what a class watches has to move.
_WIDTHS = {"trunk_widths": (16, 32, 64), "generator_widths": (64, 32, 16)}
_QUICK = {"batch_size": 32, "decay_share": 0.0, "ema_decay": 0.99, "num_steps": MAX_STEPS}


def datasets() -> list[Spec]:
    """The data sets there are."""
    return [spec(name) for name in DATASETS]


def trainable() -> list[str]:
    """The recipes that can be trained here, on any data set: those that draw."""
    return [name for name in RECIPES if "sample" in abilities(recipe(name, "digits")).capabilities]


def defaults(dataset: str, name: str) -> Config:
    """The config that a live training of a recipe begins with.

    Raises:
        ValueError: no such data set or recipe.
    """
    if dataset not in list(DATASETS) or name not in trainable():  # of whatever type they are
        raise ValueError(text("errors.live-choice"))
    config = recipe(name, dataset)
    fields = {one.name for one in dataclasses.fields(config)}
    quick = {key: value for key, value in (_WIDTHS | _QUICK).items() if key in fields}
    return dataclasses.replace(config, **quick)


def adjustable(config: Config) -> dict[str, Any]:
    """What a visitor may set of a config, with its values."""
    fields = {one.name for one in dataclasses.fields(config)}
    names = [name for name in (*NUMBERS, *CHOICES, *SWITCHES) if name in fields]
    return {name: getattr(config, name) for name in names}


def checked(config: Config, settings: Mapping[str, Any]) -> Config:
    """A config with what a visitor set.

    Raises:
        ValueError: a setting that there is none of, or a value that does not fit it.
    """
    known, values = adjustable(config), {}
    for name, value in settings.items():
        if name not in known:
            raise ValueError(text("errors.live-setting", name=checks.short(name)))
        if name in NUMBERS:
            check = checks.whole if name in WHOLE else checks.number
            value = check(value, name, *NUMBERS[name])
        values[name] = value
    return dataclasses.replace(config, **values)


def players(config: Config) -> list[str]:
    """Those that can be stepped alone: "discriminator" and "generator", or none."""
    return list(system_of(config).single_updates)


def is_critic(config: Config) -> bool:
    """Whether D gives a score, whose sigmoid is no probability."""
    loss = getattr(config, "adversarial_loss", "")
    return loss in ADVERSARIAL and ADVERSARIAL[loss].is_critic


def described(config: Config) -> list[dict[str, Any]]:
    """All that a visitor may set of a config.

    [{"name", "value", "choices": of a text, "low", "high", "is_whole": of a number}]
    """
    fields = type(config).__dataclass_fields__
    found = []
    for name, value in adjustable(config).items():
        one = {"name": name, "value": value}
        if name in NUMBERS:
            low, high = NUMBERS[name]
            one |= {"low": low, "high": high, "is_whole": name in WHOLE}
        elif name in CHOICES:
            one |= {"choices": list(fields[name].metadata["choices"])}
        found.append(one)
    return found
