"""The guide to a new tab: its example works in the browser, in as few places as it says."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from guides import ROOT, copy_project, follow, read_guide
from page.driver import page_on
from page_runs import make_runs

from benchmarks import page as page_server

PAGE = ROOT / "docs" / "guides" / "add-a-tab.md"


@pytest.fixture
def quiz_url(tmp_path, tiny_config, monkeypatch) -> Iterator[str]:
    guide = read_guide(PAGE)
    assert {Path(file).parent.name for file in guide.places} == {"quiz", "tabs"}
    follow(guide, copy_project(tmp_path))
    monkeypatch.setattr(page_server, "ROOT", tmp_path)
    yield from page_on(tmp_path, make_runs(tmp_path / "checkpoints", tiny_config))


def test_a_tab_is_added_as_the_guide_says(quiz_url, watched):
    page = watched().open(quiz_url, "Quiz")
    quiz = page.locator(".dg-quiz")
    guesses = quiz.get_by_role("group", name="Your guess").get_by_role("radio")
    page.wait_for_function("() => document.querySelector('.dg-quiz canvas').width === 32")
    guesses.first.check(force=True)
    assert quiz.get_by_role("status").inner_text().startswith(("Right", "No: it was asked for"))
    quiz.get_by_role("button", name="Another picture").click()
    assert guesses.first.is_checked() is False
