"""Which files a part of the page needs, and that all that modules import is there."""

import re
from pathlib import PurePosixPath

import pytest

from demo import static
from demo.tabs import tabs


def test_a_module_comes_after_all_that_it_imports_and_after_its_own_styles():
    files = static.needed("tabs/curves/curves.js")
    assert files[-2:] == ["tabs/curves/curves.css", "tabs/curves/curves.js"]
    assert files.index("components/chart.css") < files.index("components/chart.js")
    assert files.index("components/chart.js") < files.index("components/plot.js")
    assert len(files) == len(set(files))
    assert all(file in static.FILES for file in files)


def test_modules_that_import_one_another_are_refused(monkeypatch):
    modules = {
        "a.js": b'import { b } from "./c/b.js";\n',
        "c/b.js": b'import { a } from "../a.js";\n',
    }
    monkeypatch.setattr(static, "FILES", modules)
    with pytest.raises(ValueError, match=r"a\.js imports itself, by way of a\.js, c/b\.js"):
        static.needed("a.js")


def test_every_script_and_style_is_needed_by_some_part():
    parts = ["shell/shell", *(f"tabs/{tab.__name__.split('.')[-1]}" for tab in tabs())]
    modules = [
        f"{part}/{part.split('/')[1]}.js" if "tabs" in part else f"{part}.js" for part in parts
    ]
    needed = {file for module in modules for file in static.needed(module)}
    in_the_head = {"shell/frame.css", "shell/load.js"}
    words = {file for file in static.FILES if file.endswith(".words.js")}  # markup has some alone
    assert needed | in_the_head | words == set(static.FILES)


def test_components_know_no_tab_and_tabs_not_one_another():
    for path, body in static.FILES.items():
        home = PurePosixPath(path).parent
        for relative in re.findall(r'from "(\.[^"]+)"', body.decode()):
            if "tabs" in home.parts:
                assert re.match(r"\./|\.\./\.\./(components|text)/", relative), (path, relative)
            else:
                assert re.match(r"\./|\.\./text/|\.\./components/text\.js", relative), (
                    path,
                    relative,
                )


def test_the_version_follows_from_what_the_files_hold():
    assert re.fullmatch(r"/demo/[0-9a-f]{12}/", static.PREFIX)
    assert static.VERSION in static.PREFIX
