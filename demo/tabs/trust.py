"""Trust: how far may one believe an answer? Confidence, mistakes, pictures made harder to read, and
pictures of another kind.

The markup is in assets/trust.html, the scripts in trust.js, mistakes.js and strangers.js; this file
answers their requests.
"""

import gradio as gr

from demo import wire
from demo.catalog import EXAMPLES, ordered, strangers, supply, ways
from demo.catalog import catalog as describe
from demo.service import Service
from demo.service.drawing import MOST_COMPARED
from demo.service.runs import HARMS
from demo.service.trust import NUM_A_PAGE
from demo.theme import ASSETS

SHEET_COLUMNS = 6


def build(service: Service) -> None:
    """Add the tab and the endpoint `/trust`."""

    @wire.answer
    def catalog(request: dict) -> dict:
        known = describe(service, with_examples=True)
        return known | {"most": MOST_COMPARED, "harms": HARMS}

    @wire.answer
    def measured(request: dict) -> dict:
        """{"dataset"} -> what was measured of its models, and how its test pictures stand."""
        runs = service.shelf.classifiers(request.get("dataset"))
        return {
            "models": [
                {"name": run.name, "ways": ways(run), "strangers": strangers(run)} for run in runs
            ],
            "supply": supply(service, request["dataset"], "test"),
        }

    @wire.answer
    def mistakes(request: dict) -> dict:
        """{"model", "method", "label", "said", "page"?} -> a page of the pictures of that cell."""
        found = service.trust.mistakes(
            request.get("model"),
            request.get("method") or "",
            request.get("label"),
            request.get("said"),
            request.get("page", 0),
        )
        sheet = wire.to_url(wire.to_sheet(found.pictures, SHEET_COLUMNS)) if found.total else ""
        return {
            "sheet": sheet,
            "columns": SHEET_COLUMNS,
            "percents": found.percents,
            "total": found.total,
            "a_page": NUM_A_PAGE,
        }

    @wire.answer
    def pictures(request: dict) -> dict:
        """{"dataset", "fetch"?} -> how its test pictures stand, see `ordered`."""
        return ordered(service, request, "test")

    @wire.answer
    def harm(request: dict) -> dict:
        """{"harm", "model", "method", a picture} -> it at each level, and what the model says."""
        picture = wire.picture_in(request, EXAMPLES)
        found = service.trust.harm(
            picture, request.get("harm"), request.get("model"), request.get("method") or ""
        )
        return {
            "sheet": wire.to_url(wire.to_sheet(found.pictures, len(found.pictures))),
            "levels": found.levels,
            "labels": found.labels,
            "shares": found.shares,
        }

    gr.HTML(
        (ASSETS / "trust.html").read_text(),
        apply_default_css=False,
        js_on_load="studio.trust(element, server);",
        server_functions=[catalog, measured, mistakes, pictures, harm],
    )

    @wire.speak
    def trust(model: str) -> dict:
        """How far one may believe a model, in each of its ways of classifying.

        Args:
            model: a name such as "dcgan-mnist".

        Returns:
            {"ways": [{"method", "accuracy", "ece", "reliability": rows of pictures, sum of their
            confidences, how many were right; "confusion": a row a true class; "robustness":
            {harm: [[level, accuracy], …]}, …}], null where nothing was measured; "strangers":
            {"kinds": [{"kind" of strange pictures, "shares": {score: AUROC against test pictures,
            "" the score that ships}, …}], "accepted": share of test pictures under its mark}}
        """
        run = service.shelf.run(model)
        return {"ways": ways(run), "strangers": strangers(run)}

    gr.api(trust, api_name="trust", concurrency_limit=4)
