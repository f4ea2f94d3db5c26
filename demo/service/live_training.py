"""Trainings that visitors run in the page: a process each, a few at once, the others in a queue.

A training belongs to whoever has its key. It ends once nobody has asked about it for ten minutes,
and pauses long before.
"""

import contextlib
import dataclasses
import io
import secrets
import tempfile
import threading
import time
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.service import checks
from demo.service.training_settings import checked, defaults, players
from demo.text import library, text
from dgm import viz
from dgm.data import is_at_hand, spec
from dgm.systems import Config
from dgm.training.remote import RemoteTraining
from dgm.training.reports import Failed, Report
from dgm.training.trainer import GRID_ROWS

MAX_QUEUED = 100  # trainings that wait
MAX_SECONDS = 20 * 60.0  # of training, without pauses
PAUSED_AFTER = 20.0  # seconds after which a training that nobody asks about pauses
ENDED_AFTER = 600.0  # and after which it ends
MAX_FRAMES = 200  # grids that are kept of a training; of more, every second one goes
NUM_IMAGES = 20_000  # of a data set, so that it is there in a moment
SAVE_SECONDS = 30.0


class GoneError(ValueError):
    """There is no such training, or no longer."""


@dataclass
class LiveTraining:
    """One visitor's training, from the queue to its end."""

    config: Config
    is_admitted: bool = False  # False: it waits
    process: RemoteTraining | None = None  # None as long as it is not started
    records: list[dict[str, float]] = field(default_factory=list)  # {"step", "seconds", metrics…}
    frames: dict[int, bytes] = field(default_factory=dict)  # grids by step, WebP
    last: Report | None = None
    error: str = ""  # why it ended
    changes: list[int] = field(default_factory=list)  # steps at which settings were changed
    is_over: bool = False
    asked: float = field(default_factory=time.monotonic)
    saved: threading.Event = field(default_factory=threading.Event)
    is_wanted_playing: bool = False  # what the visitor wants; it may wait, or be away
    unchanged: Config | None = None  # before the last change of settings
    refusal: str = ""  # why that was not made

    def take(self, report: Report) -> None:
        """Keep what a report says."""
        self.last = report
        if report.step >= self.config.num_steps:
            self.is_wanted_playing = False
        if report.metrics:
            times = {"step": report.step, "images": report.images, "seconds": report.seconds}
            self.records.append(times | {"variety": report.variety} | report.metrics)
        if report.grid is None or report.step in self.frames:
            return
        stream = io.BytesIO()
        grid = viz.grid(report.grid, len(report.grid) // GRID_ROWS, gap=0)
        grid.save(stream, "WEBP", quality=80, method=0)
        self.frames[report.step] = stream.getvalue()
        if len(self.frames) > MAX_FRAMES:
            kept = sorted(self.frames)[::2]
            self.frames = {step: self.frames[step] for step in kept}

    @property
    def is_playing(self) -> bool:
        """Whether it steps, or will: the first step takes the time that it is compiled in."""
        return self.is_wanted_playing or (self.last is not None and self.last.is_playing)

    def survives(self, failed: Failed) -> bool:
        """Keep why something failed; whether the training goes on."""
        if failed.reason == "save":
            self.saved.set()
        elif failed.reason == "settings":
            self.refusal = failed.words
            if self.unchanged is not None:  # the last change, which is taken back
                self.config, self.unchanged = self.unchanged, None
                self.changes.pop()
        else:
            self.error = text(f"errors.live-{failed.reason}", reason=failed.words)
        return not self.error

    def expect(self, is_playing: bool) -> None:
        """What the next report will say, which may take the time that a step compiles."""
        if self.last is not None:
            self.last = dataclasses.replace(self.last, is_playing=is_playing)


class LiveTrainings:
    """All trainings of all visitors."""

    def __init__(self, max_running: int = 1):
        """max_running: so many train at once; more on a machine of many cores."""
        self._max_running = max_running
        self._lock = threading.RLock()
        self._trainings: OrderedDict[str, LiveTraining] = OrderedDict()
        self._spare: RemoteTraining | None = None
        self._is_warming = False

    def warm_up(self) -> None:
        """Have a process at hand that has imported all it needs."""
        with self._lock:
            is_needed = self._spare is None and not self._is_warming
            self._is_warming = self._is_warming or is_needed
        if is_needed:
            with contextlib.suppress(RuntimeError):  # which a training says, once one begins
                self._spare = RemoteTraining()
            self._is_warming = False

    def begin(self, dataset: str, name: str, settings: Mapping[str, Any]) -> str:
        """Begin a training, or queue it. Returns the key by which it is asked for.

        Raises:
            ValueError: the settings do not fit, the pictures are not here, or the queue is full.
        """
        config = checked(defaults(dataset, name), settings)
        if not is_at_hand(dataset, "train"):
            title = library.title(spec(dataset))
            raise ValueError(text("errors.no-pictures", dataset=title, split="train"))
        key = secrets.token_urlsafe(16)
        with self._lock:
            self._tidy()
            if sum(not one.is_over for one in self._trainings.values()) >= MAX_QUEUED:
                raise ValueError(text("errors.live-queue"))
            self._trainings[key] = LiveTraining(config)
            self._admit()
        return key

    def training(self, key: object) -> LiveTraining:
        """The training of a key; that it was asked for keeps it alive.

        Raises:
            GoneError: there is none, or no longer.
        """
        with self._lock:
            self._tidy()
            training = self._trainings.get(key) if isinstance(key, str) else None
            if training is None:
                raise GoneError(text("errors.live-gone"))
            was_away = time.monotonic() - training.asked > PAUSED_AFTER
            training.asked = time.monotonic()
            if was_away and training.is_wanted_playing and training.process:
                training.process.play()
            return training

    def place(self, key: str) -> int:
        """How many trainings go before one in the queue; 0 where it runs."""
        with self._lock:
            trainings = self._trainings.items()
            waiting = [k for k, one in trainings if not one.is_admitted and not one.is_over]
            return waiting.index(key) + 1 if key in waiting else 0

    def play(self, key: str, is_playing: bool) -> None:
        """Step until it is paused, or pause it."""
        training = self.training(key)
        with self._lock:
            training.is_wanted_playing = is_playing
            if training.process:
                training.expect(is_playing)
                (training.process.play if is_playing else training.process.pause)()

    def step(self, key: str, player: str, num: int) -> None:
        """A few steps of "generator" or "discriminator" alone, or of all ("")."""
        training = self.training(key)
        num = checks.whole(num, "num", 1, 50)
        if player and player not in players(training.config):
            raise ValueError(text("errors.live-choice"))
        with self._lock:
            training.is_wanted_playing = False
            if training.process:
                training.expect(True)
                training.process.step(player, num)

    def change(self, key: str, settings: Mapping[str, Any]) -> None:
        """Go on with other settings. Where the nets do not fit them, it is `refusal` that says so,
        once the process has looked at them.

        Raises:
            ValueError: they do not fit.
        """
        training = self.training(key)
        with self._lock:
            training.unchanged, training.refusal = training.config, ""
            training.config = checked(training.config, settings)
            training.changes.append(training.last.step if training.last else 0)
            if training.process:
                training.process.change(**settings)

    def save(self, key: str) -> bytes:
        """A zip of a folder that `dgm.load` opens.

        Raises:
            ValueError: nothing was trained yet.
        """
        training = self.training(key)
        if not training.process or not training.last:
            raise ValueError(text("errors.live-empty"))
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / training.config.name
            folder.mkdir()
            training.saved.clear()
            training.process.save(folder)
            if not training.saved.wait(SAVE_SECONDS) or not any(folder.iterdir()):
                raise ValueError(text("errors.live-save"))
            stream = io.BytesIO()
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
                for file in sorted(folder.iterdir()):
                    archive.write(file, f"{folder.name}/{file.name}")
        return stream.getvalue()

    def end(self, key: str) -> None:
        """Nothing is left of it."""
        with self._lock:
            training = self._trainings.pop(key, None)
            if training:
                training.is_over = True
                self._admit()

    # --- processes -----------------------------------------------------------------------------

    def _admit(self) -> None:
        """Start those in front of the queue for which there is room."""
        running = sum(one.is_admitted and not one.is_over for one in self._trainings.values())
        for training in self._trainings.values():
            if running >= self._max_running:
                return
            if not training.is_admitted and not training.is_over:
                training.is_admitted = True
                threading.Thread(target=self._follow, args=(training,), daemon=True).start()
                running += 1

    def _follow(self, training: LiveTraining) -> None:
        """Start a process, and read what it reports until its training is over."""
        with self._lock:
            process, self._spare = self._spare, None
        try:
            process = process or RemoteTraining()  # takes seconds, so that nobody is kept waiting
            with self._lock:
                process.start(training.config, num_images=NUM_IMAGES)
                if training.is_wanted_playing:
                    process.play()
                training.process = process
            self._read(training, process)
        except RuntimeError as error:  # it never came to be
            training.error = text("errors.live-crashed", reason=str(error))
        finally:
            training.is_over = True
            if process:
                process.close()
            with self._lock:
                training.process = None
                self._admit()

    def _read(self, training: LiveTraining, process: RemoteTraining) -> None:
        is_paused = False
        while not training.is_over:
            report = process.receive(0.5)
            if isinstance(report, Report):
                training.take(report)
            elif isinstance(report, Path):
                training.saved.set()
            elif isinstance(report, Failed) and not training.survives(report):
                return
            away = time.monotonic() - training.asked
            if away > ENDED_AFTER or (training.last and training.last.seconds > MAX_SECONDS):
                return
            if away > PAUSED_AFTER and not is_paused:
                process.pause()
            is_paused = away > PAUSED_AFTER

    def _tidy(self) -> None:
        """Forget those that nobody has asked about for long."""
        now = time.monotonic()
        for key, training in [*self._trainings.items()]:
            if now - training.asked > ENDED_AFTER:
                training.is_over = True
                del self._trainings[key]
