"""Arrays to images, and to grids of them."""

import numpy as np
from PIL import Image

from dgm.data import to_uint8


def to_image(picture: np.ndarray) -> Image.Image:
    """uint8 [H, W, C] -> a Pillow image, grey where C is 1 and RGB where it is 3."""
    return Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture)


def grid(pictures: np.ndarray, columns: int, gap: int = 2) -> Image.Image:
    """Pictures in rows, the first row from the left first, on white.

    Args:
        pictures: [N, H, W, C], uint8, or float in [-1, 1], which is clipped; C is 1 or 3.
        columns: pictures a row; the last row may be shorter.
        gap: pixels between two pictures.
    """
    pictures = np.asarray(pictures)
    if pictures.dtype != np.uint8:
        pictures = to_uint8(pictures)
    num, height, width, channels = pictures.shape
    rows = -(-num // columns)
    cells = np.full((rows * columns, height + gap, width + gap, channels), 255, np.uint8)
    cells[:num, :height, :width] = pictures
    cells = cells.reshape(rows, columns, height + gap, width + gap, channels).swapaxes(1, 2)
    image = cells.reshape(rows * (height + gap), columns * (width + gap), channels)
    return to_image(image[: rows * (height + gap) - gap, : columns * (width + gap) - gap])
