"""The plain classifier that the others are compared with."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from dgm import losses
from dgm.data import spec, to_float
from dgm.data.augmentation import augment
from dgm.methods import class_logits
from dgm.nets.classifiers import Classifier, WhitenedClassifier
from dgm.optimisers import update_average
from dgm.systems.adversarial import make_optimiser
from dgm.systems.base import Batch, Config, Metrics, System, common_settings, setting
from dgm.types import Array


@dataclasses.dataclass(frozen=True)
class ClassifierConfig(Config):
    """One training run of a plain classifier."""

    backbone: str = setting("convolutional", choices=("convolutional", "whitened"))
    mirrored: bool = False  # it answers by mirrored and moved views too: see `predict`


def predict(
    config: ClassifierConfig, nets: nnx.Dict, images: Array, key: Array, num_importance: int
) -> Array:
    """log p(y|x), [B, K].

    With `mirrored` its logits are a mean over six views (Jordan 2024, multi-crop): the picture,
    and with half the weight of that moved by a pixel towards two opposite corners, each with its
    mirror image.
    """
    del key, num_importance

    def seen(images: Array) -> Array:
        return (class_logits(nets, images) + class_logits(nets, images[:, :, ::-1])) / 2

    if not config.mirrored:
        return jax.nn.log_softmax(class_logits(nets, images))
    wide = jnp.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    moved = seen(wide[:, :-2, :-2]) + seen(wide[:, 2:, 2:])
    return jax.nn.log_softmax(seen(images) / 2 + moved / 4)


def _make_nets(config: ClassifierConfig, rngs: nnx.Rngs) -> nnx.Dict:
    make = WhitenedClassifier if config.backbone == "whitened" else Classifier
    return nnx.Dict(
        classifier=make(
            config.channels,
            config.num_classes,
            config.trunk_widths,
            config.convs_per_stage,
            dtype=jnp.dtype(config.dtype),
            rngs=rngs,
        )
    )


class CNN(nnx.Module):
    """All that the plain classifier trains: one net, its optimiser, its average."""

    def __init__(self, config: ClassifierConfig, rngs: nnx.Rngs):
        self.nets = _make_nets(config, rngs)
        self.average = nnx.clone(self.nets)
        self.optimizer = make_optimiser(config, self.nets)


class ClassifierSystem(System[ClassifierConfig]):
    config_class = ClassifierConfig

    def build(self, config: ClassifierConfig, rngs: nnx.Rngs) -> CNN:
        return CNN(config, rngs)

    def released_nets(self, config: ClassifierConfig, rngs: nnx.Rngs) -> nnx.Dict:
        return _make_nets(config, rngs)

    def update(self, config: ClassifierConfig, players: Any, batch: Batch) -> Metrics:
        players.nets.train()
        x, y = to_float(batch.images[0]), batch.labels[0]
        if config.augment:
            x = augment(batch.key(config.seed), x, spec(config.dataset).augmentation)

        def loss(nets):
            logits = nets["classifier"](x)
            value = losses.cross_entropy(logits, y, config.label_smoothing).mean()
            return value, {"loss/class": value, "accuracy/train": (logits.argmax(-1) == y).mean()}

        grads, metrics = nnx.grad(loss, has_aux=True)(players.nets)
        players.optimizer.update(players.nets, grads, scale=batch.rate_scale)
        update_average(players.average, players.nets, batch.step, config.ema_decay)
        return metrics

    def calibrate(
        self, config: ClassifierConfig, nets: nnx.Dict, images: Array, labels: Array
    ) -> None:
        nets["classifier"](images)

    def capabilities(self, config: ClassifierConfig) -> frozenset[str]:
        return frozenset({"classify"})

    def has_features(self, config: ClassifierConfig) -> bool:
        return True

    def methods(self, config: ClassifierConfig):
        return {"cnn": predict}


# --- recipes -----------------------------------------------------------------------------------


def trunk_classifier(dataset: str) -> ClassifierConfig:
    """A plain classifier on D's trunk: what GAN-train trains."""
    steps = {"mnist": 2_500, "fashion_mnist": 6_000, "cifar10": 1_200}
    return ClassifierConfig(
        "cnn",
        dataset,
        num_steps=steps.get(dataset, 3_000),
        adam_b1=0.9,
        adam_b2=0.999,
        learning_rate=2e-3,
        decay_share=0.9,
        label_smoothing=0.1,
        weight_decay=0.02,
        **common_settings(dataset),
    )


def cnn(dataset: str) -> ClassifierConfig:
    """A plain classifier: the baseline, and the reference classifier of GAN-test.

    It is D's trunk with a class layer, but on CIFAR-10, where that leaves a sixth of the test
    images: there it has the net and the optimiser of Jordan 2024, made for few passes over it.
    """
    config = trunk_classifier(dataset)
    if dataset != "cifar10":
        return config
    return dataclasses.replace(
        config,
        backbone="whitened",
        trunk_widths=(64, 256, 256),
        mirrored=True,
        batch_size=500,
        optimizer="muon",
        learning_rate=0.1,
        adam_b1=0.8,
        decay_share=1.0,
        label_smoothing=0.2,
        weight_decay=0.05,
        ema_decay=0.9,  # the rate has fallen to 0 before the end, so there is little to average
        log_every=10,
        checkpoint_every=100,
    )
