"""Tables of measured figures, in Markdown."""

import json
from collections.abc import Sequence
from pathlib import Path

from dgm import data
from dgm.evaluation.literature import REPORTED, remark
from dgm.evaluation.ood import NOISE
from dgm.evaluation.rows import Row, is_off_budget

Figures = dict[str, float]

# --- cells -------------------------------------------------------------------------------------


def minutes(seconds: float) -> str:
    """How many minutes, as text: whole ones, of less than one its tenths."""
    return f"{seconds / 60:.{0 if seconds >= 60 else 1}f}"


def number_cell(figures: Figures, name: str, form: str) -> str:
    """A figure, or a dash where it was not measured."""
    return format(figures[name], form) if name in figures else "–"


def share_cell(figures: Figures, name: str) -> str:
    """A share with its 95 % interval, or a dash where it was not measured."""
    if name not in figures:
        return "–"
    return f"{figures[name]:.1%} ({figures[f'{name}/low']:.1%} – {figures[f'{name}/high']:.1%})"


def measured_methods(figures: Figures) -> list[str]:
    """The methods of classifying whose accuracy was measured, the model's own first."""
    names = [name.split("/") for name in figures if name.startswith("accuracy/")]
    return [parts[1] for parts in names if len(parts) == 2]


def accuracy_cell(figures: Figures) -> str:
    """Test accuracy of a model's own method of classifying, and which method that is."""
    for method in measured_methods(figures):
        return f"{share_cell(figures, f'accuracy/{method}')} by `{method}`"
    return "–"


def row_title(name: str, row: Row) -> str:
    """What a row is called."""
    images = f", {row['images']:,} images" if is_off_budget(row) else ""
    labels = f", {row['labels']} labels" if row["labels"] else ""
    return f"`{row.get('name', name)}`{images}{labels}"


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; "" without rows."""
    lines = [heads, *rows]
    text = [f"| {' | '.join(line)} |" for line in lines]
    text.insert(1, f"|{'---|' * len(heads)}")
    return "\n".join(text) + "\n" if rows else ""


# --- tables ------------------------------------------------------------------------------------

_HEADS = ("recipe", "accuracy", "GAN-test", "GAN-train", "FD-dgm", "KID-dgm × 1000", "precision")
_HEADS += ("recall", "density", "coverage", "copied", "bits/dim", "minutes")


def recipe_table(rows: dict[str, Row]) -> str:
    """A row a recipe, or a model, of one data set."""
    lines = []
    for recipe, row in rows.items():
        if "failed" in row:
            line = [f"`{recipe}`", f"diverged: {row['failed']}"]
            lines.append(line + [""] * (len(_HEADS) - len(line)))
            continue
        figures = row["metrics"]
        thousandfold = {name: 1000 * value for name, value in figures.items()}
        shares = ("precision", "recall", "density", "coverage")
        lines.append(
            [
                row_title(recipe, row),
                accuracy_cell(figures),
                share_cell(figures, "gan_test"),
                share_cell(figures, "gan_train"),
                number_cell(figures, "fd_dgm", ".3g"),
                number_cell(thousandfold, "kid_dgm", ".2f"),
                *(number_cell(figures, name, ".2f") for name in shares),
                number_cell(figures, "copied_share", ".1%"),
                number_cell(figures, "bits_per_dim", ".2f"),
                minutes(row["seconds"]),
            ]
        )
    return _markdown(_HEADS, lines)


def literature_table(dataset: str, rows: dict[str, Row]) -> str:
    """The papers' figures beside ours, and why they differ; "" where there are none."""
    lines = []
    for (reported_on, recipe), reported in REPORTED.items():
        same = {name: row for name, row in rows.items() if row.get("recipe", name) == recipe}
        for figure, (share, source) in reported.items() if reported_on == dataset else ():
            for name, row in same.items():
                ours = row.get("metrics", {})
                names = [n for n in ours if n == figure or n.startswith(f"{figure}/")]
                if names:
                    here, there = f"{ours[names[0]]:.1%}", f"{share:.1%} ({source})"
                    why = remark(dataset, recipe)
                    lines.append([row_title(name, row), figure, here, there, why])
    return _markdown(("recipe", "figure", "here", "in the paper", "why they differ"), lines)


# Of the corruptions that were measured, the one of each kind that the table of methods shows.
_CORRUPTIONS = {
    "noise 10 %": "noise-0.1",
    "blur 1 px": "blur-1.0",
    "turned 20°": "rotation-20",
    "FGSM 2/255": "fgsm-0.0078",
    "PGD 2/255": "pgd-0.0078",
}
_OOD_KINDS = (NOISE, "shapes", "fashion_mnist")


def methods_table(checkpoints: Path, dataset: str) -> str:
    """Every method of classifying of every shipped model of a data set, from its evaluation.json;
    "" where there is none."""
    kinds = [kind for kind in _OOD_KINDS if kind != dataset]
    titles = [kind if kind == NOISE else data.spec(kind).title for kind in kinds]
    lines = []
    for file in sorted(checkpoints.glob("*/evaluation.json")):
        result = json.loads(file.read_text())
        figures = result["metrics"]
        methods = measured_methods(figures) if result["dataset"] == dataset else []
        for method in methods:
            # A model has one score that ships; it stands with the method that it stands beside.
            scored = figures if method == methods[0] else {}
            lines.append(
                [
                    f"`{result['checkpoint']}`",
                    f"`{method}`",
                    share_cell(figures, f"accuracy/{method}"),
                    number_cell(figures, f"ece/{method}", ".1%"),
                    *(
                        number_cell(figures, f"robust/{method}/{name}", ".1%")
                        for name in _CORRUPTIONS.values()
                    ),
                    *(number_cell(scored, f"ood_auroc/{kind}", ".3f") for kind in kinds),
                    *(number_cell(scored, f"ood_auroc/{kind}/softmax", ".3f") for kind in kinds),
                ]
            )
    heads = ["model", "method", "accuracy", "calibration error", *_CORRUPTIONS]
    heads += [f"AUROC {title}" for title in titles]
    heads += [f"{title}, by softmax" for title in titles]
    return _markdown(heads, lines)


def page_table(folder: Path) -> str:
    """What the benchmarks of the page found; "" where there is nothing."""
    lines = []
    for file in sorted(folder.glob("*.json")):
        kept = json.loads(file.read_text())
        found = dict(kept["found"])
        if "model_ms" in found:
            # What a picture takes but for drawing and encoding it: the network, the web server and
            # its queue, the browser and the wait for its next frame.
            rest = found["p50_ms"] - found["model_ms"] - found["encoding_ms"]
            found["network_and_browser_ms"] = round(rest, 2)
            parts = ("model_ms", "encoding_ms", "network_and_browser_ms")
            slowest = max(parts, key=lambda part: found[part])
            found["limit"] = slowest.removesuffix("_ms").replace("_", " ")
        figures = [f"{n.replace('_', ' ')} {v}" for n, v in found.items() if v is not None]
        command = f"`{kept['command']}`, {kept['hardware']}"
        lines.append([kept["title"], ", ".join(figures), command])
    return _markdown(("what", "found", "by"), lines)
