"""Pictures that models generate: of points in latent space, and of paths between them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from demo.service import checks
from demo.service.latent_points import MAX_SEED, LatentPoints, Setting, rounded
from demo.service.model_store import ModelStore
from demo.service.program import python_program
from demo.text import text
from dgm.analysis import latent
from dgm.analysis.latent import NUM_DIRECTIONS, spherical_interpolation
from dgm.data import to_uint8
from dgm.model import Model

NUM_INTERPOLATED = 16  # pictures of an interpolation
SAMPLES_PER_CLASS = 6  # when all classes are shown
SAMPLES_OF_ONE_CLASS = 48  # when one class is shown
MAX_COMPARED_MODELS = 4  # side by side
MAX_WALK_STOPS = 5  # pictures that a walk leads through
MAX_WALK_PICTURES = 96
MAX_PER_BOX = 6  # pictures whose mean is taken in latent arithmetic


@dataclass(frozen=True)
class ArithmeticResult:
    """A − B + C of the mean latent vectors of three boxes of pictures."""

    z: list[float]  # [Z], of three decimals
    label: str  # the class that it is generated as
    picture: np.ndarray  # uint8 [32, 32, C]
    means: np.ndarray  # uint8 [3, 32, 32, C], of each box; black where it is empty


class Generation:
    """Generates pictures of settings, and writes the programs that do."""

    def __init__(self, models: ModelStore, points: LatentPoints):
        self._models = models
        self._points = points

    def generate(self, setting: Setting) -> np.ndarray:
        """The picture of a setting: uint8 [32, 32, C]."""
        model = self._models.generative_model(setting.name)
        z = self._points.latent(model, setting)
        label = checks.generated_class(model.config, setting.label)
        return to_uint8(model.decode(z[None], [label]))[0]

    def python_program(self, setting: Setting) -> str:
        """A program that generates the picture of a setting, the same to the pixel."""
        model = self._models.generative_model(setting.name)
        self._points.latent(model, setting)  # so that no program is written that would fail
        label = checks.generated_class(model.config, setting.label)
        folder = self._models.run(setting.name).folder
        return python_program(setting, label, f"{folder.parent.name}/{folder.name}")

    def slider_previews(self, setting: Setting) -> np.ndarray:
        """Where each slider leads from here: uint8 [2 D, 32, 32, C], D directions, 8 or fewer.

        The pictures at the lowest and highest value of the first slider with the others as they
        are, then those of the second, … Directions of a kind that nobody asked for before are found
        first, which takes some seconds. A run that is not finished has none of the kind "picture".
        """
        model = self._models.generative_model(setting.name)
        label = checks.generated_class(model.config, setting.label)
        z = self._points.slider_ends(model, setting)
        if not len(z):
            return np.zeros((0, 32, 32, model.config.channels), np.uint8)
        return to_uint8(model.decode(z, [label] * len(z)))

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
        if not model.abilities.is_conditional:
            num, names = num * len(names), [""]
        first = checks.whole(seed, "seed", 0, MAX_SEED)
        seeds = [(first + i) % (MAX_SEED + 1) for i in range(num)]
        z = np.stack([self._points.sample(model, seed, truncation) for seed in seeds])
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
            raise ValueError(text("errors.model-list", most=MAX_COMPARED_MODELS))
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
        num = checks.whole(num, "num", 2, 64)
        z_a = self._points.sample(model, seed_a, truncation)
        z_b = self._points.sample(model, seed_b, truncation)
        path = spherical_interpolation(z_a, z_b, np.linspace(0, 1, num))
        return to_uint8(model.decode(path, [checks.generated_class(model.config, label)] * num))

    def walk(self, stops: Sequence[Setting], num: int, closed: bool = False) -> np.ndarray:
        """The path through two to five settings of one model: uint8 [num, 32, 32, C].

        Each picture is generated as the class of the nearer stop.
        """
        model = self._model_of(stops, 2, MAX_WALK_STOPS)
        num = checks.whole(num, "num", 2, MAX_WALK_PICTURES)
        points = np.stack([self._points.latent(model, stop) for stop in stops])
        z = latent.walk(points, num, closed=bool(closed))
        positions = latent.walk_positions(len(stops), num, closed=bool(closed))
        nearest_stops = np.floor(positions + 0.5).astype(int)
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
            raise ValueError(text("errors.boxes", most=MAX_PER_BOX))
        means = [
            np.mean([self._points.latent(model, s) for s in box], 0) if box else np.zeros(())
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
            raise ValueError(
                text("errors.num-pictures", least=least, most=most, count=len(settings))
            )
        if any(setting.name != settings[0].name for setting in settings):
            raise ValueError(text("errors.one-model"))
        return self._models.generative_model(settings[0].name)


def warm_batches(model: Model) -> None:
    """Compile the generation of many pictures at once: slider previews and samples."""
    if "sample" in model.capabilities:
        for num in (2 * NUM_DIRECTIONS, SAMPLES_PER_CLASS * len(model.class_names)):
            model.decode(model.latents(0, num), [0] * num)
