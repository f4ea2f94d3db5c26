"""From a dragged slider to the new picture, in a real browser: `python -m benchmarks.slider`.

Starts `python app.py`, opens the Generate tab in Chromium, and drags sliders with the mouse at 60
moves a second. For every value that a slider takes, the time is measured until a picture at least
as new is on the screen. Prints {"p50_ms", "p95_ms", "drags", "n", "pictures_a_second", "model_ms",
"encoding_ms"}: the last two are what the server does for one picture, and the rest of "p50_ms" is
the network, the browser, and the wait for its next frame.
"""

import contextlib
import tempfile
from pathlib import Path

from benchmarks import record
from benchmarks.page import browser, parts_of_a_picture, percentiles, serve, training

# In the page: when each value was set, and when the frame after its picture's painting began.
WATCH = """
() => {
  const input = document.querySelector('.dg-sliders input');
  const picture = document.querySelector('[data-ref=picture]');
  window.moved = [];
  window.shown = [];
  input.addEventListener('input', () => moved.push([Number(input.value), performance.now()]), true);
  new MutationObserver(() => {
    const value = JSON.parse(picture.dataset.shown).sliders[0];
    requestAnimationFrame(() => shown.push([value, performance.now()]));
  }).observe(picture, { attributes: true, attributeFilter: ['data-shown'] });
}
"""


def drag(page, num_moves: int, moves_a_second: float = 60) -> None:
    """Drag the first slider from its left end to the right, at the pace of a hand."""
    slider = page.locator(".dg-sliders input").first
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    left, right = box["x"] + 12, box["x"] + box["width"] - 12
    page.mouse.move(left, y)
    page.mouse.down()
    for i in range(num_moves):
        page.mouse.move(left + (right - left) * (i + 1) / num_moves, y)
        page.wait_for_timeout(1000 / moves_a_second)
    page.mouse.up()
    page.wait_for_timeout(500)


def latencies(moved: list, shown: list) -> list[float]:
    """Milliseconds from each value of one drag to the first picture at least as new."""
    order = {value: i for i, (value, _) in enumerate(moved)}
    arrivals = [(order[value], when) for value, when in shown if value in order]
    return [
        min(when for number, when in arrivals if number >= i and when >= begun) - begun
        for i, (_, begun) in enumerate(moved)
    ]


def measure(url: str, name: str, num_drags: int, num_moves: int) -> dict:
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 1280, "height": 860})
        page.goto(url)
        page.get_by_role("tab", name="Generate").click()
        page.wait_for_selector(".dg-generate:not(.dg-waiting)", timeout=120_000)
        dataset = name.split("-")[-1]
        page.locator(f".dg-generate input[value='{dataset}']").check(force=True)
        page.locator(f".dg-generate input[value='{name}']").check(force=True)
        # What the picture shows stands in its data-shown, as JSON.
        page.wait_for_selector(f"[data-ref=picture][data-shown*='{name}']", timeout=120_000)
        page.locator(".dg-sliders:not([inert])").wait_for(timeout=120_000)
        page.wait_for_timeout(3_000)  # until the other pictures of the tab are there too
        page.evaluate(WATCH)
        found, seconds, pictures = [], 0.0, 0
        for number in range(num_drags + 1):
            page.evaluate("() => { moved.length = shown.length = 0; }")
            drag(page, num_moves)
            moved, shown = page.evaluate("() => [moved, shown]")
            if number > 0:  # the first drag warms up the browser
                found += latencies(moved, shown)
                seconds += (moved[-1][1] - moved[0][1]) / 1000
                pictures += len(shown)
    return {
        "model": name,
        **percentiles(found),
        "drags": num_drags,
        "n": len(found),
        "pictures_a_second": round(pictures / seconds, 1),
    }


def main() -> None:
    parser = record.parser("Latency of the latent sliders, in a browser.")
    parser.add_argument("--model", default="dcgan-cifar10", help="a model in checkpoints/")
    parser.add_argument("--drags", type=int, default=4, help="100 for a figure to be published")
    parser.add_argument("--moves", type=int, default=90, help="mouse moves a drag")
    parser.add_argument("--training", action="store_true", help="while a model is trained beside")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if options.training:
            stack.enter_context(training(folder))
        url = stack.enter_context(serve(folder / "app.log"))
        found = measure(url, options.model, options.drags, options.moves)
        found |= parts_of_a_picture(options.model)
    beside = ", a model being trained beside it" if options.training else ""
    name = "slider-training" if options.training else "slider"
    title = f"Slider to new picture in a browser{beside}"
    record.report(name, title, found, write=options.write)


if __name__ == "__main__":
    main()
