"""`python -m benchmarks.few_images --dataset NAME`: do a GAN's samples help where images are few?

A `dcgan` is trained on so many real images a class; then plain classifiers on those images alone,
and on those images and as many samples of that GAN in each batch, with the same number of steps and
several seeds. The GAN has seen nothing that the classifier has not. Writes
`results/NAME/few_images.json`.
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
from scipy import stats

from dgm import data, systems
from dgm.data.augmentation import POLICIES
from dgm.evaluation.samples import trained_accuracy
from dgm.model import load
from dgm.training.loop import train

_COPIES = 10  # of each real image, and samples for each


def mixture(real: data.Dataset, model, seed: int) -> data.Dataset:
    """Every real image ten times, and as many samples of the same classes."""
    labels = np.tile(real.labels, _COPIES)
    samples = data.to_uint8(model.decode(model.latents(seed, len(labels)), labels))
    return dataclasses.replace(
        real,
        images=np.concatenate([np.tile(real.images, (_COPIES, 1, 1, 1)), samples]),
        labels=np.concatenate([labels, labels]),
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.few_images", description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--per-class", type=int, default=500, help="real images a class (500)")
    parser.add_argument("--gan-steps", type=int, default=3000)
    parser.add_argument("--steps", type=int, default=3000, help="of a classifier")
    parser.add_argument(
        "--seeds", type=int, default=3, help="classifiers of each kind, 2 or more (3)"
    )
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--results", type=Path, default=Path("results"))
    options = parser.parse_args(arguments)
    whole = data.load(options.dataset, "train", data_dir=options.data_dir)
    test = data.load(options.dataset, "test", data_dir=options.data_dir)
    real = whole.take(data.labelled_subset(whole.labels, options.per_class, seed=0))

    gan = dataclasses.replace(
        systems.recipe("dcgan", options.dataset),
        num_steps=options.gan_steps,
        labels_per_class=options.per_class,
        diff_augment=tuple(POLICIES),
    )
    folder = options.runs / f"few-{options.per_class}-{gan.name}"
    if not train(gan, folder, data_dir=options.data_dir, resume=True)["finished"]:
        return 130
    model = load(folder)

    result = {
        "command": f"python -m benchmarks.few_images --dataset {options.dataset} "
        f"--per-class {options.per_class} --gan-steps {options.gan_steps} "
        f"--steps {options.steps} --seeds {options.seeds}",
        "per_class": options.per_class,
    }
    for name in ("real", "real_and_samples"):
        result[name] = []
        for seed in range(options.seeds):
            dataset = real if name == "real" else mixture(real, model, seed)
            share = trained_accuracy(dataset, test, options.steps, seed)
            result[name].append(round(share, 5))
            print(f"{name}, seed {seed}: {result[name][-1]:.4f}", file=sys.stderr)
    gains = np.subtract(result["real_and_samples"], result["real"])
    # 95 % interval of the mean of paired differences, Student's t
    interval = stats.t.interval(0.95, len(gains) - 1, gains.mean(), stats.sem(gains))
    result |= {"gain": round(float(gains.mean()), 5), "gain/interval": [*np.round(interval, 5)]}
    file = options.results / options.dataset / "few_images.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
