"""The Classify tab: a picture is given, and bars say what it is."""

import re

import numpy as np
import pytest
from page.driver import (
    EXAMPLES,
    as_array,
    draw,
    give,
    photo,
    pixels,
    wait_for_change,
    wait_for_label,
)
from PIL import Image

pytestmark = pytest.mark.browser


def test_an_example_is_classified_as_the_page_opens(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    assert page.locator("[data-ref=bars] li").count() == 10
    shares = page.locator("[data-ref=bars] .dg-number").all_inner_texts()
    assert all(re.fullmatch(r"[\d.]+\s%", share) for share in shares)
    assert max(pixels(page, "[data-ref=seen]")[::4]) > 200
    assert page.locator("[data-ref=all] li").count() == 3  # the models of this data set
    page.wait_for_selector("[data-ref=all] li.dg-agrees[aria-current]")
    assert "98.8 % of the MNIST test pictures" in page.locator("[data-ref=how]").inner_text()


def test_an_uploaded_photo_of_any_size_is_classified(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    page.locator(".dg-classify input[value=cifar10]").check(force=True)
    wait_for_label(page, "[a-z]+")
    before = pixels(page, "[data-ref=seen]")
    give(page, photo("dog"), "jpeg")
    seen = as_array(wait_for_change(page, "[data-ref=seen]", before))[..., :3].astype(int)
    # Upright: no other way round is it as near to the picture that was photographed.
    with Image.open(EXAMPLES / "cifar10" / "dog.webp") as image:
        shown = np.asarray(image.convert("RGB").resize((32, 32)))
    off = [np.abs(np.rot90(seen, quarters) - shown).mean() for quarters in range(4)]
    assert off[0] < min(off[1:]) / 2
    assert page.locator("[data-ref=line]").is_hidden()
    # The part that is used is marked on the picture.
    page.wait_for_selector("[data-ref=crop]")
    box = page.locator("[data-ref=crop]").bounding_box()
    assert box["width"] == pytest.approx(box["height"], abs=1)


def test_an_unusable_file_is_told_in_a_line_and_nothing_is_lost(watched, url):
    page = watched().open(url)
    label = wait_for_label(page)
    before = pixels(page, "[data-ref=seen]")
    give(page, b"only words")
    page.wait_for_selector("[data-ref=line]:not([hidden])")
    assert "not a picture" in page.locator("[data-ref=line]").inner_text()
    assert page.locator("[data-ref=label]").inner_text() == label
    assert pixels(page, "[data-ref=seen]") == before
    assert page.locator("[data-ref=photo]").is_visible()
    # The next picture clears the line.
    page.locator(".dg-example").nth(3).click()
    page.wait_for_selector("[data-ref=line]", state="hidden")


def test_a_picture_that_another_data_set_cannot_use_is_told_without_the_old_answer(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    page.locator(".dg-classify input[value=cifar10]").check(force=True)
    wait_for_label(page, "[a-z]+")
    before = pixels(page, "[data-ref=seen]")
    give(page, Image.new("RGB", (64, 64), "grey"))
    wait_for_change(page, "[data-ref=seen]", before)
    page.locator(".dg-classify input[value=mnist]").check(force=True)
    page.wait_for_selector("[data-ref=line]:not([hidden])")
    assert "Nothing is drawn" in page.locator("[data-ref=line]").inner_text()
    assert page.locator("[data-ref=label]").inner_text() == "–"
    assert "".join(page.locator("[data-ref=bars] .dg-number").all_inner_texts()) == ""


def test_switching_the_model_classifies_again(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    before = page.locator("[data-ref=bars]").inner_text()
    page.locator(".dg-classify input[value=cnn-mnist]").check(force=True)
    page.wait_for_function(
        "text => document.querySelector('[data-ref=bars]').innerText !== text", arg=before
    )
    assert page.locator("[data-ref=says]").inner_text() == "What CNN says"


def test_no_answer_stands_under_the_title_of_another_question(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    page.evaluate(
        """() => {
          const fetch = window.fetch;
          window.fetch = async (...request) => {
            await new Promise((done) => setTimeout(done, 1500));
            return fetch(...request);
          };
        }"""
    )
    page.locator(".dg-classify input[value=cnn-mnist]").check(force=True)
    wait_for_label(page, "…")
    assert page.locator("[data-ref=says]").inner_text() == "What CNN says"
    assert "".join(page.locator("[data-ref=bars] .dg-number").all_inner_texts()) == ""
    wait_for_label(page)
    # Another data set has other classes: not for a moment is a digit told of its picture.
    page.locator(".dg-classify input[value=cifar10]").check(force=True)
    assert page.locator("[data-ref=label]").inner_text() == "…"
    wait_for_label(page, "[a-z]+")


def test_undo_and_clear(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    first = pixels(page, "[data-ref=seen]")
    page.locator(".dg-example").nth(1).click()
    wait_for_change(page, "[data-ref=seen]", first)
    page.locator(".dg-classify [data-ref=undo]").click()
    page.wait_for_function(
        "() => document.querySelector('.dg-example').getAttribute('aria-pressed') === 'true'"
    )
    for _ in range(100):
        if pixels(page, "[data-ref=seen]") == first:
            break
        page.wait_for_timeout(50)
    assert pixels(page, "[data-ref=seen]") == first
    page.get_by_role("button", name="Clear").click()
    assert page.locator("[data-ref=label]").inner_text() == "–"
    assert page.locator("[data-ref=invite]").is_visible()


def test_a_drawing_is_classified_while_it_is_drawn(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    page.locator(".dg-classify input[value=draw]").check(force=True)
    before = pixels(page, "[data-ref=seen]")
    draw(page, (0.5, 0.25), (0.5, 0.75))
    seen = as_array(wait_for_change(page, "[data-ref=seen]", before))[..., 0]
    assert seen[:, 15:17].max() > 200  # the stroke stands upright in the middle, bright on black
    assert seen[:, :8].max() == 0
    wait_for_label(page)
    page.locator(".dg-classify [data-ref=undo]").click()
    assert page.locator("[data-ref=label]").inner_text() == "–"


def test_the_camera_is_classified_and_taken(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    page.locator(".dg-classify input[value=cifar10]").check(force=True)
    wait_for_label(page, "[a-z]+")
    before = pixels(page, "[data-ref=seen]")
    page.locator(".dg-classify input[value=camera]").check(force=True)
    wait_for_change(page, "[data-ref=seen]", before)
    page.get_by_role("button", name="Take this picture").click()
    page.wait_for_selector("[data-ref=photo]:not([hidden])")
    assert page.evaluate("document.querySelector('[data-ref=video]').srcObject") is None


def test_a_picture_can_be_pasted(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    before = pixels(page, "[data-ref=seen]")
    page.evaluate(
        """async () => {
          const canvas = Object.assign(document.createElement('canvas'), {width: 90, height: 70});
          const pen = canvas.getContext('2d');
          pen.fillStyle = 'white'; pen.fillRect(0, 0, 90, 70);
          pen.fillStyle = 'black'; pen.fillRect(20, 30, 50, 8);
          const blob = await new Promise(done => canvas.toBlob(done));
          const data = new DataTransfer();
          data.items.add(new File([blob], 'pasted.png', {type: 'image/png'}));
          const event = new ClipboardEvent('paste', {clipboardData: data, bubbles: true});
          document.body.dispatchEvent(event);
        }"""
    )
    wait_for_change(page, "[data-ref=seen]", before)
