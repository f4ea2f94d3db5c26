"""A released model's evaluation.json, and its card."""

import json
from pathlib import Path

from safetensors import safe_open

from dgm.evaluation.tables import minutes
from dgm.model import load
from dgm.systems import RECIPES
from dgm.training.records import read_metrics

_CAN = {
    "sample": "draws pictures of a chosen class",
    "classify": "classifies",
    "encode": "encodes a picture into latent space",
    "likelihood": "bounds a picture's likelihood",
}


def _precision(checkpoint: Path) -> str:
    with safe_open(checkpoint / "model.safetensors", "np") as file:
        kept = {file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118
    return "8 bits" if "I8" in kept else "half precision"


def card(checkpoint: Path, result: dict) -> str:
    """The model card in Markdown: from the run's record, its config and measured figures alone."""
    model = load(checkpoint)
    header, records = read_metrics(Path(checkpoint) / "metrics.jsonl")
    last = records[-1]
    config = model.config
    does = ", ".join(words for name, words in _CAN.items() if name in model.capabilities)
    title = RECIPES[config.recipe].summary
    command = header["command"] + (
        " --dataset " + config.dataset if "--dataset" not in header["command"] else ""
    )
    rows = "\n".join(f"| `{name}` | {value:.4f} |" for name, value in result["metrics"].items())
    classes = ", ".join(config.class_names)
    precision = _precision(Path(checkpoint))
    is_reference = Path(checkpoint).resolve().parent.name == "judges"
    place = f"judges/{model.name}" if is_reference else model.name
    return f"""---
license: apache-2.0
library_name: dgm
tags: [image-classification, generative, {config.recipe}]
---
# {model.name}

{title} on `{config.dataset}`: it {does}. Pictures are 32x32x{config.channels}; classes: {classes}.
{model.num_parameters:,} parameters, shipped in {precision}: the exponential moving average of
the weights (decay {config.ema_decay}).

## How it was trained
```
{command}
```
{last["step"]:,} steps, {last["images"]:,} real images ({last["images"] / header["num_images"]:.1f}
epochs of the {header["num_images"]:,} of the training set) in {minutes(last["seconds"])}
minutes on {header["hardware"]}, jax {header["jax"]}, seed {config.seed}, one run. Every setting
stands in `config.json`, every loss in `metrics.jsonl`. Where recipes have changed since,
`python -m dgm.train --config checkpoints/{place}/config.json` trains it as it was.

## What it measures
On {result["num_images"]:,} images of the {result["split"]} split, by
`python -m dgm.evaluate checkpoints/{place} --json`; shares with their 95 % interval
(Wilson), likelihoods in nats a picture:

| metric | value |
|---|---|
{rows}

## What it is not
A small model for teaching. It knows its {config.num_classes} classes only and gives every picture
one of them.
"""


def write(checkpoint: Path, result: dict, *, keep: bool = False) -> None:
    """Put what `evaluate` measured into a released model's folder: evaluation.json and its card.

    keep: figures that stand there already and were not measured now stay.
    """
    file = Path(checkpoint) / "evaluation.json"
    if keep and file.exists():
        before = json.loads(file.read_text())
        result = before | result | {"metrics": before["metrics"] | result["metrics"]}
    file.write_text(json.dumps(result, indent=2) + "\n")
    (Path(checkpoint) / "README.md").write_text(card(checkpoint, result))
