"""Pictures that models generate: of points in latent space, and of paths between them."""

import dataclasses
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from demo.service import checks
from demo.service.model_store import ModelStore
from demo.service.runs import Run
from dgm import factors, latent
from dgm.data import to_uint8
from dgm.latent import NUM_DIRECTIONS
from dgm.model import Model

NUM_INTERPOLATED = 16  # pictures of an interpolation
SAMPLES_PER_CLASS = 6  # when all classes are shown
SAMPLES_OF_ONE_CLASS = 48  # when one class is shown
MAX_COMPARED_MODELS = 4  # side by side
MAX_SEED = 999_999_999
SLIDER_RANGE = 3.0  # standard deviations of the latent prior, each way
MAX_LATENT = 20.0  # largest absolute value in a latent vector that was sent
MAX_WALK_STOPS = 5  # pictures that a walk leads through
MAX_WALK_PICTURES = 96
MAX_PER_BOX = 6  # pictures whose mean is taken in latent arithmetic
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


@dataclass(frozen=True)
class ArithmeticResult:
    """A − B + C of the mean latent vectors of three boxes of pictures."""

    z: list[float]  # [Z], of three decimals
    label: str  # the class that it is generated as
    picture: np.ndarray  # uint8 [32, 32, C]
    means: np.ndarray  # uint8 [3, 32, 32, C], of each box; black where it is empty


class Generation:
    """Generates the picture of a setting, and writes the program that does."""

    def __init__(self, models: ModelStore):
        self._models = models
        self._lock = threading.Lock()
        # Kinds of directions that a model is not released with, as long as it is in memory; of the
        # kind "factors" what `factors.fit_factors` found.
        self._directions: WeakKeyDictionary[Model, tuple[dict[str, np.ndarray], threading.Lock]] = (
            WeakKeyDictionary()
        )

    def generate(self, setting: Setting) -> np.ndarray:
        """The picture of a seed, moved along the strongest latent directions: uint8 [32, 32, C]."""
        model = self._models.generative_model(setting.name)
        z = self._latent(model, setting)
        return to_uint8(
            model.decode(z[None], [checks.generated_class(model.config, setting.label)])
        )[0]

    def slider_previews(self, setting: Setting) -> np.ndarray:
        """Where each slider leads from here: uint8 [2 D, 32, 32, C], D directions, 8 or fewer.

        The pictures at the lowest and highest value of the first slider with the others as they
        are, then those of the second, … Directions of a kind that nobody asked for before are found
        first, which takes some seconds. A run that is not finished has none of the kind "picture".
        """
        model = self._models.generative_model(setting.name)
        self._latent(model, setting)  # so that what cannot be generated is refused
        directions = self._directions_of(model, setting.kind)
        num = len(factors.NAMES) if setting.kind == "factors" else len(directions)
        if not num:
            return np.zeros((0, 32, 32, model.config.channels), np.uint8)
        settings = []
        for i in range(num):
            for value in (-SLIDER_RANGE, SLIDER_RANGE):
                sliders = [*setting.sliders, *[0.0] * (num - len(setting.sliders))]
                sliders[i] = value
                settings.append(dataclasses.replace(setting, sliders=sliders))
        if setting.kind == "factors":  # in one batch: each alone is decoded and measured five times
            rows = [list(preview.sliders) for preview in settings]
            z = self._with_factors(model, setting, self._start(model, setting), rows)
            points = [self._with_offsets(point, setting) for point in z]
        else:
            points = [self._latent(model, preview) for preview in settings]
        labels = [checks.generated_class(model.config, setting.label)] * len(points)
        return to_uint8(model.decode(np.stack(points), labels))

    def samples(
        self, name: str, label: str | None = None, seed: int = 0, truncation: float = 1.0
    ) -> tuple[np.ndarray, list[int], list[str]]:
        """Pictures of seeds from `seed` on: (uint8 [N, 32, 32, C], their seeds, their classes).

        48 of one class; without a class 6 of each, class after class, with the same 6 seeds. Each
        is the picture that `generate` gives for its seed and class. An unconditional model gives as
        many, each with its own seed; their classes are "".
        """
        model = self._models.generative_model(name)
        num = SAMPLES_PER_CLASS if label is None else SAMPLES_OF_ONE_CLASS
        names = (
            model.class_names if label is None else [checks.generated_class(model.config, label)]
        )
        if not model.config.is_conditional:
            num, names = num * len(names), [""]
        first = checks.whole(seed, "seed", 0, MAX_SEED)
        seeds = [(first + i) % (MAX_SEED + 1) for i in range(num)]
        z = np.stack([self._sampled(model, seed, truncation) for seed in seeds])
        labels = [name for name in names for _ in seeds]
        classes = [checks.generated_class(model.config, label) for label in labels]
        pictures = to_uint8(model.decode(np.tile(z, (len(names), 1)), classes))
        return pictures, seeds * len(names), labels

    def samples_by_model(
        self, names: Sequence[str], label: str | None = None, seed: int = 0
    ) -> dict[str, np.ndarray]:
        """The same seeds and class through up to four models: the pictures of `samples`, by name.

        Raises:
            ValueError: no model, too many, or one that does not generate this.
        """
        fits = isinstance(names, list | tuple) and 1 <= len(names) <= MAX_COMPARED_MODELS
        if not fits:
            raise ValueError(f"The models must be a list of 1 to {MAX_COMPARED_MODELS} names.")
        return {name: self.samples(name, label, seed)[0] for name in names}

    def interpolate(
        self,
        name: str,
        label: str,
        seed_a: int = 0,
        seed_b: int = 1,
        truncation: float = 1.0,
        num: int = NUM_INTERPOLATED,
    ) -> np.ndarray:
        """The path between two seeds, both ends included: uint8 [num, 32, 32, C]."""
        model = self._models.generative_model(name)
        num = checks.whole(num, "the number of pictures", 2, 64)
        z_a = self._sampled(model, seed_a, truncation)
        z_b = self._sampled(model, seed_b, truncation)
        return to_uint8(
            model.interpolate(z_a, z_b, checks.generated_class(model.config, label), num)
        )

    # --- points and directions -------------------------------------------------------------------

    def directions(self, name: str, kind: str = "picture") -> np.ndarray:
        """A model's strongest latent directions of a kind, float32 [D, Z], D <= 8.

        Those of the kind "picture" come with the model; others are found when first asked for. Of
        the kind "factors" it is how latent vectors depend on them, see `factors.fit_factors`.

        Raises:
            ValueError: no such model or kind, or the model generates nothing.
        """
        return self._directions_of(self._models.generative_model(name), kind)

    def _directions_of(self, model: Model, kind: str) -> np.ndarray:
        if not isinstance(kind, str) or kind not in DIRECTION_KINDS:
            raise ValueError(
                f"The kind of directions is one of {', '.join(DIRECTION_KINDS)}, "
                f"not {checks.short(kind)}."
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

    def _latent(self, model: Model, setting: Setting) -> np.ndarray:
        """z of a setting, float32 [Z], by the same operations as in `python_program`."""
        z = self._start(model, setting)
        sliders = _trimmed(checks.numbers(setting.sliders, "slider", NUM_DIRECTIONS, SLIDER_RANGE))
        # Directions that are still to be found keep nobody waiting until a slider uses them.
        if sliders and setting.kind == "factors":
            (z,) = self._with_factors(model, setting, z, [sliders])
        elif sliders:
            directions = self._directions_of(model, setting.kind)[: len(sliders)]
            z = z + np.array(sliders[: len(directions)], np.float32) @ directions
        return self._with_offsets(z, setting)

    def _start(self, model: Model, setting: Setting) -> np.ndarray:
        """z of a setting before its sliders, float32 [Z]."""
        if setting.z is None:
            return self._sampled(model, setting.seed, setting.truncation)
        truncation = checks.number(setting.truncation, "truncation", 0.0, 1.0)
        return truncation * self._vector(model, setting.z)

    def _with_factors(
        self, model: Model, setting: Setting, z: np.ndarray, rows: list[list[float]]
    ) -> np.ndarray:
        """z with the factors of each row of sliders, float32 [N, Z]."""
        fitted = self._directions_of(model, setting.kind)
        label = checks.generated_class(model.config, setting.label)
        pulls = np.array([sliders[: len(factors.NAMES)] for sliders in rows]) / SLIDER_RANGE
        return factors.pull_factors(model, fitted, z, label, pulls)

    @staticmethod
    def _with_offsets(z: np.ndarray, setting: Setting) -> np.ndarray:
        """z with the offsets of its coordinates."""
        offsets = _trimmed(checks.numbers(setting.offsets, "offset", len(z), SLIDER_RANGE))
        if offsets:
            z[: len(offsets)] += np.array(offsets, np.float32)
        return z

    def _sampled(self, model: Model, seed: int, truncation: float) -> np.ndarray:
        """z drawn from the prior with a seed, float32 [Z]."""
        seed = checks.whole(seed, "seed", 0, MAX_SEED)
        return model.latents(seed, 1, checks.number(truncation, "truncation", 0.0, 1.0))[0]

    @staticmethod
    def _vector(model: Model, z: Sequence[float]) -> np.ndarray:
        size = model.config.latent_dim
        numbers = checks.numbers(z, "coordinate", size, MAX_LATENT)
        if len(numbers) != size:
            raise ValueError(f"A latent vector of {model.name} has {size} numbers.")
        return np.array(numbers, np.float32)

    def python_program(self, setting: Setting) -> str:
        """A program that generates the picture of a setting, the same to the pixel."""
        model = self._models.generative_model(setting.name)
        self._latent(model, setting)  # so that no program is written that would fail
        label = checks.generated_class(model.config, setting.label)
        folder = self._models.run(setting.name).folder
        path = f"{folder.parent.name}/{folder.name}"
        sliders, offsets = _trimmed(setting.sliders), _trimmed(setting.offsets)
        imports = ["import dgm", "from dgm.data import to_uint8"]
        if sliders and setting.kind != "picture":
            module = "factors" if setting.kind == "factors" else "latent"
            imports.insert(1, f"from dgm import {module}")
        lines = ["import numpy as np"] if sliders or offsets or setting.z is not None else []
        lines += ["from PIL import Image", "", *imports, ""]
        lines.append(f"model = dgm.load({path!r})")
        if setting.z is None:
            sampled = f"model.latents({int(setting.seed)}, 1, truncation={setting.truncation})[0]"
            lines.append(f"z = {sampled}  # seed {int(setting.seed)}")
        else:
            lines.append(f"z = {setting.truncation} * np.float32({list(setting.z)})")
        if sliders and setting.kind == "factors":
            lines.append("fitted = factors.fit_factors(model)")
            pulls = sliders[: len(factors.NAMES)]
            lines.append(f"pulls = np.array([{pulls}]) / {SLIDER_RANGE}")
            lines.append(f"(z,) = factors.pull_factors(model, fitted, z, {label!r}, pulls)")
        elif sliders:
            if setting.kind == "picture":
                lines.append("directions = model.directions")
            else:
                function = latent.DIRECTIONS[setting.kind].__name__
                lines.append(f"directions = latent.{function}(model)")
            lines.append(f"sliders = np.float32({sliders})")
            lines.append("z = z + sliders[: len(directions)] @ directions[: len(sliders)]")
        if offsets:
            lines.append(f"z[:{len(offsets)}] += np.float32({offsets})")
        lines.append(f"(picture,) = to_uint8(model.decode(z[None], [{label!r}]))")
        lines.append('Image.fromarray(picture.squeeze()).save("picture.png")')
        return "\n".join(lines) + "\n"

    # --- walks and arithmetic --------------------------------------------------------------------

    def walk(self, stops: Sequence[Setting], num: int, closed: bool = False) -> np.ndarray:
        """The path through two to five settings of one model: uint8 [num, 32, 32, C].

        Each picture is generated as the class of the nearer stop.
        """
        model = self._model_of(stops, 2, MAX_WALK_STOPS)
        num = checks.whole(num, "the number of pictures", 2, MAX_WALK_PICTURES)
        z = latent.walk(np.stack([self._latent(model, s) for s in stops]), num, closed=bool(closed))
        nearest_stops = np.floor(latent.places(len(stops), num, closed=bool(closed)) + 0.5).astype(
            int
        )
        labels = [checks.generated_class(model.config, s.label) for s in stops]
        return to_uint8(model.decode(z, [labels[i % len(stops)] for i in nearest_stops]))

    def arithmetic(
        self, a: Sequence[Setting], b: Sequence[Setting], c: Sequence[Setting]
    ) -> ArithmeticResult:
        """The mean z of `a` less that of `b` plus that of `c` (Radford 2015); an empty box is 0.

        A mean is generated as the class of its first picture, the result as that of `c`, else `a`.
        """
        model = self._model_of([*a, *b, *c], 1, 3 * MAX_PER_BOX)
        if not a or max(map(len, (a, b, c))) > MAX_PER_BOX:
            raise ValueError(f"A needs a picture, and a box holds {MAX_PER_BOX} at most.")
        means = [
            np.mean([self._latent(model, s) for s in box], 0) if box else np.zeros(())
            for box in (a, b, c)
        ]
        z = rounded(means[0] - means[1] + means[2])
        labels = [checks.generated_class(model.config, (box or a)[0].label) for box in (a, b, c)]
        points = [*[mean if mean.ndim else np.zeros_like(z) for mean in means], z]
        pictures = to_uint8(model.decode(np.stack(points), [*labels, labels[2]]))
        pictures[[i for i, box in enumerate((a, b, c)) if not box]] = 0
        return ArithmeticResult(z.tolist(), labels[2], pictures[3], pictures[:3])

    def _model_of(self, settings: Sequence[Setting], least: int, most: int) -> Model:
        """The one model of all these settings, `least` to `most` in number."""
        if not least <= len(settings) <= most:
            raise ValueError(f"Choose {least} to {most} pictures, not {len(settings)}.")
        if any(setting.name != settings[0].name for setting in settings):
            raise ValueError("All the pictures must be of one model: each has a space of its own.")
        return self._models.generative_model(settings[0].name)


def rounded(z: np.ndarray) -> np.ndarray:
    """A latent vector that is short to write down and to send, float64 [Z] of three decimals."""
    return np.round(np.clip(z.astype(float), -MAX_LATENT, MAX_LATENT), 3)


def _trimmed(values: Sequence[float]) -> list[float]:
    """Without the zeros at the end, which move nothing."""
    return list(values[: max((i + 1 for i, value in enumerate(values) if value), default=0)])


def warm_batches(run: Run, model: Model) -> None:
    """Compile the generation of many pictures at once: slider previews and samples."""
    if run.generates:
        for num in (2 * NUM_DIRECTIONS, SAMPLES_PER_CLASS * len(model.class_names)):
            model.decode(model.latents(0, num), [0] * num)
