"""Corrupted pictures: at random, and by attacks.

Pictures are float32 [N, 32, 32, C] in [-1, 1], and stay there.
"""

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from dgm.model import Model

_PGD_STEPS = 10


def add_noise(images: np.ndarray, level: float, seed: int = 0) -> np.ndarray:
    """Gaussian noise of standard deviation `level`, in shares of the range from black to white."""
    noise = np.random.default_rng(seed).normal(size=images.shape)
    return np.clip(images + 2 * level * noise, -1, 1).astype(np.float32)


def blur(images: np.ndarray, level: float) -> np.ndarray:
    """Blurred by a Gaussian of standard deviation `level`, in pixels."""
    return ndimage.gaussian_filter(images, (0, level, level, 0), mode="nearest")


def rotate(images: np.ndarray, level: float) -> np.ndarray:
    """Turned by `level` degrees, every other picture to the left; edges are continued outwards."""
    turned = np.empty_like(images)
    for parity, angle in enumerate((level, -level)):
        half = images[parity::2]
        if len(half):
            turned[parity::2] = ndimage.rotate(
                half, angle, axes=(1, 2), reshape=False, order=1, mode="nearest"
            )
    return np.clip(turned, -1, 1)


def fgsm(
    model: Model, images: np.ndarray, labels: np.ndarray, method: str, level: float | np.ndarray
) -> np.ndarray:
    """x - e sign(grad log p(y|x)): one step against the true class (Goodfellow 2015, section 4).

    level: e, the most that a value may change, in shares of the range from black to white; a
        number, or [N, 1, 1, 1] with one for each picture.
    """
    gradients = model.gradients(images, labels, method)
    return np.clip(images - 2 * level * np.sign(gradients), -1, 1)


def pgd(
    model: Model, images: np.ndarray, labels: np.ndarray, method: str, level: float | np.ndarray
) -> np.ndarray:
    """Ten steps of `fgsm`, each of a quarter of `level`, never further than `level` from the
    picture (Madry 2018, eq. 2, from the picture itself)."""
    attacked = images
    for _ in range(_PGD_STEPS):
        gradients = model.gradients(attacked, labels, method)
        attacked = attacked - 2 * level / 4 * np.sign(gradients)
        attacked = np.clip(attacked, images - 2 * level, images + 2 * level)
        attacked = np.clip(attacked, -1, 1).astype(np.float32)
    return attacked


# At random: name -> (function, its levels).
CORRUPTIONS: dict[str, tuple[Callable[[np.ndarray, float], np.ndarray], tuple[float, ...]]] = {
    "noise": (add_noise, (0.05, 0.1, 0.2)),
    "blur": (blur, (0.5, 1.0, 1.5)),
    "rotation": (rotate, (10, 20, 30)),
}
# Against one model and method of classifying.
ATTACKS = {"fgsm": fgsm, "pgd": pgd}
ATTACK_LEVELS = tuple(round(e / 255, 4) for e in (1, 2, 4, 8))
# Test images, from the first on, that accuracies under these are measured on.
NUM_CORRUPTED = 1_000
NUM_ATTACKED = 250  # some 50 gradients a picture
