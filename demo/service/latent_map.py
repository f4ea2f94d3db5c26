"""A map of a model's latent space: a plane through it, and where pictures lie in it."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from demo.service import checks
from demo.service.datasets import Datasets
from demo.service.model_store import ModelStore
from demo.service.runs import Run
from dgm import data
from dgm.analysis import latent
from dgm.data import to_float, to_uint8
from dgm.model import Model

NUM_MAPPED = 1_000  # pictures on a map
MAP_GRID_SIDE = 12  # pictures in a row and in a column of a map's grid
_SEED = 3


@dataclass(frozen=True)
class LatentMap:
    """A plane through a model's latent space, and where pictures lie in it."""

    plane: latent.Plane
    positions: np.ndarray  # float32 [N, 2], within [-extent, extent] but for a few
    classes: np.ndarray  # int [N], class numbers; -1 where nothing tells them
    extent: float
    share: float  # of the variance of these pictures' z that lies in the plane
    source: str  # what lies there: "test" pictures, "drawn" ones, both encoded, or the "prior"


class LatentMaps:
    """Draws each model's map once."""

    def __init__(self, models: ModelStore, datasets: Datasets):
        self._models = models
        self._datasets = datasets
        self._maps: OrderedDict[tuple[str, float, bool], LatentMap] = OrderedDict()
        self._lock = threading.Lock()

    def map(self, name: str) -> LatentMap:
        """Where pictures lie in a model's latent space, in two dimensions.

        With an encoder these are test pictures, as far as they are on this computer, else generated
        ones, in the plane of their first two principal components. Without an encoder there is only
        the prior, in which no direction is principal: draws of it, in the plane of the model's two
        strongest directions.

        Raises:
            ValueError: no such model, or it generates nothing.
        """
        model, run = self._models.generative_model(name), self._models.run(name)
        with_test = run.can("encode") and data.is_at_hand(run.dataset.name, "test")
        key = (name, run.stamp, with_test)
        with self._lock:  # of several that ask at once, one draws it
            if key not in self._maps:
                self._maps[key] = self._draw(run, model, with_test)
                while len(self._maps) > self._models.num_kept:
                    self._maps.popitem(last=False)
            return self._maps[key]

    def _draw(self, run: Run, model: Model, with_test: bool) -> LatentMap:
        if with_test:
            test = self._datasets.test_pictures(run.dataset.name).take(slice(NUM_MAPPED))
            z, classes = model.encode(to_float(test.images), test.labels), test.labels
            return _map_of(latent.principal_plane(z), z, classes, "test")
        z = model.latents(_SEED, NUM_MAPPED)
        classes = np.arange(NUM_MAPPED) % model.config.num_classes
        images = model.decode(z, classes)
        if run.can("encode"):
            z = model.encode(images, classes)
            return _map_of(latent.principal_plane(z), z, classes, "drawn")
        if not run.abilities.is_conditional:
            classes = self._predicted_classes(run, images)
        if len(model.directions) < 2:
            return _map_of(latent.principal_plane(z), z, classes, "prior")
        plane = latent.Plane(np.zeros(z.shape[1], np.float32), model.directions[:2])
        return _map_of(plane, z, classes, "prior")

    def _predicted_classes(self, run: Run, images: np.ndarray) -> np.ndarray:
        """The classes that a classifier of the data set takes pictures for; -1 without one."""
        try:
            classifier = self._models.feature_model(run)
        except ValueError:
            return np.full(len(images), -1)
        if not classifier.methods:
            return np.full(len(images), -1)
        return classifier.classify(images).argmax(-1)

    def map_grid(self, name: str, label: str) -> np.ndarray:
        """What lies at the middle of each of 12 x 12 cells of a map, row by row from the top left:
        uint8 [144, 32, 32, C].

        Raises:
            ValueError: no such model or class, or the model generates nothing.
        """
        model = self._models.generative_model(name)
        label = checks.generated_class(model.config, label)
        found = self.map(name)
        steps = found.extent * (2 * (np.arange(MAP_GRID_SIDE) + 0.5) / MAP_GRID_SIDE - 1)
        y, x = np.meshgrid(-steps, steps, indexing="ij")
        z = found.plane.lift(np.stack([x.ravel(), y.ravel()], 1))
        return to_uint8(model.decode(z, [label] * len(z)))


def _map_of(plane: latent.Plane, z: np.ndarray, classes: np.ndarray, source: str) -> LatentMap:
    positions = plane.project(z)
    extent = float(np.quantile(np.abs(positions), 0.995))
    return LatentMap(plane, positions, classes, extent, plane.share(z), source)
