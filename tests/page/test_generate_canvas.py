"""The Generate tab: the picture on the canvas and what sets it."""

import pytest
from page.driver import difference, pixels, shown, wait_for_change, wait_for_picture, wait_for_shown
from PIL import Image

pytestmark = pytest.mark.browser


def test_the_picture_follows_a_dragged_slider(watched, url):
    page = watched().open(url, "Generate")
    before = wait_for_picture(page)
    slider = page.locator(".dg-sliders input").first
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], y, steps=8)
    # While the button is still held.
    during = wait_for_change(page, "[data-ref=picture]", before)
    page.mouse.move(box["x"] + box["width"] - 2, y, steps=8)
    wait_for_change(page, "[data-ref=picture]", during)
    page.mouse.up()
    page.wait_for_function(
        "() => JSON.parse(document.querySelector('[data-ref=picture]').dataset.shown)"
        ".sliders[0] > 2.5"
    )
    # A double click sets it back, and the picture with it.
    slider.dblclick()
    page.wait_for_function(
        "() => JSON.parse(document.querySelector('[data-ref=picture]').dataset.shown)"
        ".sliders[0] === 0"
    )
    assert pixels(page, "[data-ref=picture]") == before


def test_seed_class_and_truncation_make_the_picture_and_undo_goes_back(watched, url):
    page = watched().open(url, "Generate")
    first = wait_for_picture(page)
    page.fill("[data-ref=seed]", "77")
    page.press("[data-ref=seed]", "Enter")
    second = wait_for_change(page, "[data-ref=picture]", first)
    page.locator(".dg-generate input[name][value='5']").check(force=True)
    third = wait_for_change(page, "[data-ref=picture]", second)
    page.locator("[data-ref=truncation]").focus()
    page.keyboard.press("Home")
    wait_for_change(page, "[data-ref=picture]", third)
    for expected in (third, second, first):
        now = pixels(page, "[data-ref=picture]")
        page.locator(".dg-live [data-ref=undo]").click()
        assert wait_for_change(page, "[data-ref=picture]", now) == expected
    # A seed that is none is not taken.
    page.fill("[data-ref=seed]", "")
    page.press("[data-ref=seed]", "Enter")
    assert page.input_value("[data-ref=seed]") == "1"


def test_a_sample_can_be_taken_up(watched, url):
    page = watched().open(url, "Generate")
    before = wait_for_picture(page)
    assert page.locator(".dg-tile").count() == 60
    tile = page.get_by_role("button", name="7, seed 3", exact=True)
    tile_pixels = pixels(page, "[aria-label='7, seed 3'] canvas")
    tile.click()
    after = wait_for_change(page, "[data-ref=picture]", before)
    assert difference(after, tile_pixels) <= 1
    assert page.input_value("[data-ref=seed]") == "3"
    page.locator(".dg-generate input[value=one]").check(force=True)
    page.wait_for_function("() => document.querySelectorAll('.dg-tile').length === 48")


def test_a_link_that_cannot_be_followed_is_told_in_words(watched, url):
    page = watched().page
    page.goto(f"{url}/#generate?model=resnet&seed=3")
    wait_for_picture(page)
    line = page.locator("[data-ref=linkline]")
    assert "model “resnet” is not here" in line.inner_text()
    assert shown(page)["model"] == "dcgan-mnist"
    # Another link, followed as far as it goes.
    page.evaluate(
        "location.hash = 'generate?model=vae-mnist&class=seven&seed=-1&sliders=1,9&truncation=0.5'"
    )
    wait_for_shown(page, "s.model === 'vae-mnist' && s.truncation === 0.5")
    words = "class cannot be “seven”; seed cannot be “-1”; sliders cannot be “1,9”"
    assert words in line.inner_text()
    assert shown(page)["sliders"] == [0] * 8
    page.locator("[data-ref=surprise]").click()
    line.wait_for(state="hidden")


@pytest.mark.parametrize(
    "ref, name, size",
    [
        ("save", "dcgan-mnist-0-seed-1.png", (512, 512)),
        ("savesheet", "dcgan-mnist-0-all-samples.png", (768, 1280)),
    ],
)
def test_pictures_are_saved_as_png(watched, url, tmp_path, ref, name, size):
    page = watched().open(url, "Generate")
    wait_for_picture(page)
    page.wait_for_timeout(500)
    with page.expect_download() as download:
        page.locator(f"[data-ref={ref}]").click()
    assert download.value.suggested_filename == name
    download.value.save_as(tmp_path / name)
    with Image.open(tmp_path / name) as image:
        assert (image.format, image.size) == ("PNG", size)
