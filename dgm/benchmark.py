"""`python -m dgm.benchmark --dataset NAME`: all recipes on one data set, with the same budget.

What is measured is written to `results/DATASET/RECIPE.json`, from which alone RESULTS.md is
written. What is done already is not done again. With another `--images` than the budget a row is
written to `RECIPE-IMAGES.json` and stands in a table apart. Where the classifier that reads samples
has changed, `--remeasure` measures anew what rests on it.
"""

import argparse
import sys
from pathlib import Path

from dgm import systems
from dgm.data import DATASETS, DataUnavailableError
from dgm.evaluation.benchmark import BUDGETS, OTHER_BUDGET, Benchmark
from dgm.evaluation.report import report
from dgm.release import find_reference_classifier


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dgm.benchmark",
        description="Train and evaluate all recipes on one data set; write RESULTS.md.",
    )
    parser.add_argument("--dataset", help=f"one of {', '.join(DATASETS)}")
    budgets = ", ".join(f"{name} {images:,}" for name, images in BUDGETS.items())
    parser.add_argument(
        "--images",
        type=int,
        help="real images a recipe (those of the rows that are there; else "
        f"{OTHER_BUDGET:,}, {budgets})",
    )
    parser.add_argument("--recipes", help=f"some of {','.join(systems.RECIPES)} (all)")
    parser.add_argument("--data-dir", type=Path, help="folder that holds the official files")
    parser.add_argument(
        "--reference", type=Path, help="classifier that reads samples (that in checkpoints/)"
    )
    parser.add_argument(
        "--remeasure",
        action="store_true",
        help="train nothing: measure what rests on this classifier anew, of rows and shipped "
        "models",
    )
    parser.add_argument("--runs", type=Path, default=Path("runs/benchmark"), help="where to train")
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument(
        "--checkpoints", type=Path, default=Path("checkpoints"), help="models that ship"
    )
    return parser


def main(arguments: list[str] | None = None) -> int:
    parser = make_parser()
    options = parser.parse_args(arguments)
    if options.dataset:
        folder, dataset = options.checkpoints, options.dataset
        classifier = options.reference or find_reference_classifier(folder, dataset)
        if classifier is None:
            parser.error(
                f"samples need a classifier to read them: there is no cnn-{dataset} in {folder}; "
                "train one and name it by --reference"
            )
        benchmark = Benchmark(
            dataset, classifier, options.runs, options.results, folder, options.data_dir
        )
        recipes = options.recipes.split(",") if options.recipes else list(systems.RECIPES)
        try:
            if options.remeasure:
                benchmark.remeasure()
                recipes = []
            benchmark.run(recipes, options.images)
        except KeyboardInterrupt:
            print("stopped; the same command goes on", file=sys.stderr)
            return 130
        except (ValueError, FileNotFoundError, DataUnavailableError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        benchmark.draw_samples()
    (options.results.parent / "RESULTS.md").write_text(report(options.results, options.checkpoints))
    return 0


if __name__ == "__main__":
    sys.exit(main())
