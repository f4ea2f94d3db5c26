"""What a training in a process of its own reports, see `remote.RemoteTraining`."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Judged:
    """Pictures, and what D says of them."""

    pictures: np.ndarray  # uint8 [N, 32, 32, C]
    labels: np.ndarray  # int [N]
    logits: np.ndarray  # float [N], for real
    wishes: np.ndarray  # float16 [N, 32, 32, C], see `watching.Verdicts`


@dataclass(frozen=True)
class Report:
    """How a training stands."""

    step: int
    images: int  # training images seen, each as often as it was
    seconds: float  # of training, without pauses
    is_playing: bool
    metrics: dict[str, float]  # means over the steps since the last report; {} if there were none
    grid: np.ndarray | None  # uint8 [8 K, 32, 32, C] of the same latent vectors each time
    variety: float  # of the grid, and
    real_variety: float  # of as many real pictures: see `watching.variety`
    real: Judged | None = None  # where there is a D
    drawn: Judged | None = None


@dataclass(frozen=True)
class Failed:
    """What was asked for was not done ("settings" or "save"), or the training is over."""

    reason: str  # "settings", "save", "diverged", or "crashed"
    words: str
