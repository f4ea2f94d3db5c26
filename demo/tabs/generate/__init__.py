"""Generate: one picture under sliders, and what can be done with a latent space: many pictures at
once, walks, a map, a picture of one's own, arithmetic, and whether a picture was memorised.

The scripts beside it are generate.js, canvas.js (the one picture) and a file for each of the
sections under it.
"""

import gradio as gr
import numpy as np
from PIL import Image

from demo import transport
from demo.catalog import EXAMPLES, nearest_neighbours, requested_availability
from demo.catalog import catalog as describe
from demo.markup import show
from demo.service import Service
from demo.service.generation import MAX_PER_BOX, SAMPLES_PER_CLASS
from demo.service.inversion import InvertedPicture
from demo.service.latent_map import MAP_GRID_SIDE
from demo.service.latent_points import Setting
from demo.text import text
from dgm import viz

TITLE = text("generate.tab")
ORDER = 20
_COLUMNS = {True: SAMPLES_PER_CLASS, False: 8}  # pictures a row of the grid: all classes, or one


def build(service: Service) -> None:
    """Add the tab and the endpoints `/generate` and `/interpolate`."""

    @transport.server_function
    def catalog(request: transport.Request) -> dict:
        return describe(service, with_examples=True)

    @transport.server_function
    def draw(request: transport.Request) -> dict:
        """A setting, see `_setting` -> the picture."""
        return {"picture": transport.picture_url(service.generation.generate(_setting(request)))}

    @transport.server_function
    def slider_previews(request: transport.Request) -> dict:
        """The same -> where each of "num" sliders leads: a grid of two columns, a row a slider."""
        pictures = service.generation.slider_previews(_setting(request))
        return {"grid": transport.grid_url(pictures, 2), "num": len(pictures) // 2}

    @transport.server_function
    def python(request: transport.Request) -> dict:
        """The same -> a program that draws the picture."""
        return {"text": service.generation.python_program(_setting(request))}

    @transport.server_function
    def predict(request: transport.Request) -> dict:
        """The same -> what the model takes its own picture for."""
        setting = _setting(request)
        prediction = service.classification.predict(
            service.generation.generate(setting), setting.name
        )
        return {
            "title": service.models.run(setting.name).title,
            "label": prediction.label,
            "confidence": prediction.confidences[prediction.label],
        }

    @transport.server_function
    def samples(request: transport.Request) -> dict:
        """{"model", "label" or none for all classes, "seed", "truncation"} -> many pictures."""
        label = request["label"]
        pictures, seeds, labels = service.generation.samples(
            request["model"], label, request.get("seed", 0), request.get("truncation", 1.0)
        )
        columns = _COLUMNS[label is None]
        grid = transport.grid_url(pictures, columns)
        return {"grid": grid, "columns": columns, "seeds": seeds, "labels": labels}

    @transport.server_function
    def walk(request: transport.Request) -> dict:
        """{"stops": settings, "num", "closed"} -> the pictures on the way, in a row."""
        pictures = _walk(request)
        return {"grid": transport.grid_url(pictures), "num": len(pictures)}

    @transport.server_function
    def animation(request: transport.Request) -> dict:
        """The same with {"kind", "pause": milliseconds, "smooth"} -> an animation to be saved."""
        pause = request["pause"]
        if not isinstance(pause, int) or not 20 <= pause <= 1000:
            raise ValueError(text("errors.pause", least=20, most=1000))
        kind, smooth = request["kind"], request["smooth"] is True
        return {"file": transport.to_animation(_walk(request), kind, pause, smooth)}

    @transport.server_function
    def latent_map(request: transport.Request) -> dict:
        """{"model"} -> its map, see `LatentMap`: "positions" [[x, y], …], "classes" as numbers …"""
        result = service.latent_maps.map(request["model"])
        return {
            "positions": np.round(result.positions, 2).tolist(),
            "classes": result.classes.tolist(),
            "origin": result.plane.origin.tolist(),
            "axes": result.plane.axes.tolist(),
            "extent": result.extent,
            "share": result.share,
            "source": result.source,
        }

    @transport.server_function
    def latent_map_grid(request: transport.Request) -> dict:
        """{"model", "label"} -> the pictures of its map, as many rows as columns."""
        pictures = service.latent_maps.map_grid(request["model"], request["label"])
        return {"grid": transport.grid_url(pictures, MAP_GRID_SIDE)}

    @transport.server_function
    def arithmetic(request: transport.Request) -> dict:
        """{"a", "b", "c": settings} -> A − B + C, and a row of the three means and the result."""
        result = service.generation.arithmetic(*[_settings(request[box]) for box in "abc"])
        pictures = np.concatenate([result.means, result.picture[None]])
        grid = transport.grid_url(pictures)
        return {"grid": grid, "z": result.z, "label": result.label}

    @transport.server_function
    def encode(request: transport.Request) -> dict:
        """{"model", one of "path", "data", "example"} -> what the model's encoder makes of it."""
        picture = transport.requested_picture(request, EXAMPLES)
        return _inverted(service.inversion.encode(picture, request["model"]))

    @transport.server_function
    def search(request: transport.Request) -> dict:
        """The same, of a model without an encoder -> {"key"}, by which to follow the search."""
        picture = transport.requested_picture(request, EXAMPLES)
        return {"key": service.inversion.search(picture, request["model"])}

    @transport.server_function
    def search_status(request: transport.Request) -> dict:
        """{"key", "stop"?: whether the best so far will do} -> how the search stands."""
        job = service.inversion.search_status(request["key"], request["stop"] is True)
        best = job.best and _inverted(job.best)
        return {"share": job.share, "is_over": job.is_over, "best": best}

    @transport.server_function
    def nearest(request: transport.Request) -> dict:
        """A setting with {"feature_model"} -> the training pictures nearest to its picture in the
        feature space of that model, see `nearest_neighbours`."""
        name = request["feature_model"]
        return nearest_neighbours(
            service,
            name,
            lambda: service.neighbours.nearest_to_generated(_setting(request), name),
        )

    @transport.server_function
    def pictures(request: transport.Request) -> dict:
        """{"dataset", "fetch"?} -> whether its training pictures are here, see `availability`."""
        return requested_availability(service, request, "train")

    def _walk(request: transport.Request) -> np.ndarray:
        stops = _settings(request["stops"])
        return service.generation.walk(stops, request["num"], request["closed"] is True)

    show(
        "tabs/generate/generate",
        [
            catalog,
            draw,
            slider_previews,
            python,
            predict,
            samples,
            walk,
            animation,
            latent_map,
            latent_map_grid,
            arithmetic,
            encode,
            search,
            search_status,
            nearest,
            pictures,
        ],
    )

    @transport.api_endpoint
    def generate(
        model: str, label: str, seed: int, truncation: float, sliders: list[float] | None = None
    ) -> Image.Image:
        """Draw a picture of a class.

        Args:
            model: a name such as "dcgan-mnist".
            label: one of the model's classes.
            seed: the same seed gives the same picture.
            truncation: 0.1 (typical) to 1 (as varied as the training pictures).
            sliders: up to 8 numbers in [-3, 3], how far to go along the strongest directions.

        Returns:
            A picture of 32 x 32 pixels.
        """
        setting = Setting(model, label, seed, truncation, sliders or [])
        return viz.to_image(service.generation.generate(setting))

    @transport.api_endpoint
    def interpolate(
        model: str, label: str, seed_a: int, seed_b: int, truncation: float, num: int
    ) -> Image.Image:
        """Draw the way from one seed to another, as a strip of pictures.

        Args:
            model: a name such as "dcgan-mnist".
            label: one of the model's classes.
            seed_a: where the way begins.
            seed_b: where it ends.
            truncation: 0.1 (typical) to 1 (as varied as the training pictures).
            num: how many pictures, 2 to 64.

        Returns:
            A strip of 32 x 32 pictures.
        """
        pictures = service.generation.interpolate(model, label, seed_a, seed_b, truncation, num)
        return viz.grid(pictures, len(pictures), gap=0)

    with gr.Row(visible=False):
        model = gr.Textbox("dcgan-mnist", label="model")
        label = gr.Textbox("0", label="label")
        seed = gr.Number(0, label="seed", precision=0)
        seed_b = gr.Number(1, label="seed_b", precision=0)
        truncation = gr.Number(1.0, label="truncation")
        sliders = gr.JSON([], label="sliders")
        num = gr.Number(16, label="num", precision=0)
        picture = gr.Image(label="picture", format="png")
        gr.Button().click(
            generate,
            [model, label, seed, truncation, sliders],
            picture,
            api_name="generate",
            concurrency_limit=4,
        )
        gr.Button().click(
            interpolate,
            [model, label, seed, seed_b, truncation, num],
            picture,
            api_name="interpolate",
            concurrency_limit=4,
        )


def _setting(request: transport.Request) -> Setting:
    """The setting in a request {"model", "label", "seed", "truncation", "sliders", "kind",
    "offsets", "z"}, all but the first two optional; the service checks its values."""
    return Setting(
        request["model"],
        request["label"],
        request.get("seed", 0),
        request.get("truncation", 1.0),
        request.get("sliders", []),
        request.get("kind", "picture"),
        request.get("offsets", []),
        request["z"],
    )


def _settings(requests: object) -> list[Setting]:
    if (
        not isinstance(requests, list)
        or len(requests) > 3 * MAX_PER_BOX
        or not all(isinstance(request, dict) for request in requests)
    ):
        raise ValueError(text("errors.settings"))
    return [_setting(transport.Request(request)) for request in requests]


def _inverted(inverted: InvertedPicture) -> dict:
    return {
        "seen": transport.picture_url(inverted.seen),
        "picture": transport.picture_url(inverted.picture),
        "label": inverted.label,
        "z": inverted.z,
        "difference": inverted.error,
    }
