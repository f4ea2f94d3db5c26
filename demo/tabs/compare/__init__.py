"""Compare: the same seed and class through several models, their curves, and what they measure."""

import gradio as gr
from PIL import Image

from demo import transport
from demo.catalog import catalog as describe
from demo.markup import show
from demo.service import Service
from demo.service.generation import MAX_COMPARED_MODELS, SAMPLES_PER_CLASS
from demo.text import text
from dgm import viz

TITLE = text("compare.tab")
ORDER = 30


def build(service: Service) -> None:
    """Add the tab and the endpoint `/compare`."""

    @transport.server_function
    def catalog(request: transport.Request) -> dict:
        return describe(service) | {"max_models": MAX_COMPARED_MODELS}

    @transport.server_function
    def samples(request: transport.Request) -> dict:
        """{"model", "label" or none for all classes, "seed"} -> many pictures of one model.

        A request a model: what one cannot draw leaves the others their pictures.
        """
        pictures, seeds, labels = service.generation.samples(
            request["model"], request["label"], request.get("seed", 0)
        )
        grid = transport.grid_url(pictures, SAMPLES_PER_CLASS)
        return {"grid": grid, "columns": SAMPLES_PER_CLASS, "seeds": seeds, "labels": labels}

    @transport.server_function
    def curves(request: transport.Request) -> dict:
        """{"runs": names} -> the records of each."""
        return {"runs": service.models.curves(request["runs"])}

    show("tabs/compare/compare", [catalog, samples, curves])

    @transport.api_endpoint
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
        drawn = service.generation.samples_by_model(models, label or None, seed)
        return [
            (viz.grid(pictures, SAMPLES_PER_CLASS, gap=0), name) for name, pictures in drawn.items()
        ]

    with gr.Row(visible=False):
        models = gr.JSON(["dcgan-mnist", "vae-mnist"], label="models")
        label = gr.Textbox("", label="label")
        seed = gr.Number(0, label="seed", precision=0)
        sheets = gr.Gallery(label="sheets", format="png")
        gr.Button().click(
            compare, [models, label, seed], sheets, api_name="compare", concurrency_limit=4
        )
