"""Generate: one picture under sliders, and what can be done with a latent space: many pictures at
once, walks, a map, a picture of one's own, arithmetic, and whether a picture was memorised.

The markup is in assets/generate.html; the scripts are generate.js, canvas.js (the one picture) and
a file for each of the sections under it. This file answers their requests.
"""

import gradio as gr
import numpy as np
from PIL import Image

from demo import wire
from demo.catalog import EXAMPLES, ordered
from demo.catalog import catalog as describe
from demo.catalog import nearest as nearest_of
from demo.service import Service
from demo.service.drawing import MOST_IN_A_BOX, NUM_A_CLASS, Setting
from demo.service.placing import MAP_SIDE, Found
from demo.theme import markup

_COLUMNS = {True: NUM_A_CLASS, False: 8}  # pictures a row of the sheet: all classes, or one


def build(service: Service) -> None:
    """Add the tab and the endpoints `/generate` and `/interpolate`."""

    @wire.answer
    def catalog(request: dict) -> dict:
        return describe(service, with_examples=True)

    @wire.answer
    def draw(request: dict) -> dict:
        """A setting, see `_setting` -> the picture."""
        return {"picture": wire.to_url(wire.to_image(service.drawing.generate(_setting(request))))}

    @wire.answer
    def ends(request: dict) -> dict:
        """The same -> where each of "num" sliders leads: a sheet of two columns, a row a slider."""
        pictures = service.drawing.direction_ends(_setting(request))
        sheet = wire.to_url(wire.to_sheet(pictures, 2)) if len(pictures) else ""
        return {"sheet": sheet, "num": len(pictures) // 2}

    @wire.answer
    def python(request: dict) -> dict:
        """The same -> a program that draws the picture."""
        return {"text": service.drawing.python_of(_setting(request))}

    @wire.answer
    def read(request: dict) -> dict:
        """The same -> what the model says that its own picture is."""
        setting = _setting(request)
        reading = service.reading.read(setting.name, service.drawing.generate(setting))
        return {
            "title": service.shelf.run(setting.name).title,
            "label": reading.label,
            "confidence": reading.confidences[reading.label],
        }

    @wire.answer
    def samples(request: dict) -> dict:
        """{"model", "label" or none for all classes, "seed", "truncation"} -> many pictures."""
        label = request.get("label")
        pictures, seeds, labels = service.drawing.samples(
            request.get("model"), label, request.get("seed", 0), request.get("truncation", 1.0)
        )
        columns = _COLUMNS[label is None]
        sheet = wire.to_url(wire.to_sheet(pictures, columns))
        return {"sheet": sheet, "columns": columns, "seeds": seeds, "labels": labels}

    @wire.answer
    def walk(request: dict) -> dict:
        """{"stops": settings, "num", "closed"} -> the pictures on the way, in a row."""
        pictures = _walk(request)
        return {"sheet": wire.to_url(wire.to_sheet(pictures, len(pictures))), "num": len(pictures)}

    @wire.answer
    def film(request: dict) -> dict:
        """The same with {"kind", "pause": milliseconds, "smooth"} -> an animation to be saved."""
        pause = request.get("pause")
        if not isinstance(pause, int) or not 20 <= pause <= 1000:
            raise ValueError("Each picture must stand for 20 to 1000 milliseconds.")
        kind, smooth = request.get("kind"), request.get("smooth") is True
        return {"file": wire.to_film(_walk(request), kind, pause, smooth)}

    @wire.answer
    def chart(request: dict) -> dict:
        """{"model"} -> its map, see `Map`: "places" [[x, y], …], "classes" as numbers, …"""
        found = service.placing.map(request.get("model"))
        return {
            "places": np.round(found.places, 2).tolist(),
            "classes": found.classes.tolist(),
            "origin": found.plane.origin.tolist(),
            "axes": found.plane.axes.tolist(),
            "extent": found.extent,
            "share": found.share,
            "of": found.of,
        }

    @wire.answer
    def chart_sheet(request: dict) -> dict:
        """{"model", "label"} -> the pictures of its map, as many rows as columns."""
        pictures = service.placing.map_sheet(request.get("model"), request.get("label"))
        return {"sheet": wire.to_url(wire.to_sheet(pictures, MAP_SIDE))}

    @wire.answer
    def combine(request: dict) -> dict:
        """{"a", "b", "c": settings} -> A − B + C, and a row of the three means and the result."""
        found = service.drawing.combine(*[_settings(request.get(box)) for box in "abc"])
        pictures = np.concatenate([found.means, found.picture[None]])
        sheet = wire.to_url(wire.to_sheet(pictures, len(pictures)))
        return {"sheet": sheet, "z": found.z, "label": found.label}

    @wire.answer
    def encode(request: dict) -> dict:
        """{"model", one of "path", "data", "example"} -> where the model's encoder places it."""
        picture = wire.picture_in(request, EXAMPLES)
        return _told(service.placing.encode(picture, request.get("model")))

    @wire.answer
    def search(request: dict) -> dict:
        """The same, of a model without an encoder -> {"key"}, by which to ask for what is found."""
        picture = wire.picture_in(request, EXAMPLES)
        return {"key": service.placing.search(picture, request.get("model"))}

    @wire.answer
    def searching(request: dict) -> dict:
        """{"key", "stop"?: whether the best so far will do} -> how the search stands."""
        job = service.placing.searching(request.get("key"), request.get("stop") is True)
        found = job.found and _told(job.found)
        return {"share": job.share, "is_over": job.is_over, "found": found}

    @wire.answer
    def nearest(request: dict) -> dict:
        """A setting with {"judge"}, a model -> the training pictures nearest to its picture, as the
        features of the judge tell, see `nearest_of`."""
        judge = request.get("judge")
        return nearest_of(
            service, judge, lambda: service.neighbours.nearest_to_drawn(_setting(request), judge)
        )

    @wire.answer
    def pictures(request: dict) -> dict:
        """{"dataset", "fetch"?} -> how its training pictures stand, see `ordered`."""
        return ordered(service, request, "train")

    def _walk(request: dict) -> np.ndarray:
        stops = _settings(request.get("stops"))
        return service.drawing.walk(stops, request.get("num"), request.get("closed") is True)

    gr.HTML(
        markup("generate"),
        apply_default_css=False,
        js_on_load="studio.generate(element, server, upload);",
        server_functions=[
            catalog,
            draw,
            ends,
            python,
            read,
            samples,
            walk,
            film,
            chart,
            chart_sheet,
            combine,
            encode,
            search,
            searching,
            nearest,
            pictures,
        ],
    )

    @wire.speak
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
        return wire.to_image(service.drawing.generate(setting))

    @wire.speak
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
        pictures = service.drawing.interpolate(model, label, seed_a, seed_b, truncation, num)
        return wire.to_sheet(pictures, len(pictures))

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


def _setting(request: dict) -> Setting:
    """The setting in a request {"model", "label", "seed", "truncation", "sliders", "kind",
    "offsets", "z"}, all but the first two optional; the service checks its values."""
    return Setting(
        request.get("model"),
        request.get("label"),
        request.get("seed", 0),
        request.get("truncation", 1.0),
        request.get("sliders", []),
        request.get("kind", "picture"),
        request.get("offsets", []),
        request.get("z"),
    )


def _settings(requests) -> list[Setting]:
    fits = isinstance(requests, list) and len(requests) <= 3 * MOST_IN_A_BOX
    if not fits or not all(isinstance(request, dict) for request in requests):
        raise ValueError("Pictures must be given as a short list of settings.")
    return [_setting(request) for request in requests]


def _told(found: Found) -> dict:
    return {
        "seen": wire.to_url(wire.to_image(found.seen)),
        "picture": wire.to_url(wire.to_image(found.picture)),
        "label": found.label,
        "z": found.z,
        "off": found.off,
    }
