"""The data sets there are, by name."""

import difflib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from dgm.data import cifar10, digits, fashion_mnist, folder, mnist, shapes
from dgm.data.base import SIDE, SPLITS, Dataset, Spec

# Beside these there is "folder:PATH", for every folder.
DATASETS: dict[str, Spec] = {
    module.SPEC.name: module.SPEC for module in (shapes, digits, mnist, fashion_mnist, cifar10)
}


def spec(name: str) -> Spec:
    """What is known of a data set.

    Args:
        name: one of `DATASETS`, or "folder:PATH", whether or not that folder is there.

    Raises:
        ValueError: unknown name.
    """
    if name.startswith(folder.PREFIX):
        return folder.spec(name)
    if name not in DATASETS:
        close = difflib.get_close_matches(name, DATASETS, n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        known = ", ".join(DATASETS)
        raise ValueError(f"unknown data set {name!r}{hint}: expected {known} or folder:PATH")
    return DATASETS[name]


def load(
    name: str, split: str = "train", *, data_dir: str | Path | None = None, limit: int | None = None
) -> Dataset:
    """Load one split of a data set.

    Args:
        name: one of `DATASETS`, or "folder:PATH".
        split: "train" or "test".
        data_dir: a folder that already holds the official files, as `DATASET/FILE`; default
            `$DGM_DATA_DIR`. Without either they are downloaded to the cache, `$DGM_CACHE_DIR`.
        limit: keep the first `limit` images.

    Raises:
        ValueError: unknown name or split, a limit below 1, a folder without classes.
        DataUnavailableError: official files missing, damaged, or not to be fetched.
    """
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}: expected 'train' or 'test'")
    if limit is not None and limit < 1:
        raise ValueError(f"limit is {limit}: expected at least 1 image, or None for all")
    dataset = spec(name).read(split, limit, Path(data_dir) if data_dir else None)
    return dataset if limit is None else dataset.take(slice(limit))


def fit_picture(image: Image.Image, name: str) -> np.ndarray:
    """A picture from outside as a model of a data set sees it.

    Pictures in colour are cropped to the square in their middle. Handwriting and clothes are made
    the way their data sets were made: `mnist` and `digits` as bright ink on black, placed and
    scaled by the ink; `fashion_mnist` whole, bright on black. An image that already is one of the
    data set's own (28x28 or 32x32 with a black border) is kept as it is.

    Args:
        image: from `open_picture` (mode "RGB"; "L" serves too).
        name: one of `DATASETS`, or "folder:PATH".

    Returns:
        uint8 [32, 32, C], C = 1 or 3 as in the data set.

    Raises:
        PictureError: nothing is drawn on the picture (grey data sets).
        ValueError: unknown data set, or its `fit` gives pictures of another shape.
    """
    dataset = spec(name)
    fitted = dataset.fit(image)
    expected = (SIDE, SIDE, dataset.channels)
    if fitted.shape != expected:
        raise ValueError(f"`fit` of {name} gives {fitted.shape}, expected {expected}")
    return fitted


def is_at_hand(name: str, split: str, data_dir: str | Path | None = None) -> bool:
    """Whether `load` would find all files of a split without a download."""
    files = spec(name).files
    return files is None or files.are_at_hand(split, data_dir)


def download_size(name: str, split: str) -> int:
    """Bytes that `download` would fetch for a split: 0 where it is at hand, and where the official
    files are looked for in `$DGM_DATA_DIR` alone."""
    files = spec(name).files
    if files is None or os.environ.get("DGM_DATA_DIR") or files.are_at_hand(split):
        return 0
    return sum(file.num_bytes for file in files.fetched(split))


def comes_whole(name: str) -> bool:
    """Whether both splits are downloaded in one file, so that neither is to be had alone."""
    files = spec(name).files
    return files is not None and files.archive is not None


def download(name: str, split: str, progress: Callable[[float], None] = lambda share: None) -> None:
    """Fetch the official files of a split into the cache; nothing where the data set has none.

    progress: called with the share that has come, again and again.

    Raises:
        DataUnavailableError: they cannot be fetched, or not be stored.
    """
    files = spec(name).files
    if files is not None:
        files.download(split, progress)
