"""What the page asks of the library: names, numbers and pictures in, numpy arrays out.

The only file of the page that knows `dgm`. Everything here may be called from several threads, and
everything that a visitor sent is checked here: what does not fit raises ValueError with words that
can be shown to the visitor.
"""

import contextlib
import json
import math
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from weakref import WeakKeyDictionary

import numpy as np
from safetensors import SafetensorError, safe_open

from dgm import corruption, data, explain, latent
from dgm.checkpoint import read_metrics, read_predictions
from dgm.config import Config
from dgm.data import to_float, to_uint8
from dgm.latent import NUM_DIRECTIONS
from dgm.model import SYSTEMS, Model, abilities, load
from dgm.pictures import fit_picture, open_picture

ROOT = Path(__file__).resolve().parents[1]
NUM_BETWEEN = 16  # pictures of an interpolation
NUM_A_CLASS = 6  # samples of each class when all are shown
NUM_OF_ONE_CLASS = 48  # samples when one class is shown
LARGEST_SEED = 999_999_999
SLIDER_RANGE = 3.0  # standard deviations of the latent prior, each way
LARGEST_LATENT = 20.0  # of a latent vector that was sent, each way
MOST_STOPS = 5  # pictures that a walk leads through
LONGEST_WALK = 96  # pictures
NUM_MAPPED = 1_000  # pictures that are placed on a map
MAP_SIDE = 12  # pictures in a row and in a column of a map's sheet
MOST_IN_A_BOX = 6  # pictures whose mean is taken
NUM_SEARCHED = 200  # steps of the way back from a picture to a latent vector
LONGEST_SEARCH = 9.0  # seconds after which the best so far is taken
MOST_SEARCHES = 8  # that are waited for at once; they go one after another
LARGEST_RECORDS = 1000  # points of a curve that are sent to the page
MOST_COMPARED = 4  # models whose pictures are drawn side by side
NUM_CHANGED = 17  # pictures of a counterfactual
NUM_FITTED = 64  # pictures that are kept as a data set has them, 3 kB each
NUM_NEAR = 8  # training pictures that are shown as the nearest
NUM_READ = 4  # models whose reading of all training pictures is kept in memory, 250 MB at most each
NUM_READINGS = 24  # such readings that are kept on disk, 50 MB at most each
PATIENCE = 5  # seconds after which a reading that nobody asks about any more is given up
NUM_A_PAGE = 24  # test pictures of a cell of a confusion matrix that are shown at once
# What makes a picture harder to read -> how many test pictures its figures rest on.
HARMS = dict.fromkeys(corruption.CORRUPTIONS, corruption.NUM_HARMED)
HARMS |= dict.fromkeys(corruption.ATTACKS, corruption.NUM_ATTACKED)
HEAT_MAPS = {"cover": explain.occlusion, "gradients": explain.integrated_gradients}

# In the order of the field's history: that of the page's lists.
RECIPE_TITLES = {
    "gan": "GAN",
    "gan-ns": "GAN, non-saturating",
    "dcgan": "DCGAN",
    "improved-gan": "Improved GAN",
    "wgan": "WGAN",
    "wgan-gp": "WGAN-GP",
    "sngan": "SNGAN",
    "r3gan": "R3GAN",
    "vae": "VAE",
    "ib-vae": "IB-VAE",
    "vae-gan": "VAE-GAN",
    "cnn": "CNN",
}
DATASET_TITLES = {
    "mnist": "MNIST",
    "fashion_mnist": "Fashion-MNIST",
    "cifar10": "CIFAR-10",
    "shapes": "Shapes",
    "digits": "Digits 8×8",
}
# What can be recognised, in a student's words.
DATASET_SUBJECTS = {
    "mnist": "Handwritten digits",
    "fashion_mnist": "Clothes",
    "cifar10": "Animals and vehicles",
    "shapes": "Coloured shapes",
    "digits": "Small digits",
}


@dataclass(frozen=True)
class Run:
    """A folder that holds a run: its curves, and its model once there is one."""

    name: str  # "dcgan-mnist"; of a run of one's own, "runs/dcgan-mnist"
    folder: Path
    config: Config
    stamp: float  # when the model was written, seconds since 1970; 0 where there is none
    fitted: frozenset[str]  # names of what `dgm.readout` fitted on the model
    figures: dict[str, float]  # what was measured of it, by name; {} if nothing was
    # Of the same measurement, by way of classifying, where it has them: how many test pictures fall
    # at each confidence and are read right (rows of `metrics.reliability`), and what is taken for
    # what (int [K, K], a row a true class).
    reliability: dict[str, list[list[float]]]
    confusion: dict[str, list[list[int]]]
    num_tested: int  # test pictures that it rests on; 0 if it does not say
    predicted: frozenset[str]  # ways whose answer to each test picture was kept
    images: int  # real pictures seen in training so far
    seconds: float  # of training so far

    @property
    def title(self) -> str:
        return RECIPE_TITLES.get(self.config.recipe, self.config.recipe)

    @property
    def dataset_title(self) -> str:
        name = self.config.dataset
        return DATASET_TITLES.get(name, name.removeprefix("folder:").rstrip("/").split("/")[-1])

    @property
    def is_shipped(self) -> bool:
        return "/" not in self.name

    @property
    def has_model(self) -> bool:
        return self.stamp > 0 and self.config.recipe in SYSTEMS

    @property
    def methods(self) -> tuple[str, ...]:
        """The ways in which its model classifies, the default first."""
        return abilities(self.config, self.fitted)[1] if self.has_model else ()

    @property
    def explained(self) -> tuple[str, ...]:
        """Those ways that a heat map can be made of: it asks some 50 times, and each answer of a
        VAE whose decoder is told the class takes 80 drawings."""
        slow = () if self.config.class_in_prior else ("bayes",)
        return tuple(method for method in self.methods if method not in slow)

    @property
    def tells_strange(self) -> bool:
        """Whether it knows how unlike its training pictures a picture may be."""
        return {"gaussian.mean", "threshold"} <= self.fitted

    @property
    def has_features(self) -> bool:
        """Whether it classifies by what a net makes of a picture, and not by a likelihood alone."""
        return any(method != "bayes" for method in self.methods)

    @property
    def encodes(self) -> bool:
        """Whether it has an encoder, which leads from a picture back to a latent vector."""
        return self.has_model and "encode" in abilities(self.config)[0]

    @property
    def has_likelihood(self) -> bool:
        return self.has_model and "likelihood" in abilities(self.config)[0]

    @property
    def changes_class(self) -> bool:
        """Whether it draws the smallest change that makes a picture another class."""
        return self.has_model and self.config.class_in_prior

    @property
    def accuracy(self) -> dict[str, float]:
        """Share of test pictures read right, by method; {} if not measured."""
        measured = {method: self.figures.get(f"accuracy/{method}") for method in self.methods}
        return {method: share for method, share in measured.items() if share is not None}

    def robustness(self, method: str) -> dict[str, dict[float, float]]:
        """Accuracy on test pictures that were made harder to read, by harm and level."""
        found = {}
        for harm in HARMS:
            prefix = f"robust/{method}/{harm}-"
            names = [name for name in self.figures if name.startswith(prefix)]
            levels = {float(name.removeprefix(prefix)): self.figures[name] for name in names}
            if levels:
                found[harm] = dict(sorted(levels.items()))
        return found

    @property
    def told_apart(self) -> dict[str, dict[str, float]]:
        """Of pairs of a strange picture and a test picture, in what share the strange one is found
        the stranger, by kind of strange pictures and by score: "" is the one that ships."""
        prefix, found = "ood_auroc/", {}
        for name, share in self.figures.items():
            if name.startswith(prefix) and 0 <= share <= 1:
                kind, _, score = name.removeprefix(prefix).partition("/")
                found.setdefault(kind, {})[score] = share
        return found

    @property
    def draws(self) -> bool:
        return self.has_model and "sample" in abilities(self.config)[0]

    @property
    def is_conditional(self) -> bool:
        """Whether it can be asked for a class."""
        return self.config.is_conditional


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
    kind: str = "picture"  # of the directions, one of DIRECTIONS
    offsets: Sequence[float] = ()  # of the first coordinates of the latent vector, in the same unit
    z: Sequence[float] | None = None  # a latent vector in place of the one that the seed draws


@dataclass(frozen=True)
class Found:
    """A picture from outside in a model's latent space."""

    seen: np.ndarray  # uint8 [32, 32, C], the picture as the model saw it
    label: str  # the class that it is drawn as
    z: list[float]  # [Z], of three decimals, so that it can be written down
    picture: np.ndarray  # uint8 [32, 32, C], what the model draws there
    off: float  # mean difference of a pixel, 1 is that of black and white


@dataclass(frozen=True)
class Sum:
    """A − B + C of the mean latent vectors of three boxes of pictures."""

    z: list[float]  # [Z], of three decimals
    label: str  # the class that it is drawn as
    picture: np.ndarray  # uint8 [32, 32, C]
    means: np.ndarray  # uint8 [3, 32, 32, C], of each box; black where it is empty


@dataclass(frozen=True)
class Map:
    """A plane through a model's latent space, and where pictures lie in it."""

    plane: latent.Plane
    places: np.ndarray  # float32 [N, 2], within [-extent, extent] but for a few
    classes: np.ndarray  # int [N], numbers of their classes; -1 where nothing tells them
    extent: float
    share: float  # of the variance of these pictures' z that lies in the plane
    of: str  # what lies there: "test" pictures, "drawn" ones, both encoded, or the "prior"


@dataclass(frozen=True)
class Reading:
    """What a model says of a picture."""

    label: str
    confidences: dict[str, float]  # of every class, in the data set's order; they sum to 1
    seen: np.ndarray  # uint8 [32, 32, C], the picture as the model saw it


@dataclass(frozen=True)
class Heat:
    """Where in a picture a model found its reasons."""

    label: str  # the class that they speak for or against
    nats: np.ndarray  # float32 [32, 32], positive for the class
    seen: np.ndarray  # uint8 [32, 32, C]


@dataclass(frozen=True)
class Change:
    """The smallest change that makes a picture another class, step by step."""

    label: str  # what the picture is said to be
    target: str  # what it becomes
    pictures: np.ndarray  # uint8 [N, 32, 32, C]
    shares: np.ndarray  # float32 [N, 2], the probabilities of the two
    turns: int  # the first picture that is said to be the target; N where none is


@dataclass(frozen=True)
class Nearest:
    """The training pictures nearest to a picture in the feature space of a model, nearest first."""

    pictures: np.ndarray  # uint8 [N, 32, 32, C]
    labels: list[str]
    distances: list[float]  # 1 is the median distance of a training picture to its own nearest
    same: list[bool]  # whether it is this very picture, pixel for pixel
    further: float  # share of training pictures whose own nearest is no nearer than the first
    total: int  # training pictures


@dataclass(frozen=True)
class Mistakes:
    """Test pictures of one class that a model takes for one."""

    pictures: np.ndarray  # uint8 [N, 32, 32, C], a page of them
    percents: list[int]  # how sure the model was of each
    total: int  # pictures of all pages


@dataclass(frozen=True)
class Harmed:
    """A picture made harder and harder to read, and what a model says of it."""

    levels: list[float]  # 0 first
    pictures: np.ndarray  # uint8 [levels, 32, 32, C]
    labels: list[str]
    shares: list[float]  # of the label


@dataclass
class Job:
    """How something stands that goes on in the background."""

    share: float = 0.0  # of it that is done
    error: str = ""  # why it failed
    is_over: bool = False


@dataclass
class TrainingRead(Job):
    """How far a model is with reading its training pictures."""

    total: int = 0  # training pictures, once that is known
    asked: float = field(default_factory=time.monotonic)  # when anybody last asked about it


@dataclass
class Search(Job):
    """How far the way back from a picture to a latent vector is found."""

    found: Found | None = None  # the best so far
    asked: float = field(default_factory=time.monotonic)  # when anybody last asked about it
    is_stopped: bool = False  # whether the best so far is good enough


class _Unwanted(Exception):
    """Nobody waits for it any more."""


class Service:
    """The models and runs under some folders, loaded when first asked for."""

    def __init__(self, *roots: Path, num_kept: int = 40):
        """roots: folders of runs, the shipped one first; num_kept: models kept, some 30 MB each."""
        self._roots = roots or (ROOT / "checkpoints", ROOT / "runs")
        self._num_kept = num_kept
        self._known: dict[Path, tuple[tuple[float, ...], Run | None]] = {}
        self._lock = threading.Lock()
        self._models: OrderedDict[tuple[str, float], Model] = OrderedDict()
        self._loading: dict[tuple[str, float], threading.Lock] = {}
        # Other kinds of directions than a model comes with, for as long as it is kept.
        self._directions: WeakKeyDictionary[Model, tuple[dict[str, np.ndarray], threading.Lock]] = (
            WeakKeyDictionary()
        )
        self._seen: OrderedDict[tuple, np.ndarray] = OrderedDict()
        self._tests: dict[str, data.Dataset] = {}
        self._downloads: dict[tuple[str, str], Job] = {}
        self._trained: OrderedDict[
            tuple[str, float], tuple[data.Dataset, explain.Neighbourhood]
        ] = OrderedDict()
        self._readings: dict[tuple[str, float], TrainingRead] = {}
        self._reader = threading.Lock()  # a reading takes all cores: one after another
        self._maps: OrderedDict[tuple[str, float, bool], Map] = OrderedDict()
        self._mapper = threading.Lock()
        self._searches: OrderedDict[str, Search] = OrderedDict()
        self._searcher = threading.Lock()  # a search takes all cores: one after another
        self._last_asked = -math.inf  # time.monotonic() of a visitor's last request

    # --- what there is -------------------------------------------------------------------------

    def runs(self) -> dict[str, Run]:
        """Every run by name: those shipped first, grouped by data set. Read anew at each call."""
        found = []
        for number, root in enumerate(self._roots):
            folders = sorted(p for p in root.iterdir() if p.is_dir()) if root.is_dir() else []
            for folder in folders:
                name = folder.name if number == 0 else f"{root.name}/{folder.name}"
                run = self._read(name, folder)
                if run is not None:
                    found.append((number, run))
        datasets, recipes = list(DATASET_TITLES), list(RECIPE_TITLES)
        found.sort(
            key=lambda pair: (
                pair[0],
                _place(datasets, pair[1].config.dataset),
                _place(recipes, pair[1].config.recipe),
                pair[1].name,
            )
        )
        return {run.name: run for _, run in found}

    def _read(self, name: str, folder: Path) -> Run | None:
        """The run in a folder, read again only when its files have changed."""
        stamps = tuple(_modified(folder / file) for file in _RUN_FILES)
        known = self._known.get(folder)
        if known is None or known[0] != stamps:
            known = self._known[folder] = (stamps, _read_run(name, folder))
        return known[1]

    def run(self, name: str) -> Run:
        """The run of that name.

        Raises:
            ValueError: there is none; the message has those there are.
        """
        runs = self.runs()
        if not isinstance(name, str) or name not in runs:
            there = ", ".join(runs) or "none"
            raise ValueError(f"There is no model or run {str(name)[:80]!r}. There are: {there}.")
        return runs[name]

    def classifiers(self, dataset: str) -> list[Run]:
        """The models of a data set that classify.

        Raises:
            ValueError: there is none.
        """
        found = [r for r in self.runs().values() if r.methods and r.config.dataset == dataset]
        if not found:
            raise ValueError(f"There is no model of the data set {str(dataset)[:80]!r}.")
        return found

    def model(self, name: str) -> Model:
        """The model of that name, loaded if it is not in memory.

        Raises:
            ValueError: there is none, or its files do not fit.
        """
        self._last_asked = time.monotonic()
        return self._model(self.run(name))

    def _model(self, run: Run) -> Model:
        if not run.has_model:
            raise ValueError(f"{run.name} has no trained model yet; its run may still be going on.")
        key = (run.name, run.stamp)
        with self._lock:
            turn = self._loading.setdefault(key, threading.Lock())
        with turn:  # of several that ask at once, one loads and the others wait for it
            with self._lock:
                if key in self._models:
                    self._models.move_to_end(key)
                    return self._models[key]
            model = load(run.folder)
            with self._lock:
                self._models[key] = model
                while len(self._models) > self._num_kept:
                    self._models.popitem(last=False)
        return model

    def warm_up(self) -> None:
        """Load the shipped models and compile what the page calls, so that no visitor waits for it.

        To be run in the background: it stands back while visitors are being answered. A model that
        cannot be loaded is left for who asks for it, and is told why.
        """
        runs = [run for run in self.runs().values() if run.has_model and run.is_shipped]
        recipes = list(RECIPE_TITLES)
        # First what every tab can use, for the page opens on these.
        runs.sort(
            key=lambda run: (not (run.draws and run.methods), _place(recipes, run.config.recipe))
        )
        # What the bars and the Generate tab need of all models, before the reasons of any.
        for steps in ((_warm_single, _warm_sheets), (_warm_ways, _warm_reasons)):
            for run in runs[: self._num_kept]:
                for step in steps:
                    while time.monotonic() - self._last_asked < 2:
                        time.sleep(0.2)
                    with contextlib.suppress(ValueError, OSError):
                        step(run, self._model(run))

    # --- classify ------------------------------------------------------------------------------

    def classify(self, picture: str | Path | BinaryIO, name: str, method: str = "") -> Reading:
        """What the model says of a picture from outside.

        Raises:
            ValueError: no such model or method; `PictureError`: the picture cannot be used.
        """
        run, method = self._way(name, method)
        return self._ask(self._fit(picture, run.config.dataset), name, method)

    def compare(
        self, picture: str | Path | BinaryIO, dataset: str, name: str = ""
    ) -> dict[tuple[str, str], Reading]:
        """What every shipped model of a data set says of a picture, by (name, way).

        name: a model of one's own that is to be asked too.

        Raises:
            ValueError: no model of that data set; `PictureError`: the picture cannot be used.
        """
        ways = [
            (run.name, method)
            for run in self.classifiers(dataset)
            if run.is_shipped or run.name == name
            for method in run.methods
        ]
        seen = self._fit(picture, dataset)
        return {way: self._ask(seen, *way) for way in ways}

    def read_drawing(self, name: str, pixels: np.ndarray) -> Reading:
        """What a model says of a picture [32, 32, C] that it drew itself."""
        return self._ask(pixels, name, self.run(name).methods[0])

    def _way(self, name: str, method: str) -> tuple[Run, str]:
        """A model that classifies, and one of its ways; "" is its default."""
        run = self.run(name)
        if not run.methods:
            raise ValueError(f"{name} does not classify.")
        method = method or run.methods[0]
        if method not in run.methods:
            expected = " or ".join(run.methods)
            raise ValueError(f"{name} classifies by {expected}, not by {str(method)[:80]!r}.")
        return run, method

    def _fit(self, picture: str | Path | BinaryIO, dataset: str) -> np.ndarray:
        """The picture as the data set has it. All parts of the page ask for the same one in turn,
        and to read a photo of a phone takes longer than any answer: a file is read once."""
        if not isinstance(picture, str | Path):
            return fit_picture(open_picture(picture), dataset)
        key = (str(picture), _modified(Path(picture)), dataset)
        with self._lock:
            if key in self._seen:
                return self._seen[key]
        fitted = fit_picture(open_picture(picture), dataset)
        with self._lock:
            self._seen[key] = fitted
            while len(self._seen) > NUM_FITTED:
                self._seen.popitem(last=False)
        return fitted

    def _ask(self, seen: np.ndarray, name: str, method: str) -> Reading:
        model = self.model(name)
        probabilities = model.classify(to_float(seen[None]), method)[0]
        confidences = {
            label: float(p) for label, p in zip(model.class_names, probabilities, strict=True)
        }
        return Reading(max(confidences, key=confidences.get), confidences, seen)

    # --- why -----------------------------------------------------------------------------------

    def strangeness(self, picture: str | Path | BinaryIO, name: str) -> float:
        """How unlike all that a model was trained on a picture is, in units of what 95 % of real
        pictures stay under.

        Raises:
            ValueError: no such model, or it cannot tell; `PictureError`: as `classify`.
        """
        run = self.run(name)
        if not run.tells_strange:
            raise ValueError(f"{name} cannot tell what is unlike its training pictures.")
        seen = self._fit(picture, run.config.dataset)
        model = self.model(name)
        return float(model.strangeness(to_float(seen[None]))[0] / model.readout["threshold"])

    def heat(
        self,
        picture: str | Path | BinaryIO,
        name: str,
        method: str = "",
        label: str = "",
        way: str = "cover",
    ) -> Heat:
        """Where in a picture a model finds what speaks for a class and against it.

        label: a class; "" is what the model says. way: one of HEAT_MAPS.

        Raises:
            ValueError: no such model, method, class or way; `PictureError`: as `classify`.
        """
        run, method = self._way(name, method)
        if method not in run.explained:
            raise ValueError(f"A heat map of {name} by {method} would take too long.")
        if not isinstance(way, str) or way not in HEAT_MAPS:
            expected = " or ".join(HEAT_MAPS)
            raise ValueError(f"A heat map is made by {expected}, not by {_short(way)}.")
        model = self.model(name)
        seen = self._fit(picture, run.config.dataset)
        label = self._class(model.config, label) if label else self._ask(seen, name, method).label
        number = model.class_names.index(label)
        return Heat(label, HEAT_MAPS[way](model, to_float(seen), number, method), seen)

    def as_each_class(
        self, picture: str | Path | BinaryIO, name: str
    ) -> tuple[np.ndarray, dict[str, float]]:
        """A VAE's picture of a picture as each class: (uint8 [K, 32, 32, C], by class the bound of
        log p(x|y) less that of the best, nats).

        Raises:
            ValueError: no such model, or it has no likelihood; `PictureError`: as `classify`.
        """
        run = self.run(name)
        if not run.has_likelihood:
            raise ValueError(f"{name} does not tell how probable a picture is.")
        model = self.model(name)
        seen = self._fit(picture, run.config.dataset)
        pictures, behind = explain.as_each_class(model, to_float(seen))
        return to_uint8(pictures), dict(zip(model.class_names, map(float, behind), strict=True))

    def change(self, picture: str | Path | BinaryIO, name: str, target: str = "") -> Change:
        """The smallest change that makes a picture another class; "" is the second likeliest.

        Raises:
            ValueError: no such model or class, the model draws no such change, or the picture is
                said to be of that class already; `PictureError`: as `classify`.
        """
        run = self.run(name)
        if not run.changes_class:
            raise ValueError(f"{name} draws no change from one class to another.")
        model = self.model(name)
        seen = self._fit(picture, run.config.dataset)
        number = model.class_names.index(self._class(model.config, target)) if target else None
        found = explain.counterfactual(model, to_float(seen), number, NUM_CHANGED)
        return Change(
            model.class_names[found.label],
            model.class_names[found.target],
            to_uint8(found.pictures),
            found.probabilities[:, [found.label, found.target]],
            found.turns,
        )

    def nearest(self, picture: str | Path | BinaryIO, name: str) -> Nearest | TrainingRead:
        """The training pictures nearest to a picture; until the model has read them, which it does
        once and in the background as long as it is asked for, how far it is.

        Raises:
            ValueError: no such model, it has no features, or the training pictures are not at hand;
                `PictureError`: as `classify`.
        """
        run = self._with_features(name)
        return self._nearest(self._fit(picture, run.config.dataset), run)

    def nearest_to_drawn(self, setting: Setting, name: str) -> Nearest | TrainingRead:
        """The same for a picture that a model draws, as the features of the model `name` tell.

        Raises:
            ValueError: as `nearest` and `generate`, or the two are of different data sets.
        """
        run, drawing = self._with_features(name), self.run(setting.name)
        if drawing.config.dataset != run.config.dataset:
            raise ValueError(f"{name} knows no pictures of {drawing.dataset_title}.")
        return self._nearest(self.generate(setting), run)

    def _with_features(self, name: str) -> Run:
        run = self.run(name)
        if not run.has_features:
            raise ValueError(f"{name} has no features by which pictures could be compared.")
        return run

    def _nearest(self, seen: np.ndarray, run: Run) -> Nearest | TrainingRead:
        read = self._training(run)
        if isinstance(read, TrainingRead):
            return read
        training, neighbourhood = read
        (features,) = self.model(run.name).features(to_float(seen[None]))
        num = min(NUM_NEAR, len(training))
        rows, distances = neighbourhood.nearest(features, num)
        same = (training.images[rows] == seen).all((1, 2, 3))
        distances[same] = 0  # and not what half precision left of it
        gaps = neighbourhood.gaps
        return Nearest(
            training.images[rows],
            [training.class_names[number] for number in training.labels[rows]],
            (distances / max(float(np.median(gaps)), 1e-9)).tolist(),
            same.tolist(),
            float((gaps >= distances[0]).mean()),
            len(training),
        )

    def _training(self, run: Run) -> tuple[data.Dataset, explain.Neighbourhood] | TrainingRead:
        """A model's training pictures and where they lie, or how far it is with reading them."""
        key = (run.name, run.stamp)
        with self._lock:
            if key in self._trained:
                self._trained.move_to_end(key)
                return self._trained[key]
            job = self._readings.get(key)
            if job is not None and job.error:
                del self._readings[key]  # whoever asks again tries again
                raise ValueError(job.error)
            if job is None or job.is_over:
                job = self._readings[key] = TrainingRead()
                threading.Thread(target=self._read_all, args=(run, key, job), daemon=True).start()
            job.asked = time.monotonic()
        return job

    def _read_all(self, run: Run, key: tuple[str, float], job: TrainingRead) -> None:
        def note(share: float) -> None:
            job.share = share
            if time.monotonic() - job.asked > PATIENCE:
                raise _Unwanted

        try:
            with self._reader:
                training = explain.trained_on(run.config, _pictures(run.config.dataset, "train"))
                job.total = len(training)
                model = self._model(run)
                neighbourhood = _neighbourhood(run, model, training.images, note)
            with self._lock:
                self._trained[key] = training, neighbourhood
                while len(self._trained) > NUM_READ:
                    self._trained.popitem(last=False)
        except _Unwanted:
            pass
        except Exception as error:  # a thread has nobody else to tell it to
            job.error = str(error)
        job.is_over = True

    # --- trust ---------------------------------------------------------------------------------

    def mistakes(self, name: str, method: str, label: str, said: str, page: int = 0) -> Mistakes:
        """The test pictures of class `label` that a model takes for `said`, the surest first; where
        the two are one, those that it was least sure of.

        Raises:
            ValueError: no such model, method, class or page; its answers were not kept; the test
                pictures are not at hand, or are others than were measured.
        """
        run, method = self._way(name, method)
        if method not in run.predicted:
            raise ValueError(f"What {name} said of each test picture was not kept.")
        row, column = (
            run.config.class_names.index(self._class(run.config, c)) for c in (label, said)
        )
        test, answers = self._test(run.config.dataset), self._answers(run, method)
        labels = test.labels[: len(answers)]
        counts = np.zeros((run.config.num_classes,) * 2, int)
        if len(labels) == len(answers):
            np.add.at(counts, (labels, answers[:, 0]), 1)
        if counts.tolist() != run.confusion.get(method):
            raise ValueError(
                f"The test pictures here are not those that {name} was measured on; "
                "python -m dgm.evaluate measures anew."
            )
        members = np.flatnonzero((labels == row) & (answers[:, 0] == column))
        sure = answers[members, 1].astype(int)
        members = members[np.argsort(sure if row == column else -sure, kind="stable")]
        last = max(0, (len(members) - 1) // NUM_A_PAGE)
        start = NUM_A_PAGE * _whole(page, "page", 0, last)
        shown = members[start : start + NUM_A_PAGE]
        return Mistakes(test.images[shown], answers[shown, 1].tolist(), len(members))

    def _answers(self, run: Run, method: str) -> np.ndarray:
        """uint8 [N, 2]: what a model took each test picture for, and how sure it was in percent."""
        try:
            return read_predictions(run.folder)[method]
        except (OSError, KeyError, SafetensorError):
            raise ValueError(f"What {run.name} said of each test picture cannot be read.") from None

    def _test(self, dataset: str) -> data.Dataset:
        """The test pictures of a data set, read once.

        Raises:
            ValueError: they are not at hand.
        """
        if dataset not in self._tests:
            self._tests[dataset] = _pictures(dataset, "test")
        return self._tests[dataset]

    # --- the pictures of a data set, which do not come with the page ---------------------------

    def is_at_hand(self, dataset: str, split: str) -> bool:
        """Whether its "train" or "test" pictures are on this computer."""
        return data.is_at_hand(dataset, split)

    def download_size(self, dataset: str, split: str) -> int:
        """Bytes that `download` would fetch; 0 where there is nothing to be had."""
        return data.download_size(dataset, split)

    def comes_whole(self, dataset: str) -> bool:
        """Whether a download brings the pictures of both splits."""
        return data.comes_whole(dataset)

    def download(self, dataset: str, split: str) -> Job:
        """Fetch its pictures in the background, unless that is going on.

        Raises:
            ValueError: there is nothing to be fetched.
        """
        with self._lock:
            known = self.downloading(dataset, split)
            if known is not None and not known.is_over:
                return known
            if not data.download_size(dataset, split):
                raise ValueError(f"There is nothing to download for {dataset}.")
            started = self._downloads[_download_key(dataset, split)] = Job()
        threading.Thread(target=_fetch, args=(dataset, split, started), daemon=True).start()
        return started

    def downloading(self, dataset: str, split: str) -> Job | None:
        """The last download of it; None where there was none."""
        return self._downloads.get(_download_key(dataset, split))

    # --- pictures made harder to read ----------------------------------------------------------

    def harm(
        self, picture: str | Path | BinaryIO, harm: str, name: str, method: str = ""
    ) -> Harmed:
        """A picture at each level of a harm, one of HARMS, and what a model says of it.

        An attack goes against what the model says of the picture as it is.

        Raises:
            ValueError: no such harm, model or method, or the way cannot be attacked;
                `PictureError`: as `classify`.
        """
        run, method = self._way(name, method)
        if not isinstance(harm, str) or harm not in HARMS:
            raise ValueError(f"A harm is one of {', '.join(HARMS)}, not {_short(harm)}.")
        if harm in corruption.ATTACKS and method not in run.explained:
            raise ValueError(f"An attack on {name} by {method} would take too long.")
        model = self.model(name)
        seen = to_float(self._fit(picture, run.config.dataset)[None])
        if harm in corruption.ATTACKS:
            levels = corruption.ATTACK_LEVELS
            most = np.array(levels, np.float32)[:, None, None, None]
            copies = np.repeat(seen, len(levels), 0)
            labels = np.repeat(model.classify(seen, method).argmax(-1), len(levels))
            harmed = corruption.ATTACKS[harm](model, copies, labels, method, most)
        else:
            change, levels = corruption.CORRUPTIONS[harm]
            harmed = np.concatenate([change(seen, level) for level in levels])
        pictures = np.concatenate([seen, harmed])
        said = model.classify(pictures, method)
        return Harmed(
            [0.0, *levels],
            to_uint8(pictures),
            [model.class_names[number] for number in said.argmax(-1)],
            said.max(-1).tolist(),
        )

    # --- generate ------------------------------------------------------------------------------

    def generate(self, setting: Setting) -> np.ndarray:
        """The picture of a seed, moved along the strongest latent directions: uint8 [32, 32, C]."""
        model = self._drawing_model(setting.name)
        z = self._point(model, setting)
        return to_uint8(model.decode(z[None], [self._label(model, setting.label)]))[0]

    def direction_ends(self, setting: Setting) -> np.ndarray:
        """Where each slider leads from here: uint8 [2 D, 32, 32, C], D directions, 8 or fewer.

        The two ends of the first slider with the others as they are, then those of the second, …
        Of a kind that nobody asked for before, the directions are found first: about a second. A
        run that is not finished has none of the kind "picture" yet.
        """
        model = self._drawing_model(setting.name)
        here = self._point(model, setting)
        directions = self._directions_of(model, setting.kind)
        if not len(directions):
            return np.zeros((0, 32, 32, model.config.channels), np.uint8)
        pulled = [*setting.sliders, *[0.0] * NUM_DIRECTIONS]
        ends = [
            here + (end - value) * direction
            for direction, value in zip(directions, pulled, strict=False)
            for end in (-SLIDER_RANGE, SLIDER_RANGE)
        ]
        labels = [self._label(model, setting.label)] * len(ends)
        return to_uint8(model.decode(np.stack(ends), labels))

    def samples(
        self, name: str, label: str | None = None, seed: int = 0, truncation: float = 1.0
    ) -> tuple[np.ndarray, list[int], list[str]]:
        """Pictures of seeds from `seed` on: (uint8 [N, 32, 32, C], their seeds, their classes).

        Of one class 48; without a class 6 of each, class after class, with the same 6 seeds. Each
        is the picture that `generate` draws of its seed and class. A model that cannot be asked for
        a class draws as many, of a seed each; their classes are "".
        """
        model = self._drawing_model(name)
        num = NUM_A_CLASS if label is None else NUM_OF_ONE_CLASS
        names = model.class_names if label is None else [self._label(model, label)]
        if not model.config.is_conditional:
            num, names = num * len(names), [""]
        first = _whole(seed, "seed", 0, LARGEST_SEED)
        seeds = [(first + i) % (LARGEST_SEED + 1) for i in range(num)]
        z = np.stack([self._latent(model, seed, truncation) for seed in seeds])
        labels = [name for name in names for _ in seeds]
        asked = [self._label(model, label) for label in labels]
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
        model = self._drawing_model(name)
        num = _whole(num, "the number of pictures", 2, 64)
        z_a = self._latent(model, seed_a, truncation)
        z_b = self._latent(model, seed_b, truncation)
        return to_uint8(model.interpolate(z_a, z_b, self._label(model, label), num))

    def _drawing_model(self, name: str) -> Model:
        """A model that draws. The runs are looked through once: a dragged slider asks for this."""
        run = self.run(name)
        if run.has_model and not run.draws:
            raise ValueError(f"{name} draws no pictures; choose another model.")
        self._last_asked = time.monotonic()
        return self._model(run)

    def _latent(self, model: Model, seed: int, truncation: float) -> np.ndarray:
        seed = _whole(seed, "seed", 0, LARGEST_SEED)
        return model.latents(seed, 1, _number(truncation, "truncation", 0.0, 1.0))[0]

    def directions(self, name: str, kind: str = "picture") -> np.ndarray:
        """A model's strongest latent directions of a kind, float32 [D, Z], D <= 8.

        Those of the kind "picture" come with the model; others are found when first asked for.

        Raises:
            ValueError: no such model or kind, or the model draws nothing.
        """
        return self._directions_of(self._drawing_model(name), kind)

    def _directions_of(self, model: Model, kind: str) -> np.ndarray:
        if not isinstance(kind, str) or kind not in latent.DIRECTIONS:
            expected = ", ".join(latent.DIRECTIONS)
            raise ValueError(f"The kind of directions is one of {expected}, not {_short(kind)}.")
        if kind == "picture":
            return model.directions
        with self._lock:
            found, turn = self._directions.setdefault(model, ({}, threading.Lock()))
        with turn:  # of several that ask at once, one finds them
            if kind not in found:
                found[kind] = latent.DIRECTIONS[kind](model)
            return found[kind]

    def _point(self, model: Model, setting: Setting) -> np.ndarray:
        """z of a setting, float32 [Z]: the very operations that `python_of` writes down."""
        if setting.z is None:
            z = self._latent(model, setting.seed, setting.truncation)
        else:
            truncation = _number(setting.truncation, "truncation", 0.0, 1.0)
            z = truncation * self._vector(model, setting.z)
        sliders = _trimmed(_numbers(setting.sliders, "slider", NUM_DIRECTIONS, SLIDER_RANGE))
        # A kind whose directions are still to be found keeps nobody waiting until it is used.
        if sliders:
            directions = self._directions_of(model, setting.kind)[: len(sliders)]
            z = z + np.float32(sliders[: len(directions)]) @ directions
        offsets = _trimmed(_numbers(setting.offsets, "offset", len(z), SLIDER_RANGE))
        if offsets:
            z[: len(offsets)] += np.float32(offsets)
        return z

    @staticmethod
    def _vector(model: Model, z: Sequence[float]) -> np.ndarray:
        size = model.config.latent_dim
        numbers = _numbers(z, "coordinate", size, LARGEST_LATENT)
        if len(numbers) != size:
            raise ValueError(f"A latent vector of {model.name} has {size} numbers.")
        return np.float32(numbers)

    def python_of(self, setting: Setting) -> str:
        """A program that draws the picture of a setting, the same to the pixel."""
        model = self._drawing_model(setting.name)
        self._point(model, setting)  # so that nothing is written down that cannot be drawn
        label = self._label(model, setting.label)
        run = self.run(setting.name)
        sliders, offsets = _trimmed(setting.sliders), _trimmed(setting.offsets)
        imports = ["import dgm", "from dgm.data import to_uint8"]
        if sliders and setting.kind != "picture":
            imports.insert(1, "from dgm import latent")
        lines = ["import numpy as np"] if sliders or offsets or setting.z is not None else []
        lines += ["from PIL import Image", "", *imports, ""]
        lines.append(f'model = dgm.load("{run.folder.parent.name}/{run.folder.name}")')
        if setting.z is None:
            drawn = f"model.latents({int(setting.seed)}, 1, truncation={setting.truncation})[0]"
            lines.append(f"z = {drawn}  # seed {int(setting.seed)}")
        else:
            lines.append(f"z = {setting.truncation} * np.float32({list(setting.z)})")
        if sliders:
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

    # --- a map ---------------------------------------------------------------------------------

    def map(self, name: str) -> Map:
        """Where pictures lie in a model's latent space, in two dimensions.

        With an encoder these are test pictures, as far as they are at hand, in the plane of their
        first two principal components. Without one there is nothing but the prior, in which no
        direction is principal: draws of it, in the plane of the model's two strongest directions.
        """
        model, run = self._drawing_model(name), self.run(name)
        with_test = run.encodes and self.is_at_hand(run.config.dataset, "test")
        key = (name, run.stamp, with_test)
        with self._mapper:  # of several that ask at once, one draws it
            if key not in self._maps:
                self._maps[key] = self._draw_map(run, model, with_test)
                while len(self._maps) > self._num_kept:
                    self._maps.popitem(last=False)
            return self._maps[key]

    def _draw_map(self, run: Run, model: Model, with_test: bool) -> Map:
        if with_test:
            some = self._test(run.config.dataset).take(slice(NUM_MAPPED))
            images, classes = to_float(some.images), some.labels
        else:
            z = model.latents(3, NUM_MAPPED)
            classes = np.arange(NUM_MAPPED) % model.config.num_classes
            images = model.decode(z, classes)
        if run.encodes:
            z = model.encode(images, classes)
        elif not run.is_conditional:
            classes = self._classes_of(run, images)
        of = "test" if with_test else "drawn" if run.encodes else "prior"
        if of == "prior" and len(model.directions) >= 2:
            plane = latent.Plane(np.zeros(z.shape[1], np.float32), model.directions[:2])
        else:
            plane = latent.principal_plane(z)
        places = plane.place(z)
        extent = float(np.quantile(np.abs(places), 0.995))
        return Map(plane, places, classes, extent, plane.share(z), of)

    def _classes_of(self, run: Run, images: np.ndarray) -> np.ndarray:
        """Which classes pictures are taken for, by the model that judges them; -1 without one."""
        try:
            judge = self._judge(run)
        except ValueError:
            return np.full(len(images), -1)
        if not judge.methods:
            return np.full(len(images), -1)
        return judge.classify(images).argmax(-1)

    def map_sheet(self, name: str, label: str) -> np.ndarray:
        """What lies at the middle of each of 12 x 12 cells of a map, row by row from the top left:
        uint8 [144, 32, 32, C]."""
        model = self._drawing_model(name)
        label = self._label(model, label)
        found = self.map(name)
        steps = found.extent * (2 * (np.arange(MAP_SIDE) + 0.5) / MAP_SIDE - 1)
        y, x = np.meshgrid(-steps, steps, indexing="ij")
        z = found.plane.lift(np.stack([x.ravel(), y.ravel()], 1))
        return to_uint8(model.decode(z, [label] * len(z)))

    # --- from a picture to a latent vector -----------------------------------------------------

    def encode(self, picture: str | Path | BinaryIO, name: str) -> Found:
        """Where an encoder places a picture, drawn as the class that the model takes it for.

        Raises:
            ValueError: no such model, or it has no encoder; `PictureError`: as `classify`.
        """
        run = self.run(name)
        if not run.encodes:
            raise ValueError(f"{name} has no encoder, which would place a picture at once.")
        seen = self._fit(picture, run.config.dataset)
        label = self._ask(seen, name, run.methods[0]).label
        model = self.model(name)
        return self._found(model, seen, label, model.encode(to_float(seen[None]), [label])[0])

    @staticmethod
    def _found(model: Model, seen: np.ndarray, label: str, z: np.ndarray) -> Found:
        z = _written(z)
        (picture,) = to_uint8(model.decode(z[None], [label]))
        off = float(np.abs(picture.astype(float) - seen).mean() / 255)
        return Found(seen, label, z.tolist(), picture, off)

    def search(self, picture: str | Path | BinaryIO, name: str) -> str:
        """Begin to look for the latent vector whose picture is nearest to one; the key by which
        `searching` tells how that stands. It ends when nobody asks any more.

        Raises:
            ValueError: no such model, nothing here can judge its pictures, or too many are being
                looked for; `PictureError`: as `classify`.
        """
        model, run = self._drawing_model(name), self.run(name)
        judge = self._judge(run)
        seen = self._fit(picture, run.config.dataset)
        job, key = Search(), secrets.token_urlsafe(12)
        with self._lock:
            if sum(not other.is_over for other in self._searches.values()) >= MOST_SEARCHES:
                raise ValueError("Many pictures are being looked for just now; try again soon.")
            self._searches[key] = job
            for old in [k for k, other in self._searches.items() if other.is_over][:-MOST_SEARCHES]:
                del self._searches[old]
        args = (model, judge, seen, job)
        threading.Thread(target=self._search, args=args, daemon=True).start()
        return key

    def _judge(self, run: Run) -> Model:
        """A model that tells how like two pictures are: the plain classifier of the data set, else
        the model itself, else any."""
        same = [r for r in self.runs().values() if r.has_model]
        same = [r for r in same if r.config.dataset == run.config.dataset]
        same.sort(key=lambda r: (r.config.recipe != "cnn", r.name != run.name))
        for other in same:
            model = self.model(other.name)
            if model.has_maps:
                return model
        raise ValueError(f"No model of {run.dataset_title} here tells how like two pictures are.")

    def _search(self, model: Model, judge: Model, seen: np.ndarray, job: Search) -> None:
        try:
            with self._searcher:
                image = to_float(seen)
                label = model.class_names[0]
                if judge.methods:
                    label = judge.class_names[int(judge.classify(image[None])[0].argmax())]
                number = model.class_names.index(label)
                begun = math.inf  # the first step is compiled
                for i, (z, _) in enumerate(
                    latent.invert(model, judge, image, number, NUM_SEARCHED)
                ):
                    job.found = self._found(model, seen, label, z)
                    job.share = i / NUM_SEARCHED
                    now = time.monotonic()
                    begun = now if i == 1 else begun
                    if now - job.asked > PATIENCE and i > 1:
                        raise _Unwanted
                    if job.is_stopped or now - begun > LONGEST_SEARCH:
                        break
        except _Unwanted:
            pass
        except Exception as error:  # a thread has nobody else to tell it to
            job.error = str(error)
        job.is_over = True

    def searching(self, key: str, stop: bool = False) -> Search:
        """How a search stands. stop: the best so far is good enough.

        Raises:
            ValueError: there is none of that key, or it failed.
        """
        job = self._searches.get(key) if isinstance(key, str) else None
        if job is None:
            raise ValueError("This search is over; begin it anew.")
        if job.error:
            raise ValueError(job.error)
        job.asked = time.monotonic()
        job.is_stopped = job.is_stopped or stop
        return job

    # --- walks ---------------------------------------------------------------------------------

    def walk(self, stops: Sequence[Setting], num: int, closed: bool = False) -> np.ndarray:
        """The way through two to five settings of one model: uint8 [num, 32, 32, C].

        Each picture is drawn as the class of the stop that is nearer.
        """
        model = self._model_of(stops, 2, MOST_STOPS)
        num = _whole(num, "the number of pictures", 2, LONGEST_WALK)
        z = latent.walk(np.stack([self._point(model, s) for s in stops]), num, closed=bool(closed))
        nearest = np.floor(latent.places(len(stops), num, closed=bool(closed)) + 0.5).astype(int)
        labels = [self._label(model, s.label) for s in stops]
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
        z = _written(means[0] - means[1] + means[2])
        labels = [self._label(model, (box or a)[0].label) for box in (a, b, c)]
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
        return self._drawing_model(settings[0].name)

    def _label(self, model: Model, label: str) -> str:
        if label in ("", None) and not model.config.is_conditional:
            return model.class_names[0]  # any will do
        return self._class(model.config, label)

    @staticmethod
    def _class(config: Config, label: str) -> str:
        if label not in config.class_names:
            there = ", ".join(config.class_names)
            raise ValueError(f"There is no class {str(label)[:80]!r}. There are: {there}.")
        return label

    # --- curves --------------------------------------------------------------------------------

    def curves(self, names: Sequence[str]) -> dict[str, list[dict]]:
        """The records of runs, oldest first: {"step", "images", "seconds", metrics…} each.

        A run that has only just begun has none yet; of one of more than 1,000 records, every so
        many are left out.

        Raises:
            ValueError: no such run.
        """
        if not isinstance(names, list | tuple):
            raise ValueError("The runs must be a list of names.")
        return {name: _thin(_records(self.run(name).folder)) for name in names}

    def sample_steps(self, name: str) -> list[int]:
        """The steps at which a run drew its fixed latents; empty if it never did."""
        files = (self.run(name).folder / "samples").glob("step-*.webp")
        return sorted(int(f.stem.split("-")[1]) for f in files if f.stem.split("-")[1].isdigit())

    def sample_sheet(self, name: str, step: int) -> bytes:
        """The grid that a run drew at a step: a WebP file, one column a class.

        Raises:
            ValueError: no such run, or no grid at that step.
        """
        if step not in self.sample_steps(name):
            raise ValueError(f"{name} has no samples at step {str(step)[:20]}.")
        return (self.run(name).folder / "samples" / f"step-{step:06d}.webp").read_bytes()


def _written(z: np.ndarray) -> np.ndarray:
    """A latent vector as it can be written down and sent, float64 [Z] of three decimals."""
    return np.round(np.clip(z.astype(float), -LARGEST_LATENT, LARGEST_LATENT), 3)


# --- warming up: what the page will call, on a picture of nothing ---------------------------------


def _warm_single(run: Run, model: Model) -> None:
    model.warm_up()


def _warm_sheets(run: Run, model: Model) -> None:
    if run.draws:
        for num in (2 * NUM_DIRECTIONS, NUM_A_CLASS * len(model.class_names)):
            model.decode(model.latents(0, num), np.zeros(num, int))


def _warm_ways(run: Run, model: Model) -> None:
    nothing = np.zeros((1, 32, 32, model.config.channels), np.float32)
    for method in run.methods:
        model.classify(nothing, method)
    if run.encodes:
        model.encode(nothing, [0])
    if run.tells_strange:
        model.strangeness(nothing)


def _warm_reasons(run: Run, model: Model) -> None:
    nothing = np.zeros((32, 32, model.config.channels), np.float32)
    for method in run.explained:
        for heat_map in HEAT_MAPS.values():
            heat_map(model, nothing, 0, method)
        num = len(corruption.ATTACK_LEVELS)
        model.gradients(np.repeat(nothing[None], num, 0), [0] * num, method)
    if run.has_likelihood:
        explain.as_each_class(model, nothing)
    if run.changes_class:
        explain.counterfactual(model, nothing, num=NUM_CHANGED)


# --- the pictures of a data set ----------------------------------------------------------------


def _pictures(dataset: str, split: str) -> data.Dataset:
    """Pictures that are on this computer.

    Raises:
        ValueError: they are not, or cannot be read.
    """
    if not data.is_at_hand(dataset, split):
        title, kind = (
            DATASET_TITLES.get(dataset, dataset),
            "training" if split == "train" else split,
        )
        raise ValueError(f"The {kind} pictures of {title} are not on this computer.")
    try:
        return data.load(dataset, split)
    except data.DataUnavailableError as error:
        raise ValueError(str(error)) from error


def _neighbourhood(
    run: Run, model: Model, images: np.ndarray, progress: Callable[[float], None]
) -> explain.Neighbourhood:
    """Where training pictures lie for a model: as it was kept on disk, else read anew."""
    folder = data.cache_folder() / "neighbours"
    digest = explain.fingerprint(run.folder / "model.safetensors", images)
    file = folder / f"{run.config.name}-{digest}.safetensors"
    with contextlib.suppress(OSError, SafetensorError, KeyError):
        return explain.load_neighbourhood(file)
    found = explain.read_training(model, images, progress)
    with contextlib.suppress(OSError):  # where nothing can be kept it is read anew next time
        explain.save_neighbourhood(file, found)
        for old in sorted(folder.glob("*.safetensors"), key=_modified)[:-NUM_READINGS]:
            old.unlink()
    return found


def _download_key(dataset: str, split: str) -> tuple[str, str]:
    """The same for both splits where one download brings both."""
    return dataset, "" if data.comes_whole(dataset) else split


def _fetch(dataset: str, split: str, job: Job) -> None:
    """Download pictures; whoever looks at the job sees how far it is, and what went wrong."""

    def note(share: float) -> None:
        job.share = share

    try:
        data.download(dataset, split, note)
    except Exception as error:  # a thread has nobody else to tell it to
        job.error = str(error)
    job.is_over = True


# --- reading a run's folder --------------------------------------------------------------------


_RUN_FILES = ("model.safetensors", "config.json", "metrics.jsonl")
_RUN_FILES += ("evaluation.json", "predictions.safetensors")


def _modified(file: Path) -> float:
    """When a file was written, seconds since 1970; 0 where there is none."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _read_run(name: str, folder: Path) -> Run | None:
    """None where the folder holds no run that this version of `dgm` can read."""
    weights, text = (_modified(folder / file) for file in ("model.safetensors", "config.json"))
    stamp = weights if text else 0.0
    try:
        if stamp:
            config = Config.from_json((folder / "config.json").read_text())
        else:  # a run that has not released a model yet
            header = _first_line(folder / "metrics.jsonl")
            config = Config.from_json(json.dumps(header["config"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    last = [{}, *_records(folder)][-1]
    evaluation = _json(folder / "evaluation.json")
    details = _dict(evaluation.get("details"))
    size = config.num_classes
    num_tested = evaluation.get("num_images")
    return Run(
        name,
        folder,
        config,
        stamp,
        _fitted(folder / "model.safetensors") if stamp else frozenset(),
        _figures(evaluation),
        _tables(details.get("reliability"), 3),
        _tables(details.get("confusion"), size, size),
        num_tested if isinstance(num_tested, int) else 0,
        _predicted(folder),
        last.get("images", 0),
        last.get("seconds", 0.0),
    )


def _fitted(weights: Path) -> frozenset[str]:
    """Names of what was fitted on a released model; of the file only its head is read."""
    prefix = "extra.readout."
    try:
        with safe_open(weights, "numpy") as file:
            names = list(file.keys())
    except (OSError, SafetensorError):  # whoever asks for the model is told what is wrong with it
        return frozenset()
    return frozenset(n.removeprefix(prefix) for n in names if n.startswith(prefix))


def _first_line(file: Path) -> dict:
    with file.open() as lines:
        return json.loads(lines.readline())


def _json(file: Path) -> dict:
    """The object in a file; {} where there is none."""
    try:
        return _dict(json.loads(file.read_text()))
    except (OSError, ValueError):
        return {}


def _dict(value) -> dict:
    return value if isinstance(value, dict) else {}


def _figures(evaluation: dict) -> dict[str, float]:
    """The metrics of an evaluation, without what is no number."""
    return {
        name: float(value)
        for name, value in _dict(evaluation.get("metrics")).items()
        if isinstance(value, int | float) and math.isfinite(value)
    }


def _tables(named, columns: int, rows: int | None = None) -> dict[str, list[list[float]]]:
    """Those tables by name that are of this size (None: of any), numbers, and none below 0."""
    found = {}
    for name, table in _dict(named).items():
        with contextlib.suppress(ValueError, TypeError):
            values = np.array(table, float)
            fits = values.shape == (rows or len(values), columns)
            if fits and np.isfinite(values).all() and (values >= 0).all():
                found[name] = table
    return found


def _predicted(folder: Path) -> frozenset[str]:
    try:
        return frozenset(read_predictions(folder))
    except (OSError, SafetensorError):
        return frozenset()


def _records(folder: Path) -> list[dict]:
    file = folder / "metrics.jsonl"
    return read_metrics(file)[1] if file.is_file() else []


def _thin(records: list[dict]) -> list[dict]:
    """At most 1,000 of them, evenly spread, the last one among them."""
    stride = max(1, -(-len(records) // LARGEST_RECORDS))
    return records[::-1][::stride][::-1]


def _place(order: list[str], name: str) -> int:
    return order.index(name) if name in order else len(order)


# --- checks of what came from outside ----------------------------------------------------------


def _number(value, name: str, low: float, high: float) -> float:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    if not fits:  # a NaN is not between the two either
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}, not {_short(value)}.")
    return float(value)


def _numbers(values, name: str, most: int, largest: float) -> list[float]:
    if not isinstance(values, list | tuple) or len(values) > most:
        raise ValueError(f"{name}s must be a list of at most {most} numbers.")
    return [_number(value, f"each {name}", -largest, largest) for value in values]


def _trimmed(values: Sequence[float]) -> list[float]:
    """Without the zeros at the end, which move nothing."""
    return list(values[: max((i + 1 for i, value in enumerate(values) if value), default=0)])


def _whole(value, name: str, low: int, high: int) -> int:
    if _number(value, name, low, high) != int(value):
        raise ValueError(f"{name} must be a whole number, not {_short(value)}.")
    return int(value)


def _short(value) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:40] + "…"
