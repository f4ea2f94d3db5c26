"""A training in a process of its own: `python -m dgm.training.worker ADDRESS`, started by
`remote.RemoteTraining`, which see.

It takes commands, steps while it plays, and reports about twice a second.
"""

import contextlib
import os
import sys
import time
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

import jax
import numpy as np

from dgm import data
from dgm.data import to_float, to_uint8
from dgm.release import save_release
from dgm.systems import Config
from dgm.training.reports import Failed, Judged, Report
from dgm.training.trainer import RATES, Trainer, TrainingDivergedError
from dgm.training.watching import Watcher, variety

REPORT_SECONDS = 0.5  # between two reports while it plays
NUM_JUDGED = 10  # real pictures, and as many generated ones, with D's verdict
NICENESS = 10  # below whatever answers visitors


class Worker:
    """Obeys the commands that come over a connection."""

    def __init__(self, connection: Connection):
        self._connection = connection
        self._is_playing = False
        self._seconds = 0.0
        self._reported = 0.0
        self._left = 0  # steps of a command "step" still to be done
        self._player = ""

    def run(self) -> None:
        """Until the other side hangs up or says so, or the training can go on no longer."""
        with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
            try:
                while True:
                    while (self._is_playing or self._left) and not self._connection.poll():
                        self._advance()
                    name, values = self._connection.recv()
                    if name == "end":
                        return
                    getattr(self, f"do_{name}")(**values)
            except TrainingDivergedError as error:
                self._connection.send(Failed("diverged", str(error)))

    def _advance(self) -> None:
        """One step."""
        begun = time.monotonic()
        progress = self._trainer.step(self._player if self._left else "")
        self._left = max(0, self._left - 1)
        if progress.is_last:
            self._is_playing, self._left = False, 0
        is_over = not (self._is_playing or self._left)
        if is_over or begun - self._reported > REPORT_SECONDS:
            self.report()
        self._seconds += time.monotonic() - begun

    # --- commands --------------------------------------------------------------------------------

    def do_start(self, config: Config, num_images: int | None, data_dir: Path | None) -> None:
        """Build the nets; the first report tells what they draw before any step."""
        dataset = data.load(config.dataset, "train", limit=num_images, data_dir=data_dir)
        self._trainer, self._seed = Trainer(config, dataset), config.seed
        self._watch()
        num = len(self._watcher.labels)  # as many real pictures as it draws
        some = np.random.default_rng(config.seed).permutation(len(dataset))[:num]
        self._real, self._real_labels = to_float(dataset.images[some]), dataset.labels[some]
        self._real_variety = self._variety(self._real, self._real_labels)
        self.report()

    def _watch(self) -> None:
        """Look at the same latent vectors as from the start, whatever the seed is now."""
        self._watcher = Watcher(self._trainer, self._seed)

    def _variety(self, images: np.ndarray, labels: np.ndarray) -> float:
        """Within a class, or of all where it knows no classes."""
        is_conditional = self._trainer.config.is_conditional
        return variety(images, labels if is_conditional else np.zeros_like(labels))

    def do_play(self) -> None:
        self._is_playing, self._left = True, 0

    def do_pause(self) -> None:
        self._is_playing, self._left = False, 0
        self.report()

    def do_step(self, player: str, num: int) -> None:
        """`num` steps of one player alone, or of all in turn if it is ""."""
        self._is_playing, self._player, self._left = False, player, num

    def do_change(self, settings: dict[str, Any]) -> None:
        try:
            self._trainer.change(**settings)
        except ValueError as error:
            self._connection.send(Failed("settings", str(error)))
            return
        if not settings.keys() <= set(RATES):  # which are no part of what the watcher compiles
            self._watch()

    def do_save(self, folder: Path) -> None:
        """A released model, as `dgm.load` opens it."""
        try:
            save_release(folder, self._trainer.config, self._trainer.released_nets(), {})
            self._connection.send(folder)
        except OSError as error:
            self._connection.send(Failed("save", str(error)))

    # --- reports ---------------------------------------------------------------------------------

    def report(self) -> None:
        trainer, watcher = self._trainer, self._watcher
        metrics, grid, real, drawn, spread = trainer.metrics(), None, None, None, 0.0
        if watcher.can_draw:
            grid = watcher.grid()
            if not np.isfinite(grid).all():
                raise TrainingDivergedError("what it draws is no finite number")
            spread = self._variety(grid, watcher.labels)
            if watcher.has_discriminator:
                real = self._judged(self._real[:NUM_JUDGED], self._real_labels[:NUM_JUDGED])
                drawn = self._judged(grid[:NUM_JUDGED], watcher.labels[:NUM_JUDGED])
        self._connection.send(
            Report(
                trainer.steps_done,
                trainer.steps_done * trainer.images_a_step,
                self._seconds,
                self._is_playing or bool(self._left),
                metrics,
                None if grid is None else to_uint8(grid),
                spread,
                self._real_variety,
                real,
                drawn,
            )
        )
        self._reported = time.monotonic()

    def _judged(self, images: np.ndarray, labels: np.ndarray) -> Judged:
        said = self._watcher.verdicts(images, labels)
        return Judged(to_uint8(images), labels, said.logits, said.wishes.astype(np.float16))


def be_nice() -> None:
    """Let those go first who answer visitors."""
    if hasattr(os, "nice"):  # not on Windows
        os.nice(NICENESS)


def keep_compiled() -> None:
    """Keep compiled programs for the next process, unless JAX is told where already."""
    if not os.environ.get("JAX_COMPILATION_CACHE_DIR"):
        jax.config.update("jax_compilation_cache_dir", str(data.cache_folder() / "compiled"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)


def main() -> None:
    be_nice()
    keep_compiled()
    # Not among the arguments, which everybody on a machine can read.
    key = sys.stdin.buffer.read(32)
    with Client(sys.argv[1], authkey=key) as connection:
        try:
            Worker(connection).run()
        except Exception as error:
            with contextlib.suppress(OSError):
                connection.send(Failed("crashed", f"{type(error).__name__}: {error}"))
            raise


if __name__ == "__main__":
    main()
