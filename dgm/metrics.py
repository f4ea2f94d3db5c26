"""Figures from predictions: NumPy in, floats out. Shares are fractions of 1."""

import math

import numpy as np


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Share of rows of p(y|x) [N, K] whose largest entry is the label, int [N]."""
    return float((probabilities.argmax(-1) == labels).mean())


def wilson_interval(share: float, num: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share measured on num independent trials (Wilson 1927).

    (p + z^2/2n ± z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n); unlike p ± z sqrt(p(1-p)/n) it stays
    inside [0, 1].

    Raises:
        ValueError: num is below 1.
    """
    if num < 1:
        raise ValueError(f"a share of {num} trials has no interval")
    centre = share + z * z / (2 * num)
    half = z * math.sqrt(share * (1 - share) / num + z * z / (4 * num * num))
    scale = 1 + z * z / num
    return (centre - half) / scale, (centre + half) / scale


def confusion_matrix(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """int [K, K]: how often an image of the row's class was said to be of the column's class."""
    num_classes = probabilities.shape[1]
    cells = labels * num_classes + probabilities.argmax(-1)
    return np.bincount(cells, minlength=num_classes**2).reshape(num_classes, num_classes)


def expected_calibration_error(
    probabilities: np.ndarray, labels: np.ndarray, num_bins: int = 15
) -> float:
    """sum_b n_b / N |accuracy_b - confidence_b|, bins of equal width (Guo 2017, eq. 3)."""
    confidence = probabilities.max(-1)
    correct = probabilities.argmax(-1) == labels
    bins = np.minimum((confidence * num_bins).astype(int), num_bins - 1)
    gaps = np.bincount(bins, weights=correct - confidence, minlength=num_bins)
    return float(np.abs(gaps).sum() / len(labels))
