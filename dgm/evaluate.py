"""`python -m dgm.evaluate CHECKPOINT`: the figures of a released model on a test set."""

import argparse
import dataclasses
import functools
import json
import math
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors import safe_open
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from dgm import data, systems
from dgm.analysis import corruption
from dgm.analysis.factors import factor_correlations
from dgm.evaluation import metrics
from dgm.model import Model, load
from dgm.release import find_reference_classifier, write_predictions
from dgm.systems import RECIPES
from dgm.training.loop import train
from dgm.training.records import read_metrics

_CHUNK = 500  # pictures between two moves of the progress bar
_NUM_SAMPLES = 10_000  # drawn for GAN-test and the distances, all classes alike
_NUM_TRAINING_SAMPLES = 50_000  # drawn for GAN-train
_TRAINING_STEPS = 2_000  # of GAN-train's classifier
_STRANGERS = ("mnist", "fashion_mnist", "cifar10", "shapes", "noise")
_NUM_STRANGERS = 2_000  # of each, against as many test images
_NUM_REGRETTED = 250  # of these, by a score that fits each picture in 50 steps
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


@dataclasses.dataclass(frozen=True)
class Reference:
    """What models of one data set are measured against; what several of them, or several metrics,
    ask for is computed once."""

    test: data.Dataset
    judge: Model | None  # a plain classifier, trained on real images alone
    data_dir: Path | None = None

    @property
    def needed_judge(self) -> Model:
        """The judge.

        Raises:
            ValueError: there is none; the message says how to get one.
        """
        if self.judge is None:
            raise ValueError(
                f"this needs a classifier as its judge: give --judge, or train one by "
                f"`python -m dgm.train cnn --dataset {self.test.name}`"
            )
        return self.judge

    @functools.cached_property
    def judge_accuracy(self) -> float:
        """The judge's own, on the real test images."""
        return _accuracy(self.needed_judge, self.test)

    @functools.cached_property
    def train(self) -> data.Dataset:
        return data.load(self.test.name, "train", data_dir=self.data_dir)

    def features(self, images: np.ndarray, name: str) -> np.ndarray:
        """The judge's features of images, float in [-1, 1] or uint8: float32 [N, F]."""

        def floats(part: np.ndarray) -> np.ndarray:
            return data.to_float(part) if part.dtype == np.uint8 else part

        judge = self.needed_judge
        return np.concatenate(
            [judge.features(floats(images[c])) for c in _chunks(len(images), name)]
        )

    @functools.cached_property
    def test_features(self) -> np.ndarray:
        return self.features(self.test.images, "features of test images")

    @functools.cached_property
    def train_features(self) -> np.ndarray:
        return self.features(self.train.images, "features of training images")


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A model and what it is measured against; what several metrics ask for is computed once."""

    model: Model
    reference: Reference

    @property
    def test(self) -> data.Dataset:
        return self.reference.test

    @functools.cached_property
    def probabilities(self) -> dict[str, np.ndarray]:
        """p(y|x) of the test images by every way that the model has, float32 [N, K] each."""
        return {m: probabilities(self.model, self.test, m) for m in self.model.methods}

    def draw(self, num: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """(pictures float32 [num, 32, 32, C] in [-1, 1], their classes int32 [num]), classes alike.

        A model that cannot be asked for a class draws what it will; where it can classify, it says
        itself what that is.
        """
        labels = (np.arange(num) % self.model.config.num_classes).astype(np.int32)
        latents = self.model.latents(seed, num)
        pictures = np.concatenate(
            [self.model.decode(latents[chunk], labels[chunk]) for chunk in _chunks(num, "draw")]
        )
        if not self.model.config.is_conditional and "classify" in self.model.capabilities:
            labels = np.concatenate(
                [self.model.classify(pictures[c]).argmax(-1) for c in _chunks(num, "classify")]
            ).astype(np.int32)
        return pictures, labels

    @functools.cached_property
    def samples(self) -> tuple[np.ndarray, np.ndarray]:
        return self.draw(_NUM_SAMPLES, seed=0)

    @functools.cached_property
    def sample_features(self) -> np.ndarray:
        return self.reference.features(self.samples[0], "features of samples")


def knows_classes(model: Model) -> bool:
    """Whether it can be told of a sample what class it is to be of."""
    return model.config.is_conditional or "classify" in model.capabilities


def probabilities(model: Model, dataset: data.Dataset, method: str) -> np.ndarray:
    """p(y|x) of every image, float32 [N, K]."""
    return np.concatenate(
        [
            model.classify(data.to_float(dataset.images[chunk]), method)
            for chunk in _chunks(len(dataset), method)
        ]
    )


def _accuracy(model: Model, dataset: data.Dataset) -> float:
    """By the model's own way."""
    return metrics.accuracy(probabilities(model, dataset, model.methods[0]), dataset.labels)


def accuracies(compared: Comparison) -> dict[str, float]:
    """`accuracy/METHOD` and `ece/METHOD` of every way the model has, with 95 % intervals."""
    out = {}
    labels = compared.test.labels
    for method, said in compared.probabilities.items():
        out |= _share(f"accuracy/{method}", metrics.accuracy(said, labels), len(labels))
        out[f"ece/{method}"] = metrics.expected_calibration_error(said, labels)
    return out


def details(compared: Comparison) -> dict[str, dict]:
    """What a page shows of the accuracies, by method: `confusion`, int [K, K], a row a true class;
    `reliability`, see `metrics.reliability`."""
    labels = compared.test.labels
    return {
        "confusion": {
            method: metrics.confusion_matrix(said, labels).tolist()
            for method, said in compared.probabilities.items()
        },
        "reliability": {
            method: np.round(metrics.reliability(said, labels), 3).tolist()
            for method, said in compared.probabilities.items()
        },
    }


def robustness(compared: Comparison) -> dict[str, float]:
    """`robust/METHOD/HARM-LEVEL`: the accuracy on test images made harder to read, the first 1,000
    by `corruption.CORRUPTIONS`, the first 250 by `corruption.ATTACKS`, each way of classifying
    attacked by its own gradient. Level 0 is the accuracy on the same images as they are.

    The importance-weighted bound draws anew for every class and has no gradient to speak of in a
    reasonable time: it is not attacked.
    """
    model, some = compared.model, compared.test.take(slice(corruption.NUM_HARMED))
    images = data.to_float(some.images)
    out = {}

    def correct(harmed: np.ndarray, method: str) -> np.ndarray:
        said = [model.classify(harmed[c], method) for c in _chunks(len(harmed), method)]
        return np.concatenate(said).argmax(-1) == some.labels[: len(harmed)]

    for method in model.methods:
        unharmed = correct(images, method)
        for name, (harm, levels) in corruption.CORRUPTIONS.items():
            out[f"robust/{method}/{name}-0"] = float(unharmed.mean())
            for level in levels:
                share = correct(harm(images, level), method).mean()
                out[f"robust/{method}/{name}-{level}"] = float(share)
        if method == "bayes" and not model.abilities.has_class_priors:
            continue
        few = slice(corruption.NUM_ATTACKED)
        for name, attack in corruption.ATTACKS.items():
            out[f"robust/{method}/{name}-0"] = float(unharmed[few].mean())
            for level in corruption.ATTACK_LEVELS:
                harmed = attack(model, images[few], some.labels[few], method, level)
                out[f"robust/{method}/{name}-{level}"] = float(correct(harmed, method).mean())
    return out


def gan_test(compared: Comparison) -> dict[str, float]:
    """`gan_test`: share of samples that a classifier trained on real images reads right.

    Shmelkov 2018, How good is my GAN? It asks whether samples look like their class, not whether
    they are varied. `gan_test/judge` is the judge's own accuracy on real test images, the figure
    that `gan_test` is to be read against.
    """
    judge = compared.reference.needed_judge
    pictures, labels = compared.samples
    said = np.concatenate(
        [judge.classify(pictures[c]).argmax(-1) for c in _chunks(len(pictures), "gan_test")]
    )
    return _share("gan_test", float((said == labels).mean()), len(labels)) | {
        "gan_test/judge": compared.reference.judge_accuracy
    }


def trained_accuracy(
    training: data.Dataset, test: data.Dataset, num_steps: int, seed: int = 0
) -> float:
    """Share of test images that a classifier reads right which was trained on `training` alone."""
    config = systems.trunk_classifier(test.name)
    config = dataclasses.replace(config, num_steps=num_steps, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        train(config, Path(folder), dataset=training)
        return _accuracy(load(folder), test)


def gan_train(compared: Comparison) -> dict[str, float]:
    """`gan_train`: test accuracy of a classifier that was trained on samples alone.

    Shmelkov 2018. Samples must be both like their class and as varied as it is, or the classifier
    meets test images that are like nothing it has seen. It is `systems.trunk_classifier`, on 50,000
    samples and for 2,000 steps.
    """
    pictures, labels = compared.draw(_NUM_TRAINING_SAMPLES, seed=1)
    test = compared.test
    samples = data.Dataset(test.name, "samples", data.to_uint8(pictures), labels, test.class_names)
    share = trained_accuracy(samples, test, _TRAINING_STEPS)
    return _share("gan_train", share, len(test))


def gan_train_of_real(dataset: str, data_dir: Path | None = None) -> dict[str, float]:
    """`gan_train` of real training images in place of samples, with its interval: what no generator
    should beat. `data.DataUnavailableError` where they are not at hand."""
    training, test = (data.load(dataset, split, data_dir=data_dir) for split in ("train", "test"))
    rng = np.random.default_rng(0)
    some = rng.permutation(len(training))[:_NUM_TRAINING_SAMPLES]
    share = trained_accuracy(training.take(some), test, _TRAINING_STEPS)
    return _share("gan_train", share, len(test))


def distances(compared: Comparison) -> dict[str, float]:
    """Distances between samples and test images in the features of the judge.

    `fd_dgm`, the Fréchet distance, and `kid_dgm`, the kernel distance: named so because they are
    no FID and no KID, which are taken in the features of another net.
    `fd_dgm/floor` is that of as many real training images, which no generator should beat.
    `precision` and `recall` (Kynkäänniemi 2019), `density` and `coverage` (Naeem 2020), k = 5.
    `fd_dgm/class/NAME` compares a class's samples with its test images.
    `nearest_train_ratio`, `copied_share`: see `metrics.memorisation`.
    """
    reference = compared.reference
    real, fake = reference.test_features, compared.sample_features
    labels = compared.samples[1]
    mean, error = metrics.kernel_distance(real, fake)
    out = {
        "fd_dgm": metrics.frechet_distance(real, fake),
        "fd_dgm/floor": metrics.frechet_distance(real, reference.train_features[: len(fake)]),
        "kid_dgm": mean,
        "kid_dgm/error": error,
        **metrics.manifold_metrics(real, fake),
        **metrics.memorisation(fake, reference.train_features, real),
    }
    if not knows_classes(compared.model):
        return out
    for number, name in enumerate(compared.test.class_names):
        of_class = [real[compared.test.labels == number], fake[labels == number]]
        if min(map(len, of_class)) > 1:
            out[f"fd_dgm/class/{name}"] = metrics.frechet_distance(*of_class)
    return out


def bounds(compared: Comparison) -> dict[str, float]:
    """Lower bounds on the mean log p(x) of a VAE, and the ELBO's two parts, in nats a picture.

    A class-conditional VAE bounds log p(x|y). Since p(x) >= p(y) p(x|y), its bound less log K is
    one on log p(x), y the true label: `elbo_nats`, and `iwae_nats` with 16 importance draws.
    `bits_per_dim` is -elbo_nats over the values of the official picture. With the Bernoulli
    likelihood (mnist) each pixel is drawn as 0 or 1 with its grey value as mean.
    """
    model, dataset = compared.model, compared.test
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


def strangers(name: str, channels: int, num: int, data_dir: Path | None) -> np.ndarray:
    """Pictures of another kind, uint8 [num, 32, 32, channels]: test images of a data set, or
    "noise", each value drawn by itself."""
    if name == "noise":
        return np.random.default_rng(0).integers(0, 256, (num, 32, 32, channels), np.uint8)
    images = data.load(name, "test", data_dir=data_dir, limit=num).images
    if images.shape[-1] > channels:
        return np.rint(images.mean(-1, keepdims=True)).astype(np.uint8)
    return np.repeat(images, channels // images.shape[-1], -1)


def strangeness(compared: Comparison) -> dict[str, float]:
    """How well a model tells pictures of another kind from its own test images, by data set.

    `ood_auroc/DATASET`: the share of pairs of the two of which the stranger one is found
    stranger, by the score that ships (`Model.strangeness`). Beside it those of other scores:
    `/softmax`, how unsure it is of the class (Hendrycks 2017); `/energy` (Liu 2020); and
    `/likelihood`, how low the bound on log p(x) is, which fails (Nalisnick 2019); and `/regret`, by
    how much that bound grows for a q(z|x) of the picture's own (Xiao 2020). Data sets that would
    have to be downloaded are left out.
    `accepted` is the share of test images under the threshold that ships.
    """
    model = compared.model
    scores: dict[str, Callable[[np.ndarray], np.ndarray]] = {}
    if model.has_ood_score:
        scores[""] = model.ood_score
    if model.methods:
        scores["/softmax"] = lambda images: -model.classify(images).max(-1)
    if model.has_energy:
        scores["/energy"] = model.energy
    if "likelihood" in model.capabilities:
        every = range(model.config.num_classes)
        scores["/likelihood"] = lambda images: (
            -np.max([model.evidence_bounds(images, [y] * len(images))["elbo"] for y in every], 0)
        )
        scores["/regret"] = model.likelihood_regret

    def measured(images: np.ndarray, name: str) -> dict[str, np.ndarray]:
        out = {}
        for key, score in scores.items():
            some = images[:_NUM_REGRETTED] if key == "/regret" else images
            parts = _chunks(len(some), f"strangeness/{name}{key}")
            out[key] = np.concatenate([score(data.to_float(some[part])) for part in parts])
        return out

    own = measured(compared.test.images[:_NUM_STRANGERS], compared.test.name)
    out = {}
    if model.has_ood_score and "threshold" in model.readout:
        out["accepted"] = float((own[""] <= model.readout["threshold"]).mean())
    for name in _STRANGERS:
        known = name == "noise" or data.is_at_hand(name, "test", compared.reference.data_dir)
        if name != compared.test.name and known:
            images = strangers(
                name, model.config.channels, _NUM_STRANGERS, compared.reference.data_dir
            )
            other = measured(images, name)
            for key in scores:
                pairs = np.concatenate([own[key], other[key]])
                which = np.arange(len(pairs)) >= len(own[key])
                out[f"ood_auroc/{name}{key}"] = float(roc_auc_score(which, pairs))
    return out


def factors(compared: Comparison) -> dict[str, float]:
    """`factor_correlation/NAME`: how well a factor of the picture follows its slider, see
    `factors.factor_correlations`."""
    found = factor_correlations(compared.model)
    return {f"factor_correlation/{name}": value for name, value in found.items()}


# Group of metrics -> (what it needs, function of a comparison).
METRICS: dict[str, tuple[str, Callable[[Comparison], dict[str, float]]]] = {
    "accuracy": ("classify", accuracies),
    "robustness": ("classify", robustness),
    "gan_test": ("sample", gan_test),
    "gan_train": ("sample", gan_train),
    "distances": ("sample", distances),
    "elbo": ("likelihood", bounds),
    "strangeness": ("classify", strangeness),
    "factors": ("encode", factors),
}
JUDGED = ("gan_test", "distances")  # those that ask the judge
_OF_A_CLASS = ("gan_test", "gan_train")  # those that ask for samples of a known class
_OF_SHAPES = ("factors",)  # those that ask for pictures whose factors are known


def applicable(model: Model, judge: Model | None) -> list[str]:
    """The keys of METRICS that can be measured of a model."""
    return [
        name
        for name, (needs, _) in METRICS.items()
        if needs in model.capabilities
        and (judge is not None or name not in JUDGED)
        and (knows_classes(model) or name not in _OF_A_CLASS)
        and (model.config.dataset == "shapes" or name not in _OF_SHAPES)
    ]


def evaluate(
    checkpoint: Path,
    *,
    data_dir: Path | None = None,
    names: list[str] | None = None,
    without: tuple[str, ...] = (),
    limit: int | None = None,
    judge: Path | None = None,
    reference: Reference | None = None,
    predictions: Path | None = None,
) -> dict:
    """The object that `--json` prints, measured on the first `limit` test images (None: all).

    Args:
        names: keys of METRICS; None is every one that the model is capable of but `without`.
        judge: a released classifier; None is that beside the checkpoint.
        reference: in the place of `data_dir`, `limit` and `judge`, for models that share it.
        predictions: a folder for `write_predictions`, where accuracies are among the metrics.

    Raises:
        ValueError: a metric is unknown, or the model cannot give it.
        FileNotFoundError, dgm.data.DataUnavailableError: the model or its test set is missing.
    """
    model = load(checkpoint)
    if reference is None:
        judge = judge or find_reference_classifier(Path(checkpoint).parent, model.config.dataset)
        reference = Reference(
            data.load(model.config.dataset, "test", data_dir=data_dir, limit=limit),
            load(judge) if judge else None,
            data_dir,
        )
    dataset = reference.test
    if dataset.class_names != model.class_names:
        raise ValueError(
            f"{checkpoint} knows {model.class_names}, the data set has {dataset.class_names}"
        )
    compared = Comparison(model, reference)
    out = {}
    if names is None:
        names = [name for name in applicable(model, reference.judge) if name not in without]
    for name in names:
        if name not in METRICS:
            raise ValueError(f"no metric {name!r}: there are {', '.join(METRICS)}")
        needs, function = METRICS[name]
        if needs not in model.capabilities:
            raise ValueError(f"{model.name} has no {name!r}: it cannot {needs}")
        if name in _OF_A_CLASS and not knows_classes(model):
            raise ValueError(f"{model.name} has no {name!r}: no sample of it has a class")
        if name in _OF_SHAPES and model.config.dataset != "shapes":
            raise ValueError(f"{model.name} has no {name!r}: only those of shapes are known")
        out |= function(compared)
    if predictions and "probabilities" in vars(compared):
        write_predictions(predictions, compared.probabilities)
    return {
        "checkpoint": model.name,
        "dataset": dataset.name,
        "split": dataset.split,
        "num_images": len(dataset),
        "metrics": {name: round(value, 5) for name, value in out.items()},
    } | ({"details": details(compared)} if "probabilities" in vars(compared) else {})


# --- the model card ----------------------------------------------------------------------------

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


def minutes(seconds: float) -> str:
    """How many minutes, as text: whole ones, of less than one its tenths."""
    return f"{seconds / 60:.{0 if seconds >= 60 else 1}f}"


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
    is_judge = Path(checkpoint).resolve().parent.name == "judges"
    place = f"judges/{model.name}" if is_judge else model.name
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


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dgm.evaluate", description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="folder of a released model")
    parser.add_argument("--data-dir", type=Path, help="folder that holds the official files")
    parser.add_argument("--metrics", help=f"some of {','.join(METRICS)} (all that apply)")
    parser.add_argument("--limit", type=int, help="use the first N test images")
    parser.add_argument(
        "--judge",
        type=Path,
        help="classifier to judge samples by (judges/cnn-DATASET or cnn-DATASET beside CHECKPOINT)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--write",
        action="store_true",
        help="write evaluation.json, predictions.safetensors and README.md into CHECKPOINT; with "
        "--metrics, figures that stand there stay",
    )
    options = parser.parse_args(arguments)
    try:
        result = evaluate(
            options.checkpoint,
            data_dir=options.data_dir,
            names=options.metrics.split(",") if options.metrics else None,
            limit=options.limit,
            judge=options.judge,
            predictions=options.checkpoint if options.write else None,
        )
    except (ValueError, FileNotFoundError, data.DataUnavailableError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.write:
        write(options.checkpoint, result, keep=bool(options.metrics))
    if options.json:
        print(json.dumps(result))
    else:
        print(f"{result['checkpoint']}, {result['num_images']} {result['split']} images")
        for name, value in result["metrics"].items():
            print(f"  {name:28s} {value:.5g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
