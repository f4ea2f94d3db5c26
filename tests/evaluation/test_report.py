"""RESULTS.md, from rows and the figures of shipped models."""

import json

from dgm.evaluation import literature
from dgm.evaluation.report import report
from dgm.evaluation.tables import methods_table, page_table

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


def write(folder, recipe, row):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{recipe}.json").write_text(json.dumps(row))


def test_the_report_is_what_was_measured(tmp_path):
    write(tmp_path / "cifar10", "sngan", ROW)
    write(tmp_path / "cifar10", "gan", {"budget": 640, "failed": "a loss is no finite number"})
    text = report(tmp_path, tmp_path / "none")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    # History's order, though the files are read in another.
    assert [row.split("`")[1] for row in rows] == ["gan", "sngan", "sngan"]
    assert "diverged: a loss is no finite number" in rows[0]
    assert "50.0% (40.0% – 60.0%)" in rows[1]
    assert "| 3.25 | 2.00 | – | 0.75 |" in rows[1]  # no precision was measured
    assert rows[1].endswith("| 2 |")  # minutes
    # The paper's figure stands beside ours, with a reason.
    assert "| gan_train | 50.0% | 82.2% (Shmelkov 2018) |" in rows[2]
    assert literature.REMARKS["sngan"] in rows[2]
    assert "640 real images a recipe, on 2 CPU cores" in text
    assert "Real training images as samples: FD-dgm 0.25." in text
    assert "mnist" not in text


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
    text = report(tmp_path, tmp_path / "ship")
    rows = [
        line
        for line in text.split("\n# Methods")[0].splitlines()
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


def test_methods_of_classifying_stand_as_they_were_measured(tmp_path):
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
    table = methods_table(tmp_path, "mnist").splitlines()
    assert len(table) == 4  # head, rule, and two methods of one model
    rows = [dict(zip(table[0].split(" | "), line.split(" | "), strict=True)) for line in table[2:]]
    assert [row["method"] for row in rows] == ["`head`", "`features`"]
    assert rows[0]["accuracy"] == "90.0% (88.0% – 92.0%)"
    assert rows[0]["calibration error"] == "1.2%"
    assert (rows[0]["PGD 2/255"], rows[1]["PGD 2/255"]) == ("25.0%", "–")
    # The score is the model's: it stands once.
    assert (rows[0]["AUROC Shapes"], rows[1]["AUROC Shapes"]) == ("0.987", "–")
    assert rows[0]["Shapes, by softmax"] == "0.765"
    assert methods_table(tmp_path, "fashion_mnist") == ""
    assert "## cifar10: methods" in report(tmp_path / "none", tmp_path)


def test_what_the_page_was_measured_at_names_its_limit(tmp_path):
    assert page_table(tmp_path / "page") == ""
    kept = {
        "title": "Slider to new picture",
        "command": "python -m benchmarks.slider --drags 2",
        "hardware": "2 CPU cores",
        "found": {"p50_ms": 17.0, "first_error": None, "model_ms": 3.5, "encoding_ms": 1.0},
    }
    write(tmp_path / "page", "slider", kept)
    write(tmp_path / "page", "startup", kept | {"found": {"seconds": 4.5}})
    slider, startup = page_table(tmp_path / "page").splitlines()[2:]
    assert slider == (
        "| Slider to new picture | p50 ms 17.0, model ms 3.5, encoding ms 1.0, network and "
        "browser ms 12.5, limit network and browser | `python -m benchmarks.slider --drags 2`, 2 "
        "CPU cores |"
    )
    assert "| seconds 4.5 |" in startup
    assert "# The page" in report(tmp_path, tmp_path / "none")


def test_every_reported_figure_has_its_reason():
    alone = {pair for pair in literature.REMARKS if isinstance(pair, tuple)}
    assert alone <= set(literature.REPORTED)
    recipes = {recipe for _, recipe in literature.REPORTED}
    assert recipes == set(literature.REMARKS) - alone
