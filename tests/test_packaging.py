"""What `pip install .` brings, read off pyproject.toml."""

import importlib
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = SETTINGS["project"]


def requirements(lines: list[str]) -> set[Requirement]:
    return {Requirement(line) for line in lines}


def test_a_space_installs_the_library_and_the_page():
    """A Space reads requirements.txt alone, so the same list stands there and in pyproject.toml."""
    text = (ROOT / "requirements.txt").read_text()
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    library, page = PROJECT["dependencies"], PROJECT["optional-dependencies"]["demo"]
    assert requirements([line for line in lines if line]) == requirements(library + page)
    assert "gradio" not in {requirement.name for requirement in requirements(library)}


@pytest.mark.parametrize("command, target", PROJECT["scripts"].items())
def test_a_console_command_is_the_module_of_its_name(command, target):
    module, function = target.split(":")
    assert module == command.replace("-", ".")
    assert callable(vars(importlib.import_module(module))[function])


def test_every_file_of_the_library_is_packaged():
    data = SETTINGS["tool"]["setuptools"]["package-data"]["dgm"]
    files = {file for file in (ROOT / "dgm").rglob("*.*") if "__pycache__" not in file.parts}
    packaged = {file for pattern in data for file in (ROOT / "dgm").glob(pattern)}
    assert {file for file in files if file.suffix != ".py"} == packaged
    assert ROOT / "dgm" / "py.typed" in packaged
    # A folder without __init__.py is no package, and would be left out.
    assert all((file.parent / "__init__.py").exists() for file in files if file.suffix == ".py")
