"""Losses against values worked out by hand, and against SciPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from dgm import losses

LOG_2, LOG_3, LOG_4 = 0.693147, 1.098612, 1.386294


def test_minimax_discriminator():
    # sigmoid(0) = 1/2, sigmoid(log 3) = 3/4: -log D(x) = log 2, log 4/3
    # and -log(1 - D(G(z))) = log 2, log 4
    real, fake = losses.minimax_discriminator(jnp.array([0.0, LOG_3]), jnp.array([0.0, LOG_3]))
    np.testing.assert_allclose(real, [LOG_2, LOG_4 - LOG_3], atol=1e-5)
    np.testing.assert_allclose(fake, [LOG_2, LOG_4], atol=1e-5)


def test_non_saturating_generator():
    # -log D(G(z)) with D = 1/2, 3/4, 1/4
    value = losses.non_saturating_generator(jnp.array([0.0, LOG_3, -LOG_3]))
    np.testing.assert_allclose(value, [LOG_2, LOG_4 - LOG_3, LOG_4], atol=1e-5)


def test_gradients_do_not_vanish_where_a_player_is_surely_wrong():
    # d/dl softplus(-l) = -sigmoid(-l) = -(1 - 4e-18) at l = -40; and its mirror image
    assert jax.grad(losses.non_saturating_generator)(-40.0) == pytest.approx(-1)
    assert losses.non_saturating_generator(-40.0) == pytest.approx(40)
    real, fake = jax.jacobian(losses.minimax_discriminator, argnums=(0, 1))(-40.0, 40.0)
    assert real[0] == pytest.approx(-1)
    assert fake[1] == pytest.approx(1)


def test_cross_entropy():
    logits = jnp.log(jnp.array([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]]))
    labels = jnp.array([0, 2])
    np.testing.assert_allclose(losses.cross_entropy(logits, labels), [LOG_2, LOG_4], atol=1e-5)
    # Smoothing 0.3 over 3 classes: targets (0.8, 0.1, 0.1) and (0.1, 0.1, 0.8).
    # 0.8 log 2 + 0.2 log 4 = 1.2 log 2; 0.1 log 2 + 0.9 log 4 = 1.9 log 2
    smooth = losses.cross_entropy(logits, labels, 0.3)
    np.testing.assert_allclose(smooth, [1.2 * LOG_2, 1.9 * LOG_2], atol=1e-5)
    # A number added to all logits changes nothing, however large.
    shifted = losses.cross_entropy(logits + 1000.0, labels)
    np.testing.assert_allclose(shifted, [LOG_2, LOG_4], atol=1e-4)


def test_gaussian_kl():
    mean = jnp.array([[0.0, 0.0], [1.0, -2.0], [0.0, 3.0]])
    log_var = jnp.array([[0.0, 0.0], [0.0, 0.0], [LOG_4, 0.0]])
    # 0; (1 + 4)/2; (4 - log 4 - 1)/2 + 9/2
    np.testing.assert_allclose(
        losses.gaussian_kl(mean, log_var), [0, 2.5, (3 - LOG_4) / 2 + 4.5], atol=1e-5
    )


def test_gaussian_log_prob():
    z, mean, log_var = np.random.default_rng(0).normal(size=(3, 5, 4)).astype(np.float32)
    expected = stats.norm.logpdf(z, mean, np.exp(log_var / 2)).sum(-1)
    np.testing.assert_allclose(losses.gaussian_log_prob(z, mean, log_var), expected, rtol=1e-5)
    standard = stats.norm.logpdf(z).sum(-1)
    np.testing.assert_allclose(losses.gaussian_log_prob(z, 0.0, 0.0), standard, rtol=1e-5)


def test_bernoulli_log_prob():
    # Two pixels a picture with p(1) = 3/4 and 1/2: log 3/4 + log 1/2, then log 1/4 + log 1/2
    logits = jnp.broadcast_to(jnp.array([LOG_3, 0.0]), (2, 2)).reshape(2, 1, 2, 1)
    x = jnp.array([[1.0, 1.0], [0.0, 1.0]]).reshape(2, 1, 2, 1)
    expected = [LOG_3 - LOG_4 - LOG_2, -LOG_4 - LOG_2]
    np.testing.assert_allclose(losses.bernoulli_log_prob(x, logits), expected, atol=1e-5)


EVERY_GREY = jnp.arange(256)[:, None, None, None] / 127.5 - 1


def logistic(mean: float, log_scale: float) -> np.ndarray:
    """log p of each of the 256 grey values."""
    full = EVERY_GREY.shape
    values = losses.discretised_logistic_log_prob(
        EVERY_GREY, jnp.full(full, mean), jnp.full(full, log_scale)
    )
    return np.asarray(values, np.float64)


@pytest.mark.parametrize("mean", [-1.2, -1.0, -0.3, 0.0, 0.777, 1.0])
@pytest.mark.parametrize("log_scale", [-6.0, -3.0, 0.0, 2.0])
def test_discretised_logistic(mean, log_scale):
    log_p = logistic(mean, log_scale)
    assert np.exp(log_p).sum() == pytest.approx(1, abs=2e-4)  # a distribution over grey values
    # The definition, in double precision: differences of the cumulative distribution at the
    # borders between grey values, of which there are 255.
    borders = (np.arange(255) + 0.5) / 127.5 - 1
    cumulative = stats.logistic.cdf(borders, mean, np.exp(log_scale))
    expected = np.diff(np.concatenate([[0.0], cumulative, [1.0]]))
    np.testing.assert_allclose(np.exp(log_p), expected, atol=1e-5, rtol=1e-3)


def test_discretised_logistic_by_hand():
    # Mean on the border between 127 and 128: each side has half the mass. Scale so that a bin is
    # log 3 scales wide: the bin above holds sigmoid(log 3) - sigmoid(0) = 3/4 - 1/2.
    log_scale = np.log((2 / 255) / np.log(3))
    assert logistic(0.0, log_scale)[[127, 128]] == pytest.approx(-LOG_4, abs=1e-4)


def test_discretised_logistic_is_finite_far_from_the_mean():
    # 0.8 away at scale exp(-6) is 320 scales: its probability is 1e-139, below what float32 holds.
    def log_p(mean):
        return losses.discretised_logistic_log_prob(
            jnp.full((1, 1, 1, 1), 0.8), jnp.full((1, 1, 1, 1), mean), jnp.full((1, 1, 1, 1), -6.0)
        )[0]

    value, gradient = jax.value_and_grad(log_p)(0.0)
    # log p ~ -(distance to the near border)/s + log(1 - exp(-width/s))
    scale = np.exp(-6)
    expected = -(0.8 - 1 / 255) / scale + np.log1p(-np.exp(-(2 / 255) / scale))
    assert value == pytest.approx(expected, rel=1e-4)
    assert gradient == pytest.approx(1 / scale, rel=1e-4)


def test_pixels_and_channels_add_up():
    x = jnp.zeros((2, 3, 5, 2))
    one = losses.discretised_logistic_log_prob(jnp.zeros((1, 1, 1, 1)), 0.1, jnp.float32(-1.0))
    whole = losses.discretised_logistic_log_prob(x, 0.1, jnp.float32(-1.0))
    np.testing.assert_allclose(whole, [30 * one[0]] * 2, rtol=1e-5)


def test_squared_gradient_norm():
    # D(x) = sum of x^2 over an image, so its gradient is 2x: |grad|^2 = 4 (1 + 4 + 9 + 16) = 120
    images = jnp.array([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 0.5]]).reshape(2, 2, 2, 1)
    value = losses.squared_gradient_norm(lambda x: (x**2).sum((1, 2, 3)), images)
    np.testing.assert_allclose(value, [120, 1], rtol=1e-5)


def test_a_penalty_can_be_learned_from():
    # D(x) = w x on one pixel: R1 = w^2, its gradient 2w
    image = jnp.ones((1, 1, 1, 1))

    def penalty(w):
        return losses.squared_gradient_norm(lambda x: w * x[:, 0, 0, 0], image).mean()

    assert jax.grad(penalty)(3.0) == pytest.approx(6)
