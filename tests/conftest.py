"""Fixtures that several test files share."""

import dataclasses
import os
from pathlib import Path

# Before JAX starts: most of the suite's time is compilation, which takes half the time without
# LLVM's optimisation passes. A number computed in two places of one program is then more often
# rounded in two ways, which is a hard test of the library rather than a flaw of this setting.
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_backend_optimization_level=0"

import jax
import pytest
from page_runs import make_explained_runs, make_many_runs, make_runs, make_trusted_runs

from demo.service import Service
from dgm import config as configs
from dgm.config import Config

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session", autouse=True)
def compile_once(tmp_path_factory):
    """A program that two tests run is compiled once."""
    settings = {
        "jax_compilation_cache_dir": str(tmp_path_factory.mktemp("compiled")),
        "jax_persistent_cache_min_compile_time_secs": 0.2,
    }
    before = {name: jax.config.values[name] for name in settings}
    for name, value in settings.items():
        jax.config.update(name, value)
    yield
    for name, value in before.items():
        jax.config.update(name, value)


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
    """tiny_config(RECIPE, DATASET, **changes): a config whose nets compile in seconds."""

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
        return dataclasses.replace(configs.recipe(recipe, dataset), **(small | changes))

    return make


# --- what the page asks, on small models -------------------------------------------------------


@pytest.fixture(scope="session")
def runs_folder(tmp_path_factory, tiny_config) -> Path:
    return make_runs(tmp_path_factory.mktemp("service") / "checkpoints", tiny_config)


@pytest.fixture(scope="session")
def service(runs_folder) -> Service:
    return Service(runs_folder)


@pytest.fixture(scope="session")
def many(tmp_path_factory, tiny_config) -> Service:
    return Service(make_many_runs(tmp_path_factory.mktemp("many"), tiny_config))


@pytest.fixture(scope="session")
def explained(tmp_path_factory, tiny_config) -> Service:
    """Models that can be asked why."""
    folder = tmp_path_factory.mktemp("explained")
    return Service(make_explained_runs(folder / "checkpoints", tiny_config), folder / "runs")


@pytest.fixture(scope="session")
def trusted(tmp_path_factory, tiny_config) -> Service:
    """Models of which it was measured how far they may be believed."""
    return Service(make_trusted_runs(tmp_path_factory.mktemp("trusted"), tiny_config))


@pytest.fixture
def no_data(tmp_path, monkeypatch) -> Path:
    """No official pictures are on this computer, and what is downloaded or kept goes here."""
    monkeypatch.delenv("DGM_DATA_DIR", raising=False)
    monkeypatch.setenv("DGM_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"
