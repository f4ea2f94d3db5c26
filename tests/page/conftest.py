"""The real page in a real Chromium: `python app.py` in a process of its own, on small models.

Each test file has a server of its own, so that files can run beside one another.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from page.driver import Watched, page_on
from page_runs import make_explained_runs, make_many_runs, make_runs, make_trusted_runs

from benchmarks.page import browser, find_chromium


@pytest.fixture(scope="module")
def page_folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def url(page_folder, tiny_config) -> Iterator[str]:
    yield from page_on(page_folder, make_runs(page_folder / "checkpoints", tiny_config))


@pytest.fixture(scope="module")
def many_url(tmp_path_factory, tiny_config) -> Iterator[str]:
    """The page on many systems of one data set, for the Compare tab."""
    folder = tmp_path_factory.mktemp("many")
    yield from page_on(folder, make_many_runs(folder / "checkpoints", tiny_config))


@pytest.fixture(scope="module")
def why_url(tmp_path_factory, tiny_config) -> Iterator[str]:
    """The page on models that can be asked why."""
    folder = tmp_path_factory.mktemp("why")
    yield from page_on(folder, make_explained_runs(folder / "checkpoints", tiny_config))


@pytest.fixture(scope="module")
def trust_url(tmp_path_factory, tiny_config) -> Iterator[str]:
    """The page on models of which it was measured how far they may be believed, where there is no
    network."""
    folder = tmp_path_factory.mktemp("trust")
    proxies = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    yield from page_on(
        folder,
        make_trusted_runs(folder / "checkpoints", tiny_config),
        no_proxy="127.0.0.1,localhost",
        **proxies,
    )


@pytest.fixture(scope="module")
def chromium():
    pytest.importorskip("playwright", reason="playwright is not installed")
    if find_chromium() is None:
        pytest.skip("no Chromium found: set DGM_CHROMIUM")
    with browser() as window:
        yield window


@pytest.fixture
def watched(chromium):
    """watched(width=…): a page on which errors and requests to elsewhere fail the test."""
    opened = []

    def make(**settings) -> Watched:
        opened.append(Watched(chromium, **settings))
        return opened[-1]

    yield make
    for one in opened:
        one.context.close()
        assert one.complaints == []
