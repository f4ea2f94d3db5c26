"""Why models take a picture for a class."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from demo.service import checks
from demo.service.classification import Classification
from demo.service.datasets import Datasets
from demo.service.model_store import ModelStore
from demo.text import text
from dgm.analysis import explain
from dgm.data import to_float, to_uint8
from dgm.model import Model

NUM_COUNTERFACTUAL = 17  # pictures from the one class to the other
HEAT_MAPS = {"cover": explain.occlusion, "gradients": explain.integrated_gradients}


@dataclass(frozen=True)
class HeatMap:
    """Where in a picture a model finds its reasons."""

    label: str  # the class that they speak for or against
    nats: np.ndarray  # float32 [32, 32], positive for the class
    seen: np.ndarray  # uint8 [32, 32, C]


@dataclass(frozen=True)
class Counterfactual:
    """The smallest change that makes a picture another class, step by step."""

    label: str  # the class that the picture is taken for
    target: str  # the class that it becomes
    pictures: np.ndarray  # uint8 [N, 32, 32, C]
    probabilities: np.ndarray  # float32 [N, 2], of the two classes
    turning_point: int  # the first picture that is taken for the target; N where none is


class Explanation:
    """Asks models for the reasons of their predictions."""

    def __init__(self, models: ModelStore, datasets: Datasets, classification: Classification):
        self._models = models
        self._datasets = datasets
        self._classification = classification

    def heat_map(
        self,
        picture: str | Path | BinaryIO,
        name: str,
        method: str = "",
        label: str = "",
        kind: str = "cover",
    ) -> HeatMap:
        """Where in a picture a model finds what speaks for a class and against it.

        label: a class; "" is the predicted one. kind: one of HEAT_MAPS.

        Raises:
            ValueError: no such model, method, class or kind; `PictureError`: the picture cannot be
                used.
        """
        run, method = self._models.classifier(name, method)
        if method not in run.abilities.explained_methods:
            raise ValueError(text("errors.slow-heat-map", model=name, method=method))
        if not isinstance(kind, str) or kind not in HEAT_MAPS:
            raise ValueError(
                text("errors.heat-map", kinds=", ".join(HEAT_MAPS), kind=checks.short(kind))
            )
        model = self._models.model(name)
        seen = self._datasets.preprocess(picture, run.dataset.name)
        if label:
            label = checks.class_name(model.config, label)
        else:
            label = self._classification.predict(seen, name, method).label
        number = model.class_names.index(label)
        return HeatMap(label, HEAT_MAPS[kind](model, to_float(seen), number, method), seen)

    def as_each_class(
        self, picture: str | Path | BinaryIO, name: str
    ) -> tuple[np.ndarray, dict[str, float]]:
        """A VAE's reconstructions of a picture as each class: (uint8 [K, 32, 32, C], by class the
        bound of log p(x|y) less that of the best, nats).

        Raises:
            ValueError: no such model, or it has no likelihood; `PictureError`: as `heat_map`.
        """
        run = self._models.run(name)
        if not run.can("likelihood"):
            raise ValueError(text("errors.no-likelihood", model=name))
        model = self._models.model(name)
        seen = self._datasets.preprocess(picture, run.dataset.name)
        pictures, nats = explain.as_each_class(model, to_float(seen))
        return to_uint8(pictures), dict(zip(model.class_names, nats.tolist(), strict=True))

    def counterfactual(
        self, picture: str | Path | BinaryIO, name: str, target: str = ""
    ) -> Counterfactual:
        """The smallest change that makes a picture another class; "" is the second likeliest.

        Raises:
            ValueError: no such model or class, the model has no counterfactuals, or the picture is
                taken for that class already; `PictureError`: as `heat_map`.
        """
        run = self._models.run(name)
        if not run.abilities.has_class_priors:
            raise ValueError(text("errors.no-counterfactuals", model=name))
        model = self._models.model(name)
        seen = self._datasets.preprocess(picture, run.dataset.name)
        number = (
            model.class_names.index(checks.class_name(model.config, target)) if target else None
        )
        try:
            found = explain.counterfactual(model, to_float(seen), number, NUM_COUNTERFACTUAL)
        except explain.SameClassError:
            raise ValueError(text("errors.same-class", label=target)) from None
        return Counterfactual(
            model.class_names[found.label],
            model.class_names[found.target],
            to_uint8(found.pictures),
            found.probabilities[:, [found.label, found.target]],
            found.turns,
        )


def warm_explanations(model: Model) -> None:
    """Compile heat maps, reconstructions and counterfactuals."""
    blank = np.zeros((32, 32, model.config.channels), np.float32)
    for method in model.abilities.explained_methods:
        for heat_map in HEAT_MAPS.values():
            heat_map(model, blank, 0, method)
    if "likelihood" in model.capabilities:
        explain.as_each_class(model, blank)
    if model.abilities.has_class_priors:
        explain.counterfactual(model, blank, num=NUM_COUNTERFACTUAL)
