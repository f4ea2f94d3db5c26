"""Optimisers of the players, their learning rates, and the moving average that ships."""

from typing import Protocol

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from optax import contrib

from dgm.types import Array

OPTIMISERS = ("adam", "rmsprop", "muon")


class OptimisationSettings(Protocol):
    """The fields of a config that an optimiser is made of; see `systems.base.Config`."""

    @property
    def num_steps(self) -> int: ...
    @property
    def decay_share(self) -> float: ...
    @property
    def optimizer(self) -> str: ...
    @property
    def adam_b1(self) -> float: ...
    @property
    def adam_b2(self) -> float: ...
    @property
    def weight_decay(self) -> float: ...


def learning_rate(
    config: OptimisationSettings, peak: float, updates_a_step: int = 1
) -> optax.Schedule:
    """`peak`, then a straight line to 0 over the last `decay_share` of the steps.

    An optimiser counts its own updates, of which a player may make several a step.
    """
    num_updates = config.num_steps * updates_a_step
    decay_updates = max(1, round(num_updates * config.decay_share))
    return optax.join_schedules(
        [optax.constant_schedule(peak), optax.linear_schedule(peak, 0.0, decay_updates)],
        [num_updates - decay_updates],
    )


def optimiser(
    config: OptimisationSettings, peak: float, updates_a_step: int = 1
) -> optax.GradientTransformationExtraArgs:
    """RMSProp, Muon or AdamW, as the config has it; with `weight_decay` 0 that is Adam.

    Muon (Jordan 2024) is for the kernels of convolutions, as matrices from what goes in to what
    comes out; all else has Adam, with Nesterov momentum, at a twentieth of the rate.

    Its `update` takes `scale`, by which the learning rate is multiplied: a rate that is changed in
    the middle of a run needs no new compilation.
    """
    rate = learning_rate(config, peak, updates_a_step)
    if config.optimizer == "muon":
        kernel = contrib.MuonDimensionNumbers((0, 1, 2), 3)
        return _rescaled(
            contrib.muon(
                rate,
                beta=config.adam_b1,
                weight_decay=config.weight_decay,
                adam_b2=config.adam_b2,
                adam_learning_rate=learning_rate(config, peak / 20, updates_a_step),
                muon_weight_dimension_numbers=lambda params: jax.tree.map(
                    lambda p: kernel if p.ndim == 4 else None, params
                ),
            )
        )
    if config.optimizer == "rmsprop":
        return _rescaled(optax.rmsprop(rate, decay=config.adam_b2, eps_in_sqrt=False))
    return _rescaled(
        optax.adamw(rate, b1=config.adam_b1, b2=config.adam_b2, weight_decay=config.weight_decay)
    )


def _rescaled(inner: optax.GradientTransformation) -> optax.GradientTransformationExtraArgs:
    """`inner`, whose updates are multiplied by `scale`: each is linear in its learning rate."""

    def update(updates, state, params=None, *, scale: Array | float = 1.0, **extra):
        del extra
        updates, state = inner.update(updates, state, params)
        return jax.tree.map(lambda u: scale * u, updates), state

    return optax.GradientTransformationExtraArgs(inner.init, update)


def update_average(average: nnx.Module, module: nnx.Module, step: Array, decay: float) -> None:
    """Move the weights of `average` towards those of `module`, faster in the first steps.

    Statistics are taken as they are; those of batch norm are set when it ships: see
    `systems.base.System.calibrate`.
    """
    nnx.update(average, nnx.state(module, nnx.BatchStat))
    share = jnp.minimum(decay, (1 + step) / (10 + step))
    nnx.update(
        average,
        jax.tree.map(
            lambda a, x: a + (1 - share) * (x - a),
            nnx.state(average, nnx.Param),
            nnx.state(module, nnx.Param),
        ),
    )
