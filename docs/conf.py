"""Sphinx: `python -m sphinx -W -b html docs docs/_build`, which needs no network.

With -W a broken link, a broken reference to a name of `dgm` or a docstring that cannot be read
fails. Pages are Markdown (MyST); the API reference is made from the docstrings of all modules.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

project = "dgm"
copyright = "the dgm authors, Apache-2.0"
extensions = [
    "myst_parser",
    "sphinx.ext.apidoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build", "reference/modules/modules.rst"]

highlight_language = "none"  # of a block that names none

html_theme = "furo"
html_title = "dgm"
html_static_path = []

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3  # so that PAGE.md#heading is a link, and a checked one

# A page a module, of what its docstrings say.
apidoc_modules = [
    {
        "path": ROOT / "dgm",
        "destination": "reference/modules",
        "separate_modules": True,
        "module_first": True,
        "automodule_options": {"members", "show-inheritance"},
    }
]
# A name stands on the page of the module that defines it, once.
autodoc_default_options = {"ignore-module-all": True}
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
# `name` in a docstring is a link where there is such a name, and code where there is not.
default_role = "py:obj"
nitpicky = True
# Docstrings may name what has no page, such as a re-exported name; guides may not. Names of other
# libraries are not looked up: their indices would have to be downloaded.
nitpick_ignore_regex = [
    (r"py:(obj|exc)", r".*"),
    (r"py:.*", r"(?!dgm\b).*"),
    (r"py:class", r"dgm\.\S+T"),  # type variables
]

_CODE = re.compile(r"(``.*?``|`.*?`)")
_SECTIONS = ("Args:", "Returns:", "Raises:", "Yields:", "Example:")


def _plain_text(app, what, name, obj, options, lines: list[str]) -> None:
    """Take docstrings as the plain text that they are: |x| and * are mathematics, not markup, and
    what is indented under a sentence is a formula, to be kept line by line."""
    kept, in_section = [], False
    for line in lines:
        before = kept[-1] if kept else ""
        if line.strip() in _SECTIONS:
            in_section = True
        elif line and not line.startswith(" "):
            in_section = False
        is_formula = line.startswith(" ") and not in_section
        if is_formula and before and not before.startswith(" "):
            kept += ["", "::", ""]
        elif line.strip() and not is_formula and before.startswith(" ") and not in_section:
            kept.append("")
        if not is_formula:
            parts = _CODE.split(line)
            parts[::2] = [re.sub(r"([|*])", r"\\\1", part) for part in parts[::2]]
            line = "".join(parts)
        kept.append(line)
    lines[:] = kept


def _cards(app, docname: str, source: list[str]) -> None:
    """The cards of models lie outside of docs/: here they are files, on GitHub pages."""
    source[0] = source[0].replace("](../checkpoints/", "](path:../checkpoints/")


def setup(app) -> None:
    app.connect("source-read", _cards)
    # Before napoleon, which turns sections into markup.
    app.connect("autodoc-process-docstring", _plain_text, priority=100)
