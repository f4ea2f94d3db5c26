"""All recipes on one data set with the same budget: trained, measured, kept as rows.

Every recipe is trained until its D, encoder or classifier has been shown the same number of real
images, and evaluated on the test split. `results/DATASET/RECIPE.json` then holds what was measured.
What is done already is not done again. With another number of images than the budget a row is
written to `RECIPE-IMAGES.json`.
"""

import dataclasses
import functools
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dgm import data, systems, viz
from dgm.evaluation.card import write
from dgm.evaluation.comparison import Reference
from dgm.evaluation.measure import METRICS, applicable, evaluate
from dgm.evaluation.rows import Row, read_rows
from dgm.evaluation.samples import gan_train_of_real
from dgm.model import load
from dgm.training.loop import train
from dgm.training.records import read_metrics
from dgm.training.trainer import TrainingDivergedError

# Real images a recipe is shown: some two and a half epochs of grey ones, four and a half in colour.
BUDGETS = {"cifar10": 224_000}
OTHER_BUDGET = 160_000
_GRID_COLUMNS = 20  # samples a recipe in the picture of all, two of each class
_GRID_SCALE = 2  # screen pixels a pixel
_LABEL_HEIGHT = 22  # screen pixels


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """The rows of one data set, and where they are made."""

    dataset: str
    classifier: Path  # the reference classifier, a released one
    runs: Path = Path("runs/benchmark")  # where recipes are trained
    results: Path = Path("results")  # where rows are kept, as DATASET/RECIPE.json
    checkpoints: Path = Path("checkpoints")  # models that ship
    data_dir: Path | None = None  # with the official files, see `data.load`

    @property
    def folder(self) -> Path:
        return self.results / self.dataset

    def budget(self, images: int | None = None) -> int:
        """Real images a recipe: what the first rows have, else `images`, else what is usual."""
        there = next(iter(read_rows(self.folder).values()), {})
        return there.get("budget") or images or BUDGETS.get(self.dataset, OTHER_BUDGET)

    def run(self, recipes: list[str], images: int | None = None) -> None:
        """Train and measure recipes whose rows are not there yet, and the real images once.

        Args:
            images: real images a recipe; None for the budget.

        Raises:
            KeyboardInterrupt: it was stopped; called again, it goes on.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        budget = self.budget(images)
        images = images or budget
        for recipe in recipes:
            name = recipe if images == budget else f"{recipe}-{images}"
            file = self.folder / f"{name}.json"
            if not file.exists():
                runs = self.runs if images == budget else self.runs / str(images)
                row = {"budget": images} | self.measure(recipe, images, runs)
                file.write_text(json.dumps(row, indent=1) + "\n")
        real = self.folder / "real.json"
        if not real.exists():
            figures = gan_train_of_real(self.dataset, self.data_dir)
            real.write_text(json.dumps(figures, indent=1) + "\n")

    def measure(self, recipe: str, images: int, runs: Path) -> Row:
        """Train and evaluate one recipe; an interrupted run goes on, a finished one is not
        repeated."""
        config = systems.recipe(recipe, self.dataset)
        config = dataclasses.replace(config, num_steps=num_steps(config, images))
        command = (
            f"python -m dgm.train {recipe} --dataset {self.dataset} --steps {config.num_steps}"
        )
        folder = runs / config.name
        try:
            result = train(config, folder, data_dir=self.data_dir, resume=True, command=command)
        except TrainingDivergedError as error:
            return {"command": command, "failed": str(error)}
        if not result["finished"]:
            raise KeyboardInterrupt
        header, records = read_metrics(folder / "metrics.jsonl")
        measured = evaluate(
            folder,
            data_dir=self.data_dir,
            classifier=self.classifier,
            without=("robustness", "ood"),
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

    def model_of(self, row: Row, recipe: str) -> Path | None:
        """The folder of the model that a row was measured of: the run, or what ships of it."""
        for folder in (self.runs, self.runs / str(row["budget"]), self.checkpoints):
            folder = folder / f"{recipe}-{self.dataset}"
            if (folder / "model.safetensors").exists():
                header, records = read_metrics(folder / "metrics.jsonl")
                made = (header["command"], records[-1]["seconds"])
                if made == (row["command"], row["seconds"]):
                    return folder
        return None

    def remeasure(self) -> None:
        """Measure anew what rests on the reference classifier, of every row and shipped model."""
        test = data.load(self.dataset, "test", data_dir=self.data_dir)
        reference = Reference(test, load(self.classifier), self.data_dir)

        @functools.cache
        def figures(folder: Path) -> dict[str, float]:
            names = applicable(load(folder), reference.classifier)
            names = [name for name in names if METRICS[name].needs_classifier]
            return evaluate(folder, names=names, reference=reference)["metrics"]

        for file in sorted(self.folder.glob("*.json")):
            row = json.loads(file.read_text())
            if "fd_dgm" not in row.get("metrics", {}):
                continue
            folder = self.model_of(row, file.stem.removesuffix(f"-{row['budget']}"))
            if folder is None:
                print(
                    f"{file} still rests on the classifier before, its model is not at hand: "
                    "delete the row and it is trained again",
                    file=sys.stderr,
                )
                continue
            row["metrics"] |= figures(folder)
            file.write_text(json.dumps(row, indent=1) + "\n")
        for file in sorted(self.checkpoints.glob(f"*-{self.dataset}/evaluation.json")):
            result = json.loads(file.read_text())
            if "fd_dgm" in result["metrics"]:
                result["metrics"] |= figures(file.parent)
                write(file.parent, result)

    def draw_samples(self) -> None:
        """Write results/DATASET.webp, samples of every row's model; as long as one of these models
        is nowhere, the picture is left as it is."""
        file = self.results / f"{self.dataset}.webp"
        folders = {
            recipe: self.model_of(row, recipe)
            for recipe, row in read_rows(self.folder).items()
            if "metrics" in row and draws(recipe, self.dataset)
        }
        gone = [recipe for recipe, folder in folders.items() if folder is None]
        if gone:
            print(
                f"{file} is left as it is: the models of {', '.join(gone)} are neither in "
                f"{self.runs} nor in {self.checkpoints}",
                file=sys.stderr,
            )
        elif folders:
            sample_grid([folder for folder in folders.values() if folder]).save(file, quality=80)


def draws(recipe: str, dataset: str) -> bool:
    """Whether models of a recipe draw pictures."""
    return "sample" in systems.abilities(systems.recipe(recipe, dataset)).capabilities


def num_steps(config: systems.Config, images: int) -> int:
    """Steps in which a recipe is shown so many real images, those with a label apart."""
    return max(1, round(images / (config.batch_size * config.updates_a_step)))


def sample_grid(folders: list[Path]) -> Image.Image:
    """A row of samples a model, its recipe's name above them."""
    strips = []
    for folder in folders:
        model = load(folder)
        labels = np.arange(_GRID_COLUMNS) % model.config.num_classes
        pictures = model.sample(0, labels, _GRID_COLUMNS)
        strip = viz.grid(pictures, _GRID_COLUMNS, gap=0).convert("RGB")
        strips.append((model.config.recipe, strip))
    width, height = (_GRID_SCALE * side for side in strips[0][1].size)
    out = Image.new("RGB", (width, len(strips) * (height + _LABEL_HEIGHT)), "white")
    draw, font = ImageDraw.Draw(out), ImageFont.load_default(15)
    for i, (name, strip) in enumerate(strips):
        top = i * (height + _LABEL_HEIGHT)
        draw.text((2, top + 2), name, "black", font)
        strip = strip.resize((width, height), Image.Resampling.NEAREST)
        out.paste(strip, (0, top + _LABEL_HEIGHT))
    return out
