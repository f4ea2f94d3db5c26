"""The Generate tab: the whole of it, and its sections below the canvas."""

import re

import numpy as np
import pytest
from asking import drawn_by
from page.driver import (
    FAINT,
    as_array,
    difference,
    give,
    pixels,
    shown,
    wait_for_change,
    wait_for_picture,
    wait_for_shown,
)
from PIL import Image, ImageDraw

pytestmark = pytest.mark.browser


def test_a_picture_is_steered_walked_from_shared_and_found_again(
    watched, url, runs_folder, tmp_path
):
    """The whole of the tab, as a visitor goes through it."""
    one = watched()
    page = one.open(url, "Generate")
    wait_for_picture(page)
    page.locator(".dg-generate input[value=vae-mnist]").check(force=True)
    wait_for_shown(page, "s.model === 'vae-mnist'")

    # Other directions; a slider that is named, moved by keys, and taken back and forth.
    page.locator(".dg-generate input[value=sefa]").check(force=True)
    page.locator(".dg-sliders:not([inert])").wait_for()
    page.locator(".dg-pencil").nth(1).click()
    page.keyboard.type("Slant")
    page.keyboard.press("Enter")
    before = pixels(page, "[data-ref=picture]")
    page.get_by_role("slider", name="Slant").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    wait_for_shown(page, "s.sliders[1] === 1")
    steered = wait_for_change(page, "[data-ref=picture]", before)
    page.keyboard.press("Control+z")
    wait_for_shown(page, "s.sliders[1] === 0.5")
    page.keyboard.press("Control+z")
    wait_for_shown(page, "s.sliders[1] === 0")
    assert pixels(page, "[data-ref=picture]") == before
    page.locator("[data-ref=redo]").click()
    page.keyboard.press("Control+Shift+z")
    wait_for_shown(page, "s.sliders[1] === 1")
    assert pixels(page, "[data-ref=picture]") == steered
    page.locator("[data-ref=rawfold] summary").click()
    page.get_by_role("slider", name="Coordinate 3 of z").focus()
    page.keyboard.press("PageUp")
    wait_for_shown(page, "s.offsets[2] > 0")
    edited = wait_for_change(page, "[data-ref=picture]", steered)

    # A walk from it to two others, which is played and saved.
    page.locator(".dg-generate input[value=walk]").check(force=True)
    page.get_by_role("button", name="7, seed 3", exact=True).click()
    page.get_by_role("button", name="2, seed 4", exact=True).click()
    page.wait_for_function("() => document.querySelector('[data-ref=walkstrip]').width === 33 * 32")
    assert difference(pixels(page, "[data-ref=walker]"), edited) <= 1
    page.locator("[data-ref=play]").click()
    wait_for_change(page, "[data-ref=walker]", pixels(page, "[data-ref=walker]"))
    page.locator("[data-ref=play]").click()
    for kind in ("gif", "webp"):
        with page.expect_download() as download:
            page.locator(f"[data-ref=save{kind}]").click()
        assert download.value.suggested_filename == f"vae-mnist-0-walk.{kind}"
        download.value.save_as(tmp_path / "film")
        with Image.open(tmp_path / "film") as film:
            assert (film.format, film.size) == (kind.upper(), (256, 256))
            assert film.n_frames > 10  # two alike in a row are one

    # A sum of three pictures, and a place on the map, are drawn on the canvas.
    page.locator(".dg-generate input[value=sums]").check(force=True)
    for box, name in (("A", "7, seed 3"), ("− B", "1, seed 3"), ("+ C", "3, seed 5")):
        page.get_by_role("radio", name=box, exact=True).check(force=True)
        page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_selector("[data-ref=sums][data-shown*='\"c\":[{']")
    page.locator("[data-ref=takesum]").click()
    wait_for_shown(page, "s.z && s.label === '3'")
    drawn = pixels(page, "[data-ref=picture]")
    assert difference(pixels(page, "[data-ref=sum]"), drawn) <= 1  # of a batch, and alone
    page.locator(".dg-generate input[value=mapcard]").check(force=True)
    page.wait_for_selector("[data-ref=map][data-shown=vae-mnist]")
    before = pixels(page, "[data-ref=mapped]")
    page.locator("[data-ref=map]").click(position={"x": 120, "y": 150})
    on_map = wait_for_change(page, "[data-ref=mapped]", before)
    assert on_map == pixels(page, "[data-ref=picture]")
    page.locator(".dg-live [data-ref=undo]").click()
    wait_for_shown(page, "s.label === '3'")

    # A picture of one's own is encoded, compared, and edited as another class.
    page.locator(".dg-generate input[value=own]").check(force=True)
    sheet = Image.new("RGB", (1200, 900), (236, 230, 214))
    ImageDraw.Draw(sheet).line([(440, 220), (760, 230), (560, 700)], (70, 70, 80), 34, "curve")
    before = page.get_attribute("[data-ref=picture]", "data-shown")
    give(page, sheet, tab=".dg-own")
    page.locator("[data-ref=placed]").wait_for()
    page.wait_for_function(
        "was => document.querySelector('[data-ref=picture]').dataset.shown !== was", arg=before
    )
    encoded = pixels(page, "[data-ref=picture]")
    assert difference(encoded, pixels(page, "[data-ref=reconstruction]")) == 0
    assert pixels(page, "[data-ref=before]") == pixels(page, "[data-ref=given]") != encoded
    assert re.search(r"off by [\d.]+\s%", page.locator("[data-ref=off]").inner_text())
    page.get_by_role("slider", name="How much of your picture").focus()
    page.keyboard.press("End")
    assert page.locator("[data-ref=before]").is_visible()
    page.locator(".dg-live-picture").scroll_into_view_if_needed()
    page.locator(".dg-generate input[name][value='5']").check(force=True)
    wait_for_shown(page, "s.label === '5'")
    page.get_by_role("slider", name="Slant").focus()
    page.keyboard.press("Shift+ArrowLeft")
    wait_for_shown(page, "s.sliders[1] === -0.5")
    edited = wait_for_change(page, "[data-ref=picture]", encoded)

    # The program that is shown draws these pixels, and so does the link in another window.
    page.locator("[data-ref=copypython]").click()
    page.wait_for_selector("[data-ref=program]:not([hidden])")
    asked = shown(page)
    (picture,) = drawn_by([page.locator("[data-ref=program]").inner_text()], runs_folder)
    np.testing.assert_array_equal(picture, as_array(edited)[..., 0])
    other = one.context.new_page()
    other.goto(page.evaluate("location.href"))
    wait_for_picture(other)
    wait_for_shown(other, "s.sliders[1] === -0.5")
    assert shown(other) == asked
    assert pixels(other, "[data-ref=picture]") == pixels(page, "[data-ref=picture]") == edited
    other.get_by_role("slider", name="Slant").wait_for()


def test_a_picture_is_looked_for_until_it_is_near_enough(watched, url):
    page = watched().open(url, "Generate")
    before = wait_for_picture(page)
    page.locator(".dg-generate input[value=own]").check(force=True)
    page.locator(".dg-own .dg-example").nth(3).click()
    page.get_by_role("button", name="Look for it").click()
    page.locator(".dg-own .dg-fetching").wait_for()
    page.locator("[data-ref=result]").wait_for()  # the first guess
    page.get_by_role("button", name="Stop here").click()
    page.locator("[data-ref=placed]").wait_for()
    assert wait_for_change(page, "[data-ref=picture]", before) == pixels(
        page, "[data-ref=reconstruction]"
    )
    assert page.locator(".dg-own .dg-fetching").is_hidden()
    # One undo, and the canvas is as it was.
    page.locator(".dg-live [data-ref=undo]").click()
    wait_for_shown(page, "s.z === null && s.seed === 1")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_generate_tab_is_legible_and_fits_a_phone(watched, url, theme):
    page = watched(width=390).open(url, "Generate", f"?__theme={theme}")
    wait_for_picture(page)
    page.locator("[data-ref=copypython]").click()
    page.locator("[data-ref=rawfold] summary").click()
    for section in ("many", "walk", "mapcard", "own", "sums", "memory"):
        page.locator(f".dg-generate input[value={section}]").check(force=True)
        page.locator(f".dg-generate [data-ref={section}]").wait_for()
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, section
        found = page.evaluate(FAINT, ".dg-generate")
        assert found["seen"] > 60
        assert found["faint"] == [], section
