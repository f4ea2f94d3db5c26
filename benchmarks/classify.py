"""From a chosen file to the answer and all its reasons, in a real browser: `python -m
benchmarks.classify`.

Starts `python app.py`, opens the Classify tab in Chromium, and gives it one made-up photo of 12
megapixels after another, as a phone would. For each it measures the time from the choice of the
file until the class bars stand, and until all that follows them does: every method of classifying,
the gauge, the heat map, the picture as each class, the change to another class, the nearest
training pictures (where the data set is at hand). Prints {"bars_p50_ms", "bars_p95_ms",
"all_p50_ms", "all_p95_ms", "n"}.
"""

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import record
from benchmarks.page import browser, percentiles, serve

_SIZE = (4000, 3000)  # pixels
_WARM_UPS = 2  # photos before those that count

# In the page: what is being asked is marked as busy. Resolves with the milliseconds from the choice
# of a file until the bars stand (the tab itself is no longer busy), and until nothing in it is.
WATCH = """
() => {
  const tab = document.querySelector('.dg-classify');
  const file = tab.querySelector('input[type=file]');
  file.addEventListener('change', () => {
    const begun = performance.now();
    let bars = null;
    window.timed = new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        if (tab.hasAttribute('aria-busy')) return;
        const now = performance.now();
        bars ??= now;
        if (tab.querySelector('[aria-busy]')) return;
        observer.disconnect();
        requestAnimationFrame(() => resolve([bars - begun, performance.now() - begun]));
      });
      observer.observe(tab, { attributes: true, subtree: true, attributeFilter: ['aria-busy'] });
    });
  }, true);
}
"""


def photo(seed: int) -> Image.Image:
    """Patches of colour and noise: as many pixels as a phone's photo, and as heavy a file."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8))
    noise = rng.normal(0, 12, (_SIZE[1] // 2, _SIZE[0] // 2, 1)).astype(np.float32)
    smooth = np.asarray(coarse.resize((_SIZE[0] // 2, _SIZE[1] // 2)), np.float32)
    return Image.fromarray(np.uint8(np.clip(smooth + noise, 0, 255))).resize(_SIZE)


def measure(url: str, name: str, photos: list[Path]) -> dict:
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 1280, "height": 860})
        page.goto(url)
        page.wait_for_selector(".dg-classify:not(.dg-waiting)", timeout=120_000)
        for value in (name.split("-")[-1], name):  # the data set, then the model
            page.locator(f".dg-classify input[value='{value}']").first.check(force=True)
        page.wait_for_selector(".dg-classify:not(:has([aria-busy]))", timeout=120_000)
        page.evaluate(WATCH)
        found = []
        for file in photos:
            page.locator(".dg-classify input[type=file]").set_input_files(file)
            found.append(page.evaluate("() => window.timed"))
            # The training pictures are read once; later photos are to be answered without that.
            for bar in page.locator(".dg-classify .dg-fetching").all():
                bar.wait_for(state="hidden", timeout=600_000)
    bars, whole = zip(*found[_WARM_UPS:], strict=True)
    return {
        "model": name,
        **percentiles(bars, "bars"),
        **percentiles(whole, "all"),
        "n": len(bars),
    }


def main() -> None:
    parser = record.parser("Time to an answer and its reasons, in a browser.")
    parser.add_argument("--model", default="dcgan-cifar10", help="a model in checkpoints/")
    parser.add_argument("--photos", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        photos = [Path(folder) / f"photo-{i}.jpg" for i in range(options.photos + _WARM_UPS)]
        for seed, file in enumerate(photos):
            photo(seed).save(file, quality=90)
        with serve(Path(folder) / "app.log") as url:
            found = measure(url, options.model, photos)
    title = "Photo of 12 megapixels to class bars, and to all methods and reasons, in a browser"
    record.report("classify", title, found, write=options.write)


if __name__ == "__main__":
    main()
