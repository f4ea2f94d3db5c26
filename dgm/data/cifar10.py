"""`cifar10`: photographs of animals and vehicles (Krizhevsky 2009)."""

from pathlib import Path

import numpy as np

from dgm.data.base import SIDE, Augmentation, Dataset, Spec
from dgm.data.official_files import File, OfficialFiles
from dgm.data.pictures import crop_square

CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer")
CLASS_NAMES += ("dog", "frog", "horse", "ship", "truck")
_FOLDER = "cifar-10-batches-bin"
FILES = OfficialFiles(
    name="cifar10",
    mirrors=("https://www.cs.toronto.edu/~kriz/",),
    splits={
        "train": (
            File(f"{_FOLDER}/data_batch_1.bin", "5dd7e06a14cb22eb9f671a540d1b7c25"),
            File(f"{_FOLDER}/data_batch_2.bin", "5ea93a67294ea407fff1d09f752e9692"),
            File(f"{_FOLDER}/data_batch_3.bin", "942cd6a4bcdd0dd3c604fbe906cb4421"),
            File(f"{_FOLDER}/data_batch_4.bin", "ae636b3ba5c66a11e91e8cb52e771fcb"),
            File(f"{_FOLDER}/data_batch_5.bin", "53f37980c15c3d472c316c40844f3f0d"),
        ),
        "test": (File(f"{_FOLDER}/test_batch.bin", "803d5f7f4d78ea53de84dbe85f74fb6d"),),
    },
    archive=File("cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530", 170_052_171),
)


def read(
    split: str, limit: int | None, data_dir: Path | None, files: OfficialFiles = FILES
) -> Dataset:
    """Read a split from the official files."""
    # Rows of 1 label and 3 planes (red, green, blue) of 32 x 32 bytes.
    content = b"".join(files.read(split, data_dir))
    rows = np.frombuffer(content, np.uint8).reshape(-1, 1 + 3 * SIDE * SIDE)
    images = rows[:, 1:].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    labels = rows[:, 0].astype(np.int32)
    return Dataset("cifar10", split, np.ascontiguousarray(images), labels, CLASS_NAMES)


SPEC = Spec(
    name="cifar10",
    title="CIFAR-10",
    subject="Animals and vehicles",
    class_names=CLASS_NAMES,
    channels=3,
    read=read,
    fit=crop_square,
    augmentation=Augmentation(flip=True, max_shift=4, padding="reflect"),
    files=FILES,
    varied_class="horse",
)
