"""Small runs with freshly initialised models, for the tests of the page."""

import json
import math
from pathlib import Path

import numpy as np
from flax import nnx

from dgm import release, viz
from dgm.analysis import corruption, fitted_heads
from dgm.data import Dataset, spec
from dgm.data import load as load_data
from dgm.evaluation import metrics
from dgm.model import load
from dgm.systems import RECIPES, Config, abilities, system_of


def make_run(
    folder: Path,
    config: Config,
    num_records: int = 40,
    accuracy: float | None = None,
    with_directions: bool = True,
    figures: dict[str, float] | None = None,
) -> Path:
    """Write a run as `dgm.train` would: model, records, sample grids, and an evaluation."""
    run = folder / config.name
    seed = list(RECIPES).index(config.recipe)  # no two systems draw alike
    nets = system_of(config).released_nets(config, nnx.Rngs(seed))
    rng = np.random.default_rng(0)
    if config.has_class_priors:  # which begins as one for all classes
        prior = nets["prior"]
        prior.mean.set_value(np.float32(rng.normal(0, 0.03, prior.mean.shape)))
    extra = {}
    if "sample" in abilities(config).capabilities and with_directions:
        square, _ = np.linalg.qr(rng.normal(size=(config.latent_dim, config.latent_dim)))
        extra = {"directions": square[:8].astype(np.float32)}
    release.save_release(run, config, nets, extra)

    lines = [{"config": json.loads(config.to_json())}]
    for i in range(1, num_records + 1):
        record = {"step": 50 * i, "images": 3200 * i, "seconds": 2.5 * i}
        record["loss/class" if config.recipe == "cnn" else "loss/generator"] = math.exp(-i / 10)
        if config.recipe == "dcgan":
            record["loss/discriminator"] = 1 + 1 / i
        if config.recipe == "gan-ns":
            record["probability/fake"] = 0.4
        if config.recipe.startswith("wgan"):
            record |= {"critic/difference": 5 / i, "loss/discriminator": -5 / i}
        lines.append(record)
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    (run / "samples").mkdir()
    for step in (0, 500, 1000):
        pictures = rng.uniform(-1, 1, (80, 32, 32, config.channels))
        viz.grid(pictures, 10, gap=0).save(run / "samples" / f"step-{step:06d}.webp")
    metrics = dict(figures or {})
    if accuracy is not None:
        metrics[f"accuracy/{abilities(config).methods[0]}"] = accuracy
    if metrics:
        evaluation = {"checkpoint": config.name, "split": "test", "metrics": metrics}
        (run / "evaluation.json").write_text(json.dumps(evaluation))
    return run


def make_runs(folder: Path, tiny_config) -> Path:
    """Four runs: two generative systems and the classifier on MNIST, one on CIFAR-10."""
    small = {"latent_dim": 16, "generator_widths": (16, 16, 8), "trunk_widths": (8, 8, 16)}
    for recipe, dataset in (
        ("dcgan", "mnist"),
        ("vae", "mnist"),
        ("cnn", "mnist"),
        ("dcgan", "cifar10"),
    ):
        config = tiny_config(recipe, dataset, class_names=spec(dataset).class_names, **small)
        make_run(folder, config, accuracy=0.9876 if recipe == "dcgan" else None)
    return folder


# (accuracy, other figures) of each run on Fashion-MNIST, made up; some are missing on purpose.
COMPARED = {
    "gan": (None, {"gan_test": 0.71, "fd_dgm": 25.0, "recall": 0.1}),
    "gan-ns": (None, {"gan_test": 0.74, "fd_dgm": 3.21, "recall": 0.3}),
    "dcgan": (0.92, {"gan_test": 0.99, "gan_test/judge": 0.924, "fd_dgm": 12.0, "recall": 0.2}),
    "improved-gan": (0.84, {}),
    "wgan": (None, {"recall": 0.01}),
    "wgan-gp": (None, {"fd_dgm": 7.0, "recall": 0.4}),
    "vae": (0.81, {"gan_test": 0.75, "fd_dgm": 40.0, "kid_dgm": 0.0123}),
    "cnn": (0.93, {}),
}


def make_many_runs(folder: Path, tiny_config) -> Path:
    """Seven systems that draw and the classifier on Fashion-MNIST; a single one on CIFAR-10."""
    small = {
        "latent_dim": 8,
        "generator_widths": (8, 8, 8),
        "trunk_widths": (8, 8, 8),
        "mlp_widths": (8, 8),
        "mlp_trunk_widths": (8, 8),
    }
    for recipe, (accuracy, figures) in COMPARED.items():
        names = spec("fashion_mnist").class_names
        config = tiny_config(recipe, "fashion_mnist", class_names=names, **small)
        make_run(folder, config, accuracy=accuracy, figures=figures)
    config = tiny_config("dcgan", "cifar10", class_names=spec("cifar10").class_names, **small)
    make_run(folder, config)
    return folder


def make_explained_runs(folder: Path, tiny_config) -> Path:
    """Four systems on Fashion-MNIST that can be asked why, DCGAN with all that can be fitted on it;
    on MNIST one that has nothing of the kind."""
    small = {"latent_dim": 8, "generator_widths": (8, 8, 8), "trunk_widths": (8, 8, 8)}
    names = spec("fashion_mnist").class_names
    for recipe in ("dcgan", "vae", "ib-vae", "cnn"):
        config = tiny_config(recipe, "fashion_mnist", class_names=names, **small)
        run = make_run(folder, config, accuracy=0.9 if recipe == "dcgan" else None)
        if recipe == "dcgan":
            rng = np.random.default_rng(0)
            seen, unseen = (
                Dataset(
                    "fashion_mnist",
                    "train",
                    rng.integers(0, 256, (200, 32, 32, 1), dtype=np.uint8),
                    (np.arange(200) % 10).astype(np.int32),
                    names,
                )
                for _ in range(2)
            )
            fitted = fitted_heads.fit(load(run), seen, unseen)
            release.add_to_release(run, {f"readout.{k}": v for k, v in fitted.items()})
    make_run(folder, tiny_config("vae", "mnist", class_names=spec("mnist").class_names, **small))
    return folder


def predictions_of(labels: np.ndarray, num_classes: int) -> np.ndarray:
    """Made-up p(y|x) [N, K] of test images: each fourth is taken for the next class, and the later
    an image stands, the surer is what is said of it, from 0.5 to 0.99."""
    num = len(labels)
    said = np.where(np.arange(num) % 4, labels, (labels + 1) % num_classes)
    sure = np.linspace(0.5, 0.99, num)
    probabilities = np.repeat((1 - sure)[:, None] / (num_classes - 1), num_classes, 1)
    probabilities[np.arange(num), said] = sure
    return probabilities


# How strange pictures are told apart by models on digits, made up.
TOLD_APART = {
    "dcgan": {
        "accepted": 0.949,
        "ood_auroc/mnist": 0.8961,
        "ood_auroc/mnist/softmax": 0.7,
        "ood_auroc/noise": 0.99,
        "ood_auroc/noise/softmax": 0.4,
    },
    "vae": {
        "ood_auroc/mnist/likelihood": 0.07,
        "ood_auroc/mnist/regret": 0.8,
        "ood_auroc/noise/likelihood": 1.0,
        "ood_auroc/noise/regret": 0.97,
    },
}


def make_trusted_runs(folder: Path, tiny_config) -> Path:
    """Three systems on digits, whose test images are always there, and two on MNIST, whose are not.

    What was measured of them is made up. Of the VAE on digits there is no reliability; of the DCGAN
    on MNIST there is only the confusion, without its answers. TOLD_APART has no classifier.
    """
    small = {"latent_dim": 8, "generator_widths": (8, 8, 8), "trunk_widths": (8, 8, 8)}
    digits = load_data("digits", "test")
    for recipe, dataset, labels in (
        ("dcgan", "digits", digits.labels),
        ("vae", "digits", digits.labels),
        ("cnn", "digits", digits.labels),
        ("dcgan", "mnist", np.arange(200) % 10),
        ("cnn", "mnist", np.arange(200) % 10),
    ):
        run = make_run(
            folder, tiny_config(recipe, dataset, class_names=digits.class_names, **small)
        )
        method = abilities(tiny_config(recipe, dataset)).methods[0]
        said = predictions_of(labels, 10)
        figures = {
            f"accuracy/{method}": 0.75,
            f"ece/{method}": metrics.expected_calibration_error(said, labels),
        }
        for number, (harm, (_, levels)) in enumerate(corruption.CORRUPTIONS.items(), 1):
            for i, level in enumerate(levels, 1):
                figures[f"robust/{method}/{harm}-{level}"] = 0.7 - 0.05 * i * number
        if dataset == "digits":
            figures |= TOLD_APART.get(recipe, {})
        if recipe != "vae":
            figures[f"robust/{method}/fgsm-0"] = 0.76
            for i, level in enumerate(corruption.ATTACK_LEVELS, 1):
                figures[f"robust/{method}/fgsm-{level}"] = 0.7 - 0.15 * i
        details = {"confusion": {method: metrics.confusion_matrix(said, labels).tolist()}}
        if recipe == "cnn" or (recipe, dataset) == ("dcgan", "digits"):
            details["reliability"] = {method: metrics.reliability(said, labels).tolist()}
            release.write_predictions(run, {method: said})
        evaluation = {"num_images": len(labels), "metrics": figures, "details": details}
        (run / "evaluation.json").write_text(json.dumps(evaluation))
    return folder
