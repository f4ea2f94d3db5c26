"""How good samples are: GAN-test, GAN-train, and distances from real images."""

import dataclasses
import tempfile
from pathlib import Path

import numpy as np

from dgm import data, systems
from dgm.analysis.batches import in_batches
from dgm.evaluation import metrics
from dgm.evaluation.comparison import Comparison, accuracy, knows_classes
from dgm.model import load
from dgm.training.loop import train

NUM_TRAINING_SAMPLES = 50_000  # drawn for GAN-train
TRAINING_STEPS = 2_000  # of GAN-train's classifier


def gan_test(compared: Comparison) -> dict[str, float]:
    """`gan_test`: share of samples that a classifier trained on real images reads right.

    Shmelkov 2018, How good is my GAN? It asks whether samples look like their class, not whether
    they are varied. `gan_test/judge` is the classifier's own accuracy on real test images, the
    figure that `gan_test` is to be read against.
    """
    classifier = compared.reference.needed_classifier
    samples, labels = compared.samples
    predicted = in_batches(classifier.classify, samples, title="gan_test").argmax(-1)
    share = metrics.with_interval("gan_test", float((predicted == labels).mean()), len(labels))
    return share | {"gan_test/judge": compared.reference.accuracy}


def trained_accuracy(
    training: data.Dataset, test: data.Dataset, num_steps: int, seed: int = 0
) -> float:
    """Share of test images that a classifier reads right which was trained on `training` alone."""
    config = systems.trunk_classifier(test.name)
    config = dataclasses.replace(config, num_steps=num_steps, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        train(config, Path(folder), dataset=training)
        return accuracy(load(folder), test)


def gan_train(compared: Comparison) -> dict[str, float]:
    """`gan_train`: test accuracy of a classifier that was trained on samples alone.

    Shmelkov 2018. Samples must be both like their class and as varied as it is, or the classifier
    meets test images that are like nothing it has seen. It is `systems.trunk_classifier`, on 50,000
    samples and for 2,000 steps.
    """
    samples, labels = compared.draw(NUM_TRAINING_SAMPLES, seed=1)
    test = compared.test
    training = data.Dataset(test.name, "samples", data.to_uint8(samples), labels, test.class_names)
    share = trained_accuracy(training, test, TRAINING_STEPS)
    return metrics.with_interval("gan_train", share, len(test))


def gan_train_of_real(dataset: str, data_dir: Path | None = None) -> dict[str, float]:
    """`gan_train` of real training images in place of samples, with its interval: what no generator
    should beat. `data.DataUnavailableError` where they are not at hand."""
    training, test = (data.load(dataset, split, data_dir=data_dir) for split in data.SPLITS)
    rng = np.random.default_rng(0)
    some = rng.permutation(len(training))[:NUM_TRAINING_SAMPLES]
    share = trained_accuracy(training.take(some), test, TRAINING_STEPS)
    return metrics.with_interval("gan_train", share, len(test))


def distances(compared: Comparison) -> dict[str, float]:
    """Distances between samples and test images in the features of the reference classifier.

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
        real_class, fake_class = real[compared.test.labels == number], fake[labels == number]
        if min(len(real_class), len(fake_class)) > 1:
            out[f"fd_dgm/class/{name}"] = metrics.frechet_distance(real_class, fake_class)
    return out
