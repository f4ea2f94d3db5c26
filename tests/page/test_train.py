"""The Train tab: a training is begun, watched, steered, saved, found again and ended."""

import re
import zipfile

import pytest
from page.driver import DIGITS, FAINT, choose, image_named, pixels, select, wait_for_change

import dgm

pytestmark = pytest.mark.browser

GRID = re.compile(r"^What DCGAN draws at step ")
# Whether what D wants changed is painted over a picture.
PAINTED = """
() => [...document.querySelectorAll('.dg-wishes')].some(canvas => {
  const copy = Object.assign(document.createElement('canvas'), {width: 32, height: 32});
  copy.getContext('2d').drawImage(canvas, 0, 0);
  return copy.getContext('2d').getImageData(0, 0, 32, 32).data.some(value => value > 0);
})
"""
COMPILES = 180_000  # ms: the nets are built, and the first step of each kind is compiled


def begin(page, data: str = DIGITS, system: str = "DCGAN") -> None:
    """Choose what is trained, and press Play."""
    choose(page, data)
    choose(page, system)
    # Small, so that the test is soon over.
    page.get_by_role("spinbutton", name="Batch size").fill("8")
    page.get_by_role("button", name="Play").click()
    page.get_by_role("heading", name=f"{system} · ").wait_for()


def step_of(page) -> int:
    """The step of the pictures that are seen, once none is done any more."""
    line = page.get_by_text(re.compile(r"^Step .+ of "))
    words = ""
    while words != (words := line.inner_text()):
        page.wait_for_timeout(1_500)  # what was pressed last is on its way
    return int(re.search(r"^Step ([\d,]+) of ", words)[1].replace(",", ""))


def wait_for_step(page, least: int) -> None:
    page.wait_for_function(
        """least => {
          const words = document.querySelector('[data-ref=countstep]').textContent;
          return Number(words.replace(',', '')) >= least;
        }""",
        arg=least,
        timeout=COMPILES,
    )


def pause(page) -> None:
    page.get_by_role("button", name="Pause").click()
    wait_until_paused(page)


def wait_until_paused(page) -> None:
    page.get_by_role("button", name="Play", exact=True).wait_for(timeout=COMPILES)
    page.get_by_text("Paused.").wait_for(timeout=COMPILES)


def verdicts(page, which: str) -> list[str]:
    strip = page.get_by_role("list", name=which).get_by_role("img")
    return strip.evaluate_all("tiles => tiles.map(tile => tile.getAttribute('aria-label'))")


def test_a_training_from_play_to_reset(watched, url, tmp_path):
    page = watched().open(url, "Train")
    begin(page)
    grid = image_named(page, GRID)
    grid.wait_for(timeout=COMPILES)
    first = pixels(grid)

    # It learns: the count rises, the pictures change, the curves begin.
    wait_for_step(page, 10)
    wait_for_change(grid, first)
    page.get_by_role("img", name="Losses of D and G against steps").wait_for()
    pause(page)
    before = step_of(page)
    drawn, said = pixels(grid), verdicts(page, "Drawn pictures")
    assert all(re.fullmatch(r"\d: .+\s% real", words) for words in said)

    # D alone: its verdicts move, the pictures stay.
    choose(page.get_by_role("group", name="Steps at once"), "×10")
    page.get_by_role("button", name="Step D").click()
    wait_for_step(page, before + 10)
    wait_until_paused(page)
    assert step_of(page) == before + 10
    assert pixels(grid) == drawn
    assert verdicts(page, "Drawn pictures") != said

    # What D wants changed lies over the pictures.
    heat = page.locator(".dg-wishes").first
    assert heat.is_hidden()
    page.get_by_label("What D wants changed").check()
    page.wait_for_function(PAINTED)
    assert page.get_by_text("Orange pixels brighter").is_visible()

    # A rate that is changed is marked on the curves.
    rate = page.get_by_role("slider", name="Learning rate of G")
    rate.focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_text("The vertical line is where settings were changed.").wait_for()
    changed = rate.get_attribute("aria-valuetext")

    # What the nets were built by cannot be changed, and is put back.
    size = page.get_by_role("spinbutton", name="Latent size")
    kept = size.input_value()
    size.fill("7")
    page.get_by_role("button", name="Apply 1 change").click()
    page.get_by_role("alert").filter(has_text="the nets were built by it").wait_for()
    assert size.input_value() == kept

    # All of it can be read, and fits a phone.
    for theme in ("light", "dark"):
        found = page.evaluate(FAINT, ".dg-train")
        assert found["seen"] > 60
        assert found["faint"] == [], theme
        page.get_by_role("button", name="Light or dark").click()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 860})

    # Look back to the first pictures.
    page.get_by_role("slider", name="Step to look back at").focus()
    page.keyboard.press("Home")
    image_named(page, "What DCGAN draws at step 0").wait_for()
    assert pixels(grid) == first

    with page.expect_download(timeout=COMPILES) as download:
        page.get_by_role("button", name="Save the model").click()
    file = tmp_path / "model.zip"
    download.value.save_as(file)
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path)
    assert dgm.load(tmp_path / "dcgan-digits").sample(1, [3], num=1).shape == (1, 32, 32, 1)

    # A reload finds it again.
    page.reload()
    page.get_by_role("tab", name="Train").click()
    page.get_by_text(f"Step {before + 10} of").wait_for()
    assert rate.get_attribute("aria-valuetext") == changed
    select(page, "What to plot", "Variety")
    page.get_by_role("img", name="Variety against steps").wait_for()

    # Back to the choice, with the settings as they were; a reload does not find it.
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("heading", name="Train a model yourself").wait_for()
    assert rate.get_attribute("aria-valuetext") == changed
    page.reload()
    page.get_by_role("tab", name="Train").click()
    page.get_by_role("heading", name="Train a model yourself").wait_for()


def test_a_training_that_is_gone_brings_back_the_choice(watched, url):
    page = watched().open(url, "Train")
    page.evaluate("localStorage.setItem('dg-training', 'long-gone')")
    page.reload()
    page.get_by_role("tab", name="Train").click()
    page.get_by_text("This training is over: begin a new one.").wait_for()
    assert page.get_by_role("button", name="Play").is_enabled()


def test_a_second_visitor_waits_for_the_first(watched, url):
    first, second = (watched().open(url, "Train") for _ in range(2))
    begin(first, system="VAE")
    begin(second)
    second.get_by_text("1 training is before yours").wait_for()
    # A system without D has one way to step, and no verdicts.
    image_named(first, re.compile("^What VAE draws")).wait_for(timeout=COMPILES)
    assert first.get_by_role("button", name="Step", exact=True).is_visible()
    assert first.get_by_role("button", name="Step D").is_hidden()
    assert first.get_by_role("heading", name="What D says").is_hidden()
    first.get_by_role("button", name="Reset").click()
    image_named(second, GRID).wait_for(timeout=COMPILES)
    second.get_by_role("button", name="Reset").click()
    second.get_by_role("heading", name="Train a model yourself").wait_for()
