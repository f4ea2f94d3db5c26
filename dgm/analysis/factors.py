"""Sliders for the factors that `shapes` are drawn from: hue, size, angle, place and background.

A straight line through latent space cannot lead around the colour circle. So of each class it is
fitted how the codes of drawn shapes hang on their factors, with waves for those on a circle, and a
slider moves z by what the codes of two settings of its factor differ by.
"""

import numpy as np

from dgm.data import (
    FACTORS,
    SHAPES,
    SYMMETRY,
    Dataset,
    load,
    measure_shapes,
    spec,
    to_float,
    to_uint8,
)
from dgm.model import Model

NAMES = tuple(FACTORS)
_ON_A_LINE = tuple(name for name in NAMES if name not in ("hue", "angle"))
# How often waves go around while a hue goes around once, or an angle to where the outline looks the
# same again. A heart at two angles is distinguished by the third.
_WAVES = (1, 2, 3)
_RIDGE = 1e-3  # of the number of shapes, in the fit
_NUM_FITTED = 8_000  # shapes
_CORRECTIONS = 3  # of where a pull leads, by what the picture there shows


def _turns(factors: dict[str, np.ndarray], symmetry: int) -> dict[str, np.ndarray]:
    """Factors on a circle as shares of it, float [N]; 0 for an outline that shows no angle."""
    return {
        "hue": factors["hue"],
        "angle": np.nan_to_num(factors["angle"]) * symmetry / 360,
    }


def _regressors(factors: dict[str, np.ndarray], symmetry: int) -> np.ndarray:
    """Factors as numbers on which a code may hang linearly, float [N, P].

    Those on a line and their products in pairs; waves of those on a circle; and each of these with
    each of those, and the slower waves of both circles with each other: what a turn does to a code
    hangs on where the shape stands, how large it is and what colour it has.
    """
    line = [np.ones(len(factors["hue"]))]
    for name in _ON_A_LINE:
        low, high = FACTORS[name]
        # What is measured off a picture that is no shape may lie anywhere.
        line.append(np.clip(2 * (factors[name] - low) / (high - low) - 1, -1.5, 1.5))
    pairs = np.stack([a * b for i, a in enumerate(line) for b in line[i:]], -1)
    hue, angle = (
        np.stack([wave(2 * np.pi * m * turn) for m in _WAVES for wave in (np.cos, np.sin)], -1)
        for turn in _turns(factors, symmetry).values()
    )

    def products(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a[:, :, None] * b[:, None]).reshape(len(a), -1)

    waves = np.concatenate([hue, angle], -1)
    return np.concatenate([pairs, products(pairs, waves), products(hue[:, :4], angle[:, :4])], -1)


def fit_factors(model: Model, shapes: Dataset | None = None) -> np.ndarray:
    """How codes hang on the factors of what they are codes of, float32 [K, P, Z].

    Of each class the ridge regression of the mean of q(z|x, y), where the class's prior has it,
    on P numbers made of the factors.

    Args:
        shapes: what to fit to; 8,000 training images.

    Raises:
        ValueError: the model has no encoder, or is of another data set.
    """
    if not spec(model.config.dataset).factors or "encode" not in model.capabilities:
        raise ValueError(f"{model.name} has no encoder of shapes, whose factors are known")
    shapes = shapes or load(model.config.dataset, limit=_NUM_FITTED)
    factors = shapes.factors or {}
    codes = model.encode(to_float(shapes.images), shapes.labels)
    codes = model.from_prior(codes, shapes.labels)
    kernels = []
    for label, name in enumerate(SHAPES):
        of_it = shapes.labels == label
        some = {factor: values[of_it] for factor, values in factors.items()}
        known = _regressors(some, SYMMETRY[name])
        gram = known.T @ known + _RIDGE * len(known) * np.eye(known.shape[1])
        kernels.append(np.linalg.solve(gram, known.T @ codes[of_it]))
    return np.stack(kernels).astype(np.float32)


def _pulled(here: dict[str, np.ndarray], pulls: np.ndarray, symmetry: int) -> dict[str, np.ndarray]:
    """The factors after N settings of the sliders, each float [N]; `here` holds one of each."""
    there = dict(here)
    for name, pull in zip(NAMES, pulls.T, strict=False):
        if name == "hue":
            there[name] = here[name] + pull / 2
        elif name == "angle":
            there[name] = here[name] + pull * 180 / max(symmetry, 1)
        else:
            low, high = FACTORS[name]
            room = np.where(pull > 0, high - here[name], here[name] - low)
            there[name] = here[name] + pull * np.maximum(room, 0)
    return there


def _error(
    wanted: dict[str, np.ndarray], measured: dict[str, np.ndarray], symmetry: int
) -> np.ndarray:
    """How far pictures are from the factors that are wanted, float [N]: shares of the ranges of
    those on a line, 1 - cos of those on a circle, summed."""
    turns, other = _turns(wanted, symmetry), _turns(measured, symmetry)
    circles = [1 - np.cos(2 * np.pi * (turns[name] - other[name])) for name in turns]
    line = [np.abs(wanted[name] - measured[name]) / np.ptp(FACTORS[name]) for name in _ON_A_LINE]
    return np.sum(circles + line, 0)


def _pull(
    model: Model, fitted: np.ndarray, z: np.ndarray, label: int, pulls: np.ndarray
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The factors that are wanted after N settings of the sliders, float [N] each, and the z that
    come nearest to them, [N, Z]."""
    symmetry = SYMMETRY[SHAPES[label]]

    def measure(z: np.ndarray) -> dict[str, np.ndarray]:
        labels = np.full(len(z), label)
        return measure_shapes(to_uint8(model.decode(z, labels)), labels)

    measured = measure(z[None])
    wanted = _pulled(measured, np.asarray(pulls, float), symmetry)
    target, labels = _regressors(wanted, symmetry), np.full(len(pulls), label)
    codes = np.repeat(model.from_prior(z[None], [label]), len(pulls), 0)
    best, least = np.repeat(z[None], len(pulls), 0), np.full(len(pulls), np.inf)
    for _ in range(1 + _CORRECTIONS):
        codes = codes + (target - _regressors(measured, symmetry)) @ fitted[label]
        reached = model.to_prior(codes, labels)
        measured = measure(reached)
        error = _error(wanted, measured, symmetry)
        best = np.where((error < least)[:, None], reached, best)
        least = np.minimum(error, least)
    return wanted, best


def pull_factors(
    model: Model, fitted: np.ndarray, z: np.ndarray, shape: str, pulls: np.ndarray
) -> np.ndarray:
    """z moved so that the factors of its picture change, float32 [N, Z].

    The factors as they are are read off the picture of z; what the codes of drawn shapes differ by
    between these and those after the pull is added. Then the factors are read off the new picture,
    what is still missing is added in the same way, and so on; the nearest of them is returned.

    Args:
        fitted: of `fit_factors`.
        z: [Z].
        shape: the class that is drawn.
        pulls: [N, F] in [-1, 1], F <= 6, of the first of `NAMES`. 0 leaves a factor alone; ±1 goes
            to the ends of its range, or half-way around its circle.

    Raises:
        ValueError: there is no such shape.
    """
    return _pull(model, fitted, z, SHAPES.index(shape), pulls)[1]


def factor_correlations(model: Model, num: int = 500) -> dict[str, float]:
    """{name: how well the factor in the picture follows its slider}, for every factor.

    Of num draws of z of all classes, each with one slider pulled by chance and the others at 0. On
    a line Pearson's correlation of where the factor shall be and what is measured; on a circle the
    mean cosine of the angle between the two, which is 1 where they agree and 0 by chance. Classes
    that show no angle are left out of that of the angle. What is measured is what pulls are
    corrected by, `data.measure_shapes`. Raises what `fit_factors` raises.
    """
    fitted = fit_factors(model)
    rng = np.random.default_rng(0)
    out = {}
    for column, name in enumerate(NAMES):
        labels = [
            label
            for label in (np.arange(num) % len(SHAPES)).tolist()
            if name != "angle" or SYMMETRY[SHAPES[label]]
        ]
        wanted, moved = [], []
        for z, label in zip(model.latents(3, len(labels)), labels, strict=True):
            pulls = np.zeros((1, len(NAMES)))
            pulls[0, column] = rng.uniform(-1, 1)
            factors, (end,) = _pull(model, fitted, z, label, pulls)
            wanted.append(factors[name][0])
            moved.append(end)
        pictures = to_uint8(model.decode(np.stack(moved), labels))
        measured, wanted = measure_shapes(pictures, np.array(labels))[name], np.array(wanted)
        if name in _ON_A_LINE:
            out[name] = float(np.corrcoef(wanted, measured)[0, 1])
        else:
            period = [360 / SYMMETRY[SHAPES[y]] for y in labels] if name == "angle" else 1.0
            out[name] = float(np.cos(2 * np.pi * (measured - wanted) / period).mean())
    return out
