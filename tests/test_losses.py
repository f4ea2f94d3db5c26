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


def test_one_sided_smoothing():
    # Target 3/4 for a real image: -3/4 log D - 1/4 log(1 - D). At D = 1/2 it is log 2; at its own
    # target D = 3/4, where it is least, 3/4 log 4/3 + 1/4 log 4; generated images keep target 0.
    logits = jnp.array([0.0, LOG_3])
    real, fake = losses.minimax_discriminator(logits, logits, 0.25)
    np.testing.assert_allclose(real, [LOG_2, LOG_4 - 0.75 * LOG_3], atol=1e-5)
    np.testing.assert_allclose(fake, [LOG_2, LOG_4], atol=1e-5)
    slope = jax.grad(lambda real: losses.minimax_discriminator(real, 0.0, 0.25)[0])
    # D - target: 1/2 - 3/4, 0, 9/10 - 3/4. Being surer than the target is a fault.
    slopes = [slope(logit) for logit in (0.0, LOG_3, 2 * LOG_3)]
    np.testing.assert_allclose(slopes, [-0.25, 0, 0.15], atol=1e-5)


def test_minimax_generator():
    # log(1 - D(G(z))) with D = 1/2, 3/4, 1/4; whatever is said of real images
    fake = jnp.array([0.0, LOG_3, -LOG_3])
    value = losses.minimax_generator(fake, jnp.array([5.0, -5.0, 0.0]))
    np.testing.assert_allclose(value, [-LOG_2, -LOG_4, LOG_3 - LOG_4], atol=1e-5)
    # Its slope is -D(G(z)): where D is sure, at l = -40, G is told nothing.
    slope = jax.grad(losses.minimax_generator)
    assert slope(LOG_3, 0.0) == pytest.approx(-0.75)
    assert -1e-17 < slope(-40.0, 0.0) < 0


def test_non_saturating_generator():
    # -log D(G(z)) with D = 1/2, 3/4, 1/4; whatever is said of real images
    fake = jnp.array([0.0, LOG_3, -LOG_3])
    value = losses.non_saturating_generator(fake, jnp.array([5.0, -5.0, 0.0]))
    np.testing.assert_allclose(value, [LOG_2, LOG_4 - LOG_3, LOG_4], atol=1e-5)


def test_gradients_do_not_vanish_where_a_player_is_surely_wrong():
    # d/dl softplus(-l) = -sigmoid(-l) = -(1 - 4e-18) at l = -40; and its mirror image
    assert jax.grad(losses.non_saturating_generator)(-40.0, 0.0) == pytest.approx(-1)
    assert losses.non_saturating_generator(-40.0, 0.0) == pytest.approx(40)
    real, fake = jax.jacobian(losses.minimax_discriminator, argnums=(0, 1))(-40.0, 40.0)
    assert real[0] == pytest.approx(-1)
    assert fake[1] == pytest.approx(1)
    # Of a pair, it is the difference that counts: 100 - 140 = -40.
    assert jax.grad(losses.relativistic_generator)(100.0, 140.0) == pytest.approx(-1)
    pair = jax.grad(lambda real: losses.relativistic_discriminator(real, 140.0)[0])
    assert pair(100.0) == pytest.approx(-1)


def test_wasserstein():
    # The critic minimises -f(x) + f(G(z)), the generator -f(G(z)).
    real, fake = jnp.array([3.0, -1.0]), jnp.array([0.5, 2.0])
    parts = losses.wasserstein_critic(real, fake)
    np.testing.assert_array_equal(parts[0], [-3, 1])
    np.testing.assert_array_equal(parts[1], [0.5, 2])
    # Means 1 and 1.25: the critic's loss is 1.25 - 1.
    assert sum(part.mean() for part in parts) == pytest.approx(0.25)
    np.testing.assert_array_equal(losses.wasserstein_generator(fake, real), [-0.5, -2])


def test_hinge():
    # max(0, 1 - l(x)) and max(0, 1 + l(G(z))), at both sides of their corners at 1 and -1
    logits = jnp.array([-2.0, -1.0, 0.5, 1.0, 2.0])
    real, fake = losses.hinge_discriminator(logits, logits)
    np.testing.assert_array_equal(real, [3, 2, 0.5, 0, 0])
    np.testing.assert_array_equal(fake, [0, 0, 1.5, 2, 3])
    # Beyond its corner an image teaches D no more; before it, always as much.
    for where, expected in ((0.9, (-1, 1)), (1.1, (0, 1)), (-0.9, (-1, 1)), (-1.1, (-1, 0))):
        slopes = jax.jacobian(losses.hinge_discriminator, argnums=(0, 1))(where, where)
        assert (slopes[0][0], slopes[1][1]) == expected


def test_relativistic():
    # sigmoid(l(x) - l(G(z))) = sigmoid(log 3) = 3/4 and sigmoid(0) = 1/2, wherever the pair lies
    real, fake = jnp.array([LOG_3 + 7, -7.0]), jnp.array([7.0, -7.0])
    (pair,) = losses.relativistic_discriminator(real, fake)
    np.testing.assert_allclose(pair, [LOG_4 - LOG_3, LOG_2], atol=1e-5)
    # -log sigmoid(l(G(z)) - l(x)) = -log 1/4, -log 1/2
    np.testing.assert_allclose(losses.relativistic_generator(fake, real), [LOG_4, LOG_2], atol=1e-5)


def test_the_generator_of_every_game_wants_its_logit_raised_and_d_wants_it_lowered():
    for name, game in losses.ADVERSARIAL.items():
        assert jax.grad(game.generator)(0.1, 0.2) < 0, name
        slopes = jax.jacobian(game.discriminator, argnums=(0, 1))(0.2, 0.1)
        of_real, of_fake = (sum(parts) for parts in zip(*slopes, strict=True))
        assert of_real < 0 < of_fake, name


def test_which_games_have_a_critic():
    critics = [name for name, game in losses.ADVERSARIAL.items() if game.is_critic]
    assert critics == ["wasserstein", "hinge", "relativistic"]


def test_feature_matching():
    # Means (2, 3) and (0, 4): (2^2 + 1^2) / 2 features; how they vary does not count.
    real, fake = jnp.array([[1.0, 3.0], [3.0, 3.0]]), jnp.array([[-5.0, 4.0], [5.0, 4.0]])
    assert losses.feature_matching(real, fake) == pytest.approx(2.5)
    assert losses.feature_matching(real, real[::-1]) == 0
    # Batches of other sizes: means 2, 3 against 9, 5.
    assert losses.feature_matching(real, jnp.array([[9.0, 5.0]])) == pytest.approx((49 + 4) / 2)


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


def linear(w):
    """f(x) = w sum(x) over an image of 2x2 pixels, whose gradient has the length 2 |w|."""
    return lambda x: w * x.sum((1, 2, 3))


def test_gradient_penalty():
    images = jax.random.normal(jax.random.key(0), (3, 2, 2, 1))  # anywhere: f is linear
    # |grad f| = 3, 1 and 1/2: (3 - 1)^2, 0, (1/2 - 1)^2. Steeper and flatter are both at fault.
    for w, expected in ((1.5, 4.0), (0.5, 0.0), (-0.25, 0.25)):
        value = losses.gradient_penalty(linear(w), images)
        np.testing.assert_allclose(value, [expected] * 3, atol=1e-5)
    # f(x) = sum of x^2: |grad| = 2 |x|, another for each image: (2 - 1)^2 and (10 - 1)^2
    images = jnp.array([[1.0, 0.0, 0.0, 0.0], [0.0, 3.0, 0.0, 4.0]]).reshape(2, 2, 2, 1)
    value = losses.gradient_penalty(lambda x: (x**2).sum((1, 2, 3)), images)
    np.testing.assert_allclose(value, [1, 81], rtol=1e-5)


def test_the_gradient_penalty_can_be_learned_from():
    images = jnp.ones((1, 2, 2, 1))

    def penalty(w):
        return losses.gradient_penalty(linear(w), images).mean()

    # (2 w - 1)^2 has the slope 4 (2 w - 1)
    assert jax.grad(penalty)(1.5) == pytest.approx(8)
    # At w = 0 the norm has no slope, and the penalty must have one that is a number.
    assert penalty(0.0) == pytest.approx(1, abs=1e-5)
    assert jax.grad(penalty)(0.0) == 0
