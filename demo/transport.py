"""What travels between page and server: JSON requests in, JSON responses with pictures out."""

import base64
import binascii
import functools
import io
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.utils import get_upload_folder
from PIL import Image

from demo.text import library, text
from dgm import viz

MAX_DATA_URL = 4_000_000  # characters: drawings and camera pictures are far smaller
ANIMATION_FORMATS = ("GIF", "WEBP")
_ANIMATION_SCALE = 8
_log = logging.getLogger(__name__)


class Request(dict[str, Any]):
    """A JSON object that the page sent; a missing value is None.

    Its values may be of any type, for anybody can send one. The service checks them.
    """

    def __missing__(self, key: str) -> None:
        return None


def server_function(function: Callable[[Request], dict]) -> Callable[..., dict]:
    """A Gradio server function that never fails: an error becomes the response {"error": words}.

    The ValueErrors of the service are written for the visitor. Every other exception is logged, and
    the visitor is told so in general words.
    """

    @functools.wraps(function)
    def safe(request=None):
        try:
            return function(Request(request if isinstance(request, dict) else {}))
        except ValueError as error:
            return {"error": library.words_of(error)}
        except Exception:
            _log.exception("%s failed", function.__name__)
            return {"error": text("errors.server")}

    # Gradio reads the signature and must see one plain parameter.
    del safe.__wrapped__
    return safe


def api_endpoint(function: Callable) -> Callable:
    """An HTTP endpoint whose ValueErrors reach the caller as gr.Error with their message."""

    @functools.wraps(function)
    def endpoint(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except ValueError as error:
            raise gr.Error(library.words_of(error), print_exception=False) from error

    return endpoint


# --- pictures to the page ------------------------------------------------------------------------


def picture_url(pixels: np.ndarray) -> str:
    """uint8 [H, W, C] -> a lossless data URL."""
    return _png_url(viz.to_image(pixels))


def grid_url(pictures: np.ndarray, columns: int | None = None) -> str:
    """uint8 [N, H, W, C] -> the data URL of a grid, by default of a single row; "" of none."""
    return _png_url(viz.grid(pictures, columns or len(pictures), gap=0)) if len(pictures) else ""


def _png_url(image: Image.Image) -> str:
    return _saved([image], "PNG", compress_level=1)  # fast, as small pictures need it


def to_animation(pictures: np.ndarray, kind: str, pause: int, smooth: bool = False) -> str:
    """uint8 [N, H, W, C] -> the data URL of an animation that repeats, eight times as large.

    Args:
        kind: one of ANIMATION_FORMATS. A GIF has 256 colours, a WebP all.
        pause: milliseconds that each picture stands; a GIF counts in tens of them.
        smooth: whether pixels are blended as they are enlarged.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in ANIMATION_FORMATS:
        raise ValueError(text("errors.animation", formats=", ".join(ANIMATION_FORMATS)))
    resampling = Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST
    height, width = (_ANIMATION_SCALE * size for size in pictures.shape[1:3])
    frames = [viz.to_image(picture).resize((width, height), resampling) for picture in pictures]
    if kind == "GIF":  # by default, Pillow takes ten times as long to choose the colours
        fast = Image.Quantize.FASTOCTREE
        frames = [frame if frame.mode == "L" else frame.quantize(method=fast) for frame in frames]
        settings = {}
    else:  # the edges of crisp pixels allow no loss, blended ones do
        settings = {"lossless": not smooth, "quality": 80 if smooth else 0, "method": 0}
    return _saved(frames, kind, save_all=True, duration=pause, loop=0, **settings)


def _saved(frames: list[Image.Image], kind: str, **settings) -> str:
    """An image file of one picture or several, as a data URL."""
    buffer = io.BytesIO()
    if len(frames) > 1:
        settings["append_images"] = frames[1:]
    frames[0].save(buffer, kind, **settings)
    return f"data:image/{kind.lower()};base64," + base64.b64encode(buffer.getvalue()).decode()


# --- pictures from the page ----------------------------------------------------------------------


def requested_picture(request: Request, examples: Path) -> Path | io.BytesIO:
    """The picture that a request names: an upload, a data URL, or one of the examples.

    Raises:
        ValueError: it names none, or one that it must not.
    """
    if "path" in request:
        return uploaded_file(request["path"])
    if "data" in request:
        return from_data_url(request["data"])
    if "example" in request:
        files = {f"{f.parent.name}/{f.name}": f for f in examples.glob("*/*.webp")}
        if request["example"] not in files:
            raise ValueError(text("errors.example", name=repr(request["example"])[:80]))
        return files[request["example"]]
    raise ValueError(text("errors.no-picture"))


def uploaded_file(path: object) -> Path:
    """A file that this page uploaded before; any other path on the server is refused."""
    if not isinstance(path, str):
        raise ValueError(text("errors.path"))
    folder, file = Path(get_upload_folder()).resolve(), Path(path).resolve()
    if not file.is_relative_to(folder) or not file.is_file():
        raise ValueError(text("errors.upload-gone"))
    return file


def from_data_url(url: object) -> io.BytesIO:
    """The bytes of a data URL."""
    if not isinstance(url, str) or not url.startswith("data:image/") or ";base64," not in url[:64]:
        raise ValueError(text("errors.data-url"))
    if len(url) > MAX_DATA_URL:
        raise ValueError(text("errors.data-url-size"))
    try:
        return io.BytesIO(base64.b64decode(url.split(",", 1)[1], validate=True))
    except binascii.Error:
        raise ValueError(text("errors.data-url-damaged")) from None
