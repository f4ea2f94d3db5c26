"""Bounds against distributions known in closed form; one step of a VAE and of a VAE-GAN."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from scipy import stats
from steps import (
    assert_all_changed,
    assert_same_bits,
    batch,
    compiled,
    is_statistic,
    leaves,
    weights,
)

from dgm.data import to_float
from dgm.nets.latents import ClassPrior
from dgm.systems import pixels, variational
from dgm.systems.vae import bayes
from dgm.systems.variational import evidence_bounds

LOG_2 = math.log(2)


class ToyEncoder:
    """q(z|x, y) = N(mean, exp(log_var)), whatever the picture."""

    def __init__(self, mean, log_var):
        self.mean, self.log_var = jnp.asarray(mean), jnp.asarray(log_var)

    def __call__(self, images, labels):
        return self.posterior(self.features(images), labels)

    def features(self, images):
        return jnp.zeros((len(images), 1))

    def posterior(self, features, labels):
        shape = (len(features), len(self.mean))
        return jnp.broadcast_to(self.mean, shape), jnp.broadcast_to(self.log_var, shape)


class ToyDecoder:
    """Bernoulli logits scale * z_0 at the first pixel and 0 elsewhere; remembers its z."""

    def __init__(self, scale: float):
        self.scale, self.seen = scale, []

    def __call__(self, z, labels):
        self.seen.append(z)
        return jnp.zeros((len(z), 32, 32, 1)).at[:, 0, 0, 0].set(self.scale * z[:, 0])


def toy_bounds(config, encoder, decoder, num_importance: int, num_images: int = 256):
    prior = ClassPrior(1, len(encoder.mean))
    parts = {"encoder": encoder, "decoder": decoder, "prior": prior}
    images = jnp.ones((num_images, 32, 32, 1))
    labels = jnp.zeros(num_images, jnp.int32)
    return evidence_bounds(config, parts, jax.random.key(0), images, labels, num_importance)


@pytest.fixture(scope="module")
def bernoulli(tiny_config):
    return tiny_config("vae", "mnist")


def test_regret_is_what_a_q_of_its_own_wins(bernoulli):
    # The picture says nothing of z, so the best q is p(z): the encoder's N((1, -2), I) costs
    # KL = (1 + 4)/2 that a fit wins back.
    off = ToyEncoder([1.0, -2.0], [0.0, 0.0])
    parts = {"encoder": off, "decoder": ToyDecoder(0.0), "prior": ClassPrior(1, 2)}
    images, labels = jnp.ones((2, 32, 32, 1)), jnp.zeros(2, jnp.int32)
    fit = variational.start_of_regret(bernoulli, parts, images, labels)
    np.testing.assert_array_equal(fit[0][0], [[1, -2]] * 2)
    step = jax.jit(
        lambda key, fit: variational.regret_step(bernoulli, parts, key, images, labels, fit)
    )
    for i in range(200):
        fit = step(jax.random.key(i), fit)
    np.testing.assert_allclose(fit[0][0], 0, atol=0.02)
    bounds = variational.bounds_of(bernoulli, parts, jax.random.key(0), images, labels, 1, fit[0])
    np.testing.assert_allclose(bounds["elbo"], -1024 * LOG_2, rtol=5e-5)


def test_bounds_are_exact_where_the_picture_does_not_depend_on_z(bernoulli):
    # 1024 pixels of probability 1/2, and q = p: both bounds are log p(x) = -1024 log 2.
    bounds = toy_bounds(bernoulli, ToyEncoder([0.0, 0.0], [0.0, 0.0]), ToyDecoder(0.0), 3)
    assert {name: bound.shape for name, bound in bounds.items()} == dict.fromkeys(
        ("elbo", "iwae", "reconstruction", "kl"), (256,)
    )
    np.testing.assert_allclose(bounds["elbo"], -1024 * LOG_2, rtol=5e-5)
    np.testing.assert_allclose(bounds["iwae"], -1024 * LOG_2, rtol=5e-5)
    np.testing.assert_allclose(bounds["kl"], 0, atol=1e-6)
    # q = N((1, -2), I) costs KL = (1 + 4)/2, which many draws win back.
    off = ToyEncoder([1.0, -2.0], [0.0, 0.0])
    bounds = toy_bounds(bernoulli, off, ToyDecoder(0.0), 1)
    np.testing.assert_allclose(bounds["elbo"], -1024 * LOG_2 - 2.5, rtol=5e-5)
    few, many = (
        float(toy_bounds(bernoulli, ToyEncoder([0.5], [0.0]), ToyDecoder(0.0), num)["iwae"].mean())
        for num in (1, 32)
    )
    # KL = 0.125 with one draw; with 32 less than a tenth of it.
    assert few == pytest.approx(-1024 * LOG_2 - 0.125, abs=0.12)
    assert many == pytest.approx(-1024 * LOG_2, abs=0.05)
    assert many <= -1024 * LOG_2 + 0.03


def test_bounds_under_a_flow_are_of_its_density(tiny_config):
    config = tiny_config("vae", "mnist", prior_couplings=2)
    prior = variational.make_prior(config, nnx.Rngs(0))
    # The coupling moves two coordinates by (3, 3) and doubles them, whatever the others are.
    for coupling in prior.couplings[1:]:
        coupling.out.bias[...] = jnp.array([2 * math.atanh(LOG_2 / 2)] * 2 + [3.0, 3.0])
    order = np.array(prior.orders[1])
    mean, log_var = np.zeros(4), np.zeros(4)
    moved = np.isin(order, [2, 3])
    mean[moved], log_var[moved] = 3, 2 * LOG_2
    # Where q is that density, picture by picture, both bounds are log p(x).
    encoder = ToyEncoder(mean, log_var)
    parts = {"encoder": encoder, "decoder": ToyDecoder(0.0), "prior": prior}
    images, labels = jnp.ones((16, 32, 32, 1)), jnp.zeros(16, jnp.int32)
    for num in (1, 3):
        bounds = evidence_bounds(config, parts, jax.random.key(0), images, labels, num)
        np.testing.assert_allclose(bounds["kl"], 0, atol=1e-4)
        np.testing.assert_allclose(bounds["iwae"], -1024 * LOG_2, rtol=5e-5)
    # A q elsewhere costs KL(N(0, I) || N(3, 4 I)) = 1/2 (1/4 + 9/4 - 1) + log 2 in each of two.
    parts["encoder"] = ToyEncoder(np.zeros(4), np.zeros(4))
    images, labels = jnp.ones((4096, 32, 32, 1)), jnp.zeros(4096, jnp.int32)
    bounds = evidence_bounds(config, parts, jax.random.key(0), images, labels, 1)
    assert float(bounds["kl"].mean()) == pytest.approx(2 * (0.75 + LOG_2), abs=0.1)
    np.testing.assert_allclose(bounds["elbo"], bounds["reconstruction"] - bounds["kl"], rtol=1e-5)


def test_importance_weighted_bound_closes_on_the_truth(bernoulli):
    # p(x|z) = sigmoid(4 z) at one white pixel, z ~ N(0, 1): by symmetry p(x) = 1/2 there, so
    # log p(x) = -1024 log 2. The ELBO is worse by far: E[log sigmoid(4 z)] = -1.75, by quadrature.
    z = np.linspace(-12, 12, 20001)
    expected = np.trapezoid(-np.logaddexp(0, -4 * z) * stats.norm.pdf(z), z)
    assert expected == pytest.approx(-1.75, abs=1e-3)
    encoder = ToyEncoder([0.0], [0.0])
    bounds = toy_bounds(bernoulli, encoder, ToyDecoder(4.0), 64)
    elbo, iwae = (float(bounds[name].mean()) + 1023 * LOG_2 for name in ("elbo", "iwae"))
    assert elbo == pytest.approx(expected, abs=0.1)
    assert iwae == pytest.approx(-LOG_2, abs=0.03)
    # For every picture: the log of a mean is at least the mean of the logs (Jensen).
    assert (bounds["iwae"] >= bounds["elbo"] - 1e-3).all()


def test_one_importance_draw_by_definition(bernoulli):
    mean, log_var = np.array([0.3, -1.0]), np.array([0.5, -0.7])
    decoder = ToyDecoder(2.0)
    bounds = toy_bounds(bernoulli, ToyEncoder(mean, log_var), decoder, 1, num_images=4)
    (z,) = decoder.seen
    # log p(x, z) - log q(z|x), all pixels white
    reconstruction = -np.logaddexp(0, -2.0 * z[:, 0]) - 1023 * LOG_2
    log_q = stats.norm.logpdf(z, mean, np.exp(log_var / 2)).sum(-1)
    expected = reconstruction + stats.norm.logpdf(z).sum(-1) - log_q
    np.testing.assert_allclose(bounds["iwae"], expected, rtol=5e-5)
    np.testing.assert_allclose(bounds["reconstruction"], reconstruction, rtol=5e-5)
    np.testing.assert_allclose(bounds["elbo"], bounds["reconstruction"] - bounds["kl"], rtol=5e-5)


# ---------------------------------------------------------------------------- pixels


def test_binarise_keeps_the_mean():
    grey = jnp.broadcast_to(jnp.array([-1.0, -0.5, 0.0, 0.6, 1.0]), (20_000, 5))
    drawn = pixels.binarise(jax.random.key(0), grey)
    assert set(np.unique(drawn)) == {-1.0, 1.0}
    # Standard error of a mean of 20,000 draws of ±1: at most 0.007.
    np.testing.assert_allclose(drawn.mean(0), grey[0], atol=0.03)
    assert (drawn[:, 0] == -1).all()
    assert (drawn[:, 4] == 1).all()


def test_bernoulli_pixels(bernoulli):
    decoded = jnp.full((1, 32, 32, 1), math.log(3))  # p(white) = 3/4
    assert pixels.mean_picture(bernoulli, decoded)[0, 0, 0, 0] == pytest.approx(0.5)
    white, black = jnp.ones((1, 32, 32, 1)), -jnp.ones((1, 32, 32, 1))
    log_p = [float(pixels.pixel_log_prob(bernoulli, x, decoded)[0]) for x in (white, black)]
    assert log_p == pytest.approx([1024 * math.log(3 / 4), 1024 * math.log(1 / 4)], rel=5e-5)


def test_logistic_pixels(tiny_config):
    config = tiny_config("vae", "shapes")
    # The first three of six channels are the mean, the others the scale.
    decoded = jnp.concatenate([jnp.full((1, 32, 32, 3), 0.2), jnp.full((1, 32, 32, 3), -1.0)], -1)
    np.testing.assert_allclose(pixels.mean_picture(config, decoded), jnp.full((1, 32, 32, 3), 0.2))
    x = jnp.full((1, 32, 32, 3), 0.2)
    # At the mean, with scale exp(-1 - 2): 2 sigmoid(1/255/scale) - 1 of mass in the bin.
    mass = 2 / (1 + math.exp(-math.exp(3) / 255)) - 1
    log_p = pixels.pixel_log_prob(config, x, decoded)[0]
    assert log_p == pytest.approx(3072 * math.log(mass), rel=1e-4)
    # The scale is bounded from below, or a flat background would be worth infinitely much.
    sharp, sharper = (
        pixels.pixel_log_prob(config, x, decoded.at[..., 3:].set(v)) for v in (-9.0, -99.0)
    )
    assert sharp == sharper
    assert pixels.mean_picture(config, 10 * decoded).max() == 1  # a picture stays in [-1, 1]


# ---------------------------------------------------------------------------- training steps


def test_a_shared_scale_is_the_mean_of_those_a_pixel(tiny_config):
    config = tiny_config("vae", "cifar10", shared_scale=True)
    keys = jax.random.split(jax.random.key(0))
    x = to_float(jax.random.randint(keys[0], (2, 32, 32, 3), 0, 256).astype(jnp.uint8))
    decoded = jax.random.normal(keys[1], (2, 32, 32, 6))
    even = decoded.at[..., 3:].set(decoded[..., 3:].mean((1, 2, 3), keepdims=True))
    shared = pixels.pixel_log_prob(config, x, decoded)
    each = dataclasses.replace(config, shared_scale=False)
    np.testing.assert_allclose(shared, pixels.pixel_log_prob(each, x, even), rtol=1e-6)
    assert (abs(shared - pixels.pixel_log_prob(each, x, decoded)) > 1).all()


def test_vae_step(tiny_config):
    config = tiny_config("vae", "mnist", num_steps=100, learning_rate=0.01)
    _, start, step = compiled(config)
    images, labels = batch(1)
    state, first = step(start, images, labels, 0)
    assert_all_changed(leaves(start, "nets"), leaves(state, "nets"))
    assert_all_changed(weights(start, "average"), weights(state, "average"))
    # One draw: ELBO = reconstruction - KL; and an untrained decoder gives about log 1/2 a pixel.
    assert set(first) == {"loss/negative_elbo", "loss/reconstruction", "loss/kl"}
    parts = first["loss/reconstruction"] + first["loss/kl"]
    np.testing.assert_allclose(first["loss/negative_elbo"], parts, rtol=5e-5)
    assert 0.8 < first["loss/negative_elbo"] / (1024 * LOG_2) < 2
    again, _ = step(start, images, labels, 0)
    other, _ = step(start, images, labels, 1)
    assert_same_bits(state, again)
    # Other draws of pixels and z: every kernel of the decoder ends elsewhere.
    # (Adam's first step is the sign of the gradient: a short vector may well be the same.)
    kernels, others = (
        {name: leaf for name, leaf in leaves(s, "nets", "decoder").items() if "kernel" in name}
        for s in (state, other)
    )
    assert_all_changed(kernels, others)
    for number in range(1, 30):
        state, metrics = step(state, images, labels, number)
    assert metrics["loss/negative_elbo"] < 0.95 * first["loss/negative_elbo"]


def test_a_flow_prior_learns_with_the_rest(tiny_config):
    config = tiny_config("vae", "mnist", num_steps=100, learning_rate=0.01, prior_couplings=2)
    _, start, step = compiled(config)
    images, labels = batch(1)
    state, first = step(start, images, labels, 0)
    for number in range(1, 30):
        state, metrics = step(state, images, labels, number)
    assert_all_changed(leaves(start, "nets"), leaves(state, "nets"))
    assert metrics["loss/negative_elbo"] < 0.95 * first["loss/negative_elbo"]


def test_the_loss_of_a_vae_weighs_kl_by_beta(tiny_config):
    # With a huge beta nothing counts but KL, which falls to nearly 0.
    config = tiny_config("vae", "mnist", num_steps=100, learning_rate=0.01, beta=1e4)
    _, state, step = compiled(config)
    history = []
    for number in range(40):
        state, metrics = step(state, *batch(1), number)
        history.append(float(metrics["loss/kl"]))
    assert history[-1] < history[0] / 10


def test_with_several_draws_the_loss_is_the_importance_weighted_bound(tiny_config):
    config = tiny_config("vae", "mnist", num_importance=3)
    graphdef, start, step = compiled(config)
    images, labels = batch(1)
    state, metrics = step(start, images, labels, 0)
    assert set(metrics) == {"loss/negative_elbo", "loss/reconstruction", "loss/kl"}

    @jax.jit
    def gradients(nets_state):
        # The step's own draws of pixels and z.
        keys = jax.random.split(jax.random.fold_in(jax.random.key(config.seed), 0), 3)
        x = pixels.binarise(keys[1], to_float(jnp.asarray(images[0])))

        def mean(name):
            def loss(nets_state):
                nets = nnx.merge(nets_graphdef, nets_state, copy=True)
                bounds = evidence_bounds(config, nets, keys[2], x, labels[0], 3)
                return -bounds[name].mean() / 1024

            return jax.grad(loss)(nets_state)

        return mean("iwae"), mean("elbo")

    nets_graphdef, fresh = nnx.split(nnx.merge(graphdef, start, copy=True).nets)
    iwae, elbo = (leaves(g) for g in gradients(fresh))
    # Adam's first mean is a share of 1 - b1 of the gradient.
    found = {
        name.split("mu.")[-1].removesuffix(".value"): value / (1 - config.adam_b1)
        for name, value in leaves(state, "optimizer").items()
        if ".mu." in name
    }
    assert {"encoder.out.kernel", "decoder.last.bias", "prior.mean"} < found.keys()
    for name, value in found.items():
        np.testing.assert_allclose(value, iwae[name], rtol=1e-3, atol=1e-6, err_msg=name)
    # So that the lines above say much: the gradient of the other bound is another.
    far = max(np.abs(found[name] - elbo[name]).max() / np.abs(found[name]).max() for name in found)
    assert far > 0.05


def test_where_the_class_is_in_the_prior_alone_classes_differ_by_their_divergence(tiny_config):
    config = tiny_config("ib-vae", "mnist", class_names=("a", "b"))
    # q(z|x) = N((1, 0), I); p(z|a) = N(0, I), p(z|b) = N((3, 0), I): KL = 1/2 and (3 - 1)^2 / 2.
    encoder = ToyEncoder([1.0, 0.0], [0.0, 0.0])
    prior = ClassPrior(2, 2)
    prior.mean[...] = jnp.array([[0.0, 0.0], [0.3, 0.0]])  # in tens
    decoder = ToyDecoder(2.0)
    parts = {"encoder": encoder, "decoder": decoder, "prior": prior}
    divergences = variational.class_divergences(config, parts, jnp.zeros((3, 1)))
    np.testing.assert_allclose(divergences, [[0.5, 2.0]] * 3, rtol=1e-5)
    # Bayes' rule: 1 / (1 + exp(0.5 - 2)).
    images = jnp.ones((3, 32, 32, 1))
    log_p = bayes(config, parts, images, jax.random.key(0), 1)
    share = 1 / (1 + math.exp(-1.5))
    np.testing.assert_allclose(np.exp(log_p), [[share, 1 - share]] * 3, rtol=1e-5)
    # And so do the bounds, on the same draws: the decoder is told z and nothing else.
    key = jax.random.key(1)
    elbo_a, elbo_b = (
        evidence_bounds(config, parts, key, images, jnp.full(3, y), 1)["elbo"] for y in (0, 1)
    )
    np.testing.assert_allclose(elbo_a - elbo_b, np.full(3, 1.5), atol=1e-3)


def test_ib_vae_step(tiny_config):
    config = tiny_config("ib-vae", "mnist", num_steps=100, learning_rate=0.01)
    _, start, step = compiled(config)
    images, labels = batch(1)
    state, first = step(start, images, labels, 0)
    assert_all_changed(leaves(start, "nets"), leaves(state, "nets"))
    for number in range(1, 40):
        state, metrics = step(state, images, labels, number)
    assert metrics["accuracy/train"] == 1
    assert metrics["loss/class"] < first["loss/class"] / 2
    assert metrics["loss/negative_elbo"] < 0.95 * first["loss/negative_elbo"]
    # Encoder and decoder know no class, so there is none to tell them of.
    assert leaves(start, "nets", "encoder")["label.kernel"].shape[0] == 1


def test_vae_gan_step(tiny_config):
    config = tiny_config(
        "vae-gan",
        "fashion_mnist",
        num_steps=100,
        learning_rate=0.01,
        discriminator_learning_rate=0.01,
        augment=False,
    )
    graphdef, start, step = compiled(config)
    images, labels = batch(1)
    state, first = step(start, images, labels, 0)
    trained = ("encoder", "generator", "prior")
    for net in trained:
        assert_all_changed(leaves(start, "autoencoder", net), leaves(state, "autoencoder", net))
    assert_all_changed(leaves(start, "discriminator"), leaves(state, "discriminator"))
    # In step 0 the average goes nine tenths of the way: decay is (1 + 0)/(10 + 0).
    for net in trained:
        old, new = weights(start, "average", net), weights(state, "autoencoder", net)
        for name, value in weights(state, "average", net).items():
            expected = 0.1 * old[name] + 0.9 * new[name]
            np.testing.assert_allclose(value, expected, atol=1e-6, err_msg=name)

    # D's running statistics are those of one pass over the real images, by D before its update.
    discriminator = nnx.merge(graphdef, start).discriminator
    discriminator.train()
    nnx.jit(lambda d: d(to_float(jnp.asarray(images[0]))))(discriminator)
    expected = leaves(nnx.state(discriminator))
    for name, value in leaves(state, "discriminator").items():
        if is_statistic(name):
            np.testing.assert_allclose(value, expected[name], rtol=1e-4, atol=1e-6, err_msg=name)

    for number in range(1, 40):
        state, metrics = step(state, images, labels, number)
    assert metrics["loss/class_real"] < first["loss/class_real"] / 2
    assert metrics["loss/class_fake"] < first["loss/class_fake"]


def test_a_vae_gan_learns_to_reconstruct_in_the_features_of_a_fixed_d(tiny_config):
    def last_error(learning_rate: float) -> float:
        config = tiny_config(
            "vae-gan",
            "fashion_mnist",
            num_steps=100,
            learning_rate=learning_rate,
            discriminator_learning_rate=1e-12,
            adversarial_weight=0.0,
            augment=False,
        )
        _, state, step = compiled(config)
        for number in range(40):
            state, metrics = step(state, *batch(1), number)
        return float(metrics["loss/reconstruction"])

    # Against one that does not learn: D's weights are fixed, but not the statistics that its batch
    # norm goes by, and with them the unit that the error is measured in.
    assert last_error(0.01) < 0.9 * last_error(1e-30)
