"""Arrays to image grids."""

import numpy as np
from PIL import Image


def grid(images: np.ndarray, columns: int, gap: int = 2) -> Image.Image:
    """Pictures in rows, the first row from the left first.

    Args:
        images: float [N, H, W, C] in [-1, 1], clipped; C is 1 or 3.
        columns: pictures a row; the last row may be shorter.
        gap: pixels between two pictures.
    """
    num, height, width, channels = images.shape
    rows = -(-num // columns)
    pixels = np.clip(np.rint((np.asarray(images) + 1) * 127.5), 0, 255).astype(np.uint8)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, channels), 255)
    sheet = sheet.astype(np.uint8)
    for i, picture in enumerate(pixels):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return Image.fromarray(sheet[..., 0] if channels == 1 else sheet)
