"""`python -m dgm.train RECIPE --dataset NAME`: train a system, or go on with a run."""

import argparse
import dataclasses
import json
import shlex
import sys
from pathlib import Path

import jax

from dgm import data
from dgm.data.augmentation import POLICIES
from dgm.systems import RECIPES, Config, read_config, recipe
from dgm.systems.adversarial import AdversarialConfig
from dgm.systems.gan import without_classes
from dgm.training.loop import train
from dgm.training.trainer import TrainingDivergedError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dgm.train", description="Train a system; Ctrl-C saves, --resume goes on."
    )
    parser.add_argument("recipe", nargs="?", help=", ".join(RECIPES))
    parser.add_argument("--dataset", help=f"{', '.join(data.DATASETS)} or folder:PATH")
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="the config.json of another run, in the place of RECIPE and --dataset",
    )
    parser.add_argument("--steps", type=int, help="updates of the generator")
    parser.add_argument("--batch-size", type=int, help="images an update")
    parser.add_argument("--learning-rate", type=float, help="peak, of every player")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--holdout", type=int, help="training images kept back for validation")
    parser.add_argument(
        "--labels-per-class",
        type=int,
        metavar="N",
        help="training images whose label is used (all)",
    )
    parser.add_argument(
        "--diff-augment",
        metavar="A,B",
        type=lambda names: tuple(names.split(",")),
        help=f"differentiable augmentation: some of {','.join(POLICIES)}",
    )
    parser.add_argument(
        "--no-class-head", action="store_true", help="dcgan without classes, as in 2015"
    )
    parser.add_argument(
        "--minibatch-stddev", action="store_true", help="let D see how varied a batch is"
    )
    parser.add_argument("--beta", type=float, help="weight of a VAE's KL term (1)")
    parser.add_argument(
        "--importance", type=int, metavar="K", help="draws of z in a VAE's bound (1); more: IWAE"
    )
    parser.add_argument("--out", type=Path, help="folder of the run (runs/RECIPE-DATASET)")
    parser.add_argument("--resume", action="store_true", help="go on with the run in --out")
    parser.add_argument("--data-dir", type=Path, help="folder that holds the official files")
    parser.add_argument("--devices", type=int, help="devices to train on (all)")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    return parser


def _config(options: argparse.Namespace) -> Config:
    """The config that the command line asks for.

    Raises:
        ValueError: no such recipe, no such setting of it, or a value that does not fit.
    """
    if options.config:
        config = read_config(options.config.read_text())
    else:
        config = recipe(options.recipe, options.dataset)
    if options.no_class_head:
        config = without_classes(config)
    asked = {
        "--steps": ("num_steps", options.steps),
        "--batch-size": ("batch_size", options.batch_size),
        "--seed": ("seed", options.seed),
        "--holdout": ("holdout", options.holdout),
        "--learning-rate": ("learning_rate", options.learning_rate),
        "--labels-per-class": ("labels_per_class", options.labels_per_class),
        "--diff-augment": ("diff_augment", options.diff_augment),
        "--minibatch-stddev": ("minibatch_stddev", options.minibatch_stddev or None),
        "--beta": ("beta", options.beta),
        "--importance": ("num_importance", options.importance),
    }
    fields = {field.name for field in dataclasses.fields(config)}
    changes = {}
    for option, (name, value) in asked.items():
        if value is not None and name not in fields:
            raise ValueError(f"{option}: {config.recipe} has no such setting")
        if value is not None:
            changes[name] = value
    if options.learning_rate is not None and isinstance(config, AdversarialConfig):
        changes["discriminator_learning_rate"] = options.learning_rate
    if jax.devices()[0].platform != "cpu":
        changes["dtype"] = "bfloat16"
    return dataclasses.replace(config, **changes)


def main(arguments: list[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    named = bool(options.recipe and options.dataset)
    if named == bool(options.config) or (options.config and (options.recipe or options.dataset)):
        parser.error("give RECIPE and --dataset NAME, or --config FILE alone")
    try:
        config = _config(options)
        result = train(
            config,
            options.out or Path("runs") / config.name,
            data_dir=options.data_dir,
            resume=options.resume,
            num_devices=options.devices,
            command="python -m dgm.train " + shlex.join(arguments or sys.argv[1:]),
        )
    except (ValueError, OSError, data.DataUnavailableError, TrainingDivergedError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(result))
    elif result["finished"]:
        print(f"{result['checkpoint']}: {result['step']} steps in {result['seconds']:.0f} s")
    else:
        print(f"stopped and saved at step {result['step']}; add --resume to go on")
    return 0


if __name__ == "__main__":
    sys.exit(main())
