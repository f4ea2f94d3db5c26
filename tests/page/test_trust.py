"""The Trust tab: how far an answer may be believed."""

import re

import numpy as np
import pytest
from page.driver import (
    DIGITS,
    FAINT,
    MNIST,
    PICTURE,
    choose,
    difference,
    pill,
    pixels,
    select,
    wait_for_change,
    wait_until_chosen,
)

pytestmark = pytest.mark.browser


def open_trust(one, trust_url: str, dataset: str = DIGITS, query: str = ""):
    """The page once it shows all of what was measured on a data set."""
    page = one.open(trust_url, "Trust", query)
    page.wait_for_selector(".dg-matrix td")
    if dataset != DIGITS:
        choose(page, dataset)
        page.wait_for_selector(".dg-levels[data-shown]")
    return page


def test_trust_sets_confidence_against_accuracy(watched, trust_url):
    page = open_trust(watched(), trust_url)
    # The data set of the most systems, and the baseline among the ways.
    assert pill(page, DIGITS).is_checked()
    ways = page.locator(".dg-trust .dg-run input:checked").evaluate_all(
        "all => all.map(one => one.value)"
    )
    assert ways == ["dcgan-digits head", "vae-digits bayes", "cnn-digits cnn"]
    assert page.locator("[data-ref=reliability] .dg-smoothed").count() == 2
    assert page.locator("[data-ref=reliability] .dg-marker").count() == 1  # the diagonal
    assert page.locator(".dg-fall").count() == 2
    # Made up: as sure as 0.5 to 0.99, and right three times in four.
    first = page.locator("[data-ref=errors] li").first.inner_text()
    assert "74.5\u00a0% sure on average, 75.0\u00a0% right: too modest by 0.5 points" in first
    assert "no temperature was fitted" in first
    missing = page.locator("[data-ref=surenone]").inner_text()
    assert "Not measured yet: VAE · Bayes’ rule." in missing
    assert "dgm.evaluate checkpoints/vae-digits" in missing
    page.locator("[data-ref=suredetails] summary").click()
    assert page.locator("[data-ref=suretable] tbody tr").count() == 8  # bins from 0.5 up
    page.locator("[data-ref=reliability] .dg-chart").focus()
    page.keyboard.press("End")
    tip = page.locator("[data-ref=reliability] .dg-tip").inner_text()
    assert "% sure" in tip
    assert re.search(r"\d+ % of \d+", tip)
    # A way that is switched off goes from every picture.
    choose(page, "CNN baseline", on=False)
    assert page.locator("[data-ref=reliability] .dg-smoothed").count() == 1
    assert page.locator("[data-ref=robustness] .dg-smoothed").count() == 2


def test_tabs_of_several_models_open_where_there_are_most(watched, trust_url):
    one = watched()
    page = one.open(trust_url)
    wait_until_chosen(page, MNIST)  # Classify opens on the first data set
    one.show("Compare")
    wait_until_chosen(page, DIGITS)
    # What is chosen in one of them goes with the visitor.
    choose(page, MNIST)
    one.show("Trust")
    wait_until_chosen(page, MNIST)


def test_a_cell_of_the_matrix_shows_its_pictures(watched, trust_url):
    page = open_trust(watched(), trust_url)
    tiles = page.locator(".dg-mistakes li")
    title = page.locator("[data-ref=celltitle]")
    assert page.locator(".dg-matrix td").count() == 100

    def shown(words: str) -> list[int]:
        page.wait_for_function(
            """words => document.querySelector('[data-ref=celltitle]').textContent.includes(words)
              && !document.querySelector('[data-ref=cell][aria-busy]')""",
            arg=words,
        )
        return [int(one.split("\u00a0")[0]) for one in tiles.locator("span").all_inner_texts()]

    # It opens on the commonest mistake; the surest come first.
    opened = page.locator(".dg-matrix [aria-selected]")
    number = int(opened.inner_text())
    percents = shown("taken for")
    assert len(percents) == number
    assert percents == sorted(percents, reverse=True)
    first = page.locator(".dg-mistakes canvas").first
    assert first.evaluate(
        "one => one.getContext('2d').getImageData(0, 0, 32, 32).data.some((v, i) => i % 4 < 3 && v)"
    )
    # By the keyboard: one cell takes the focus, arrows go on, Enter opens.
    assert page.locator(".dg-matrix td[tabindex='0']").count() == 1
    page.locator(".dg-matrix td[tabindex='0']").focus()
    page.keyboard.press("Home")
    for _ in range(9):
        page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.ariaLabel").startswith("0: ")
    page.keyboard.press("Enter")
    percents = shown("0: ")
    assert "read right" in title.inner_text()
    assert percents == sorted(percents)  # of what is right, those that it was least sure of
    assert page.locator(".dg-matrix td[tabindex='0']").count() == 1
    # There are more than fit.
    assert page.locator("[data-ref=page]").inner_text() == "Page 1 of 2"
    assert page.get_by_role("button", name="Page before").is_disabled()
    page.get_by_role("button", name="Next page").click()
    page.wait_for_function("() => document.querySelectorAll('.dg-mistakes li').length < 24")
    assert page.locator("[data-ref=page]").inner_text() == "Page 2 of 2"
    assert page.get_by_role("button", name="Next page").is_disabled()
    # A cell of no picture, by a click.
    page.locator(".dg-matrix td[data-row='0'][data-column='5']").click()
    assert shown("0, taken for 5: 0 of") == []
    assert "no such picture" in page.locator("[data-ref=cellnote]").inner_text()


def test_test_pictures_that_are_not_there_are_offered(watched, trust_url):
    page = open_trust(watched(), trust_url, MNIST)
    # Of this model the answers were not kept.
    select(page, "Way of classifying", "DCGAN · Class head")
    assert "was not kept" in page.locator("[data-ref=cellnote]").inner_text()
    assert page.locator(".dg-matrix.dg-closed").count() == 1
    assert page.locator(".dg-trust .dg-fetch").is_hidden()
    select(page, "Way of classifying", "CNN")
    button = page.get_by_role("button", name="Download the test pictures")
    assert "(MNIST, about 2\u00a0MB, from its official site)" in button.inner_text()
    button.click()  # without a network
    page.wait_for_selector(".dg-trust .dg-availability .dg-line:not([hidden])")
    words = page.locator(".dg-trust .dg-availability .dg-line").inner_text()
    assert words.startswith("The download failed: could not download")
    assert "http" not in words
    page.locator(".dg-trust .dg-availability summary").click()
    assert (
        "t10k-images-idx3-ubyte.gz: " in page.locator(".dg-trust .dg-availability pre").inner_text()
    )
    assert button.is_visible()

    # With one.
    state = {"is_local": False, "num_bytes": 1_653_419, "share": 0.25, "failure": ""}
    states = [state, state | {"share": 0.5}, state | {"is_local": True, "share": None}]
    grid = page.locator(".dg-levels canvas").first.evaluate(PICTURE)

    def pretend(route):
        name = (route.request.post_data_json or {}).get("fn_name")
        if name == "pictures":
            route.fulfill(json=states.pop(0))
        elif name == "mistakes":
            page_of = {"grid": grid, "columns": 6, "percents": [97], "total": 1, "page_size": 24}
            route.fulfill(json=page_of)
        else:
            route.continue_()

    page.route(re.compile("component_server"), pretend)
    button.click()
    page.wait_for_function(
        "() => document.querySelector('.dg-trust .dg-fetching').textContent.startsWith('50 %')"
    )
    assert page.locator(".dg-trust .dg-availability .dg-line").is_hidden()
    page.wait_for_selector(".dg-mistakes li")
    assert page.locator(".dg-trust .dg-availability").is_hidden()
    assert states == []


def test_what_puts_a_model_off_can_be_chosen(watched, trust_url):
    page = open_trust(watched(), trust_url)
    assert "no example picture of Digits" in page.locator("[data-ref=shownnote]").inner_text()
    lines = page.locator("[data-ref=robustness] .dg-smoothed")
    table = page.locator("[data-ref=corruptiontable]")
    assert lines.count() == 3
    assert table.locator("thead th").all_inner_texts() == [
        "Noise",
        *(f"{level}\u00a0%" for level in (0, 5, 10, 20)),
    ]
    row = table.locator("tbody tr").first.locator("td").all_inner_texts()
    assert row == [f"{share}\u00a0%" for share in ("75.0", "65.0", "60.0", "55.0")]
    note = page.locator("[data-ref=corruptionnote]")
    assert "first 360 test pictures" in note.inner_text()
    assert "up to 5 points off" in note.inner_text()  # 196 / 2 / sqrt(360)
    assert "accuracy on all test pictures" in note.inner_text()

    drawn = lines.first.get_attribute("d")
    choose(page, "FGSM")
    assert lines.first.get_attribute("d") != drawn
    assert lines.count() == 2
    assert (
        "VAE · Bayes’ rule: not attacked" in page.locator("[data-ref=corruptionnone]").inner_text()
    )
    assert table.locator("tbody tr").first.locator("td").first.inner_text() == "76.0\u00a0%"
    assert "first 250 test pictures" in note.inner_text()
    assert "accuracy on all" not in note.inner_text()
    choose(page, "PGD")
    assert "Not measured yet" in page.locator("[data-ref=corruptionnone]").inner_text()
    assert page.locator("[data-ref=robustness]").is_hidden()

    # Of MNIST the page has pictures to be corrupted.
    choose(page, "Noise")
    choose(page, MNIST)
    page.wait_for_selector(".dg-levels[data-shown*='noise']")
    levels = page.locator(".dg-levels canvas")
    assert levels.count() == 4
    first = pixels(levels.first)
    last = pixels(levels.last)
    assert difference(first, last) > 60
    page.get_by_role("button", name="Another picture").click()
    wait_for_change(levels.first, first)


def test_it_is_told_which_score_finds_strange_pictures(watched, trust_url):
    page = open_trust(watched(), trust_url)
    missing = page.locator("[data-ref=knowsnone]").inner_text()
    assert missing.startswith("Not measured yet: CNN")
    assert "dgm.evaluate checkpoints/cnn-digits --metrics ood --write" in missing
    dcgan, vae = page.locator(".dg-knowing").all()
    assert "Of 100 test pictures of its own kind, 95 lie under its mark" in dcgan.inner_text()
    assert "ships no mark" in vae.inner_text()
    assert dcgan.locator("h4").all_inner_texts() == ["MNISTHandwritten digits", "Noise"]
    lanes = [lane.inner_text().split("\n") for lane in page.locator(".dg-lane").all()]
    assert lanes == [
        *(["Distance", "0.90"], ["Doubt", "0.70"], ["Distance", "0.99"], ["Doubt", "0.40"]),
        *(["Unlikeliness", "0.07"], ["Regret", "0.80"]),
        *(["Unlikeliness", "1.00"], ["Regret", "0.97"]),
    ]
    # A bar leaves the middle for the side that its share is on.
    for lane, (_, share) in zip(page.locator(".dg-lane").all(), lanes, strict=True):
        track, bar = lane.locator(".dg-coin").bounding_box(), lane.locator("i").bounding_box()
        ends = [(bar["x"] + width - track["x"]) / track["width"] for width in (0, bar["width"])]
        assert sorted([0.5, float(share)]) == pytest.approx(ends, abs=0.01)
    assert page.locator(".dg-misled").count() == 2

    # What is said follows from the figures.
    first, second, general = page.locator("[data-ref=lessons] li").all_inner_texts()
    assert "Distance serves best: of 100 pairs it gets 89 or more right" in first
    assert "Doubt holds the strange picture for the more familiar one in 60 of 100" in first
    assert "pictures of Noise." in first
    assert "Regret serves best: of 100 pairs it gets 80 or more right" in second
    assert "MORE likely than one of Digits 8×8, its own kind, in 93 of 100 pairs" in second
    assert "Likely is not the same as familiar" in general
    scores = page.locator("[data-ref=scores] dt").all_inner_texts()
    assert scores == ["Distance", "Doubt", "Unlikeliness", "Regret"]
    page.locator("[data-ref=knows] summary").click()
    table = page.locator("[data-ref=knowstable] tbody tr")
    assert table.nth(0).inner_text().split("\t") == [
        *("DCGAN · Distance", "0.8961", "0.9900", "0.9490")
    ]
    assert table.nth(2).inner_text().split("\t") == [
        *("VAE · Unlikeliness", "0.0700", "1.0000", "–")
    ]
    # Without the VAE there is no likelihood to be misled.
    choose(page, "VAE Bayes’ rule", on=False)
    assert page.locator("[data-ref=lessons] li").count() == 1
    assert page.locator("[data-ref=scores] dt").all_inner_texts() == ["Distance", "Doubt"]
    # Of the other data set nothing was measured.
    choose(page, MNIST)
    page.wait_for_selector("[data-ref=knows]", state="hidden")
    assert "checkpoints/NAME" in page.locator("[data-ref=knowsnone]").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_trust_tab_is_legible_and_fits_a_phone(watched, trust_url, theme):
    page = open_trust(watched(width=390), trust_url, query=f"?__theme={theme}")
    page.locator("[data-ref=knows] summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(FAINT, ".dg-trust")["faint"] == []
    choose(page, MNIST)
    page.locator(".dg-trust .dg-fetch").click()
    page.wait_for_selector(".dg-trust .dg-availability .dg-line:not([hidden])")
    for summary in page.locator(".dg-trust summary:visible").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator("[data-ref=matrixbox]")
    assert box.evaluate("one => one.scrollWidth <= one.clientWidth")  # ten classes fit
    found = page.evaluate(FAINT, ".dg-trust")
    assert found["seen"] > 200
    assert found["faint"] == []


def test_the_api_tells_how_far_a_model_may_be_believed(trust_url):
    from gradio_client import Client

    client = Client(trust_url, verbose=False)
    (way,) = client.predict("cnn-mnist", api_name="/trust")["ways"]
    assert (way["method"], way["accuracy"]) == ("cnn", 0.75)
    assert np.sum(way["confusion"]) == 200
    told = client.predict("dcgan-digits", api_name="/trust")["strangers"]
    assert told["kinds"][1]["shares"] == {"": 0.99, "softmax": 0.4}
    with pytest.raises(Exception, match="no model or run"):
        client.predict("resnet", api_name="/trust")
