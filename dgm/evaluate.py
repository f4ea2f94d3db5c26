"""`python -m dgm.evaluate CHECKPOINT`: the figures of a released model on a test set."""

import argparse
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from dgm import data, metrics
from dgm.checkpoint import read_metrics
from dgm.model import SYSTEMS, Model, load

_CHUNK = 500  # pictures between two moves of the progress bar
_NUM_SAMPLES = 10_000  # drawn for GAN-test, all classes alike
_NUM_IMPORTANCE = 16  # draws of z a picture for the importance-weighted bound

# Values a picture has in its official form: padding is no part of what a likelihood is spread over.
_DIMENSIONS = {"mnist": 28 * 28, "fashion_mnist": 28 * 28, "cifar10": 32 * 32 * 3}


def _chunks(num: int, name: str):
    bar = tqdm(total=num, desc=name, unit="image", disable=not sys.stderr.isatty())
    for start in range(0, num, _CHUNK):
        stop = min(start + _CHUNK, num)
        yield slice(start, stop)
        bar.update(stop - start)
    bar.close()


def _share(name: str, share: float, num: int) -> dict[str, float]:
    low, high = metrics.wilson_interval(share, num)
    return {name: share, f"{name}/low": low, f"{name}/high": high}


def accuracies(model: Model, dataset: data.Dataset, judge: Model | None) -> dict[str, float]:
    """`accuracy/METHOD` and `ece/METHOD` of every way the model has, with 95 % intervals."""
    out = {}
    for method in model.methods:
        probabilities = np.concatenate(
            [
                model.classify(data.to_float(dataset.images[chunk]), method)
                for chunk in _chunks(len(dataset), f"accuracy/{method}")
            ]
        )
        share = metrics.accuracy(probabilities, dataset.labels)
        out |= _share(f"accuracy/{method}", share, len(dataset))
        out[f"ece/{method}"] = metrics.expected_calibration_error(probabilities, dataset.labels)
    return out


def gan_test(model: Model, dataset: data.Dataset, judge: Model | None) -> dict[str, float]:
    """`gan_test`: share of samples that a classifier trained on real images reads right.

    Shmelkov 2018, How good is my GAN? It asks whether samples look like their class, not whether
    they are varied. `gan_test/judge` is the judge's own accuracy on real test images, the figure
    that `gan_test` is to be read against.
    """
    if judge is None:
        raise ValueError(
            f"gan_test needs a classifier as its judge: give --judge, or train one by "
            f"`python -m dgm.train cnn --dataset {dataset.name}`"
        )
    labels = np.arange(_NUM_SAMPLES) % model.config.num_classes
    latents = model.latents(0, _NUM_SAMPLES)
    correct = 0
    for chunk in _chunks(_NUM_SAMPLES, "gan_test"):
        pictures = model.decode(latents[chunk], labels[chunk])
        correct += int((judge.classify(pictures).argmax(-1) == labels[chunk]).sum())
    real = accuracies(judge, dataset, None)[f"accuracy/{judge.methods[0]}"]
    return _share("gan_test", correct / _NUM_SAMPLES, _NUM_SAMPLES) | {"gan_test/judge": real}


def bounds(model: Model, dataset: data.Dataset, judge: Model | None) -> dict[str, float]:
    """Lower bounds on the mean log p(x) of a VAE, and the ELBO's two parts, in nats a picture.

    A class-conditional VAE bounds log p(x|y). Since p(x) >= p(y) p(x|y), its bound less log K is
    one on log p(x), y the true label: `elbo_nats`, and `iwae_nats` with 16 importance draws.
    `bits_per_dim` is -elbo_nats over the values of the official picture. With the Bernoulli
    likelihood (mnist) each pixel is drawn as 0 or 1 with its grey value as mean.
    """
    sums = {"elbo": 0.0, "iwae": 0.0, "reconstruction": 0.0, "kl": 0.0}
    for chunk in _chunks(len(dataset), "elbo_nats"):
        parts = model.evidence_bounds(
            data.to_float(dataset.images[chunk]), dataset.labels[chunk], _NUM_IMPORTANCE
        )
        sums = {name: total + float(parts[name].sum()) for name, total in sums.items()}
    means = {name: total / len(dataset) for name, total in sums.items()}
    prior = math.log(model.config.num_classes)
    elbo = means["elbo"] - prior
    dimensions = _DIMENSIONS.get(dataset.name, 32 * 32 * model.config.channels)
    return {
        "elbo_nats": elbo,
        "iwae_nats": means["iwae"] - prior,
        "elbo/reconstruction_nats": means["reconstruction"],
        "elbo/kl_nats": means["kl"],
        "bits_per_dim": -elbo / dimensions / math.log(2),
    }


# Group of metrics -> (capability it needs, function of (model, test set, judge)).
METRICS: dict[str, tuple[str, Callable[..., dict[str, float]]]] = {
    "accuracy": ("classify", accuracies),
    "gan_test": ("sample", gan_test),
    "elbo": ("likelihood", bounds),
}


def evaluate(
    checkpoint: Path,
    *,
    data_dir: Path | None = None,
    names: list[str] | None = None,
    limit: int | None = None,
    judge: Path | None = None,
) -> dict:
    """The object that `--json` prints, measured on the first `limit` test images (None: all).

    Args:
        names: keys of METRICS; None is every one that the model is capable of.
        judge: a released classifier for `gan_test`; None is `cnn-DATASET` beside the checkpoint.

    Raises:
        ValueError: a metric is unknown, or the model cannot give it.
        FileNotFoundError, dgm.data.DataUnavailableError: the model or its test set is missing.
    """
    model = load(checkpoint)
    dataset = data.load(model.config.dataset, "test", data_dir=data_dir, limit=limit)
    if dataset.class_names != model.class_names:
        raise ValueError(
            f"{checkpoint} knows {model.class_names}, the data set has {dataset.class_names}"
        )
    usual = Path(checkpoint).parent / model.name.replace(model.config.recipe, "cnn", 1)
    judge = judge or (usual if (usual / "config.json").exists() else None)
    judge = load(judge) if judge else None
    if names is None:
        names = [name for name, (needs, _) in METRICS.items() if needs in model.capabilities]
        if judge is None and "gan_test" in names:
            names.remove("gan_test")
    out = {}
    for name in names:
        if name not in METRICS:
            raise ValueError(f"no metric {name!r}: there are {', '.join(METRICS)}")
        needs, function = METRICS[name]
        if needs not in model.capabilities:
            raise ValueError(f"{model.name} has no {name!r}: it cannot {needs}")
        out |= function(model, dataset, judge)
    return {
        "checkpoint": model.name,
        "dataset": dataset.name,
        "split": dataset.split,
        "num_images": len(dataset),
        "metrics": {name: round(value, 5) for name, value in out.items()},
    }


# --- the model card ----------------------------------------------------------------------------

_CAN = {
    "sample": "draws pictures of a chosen class",
    "classify": "classifies",
    "encode": "encodes a picture into latent space",
    "likelihood": "bounds a picture's likelihood",
}


def card(checkpoint: Path, result: dict) -> str:
    """The model card in Markdown: from the run's record, its config and measured figures alone."""
    model = load(checkpoint)
    header, records = read_metrics(Path(checkpoint) / "metrics.jsonl")
    last = records[-1]
    config = model.config
    does = ", ".join(words for name, words in _CAN.items() if name in model.capabilities)
    title = SYSTEMS[config.recipe].title
    command = header["command"] + (
        " --dataset " + config.dataset if "--dataset" not in header["command"] else ""
    )
    rows = "\n".join(f"| `{name}` | {value:.4f} |" for name, value in result["metrics"].items())
    classes = ", ".join(config.class_names)
    return f"""---
license: apache-2.0
library_name: dgm
tags: [image-classification, generative, {config.recipe}]
---
# {model.name}

{title} on `{config.dataset}`: it {does}. Pictures are 32x32x{config.channels}; classes: {classes}.
{model.num_parameters:,} parameters, shipped in half precision: the exponential moving average of
the weights (decay {config.ema_decay}).

## How it was trained
```
{command}
```
{last["step"]:,} steps, {last["images"]:,} real images ({last["images"] / header["num_images"]:.1f}
epochs of the {header["num_images"]:,} of the official training set) in {last["seconds"] / 60:.0f}
minutes on {header["hardware"]}, jax {header["jax"]}, seed {config.seed}, one run. Every setting
stands in `config.json`, every loss in `metrics.jsonl`.

## What it measures
On {result["num_images"]:,} images of the {result["split"]} split, by
`python -m dgm.evaluate checkpoints/{model.name} --json`; shares with their 95 % interval
(Wilson), likelihoods in nats a picture:

| metric | value |
|---|---|
{rows}

## What it is not
A small model for teaching. It knows its {config.num_classes} classes only and gives every picture
one of them.
"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dgm.evaluate", description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="folder of a released model")
    parser.add_argument("--data-dir", type=Path, help="folder that holds the official files")
    parser.add_argument("--metrics", help=f"some of {','.join(METRICS)} (all that apply)")
    parser.add_argument("--limit", type=int, help="use the first N test images")
    parser.add_argument("--judge", type=Path, help="classifier for gan_test (cnn-DATASET beside)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--write", action="store_true", help="write evaluation.json and README.md into CHECKPOINT"
    )
    options = parser.parse_args(arguments)
    try:
        result = evaluate(
            options.checkpoint,
            data_dir=options.data_dir,
            names=options.metrics.split(",") if options.metrics else None,
            limit=options.limit,
            judge=options.judge,
        )
    except (ValueError, FileNotFoundError, data.DataUnavailableError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.write:
        text = json.dumps(result, indent=2) + "\n"
        (options.checkpoint / "evaluation.json").write_text(text)
        (options.checkpoint / "README.md").write_text(card(options.checkpoint, result))
    if options.json:
        print(json.dumps(result))
    else:
        print(f"{result['checkpoint']}, {result['num_images']} {result['split']} images")
        for name, value in result["metrics"].items():
            print(f"  {name:28s} {value:.5g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
