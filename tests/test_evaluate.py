"""The figures of untrained models, of models that copy, and of models that draw as they should."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
from flax import nnx

from dgm import data, evaluate, release, systems
from dgm.analysis import corruption, factors
from dgm.evaluation import metrics
from dgm.model import Model, load
from dgm.systems import system_of


def make_release(folder, config, extra=None, seed=0):
    """A released model of fresh weights, with the record a run would leave."""
    nets = system_of(config).released_nets(config, nnx.Rngs(seed))
    release.save_release(folder, config, nets, extra or {})
    header = {
        "config": json.loads(config.to_json()),
        "command": "python -m dgm.train vae --dataset digits",
        "hardware": "2 CPU cores",
        "jax": "0.10.2",
        "num_images": 1437,
    }
    record = {"step": 10, "images": 640, "seconds": 120.0, "loss/kl": 1.0}
    (folder / "metrics.jsonl").write_text(json.dumps(header) + "\n" + json.dumps(record) + "\n")
    return folder


@pytest.fixture(scope="module")
def digits():
    return data.load("digits", "test", limit=24)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory, tiny_config, digits):
    folder = tmp_path_factory.mktemp("checkpoints")
    for recipe in ("vae", "cnn", "dcgan", "improved-gan"):
        config = tiny_config(recipe, class_names=digits.class_names, channels=1)
        make_release(folder / f"{recipe}-digits", config)
    return folder


@pytest.fixture
def small(monkeypatch, tiny_config):
    """Few samples, and a classifier of few steps for GAN-train."""
    cnn = tiny_config("cnn", batch_size=8, num_steps=100)
    monkeypatch.setattr(evaluate, "_NUM_SAMPLES", 40)
    monkeypatch.setattr(evaluate, "_NUM_TRAINING_SAMPLES", 60)
    monkeypatch.setattr(evaluate, "_TRAINING_STEPS", 2)
    monkeypatch.setattr(evaluate, "_NUM_STRANGERS", 8)
    monkeypatch.setattr(corruption, "NUM_HARMED", 8)
    monkeypatch.setattr(corruption, "NUM_ATTACKED", 4)
    monkeypatch.setattr(systems, "trunk_classifier", lambda dataset: cnn)


def test_json_is_one_object_on_stdout(checkpoints, capsys):
    path = checkpoints / "cnn-digits"
    assert evaluate.main([str(path), "--limit", "24", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["checkpoint"] == "cnn-digits"
    assert (result["dataset"], result["split"], result["num_images"]) == ("digits", "test", 24)
    found = result["metrics"]
    low, share, high = (found[f"accuracy/cnn{part}"] for part in ("/low", "", "/high"))
    assert 0 <= low <= share <= high <= 1


def test_accuracy_is_that_of_the_model(checkpoints, digits):
    result = evaluate.evaluate(checkpoints / "cnn-digits", limit=24)
    model = evaluate.load(checkpoints / "cnn-digits")
    says = model.classify(data.to_float(digits.images)).argmax(-1)
    assert result["metrics"]["accuracy/cnn"] == pytest.approx(
        np.mean(says == digits.labels), abs=1e-5
    )


def test_gan_test_by_the_judge_beside_the_checkpoint(checkpoints, small):
    result = evaluate.evaluate(checkpoints / "dcgan-digits", names=["gan_test"], limit=24)
    model, judge = (evaluate.load(checkpoints / f"{r}-digits") for r in ("dcgan", "cnn"))
    labels = np.arange(40) % 10
    said = judge.classify(model.decode(model.latents(0, 40), labels)).argmax(-1)
    found = result["metrics"]
    assert found["gan_test"] == pytest.approx(np.mean(said == labels), abs=1e-5)
    # What it is to be read against: the judge's own accuracy on the test images.
    own = evaluate.evaluate(checkpoints / "cnn-digits", limit=24)["metrics"]["accuracy/cnn"]
    assert found["gan_test/judge"] == own
    assert set(found) == {"gan_test", "gan_test/low", "gan_test/high", "gan_test/judge"}


# ---------------------------------------------------------------------------- GAN-train


class Painter:
    """Draws flat grey pictures, darkest for the first of three classes."""

    def __init__(self, config):
        self.config = config

    def latents(self, seed, num):
        return np.random.default_rng(seed).normal(size=(num, 1))

    def decode(self, z, labels):
        grey = labels / 2 * 1.6 - 0.8 + 0.1 * np.tanh(z[:, 0])
        return np.broadcast_to(grey[:, None, None, None], (len(z), 32, 32, 1)).astype(np.float32)


def painted(config, num: int) -> data.Dataset:
    """What `Painter` draws, as a test set of its own."""
    labels = (np.arange(num) % 3).astype(np.int32)
    pictures = Painter(config).decode(np.zeros((num, 1)), labels)
    return data.Dataset("digits", "test", data.to_uint8(pictures), labels, config.class_names)


def test_gan_train_learns_from_samples_and_is_asked_about_test_images(
    small, tiny_config, monkeypatch
):
    cnn = tiny_config("cnn", batch_size=12, num_steps=1000, learning_rate=0.01, augment=False)
    monkeypatch.setattr(systems, "trunk_classifier", lambda dataset: cnn)
    monkeypatch.setattr(evaluate, "_TRAINING_STEPS", 40)
    config = tiny_config("dcgan")
    test = painted(config, 30)
    # No judge is asked. The samples are as the test images are: it learns all there is.
    result = evaluate.gan_train(
        evaluate.Comparison(Painter(config), evaluate.Reference(test, None))
    )
    # 30 right of 30: n / (n + z^2) at the lower end
    assert result == {
        "gan_train": 1,
        "gan_train/low": pytest.approx(30 / (30 + 1.96**2)),
        "gan_train/high": pytest.approx(1),
    }
    # Test images whose classes go by other names: nothing that was learned is right.
    turned = dataclasses.replace(test, labels=(test.labels + 1) % 3)
    result = evaluate.gan_train(
        evaluate.Comparison(Painter(config), evaluate.Reference(turned, None))
    )
    assert result["gan_train"] == 0


# ---------------------------------------------------------------------------- distances


@pytest.fixture(scope="module")
def judge(checkpoints):
    return evaluate.load(checkpoints / "cnn-digits")


class Copyist(Painter):
    """Gives back the pictures of a data set, and a little more in their order."""

    def __init__(self, config, dataset):
        super().__init__(config)
        self.images = data.to_float(dataset.images)

    def latents(self, seed, num):
        return np.arange(num)[:, None]

    def decode(self, z, labels):
        return self.images[z[:, 0]]


def test_distances_are_those_of_the_features(checkpoints, small, digits, judge):
    path = checkpoints / "dcgan-digits"
    found = evaluate.evaluate(path, names=["distances"], limit=24)["metrics"]
    model = evaluate.load(path)
    labels = np.arange(40) % 10
    fake = judge.features(model.decode(model.latents(0, 40), labels))
    real = judge.features(data.to_float(digits.images))
    train = judge.features(data.to_float(data.load("digits").images))
    expected = {
        "fd_dgm": metrics.frechet_distance(real, fake),
        "fd_dgm/floor": metrics.frechet_distance(real, train[:40]),  # as many as samples
        **metrics.manifold_metrics(real, fake),
        **metrics.memorisation(fake, train, real),
    }
    kernel = metrics.kernel_distance(real, fake)
    expected |= dict(zip(("kid_dgm", "kid_dgm/error"), kernel, strict=True))
    for number in range(10):
        of_class = real[digits.labels == number]
        if len(of_class) > 1:  # of one image there is no covariance
            distance = metrics.frechet_distance(of_class, fake[labels == number])
            expected[f"fd_dgm/class/{number}"] = distance
    assert found.keys() == expected.keys()
    assert 10 > sum("class" in name for name in found) > 2
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-4, abs=1e-5), name


def test_distances_of_copies(small, digits, judge, tiny_config, monkeypatch):
    config = tiny_config("dcgan", class_names=digits.class_names)
    monkeypatch.setattr(evaluate, "_NUM_SAMPLES", 24)
    # Of the test images themselves: no distance at all.
    compared = evaluate.Comparison(Copyist(config, digits), evaluate.Reference(digits, judge))
    found = evaluate.distances(compared)
    assert found["fd_dgm"] == pytest.approx(0, abs=1e-6)
    assert found["precision"] == found["recall"] == found["coverage"] == 1
    assert found["nearest_train_ratio"] == pytest.approx(1)
    assert found["fd_dgm/floor"] > 0
    # Of training images: the floor, since it is measured by the same ones; and all are found out.
    compared = evaluate.Comparison(
        Copyist(config, compared.reference.train), evaluate.Reference(digits, judge)
    )
    found = evaluate.distances(compared)
    assert found["fd_dgm"] == found["fd_dgm/floor"]
    assert (found["nearest_train_ratio"], found["copied_share"]) == (0, 1)


def test_what_several_metrics_ask_for_is_computed_once(checkpoints, small, digits, judge):
    model = evaluate.load(checkpoints / "dcgan-digits")
    compared = evaluate.Comparison(model, evaluate.Reference(digits, judge))
    for name in ("samples", "sample_features"):
        assert getattr(compared, name) is getattr(compared, name)
    for name in ("train", "test_features", "train_features"):
        assert getattr(compared.reference, name) is getattr(compared.reference, name)


# ---------------------------------------------------------------------------- without classes


def test_samples_that_cannot_be_asked_for_are_named_by_the_model_itself(checkpoints, digits, judge):
    model = evaluate.load(checkpoints / "improved-gan-digits")
    pictures, labels = evaluate.Comparison(model, evaluate.Reference(digits, judge)).draw(
        30, seed=3
    )
    np.testing.assert_array_equal(pictures, model.decode(model.latents(3, 30), [0] * 30))
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, model.classify(pictures).argmax(-1))
    # One that can be asked for a class is taken at its word.
    model = evaluate.load(checkpoints / "dcgan-digits")
    pictures, labels = evaluate.Comparison(model, evaluate.Reference(digits, judge)).draw(
        30, seed=3
    )
    np.testing.assert_array_equal(labels, np.tile(np.arange(10), 3))
    np.testing.assert_array_equal(pictures, model.decode(model.latents(3, 30), labels))


@pytest.mark.parametrize(
    ("recipe", "with_judge", "without"),
    [
        (
            "cnn",
            ["accuracy", "robustness", "strangeness"],
            ["accuracy", "robustness", "strangeness"],
        ),
        (
            "dcgan",
            ["accuracy", "robustness", "gan_test", "gan_train", "distances", "strangeness"],
            ["accuracy", "robustness", "gan_train", "strangeness"],
        ),
        (
            "improved-gan",
            ["accuracy", "robustness", "gan_test", "gan_train", "distances", "strangeness"],
            ["accuracy", "robustness", "gan_train", "strangeness"],
        ),
        ("wgan-gp", ["gan_test", "gan_train", "distances"], ["gan_train"]),
        (
            "vae",
            ["accuracy", "robustness", "gan_test", "gan_train", "distances", "elbo", "strangeness"],
            ["accuracy", "robustness", "gan_train", "elbo", "strangeness"],
        ),
        # Nobody can say of which class its samples are.
        ("plain", ["distances"], []),
        ("wgan", ["distances"], []),
    ],
)
def test_what_can_be_measured(recipe, with_judge, without, tiny_config, judge):
    config = (
        systems.without_classes(tiny_config("dcgan")) if recipe == "plain" else tiny_config(recipe)
    )
    nets = nnx.eval_shape(lambda: system_of(config).released_nets(config, nnx.Rngs(0)))
    model = Model(config, nets)
    assert evaluate.applicable(model, judge) == with_judge
    assert evaluate.applicable(model, None) == without


def test_all_that_can_be_measured_of_a_model_without_classes(
    checkpoints, small, tmp_path, tiny_config, digits
):
    config = systems.without_classes(
        tiny_config("dcgan", class_names=digits.class_names, channels=1)
    )
    plain = make_release(tmp_path / "dcgan-digits", config)
    found = evaluate.evaluate(plain, limit=24, judge=checkpoints / "cnn-digits")["metrics"]
    # Asked for by name it is refused: labels that no sample was drawn for would give a figure too.
    for name in ("gan_test", "gan_train"):
        with pytest.raises(ValueError, match="no sample of it has a class"):
            evaluate.evaluate(plain, names=[name], limit=24, judge=checkpoints / "cnn-digits")
    assert {"fd_dgm", "kid_dgm", "recall"} <= set(found)
    assert not [name for name in found if "class" in name]


def test_factors_are_those_of_shapes(checkpoints, tmp_path, tiny_config, monkeypatch):
    config = tiny_config("vae", "shapes", class_names=data.SHAPES, channels=3)
    shapes = make_release(tmp_path / "vae-shapes", config)
    assert "factors" in evaluate.applicable(load(shapes), None)
    monkeypatch.setattr(factors, "_NUM_FITTED", 40)
    found = evaluate.evaluate(shapes, names=["factors"], limit=10)["metrics"]
    # It learned nothing; that sliders of one that did are followed is tested beside them.
    assert set(found) == {f"factor_correlation/{name}" for name in data.FACTORS}
    with pytest.raises(ValueError, match="vae-digits has no 'factors': only those of shapes"):
        evaluate.evaluate(checkpoints / "vae-digits", names=["factors"], limit=10)


def test_bound_on_the_likelihood_pays_for_the_class(checkpoints, digits):
    result = evaluate.evaluate(checkpoints / "vae-digits", names=["elbo"], limit=24)["metrics"]
    # log p(x) >= log p(y) + log p(x|y), and p(y) = 1/10
    parts = result["elbo/reconstruction_nats"] - result["elbo/kl_nats"]
    assert result["elbo_nats"] == pytest.approx(parts - np.log(10), rel=1e-4)
    assert result["iwae_nats"] >= result["elbo_nats"]
    bits = -result["elbo_nats"] / (32 * 32) / np.log(2)
    assert result["bits_per_dim"] == pytest.approx(bits, abs=1e-5)


def test_details_are_the_accuracies_told_apart(checkpoints, digits):
    result = evaluate.evaluate(checkpoints / "cnn-digits", names=["accuracy"], limit=24)
    confusion = np.array(result["details"]["confusion"]["cnn"])
    np.testing.assert_array_equal(confusion.sum(1), np.bincount(digits.labels[:24], minlength=10))
    right = np.trace(confusion) / 24
    assert result["metrics"]["accuracy/cnn"] == pytest.approx(right, abs=1e-5)
    count, _, correct = np.transpose(result["details"]["reliability"]["cnn"])
    assert (count.sum(), correct.sum() / 24) == (24, pytest.approx(right))
    assert "details" not in evaluate.evaluate(checkpoints / "vae-digits", names=["elbo"], limit=24)


def test_predictions_are_what_is_said_of_each_image(checkpoints, digits, tmp_path):
    cnn = checkpoints / "cnn-digits"
    evaluate.evaluate(cnn, names=["accuracy"], limit=24, predictions=tmp_path)
    said = evaluate.load(cnn).classify(data.to_float(digits.images[:24]))
    (found,) = release.read_predictions(tmp_path).values()
    np.testing.assert_array_equal(found[:, 0], said.argmax(-1))
    np.testing.assert_allclose(found[:, 1], 100 * said.max(-1), atol=0.51)
    assert release.read_predictions(tmp_path / "elsewhere") == {}


def test_robustness_names_every_harm_and_level(checkpoints, small):
    result = evaluate.evaluate(checkpoints / "cnn-digits", names=["robustness"], limit=24)
    names = set(result["metrics"])
    assert {"robust/cnn/noise-0.2", "robust/cnn/rotation-30", "robust/cnn/blur-1.5"} < names
    assert {"robust/cnn/fgsm-0.0314", "robust/cnn/pgd-0.0314"} < names
    assert len(names) == 3 * (1 + 3) + 2 * (1 + 4)
    for harm, num in (("noise", 8), ("rotation", 8), ("fgsm", 4), ("pgd", 4)):
        some = evaluate.evaluate(checkpoints / "cnn-digits", names=["accuracy"], limit=num)
        unharmed = result["metrics"][f"robust/cnn/{harm}-0"]
        assert unharmed == some["metrics"]["accuracy/cnn"]
    # Eighty decodings an answer: the bounds of a plain VAE are not attacked.
    vae = evaluate.evaluate(checkpoints / "vae-digits", names=["robustness"], limit=2)
    assert {name.split("/")[2].split("-")[0] for name in vae["metrics"]} == {
        "noise",
        "blur",
        "rotation",
    }


def test_strangers_come_in_the_model_s_colours(monkeypatch, tmp_path):
    monkeypatch.setenv("DGM_CACHE_DIR", str(tmp_path))
    shapes = data.load("shapes", "test", limit=2).images
    grey = evaluate.strangers("shapes", 1, 2, None)
    np.testing.assert_allclose(grey[..., 0], shapes.mean(-1), atol=0.5)
    digits = evaluate.strangers("digits", 3, 2, None)
    np.testing.assert_array_equal(digits[..., 0], digits[..., 2])
    noise = evaluate.strangers("noise", 3, 2, None)
    assert (noise.shape, noise.dtype) == ((2, 32, 32, 3), np.uint8)


def test_the_likelihood_of_a_vae_is_a_score_too(checkpoints, small, monkeypatch):
    monkeypatch.setattr(evaluate, "_STRANGERS", ("noise", "digits"))
    vae = evaluate.evaluate(checkpoints / "vae-digits", names=["strangeness"], limit=8)
    noise = "ood_auroc/noise"
    assert set(vae["metrics"]) == {
        f"{noise}{key}" for key in ("/softmax", "/likelihood", "/regret")
    }
    cnn = evaluate.evaluate(checkpoints / "cnn-digits", names=["strangeness"], limit=8)
    assert set(cnn["metrics"]) == {f"{noise}/softmax", f"{noise}/energy"}


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["cnn-digits", "--metrics", "fid"], "no metric 'fid'"),
        (["cnn-digits", "--metrics", "elbo"], "cannot likelihood"),
        (["nothing-here"], "config.json is missing"),
    ],
)
def test_what_cannot_be_measured_is_said(checkpoints, arguments, message, capsys):
    assert evaluate.main([str(checkpoints / arguments[0]), *arguments[1:]]) == 1
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_gan_test_without_a_judge_says_how_to_get_one(checkpoints, tmp_path, tiny_config, digits):
    config = tiny_config("dcgan", class_names=digits.class_names, channels=1)
    lone = make_release(tmp_path / "dcgan-digits", config)
    with pytest.raises(ValueError, match=r"dgm\.train cnn --dataset digits"):
        evaluate.evaluate(lone, names=["gan_test"], limit=24)


def test_distances_without_a_judge_say_how_to_get_one(small, digits, tiny_config):
    compared = evaluate.Comparison(Painter(tiny_config("dcgan")), evaluate.Reference(digits, None))
    with pytest.raises(ValueError, match=r"give --judge, or train one by .*dgm\.train cnn"):
        evaluate.distances(compared)


def test_write_leaves_card_and_figures(checkpoints, small, capsys):
    path = checkpoints / "vae-digits"
    assert evaluate.main([str(path), "--limit", "24", "--write"]) == 0
    result = json.loads((path / "evaluation.json").read_text())
    card = (path / "README.md").read_text()
    assert "python -m dgm.train vae --dataset digits" in card
    assert "2 minutes on 2 CPU cores" in " ".join(card.split())
    names = {name.split("/")[0] for name in result["metrics"]}
    assert names >= {"accuracy", "gan_test", "gan_train", "fd_dgm", "recall", "elbo_nats"}
    for name, value in result["metrics"].items():
        assert f"| `{name}` | {value:.4f} |" in card


def test_what_is_measured_anew_leaves_the_other_figures(checkpoints, small, tmp_path):
    path = shutil.copytree(checkpoints / "vae-digits", tmp_path / "vae-digits")
    file = path / "evaluation.json"
    file.write_text(
        json.dumps(
            {
                "checkpoint": "vae-digits",
                "dataset": "digits",
                "split": "test",
                "num_images": 24,
                "metrics": {"gan_test": 0.5, "elbo_nats": -1.0},
            }
        )
    )
    arguments = [str(path), "--limit", "24", "--write"]
    assert evaluate.main([*arguments, "--metrics", "elbo"]) == 0
    metrics = json.loads(file.read_text())["metrics"]
    assert metrics["gan_test"] == 0.5
    assert metrics["elbo_nats"] < -1
    assert "| `gan_test` | 0.5000 |" in (path / "README.md").read_text()
