"""The format that MNIST and Fashion-MNIST share: files of 28x28 grey pictures, bright on black."""

import numpy as np

from dgm.data.pictures import has_black_border

SIDE = 28  # pixels


def decode(images: bytes, labels: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [N, 32, 32, 1], two pixels of background around them, and labels int32 [N]."""
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, SIDE, SIDE, 1)
    classes = np.frombuffer(labels, np.uint8, offset=8)
    return np.pad(pixels, ((0, 0), (2, 2), (2, 2), (0, 0))), classes.astype(np.int32)


def is_official(grey: np.ndarray) -> bool:
    """Whether a picture is one of these data sets, or of a model of them: by size and border."""
    if grey.shape == (SIDE, SIDE):  # a garment may touch the edge, but not everywhere
        return has_black_border(grey, level=8, share=0.25)
    return grey.shape == (32, 32) and has_black_border(grey, level=32, share=1.0)
