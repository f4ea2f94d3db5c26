"""One face for all systems: shapes, ranges, seeds, names, and what is refused."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from dgm import release, systems
from dgm.analysis.latent import spherical_interpolation
from dgm.inputs import in_batches
from dgm.model import Model, load
from dgm.systems import RECIPES, abilities, system_of
from dgm.systems.adversarial import GenerativeConfig
from dgm.systems.vae import bayes


@pytest.fixture(scope="module")
def models(tiny_config) -> dict[str, Model]:
    """A model of each recipe, untrained."""
    built = {}
    for recipe, dataset in (
        ("dcgan", "shapes"),
        ("vae", "mnist"),
        ("ib-vae", "digits"),
        ("vae-gan", "digits"),
        ("improved-gan", "digits"),
        ("cnn", "digits"),
    ):
        config = tiny_config(recipe, dataset)

        @nnx.jit
        def build(config=config):
            nets = system_of(config).released_nets(config, nnx.Rngs(0))
            if "generator" in nets:
                # An untrained G draws nearly nothing: make its pictures differ from each other.
                nets["generator"].last.kernel[...] *= 20
            return nets

        built[recipe] = Model(config, build())
    return built


@pytest.fixture(params=["dcgan", "vae", "ib-vae", "vae-gan", "improved-gan", "cnn"])
def model(request, models):
    return models[request.param]


def pictures(model: Model, num: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (num, 32, 32, model.config.channels)).astype(np.float32)


# ---------------------------------------------------------------------------- what each can do


def test_capabilities(models):
    assert {name: set(model.capabilities) for name, model in models.items()} == {
        "dcgan": {"sample", "classify"},
        "vae": {"sample", "classify", "encode", "likelihood"},
        "ib-vae": {"sample", "classify", "encode", "likelihood"},
        "vae-gan": {"sample", "classify", "encode"},
        "improved-gan": {"sample", "classify"},
        "cnn": {"classify"},
    }
    assert models["dcgan"].name == "dcgan-shapes"
    assert models["dcgan"].class_names == ("zero", "one", "two")


def test_what_each_recipe_can_do():
    can = {name: abilities(systems.recipe(name, "digits")) for name in RECIPES}
    # Without a class head or an encoder it can draw, and nothing else.
    for name in ("gan", "gan-ns", "wgan", "wgan-gp", "sngan", "r3gan"):
        assert (can[name].capabilities, can[name].methods) == ({"sample"}, ())
    assert {name: each.methods for name, each in can.items() if each.methods} == {
        "dcgan": ("head",),
        "improved-gan": ("semi-supervised",),
        "vae": ("bayes",),
        "ib-vae": ("bayes",),
        "vae-gan": ("head",),
        "cnn": ("cnn",),
    }
    for words in ("title", "summary"):
        assert len({getattr(recipe, words) for recipe in RECIPES.values()}) == len(RECIPES)


def test_how_often_bayes_draws_is_a_setting(models):
    model, images = models["vae"], np.linspace(-1, 1, 2048, dtype=np.float32).reshape(2, 32, 32, 1)
    nets = model.nets
    found = {}
    for num in (1, 5):
        found[num] = model.log_probabilities(images, num_importance=num)
        direct = jax.jit(bayes, static_argnums=(0, 4))
        expected = direct(model.config, nets, jnp.asarray(images), jax.random.key(0), num)
        np.testing.assert_allclose(found[num], expected, rtol=1e-4, atol=1e-3)
    assert np.abs(found[1] - found[5]).max() > 0.01
    with pytest.raises(ValueError, match="num_importance must be 1 or more, not 0"):
        model.classify(images, num_importance=0)


@pytest.mark.parametrize("recipe", RECIPES)
def test_what_ships_is_what_is_trained(recipe, tiny_config):
    """By shapes alone: a run's averages are the nets that `load` fills, and they draw pictures."""
    config = tiny_config(recipe)
    system = system_of(config)
    trained = nnx.eval_shape(lambda: system.build(config, nnx.Rngs(0)))
    nets = nnx.eval_shape(lambda: system.released_nets(config, nnx.Rngs(0)))

    def shapes(module):
        state = nnx.state(module, (nnx.Param, nnx.BatchStat))
        return {path: leaf.shape for path, leaf in nnx.to_flat_state(state)}

    assert shapes(trained.average) == shapes(nets)
    if isinstance(config, GenerativeConfig):
        nets.eval()
        z, labels = jnp.zeros((2, config.latent_dim)), jnp.zeros(2, int)
        drawn = nnx.eval_shape(lambda nets: system.sample(config, nets, z, labels), nets)
        assert drawn.shape == (2, 32, 32, 1)


def test_everything_that_a_model_can_do(model):
    config, can = model.config, model.capabilities
    images, labels = pictures(model, 2), [0, "two"]
    if "sample" in can:
        drawn = model.sample(0, num=2)
        assert drawn.shape == (2, 32, 32, config.channels)
        assert drawn.dtype == np.float32
        assert np.abs(drawn).max() <= 1
    if "classify" in can:
        for method in model.methods:
            probabilities = model.classify(images, method)
            assert probabilities.shape == (2, 3)
            assert probabilities.dtype == np.float32
            np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
            assert probabilities.min() >= 0
    if "encode" in can:
        z = model.encode(images, labels)
        assert z.shape == (2, config.latent_dim)
        assert model.decode(z, labels).shape == images.shape
        placed = model.from_prior(z, labels)
        np.testing.assert_allclose(model.to_prior(placed, labels), z, atol=1e-4)
        # Without labels, those that it gives itself.
        own = model.classify(images).argmax(-1)
        np.testing.assert_array_equal(model.encode(images), model.encode(images, own))
    if "likelihood" in can:
        bounds = model.evidence_bounds(images, labels)
        assert set(bounds) == {"elbo", "iwae", "reconstruction", "kl"}
        for bound in bounds.values():
            assert bound.shape == (2,)
            assert np.isfinite(bound).all()
        likelihood = model.log_likelihood(images, labels, num_importance=2)
        assert likelihood.shape == (2,)
        assert likelihood.max() < 0  # binary pixels: a probability, not a density


@pytest.mark.parametrize(
    ("recipe", "call", "capability"),
    [
        ("cnn", lambda m: m.sample(0), "sample"),
        ("dcgan", lambda m: m.encode(pictures(m, 1)), "encode"),
        ("dcgan", lambda m: m.from_prior(m.latents(0, 1), [0]), "encode"),
        ("dcgan", lambda m: m.to_prior(m.latents(0, 1), [0]), "encode"),
        ("vae-gan", lambda m: m.log_likelihood(pictures(m, 1), [0]), "likelihood"),
    ],
)
def test_what_a_model_cannot_do_is_said(models, recipe, call, capability):
    model = models[recipe]
    with pytest.raises(ValueError, match=rf"{model.name} cannot do this \({capability}\); it can"):
        call(model)


def test_a_gan_without_class_head_does_not_classify(tiny_config):
    config = tiny_config("dcgan", class_head=False)
    model = Model(
        config, nnx.eval_shape(lambda: system_of(config).released_nets(config, nnx.Rngs(0)))
    )
    assert model.capabilities == {"sample"}
    with pytest.raises(ValueError, match=r"cannot do this \(classify\)"):
        model.classify(pictures(model, 1))


def test_features_are_those_of_a_classifier(models):
    model = models["cnn"]
    images = pictures(model, 3)
    features = model.features(images)
    assert features.shape == (3, 8)  # the last width
    # From its last map, of 4x4 places: their mean.
    nets = model.nets
    np.testing.assert_allclose(
        features, nets["classifier"].trunk(images)[-1].mean((1, 2)), rtol=1e-4, atol=1e-5
    )
    with pytest.raises(ValueError, match="vae-mnist has no such features; a convolutional D or"):
        models["vae"].features(pictures(models["vae"], 1))
    with pytest.raises(ValueError, match="vae-mnist has no such features; a convolutional D or"):
        models["vae"].grid_features(pictures(models["vae"], 1))
    with pytest.raises(ValueError, match="vae-mnist has no class logits"):
        models["vae"].energy(pictures(models["vae"], 1))


def test_features_of_a_discriminator_are_the_means_of_all_its_maps(models):
    model = models["dcgan"]
    images = pictures(model, 3)
    nets = model.nets
    maps = nets["discriminator"].maps(images)
    assert [m.shape for m in maps] == [(3, 16, 16, 4), (3, 8, 8, 8), (3, 4, 4, 8), (3, 4, 4, 8)]
    features = model.features(images)
    assert features.shape == (3, 28)
    np.testing.assert_allclose(features[:, :4], maps[0].mean((1, 2)), rtol=1e-4, atol=1e-5)
    # The largest values in a grid of 4x4 cells.
    assert model.grid_features(images).shape == (3, 16 * 28)


def test_energy_is_low_where_some_class_logit_is_high(models):
    model = models["cnn"]
    images = pictures(model, 3)
    nets = model.nets
    logits = np.asarray(nets["classifier"](images))
    np.testing.assert_allclose(
        model.energy(images), -np.log(np.exp(logits).sum(1)), rtol=1e-4, atol=1e-4
    )


def test_an_improved_gan_cannot_be_asked_for_a_class(models):
    model = models["improved-gan"]
    z = model.latents(0, 3)
    np.testing.assert_array_equal(model.decode(z, [0, 1, 2]), model.decode(z, ["two"] * 3))


def test_number_of_parameters(models):
    # 3x3 convolutions 4·1 -> 4 -> 8 -> 8 without bias, gain and shift each, 4·4·8 -> 3 with bias.
    expected = 9 * (4 * 4 + 4 * 8 + 8 * 8) + 2 * (4 + 8 + 8) + 4 * 4 * 8 * 3 + 3
    assert models["cnn"].num_parameters == expected


# ---------------------------------------------------------------------------- drawing


def test_a_seed_gives_the_same_pictures_again(models):
    model = models["dcgan"]
    first = model.sample(3, num=4)
    np.testing.assert_array_equal(model.sample(jax.random.key(3), num=4), first)
    assert np.abs(model.sample(4, num=4) - first).max() > 0.01
    for other in (np.int64(3), np.uint8(3)):
        np.testing.assert_array_equal(model.latents(other, 2), model.latents(3, 2))


def test_latents_are_standard_normal_and_truncation_scales_them(models):
    z = models["dcgan"].latents(0, 5000)
    assert z.shape == (5000, 4)
    # Standard errors of mean and variance over 5,000 draws: 0.014 and 0.02.
    np.testing.assert_allclose(z.mean(0), 0, atol=0.06)
    np.testing.assert_allclose(z.var(0), 1, atol=0.08)
    np.testing.assert_allclose(models["dcgan"].latents(0, 5000, 0.5), 0.5 * z)


def test_labels_by_name_by_number_and_in_turn(models):
    model = models["dcgan"]
    z = model.latents(0, 4)
    in_turn = model.decode(z, [0, 1, 2, 0])
    np.testing.assert_array_equal(model.decode(z, ["zero", "one", "two", 0]), in_turn)
    np.testing.assert_array_equal(model.decode(z, jnp.array([0, 1, 2, 0])), in_turn)
    np.testing.assert_array_equal(model.sample(0, num=4), in_turn)
    ones = model.decode(z, [1] * 4)
    for one in (1, np.int32(1), "one"):
        np.testing.assert_array_equal(model.sample(0, one, num=4), ones)
    assert np.abs(ones - in_turn).max((1, 2, 3))[[0, 2, 3]].min() > 0.001


def test_a_batch_of_any_size_gives_what_each_picture_gives_alone(models):
    model = models["dcgan"]
    z = model.latents(0, 3)
    together = model.decode(z, [0, 1, 2])
    assert together.shape[0] == 3  # the fourth, which padded it to a power of two, is cut off
    for i in range(3):
        np.testing.assert_allclose(model.decode(z[i : i + 1], [i])[0], together[i], atol=1e-5)


def test_batches_are_cut_and_padded_to_few_sizes():
    sizes = []

    def function(x, y):
        sizes.append((len(x), len(y)))
        return {"sum": x + y}

    x = np.arange(600.0)
    out = in_batches(function, x, 1000 * x)
    np.testing.assert_array_equal(out["sum"], 1001 * x)
    assert sizes == [(256, 256), (256, 256), (128, 128)]  # 600 = 256 + 256 + 88


def test_new_weights_take_effect(models):
    old = models["dcgan"]
    nets = nnx.clone(old.nets)
    model = Model(old.config, nets)
    before = model.sample(0, num=4)
    # tanh(-x) = -tanh(x): with the last layer negated (its bias is 0), each picture is.
    nets["generator"].last.kernel[...] *= -1
    nets.train()  # as a training loop has them; a model still uses them as in evaluation
    model.replace_weights(nets)
    np.testing.assert_allclose(model.sample(0, num=4), -before, atol=1e-5)
    np.testing.assert_array_equal(old.sample(0, num=4), before)


# ---------------------------------------------------------------------------- interpolation


def test_spherical_interpolation_by_hand():
    a, b = np.array([2.0, 0.0]), np.array([0.0, 2.0])
    third = 2 * np.array([np.cos(np.pi / 6), np.sin(np.pi / 6)])  # 30 degrees from a
    points = spherical_interpolation(a, b, np.array([0, 1 / 3, 1 / 2, 1]))
    np.testing.assert_allclose(points, [a, third, [2**0.5, 2**0.5], b], atol=1e-6)
    assert points.dtype == np.float32
    # Lengths 1 and 3 at a right angle, halfway: sin 45 / sin 90 (1, 3).
    halfway = spherical_interpolation(np.array([1.0, 0.0]), np.array([0.0, 3.0]), [0.5])
    np.testing.assert_allclose(halfway, [[0.5**0.5, 3 * 0.5**0.5]], rtol=1e-6)
    # Parallel, or nothing: a straight line, and no division by 0.
    np.testing.assert_allclose(spherical_interpolation(a, 2 * a, [0.5]), [[3.0, 0.0]])
    np.testing.assert_allclose(spherical_interpolation(0 * a, b, [0.5]).max(), 2**0.5, rtol=1e-6)


# ---------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.decode(np.zeros((2, 5)), [0, 1]), r"z has shape \(2, 5\), expected \[N, 4\]"),
        (lambda m: m.decode(np.zeros(4), [0]), r"z has shape \(4,\), expected"),
        (lambda m: m.sample(0, num=0), r"z has shape \(0, 4\), expected \[N, 4\], N > 0"),
        (lambda m: m.sample(0, "seven"), "no class 'seven': there are zero, one, two"),
        (lambda m: m.sample(0, 3), r"class numbers in 0 … 2, or names"),
        (lambda m: m.sample(0, -1), r"class numbers in 0 … 2, or names"),
        (lambda m: m.sample(0, [0, 1], num=3), "labels must be 3 class numbers"),
        (
            lambda m: m.classify(np.zeros((2, 28, 28, 1))),
            r"images have shape \(2, 28, 28, 1\), exp",
        ),
        (lambda m: m.classify(np.zeros((32, 32, 1))), r"images have shape \(32, 32, 1\), exp"),
        (lambda m: m.classify(np.zeros((0, 32, 32, 1))), r"N > 0"),
        (lambda m: m.classify(np.zeros((1, 32, 32, 3))), r"expected \[N, \(32, 32, 1\)\]"),
        (lambda m: m.classify(np.zeros((1, 32, 32, 1), np.uint8)), "use dgm.data.to_float"),
        (lambda m: m.classify(np.full((1, 32, 32, 1), 255.0)), r"floats in \[-1, 1\]"),
        (lambda m: m.classify(np.full((1, 32, 32, 1), np.nan)), r"floats in \[-1, 1\]"),
        (lambda m: m.classify(np.zeros((1, 32, 32, 1)), "bayes"), "not by 'bayes'"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(models, call, message):
    with pytest.raises(ValueError, match=message):
        call(models["vae-gan"])


# ---------------------------------------------------------------------------- files


def test_load(models, tmp_path):
    model = models["vae-gan"]
    nets = model.nets
    directions = np.eye(2, 4, dtype=np.float32)
    release.save_release(tmp_path, model.config, nets, {"directions": directions})
    loaded = load(tmp_path)
    assert loaded.config == model.config
    np.testing.assert_array_equal(loaded.directions, directions)
    np.testing.assert_allclose(loaded.sample(0, num=4), model.sample(0, num=4), atol=0.02)
    images = pictures(model, 2)
    np.testing.assert_allclose(loaded.classify(images), model.classify(images), atol=0.02)
    # From a path in words, and without directions.
    release.save_release(tmp_path, model.config, nets, {})
    assert load(str(tmp_path)).directions.shape == (0, 4)


def test_load_errors(models, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"config\.json is missing"):
        load(tmp_path / "nowhere")
    model = models["cnn"]
    nets = model.nets
    future = dataclasses.replace(model.config, recipe="wgan-2030")
    release.save_release(tmp_path, future, nets, {})
    with pytest.raises(ValueError, match=r"config\.json: no recipe 'wgan-2030'"):
        load(tmp_path)
