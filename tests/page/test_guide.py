"""The guides to a new tab and a new language: their examples work in the browser, in as few places
as they say."""

from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from guides import ROOT, copy_project, follow, read_guide
from page.driver import page_on
from page_runs import make_runs

from benchmarks import page as page_server

GUIDES = ROOT / "docs" / "guides"


@pytest.fixture
def served(tmp_path, tiny_config, monkeypatch):
    """served(name, **environment): the address of a page on which a guide was followed."""
    monkeypatch.setattr(page_server, "ROOT", tmp_path)
    with ExitStack() as stack:

        def serve(name: str, **environment: str) -> str:
            follow(read_guide(GUIDES / f"{name}.md"), copy_project(tmp_path))
            runs = make_runs(tmp_path / "checkpoints", tiny_config)
            return stack.enter_context(contextmanager(page_on)(tmp_path, runs, **environment))

        yield serve


def folders(name: str) -> set[str]:
    return {str(Path(file).parent) for file in read_guide(GUIDES / f"{name}.md").places}


def test_a_tab_is_added_as_the_guide_says(served: Callable[..., str], watched):
    assert folders("add-a-tab") == {"demo/tabs/quiz", "demo/text/en"}
    page = watched().open(served("add-a-tab"), "Quiz")
    quiz = page.locator(".dg-quiz")
    guesses = quiz.get_by_role("group", name="Your guess").get_by_role("radio")
    page.wait_for_function("() => document.querySelector('.dg-quiz canvas').width === 32")
    guesses.first.check(force=True)
    assert quiz.get_by_role("status").inner_text().startswith(("Right", "No: it was asked for"))
    quiz.get_by_role("button", name="Another picture").click()
    assert guesses.first.is_checked() is False


def test_a_language_is_added_as_the_guide_says(served: Callable[..., str], watched):
    assert folders("add-a-language") == {"demo/text/de"}
    page = watched(locale="de-DE").page
    page.goto(served("add-a-language", DGM_LANGUAGE="de"))
    page.get_by_role("radio", name="Handgeschriebene Ziffern").wait_for(state="attached")
    page.get_by_role("tab", name="Kurven").click()
    page.get_by_role("heading", name="Trainingsläufe").wait_for()
    assert page.locator("html").get_attribute("lang") == "de"
    assert page.get_by_text("Kleine generative Modelle").is_visible()
    # What it lacks is said in English.
    assert page.get_by_text("Values at the end of each run").is_visible()
