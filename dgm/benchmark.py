"""`python -m dgm.benchmark --dataset NAME`: all recipes on one data set, with the same budget.

Every recipe is trained until its D, encoder or classifier has been shown the same number of real
images, and evaluated on the test split. `results/DATASET/RECIPE.json` then holds what was measured,
from which alone RESULTS.md is written. What is done already is not done again. With another
`--images` than that budget a row is written to `RECIPE-IMAGES.json` and stands in a table apart.
Where the judge of samples has changed, `--judge-again` measures anew what rests on it.
"""

import argparse
import dataclasses
import functools
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dgm import data, systems, viz
from dgm.evaluate import (
    JUDGED,
    Reference,
    applicable,
    evaluate,
    gan_train_of_real,
    minutes,
    write,
)
from dgm.model import load
from dgm.release import find_reference_classifier
from dgm.systems import abilities
from dgm.training.loop import train
from dgm.training.records import read_metrics
from dgm.training.trainer import TrainingDivergedError

# Real images a recipe is shown: some two and a half epochs of grey ones, four and a half in colour.
_BUDGETS = {"cifar10": 224_000}
_OTHER_BUDGET = 160_000
_SHEET_COLUMNS = 20  # samples a recipe in the picture of all, two of each class
_SHEET_SCALE = 2  # screen pixels a pixel

# What the papers report: {(data set, recipe): {metric: (share, where)}}.
_SHMELKOV = "Shmelkov 2018"
ANCHORS = {
    ("cifar10", "dcgan"): {"gan_train": (0.65, _SHMELKOV)},
    ("cifar10", "wgan-gp"): {"gan_train": (0.795, _SHMELKOV)},
    ("cifar10", "sngan"): {"gan_train": (0.822, _SHMELKOV), "gan_test": (0.873, _SHMELKOV)},
    ("mnist", "improved-gan"): {"accuracy": (0.9907, "Salimans 2016")},
    ("cifar10", "improved-gan"): {"accuracy": (0.8137, "Salimans 2016")},
}
# Why ours differ from those, by recipe, or by data set and recipe.
REMARKS = {
    (
        "mnist",
        "improved-gan",
    ): "The paper's D, noise and weight norm; trained for less long, and on "
    "one choice of ten images a class.",
    "dcgan": "Ours is smaller and trained for less long, but its D has a class head.",
    "wgan-gp": "Ours is smaller and trained for less long; a critic that moves five times for each "
    "move of G spends a small budget quickly.",
    "sngan": "Ours is smaller, without residual blocks, and trained for less long.",
    "improved-gan": "Ours is trained for less long; batch norm and shifted pictures stand in the "
    "place of the paper's noise and weight norm.",
}


def _draws(recipe: str, dataset: str) -> bool:
    return "sample" in abilities(systems.recipe(recipe, dataset)).capabilities


def num_steps(config: systems.Config, images: int) -> int:
    """Steps in which a recipe is shown so many real images, those with a label apart."""
    return max(1, round(images / (config.batch_size * config.updates_a_step)))


def measure(
    recipe: str, dataset: str, images: int, out: Path, judge: Path, data_dir: Path | None
) -> dict:
    """Train and evaluate one recipe; an interrupted run goes on, a finished one is not repeated."""
    config = systems.recipe(recipe, dataset)
    config = dataclasses.replace(config, num_steps=num_steps(config, images))
    command = f"python -m dgm.train {recipe} --dataset {dataset} --steps {config.num_steps}"
    folder = out / config.name
    try:
        result = train(config, folder, data_dir=data_dir, resume=True, command=command)
    except TrainingDivergedError as error:
        return {"command": command, "failed": str(error)}
    if not result["finished"]:
        raise KeyboardInterrupt
    header, records = read_metrics(folder / "metrics.jsonl")
    measured = evaluate(
        folder,
        data_dir=data_dir,
        judge=judge,
        without=("robustness", "strangeness"),
        predictions=folder,
    )
    write(folder, measured)  # so that the folder is one that can be released
    return {
        "command": header["command"],
        "hardware": header["hardware"],
        "seconds": records[-1]["seconds"],
        "images": records[-1]["images"],
        "labels": config.labels_per_class * len(header["config"]["class_names"]),
        "num_parameters": load(folder).num_parameters,
        "split": measured["split"],
        "num_images": measured["num_images"],
        "metrics": measured["metrics"],
    }


def model_of(row: dict, recipe: str, dataset: str, runs: Path, checkpoints: Path) -> Path | None:
    """The folder of the model that a row was measured of: the run, or what ships of it."""
    for folder in (runs, runs / str(row["budget"]), checkpoints):
        folder = folder / f"{recipe}-{dataset}"
        if (folder / "model.safetensors").exists():
            header, records = read_metrics(folder / "metrics.jsonl")
            same = (header["command"], records[-1]["seconds"]) == (row["command"], row["seconds"])
            if same:
                return folder
    return None


def judge_again(
    dataset: str, judge: Path, runs: Path, results: Path, checkpoints: Path, data_dir: Path | None
) -> None:
    """Measure anew what rests on the judge of samples, of every row and of every shipped model."""
    reference = Reference(data.load(dataset, "test", data_dir=data_dir), load(judge), data_dir)

    @functools.cache
    def judged(folder: Path) -> dict[str, float]:
        names = [name for name in applicable(load(folder), reference.judge) if name in JUDGED]
        return evaluate(folder, names=names, reference=reference)["metrics"]

    for file in sorted((results / dataset).glob("*.json")):
        row = json.loads(file.read_text())
        if "fd_dgm" not in row.get("metrics", {}):
            continue
        recipe = file.stem.removesuffix(f"-{row['budget']}")
        folder = model_of(row, recipe, dataset, runs, checkpoints)
        if folder is None:
            print(
                f"{file} still rests on the judge before, its model is not at hand: delete the row "
                "and it is trained again",
                file=sys.stderr,
            )
            continue
        row["metrics"] |= judged(folder)
        file.write_text(json.dumps(row, indent=1) + "\n")
    for file in sorted(checkpoints.glob(f"*-{dataset}/evaluation.json")):
        result = json.loads(file.read_text())
        if "fd_dgm" in result["metrics"]:
            result["metrics"] |= judged(file.parent)
            write(file.parent, result)


# --- what is written ---------------------------------------------------------------------------


def share_cell(metrics: dict[str, float], name: str) -> str:
    """A share with its 95 % interval, or a dash where it was not measured."""
    if name not in metrics:
        return "–"
    return f"{metrics[name]:.1%} ({metrics[f'{name}/low']:.1%} – {metrics[f'{name}/high']:.1%})"


def _number(metrics: dict[str, float], name: str, form: str) -> str:
    return format(metrics[name], form) if name in metrics else "–"


def accuracy_cell(metrics: dict[str, float]) -> str:
    """Test accuracy of a model's own way of classifying, and which way that is."""
    name = next((n for n in metrics if n.startswith("accuracy/") and n.count("/") == 1), None)
    return f"{share_cell(metrics, name)} by `{name.split('/')[1]}`" if name else "–"


def read(folder: Path) -> dict[str, dict]:
    """Recipe -> what was measured of it on one data set, in the order of history."""
    files = {recipe: folder / f"{recipe}.json" for recipe in systems.RECIPES}
    return {r: json.loads(file.read_text()) for r, file in files.items() if file.exists()}


def _is_other(row: dict) -> bool:
    """Was it shown another number of real images than the budget, beyond what rounding to steps
    makes of it?"""
    return abs(row["images"] - row["budget"]) > 0.01 * row["budget"]


def read_others(folder: Path, checkpoints: Path, budget: int) -> dict[str, dict]:
    """Name -> what was measured of one data set's recipes after another number of images than
    `budget`, and of models that ship after one and draw; in the order of history."""
    dataset, order = folder.name, list(systems.RECIPES)
    rows = {}
    for file in folder.glob("*-*.json"):
        recipe, _, images = file.stem.rpartition("-")
        if recipe in order and images.isdigit():
            row = json.loads(file.read_text())
            rows[file.stem] = row | {"budget": budget, "recipe": recipe, "name": recipe}
    for file in checkpoints.glob(f"*-{dataset}/evaluation.json"):
        _, records = read_metrics(file.parent / "metrics.jsonl")
        config = systems.read_config((file.parent / "config.json").read_text())
        row = {
            "budget": budget,
            "labels": config.labels_per_class * config.num_classes,
            "metrics": json.loads(file.read_text())["metrics"],
            "recipe": config.recipe,
            "name": file.parent.name,
            **{name: records[-1][name] for name in ("images", "seconds")},
        }
        is_row = any(
            (one["recipe"], one["seconds"]) == (row["recipe"], row["seconds"])
            for one in rows.values()
        )
        if "sample" in abilities(config).capabilities and _is_other(row) and not is_row:
            rows[file.parent.name] = row
    return dict(
        sorted(rows.items(), key=lambda item: (order.index(item[1]["recipe"]), item[1]["images"]))
    )


def _title(name: str, row: dict) -> str:
    """What a row is called."""
    images = f", {row['images']:,} images" if _is_other(row) else ""
    labels = f", {row['labels']} labels" if row["labels"] else ""
    return f"`{row.get('name', name)}`{images}{labels}"


def table(rows: dict[str, dict]) -> str:
    """Markdown: a row a recipe, or a model, of one data set."""
    lines = [
        "| recipe | accuracy | GAN-test | GAN-train | FD-dgm | KID-dgm × 1000 | precision | recall "
        "| density | coverage | copied | bits/dim | minutes |",
        "|---|" + "---|" * 12,
    ]
    for recipe, row in rows.items():
        if "failed" in row:
            lines.append(f"| `{recipe}` | diverged: {row['failed']} |" + " |" * 11)
            continue
        m = row["metrics"]
        kid = f"{1000 * m['kid_dgm']:.2f}" if "kid_dgm" in m else "–"
        cells = [
            _title(recipe, row),
            accuracy_cell(m),
            share_cell(m, "gan_test"),
            share_cell(m, "gan_train"),
            _number(m, "fd_dgm", ".3g"),
            kid,
            *(_number(m, name, ".2f") for name in ("precision", "recall", "density", "coverage")),
            _number(m, "copied_share", ".1%"),
            _number(m, "bits_per_dim", ".2f"),
            minutes(row["seconds"]),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def anchors(dataset: str, rows: dict[str, dict]) -> str:
    """Markdown: the papers' figures beside ours, and why they differ."""
    lines = []
    for (where_from, recipe), figures in ANCHORS.items():
        if where_from != dataset:
            continue
        remark = REMARKS.get((dataset, recipe)) or REMARKS[recipe]
        own = {name: row for name, row in rows.items() if row.get("recipe", name) == recipe}
        for figure, (share, where) in figures.items():
            for name, row in own.items():
                m = row.get("metrics", {})
                here = next((m[n] for n in m if n == figure or n.startswith(f"{figure}/")), None)
                if here is not None:
                    lines.append(
                        f"| {_title(name, row)} | {figure} | {here:.1%} | {share:.1%} ({where}) "
                        f"| {remark} |"
                    )
    if not lines:
        return ""
    head = "| recipe | figure | here | in the paper | why they differ |\n|---|---|---|---|---|\n"
    return head + "\n".join(lines) + "\n"


# Of the harms that were measured, the one of each kind that the table of ways shows.
_HARMS = {
    "noise 10 %": "noise-0.1",
    "blur 1 px": "blur-1.0",
    "turned 20°": "rotation-20",
    "FGSM 2/255": "fgsm-0.0078",
    "PGD 2/255": "pgd-0.0078",
}
_STRANGERS = {"noise": "noise", "shapes": "shapes", "Fashion-MNIST": "fashion_mnist"}


def ways(checkpoints: Path, dataset: str) -> str:
    """Markdown: every way of classifying of every shipped model of a data set, from its
    evaluation.json; empty where there is none."""
    strangers = {title: name for title, name in _STRANGERS.items() if name != dataset}
    lines = []
    for file in sorted(checkpoints.glob("*/evaluation.json")):
        result = json.loads(file.read_text())
        m = result["metrics"]
        if result["dataset"] != dataset:
            continue
        names = [n for n in m if n.startswith("accuracy/") and n.count("/") == 1]
        for name in names:
            way = name.split("/")[1]
            # A model has one score that ships; it stands with the way that it stands beside.
            own = way == names[0].split("/")[1]
            cells = [
                f"`{result['checkpoint']}`",
                f"`{way}`",
                share_cell(m, name),
                _number(m, f"ece/{way}", ".1%"),
                *(_number(m, f"robust/{way}/{harm}", ".1%") for harm in _HARMS.values()),
                *(_number(m, f"ood_auroc/{n}", ".3f") if own else "–" for n in strangers.values()),
                *(
                    _number(m, f"ood_auroc/{n}/softmax", ".3f") if own else "–"
                    for n in strangers.values()
                ),
            ]
            lines.append("| " + " | ".join(cells) + " |")
    if not lines:
        return ""
    heads = ["model", "way", "accuracy", "calibration error", *_HARMS]
    heads += [f"AUROC {title}" for title in strangers]
    heads += [f"{title}, by softmax" for title in strangers]
    return f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}\n" + "\n".join(lines) + "\n"


def few_images(result: dict) -> str:
    """What `python -m benchmarks.few_images` found, in words."""
    real, mixed = (np.mean(result[name]) for name in ("real", "real_and_samples"))
    low, high = (100 * end for end in result["gain/interval"])
    verdict = "a gain" if low > 0 else "a loss" if high < 0 else "no gain beyond chance"
    return (
        f"A classifier trained on {result['per_class']} real images a class reads {real:.1%} of "
        "the test images; on those and samples of a GAN that was trained on them alone, "
        f"{mixed:.1%}: {100 * result['gain']:+.1f} points (95 % interval {low:+.1f} to "
        f"{high:+.1f}, {len(result['real'])} seeds), {verdict}. `{result['command']}`\n"
    )


_LEGEND = """\
*Accuracy* is that of the model's own way of classifying, on the whole test split. *GAN-test*: how
many of 10,000 samples a classifier trained on real images reads right. *GAN-train*: the test
accuracy of a classifier trained on 50,000 samples alone; it asks for variety too. That classifier
is small and trained for 2,000 steps: what it reaches on real training images stands above each
table, and no generator should be expected to beat it. *FD-dgm* and *KID-dgm* are Fréchet and kernel
distance between 10,000 samples and the test split in the features of the project's own classifier,
so they are no FID and no KID and compare with nothing outside of this page. *Precision*, *recall*
(Kynkäänniemi 2019), *density*, *coverage* (Naeem 2020) in the same features, k = 5. *Copied*: the
share of samples nearer to a training image than 99 % of test images are; 1 % is what unseen
pictures have. Shares come with 95 % intervals over test images or samples, not over runs: every row
is one run of one seed."""


_WAYS = """\
Every way of classifying of the shipped models, each trained for as long as its card tells; `python
-m dgm.evaluate checkpoints/NAME --json` measures a row. *Calibration error*: the expected one, 15
bins, after the temperature that was fitted on held-out training images, where it was. Then the
accuracy on the first 1,000 test images made harder to read, of the first 250 under attack (FGSM,
PGD of ten steps, each against the way's own gradient). *AUROC*: how well the score of "none of
these" that ships tells pictures of another kind from test images, and beside it how well the
largest probability does."""


_PAGE = """\
The page and its visitors on one machine, over loopback, nothing else running but where it says so.
*model* and *encoding* are what the server does for one picture; *way and browser* is what is left
of the median: the network, the web server and its queue, the browser and the wait for its next
frame. *limit* is the largest of the three."""


def page(folder: Path) -> str:
    """Markdown: what the benchmarks of the page found; empty where there is nothing."""
    lines = []
    for file in sorted(folder.glob("*.json")):
        kept = json.loads(file.read_text())
        found = dict(kept["found"])
        if "model_ms" in found:
            # What a picture takes but for drawing and encoding it: the network, the web server and
            # its queue, the browser and the wait for its next frame.
            rest = found["p50_ms"] - found["model_ms"] - found["encoding_ms"]
            found["way_and_browser_ms"] = round(rest, 2)
            parts = ("model_ms", "encoding_ms", "way_and_browser_ms")
            found["limit"] = max(parts, key=found.get).removesuffix("_ms").replace("_", " ")
        figures = ", ".join(
            f"{name.replace('_', ' ')} {value}"
            for name, value in found.items()
            if value is not None
        )
        lines.append(f"| {kept['title']} | {figures} | `{kept['command']}`, {kept['hardware']} |")
    return "| what | found | by |\n|---|---|---|\n" + "\n".join(lines) + "\n" if lines else ""


def report(results: Path, checkpoints: Path) -> str:
    """RESULTS.md, from results/DATASET/RECIPE.json and checkpoints/NAME/evaluation.json alone."""
    parts = [
        "# Results\n\nEvery recipe, trained on the same number of real images with nets of the\n"
        "same widths, by `python -m dgm.benchmark --dataset NAME`, which also writes this file.\n\n"
        + _LEGEND
        + "\n"
    ]
    for dataset in data.DATASETS:
        rows = read(results / dataset)
        if not rows:
            continue
        measured = [row for row in rows.values() if "metrics" in row]
        hardware = " and ".join(sorted({row["hardware"] for row in measured}))
        budget = next(iter(rows.values()))["budget"]
        floors = [r["metrics"]["fd_dgm/floor"] for r in measured if "fd_dgm" in r["metrics"]]
        judges = {m["gan_test/judge"] for row in measured if "gan_test" in (m := row["metrics"])}
        judge = "".join(
            f" GAN-test's classifier reads {share:.1%} of the real test images." for share in judges
        )
        of_real = [f"FD-dgm {floor:.3g}" for floor in floors[:1]]
        file = results / dataset / "real.json"
        if file.exists():
            of_real.append(f"GAN-train {share_cell(json.loads(file.read_text()), 'gan_train')}")
        stand_in = f" Real training images as samples: {', '.join(of_real)}." if of_real else ""
        parts.append(
            f"\n## {dataset}\n\n{budget:,} real images a recipe, on {hardware}; "
            f"`python -m dgm.benchmark --dataset {dataset} --images {budget}`."
            + stand_in
            + judge
            + f"\n\n{table(rows)}"
        )
        others = read_others(results / dataset, checkpoints, budget)
        if others:
            parts.append(
                "\nAfter another number of images: models that ship, whose cards have the\n"
                "commands, and recipes by `--recipes RECIPE --images N`.\n\n" + table(others)
            )
        if anchors(dataset, rows | others):
            parts.append("\n" + anchors(dataset, rows | others))
        few = results / dataset / "few_images.json"
        if few.exists():
            parts.append(f"\n{few_images(json.loads(few.read_text()))}")
        if (results / f"{dataset}.webp").exists():
            parts.append(f"\n![samples of every recipe](results/{dataset}.webp)\n")
    tables = {dataset: ways(checkpoints, dataset) for dataset in data.DATASETS}
    if any(tables.values()):
        parts.append(f"\n# Ways of classifying\n\n{_WAYS}\n")
        parts += [f"\n## {name}: ways\n\n{text}" for name, text in tables.items() if text]
    if of_page := page(results / "page"):
        parts.append(f"\n# The page\n\n{_PAGE}\n\n{of_page}")
    return "".join(parts)


def sheet(folders: list[Path]) -> Image.Image:
    """A row of samples a model, its recipe's name above them."""
    strips = []
    for folder in folders:
        model = load(folder)
        pictures = model.sample(
            0, np.arange(_SHEET_COLUMNS) % model.config.num_classes, _SHEET_COLUMNS
        )
        strip = viz.grid(pictures, _SHEET_COLUMNS, gap=0).convert("RGB")
        strips.append((model.config.recipe, strip))
    width, height = (_SHEET_SCALE * side for side in strips[0][1].size)
    label = 22
    out = Image.new("RGB", (width, len(strips) * (height + label)), "white")
    draw, font = ImageDraw.Draw(out), ImageFont.load_default(15)
    for i, (name, strip) in enumerate(strips):
        top = i * (height + label)
        draw.text((2, top + 2), name, "black", font)
        out.paste(strip.resize((width, height), Image.Resampling.NEAREST), (0, top + label))
    return out


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m dgm.benchmark",
        description="Train and evaluate all recipes on one data set; write RESULTS.md.",
    )
    parser.add_argument("--dataset", help=f"one of {', '.join(data.DATASETS)}")
    parser.add_argument(
        "--images",
        type=int,
        help="real images a recipe (those of the rows that are there; else "
        f"{_OTHER_BUDGET:,}, cifar10 {_BUDGETS['cifar10']:,})",
    )
    parser.add_argument("--recipes", help=f"some of {','.join(systems.RECIPES)} (all)")
    parser.add_argument("--data-dir", type=Path, help="folder that holds the official files")
    parser.add_argument("--judge", type=Path, help="classifier of samples (that in checkpoints/)")
    parser.add_argument(
        "--judge-again",
        action="store_true",
        help="train nothing: measure what rests on the judge anew, of rows and shipped models",
    )
    parser.add_argument("--runs", type=Path, default=Path("runs/benchmark"), help="where to train")
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument(
        "--checkpoints", type=Path, default=Path("checkpoints"), help="models that ship"
    )
    options = parser.parse_args(arguments)
    if options.dataset:
        recipes = options.recipes.split(",") if options.recipes else list(systems.RECIPES)
        judge = options.judge or find_reference_classifier(options.checkpoints, options.dataset)
        if judge is None:
            parser.error(
                f"samples need a classifier to judge them: there is no cnn-{options.dataset} in "
                f"{options.checkpoints}; train one and name it by --judge"
            )
        folder = options.results / options.dataset
        folder.mkdir(parents=True, exist_ok=True)
        # The first rows decide what the budget of the table is.
        there = next(iter(read(folder).values()), {})
        usual = _BUDGETS.get(options.dataset, _OTHER_BUDGET)
        budget = there.get("budget") or options.images or usual
        images = options.images or budget
        is_other = images != budget
        runs = options.runs / str(images) if is_other else options.runs
        try:
            if options.judge_again:
                where = options.runs, options.results, options.checkpoints
                judge_again(options.dataset, judge, *where, options.data_dir)
                recipes = []
            for recipe in recipes:
                file = folder / (f"{recipe}-{images}.json" if is_other else f"{recipe}.json")
                if file.exists():
                    continue
                row = measure(recipe, options.dataset, images, runs, judge, options.data_dir)
                file.write_text(json.dumps({"budget": images} | row, indent=1) + "\n")
            if not (folder / "real.json").exists():
                of_real = gan_train_of_real(options.dataset, options.data_dir)
                (folder / "real.json").write_text(json.dumps(of_real, indent=1) + "\n")
        except KeyboardInterrupt:
            print("stopped; the same command goes on", file=sys.stderr)
            return 130
        except (ValueError, FileNotFoundError, data.DataUnavailableError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        drawing = {
            recipe: model_of(row, recipe, options.dataset, options.runs, options.checkpoints)
            for recipe, row in read(folder).items()
            if "metrics" in row and _draws(recipe, options.dataset)
        }
        gone = [recipe for recipe, found in drawing.items() if found is None]
        if gone:
            print(
                f"{options.results / options.dataset}.webp is left as it is: the models of "
                f"{', '.join(gone)} are neither in {options.runs} nor in {options.checkpoints}",
                file=sys.stderr,
            )
        elif drawing:
            sheet(list(drawing.values())).save(
                options.results / f"{options.dataset}.webp", quality=80
            )
    (options.results.parent / "RESULTS.md").write_text(report(options.results, options.checkpoints))
    return 0


if __name__ == "__main__":
    sys.exit(main())
