"""The Generate tab: the picture on the canvas and what sets it."""

import pytest
from page.driver import (
    DRAWN,
    choose,
    difference,
    image_named,
    pixels,
    seed_of,
    shown,
    undo,
    wait_for_change,
    wait_for_picture,
    wait_for_shown,
    wait_for_tiles,
)
from PIL import Image

pytestmark = pytest.mark.browser


def test_the_picture_follows_a_dragged_slider(watched, url):
    page = watched().open(url, "Generate")
    before = wait_for_picture(page)
    slider = page.get_by_role("slider", name="Direction 1", exact=True)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], y, steps=8)
    # While the button is still held.
    during = wait_for_change(image_named(page, DRAWN), before)
    page.mouse.move(box["x"] + box["width"] - 2, y, steps=8)
    wait_for_change(image_named(page, DRAWN), during)
    page.mouse.up()
    wait_for_shown(page, "s.sliders[0] > 2.5")
    # A double click sets it back, and the picture with it.
    slider.dblclick()
    wait_for_shown(page, "s.sliders[0] === 0")
    assert pixels(image_named(page, DRAWN)) == before


def test_seed_class_and_truncation_make_the_picture_and_undo_goes_back(watched, url):
    page = watched().open(url, "Generate")
    first = wait_for_picture(page)
    seed_of(page).fill("77")
    seed_of(page).press("Enter")
    second = wait_for_change(image_named(page, DRAWN), first)
    choose(page, "5")
    third = wait_for_change(image_named(page, DRAWN), second)
    page.get_by_role("slider", name="Truncation").focus()
    page.keyboard.press("Home")
    wait_for_change(image_named(page, DRAWN), third)
    for expected in (third, second, first):
        now = pixels(image_named(page, DRAWN))
        undo(page)
        assert wait_for_change(image_named(page, DRAWN), now) == expected
    # A seed that is none is not taken.
    seed_of(page).fill("")
    seed_of(page).press("Enter")
    assert seed_of(page).input_value() == "1"


def test_a_sample_can_be_taken_up(watched, url):
    page = watched().open(url, "Generate")
    before = wait_for_picture(page)
    wait_for_tiles(page, 60)
    tile = page.get_by_role("button", name="7, seed 3", exact=True)
    tile_pixels = pixels(tile.locator("canvas"))
    tile.click()
    after = wait_for_change(image_named(page, DRAWN), before)
    assert difference(after, tile_pixels) <= 1
    assert seed_of(page).input_value() == "3"
    choose(page, "This class")
    wait_for_tiles(page, 48)


def test_a_link_that_cannot_be_followed_says_why(watched, url):
    page = watched().page
    page.goto(f"{url}/#generate?model=resnet&seed=3")
    wait_for_picture(page)
    line = page.get_by_role("alert")
    assert "model “resnet” is not here" in line.inner_text()
    assert shown(page)["model"] == "dcgan-mnist"
    # Another link, followed as far as it goes.
    page.evaluate(
        "location.hash = 'generate?model=vae-mnist&class=seven&seed=-1&sliders=1,9&truncation=0.5'"
    )
    wait_for_shown(page, "s.model === 'vae-mnist' && s.truncation === 0.5")
    words = "class cannot be “seven”, seed cannot be “-1” and sliders cannot be “1,9”"
    assert words in line.inner_text()
    assert shown(page)["sliders"] == [0] * 8
    page.get_by_role("button", name="Surprise me").click()
    line.wait_for(state="hidden")


@pytest.mark.parametrize(
    "section, name, size",
    [
        ("One picture", "dcgan-mnist-0-seed-1.png", (512, 512)),
        ("Many pictures", "dcgan-mnist-0-all-samples.png", (768, 1280)),
    ],
)
def test_pictures_are_saved_as_png(watched, url, tmp_path, section, name, size):
    page = watched().open(url, "Generate")
    wait_for_picture(page)
    page.wait_for_timeout(500)
    with page.expect_download() as download:
        save = page.get_by_role("region", name=section).get_by_role("button", name="Save PNG")
        save.click()
    assert download.value.suggested_filename == name
    download.value.save_as(tmp_path / name)
    with Image.open(tmp_path / name) as image:
        assert (image.format, image.size) == ("PNG", size)
