"""Points in a model's latent space, as sliders set them."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from demo.service import checks
from demo.text import text
from dgm.analysis import factors, latent
from dgm.analysis.latent import NUM_DIRECTIONS
from dgm.model import Model

MAX_SEED = 999_999_999
SLIDER_RANGE = 3.0  # standard deviations of the latent prior, each way
MAX_LATENT = 20.0  # largest absolute value in a latent vector that was sent
DIRECTION_KINDS = (*latent.DIRECTIONS, "factors")


@dataclass(frozen=True)
class Setting:
    """A point in a model's latent space, and the class to be generated there."""

    name: str  # of the model
    label: str  # an unconditional model ignores it
    seed: int = 0
    truncation: float = 1.0  # of the latent vector; 1 is none
    # How far along each of the strongest directions, in standard deviations of the prior; there
    # may be fewer than directions.
    sliders: Sequence[float] = ()
    kind: str = "picture"  # of the directions, one of DIRECTION_KINDS
    offsets: Sequence[float] = ()  # of the first coordinates of the latent vector, in the same unit
    z: Sequence[float] | None = None  # a latent vector instead of the one drawn with the seed


class LatentPoints:
    """Computes the latent vectors of settings, and the directions that sliders lead along."""

    def __init__(self):
        self._lock = threading.Lock()
        # Kinds of directions that a model is not released with, as long as it is in memory; of the
        # kind "factors" what `factors.fit_factors` found.
        self._directions: WeakKeyDictionary[Model, tuple[dict[str, np.ndarray], threading.Lock]] = (
            WeakKeyDictionary()
        )

    def directions(self, model: Model, kind: str = "picture") -> np.ndarray:
        """A model's strongest latent directions of a kind, float32 [D, Z], D <= 8.

        Those of the kind "picture" come with the model; others are found when first asked for, in
        some seconds. Of the kind "factors" it is how latent vectors depend on them, see
        `factors.fit_factors`.

        Raises:
            ValueError: no such kind, or the model has none of it.
        """
        if not isinstance(kind, str) or kind not in DIRECTION_KINDS:
            raise ValueError(
                text("errors.directions", kinds=", ".join(DIRECTION_KINDS), kind=checks.short(kind))
            )
        if kind == "picture":
            return model.directions
        with self._lock:
            found, finding = self._directions.setdefault(model, ({}, threading.Lock()))
        with finding:  # of several that ask at once, one finds them
            if kind not in found:
                find = {**latent.DIRECTIONS, "factors": factors.fit_factors}[kind]
                found[kind] = find(model)
            return found[kind]

    def latent(self, model: Model, setting: Setting) -> np.ndarray:
        """z of a setting, float32 [Z], by the same operations as in `python_program`.

        Raises:
            ValueError: a value of the setting does not fit the model.
        """
        z = self._start(model, setting)
        sliders = trimmed(checks.numbers(setting.sliders, "sliders", NUM_DIRECTIONS, SLIDER_RANGE))
        # Directions that are still to be found keep nobody waiting until a slider uses them.
        if sliders and setting.kind == "factors":
            (z,) = self._with_factors(model, setting, z, [sliders])
        elif sliders:
            directions = self.directions(model, setting.kind)[: len(sliders)]
            z = z + np.array(sliders[: len(directions)], np.float32) @ directions
        return self._with_offsets(setting, z)

    def slider_ends(self, model: Model, setting: Setting) -> np.ndarray:
        """z at the lowest and highest value of the first slider with the others as they are, then
        of the second, …: float32 [2 D, Z], D directions, 8 or fewer.

        Raises:
            ValueError: as `latent`.
        """
        z = self.latent(model, setting)  # so that what cannot be generated is refused
        directions = self.directions(model, setting.kind)
        num = len(factors.NAMES) if setting.kind == "factors" else len(directions)
        rows = []
        for i in range(num):
            for value in (-SLIDER_RANGE, SLIDER_RANGE):
                row = [*setting.sliders, *[0.0] * (num - len(setting.sliders))]
                row[i] = value
                rows.append(row)
        if not rows:
            return np.zeros((0, len(z)), np.float32)
        if setting.kind == "factors":  # in one batch: each alone is decoded and measured five times
            moved = self._with_factors(model, setting, self._start(model, setting), rows)
            return np.stack([self._with_offsets(setting, z) for z in moved])
        return np.stack([self.latent(model, replace(setting, sliders=row)) for row in rows])

    def sample(self, model: Model, seed: int, truncation: float) -> np.ndarray:
        """z drawn from the prior with a seed, float32 [Z].

        Raises:
            ValueError: seed or truncation are out of range.
        """
        seed = checks.whole(seed, "seed", 0, MAX_SEED)
        truncation = checks.number(truncation, "truncation", 0.0, 1.0)
        return model.latents(seed, 1, truncation)[0]

    def _start(self, model: Model, setting: Setting) -> np.ndarray:
        """z of a setting before its sliders, float32 [Z]."""
        if setting.z is None:
            return self.sample(model, setting.seed, setting.truncation)
        truncation = checks.number(setting.truncation, "truncation", 0.0, 1.0)
        size = model.latent_dim
        numbers = checks.numbers(setting.z, "z", size, MAX_LATENT)
        if len(numbers) != size:
            raise ValueError(text("errors.latent-size", model=model.name, size=size))
        return truncation * np.array(numbers, np.float32)

    def _with_factors(
        self, model: Model, setting: Setting, z: np.ndarray, rows: Sequence[Sequence[float]]
    ) -> np.ndarray:
        """z with the factors of each row of sliders, float32 [N, Z]."""
        fitted = self.directions(model, setting.kind)
        label = checks.generated_class(model.config, setting.label)
        pulls = np.array([row[: len(factors.NAMES)] for row in rows]) / SLIDER_RANGE
        return factors.pull_factors(model, fitted, z, label, pulls)

    @staticmethod
    def _with_offsets(setting: Setting, z: np.ndarray) -> np.ndarray:
        """z with the offsets of its coordinates."""
        offsets = trimmed(checks.numbers(setting.offsets, "offsets", len(z), SLIDER_RANGE))
        if offsets:
            z[: len(offsets)] += np.array(offsets, np.float32)
        return z


def trimmed(values: Sequence[float]) -> list[float]:
    """Without the zeros at the end, which move nothing."""
    return list(values[: max((i + 1 for i, value in enumerate(values) if value), default=0)])


def rounded(z: np.ndarray) -> np.ndarray:
    """A latent vector that is short to write down and to send, float64 [Z] of three decimals."""
    return np.round(np.clip(z.astype(float), -MAX_LATENT, MAX_LATENT), 3)
