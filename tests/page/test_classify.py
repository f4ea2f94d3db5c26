"""The Classify tab: a picture is given, and bars say what it is."""

import re

import numpy as np
import pytest
from page.driver import (
    CIFAR10,
    EXAMPLES,
    FASHION_MNIST,
    MNIST,
    SEEN,
    as_array,
    bars_of,
    choose,
    draw,
    examples,
    give,
    image_named,
    label_of,
    methods_of,
    photo,
    pixels,
    wait_for_change,
    wait_for_label,
)
from PIL import Image

pytestmark = pytest.mark.browser


def shares_of(page) -> list[str]:
    """What stands at the end of each bar."""
    return bars_of(page).locator(".dg-number").all_inner_texts()


def ink_of(pad) -> float:
    """The share of the pad that is dark."""
    return np.mean(np.frombuffer(pixels(pad), np.uint8)[::4] < 128)


def wait_until(page, is_so) -> None:
    for _ in range(200):
        if is_so():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come to be")


def test_an_example_is_classified_as_the_page_opens(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    assert bars_of(page).count() == 10
    shares = shares_of(page)
    assert all(re.fullmatch(r"[\d.]+\s%", share) for share in shares)
    assert max(pixels(image_named(page, SEEN))[::4]) > 200
    rows = methods_of(page).get_by_role("listitem")
    assert rows.count() == 3  # the models of this data set
    methods_of(page).locator(".dg-agrees[aria-current]").wait_for()
    assert page.get_by_text("98.8 % of the MNIST test pictures").is_visible()


def test_an_uploaded_photo_of_any_size_is_classified(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    choose(page, CIFAR10)
    wait_for_label(page, "[a-z]+")
    before = pixels(image_named(page, SEEN))
    give(page, photo("dog"), "jpeg")
    seen = as_array(wait_for_change(image_named(page, SEEN), before))[..., :3].astype(int)
    # Upright: no other way round is it as near to the picture that was photographed.
    with Image.open(EXAMPLES / "cifar10" / "dog.webp") as image:
        shown = np.asarray(image.convert("RGB").resize((32, 32)))
    off = [np.abs(np.rot90(seen, quarters) - shown).mean() for quarters in range(4)]
    assert off[0] < min(off[1:]) / 2
    assert page.get_by_role("alert").is_hidden()
    # The part that is used is marked on the picture.
    page.wait_for_selector("[data-ref=crop]")
    box = page.locator("[data-ref=crop]").bounding_box()
    assert box["width"] == pytest.approx(box["height"], abs=1)


def test_an_unusable_file_is_told_in_a_line_and_nothing_is_lost(watched, url):
    page = watched().open(url)
    label = wait_for_label(page)
    before = pixels(image_named(page, SEEN))
    give(page, b"only words")
    page.get_by_role("alert").filter(has_text="not a picture").wait_for()
    assert label_of(page).inner_text() == label
    assert pixels(image_named(page, SEEN)) == before
    assert image_named(page, "Your picture").is_visible()
    # The next picture clears the line.
    examples(page).nth(3).click()
    page.get_by_role("alert").wait_for(state="hidden")


def test_a_picture_that_another_data_set_cannot_use_is_told_without_the_old_answer(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    choose(page, CIFAR10)
    wait_for_label(page, "[a-z]+")
    before = pixels(image_named(page, SEEN))
    give(page, Image.new("RGB", (64, 64), "grey"))
    wait_for_change(image_named(page, SEEN), before)
    choose(page, MNIST)
    page.get_by_role("alert").filter(has_text="Nothing is drawn").wait_for()
    assert label_of(page).inner_text() == "–"
    assert "".join(shares_of(page)) == ""


def test_switching_the_model_classifies_again(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    before = shares_of(page)
    choose(page, "CNN baseline")
    wait_until(page, lambda: "" not in shares_of(page) and shares_of(page) != before)
    assert page.get_by_role("heading", name="What CNN says").is_visible()


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
    choose(page, "CNN baseline")
    wait_for_label(page, "…")
    assert page.get_by_role("heading", name="What CNN says").is_visible()
    assert "".join(shares_of(page)) == ""
    wait_for_label(page)
    # Another data set has other classes: not for a moment is a digit told of its picture.
    choose(page, CIFAR10)
    assert label_of(page).inner_text() == "…"
    wait_for_label(page, "[a-z]+")


def test_undo_and_clear(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    first = pixels(image_named(page, SEEN))
    examples(page).nth(1).click()
    wait_for_change(image_named(page, SEEN), first)
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Example: ", pressed=True).first.wait_for()
    assert examples(page).first.get_attribute("aria-pressed") == "true"
    wait_until(page, lambda: pixels(image_named(page, SEEN)) == first)
    page.get_by_role("button", name="Clear").click()
    assert label_of(page).inner_text() == "–"
    assert page.get_by_text("Drop a picture here").is_visible()


def test_a_drawing_is_classified_while_it_is_drawn(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    choose(page, "Draw")
    before = pixels(image_named(page, SEEN))
    draw(page, (0.5, 0.25), (0.5, 0.75))
    seen = as_array(wait_for_change(image_named(page, SEEN), before))[..., 0]
    assert seen[:, 15:17].max() > 200  # the stroke stands upright in the middle, bright on black
    assert seen[:, :8].max() == 0
    wait_for_label(page)
    page.get_by_role("button", name="Undo").click()
    assert label_of(page).inner_text() == "–"


def test_the_pad_suits_what_is_drawn_on_it(watched, why_url):
    page = watched().open(why_url)
    wait_for_label(page)
    choose(page, MNIST)
    choose(page, "Draw")
    page.get_by_text("Draw a digit").wait_for()
    fill = page.get_by_role("radio", name="Fill")
    assert fill.count() == 0
    draw(page, (0.5, 0.25), (0.5, 0.75))
    pad = image_named(page, "Pad to draw on")
    thick = ink_of(pad)
    choose(page, FASHION_MNIST)
    assert fill.count() == 1
    page.get_by_role("button", name="Clear").click()
    page.get_by_text("Draw a piece of clothing, then fill it").wait_for()
    draw(page, (0.5, 0.25), (0.5, 0.75))
    assert 0 < ink_of(pad) < 0.7 * thick


def test_the_camera_is_classified_and_taken(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    choose(page, CIFAR10)
    wait_for_label(page, "[a-z]+")
    before = pixels(image_named(page, SEEN))
    choose(page, "Camera")
    wait_for_change(image_named(page, SEEN), before)
    page.get_by_role("button", name="Take this picture").click()
    image_named(page, "Your picture").wait_for()
    assert page.locator(".dg-classify video").evaluate("video => video.srcObject") is None


def test_a_picture_can_be_pasted(watched, url):
    page = watched().open(url)
    wait_for_label(page)
    before = pixels(image_named(page, SEEN))
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
    wait_for_change(image_named(page, SEEN), before)
