"""The training pictures nearest to a picture, as the features of a model tell."""

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from safetensors import SafetensorError

from demo.service.datasets import Datasets, pictures
from demo.service.drawing import Drawing, Setting
from demo.service.jobs import Job
from demo.service.runs import Run, modified
from demo.service.shelf import Shelf
from dgm import data, explain
from dgm.data import to_float
from dgm.model import Model

NUM_NEAR = 8  # training pictures that are shown as the nearest
NUM_READ = 4  # models whose reading of all training pictures is kept in memory, 250 MB at most each
NUM_READINGS = 24  # such readings that are kept on disk, 50 MB at most each


@dataclass(frozen=True)
class Nearest:
    """The training pictures nearest to a picture in the feature space of a model, nearest first."""

    pictures: np.ndarray  # uint8 [N, 32, 32, C]
    labels: list[str]
    distances: list[float]  # 1 is the median distance of a training picture to its own nearest
    same: list[bool]  # whether it is this very picture, pixel for pixel
    further: float  # share of training pictures whose own nearest is no nearer than the first
    total: int  # training pictures


@dataclass
class TrainingRead(Job):
    """How far a model is with reading its training pictures."""

    total: int = 0  # training pictures, once that is known


class Neighbours:
    """Has each model read its training pictures once, and finds the nearest of them."""

    def __init__(self, shelf: Shelf, datasets: Datasets, drawing: Drawing):
        self._shelf = shelf
        self._datasets = datasets
        self._drawing = drawing
        self._lock = threading.Lock()
        self._trained: OrderedDict[
            tuple[str, float], tuple[data.Dataset, explain.Neighbourhood]
        ] = OrderedDict()
        self._readings: dict[tuple[str, float], TrainingRead] = {}
        self._reader = threading.Lock()  # a reading takes all cores: one after another

    def nearest(self, picture: str | Path | BinaryIO, name: str) -> Nearest | TrainingRead:
        """The training pictures nearest to a picture; until the model has read them, which it does
        once and in the background as long as it is asked for, how far it is.

        Raises:
            ValueError: no such model, it has no features, or the training pictures are not at hand;
                `PictureError`: the picture cannot be used.
        """
        run = self._with_features(name)
        return self._nearest(self._datasets.fit(picture, run.config.dataset), run)

    def nearest_to_drawn(self, setting: Setting, name: str) -> Nearest | TrainingRead:
        """The same for a picture that a model draws, as the features of the model `name` tell.

        Raises:
            ValueError: as `nearest` and `generate`, or the two are of different data sets.
        """
        run, drawing = self._with_features(name), self._shelf.run(setting.name)
        if drawing.config.dataset != run.config.dataset:
            raise ValueError(f"{name} knows no pictures of {drawing.dataset_title}.")
        return self._nearest(self._drawing.generate(setting), run)

    def _with_features(self, name: str) -> Run:
        run = self._shelf.run(name)
        if not run.has_features:
            raise ValueError(f"{name} has no features by which pictures could be compared.")
        return run

    def _nearest(self, seen: np.ndarray, run: Run) -> Nearest | TrainingRead:
        read = self._training(run)
        if isinstance(read, TrainingRead):
            return read
        training, neighbourhood = read
        (features,) = self._shelf.model(run.name).features(to_float(seen[None]))
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
                job.begin(self._read_all, run, key, job)
            job.asked = time.monotonic()
        return job

    def _read_all(self, run: Run, key: tuple[str, float], job: TrainingRead) -> None:
        def note(share: float) -> None:
            job.share = share
            job.end_if_unwanted()

        with self._reader:
            training = explain.trained_on(run.config, pictures(run.config.dataset, "train"))
            job.total = len(training)
            model = self._shelf.model_of(run, for_visitor=False)
            neighbourhood = _neighbourhood(run, model, training.images, note)
        with self._lock:
            self._trained[key] = training, neighbourhood
            while len(self._trained) > NUM_READ:
                self._trained.popitem(last=False)


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
        for old in sorted(folder.glob("*.safetensors"), key=modified)[:-NUM_READINGS]:
            old.unlink()
    return found
