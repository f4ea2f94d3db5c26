"""The Generate tab: the whole of it, and its sections below the canvas."""

import re

import numpy as np
import pytest
from asking import drawn_by
from page.driver import (
    DRAWN,
    FAINT,
    as_array,
    choose,
    difference,
    examples,
    give,
    image_named,
    pixels,
    shown,
    undo,
    wait_for_change,
    wait_for_picture,
    wait_for_shown,
)
from PIL import Image, ImageDraw

pytestmark = pytest.mark.browser
SECTIONS = {
    "Many at once": "Many pictures",
    "Walk": "Walk",
    "Map": "Map",
    "Your own picture": "Your own picture",
    "Arithmetic": "Arithmetic: A − B + C",
    "Is it memorised?": "Is it memorised?",
}


def test_a_picture_is_steered_walked_from_shared_and_drawn_again(
    watched, url, runs_folder, tmp_path
):
    """The whole of the tab, as a visitor goes through it."""
    one = watched()
    page = one.open(url, "Generate")
    wait_for_picture(page)
    choose(page, "VAE")
    wait_for_shown(page, "s.model === 'vae-mnist'")

    # Other directions; a slider that is named, moved by keys, and taken back and forth.
    choose(page, "SeFa")
    page.get_by_role("status").filter(has_text="What the weights of G’s first layer").wait_for()
    page.get_by_role("button", name="Rename Direction 2").click()
    page.keyboard.type("Slant")
    page.keyboard.press("Enter")
    before = pixels(image_named(page, DRAWN))
    page.get_by_role("slider", name="Slant").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    wait_for_shown(page, "s.sliders[1] === 1")
    steered = wait_for_change(image_named(page, DRAWN), before)
    page.keyboard.press("Control+z")
    wait_for_shown(page, "s.sliders[1] === 0.5")
    page.keyboard.press("Control+z")
    wait_for_shown(page, "s.sliders[1] === 0")
    assert pixels(image_named(page, DRAWN)) == before
    page.get_by_role("button", name="Redo").click()
    page.keyboard.press("Control+Shift+z")
    wait_for_shown(page, "s.sliders[1] === 1")
    assert pixels(image_named(page, DRAWN)) == steered
    page.get_by_text("The coordinates of z, one by one").click()
    page.get_by_role("slider", name="Coordinate 3 of z").focus()
    page.keyboard.press("PageUp")
    wait_for_shown(page, "s.offsets[2] > 0")
    edited = wait_for_change(image_named(page, DRAWN), steered)

    # A walk from it to two others, which is played and saved.
    choose(page, "Walk")
    page.get_by_role("button", name="7, seed 3", exact=True).click()
    page.get_by_role("button", name="2, seed 4", exact=True).click()
    along = page.get_by_role("slider", name="How far along the way")
    along.and_(page.locator("[aria-valuetext='picture 1 of 33']")).wait_for()
    assert image_named(page, "All pictures on the way").get_attribute("width") == str(33 * 32)
    walked = image_named(page, "The picture on the way")
    assert difference(pixels(walked), edited) <= 1
    page.get_by_role("button", name="Play").click()
    wait_for_change(walked, pixels(walked))
    page.get_by_role("button", name="Pause").click()
    for kind in ("GIF", "WebP"):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Save {kind}").click()
        assert download.value.suggested_filename == f"vae-mnist-0-walk.{kind.lower()}"
        download.value.save_as(tmp_path / "animation")
        with Image.open(tmp_path / "animation") as animation:
            assert (animation.format, animation.size) == (kind.upper(), (256, 256))
            assert animation.n_frames > 10  # two alike in a row are one

    # The result of three boxes, and a place on the map, are drawn on the canvas.
    choose(page, "Arithmetic")
    for box, name in (("A", "7, seed 3"), ("− B", "1, seed 3"), ("+ C", "3, seed 5")):
        page.get_by_role("radio", name=box, exact=True).check(force=True)
        page.get_by_role("button", name=name, exact=True).click()
    page.get_by_text("The result is drawn as 3.").wait_for()
    page.get_by_role("button", name="To the canvas").click()
    wait_for_shown(page, "s.z && s.label === '3'")
    drawn = pixels(image_named(page, DRAWN))
    assert (
        difference(pixels(image_named(page, "The picture of A − B + C")), drawn) <= 1
    )  # of a batch, and alone
    choose(page, "Map")
    page.get_by_text(
        re.compile("each dot is one of 1,000 pictures that the model drew itself.* style, so that")
    ).wait_for()
    before = pixels(image_named(page, "The picture at that place"))
    page.get_by_role("application", name="Map of the latent space").click(
        position={"x": 120, "y": 150}
    )
    on_map = wait_for_change(image_named(page, "The picture at that place"), before)
    assert on_map == pixels(image_named(page, DRAWN))
    undo(page)
    wait_for_shown(page, "s.label === '3'")

    # A picture of one's own is encoded, compared, and edited as another class.
    choose(page, "Your own picture")
    paper = Image.new("RGB", (1200, 900), (236, 230, 214))
    ImageDraw.Draw(paper).line([(440, 220), (760, 230), (560, 700)], (70, 70, 80), 34, "curve")
    before = pixels(image_named(page, DRAWN))
    give(page.get_by_role("region", name="Your own picture"), paper)
    page.get_by_role("button", name="Steer it above").wait_for()
    encoded = wait_for_change(image_named(page, DRAWN), before)
    assert (
        difference(encoded, pixels(image_named(page, "The picture that the model draws instead")))
        == 0
    )
    mine = image_named(page.get_by_role("region", name="One picture"), "Your picture")
    assert pixels(mine) == pixels(image_named(page, "Your picture as the model sees it")) != encoded
    assert page.get_by_text(re.compile(r"On average a pixel is off by [\d.]+\s%")).is_visible()
    page.get_by_role("slider", name="How much of your picture").focus()
    page.keyboard.press("End")
    assert mine.is_visible()
    image_named(page, DRAWN).scroll_into_view_if_needed()
    choose(page, "5")
    wait_for_shown(page, "s.label === '5'")
    page.get_by_role("slider", name="Slant").focus()
    page.keyboard.press("Shift+ArrowLeft")
    wait_for_shown(page, "s.sliders[1] === -0.5")
    edited = wait_for_change(image_named(page, DRAWN), encoded)

    # The program that is shown draws these pixels, and so does the link in another window.
    page.get_by_role("button", name="Copy Python").click()
    program = page.get_by_role("region", name="Program in Python").inner_text()
    setting = shown(page)
    (picture,) = drawn_by([program], runs_folder)
    np.testing.assert_array_equal(picture, as_array(edited)[..., 0])
    other = one.context.new_page()
    other.goto(page.evaluate("location.href"))
    wait_for_picture(other)
    wait_for_shown(other, "s.sliders[1] === -0.5")
    assert shown(other) == setting
    assert pixels(image_named(other, DRAWN)) == pixels(image_named(page, DRAWN)) == edited
    other.get_by_role("slider", name="Slant").wait_for()


def test_a_picture_is_looked_for_until_it_is_near_enough(watched, url):
    page = watched().open(url, "Generate")
    before = wait_for_picture(page)
    choose(page, "Your own picture")
    section = page.get_by_role("region", name="Your own picture")
    examples(section).nth(3).click()

    def without_an_end(route):  # a fast machine is done before anybody can stop it
        request = route.request.post_data_json or {}
        if request.get("fn_name") != "search_status" or request["data"]["stop"]:
            return route.continue_()
        route.fulfill(json=route.fetch().json() | {"is_over": False})

    page.route(re.compile("component_server"), without_an_end)
    page.get_by_role("button", name="Look for it").click()
    section.get_by_role("progressbar").wait_for()
    result = image_named(section, "The picture that the model draws instead")
    result.wait_for()  # the first guess
    page.get_by_role("button", name="Stop here").click()
    page.get_by_role("button", name="Steer it above").wait_for()
    assert wait_for_change(image_named(page, DRAWN), before) == pixels(result)
    assert section.get_by_role("progressbar").count() == 0
    # One undo, and the canvas is as it was.
    undo(page)
    wait_for_shown(page, "s.z === null && s.seed === 1")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_generate_tab_is_legible_and_fits_a_phone(watched, url, theme):
    page = watched(width=390).open(url, "Generate", f"?__theme={theme}")
    wait_for_picture(page)
    page.get_by_role("button", name="Copy Python").click()
    page.get_by_text("The coordinates of z, one by one").click()
    for section, title in SECTIONS.items():
        choose(page, section)
        page.get_by_role("region", name=title).wait_for()
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, section
        found = page.evaluate(FAINT, ".dg-generate")
        assert found["seen"] > 60
        assert found["faint"] == [], section
