"""One step of a GAN changes all that it should, and nothing else."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from steps import (
    assert_all_changed,
    assert_same_bits,
    batch,
    compiled,
    is_statistic,
    leaves,
    weights,
)

from dgm import gan
from dgm.data import to_float

UNMOVED = 1e-30  # a learning rate that float32 does not see


def system(config):
    return compiled(config, gan.GAN, gan.train_step)


@pytest.fixture(scope="module")
def config(tiny_config):
    return tiny_config("dcgan", "fashion_mnist", discriminator_steps=2)


def test_a_step_changes_every_weight_and_statistic(config):
    _, before, step = system(config)
    after, metrics = step(before, *batch(2), 0)
    for player in ("generator", "discriminator"):
        assert_all_changed(leaves(before, player), leaves(after, player))
        assert_all_changed(weights(before, "average", player), weights(after, "average", player))
    assert all(m.shape == () and np.isfinite(m) for m in metrics.values())
    assert set(metrics) == {
        "loss/discriminator",
        "loss/generator",
        "loss/class_real",
        "loss/class_fake",
        "accuracy/class_real",
        "probability/real",
        "probability/fake",
        "penalty/r1",
    }


def test_updates_are_counted(config):
    _, before, step = system(config)
    after, _ = step(before, *batch(2), 0)
    assert leaves(after, "discriminator_optimizer")["step"] == 2
    assert leaves(after, "generator_optimizer")["step"] == 1


def test_a_step_is_a_function_of_state_batch_and_step(config):
    _, state, step = system(config)
    first, _ = step(state, *batch(2), 7)
    again, _ = step(state, *batch(2), 7)
    other, _ = step(state, *batch(2), 8)
    assert_same_bits(first, again)
    # Other latents and shifts: not one weight of the generator ends where it did.
    assert_all_changed(leaves(first, "generator"), leaves(other, "generator"))


def test_the_average_moves_a_share_of_the_way(config):
    _, before, step = system(config)
    # In the first step decay is (1 + 0)/(10 + 0): nine tenths of the way; in step 10^6 it is 0.999.
    for number, share in ((0, 0.9), (1_000_000, 0.001)):
        after, _ = step(before, *batch(2), number)
        for player in ("generator", "discriminator"):
            old, new = weights(before, "average", player), weights(after, player)
            for name, value in weights(after, "average", player).items():
                expected = (1 - share) * old[name] + share * new[name]
                np.testing.assert_allclose(value, expected, atol=1e-6, err_msg=name)


@pytest.fixture(scope="module")
def only_d_learns(tiny_config):
    return tiny_config(
        "dcgan",
        "fashion_mnist",
        num_steps=100,
        learning_rate=UNMOVED,
        discriminator_learning_rate=0.01,
        r1_gamma=0.0,
        augment=False,
    )


def test_statistics_of_d_come_from_real_images_and_those_of_g_from_its_draws(only_d_learns):
    graphdef, state, step = system(only_d_learns)
    # A generator without weights maps all z and y to 0, so its first variance is 0.
    model = nnx.merge(graphdef, state)
    for layer in (model.generator.first, model.generator.first_label):
        layer.kernel[...] = jnp.zeros_like(layer.kernel[...])
    images, labels = batch(1)
    model.discriminator.train()
    after, _ = step(nnx.state(model), images, labels, 0)

    nnx.jit(lambda d: d(to_float(jnp.asarray(images[0]))))(model.discriminator)
    expected = leaves(nnx.state(model.discriminator))
    for name, value in leaves(after, "discriminator").items():
        if is_statistic(name):
            np.testing.assert_allclose(value, expected[name], rtol=1e-4, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(leaves(after, "generator")["first_norm.var"], 0, atol=1e-6)


# ---------------------------------------------------------------------------- who learns what


def run(config, num_steps: int):
    """(state before, state after, metrics of every step) of a run on batches of noise."""
    _, state, step = system(config)
    before, history = state, []
    for i in range(num_steps):
        state, metrics = step(state, *batch(1, seed=i), i)
        history.append({name: float(value) for name, value in metrics.items()})
    return before, state, history


def assert_weights_unmoved(before, after, player: str):
    for name, value in leaves(after, player).items():
        if not is_statistic(name):
            # Adam moves by about the rate, which shows where a weight was 0.
            np.testing.assert_allclose(value, leaves(before, player)[name], atol=1e-25)


def test_d_alone_learns_to_tell_and_to_classify(only_d_learns):
    before, after, history = run(only_d_learns, 25)
    assert_weights_unmoved(before, after, "generator")
    assert history[-1]["probability/real"] > 0.8
    assert history[-1]["probability/fake"] < 0.2
    assert history[-1]["loss/class_real"] < history[0]["loss/class_real"] / 2


def test_the_gradient_penalty_holds_d_back(only_d_learns):
    free, held = (
        run(dataclasses.replace(only_d_learns, r1_gamma=gamma), 25)[2][-1] for gamma in (1e-6, 100)
    )
    assert held["penalty/r1"] < free["penalty/r1"] / 5
    assert held["probability/real"] < free["probability/real"] - 0.1
    assert held["probability/fake"] > 20 * free["probability/fake"]


def test_g_alone_learns_to_pass_and_to_draw_the_class(tiny_config):
    config = tiny_config(
        "dcgan",
        "fashion_mnist",
        num_steps=100,
        learning_rate=0.01,
        discriminator_learning_rate=UNMOVED,
        generator_class_weight=0.5,
    )
    before, after, history = run(config, 80)
    assert_weights_unmoved(before, after, "discriminator")
    # Four pictures a step are few: compare means over ten steps.
    first, last = (
        {name: sum(m[name] for m in part) / 10 for name in history[0]}
        for part in (history[:10], history[-10:])
    )
    assert last["loss/generator"] < 0.6 * first["loss/generator"]
    assert last["loss/class_fake"] < 0.8 * first["loss/class_fake"]


def test_without_a_class_head_nothing_is_said_of_classes(tiny_config):
    config = tiny_config("dcgan", "fashion_mnist", class_head=False)
    graphdef, before, _ = system(config)
    step = functools.partial(gan.train_step, config, graphdef)
    # Shapes suffice for the names; the rest is the same code.
    _, metrics = jax.eval_shape(step, before, *map(jnp.asarray, batch(1)), 0)
    assert not [name for name in metrics if "class" in name]


def test_without_a_class_head_d_learns_nothing_of_classes(tiny_config):
    config = tiny_config("dcgan", "fashion_mnist", class_head=False, num_steps=100)
    _, before, step = system(config)
    after, _ = step(before, *batch(1), 0)
    old, new = leaves(before, "discriminator"), leaves(after, "discriminator")
    for name in ("classes.kernel", "projection.kernel"):
        np.testing.assert_array_equal(old[name], new[name])
    assert not np.array_equal(old["source.kernel"], new["source.kernel"])


# ---------------------------------------------------------------------------- rates and samples


def test_learning_rate(tiny_config):
    config = tiny_config("dcgan", num_steps=10, decay_share=0.5)
    rate = gan.learning_rate(config, 0.2)
    # Flat for 5 steps, then a line that would reach 0 at step 10.
    np.testing.assert_allclose(
        [rate(i) for i in range(10)],
        [0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.16, 0.12, 0.08, 0.04],
        rtol=1e-5,
    )
    flat = gan.learning_rate(dataclasses.replace(config, decay_share=0.0), 0.2)
    assert flat(9) == pytest.approx(0.2)


def test_weight_decay_is_a_share_of_the_rate(tiny_config):
    config = tiny_config("cnn", num_steps=10, weight_decay=0.1)
    optimizer = gan.adam(config, 0.5)
    weights = jnp.array([2.0])
    # Without a gradient Adam does not move: what remains is -rate * decay * weight.
    update, _ = optimizer.update(jnp.zeros(1), optimizer.init(weights), weights)
    assert update[0] == pytest.approx(-0.5 * 0.1 * 2.0)


def test_calibrated_nets_go_by_statistics_of_their_own(config):
    graphdef, state, _ = system(config)
    images, labels = batch(1)
    x, y = to_float(jnp.asarray(images[0])), jnp.asarray(labels[0])

    @jax.jit
    def outputs(state):
        nets = nnx.merge(graphdef, state).average
        nets.train()
        expected = nnx.clone(nets)["discriminator"](x)
        gan.calibrate(config, nets, x, y)
        nets.eval()
        return expected, nets["discriminator"](x), nets["generator"].first_norm.var[...]

    # Fresh nets hold mean 0 and variance 1, which fits none of their layers.
    expected, found, variance = outputs(state)
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    assert np.abs(variance - 1).min() > 1e-4


def test_samples_are_pictures(config):
    graphdef, state, _ = system(config)

    @jax.jit
    def draw(state, z):
        nets = nnx.merge(graphdef, state).average
        nets.eval()
        return gan.draw_samples(config, nets, z, jnp.array([0, 2]))

    z = jax.random.normal(jax.random.key(0), (2, config.latent_dim))
    pictures = draw(state, 100 * z)
    assert pictures.shape == (2, 32, 32, 1)
    assert np.abs(pictures).max() <= 1
