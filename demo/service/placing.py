"""Where pictures lie in a model's latent space: the way back from a picture, and a map."""

import math
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from demo.service import checks
from demo.service.datasets import Datasets
from demo.service.drawing import written
from demo.service.jobs import Job
from demo.service.reading import Reader
from demo.service.runs import Run
from demo.service.shelf import Shelf
from dgm import data, latent
from dgm.data import to_float, to_uint8
from dgm.model import Model

NUM_MAPPED = 1_000  # pictures that are placed on a map
MAP_SIDE = 12  # pictures in a row and in a column of a map's sheet
NUM_SEARCHED = 350  # steps of the way back from a picture to a latent vector
LONGEST_SEARCH = 9.0  # seconds after which the best so far is taken
MOST_SEARCHES = 8  # that are waited for at once; they go one after another


@dataclass(frozen=True)
class Found:
    """A picture from outside in a model's latent space."""

    seen: np.ndarray  # uint8 [32, 32, C], the picture as the model saw it
    label: str  # the class that it is drawn as
    z: list[float]  # [Z], of three decimals, so that it can be written down
    picture: np.ndarray  # uint8 [32, 32, C], what the model draws there
    off: float  # mean difference of a pixel, 1 is that of black and white


@dataclass(frozen=True)
class Map:
    """A plane through a model's latent space, and where pictures lie in it."""

    plane: latent.Plane
    places: np.ndarray  # float32 [N, 2], within [-extent, extent] but for a few
    classes: np.ndarray  # int [N], numbers of their classes; -1 where nothing tells them
    extent: float
    share: float  # of the variance of these pictures' z that lies in the plane
    of: str  # what lies there: "test" pictures, "drawn" ones, both encoded, or the "prior"


@dataclass
class Search(Job):
    """How far the way back from a picture to a latent vector is found."""

    found: Found | None = None  # the best so far
    is_stopped: bool = False  # whether the best so far is good enough


class Placing:
    """Places pictures: at once by an encoder, else step by step, and many on a map."""

    def __init__(self, shelf: Shelf, datasets: Datasets, reading: Reader):
        self._shelf = shelf
        self._datasets = datasets
        self._reading = reading
        self._lock = threading.Lock()
        self._searches: OrderedDict[str, Search] = OrderedDict()
        self._searcher = threading.Lock()  # a search takes all cores: one after another
        self._maps: OrderedDict[tuple[str, float, bool], Map] = OrderedDict()
        self._mapper = threading.Lock()

    # --- from a picture to a latent vector -----------------------------------------------------

    def encode(self, picture: str | Path | BinaryIO, name: str) -> Found:
        """Where an encoder places a picture, drawn as the class that the model takes it for.

        Raises:
            ValueError: no such model, or it has no encoder; `PictureError`: the picture cannot be
                used.
        """
        run = self._shelf.run(name)
        if not run.encodes:
            raise ValueError(f"{name} has no encoder, which would place a picture at once.")
        seen = self._datasets.fit(picture, run.config.dataset)
        label = self._reading.read(name, seen).label
        model = self._shelf.model(name)
        return _found(model, seen, label, model.encode(to_float(seen[None]), [label])[0])

    def search(self, picture: str | Path | BinaryIO, name: str) -> str:
        """Begin to look for the latent vector whose picture is nearest to one; the key by which
        `searching` tells how that stands. It ends when nobody asks any more.

        Raises:
            ValueError: no such model, nothing here can judge its pictures, or too many are being
                looked for; `PictureError`: the picture cannot be used.
        """
        model, run = self._shelf.drawing_model(name), self._shelf.run(name)
        judge = self._judge(run)
        seen = self._datasets.fit(picture, run.config.dataset)
        job, key = Search(), secrets.token_urlsafe(12)
        with self._lock:
            if sum(not other.is_over for other in self._searches.values()) >= MOST_SEARCHES:
                raise ValueError("Many pictures are being looked for just now; try again soon.")
            self._searches[key] = job
            for old in [k for k, other in self._searches.items() if other.is_over][:-MOST_SEARCHES]:
                del self._searches[old]
        job.begin(self._search, model, judge, seen, job)
        return key

    def _search(self, model: Model, judge: Model, seen: np.ndarray, job: Search) -> None:
        with self._searcher:
            image = to_float(seen)
            label = model.class_names[0]
            if judge.methods:
                label = judge.class_names[int(judge.classify(image[None])[0].argmax())]
            number = model.class_names.index(label)
            begun = math.inf  # the first step is compiled
            for i, (z, _) in enumerate(latent.invert(model, judge, image, number, NUM_SEARCHED)):
                job.found = _found(model, seen, label, z)
                job.share = i / NUM_SEARCHED
                now = time.monotonic()
                begun = now if i == 1 else begun
                if i > 1:
                    job.end_if_unwanted()
                if job.is_stopped or now - begun > LONGEST_SEARCH:
                    break

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

    def _judge(self, run: Run) -> Model:
        """A model that tells how like two pictures are: the judge of samples, else a plain
        classifier, else the model itself, else any."""
        same = [r for r in self._shelf.runs().values() if r.has_model]
        same = [r for r in same if r.config.dataset == run.config.dataset]
        same.sort(key=lambda r: (r.config.recipe != "cnn", r.name != run.name))
        judge = self._shelf.judge(run.config.dataset)
        for other in [judge, *same] if judge and judge.has_model else same:
            model = self._shelf.model_of(other)
            if model.has_maps:
                return model
        raise ValueError(f"No model of {run.dataset_title} here tells how like two pictures are.")

    # --- a map ---------------------------------------------------------------------------------

    def map(self, name: str) -> Map:
        """Where pictures lie in a model's latent space, in two dimensions.

        With an encoder these are test pictures, as far as they are at hand, in the plane of their
        first two principal components. Without one there is nothing but the prior, in which no
        direction is principal: draws of it, in the plane of the model's two strongest directions.
        """
        model, run = self._shelf.drawing_model(name), self._shelf.run(name)
        with_test = run.encodes and data.is_at_hand(run.config.dataset, "test")
        key = (name, run.stamp, with_test)
        with self._mapper:  # of several that ask at once, one draws it
            if key not in self._maps:
                self._maps[key] = self._draw_map(run, model, with_test)
                while len(self._maps) > self._shelf.num_kept:
                    self._maps.popitem(last=False)
            return self._maps[key]

    def _draw_map(self, run: Run, model: Model, with_test: bool) -> Map:
        if with_test:
            some = self._datasets.test_pictures(run.config.dataset).take(slice(NUM_MAPPED))
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
        model = self._shelf.drawing_model(name)
        label = checks.drawn_class(model.config, label)
        found = self.map(name)
        steps = found.extent * (2 * (np.arange(MAP_SIDE) + 0.5) / MAP_SIDE - 1)
        y, x = np.meshgrid(-steps, steps, indexing="ij")
        z = found.plane.lift(np.stack([x.ravel(), y.ravel()], 1))
        return to_uint8(model.decode(z, [label] * len(z)))


def _found(model: Model, seen: np.ndarray, label: str, z: np.ndarray) -> Found:
    z = written(z)
    (picture,) = to_uint8(model.decode(z[None], [label]))
    off = float(np.abs(picture.astype(float) - seen).mean() / 255)
    return Found(seen, label, z.tolist(), picture, off)


def warm_encoder(run: Run, model: Model) -> None:
    """Compile the placing of a single picture."""
    if run.encodes:
        model.encode(np.zeros((1, 32, 32, model.config.channels), np.float32), [0])
