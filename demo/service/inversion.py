"""Inversion: from a picture to the latent vector that a model generates it from."""

import math
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from demo.service.classification import Classification
from demo.service.datasets import Datasets
from demo.service.jobs import Job
from demo.service.latent_points import rounded
from demo.service.model_store import ModelStore
from demo.text import text
from dgm.analysis.inversion import invert
from dgm.data import to_float, to_uint8
from dgm.model import Model

NUM_SEARCH_STEPS = 350  # steps of gradient descent towards a latent vector
MAX_SEARCH_SECONDS = 9.0  # after which the best so far is taken
MAX_SEARCHES = 8  # that are waited for at once; they go one after another


@dataclass(frozen=True)
class InvertedPicture:
    """A picture from outside in a model's latent space."""

    seen: np.ndarray  # uint8 [32, 32, C], the picture as the model saw it
    label: str  # the class that it is generated as
    z: list[float]  # [Z], of three decimals, so that it can be written down
    picture: np.ndarray  # uint8 [32, 32, C], what the model generates from z
    error: float  # mean absolute difference of a pixel; 1 is that of black and white


@dataclass
class Search(Job):
    """How far the search for a latent vector has come."""

    best: InvertedPicture | None = None  # so far
    is_stopped: bool = False  # whether the best so far is good enough


class Inversion:
    """Inverts pictures: at once by an encoder, else step by step by a search."""

    def __init__(self, models: ModelStore, datasets: Datasets, classification: Classification):
        self._models = models
        self._datasets = datasets
        self._classification = classification
        self._lock = threading.Lock()
        self._searches: OrderedDict[str, Search] = OrderedDict()
        self._search_lock = threading.Lock()  # a search takes all cores: one after another

    def encode(self, picture: str | Path | BinaryIO, name: str) -> InvertedPicture:
        """What the encoder makes of a picture, generated as the class that the model predicts.

        Raises:
            ValueError: no such model, or it has no encoder; `PictureError`: the picture cannot be
                used.
        """
        run = self._models.run(name)
        if not run.can("encode"):
            raise ValueError(text("errors.no-encoder", model=name))
        seen = self._datasets.preprocess(picture, run.dataset.name)
        label = self._classification.predict(seen, name).label
        model = self._models.model(name)
        return _inverted(model, seen, label, model.encode(to_float(seen[None]), [label])[0])

    def search(self, picture: str | Path | BinaryIO, name: str) -> str:
        """Begin to search for the latent vector whose picture is nearest to one.

        The search ends when nobody asks about it any more.

        Returns:
            The key by which `search_status` tells how it stands.

        Raises:
            ValueError: no such model, no model here can compare its pictures, or too many searches
                are waiting; `PictureError`: the picture cannot be used.
        """
        model, run = self._models.generative_model(name), self._models.run(name)
        feature_model = self._models.feature_model(run)
        seen = self._datasets.preprocess(picture, run.dataset.name)
        job, key = Search(), secrets.token_urlsafe(12)
        with self._lock:
            if sum(not other.is_over for other in self._searches.values()) >= MAX_SEARCHES:
                raise ValueError(text("errors.many-searches"))
            self._searches[key] = job
            for old in [k for k, other in self._searches.items() if other.is_over][:-MAX_SEARCHES]:
                del self._searches[old]
        job.begin(self._search, model, feature_model, seen, job)
        return key

    def _search(self, model: Model, feature_model: Model, seen: np.ndarray, job: Search) -> None:
        with self._search_lock:
            image = to_float(seen)
            label = model.class_names[0]
            if feature_model.methods:
                probabilities = feature_model.classify(image[None])[0]
                label = feature_model.class_names[int(probabilities.argmax())]
            number = model.class_names.index(label)
            steps = invert(model, feature_model, image, number, NUM_SEARCH_STEPS)
            begun = math.inf  # the first step is compiled
            for i, (z, _) in enumerate(steps):
                job.best = _inverted(model, seen, label, z)
                job.share = i / NUM_SEARCH_STEPS
                now = time.monotonic()
                begun = now if i == 1 else begun
                if i > 1:
                    job.end_if_unwanted()
                if job.is_stopped or now - begun > MAX_SEARCH_SECONDS:
                    break

    def search_status(self, key: str, stop: bool = False) -> Search:
        """How a search stands. stop: the best so far is good enough.

        Raises:
            ValueError: there is none of that key, or it failed.
        """
        job = self._searches.get(key) if isinstance(key, str) else None
        if job is None:
            raise ValueError(text("errors.search-over"))
        if job.error:
            raise ValueError(job.error)
        job.asked = time.monotonic()
        job.is_stopped = job.is_stopped or stop
        return job


def _inverted(model: Model, seen: np.ndarray, label: str, z: np.ndarray) -> InvertedPicture:
    z = rounded(z)
    (picture,) = to_uint8(model.decode(z[None], [label]))
    error = float(np.abs(picture.astype(float) - seen).mean() / 255)
    return InvertedPicture(seen, label, z.tolist(), picture, error)


def warm_encoder(model: Model) -> None:
    """Compile the encoding of a single picture."""
    if "encode" in model.capabilities:
        model.encode(np.zeros((1, 32, 32, model.config.channels), np.float32), [0])
