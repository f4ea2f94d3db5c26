"""`python -m dgm.evaluate`: what it prints and writes."""

import json
import shutil

import pytest

from dgm.evaluate import main


def test_json_is_one_object_on_stdout(checkpoints, capsys):
    path = checkpoints / "cnn-digits"
    assert main([str(path), "--limit", "24", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["checkpoint"] == "cnn-digits"
    assert (result["dataset"], result["split"], result["num_images"]) == ("digits", "test", 24)
    found = result["metrics"]
    low, share, high = (found[f"accuracy/cnn{part}"] for part in ("/low", "", "/high"))
    assert 0 <= low <= share <= high <= 1


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["cnn-digits", "--metrics", "fid"], "no metric 'fid'"),
        (["cnn-digits", "--metrics", "elbo"], "cannot likelihood"),
        (["nothing-here"], "config.json is missing"),
    ],
)
def test_what_cannot_be_measured_is_said(checkpoints, arguments, message, capsys):
    assert main([str(checkpoints / arguments[0]), *arguments[1:]]) == 1
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_write_leaves_card_and_figures(checkpoints, small, capsys):
    path = checkpoints / "vae-digits"
    assert main([str(path), "--limit", "24", "--write"]) == 0
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
    assert main([*arguments, "--metrics", "elbo"]) == 0
    metrics = json.loads(file.read_text())["metrics"]
    assert metrics["gan_test"] == 0.5
    assert metrics["elbo_nats"] < -1
    assert "| `gan_test` | 0.5000 |" in (path / "README.md").read_text()
