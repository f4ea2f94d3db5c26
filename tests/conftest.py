"""Fixtures that several test files share."""

import contextlib
import dataclasses
import hashlib
import os
import platform
import re
from collections.abc import Callable
from pathlib import Path

# Before JAX starts: most of the suite's time is compilation, which takes half the time without
# LLVM's optimisation passes. A number computed in two places of one program is then more often
# rounded in two ways, which is a hard test of the library rather than a flaw of this setting.
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_backend_optimization_level=0"

import jax
import pytest
from filelock import FileLock
from page_runs import make_explained_runs, make_many_runs, make_runs, make_trusted_runs

from demo.service import Service
from dgm import systems
from dgm.systems import Config

ROOT = Path(__file__).parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """A program is compiled once, for all tests, the processes they start, and the next session.

    `python -m pytest --cache-clear` compiles all anew.
    """
    settings = {
        "jax_compilation_cache_dir": str(config.cache.mkdir(f"compiled-{processor()}")),
        "jax_persistent_cache_min_compile_time_secs": 0.2,
    }
    for name, value in settings.items():
        jax.config.update(name, value)
        os.environ[name.upper()] = str(value)


# Who asks for one of these compiles nets, needs a browser, or reads data that not all have.
COSTLY = {"tiny_config", "chromium", "data_dir"}


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test is quick unless it asks for what is not, or is marked as slow."""
    for item in items:
        if not (COSTLY & set(item.fixturenames) or item.get_closest_marker("slow")):
            item.add_marker("quick")


def processor() -> str:
    """What differs between processors that cannot run the programs compiled for one another."""
    kind = platform.machine()
    with contextlib.suppress(FileNotFoundError):
        kind += re.search(r"^(flags|Features)\s.*", Path("/proc/cpuinfo").read_text(), re.M)[0]
    return hashlib.sha256(kind.encode()).hexdigest()[:8]


@pytest.fixture
def data_dir(monkeypatch) -> Path:
    """The folder of the official files, also in $DGM_DATA_DIR; skips the test where there is none.

    For tests marked `official_data`. Looked for in $DGM_DATA_DIR and beside the repository, where
    `../shared/data/restore.py ../shared/data` puts them.
    """
    folder = Path(os.environ.get("DGM_DATA_DIR") or ROOT.parent / "shared" / "data")
    for name in ("mnist", "fashion_mnist", "cifar10"):
        if not (folder / name).is_dir():
            pytest.skip(f"no official data in {folder / name}: set DGM_DATA_DIR")
    monkeypatch.setenv("DGM_DATA_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def tiny_config():
    """tiny_config(RECIPE, DATASET, **changes): a config whose nets compile in seconds.

    Changes of settings that its family lacks are left out.
    """

    def make(recipe: str, dataset: str = "digits", **changes) -> Config:
        small = {
            "class_names": ("zero", "one", "two"),
            "latent_dim": 4,
            "generator_widths": (8, 8, 4),
            "trunk_widths": (4, 8, 8),
            "mlp_widths": (8, 8),
            "mlp_trunk_widths": (8, 8),
            "convs_per_stage": 1,
            "batch_size": 4,
            "num_steps": 4,
        }
        config = systems.recipe(recipe, dataset)
        known = {field.name for field in dataclasses.fields(config)}
        settings = (small | changes).items()
        return dataclasses.replace(config, **{k: v for k, v in settings if k in known})

    return make


# --- what the page asks, on small models -------------------------------------------------------


@pytest.fixture(scope="session")
def made_once(tmp_path_factory, tiny_config) -> Callable[[Callable], Path]:
    """made_once(MAKE): the folder that MAKE(folder, tiny_config) fills, `checkpoints`, made by the
    first worker that asks for it and read by all."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def folder_of(make: Callable) -> Path:
        folder = shared / make.__name__
        with FileLock(folder.with_suffix(".lock")):
            if not folder.exists():
                begun = folder.with_suffix(".begun")
                make(begun / "checkpoints", tiny_config)
                begun.rename(folder)
        return folder / "checkpoints"

    return folder_of


@pytest.fixture(scope="session")
def runs_folder(made_once) -> Path:
    return made_once(make_runs)


@pytest.fixture(scope="session")
def service(runs_folder) -> Service:
    return Service(runs_folder)


@pytest.fixture(scope="session")
def many(made_once) -> Service:
    return Service(made_once(make_many_runs))


@pytest.fixture(scope="session")
def explained(made_once, tmp_path_factory) -> Service:
    """Models that can be asked why."""
    return Service(made_once(make_explained_runs), tmp_path_factory.mktemp("explained") / "runs")


@pytest.fixture(scope="session")
def trusted(made_once) -> Service:
    """Models of which it was measured how far they may be believed."""
    return Service(made_once(make_trusted_runs))


@pytest.fixture
def no_data(tmp_path, monkeypatch) -> Path:
    """No official pictures are on this computer, and what is downloaded or kept goes here."""
    monkeypatch.delenv("DGM_DATA_DIR", raising=False)
    monkeypatch.setenv("DGM_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"
