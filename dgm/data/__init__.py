"""Data sets as arrays: images uint8 [N, 32, 32, C], labels int32 [N], class names.

`shapes` is drawn here, `digits` comes with scikit-learn; `mnist`, `fashion_mnist` and `cifar10` are
the official files, downloaded once, checked against their md5 every time they are read, and cached;
`folder:PATH` is a folder of one's own with one sub-folder of pictures a class.
"""

from dgm.data.base import (
    SIDE,
    SPLITS,
    Augmentation,
    Dataset,
    Spec,
    holdout,
    labelled_subset,
    to_float,
    to_uint8,
)
from dgm.data.official_files import DataUnavailableError, File, OfficialFiles, cache_folder
from dgm.data.pictures import PictureError, open_picture
from dgm.data.registry import (
    DATASETS,
    comes_whole,
    download,
    download_size,
    fit_picture,
    is_at_hand,
    load,
    spec,
)
from dgm.data.shapes import FACTORS, SHAPES, SYMMETRY, draw_shapes, measure_shapes

__all__ = [
    "DATASETS",
    "FACTORS",
    "SHAPES",
    "SIDE",
    "SPLITS",
    "SYMMETRY",
    "Augmentation",
    "DataUnavailableError",
    "Dataset",
    "File",
    "OfficialFiles",
    "PictureError",
    "Spec",
    "cache_folder",
    "comes_whole",
    "download",
    "download_size",
    "draw_shapes",
    "fit_picture",
    "holdout",
    "is_at_hand",
    "labelled_subset",
    "load",
    "measure_shapes",
    "open_picture",
    "spec",
    "to_float",
    "to_uint8",
]
