"""What is seen of a training while it goes on: what the nets draw now, what D says of pictures and
wants changed in them, and how varied pictures are."""

import functools
from dataclasses import dataclass

import jax
import numpy as np
from flax import nnx

from dgm.training.trainer import GRID_ROWS, Trainer
from dgm.types import Array


@dataclass(frozen=True)
class Verdicts:
    """What D says of pictures, each by itself."""

    logits: np.ndarray  # float32 [N], for real; of a critic its scores
    # float32 [N, 32, 32, C], the gradient of each logit by the picture's own pixels: where D would
    # have them brighter (above 0) or darker to take the picture for real.
    wishes: np.ndarray


class Watcher:
    """Looks at the nets of a trainer as its last step left them, not at their averages."""

    def __init__(self, trainer: Trainer, seed: int = 0):
        """seed: of the latent vectors that it draws."""
        self.trainer = trainer
        config = trainer.config
        self.can_draw = "sample" in trainer.system.capabilities(config)
        self.has_discriminator = "discriminator" in trainer.system.single_updates
        num = GRID_ROWS * config.num_classes
        self.labels = np.tile(np.arange(config.num_classes, dtype=np.int32), GRID_ROWS)
        self._latents = np.asarray(
            jax.random.normal(jax.random.key(seed), (num, getattr(config, "latent_dim", 1)))
        )

    def grid(self) -> np.ndarray:
        """What is drawn of the same latent vectors at every call: float32 [8 K, 32, 32, C] in
        [-1, 1], a row of K classes after the other.

        Raises:
            ValueError: the system draws nothing.
        """
        if not self.can_draw:
            raise ValueError(f"{self.trainer.config.recipe} draws nothing")
        return np.asarray(self._draw(self.trainer.state, self._latents, self.labels))

    def verdicts(self, images: np.ndarray, labels: np.ndarray) -> Verdicts:
        """What D says of pictures, float [N, 32, 32, C] in [-1, 1], of the classes int [N].

        Raises:
            ValueError: the system has no discriminator.
        """
        if not self.has_discriminator:
            raise ValueError(f"{self.trainer.config.recipe} has no discriminator")
        return Verdicts(*map(np.asarray, self._judge(self.trainer.state, images, labels)))

    # --- what is compiled ------------------------------------------------------------------------

    def _nets(self, state) -> nnx.Dict:
        return self.trainer.system.current_nets(self.trainer.players(state))

    @functools.cached_property
    def _draw(self):
        system, config = self.trainer.system, self.trainer.config

        @jax.jit
        def draw(state, z: Array, labels: Array) -> Array:
            nets = self._nets(state)
            nets.train()  # normalised by its own batch, as in training
            return system.sample(config, nets, z, labels)

        return draw

    @functools.cached_property
    def _judge(self):
        system, config = self.trainer.system, self.trainer.config

        @jax.jit
        def judge(state, images: Array, labels: Array) -> tuple[Array, Array]:
            nets = self._nets(state)

            def total(images):
                logits = system.realness(config, nets, images, labels)
                return logits.sum(), logits

            wishes, logits = jax.grad(total, has_aux=True)(images)
            return logits, wishes

        return judge


def variety(images: np.ndarray, labels: np.ndarray) -> float:
    """How much pictures of one class differ: the mean over pixels of their standard deviation
    within a class, over all classes of which there are two or more; 0 where they are all alike.

    images: float [N, 32, 32, C] in [-1, 1]; labels: int [N].
    """
    classes = [images[labels == label] for label in np.unique(labels)]
    spreads = [float(one.std(0).mean()) for one in classes if len(one) > 1]
    return float(np.mean(spreads)) if spreads else 0.0
