"""Curves: losses and scores of training runs, and the samples they drew on the way.

The markup and the scripts are in assets/curves.html, curves.js and chart.js.
"""

import base64

import gradio as gr

from demo import wire
from demo.catalog import catalog as describe
from demo.service import Service
from demo.theme import ASSETS


def build(service: Service) -> None:
    """Add the tab and the endpoint `/curves`."""

    @wire.answer
    def catalog(request: dict) -> dict:
        return describe(service)

    @wire.answer
    def curves(request: dict) -> dict:
        """{"runs": names} -> the records of each."""
        return {"runs": service.shelf.curves(request.get("runs"))}

    @wire.answer
    def sheet(request: dict) -> dict:
        """{"run", "step"} -> the samples that the run drew at that step."""
        file = service.shelf.run(request.get("run")).sample_sheet(request.get("step"))
        return {"sheet": "data:image/webp;base64," + base64.b64encode(file).decode()}

    gr.HTML(
        (ASSETS / "curves.html").read_text(),
        apply_default_css=False,
        js_on_load="studio.curves(element, server);",
        server_functions=[catalog, curves, sheet],
    )

    @wire.speak
    def run_curves(runs: list[str]) -> dict:
        """The records of training runs, by their names such as "dcgan-mnist": {name: [record, …]}.

        A record: {"step", "images", "seconds", "loss/discriminator", …}.
        """
        return service.shelf.curves(runs)

    gr.api(run_curves, api_name="curves", concurrency_limit=4)
