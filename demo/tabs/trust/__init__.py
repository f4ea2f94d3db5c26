"""Trust: how reliable is a prediction? Confidence, mistakes, corrupted pictures, and pictures that
are out of distribution.
"""

from gradio.events import api

from demo import transport
from demo.catalog import (
    EXAMPLES,
    availability,
    measured_methods,
    ood_detection,
    requested_availability,
)
from demo.catalog import catalog as describe
from demo.markup import show
from demo.service import Service
from demo.service.generation import MAX_COMPARED_MODELS
from demo.service.reliability import MISTAKES_PER_PAGE
from demo.service.runs import CORRUPTIONS
from demo.text import text

TITLE = text("trust.tab")
ORDER = 40
GRID_COLUMNS = 6


def build(service: Service) -> None:
    """Add the tab and the endpoint `/trust`."""

    @transport.server_function
    def catalog(request: transport.Request) -> dict:
        known = describe(service, with_examples=True)
        return known | {"max_models": MAX_COMPARED_MODELS, "corruptions": CORRUPTIONS}

    @transport.server_function
    def measured(request: transport.Request) -> dict:
        """{"dataset"} -> what was measured of its models, and the state of its test pictures."""
        runs = service.models.classifiers(request["dataset"])
        return {
            "models": [
                {"name": run.name, "methods": measured_methods(run), "ood": ood_detection(run)}
                for run in runs
            ],
            "availability": availability(service, request["dataset"], "test"),
        }

    @transport.server_function
    def mistakes(request: transport.Request) -> dict:
        """{"model", "method", "label", "predicted", "page"?} -> a page of that cell's pictures."""
        found = service.reliability.mistakes(
            request["model"],
            request["method"] or "",
            request["label"],
            request["predicted"],
            request.get("page", 0),
        )
        return {
            "grid": transport.grid_url(found.pictures, GRID_COLUMNS),
            "columns": GRID_COLUMNS,
            "percents": found.percents,
            "total": found.total,
            "page_size": MISTAKES_PER_PAGE,
        }

    @transport.server_function
    def pictures(request: transport.Request) -> dict:
        """{"dataset", "fetch"?} -> whether its test pictures are here, see `availability`."""
        return requested_availability(service, request, "test")

    @transport.server_function
    def corrupt(request: transport.Request) -> dict:
        """{"kind", "model", "method", a picture} -> it at each level, and the predictions."""
        picture = transport.requested_picture(request, EXAMPLES)
        found = service.reliability.corrupt(
            picture, request["kind"], request["model"], request["method"] or ""
        )
        return {
            "grid": transport.grid_url(found.pictures),
            "levels": found.levels,
            "labels": found.labels,
            "confidences": found.confidences,
        }

    show("tabs/trust/trust", [catalog, measured, mistakes, pictures, corrupt])

    @transport.api_endpoint
    def trust(model: str) -> dict:
        """How far one may rely on a model, by each of its methods of classifying.

        Args:
            model: a name such as "dcgan-mnist".

        Returns:
            {"ways": [{"method", "accuracy", "ece", "reliability": rows of pictures, sum of their
            confidences, how many were right; "confusion": a row a true class; "robustness":
            {corruption: [[level, accuracy], …]}, …}], null where nothing was measured; "strangers":
            {"kinds": [{"kind" of out-of-distribution pictures, "shares": {score: AUROC against test
            pictures, "" the released score}, …}], "accepted": share of test pictures below the
            threshold}}
        """
        run = service.models.run(model)
        return {"ways": measured_methods(run), "strangers": ood_detection(run)}

    api(trust, api_name="trust", concurrency_limit=4)
