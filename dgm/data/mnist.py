"""`mnist`: handwritten digits (LeCun et al. 1998)."""

import functools
from pathlib import Path

import numpy as np
from scipy import ndimage

from dgm.data import idx
from dgm.data.base import Augmentation, Dataset, Spec
from dgm.data.handwriting import ink_of, thicken
from dgm.data.official_files import File, OfficialFiles
from dgm.data.pictures import fit_grey, resize

CLASS_NAMES = tuple("0123456789")
FILES = OfficialFiles(
    name="mnist",
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    splits={
        "train": (
            File("train-images-idx3-ubyte.gz", "6bbc9ace898e44ae57da46a324031adb", 9_912_422),
            File("train-labels-idx1-ubyte.gz", "a25bea736e30d166cdddb491f175f624", 28_881),
        ),
        "test": (
            File("t10k-images-idx3-ubyte.gz", "2646ac647ad5339dbf082846283269ea", 1_648_877),
            File("t10k-labels-idx1-ubyte.gz", "27ae3e4e09519cfbb04c329615203637", 4_542),
        ),
    },
)


def read(
    split: str, limit: int | None, data_dir: Path | None, files: OfficialFiles = FILES
) -> Dataset:
    """Read a split from the official files."""
    return Dataset("mnist", split, *idx.decode(*files.read(split, data_dir)), CLASS_NAMES)


def _redraw(grey: np.ndarray) -> np.ndarray:
    """uint8 [28, 28]: ink in a 20x20 box, its centre of mass in the middle (LeCun et al. 1998)."""
    ink = ink_of(grey)
    ink = thicken(ink, 2.2 * max(ink.shape) / 20)
    scale = 20 / max(ink.shape)
    ink = resize(ink, ink.shape[0] * scale, ink.shape[1] * scale)
    ink = ink / ink.max()
    centre = np.array(ndimage.center_of_mass(ink)) + 0.5
    # Rounded up: in MNIST the centre of mass lies 0 to 1 pixel below and right of the middle.
    corner = np.ceil(14 - centre - 1e-3).astype(int)
    top, left = np.clip(corner, 0, 28 - np.array(ink.shape))
    out = np.zeros((28, 28), np.uint8)
    out[top : top + ink.shape[0], left : left + ink.shape[1]] = np.rint(ink * 255)
    return out


SPEC = Spec(
    name="mnist",
    title="MNIST",
    subject="Handwritten digits",
    class_names=CLASS_NAMES,
    channels=1,
    read=read,
    fit=functools.partial(fit_grey, is_official=idx.is_official, redraw=_redraw),
    fitting="centred",
    drawn="digit",
    augmentation=Augmentation(flip=False, max_shift=2, padding="edge"),  # a mirrored 2 is no digit
    files=FILES,
    unpadded_side=idx.SIDE,
)
