"""Pictures of data sets, which do not come with the page, and pictures as a data set has them."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from demo.service.jobs import Job
from demo.service.runs import modified
from demo.text import library, text
from dgm import data
from dgm.data import fit_picture, open_picture

NUM_PREPROCESSED = 64  # pictures that are kept as a data set has them, 3 kB each


@dataclass(frozen=True)
class Availability:
    """Whether the "train" or "test" pictures of a data set are on this computer."""

    is_local: bool
    num_bytes: int  # that a download would fetch; 0 where there is nothing to be had
    has_both_splits: bool  # whether a download brings the pictures of both
    download: Job | None  # the last one; None where there was none


class Datasets:
    """Test pictures, downloads and pictures from outside, each read or fetched once."""

    def __init__(self):
        self._lock = threading.Lock()
        self._preprocessed: OrderedDict[tuple, np.ndarray] = OrderedDict()
        self._test_sets: dict[str, data.Dataset] = {}
        self._downloads: dict[tuple[str, str], Job] = {}

    def preprocess(self, picture: str | Path | BinaryIO, dataset: str) -> np.ndarray:
        """The picture as the data set has it, uint8 [32, 32, C].

        All parts of the page ask for the same picture in turn, and to read a photo of a phone takes
        longer than any prediction: a file is read once.

        Raises:
            PictureError: the picture cannot be used.
        """
        if not isinstance(picture, str | Path):
            return fit_picture(open_picture(picture), dataset)
        key = (str(picture), modified(Path(picture)), dataset)
        with self._lock:
            if key in self._preprocessed:
                return self._preprocessed[key]
        pixels = fit_picture(open_picture(picture), dataset)
        with self._lock:
            self._preprocessed[key] = pixels
            while len(self._preprocessed) > NUM_PREPROCESSED:
                self._preprocessed.popitem(last=False)
        return pixels

    def test_pictures(self, dataset: str) -> data.Dataset:
        """The test pictures of a data set, read once.

        Raises:
            ValueError: they are not on this computer.
        """
        if dataset not in self._test_sets:
            self._test_sets[dataset] = pictures(dataset, "test")
        return self._test_sets[dataset]

    def availability(self, dataset: str, split: str) -> Availability:
        """Whether its "train" or "test" pictures are here, and what a download would fetch."""
        return Availability(
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
                raise ValueError(text("errors.no-download", dataset=dataset))
            started = self._downloads[key] = Job()
        started.begin(_fetch, dataset, split, started)
        return started


def pictures(dataset: str, split: str) -> data.Dataset:
    """Pictures that are on this computer.

    Raises:
        ValueError: they are not, or cannot be read.
    """
    if not data.is_at_hand(dataset, split):
        title = library.title(data.spec(dataset))
        raise ValueError(text("errors.no-pictures", dataset=title, split=split))
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
