"""Classify: a picture from anywhere, what models take it for, and why.

A prediction is one request of the scripts beside this file; each thing that follows from it is
another.
"""

import gradio as gr
import numpy as np

from demo import transport
from demo.catalog import EXAMPLES, nearest_neighbours, requested_availability
from demo.catalog import catalog as describe
from demo.markup import show
from demo.service import Service
from demo.text import text

TITLE = text("classify.tab")
ORDER = 10


def build(service: Service) -> None:
    """Add the tab and the endpoints `/classify` and `/explain`."""

    @transport.server_function
    def catalog(request: transport.Request) -> dict:
        return describe(service, with_examples=True)

    @transport.server_function
    def classify(request: transport.Request) -> dict:
        """{"model", "method"?, one of "path", "data", "example"} -> what the model predicts."""
        picture = transport.requested_picture(request, EXAMPLES)
        prediction = service.classification.classify(
            picture, request["model"], request["method"] or ""
        )
        return {
            "label": prediction.label,
            "confidences": prediction.confidences,
            "seen": transport.picture_url(prediction.seen),
        }

    @transport.server_function
    def compare(request: transport.Request) -> dict:
        """{"dataset", "model"?, one of "path", "data", "example"} -> the predictions of its models.

        "model" is one of the visitor's own that is to be asked too.
        """
        picture = transport.requested_picture(request, EXAMPLES)
        predictions = service.classification.compare(picture, request["dataset"], request["model"])
        return {
            "predictions": [
                {
                    "model": name,
                    "title": service.models.run(name).title,
                    "method": method,
                    "label": prediction.label,
                    "confidence": prediction.confidences[prediction.label],
                }
                for (name, method), prediction in predictions.items()
            ]
        }

    @transport.server_function
    def ood_score(request: transport.Request) -> dict:
        """{"model", a picture} -> its out-of-distribution score: 1 is the threshold."""
        picture = transport.requested_picture(request, EXAMPLES)
        return {"value": service.classification.ood_score(picture, request["model"])}

    @transport.server_function
    def heat_map(request: transport.Request) -> dict:
        """{"model", "method"?, "label"?, "kind", a picture} -> what speaks for the class.

        "shares" are whole numbers, row by row: 100 is "nats", the strongest there is.
        """
        found = service.explanation.heat_map(
            transport.requested_picture(request, EXAMPLES),
            request["model"],
            request["method"] or "",
            request["label"] or "",
            request["kind"],
        )
        largest = float(np.abs(found.nats).max())
        shares = np.rint(100 * found.nats / max(largest, 1e-9)).astype(int)
        return {"label": found.label, "shares": shares.ravel().tolist(), "nats": largest}

    @transport.server_function
    def as_each_class(request: transport.Request) -> dict:
        """{"model", a picture} -> it as each class, in a row, and by how many nats each trails."""
        picture = transport.requested_picture(request, EXAMPLES)
        pictures, nats = service.explanation.as_each_class(picture, request["model"])
        return {"grid": transport.grid_url(pictures), "nats": nats}

    @transport.server_function
    def counterfactual(request: transport.Request) -> dict:
        """{"model", "target"?, a picture} -> how it becomes another class, side by side."""
        picture = transport.requested_picture(request, EXAMPLES)
        found = service.explanation.counterfactual(
            picture, request["model"], request["target"] or ""
        )
        return {
            "label": found.label,
            "target": found.target,
            "grid": transport.grid_url(found.pictures),
            "probabilities": found.probabilities.tolist(),
            "turning_point": found.turning_point,
        }

    @transport.server_function
    def nearest(request: transport.Request) -> dict:
        """{"model", a picture} -> the training pictures nearest to it, see `nearest_neighbours`."""

        def find():
            return service.neighbours.nearest(
                transport.requested_picture(request, EXAMPLES), request["model"]
            )

        return nearest_neighbours(service, request["model"], find)

    @transport.server_function
    def pictures(request: transport.Request) -> dict:
        """{"dataset", "fetch"?} -> whether its training pictures are here, see `availability`."""
        return requested_availability(service, request, "train")

    show(
        "tabs/classify/classify",
        [
            catalog,
            classify,
            compare,
            ood_score,
            heat_map,
            as_each_class,
            counterfactual,
            nearest,
            pictures,
        ],
    )

    @transport.api_endpoint
    def classify_picture(picture: str, model: str, method: str = "") -> dict:
        """Classify a picture.

        Args:
            picture: an image file of any size.
            model: a name such as "dcgan-mnist".
            method: one of the model's methods of classifying; empty for its default.

        Returns:
            {"label": the likeliest class, "confidences": {class: share of 1}}
        """
        if not picture:
            raise ValueError(text("errors.no-picture"))
        prediction = service.classification.classify(picture, model, method)
        return {"label": prediction.label, "confidences": prediction.confidences}

    @transport.api_endpoint
    def explain_picture(
        picture: str, model: str, method: str = "", label: str = "", way: str = "cover"
    ) -> dict:
        """Where in a picture a model finds what speaks for a class and against it.

        Args:
            picture: an image file of any size.
            model: a name such as "dcgan-mnist".
            method: one of the model's methods of classifying; empty for its default.
            label: a class; empty for the predicted one.
            way: "cover" to cover one patch after another, "gradients" for integrated gradients.

        Returns:
            {"label": the class, "heat": 32 rows of 32 numbers, nats, positive for the class}
        """
        if not picture:
            raise ValueError(text("errors.no-picture"))
        found = service.explanation.heat_map(picture, model, method, label, way)
        return {"label": found.label, "heat": found.nats.tolist()}

    # Endpoints that take or return files need components to say so; these are never shown.
    with gr.Row(visible=False):
        picture = gr.File(label="picture", type="filepath")
        model = gr.Textbox("dcgan-mnist", label="model")
        method = gr.Textbox("", label="method")
        label = gr.Textbox("", label="label")
        way = gr.Textbox("cover", label="way")
        answer = gr.JSON(label="answer")
        gr.Button().click(
            classify_picture,
            [picture, model, method],
            answer,
            api_name="classify",
            concurrency_limit=4,
        )
        gr.Button().click(
            explain_picture,
            [picture, model, method, label, way],
            answer,
            api_name="explain",
            concurrency_limit=4,
        )
