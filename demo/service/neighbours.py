"""The training pictures nearest to a picture in the feature space of a model."""

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
from demo.service.generation import Generation
from demo.service.jobs import Job
from demo.service.latent_points import Setting
from demo.service.model_store import ModelStore
from demo.service.runs import Run, modified
from demo.text import library, text
from dgm import data
from dgm.analysis import neighbours
from dgm.data import to_float
from dgm.model import Model

NUM_NEIGHBOURS = 8  # training pictures that are shown as the nearest
NUM_IN_MEMORY = 4  # models whose training features are kept in memory, 250 MB at most each
NUM_ON_DISK = 24  # models whose training features are kept on disk, 50 MB at most each


@dataclass(frozen=True)
class NearestNeighbours:
    """The training pictures nearest to a picture in the feature space of a model, nearest first."""

    pictures: np.ndarray  # uint8 [N, 32, 32, C]
    labels: list[str]
    distances: list[float]  # 1 is the median distance of a training picture to its own nearest
    identical: list[bool]  # whether it is this very picture, pixel for pixel
    share_further: float  # of training pictures whose own nearest is no nearer than the first
    total: int  # training pictures


@dataclass
class FeatureExtraction(Job):
    """How far a model is with the features of its training pictures."""

    total: int = 0  # training pictures, once that is known


class Neighbours:
    """Computes the features of each model's training pictures once, and finds the nearest ones."""

    def __init__(self, models: ModelStore, datasets: Datasets, generation: Generation):
        self._models = models
        self._datasets = datasets
        self._generation = generation
        self._lock = threading.Lock()
        self._extracted: OrderedDict[
            tuple[str, float], tuple[data.Dataset, neighbours.TrainingFeatures]
        ] = OrderedDict()
        self._extractions: dict[tuple[str, float], FeatureExtraction] = {}
        self._extraction_lock = threading.Lock()  # one takes all cores: one after another

    def nearest(
        self, picture: str | Path | BinaryIO, name: str
    ) -> NearestNeighbours | FeatureExtraction:
        """The training pictures nearest to a picture.

        Their features are computed once, in the background, as long as somebody asks for them;
        until then this returns how far that is.

        Raises:
            ValueError: no such model, it has no features, or the training pictures are not on this
                computer; `PictureError`: the picture cannot be used.
        """
        run = self._with_features(name)
        return self._nearest(self._datasets.preprocess(picture, run.dataset.name), run)

    def nearest_to_generated(
        self, setting: Setting, name: str
    ) -> NearestNeighbours | FeatureExtraction:
        """The same for a generated picture, in the feature space of the model `name`.

        Raises:
            ValueError: as `nearest` and `generate`, or the two are of different data sets.
        """
        run, generating = self._with_features(name), self._models.run(setting.name)
        if generating.dataset.name != run.dataset.name:
            raise ValueError(
                text("errors.other-dataset", model=name, dataset=library.title(generating.dataset))
            )
        return self._nearest(self._generation.generate(setting), run)

    def _with_features(self, name: str) -> Run:
        run = self._models.run(name)
        if not run.abilities.has_features:
            raise ValueError(text("errors.no-features", model=name))
        return run

    def _nearest(self, pixels: np.ndarray, run: Run) -> NearestNeighbours | FeatureExtraction:
        extracted = self._training(run)
        if isinstance(extracted, FeatureExtraction):
            return extracted
        training, neighbourhood = extracted
        (features,) = self._models.model(run.name).features(to_float(pixels[None]))
        num = min(NUM_NEIGHBOURS, len(training))
        rows, distances = neighbourhood.nearest(features, num)
        identical = (training.images[rows] == pixels).all((1, 2, 3))
        distances[identical] = 0  # and not what half precision left of it
        gaps = neighbourhood.gaps
        return NearestNeighbours(
            training.images[rows],
            [training.class_names[number] for number in training.labels[rows]],
            (distances / max(float(np.median(gaps)), 1e-9)).tolist(),
            identical.tolist(),
            float((gaps >= distances[0]).mean()),
            len(training),
        )

    def _training(
        self, run: Run
    ) -> tuple[data.Dataset, neighbours.TrainingFeatures] | FeatureExtraction:
        """A model's training pictures and their features, or how far it is with computing them."""
        key = (run.name, run.stamp)
        with self._lock:
            if key in self._extracted:
                self._extracted.move_to_end(key)
                return self._extracted[key]
            job = self._extractions.get(key)
            if job is not None and job.error:
                del self._extractions[key]  # whoever asks again tries again
                raise ValueError(job.error)
            if job is None or job.is_over:
                job = self._extractions[key] = FeatureExtraction()
                job.begin(self._extract, run, key, job)
            job.asked = time.monotonic()
        return job

    def _extract(self, run: Run, key: tuple[str, float], job: FeatureExtraction) -> None:
        def note(share: float) -> None:
            job.share = share
            job.end_if_unwanted()

        with self._extraction_lock:
            training = neighbours.trained_on(run.config, pictures(run.dataset.name, "train"))
            job.total = len(training)
            model = self._models.load(run, for_visitor=False)
            neighbourhood = _training_features(run, model, training.images, note)
        with self._lock:
            self._extracted[key] = training, neighbourhood
            while len(self._extracted) > NUM_IN_MEMORY:
                self._extracted.popitem(last=False)


def _training_features(
    run: Run, model: Model, images: np.ndarray, progress: Callable[[float], None]
) -> neighbours.TrainingFeatures:
    """The features of training pictures: as they were kept on disk, else computed anew."""
    folder = data.cache_folder() / "neighbours"
    digest = neighbours.fingerprint(run.folder / "model.safetensors", images)
    file = folder / f"{run.config.name}-{digest}.safetensors"
    with contextlib.suppress(OSError, SafetensorError, KeyError):
        return neighbours.load(file)
    found = neighbours.extract(model, images, progress)
    with contextlib.suppress(OSError):  # where nothing can be kept they are computed anew next time
        neighbours.save(file, found)
        for old in sorted(folder.glob("*.safetensors"), key=modified)[:-NUM_ON_DISK]:
            old.unlink()
    return found
