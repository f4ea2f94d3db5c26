"""Harm to pictures, by chance and on purpose, on pictures and models where its effect is known."""

import numpy as np
import pytest

from dgm.analysis import corruption


class Brightness:
    """log p(y|x) = the mean of x for y = 1, less that for y = 0."""

    def gradients(self, images, labels, method):
        sign = 2.0 * np.asarray(labels)[:, None, None, None] - 1
        return sign * np.full(images.shape, 1 / images[0].size, np.float32)


@pytest.fixture
def greys():
    return np.zeros((4, 32, 32, 1), np.float32)


def test_noise_has_the_deviation_asked_for_and_stays_in_range(greys):
    noisy = corruption.add_noise(greys, 0.1)
    assert noisy.std() == pytest.approx(0.2, rel=0.05)  # the range is 2 wide
    assert np.abs(corruption.add_noise(greys + 1, 0.5)).max() <= 1
    np.testing.assert_array_equal(noisy, corruption.add_noise(greys, 0.1))
    assert (noisy[0] != noisy[1]).any()


def test_blur_spreads_a_point_and_keeps_its_sum(greys):
    greys[:, 16, 16] = 1
    blurred = corruption.blur(greys, 1.0)
    np.testing.assert_allclose(blurred.sum((1, 2, 3)), 1, rtol=1e-5)
    # The middle of a Gaussian in two dimensions: 1 / (2 pi).
    assert blurred[0, 16, 16, 0] == pytest.approx(1 / (2 * np.pi), rel=0.05)


def test_rotation_turns_every_other_picture_the_other_way(greys):
    greys[:, :, 16:] = 1
    turned = corruption.rotate(greys, 90)
    assert turned[0, :12].mean() == pytest.approx(1)
    assert turned[1, :12].mean() == pytest.approx(0)
    assert turned[1, 20:].mean() == pytest.approx(1)
    np.testing.assert_array_equal(turned[0], turned[2])
    np.testing.assert_allclose(corruption.rotate(greys, 0), greys)


@pytest.mark.parametrize("attack", corruption.ATTACKS.values())
def test_an_attack_goes_against_the_class_and_no_further_than_it_may(attack, greys):
    attacked = attack(Brightness(), greys, np.array([1, 0, 1, 0]), "brightness", 0.1)
    # In shares of a range that is 2 wide.
    np.testing.assert_allclose(attacked[0], -0.2, rtol=1e-5)
    np.testing.assert_allclose(attacked[1], 0.2, rtol=1e-5)
    edge = attack(Brightness(), greys + 1, np.zeros(4, int), "brightness", 0.1)
    assert edge.max() <= 1
