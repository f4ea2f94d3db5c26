"""Pictures of the page for README and guides: `python -m tools.screenshot [NAME ...]`.

Starts `python app.py` on the shipped models, drives it in a headless Chromium, and writes
docs/images/NAME.webp. With the official data sets at hand (DGM_DATA_DIR) the nearest training
pictures and the mistakes are shown too; without, the page says how to get them.
"""

import argparse
import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from benchmarks.page import ROOT, browser, serve

IMAGES = ROOT / "docs" / "images"
WIDTH, HEIGHT = 1200, 1000  # pixels
_PATIENCE = 600_000  # ms: a model is compiled, and reads its training pictures once


def _choose(*values: str) -> Callable:
    """Choose a data set, models or settings of a tab by their values, one after another."""

    def act(tab) -> None:
        for value in values:
            tab.locator(f"input[value='{value}']").first.check(force=True)
            _settle(tab)

    return act


def _classify(tab) -> None:
    _choose("cifar10", "dcgan-cifar10")(tab)
    tab.get_by_role("button", name="a frog").click()


def _generate(tab) -> None:
    _choose("shapes", "vae-shapes", "star")(tab)
    tab.get_by_role("spinbutton", name="Seed").fill("5")


@dataclass(frozen=True)
class Shot:
    """A part of the page to show."""

    tab: str
    act: Callable  # is handed the tab
    heading: str = ""  # is scrolled to; "" for the top of the page


SHOTS = {
    "page": Shot("Classify", _classify),
    "reasons": Shot("Classify", _classify, "Why?"),
    "generate": Shot("Generate", _generate),
    "compare": Shot("Compare", _choose("fashion_mnist"), "Side by side"),
    "trust": Shot("Trust", _choose("fashion_mnist"), "Does 90 % sure mean 90 % right?"),
    "curves": Shot("Curves", lambda tab: None, "Watch it learn"),
}


def _settle(tab) -> None:
    """Until nothing in the tab is waited for, twice: what follows an answer begins late."""
    idle = """tab => !tab.hasAttribute('aria-busy') && ![...tab.querySelectorAll(
        '[aria-busy], [inert], .dg-fetching')].some(part => part.checkVisibility())"""
    handle = tab.element_handle()
    for _ in range(2):
        tab.page.wait_for_timeout(500)
        tab.page.wait_for_function(idle, arg=handle)


def take(page, url: str, shot: Shot) -> bytes:
    """PNG of one part of the page that is served at that address."""
    page.goto(url)
    page.get_by_role("tab", name=shot.tab).click()
    tab = page.locator(f".dg-{shot.tab.lower()}:not(.dg-waiting)")
    tab.wait_for()
    _settle(tab)
    shot.act(tab)
    _settle(tab)
    if shot.heading:
        heading = tab.get_by_role("heading", name=shot.heading, exact=True)
        heading.evaluate("e => window.scrollTo(0, e.getBoundingClientRect().top + scrollY - 24)")
    else:
        page.evaluate("() => window.scrollTo(0, 0)")
    page.mouse.move(0, 0)
    page.evaluate("() => document.activeElement.blur()")
    page.wait_for_timeout(300)
    return page.screenshot()


def save(png: bytes, file: Path) -> None:
    """As WebP: a PNG of pictures is three times as large."""
    with Image.open(io.BytesIO(png)) as picture:
        picture.convert("RGB").save(file, quality=90, method=6)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.screenshot", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(SHOTS)} (all)")
    parser.add_argument("--out", type=Path, default=IMAGES, help="folder (docs/images)")
    options = parser.parse_args()
    if unknown := set(options.names) - set(SHOTS):
        parser.error(f"no such picture: {', '.join(sorted(unknown))}")
    options.out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder) / "app.log") as url,
        browser() as chromium,
    ):
        context = chromium.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce"
        )
        page = context.new_page()
        page.set_default_timeout(_PATIENCE)
        for name in options.names or SHOTS:
            file = options.out / f"{name}.webp"
            save(take(page, url, SHOTS[name]), file)
            print(f"{file}: {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
