"""What models say of a picture from outside, and why."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from demo.service import checks
from demo.service.datasets import Datasets
from demo.service.runs import Run
from demo.service.shelf import Shelf
from dgm import explain
from dgm.data import to_float, to_uint8
from dgm.model import Model

NUM_CHANGED = 17  # pictures of a counterfactual
HEAT_MAPS = {"cover": explain.occlusion, "gradients": explain.integrated_gradients}


@dataclass(frozen=True)
class Reading:
    """What a model says of a picture."""

    label: str
    confidences: dict[str, float]  # of every class, in the data set's order; they sum to 1
    seen: np.ndarray  # uint8 [32, 32, C], the picture as the model saw it


@dataclass(frozen=True)
class Heat:
    """Where in a picture a model found its reasons."""

    label: str  # the class that they speak for or against
    nats: np.ndarray  # float32 [32, 32], positive for the class
    seen: np.ndarray  # uint8 [32, 32, C]


@dataclass(frozen=True)
class Change:
    """The smallest change that makes a picture another class, step by step."""

    label: str  # what the picture is said to be
    target: str  # what it becomes
    pictures: np.ndarray  # uint8 [N, 32, 32, C]
    shares: np.ndarray  # float32 [N, 2], the probabilities of the two
    turns: int  # the first picture that is said to be the target; N where none is


class Reader:
    """Asks models for their answers and their reasons."""

    def __init__(self, shelf: Shelf, datasets: Datasets):
        self._shelf = shelf
        self._datasets = datasets

    def classify(self, picture: str | Path | BinaryIO, name: str, method: str = "") -> Reading:
        """What the model says of a picture from outside.

        Raises:
            ValueError: no such model or method; `PictureError`: the picture cannot be used.
        """
        run, method = self._shelf.way(name, method)
        return self._ask(self._datasets.fit(picture, run.config.dataset), name, method)

    def compare(
        self, picture: str | Path | BinaryIO, dataset: str, name: str = ""
    ) -> dict[tuple[str, str], Reading]:
        """What every shipped model of a data set says of a picture, by (name, way).

        name: a model of one's own that is to be asked too.

        Raises:
            ValueError: no model of that data set; `PictureError`: the picture cannot be used.
        """
        ways = [
            (run.name, method)
            for run in self._shelf.classifiers(dataset)
            if run.is_shipped or run.name == name
            for method in run.methods
        ]
        seen = self._datasets.fit(picture, dataset)
        return {way: self._ask(seen, *way) for way in ways}

    def read(self, name: str, pixels: np.ndarray) -> Reading:
        """What a model says of a picture [32, 32, C] that is as its data set has it, such as one
        that it drew itself."""
        return self._ask(pixels, name, self._shelf.run(name).methods[0])

    def _ask(self, seen: np.ndarray, name: str, method: str) -> Reading:
        model = self._shelf.model(name)
        probabilities = model.classify(to_float(seen[None]), method)[0]
        confidences = {
            label: float(p) for label, p in zip(model.class_names, probabilities, strict=True)
        }
        return Reading(max(confidences, key=confidences.get), confidences, seen)

    # --- why -------------------------------------------------------------------------------------

    def strangeness(self, picture: str | Path | BinaryIO, name: str) -> float:
        """How unlike all that a model was trained on a picture is, in units of what 95 % of real
        pictures stay under.

        Raises:
            ValueError: no such model, or it cannot tell; `PictureError`: as `classify`.
        """
        run = self._shelf.run(name)
        if not run.tells_strange:
            raise ValueError(f"{name} cannot tell what is unlike its training pictures.")
        seen = self._datasets.fit(picture, run.config.dataset)
        model = self._shelf.model(name)
        return float(model.strangeness(to_float(seen[None]))[0] / model.readout["threshold"])

    def heat(
        self,
        picture: str | Path | BinaryIO,
        name: str,
        method: str = "",
        label: str = "",
        way: str = "cover",
    ) -> Heat:
        """Where in a picture a model finds what speaks for a class and against it.

        label: a class; "" is what the model says. way: one of HEAT_MAPS.

        Raises:
            ValueError: no such model, method, class or way; `PictureError`: as `classify`.
        """
        run, method = self._shelf.way(name, method)
        if method not in run.explained:
            raise ValueError(f"A heat map of {name} by {method} would take too long.")
        if not isinstance(way, str) or way not in HEAT_MAPS:
            expected = " or ".join(HEAT_MAPS)
            raise ValueError(f"A heat map is made by {expected}, not by {checks.short(way)}.")
        model = self._shelf.model(name)
        seen = self._datasets.fit(picture, run.config.dataset)
        label = (
            checks.class_name(model.config, label) if label else self._ask(seen, name, method).label
        )
        number = model.class_names.index(label)
        return Heat(label, HEAT_MAPS[way](model, to_float(seen), number, method), seen)

    def as_each_class(
        self, picture: str | Path | BinaryIO, name: str
    ) -> tuple[np.ndarray, dict[str, float]]:
        """A VAE's picture of a picture as each class: (uint8 [K, 32, 32, C], by class the bound of
        log p(x|y) less that of the best, nats).

        Raises:
            ValueError: no such model, or it has no likelihood; `PictureError`: as `classify`.
        """
        run = self._shelf.run(name)
        if not run.has_likelihood:
            raise ValueError(f"{name} does not tell how probable a picture is.")
        model = self._shelf.model(name)
        seen = self._datasets.fit(picture, run.config.dataset)
        pictures, behind = explain.as_each_class(model, to_float(seen))
        return to_uint8(pictures), dict(zip(model.class_names, map(float, behind), strict=True))

    def change(self, picture: str | Path | BinaryIO, name: str, target: str = "") -> Change:
        """The smallest change that makes a picture another class; "" is the second likeliest.

        Raises:
            ValueError: no such model or class, the model draws no such change, or the picture is
                said to be of that class already; `PictureError`: as `classify`.
        """
        run = self._shelf.run(name)
        if not run.changes_class:
            raise ValueError(f"{name} draws no change from one class to another.")
        model = self._shelf.model(name)
        seen = self._datasets.fit(picture, run.config.dataset)
        number = (
            model.class_names.index(checks.class_name(model.config, target)) if target else None
        )
        found = explain.counterfactual(model, to_float(seen), number, NUM_CHANGED)
        return Change(
            model.class_names[found.label],
            model.class_names[found.target],
            to_uint8(found.pictures),
            found.probabilities[:, [found.label, found.target]],
            found.turns,
        )


def warm_ways(run: Run, model: Model) -> None:
    """Compile what a model says of a picture, each way."""
    nothing = np.zeros((1, 32, 32, model.config.channels), np.float32)
    for method in run.methods:
        model.classify(nothing, method)
    if run.tells_strange:
        model.strangeness(nothing)


def warm_reasons(run: Run, model: Model) -> None:
    """Compile why it says that."""
    nothing = np.zeros((32, 32, model.config.channels), np.float32)
    for method in run.explained:
        for heat_map in HEAT_MAPS.values():
            heat_map(model, nothing, 0, method)
    if run.has_likelihood:
        explain.as_each_class(model, nothing)
    if run.changes_class:
        explain.counterfactual(model, nothing, num=NUM_CHANGED)
