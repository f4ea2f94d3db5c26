"""Curves: losses and scores of training runs, and the samples they drew on the way."""

import base64

from gradio.events import api

from demo import transport
from demo.catalog import catalog as describe
from demo.markup import show
from demo.service import Service
from demo.text import text

TITLE = text("curves.tab")
ORDER = 50


def build(service: Service) -> None:
    """Add the tab and the endpoint `/curves`."""

    @transport.server_function
    def catalog(request: transport.Request) -> dict:
        return describe(service)

    @transport.server_function
    def curves(request: transport.Request) -> dict:
        """{"runs": names} -> the records of each."""
        return {"runs": service.models.curves(request["runs"])}

    @transport.server_function
    def sample_grid(request: transport.Request) -> dict:
        """{"run", "step"} -> the samples that the run drew at that step."""
        file = service.models.run(request["run"]).sample_grid(request["step"])
        return {"grid": "data:image/webp;base64," + base64.b64encode(file).decode()}

    show("tabs/curves/curves", [catalog, curves, sample_grid])

    @transport.api_endpoint
    def run_curves(runs: list[str]) -> dict:
        """The records of training runs, by their names such as "dcgan-mnist": {name: [record, …]}.

        A record: {"step", "images", "seconds", "loss/discriminator", …}.
        """
        return service.models.curves(runs)

    api(run_curves, api_name="curves", concurrency_limit=4)
