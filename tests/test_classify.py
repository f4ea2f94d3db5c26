"""Bayes' rule with a VAE, the class head of D, one step of the plain classifier."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from PIL import Image
from steps import assert_all_changed, assert_same_bits, batch, compiled, leaves, weights

from dgm import classify, methods, release
from dgm.nets.latents import ClassPrior
from dgm.systems import classifier, system_of
from dgm.systems.vae import bayes
from dgm.systems.variational import VAEConfig, evidence_bounds


def test_bayes_is_the_softmax_of_the_bounds_of_all_classes(tiny_config):
    config = tiny_config("vae", "digits")
    images = jax.random.uniform(jax.random.key(1), (2, 32, 32, 1), minval=-1, maxval=1)
    key = jax.random.key(2)

    @jax.jit
    def both():
        nets = system_of(config).released_nets(config, nnx.Rngs(0))
        nets.eval()
        # One class after another, each on the draws of the same key.
        bounds = [
            evidence_bounds(config, nets, key, images, jnp.array([y, y]), 2)["iwae"]
            for y in range(3)
        ]
        return bayes(config, nets, images, key, 2), jnp.stack(bounds, 1)

    log_p, bounds = both()
    assert log_p.shape == (2, 3)
    np.testing.assert_allclose(np.exp(log_p).sum(1), 1, rtol=1e-5)
    # Differences of log p(y|x) are those of log p(x|y): the prior is uniform, p(x) cancels.
    np.testing.assert_allclose(log_p - log_p[:, :1], bounds - bounds[:, :1], rtol=1e-4, atol=1e-2)
    assert np.abs(bounds[:, 1:] - bounds[:, :1]).min() > 0.1  # so that the line above says much


def test_bayes_does_not_favour_a_class_that_nothing_depends_on():
    # Encoder and decoder deaf to the class: on equal draws all classes are equal to the last bit,
    # however bad the bound.
    class Encoder:
        def features(self, images):
            return images.mean((1, 2))

        def posterior(self, features, labels):
            return jnp.tile(features, (1, 4)), jnp.zeros((len(features), 4))

    config = VAEConfig(
        "vae", "digits", class_names=tuple("abcde"), channels=1, likelihood="bernoulli"
    )
    nets = {
        "encoder": Encoder(),
        "decoder": lambda z, labels: jnp.broadcast_to(
            50 * z[:, :1, None, None], (len(z), 32, 32, 1)
        ),
        "prior": ClassPrior(5, 4),
    }
    images = jnp.stack([jnp.full((32, 32, 1), v) for v in (-1.0, 0.0, 1.0)])
    log_p = bayes(config, nets, images, jax.random.key(0), 2)
    np.testing.assert_allclose(log_p, np.full((3, 5), -np.log(5)), rtol=1e-5)


def test_head_is_the_softmax_of_the_class_logits():
    logits = jnp.log(jnp.array([[0.5, 0.25, 0.25]])) + 7

    def discriminator(images):
        return jnp.array([100.0]), logits, None

    log_p = methods.class_head(
        None, {"discriminator": discriminator}, jnp.zeros((1, 32, 32, 1)), None, 0
    )
    np.testing.assert_allclose(np.exp(log_p), [[0.5, 0.25, 0.25]], rtol=1e-5)


def test_a_mirrored_classifier_says_the_same_of_a_picture_and_its_mirror_image(tiny_config):
    def brightness_left(images):
        left = images[:, :, :16].mean((1, 2, 3))
        return jnp.stack([left, -left], 1)

    # Bright on the left alone: logits (1, -1) as it is and (-1, 1) mirrored.
    images = jnp.concatenate([jnp.ones((1, 32, 16, 1)), -jnp.ones((1, 32, 16, 1))], 2)
    plain = tiny_config("cnn")
    log_p = classifier.predict(plain, {"classifier": brightness_left}, images, None, 0)
    np.testing.assert_allclose(log_p, [jax.nn.log_softmax(jnp.array([1.0, -1.0]))], rtol=1e-5)
    both = tiny_config("cnn", mirrored=True)
    log_p = classifier.predict(both, {"classifier": brightness_left}, images, None, 0)
    np.testing.assert_allclose(np.exp(log_p), [[0.5, 0.5]], rtol=1e-5)


def test_a_mirrored_classifier_weighs_six_views(tiny_config):
    # Logits tell what stands at one pixel: of a picture whose pixels are all different they tell
    # which view was seen.
    images = jnp.arange(32 * 32.0).reshape(1, 32, 32, 1) / 100

    def one_pixel(images):
        return jnp.stack([images[:, 10, 5, 0], jnp.zeros(len(images))], 1)

    at = images[0, :, :, 0]
    mirror = 31 - 5
    views = {(10, 5): 1, (10, mirror): 1}  # weights in quarters, of a half each
    views |= {(9, 4): 0.5, (9, mirror - 1): 0.5, (11, 6): 0.5, (11, mirror + 1): 0.5}
    expected = sum(weight * at[place] for place, weight in views.items()) / 4
    config = tiny_config("cnn", mirrored=True)
    log_p = classifier.predict(config, {"classifier": one_pixel}, images, None, 0)
    np.testing.assert_allclose(log_p[0, 0] - log_p[0, 1], expected, rtol=1e-4)


def test_cnn_step(tiny_config):
    config = tiny_config("cnn", "fashion_mnist", num_steps=100, learning_rate=0.01)
    _, start, step = compiled(config)
    state, first = step(start, *batch(1), 0)
    assert set(first) == {"loss/class", "accuracy/train"}
    assert_all_changed(leaves(start, "nets"), leaves(state, "nets"))
    assert_all_changed(weights(start, "average"), weights(state, "average"))
    assert_same_bits(state, step(start, *batch(1), 0)[0])
    for number in range(1, 30):
        state, metrics = step(state, *batch(1, seed=number), number)
    assert metrics["accuracy/train"] == 1
    # Targets are smoothed by 0.1 over three classes: no loss lies below their entropy.
    target = np.array([0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3])
    entropy = -(target * np.log(target)).sum()
    assert entropy < metrics["loss/class"] < first["loss/class"] / 1.5


# ---------------------------------------------------------------------------- command line


@pytest.fixture(scope="module")
def released(tmp_path_factory, tiny_config):
    config = tiny_config("cnn", "shapes")
    nets = nnx.jit(lambda: system_of(config).released_nets(config, nnx.Rngs(0)))()
    folder = tmp_path_factory.mktemp("released")
    release.save_release(folder, config, nets, {})
    return str(folder)


def test_command_line(released, tmp_path, capsys):
    Image.new("RGB", (50, 40), "white").save(tmp_path / "white.png")
    (tmp_path / "notes.txt").write_text("no picture")
    white, notes = str(tmp_path / "white.png"), str(tmp_path / "notes.txt")
    assert classify.main([released, white]) == 0
    line = capsys.readouterr().out
    assert line.startswith(f"{white}: ")
    assert line.count("%") == 3

    # One bad file is named, the others are still answered.
    assert classify.main([released, notes, white, "--json"]) == 1
    printed = capsys.readouterr()
    assert f"error: {notes}: This is not" in printed.err
    answer = json.loads(printed.out)
    assert answer["checkpoint"] == "cnn-shapes"
    assert list(answer["images"]) == [white]
    assert set(answer["images"][white]) == {"zero", "one", "two"}
    assert sum(answer["images"][white].values()) == pytest.approx(1, abs=1e-5)


def test_command_line_errors(released, tmp_path, capsys):
    Image.new("RGB", (32, 32)).save(tmp_path / "black.png")
    black = str(tmp_path / "black.png")
    assert classify.main([released, black, "--method", "bayes"]) == 1
    assert "classifies by ('cnn',), not by 'bayes'" in capsys.readouterr().err
    assert classify.main([str(tmp_path / "nowhere"), black]) == 1
    assert "no released model" in capsys.readouterr().err
    assert classify.main([released, str(tmp_path / "nothing.png")]) == 1
    assert "nothing.png" in capsys.readouterr().err


def test_a_vae_can_be_told_how_often_to_draw(tiny_config, tmp_path, capsys):
    config = tiny_config("vae", "digits")
    nets = nnx.jit(lambda: system_of(config).released_nets(config, nnx.Rngs(0)))()
    release.save_release(tmp_path, config, nets, {})
    picture = str(tmp_path / "picture.png")
    sheet = Image.new("L", (64, 64), 255)
    sheet.paste(0, (28, 12, 36, 52))
    sheet.save(picture)
    said = []
    for num in ("1", "64"):
        assert classify.main([str(tmp_path), picture, "--importance", num, "--json"]) == 0
        said.append(json.loads(capsys.readouterr().out)["images"][picture])
    assert said[0] != said[1]
    assert classify.main([str(tmp_path), picture, "--importance", "0"]) == 1
    assert "num_importance must be 1 or more, not 0" in capsys.readouterr().err
