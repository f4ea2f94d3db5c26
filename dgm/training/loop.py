"""The loop that a command line runs: a trainer, a folder, a progress bar, and signals."""

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from dgm import data
from dgm.analysis.latent import pullback_directions
from dgm.systems import Config
from dgm.training.run import RunFolder
from dgm.training.trainer import Progress, Trainer, TrainingDivergedError


def train(
    config: Config,
    out: Path,
    *,
    dataset: data.Dataset | None = None,
    data_dir: Path | None = None,
    resume: bool = False,
    num_devices: int | None = 1,
    command: str = "",
) -> dict:
    """Train a system and write to `out`: full states, `metrics.jsonl`, sample grids, the release.

    SIGINT and SIGTERM save the state and end the run early; `resume` goes on from there, to the
    same bits as a run that was never stopped.

    Args:
        dataset: what to train on; None is the training split of `config.dataset`.

    Returns:
        {"checkpoint", "step", "finished", "seconds", "metrics"}, metrics the last record's.

    Raises:
        ValueError: the config does not fit the data, or differs from the run to be resumed.
        FileExistsError: `out` holds a run and `resume` is False.
        TrainingDivergedError: a loss became NaN or infinite; the last good state is kept.
    """
    if dataset is None:
        dataset = data.load(config.dataset, "train", data_dir=data_dir)
    for line in dataset.left_out:
        print(f"left out {line}", file=sys.stderr)
    trainer = Trainer(config, dataset, num_devices=num_devices)
    folder = RunFolder(out, trainer, resume=resume, command=command)
    with contextlib.closing(folder), _stop_signal() as stopped, _Bar(trainer, folder) as bar:
        recorder = _Recorder(trainer, folder)
        try:
            _run(trainer, folder, recorder, bar, stopped)
        except TrainingDivergedError as error:
            raise _with_advice(error, folder) from error
        is_finished = trainer.progress.is_last
        if is_finished and "sample" in trainer.model().capabilities:
            folder.release({"directions": pullback_directions(trainer.model())})
    return {
        "checkpoint": str(out),
        "step": trainer.steps_done,
        "finished": is_finished,
        "seconds": round(recorder.seconds, 2),
        "metrics": recorder.figures,
    }


def _run(
    trainer: Trainer,
    folder: RunFolder,
    recorder: "_Recorder",
    bar: "_Bar",
    stopped: threading.Event,
) -> None:
    """Step to the end, or to where it is stopped, and write down what is due."""
    if trainer.steps_done == 0:
        folder.write_grid()
    # A signal that comes while a step is being written down ends the run after the next, which is
    # then saved.
    for progress in trainer:
        is_over = progress.is_last or stopped.is_set()
        if progress.is_record_due or is_over:
            recorder.write(progress, is_over)
        if progress.is_grid_due or is_over:
            folder.write_grid()
        if progress.is_checkpoint_due or is_over:
            folder.save()
        bar.show(progress, recorder.record)
        if is_over:
            break


@contextlib.contextmanager
def _stop_signal() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set; in the main thread alone can they be caught."""
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    previous = {s: signal.signal(s, lambda signum, frame: stopped.set()) for s in signals}
    try:
        yield stopped
    finally:
        for signum, handler in previous.items():
            signal.signal(signum, handler)


class _Recorder:
    """Writes the lines of metrics.jsonl, and keeps the clock of the run."""

    def __init__(self, trainer: Trainer, folder: RunFolder):
        self.trainer, self.folder = trainer, folder
        self.seconds = folder.seconds
        self._begun = time.perf_counter() - folder.seconds
        self.record: dict = {}

    @property
    def figures(self) -> dict[str, float]:
        counts = ("step", "images", "seconds")
        return {name: value for name, value in self.record.items() if name not in counts}

    def write(self, progress: Progress, is_over: bool) -> None:
        means = self.trainer.metrics()
        self.seconds = time.perf_counter() - self._begun
        self.record = {
            "step": progress.step,
            "images": progress.step * self.trainer.images_a_step,
            "seconds": round(self.seconds, 2),
            **{name: round(value, 6) for name, value in means.items()},
        }
        if progress.is_grid_due or is_over:
            accuracy = self.trainer.validation_accuracy()
            if accuracy is not None:
                self.record["validation/accuracy"] = round(accuracy, 5)
        self.folder.write_record(self.record)


class _Bar:
    """A progress bar on a terminal: images a second, and the first losses."""

    def __init__(self, trainer: Trainer, folder: RunFolder):
        self._start = (trainer.steps_done, folder.seconds)
        self._images_a_step = trainer.images_a_step
        self._bar = tqdm(
            total=trainer.config.num_steps,
            initial=trainer.steps_done,
            desc=trainer.config.name,
            unit="step",
            disable=not sys.stderr.isatty(),
        )

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *error) -> None:
        self._bar.close()

    def show(self, progress: Progress, record: dict) -> None:
        self._bar.update(progress.step - self._bar.n)
        if record.get("step") != progress.step:
            return
        start, seconds = self._start
        rate = (progress.step - start) * self._images_a_step / (record["seconds"] - seconds)
        shown = [name for name in record if name.startswith(("loss/", "accuracy/"))][:3]
        self._bar.set_postfix_str(
            " ".join([f"{rate:.0f} images/s"] + [f"{name}={record[name]:.3f}" for name in shown])
        )


def _with_advice(error: TrainingDivergedError, folder: RunFolder) -> TrainingDivergedError:
    kept, step = folder.latest_step, folder.trainer.steps_done
    return TrainingDivergedError(
        f"{error} at step {step}. "
        + (f"The state of step {kept} is kept in {folder.folder}. " if kept else "")
        + "Try a lower learning rate (--learning-rate)."
    )
