"""`digits`: the 8x8 handwritten digits that come with scikit-learn (Alpaydin & Kaynak 1998)."""

import dataclasses
import functools
from pathlib import Path

import numpy as np
from PIL import Image

from dgm.data.base import Augmentation, Dataset, Spec, holdout
from dgm.data.handwriting import ink_of, thicken
from dgm.data.pictures import fit_grey, has_black_border, resize

CLASS_NAMES = tuple("0123456789")
_NUM_TEST = 360


def read(split: str, limit: int | None, data_dir: Path | None = None) -> Dataset:
    """Read a split of what scikit-learn has installed."""
    from sklearn.datasets import load_digits  # half a second, and only this data set needs it

    counts, labels = load_digits(return_X_y=True)
    images = np.stack([enlarge(picture) for picture in np.reshape(counts, (-1, 8, 8))])[..., None]
    whole = Dataset("digits", "train", images, np.asarray(labels, np.int32), CLASS_NAMES)
    train, test = holdout(whole, _NUM_TEST)  # scikit-learn's copy has no split of its own
    return train if split == "train" else dataclasses.replace(test, split="test")


def enlarge(counts: np.ndarray) -> np.ndarray:
    """An 8x8 digit of scikit-learn, ink counts in [0, 16] -> uint8 [32, 32]."""
    small = Image.fromarray(np.rint(counts * (255 / 16)).astype(np.uint8))
    return np.asarray(small.resize((32, 32), Image.Resampling.BICUBIC))


def _is_official(grey: np.ndarray) -> bool:
    """Whether a picture is one of this data set, or of a model of it: ink may touch the edge."""
    return grey.shape == (32, 32) and has_black_border(grey, level=32, share=0.25)


def _redraw(grey: np.ndarray) -> np.ndarray:
    """uint8 [32, 32]: ink as high as the image, counted in 8x8 cells."""
    ink = ink_of(grey)
    ink = thicken(ink, 5 * ink.shape[0] / 32)
    ink = resize(ink, 32, min(22, 32 * ink.shape[1] / ink.shape[0]))  # theirs are narrow
    left = (32 - ink.shape[1]) // 2
    ink = np.pad(ink / ink.max(), ((0, 0), (left, 32 - ink.shape[1] - left)))
    return enlarge(np.rint(ink.reshape(8, 4, 8, 4).sum((1, 3))))


SPEC = Spec(
    name="digits",
    title="Digits 8×8",
    subject="Small digits",
    class_names=CLASS_NAMES,
    channels=1,
    read=read,
    fit=functools.partial(fit_grey, is_official=_is_official, redraw=_redraw),
    fitting="counted",
    drawn="digit",
    augmentation=Augmentation(flip=False, max_shift=2, padding="edge"),  # a mirrored 2 is no digit
    is_ood_kind=False,  # a few hundred pictures that look like those of mnist
)
