"""A run: what is known from the files of its folder, without loading its model."""

import contextlib
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from demo.text import library, text
from dgm import data
from dgm.analysis import corruption
from dgm.release import read_predictions
from dgm.systems import Abilities, Config, abilities, read_config
from dgm.training.records import read_metrics

MAX_CURVE_POINTS = 1000  # points of a curve that are sent to the page
# Each corruption and attack, and how many test pictures its figures rest on.
CORRUPTIONS = dict.fromkeys(corruption.CORRUPTIONS, corruption.NUM_CORRUPTED)
CORRUPTIONS |= dict.fromkeys(corruption.ATTACKS, corruption.NUM_ATTACKED)


@dataclass(frozen=True)
class OODKind:
    """Out-of-distribution pictures that a model was tested with, and how well it detects them."""

    name: str  # of a data set, or "noise"
    title: str
    subject: str  # what is on them; "" where nothing is
    auroc: dict[str, float]  # against test pictures, by score; "" is the score of the model


@dataclass(frozen=True)
class Run:
    """A folder that holds a run: its curves, and its model once there is one."""

    name: str  # "dcgan-mnist"; of a run of one's own, "runs/dcgan-mnist"
    folder: Path
    config: Config
    dataset: data.Spec
    stamp: float  # when the model was written, seconds since 1970; 0 where there is none
    abilities: Abilities  # of its model, once there is one
    fitted: frozenset[str]  # names of the heads that `dgm.readout` fitted on the model
    figures: dict[str, float]  # what was measured of it, by name; {} if nothing was
    # Of the same measurement, by method, where it has them: how many test pictures fall into each
    # bin of confidence and are right (rows of `metrics.reliability`), and the confusion matrix (int
    # [K, K], a row a true class).
    reliability: dict[str, list[list[float]]]
    confusion: dict[str, list[list[int]]]
    num_tested: int  # test pictures that it rests on; 0 if it does not say
    predicted_methods: frozenset[str]  # whose prediction for each test picture was kept
    images: int  # real pictures seen in training so far
    seconds: float  # of training so far

    @property
    def title(self) -> str:
        return library.system(self.config.recipe)

    @property
    def is_shipped(self) -> bool:
        return "/" not in self.name

    @property
    def has_model(self) -> bool:
        return self.stamp > 0

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods by which its model classifies, the default first."""
        return self.abilities.methods if self.has_model else ()

    def can(self, capability: str) -> bool:
        """Whether its model can "sample", "classify", "encode", or tell the "likelihood"."""
        return self.has_model and capability in self.abilities.capabilities

    @property
    def factors(self) -> dict[str, float | None]:
        """The known factors that its pictures can be changed by, and how well pictures follow, as
        far as it was measured; {} where its pictures have none."""
        factors = self.dataset.factors if self.can("encode") else ()
        return {name: self.figures.get(f"factor_correlation/{name}") for name in factors}

    @property
    def accuracy(self) -> dict[str, float]:
        """Accuracy on test pictures, by method; {} if not measured."""
        measured = {method: self.figures.get(f"accuracy/{method}") for method in self.methods}
        return {method: share for method, share in measured.items() if share is not None}

    def robustness(self, method: str) -> dict[str, dict[float, float]]:
        """Accuracy on corrupted test pictures, by corruption and level."""
        found = {}
        for corruption_name in CORRUPTIONS:
            prefix = f"robust/{method}/{corruption_name}-"
            names = [name for name in self.figures if name.startswith(prefix)]
            levels = {float(name.removeprefix(prefix)): self.figures[name] for name in names}
            if levels:
                found[corruption_name] = dict(sorted(levels.items()))
        return found

    @property
    def ood_kinds(self) -> list[OODKind]:
        """What its out-of-distribution detection was measured on; [] if it was not."""
        prefix, aurocs = "ood_auroc/", {}
        for name, auroc in self.figures.items():
            if name.startswith(prefix) and 0 <= auroc <= 1:
                kind, _, score = name.removeprefix(prefix).partition("/")
                aurocs.setdefault(kind, {})[score] = auroc
        specs = {kind: data.DATASETS.get(kind) for kind in aurocs}
        return [
            OODKind(
                kind,
                library.title(spec) if spec else _ood_title(kind),
                library.subject(spec) if spec else "",
                aurocs[kind],
            )
            for kind, spec in specs.items()
        ]

    def curve(self) -> list[dict]:
        """Its records, oldest first: {"step", "images", "seconds", metrics…} each.

        A run that has only just begun has none yet; of more than 1,000, every so many are left out.
        """
        records = _records(self.folder)
        stride = max(1, -(-len(records) // MAX_CURVE_POINTS))
        return records[::-1][::stride][::-1]  # the last one among them

    def sample_steps(self) -> list[int]:
        """The steps at which it drew its fixed latents; empty if it never did."""
        files = (self.folder / "samples").glob("step-*.webp")
        return sorted(int(f.stem.split("-")[1]) for f in files if f.stem.split("-")[1].isdigit())

    def sample_grid(self, step: int) -> bytes:
        """The grid that it drew at a step: a WebP file, one column a class.

        Raises:
            ValueError: no grid at that step.
        """
        if step not in self.sample_steps():
            raise ValueError(text("errors.no-samples", run=self.name, step=str(step)[:20]))
        return (self.folder / "samples" / f"step-{step:06d}.webp").read_bytes()


# --- reading a run's folder --------------------------------------------------------------------


_RUN_FILES = ("model.safetensors", "config.json", "metrics.jsonl")
_RUN_FILES += ("evaluation.json", "predictions.safetensors")


def stamps(folder: Path) -> tuple[float, ...]:
    """When each of a run's files was written: as long as it is the same, so is what they tell."""
    return tuple(modified(folder / file) for file in _RUN_FILES)


def modified(file: Path) -> float:
    """When a file was written, seconds since 1970; 0 where there is none."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def read_run(name: str, folder: Path) -> Run | None:
    """None where the folder holds no run that this version of `dgm` can read."""
    weights, text = (modified(folder / file) for file in ("model.safetensors", "config.json"))
    stamp = weights if text else 0.0
    try:
        if stamp:
            config = read_config((folder / "config.json").read_text())
        else:  # a run that has not released a model yet
            header = _first_line(folder / "metrics.jsonl")
            config = read_config(json.dumps(header["config"]))
        dataset = data.spec(config.dataset)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    last = [{}, *_records(folder)][-1]
    evaluation = _json(folder / "evaluation.json")
    details = _dict(evaluation.get("details"))
    size = config.num_classes
    num_tested = evaluation.get("num_images")
    fitted = _fitted(folder / "model.safetensors") if stamp else frozenset()
    return Run(
        name,
        folder,
        config,
        dataset,
        stamp,
        abilities(config, fitted),
        fitted,
        _figures(evaluation),
        _tables(details.get("reliability"), 3),
        _tables(details.get("confusion"), size, size),
        num_tested if isinstance(num_tested, int) else 0,
        _predicted(folder),
        last.get("images", 0),
        last.get("seconds", 0.0),
    )


def _fitted(weights: Path) -> frozenset[str]:
    """Names of what was fitted on a released model; of the file only its head is read."""
    prefix = "extra.readout."
    try:
        with safe_open(weights, "numpy") as file:
            names = list(file.keys())
    except (OSError, SafetensorError):  # whoever asks for the model is told what is wrong with it
        return frozenset()
    return frozenset(n.removeprefix(prefix) for n in names if n.startswith(prefix))


def _ood_title(kind: str) -> str:
    """Of out-of-distribution pictures that are of no data set."""
    return text("catalog.noise") if kind == "noise" else kind


def _first_line(file: Path) -> dict:
    with file.open() as lines:
        return json.loads(lines.readline())


def _json(file: Path) -> dict:
    """The object in a file; {} where there is none."""
    try:
        return _dict(json.loads(file.read_text()))
    except (OSError, ValueError):
        return {}


def _dict(value) -> dict:
    return value if isinstance(value, dict) else {}


def _figures(evaluation: dict) -> dict[str, float]:
    """The metrics of an evaluation, without what is no number."""
    return {
        name: float(value)
        for name, value in _dict(evaluation.get("metrics")).items()
        if isinstance(value, int | float) and math.isfinite(value)
    }


def _tables(named, columns: int, rows: int | None = None) -> dict[str, list[list]]:
    """Those tables by name that are of this size (None: of any), numbers, and none below 0."""
    found = {}
    for name, table in _dict(named).items():
        with contextlib.suppress(ValueError, TypeError):
            values = np.array(table, float)
            fits = values.shape == (rows or len(values), columns)
            if fits and np.isfinite(values).all() and (values >= 0).all():
                found[name] = table
    return found


def _predicted(folder: Path) -> frozenset[str]:
    try:
        return frozenset(read_predictions(folder))
    except (OSError, SafetensorError):
        return frozenset()


def _records(folder: Path) -> list[dict]:
    file = folder / "metrics.jsonl"
    return read_metrics(file)[1] if file.is_file() else []
