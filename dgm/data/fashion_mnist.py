"""`fashion_mnist`: clothes, in the files of MNIST (Xiao et al. 2017)."""

import functools
from pathlib import Path

import numpy as np
from scipy import ndimage

from dgm.data import idx
from dgm.data.base import Augmentation, Dataset, Spec
from dgm.data.official_files import File, OfficialFiles
from dgm.data.pictures import PictureError, border_of, fit_grey, resize

CLASS_NAMES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat")
CLASS_NAMES += ("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
FILES = OfficialFiles(
    name="fashion_mnist",
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
    splits={
        "train": (
            File("train-images-idx3-ubyte.gz", "f4a8712d7a061bf5bd6d2ca38dc4d50a", 26_421_880),
            File("train-labels-idx1-ubyte.gz", "9018921c3c673c538a1fc5bad174d6f9", 29_515),
        ),
        "test": (
            File("t10k-images-idx3-ubyte.gz", "8181f5470baa50b63fa0f6fddb340f0a", 4_422_102),
            File("t10k-labels-idx1-ubyte.gz", "15d484375f8d13e6eb1aabb0c3f46965", 5_148),
        ),
    },
)


def read(split: str, limit: int | None, data_dir: Path | None) -> Dataset:
    """Read a split from the official files."""
    return Dataset("fashion_mnist", split, *idx.decode(*FILES.read(split, data_dir)), CLASS_NAMES)


def _redraw(grey: np.ndarray) -> np.ndarray:
    """uint8 [28, 28]: background trimmed, the whole garment bright on black."""
    if np.median(border_of(grey)) > 127:
        grey = 255 - grey
    background = np.median(border_of(grey))
    garment = np.clip((grey - background) * (255 / (255 - background)), 0, 255)
    mask = ndimage.median_filter(garment, 3) > 16  # no single pixel decides
    if not mask.any():
        raise PictureError(
            "Nothing is seen on this picture: it is all one shade. Choose a picture of one piece "
            "of clothing that stands out from a plain background.",
            "blank-garment",
        )
    garment = garment[ndimage.find_objects(mask.astype(np.int8))[0]]
    scale = 28 / max(garment.shape)
    garment = resize(garment, garment.shape[0] * scale, garment.shape[1] * scale)
    top, left = (28 - np.array(garment.shape)) // 2
    out = np.zeros((28, 28), np.uint8)
    out[top : top + garment.shape[0], left : left + garment.shape[1]] = np.rint(garment)
    return out


SPEC = Spec(
    name="fashion_mnist",
    title="Fashion-MNIST",
    subject="Clothes",
    class_names=CLASS_NAMES,
    channels=1,
    read=read,
    fit=functools.partial(fit_grey, is_official=idx.is_official, redraw=_redraw),
    fitting="trimmed",
    drawn="garment",
    strokes="filled",
    augmentation=Augmentation(flip=True, max_shift=1, padding="edge"),
    files=FILES,
    varied_class="Bag",
    unpadded_side=idx.SIDE,
)
