"""The page: its frame and the tabs, put together."""

import gradio as gr

from demo import static
from demo.markup import head, show
from demo.service import Service
from demo.tabs import tabs
from demo.text import text
from demo.theme import theme

FRAME = "shell/shell"


def build(service: Service) -> gr.Blocks:
    """The whole page over a service."""
    # What visitors upload is deleted after an hour, and when the page ends.
    title = text("shell.title")
    with gr.Blocks(title=title, analytics_enabled=False, delete_cache=(600, 3600)) as page:
        show(FRAME)
        with gr.Tabs(elem_id="tabs"):
            for tab in tabs():
                name = tab.__name__.rpartition(".")[2]
                with gr.Tab(tab.TITLE, id=name, elem_id=f"tab-{name}"):
                    tab.build(service)
    # A model computes on all cores, so that more calls at once would only wait for one another.
    page.queue(default_concurrency_limit=4)
    return page


def launch_settings() -> dict:
    """What `launch()` needs to serve the page as it is meant to look, offline."""
    return {
        "theme": theme(),
        "head": head([FRAME, "tabs/classify/classify"]),
        "app_kwargs": static.serving(),
        "favicon_path": static.FOLDER / "shell" / "icon.png",
        "footer_links": ["api", "gradio"],
        # With the history on, a dragged slider takes three times as long.
        "run_history": False,
        "ssr_mode": False,
        "max_file_size": "32mb",
    }
