"""Blocks against values worked out by hand, and the shapes of the nets."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from dgm.nets.classifiers import Classifier, WhitenedClassifier, block_basis
from dgm.nets.discriminators import (
    Discriminator,
    KPlusOneDiscriminator,
    MLPDiscriminator,
    minibatch_stddev,
)
from dgm.nets.generators import Generator, MLPGenerator
from dgm.nets.latents import ClassPrior, Encoder, FlowPrior
from dgm.nets.layers import (
    BatchNorm,
    LayerNorm,
    Residual,
    SpectralNorm,
    WeightNorm,
    depth_to_space,
    max_pool,
    space_to_depth,
    upsample,
)
from dgm.nets.trunks import NoisyMLP, Trunk, grid_features, mean_features
from dgm.systems import adversarial


def test_space_to_depth():
    x = jnp.arange(16).reshape(1, 4, 4, 1)
    down = space_to_depth(x)
    assert down.shape == (1, 2, 2, 4)
    # The upper left block of rows 0 1 2 3 / 4 5 6 7, left to right, top to bottom.
    np.testing.assert_array_equal(down[0, 0, 0], [0, 1, 4, 5])
    np.testing.assert_array_equal(down[0, 1, 0], [8, 9, 12, 13])
    pictures = jnp.arange(2 * 6 * 4 * 3).reshape(2, 6, 4, 3)
    np.testing.assert_array_equal(depth_to_space(space_to_depth(pictures)), pictures)
    # Channels of a pixel stay together: a decoder's mean and scale are split on the last axis.
    np.testing.assert_array_equal(space_to_depth(pictures)[0, 0, 0, :3], pictures[0, 0, 0])


def test_max_pool_and_upsample():
    x = jnp.arange(8.0).reshape(1, 2, 4, 1)  # rows 0 1 2 3 / 4 5 6 7
    np.testing.assert_array_equal(max_pool(x)[0, ..., 0], [[5, 7]])
    up = upsample(x)[0, ..., 0]
    np.testing.assert_array_equal(up[:2], [[0, 0, 1, 1, 2, 2, 3, 3]] * 2)
    np.testing.assert_array_equal(max_pool(upsample(x)), x)


def test_the_gradient_of_max_pool_goes_to_one_entry_of_each_block():
    # Rows 3 1 / 2 0 has its largest at the upper left; a block of equals has any one of them.
    x = jnp.array([[3.0, 1.0, 5.0, 5.0], [2.0, 0.0, 5.0, 5.0]]).reshape(1, 2, 4, 1)
    gradient = jax.grad(lambda x: (max_pool(x) * jnp.array([7.0, 11.0])[:, None]).sum())(x)
    gradient = gradient[0, ..., 0]
    np.testing.assert_array_equal(gradient[:, :2], [[7, 0], [0, 0]])
    np.testing.assert_array_equal(np.sort(gradient[:, 2:].ravel()), [0, 0, 0, 11])


def test_the_gradient_of_max_pool_survives_rounding_in_two_ways():
    # Compiled in one program with batch norm, its input is computed in two places; an entry that
    # equals the maximum in one may be rounded to another number in the other.
    x, target = jax.random.normal(jax.random.key(0), (2, 8, 8, 8, 8))
    norm = nnx.split(BatchNorm(8, rngs=nnx.Rngs(0)))

    def loss(x):
        y = max_pool(nnx.leaky_relu(nnx.merge(*norm, copy=True)(x), 0.1))
        return (y * target[:, ::2, ::2]).sum()

    gradient, apart = jax.jit(jax.grad(loss))(x), jax.grad(loss)(x)
    np.testing.assert_allclose(gradient, apart, atol=1e-5)


# ---------------------------------------------------------------------------- batch norm


def test_batch_norm_by_hand():
    norm = BatchNorm(1, rngs=nnx.Rngs(0))
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
    norm = BatchNorm(2, rngs=nnx.Rngs(0))
    real = 5 + jax.random.normal(jax.random.key(0), (3, 4, 4, 2))
    fake = jax.random.normal(jax.random.key(1), (2, 4, 4, 2))
    both = norm(jnp.concatenate([real, fake]), num_reference=3)
    mean, std = real.mean((0, 1, 2)), jnp.sqrt(real.var((0, 1, 2)) + 1e-5)
    np.testing.assert_allclose(both[3:], (fake - mean) / std, atol=1e-4)
    np.testing.assert_allclose(norm.mean, mean, rtol=1e-4)
    np.testing.assert_allclose(both[:3], BatchNorm(2, rngs=nnx.Rngs(0))(real), atol=1e-5)


def test_batch_norm_is_flax_batch_norm():
    key = jax.random.key(0)
    x, target = 3 + 2 * jax.random.normal(key, (2, 4, 5, 5, 3))
    ours = BatchNorm(3, rngs=nnx.Rngs(0))
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
            # Values reach 10, and the last bits of a sum are the processor's own.
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)

    compare()
    ours(x), flax(x)
    np.testing.assert_allclose(ours.mean, flax.mean, rtol=1e-5)
    np.testing.assert_allclose(ours.var, flax.var, rtol=1e-5)
    ours.eval(), flax.eval()
    compare()


def test_batch_norm_scale_of_each_class():
    norm = BatchNorm(2, num_classes=3, rngs=nnx.Rngs(0))
    norm.gain[...] = jnp.array([[1.0, 1.0], [2.0, 3.0], [5.0, 5.0]])
    norm.shift[...] = jnp.array([[0.0, 0.0], [10.0, 20.0], [0.0, 0.0]])
    x = jax.random.normal(jax.random.key(0), (2, 4, 4, 2))
    plain = BatchNorm(2, rngs=nnx.Rngs(0))(x)
    y = norm(x, jnp.array([0, 1]))
    np.testing.assert_allclose(y[0], plain[0], atol=1e-6)
    np.testing.assert_allclose(
        y[1], plain[1] * jnp.array([2.0, 3.0]) + jnp.array([10.0, 20.0]), atol=1e-5
    )


# ---------------------------------------------------------------------------- other norms


def test_layer_norm_by_hand():
    norm = LayerNorm(2, rngs=nnx.Rngs(0))
    norm.gain[...] = jnp.array([1.0, 2.0])
    norm.shift[...] = jnp.array([0.0, 10.0])
    # One image of two pixels and two channels, 1 3 / 5 7: mean 4, variance 5 over all four.
    x = jnp.array([[1.0, 3.0], [5.0, 7.0]]).reshape(1, 2, 1, 2)
    expected = np.array([[-3, 10 * 5**0.5 - 2], [1, 10 * 5**0.5 + 6]]) / np.sqrt(5)
    np.testing.assert_allclose(norm(x).reshape(2, 2), expected, rtol=1e-4)


def test_layer_norm_is_of_each_image_by_itself():
    norm = LayerNorm(3, rngs=nnx.Rngs(0))
    scale, offset = jnp.array([0.1, 1.0, 30.0]), jnp.array([5.0, 0.0, -7.0])
    x = jax.random.normal(jax.random.key(0), (3, 8, 8, 3))
    x = scale[:, None, None, None] * x + offset[:, None, None, None]
    y = norm(x, labels=jnp.array([0, 1, 2]), num_reference=1)
    np.testing.assert_allclose(y.mean((1, 2, 3)), 0, atol=1e-4)
    # 1e-5 is added to a variance that may be 0.01.
    np.testing.assert_allclose(y.var((1, 2, 3)), 1, rtol=2e-3)
    np.testing.assert_allclose(norm(x[1:2]), y[1:2], atol=1e-6)
    # Nothing is kept of a batch.
    assert set(nnx.to_flat_state(nnx.state(norm)).paths) == {("gain",), ("shift",)}


@pytest.fixture(scope="module", params=["conv", "linear"])
def spectral(request):
    """A normalised layer with a bias, and an input for it."""
    rngs = nnx.Rngs(0)
    if request.param == "conv":
        layer = nnx.Conv(3, 5, (3, 3), use_bias=False, rngs=rngs)
        x = jax.random.normal(jax.random.key(1), (2, 4, 4, 3))
    else:
        layer = nnx.Linear(7, 5, use_bias=False, rngs=rngs)
        x = jax.random.normal(jax.random.key(1), (2, 7))
    norm = SpectralNorm(layer, rngs=rngs)
    norm.bias[...] = jnp.arange(5.0)
    for _ in range(200):
        norm(x)
    return norm, x


def test_spectral_norm_makes_the_largest_singular_value_1(spectral):
    norm, x = spectral
    kernel = np.asarray(norm.layer.kernel[...])
    # Outputs against everything that one of them is a sum over (Miyato 2018, section 3).
    largest = np.linalg.svd(kernel.reshape(-1, 5), compute_uv=False)[0]
    assert abs(largest - 1) > 0.1  # so that to divide by it changes something
    divided = nnx.clone(norm.layer)
    divided.kernel[...] = kernel / largest
    # The bias is added after, and not divided.
    np.testing.assert_allclose(norm(x), divided(x) + np.arange(5.0), rtol=1e-4, atol=1e-4)
    # What an optimiser moves is the kernel itself.
    np.testing.assert_array_equal(norm.layer.kernel[...], kernel)
    assert np.linalg.norm(norm.u[...]) == pytest.approx(1, abs=1e-5)


def test_spectral_norm_moves_u_in_training_alone(spectral):
    norm = nnx.clone(spectral[0])
    x, fresh = spectral[1], jnp.array([1.0, -2.0, 0.5, 0.0, 1.0])
    matrix = np.asarray(norm.layer.kernel[...]).reshape(-1, 5)
    norm.u[...] = fresh
    norm.eval()
    first = norm(x)
    np.testing.assert_array_equal(norm.u[...], fresh)
    norm.train()
    # The same one step of power iteration: v = W u / |W u|, then u = W^T v / |W^T v|.
    np.testing.assert_array_equal(norm(x), first)
    v = matrix @ np.asarray(fresh)
    u = matrix.T @ (v / np.linalg.norm(v))
    np.testing.assert_allclose(norm.u[...], u / np.linalg.norm(u), rtol=1e-4)


def test_the_gradient_of_spectral_norm_knows_that_sigma_depends_on_the_kernel(spectral):
    norm, x = spectral
    graphdef, kernel, rest = nnx.split(norm, lambda path, _: path[-1] == "kernel", ...)

    def total(kernel):
        return (nnx.merge(graphdef, kernel, rest, copy=True)(x) ** 2).sum()

    # W / sigma(W) is the same for every multiple of W: along W itself there is no slope (Miyato
    # 2018, eq. 12). Were sigma a constant, there would be one.
    (gradient,), (weights,) = map(jax.tree.leaves, (jax.grad(total)(kernel), kernel))
    assert np.abs(gradient).max() > 0.1
    along = float((gradient * weights).sum())
    assert abs(along) < 1e-3 * np.linalg.norm(gradient) * np.linalg.norm(weights)


def test_residual_is_the_identity_at_first():
    residual = Residual(nnx.Conv(3, 3, (3, 3), rngs=nnx.Rngs(0)))
    x = jax.random.normal(jax.random.key(0), (2, 4, 4, 3))
    np.testing.assert_array_equal(residual(x), x)
    residual.gain[...] = jnp.array(0.5)
    np.testing.assert_allclose(residual(x), x + 0.5 * residual.layer(x), rtol=1e-6)


# ---------------------------------------------------------------------------- minibatch stddev


def test_minibatch_stddev_by_hand():
    # Deviations over three images: of (0, 3, 6) sqrt 6, of (1, 1, 1) 0. Their mean, for each image.
    x = jnp.array([[0.0, 1.0], [3.0, 1.0], [6.0, 1.0]])
    np.testing.assert_allclose(minibatch_stddev(x), [[6**0.5 / 2]] * 3, rtol=1e-4)
    # Two batches: of (0, 3) and (1, 1), 3/2 and 0; of (6, 8) and (1, 5), 1 and 2.
    x = jnp.array([[0.0, 1.0], [3.0, 1.0], [6.0, 1.0], [8.0, 5.0]])
    spread = minibatch_stddev(x, num_reference=2)
    np.testing.assert_allclose(spread, [[0.75], [0.75], [1.5], [1.5]], rtol=1e-4)
    # A second batch that is empty is none.
    np.testing.assert_array_equal(minibatch_stddev(x, 4), minibatch_stddev(x))


def test_minibatch_stddev_of_equal_images_is_0_and_has_a_gradient():
    x = jnp.ones((4, 3))
    # The root of 1e-8, which keeps its slope finite.
    np.testing.assert_allclose(minibatch_stddev(x), np.full((4, 1), 1e-4), rtol=1e-3)
    gradient = jax.grad(lambda x: minibatch_stddev(x).sum())(x)
    assert np.isfinite(gradient).all()


def test_grid_features_are_the_largest_values_of_each_cell():
    large = jnp.arange(64.0).reshape(1, 8, 8, 1)
    small = jnp.array([[[[7.0, -7.0]]]])  # 1x1, two channels: taken whole
    features = grid_features([large, small], 2)
    # The last of each 4x4 cell: rows 3 and 7, columns 3 and 7.
    np.testing.assert_array_equal(features, [[27, 31, 59, 63, 7, -7]])
    np.testing.assert_array_equal(mean_features([large, small]), [[31.5, 7, -7]])


# ---------------------------------------------------------------------------- nets


def test_shapes():
    grey, rgb = jnp.zeros((2, 32, 32, 1)), jnp.zeros((2, 32, 32, 3))
    labels = jnp.array([0, 4])

    def shapes(function, *arguments):
        return jax.tree.map(lambda a: a.shape, nnx.eval_shape(function, *arguments))

    assert shapes(lambda: Trunk(3, (4, 6, 8), 2, rngs=nnx.Rngs(0))(rgb)) == [
        (2, 16, 16, 4),
        (2, 8, 8, 6),
        (2, 4, 4, 8),
    ]
    # Real/fake logit, class logits, features of the middle stage.
    discriminator = shapes(lambda: Discriminator(1, 5, (4, 6, 8), 1, rngs=nnx.Rngs(0))(grey))
    assert discriminator == ((2,), (2, 5), (2, 8, 8, 6))
    assert shapes(lambda: Classifier(3, 5, (4, 6, 8), 1, rngs=nnx.Rngs(0))(rgb)) == (
        2,
        5,
    )

    def whitened():
        return WhitenedClassifier(3, 5, (4, 6), 2, rngs=nnx.Rngs(0))

    assert shapes(lambda: whitened()(rgb)) == (2, 5)
    assert shapes(lambda: whitened().features(rgb)) == (2, 6)
    encoder = shapes(lambda: Encoder(1, 5, 7, (4, 6, 8), 1, rngs=nnx.Rngs(0))(grey, labels))
    assert encoder == ((2, 7), (2, 7))
    z = jnp.zeros((2, 7))
    generator = shapes(lambda: Generator(6, 5, 7, (8, 6, 4), rngs=nnx.Rngs(0))(z, labels))
    assert generator == (2, 32, 32, 6)
    # K + 1 classes of which one is no output; features are means over places.
    assert shapes(lambda: k_plus_one(5, 8)(grey)) == ((2,), (2, 5), (2, 8))
    # Each layer's map; the last is D's features.
    trunk = NoisyMLP(3, (9, 6), rngs=nnx.Rngs(0))
    assert shapes(lambda: trunk(rgb)) == [(2, 1, 1, 9), (2, 1, 1, 6)]
    # The players of 2014 have no classes to say, and features of the last hidden layer.
    net = shapes(lambda: MLPDiscriminator(3, 5, (9, 6), rngs=nnx.Rngs(0))(rgb, labels))
    assert net == ((2,), None, (2, 6))
    generator = shapes(lambda: MLPGenerator(3, 5, 7, (6, 9), rngs=nnx.Rngs(0))(z, labels))
    assert generator == (2, 32, 32, 3)


def test_block_basis_is_orthonormal_and_tells_apart_brightness_edges_and_colour():
    basis = block_basis(3)
    flat = basis.reshape(12, 12)
    np.testing.assert_allclose(flat.T @ flat, np.eye(12), atol=1e-12)
    # Grey of one brightness: sqrt(12) of it in the first component, nothing elsewhere.
    np.testing.assert_allclose(np.ones(12) @ flat, [12**0.5] + 11 * [0], atol=1e-12)
    # A grey edge, dark left of bright: -1, 1 in both rows and three colours.
    edge = np.array([-1.0, 1.0] * 2).reshape(2, 2, 1) * np.ones(3)
    np.testing.assert_allclose(edge.ravel() @ flat, [0, 0, 0, -(12**0.5)] + 8 * [0], atol=1e-12)
    assert block_basis(1).shape == (2, 2, 1, 4)


def k_plus_one(num_classes: int, width: int, **options) -> KPlusOneDiscriminator:
    """A convolutional D of K + 1 classes on grey pictures, its last map 4x4 of `width`."""
    rngs = nnx.Rngs(0)
    trunk = Trunk(1, (4, 6, width), 1, rngs=rngs)
    classes = nnx.Linear(16 * width, num_classes, rngs=rngs)
    return KPlusOneDiscriminator(trunk, classes, **options, rngs=rngs)


def parameters(build) -> dict[str, tuple[int, ...]]:
    """Shapes of parameters and statistics by path, such as "classes.kernel", without computing."""
    state = nnx.state(nnx.eval_shape(build), (nnx.Param, nnx.BatchStat))
    return {".".join(map(str, path)): leaf.shape for path, leaf in nnx.to_flat_state(state)}


def discriminator(convs: int = 2, **options) -> dict[str, tuple[int, ...]]:
    """Parameters of a D of 5 classes on grey pictures, of widths 4, 6 and 8."""
    return parameters(lambda: Discriminator(1, 5, (4, 6, 8), convs, **options, rngs=nnx.Rngs(0)))


def test_the_heads_of_d():
    whole = discriminator()
    # The last map has 4x4 places of 8 channels: 128.
    assert whole["source.kernel"] == (128, 1)
    assert whole["classes.kernel"] == (128, 5)
    assert whole["projection.kernel"] == (128, 5)
    assert "projection.bias" not in whole  # it would not depend on the picture

    # Without a class head its own last stage, the trunk's third, goes too.
    no_head = discriminator(class_head=False)
    gone = {name for name in whole if name.startswith("classes.")}
    gone |= {f"trunk.convs.{i}.kernel" for i in (4, 5)}
    gone |= {f"trunk.norms.{i}.{part}" for i in (4, 5) for part in ("gain", "shift", "mean", "var")}
    assert no_head == {name: shape for name, shape in whole.items() if name not in gone}

    plain = discriminator(class_head=False, projection=False)
    assert no_head.keys() - plain.keys() == {"projection.kernel"}
    assert plain.keys() <= no_head.keys()

    with_spread = discriminator(minibatch_stddev=True)
    assert with_spread == whole | {"source.kernel": (129, 1)}  # one number more for each picture


def test_normalisation_of_d():
    batch, layer, spectral, none = (
        discriminator(normalisation=name) for name in ("batch", "layer", "spectral", "none")
    )
    # Only batch norm keeps anything of other images, and a bias before it would be taken off again.
    assert {name for name in batch if name.endswith((".mean", ".var"))}
    for other in (layer, spectral, none):
        assert not [name for name in other if name.endswith((".mean", ".var"))]
    assert not [name for name in batch | layer if "convs" in name and name.endswith("bias")]
    # Layer norm: a scale and a shift for each channel.
    assert layer["trunk.norms.0.gain"] == layer["trunk.norms.0.shift"] == (4,)
    # Spectral norm stands in the place of other norms, around every kernel that judges a picture.
    assert not [name for name in spectral if "norms" in name]
    names = [f"trunk.convs.{i}" for i in range(6)] + ["source_convs.0", "source_convs.1"]
    for name in (*names, "source", "projection"):
        kernel, width = spectral[f"{name}.layer.kernel"], spectral[f"{name}.u"]
        assert kernel[-1:] == width
        # A class's projection has no bias: with x = 0 no class is likelier than another.
        assert (f"{name}.bias" in spectral) == (name != "projection")
        assert f"{name}.layer.bias" not in spectral
    # What says the class is no part of the game, and need not be Lipschitz.
    assert spectral["classes.kernel"] == (128, 5)
    # No norm: convolutions have the bias that a norm would bring.
    assert not [name for name in none if "norms" in name]
    assert all(none[f"{name}.bias"] == none[f"{name}.kernel"][-1:] for name in names)


def test_residual_nets_have_no_norm():
    d = discriminator(convs=3, normalisation="none", residual=True, class_head=False)
    # Of a stage's three convolutions the first changes the width, the others may be left out.
    gains = {name for name in d if name.endswith("gain")}
    residual = ["trunk.convs.1", "trunk.convs.2", "trunk.convs.4", "trunk.convs.5"]
    residual += ["source_convs.1", "source_convs.2"]
    assert gains == {f"{name}.gain" for name in residual}
    assert all(d[name] == () for name in gains)
    assert not [name for name in d if "norm" in name]

    g = parameters(lambda: Generator(1, 5, 7, (8, 6, 4), residual=True, rngs=nnx.Rngs(0)))
    assert not [name for name in g if "norm" in name]
    widths = [(8, 6), (6, 4), (4, 4)]
    for i, (width_in, width) in enumerate(widths):
        assert g[f"convs.{i}.kernel"] == (3, 3, width_in, width)
        assert g[f"residuals.{i}.layer.kernel"] == (3, 3, width, width)
        assert g[f"residuals.{i}.gain"] == ()
    usual = parameters(lambda: Generator(1, 5, 7, (8, 6, 4), rngs=nnx.Rngs(0)))
    assert usual["norms.2.gain"] == (5, 4)  # of each class
    assert not [name for name in usual if "residual" in name]


@pytest.mark.parametrize(
    ("recipe", "batch_norms"),
    [("wgan", 0), ("wgan-gp", 0), ("sngan", 0), ("r3gan", 0), ("dcgan", 4), ("gan", 0)],
)
def test_which_critics_look_at_a_batch(recipe, batch_norms, tiny_config):
    """A gradient can be held to a length only in a critic that is a function of one image."""
    config = tiny_config(recipe)
    shapes = parameters(lambda: adversarial.make_discriminator(config, nnx.Rngs(0)))
    # One convolution a stage: three stages of the trunk and D's own last.
    assert len([name for name in shapes if name.endswith(".var")]) == batch_norms


def test_widths_of_the_mlps(tiny_config):
    config = tiny_config("gan", mlp_widths=(10, 20), mlp_trunk_widths=(20, 10))
    g = parameters(lambda: adversarial.make_player(config, nnx.Rngs(0)))
    # z of 4 and 3 classes; up to 10, 20, 32 * 32 pixels.
    assert g["hidden.0.kernel"] == (7, 10)
    assert g["hidden.1.kernel"] == (10, 20)
    assert g["last.kernel"] == (20, 1024)
    d = parameters(lambda: adversarial.make_discriminator(config, nnx.Rngs(0)))
    # Down again, four linear pieces a unit; 3 classes beside the pixels.
    assert d["hidden.0.kernel"] == (1027, 4 * 20)
    assert d["hidden.1.kernel"] == (20, 4 * 10)
    assert d["source.kernel"] == (10, 1)


def test_maxout_by_hand():
    net = MLPDiscriminator(1, 2, (1,), rngs=nnx.Rngs(0))
    # Four pieces: the first pixel, its negative, twice the class 1, and the constant -3.
    kernel = jnp.zeros((1026, 4)).at[0, 0].set(1.0).at[0, 1].set(-1.0).at[1025, 2].set(2.0)
    net.hidden[0].kernel[...] = kernel
    net.hidden[0].bias[...] = jnp.array([0.0, 0.0, 0.0, -3.0])
    net.source.kernel[...] = jnp.array([[10.0]])
    net.source.bias[...] = jnp.array([1.0])
    images = jnp.zeros((3, 32, 32, 1)).at[:, 0, 0, 0].set(jnp.array([0.5, -0.7, 0.5]))
    logits, classes, features = net(images, jnp.array([0, 0, 1]))
    np.testing.assert_allclose(features, [[0.5], [0.7], [2.0]], rtol=1e-6)
    np.testing.assert_allclose(logits, [6, 8, 21], rtol=1e-6)
    assert classes is None


def test_weight_norm_by_hand():
    layer = nnx.Linear(2, 2, use_bias=False, rngs=nnx.Rngs(0))
    layer.kernel[...] = jnp.array([[3.0, 0.0], [4.0, 7.0]])
    net = WeightNorm(layer)
    x = jnp.array([[1.0, 2.0]])
    # Columns of length 5 and 7: (3 + 8) / 5 and 14 / 7, times the gain they start with.
    np.testing.assert_allclose(net(x), [[2**0.5 * 11 / 5, 2**0.5 * 2]], rtol=1e-6)
    net.gain[...] = jnp.array([1.0, 2.0])
    net.bias[...] = jnp.array([0.5, -1.0])
    np.testing.assert_allclose(net(x), [[2.7, 3.0]], rtol=1e-6)
    # The length of the weights themselves does not count.
    layer.kernel[...] *= 10
    np.testing.assert_allclose(net(x), [[2.7, 3.0]], rtol=1e-6)


def test_noise_stands_before_every_layer():
    net = NoisyMLP(1, (1, 1), rngs=nnx.Rngs(0))
    # Both layers hand on what the first pixel is, from [-1, 1] to [0, 1], plus 4.
    first, second = net.layers
    first.layer.kernel[...] = jnp.zeros((1024, 1)).at[0, 0].set(9.0)
    second.layer.kernel[...] = jnp.full((1, 1), 0.1)
    for layer in (first, second):
        layer.gain[...] = jnp.ones(1)
    first.bias[...] = jnp.full(1, 4.0)
    images = jnp.zeros((4000, 32, 32, 1)).at[:, 0, 0, 0].set(-0.5)
    for values in net(images):
        np.testing.assert_allclose(values, 4.25, rtol=1e-6)
    noisy, twice = (a.ravel() for a in net(images, key=jax.random.key(1)))
    # Of 4,000 draws the standard error of a deviation is 1.1 % of it, of a mean 1.6 % of that.
    assert noisy.mean() == pytest.approx(4.25, abs=0.03)
    assert noisy.std() == pytest.approx(0.3, rel=0.05)
    assert (twice - noisy).std() == pytest.approx(0.5, rel=0.05)


def test_k_plus_one_classes_by_hand():
    net = k_plus_one(3, 4, minibatch_stddev=True)
    # Class logits log 1, log 2, log 5 whatever the picture: Z = 8, and p(real) = 8/9.
    net.classes.kernel[...] = jnp.zeros_like(net.classes.kernel[...])
    net.classes.bias[...] = jnp.log(jnp.array([1.0, 2.0, 5.0]))
    net.spread.kernel[...] = jnp.zeros((1, 1))
    images = jax.random.normal(jax.random.key(0), (4, 32, 32, 1))

    @jax.jit
    def outputs(state):
        return nnx.merge(graphdef, state, copy=True)(images, num_reference=2)

    graphdef, state = nnx.split(net)
    source, classes, _ = outputs(state)
    np.testing.assert_allclose(source, [np.log(8)] * 4, rtol=1e-5)
    np.testing.assert_allclose(jax.nn.sigmoid(source), [8 / 9] * 4, rtol=1e-5)
    # Of K + 1 classes, the last with logit 0: p(y|x) = (1, 2, 5, 1) / 9.
    whole = jax.nn.softmax(jnp.concatenate([classes, jnp.zeros((4, 1))], -1))
    np.testing.assert_allclose(whole, [[1 / 9, 2 / 9, 5 / 9, 1 / 9]] * 4, rtol=1e-5)
    # The spread of each of the two batches goes into the first logit, and into no class.
    net.spread.kernel[...] = jnp.full((1, 1), 100.0)
    spread, same, _ = outputs(nnx.state(net))
    np.testing.assert_array_equal(same, classes)
    assert spread[0] == spread[1] > source[0]
    assert spread[2] == spread[3] > source[2]
    assert spread[0] != spread[2]


def test_convolutions_of_a_stage():
    trunk = nnx.eval_shape(lambda: Trunk(3, (4, 6, 8), 2, rngs=nnx.Rngs(0)))
    # 12 = 3 channels of a 2x2 block; two convolutions a stage.
    kernels = [conv.kernel.shape for conv in trunk.convs]
    widths = [(12, 4), (4, 4), (4, 6), (6, 6), (6, 8), (8, 8)]
    assert kernels == [(3, 3, *width) for width in widths]


def test_encoder_is_bounded_and_reads_the_class():
    @jax.jit
    def outputs():
        encoder = Encoder(1, 5, 3, (4, 6, 8), 1, rngs=nnx.Rngs(0))
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
    prior = ClassPrior(2, 3)
    prior.mean[...] = jnp.array([[0.0, 0.0, 0.0], [0.1, -0.2, 0.3]])
    prior.log_scale[...] = jnp.log(jnp.array([[1.0, 1.0, 1.0], [2.0, 0.5, 1.0]]))
    z, labels = jnp.array([[1.0, 1.0, -1.0]] * 2), jnp.array([0, 1])
    # Class 0 stays N(0, I); class 1 has mean (1, -2, 3) and standard deviations (2, 1/2, 1).
    placed = prior.from_prior(z, labels)
    np.testing.assert_allclose(placed, [[1, 1, -1], [1 + 2, -2 + 0.5, 3 - 1]], rtol=1e-5)
    # There and back; a variance of 1 is one of 1/4, 4 and 1 as the class sees it.
    mean, log_var = prior.standardise(placed, jnp.zeros((2, 3)), labels)
    np.testing.assert_allclose(mean, z, rtol=1e-5)
    np.testing.assert_allclose(jnp.exp(log_var), [[1, 1, 1], [0.25, 4, 1]], rtol=1e-5)
    np.testing.assert_allclose(prior.to_prior(placed, labels), z, rtol=1e-5)
    code, log_det = prior.inverse_flow(z, labels)
    np.testing.assert_array_equal(code, z)
    np.testing.assert_array_equal(log_det, [0, 0])


def flow_prior(latent_dim: int, strength: float) -> FlowPrior:
    """Of three classes and as many couplings, with mean (1, …, 1) and scale e."""
    prior = FlowPrior(3, latent_dim, 3, rngs=nnx.Rngs(0))
    prior.mean[...] += 0.1  # in tens
    prior.log_scale[...] += 1
    for i, coupling in enumerate(prior.couplings):
        kernel = coupling.out.kernel
        kernel[...] = strength * jax.random.normal(jax.random.key(i), kernel.shape)
    return prior


def test_a_flow_prior_begins_as_the_classs_gaussian():
    # Up to the order of coordinates, that of independent ones being free.
    z, labels = jnp.arange(8.0).reshape(2, 4), jnp.array([0, 2])
    placed = flow_prior(4, 0.0).from_prior(z, labels)
    np.testing.assert_allclose(np.sort(placed), np.sort(1 + math.e * z), rtol=1e-5)


@pytest.mark.parametrize("latent_dim", [4, 5])
def test_a_flow_prior_finds_back_and_knows_its_density(latent_dim):
    prior = flow_prior(latent_dim, 0.3)
    z = jax.random.normal(jax.random.key(3), (3, latent_dim))
    labels = jnp.array([0, 1, 2])
    np.testing.assert_allclose(prior.to_prior(prior.from_prior(z, labels), labels), z, atol=1e-4)
    code = prior.flow(z, labels)
    same = prior.flow(jnp.tile(z[:1], (3, 1)), labels)
    assert np.abs(same[0] - same[1]).max() > 1e-2  # a class has a prior of its own
    found, log_det = prior.inverse_flow(code, labels)
    np.testing.assert_allclose(found, z, atol=1e-4)
    for i in range(3):
        jacobian = jax.jacobian(lambda c, i=i: prior.inverse_flow(c[None], labels[i : i + 1])[0][0])
        _, expected = np.linalg.slogdet(jacobian(code[i]))
        assert abs(expected) > 0.01
        np.testing.assert_allclose(log_det[i], expected, atol=1e-4)


def test_generator_reads_latent_and_class():
    @jax.jit
    def pictures():
        generator = Generator(1, 5, 3, (4, 4, 4), rngs=nnx.Rngs(0))
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
        net = Discriminator(1, 5, (4, 6, 8), 1, rngs=nnx.Rngs(0))
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


@pytest.mark.parametrize("normalisation", ["layer", "spectral", "none"])
def test_without_batch_norm_other_images_do_not_matter(normalisation):
    images = jax.random.normal(jax.random.key(0), (5, 32, 32, 1))
    labels = jnp.arange(5)

    @jax.jit
    def outputs():
        net = Discriminator(
            1, 5, (4, 6, 8), 1, normalisation=normalisation, class_head=False, rngs=nnx.Rngs(0)
        )
        both = nnx.clone(net)(images, labels, num_reference=3)[0]
        return both, nnx.clone(net)(images[:3], labels[:3])[0], net(images[3:], labels[3:])[0]

    together, first, rest = outputs()
    np.testing.assert_allclose(together, np.concatenate([first, rest]), rtol=1e-4, atol=1e-5)


def test_half_precision_computes_but_does_not_store():
    x = jax.random.normal(jax.random.key(0), (4, 32, 32, 1))

    @jax.jit
    def both():
        full = Discriminator(1, 5, (4, 4, 4), 1, rngs=nnx.Rngs(0))
        half = Discriminator(1, 5, (4, 4, 4), 1, dtype=jnp.bfloat16, rngs=nnx.Rngs(0))
        return full(x), half(x), nnx.state(half)

    full, half, state = both()
    for exact, rounded in zip(full, half, strict=True):
        assert rounded.dtype == jnp.float32
        # bfloat16 keeps 8 bits: near, and yet not the same.
        assert 0 < np.abs(rounded - exact).max() < 0.2
    for leaf in jax.tree.leaves(state):
        assert leaf.dtype == jnp.float32
