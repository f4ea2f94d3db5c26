"""A model, and what it is measured against. What several metrics ask for is computed once."""

import dataclasses
import functools
from pathlib import Path

import numpy as np

from dgm import data
from dgm.analysis.batches import in_batches
from dgm.evaluation import metrics
from dgm.model import Model

NUM_SAMPLES = 10_000  # drawn for GAN-test and the distances, all classes alike


def predict(model: Model, dataset: data.Dataset, method: str) -> np.ndarray:
    """p(y|x) of every image, float32 [N, K]."""
    return in_batches(lambda x: model.classify(x, method), dataset.images, title=method)


def accuracy(model: Model, dataset: data.Dataset) -> float:
    """By the model's own method of classifying."""
    return metrics.accuracy(predict(model, dataset, model.methods[0]), dataset.labels)


def knows_classes(model: Model) -> bool:
    """Whether the class of a sample is known."""
    return model.config.is_conditional or "classify" in model.capabilities


@dataclasses.dataclass(frozen=True)
class Reference:
    """What models of one data set are measured against."""

    test: data.Dataset
    # A plain classifier that was trained on real images alone: it reads samples, and distances are
    # taken in its features. None where no metric asks for it.
    classifier: Model | None
    data_dir: Path | None = None  # with the official files, see `data.load`

    @property
    def needed_classifier(self) -> Model:
        """The classifier.

        Raises:
            ValueError: there is none; the message says how to get one.
        """
        if self.classifier is None:
            raise ValueError(
                "this needs a classifier that samples are read by: give --reference, or train one "
                f"by `python -m dgm.train cnn --dataset {self.test.name}`"
            )
        return self.classifier

    @functools.cached_property
    def accuracy(self) -> float:
        """The classifier's, on the real test images."""
        return accuracy(self.needed_classifier, self.test)

    @functools.cached_property
    def train(self) -> data.Dataset:
        return data.load(self.test.name, "train", data_dir=self.data_dir)

    def features(self, images: np.ndarray, title: str) -> np.ndarray:
        """The classifier's features of images, float in [-1, 1] or uint8: float32 [N, F]."""
        return in_batches(self.needed_classifier.features, images, title=title)

    @functools.cached_property
    def test_features(self) -> np.ndarray:
        return self.features(self.test.images, "features of test images")

    @functools.cached_property
    def train_features(self) -> np.ndarray:
        return self.features(self.train.images, "features of training images")


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A model, its test images, and its samples."""

    model: Model
    reference: Reference

    @property
    def test(self) -> data.Dataset:
        return self.reference.test

    @functools.cached_property
    def predictions(self) -> dict[str, np.ndarray]:
        """p(y|x) of the test images by every method that the model has, float32 [N, K] each."""
        return {method: predict(self.model, self.test, method) for method in self.model.methods}

    def draw(self, num: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """(samples float32 [num, 32, 32, C] in [-1, 1], their classes int32 [num]), classes alike.

        A model that cannot be asked for a class draws what it will; where it can classify, it says
        itself what that is.
        """
        model = self.model
        labels = (np.arange(num) % model.config.num_classes).astype(np.int32)
        samples = in_batches(model.decode, model.latents(seed, num), labels, title="draw")
        if not model.config.is_conditional and "classify" in model.capabilities:
            predicted = in_batches(model.classify, samples, title="classify")
            labels = predicted.argmax(-1).astype(np.int32)
        return samples, labels

    @functools.cached_property
    def samples(self) -> tuple[np.ndarray, np.ndarray]:
        return self.draw(NUM_SAMPLES, seed=0)

    @functools.cached_property
    def sample_features(self) -> np.ndarray:
        return self.reference.features(self.samples[0], "features of samples")
