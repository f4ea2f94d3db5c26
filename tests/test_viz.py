"""Grids of pictures, pixel by pixel."""

import numpy as np

from dgm import viz


def plain(*values: float, channels: int = 1) -> np.ndarray:
    """A 2x3 picture of one value each."""
    return np.broadcast_to(np.array(values)[:, None, None, None], (len(values), 2, 3, channels))


def test_grid_by_hand():
    sheet = np.array(viz.grid(plain(-1.0, 1.0, 0.2), columns=2, gap=1))
    # -1 is 0, 1 is 255, 0.2 is (0.2 + 1) * 127.5 = 153; what is not covered is white.
    white, row = [255] * 7, [0, 0, 0, 255, 255, 255, 255]
    last = [153, 153, 153, 255, 255, 255, 255]
    np.testing.assert_array_equal(sheet, [row, row, white, last, last])


def test_grid_takes_bytes_as_they_are():
    pictures = np.arange(3, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    sheet = np.asarray(viz.grid(pictures, 2, gap=0))
    assert sheet.tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 255, 255], [2, 2, 255, 255]]


def test_grid_keeps_colours_and_clips():
    pictures = plain(0.0, channels=3) + np.array([-7.0, 0.0, 7.0])
    sheet = viz.grid(pictures, columns=1)
    assert (sheet.mode, sheet.size) == ("RGB", (3, 2))
    assert sheet.getpixel((1, 1)) == (0, 128, 255)


def test_grid_of_fewer_pictures_than_columns_without_gap():
    sheet = viz.grid(plain(-1.0, -1.0), columns=3, gap=0)
    assert (sheet.mode, sheet.size) == ("L", (9, 2))
    np.testing.assert_array_equal(np.array(sheet)[0], [0] * 6 + [255] * 3)
