"""Blocks against values worked out by hand, and the shapes of the nets."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from dgm import nets


def test_space_to_depth():
    x = jnp.arange(16).reshape(1, 4, 4, 1)
    down = nets.space_to_depth(x)
    assert down.shape == (1, 2, 2, 4)
    # The upper left block of rows 0 1 2 3 / 4 5 6 7, left to right, top to bottom.
    np.testing.assert_array_equal(down[0, 0, 0], [0, 1, 4, 5])
    np.testing.assert_array_equal(down[0, 1, 0], [8, 9, 12, 13])
    pictures = jnp.arange(2 * 6 * 4 * 3).reshape(2, 6, 4, 3)
    np.testing.assert_array_equal(nets.depth_to_space(nets.space_to_depth(pictures)), pictures)
    # Channels of a pixel stay together: a decoder's mean and scale are split on the last axis.
    np.testing.assert_array_equal(nets.space_to_depth(pictures)[0, 0, 0, :3], pictures[0, 0, 0])


def test_max_pool_and_upsample():
    x = jnp.arange(8.0).reshape(1, 2, 4, 1)  # rows 0 1 2 3 / 4 5 6 7
    np.testing.assert_array_equal(nets.max_pool(x)[0, ..., 0], [[5, 7]])
    up = nets.upsample(x)[0, ..., 0]
    np.testing.assert_array_equal(up[:2], [[0, 0, 1, 1, 2, 2, 3, 3]] * 2)
    np.testing.assert_array_equal(nets.max_pool(nets.upsample(x)), x)


def test_the_gradient_of_max_pool_goes_to_one_entry_of_each_block():
    # Rows 3 1 / 2 0 has its largest at the upper left; a block of equals has any one of them.
    x = jnp.array([[3.0, 1.0, 5.0, 5.0], [2.0, 0.0, 5.0, 5.0]]).reshape(1, 2, 4, 1)
    gradient = jax.grad(lambda x: (nets.max_pool(x) * jnp.array([7.0, 11.0])[:, None]).sum())(x)
    gradient = gradient[0, ..., 0]
    np.testing.assert_array_equal(gradient[:, :2], [[7, 0], [0, 0]])
    np.testing.assert_array_equal(np.sort(gradient[:, 2:].ravel()), [0, 0, 0, 11])


def test_the_gradient_of_max_pool_survives_rounding_in_two_ways():
    # Compiled in one program with batch norm, its input is computed in two places; an entry that
    # equals the maximum in one may be rounded to another number in the other.
    x, target = jax.random.normal(jax.random.key(0), (2, 8, 8, 8, 8))
    norm = nnx.split(nets.BatchNorm(8, rngs=nnx.Rngs(0)))

    def loss(x):
        y = nets.max_pool(nnx.leaky_relu(nnx.merge(*norm, copy=True)(x), 0.1))
        return (y * target[:, ::2, ::2]).sum()

    gradient, apart = jax.jit(jax.grad(loss))(x), jax.grad(loss)(x)
    np.testing.assert_allclose(gradient, apart, atol=1e-5)


# ---------------------------------------------------------------------------- batch norm


def test_batch_norm_by_hand():
    norm = nets.BatchNorm(1, rngs=nnx.Rngs(0))
    norm.gain[...] = jnp.full((1, 1), 2.0)
    norm.shift[...] = jnp.full((1, 1), 10.0)
    # Mean 4, variance ((-3)^2 + (-1)^2 + 1 + 3^2)/4 = 5
    x = jnp.array([1.0, 3.0, 5.0, 7.0]).reshape(2, 2, 1, 1)
    expected = 10 + 2 * np.array([-3, -1, 1, 3]) / np.sqrt(5)
    np.testing.assert_allclose(norm(x).ravel(), expected, rtol=1e-4)
    assert norm.mean[0] == pytest.approx(4)
    assert norm.var[0] == pytest.approx(5)
    norm.eval()
    # Now by the statistics of that batch, which stay as they are, whatever comes.
    expected = 10 + 2 * (np.array([2, 6, 10, 14]) - 4) / np.sqrt(5)
    np.testing.assert_allclose(norm(2 * x).ravel(), expected, rtol=1e-4)
    assert norm.mean[0] == pytest.approx(4)


def test_reference_batch_norm():
    """The first images set mean and variance; the others are normalised by them, and alone."""
    norm = nets.BatchNorm(2, rngs=nnx.Rngs(0))
    real = 5 + jax.random.normal(jax.random.key(0), (3, 4, 4, 2))
    fake = jax.random.normal(jax.random.key(1), (2, 4, 4, 2))
    both = norm(jnp.concatenate([real, fake]), num_reference=3)
    mean, std = real.mean((0, 1, 2)), jnp.sqrt(real.var((0, 1, 2)) + 1e-5)
    np.testing.assert_allclose(both[3:], (fake - mean) / std, atol=1e-4)
    np.testing.assert_allclose(norm.mean, mean, rtol=1e-4)
    np.testing.assert_allclose(both[:3], nets.BatchNorm(2, rngs=nnx.Rngs(0))(real), atol=1e-5)


def test_batch_norm_is_flax_batch_norm():
    key = jax.random.key(0)
    x, target = 3 + 2 * jax.random.normal(key, (2, 4, 5, 5, 3))
    ours = nets.BatchNorm(3, rngs=nnx.Rngs(0))
    flax = nnx.BatchNorm(3, momentum=0.0, epsilon=1e-5, rngs=nnx.Rngs(0))
    flax.scale[...] = jnp.array([0.5, 1.0, 2.0])
    ours.gain[...] = flax.scale[...][None]

    @jax.jit
    def value_and_gradient(graphdef, state):
        y, pull = jax.vjp(lambda x: nnx.merge(graphdef, state, copy=True)(x), x)
        return y, pull(target)[0]

    def compare():
        # Not only values: the gradient must see that mean and variance depend on x.
        for a, b in zip(*(value_and_gradient(*nnx.split(m)) for m in (ours, flax)), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)

    compare()
    ours(x), flax(x)
    np.testing.assert_allclose(ours.mean, flax.mean, rtol=1e-5)
    np.testing.assert_allclose(ours.var, flax.var, rtol=1e-5)
    ours.eval(), flax.eval()
    compare()


def test_batch_norm_scale_of_each_class():
    norm = nets.BatchNorm(2, num_classes=3, rngs=nnx.Rngs(0))
    norm.gain[...] = jnp.array([[1.0, 1.0], [2.0, 3.0], [5.0, 5.0]])
    norm.shift[...] = jnp.array([[0.0, 0.0], [10.0, 20.0], [0.0, 0.0]])
    x = jax.random.normal(jax.random.key(0), (2, 4, 4, 2))
    plain = nets.BatchNorm(2, rngs=nnx.Rngs(0))(x)
    y = norm(x, jnp.array([0, 1]))
    np.testing.assert_allclose(y[0], plain[0], atol=1e-6)
    np.testing.assert_allclose(
        y[1], plain[1] * jnp.array([2.0, 3.0]) + jnp.array([10.0, 20.0]), atol=1e-5
    )


# ---------------------------------------------------------------------------- nets


def test_shapes():
    grey, rgb = jnp.zeros((2, 32, 32, 1)), jnp.zeros((2, 32, 32, 3))
    labels = jnp.array([0, 4])

    def shapes(function, *arguments):
        return jax.tree.map(lambda a: a.shape, nnx.eval_shape(function, *arguments))

    assert shapes(lambda: nets.Trunk(3, (4, 6, 8), 2, rngs=nnx.Rngs(0))(rgb)) == [
        (2, 16, 16, 4),
        (2, 8, 8, 6),
        (2, 4, 4, 8),
    ]
    # Real/fake logit, class logits, features of the middle stage.
    discriminator = shapes(lambda: nets.Discriminator(1, 5, (4, 6, 8), 1, rngs=nnx.Rngs(0))(grey))
    assert discriminator == ((2,), (2, 5), (2, 8, 8, 6))
    assert shapes(lambda: nets.Classifier(3, 5, (4, 6, 8), 1, rngs=nnx.Rngs(0))(rgb)) == (2, 5)
    encoder = shapes(lambda: nets.Encoder(1, 5, 7, (4, 6, 8), 1, rngs=nnx.Rngs(0))(grey, labels))
    assert encoder == ((2, 7), (2, 7))
    z = jnp.zeros((2, 7))
    generator = shapes(lambda: nets.Generator(6, 5, 7, (8, 6, 4), rngs=nnx.Rngs(0))(z, labels))
    assert generator == (2, 32, 32, 6)


def test_convolutions_of_a_stage():
    trunk = nnx.eval_shape(lambda: nets.Trunk(3, (4, 6, 8), 2, rngs=nnx.Rngs(0)))
    # 12 = 3 channels of a 2x2 block; two convolutions a stage.
    kernels = [conv.kernel.shape for conv in trunk.convs]
    widths = [(12, 4), (4, 4), (4, 6), (6, 6), (6, 8), (8, 8)]
    assert kernels == [(3, 3, *width) for width in widths]


def test_encoder_is_bounded_and_reads_the_class():
    @jax.jit
    def outputs():
        encoder = nets.Encoder(1, 5, 3, (4, 6, 8), 1, rngs=nnx.Rngs(0))
        encoder.eval()
        picture = jax.random.normal(jax.random.key(0), (1, 32, 32, 1))
        mean, _ = encoder(jnp.repeat(picture, 3, 0), jnp.array([0, 0, 1]))
        _, wild = encoder.posterior(jnp.full((1, 256), 1e6), jnp.array([0]))
        return mean, wild

    mean, wild = outputs()
    np.testing.assert_allclose(mean[0], mean[1], rtol=1e-5)
    assert np.abs(mean[2] - mean[1]).max() > 1e-3
    assert np.abs(wild).max() <= 6


def test_class_prior():
    prior = nets.ClassPrior(2, 3)
    prior.mean[...] = jnp.array([[0.0, 0.0, 0.0], [0.1, -0.2, 0.3]])
    prior.log_scale[...] = jnp.log(jnp.array([[1.0, 1.0, 1.0], [2.0, 0.5, 1.0]]))
    z, labels = jnp.array([[1.0, 1.0, -1.0]] * 2), jnp.array([0, 1])
    # Class 0 stays N(0, I); class 1 has mean (1, -2, 3) and standard deviations (2, 1/2, 1).
    placed = prior.place(z, labels)
    np.testing.assert_allclose(placed, [[1, 1, -1], [1 + 2, -2 + 0.5, 3 - 1]], rtol=1e-5)
    # There and back; a variance of 1 is one of 1/4, 4 and 1 as the class sees it.
    mean, log_var = prior.standardise(placed, jnp.zeros((2, 3)), labels)
    np.testing.assert_allclose(mean, z, rtol=1e-5)
    np.testing.assert_allclose(jnp.exp(log_var), [[1, 1, 1], [0.25, 4, 1]], rtol=1e-5)


def test_generator_reads_latent_and_class():
    @jax.jit
    def pictures():
        generator = nets.Generator(1, 5, 3, (4, 4, 4), rngs=nnx.Rngs(0))
        generator.eval()
        z = jnp.concatenate([jnp.zeros((2, 3)), jnp.ones((1, 3))])
        return generator(z, jnp.array([0, 1, 0]))

    drawn = pictures()
    assert np.abs(drawn[0] - drawn[1]).max() > 1e-3
    assert np.abs(drawn[0] - drawn[2]).max() > 1e-3


def test_a_discriminator_judges_each_image_and_each_class_by_itself():
    real, fake, other = jax.random.normal(jax.random.key(0), (3, 4, 32, 32, 1))
    labels = jnp.zeros(8, int)

    @jax.jit
    def outputs(images, labels):
        net = nets.Discriminator(1, 5, (4, 6, 8), 1, rngs=nnx.Rngs(0))
        return net(images, labels, num_reference=4)

    source, classes, features = outputs(jnp.concatenate([real, fake]), labels)
    # Another image at the end changes what is said of it, and of no other image.
    changed, _, _ = outputs(jnp.concatenate([real, fake[:3], other[:1]]), labels)
    np.testing.assert_allclose(changed[:7], source[:7], atol=1e-5)
    assert abs(changed[7] - source[7]) > 1e-3
    # As a picture of another class it is real with another probability; its class stays.
    relabelled = outputs(jnp.concatenate([real, fake]), labels.at[7].set(1))
    np.testing.assert_allclose(relabelled[0][:7], source[:7], atol=1e-5)
    assert abs(relabelled[0][7] - source[7]) > 1e-3
    np.testing.assert_allclose(relabelled[1], classes, atol=1e-5)
    np.testing.assert_allclose(relabelled[2], features, atol=1e-5)


def test_half_precision_computes_but_does_not_store():
    x = jax.random.normal(jax.random.key(0), (4, 32, 32, 1))

    @jax.jit
    def both():
        full = nets.Discriminator(1, 5, (4, 4, 4), 1, rngs=nnx.Rngs(0))
        half = nets.Discriminator(1, 5, (4, 4, 4), 1, dtype=jnp.bfloat16, rngs=nnx.Rngs(0))
        return full(x), half(x), nnx.state(half)

    full, half, state = both()
    for exact, rounded in zip(full, half, strict=True):
        assert rounded.dtype == jnp.float32
        # bfloat16 keeps 8 bits: near, and yet not the same.
        assert 0 < np.abs(rounded - exact).max() < 0.2
    for leaf in jax.tree.leaves(state):
        assert leaf.dtype == jnp.float32
