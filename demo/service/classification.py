"""Which class models take a picture for, and whether it is like what they were trained on."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from demo.service.datasets import Datasets
from demo.service.model_store import ModelStore
from demo.text import text
from dgm.data import to_float
from dgm.model import Model


@dataclass(frozen=True)
class Prediction:
    """Which class a model takes a picture for."""

    label: str
    confidences: dict[str, float]  # of every class, in the data set's order; they sum to 1
    seen: np.ndarray  # uint8 [32, 32, C], the picture as the model saw it


class Classification:
    """Asks models for the class of a picture."""

    def __init__(self, models: ModelStore, datasets: Datasets):
        self._models = models
        self._datasets = datasets

    def classify(self, picture: str | Path | BinaryIO, name: str, method: str = "") -> Prediction:
        """The prediction of a model for a picture from outside.

        Raises:
            ValueError: no such model or method; `PictureError`: the picture cannot be used.
        """
        run, method = self._models.classifier(name, method)
        return self.predict(self._datasets.preprocess(picture, run.dataset.name), name, method)

    def compare(
        self, picture: str | Path | BinaryIO, dataset: str, name: str = ""
    ) -> dict[tuple[str, str], Prediction]:
        """The prediction of every shipped model of a data set, by (name, method).

        name: a model of the visitor's own, which is to be asked too.

        Raises:
            ValueError: no model of that data set; `PictureError`: the picture cannot be used.
        """
        asked = [
            (run.name, method)
            for run in self._models.classifiers(dataset)
            if run.is_shipped or run.name == name
            for method in run.methods
        ]
        seen = self._datasets.preprocess(picture, dataset)
        return {(name, method): self.predict(seen, name, method) for name, method in asked}

    def predict(self, pixels: np.ndarray, name: str, method: str = "") -> Prediction:
        """The prediction for a picture that is preprocessed already, such as a generated one.

        pixels: uint8 [32, 32, C].

        Raises:
            ValueError: no such model or method.
        """
        _, method = self._models.classifier(name, method)
        model = self._models.model(name)
        probabilities = model.classify(to_float(pixels[None]), method)[0].tolist()
        label = model.class_names[int(np.argmax(probabilities))]
        confidences = dict(zip(model.class_names, probabilities, strict=True))
        return Prediction(label, confidences, pixels)

    def ood_score(self, picture: str | Path | BinaryIO, name: str) -> float:
        """How far out of the training distribution a picture is, in units of the score that 95 % of
        real pictures stay under.

        Raises:
            ValueError: no such model, or it has no such score; `PictureError`: as `classify`.
        """
        run = self._models.run(name)
        if not run.abilities.has_ood_score:
            raise ValueError(text("errors.no-ood-score", model=name))
        seen = self._datasets.preprocess(picture, run.dataset.name)
        model = self._models.model(name)
        return float(model.ood_score(to_float(seen[None]))[0] / model.readout["threshold"])


def warm_classification(model: Model) -> None:
    """Compile every method of classifying, and the out-of-distribution score."""
    blank = np.zeros((1, 32, 32, model.config.channels), np.float32)
    for method in model.methods:
        model.classify(blank, method)
    if model.abilities.has_ood_score:
        model.ood_score(blank)
