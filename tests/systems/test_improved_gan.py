"""One step of an Improved GAN: its losses by hand, and which labels it looks at."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from steps import (
    assert_all_changed,
    assert_calibration_settles_statistics,
    assert_same_bits,
    batch,
    compiled,
    drawn,
    leaves,
    weights,
)

UNMOVED = 1e-30  # a learning rate that float32 does not see


@pytest.fixture(scope="module")
def config(tiny_config):
    """Of the four images of a batch the first two, of the classes 0 and 1, have a label."""
    return tiny_config(
        "improved-gan",
        "fashion_mnist",
        labelled_batch_size=2,
        num_steps=100,
        learning_rate=0.01,
        discriminator_learning_rate=0.01,
    )


def test_a_step_changes_every_weight_and_statistic(config):
    _, before, step = compiled(config)
    after, metrics = step(before, *batch(1), 0)
    assert_all_changed(leaves(before, "nets"), leaves(after, "nets"))
    assert_all_changed(weights(before, "average"), weights(after, "average"))
    for player in ("generator", "discriminator"):
        assert leaves(after, f"{player}_optimizer")["step"] == 1
    assert all(m.shape == () and np.isfinite(m) for m in metrics.values())
    assert set(metrics) == {
        "loss/discriminator",
        "loss/generator",
        "loss/class_real",
        "accuracy/class_real",
        "probability/real",
        "probability/fake",
    }
    assert metrics["loss/generator"] > 0  # the squared distance of two means


def test_no_label_is_looked_at_but_those_of_the_first_images(config):
    _, state, step = compiled(config)
    images, labels = batch(1)
    first = step(state, images, labels, 3)
    for unlabelled in (-1, 2):  # -1 is what `train` puts where no label may be known
        others = labels.copy()
        others[:, 2:] = unlabelled
        assert_same_bits(step(state, images, others, 3), first)
    swapped, metrics = step(state, images, labels[:, [1, 0, 2, 3]], 3)
    assert metrics["loss/class_real"] != first[1]["loss/class_real"]
    old, new = (leaves(s, "nets", "discriminator") for s in (first[0], swapped))
    assert not np.array_equal(old["classes.kernel"], new["classes.kernel"])


def test_d_learns_the_classes_of_labelled_images(config):
    _, state, step = compiled(config)
    history = []
    for number in range(25):
        state, metrics = step(state, *batch(1, seed=number), number)
        history.append(metrics)
    assert history[-1]["loss/class_real"] < history[0]["loss/class_real"] / 2
    assert history[-1]["accuracy/class_real"] == 1


@pytest.fixture(scope="module")
def known(config):
    """A config whose D does not learn, and which has a minibatch statistic."""
    return dataclasses.replace(
        config, minibatch_stddev=True, discriminator_learning_rate=UNMOVED, augment=False
    )


def test_losses_by_hand(known):
    graphdef, state, step = compiled(known)
    model = nnx.merge(graphdef, state, copy=True)
    discriminator = model.nets["discriminator"]
    # Class logits log 1, log 2, log 5 whatever the picture: Z = 8 and p(real|x) = 8/9.
    discriminator.classes.kernel[...] *= 0
    discriminator.classes.bias[...] = jnp.log(jnp.array([1.0, 2.0, 5.0]))
    discriminator.spread.kernel[...] *= 0
    _, metrics = step(nnx.state(model), *batch(1), 0)
    # The labelled images are of classes 0 and 1: p(y|x, y <= K) = 1/8 and 2/8.
    assert metrics["loss/class_real"] == pytest.approx((np.log(8) + np.log(4)) / 2, rel=1e-5)
    # Unlabelled: target 0.9 for "real", so -0.9 log 8/9 - 0.1 log 1/9; generated: -log 1/9.
    unlabelled, generated = 0.9 * np.log(9 / 8) + 0.1 * np.log(9), np.log(9)
    half = (unlabelled + generated) / 2
    assert metrics["loss/discriminator"] == pytest.approx(half, rel=1e-5)
    for name in ("probability/real", "probability/fake"):
        assert metrics[name] == pytest.approx(8 / 9, rel=1e-5)
    # With the minibatch statistic G plays the non-saturating game: -log 8/9.
    assert metrics["loss/generator"] == pytest.approx(np.log(9 / 8), rel=1e-4)


def test_without_a_minibatch_statistic_g_matches_features(known):
    config = dataclasses.replace(known, minibatch_stddev=False)
    graphdef, start, step = compiled(config)
    model = nnx.merge(graphdef, start, copy=True)
    # Features that are the same whatever the picture leave nothing to match, though D is far from
    # taking anything for real: p(real) = 1/10 for three class logits of -log 27.
    last = model.nets["discriminator"].trunk.norms[2]
    last.gain[...] *= 0
    model.nets["discriminator"].classes.kernel[...] *= 0
    model.nets["discriminator"].classes.bias[...] = jnp.full(3, -np.log(27))
    _, metrics = step(nnx.state(model), *batch(1), 0)
    assert metrics["probability/fake"] == pytest.approx(0.1, rel=1e-5)
    assert metrics["loss/generator"] == 0

    # G alone learns to match those of a D that does not move.
    state, history = start, []
    for number in range(40):
        state, metrics = step(state, *batch(1, seed=number), number)
        history.append(float(metrics["loss/generator"]))
    for name, value in weights(state, "nets", "discriminator").items():
        # Adam moves by about the rate, which shows where a weight was 0.
        before = weights(start, "nets", "discriminator")[name]
        np.testing.assert_allclose(value, before, atol=1e-25)
    assert sum(history[-10:]) < sum(history[:10]) / 2


def test_samples_do_not_depend_on_a_class(config):
    graphdef, state, _ = compiled(config)
    z = jnp.eye(3, config.latent_dim)
    first, other = (
        drawn(config, graphdef, state, z, jnp.array(labels)) for labels in ([0, 1, 2], [2, 2, -1])
    )
    assert first.shape == (3, 32, 32, 1)
    np.testing.assert_array_equal(other, first)


def test_calibrated_nets_go_by_statistics_of_their_own(config):
    graphdef, state, _ = compiled(config)
    x = jax.random.uniform(jax.random.key(0), (4, 32, 32, 1), minval=-1, maxval=1)
    # Labels that are not known change nothing here.
    assert_calibration_settles_statistics(config, graphdef, state, x, jnp.full(len(x), -1))
