"""The guides' examples: each adds to the project what it says, in as few places as it says."""

import json
import subprocess
import sys

import pytest
from guides import BLOCK, ROOT, ask, copy_project, follow, read_guide, run

pytestmark = pytest.mark.slow
GUIDES = ROOT / "docs" / "guides"


@pytest.fixture
def project(tmp_path):
    return copy_project(tmp_path)


CATALOG = """
import json
from pathlib import Path
from demo.catalog import catalog
from demo.service import Service
print(json.dumps(catalog(Service(Path("runs")))))
"""


def test_a_data_set_is_added_as_the_guide_says(project):
    guide = read_guide(GUIDES / "add-a-data-set.md")
    assert guide.places == {"dgm/data/stripes.py", "dgm/data/registry.py"}
    *_, measured = follow(guide, project)
    assert json.loads(measured)["metrics"]["accuracy/cnn"] > 0.9
    (shown,) = ask(CATALOG, project)["datasets"]
    assert (shown["key"], shown["subject"]) == ("stripes", "Coloured stripes")
    assert [model["name"] for model in shown["models"]] == ["cnn-stripes"]


def test_a_system_is_added_as_the_guide_says(project):
    guide = read_guide(GUIDES / "add-a-system.md")
    assert guide.places == {"dgm/systems/factor_analysis.py", "dgm/systems/__init__.py"}
    _, measured, predicted, _ = follow(guide, project)
    assert json.loads(measured)["metrics"]["accuracy/bayes"] > 0.95
    assert json.loads(predicted)
    assert (project / "factors.png").exists()
    (shown,) = ask(CATALOG, project)["datasets"]
    (model,) = shown["models"]
    assert (model["name"], model["title"]) == ("factor-analysis-digits", "Factor analysis")
    assert model["generates"]
    assert model["has_encoder"]
    assert model["methods"] == ["bayes"]


@pytest.mark.parametrize("page", ["README.md", "docs/guides/training.md"])
def test_the_python_of_a_page_runs(page):
    blocks = BLOCK.findall((ROOT / page).read_text())
    (program,) = [code for language, code in blocks if language == "python"]
    run(["python", "-W", "error", "-c", program], ROOT)


@pytest.mark.parametrize("page", sorted(GUIDES.glob("add-*.md")), ids=lambda page: page.stem)
def test_an_example_is_in_the_style_of_the_house(page):
    for name, text in read_guide(page).files.items():
        if name.endswith(".py"):
            for command in (["check"], ["format", "--check"]):
                ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", name, "-"]
                done = subprocess.run(ruff, input=text, cwd=ROOT, capture_output=True, text=True)
                assert done.returncode == 0, done.stdout
