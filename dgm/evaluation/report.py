"""RESULTS.md, from measured figures alone."""

import json
from pathlib import Path

import numpy as np

from dgm import data
from dgm.evaluation import tables
from dgm.evaluation.rows import Row, read_other_rows, read_rows

_LEGEND = """\
*Accuracy* is that of the model's own method of classifying, on the whole test split. *GAN-test*:
how many of 10,000 samples a classifier trained on real images reads right. *GAN-train*: the test
accuracy of a classifier trained on 50,000 samples alone; it asks for variety too. That classifier
is small and trained for 2,000 steps: what it reaches on real training images stands above each
table, and no generator should be expected to beat it. *FD-dgm* and *KID-dgm* are Fréchet and kernel
distance between 10,000 samples and the test split in the features of the project's own classifier,
so they are no FID and no KID and compare with nothing outside of this page. *Precision*, *recall*
(Kynkäänniemi 2019), *density*, *coverage* (Naeem 2020) in the same features, k = 5. *Copied*: the
share of samples nearer to a training image than 99 % of test images are; 1 % is what unseen
pictures have. Shares come with 95 % intervals over test images or samples, not over runs: every row
is one run of one seed."""

_METHODS = """\
Every method of classifying of the shipped models, each trained for as long as its card tells;
`python -m dgm.evaluate checkpoints/NAME --json` measures a row. *Calibration error*: the expected
one, 15 bins, after the temperature that was fitted on held-out training images, where it was. Then
the accuracy on the first 1,000 test images, corrupted, and on the first 250 under attack (FGSM, PGD
of ten steps, each against the method's own gradient). *AUROC*: how well the score of "none of
these" that ships tells out-of-distribution pictures from test images, and beside it how well the
largest probability does."""

_PAGE = """\
The page and its visitors on one machine, over loopback, nothing else running but where it says so.
*model* and *encoding* are what the server does for one picture; *network and browser* is what is
left of the median: the network, the web server and its queue, the browser and the wait for its next
frame. *limit* is the largest of the three."""


def report(results: Path, checkpoints: Path) -> str:
    """RESULTS.md, from results/DATASET/RECIPE.json and checkpoints/NAME/evaluation.json alone."""
    parts = [
        "# Results\n\nEvery recipe, trained on the same number of real images with nets of the\n"
        "same widths, by `python -m dgm.benchmark --dataset NAME`, which also writes this file.\n\n"
        + _LEGEND
        + "\n"
    ]
    for dataset in data.DATASETS:
        rows = read_rows(results / dataset)
        if rows:
            parts += _of_dataset(dataset, rows, results, checkpoints)
    by_dataset = {name: tables.methods_table(checkpoints, name) for name in data.DATASETS}
    if any(by_dataset.values()):
        parts.append(f"\n# Methods of classifying\n\n{_METHODS}\n")
        parts += [f"\n## {name}: methods\n\n{text}" for name, text in by_dataset.items() if text]
    if of_page := tables.page_table(results / "page"):
        parts.append(f"\n# The page\n\n{_PAGE}\n\n{of_page}")
    return "".join(parts)


def _of_dataset(dataset: str, rows: dict[str, Row], results: Path, checkpoints: Path) -> list[str]:
    """The chapter of one data set."""
    budget = next(iter(rows.values()))["budget"]
    parts = [
        f"\n## {dataset}\n\n{_conditions(dataset, rows, budget, results / dataset / 'real.json')}"
        f"\n\n{tables.recipe_table(rows)}"
    ]
    others = read_other_rows(results / dataset, checkpoints, budget)
    if others:
        parts.append(
            "\nAfter another number of images: models that ship, whose cards have the\n"
            "commands, and recipes by `--recipes RECIPE --images N`.\n\n"
            + tables.recipe_table(others)
        )
    if literature := tables.literature_table(dataset, rows | others):
        parts.append(f"\n{literature}")
    few = results / dataset / "few_images.json"
    if few.exists():
        parts.append(f"\n{few_images(json.loads(few.read_text()))}")
    if (results / f"{dataset}.webp").exists():
        parts.append(f"\n![samples of every recipe](results/{dataset}.webp)\n")
    return parts


def _conditions(dataset: str, rows: dict[str, Row], budget: int, of_real: Path) -> str:
    """Under which the rows of a data set were measured, and what real images reach."""
    measured = [row for row in rows.values() if "metrics" in row]
    hardware = " and ".join(sorted({row["hardware"] for row in measured}))
    text = (
        f"{budget:,} real images a recipe, on {hardware}; "
        f"`python -m dgm.benchmark --dataset {dataset} --images {budget}`."
    )
    floors = [row["metrics"]["fd_dgm/floor"] for row in measured if "fd_dgm" in row["metrics"]]
    real = [f"FD-dgm {floor:.3g}" for floor in floors[:1]]
    if of_real.exists():
        share = tables.share_cell(json.loads(of_real.read_text()), "gan_train")
        real.append(f"GAN-train {share}")
    if real:
        text += f" Real training images as samples: {', '.join(real)}."
    figures = [row["metrics"] for row in measured]
    for share in {found["gan_test/judge"] for found in figures if "gan_test" in found}:
        text += f" GAN-test's classifier reads {share:.1%} of the real test images."
    return text


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
