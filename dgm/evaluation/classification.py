"""How well a model classifies: accuracy, calibration, and what corrupted pictures leave of it."""

import numpy as np

from dgm import data
from dgm.analysis import corruption
from dgm.analysis.batches import in_batches
from dgm.evaluation import metrics
from dgm.evaluation.comparison import Comparison


def accuracies(compared: Comparison) -> dict[str, float]:
    """`accuracy/METHOD` and `ece/METHOD` of every method the model has, with 95 % intervals."""
    out = {}
    labels = compared.test.labels
    for method, probabilities in compared.predictions.items():
        share = metrics.accuracy(probabilities, labels)
        out |= metrics.with_interval(f"accuracy/{method}", share, len(labels))
        out[f"ece/{method}"] = metrics.expected_calibration_error(probabilities, labels)
    return out


def details(compared: Comparison) -> dict[str, dict]:
    """What a page shows of the accuracies, by method: `confusion`, int [K, K], a row a true class;
    `reliability`, see `metrics.reliability`."""
    labels = compared.test.labels
    return {
        "confusion": {
            method: metrics.confusion_matrix(probabilities, labels).tolist()
            for method, probabilities in compared.predictions.items()
        },
        "reliability": {
            method: np.round(metrics.reliability(probabilities, labels), 3).tolist()
            for method, probabilities in compared.predictions.items()
        },
    }


def robustness(compared: Comparison) -> dict[str, float]:
    """`robust/METHOD/CORRUPTION-LEVEL`: the accuracy on corrupted test images, the first 1,000 by
    `corruption.CORRUPTIONS`, the first 250 by `corruption.ATTACKS`, each method of classifying
    attacked by its own gradient. Level 0 is the accuracy on the same images as they are.

    The importance-weighted bound draws anew for every class and has no gradient to speak of in a
    reasonable time: it is not attacked.
    """
    model, some = compared.model, compared.test.take(slice(corruption.NUM_CORRUPTED))
    images = data.to_float(some.images)
    out = {}

    def is_correct(corrupted: np.ndarray, method: str) -> np.ndarray:
        predicted = in_batches(lambda x: model.classify(x, method), corrupted, title=method)
        return predicted.argmax(-1) == some.labels[: len(corrupted)]

    for method in model.methods:
        clean = is_correct(images, method)
        for name, (corrupt, levels) in corruption.CORRUPTIONS.items():
            out[f"robust/{method}/{name}-0"] = float(clean.mean())
            for level in levels:
                share = is_correct(corrupt(images, level), method).mean()
                out[f"robust/{method}/{name}-{level}"] = float(share)
        if method == "bayes" and not model.abilities.has_class_priors:
            continue
        few = slice(corruption.NUM_ATTACKED)
        for name, attack in corruption.ATTACKS.items():
            out[f"robust/{method}/{name}-0"] = float(clean[few].mean())
            for level in corruption.ATTACK_LEVELS:
                attacked = attack(model, images[few], some.labels[few], method, level)
                out[f"robust/{method}/{name}-{level}"] = float(is_correct(attacked, method).mean())
    return out
