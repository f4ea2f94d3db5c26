"""The real page in the real browser, for the benchmarks and the browser tests."""

import contextlib
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
# Chromium calls home unless told not to, and its sandbox wants more than a container gives.
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


def find_chromium() -> str | None:
    """$DGM_CHROMIUM, or the Chromium or Chrome that is installed; None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = (shutil.which(name) for name in names)
    return os.environ.get("DGM_CHROMIUM") or next(filter(None, found), None)


@contextlib.contextmanager
def serve(log: Path, *, timeout: float = 120, **environment: str) -> Iterator[str]:
    """Run `python app.py` on a free port; its address, once it answers.

    Args:
        log: file for what it prints.
        timeout: seconds until it is given up.
        environment: variables to set for it, such as DGM_CHECKPOINTS.

    Raises:
        RuntimeError: it ended, or did not answer in time; the message has what it printed.
    """
    # It finds a free port by itself and tells which: one that is found here may be taken before.
    variables = os.environ | {"PYTHONUNBUFFERED": "1"} | environment
    variables.pop("GRADIO_SERVER_PORT", None)
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=variables, stdout=output, stderr=output
        )
        try:
            deadline = time.monotonic() + timeout
            while not (told := re.search(r"Running on local URL:\s+(\S+)\n", log.read_text())):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"app.py served no page:\n{log.read_text()}")
                time.sleep(0.05)
            yield told[1]
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(3)  # longer only where a model is being compiled
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def percentiles(milliseconds: Sequence[float], what: str = "") -> dict[str, float]:
    """{"p50_ms", "p95_ms"} of times, or {"WHAT_p50_ms", …}."""
    return {
        f"{what}_p{share}_ms".lstrip("_"): round(float(np.percentile(milliseconds, share)), 1)
        for share in (50, 95)
    }


def parts_of_a_picture(name: str, num: int = 50) -> dict:
    """What the server does for a picture of a dragged slider, in this process: {"model_ms",
    "encoding_ms"}, medians of drawing it and of making it a data URL."""
    from demo import transport  # JAX and gradio, which only a server needs
    from demo.service import Service
    from demo.service.latent_points import Setting

    service = Service()
    label = service.models.run(name).config.class_names[0]
    drawing, encoding = [], []
    for i in range(num + 1):  # the first is compiled
        begun = time.perf_counter()
        picture = service.generation.generate(Setting(name, label, 1, 1.0, [3 * i / num]))
        drawn = time.perf_counter()
        transport.picture_url(picture)
        drawing.append(drawn - begun)
        encoding.append(time.perf_counter() - drawn)
    return {
        "model_ms": round(1000 * statistics.median(drawing[1:]), 2),
        "encoding_ms": round(1000 * statistics.median(encoding[1:]), 2),
    }


@contextlib.contextmanager
def training(folder: Path) -> Iterator[None]:
    """A model being trained beside, at the lowest priority, as a live training is."""
    command = [sys.executable, "-m", "dgm.train", "dcgan", "--dataset", "shapes"]
    command += ["--steps", "1000000", "--out", str(folder / "run")]
    with (folder / "training.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=log, preexec_fn=lambda: os.nice(19)
        )
        try:
            while process.poll() is None and not list(folder.glob("run/**/metrics.jsonl")):
                time.sleep(0.5)
            if process.poll() is not None:
                raise RuntimeError((folder / "training.log").read_text())
            yield
        finally:
            process.kill()
            process.wait()


@contextlib.contextmanager
def browser():
    """A headless Chromium under Playwright.

    Raises:
        RuntimeError: no Chromium was found.
    """
    from playwright.sync_api import sync_playwright

    chromium = find_chromium()
    if chromium is None:
        raise RuntimeError("no Chromium found: install one, or name it in $DGM_CHROMIUM")
    with sync_playwright() as playwright:
        window = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        try:
            yield window
        finally:
            window.close()
