"""What a data set is: one split of it in memory, and what is known of it before it is read."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from dgm.data.official_files import OfficialFiles

SPLITS = ("train", "test")
SIDE = 32  # pixels; every image is [32, 32, C], so that one set of nets serves all data sets


@dataclasses.dataclass(frozen=True)
class Dataset:
    """One split of a labelled image set, in memory."""

    name: str  # as `Spec.name`
    split: str  # "train" or "test"
    images: np.ndarray  # uint8 [N, 32, 32, C], C = 1 (grey) or 3 (RGB)
    labels: np.ndarray  # int32 [N], in [0, num_classes)
    class_names: tuple[str, ...]
    factors: dict[str, np.ndarray] | None = None  # shapes only: what was drawn, float32 [N] each
    left_out: tuple[str, ...] = ()  # folder only: "path: reason" of each file left out

    def __len__(self) -> int:
        return len(self.images)

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    @property
    def channels(self) -> int:
        return self.images.shape[-1]

    def take(self, which: np.ndarray | slice) -> "Dataset":
        """The images that `which` (indices or a slice) picks, with their labels and factors."""
        factors = self.factors and {name: values[which] for name, values in self.factors.items()}
        return dataclasses.replace(
            self, images=self.images[which], labels=self.labels[which], factors=factors
        )


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """Random changes of an image that leave its class as it is."""

    flip: bool  # mirror left and right, with probability 1/2
    max_shift: int  # pixels; rows and columns move by whole pixels in [-max_shift, max_shift]
    padding: Literal["reflect", "edge"]  # what moves in from outside


@dataclasses.dataclass(frozen=True, kw_only=True)
class Spec:
    """All that is known of a data set before it is read. The file of the data set fills it in, and
    all else in the project asks here."""

    name: str  # as in commands and names of folders: "fashion_mnist"; or "folder:PATH"
    title: str  # as people write it: "Fashion-MNIST"
    subject: str  # what is on the pictures, in a student's words: "Clothes"
    class_names: tuple[str, ...]  # () of a folder, which has to be read for them
    channels: int  # 1 grey, 3 RGB
    # (split, the number of images or None for all, folder of official files or None) -> the split.
    # It may return more images than it was asked for.
    read: Callable[[str, int | None, Path | None], Dataset]
    # A picture from outside, in mode "RGB" or "L" -> uint8 [32, 32, C], as the data set has it;
    # raises `PictureError` where nothing is on it.
    fit: Callable[[Image.Image], np.ndarray]
    augmentation: Augmentation
    files: OfficialFiles | None = None  # that it is read from; None: nothing has to be downloaded
    # The ranges of the factors that its pictures are drawn from, where they are known.
    factors: Mapping[str, tuple[float, float]] = dataclasses.field(default_factory=dict)
    # What `fit` does to a picture: the middle square is "cropped", ink is found and "centred" or
    # "counted" in cells, or the background is "trimmed".
    fitting: Literal["cropped", "centred", "counted", "trimmed"] = "cropped"
    drawn: str = ""  # what one draws by hand to have such a picture: "digit"; "": any one thing
    strokes: Literal["lines", "filled"] = "lines"  # what such a drawing is made of
    varied_class: str = ""  # in which one sees best whether pictures vary; "" for the first
    unpadded_side: int = SIDE  # pixels; of a picture without the background that was put around it
    is_ood_kind: bool = True  # whether out-of-distribution scores of other sets are tested on it

    @property
    def num_values(self) -> int:
        """Values of an official picture, which its likelihood is spread over."""
        return self.unpadded_side**2 * self.channels


def holdout(dataset: Dataset, num: int, seed: int = 0) -> tuple[Dataset, Dataset]:
    """Split off `num` images for validation, the same number (give or take one) of every class.

    Hyper-parameters are chosen on the validation part, so that the test split is looked at once.

    Returns:
        (rest, validation), both in the order of `dataset`; the same for the same seed.

    Raises:
        ValueError: `num` is below 1 or would leave a class without training images.
    """
    order = np.random.default_rng(seed).permutation(len(dataset))
    # Rank of each image among those of its own class, in shuffled order: the lowest ranks go.
    rank = np.empty(len(dataset), np.int64)
    for label in range(dataset.num_classes):
        members = order[dataset.labels[order] == label]
        rank[members] = np.arange(len(members))
    chosen = np.lexsort((dataset.labels, rank))[: max(num, 0)]
    rest = np.setdiff1d(np.arange(len(dataset)), chosen)
    emptied = np.setdiff1d(dataset.labels, dataset.labels[rest])
    if num < 1 or len(emptied):
        names = ", ".join(dataset.class_names[label] for label in emptied)
        raise ValueError(
            f"cannot hold out {num} of the {len(dataset)} images of {dataset.name}: "
            + (f"no training image would be left of {names}" if num >= 1 else "expected 1 or more")
        )
    return dataset.take(rest), dataset.take(np.sort(chosen))


def to_float(images):
    """uint8 [...] in [0, 255] -> float32 [...] in [-1, 1]; NumPy stays NumPy, JAX stays JAX."""
    return images.astype("float32") / 127.5 - 1.0


def to_uint8(images) -> np.ndarray:
    """float [...] in [-1, 1], clipped -> uint8 NumPy [...] in [0, 255]; inverse of `to_float`."""
    scaled = (np.asarray(images, np.float32) + 1.0) * 127.5
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def labelled_subset(labels: np.ndarray, per_class: int, seed: int) -> np.ndarray:
    """Which images keep their label where few may: int [per_class * K], sorted; 0 is all of them.

    Raises:
        ValueError: a class has fewer images than that.
    """
    if per_class == 0:
        return np.arange(len(labels))
    rng = np.random.default_rng(seed)
    chosen = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) < per_class:
            raise ValueError(
                f"{per_class} labels a class are more than the {len(members)} images of class "
                f"{label}: give a smaller --labels-per-class"
            )
        chosen.append(rng.choice(members, per_class, replace=False))
    return np.sort(np.concatenate(chosen)).astype(np.int32)
