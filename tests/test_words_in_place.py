"""No words that a visitor reads stand outside of the catalogue: not in markup, styles or Python. In
scripts ESLint looks for them, see eslint.config.js."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from demo import static, text

READ = (
    "aria-label",
    "title",
    "alt",
    "placeholder",
    "aria-valuetext",
    "aria-description",
    "content",
)
# What is the same in every language: units of the size of a picture, formats of files, formulas.
SAME = re.compile(r"&\w+;|\b(?:GIF|WebP)\b")
LETTERS = re.compile(r"[A-Za-z]{2}")
SENTENCE = re.compile(r"[A-Za-z’][,:.;]? [A-Za-z].*[.!?…]$|^[A-Z][a-z]+ [a-z]", re.DOTALL)


class Markup(HTMLParser):
    """Collects what is read in markup."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found += [value or "" for name, value in attrs if name in READ]

    def handle_data(self, data):
        self.found.append(data)


def words_in_markup(body: str) -> list[str]:
    reader = Markup()
    reader.feed(SAME.sub("", re.sub(r"\{\{[\w.-]+\}\}", "", body)))
    return [words.strip() for words in reader.found if LETTERS.search(words)]


def words_in_styles(body: str) -> list[str]:
    return [words for words in re.findall(r'content: *("[^"]*")', body) if LETTERS.search(words)]


def strings(tree: ast.AST) -> Iterator[str]:
    """Strings of a module, without its documentation and what it writes into the log."""
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                child.value.value = ""
            if isinstance(child, ast.Call) and ast.unparse(child.func).startswith("_log."):
                child.args = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def words_in_python(body: str) -> list[str]:
    return [one for one in strings(ast.parse(body)) if SENTENCE.search(one)]


FINDERS = {".html": words_in_markup, ".css": words_in_styles, ".py": words_in_python}
# Their errors are for those who write the page, not for those who read it.
FOR_WRITERS = {static.FOLDER / "static.py"}
FILES = [
    file
    for file in sorted(static.FOLDER.rglob("*"))
    if file.suffix in FINDERS and text.FOLDER not in file.parents and file not in FOR_WRITERS
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(static.FOLDER).as_posix())
def test_what_is_read_is_in_the_catalogue(file: Path):
    assert FINDERS[file.suffix](file.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "suffix, body, found",
    [
        (".html", '<h2 title="{{a}}">{{title}}</h2><!-- piece source -->', []),
        (".html", '<h2 aria-label="Step">{{title}} of <b>two</b></h2>', ["Step", "of", "two"]),
        (".css", '.dg::before { content: "→"; }', []),
        (".css", '.dg::before { content: "Real"; }', ['"Real"']),
        (".py", '"""It is a doc."""\nraise ValueError(text("errors.no-picture"))', []),
        (".py", 'raise ValueError("Choose a picture.")', ["Choose a picture."]),
        (".py", 'raise ValueError(f"{name} has no encoder.")', [" has no encoder."]),
    ],
)
def test_words_are_found_where_they_do_not_belong(suffix: str, body: str, found: list[str]):
    assert FINDERS[suffix](body) == found
