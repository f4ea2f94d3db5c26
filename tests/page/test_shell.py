"""What all tabs share: their width, the theme, the data set that goes with the visitor."""

import pytest
from page.driver import CIFAR10, TABS, choose, wait_for_label, wait_until_chosen

from benchmarks.page import serve

pytestmark = pytest.mark.browser


def test_the_choice_of_data_set_goes_with_the_visitor(watched, url):
    one = watched()
    page = one.open(url)
    wait_for_label(page)
    choose(page, CIFAR10)
    wait_for_label(page, "[a-z]+")
    one.show("Generate")
    wait_until_chosen(page, CIFAR10)


@pytest.mark.parametrize("width", [390, 820, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_tab_is_wider_than_the_screen(watched, url, width, theme):
    one = watched(width=width)
    page = one.open(url, query=f"?__theme={theme}")
    for tab in TABS:
        one.show(tab)
        page.wait_for_timeout(700)
        inner = page.evaluate("document.documentElement.scrollWidth")
        assert inner <= width, f"{tab} is {inner} wide"


def test_the_theme_button_turns_the_page_dark_and_is_remembered(watched, url):
    page = watched(color_scheme="light").open(url)

    def background():
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    light = background()
    page.get_by_role("button", name="Light or dark").click()
    dark = background()
    assert dark != light
    page.reload()
    page.wait_for_selector(".dg-classify")
    page.wait_for_function(
        "color => getComputedStyle(document.body).backgroundColor === color", arg=dark
    )


def test_without_any_checkpoint_the_page_says_what_to_do(watched, tmp_path):
    with serve(tmp_path / "app.log", DGM_CHECKPOINTS=str(tmp_path / "nothing")) as address:
        one = watched()
        one.page.goto(address)
        for tab in set(TABS) - {"Train"}:  # which needs no model
            one.page.get_by_role("tab", name=tab).click()
            note = one.page.locator(f".dg-{tab.lower()} [data-ref=note]")
            note.wait_for()
            assert "python -m dgm.train dcgan --dataset mnist" in note.inner_text()
        one.page.goto("about:blank")  # left before its server is, which it would go on asking
