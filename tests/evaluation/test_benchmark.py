"""All recipes on one data set: trained with one budget, measured, and not repeated."""

import json
import shutil

import pytest
from releases import make_release
from steps import put_recipes

from dgm import data, systems
from dgm.benchmark import main
from dgm.evaluation import benchmark, comparison, ood, samples
from dgm.evaluation.measure import evaluate


@pytest.mark.parametrize("recipe", systems.RECIPES)
def test_every_recipe_is_shown_the_same_number_of_real_images(recipe):
    config = systems.recipe(recipe, "cifar10")
    steps = benchmark.num_steps(config, 320_000)
    assert steps * config.batch_size * config.updates_a_step == 320_000


@pytest.fixture
def arguments(tmp_path, tiny_config, monkeypatch):
    monkeypatch.setattr(comparison, "NUM_SAMPLES", 60)
    monkeypatch.setattr(samples, "NUM_TRAINING_SAMPLES", 60)
    monkeypatch.setattr(samples, "TRAINING_STEPS", 1)
    monkeypatch.setattr(ood, "NUM_IMAGES", 8)
    names = data.load("digits", "test", limit=1).class_names
    tiny = {name: tiny_config(name, class_names=names, channels=1) for name in ("cnn", "gan")}
    monkeypatch.setattr(systems, "trunk_classifier", lambda _: tiny["cnn"])
    put_recipes(monkeypatch, tiny)
    classifier = make_release(tmp_path / "cnn-digits", tiny["cnn"])
    return [
        *(
            "--dataset",
            "digits",
            "--images",
            "8",
            "--recipes",
            "gan",
            "--reference",
            str(classifier),
        ),
        *("--runs", str(tmp_path / "runs"), "--results", str(tmp_path / "results")),
        *("--checkpoints", str(tmp_path / "none")),
    ]


def test_a_recipe_is_trained_measured_and_not_repeated(arguments, tmp_path):
    assert main(arguments) == 0
    file = tmp_path / "results" / "digits" / "gan.json"
    row = json.loads(file.read_text())
    assert row["images"] == row["budget"] == 8
    assert row["command"] == "python -m dgm.train gan --dataset digits --steps 2"
    assert {"gan_test", "gan_train", "fd_dgm", "recall", "copied_share"} <= set(row["metrics"])
    assert (tmp_path / "results" / "digits.webp").exists()
    # The run's folder is one to release, with the same figures.
    released = json.loads((tmp_path / "runs" / "gan-digits" / "evaluation.json").read_text())
    assert released["metrics"] == row["metrics"]
    assert "gan-digits" in (tmp_path / "runs" / "gan-digits" / "README.md").read_text()
    assert "`gan`" in (tmp_path / "RESULTS.md").read_text()
    real = json.loads((tmp_path / "results" / "digits" / "real.json").read_text())
    assert real["gan_train/low"] < real["gan_train"] < real["gan_train/high"]
    assert f", GAN-train {real['gan_train']:.1%} (" in (tmp_path / "RESULTS.md").read_text()

    stamp = file.stat().st_mtime_ns
    assert main(arguments) == 0
    assert file.stat().st_mtime_ns == stamp
    # A row of another number of images does not compare with it, and stands apart.
    arguments[3] = "16"
    assert main(arguments) == 0
    other = json.loads((tmp_path / "results" / "digits" / "gan-16.json").read_text())
    assert (other["images"], file.stat().st_mtime_ns) == (16, stamp)
    text = (tmp_path / "RESULTS.md").read_text()
    assert text.count("| `gan` |") == text.count("| `gan`, 16 images |") == 1
    # The budget is that of the rows that are there.
    del arguments[2:4]
    assert main(arguments) == 0
    assert {f.name for f in file.parent.glob("gan*")} == {"gan.json", "gan-16.json"}


def test_what_rests_on_the_classifier_is_measured_anew(arguments, tmp_path, tiny_config, capsys):
    assert main(arguments) == 0
    rows = tmp_path / "results" / "digits"
    before = json.loads((rows / "gan.json").read_text())
    run = tmp_path / "runs" / "gan-digits"
    shipped = tmp_path / "none" / "gan-digits"
    shutil.copytree(run, shipped)
    # A row of a model that is nowhere
    lost = before | {"budget": 99, "seconds": 1.5}
    (rows / "gan-99.json").write_text(json.dumps(lost))
    grid = tmp_path / "results" / "digits.webp"
    stamp = grid.stat().st_mtime_ns

    config = systems.recipe("cnn", "digits")
    classifier = make_release(tmp_path / "cnn-digits", config, seed=7)
    assert main([*arguments, "--remeasure"]) == 0
    after = json.loads((rows / "gan.json").read_text())
    assert after["metrics"]["fd_dgm"] != before["metrics"]["fd_dgm"]
    # What does not rest on the classifier stays.
    assert after["metrics"]["gan_train"] == before["metrics"]["gan_train"]
    assert {**after, "metrics": 0} == {**before, "metrics": 0}
    assert json.loads((shipped / "evaluation.json").read_text())["metrics"] == after["metrics"]
    assert f"{after['metrics']['fd_dgm']:.4f}" in (shipped / "README.md").read_text()
    assert "gan-99.json still rests on the classifier before" in capsys.readouterr().err
    assert json.loads((rows / "gan-99.json").read_text())["metrics"] == before["metrics"]

    # The same figures as by evaluate, which knows of no other model.
    alone = evaluate(run, names=["gan_test", "distances"], classifier=classifier)["metrics"]
    assert after["metrics"] | alone == after["metrics"]

    # Where the run is gone, what ships of it stands for it; where both are, the picture is kept.
    shutil.rmtree(run)
    assert main(arguments) == 0
    assert grid.stat().st_mtime_ns > stamp
    stamp = grid.stat().st_mtime_ns
    shutil.rmtree(shipped)
    assert main(arguments) == 0
    assert grid.stat().st_mtime_ns == stamp
    assert "left as it is: the models of gan are" in capsys.readouterr().err
