"""Why a model predicts what it predicts: heat maps, and a picture seen as every class.

Pictures are float32 [32, 32, C] in [-1, 1]; a heat map is float32 [32, 32].
"""

import dataclasses

import numpy as np

from dgm.model import Model

_PATCH, _STRIDE = 8, 4  # pixels
_STEPS = 32  # points between the baseline and the picture
_BISECTIONS = 40


def _plain(image: np.ndarray) -> np.ndarray:
    """A picture of one colour, the mean of `image`'s: what is left without any detail."""
    return np.broadcast_to(image.mean((0, 1)), image.shape)


def occlusion(model: Model, image: np.ndarray, label: int, method: str | None = None) -> np.ndarray:
    """By how many nats log p(label|x) falls where a patch is covered (Zeiler & Fergus 2014).

    A pixel has the mean over all 8x8 patches that cover it, painted in the picture's mean colour.
    Positive: the place speaks for the class.

    Raises:
        ValueError: the model cannot classify so, or the image does not fit it.
    """
    side = image.shape[0]
    corners = range(0, side - _PATCH + 1, _STRIDE)
    boxes = [(slice(r, r + _PATCH), slice(c, c + _PATCH)) for r in corners for c in corners]
    plain = _plain(image)
    covered = np.repeat(image[None], len(boxes) + 1, 0)
    for picture, box in zip(covered[1:], boxes, strict=True):
        picture[box] = plain[box]
    log_p = model.log_probabilities(covered, method)[:, label]
    total, count = np.zeros((2, side, side), np.float32)
    for box, value in zip(boxes, log_p[1:], strict=True):
        total[box] += log_p[0] - value
        count[box] += 1
    return total / count


def integrated_gradients(
    model: Model, image: np.ndarray, label: int, method: str | None = None
) -> np.ndarray:
    """(x - x0) times the mean gradient of log p(label|.) from x0 to x (Sundararajan 2017, eq. 1).

    x0 is a picture of the mean colour. The map's sum is log p(label|x) - log p(label|x0), but for
    the 32 points that stand for the line between them.

    Raises:
        ValueError: the model cannot classify so, or the image does not fit it.
    """
    plain = _plain(image)
    along = (np.arange(_STEPS) + 0.5)[:, None, None, None] / _STEPS
    line = (plain + along * (image - plain)).astype(np.float32)
    gradients = model.gradients(line, [label] * _STEPS, method)
    return ((image - plain) * gradients.mean(0)).sum(-1)


def as_each_class(model: Model, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A VAE's picture of `image` as each class, and how well that fits.

    Where the class is in the prior alone there is one reconstruction for all; what is then drawn is
    the same deviation from the middle of every other class.

    Returns:
        (pictures float32 [K, 32, 32, C], the bounds on log p(x|y) less that of the best, float32
        [K], nats): those that `classify` by Bayes' rule rests on, so that the two never disagree.

    Raises:
        ValueError: the model has no likelihood, or the image does not fit it.
    """
    classes = np.arange(model.config.num_classes)
    images = np.repeat(image[None], len(classes), 0)
    # All classes are equally frequent: log p(y|x) differs between them as log p(x|y) does.
    (log_p,) = model.log_probabilities(image[None], "bayes")
    own = np.full(len(classes), log_p.argmax()) if model.abilities.has_class_priors else classes
    return model.decode(model.encode(images, own), classes), log_p - log_p.max()


class SameClassError(ValueError):
    """A picture is classified already as what it was to become."""


@dataclasses.dataclass(frozen=True)
class Counterfactual:
    """A picture on its way from one class to another (Wachter 2018): what would have to differ."""

    label: int  # what the picture is classified as
    target: int  # what it is to become
    pictures: np.ndarray  # float32 [N, 32, 32, C], from the reconstruction on
    probabilities: np.ndarray  # float32 [N, K], p(y|z) at each
    turns: int  # the first picture that is classified as the target


def counterfactual(
    model: Model, image: np.ndarray, target: int | None = None, num: int = 17
) -> Counterfactual:
    """The smallest change of the code z that makes the picture another class, and beyond.

    Where the class is in the prior alone (`ib-vae`), log p(b|z) - log p(a|z) is quadratic in z, and
    the least |z - z0|, in units of class a's prior, at which it reaches a value is

    z_i (1/s_a^2 + l (1/s_b^2 - 1/s_a^2)) = z0_i/s_a^2 + l (m_b/s_b^2 - m_a/s_a^2),

    l in [0, 1) the Lagrange multiplier, found by bisection. z0 is the mean of q(z|x), whose spread
    is taken to stay as it is. The pictures go from z0 to twice as far as the boundary.

    Args:
        target: a class; None is the second likeliest.

    Raises:
        ValueError: the model's class is not in its prior alone.
        SameClassError: the picture is classified as the target already.
    """
    means, scales = model.class_priors()
    (log_p,) = model.log_probabilities(image[None], "bayes")
    order = log_p.argsort()[::-1]
    a = int(order[0])
    b = int(order[1]) if target is None else target
    if a == b:
        raise SameClassError(f"the picture is classified as {model.class_names[a]} already")
    (z0,) = model.encode(image[None], [a])  # seen from class a, whose prior is N(0, I) so
    mean_b, scale_b = (means[b] - means[a]) / scales[a], scales[b] / scales[a]

    def at(multiplier: float) -> np.ndarray:
        weight = 1 + multiplier * (scale_b**-2 - 1)
        return (z0 + multiplier * mean_b / scale_b**2) / weight

    def log_prior(z: np.ndarray) -> np.ndarray:
        """z: [N, Z] as seen from class a -> log p(z|y) + const, [N, K]"""
        absolute = (means[a] + scales[a] * z)[:, None]
        return (-0.5 * ((absolute - means) / scales) ** 2 - np.log(scales)).sum(-1)

    spread = log_p - log_prior(z0[None])[0]  # what the variance of q(z|x) adds for each class

    def log_posterior(z: np.ndarray) -> np.ndarray:
        unnormalised = log_prior(z) + spread
        return unnormalised - np.logaddexp.reduce(unnormalised, axis=1, keepdims=True)

    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        (log_q,) = log_posterior(at(middle)[None])
        low, high = (low, middle) if log_q[b] > log_q[a] else (middle, high)
    t = np.linspace(0, 2, num)[:, None]
    z = (z0 + t * (at(high) - z0)).astype(np.float32)
    probabilities = np.exp(log_posterior(z))
    is_target = probabilities.argmax(1) == b
    turns = int(is_target.argmax()) if is_target.any() else num
    return Counterfactual(a, b, model.decode(z, [a] * num), probabilities, turns)
