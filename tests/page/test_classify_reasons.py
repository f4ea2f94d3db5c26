"""The Classify tab: what all methods say, and why."""

import re

import numpy as np
import pytest
from page.driver import (
    FAINT,
    FASHION_MNIST,
    HEAT,
    MNIST,
    SEEN,
    as_array,
    assert_readable,
    bars_of,
    choose,
    examples,
    give,
    image_named,
    label_of,
    methods_of,
    pixels,
    wait_for_change,
    wait_for_label,
    wait_for_reasons,
)
from PIL import Image

from dgm.data import spec

pytestmark = pytest.mark.browser
CHANGED = "The picture on its way to the other class"
GAUGE = re.compile("^How strange the picture is: ")
VERDICT = re.compile("^(Like what|Unusual|Like nothing)")
CLOTHES = "|".join(spec("fashion_mnist").class_names)


def open_reasons(one, url: str, query: str = ""):
    """The page once it has told what DCGAN says of the first example of Fashion-MNIST, and why."""
    page = one.open(url, query=query)
    wait_for_label(page)
    choose(page, FASHION_MNIST)
    choose(page, "DCGAN")
    wait_for_label(page, CLOTHES)
    methods_of(page).locator("li:first-child.dg-agrees[aria-current]").wait_for()
    wait_for_reasons(page)
    return page


def titled(page, label: str):
    """The title of the heat map, of that class."""
    return page.get_by_role("heading", name=f"What speaks for {label}, and where", exact=True)


@pytest.fixture
def why(watched, why_url):
    return open_reasons(watched(), why_url)


def test_all_methods_stand_side_by_side(why):
    label = label_of(why).inner_text()
    rows = [row.inner_text().split("\n") for row in methods_of(why).get_by_role("listitem").all()]
    assert [row[:2] for row in rows] == [
        ["DCGAN", "Class head"],
        ["DCGAN", "Linear machine on features"],
        ["DCGAN", "Bayes’ rule on features"],
        ["VAE", "Bayes’ rule"],
        ["IB-VAE", "Bayes’ rule"],
        ["CNN", "Classifier · baseline"],
    ]
    labels = [row[2] for row in rows]
    assert labels[0] == label
    agree = methods_of(why).locator(".dg-agrees strong").all_inner_texts()
    assert agree == [one for one in labels if one == label]
    read = methods_of(why).aria_snapshot()  # with what styles put behind each class
    assert read.count(f"{label}your choice") == 1
    assert read.count("disagrees") == sum(one != label for one in labels)
    tally = methods_of(why).get_by_role("status").inner_text()
    assert re.search(r"^Of 6 methods, |^All 6 methods say ", tally)
    for one in set(labels):
        verb = "says" if labels.count(one) == 1 else "say"
        assert f"{labels.count(one)} {verb} {one}" in tally or f"All 6 methods say {one}." == tally
    # Another method of the same model is another choice.
    choose(why, "Bayes’ rule on features")
    current = methods_of(why).locator("[aria-current=true]")
    current.filter(has_text="Bayes’ rule on features").wait_for()
    wait_for_reasons(why)
    assert label_of(why).inner_text() == labels[2]


def test_the_gauge_tells_how_strange_a_picture_is(why):
    gauge = why.get_by_role("img", name=GAUGE)
    assert gauge.is_visible()
    assert "times as far" in gauge.get_attribute("aria-label")
    scale, pointer = (one.bounding_box() for one in (gauge, gauge.locator("i")))
    share = (pointer["x"] + pointer["width"] / 2 - scale["x"]) / scale["width"]
    words = "Like what" if share <= 0.4 else "Unusual" if share <= 0.5 else "do not trust"
    assert why.get_by_role("status").filter(has_text=words).is_visible()
    # No model of the digits can tell.
    choose(why, MNIST)
    wait_for_label(why)
    assert gauge.is_hidden()
    assert why.get_by_text("It knows these 10 classes and nothing else").is_visible()


def test_a_picture_of_none_of_the_classes_gets_an_answer_everywhere(why):
    chart = Image.new("RGB", (900, 600), "white")
    for i, height in enumerate((220, 480, 130, 390, 300)):
        chart.paste((40, 90 + 30 * i, 160), (90 + 150 * i, 560 - height, 190 + 150 * i, 560))
    before = pixels(image_named(why, SEEN))
    give(why, chart)
    wait_for_change(image_named(why, SEEN), before)
    wait_for_reasons(why)
    assert_readable(why, spec("fashion_mnist").class_names)
    assert why.get_by_role("status").filter(has_text=VERDICT).is_visible()
    assert why.get_by_role("img", name=GAUGE).locator("i").is_visible()
    assert "–" not in methods_of(why).locator("strong").all_inner_texts()
    for name in (HEAT, CHANGED):
        assert any(pixels(image_named(why, name)))


def test_a_heat_map_lies_over_the_picture_for_any_class(why):
    label = label_of(why).inner_text()
    titled(why, label).wait_for()
    covered = pixels(image_named(why, HEAT))
    opacity = as_array(covered)[..., 3]
    assert opacity.max() > 150
    assert opacity.max() < 230  # the picture is still to be seen
    assert pixels(why.locator(".dg-heat-picture .dg-pixels")) == pixels(image_named(why, SEEN))

    choose(why, "Gradients")
    graded = wait_for_change(image_named(why, HEAT), covered)
    assert why.get_by_text("integrated gradients").is_visible()
    # Another class, by the keyboard.
    pressed = bars_of(why).get_by_role("button", pressed=True).locator(".dg-name")
    assert pressed.all_inner_texts() == [label]
    other = next(name for name in spec("fashion_mnist").class_names if name != label)
    why.get_by_role("button").filter(has=why.get_by_text(other, exact=True)).focus()
    why.keyboard.press("Enter")
    wait_for_change(image_named(why, HEAT), graded)
    titled(why, other).wait_for()
    assert pressed.all_inner_texts() == [other]
    # The next picture is asked about what it is said to be.
    examples(why).nth(1).click()
    why.get_by_role("button", name="Example: ", pressed=True).and_(examples(why).nth(1)).wait_for()
    wait_for_reasons(why)
    titled(why, label_of(why).inner_text()).wait_for()

    # A VAE that draws 80 pictures an answer gives no heat map, and says why.
    choose(why, "VAE")
    wait_for_reasons(why)
    assert why.get_by_text("each answer of this one takes 80 drawings").is_visible()
    assert image_named(why, HEAT).is_hidden()
    assert bars_of(why).get_by_role("button", disabled=False).count() == 0
    assert pressed.count() == 0
    titled(why, "it").wait_for()


def test_the_picture_is_shown_as_each_class(why):
    cells = why.get_by_role("list", name="Your picture as each class").get_by_role("listitem")
    assert cells.locator(".dg-name").all_inner_texts() == list(spec("fashion_mnist").class_names)
    shares = cells.locator(".dg-number").all_inner_texts()
    assert shares.count("best") == 1
    assert all(re.fullmatch(r"best|−[\d.]+ nats", share) for share in shares)
    best = cells.filter(has_text="best")
    label = methods_of(why).get_by_role("listitem").filter(has_text="IB-VAE").locator("strong")
    label = label.inner_text()
    assert best.locator(".dg-name").all_inner_texts() == [label]
    for canvas in cells.locator("canvas").all():
        assert canvas.evaluate(
            "one => one.getContext('2d').getImageData(0, 0, 32, 32).data.some(v => v)"
        )
    assert why.get_by_text("IB-VAE draws it as each class").is_visible()
    # The chosen model speaks for itself where it can.
    before = pixels(image_named(why, f"Your picture as {label}"))
    choose(why, "VAE")
    wait_for_change(image_named(why, f"Your picture as {label}"), before)
    assert why.get_by_text(re.compile(r"\. VAE draws it as each class")).is_visible()


def test_a_slider_leads_to_another_class(why):
    requests = []
    why.on("request", lambda request: requests.append(request.url))
    target = why.get_by_role("combobox", name="Make it")
    slider = why.get_by_role("slider", name="How far")
    shares = why.get_by_role("list", name="How likely both classes are").get_by_role("listitem")
    names = shares.locator(".dg-name").all_inner_texts()
    assert target.input_value() == names[1]
    first = pixels(image_named(why, CHANGED))
    slider.focus()
    why.keyboard.press("End")
    last = wait_for_change(image_named(why, CHANGED), first)
    texts = shares.locator(".dg-number").all_inner_texts()
    share, grown = (float(re.search(r"[\d.]+", text)[0]) for text in texts)
    assert grown > share
    assert slider.get_attribute("aria-valuetext").startswith("Step 16: ")
    assert requests == []  # all pictures came at once
    turns = why.get_by_text("At the mark, step ")
    never = why.get_by_text("another class comes first")
    assert turns.is_visible() != never.is_visible()
    assert why.locator(".dg-turning").is_visible() == turns.is_visible()

    options = target.locator("option").all_inner_texts()
    assert len(options) == 9
    assert names[0] not in options
    other = next(name for name in options if name != names[1])
    target.select_option(other)
    wait_for_change(image_named(why, CHANGED), last)
    assert shares.locator(".dg-name").all_inner_texts() == [names[0], other]
    assert slider.input_value() == "0"


def test_a_part_that_fails_says_so_in_its_own_place(why):
    def fail(route):
        if (route.request.post_data_json or {}).get("fn_name") == "as_each_class":
            route.fulfill(json={"error": "Out of paint."})
        else:
            route.continue_()

    why.route(re.compile("component_server"), fail)
    examples(why).nth(2).click()
    line = why.get_by_role("alert")
    line.filter(has_text=re.compile(r"^Out of paint\.$")).wait_for()
    wait_for_reasons(why)
    assert line.count() == 1  # that can be seen: it stands below the pictures that were not drawn
    place = why.get_by_role("list", name="Your picture as each class").locator("..")
    assert place.get_by_role("alert").inner_text() == "Out of paint."
    why.unroute(re.compile("component_server"))
    examples(why).nth(1).click()
    why.get_by_role("alert").wait_for(state="hidden")


def test_reasons_come_after_the_bars_and_only_for_the_newest_picture(why):
    asked = []

    def note(request):
        body = request.post_data_json if request.method == "POST" else None
        if isinstance(body, dict) and body.get("fn_name"):
            asked.append((body["fn_name"], body["data"].get("example")))

    first = why.get_by_role("button", name="Example: ", pressed=True).get_attribute("data-name")
    why.on("request", note)
    for number in (3, 4, 5):
        examples(why).nth(number).click()
        why.wait_for_timeout(60)
    why.wait_for_timeout(500)
    wait_for_reasons(why)
    newest = asked[-1][1]
    functions = ["compare", "ood_score", "heat_map", "as_each_class", "counterfactual", "nearest"]
    reasons = [(name, example) for name, example in asked if name != "classify"]
    assert [name for name, example in reasons if example == newest] == functions
    # The last of the picture that the page opened on may still be on its way; of those that were
    # passed over nothing was asked.
    assert {example for _, example in reasons} <= {first, newest}
    assert asked[-7] == ("classify", newest)


def test_it_is_told_how_far_the_training_pictures_are_read(watched, why_url):
    answers = [{"share": 0.356, "total": 60_000}, {"error": "The book is torn."}]

    def pretend(route):
        if (route.request.post_data_json or {}).get("fn_name") == "nearest":
            route.fulfill(json=answers[0])
        else:
            route.continue_()

    one = watched()
    one.page.route(re.compile("component_server"), pretend)
    page = open_reasons(one, why_url)
    progress = page.get_by_text("Reading the 60,000 training pictures once")
    progress.wait_for()
    assert progress.inner_text() == "Reading the 60,000 training pictures once … 35\u00a0%"
    answers.pop(0)  # it asks again by itself
    page.get_by_role("alert").filter(has_text=re.compile(r"^The book is torn\.$")).wait_for()
    assert progress.is_hidden()


def test_nothing_moves_when_reasons_arrive(why):
    places = """() => [...document.querySelectorAll('.dg-classify .dg-card, .dg-classify h3')]
      .filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect().top)"""
    before = why.evaluate(places)
    why.get_by_role("button", name="Clear").click()
    assert methods_of(why).get_by_role("status").inner_text() == ""
    np.testing.assert_allclose(why.evaluate(places), before, atol=1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_classify_tab_is_legible_and_fits_a_phone(watched, why_url, theme):
    page = open_reasons(watched(width=390), why_url, f"?__theme={theme}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    found = page.evaluate(FAINT, ".dg-classify")
    assert found["seen"] > 100
    assert found["faint"] == []
