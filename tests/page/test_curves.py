"""The Curves tab: losses, and samples over time."""

import pytest
from page.driver import SAMPLES, choose, image_named, pixels, select, wait_for_change

pytestmark = pytest.mark.browser


def test_curves_of_several_runs_are_drawn_and_read(watched, url):
    page = watched().open(url, "Curves")
    page.wait_for_selector(".dg-smoothed")
    # The runs of the first data set are chosen; two of the three record this loss.
    runs = page.get_by_role("region", name="Training runs")
    assert runs.get_by_role("checkbox", checked=True).count() == 3
    assert page.get_by_role("combobox", name="What to plot").input_value() == "loss/generator"
    lines = page.locator(".dg-smoothed")
    assert lines.count() == 2
    choose(page.get_by_role("group", name="CIFAR-10"), "DCGAN")
    page.wait_for_function("() => document.querySelectorAll('.dg-smoothed').length === 3")
    colors = lines.evaluate_all("paths => paths.map(path => getComputedStyle(path).stroke)")
    assert len(set(colors)) == 3

    # Values under the pointer, then under the arrow keys.
    chart = page.get_by_role("img", name=" against ")
    chart.hover()
    tip = page.locator(".dg-tip")
    assert "steps" in tip.inner_text()
    assert tip.locator("b").count() == 3
    page.mouse.move(0, 0)
    assert tip.is_hidden()
    chart.focus()
    page.keyboard.press("Home")
    assert "50 steps" in tip.inner_text()
    page.keyboard.press("End")
    assert "2,000 steps" in tip.inner_text()

    drawn = lines.first.get_attribute("d")
    page.get_by_role("slider", name="Smoothing").focus()
    page.keyboard.press("Home")
    assert lines.first.get_attribute("d") != drawn
    select(page, "What to plot", "Discriminator loss")
    assert lines.count() == 2
    assert page.get_by_text("Not recorded by").is_visible()
    select(page, "Against", "minutes")
    assert "minutes" in chart.get_attribute("aria-label")
    page.get_by_text("Values at the end of each run").click()
    values = page.get_by_role("region", name="Values at the end of each run")
    assert values.get_by_role("rowheader").count() == 2

    page.get_by_role("button", name="Choose none").click()
    page.wait_for_function("() => document.querySelectorAll('.dg-smoothed').length === 0")


def test_what_a_log_scale_cannot_show_is_told(watched, many_url):
    page = watched().open(many_url, "Curves")
    page.wait_for_selector(".dg-curves .dg-smoothed")
    warning = page.get_by_text("Values of 0 and below have no place on a log scale.")
    page.get_by_role("button", name="Choose none").click()
    page.wait_for_function("() => !document.querySelector('.dg-curves .dg-smoothed')")
    page.get_by_label("Log scale").check()  # with nothing to show
    assert page.get_by_text("Choose one or more above.", exact=True).is_visible()
    assert warning.is_hidden()
    choose(page, "WGAN-GP")
    page.wait_for_function("() => document.querySelector('.dg-curves .dg-smoothed')")
    select(page, "What to plot", "Critic: real less drawn")
    assert warning.is_hidden()
    select(page, "What to plot", "Discriminator loss")  # all below 0
    assert warning.is_visible()


def test_the_step_scrubber_changes_the_samples(watched, url):
    page = watched().open(url, "Curves")
    end = "What DCGAN drew at step 1,000 of 1,000"
    image_named(page, end).wait_for()
    last = pixels(image_named(page, SAMPLES))
    page.get_by_role("slider", name="Step of training").focus()
    page.keyboard.press("ArrowLeft")
    middle = wait_for_change(image_named(page, SAMPLES), last)
    assert page.get_by_text("Step 500 of 1,000", exact=True).is_visible()
    page.keyboard.press("Home")
    wait_for_change(image_named(page, SAMPLES), middle)
    page.get_by_role("button", name="Play").click()
    image_named(page, end).wait_for()
    select(page, "Run", "VAE · MNIST")
    image_named(page, "What VAE drew at step 1,000 of 1,000").wait_for()
