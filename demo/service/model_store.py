"""The runs there are, and their models, loaded when first asked for."""

import contextlib
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from demo.service import checks
from demo.service.runs import Run, read_run, stamps
from demo.text import library, text
from dgm import data
from dgm.model import Model, load
from dgm.release import find_reference_classifier
from dgm.systems import RECIPES

ROOT = Path(__file__).resolve().parents[2]
QUIET_SECONDS = 2  # without a visitor's request, after which warming up goes on


class ModelStore:
    """The models and runs under some folders."""

    def __init__(self, *roots: Path, num_kept: int):
        """roots: folders of runs, the shipped one first, by default the project's own; num_kept:
        models kept in memory, some 30 MB each."""
        self.roots = roots or (ROOT / "checkpoints", ROOT / "runs")
        self.num_kept = num_kept
        self._read_runs: dict[Path, tuple[tuple[float, ...], Run | None]] = {}
        self._folders: dict[str, Path] = {}  # of runs, by name
        self._lock = threading.Lock()
        self._models: OrderedDict[tuple[str, float], Model] = OrderedDict()
        self._loading: dict[tuple[str, float], threading.Lock] = {}
        self._last_request = -math.inf  # time.monotonic() of a visitor's last request

    # --- runs ------------------------------------------------------------------------------------

    def runs(self) -> dict[str, Run]:
        """Every run by name: those shipped first, grouped by data set. Read anew at each call."""
        found = []
        for number, root in enumerate(self.roots):
            folders = sorted(p for p in root.iterdir() if p.is_dir()) if root.is_dir() else []
            for folder in folders:
                name = folder.name if number == 0 else f"{root.name}/{folder.name}"
                run = self._read(name, folder)
                if run is not None:
                    self._folders[name] = folder
                    found.append((number, run))
        # The official data sets first, then those that need no download.
        datasets = sorted(data.DATASETS, key=lambda name: data.DATASETS[name].files is None)
        recipes = list(RECIPES)
        found.sort(
            key=lambda pair: (
                pair[0],
                _rank(datasets, pair[1].config.dataset),
                _rank(recipes, pair[1].config.recipe),
                pair[1].name,
            )
        )
        return {run.name: run for _, run in found}

    def _read(self, name: str, folder: Path) -> Run | None:
        """The run in a folder, read again only when its files have changed."""
        now = stamps(folder)
        known = self._read_runs.get(folder)
        if known is None or known[0] != now:
            known = self._read_runs[folder] = (now, read_run(name, folder))
        return known[1]

    def run(self, name: str) -> Run:
        """The run of that name. A dragged slider asks for it with each picture: of a run that was
        found before, no other folder is looked at.

        Raises:
            ValueError: there is none; the message has those there are.
        """
        folder = self._folders.get(name) if isinstance(name, str) else None
        run = self._read(name, folder) if folder else None
        if run is None:
            runs = self.runs()
            if not isinstance(name, str) or name not in runs:
                raise ValueError(text("errors.run", name=checks.short(name), names=", ".join(runs)))
            run = runs[name]
        return run

    def curves(self, names: Sequence[str]) -> dict[str, list[dict]]:
        """The records of runs, see `Run.curve`.

        Raises:
            ValueError: no such run.
        """
        if not isinstance(names, list | tuple):
            raise ValueError(text("errors.run-list"))
        return {name: self.run(name).curve() for name in names}

    def classifiers(self, dataset: str) -> list[Run]:
        """The models of a data set that classify.

        Raises:
            ValueError: there is none.
        """
        found = [r for r in self.runs().values() if r.methods and r.dataset.name == dataset]
        if not found:
            raise ValueError(text("errors.no-model-of", dataset=checks.short(dataset)))
        return found

    def classifier(self, name: str, method: str) -> tuple[Run, str]:
        """A model that classifies, and one of its methods; "" is its default.

        Raises:
            ValueError: no such model, it does not classify, or not by this method.
        """
        run = self.run(name)
        if not run.methods:
            raise ValueError(text("errors.no-classifier", model=name))
        method = method or run.methods[0]
        if method not in run.methods:
            raise ValueError(
                text(
                    "errors.method",
                    model=name,
                    methods=", ".join(run.methods),
                    method=checks.short(method),
                )
            )
        return run, method

    def reference_classifier(self, dataset: str) -> Run | None:
        """The shipped classifier that measures samples of a data set, if there is one."""
        folder = find_reference_classifier(self.roots[0], dataset)
        return folder and self._read(str(folder.relative_to(self.roots[0])), folder)

    # --- models ----------------------------------------------------------------------------------

    def model(self, name: str) -> Model:
        """The model of that name, loaded if it is not in memory.

        Raises:
            ValueError: there is none, or its files do not fit.
        """
        return self.load(self.run(name))

    def generative_model(self, name: str) -> Model:
        """A model that generates pictures.

        Raises:
            ValueError: there is none, it generates nothing, or its files do not fit.
        """
        run = self.run(name)
        if run.has_model and not run.can("sample"):
            raise ValueError(text("errors.no-generator", model=name))
        return self.load(run)

    def feature_model(self, run: Run) -> Model:
        """A model whose feature maps tell how alike two pictures of a run's data set are: the
        reference classifier, else a plain classifier, else the run's own model, else any.

        Raises:
            ValueError: there is none.
        """
        same = [r for r in self.runs().values() if r.has_model]
        same = [r for r in same if r.dataset.name == run.dataset.name]
        same.sort(key=lambda r: (r.config.recipe != "cnn", r.name != run.name))
        reference = self.reference_classifier(run.dataset.name)
        for candidate in [reference, *same] if reference and reference.has_model else same:
            model = self.load(candidate)
            if model.has_maps:
                return model
        raise ValueError(text("errors.no-feature-model", dataset=library.title(run.dataset)))

    def load(self, run: Run, *, for_visitor: bool = True) -> Model:
        """The model of a run, loaded if it is not in memory.

        for_visitor: whether a visitor waits for it; `warm_up` lets visitors go first.

        Raises:
            ValueError: as `model`.
        """
        if for_visitor:
            self._last_request = time.monotonic()
        if not run.has_model:
            raise ValueError(text("errors.not-trained", run=run.name))
        key = (run.name, run.stamp)
        with self._lock:
            loading = self._loading.setdefault(key, threading.Lock())
        with loading:  # of several that ask at once, one loads and the others wait for it
            with self._lock:
                if key in self._models:
                    self._models.move_to_end(key)
                    return self._models[key]
            model = load(run.folder)
            with self._lock:
                self._models[key] = model
                while len(self._models) > self.num_kept:
                    self._models.popitem(last=False)
        return model

    def warm_up(self, *rounds: Sequence[Callable[[Model], None]]) -> None:
        """Load the shipped models and take the steps of each round with all of them, before those
        of the next.

        It pauses while visitors send requests. A model that cannot be loaded is skipped: whoever
        asks for it is told why.
        """
        runs = [run for run in self.runs().values() if run.has_model and run.is_shipped]
        recipes = list(RECIPES)
        # First what every tab can use, for the page opens on these.
        runs.sort(
            key=lambda run: (
                not (run.can("sample") and run.methods),
                _rank(recipes, run.config.recipe),
            )
        )
        for steps in rounds:
            for run in runs[: self.num_kept]:
                for step in steps:
                    while time.monotonic() - self._last_request < QUIET_SECONDS:
                        time.sleep(0.2)
                    with contextlib.suppress(ValueError, OSError):
                        step(self.load(run, for_visitor=False))


def warm_single(model: Model) -> None:
    """Compile what is asked most of a model: to generate a picture, and to classify one."""
    if "sample" in model.capabilities:
        model.sample(0, 0, 1)
    if "classify" in model.capabilities:
        model.classify(np.zeros((1, 32, 32, model.config.channels), np.float32))


def _rank(order: list[str], name: str) -> int:
    return order.index(name) if name in order else len(order)
