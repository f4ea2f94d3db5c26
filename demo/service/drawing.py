"""Pictures that models draw: of points in latent space, and of ways between them."""

import dataclasses
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from demo.service import checks
from demo.service.runs import Run
from demo.service.shelf import Shelf
from dgm import factors, latent
from dgm.data import to_uint8
from dgm.latent import NUM_DIRECTIONS
from dgm.model import Model

NUM_BETWEEN = 16  # pictures of an interpolation
NUM_A_CLASS = 6  # samples of each class when all are shown
NUM_OF_ONE_CLASS = 48  # samples when one class is shown
MOST_COMPARED = 4  # models whose pictures are drawn side by side
LARGEST_SEED = 999_999_999
SLIDER_RANGE = 3.0  # standard deviations of the latent prior, each way
LARGEST_LATENT = 20.0  # of a latent vector that was sent, each way
MOST_STOPS = 5  # pictures that a walk leads through
LONGEST_WALK = 96  # pictures
MOST_IN_A_BOX = 6  # pictures whose mean is taken
KINDS = (*latent.DIRECTIONS, "factors")  # of what sliders lead along


@dataclass(frozen=True)
class Setting:
    """A point in a model's latent space, and the class to be drawn there."""

    name: str  # of the model
    label: str  # one that cannot be asked for a class draws what it will, whichever this is
    seed: int = 0
    truncation: float = 1.0  # of the latent vector; 1 is none
    # How far along each of the strongest directions, in standard deviations of the prior; there
    # may be fewer than directions.
    sliders: Sequence[float] = ()
    kind: str = "picture"  # of the directions, one of KINDS
    offsets: Sequence[float] = ()  # of the first coordinates of the latent vector, in the same unit
    z: Sequence[float] | None = None  # a latent vector in place of the one that the seed draws


@dataclass(frozen=True)
class Sum:
    """A − B + C of the mean latent vectors of three boxes of pictures."""

    z: list[float]  # [Z], of three decimals
    label: str  # the class that it is drawn as
    picture: np.ndarray  # uint8 [32, 32, C]
    means: np.ndarray  # uint8 [3, 32, 32, C], of each box; black where it is empty


class Drawing:
    """Draws what was set, and writes down how."""

    def __init__(self, shelf: Shelf):
        self._shelf = shelf
        self._lock = threading.Lock()
        # Other kinds of directions than a model comes with, for as long as it is kept; of the kind
        # "factors" what `factors.fit_factors` found.
        self._directions: WeakKeyDictionary[Model, tuple[dict[str, np.ndarray], threading.Lock]] = (
            WeakKeyDictionary()
        )

    def generate(self, setting: Setting) -> np.ndarray:
        """The picture of a seed, moved along the strongest latent directions: uint8 [32, 32, C]."""
        model = self._shelf.drawing_model(setting.name)
        z = self._point(model, setting)
        return to_uint8(model.decode(z[None], [checks.drawn_class(model.config, setting.label)]))[0]

    def direction_ends(self, setting: Setting) -> np.ndarray:
        """Where each slider leads from here: uint8 [2 D, 32, 32, C], D directions, 8 or fewer.

        The two ends of the first slider with the others as they are, then those of the second, …
        Of a kind that nobody asked for before, the directions are found first: some seconds. A
        run that is not finished has none of the kind "picture" yet.
        """
        model = self._shelf.drawing_model(setting.name)
        self._point(model, setting)  # so that what cannot be drawn is refused
        directions = self._directions_of(model, setting.kind)
        num = len(factors.NAMES) if setting.kind == "factors" else len(directions)
        if not num:
            return np.zeros((0, 32, 32, model.config.channels), np.uint8)
        settings = []
        for i in range(num):
            for end in (-SLIDER_RANGE, SLIDER_RANGE):
                sliders = [*setting.sliders, *[0.0] * (num - len(setting.sliders))]
                sliders[i] = end
                settings.append(dataclasses.replace(setting, sliders=sliders))
        if setting.kind == "factors":  # all at once: each alone is drawn and measured five times
            rows = [end.sliders for end in settings]
            z = self._pulled(model, setting, self._start(model, setting), rows)
            ends = [self._moved(end, setting) for end in z]
        else:
            ends = [self._point(model, end) for end in settings]
        labels = [checks.drawn_class(model.config, setting.label)] * len(ends)
        return to_uint8(model.decode(np.stack(ends), labels))

    def samples(
        self, name: str, label: str | None = None, seed: int = 0, truncation: float = 1.0
    ) -> tuple[np.ndarray, list[int], list[str]]:
        """Pictures of seeds from `seed` on: (uint8 [N, 32, 32, C], their seeds, their classes).

        Of one class 48; without a class 6 of each, class after class, with the same 6 seeds. Each
        is the picture that `generate` draws of its seed and class. A model that cannot be asked for
        a class draws as many, of a seed each; their classes are "".
        """
        model = self._shelf.drawing_model(name)
        num = NUM_A_CLASS if label is None else NUM_OF_ONE_CLASS
        names = model.class_names if label is None else [checks.drawn_class(model.config, label)]
        if not model.config.is_conditional:
            num, names = num * len(names), [""]
        first = checks.whole(seed, "seed", 0, LARGEST_SEED)
        seeds = [(first + i) % (LARGEST_SEED + 1) for i in range(num)]
        z = np.stack([self._latent(model, seed, truncation) for seed in seeds])
        labels = [name for name in names for _ in seeds]
        asked = [checks.drawn_class(model.config, label) for label in labels]
        pictures = to_uint8(model.decode(np.tile(z, (len(names), 1)), asked))
        return pictures, seeds * len(names), labels

    def samples_of(
        self, names: Sequence[str], label: str | None = None, seed: int = 0
    ) -> dict[str, np.ndarray]:
        """The same seeds and class through up to four models: the pictures of `samples`, by name.

        Raises:
            ValueError: no model, too many, or one that does not draw this.
        """
        fits = isinstance(names, list | tuple) and 1 <= len(names) <= MOST_COMPARED
        if not fits:
            raise ValueError(f"The models must be a list of 1 to {MOST_COMPARED} names.")
        return {name: self.samples(name, label, seed)[0] for name in names}

    def interpolate(
        self,
        name: str,
        label: str,
        seed_a: int = 0,
        seed_b: int = 1,
        truncation: float = 1.0,
        num: int = NUM_BETWEEN,
    ) -> np.ndarray:
        """The way between two seeds, both ends included: uint8 [num, 32, 32, C]."""
        model = self._shelf.drawing_model(name)
        num = checks.whole(num, "the number of pictures", 2, 64)
        z_a = self._latent(model, seed_a, truncation)
        z_b = self._latent(model, seed_b, truncation)
        return to_uint8(model.interpolate(z_a, z_b, checks.drawn_class(model.config, label), num))

    # --- points and directions -------------------------------------------------------------------

    def directions(self, name: str, kind: str = "picture") -> np.ndarray:
        """A model's strongest latent directions of a kind, float32 [D, Z], D <= 8.

        Those of the kind "picture" come with the model; others are found when first asked for. Of
        the kind "factors" it is how codes hang on them, see `factors.fit_factors`.

        Raises:
            ValueError: no such model or kind, or the model draws nothing.
        """
        return self._directions_of(self._shelf.drawing_model(name), kind)

    def _directions_of(self, model: Model, kind: str) -> np.ndarray:
        if not isinstance(kind, str) or kind not in KINDS:
            raise ValueError(
                f"The kind of directions is one of {', '.join(KINDS)}, not {checks.short(kind)}."
            )
        if kind == "picture":
            return model.directions
        with self._lock:
            found, turn = self._directions.setdefault(model, ({}, threading.Lock()))
        with turn:  # of several that ask at once, one finds them
            if kind not in found:
                find = {**latent.DIRECTIONS, "factors": factors.fit_factors}[kind]
                found[kind] = find(model)
            return found[kind]

    def _point(self, model: Model, setting: Setting) -> np.ndarray:
        """z of a setting, float32 [Z]: the very operations that `python_of` writes down."""
        z = self._start(model, setting)
        sliders = _trimmed(checks.numbers(setting.sliders, "slider", NUM_DIRECTIONS, SLIDER_RANGE))
        # A kind whose directions are still to be found keeps nobody waiting until it is used.
        if sliders and setting.kind == "factors":
            (z,) = self._pulled(model, setting, z, [sliders])
        elif sliders:
            directions = self._directions_of(model, setting.kind)[: len(sliders)]
            z = z + np.float32(sliders[: len(directions)]) @ directions
        return self._moved(z, setting)

    def _start(self, model: Model, setting: Setting) -> np.ndarray:
        """z of a setting before its sliders, float32 [Z]."""
        if setting.z is None:
            return self._latent(model, setting.seed, setting.truncation)
        truncation = checks.number(setting.truncation, "truncation", 0.0, 1.0)
        return truncation * self._vector(model, setting.z)

    def _pulled(
        self, model: Model, setting: Setting, z: np.ndarray, rows: list[list[float]]
    ) -> np.ndarray:
        """z after each row of sliders of factors, float32 [N, Z]."""
        fitted = self._directions_of(model, setting.kind)
        shape = checks.drawn_class(model.config, setting.label)
        pulls = np.array([sliders[: len(factors.NAMES)] for sliders in rows]) / SLIDER_RANGE
        return factors.pull_factors(model, fitted, z, shape, pulls)

    @staticmethod
    def _moved(z: np.ndarray, setting: Setting) -> np.ndarray:
        """z after a setting's offsets of its coordinates."""
        offsets = _trimmed(checks.numbers(setting.offsets, "offset", len(z), SLIDER_RANGE))
        if offsets:
            z[: len(offsets)] += np.float32(offsets)
        return z

    def _latent(self, model: Model, seed: int, truncation: float) -> np.ndarray:
        seed = checks.whole(seed, "seed", 0, LARGEST_SEED)
        return model.latents(seed, 1, checks.number(truncation, "truncation", 0.0, 1.0))[0]

    @staticmethod
    def _vector(model: Model, z: Sequence[float]) -> np.ndarray:
        size = model.config.latent_dim
        numbers = checks.numbers(z, "coordinate", size, LARGEST_LATENT)
        if len(numbers) != size:
            raise ValueError(f"A latent vector of {model.name} has {size} numbers.")
        return np.float32(numbers)

    def python_of(self, setting: Setting) -> str:
        """A program that draws the picture of a setting, the same to the pixel."""
        model = self._shelf.drawing_model(setting.name)
        self._point(model, setting)  # so that nothing is written down that cannot be drawn
        label = checks.drawn_class(model.config, setting.label)
        folder = self._shelf.run(setting.name).folder
        place = f"{folder.parent.name}/{folder.name}"
        sliders, offsets = _trimmed(setting.sliders), _trimmed(setting.offsets)
        imports = ["import dgm", "from dgm.data import to_uint8"]
        if sliders and setting.kind != "picture":
            module = "factors" if setting.kind == "factors" else "latent"
            imports.insert(1, f"from dgm import {module}")
        lines = ["import numpy as np"] if sliders or offsets or setting.z is not None else []
        lines += ["from PIL import Image", "", *imports, ""]
        lines.append(f"model = dgm.load({place!r})")
        if setting.z is None:
            drawn = f"model.latents({int(setting.seed)}, 1, truncation={setting.truncation})[0]"
            lines.append(f"z = {drawn}  # seed {int(setting.seed)}")
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
                found = latent.DIRECTIONS[setting.kind].__name__
                lines.append(f"directions = latent.{found}(model)")
            lines.append(f"sliders = np.float32({sliders})")
            lines.append("z = z + sliders[: len(directions)] @ directions[: len(sliders)]")
        if offsets:
            lines.append(f"z[:{len(offsets)}] += np.float32({offsets})")
        lines.append(f"(picture,) = to_uint8(model.decode(z[None], [{label!r}]))")
        lines.append('Image.fromarray(picture.squeeze()).save("picture.png")')
        return "\n".join(lines) + "\n"

    # --- walks and sums --------------------------------------------------------------------------

    def walk(self, stops: Sequence[Setting], num: int, closed: bool = False) -> np.ndarray:
        """The way through two to five settings of one model: uint8 [num, 32, 32, C].

        Each picture is drawn as the class of the stop that is nearer.
        """
        model = self._model_of(stops, 2, MOST_STOPS)
        num = checks.whole(num, "the number of pictures", 2, LONGEST_WALK)
        z = latent.walk(np.stack([self._point(model, s) for s in stops]), num, closed=bool(closed))
        nearest = np.floor(latent.places(len(stops), num, closed=bool(closed)) + 0.5).astype(int)
        labels = [checks.drawn_class(model.config, s.label) for s in stops]
        return to_uint8(model.decode(z, [labels[i % len(stops)] for i in nearest]))

    def combine(self, a: Sequence[Setting], b: Sequence[Setting], c: Sequence[Setting]) -> Sum:
        """The mean z of `a` less that of `b` plus that of `c` (Radford 2015); an empty box is 0.

        A mean is drawn as the class of its first picture, the result as that of `c`, else `a`.
        """
        model = self._model_of([*a, *b, *c], 1, 3 * MOST_IN_A_BOX)
        if not a or max(map(len, (a, b, c))) > MOST_IN_A_BOX:
            raise ValueError(f"A needs a picture, and a box holds {MOST_IN_A_BOX} at most.")
        means = [
            np.mean([self._point(model, s) for s in box], 0) if box else np.zeros(())
            for box in (a, b, c)
        ]
        z = written(means[0] - means[1] + means[2])
        labels = [checks.drawn_class(model.config, (box or a)[0].label) for box in (a, b, c)]
        drawn = [*[mean if mean.ndim else np.zeros_like(z) for mean in means], z]
        pictures = to_uint8(model.decode(np.stack(drawn), [*labels, labels[2]]))
        pictures[[i for i, box in enumerate((a, b, c)) if not box]] = 0
        return Sum(z.tolist(), labels[2], pictures[3], pictures[:3])

    def _model_of(self, settings: Sequence[Setting], least: int, most: int) -> Model:
        """The one model that settings are of."""
        if not least <= len(settings) <= most:
            raise ValueError(f"Choose {least} to {most} pictures, not {len(settings)}.")
        if any(setting.name != settings[0].name for setting in settings):
            raise ValueError("All the pictures must be of one model: each has a space of its own.")
        return self._shelf.drawing_model(settings[0].name)


def written(z: np.ndarray) -> np.ndarray:
    """A latent vector as it can be written down and sent, float64 [Z] of three decimals."""
    return np.round(np.clip(z.astype(float), -LARGEST_LATENT, LARGEST_LATENT), 3)


def _trimmed(values: Sequence[float]) -> list[float]:
    """Without the zeros at the end, which move nothing."""
    return list(values[: max((i + 1 for i, value in enumerate(values) if value), default=0)])


def warm_sheets(run: Run, model: Model) -> None:
    """Compile the drawing of the sheets that have many pictures."""
    if run.draws:
        for num in (2 * NUM_DIRECTIONS, NUM_A_CLASS * len(model.class_names)):
            model.decode(model.latents(0, num), np.zeros(num, int))
