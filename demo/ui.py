"""The page: a header and the tabs, put together."""

import gradio as gr

from demo.service import Service
from demo.tabs import classify, compare, curves, generate, trust
from demo.theme import ASSETS, head, theme

TITLE = "dgm · deep generative models"
TABS = (
    ("Classify", classify),
    ("Generate", generate),
    ("Compare", compare),
    ("Trust", trust),
    ("Curves", curves),
)


def build(service: Service) -> gr.Blocks:
    """The whole page over a service."""
    # What visitors upload is deleted after an hour, and when the page ends.
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(600, 3600)) as page:
        gr.HTML(
            (ASSETS / "header.html").read_text(),
            apply_default_css=False,
            js_on_load="studio.recallTheme(); studio.share.openTab();"
            "element.querySelector('button').addEventListener('click', studio.toggleTheme);",
        )
        with gr.Tabs(elem_id="tabs"):
            for title, tab in TABS:
                with gr.Tab(title, id=title.lower()):
                    tab.build(service)
    # A model computes on all cores, so that more calls at once would only wait for one another.
    page.queue(default_concurrency_limit=4)
    return page


def launch_settings() -> dict:
    """What `launch()` needs to serve the page as it is meant to look, offline."""
    return {
        "theme": theme(),
        "head": head(),
        "favicon_path": ASSETS / "icon.png",
        "footer_links": ["api", "gradio"],
        # With the history on, a dragged slider takes three times as long.
        "run_history": False,
        "ssr_mode": False,
        "max_file_size": "32mb",
    }
