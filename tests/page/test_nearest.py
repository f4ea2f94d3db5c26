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
    label = wait_for_label(page)
    met = page.get_by_text("It has met this very picture: it was trained on it.")
    met.wait_for()
    cells = page.get_by_role("list", name="The nearest training pictures").get_by_role("listitem")
    names = cells.locator(".dg-name").all_inner_texts()
    distances = cells.locator(".dg-number").all_inner_texts()
    assert names[0] == training.class_names[training.labels[7]]
    assert distances[0] == "0, this very one"
    assert sorted(map(float, distances[1:])) == list(map(float, distances[1:]))
    given = pixels(image_named(page, SEEN))
    assert pixels(page.get_by_role("img", name="A training picture of ").first) == given
    alike = names.count(label)
    words = {0: f"DCGAN says {label}, but ", 8: "All 8 are of the class that DCGAN says: "}
    some = f"{alike} of the 8 {'is' if alike == 1 else 'are'} of the class that DCGAN says: "
    assert page.get_by_text(words.get(alike, some)).is_visible()
    assert page.locator(".dg-nearest .dg-top").count() == alike

    # Those of the other data set are offered, and of a VAE the question is another model's.
    choose(page, MNIST)
    button = page.get_by_role("button", name="Download the training pictures")
    assert "(MNIST, about 10\u00a0MB, from its official site)" in button.inner_text()
    assert met.is_hidden()
    choose(page, DIGITS)
    choose(page, "VAE")
    met.wait_for()
    assert button.is_hidden()
    assert page.get_by_text("DCGAN describes").is_visible()

    # And of the picture on the canvas: whether it is one of them by heart.
    one.show("Generate")
    choose(page, "Is it memorised?")
    memorised = page.get_by_role("region", name="Is it memorised?")
    memorised.get_by_text(re.compile("^It has met ")).wait_for()
    assert memorised.get_by_text("CNN describes").is_visible()
    classes = re.compile("the class that was asked for: 0|^0 was asked for, but")
    assert memorised.get_by_text(classes).is_visible()
    shown = pixels(image_named(page, "The picture of the canvas"))
    assert shown == pixels(image_named(page, DRAWN)) != given
