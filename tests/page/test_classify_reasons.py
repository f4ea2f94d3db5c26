"""The Classify tab: what all ways say, and why."""

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
    choose,
    examples,
    give,
    image_named,
    pixels,
    wait_for_change,
    wait_for_label,
    wait_for_reasons,
)
from PIL import Image

from dgm.data import spec

pytestmark = pytest.mark.browser
CHANGED = "The picture on its way to the other class"
CLOTHES = "|".join(spec("fashion_mnist").class_names)


def open_reasons(one, url: str, query: str = ""):
    """The page once it has told what DCGAN says of the first example of Fashion-MNIST, and why."""
    page = one.open(url, query=query)
    wait_for_label(page)
    choose(page, FASHION_MNIST)
    choose(page, "DCGAN")
    wait_for_label(page, CLOTHES)
    page.wait_for_selector("[data-ref=all] li:first-child.dg-agrees[aria-current]")
    wait_for_reasons(page)
    return page


@pytest.fixture
def why(watched, why_url):
    return open_reasons(watched(), why_url)


def test_all_ways_stand_side_by_side(why):
    label = why.locator("[data-ref=label]").inner_text()
    rows = [row.inner_text().split("\n") for row in why.locator("[data-ref=all] li").all()]
    assert [row[:2] for row in rows] == [
        ["DCGAN", "Class head"],
        ["DCGAN", "Linear machine on features"],
        ["DCGAN", "Bayes’ rule on features"],
        ["VAE", "Bayes’ rule"],
        ["IB-VAE", "Bayes’ rule"],
        ["CNN", "Classifier · baseline"],
    ]
    said = [row[2] for row in rows]
    assert said[0] == label
    agree = why.locator("[data-ref=all] li.dg-agrees strong").all_inner_texts()
    assert agree == [one for one in said if one == label]
    tally = why.locator("[data-ref=tally]").inner_text()
    for one in set(said):
        num = said.count(one)
        assert re.search(rf"\b{num} (of 6 ways )?says? {one}\b|All 6 ways say {one}", tally)
    # Another way of the same model is another choice.
    choose(why, "Bayes’ rule on features")
    why.wait_for_function(
        "() => document.querySelector('[data-ref=all] [aria-current]').innerText"
        ".includes('Bayes’ rule on features')"
    )
    wait_for_reasons(why)
    assert why.locator("[data-ref=label]").inner_text() == said[2]


def test_the_gauge_tells_how_strange_a_picture_is(why):
    assert why.locator("[data-ref=gaugeblock]").is_visible()
    verdict = why.locator("[data-ref=gaugeblock]").get_attribute("data-verdict")
    words = {"usual": "Like what", "unusual": "Unusual", "strange": "do not trust the answer"}
    assert words[verdict] in why.locator("[data-ref=gaugesays]").inner_text()
    assert "times as far" in why.locator("[data-ref=gauge]").get_attribute("aria-label")
    scale = why.locator("[data-ref=gauge]").bounding_box()
    pointer = why.locator("[data-ref=pointer]").bounding_box()
    share = (pointer["x"] + pointer["width"] / 2 - scale["x"]) / scale["width"]
    assert (share > 0.5) == (verdict == "strange")
    # No model of the digits can tell.
    choose(why, MNIST)
    wait_for_label(why)
    assert why.locator("[data-ref=gaugeblock]").is_hidden()
    assert "nothing else" in why.locator("[data-ref=truth]").inner_text()


def test_a_picture_of_none_of_the_classes_gets_an_answer_everywhere(why):
    chart = Image.new("RGB", (900, 600), "white")
    for i, height in enumerate((220, 480, 130, 390, 300)):
        chart.paste((40, 90 + 30 * i, 160), (90 + 150 * i, 560 - height, 190 + 150 * i, 560))
    before = pixels(image_named(why, SEEN))
    give(why, chart)
    wait_for_change(image_named(why, SEEN), before)
    wait_for_reasons(why)
    assert_readable(why, spec("fashion_mnist").class_names)
    assert why.locator("[data-ref=gaugesays]").inner_text() != ""
    assert why.locator("[data-ref=pointer]").is_visible()
    assert "–" not in why.locator("[data-ref=all] strong").all_inner_texts()
    for name in (HEAT, CHANGED):
        assert any(pixels(image_named(why, name)))


def test_a_heat_map_lies_over_the_picture_for_any_class(why):
    label = why.locator("[data-ref=label]").inner_text()
    title = why.locator("[data-ref=heattitle]")
    assert title.inner_text() == f"What speaks for {label}, and where"
    covered = pixels(image_named(why, HEAT))
    opacity = as_array(covered)[..., 3]
    assert opacity.max() > 150
    assert opacity.max() < 230  # the picture is still to be seen
    assert pixels(why.locator("[data-ref=heatbase]")) == pixels(image_named(why, SEEN))

    choose(why, "Gradients")
    graded = wait_for_change(image_named(why, HEAT), covered)
    assert "integrated gradients" in why.locator("[data-ref=heathow]").inner_text()
    # Another class, by the keyboard.
    pressed = why.locator("[data-ref=bars] [aria-pressed=true] .dg-name")
    assert pressed.all_inner_texts() == [label]
    other = next(name for name in spec("fashion_mnist").class_names if name != label)
    why.locator("[data-ref=bars] button", has_text=re.compile(rf"^{other}\d")).focus()
    why.keyboard.press("Enter")
    wait_for_change(image_named(why, HEAT), graded)
    assert title.inner_text() == f"What speaks for {other}, and where"
    assert pressed.all_inner_texts() == [other]
    # The next picture is asked about what it is said to be.
    examples(why).nth(1).click()
    why.wait_for_function(
        "() => document.querySelector('.dg-example:nth-child(2)')"
        ".getAttribute('aria-pressed') === 'true'"
    )
    why.wait_for_function(
        "() => document.querySelector('[data-ref=heattitle]').textContent.includes("
        "document.querySelector('[data-ref=label]').textContent)"
    )

    # A VAE that draws 80 pictures an answer gives no heat map, and says why.
    choose(why, "VAE")
    wait_for_reasons(why)
    assert why.locator("[data-ref=heatnone]").is_visible()
    assert image_named(why, HEAT).is_hidden()
    assert why.locator("[data-ref=bars] button:enabled").count() == 0
    assert pressed.count() == 0
    assert title.inner_text() == "What speaks for it, and where"


def test_the_picture_is_shown_as_each_class(why):
    cells = why.locator("[data-ref=each] li")
    assert cells.locator(".dg-name").all_inner_texts() == list(spec("fashion_mnist").class_names)
    shares = cells.locator(".dg-number").all_inner_texts()
    assert shares.count("best") == 1
    assert all(re.fullmatch(r"best|−[\d.]+ nats", share) for share in shares)
    best = why.locator("[data-ref=each] .dg-top")
    assert best.count() == 1
    assert "best" in best.inner_text()
    says = why.locator("[data-ref=all] li", has_text="IB-VAE").locator("strong").inner_text()
    assert best.locator(".dg-name").inner_text() == says
    for canvas in cells.locator("canvas").all():
        assert canvas.evaluate(
            "one => one.getContext('2d').getImageData(0, 0, 32, 32).data.some(v => v)"
        )
    assert "IB-VAE draws it" in why.locator("[data-ref=eachhow]").inner_text()
    # The chosen model speaks for itself where it can.
    before = pixels(image_named(why, f"Your picture as {says}"))
    choose(why, "VAE")
    wait_for_change(image_named(why, f"Your picture as {says}"), before)
    assert "VAE draws it" in why.locator("[data-ref=eachhow]").inner_text()


def test_a_slider_leads_to_another_class(why):
    requests = []
    why.on("request", lambda request: requests.append(request.url))
    target = why.get_by_role("combobox", name="Make it")
    slider = why.get_by_role("slider", name="How far")
    names = why.locator("[data-ref=shares] .dg-name").all_inner_texts()
    assert target.input_value() == names[1]
    first = pixels(image_named(why, CHANGED))
    slider.focus()
    why.keyboard.press("End")
    last = wait_for_change(image_named(why, CHANGED), first)
    assert why.locator("[data-ref=shares] .dg-top .dg-name").all_inner_texts() == [names[1]]
    assert slider.get_attribute("aria-valuetext").startswith("Step 16: ")
    assert requests == []  # all pictures came at once
    words = why.locator("[data-ref=turns]").inner_text()
    turn = re.search(r"step (\d+),", words)
    assert (turn is None) == ("another class comes first" in words)
    assert why.locator(".dg-turning").count() == (turn is not None)

    options = target.locator("option").all_inner_texts()
    assert len(options) == 9
    assert names[0] not in options
    other = next(name for name in options if name != names[1])
    target.select_option(other)
    wait_for_change(image_named(why, CHANGED), last)
    assert why.locator("[data-ref=shares] .dg-name").all_inner_texts() == [names[0], other]
    assert slider.input_value() == "0"


def test_a_part_that_fails_says_so_in_its_own_place(why):
    def fail(route):
        if (route.request.post_data_json or {}).get("fn_name") == "as_each_class":
            route.fulfill(json={"error": "Out of paint."})
        else:
            route.continue_()

    why.route(re.compile("component_server"), fail)
    examples(why).nth(2).click()
    why.get_by_role("alert").filter(has_text=re.compile(r"^Out of paint\.$")).wait_for()
    assert why.locator("[data-ref=eachline]").inner_text() == "Out of paint."
    wait_for_reasons(why)
    for line in ("line", "allline", "gaugeline", "heatline", "changeline", "nearestline"):
        assert why.locator(f".dg-classify [data-ref={line}]").is_hidden()
    why.unroute(re.compile("component_server"))
    examples(why).nth(1).click()
    why.get_by_role("alert").wait_for(state="hidden")


def test_reasons_come_after_the_bars_and_only_for_the_newest_picture(why):
    asked = []

    def note(request):
        body = request.post_data_json if request.method == "POST" else None
        if isinstance(body, dict) and body.get("fn_name"):
            asked.append((body["fn_name"], body["data"].get("example")))

    first = why.locator(".dg-example[aria-pressed=true]").get_attribute("data-name")
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
    told = page.get_by_text("Reading the 60,000 training pictures once")
    told.wait_for()
    assert told.inner_text() == "Reading the 60,000 training pictures once … 35 %"
    answers.pop(0)  # it asks again by itself
    page.get_by_role("alert").filter(has_text=re.compile(r"^The book is torn\.$")).wait_for()
    assert told.is_hidden()


def test_nothing_moves_when_reasons_arrive(why):
    places = """() => [...document.querySelectorAll('.dg-classify .dg-card, .dg-classify h3')]
      .filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect().top)"""
    before = why.evaluate(places)
    why.get_by_role("button", name="Clear").click()
    assert why.locator("[data-ref=tally]").inner_text() == ""
    np.testing.assert_allclose(why.evaluate(places), before, atol=1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_classify_tab_is_legible_and_fits_a_phone(watched, why_url, theme):
    page = open_reasons(watched(width=390), why_url, f"?__theme={theme}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    found = page.evaluate(FAINT, ".dg-classify")
    assert found["seen"] > 100
    assert found["faint"] == []
