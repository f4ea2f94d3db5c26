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
    assert page.locator(".dg-smoothed").count() == 2
    choose(page.get_by_role("group", name="CIFAR-10"), "DCGAN")
    page.wait_for_function("() => document.querySelectorAll('.dg-smoothed').length === 3")
    colors = page.locator(".dg-smoothed").evaluate_all(
        "paths => paths.map(path => getComputedStyle(path).stroke)"
    )
    assert len(set(colors)) == 3

    # Values under the pointer, then under the arrow keys.
    page.locator(".dg-chart").hover()
    tip = page.locator(".dg-tip")
    assert "steps" in tip.inner_text()
    assert tip.locator("b").count() == 3
    page.mouse.move(0, 0)
    assert tip.is_hidden()
    page.locator(".dg-chart").focus()
    page.keyboard.press("Home")
    assert "50 steps" in tip.inner_text()
    page.keyboard.press("End")
    assert "2,000 steps" in tip.inner_text()

    drawn = page.locator(".dg-smoothed").first.get_attribute("d")
    page.get_by_role("slider", name="Smoothing").focus()
    page.keyboard.press("Home")
    assert page.locator(".dg-smoothed").first.get_attribute("d") != drawn
    select(page, "What to plot", "Discriminator loss")
    assert page.locator(".dg-smoothed").count() == 2
    assert "Not recorded by" in page.locator("[data-ref=meaning]").inner_text()
    select(page, "Against", "minutes")
    assert "minutes" in page.locator(".dg-chart").get_attribute("aria-label")
    page.locator(".dg-curves summary").click()
    assert page.locator(".dg-curves tbody tr").count() == 2

    page.get_by_role("button", name="Choose none").click()
    page.wait_for_function("() => document.querySelectorAll('.dg-smoothed').length === 0")


def test_what_a_log_scale_cannot_show_is_told(watched, many_url):
    page = watched().open(many_url, "Curves")
    page.wait_for_selector(".dg-curves .dg-smoothed")
    meaning = page.locator(".dg-curves [data-ref=meaning]")
    page.get_by_role("button", name="Choose none").click()
    page.wait_for_function("() => !document.querySelector('.dg-curves .dg-smoothed')")
    page.get_by_label("Log scale").check()  # with nothing to show
    assert meaning.inner_text() == "Choose one or more above."
    choose(page, "WGAN-GP")
    page.wait_for_function("() => document.querySelector('.dg-curves .dg-smoothed')")
    select(page, "What to plot", "Critic: real less drawn")
    assert "no place on a log scale" not in meaning.inner_text()
    select(page, "What to plot", "Discriminator loss")  # all below 0
    assert "no place on a log scale" in meaning.inner_text()


def test_the_step_scrubber_changes_the_samples(watched, url):
    page = watched().open(url, "Curves")
    page.wait_for_selector("[data-ref=sheet][data-shown='dcgan-mnist 1000']")
    last = pixels(image_named(page, SAMPLES))
    page.get_by_role("slider", name="Step of training").focus()
    page.keyboard.press("ArrowLeft")
    middle = wait_for_change(image_named(page, SAMPLES), last)
    assert page.locator("[data-ref=when]").inner_text() == "Step 500 of 1,000"
    page.keyboard.press("Home")
    wait_for_change(image_named(page, SAMPLES), middle)
    page.get_by_role("button", name="Play").click()
    page.wait_for_selector("[data-ref=sheet][data-shown='dcgan-mnist 1000']")
    select(page, "Run", "VAE · MNIST")
    page.wait_for_selector("[data-ref=sheet][data-shown='vae-mnist 1000']")
