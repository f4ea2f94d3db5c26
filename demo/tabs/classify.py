"""Classify: a picture from anywhere, what a model says of it, and the picture as the model sees it.

The markup and the script are in assets/classify.html and .js; this file answers their requests.
"""

import gradio as gr

from demo import wire
from demo.catalog import EXAMPLES
from demo.catalog import catalog as describe
from demo.service import Service
from demo.theme import ASSETS


def build(service: Service) -> None:
    """Add the tab and the endpoint `/classify`."""

    @wire.answer
    def catalog(request: dict) -> dict:
        return describe(service, with_examples=True)

    @wire.answer
    def classify(request: dict) -> dict:
        """{"model", "method"?, one of "path", "data", "example"} -> what the model says."""
        picture = wire.picture_in(request, EXAMPLES)
        reading = service.classify(picture, request.get("model"), request.get("method") or "")
        return {
            "label": reading.label,
            "confidences": reading.confidences,
            "seen": wire.to_url(wire.to_image(reading.seen)),
        }

    @wire.answer
    def compare(request: dict) -> dict:
        """{"dataset", one of "path", "data", "example"} -> what each of its models says."""
        readings = service.compare(wire.picture_in(request, EXAMPLES), request.get("dataset"))
        return {
            "readings": [
                {
                    "model": name,
                    "title": service.run(name).title,
                    "label": reading.label,
                    "confidence": reading.confidences[reading.label],
                }
                for name, reading in readings.items()
            ]
        }

    gr.HTML(
        (ASSETS / "classify.html").read_text(),
        apply_default_css=False,
        js_on_load="studio.classify(element, server, upload);",
        server_functions=[catalog, classify, compare],
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
        reading = service.classify(picture, model, method)
        return {"label": reading.label, "confidences": reading.confidences}

    # Endpoints that take or return files need components to say so; these are never shown.
    with gr.Row(visible=False):
        picture = gr.File(label="picture", type="filepath")
        model = gr.Textbox("dcgan-mnist", label="model")
        method = gr.Textbox("", label="method")
        answer = gr.JSON(label="answer")
        gr.Button().click(
            classify_picture,
            [picture, model, method],
            answer,
            api_name="classify",
            concurrency_limit=4,
        )
