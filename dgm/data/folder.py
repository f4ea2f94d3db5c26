"""`folder:PATH`: a folder of one's own, with one sub-folder of pictures for each class."""

import functools
import hashlib
from pathlib import Path

import numpy as np
from tqdm import tqdm

from dgm.data.base import SIDE, Augmentation, Dataset, Spec
from dgm.data.pictures import PictureError, crop_square, open_picture

PREFIX = "folder:"


def spec(name: str) -> Spec:
    """What is known of the data set `folder:PATH`, whether or not the folder is there."""
    title = name.removeprefix(PREFIX).rstrip("/").split("/")[-1]
    return Spec(
        name=name,
        title=title,
        subject=title,
        class_names=(),
        channels=3,
        read=functools.partial(read, name),
        fit=crop_square,
        # Pictures of one's own are mostly photographs. Of letters or signs, set flip=False.
        augmentation=Augmentation(flip=True, max_shift=2, padding="reflect"),
    )


def read(name: str, split: str, limit: int | None, data_dir: Path | None = None) -> Dataset:
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
            images.append(crop_square(open_picture(path)))
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
