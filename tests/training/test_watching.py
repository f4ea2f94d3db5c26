"""What is seen of a training while it goes on."""

import numpy as np
import pytest

from dgm import data
from dgm.data import to_float
from dgm.training.trainer import Trainer
from dgm.training.watching import Watcher, variety


@pytest.fixture(scope="module")
def digits():
    return data.load("digits").take(slice(40))


@pytest.fixture(scope="module", params=["dcgan", "improved-gan", "vae-gan"])
def trainer(request, tiny_config, digits):
    return Trainer(tiny_config(request.param, labels_per_class=1), digits)


def test_wishes_are_the_slope_of_the_verdict(trainer, digits):
    watcher = Watcher(trainer)
    images, labels = to_float(digits.images[:3]), digits.labels[:3]
    found = watcher.verdicts(images, labels)
    assert found.logits.shape == (3,)
    assert found.wishes.shape == images.shape
    # A small step where D wishes it raises its logit by the step times the slope's length.
    lengths = np.sqrt((found.wishes**2).sum((1, 2, 3)))
    step = 1e-2
    moved = images + step * found.wishes / lengths[:, None, None, None]
    rise = watcher.verdicts(moved, labels).logits - found.logits
    np.testing.assert_allclose(rise, step * lengths, rtol=0.2, atol=1e-4)


def test_the_grid_is_of_the_nets_as_the_last_step_left_them(trainer):
    watcher = Watcher(trainer)
    before = watcher.grid()
    assert before.shape == (80, 32, 32, 1)
    np.testing.assert_array_equal(watcher.grid(), before)
    trainer.step("discriminator")
    np.testing.assert_array_equal(watcher.grid(), before)  # D's step moves no pixel
    trainer.step("generator")
    assert np.abs(watcher.grid() - before).max() > 0


def test_what_a_system_has_not_is_refused(tiny_config, digits):
    classifier = Watcher(Trainer(tiny_config("cnn"), digits))
    with pytest.raises(ValueError, match="cnn draws nothing"):
        classifier.grid()
    autoencoder = Watcher(Trainer(tiny_config("vae"), digits))
    assert autoencoder.can_draw
    with pytest.raises(ValueError, match="vae has no discriminator"):
        autoencoder.verdicts(to_float(digits.images[:1]), digits.labels[:1])


def test_variety_is_the_spread_within_a_class():
    images = np.zeros((5, 2, 2, 1), np.float32)
    images[1] = 0.5  # class 0: pixels 0 and 0.5, whose deviation is 0.25
    images[2:4] = 1.0  # class 1: both alike; class 2 has one picture alone, which says nothing
    assert variety(images, np.array([0, 0, 1, 1, 2])) == pytest.approx(0.125)
    assert variety(images[:1], np.array([0])) == 0.0
