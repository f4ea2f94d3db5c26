"""Data sets as arrays: images uint8 [N, 32, 32, C], labels int32 [N], class names.

`shapes` is drawn here, `digits` comes with scikit-learn; `mnist`, `fashion_mnist` and `cifar10` are
the official files, downloaded once, checked against their md5 every time they are read, and cached;
`folder:PATH` is a folder of one's own with one sub-folder of pictures a class.
"""

import contextlib
import dataclasses
import difflib
import errno
import functools
import gzip
import hashlib
import http.client
import os
import tarfile
import tempfile
import urllib.request
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pooch
from tqdm import tqdm

from dgm.pictures import PictureError, enlarge, fit_picture, open_picture

DATASETS = ("shapes", "digits", "mnist", "fashion_mnist", "cifar10")  # and "folder:PATH"
SPLITS = ("train", "test")
SIDE = 32  # pixels; every image is [32, 32, C], so that one set of nets serves all data sets

_DIGITS = tuple("0123456789")
_CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat")
_CLOTHES += ("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
_THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CLASS_NAMES = {"mnist": _DIGITS, "fashion_mnist": _CLOTHES, "cifar10": _THINGS}


class DataUnavailableError(RuntimeError):
    """The official files are not there, cannot be fetched, or are not the official ones."""


@dataclasses.dataclass(frozen=True)
class Dataset:
    """One split of a labelled image set, in memory."""

    name: str  # one of DATASETS, or "folder:PATH"
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
    if name == "shapes":
        dataset = _load_shapes(split, limit)
    elif name == "digits":
        dataset = _load_digits(split)
    elif name.startswith("folder:"):
        dataset = _load_folder(name, split, limit)
    elif name in CLASS_NAMES:
        images, labels = _load_official(name, split, data_dir or os.environ.get("DGM_DATA_DIR"))
        dataset = Dataset(name, split, images, labels, CLASS_NAMES[name])
    else:
        close = difflib.get_close_matches(name, DATASETS, n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        known = ", ".join(DATASETS)
        raise ValueError(f"unknown data set {name!r}{hint}: expected {known} or folder:PATH")
    return dataset if limit is None else dataset.take(slice(limit))


def is_at_hand(name: str, split: str, data_dir: str | Path | None = None) -> bool:
    """Whether `load` would find all files of a split of one of `DATASETS` without a download."""
    root = data_dir or os.environ.get("DGM_DATA_DIR") or cache_folder()
    files = FILES.get(name, {}).get(split, ())
    return all((Path(root).expanduser() / name / file).is_file() for file in files)


def download_size(name: str, split: str) -> int:
    """Bytes that `download` would fetch for a split: 0 where it is at hand, and where the official
    files are looked for in `$DGM_DATA_DIR` alone."""
    if name not in FILES or os.environ.get("DGM_DATA_DIR") or is_at_hand(name, split):
        return 0
    return sum(_SIZES[f"{name}/{file}"] for file in _fetched(name, split))


def comes_whole(name: str) -> bool:
    """Whether both splits are downloaded in one file, so that neither is to be had alone."""
    return name in FILES and _fetched(name, "train") == _fetched(name, "test")


def download(name: str, split: str, progress: Callable[[float], None] = lambda share: None) -> None:
    """Fetch the official files of a split into the cache.

    progress: is told the share that has come, again and again.

    Raises:
        DataUnavailableError: they cannot be fetched, or not be stored.
    """
    came = dict.fromkeys(_fetched(name, split), 0)
    total = sum(_SIZES[f"{name}/{file}"] for file in came)

    def note(file: str, num_bytes: int) -> None:
        came[file] = num_bytes
        progress(min(1.0, sum(came.values()) / total))

    for file in FILES[name][split]:
        _read_cache(name, file, note)


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


# ---------------------------------------------------------------------------- shapes

# Independent uniform ranges; a shape of the largest size, furthest out, still lies 1 pixel inside.
FACTORS = {
    "hue": (0.0, 1.0),  # of the shape, around the colour circle: 0 red, 1/3 green, 2/3 blue
    "size": (7.0, 11.0),  # pixels, from the centre of mass to the outermost point
    "angle": (0.0, 360.0),  # degrees, clockwise; a circle and a ring do not show it
    "x": (12.0, 20.0),  # pixels from the left edge of the image to the centre of mass
    "y": (12.0, 20.0),  # pixels from its upper edge
    "background": (0.0, 0.35),  # grey level, 0 black, 1 white
}
_NUM_SHAPES = {"train": 20_000, "test": 2_000}


# Outlines as signed distances, negative inside. Points are complex, x + iy with y downwards, so a
# turn is a product; min joins two shapes, max intersects them.
def _box(p, half_width: float, half_height: float):
    dx, dy = np.abs(p.real) - half_width, np.abs(p.imag) - half_height
    outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
    return outside + np.minimum(np.maximum(dx, dy), 0)


def _fold(p, num: int):
    """The point's mirror image between the angles 0 and π/num: one of 2·num equal wedges."""
    wedge = 2 * np.float32(np.pi) / num
    angle = np.abs((np.angle(p) + wedge / 2) % wedge - wedge / 2)
    return np.abs(p) * np.exp(1j * angle)


def _star(p, num: int, inner: float):
    """`num` corners at radius 1, corners at radius `inner` between them."""
    corner = np.complex64(inner * np.exp(1j * np.pi / num))
    away, side = _fold(p, num) - 1, corner - 1
    turned = away * side.conjugate() / abs(side)  # real: along the side; imaginary: across it
    along = np.clip(turned.real, 0, abs(side))
    return np.copysign(np.abs(turned - along), -turned.imag)


def _heart(p):
    half = np.sqrt(np.float32(0.5))  # of the side of a square that stands on its corner
    square = _box(p * (half + half * 1j), half, half)
    return np.minimum(square, np.abs(np.abs(p.real) + 1j * p.imag - (0.5 - 0.5j)) - half)


_OUTLINES = {
    "circle": lambda p: np.abs(p) - 1,
    "square": lambda p: _box(p, 1, 1),
    "triangle": lambda p: _star(p * 1j, 3, 0.5),  # points up at angle 0
    "star": lambda p: _star(p * 1j, 5, 0.42),
    "heart": _heart,
    "cross": lambda p: np.minimum(_box(p, 1, 0.34), _box(p, 0.34, 1)),
    "ring": lambda p: np.abs(np.abs(p) - 0.78) - 0.22,
    "crescent": lambda p: np.maximum(np.abs(p) - 1, 0.8 - np.abs(p - 0.55)),
    "flower": lambda p: np.maximum(np.abs(_fold(p, 5) - 0.6) - 0.4, 0.24 - np.abs(p)),
    "arrow": lambda p: np.minimum(
        _box(p - 0.25j, 0.26, 0.75),
        np.maximum(p.imag + 0.1, (np.abs(p.real) - p.imag - 1) * np.sqrt(np.float32(0.5))),
    ),
}
SHAPES = tuple(_OUTLINES)


@functools.cache
def _reach(shape: str) -> tuple[np.complex64, np.float32]:
    """(centre of mass, distance from it to the outermost point) of an outline, measured."""
    side = np.linspace(-2, 2, 800, dtype=np.float32)
    points = side[None, :] + 1j * side[:, None]
    inside = points[_OUTLINES[shape](points) < 0]
    centre = np.complex64(inside.mean())
    return centre, np.abs(inside - centre).max()


def draw_shapes(shape, hue, size, angle, x, y, background) -> np.ndarray:
    """Draw coloured shapes from their factors, antialiased.

    Args:
        shape: int [N], index in `SHAPES`; here and below a single number serves for all N.
        hue, size, angle, x, y, background: float [N], in the units of `FACTORS`.

    Returns:
        uint8 [N, 32, 32, 3].
    """
    given = (hue, size, angle, x, y, background)
    shape, *given = np.broadcast_arrays(*map(np.atleast_1d, (shape, *given)))
    hue, size, angle, x, y, background = (np.asarray(value, np.float32) for value in given)
    # HSV at full saturation and value: red, green and blue are ramps around 0, 1/3 and 2/3.
    around = np.abs((hue[:, None] * 6 - np.float32([0, 2, 4]) + 3) % 6 - 3)
    colour = 255 * np.clip(2 - around, 0, 1)[:, None, None, :]
    grey = 255 * background[:, None, None, None]
    turn = np.exp(1j * np.radians(angle))[:, None, None]
    middle, size = (x + 1j * y)[:, None, None], size[:, None, None]
    pixels = np.arange(SIDE, dtype=np.float32) + 0.5
    pixels = pixels[None, :] + 1j * pixels[:, None]

    images = np.empty((len(shape), SIDE, SIDE, 3), np.uint8)
    for index, name in enumerate(SHAPES):
        members = np.flatnonzero(shape == index)
        centre, reach = _reach(name)
        for i in np.array_split(members, len(members) // 64 + 1):  # small enough for the cache
            scale = reach / size[i]
            points = (pixels - middle[i]) * (scale / turn[i]) + centre
            # The share of a pixel that lies inside a straight edge at this distance.
            cover = np.clip(0.5 - _OUTLINES[name](points) / scale, 0, 1)[..., None]
            images[i] = np.rint(grey[i] + cover * (colour[i] - grey[i]))
    return images


# Turned by 360 degrees over this number an outline looks the same; 0 where no angle shows.
SYMMETRY = {
    **dict.fromkeys(("circle", "ring"), 0),
    **dict.fromkeys(("heart", "crescent", "arrow"), 1),
    "triangle": 3,
    **dict.fromkeys(("square", "cross"), 4),
    **dict.fromkeys(("star", "flower"), 5),
}


def _turning_moment(p, weight, symmetry: int):
    """sum w p^k, whose phase turns k times as fast as the outline p does; sum w |p|^2 p of one
    without symmetry, whose first moment about the centre of mass is 0."""
    power = np.abs(p) ** 2 * p if symmetry == 1 else p**symmetry
    return (weight * power).sum((-2, -1))


@functools.cache
def _outline(shape: str) -> tuple[float, np.complex128]:
    """(area, turning moment) of an outline of size 1 at angle 0, measured."""
    side = np.linspace(-1.1, 1.1, 660)
    points = side[None, :] + 1j * side[:, None]
    centre, reach = _reach(shape)
    inside = _OUTLINES[shape]((points * reach + centre).astype(np.complex64)) < 0
    moment = _turning_moment(points, inside, SYMMETRY[shape])
    return inside.sum() * (side[1] - side[0]) ** 2, moment


def measure_shapes(images: np.ndarray, shape: np.ndarray) -> dict[str, np.ndarray]:
    """The factors that `draw_shapes` drew pictures from, read off them: float [N] each.

    Of pictures that are no clean shapes it is what a shape of that colour, area and place has. The
    angle is known up to the outline's symmetry, so it lies in [0, 360 / `SYMMETRY`); it is NaN for
    a circle and a ring.

    Args:
        images: uint8 [N, 32, 32, 3].
        shape: int [N], index in `SHAPES`.
    """
    images = images.astype(float)
    cover = (images.max(-1) - images.min(-1)) / 255  # the ground is grey, the shape is saturated
    # Stray colour too faint for the eye, far from the shape, turns its moments. What an edge loses
    # by this below a half it has back above.
    cover = np.clip((cover - 0.1) / 0.8, 0, 1)
    total = np.maximum(cover.sum((1, 2)), 1e-6)
    pixels = np.arange(SIDE) + 0.5
    pixels = pixels[None, :] + 1j * pixels[:, None]
    centre = (cover * pixels).sum((1, 2)) / total
    edge = np.ones((SIDE, SIDE), bool)
    edge[1:-1, 1:-1] = False
    background = np.median(images[:, edge].mean(-1), -1)
    colour = (cover[..., None] * (images - background[:, None, None, None])).sum((1, 2))
    # HSV's hue, of which neither grey nor strength is a part.
    chroma = colour - colour.min(-1, keepdims=True)
    top, chroma = colour.argmax(-1), chroma / np.maximum(chroma.max(-1, keepdims=True), 1e-6)
    after, before = (chroma[np.arange(len(top)), (top + i) % 3] for i in (1, 2))
    found = {
        "hue": ((2 * top + after - before) / 6) % 1,
        "size": np.empty(len(images)),
        "angle": np.full(len(images), np.nan),
        "x": centre.real,
        "y": centre.imag,
        "background": background / 255,
    }
    for index in np.unique(shape):
        name, of_it = SHAPES[index], shape == index
        area, moment = _outline(name)
        found["size"][of_it] = np.sqrt(total[of_it] / area)
        if fold := SYMMETRY[name]:
            away = pixels - centre[of_it, None, None]
            turned = np.angle(_turning_moment(away, cover[of_it], fold) / moment)
            found["angle"][of_it] = np.degrees(turned / fold) % (360 / fold)
    return found


def _load_shapes(split: str, limit: int | None) -> Dataset:
    num = limit or _NUM_SHAPES[split]
    # One stream each, so that the first images are the same however many are drawn.
    order, unit = (np.random.default_rng([SPLITS.index(split), stream]) for stream in (0, 1))
    # Every ten images hold each shape once.
    labels = np.argsort(order.random((-(-num // len(SHAPES)), len(SHAPES))), axis=1).ravel()[:num]
    low, high = np.array(list(FACTORS.values())).T
    values = (low + (high - low) * unit.random((num, len(FACTORS)))).astype(np.float32)
    factors = dict(zip(FACTORS, values.T, strict=True))
    images = draw_shapes(labels, **factors)
    return Dataset("shapes", split, images, labels.astype(np.int32), SHAPES, factors)


# ---------------------------------------------------------------------------- digits and folders


def _load_digits(split: str) -> Dataset:
    from sklearn.datasets import load_digits  # half a second, and only this data set needs it

    digits = load_digits()
    images = np.stack([enlarge(counts) for counts in digits.images])[..., None]
    whole = Dataset("digits", "train", images, digits.target.astype(np.int32), _DIGITS)
    train, test = holdout(whole, 360)  # scikit-learn's copy has no split of its own
    return train if split == "train" else dataclasses.replace(test, split="test")


def _load_folder(name: str, split: str, limit: int | None) -> Dataset:
    """One sub-folder a class; 4 in 5 of its files, by a hash of their names, are to train on."""
    root = Path(name.removeprefix("folder:")).expanduser()
    if not root.is_dir():
        raise ValueError(f"{root} is not a folder: expected one with a sub-folder for each class")
    entries = sorted(path for path in root.iterdir() if not path.name.startswith("."))
    classes = [path for path in entries if path.is_dir()]
    left_out = [
        f"{path.name}: not in the folder of a class" for path in set(entries) - set(classes)
    ]
    if len(classes) < 2:
        raise ValueError(
            f"{root} has {len(classes)} sub-folders: expected two or more, one for each class, "
            "with the pictures of the class in it"
        )

    chosen = []  # (hash of the file's name, its class, its path)
    for label, folder in enumerate(classes):
        files = [path for path in folder.iterdir() if not path.name.startswith(".")]
        if not files:
            raise ValueError(f"the class {folder.name!r} is empty: put pictures into {folder}")
        hashed = sorted(
            (hashlib.sha256(path.name.encode()).digest(), label, path) for path in files
        )
        num_test = max(len(hashed) // 5, min(len(hashed) - 1, 1))  # a single picture is trained on
        chosen += hashed[:num_test] if split == "test" else hashed[num_test:]

    images, labels = [], []
    for _, label, path in tqdm(sorted(chosen), desc=root.name, unit=" pictures", disable=None):
        try:
            images.append(fit_picture(open_picture(path), name))
            labels.append(label)
        except PictureError as error:
            left_out.append(f"{path.relative_to(root)}: {error}")
        if len(images) == limit:  # the hash has mixed the classes
            break
    if split == "train" and len(images) != limit:
        unusable = [folder.name for i, folder in enumerate(classes) if i not in labels]
        if unusable:
            raise ValueError(
                f"no picture can be read of the class {', '.join(map(repr, unusable))} in "
                + "\n  ".join([f"{root}:", *left_out])
            )
    names = tuple(folder.name for folder in classes)
    images = np.array(images, np.uint8).reshape(-1, SIDE, SIDE, 3)
    labels = np.array(labels, np.int32)
    return Dataset(name, split, images, labels, names, left_out=tuple(sorted(left_out)))


# ---------------------------------------------------------------------------- official files

_BATCHES = "cifar-10-batches-bin"
_CIFAR_ARCHIVE = "cifar-10-binary.tar.gz"
_IDX_FILES = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}
FILES = {
    "mnist": _IDX_FILES,
    "fashion_mnist": _IDX_FILES,
    "cifar10": {
        "train": tuple(f"{_BATCHES}/data_batch_{i}.bin" for i in range(1, 6)),
        "test": (f"{_BATCHES}/test_batch.bin",),
    },
}
MIRRORS = {
    "mnist": (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    "fashion_mnist": (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
    "cifar10": ("https://www.cs.toronto.edu/~kriz/",),
}
# Of the uncompressed content of a .gz (packing it again changes nothing that is trained on), of the
# file itself otherwise.
MD5 = {
    "mnist/train-images-idx3-ubyte.gz": "6bbc9ace898e44ae57da46a324031adb",
    "mnist/train-labels-idx1-ubyte.gz": "a25bea736e30d166cdddb491f175f624",
    "mnist/t10k-images-idx3-ubyte.gz": "2646ac647ad5339dbf082846283269ea",
    "mnist/t10k-labels-idx1-ubyte.gz": "27ae3e4e09519cfbb04c329615203637",
    "fashion_mnist/train-images-idx3-ubyte.gz": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "fashion_mnist/train-labels-idx1-ubyte.gz": "9018921c3c673c538a1fc5bad174d6f9",
    "fashion_mnist/t10k-images-idx3-ubyte.gz": "8181f5470baa50b63fa0f6fddb340f0a",
    "fashion_mnist/t10k-labels-idx1-ubyte.gz": "15d484375f8d13e6eb1aabb0c3f46965",
    f"cifar10/{_BATCHES}/data_batch_1.bin": "5dd7e06a14cb22eb9f671a540d1b7c25",
    f"cifar10/{_BATCHES}/data_batch_2.bin": "5ea93a67294ea407fff1d09f752e9692",
    f"cifar10/{_BATCHES}/data_batch_3.bin": "942cd6a4bcdd0dd3c604fbe906cb4421",
    f"cifar10/{_BATCHES}/data_batch_4.bin": "ae636b3ba5c66a11e91e8cb52e771fcb",
    f"cifar10/{_BATCHES}/data_batch_5.bin": "53f37980c15c3d472c316c40844f3f0d",
    f"cifar10/{_BATCHES}/test_batch.bin": "803d5f7f4d78ea53de84dbe85f74fb6d",
    f"cifar10/{_CIFAR_ARCHIVE}": "c32a1d4ab5d03f1284b67883e8d87530",
}
# Bytes of what is fetched; a mirror that packs it anew sends a little more or less.
_SIZES = {
    "mnist/train-images-idx3-ubyte.gz": 9_912_422,
    "mnist/train-labels-idx1-ubyte.gz": 28_881,
    "mnist/t10k-images-idx3-ubyte.gz": 1_648_877,
    "mnist/t10k-labels-idx1-ubyte.gz": 4_542,
    "fashion_mnist/train-images-idx3-ubyte.gz": 26_421_880,
    "fashion_mnist/train-labels-idx1-ubyte.gz": 29_515,
    "fashion_mnist/t10k-images-idx3-ubyte.gz": 4_422_102,
    "fashion_mnist/t10k-labels-idx1-ubyte.gz": 5_148,
    f"cifar10/{_CIFAR_ARCHIVE}": 170_052_171,
}
_TIMEOUT = 20  # seconds without a byte before an address is given up
# Of what went wrong in a download, what lies at this end.
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)
_TRIES = 5  # of one address, as long as each try brings something


def _load_official(name: str, split: str, data_dir) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [N, 32, 32, C] and labels int32 [N] of an official data set."""
    files = FILES[name][split]
    if data_dir:
        contents = _read_data_dir(Path(data_dir).expanduser(), name, files)
    else:
        contents = [_read_cache(name, file) for file in files]
    if name == "cifar10":  # rows of 1 label and 3 planes (red, green, blue) of 32 x 32 bytes
        rows = np.frombuffer(b"".join(contents), np.uint8).reshape(-1, 1 + 3 * SIDE * SIDE)
        images = rows[:, 1:].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
        return np.ascontiguousarray(images), rows[:, 0].astype(np.int32)
    images = np.frombuffer(contents[0], np.uint8, offset=16).reshape(-1, 28, 28, 1)
    labels = np.frombuffer(contents[1], np.uint8, offset=8)
    return np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0))), labels.astype(np.int32)


def _read_data_dir(root: Path, name: str, files: tuple[str, ...]) -> list[bytes]:
    """Contents of the user's own copies; a missing or a wrong one is an error, never replaced."""
    missing = [str(root / name / file) for file in files if not (root / name / file).is_file()]
    if missing:
        raise DataUnavailableError(
            f"{root} lacks files of {name}:\n  " + "\n  ".join(missing) + "\n"
            f"--data-dir and DGM_DATA_DIR name a folder that holds them as {name}/{files[0]}; "
            "unset both to have the files downloaded."
        )
    contents = []
    for file in files:
        content, found = _read(root / name / file)
        expected = MD5[f"{name}/{file}"]
        if found != expected:
            raise DataUnavailableError(
                f"{root / name / file} is not the official file: expected md5 {expected}"
                f"{' of the content' if file.endswith('.gz') else ''}, found {found}. "
                "Delete it and copy it again, or unset --data-dir and DGM_DATA_DIR to have it "
                "downloaded."
            )
        contents.append(content)
    return contents


def cache_folder() -> Path:
    """Where what is downloaded or computed once is kept: `$DGM_CACHE_DIR`, else the system's."""
    return Path(os.environ.get("DGM_CACHE_DIR") or pooch.os_cache("dgm")).expanduser()


def _fetched(name: str, split: str) -> tuple[str, ...]:
    """The files that are downloaded for a split."""
    return (_CIFAR_ARCHIVE,) if name == "cifar10" else FILES[name][split]


def _ignore(file: str, num_bytes: int) -> None:
    """No progress is to be told."""


def _read_cache(name: str, file: str, note: Callable[[str, int], None] = _ignore) -> bytes:
    """Content of a file in the cache; fetched when it is missing or wrong.

    note: is told a downloaded file's name and how many bytes of it have come.
    """
    folder = cache_folder() / name
    path = folder / file
    if path.is_file():
        content, found = _read(path)
        if found == MD5[f"{name}/{file}"]:
            return content
        path.unlink(missing_ok=True)
    try:
        _fill_cache(name, file, folder, note)
    except OSError as error:  # whatever a server does wrong is told by `_download`
        raise DataUnavailableError(
            f"{file} of {name} cannot be stored: {error}. DGM_CACHE_DIR names another folder."
        ) from error
    content, found = _read(path)
    if found != MD5[f"{name}/{file}"]:
        raise DataUnavailableError(f"{path} changed on disk as it was read: is the disk full?")
    return content


def _fill_cache(name: str, file: str, folder: Path, note: Callable[[str, int], None]) -> None:
    """Download a file, and those that come with it, into a folder of the cache."""
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    # A folder of its own for each download: two processes may want the same file at once.
    with tempfile.TemporaryDirectory(prefix="download-", dir=folder) as temporary:
        if name == "cifar10":
            archive = _download(name, _CIFAR_ARCHIVE, Path(temporary), note)
            members = [member for split in SPLITS for member in FILES[name][split]]
            with tarfile.open(archive) as tar:
                tar.extractall(temporary, [tar.getmember(m) for m in members], filter="data")
        else:
            members = [_download(name, file, Path(temporary), note).name]
        for member in members:
            os.replace(Path(temporary) / member, folder / member)


def _read(path: Path) -> tuple[bytes, str]:
    """(content, md5) of a file, uncompressed if it is an idx .gz; md5 "(reason)" if damaged."""
    content = path.read_bytes()
    if path.name.endswith("-ubyte.gz"):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            return b"", f"({error or 'damaged'})"
    return content, hashlib.md5(content, usedforsecurity=False).hexdigest()


def _download(name: str, file: str, folder: Path, note: Callable[[str, int], None]) -> Path:
    """Fetch a file into `folder` from the first mirror that gives the right one."""
    path, failures = folder / file, []
    for mirror in MIRRORS[name]:
        url = mirror + file
        path.unlink(missing_ok=True)
        for _ in range(_TRIES):
            had = path.stat().st_size if path.exists() else 0
            try:
                _fetch(url, path, note)
            except (OSError, EOFError, http.client.HTTPException) as error:
                if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
                    raise  # no other address will help
                failures.append(f"{url}: {error}")
                if not path.exists() or path.stat().st_size <= had:
                    break  # nothing more comes from here
                continue
            found = _read(path)[1]
            if found == MD5[f"{name}/{file}"]:
                return path
            failures.append(f"{url}: wrong content, md5 {found}, not {MD5[f'{name}/{file}']}")
            break
    raise DataUnavailableError(
        f"could not download {file} of {name}: is there a network? Tried:\n  "
        + "\n  ".join(failures)
        + "\n"
        "Without a network, put the official files into a folder and name it with --data-dir or "
        "DGM_DATA_DIR; expected in it:\n  "
        + "\n  ".join(f"{name}/{member}" for split in SPLITS for member in FILES[name][split])
        + "\nThe data sets 'shapes' and 'digits' need no download."
    )


def _fetch(url: str, path: Path, note: Callable[[str, int], None]) -> None:
    """Download `url` to `path`, going on where an earlier try was cut.

    Raises:
        OSError: no answer, an HTTP error, no room on the disk.
        EOFError: the connection ended before the file did.
    """
    start = path.stat().st_size if path.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    with contextlib.ExitStack() as stack:
        response = stack.enter_context(urllib.request.urlopen(request, timeout=_TIMEOUT))
        if response.status != 206:  # this server sends the whole file whatever is asked
            start = 0
        total = start + int(response.headers["Content-Length"] or 0)
        bar = tqdm(total=total or None, initial=start, unit="B", unit_scale=True, disable=None)
        bar.set_description(path.name)
        stack.enter_context(bar)
        out = stack.enter_context(path.open("ab" if start else "wb"))
        while chunk := response.read(1 << 16):
            out.write(chunk)
            bar.update(len(chunk))
            note(path.name, out.tell())
        if out.tell() < total:
            raise EOFError(f"connection cut after {out.tell():,} of {total:,} bytes")
