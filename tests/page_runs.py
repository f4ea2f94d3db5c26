"""Small runs with freshly initialised models, for the tests of the page."""

import json
import math
from pathlib import Path

import numpy as np
from flax import nnx

from dgm import checkpoint, viz
from dgm.config import Config
from dgm.data import CLASS_NAMES
from dgm.model import SYSTEMS


def make_run(
    folder: Path,
    config: Config,
    num_records: int = 40,
    accuracy: float | None = None,
    with_directions: bool = True,
) -> Path:
    """Write a run as `dgm.train` would: model, records, sample grids, and an evaluation."""
    run = folder / config.name
    nets = SYSTEMS[config.recipe].released_nets(config, nnx.Rngs(0))
    rng = np.random.default_rng(0)
    extra = {}
    if SYSTEMS[config.recipe].draw is not None and with_directions:
        square, _ = np.linalg.qr(rng.normal(size=(config.latent_dim, config.latent_dim)))
        extra = {"directions": square[:8].astype(np.float32)}
    checkpoint.save_release(run, config, nets, extra)

    lines = [{"config": json.loads(config.to_json())}]
    for i in range(1, num_records + 1):
        record = {"step": 50 * i, "images": 3200 * i, "seconds": 2.5 * i}
        record["loss/class" if config.recipe == "cnn" else "loss/generator"] = math.exp(-i / 10)
        if config.recipe == "dcgan":
            record["loss/discriminator"] = 1 + 1 / i
        lines.append(record)
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    (run / "samples").mkdir()
    for step in (0, 500, 1000):
        pictures = rng.uniform(-1, 1, (80, 32, 32, config.channels))
        viz.grid(pictures, 10, gap=0).save(run / "samples" / f"step-{step:06d}.webp")
    if accuracy is not None:
        metrics = {f"accuracy/{SYSTEMS[config.recipe].methods[0]}": accuracy}
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
        config = tiny_config(recipe, dataset, class_names=CLASS_NAMES[dataset], **small)
        make_run(folder, config, accuracy=0.9876 if recipe == "dcgan" else None)
    return folder
