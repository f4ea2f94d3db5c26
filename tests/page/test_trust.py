"""The Trust tab: how far an answer may be believed."""

import re

import numpy as np
import pytest
from page.driver import (
    DIGITS,
    FAINT,
    MNIST,
    PICTURE,
    as_array,
    choose,
    difference,
    pill,
    pixels,
    select,
    wait_for_change,
    wait_until_chosen,
)

pytestmark = pytest.mark.browser

SURE = "Does 90 % sure mean 90 % right?"
TAKEN = "What does it take for what?"
CORRUPTED = "How easily is it put off?"
KNOWS = "Does it know when it does not know?"
CELL = re.compile(r", taken for |\d read right\.$")
FIGURES = "The figures"


def open_trust(one, trust_url: str, dataset: str = DIGITS, query: str = ""):
    """The page once it shows all of what was measured on a data set."""
    page = one.open(trust_url, "Trust", query)
    page.get_by_role("gridcell").first.wait_for()
    if dataset != DIGITS:
        choose(page, dataset)
        level(page, "as it is").wait_for()
    return page


def region(page, name: str | re.Pattern):
    return page.get_by_role("region", name=name)


def chart(page, card: str):
    return region(page, card).get_by_role("img", name=" against ")


def lines(page, card: str):
    """The lines of a card's chart."""
    return region(page, card).locator(".dg-smoothed")


def level(page, words: str):
    """The example picture at a level."""
    return region(page, CORRUPTED).get_by_role("img", name=re.compile(f", {words}$"))


def cell(page):
    """The region with the pictures of the matrix's cell that is open."""
    return region(page, TAKEN).get_by_role("region", name=CELL)


def body_rows(table) -> list[list[str]]:
    """What stands in the rows of a table, their heads first, without the row of its heads."""
    rows = table.get_by_role("row").all()[1:]
    return [row.inner_text().split("\t") for row in rows]


def test_trust_sets_confidence_against_accuracy(watched, trust_url):
    page = open_trust(watched(), trust_url)
    # The data set of the most systems, and the baseline among the methods.
    assert pill(page, DIGITS).is_checked()
    methods = page.get_by_role("group", name="Methods of classifying, up to 4")
    chosen = methods.get_by_role("checkbox", checked=True)
    assert chosen.evaluate_all("all => all.map(one => one.value)") == [
        "dcgan-digits head",
        "vae-digits bayes",
        "cnn-digits cnn",
    ]
    card = region(page, SURE)
    assert lines(page, SURE).count() == 2
    assert card.locator(".dg-marker").count() == 1  # the diagonal
    assert card.get_by_role("img", name="pictures are in the last bar").count() == 2
    # Made up: as sure as 0.5 to 0.99, and right three times in four.
    first = card.get_by_role("listitem").first.inner_text()
    assert "74.5\u00a0% sure on average, 75.0\u00a0% right: too modest by 0.5 points" in first
    assert "no temperature was fitted" in first
    missing = card.get_by_text("Not measured yet: VAE · Bayes’ rule.").inner_text()
    assert "dgm.evaluate checkpoints/vae-digits" in missing
    card.get_by_text(FIGURES, exact=True).click()
    table = region(page, "Confidence and accuracy")
    assert len(body_rows(table)) == 8  # bins from 0.5 up
    chart(page, SURE).focus()
    page.keyboard.press("End")
    assert card.get_by_text(re.compile(r"^About \d+\s% sure: right$")).is_visible()
    assert card.get_by_text(re.compile(r"^\d+\s% of \d+$")).first.is_visible()
    # A method that is switched off goes from every picture.
    choose(page, "CNN baseline", on=False)
    assert lines(page, SURE).count() == 1
    assert lines(page, CORRUPTED).count() == 2


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
    grid = page.get_by_role("grid")
    tiles = cell(page).get_by_role("listitem")
    focusable = grid.locator("[tabindex='0']")
    assert grid.get_by_role("gridcell").count() == 100

    def shown(words: str | re.Pattern) -> list[int]:
        """The percentages of the pictures of the cell that is called so."""
        opened = region(page, TAKEN).get_by_role("region", name=words)
        opened.and_(page.locator(":not([aria-busy])")).wait_for()
        captions = opened.get_by_role("listitem").all_inner_texts()
        return [int(caption.split("\u00a0")[0]) for caption in captions]

    # It opens on the commonest mistake; the surest come first.
    number = int(grid.get_by_role("gridcell", selected=True).inner_text())
    percents = shown("taken for")
    assert len(percents) == number
    assert percents == sorted(percents, reverse=True)
    assert any(as_array(pixels(tiles.first.get_by_role("img")))[..., :3].flat)
    # By the keyboard: one cell takes the focus, arrows go on, Enter opens.
    assert focusable.count() == 1
    focusable.focus()
    page.keyboard.press("Home")
    for _ in range(9):
        page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.ariaLabel").startswith("0: ")
    page.keyboard.press("Enter")
    percents = shown(re.compile("^0: "))
    assert "read right" in cell(page).get_by_role("heading").inner_text()
    assert percents == sorted(percents)  # of what is right, those that it was least sure of
    assert focusable.count() == 1
    # There are more than fit.
    assert page.get_by_text("Page 1 of 2", exact=True).is_visible()
    assert page.get_by_role("button", name="Page before").is_disabled()
    page.get_by_role("button", name="Next page").click()
    page.get_by_text("Page 2 of 2", exact=True).wait_for()
    assert 0 < tiles.count() < 24
    assert page.get_by_role("button", name="Next page").is_disabled()
    # A cell of no picture, by a click.
    grid.get_by_role("gridcell", name="0, taken for 5: ").click()
    assert shown("0, taken for 5: 0 of") == []
    assert cell(page).get_by_text("There is no such picture.").is_visible()


def test_test_pictures_that_are_not_there_are_offered(watched, trust_url):
    page = open_trust(watched(), trust_url, MNIST)
    # Of this model the predictions were not kept.
    select(page, "Method of classifying", "DCGAN · Class head")
    assert "were not kept" in cell(page).inner_text()
    button = page.get_by_role("button", name="Download the test pictures")
    title = cell(page).get_by_role("heading").inner_text()
    page.get_by_role("gridcell", name=re.compile("^0: ")).click()  # so that no cell can be opened
    assert cell(page).get_by_role("heading").inner_text() == title
    assert page.get_by_text("Press a cell to see its pictures").count() == 0
    assert button.is_hidden()
    select(page, "Method of classifying", "CNN")
    assert page.get_by_text("Press a cell to see its pictures").is_visible()
    assert "(MNIST, about 2\u00a0MB, from its official site)" in button.inner_text()
    button.click()  # without a network
    failure = cell(page).get_by_role("alert").filter(has_text="The download failed: ")
    failure.wait_for()
    words = failure.inner_text()
    assert words.startswith("The download failed: could not download")
    assert "http" not in words
    cell(page).get_by_text("What was tried").click()
    assert cell(page).get_by_text("t10k-images-idx3-ubyte.gz: ").is_visible()
    assert button.is_visible()

    # With one.
    state = {"is_local": False, "num_bytes": 1_653_419, "share": 0.25, "failure": ""}
    states = [state, state | {"share": 0.5}, state | {"is_local": True, "share": None}]
    grid = level(page, "as it is").evaluate(PICTURE)

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
    page.wait_for_function(  # looks at every frame: this is gone soon
        """() => [...document.querySelectorAll('.dg-trust [role=status]')]
          .some(one => /^50\\s% of about /.test(one.textContent))"""
    )
    assert failure.is_hidden()
    cell(page).get_by_role("listitem").first.wait_for()
    assert button.is_hidden()
    assert cell(page).get_by_text("What was tried").is_hidden()
    assert states == []


def test_what_puts_a_model_off_can_be_chosen(watched, trust_url):
    page = open_trust(watched(), trust_url)
    card = region(page, CORRUPTED)
    assert card.get_by_text("no example picture of Digits").is_visible()
    table = region(page, "Accuracy at each level").get_by_role("table")
    assert lines(page, CORRUPTED).count() == 3
    assert table.get_by_role("columnheader").all_inner_texts() == [
        "Noise",
        *(f"{level}\u00a0%" for level in (0, 5, 10, 20)),
    ]
    accuracies = body_rows(table)[0][1:]
    assert accuracies == [f"{share}\u00a0%" for share in ("75.0", "65.0", "60.0", "55.0")]
    assert "first 360 test pictures" in card.inner_text()
    assert "up to 5 points off" in card.inner_text()  # 196 / 2 / sqrt(360)
    assert "accuracy on all test pictures" in card.inner_text()

    drawn = lines(page, CORRUPTED).first.get_attribute("d")
    choose(page, "FGSM")
    assert lines(page, CORRUPTED).first.get_attribute("d") != drawn
    assert lines(page, CORRUPTED).count() == 2
    assert "VAE · Bayes’ rule: not attacked" in card.inner_text()
    assert body_rows(table)[0][1] == "76.0\u00a0%"
    assert "first 250 test pictures" in card.inner_text()
    assert "accuracy on all" not in card.inner_text()
    choose(page, "PGD")
    assert "Not measured yet" in card.inner_text()
    assert chart(page, CORRUPTED).is_hidden()

    # Of MNIST the page has pictures to be corrupted.
    choose(page, "Noise")
    choose(page, MNIST)
    level(page, r"20\s%").wait_for()
    assert card.get_by_role("img", name=re.compile(r", (as it is|\d+\s%)$")).count() == 4
    first = pixels(level(page, "as it is"))
    last = pixels(level(page, r"20\s%"))
    assert difference(first, last) > 60
    page.get_by_role("button", name="Another picture").click()
    wait_for_change(level(page, "as it is"), first)


def test_it_is_told_which_score_finds_pictures_of_another_kind(watched, trust_url):
    page = open_trust(watched(), trust_url)
    card = region(page, KNOWS)
    missing = card.get_by_text("Not measured yet: CNN").inner_text()
    assert "dgm.evaluate checkpoints/cnn-digits --metrics ood --write" in missing
    dcgan, vae = (card.get_by_role("region", name=name, exact=True) for name in ("DCGAN", "VAE"))
    assert "Of 100 test pictures of its own kind, 95 lie below its threshold" in dcgan.inner_text()
    assert "ships no threshold" in vae.inner_text()
    kinds = dcgan.get_by_role("heading", level=4).all_inner_texts()
    assert kinds == ["MNISTHandwritten digits", "Noise"]
    lanes = [lane.inner_text().split("\n") for lane in card.locator(".dg-lane").all()]
    assert lanes == [
        *(["Distance", "0.90"], ["Doubt", "0.70"], ["Distance", "0.99"], ["Doubt", "0.40"]),
        *(["Unlikeliness", "0.07"], ["Regret", "0.80"]),
        *(["Unlikeliness", "1.00"], ["Regret", "0.97"]),
    ]
    # A bar leaves the middle for the side that its share is on.
    for lane, (_, share) in zip(card.locator(".dg-lane").all(), lanes, strict=True):
        track, bar = lane.locator(".dg-coin").bounding_box(), lane.locator("i").bounding_box()
        ends = [(bar["x"] + width - track["x"]) / track["width"] for width in (0, bar["width"])]
        assert sorted([0.5, float(share)]) == pytest.approx(ends, abs=0.01)
    assert card.locator(".dg-misled").count() == 2

    # The sentences follow from the figures.
    lessons = card.get_by_role("list", name="What follows from the figures")
    lessons = lessons.get_by_role("listitem")
    first, second, general = lessons.all_inner_texts()
    assert first.startswith("DCGAN: Distance serves best: of 100 pairs it gets 89 or more right")
    another = "the picture of another kind"
    assert f"Doubt holds {another} for the more familiar one in 60 of 100" in first
    assert first.endswith("pictures of Noise.")
    assert "Regret serves best: of 100 pairs it gets 80 or more right" in second
    assert (
        f"{another} MORE likely than one of Digits 8×8, its own kind, in 93 of 100 pairs" in second
    )
    assert "Likely is not the same as familiar" in general
    scores = card.get_by_role("term")
    assert scores.all_inner_texts() == ["Distance", "Doubt", "Unlikeliness", "Regret"]
    card.get_by_text(FIGURES, exact=True).click()
    rows = body_rows(region(page, "How well pictures of another kind are told apart"))
    assert rows[0] == ["DCGAN · Distance", "0.8961", "0.9900", "0.9490"]
    assert rows[2] == ["VAE · Unlikeliness", "0.0700", "1.0000", "–"]
    # Without the VAE there is no likelihood to be misled.
    choose(page, "VAE Bayes’ rule", on=False)
    assert lessons.count() == 1
    assert scores.all_inner_texts() == ["Distance", "Doubt"]
    # Of the other data set nothing was measured.
    choose(page, MNIST)
    card.get_by_text(FIGURES, exact=True).wait_for(state="hidden")
    assert "checkpoints/NAME" in card.inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_trust_tab_is_legible_and_fits_a_phone(watched, trust_url, theme):
    page = open_trust(watched(width=390), trust_url, query=f"?__theme={theme}")
    region(page, KNOWS).get_by_text(FIGURES, exact=True).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(FAINT, ".dg-trust")["faint"] == []
    choose(page, MNIST)
    page.get_by_role("button", name="Download the test pictures").click()
    page.get_by_role("alert").filter(has_text="The download failed").wait_for()
    for summary in page.locator(".dg-trust summary:visible").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.get_by_role("grid").locator("..")
    assert box.evaluate("one => one.scrollWidth <= one.clientWidth")  # ten classes fit
    found = page.evaluate(FAINT, ".dg-trust")
    assert found["seen"] > 200
    assert found["faint"] == []


def test_the_api_tells_how_far_a_model_may_be_believed(trust_url):
    from gradio_client import Client

    client = Client(trust_url, verbose=False)
    (method,) = client.predict("cnn-mnist", api_name="/trust")["ways"]
    assert (method["method"], method["accuracy"]) == ("cnn", 0.75)
    assert np.sum(method["confusion"]) == 200
    ood = client.predict("dcgan-digits", api_name="/trust")["strangers"]
    assert ood["kinds"][1]["shares"] == {"": 0.99, "softmax": 0.4}
    with pytest.raises(Exception, match="no model or run"):
        client.predict("resnet", api_name="/trust")
