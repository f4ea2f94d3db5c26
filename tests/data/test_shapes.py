"""Drawn shapes, and their factors read off the picture."""

import numpy as np
import pytest

from dgm import data


def drawn(shape: str, **given) -> np.ndarray:
    plain = {"hue": 0.0, "size": 9.0, "angle": 0.0, "x": 16.0, "y": 16.0, "background": 0.0}
    return data.draw_shapes(data.SHAPES.index(shape), **plain | given)[0]


def test_shapes_are_the_same_every_time_and_a_limit_is_a_prefix():
    few, more = data.load("shapes", limit=13), data.load("shapes", limit=40)
    assert (few.images.shape, few.images.dtype) == ((13, 32, 32, 3), np.uint8)
    assert (few.labels.dtype, few.num_classes, few.channels, len(few)) == (np.int32, 10, 3, 13)
    np.testing.assert_array_equal(few.images, more.images[:13])
    np.testing.assert_array_equal(few.labels, more.labels[:13])
    for name, values in few.factors.items():
        np.testing.assert_array_equal(values, more.factors[name][:13])
    np.testing.assert_array_equal(np.bincount(more.labels), [4] * 10)
    assert (data.load("shapes", "test", limit=40).images != more.images).any()
    np.testing.assert_array_equal(data.draw_shapes(few.labels, **few.factors), few.images)
    # Measured, not worked out: models were trained on these drawings, so they must not change.
    assert few.images.mean() == pytest.approx(46.89, abs=0.01)


@pytest.mark.parametrize("shape", data.SHAPES)
def test_centre_of_mass_and_extent_are_the_factors(shape):
    red = drawn(shape, x=14.3, y=18.6, angle=25.0)[..., 0].astype(float) / 255
    rows, columns = np.mgrid[:32, :32] + 0.5
    assert (red * columns).sum() / red.sum() == pytest.approx(14.3, abs=0.1)
    assert (red * rows).sum() / red.sum() == pytest.approx(18.6, abs=0.1)
    reach = np.hypot(columns - 14.3, rows - 18.6)[red > 0].max()
    assert 8.0 < reach < 9.0 + np.sqrt(2)


@pytest.mark.parametrize(("shape", "area"), [("circle", np.pi), ("square", 2.0)])
def test_area(shape, area):
    red = drawn(shape, size=10.0, angle=30.0)[..., 0] / 255
    assert red.sum() == pytest.approx(area * 100, rel=0.01)


@pytest.mark.parametrize(
    ("hue", "colour"),
    [(0, (255, 0, 0)), (1 / 6, (255, 255, 0)), (1 / 3, (0, 255, 0)), (2 / 3, (0, 0, 255))],
)
def test_hue_and_background(hue, colour):
    image = drawn("circle", hue=hue, background=0.2)
    np.testing.assert_array_equal(image[16, 16], colour)
    np.testing.assert_array_equal(image[0, 0], [51, 51, 51])


def test_angle_turns_clockwise():
    up, right = drawn("arrow"), drawn("arrow", angle=90.0)
    np.testing.assert_allclose(np.rot90(up, -1).astype(int), right, atol=1)
    assert up[:14].sum() > 0
    assert np.count_nonzero(up[12, :, 0]) > np.count_nonzero(up[22, :, 0])  # the head is above


def test_factors_are_read_off_the_picture():
    drawn = data.load("shapes", "test", limit=500)
    found = data.measure_shapes(drawn.images, drawn.labels)
    fold = np.array([data.SYMMETRY[data.SHAPES[y]] for y in drawn.labels])
    assert np.isnan(found["angle"][fold == 0]).all()

    def off(name: str, period=np.inf, which=slice(None)):
        gap = found[name][which] - drawn.factors[name][which]
        return np.abs(gap - period * np.rint(gap / period) if np.all(period < np.inf) else gap)

    assert off("hue", 1.0).max() < 0.001
    assert off("size").max() < 0.1  # pixels
    assert max(off("x").max(), off("y").max()) < 0.1
    assert off("background").max() < 0.003
    turned = fold > 0
    angles = off("angle", 360 / fold[turned], turned)
    # A heart's third moment is small, and hides in what its pixels round.
    assert (np.median(angles), angles.max()) < (0.2, 15)
