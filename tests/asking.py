"""What visitors send to the page, how they wait for an answer, and run the programs they copy."""

import io
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from demo.service.jobs import Job

ROOT = Path(__file__).parent.parent


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


def drawn_by(programs: list[str], checkpoints: Path) -> list[np.ndarray]:
    """The pictures that copied programs save, uint8 [32, 32] or [32, 32, 3] each: run as a visitor
    runs them, by a Python of their own, in a folder where the checkpoints are."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / checkpoints.name).symlink_to(checkpoints)
        saved = [folder / f"picture-{i}.png" for i in range(len(programs))]
        text = [p.replace("picture.png", s.name) for p, s in zip(programs, saved, strict=True)]
        (folder / "program.py").write_text("\n".join(text))
        subprocess.run(
            [sys.executable, "program.py"],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            check=True,
            timeout=120,
        )
        return [np.asarray(Image.open(file)) for file in saved]
