"""The folder of a run: its full states, `metrics.jsonl`, sample grids, and what it released."""

import dataclasses
import json
from pathlib import Path

import jax
import orbax.checkpoint as ocp
from flax import nnx

from dgm import viz
from dgm.release import save_release
from dgm.systems import Config, read_config
from dgm.training.records import describe_hardware, read_metrics
from dgm.training.trainer import Trainer


class RunState:
    """The last two full states of a run, under `FOLDER/state`, each written whole or not at all."""

    def __init__(self, folder: Path):
        self._manager = ocp.CheckpointManager(
            (Path(folder) / "state").absolute(),
            options=ocp.CheckpointManagerOptions(max_to_keep=2, enable_async_checkpointing=False),
        )

    @property
    def latest_step(self) -> int | None:
        return self._manager.latest_step()

    def save(self, step: int, state: nnx.State) -> None:
        self._manager.save(step, args=ocp.args.StandardSave(nnx.to_pure_dict(state)), force=True)

    def restore(self, state: nnx.State) -> nnx.State:
        """The newest saved state, in the places and on the devices of `state`."""
        like = jax.tree.map(
            lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=x.sharding),
            nnx.to_pure_dict(state),
        )
        saved = self._manager.restore(self.latest_step, args=ocp.args.StandardRestore(like))
        nnx.replace_by_pure_dict(state, dict(saved))
        return state

    def close(self) -> None:
        self._manager.close()


# --- the whole folder --------------------------------------------------------------------------


class RunFolder:
    """A run on disk. What it holds already is gone on with, or refused."""

    def __init__(self, folder: Path, trainer: Trainer, *, resume: bool, command: str = ""):
        """Begin a run's folder, or bring the trainer to where the run in it was stopped.

        Args:
            command: what started the run, for its card.

        Raises:
            FileExistsError: it holds a run and `resume` is False.
            ValueError: the run in it is another, or lacks its metrics.jsonl.
        """
        self.folder, self.trainer = Path(folder), trainer
        self.metrics_file = self.folder / "metrics.jsonl"
        if self.metrics_file.exists() and not resume:
            raise FileExistsError(
                f"{folder} holds a run already: go on with it by --resume, or give another --out"
            )
        (self.folder / "samples").mkdir(parents=True, exist_ok=True)
        self._state = RunState(self.folder)
        self.seconds = 0.0  # of training before this part of the run
        if resume and self._state.latest_step is not None:
            lines = self._go_on(self._state.latest_step)
        else:
            lines = [self._header(command)]
        self.metrics_file.write_text("".join(json.dumps(line) + "\n" for line in lines))

    def _header(self, command: str) -> dict:
        return {
            "config": dataclasses.asdict(self.trainer.config),
            "command": command,
            "hardware": describe_hardware(),
            "jax": jax.__version__,
            "num_images": self.trainer.num_images,
        }

    def _go_on(self, step: int) -> list[dict]:
        """Restore the trainer; returns the lines of metrics.jsonl up to there."""
        if not self.metrics_file.exists():
            raise ValueError(
                f"{self.folder} has a state of step {step} but no metrics.jsonl, which "
                f"says what run it belongs to: put it back, or start anew with another --out"
            )
        header, records = read_metrics(self.metrics_file)
        _check_same_run(self.folder, read_config(json.dumps(header["config"])), self.trainer.config)
        self.trainer.restore(step, self._state.restore(self.trainer.state))
        kept = [record for record in records if record["step"] <= step]
        self.seconds = kept[-1]["seconds"] if kept else 0.0
        return [header, *kept]

    @property
    def latest_step(self) -> int | None:
        """Of the newest full state; None where there is none."""
        return self._state.latest_step

    def write_record(self, record: dict) -> None:
        with self.metrics_file.open("a") as file:
            file.write(json.dumps(record) + "\n")

    def write_grid(self) -> None:
        """What the trainer draws now, where it draws."""
        pictures = self.trainer.grid()
        if pictures is None:
            return
        grid = viz.grid(pictures, self.trainer.config.num_classes, gap=0)
        step = self.trainer.steps_done
        grid.save(self.folder / "samples" / f"step-{step:06d}.webp", quality=85)

    def save(self) -> None:
        """The full state and the released model.

        Raises:
            TrainingDivergedError: a parameter is no finite number; the last good state is kept.
        """
        self.trainer.check_finite()
        self._state.save(self.trainer.steps_done, self.trainer.state)
        self.release({})

    def release(self, extra: dict) -> None:
        """The released model, with further arrays such as latent directions."""
        save_release(self.folder, self.trainer.config, self.trainer.released_nets(), extra)

    def close(self) -> None:
        self._state.close()


def _check_same_run(folder: Path, saved: Config, config: Config) -> None:
    if type(saved) is type(config):
        names = [field.name for field in dataclasses.fields(config)]
    else:
        names = ["recipe"]
    differing = [
        f"{name} ({getattr(saved, name)} then, {getattr(config, name)} now)"
        for name in names
        if getattr(saved, name) != getattr(config, name)
    ]
    if differing:
        raise ValueError(f"{folder} was another run: it differs in {', '.join(differing)}")
