"""What travels between page and server: JSON requests in, JSON answers with pictures out."""

import base64
import binascii
import functools
import io
import logging
from collections.abc import Callable
from pathlib import Path

import gradio as gr
import numpy as np
from gradio.utils import get_upload_folder
from PIL import Image

LARGEST_DATA_URL = 4_000_000  # characters: drawings and camera pictures are far smaller
FILMS = ("GIF", "WEBP")  # formats of an animation
_log = logging.getLogger(__name__)


def answer(function: Callable[[dict], dict]) -> Callable[[dict], dict]:
    """A server function that never fails: what goes wrong is answered as {"error": words}.

    Server functions receive whatever JSON the other side sends; the ValueErrors of the service are
    written for the visitor, everything else is logged and answered in general words.
    """

    @functools.wraps(function)
    def safe(request=None):
        try:
            return function(request if isinstance(request, dict) else {})
        except ValueError as error:
            return {"error": str(error)}
        except Exception:
            _log.exception("%s failed", function.__name__)
            return {"error": "Something went wrong on the server; its log says more. Try again."}

    # special_args of gradio reads the signature: it must see one plain parameter.
    del safe.__wrapped__
    return safe


def speak(function: Callable) -> Callable:
    """An API endpoint whose ValueErrors reach the caller as gr.Error, words and all."""

    @functools.wraps(function)
    def spoken(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return spoken


def to_image(pixels: np.ndarray) -> Image.Image:
    """uint8 [H, W, C] -> a Pillow image, grey where C is 1."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def to_sheet(pictures: np.ndarray, columns: int) -> Image.Image:
    """uint8 [N, H, W, C] -> one image, `columns` pictures a row, no gaps."""
    num, height, width, channels = pictures.shape
    rows = -(-num // columns)
    sheet = np.zeros((rows * columns, height, width, channels), np.uint8)
    sheet[:num] = pictures
    sheet = sheet.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return to_image(sheet.reshape(rows * height, columns * width, channels))


def to_url(image: Image.Image) -> str:
    """A data URL, lossless. PNG at its fastest: for small pictures the time is what counts."""
    return _saved([image], "PNG", compress_level=1)


def to_film(pictures: np.ndarray, kind: str, pause: int, smooth: bool = False) -> str:
    """uint8 [N, H, W, C] -> the data URL of an animation that repeats, eight times as large.

    Args:
        kind: one of FILMS. A GIF has 256 colours, a WebP all.
        pause: milliseconds that each picture stands; a GIF counts in tens of them.
        smooth: whether pixels are blended as they are enlarged.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in FILMS:
        raise ValueError(f"An animation is one of {', '.join(FILMS)}.")
    way = Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST
    frames = [to_image(picture) for picture in pictures]
    frames = [frame.resize((8 * frame.width, 8 * frame.height), way) for frame in frames]
    if kind == "GIF":  # left to itself, Pillow takes ten times as long to choose the colours
        fast = Image.Quantize.FASTOCTREE
        frames = [frame if frame.mode == "L" else frame.quantize(method=fast) for frame in frames]
        settings = {}
    else:  # the edges of crisp pixels suffer no loss, blended ones do
        settings = {"lossless": not smooth, "quality": 80 if smooth else 0, "method": 0}
    return _saved(frames, kind, save_all=True, duration=pause, loop=0, **settings)


def _saved(frames: list[Image.Image], kind: str, **settings) -> str:
    """An image file of one picture or several, as a data URL."""
    buffer = io.BytesIO()
    if len(frames) > 1:
        settings["append_images"] = frames[1:]
    frames[0].save(buffer, kind, **settings)
    return f"data:image/{kind.lower()};base64," + base64.b64encode(buffer.getvalue()).decode()


def picture_in(request: dict, examples: Path) -> Path | io.BytesIO:
    """The picture that a request names: an upload, a data URL, or one of the examples.

    Raises:
        ValueError: it names none, or one that it must not.
    """
    if "path" in request:
        return uploaded(request["path"])
    if "data" in request:
        return from_url(request["data"])
    if "example" in request:
        names = {f"{f.parent.name}/{f.name}": f for f in examples.glob("*/*.webp")}
        if request["example"] not in names:
            raise ValueError(f"There is no example picture {str(request['example'])[:80]!r}.")
        return names[request["example"]]
    raise ValueError("Choose a picture first.")


def uploaded(path) -> Path:
    """A file that this page uploaded before; any other path on the server is refused."""
    if not isinstance(path, str):
        raise ValueError("The path of an uploaded picture must be text.")
    folder, file = Path(get_upload_folder()).resolve(), Path(path).resolve()
    if not file.is_relative_to(folder) or not file.is_file():
        raise ValueError("The uploaded picture is gone; choose it again.")
    return file


def from_url(url) -> io.BytesIO:
    """The bytes of a data URL."""
    if not isinstance(url, str) or not url.startswith("data:image/") or ";base64," not in url[:64]:
        raise ValueError("The picture must be a data URL of an image, in base64.")
    if len(url) > LARGEST_DATA_URL:
        raise ValueError("The picture is too large to be sent this way; upload it as a file.")
    try:
        return io.BytesIO(base64.b64decode(url.split(",", 1)[1], validate=True))
    except binascii.Error:
        raise ValueError("The picture was damaged on its way; try again.") from None
