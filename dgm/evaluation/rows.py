"""What was measured of recipes on one data set, as files: `results/DATASET/RECIPE.json`."""

import json
from pathlib import Path

from dgm import systems
from dgm.training.records import read_metrics

Row = dict  # {"budget", "command", "seconds", "images", "labels", "metrics", …}, or {"failed"}


def read_rows(folder: Path) -> dict[str, Row]:
    """Recipe -> what was measured of it on one data set, in the order of history."""
    files = {recipe: folder / f"{recipe}.json" for recipe in systems.RECIPES}
    return {r: json.loads(file.read_text()) for r, file in files.items() if file.exists()}


def is_off_budget(row: Row) -> bool:
    """Was it shown another number of real images than the budget, beyond what rounding to steps
    makes of it?"""
    return abs(row["images"] - row["budget"]) > 0.01 * row["budget"]


def read_other_rows(folder: Path, checkpoints: Path, budget: int) -> dict[str, Row]:
    """Name -> what was measured of one data set's recipes after another number of images than
    `budget`, and of models that ship after one and draw; in the order of history."""
    order = list(systems.RECIPES)
    rows = {}
    for file in folder.glob("*-*.json"):
        recipe, _, images = file.stem.rpartition("-")
        if recipe in order and images.isdigit():
            row = json.loads(file.read_text())
            rows[file.stem] = row | {"budget": budget, "recipe": recipe, "name": recipe}
    measured = {(row["recipe"], row["seconds"]) for row in rows.values()}
    for file in checkpoints.glob(f"*-{folder.name}/evaluation.json"):
        config = systems.read_config((file.parent / "config.json").read_text())
        row = _row_of_release(file, config) | {"budget": budget}
        draws = "sample" in systems.abilities(config).capabilities
        if draws and is_off_budget(row) and (row["recipe"], row["seconds"]) not in measured:
            rows[file.parent.name] = row
    return dict(
        sorted(rows.items(), key=lambda item: (order.index(item[1]["recipe"]), item[1]["images"]))
    )


def _row_of_release(file: Path, config: systems.Config) -> Row:
    """The row of a shipped model, from its evaluation.json."""
    _, records = read_metrics(file.parent / "metrics.jsonl")
    return {
        "labels": config.labels_per_class * config.num_classes,
        "metrics": json.loads(file.read_text())["metrics"],
        "recipe": config.recipe,
        "name": file.parent.name,
        **{name: records[-1][name] for name in ("images", "seconds")},
    }
