"""What the Markdown files name is there: links, headings, paths, modules and commands.

Links are checked a second time, with the reference, by `python -m sphinx -W -b html docs
docs/_build`.
"""

import importlib.util
import pkgutil
import re
import tomllib
from pathlib import Path

import pytest
from guides import ROOT, read_guide

PAGES = sorted(ROOT.glob("*.md")) + [
    page for page in sorted(ROOT.glob("docs/**/*.md")) if "_build" not in page.parts
]
FOLDERS = ("benchmarks", "checkpoints", "demo", "dgm", "docs", "results", "tests", "tools", ".ci")
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
MODULE = re.compile(r"python -m ([\w.]+)")
COMMANDS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]


def text_of(page: Path, *, with_blocks: bool = True) -> str:
    text = page.read_text()
    return (
        text if with_blocks else re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    )


def anchors(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    headings = re.findall(r"^#+ (.+)$", text_of(page, with_blocks=False), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_there_is_something_to_check():
    names = {name(page) for page in PAGES}
    assert names >= {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/index.md"}
    assert len(text_of(ROOT / "README.md").splitlines()) <= 120


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    for link in LINK.findall(text_of(page, with_blocks=False)):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        # RESULTS.md is shown as docs/results.md, whose headings are its own.
        shown = ROOT / "RESULTS.md" if target.name == "results.md" else target
        assert not anchor or anchor in anchors(shown), link


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_paths_and_modules_are_there(page):
    """But for those with a part that is to be filled in, which is written in capitals, and files
    that the page's example makes."""
    made = read_guide(page).files
    for code in CODE.findall(text_of(page, with_blocks=False)):
        path = code.rstrip("/")
        if re.fullmatch(r"[\w.\-/]+", path) and path.split("/")[0] in FOLDERS and "/" in path:
            is_pattern = re.search(r"\b[A-Z]{4,}\b", path)
            assert is_pattern or path in made or (ROOT / path).exists(), code
        if re.fullmatch(r"dgm(\.\w+)+", code):
            assert pkgutil.resolve_name(code), code
    for module in MODULE.findall(text_of(page)):
        assert importlib.util.find_spec(module), module
    for command in re.findall(r"\bdgm-[a-z]+\b", text_of(page)):
        assert command in COMMANDS, command


@pytest.mark.parametrize("file", sorted(ROOT.glob("docs/images/*")), ids=lambda file: file.name)
def test_pictures_of_the_page_are_light_and_shown(file):
    assert file.stat().st_size < 150_000
    assert any(f"images/{file.name}" in text_of(page) for page in PAGES)
