"""Many pictures through a model, some at a time, with a progress bar on a terminal."""

import sys
from collections.abc import Callable

import numpy as np
from tqdm import tqdm

from dgm.data import to_float

CHUNK = 500  # pictures between two moves of the progress bar


def in_batches(
    function: Callable[..., np.ndarray], *arrays: np.ndarray, title: str = ""
) -> np.ndarray:
    """function(some rows of each array), concatenated: [N, …].

    Args:
        function: takes as many arrays as are given, each cut to the same rows.
        arrays: [N, …] each; uint8, as data sets keep pictures, is handed over as floats in [-1, 1].
        title: what the progress bar says.
    """
    num, parts = len(arrays[0]), []
    with tqdm(total=num, desc=title, unit="image", disable=not sys.stderr.isatty()) as bar:
        for start in range(0, num, CHUNK):
            rows = [array[start : start + CHUNK] for array in arrays]
            parts.append(function(*(to_float(x) if x.dtype == np.uint8 else x for x in rows)))
            bar.update(len(rows[0]))
    return np.concatenate(parts)
