"""What visitors send to the page, and how they wait for an answer."""

import io
import time

import numpy as np
from PIL import Image

from demo.service.jobs import Job


def picture(size=(300, 200), mode="RGB") -> io.BytesIO:
    """A dark cross on light paper, as a PNG."""
    image = Image.new(mode, size, "white")
    width, height = size
    image.paste("black", (width // 2 - 10, height // 5, width // 2 + 10, height - height // 5))
    image.paste("black", (width // 3, height // 2 - 10, width - width // 3, height // 2 + 10))
    return _as_png(image)


def as_file(pixels: np.ndarray) -> io.BytesIO:
    """A picture [32, 32, 1] of a data set as a PNG."""
    return _as_png(Image.fromarray(pixels[..., 0]))


def _as_png(image: Image.Image) -> io.BytesIO:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    buffer.seek(0)
    return buffer


def wait_for(job: Job) -> None:
    for _ in range(200):
        if job.is_over:
            return
        time.sleep(0.02)
    raise AssertionError("the job does not end")
