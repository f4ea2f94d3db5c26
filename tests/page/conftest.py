"""The real page in a real Chromium: `python app.py` in a process of its own, on small models.

Each test file has a server of its own, so that files can run beside one another.
"""

from collections.abc import Iterator

import pytest
from page.driver import Watched, page_on
from page_runs import make_explained_runs, make_many_runs, make_trusted_runs

from benchmarks.page import browser, find_chromium


@pytest.fixture(scope="module")
def url(runs_folder, tmp_path_factory) -> Iterator[str]:
    yield from page_on(tmp_path_factory.mktemp("page"), runs_folder)


@pytest.fixture(scope="module")
def many_url(made_once, tmp_path_factory) -> Iterator[str]:
    """The page on many systems of one data set, for the Compare tab."""
    yield from page_on(tmp_path_factory.mktemp("many"), made_once(make_many_runs))


@pytest.fixture(scope="module")
def why_url(made_once, tmp_path_factory) -> Iterator[str]:
    """The page on models that can be asked why."""
    yield from page_on(tmp_path_factory.mktemp("why"), made_once(make_explained_runs))


@pytest.fixture(scope="module")
def trust_url(made_once, tmp_path_factory) -> Iterator[str]:
    """The page on models of which it was measured how far they may be believed, where there is no
    network."""
    proxies = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    yield from page_on(
        tmp_path_factory.mktemp("trust"),
        made_once(make_trusted_runs),
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
