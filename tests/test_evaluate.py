import json

import numpy as np
import pytest
from flax import nnx

from dgm import checkpoint, data, evaluate
from dgm.model import SYSTEMS


def release(folder, config, extra=None):
    """A released model of fresh weights, with the record a run would leave."""
    nets = SYSTEMS[config.recipe].released_nets(config, nnx.Rngs(0))
    checkpoint.save_release(folder, config, nets, extra or {})
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
    for recipe in ("vae", "cnn", "dcgan"):
        config = tiny_config(recipe, class_names=digits.class_names, channels=1)
        release(folder / f"{recipe}-digits", config)
    return folder


def test_json_is_one_object_on_stdout(checkpoints, capsys):
    path = checkpoints / "cnn-digits"
    assert evaluate.main([str(path), "--limit", "24", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["checkpoint"] == "cnn-digits"
    assert (result["dataset"], result["split"], result["num_images"]) == ("digits", "test", 24)
    metrics = result["metrics"]
    low, share, high = (metrics[f"accuracy/cnn{part}"] for part in ("/low", "", "/high"))
    assert 0 <= low <= share <= high <= 1


def test_accuracy_is_that_of_the_model(checkpoints, digits):
    result = evaluate.evaluate(checkpoints / "cnn-digits", limit=24)
    model = evaluate.load(checkpoints / "cnn-digits")
    says = model.classify(data.to_float(digits.images)).argmax(-1)
    assert result["metrics"]["accuracy/cnn"] == pytest.approx(
        np.mean(says == digits.labels), abs=1e-5
    )


def test_gan_test_by_the_judge_beside_the_checkpoint(checkpoints, monkeypatch):
    monkeypatch.setattr(evaluate, "_NUM_SAMPLES", 40)
    result = evaluate.evaluate(checkpoints / "dcgan-digits", names=["gan_test"], limit=24)
    model, judge = (evaluate.load(checkpoints / f"{r}-digits") for r in ("dcgan", "cnn"))
    labels = np.arange(40) % 10
    said = judge.classify(model.decode(model.latents(0, 40), labels)).argmax(-1)
    assert result["metrics"]["gan_test"] == pytest.approx(np.mean(said == labels), abs=1e-5)


def test_bound_on_the_likelihood_pays_for_the_class(checkpoints, digits):
    result = evaluate.evaluate(checkpoints / "vae-digits", names=["elbo"], limit=24)["metrics"]
    # log p(x) >= log p(y) + log p(x|y), and p(y) = 1/10
    parts = result["elbo/reconstruction_nats"] - result["elbo/kl_nats"]
    assert result["elbo_nats"] == pytest.approx(parts - np.log(10), rel=1e-4)
    assert result["iwae_nats"] >= result["elbo_nats"]
    bits = -result["elbo_nats"] / (32 * 32) / np.log(2)
    assert result["bits_per_dim"] == pytest.approx(bits, abs=1e-5)


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
    lone = release(tmp_path / "dcgan-digits", config)
    with pytest.raises(ValueError, match=r"dgm\.train cnn --dataset digits"):
        evaluate.evaluate(lone, names=["gan_test"], limit=24)


def test_write_leaves_card_and_figures(checkpoints, capsys):
    path = checkpoints / "vae-digits"
    assert evaluate.main([str(path), "--limit", "24", "--write"]) == 0
    result = json.loads((path / "evaluation.json").read_text())
    card = (path / "README.md").read_text()
    assert "python -m dgm.train vae --dataset digits" in card
    assert "2 minutes on 2 CPU cores" in " ".join(card.split())
    for name, value in result["metrics"].items():
        assert f"| `{name}` | {value:.4f} |" in card
