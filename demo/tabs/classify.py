"""Classify: a picture from anywhere, what models say of it, and why.

The markup is in assets/classify.html, the scripts in classify.js and why.js; this file answers
their requests. What a model says is one request; each thing that follows from it is another.
"""

import gradio as gr
import numpy as np

from demo import wire
from demo.catalog import EXAMPLES, ordered
from demo.catalog import catalog as describe
from demo.catalog import nearest as nearest_of
from demo.service import Service
from demo.theme import markup


def build(service: Service) -> None:
    """Add the tab and the endpoints `/classify` and `/explain`."""

    @wire.answer
    def catalog(request: dict) -> dict:
        return describe(service, with_examples=True)

    @wire.answer
    def classify(request: dict) -> dict:
        """{"model", "method"?, one of "path", "data", "example"} -> what the model says."""
        picture = wire.picture_in(request, EXAMPLES)
        reading = service.reading.classify(
            picture, request.get("model"), request.get("method") or ""
        )
        return {
            "label": reading.label,
            "confidences": reading.confidences,
            "seen": wire.to_url(wire.to_image(reading.seen)),
        }

    @wire.answer
    def compare(request: dict) -> dict:
        """{"dataset", "model"?, one of "path", "data", "example"} -> what its models say, each way.

        "model" is one of one's own that is to be asked too.
        """
        picture = wire.picture_in(request, EXAMPLES)
        readings = service.reading.compare(picture, request.get("dataset"), request.get("model"))
        return {
            "readings": [
                {
                    "model": name,
                    "title": service.shelf.run(name).title,
                    "method": method,
                    "label": reading.label,
                    "confidence": reading.confidences[reading.label],
                }
                for (name, method), reading in readings.items()
            ]
        }

    @wire.answer
    def strangeness(request: dict) -> dict:
        """{"model", a picture} -> how unlike its training pictures: 1 is where that begins."""
        picture = wire.picture_in(request, EXAMPLES)
        return {"value": service.reading.strangeness(picture, request.get("model"))}

    @wire.answer
    def heat(request: dict) -> dict:
        """{"model", "method"?, "label"?, "way", a picture} -> what speaks for the class, and where.

        "shares" are whole numbers, row by row: 100 is "nats", the strongest there is.
        """
        found = service.reading.heat(
            wire.picture_in(request, EXAMPLES),
            request.get("model"),
            request.get("method") or "",
            request.get("label") or "",
            request.get("way"),
        )
        largest = float(np.abs(found.nats).max())
        shares = np.rint(100 * found.nats / max(largest, 1e-9)).astype(int)
        return {"label": found.label, "shares": shares.ravel().tolist(), "nats": largest}

    @wire.answer
    def as_each_class(request: dict) -> dict:
        """{"model", a picture} -> it as each class, in a row, and by how many nats each trails."""
        picture = wire.picture_in(request, EXAMPLES)
        pictures, nats = service.reading.as_each_class(picture, request.get("model"))
        return {"sheet": wire.to_url(wire.to_sheet(pictures, len(pictures))), "nats": nats}

    @wire.answer
    def change(request: dict) -> dict:
        """{"model", "target"?, a picture} -> how it becomes another class, side by side."""
        picture = wire.picture_in(request, EXAMPLES)
        found = service.reading.change(picture, request.get("model"), request.get("target") or "")
        return {
            "label": found.label,
            "target": found.target,
            "sheet": wire.to_url(wire.to_sheet(found.pictures, len(found.pictures))),
            "shares": found.shares.tolist(),
            "turns": found.turns,
        }

    @wire.answer
    def nearest(request: dict) -> dict:
        """{"model", a picture} -> the training pictures nearest to it, see `nearest_of`."""

        def find():
            return service.neighbours.nearest(wire.picture_in(request, EXAMPLES), request["model"])

        return nearest_of(service, request.get("model"), find)

    @wire.answer
    def pictures(request: dict) -> dict:
        """{"dataset", "fetch"?} -> how its training pictures stand, see `ordered`."""
        return ordered(service, request, "train")

    gr.HTML(
        markup("classify"),
        apply_default_css=False,
        js_on_load="studio.classify(element, server, upload);",
        server_functions=[
            catalog,
            classify,
            compare,
            strangeness,
            heat,
            as_each_class,
            change,
            nearest,
            pictures,
        ],
    )

    @wire.speak
    def classify_picture(picture: str, model: str, method: str = "") -> dict:
        """What a model says of a picture.

        Args:
            picture: an image file of any size.
            model: a name such as "dcgan-mnist".
            method: one of the model's ways of classifying; empty for its default.

        Returns:
            {"label": the likeliest class, "confidences": {class: share of 1}}
        """
        if not picture:
            raise ValueError("Give a picture.")
        reading = service.reading.classify(picture, model, method)
        return {"label": reading.label, "confidences": reading.confidences}

    @wire.speak
    def explain_picture(
        picture: str, model: str, method: str = "", label: str = "", way: str = "cover"
    ) -> dict:
        """Where in a picture a model finds what speaks for a class and against it.

        Args:
            picture: an image file of any size.
            model: a name such as "dcgan-mnist".
            method: one of the model's ways of classifying; empty for its default.
            label: a class; empty for what the model says.
            way: "cover" to cover one patch after another, "gradients" for integrated gradients.

        Returns:
            {"label": the class, "heat": 32 rows of 32 numbers, nats, positive for the class}
        """
        if not picture:
            raise ValueError("Give a picture.")
        found = service.reading.heat(picture, model, method, label, way)
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
