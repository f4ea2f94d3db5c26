"""The training images nearest to a picture in the feature space of a model."""

import dataclasses
import functools
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from dgm import data
from dgm.analysis.distances import nearest_neighbours
from dgm.model import Model
from dgm.release import write_tensors
from dgm.systems import Config

_CHUNK = 512  # images between two calls of `progress`
_NUM_GAPS = 1_000  # training images whose own nearest is looked for
_CANDIDATES = 64  # that are looked at in double precision


@dataclasses.dataclass(frozen=True)
class TrainingFeatures:
    """Training images in the feature space of a model."""

    features: np.ndarray  # float32 [N, F], of half precision
    gaps: np.ndarray  # float32 [M], ascending: from some of them, each to the nearest of all others

    @functools.cached_property
    def _norms(self) -> np.ndarray:
        return np.square(self.features).sum(1)

    def nearest(self, features: np.ndarray, num: int) -> tuple[np.ndarray, np.ndarray]:
        """The num training images nearest to these features [F]: (rows int [num], distances [num]),
        the nearest first.

        Raises:
            ValueError: num is below 1 or above the number of training images.
        """
        query = features.astype(np.float16).astype(np.float32)
        # |x - b|^2 but for |x|^2, in single precision: a tenth of the time, and right to the last
        # few of so many candidates.
        rough = self._norms - 2 * (self.features @ query)
        few = np.argsort(rough)[: max(num, _CANDIDATES)]
        (rows,), (distances,) = nearest_neighbours(query[None], self.features[few], num)
        return few[rows], distances


def trained_on(config: Config, dataset: data.Dataset) -> data.Dataset:
    """The images of a training set that a model of this config has met."""
    if config.holdout:
        dataset, _ = data.holdout(dataset, config.holdout)
    if config.labels_per_class and not config.num_labelled:
        few = data.labelled_subset(dataset.labels, config.labels_per_class, config.seed)
        dataset = dataset.take(few)
    return dataset


def extract(
    model: Model, images: np.ndarray, progress: Callable[[float], None] = lambda share: None
) -> TrainingFeatures:
    """A model's features of its training images, uint8 [N, 32, 32, C].

    progress: is called with the share that is done, again and again; what it raises ends it.

    Raises:
        ValueError: the model has no features.
    """
    parts = []
    for start in range(0, len(images), _CHUNK):
        progress(start / len(images))
        parts.append(model.features(data.to_float(images[start : start + _CHUNK])))
    features = np.concatenate(parts).astype(np.float16).astype(np.float32)
    some = features[:: -(-len(features) // _NUM_GAPS)]
    _, distances = nearest_neighbours(some, features, 2)  # the first of the two is itself
    return TrainingFeatures(features, np.sort(distances[:, 1]).astype(np.float32))


def fingerprint(weights: Path, images: np.ndarray) -> str:
    """Of a model's file and its training images: others than these have another."""
    digest = hashlib.sha256(weights.read_bytes())
    digest.update(np.ascontiguousarray(images).data)
    return digest.hexdigest()[:16]


def save(file: Path, training: TrainingFeatures) -> None:
    """Keep features in half precision, some 40 MB for 60,000 images."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_tensors({"features": training.features.astype(np.float16), "gaps": training.gaps}, file)


def load(file: Path) -> TrainingFeatures:
    """What `save` kept.

    Raises:
        OSError, safetensors.SafetensorError, KeyError: there is none, or it is damaged.
    """
    tensors = load_file(file)
    return TrainingFeatures(tensors["features"].astype(np.float32), tensors["gaps"])
