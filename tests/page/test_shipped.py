"""The page on the shipped checkpoints."""

from collections.abc import Iterator

import numpy as np
import pytest
from page.driver import (
    CIFAR10,
    DRAWN,
    FASHION_MNIST,
    SAMPLES,
    SEEN,
    as_array,
    assert_readable,
    choose,
    columns,
    draw,
    give,
    image_named,
    page_on,
    photo,
    pixels,
    wait_for_change,
    wait_for_label,
    wait_for_picture,
    wait_for_reasons,
    wait_for_shown,
)
from PIL import Image, ImageDraw

from benchmarks.page import ROOT
from dgm.data import SHAPES, measure_shapes, spec

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shipped_url(tmp_path_factory) -> Iterator[str]:
    yield from page_on(tmp_path_factory.mktemp("shipped"), ROOT / "checkpoints")


def test_the_page_as_shipped_reads_its_own_examples(watched, shipped_url):
    one = watched()
    page = one.open(shipped_url)
    for digit in "7204938516":
        page.get_by_role("button", name=f"Example: the digit {digit}").click()
        wait_for_label(page, digit)
    choose(page, FASHION_MNIST)
    for example, said in (("trousers", "Trouser"), ("a sneaker", "Sneaker"), ("a bag", "Bag")):
        page.get_by_role("button", name=f"Example: {example}").click()
        wait_for_label(page, said)
    one.show("Generate")
    wait_for_picture(page)
    one.show("Compare")
    page.wait_for_selector(".dg-compare .dg-smoothed")
    assert len(columns(page)) >= 2
    one.show("Curves")
    page.wait_for_selector(".dg-curves .dg-smoothed")
    image_named(page, SAMPLES).wait_for()


def gauge_of(page) -> str:
    """What the gauge says of the picture that was given last."""
    wait_for_reasons(page)
    return page.locator("[data-ref=gaugeblock]").get_attribute("data-verdict")


def test_the_page_as_shipped_reads_pictures_of_ones_own(watched, shipped_url):
    page = watched().open(shipped_url)
    wait_for_label(page)
    # A seven on the pad, in two strokes as many write it; then in pencil on a sheet of paper.
    choose(page, "Draw")
    draw(page, (0.28, 0.25), (0.72, 0.25), (0.45, 0.8))
    draw(page, (0.42, 0.52), (0.68, 0.52))
    wait_for_label(page, "7")
    assert_readable(page, spec("mnist").class_names)
    page.get_by_role("button", name="Clear").click()
    choose(page, "File")
    sheet = Image.new("RGB", (1200, 900), (236, 230, 214))
    ImageDraw.Draw(sheet).line([(440, 220), (760, 230), (560, 700)], (70, 70, 80), 34, "curve")
    give(page, sheet)
    wait_for_label(page, "7")
    assert_readable(page, spec("mnist").class_names)
    assert gauge_of(page) == "usual"
    # Photos, and two pictures of none of the classes: noise, and what is a picture elsewhere.
    choose(page, CIFAR10)
    for animal in ("dog", "cat"):
        give(page, photo(animal), "jpeg")
        wait_for_label(page, animal)
        assert_readable(page, spec("cifar10").class_names)
        assert gauge_of(page) != "unlike"
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8))
    noise = noise.resize((320, 320), Image.Resampling.NEAREST)
    for stranger, verdicts in ((noise, {"unlike"}), (sheet, {"unlike", "unusual"})):
        before = pixels(image_named(page, SEEN))
        give(page, stranger)
        wait_for_change(image_named(page, SEEN), before)
        assert_readable(page, spec("cifar10").class_names)
        assert gauge_of(page) in verdicts


def test_the_page_as_shipped_steers_shapes_by_their_factors(watched, shipped_url):
    page = watched().open(shipped_url, "Generate")
    choose(page, "Coloured shapes Shapes")
    wait_for_shown(page, "s.model === 'vae-shapes' && s.kind === 'factors'")
    choose(page, "square")
    wait_for_shown(page, "s.label === 'square'")
    page.locator(".dg-sliders:not([inert])").wait_for()
    label = np.array([SHAPES.index("square")])

    def measured() -> dict[str, float]:
        picture = as_array(pixels(image_named(page, DRAWN)))[None, ..., :3]
        return {name: found[0] for name, found in measure_shapes(picture, label).items()}

    def pulled(slider: str, key: str) -> dict[str, float]:
        before = pixels(image_named(page, DRAWN))
        page.get_by_role("slider", name=slider, exact=True).focus()
        page.keyboard.press(key)
        wait_for_change(image_named(page, DRAWN), before)
        page.wait_for_timeout(300)
        return measured()

    hue = measured()["hue"]
    turned = pulled("Hue", "End")["hue"]  # half-way around the circle
    assert abs((turned - hue) % 1 - 0.5) < 0.12
    left, right = (pulled("Left to right", key)["x"] for key in ("Home", "End"))
    assert right - left > 5  # of 8 pixels
    small, large = (pulled("Size", key)["size"] for key in ("Home", "End"))
    assert large - small > 2  # of 4 pixels
    upright = measured()["angle"]
    # To the end of the slider a square turns by 45 degrees.
    assert abs((pulled("Angle", "End")["angle"] - upright) % 90 - 45) < 10
