"""Handwriting in a picture: the ink, apart from paper, shadows and specks."""

from typing import cast

import numpy as np
from scipy import ndimage

from dgm.data.pictures import PictureError, border_of


def ink_of(grey: np.ndarray) -> np.ndarray:
    """The ink in a picture of handwriting, cropped to it: float32 [H, W] in [0, 1], paper 0.

    Takes dark ink on light paper and the reverse, paper lit unevenly, specks and grain.
    """
    # The ink is what differs most from the border, thin lines counted (so nearly the extremes).
    paper, (darkest, lightest) = np.median(border_of(grey)), np.percentile(grey, (0.2, 99.8))
    if paper - darkest > lightest - paper:
        grey = 255 - grey
    # Paper without the ink on it: every stroke narrower than half the picture is opened away. Odd
    # reflection carries a shadow's slope on over the edge; else the edge would look like ink.
    half = max(1, min(grey.shape) // 4)
    paper = np.pad(grey, half, "reflect", reflect_type="odd")
    paper = ndimage.grey_opening(paper, size=2 * half + 1)[half:-half, half:-half]
    ink = grey - paper
    ink = ink - np.percentile(ink, 25)  # grain
    peak = ndimage.gaussian_filter(ink, 1).max()  # smoothed: no single pixel decides
    if peak < 16:
        raise PictureError(
            "Nothing is drawn on this picture: it is all one shade. Draw or photograph something "
            "that stands out from its background, with some background around it.",
            "blank-drawing",
        )
    ink = np.clip((ink / peak - 0.2) / 0.6, 0, 1)
    # Specks go, second strokes stay; what comes in over the edge (a shadow, the table) goes if
    # something of size lies within.
    parts = np.empty(ink.shape, np.int32)
    num = cast(int, ndimage.label(ink > 0.5, np.ones((3, 3)), output=parts))
    areas = np.bincount(parts.ravel(), minlength=num + 1)
    areas[0] = 0
    within = np.where(np.isin(np.arange(num + 1), border_of(parts)), 0, areas)
    areas = within if within.max() >= 0.2 * areas.max() else areas
    mask = (areas > 0.05 * areas.max())[parts]
    box = ndimage.find_objects(mask.astype(np.int8))[0]
    return np.where(ndimage.binary_dilation(mask, iterations=2), ink, 0)[box].astype(np.float32)


def thicken(ink: np.ndarray, width: float) -> np.ndarray:
    """Widen strokes to at least `width` pixels, so that they outlast the reduction to a few."""
    mask = ink > 0.5
    # A stroke's area over half of its outline's length.
    stroke = 2 * mask.sum() / (mask & ~np.asarray(ndimage.binary_erosion(mask), bool)).sum()
    grow = (width - stroke) / 2
    if grow < 0.5:
        return ink
    ink = np.pad(ink, int(np.ceil(grow)))
    away = ndimage.distance_transform_edt(ink <= 0.5)
    return np.maximum(ink, np.clip(grow + 0.5 - away, 0, 1)).astype(np.float32)
