"""How far predictions can be relied on: mistakes on test pictures, and corrupted pictures."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from safetensors import SafetensorError

from demo.service import checks
from demo.service.datasets import Datasets
from demo.service.model_store import ModelStore
from demo.service.runs import CORRUPTIONS, Run
from demo.text import text
from dgm.analysis import corruption
from dgm.data import to_float, to_uint8
from dgm.model import Model
from dgm.release import read_predictions

MISTAKES_PER_PAGE = 24  # test pictures of a cell of a confusion matrix that are shown at once


@dataclass(frozen=True)
class Mistakes:
    """Test pictures of one class that a model takes for one class."""

    pictures: np.ndarray  # uint8 [N, 32, 32, C], a page of them
    percents: list[int]  # how confident the model was in each
    total: int  # pictures of all pages


@dataclass(frozen=True)
class CorruptedPredictions:
    """A picture under growing corruption, and what a model takes it for at each level."""

    levels: list[float]  # 0 first
    pictures: np.ndarray  # uint8 [levels, 32, 32, C]
    labels: list[str]
    confidences: list[float]  # in the label


class Reliability:
    """Shows where models fail."""

    def __init__(self, models: ModelStore, datasets: Datasets):
        self._models = models
        self._datasets = datasets

    def mistakes(
        self, name: str, method: str, label: str, predicted: str, page: int = 0
    ) -> Mistakes:
        """The test pictures of class `label` that a model takes for `predicted`, the most confident
        first. Where the two are one class, the least confident first.

        Raises:
            ValueError: no such model, method, class or page; its predictions were not kept; the
                test pictures are not on this computer, or are others than were measured.
        """
        run, method = self._models.classifier(name, method)
        if method not in run.predicted_methods:
            raise ValueError(text("errors.no-predictions", model=name))
        row, column = (
            run.config.class_names.index(checks.class_name(run.config, c))
            for c in (label, predicted)
        )
        test = self._datasets.test_pictures(run.dataset.name)
        predictions = _read_predictions(run, method)
        labels = test.labels[: len(predictions)]
        counts = np.zeros((run.config.num_classes,) * 2, int)
        if len(labels) == len(predictions):
            np.add.at(counts, (labels, predictions[:, 0]), 1)
        if counts.tolist() != run.confusion.get(method):
            raise ValueError(text("errors.other-test-pictures", model=name))
        members = np.flatnonzero((labels == row) & (predictions[:, 0] == column))
        percents = predictions[members, 1].astype(int)
        order = np.argsort(percents if row == column else -percents, kind="stable")
        last_page = max(0, (len(members) - 1) // MISTAKES_PER_PAGE)
        start = MISTAKES_PER_PAGE * checks.whole(page, "page", 0, last_page)
        shown = order[start : start + MISTAKES_PER_PAGE]
        return Mistakes(test.images[members[shown]], percents[shown].tolist(), len(members))

    def corrupt(
        self, picture: str | Path | BinaryIO, kind: str, name: str, method: str = ""
    ) -> CorruptedPredictions:
        """A picture at each level of a corruption, one of CORRUPTIONS, and the predictions.

        An attack goes against the prediction for the picture as it is.

        Raises:
            ValueError: no such corruption, model or method, or an attack on it takes too long;
                `PictureError`: the picture cannot be used.
        """
        run, method = self._models.classifier(name, method)
        if not isinstance(kind, str) or kind not in CORRUPTIONS:
            raise ValueError(
                text("errors.corruption", kinds=", ".join(CORRUPTIONS), kind=checks.short(kind))
            )
        if kind in corruption.ATTACKS and method not in run.abilities.explained_methods:
            raise ValueError(text("errors.slow-attack", model=name, method=method))
        model = self._models.model(name)
        seen = to_float(self._datasets.preprocess(picture, run.dataset.name)[None])
        if kind in corruption.ATTACKS:
            levels = corruption.ATTACK_LEVELS
            largest = np.array(levels, np.float32)[:, None, None, None]
            copies = np.repeat(seen, len(levels), 0)
            labels = np.repeat(model.classify(seen, method).argmax(-1), len(levels))
            corrupted = corruption.ATTACKS[kind](model, copies, labels, method, largest)
        else:
            corrupt, levels = corruption.CORRUPTIONS[kind]
            corrupted = np.concatenate([corrupt(seen, level) for level in levels])
        pictures = np.concatenate([seen, corrupted])
        probabilities = model.classify(pictures, method)
        return CorruptedPredictions(
            [0.0, *levels],
            to_uint8(pictures),
            [model.class_names[number] for number in probabilities.argmax(-1)],
            probabilities.max(-1).tolist(),
        )


def _read_predictions(run: Run, method: str) -> np.ndarray:
    """uint8 [N, 2]: the predicted class of each test picture, and the confidence in percent."""
    try:
        return read_predictions(run.folder)[method]
    except (OSError, KeyError, SafetensorError):
        raise ValueError(text("errors.bad-predictions", model=run.name)) from None


def warm_attacks(model: Model) -> None:
    """Compile the gradients that an attack takes."""
    num = len(corruption.ATTACK_LEVELS)
    blank = np.zeros((num, 32, 32, model.config.channels), np.float32)
    for method in model.abilities.explained_methods:
        model.gradients(blank, [0] * num, method)
