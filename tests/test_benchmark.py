"""All recipes on one data set: budgets, what is measured, and the page that is written from it."""

import json
import shutil

import pytest
from steps import put_recipes
from test_evaluate import release

from dgm import benchmark, data, evaluate, systems

ROW = {
    "budget": 640,
    "command": "python -m dgm.train sngan --dataset cifar10 --steps 10",
    "hardware": "2 CPU cores",
    "seconds": 120.0,
    "images": 640,
    "labels": 0,
    "num_parameters": 10,
    "split": "test",
    "num_images": 100,
    "metrics": {
        "gan_train": 0.5,
        "gan_train/low": 0.4,
        "gan_train/high": 0.6,
        "fd_dgm": 3.25,
        "fd_dgm/floor": 0.25,
        "kid_dgm": 0.002,
        "recall": 0.75,
    },
}


@pytest.mark.parametrize("recipe", systems.RECIPES)
def test_every_recipe_is_shown_the_same_number_of_real_images(recipe):
    config = systems.recipe(recipe, "cifar10")
    steps = benchmark.num_steps(config, 320_000)
    assert steps * config.batch_size * config.discriminator_steps == 320_000


def write(folder, recipe, row):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{recipe}.json").write_text(json.dumps(row))


def test_the_report_is_what_was_measured(tmp_path):
    write(tmp_path / "cifar10", "sngan", ROW)
    write(tmp_path / "cifar10", "gan", {"budget": 640, "failed": "a loss is no finite number"})
    text = benchmark.report(tmp_path, tmp_path / "none")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    # History's order, though the files are read in another.
    assert [row.split("`")[1] for row in rows] == ["gan", "sngan", "sngan"]
    assert "diverged: a loss is no finite number" in rows[0]
    assert "50.0% (40.0% – 60.0%)" in rows[1]
    assert "| 3.25 | 2.00 | – | 0.75 |" in rows[1]  # no precision was measured
    assert rows[1].endswith("| 2 |")  # minutes
    # The paper's figure stands beside ours, with a reason.
    assert "| gan_train | 50.0% | 82.2% (Shmelkov 2018) |" in rows[2]
    assert benchmark.REMARKS["sngan"] in rows[2]
    assert "640 real images a recipe, on 2 CPU cores" in text
    assert "Real training images as samples: FD-dgm 0.25." in text
    assert "mnist" not in text


def test_ways_of_classifying_stand_as_they_were_measured(tmp_path):
    measured = {
        "accuracy/head": 0.9,
        "accuracy/head/low": 0.88,
        "accuracy/head/high": 0.92,
        "ece/head": 0.0123,
        "accuracy/features": 0.8,
        "accuracy/features/low": 0.78,
        "accuracy/features/high": 0.82,
        "robust/head/pgd-0.0078": 0.25,
        "ood_auroc/shapes": 0.987,
        "ood_auroc/shapes/softmax": 0.765,
    }
    for name, dataset in (("dcgan-mnist", "mnist"), ("dcgan-cifar10", "cifar10")):
        folder = tmp_path / name
        folder.mkdir()
        result = {"checkpoint": name, "dataset": dataset, "metrics": measured}
        (folder / "evaluation.json").write_text(json.dumps(result))
    table = benchmark.ways(tmp_path, "mnist").splitlines()
    assert len(table) == 4  # head, rule, and two ways of one model
    rows = [dict(zip(table[0].split(" | "), line.split(" | "), strict=True)) for line in table[2:]]
    assert [row["way"] for row in rows] == ["`head`", "`features`"]
    assert rows[0]["accuracy"] == "90.0% (88.0% – 92.0%)"
    assert rows[0]["calibration error"] == "1.2%"
    assert (rows[0]["PGD 2/255"], rows[1]["PGD 2/255"]) == ("25.0%", "–")
    # The score is the model's: it stands once.
    assert (rows[0]["AUROC shapes"], rows[1]["AUROC shapes"]) == ("0.987", "–")
    assert rows[0]["shapes, by softmax"] == "0.765"
    assert benchmark.ways(tmp_path, "fashion_mnist") == ""
    assert "## cifar10: ways" in benchmark.report(tmp_path / "none", tmp_path)


def test_rows_of_another_number_of_images_stand_apart(tmp_path, tiny_config):
    metrics = {"accuracy/head": 0.75, "accuracy/head/low": 0.7, "accuracy/head/high": 0.8}
    shown = {"sngan": 1_000, "dcgan": 1_280, "gan": 640, "cnn": 2_000, "vae": 900}
    for recipe, images in shown.items():
        folder = tmp_path / "ship" / f"{recipe}-cifar10"
        folder.mkdir(parents=True)
        config = tiny_config(recipe, labels_per_class=2 if recipe == "dcgan" else 0)
        (folder / "config.json").write_text(config.to_json())
        (folder / "evaluation.json").write_text(
            json.dumps({"checkpoint": folder.name, "dataset": "cifar10", "metrics": metrics})
        )
        records = [{"config": {}}, {"step": 1, "images": images, "seconds": 90.0}]
        (folder / "metrics.jsonl").write_text("\n".join(json.dumps(r) for r in records))
    write(tmp_path / "cifar10", "sngan", ROW)
    write(tmp_path / "cifar10", "sngan-900", ROW | {"budget": 900, "images": 900})
    # The run that ships: it stands once.
    write(tmp_path / "cifar10", "vae-900", ROW | {"budget": 900, "images": 900, "seconds": 90.0})
    text = benchmark.report(tmp_path, tmp_path / "ship")
    rows = [
        line
        for line in text.split("\n# Ways")[0].splitlines()
        if line.startswith("| `") and " images" in line[:50]
    ]
    # The cnn draws nothing; gan saw no more than the budget.
    assert [row.split(" | ")[0] for row in rows] == [
        "| `dcgan-cifar10`, 1,280 images, 6 labels",
        "| `sngan`, 900 images",
        "| `sngan-cifar10`, 1,000 images",
        "| `vae`, 900 images",
        # Beside the paper's figure, of what has it.
        "| `sngan`, 900 images",
    ]
    assert "75.0% (70.0% – 80.0%) by `head`" in rows[0]
    assert "| `sngan` |" in text  # the row of the benchmark is of the budget


def test_what_the_page_was_measured_at_names_its_limit(tmp_path):
    assert benchmark.page(tmp_path / "page") == ""
    kept = {
        "title": "Slider to new picture",
        "command": "python -m benchmarks.slider --drags 2",
        "hardware": "2 CPU cores",
        "found": {"p50_ms": 17.0, "first_error": None, "model_ms": 3.5, "encoding_ms": 1.0},
    }
    write(tmp_path / "page", "slider", kept)
    write(tmp_path / "page", "startup", kept | {"found": {"seconds": 4.5}})
    slider, startup = benchmark.page(tmp_path / "page").splitlines()[2:]
    assert slider == (
        "| Slider to new picture | p50 ms 17.0, model ms 3.5, encoding ms 1.0, way and browser ms "
        "12.5, limit way and browser | `python -m benchmarks.slider --drags 2`, 2 CPU cores |"
    )
    assert "| seconds 4.5 |" in startup
    assert "# The page" in benchmark.report(tmp_path, tmp_path / "none")


def test_every_anchor_has_its_reason():
    alone = {pair for pair in benchmark.REMARKS if isinstance(pair, tuple)}
    assert alone <= set(benchmark.ANCHORS)
    recipes = {recipe for _, recipe in benchmark.ANCHORS}
    assert recipes == set(benchmark.REMARKS) - alone


@pytest.fixture
def arguments(tmp_path, tiny_config, monkeypatch):
    monkeypatch.setattr(evaluate, "_NUM_SAMPLES", 60)
    monkeypatch.setattr(evaluate, "_NUM_TRAINING_SAMPLES", 60)
    monkeypatch.setattr(evaluate, "_TRAINING_STEPS", 1)
    monkeypatch.setattr(evaluate, "_NUM_STRANGERS", 8)
    names = data.load("digits", "test", limit=1).class_names
    tiny = {name: tiny_config(name, class_names=names, channels=1) for name in ("cnn", "gan")}
    monkeypatch.setattr(systems, "trunk_classifier", lambda _: tiny["cnn"])
    put_recipes(monkeypatch, tiny)
    judge = release(tmp_path / "cnn-digits", tiny["cnn"])
    return [
        *("--dataset", "digits", "--images", "8", "--recipes", "gan", "--judge", str(judge)),
        *("--runs", str(tmp_path / "runs"), "--results", str(tmp_path / "results")),
        *("--checkpoints", str(tmp_path / "none")),
    ]


def test_a_recipe_is_trained_measured_and_not_repeated(arguments, tmp_path):
    assert benchmark.main(arguments) == 0
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
    assert benchmark.main(arguments) == 0
    assert file.stat().st_mtime_ns == stamp
    # A row of another number of images does not compare with it, and stands apart.
    arguments[3] = "16"
    assert benchmark.main(arguments) == 0
    other = json.loads((tmp_path / "results" / "digits" / "gan-16.json").read_text())
    assert (other["images"], file.stat().st_mtime_ns) == (16, stamp)
    text = (tmp_path / "RESULTS.md").read_text()
    assert text.count("| `gan` |") == text.count("| `gan`, 16 images |") == 1
    # The budget is that of the rows that are there.
    del arguments[2:4]
    assert benchmark.main(arguments) == 0
    assert {f.name for f in file.parent.glob("gan*")} == {"gan.json", "gan-16.json"}


def test_a_new_judge_judges_again_what_is_there(arguments, tmp_path, tiny_config, capsys):
    assert benchmark.main(arguments) == 0
    rows = tmp_path / "results" / "digits"
    before = json.loads((rows / "gan.json").read_text())
    run = tmp_path / "runs" / "gan-digits"
    shipped = tmp_path / "none" / "gan-digits"
    shutil.copytree(run, shipped)
    # A row of a model that is nowhere
    write(rows, "gan-99", before | {"budget": 99, "seconds": 1.5})
    sheet = tmp_path / "results" / "digits.webp"
    stamp = sheet.stat().st_mtime_ns

    config = systems.recipe("cnn", "digits")
    judge = release(tmp_path / "cnn-digits", config, seed=7)
    assert benchmark.main([*arguments, "--judge-again"]) == 0
    after = json.loads((rows / "gan.json").read_text())
    assert after["metrics"]["fd_dgm"] != before["metrics"]["fd_dgm"]
    # What does not rest on the judge stays.
    assert after["metrics"]["gan_train"] == before["metrics"]["gan_train"]
    assert {**after, "metrics": 0} == {**before, "metrics": 0}
    assert json.loads((shipped / "evaluation.json").read_text())["metrics"] == after["metrics"]
    assert f"{after['metrics']['fd_dgm']:.4f}" in (shipped / "README.md").read_text()
    assert "gan-99.json still rests on the judge before" in capsys.readouterr().err
    assert json.loads((rows / "gan-99.json").read_text())["metrics"] == before["metrics"]

    # The same figures as by evaluate, which knows of no other model.
    alone = evaluate.evaluate(run, names=["gan_test", "distances"], judge=judge)["metrics"]
    assert after["metrics"] | alone == after["metrics"]

    # Where the run is gone, what ships of it stands for it; where both are, the picture is kept.
    shutil.rmtree(run)
    assert benchmark.main(arguments) == 0
    assert sheet.stat().st_mtime_ns > stamp
    stamp = sheet.stat().st_mtime_ns
    shutil.rmtree(shipped)
    assert benchmark.main(arguments) == 0
    assert sheet.stat().st_mtime_ns == stamp
    assert "left as it is: the models of gan are" in capsys.readouterr().err
