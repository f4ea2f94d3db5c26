"""The training pictures nearest to one that is given, and to one that is drawn."""

import re

import pytest
from page.driver import (
    DIGITS,
    DRAWN,
    MNIST,
    SEEN,
    choose,
    give,
    image_named,
    pixels,
    wait_for_label,
)
from PIL import Image

from dgm.data import load

pytestmark = pytest.mark.browser


def test_the_nearest_training_pictures_are_shown_where_they_are_at_hand(watched, trust_url):
    one = watched()
    page = one.open(trust_url)
    wait_for_label(page)
    choose(page, DIGITS)
    training = load("digits", "train")
    give(page, Image.fromarray(training.images[7, ..., 0]))
    said = wait_for_label(page)
    page.wait_for_selector("[data-ref=nearestfirst]:not(:empty)")
    met = page.locator("[data-ref=nearestfirst]")
    assert met.inner_text() == "It has met this very picture: it was trained on it."
    cells = page.locator("[data-ref=nearest] li")
    names = cells.locator(".dg-name").all_inner_texts()
    distances = cells.locator(".dg-number").all_inner_texts()
    assert names[0] == training.class_names[training.labels[7]]
    assert distances[0] == "0, this very one"
    assert sorted(map(float, distances[1:])) == list(map(float, distances[1:]))
    given = pixels(image_named(page, SEEN))
    assert pixels(page.get_by_role("img", name="A training picture of ").first) == given
    alike = names.count(said)
    words = {0: f"DCGAN says {said}, but ", 8: "All 8 are of the class that DCGAN says: "}
    says = page.locator("[data-ref=nearestclasses]").inner_text()
    assert says.startswith(words.get(alike, f"{alike} of the 8 are of the class that DCGAN says"))
    assert page.locator("[data-ref=nearest] .dg-top").count() == alike

    # Those of the other data set are offered, and of a VAE the question is another model's.
    choose(page, MNIST)
    button = page.get_by_role("button", name="Download the training pictures")
    assert "(MNIST, about 10\u00a0MB, from its official site)" in button.inner_text()
    assert met.is_hidden()
    choose(page, DIGITS)
    choose(page, "VAE")
    page.wait_for_selector("[data-ref=nearestfirst]:not(:empty)")
    assert button.is_hidden()
    assert "DCGAN describes" in page.locator("[data-ref=nearesthow]").inner_text()

    # And of the picture on the canvas: whether it is one of them by heart.
    one.show("Generate")
    choose(page, "Is it memorised?")
    page.wait_for_selector(".dg-generate [data-ref=nearestfirst]:not(:empty)")
    assert "CNN describes" in page.locator(".dg-generate [data-ref=nearesthow]").inner_text()
    says = page.locator(".dg-generate [data-ref=nearestclasses]").inner_text()
    assert re.search(r"the class that was asked for: 0|^0 was asked for, but", says)
    shown = pixels(image_named(page, "The picture of the canvas"))
    assert shown == pixels(image_named(page, DRAWN)) != given
