"""Compare: the same seed and class through several models, their curves, and what they measure.

The markup and the scripts are in assets/compare.html, compare.js, records.js and chart.js; this
file answers their requests.
"""

import gradio as gr
from PIL import Image

from demo import wire
from demo.catalog import catalog as describe
from demo.service import Service
from demo.service.drawing import MOST_COMPARED, NUM_A_CLASS
from demo.theme import ASSETS


def build(service: Service) -> None:
    """Add the tab and the endpoint `/compare`."""

    @wire.answer
    def catalog(request: dict) -> dict:
        return describe(service) | {"most": MOST_COMPARED}

    @wire.answer
    def samples(request: dict) -> dict:
        """{"model", "label" or none for all classes, "seed"} -> many pictures of one model.

        A request a model: what one cannot draw leaves the others their pictures.
        """
        pictures, seeds, labels = service.drawing.samples(
            request.get("model"), request.get("label"), request.get("seed", 0)
        )
        sheet = wire.to_url(wire.to_sheet(pictures, NUM_A_CLASS))
        return {"sheet": sheet, "columns": NUM_A_CLASS, "seeds": seeds, "labels": labels}

    @wire.answer
    def curves(request: dict) -> dict:
        """{"runs": names} -> the records of each."""
        return {"runs": service.shelf.curves(request.get("runs"))}

    gr.HTML(
        (ASSETS / "compare.html").read_text(),
        apply_default_css=False,
        js_on_load="studio.compare(element, server);",
        server_functions=[catalog, samples, curves],
    )

    @wire.speak
    def compare(models: list[str], label: str = "", seed: int = 0) -> list[tuple[Image.Image, str]]:
        """Draw the same seeds and class with several models.

        Args:
            models: 1 to 4 names such as "dcgan-mnist".
            label: a class of all of them, or empty for all classes.
            seed: the first of the seeds.

        Returns:
            A picture a model, its name as caption: rows of 6 pictures of 32 x 32 pixels, 8 rows of
            one class, or a row a class.
        """
        drawn = service.drawing.samples_of(models, label or None, seed)
        return [(wire.to_sheet(pictures, NUM_A_CLASS), name) for name, pictures in drawn.items()]

    with gr.Row(visible=False):
        models = gr.JSON(["dcgan-mnist", "vae-mnist"], label="models")
        label = gr.Textbox("", label="label")
        seed = gr.Number(0, label="seed", precision=0)
        sheets = gr.Gallery(label="sheets", format="png")
        gr.Button().click(
            compare, [models, label, seed], sheets, api_name="compare", concurrency_limit=4
        )
