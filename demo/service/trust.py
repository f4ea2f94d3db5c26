"""How far models may be believed: their mistakes, and pictures made harder to read."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from safetensors import SafetensorError

from demo.service import checks
from demo.service.datasets import Datasets
from demo.service.runs import HARMS, Run
from demo.service.shelf import Shelf
from dgm import corruption
from dgm.checkpoint import read_predictions
from dgm.data import to_float, to_uint8
from dgm.model import Model

NUM_A_PAGE = 24  # test pictures of a cell of a confusion matrix that are shown at once


@dataclass(frozen=True)
class Mistakes:
    """Test pictures of one class that a model takes for one."""

    pictures: np.ndarray  # uint8 [N, 32, 32, C], a page of them
    percents: list[int]  # how sure the model was of each
    total: int  # pictures of all pages


@dataclass(frozen=True)
class Harmed:
    """A picture made harder and harder to read, and what a model says of it."""

    levels: list[float]  # 0 first
    pictures: np.ndarray  # uint8 [levels, 32, 32, C]
    labels: list[str]
    shares: list[float]  # of the label


class Trust:
    """Shows where models fail."""

    def __init__(self, shelf: Shelf, datasets: Datasets):
        self._shelf = shelf
        self._datasets = datasets

    def mistakes(self, name: str, method: str, label: str, said: str, page: int = 0) -> Mistakes:
        """The test pictures of class `label` that a model takes for `said`, the surest first; where
        the two are one, those that it was least sure of.

        Raises:
            ValueError: no such model, method, class or page; its answers were not kept; the test
                pictures are not at hand, or are others than were measured.
        """
        run, method = self._shelf.way(name, method)
        if method not in run.predicted:
            raise ValueError(f"What {name} said of each test picture was not kept.")
        row, column = (
            run.config.class_names.index(checks.class_name(run.config, c)) for c in (label, said)
        )
        test, answers = self._datasets.test_pictures(run.config.dataset), _answers(run, method)
        labels = test.labels[: len(answers)]
        counts = np.zeros((run.config.num_classes,) * 2, int)
        if len(labels) == len(answers):
            np.add.at(counts, (labels, answers[:, 0]), 1)
        if counts.tolist() != run.confusion.get(method):
            raise ValueError(
                f"The test pictures here are not those that {name} was measured on; "
                "python -m dgm.evaluate measures anew."
            )
        members = np.flatnonzero((labels == row) & (answers[:, 0] == column))
        sure = answers[members, 1].astype(int)
        members = members[np.argsort(sure if row == column else -sure, kind="stable")]
        last = max(0, (len(members) - 1) // NUM_A_PAGE)
        start = NUM_A_PAGE * checks.whole(page, "page", 0, last)
        shown = members[start : start + NUM_A_PAGE]
        return Mistakes(test.images[shown], answers[shown, 1].tolist(), len(members))

    def harm(
        self, picture: str | Path | BinaryIO, harm: str, name: str, method: str = ""
    ) -> Harmed:
        """A picture at each level of a harm, one of HARMS, and what a model says of it.

        An attack goes against what the model says of the picture as it is.

        Raises:
            ValueError: no such harm, model or method, or the way cannot be attacked;
                `PictureError`: the picture cannot be used.
        """
        run, method = self._shelf.way(name, method)
        if not isinstance(harm, str) or harm not in HARMS:
            raise ValueError(f"A harm is one of {', '.join(HARMS)}, not {checks.short(harm)}.")
        if harm in corruption.ATTACKS and method not in run.explained:
            raise ValueError(f"An attack on {name} by {method} would take too long.")
        model = self._shelf.model(name)
        seen = to_float(self._datasets.fit(picture, run.config.dataset)[None])
        if harm in corruption.ATTACKS:
            levels = corruption.ATTACK_LEVELS
            most = np.array(levels, np.float32)[:, None, None, None]
            copies = np.repeat(seen, len(levels), 0)
            labels = np.repeat(model.classify(seen, method).argmax(-1), len(levels))
            harmed = corruption.ATTACKS[harm](model, copies, labels, method, most)
        else:
            change, levels = corruption.CORRUPTIONS[harm]
            harmed = np.concatenate([change(seen, level) for level in levels])
        pictures = np.concatenate([seen, harmed])
        said = model.classify(pictures, method)
        return Harmed(
            [0.0, *levels],
            to_uint8(pictures),
            [model.class_names[number] for number in said.argmax(-1)],
            said.max(-1).tolist(),
        )


def _answers(run: Run, method: str) -> np.ndarray:
    """uint8 [N, 2]: what a model took each test picture for, and how sure it was in percent."""
    try:
        return read_predictions(run.folder)[method]
    except (OSError, KeyError, SafetensorError):
        raise ValueError(f"What {run.name} said of each test picture cannot be read.") from None


def warm_attacks(run: Run, model: Model) -> None:
    """Compile what an attack asks for."""
    nothing = np.zeros((32, 32, model.config.channels), np.float32)
    num = len(corruption.ATTACK_LEVELS)
    for method in run.explained:
        model.gradients(np.repeat(nothing[None], num, 0), [0] * num, method)
