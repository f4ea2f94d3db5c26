"""The Compare tab: models side by side."""

import json
import re
from itertools import pairwise

import pytest
from page.driver import (
    CIFAR10,
    DRAWN,
    FAINT,
    FASHION,
    FASHION_MNIST,
    choose,
    columns,
    difference,
    image_named,
    pill,
    pixels,
    seed_of,
    select,
    wait_for_change,
    wait_for_picture,
    wait_for_tiles,
)
from PIL import Image

from dgm.data import spec

pytestmark = pytest.mark.browser


TITLES = {
    "gan": "GAN",
    "gan-ns": "GAN, non-saturating",
    "dcgan": "DCGAN",
    "improved-gan": "Improved GAN",
    "wgan": "WGAN",
    "wgan-gp": "WGAN-GP",
    "vae": "VAE",
    "cnn": "CNN",
}
RECIPES = {title: recipe for recipe, title in TITLES.items()}


def column(page, recipe: str):
    heading = page.get_by_role("heading", name=TITLES[recipe], exact=True)
    return page.get_by_role("article").filter(has=heading)


def presets(page, **state):
    return page.get_by_role("group", name="Show me").get_by_role("button", **state)


def requested(page) -> set[tuple]:
    """(class, seed) of what the columns show."""
    columns(page)
    shown = page.locator(".dg-models .dg-model").evaluate_all(
        "models => models.map(model => JSON.parse(model.dataset.shown))"
    )
    return {(one["label"], one["seed"]) for one in shown}


def switch(page, recipe: str, on: bool = True) -> None:
    choose(page, TITLES[recipe], on)


def picture_of(page, recipe: str):
    return column(page, recipe).get_by_role("img")


def pictures(page):
    return page.get_by_role("region", name="The models’ pictures").get_by_role("img")


def rows(page):
    """The names of the classes beside the rows of pictures."""
    return page.get_by_role("list", name="The rows").get_by_role("listitem")


def notice(page):
    return page.get_by_role("status").filter(has_text=re.compile(r"\w"))


def results(page):
    return page.get_by_role("region", name=re.compile("^Results on ")).first


def recipe_of(head: str) -> str:
    """The recipe of a row of the table by its head, under whose title there may be a note."""
    return RECIPES[head.split("\n")[0]]


def table(page) -> list[str]:
    """The recipes of the table, from above."""
    return [recipe_of(head) for head in results(page).get_by_role("rowheader").all_inner_texts()]


def wait_until_plotted(page, metric: str) -> None:
    page.get_by_role("option", name=metric, selected=True).wait_for(state="attached")


def test_models_stand_side_by_side_in_the_order_of_history(watched, many_url):
    page = watched().open(many_url, "Compare")
    assert columns(page) == ["gan", "dcgan", "wgan-gp", "vae"]
    assert requested(page) == {(None, 1)}
    tops = pictures(page).evaluate_all("all => all.map(one => one.getBoundingClientRect().top)")
    assert max(tops) - min(tops) < 1  # pictures stand level
    first = column(page, "gan")
    assert "Goodfellow et al. 2014" in first.inner_text()
    assert "Look for specks" in first.inner_text()
    figures = first.get_by_role("definition").all_inner_texts()
    assert figures == ["–", "71.0\u00a0%", "–", "25"]
    # The names of the classes stand beside their rows.
    row = rows(page).nth(8).bounding_box()
    grid = pictures(page).first.bounding_box()
    middle = row["y"] + row["height"] / 2 - grid["y"]
    assert middle == pytest.approx(grid["height"] * 8.5 / 10, abs=3)


def test_the_columns_show_what_the_api_draws(watched, many_url):
    from gradio_client import Client

    page = watched().open(many_url, "Compare")
    seed_of(page).fill("41")
    seed_of(page).press("Enter")
    choose(page, "Bag")
    names = [f"{recipe}{FASHION}" for recipe in columns(page)]
    assert requested(page) == {("Bag", 41)}
    client = Client(many_url, verbose=False)
    drawn = client.predict(names, "Bag", 41, api_name="/compare")
    assert [grid["caption"] for grid in drawn] == names
    seen = set()
    for name, grid in zip(names, drawn, strict=True):
        with Image.open(grid["image"]) as image:
            assert image.size == (192, 256)  # 48 pictures
            expected = image.convert("RGBA").tobytes()
        shown = pixels(picture_of(page, name.removesuffix(FASHION)))
        assert difference(shown, expected) <= 1
        seen.add(expected)
    assert len(seen) == len(names)
    with pytest.raises(Exception, match="list of 1 to 4"):
        client.predict([*names, names[0]], "Bag", 41, api_name="/compare")


def test_a_fifth_model_takes_the_place_of_the_first(watched, many_url):
    page = watched().open(many_url, "Compare")
    columns(page)
    assert notice(page).is_hidden()
    switch(page, "improved-gan")
    assert columns(page) == ["gan", "improved-gan", "wgan-gp", "vae"]  # DCGAN was chosen first
    assert notice(page).inner_text() == "Only 4 fit side by side: DCGAN made room for Improved GAN."
    assert not pill(page, "DCGAN").is_checked()
    switch(page, "gan", on=False)
    assert columns(page) == ["improved-gan", "wgan-gp", "vae"]
    assert notice(page).is_hidden()
    for recipe in ("improved-gan", "wgan-gp", "vae"):
        switch(page, recipe, on=False)
    assert page.get_by_role("article").count() == 0
    assert page.get_by_text("Choose a model above.", exact=True).is_visible()


def test_no_column_keeps_a_picture_of_an_older_request(watched, many_url):
    page = watched().open(many_url, "Compare")
    columns(page)
    before = pixels(picture_of(page, "vae"))
    for seed in range(50, 60):  # faster than they are drawn
        seed_of(page).fill(str(seed))
        seed_of(page).press("Enter")
    assert requested(page) == {(None, 59)}
    seed_of(page).fill("1")
    seed_of(page).press("Enter")
    assert requested(page) == {(None, 1)}
    assert pixels(picture_of(page, "vae")) == before


def test_what_goes_wrong_is_told_in_its_own_column(watched, many_url):
    page = watched().open(many_url, "Compare")
    columns(page)

    def fail_for_the_vae(route):
        body = route.request.post_data_json or {}
        request = body.get("data") or {}
        if body.get("fn_name") == "samples" and request.get("model") == f"vae{FASHION}":
            route.fulfill(json={"error": "Out of paint."})
        else:
            route.continue_()

    page.route(re.compile("component_server"), fail_for_the_vae)
    choose(page, "Coat")
    columns(page)
    failed = column(page, "vae")
    assert failed.get_by_role("alert").inner_text() == "Out of paint."
    assert failed.get_by_role("img").is_hidden()  # its old picture is of another class
    for recipe in ("gan", "dcgan", "wgan-gp"):
        drawn = column(page, recipe)
        assert json.loads(drawn.get_attribute("data-shown"))["label"] == "Coat"
        assert drawn.get_by_role("alert").is_hidden()
    page.unroute(re.compile("component_server"))
    choose(page, "Bag")
    assert requested(page) == {("Bag", 1)}
    assert failed.get_by_role("alert").is_hidden()
    assert failed.get_by_role("img").is_visible()


def test_a_model_without_classes_says_so(watched, many_url):
    one = watched()
    page = one.open(many_url, "Compare")
    switch(page, "improved-gan")
    columns(page)
    free = column(page, "improved-gan")
    assert "Draws no class of your choice: these are seeds 1 to 60" in free.inner_text()
    other = column(page, "gan")
    assert "no class of your choice" not in other.inner_text()

    one.show("Generate")
    choose(page, "Improved GAN")
    wait_for_tiles(page, 60)
    assert pill(page, "Bag").is_disabled()
    assert "cannot be asked for a class" in page.locator(".dg-generate").inner_text()
    before = wait_for_picture(page)
    page.get_by_role("button", name="seed 9", exact=True).click()
    wait_for_change(image_named(page, DRAWN), before)
    choose(page, "DCGAN")
    page.get_by_role("radio", name="Bag", exact=True, disabled=False).wait_for(state="attached")
    assert "cannot be asked for a class" not in page.locator(".dg-generate").inner_text()


def test_no_class_stands_beside_pictures_of_whatever_class(watched, many_url):
    one = watched(width=390)
    page = one.open(many_url, "Compare")
    for recipe in ("dcgan", "wgan-gp", "vae"):
        switch(page, recipe, on=False)
    switch(page, "wgan")
    assert columns(page) == ["gan", "wgan"]
    assert rows(page).count() == 10
    switch(page, "gan", on=False)
    assert columns(page) == ["wgan"]
    assert rows(page).count() == 0
    assert page.get_by_text("Pictures of whatever class, of the seeds from 1 on;").is_visible()

    one.show("Curves")
    select(page, "Run", "DCGAN · Fashion-MNIST")
    heads = page.locator(".dg-columnheads span")
    assert heads.all_inner_texts() == list(spec("fashion_mnist").class_names)
    assert page.get_by_text("A column is a class").is_visible()
    # Each name is there whole, above its own column.
    boxes = [head.bounding_box() for head in heads.all()]
    assert all(a["x"] + a["width"] <= b["x"] for a, b in pairwise(boxes))
    assert heads.evaluate_all("all => all.every(one => one.scrollHeight <= one.clientHeight)")
    select(page, "Run", "WGAN · Fashion-MNIST")
    assert heads.count() == 0
    assert page.get_by_text("asked for no class").is_visible()


def test_a_data_set_with_one_model_says_how_to_get_another(watched, many_url):
    page = watched().open(many_url, "Compare")
    columns(page)
    few = page.get_by_text("is the only model of")
    assert few.is_hidden()
    choose(page, CIFAR10)
    assert columns(page) == ["dcgan-cifar10"]
    assert "python -m dgm.train vae --dataset cifar10" in few.inner_text()
    assert "has been measured yet" in results(page).inner_text()
    assert results(page).get_by_role("table").is_hidden()
    # Back again, with as many models as are to be compared.
    choose(page, FASHION_MNIST)
    assert columns(page) == ["dcgan", "vae"]
    assert few.is_hidden()


def test_the_table_is_sorted_by_its_heads(watched, many_url):
    page = watched().open(many_url, "Compare")
    columns(page)
    history = ["gan", "gan-ns", "dcgan", "improved-gan", "wgan", "wgan-gp", "vae", "cnn"]
    assert table(page) == history

    def press(head):
        results(page).get_by_role("button", name=head).click()

    def order():
        heads = results(page).get_by_role("columnheader").all()
        orders = {head.inner_text().strip(): head.get_attribute("aria-sort") for head in heads}
        return {head: sense for head, sense in orders.items() if sense}

    # Its best first: of a distance the lowest. What was not measured is last either way.
    press("FD-dgm")
    measured = ["gan-ns", "wgan-gp", "dcgan", "gan", "vae"]
    assert table(page) == [*measured, "improved-gan", "wgan", "cnn"]
    assert order() == {"FD-dgm": "ascending"}
    press("FD-dgm")
    assert table(page) == [*measured[::-1], "improved-gan", "wgan", "cnn"]
    assert order() == {"FD-dgm": "descending"}
    press("Accuracy")
    assert table(page)[:4] == ["cnn", "dcgan", "improved-gan", "vae"]
    assert order() == {"Accuracy": "descending"}
    # By the keyboard, and the focus stays where it was.
    results(page).get_by_role("button", name="System").focus()
    page.keyboard.press("Enter")
    assert table(page) == history
    page.keyboard.press("Enter")
    assert table(page) == history[::-1]
    page.keyboard.press("Enter")

    figures = {
        recipe_of(row.get_by_role("rowheader").inner_text()): row.get_by_role(
            "cell"
        ).all_inner_texts()
        for row in results(page).get_by_role("row").all()[1:]
    }
    best = {
        (recipe, i)
        for recipe, cells in figures.items()
        for i, cell in enumerate(cells, 1)
        if cell.endswith("(best)")
    }
    # One KID-dgm alone is no best.
    assert best == {("cnn", 1), ("dcgan", 2), ("gan-ns", 4), ("wgan-gp", 7)}
    assert figures["dcgan"][:4] == ["92.0\u00a0%", "99.0\u00a0%\n(best)", "–", "12"]
    terms = results(page).get_by_role("term").all_inner_texts()
    meanings = results(page).get_by_role("definition").all_inner_texts()
    heads = results(page).get_by_role("columnheader").get_by_role("button").all()
    assert [head.inner_text().strip() for head in heads] == terms
    for head, meaning in zip(heads, meanings, strict=True):
        assert meaning.startswith(head.get_attribute("title"))
    gan_test = meanings[terms.index("GAN-test")]
    assert "Of real test pictures it reads 92.4\u00a0% right." in gan_test


def test_presets_show_a_failure_where_its_models_are(watched, many_url):
    page = watched().open(many_url, "Compare")
    columns(page)
    offered = presets(page).all_inner_texts()
    assert offered == [
        "Mode collapse",
        "Vanishing gradient",
        "Blur",
        "A loss that means something",
        "Clipping starves the critic",
        "Right class, but how varied?",
        "Few labels",
    ]
    # From a data set that lacks the models, to the one that has them.
    choose(page, CIFAR10)
    columns(page)
    page.get_by_role("button", name="A loss that means something").click()
    assert columns(page) == ["dcgan", "wgan-gp"]
    assert pill(page, FASHION_MNIST).is_checked()
    wait_until_plotted(page, "Critic: real less drawn")
    assert "its curve falls" in notice(page).inner_text()
    pressed = presets(page, pressed=True)
    assert pressed.all_inner_texts() == ["A loss that means something"]
    page.get_by_role("button", name="Mode collapse").click()
    assert columns(page) == ["gan", "wgan"]
    assert requested(page) == {("Bag", 1)}
    assert pressed.all_inner_texts() == ["Mode collapse"]
    # A choice of one's own ends it.
    switch(page, "dcgan")
    assert columns(page) == ["gan", "dcgan", "wgan"]
    assert pressed.count() == 0
    assert notice(page).is_hidden()


def test_a_preset_chooses_its_curve_while_others_are_still_loading(watched, many_url):
    one = watched()
    held = []

    def hold_the_first(route):
        if (route.request.post_data_json or {}).get("fn_name") == "curves" and not held:
            held.append(route)
        else:
            route.continue_()

    one.page.route(re.compile("component_server"), hold_the_first)
    page = one.open(many_url, "Compare")
    columns(page)
    page.get_by_role("button", name="Vanishing gradient").click()
    columns(page)
    held[0].continue_()  # the curves of the models before, of which none records this metric
    wait_until_plotted(page, "D(G(z)): drawn pictures judged real")


def test_presets_without_their_models_are_not_offered(watched, url):
    page = watched().open(url, "Compare")
    page.wait_for_selector(".dg-model[data-shown]")
    offered = presets(page).all_inner_texts()
    assert offered == ["Blur", "Right class, but how varied?"]


def test_the_curves_are_those_of_the_columns(watched, many_url):
    page = watched().open(many_url, "Compare")
    columns(page)
    curves = page.locator(".dg-compare .dg-smoothed")
    page.wait_for_function("() => document.querySelectorAll('.dg-compare .dg-smoothed').length")
    options = page.get_by_role("combobox", name="What to plot").get_by_role("option")
    assert options.all_inner_texts() == [
        "Discriminator loss",
        "Generator loss",
        "Critic: real less drawn",
    ]
    select(page, "What to plot", "Generator loss")
    assert curves.count() == 4
    drawn = curves.evaluate_all("all => all.map(one => getComputedStyle(one).stroke)")
    heads = (
        page.get_by_role("article")
        .locator("header")
        .evaluate_all("all => all.map(one => getComputedStyle(one).borderTopColor)")
    )
    assert drawn == heads
    assert len(set(drawn)) == 4
    select(page, "What to plot", "Critic: real less drawn")
    assert curves.count() == 1
    learned = page.get_by_role("region", name="How they learned")
    assert "Wasserstein distance" in learned.inner_text()
    assert "Not recorded by GAN, DCGAN and VAE." in learned.inner_text()
    select(page, "Against", "images seen")
    assert learned.get_by_role("img", name=" against images seen").is_visible()
    # What only one of them has goes with it.
    switch(page, "wgan-gp", on=False)
    options.filter(has_text="Critic: real less drawn").wait_for(state="detached")
    assert options.count() == 2


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_compare_tab_is_legible_and_fits_a_phone(watched, many_url, theme):
    page = watched(width=390).open(many_url, "Compare", f"?__theme={theme}")
    switch(page, "improved-gan")
    columns(page)
    page.get_by_role("button", name="Few labels").click()
    columns(page)
    page.wait_for_selector(".dg-compare .dg-smoothed")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # Two models in sight; what is more is reached by pushing them aside, in a box of its own.
    box = page.get_by_role("region", name="The models’ pictures").bounding_box()
    seen = pictures(page).nth(1).bounding_box()
    assert seen["x"] < box["x"] + box["width"] - 60
    found = page.evaluate(FAINT, ".dg-compare")
    assert found["seen"] > 100
    assert found["faint"] == []
