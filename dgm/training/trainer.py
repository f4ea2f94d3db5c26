"""A training that is stepped from outside: by a command line, a page, a thread, another process.

Nothing here knows a terminal, a signal or a folder.
"""

import dataclasses
import functools
import math
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from dgm import data
from dgm.model import Model
from dgm.systems import Config, system_of
from dgm.systems.base import Batch, System
from dgm.training import sharding
from dgm.training.batches import TrainingData, epoch_order

GRID_ROWS = 8  # of the fixed-latent sample grids; the columns are the classes
_STEPS_A_CALL = 50  # on an accelerator
_CALIBRATION_IMAGES = 1024  # for the batch statistics of averaged nets
RATES = ("learning_rate", "discriminator_learning_rate")  # which change without compiling anew
# Settings that say what is trained on: no run can go on with others.
_OF_THE_DATA = ("recipe", "dataset", "class_names", "channels", "holdout", "labels_per_class")


class TrainingDivergedError(RuntimeError):
    """A loss or a parameter is no longer a finite number."""


def steps_a_call(config: Config) -> int:
    """How many steps the device takes a call; 1 on CPU, whose XLA runs convolutions inside a loop
    6 to 10 times slower."""
    on_cpu = jax.devices()[0].platform == "cpu"
    return 1 if on_cpu else math.gcd(_STEPS_A_CALL, config.log_every)


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a training has come, and what is due by its config."""

    step: int  # steps done
    is_last: bool  # the config's steps are done
    is_record_due: bool
    is_grid_due: bool
    is_checkpoint_due: bool


class Trainer:
    """One training: its state, stepped by `step` or by iterating over it.

    Two trainers of equal configs on one machine come to equal parameters, however they are stepped,
    stopped and restored. Iterating ends where the config's steps are done.
    """

    def __init__(self, config: Config, dataset: data.Dataset, *, num_devices: int | None = 1):
        """
        Args:
            dataset: the training split.
            num_devices: of this process, to share each batch; None is all.

        Raises:
            ValueError: the config does not fit the data, there are fewer devices, or a batch does
                not divide by them.
        """
        self._data = TrainingData.prepare(config, dataset)
        dataset = self._data.dataset
        self.config = dataclasses.replace(
            config, class_names=dataset.class_names, channels=dataset.channels
        )
        self.system = system_of(config)
        self.steps_done = 0
        self._mesh = sharding.make_mesh(num_devices)
        for size in (config.batch_size, config.num_labelled):
            sharding.check_divides(self._mesh, size)
        self._everywhere = sharding.replicated(self._mesh)
        self._compiled = self.config  # what the programs were built for
        self._graphdef = _graph(self.system, self.config)[0]
        self.state = jax.device_put(_start(self.system, self.config), self._everywhere)
        self._images = jax.device_put(dataset.images, self._everywhere)
        self._labels = jax.device_put(self._data.known_labels, self._everywhere)
        self._programs: dict[str, Any] = {}  # the jitted steps, by player
        self._pending: list[tuple[int, dict[str, jax.Array]]] = []
        self._steps_a_call = steps_a_call(self.config)

    @property
    def num_images(self) -> int:
        return len(self._data.dataset)

    @property
    def images_a_step(self) -> int:
        return self.config.updates_a_step * self.config.batch_size

    # --- stepping ------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Progress]:
        while self.steps_done < self.config.num_steps:
            yield self.step(max_steps=self._steps_a_call)

    def step(self, player: str = "", max_steps: int = 1) -> Progress:
        """Go on by a step, or by as many as `max_steps` up to where something is due.

        Args:
            player: "discriminator" or "generator", to update that one alone, where the system has
                them; "" for all in turn. It counts as a step too.

        Raises:
            ValueError: the system has no such player.
        """
        config, step = self.config, self.steps_done
        if player and player not in self.system.single_updates:
            known = ", ".join(self.system.single_updates) or "none of them alone"
            raise ValueError(f"{config.recipe} has no player {player!r}; it has {known}")
        due = min(every - step % every for every in self._rhythm)
        num = max(1, min(max_steps, due, config.num_steps - step))
        indices = np.stack([self._data.indices(config, s) for s in range(step, step + num)])
        if player:
            indices = indices[:, -1:]
        elif self._critic_is_apart:
            for num_left in range(config.updates_a_step - 1, 0, -1):
                self._update_critic(indices[0, -1 - num_left], step, num_left)
            indices = indices[:, -1:]
        indices = jax.device_put(indices, sharding.batch_sharded(self._mesh, axis=2))
        self.state, metrics = self._steps(player)(
            self.state, self._images, self._labels, indices, jnp.int32(step), self._rate_scales
        )
        self._pending.append((num, metrics))
        self.steps_done += num
        return self.progress

    @property
    def _rhythm(self) -> tuple[int, int, int]:
        config = self.config
        return config.log_every, config.sample_every, config.checkpoint_every

    @property
    def progress(self) -> Progress:
        step = self.steps_done
        is_last = step >= self.config.num_steps
        return Progress(step, is_last, *(is_last or step % every == 0 for every in self._rhythm))

    def metrics(self) -> dict[str, float]:
        """Means over the steps since they were last asked for; waits for the device.

        Raises:
            TrainingDivergedError: one is no finite number.
        """
        names = list(dict.fromkeys(name for _, metrics in self._pending for name in metrics))
        means = {}
        for name in names:
            parts = [(num, float(m[name])) for num, m in self._pending if name in m]
            means[name] = sum(num * x for num, x in parts) / sum(num for num, _ in parts)
        self._pending = []
        bad = [name for name, value in means.items() if not math.isfinite(value)]
        if bad:
            raise TrainingDivergedError(f"{', '.join(bad)} is no finite number")
        return means

    def check_finite(self) -> None:
        """A loss may be finite and its gradient not.

        Raises:
            TrainingDivergedError: a parameter is no finite number.
        """
        if not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(self.state)):
            raise TrainingDivergedError("a parameter is no finite number")

    # --- changing settings ---------------------------------------------------------------------

    def change(self, **settings: Any) -> None:
        """Go on with other settings. Learning rates change at once, others compile anew.

        Raises:
            ValueError: a value does not fit its setting, or the setting is one that the nets or
                the data were built by. The run is as it was.
        """
        fixed = [name for name in settings if name in _OF_THE_DATA]
        if fixed:
            raise ValueError(f"{fixed[0]} says what is trained on: start another run to change it")
        known = {field.name for field in dataclasses.fields(self.config)}
        unknown = sorted(settings.keys() - known)
        if unknown:
            raise ValueError(f"{self.config.recipe} has no setting {unknown[0]!r}")
        changed = dataclasses.replace(self.config, **settings)
        if settings.keys() <= set(RATES):
            self.config = changed
            return
        graphdef, shapes = _graph(self.system, changed)
        if _shapes(shapes) != _shapes(self.state):
            names = ", ".join(settings)
            raise ValueError(f"{names}: the nets were built by it; start another run to change it")
        self.config = self._compiled = changed
        self._graphdef = graphdef
        self._programs = {}
        for program in ("_critic_program", "_calibrate"):
            vars(self).pop(program, None)

    @property
    def _rate_scales(self) -> tuple[float, float]:
        """By which the rates that were compiled are multiplied, of G and of D."""

        def scale(name: str) -> float:
            return getattr(self.config, name, 1.0) / getattr(self._compiled, name, 1.0)

        return scale("learning_rate"), scale("discriminator_learning_rate")

    # --- what is compiled ----------------------------------------------------------------------

    @property
    def _critic_is_apart(self) -> bool:
        """Five updates of D in one program take five times as long to compile, and on an
        accelerator alone save time."""
        return self.config.updates_a_step > 1 and self._steps_a_call == 1

    def _steps(self, player: str):
        """The jitted steps of one player, or of all: see `_many_steps`."""
        if player not in self._programs:
            function = functools.partial(
                _many_steps, self.system, self._compiled, self._graphdef, player
            )
            self._programs[player] = jax.jit(function, donate_argnums=0)
        return self._programs[player]

    @functools.cached_property
    def _critic_program(self):
        config, graphdef, system = self._compiled, self._graphdef, self.system

        @functools.partial(jax.jit, donate_argnums=0)
        def update(state, images, labels, indices, step, num_left, scales):
            batch = Batch(images[indices][None], labels[indices][None], step, num_left, *scales)
            return system.critic_step(config, graphdef, state, batch)

        return update

    def _update_critic(self, indices: np.ndarray, step: int, num_left: int) -> None:
        """One of a step's updates of D but the last. indices: int [B]."""
        batch = jax.device_put(indices, sharding.batch_sharded(self._mesh, axis=0))
        where = jnp.int32(step), jnp.int32(num_left)
        self.state = self._critic_program(
            self.state, self._images, self._labels, batch, *where, self._rate_scales
        )

    def players(self, state: nnx.State) -> Any:
        """All that is trained, see `System.build`, with the values of a state."""
        return nnx.merge(self._graphdef, state)

    # --- what it has learned -------------------------------------------------------------------

    @functools.cached_property
    def _calibration(self) -> np.ndarray:
        order = epoch_order(self.num_images, self.config.seed, 0)
        return np.sort(order[:_CALIBRATION_IMAGES])

    @functools.cached_property
    def _calibrate(self):
        config, graphdef, system = self.config, self._graphdef, self.system

        @jax.jit
        def calibrated(state, images, labels):
            average = _average(graphdef, state)
            average.train()
            system.calibrate(config, average, data.to_float(images), labels)
            average.eval()
            return nnx.state(average)

        return calibrated

    def released_nets(self) -> nnx.Dict:
        """The averaged nets as they are now, in evaluation mode."""
        if self._released is None or self._released[0] != self.steps_done:
            average = _average(self._graphdef, self.state)
            average.eval()
            which = self._calibration
            calibrated = self._calibrate(self.state, self._images[which], self._labels[which])
            nnx.update(average, calibrated)
            self._released = (self.steps_done, average)
        return self._released[1]

    # A step's grid, its validation and its checkpoint share them.
    _released: tuple[int, nnx.Dict] | None = None

    @functools.cached_property
    def _model(self) -> Model:
        return Model(self.config, self.released_nets())

    def model(self) -> Model:
        """What would be released now. It is the same object at each call, with new weights."""
        self._model.replace_weights(self.released_nets())
        return self._model

    @functools.cached_property
    def _grid_latents(self) -> np.ndarray:
        return self._model.latents(self.config.seed, GRID_ROWS * self.config.num_classes)

    def grid(self) -> np.ndarray | None:
        """What it draws of the same latents at every call: float32 [8 K, 32, 32, C] in [-1, 1], a
        row of K classes after the other; None where it draws nothing."""
        model = self.model()
        if "sample" not in model.capabilities:
            return None
        labels = np.tile(np.arange(self.config.num_classes), GRID_ROWS)
        return model.decode(self._grid_latents, labels)

    def validation_accuracy(self) -> float | None:
        """Share of the held-out images read right; None where none were held out, or it does not
        classify."""
        validation, model = self._data.validation, self._model
        if validation is None or "classify" not in model.capabilities:
            return None
        probabilities = self.model().classify(data.to_float(validation.images))
        return float((probabilities.argmax(-1) == validation.labels).mean())

    # --- saving --------------------------------------------------------------------------------

    def restore(self, step: int, state: nnx.State) -> None:
        """Go on from a full state that was saved at a step; see `run.RunState`."""
        self.steps_done, self.state, self._pending = step, state, []


def _graph(system: System, config: Config) -> tuple[nnx.GraphDef, nnx.State]:
    """What a system's players are made of, and the shapes of their state."""
    return nnx.split(nnx.eval_shape(lambda: system.build(config, nnx.Rngs(config.seed))))


def _start(system: System, config: Config) -> nnx.State:
    """The state before the first step, made in one compiled call, which JAX's cache of compiled
    programs can keep; made net by net, hundreds of small ones are compiled at each start."""

    def start() -> nnx.State:
        return nnx.split(system.build(config, nnx.Rngs(config.seed)))[1]

    # It runs once, so that optimising it takes longer than it saves.
    return jax.jit(start, compiler_options={"xla_backend_optimization_level": 0})()


def _many_steps(system, config, graphdef, player, state, images, labels, indices, first, scales):
    """(state, mean metrics) after S steps. indices: int [S, updates_a_step, B]."""

    def one(state, inputs):
        indices, step = inputs
        batch = Batch(images[indices], labels[indices], step, 0, *scales)
        return system.train_step(config, graphdef, state, batch, player)

    if len(indices) == 1:
        return one(state, (indices[0], first))
    state, metrics = jax.lax.scan(one, state, (indices, first + jnp.arange(len(indices))))
    return state, jax.tree.map(lambda x: x.mean(0), metrics)


def _average(graphdef, state) -> nnx.Dict:
    """A copy of the averaged nets of a run's players."""
    players: Any = nnx.merge(graphdef, state)
    return nnx.clone(players.average)


def _shapes(state: nnx.State) -> dict:
    leaves = jax.tree_util.tree_leaves_with_path(nnx.to_pure_dict(state))
    return {jax.tree_util.keystr(path): (leaf.shape, leaf.dtype) for path, leaf in leaves}
