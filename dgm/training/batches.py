"""Which images a run trains on, and which of them each step is given."""

import dataclasses
import functools

import numpy as np

from dgm import data
from dgm.systems import Config


def batch_indices(num_images: int, step: int, count: int, seed: int) -> np.ndarray:
    """int32 [count]: the images of a step, from an endless stream of shuffled epochs.

    A function of its arguments alone, so that a resumed run meets the same images.
    """
    positions = np.arange(step * count, (step + 1) * count)
    epochs = positions // num_images
    indices = np.empty(count, np.int32)
    for epoch in np.unique(epochs):
        chosen = epochs == epoch
        indices[chosen] = epoch_order(num_images, seed, int(epoch))[positions[chosen] % num_images]
    return indices


@functools.lru_cache(maxsize=4)
def epoch_order(num_images: int, seed: int, epoch: int) -> np.ndarray:
    return np.random.default_rng((seed, epoch)).permutation(num_images)


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """What a run trains on, validates with, and may know the labels of."""

    dataset: data.Dataset
    validation: data.Dataset | None
    labelled: np.ndarray  # int [N], which images may be asked for their label
    known_labels: np.ndarray  # int32 [len(dataset)], -1 where the label is not to be known

    @classmethod
    def prepare(cls, config: Config, dataset: data.Dataset) -> "TrainingData":
        """Held-out images set aside, and labels beyond `labels_per_class` taken away."""
        validation = None
        if config.holdout:
            dataset, validation = data.holdout(dataset, config.holdout)
        labelled = data.labelled_subset(dataset.labels, config.labels_per_class, config.seed)
        if config.labels_per_class and not config.num_labelled:
            # A picture without its label is of no use to this system.
            dataset, labelled = dataset.take(labelled), np.arange(len(labelled))
        known = np.full_like(dataset.labels, -1)
        known[labelled] = dataset.labels[labelled]  # no step can look at what it is not to know
        return cls(dataset, validation, labelled, known)

    def indices(self, config: Config, step: int) -> np.ndarray:
        """int32 [updates_a_step, num_labelled + batch_size], the images of a step."""
        updates, num, seed = config.updates_a_step, len(self.dataset), config.seed
        drawn = batch_indices(num, step, updates * config.batch_size, seed)
        drawn = drawn.reshape(updates, config.batch_size)
        if not config.num_labelled:
            return drawn
        chosen = batch_indices(len(self.labelled), step, updates * config.num_labelled, seed)
        return np.concatenate([self.labelled[chosen].reshape(updates, -1), drawn], axis=1)
