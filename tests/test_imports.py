"""The house's rules on imports, read off the source: DESIGN.md, "The house"."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LIBRARY = sorted((ROOT / "dgm").rglob("*.py"))
PAGE = sorted((ROOT / "demo").rglob("*.py"))
BESIDE = [
    ROOT / "app.py",
    *sorted((ROOT / "benchmarks").glob("*.py")),
    *sorted((ROOT / "tools").rglob("*.py")),
]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
SERVICE = ROOT / "demo" / "service"
WORDS = ROOT / "demo" / "text"

# What of dgm each module or package may import beside itself. One that is not named may import
# everything.
ALLOWED = {
    "types": set(),
    "data": set(),
    "inputs": {"types"},
    "viz": {"data"},
    "losses": {"types"},
    "optimisers": {"types"},
    "methods": {"types"},
    "nets": {"types"},
    "systems": {"data", "losses", "methods", "nets", "optimisers", "types"},
    "release": {"systems"},
    "programs": {"methods", "nets", "systems", "types"},
    "model": {"inputs", "programs", "release", "systems", "types"},
    # They ask any model, by the one face they have.
    "analysis": {"data", "model", "release", "systems", "types"},
    "training": {"analysis", "data", "model", "release", "systems", "types", "viz"},
    "evaluation": {"analysis", "data", "model", "release", "systems", "training", "viz"},
}

# What of one another the parts of the service import, from the ground up. Of the page they know its
# words, and nothing else.
PARTS = {
    "checks": set(),
    "jobs": set(),
    "runs": set(),
    "datasets": {"jobs", "runs"},
    "model_store": {"checks", "runs"},
    "classification": {"datasets", "model_store"},
    "explanation": {"checks", "classification", "datasets", "model_store"},
    "reliability": {"checks", "datasets", "model_store", "runs"},
    "latent_points": {"checks"},
    "program": {"latent_points"},
    "generation": {"checks", "latent_points", "model_store", "program"},
    "inversion": {"classification", "datasets", "jobs", "latent_points", "model_store"},
    "latent_map": {"checks", "datasets", "model_store", "runs"},
    "training_settings": {"checks"},
    "live_training": {"checks", "training_settings"},
    "neighbours": {"datasets", "generation", "jobs", "latent_points", "model_store", "runs"},
    "__init__": {
        "classification",
        "datasets",
        "explanation",
        "generation",
        "inversion",
        "latent_map",
        "latent_points",
        "live_training",
        "model_store",
        "neighbours",
        "reliability",
    },
}


def imported(file: Path) -> set[str]:
    """Full names of what a file imports, inside of functions too, such as "dgm.data.augment"."""
    names, waiting = set(), [ast.parse(file.read_text())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        waiting += ast.iter_child_nodes(node)
    return names


def modules_of(package: str, names: set[str]) -> set[str]:
    """The modules of a package among full names: "dgm.data.augment" is "data"."""
    inside = f"{package}."
    return {name.removeprefix(inside).split(".")[0] for name in names if name.startswith(inside)}


def test_there_is_something_to_check():
    assert {"layers", "gan", "model", "trainer"} <= {file.stem for file in LIBRARY}
    gan = imported(ROOT / "dgm" / "systems" / "gan.py")
    assert modules_of("dgm", gan) >= {"data", "losses", "systems"}
    assert "numpy" in imported(ROOT / "dgm" / "viz.py")


def test_each_part_of_the_library_stands_on_those_before_it():
    parts = list(ALLOWED)
    for i, part in enumerate(parts):
        assert ALLOWED[part] <= set(parts[:i]), part


@pytest.mark.parametrize("name", ALLOWED)
def test_imports_run_one_way(name):
    package = ROOT / "dgm" / name
    files = sorted(package.rglob("*.py")) or [package.with_suffix(".py")]
    for file in files:
        allowed = ALLOWED[name] | {name}
        assert modules_of("dgm", imported(file)) - allowed == set(), file


@pytest.mark.parametrize("file", LIBRARY, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_library_knows_nothing_of_the_page(file):
    roots = {name.split(".")[0] for name in imported(file)}
    assert roots & {"gradio", "demo", "app", "tests"} == set()


@pytest.mark.parametrize("file", PAGE, ids=lambda file: str(file.relative_to(ROOT)))
def test_only_the_service_imports_the_library(file):
    names = imported(file)
    if file.parent == WORDS:  # they say what the library calls data sets and systems
        assert modules_of("dgm", names) <= {"data", "systems"}
    elif file.parent != SERVICE:  # it turns what the service returns into images
        assert modules_of("dgm", names) <= {"viz"}
    else:
        assert "gradio" not in {name.split(".")[0] for name in names}  # numpy in, numpy out


def test_the_parts_of_the_service_stand_on_those_before_them():
    assert PARTS.keys() == {file.stem for file in SERVICE.glob("*.py")}
    parts = list(PARTS)
    for i, part in enumerate(parts):
        assert PARTS[part] <= set(parts[:i])


@pytest.mark.parametrize("name", PARTS)
def test_a_part_of_the_service_imports_what_the_table_says(name):
    names = imported(SERVICE / f"{name}.py")
    assert modules_of("demo", names) <= {"service", "text"}
    assert modules_of("demo.service", names) == PARTS[name]


@pytest.mark.parametrize(
    "file", [*LIBRARY, *PAGE, *BESIDE, *TESTS], ids=lambda file: str(file.relative_to(ROOT))
)
def test_nothing_is_unpickled_or_evaluated(file):
    """A checkpoint or a picture from a stranger must not be able to run a program."""
    roots = {name.split(".")[0] for name in imported(file)}
    assert (
        roots & {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"} == set()
    )
    tree = ast.parse(file.read_text())
    called = {
        n.func.id
        for n in ast.walk(tree)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    assert called & {"eval", "exec", "compile", "__import__"} == set()
    keywords = {n.arg for n in ast.walk(tree) if isinstance(n, ast.keyword)}
    assert "allow_pickle" not in keywords
