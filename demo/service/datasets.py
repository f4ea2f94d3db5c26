"""Pictures of data sets, which do not come with the page, and pictures as a data set has them."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from demo.service.jobs import Job
from demo.service.runs import DATASET_TITLES, modified
from dgm import data
from dgm.pictures import fit_picture, open_picture

NUM_FITTED = 64  # pictures that are kept as a data set has them, 3 kB each


@dataclass(frozen=True)
class Supply:
    """How the "train" or "test" pictures of a data set stand."""

    is_there: bool  # on this computer
    num_bytes: int  # that a download would fetch; 0 where there is nothing to be had
    is_whole: bool  # whether a download brings the pictures of both splits
    download: Job | None  # the last one; None where there was none


class Datasets:
    """Test pictures, downloads and pictures from outside, each read or fetched once."""

    def __init__(self):
        self._lock = threading.Lock()
        self._seen: OrderedDict[tuple, np.ndarray] = OrderedDict()
        self._tests: dict[str, data.Dataset] = {}
        self._downloads: dict[tuple[str, str], Job] = {}

    def fit(self, picture: str | Path | BinaryIO, dataset: str) -> np.ndarray:
        """The picture as the data set has it. All parts of the page ask for the same one in turn,
        and to read a photo of a phone takes longer than any answer: a file is read once."""
        if not isinstance(picture, str | Path):
            return fit_picture(open_picture(picture), dataset)
        key = (str(picture), modified(Path(picture)), dataset)
        with self._lock:
            if key in self._seen:
                return self._seen[key]
        fitted = fit_picture(open_picture(picture), dataset)
        with self._lock:
            self._seen[key] = fitted
            while len(self._seen) > NUM_FITTED:
                self._seen.popitem(last=False)
        return fitted

    def test_pictures(self, dataset: str) -> data.Dataset:
        """The test pictures of a data set, read once.

        Raises:
            ValueError: they are not at hand.
        """
        if dataset not in self._tests:
            self._tests[dataset] = pictures(dataset, "test")
        return self._tests[dataset]

    def supply(self, dataset: str, split: str) -> Supply:
        """How its "train" or "test" pictures stand."""
        return Supply(
            data.is_at_hand(dataset, split),
            data.download_size(dataset, split),
            data.comes_whole(dataset),
            self._downloads.get(_download_key(dataset, split)),
        )

    def download(self, dataset: str, split: str) -> Job:
        """Fetch its pictures in the background, unless that is going on.

        Raises:
            ValueError: there is nothing to be fetched.
        """
        key = _download_key(dataset, split)
        with self._lock:
            known = self._downloads.get(key)
            if known is not None and not known.is_over:
                return known
            if not data.download_size(dataset, split):
                raise ValueError(f"There is nothing to download for {dataset}.")
            started = self._downloads[key] = Job()
        started.begin(_fetch, dataset, split, started)
        return started


def pictures(dataset: str, split: str) -> data.Dataset:
    """Pictures that are on this computer.

    Raises:
        ValueError: they are not, or cannot be read.
    """
    if not data.is_at_hand(dataset, split):
        title = DATASET_TITLES.get(dataset, dataset)
        kind = "training" if split == "train" else split
        raise ValueError(f"The {kind} pictures of {title} are not on this computer.")
    try:
        return data.load(dataset, split)
    except data.DataUnavailableError as error:
        raise ValueError(str(error)) from error


def _download_key(dataset: str, split: str) -> tuple[str, str]:
    """The same for both splits where one download brings both."""
    return dataset, "" if data.comes_whole(dataset) else split


def _fetch(dataset: str, split: str, job: Job) -> None:
    def note(share: float) -> None:
        job.share = share

    data.download(dataset, split, note)
