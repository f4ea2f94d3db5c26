"""How much a browser loads of the project to see the page: `python -m benchmarks.weight`.

Starts `python app.py` and opens it in Chromium with an empty cache. Counted are the page's HTML,
its theme, and the project's scripts and styles, as they are sent, with the headers of each; not
counted are Gradio's own files and what the server functions answer. Prints {"first_view_kB": until
the first picture is classified, of that "html_kB", "scripts_kB" and "styles_kB"; "every_tab_kB":
once each tab was opened, "files": how many files that took; "second_view_kB": the page opened
again}; a kB is 1,000 bytes.
"""

import tempfile
from pathlib import Path

from benchmarks import record
from benchmarks.page import browser, serve

# In the page: [[address, bytes sent], …] of the project's files. What came out of the cache is 0.
SENT = """
() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .filter(({ entryType, name }) =>
    entryType === "navigation" || /\\/demo\\/|\\/theme\\.css/.test(new URL(name).pathname))
  .map(({ name, transferSize }) => [new URL(name).pathname, transferSize])
"""
ENDINGS = {"html_kB": "/", "scripts_kB": ".js", "styles_kB": ".css"}
ANSWERED = ".dg-classify:not(.dg-waiting, [aria-busy])"
PATIENCE = 120_000  # ms


def kilobytes(sent: list[tuple[str, int]], ending: str = "") -> float:
    return round(sum(size for path, size in sent if path.endswith(ending)) / 1000, 1)


def measure(chromium, url: str) -> dict:
    context = chromium.new_context(viewport={"width": 1280, "height": 860})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(ANSWERED)
    first = page.evaluate(SENT)
    for tab in page.get_by_role("tab").all():
        tab.click()
        page.wait_for_selector(f".dg-{tab.inner_text().lower()}:not(.dg-waiting)")
    every = page.evaluate(SENT)
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(ANSWERED)
    second = page.evaluate(SENT)
    context.close()
    return {
        "first_view_kB": kilobytes(first),
        **{name: kilobytes(first, ending) for name, ending in ENDINGS.items()},
        "every_tab_kB": kilobytes(every),
        "files": len(every),
        "second_view_kB": kilobytes(second),
    }


def main() -> None:
    options = record.parser("What a browser loads to see the page.").parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder) / "app.log") as url,
        browser() as chromium,
    ):
        found = measure(chromium, url)
    record.report("weight", "Bytes to the first view", found, write=options.write)


if __name__ == "__main__":
    main()
