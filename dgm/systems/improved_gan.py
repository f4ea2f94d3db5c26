"""The Improved GAN: one D of K + 1 classes, which learns from few labels and many images."""

import dataclasses
import functools
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from flax import nnx

from dgm import losses
from dgm.data import to_float
from dgm.methods import class_head
from dgm.nets.discriminators import KPlusOneDiscriminator
from dgm.nets.layers import WeightNorm
from dgm.nets.trunks import NoisyMLP, Trunk
from dgm.optimisers import update_average
from dgm.systems.adversarial import (
    AdversarialConfig,
    GameSystem,
    Shown,
    draw,
    frozen,
    generative_settings,
    make_discriminator_optimiser,
    make_optimiser,
    make_player,
    transformation,
    update_discriminator,
)
from dgm.systems.base import Batch, Metrics, setting
from dgm.types import Array


@dataclasses.dataclass(frozen=True)
class ImprovedGANConfig(AdversarialConfig):
    """One training run of a GAN whose D tells K classes from each other and from generated ones."""

    class_head: bool = False  # its classes are D's own, not a head beside it
    projection: bool = False
    # Labelled images an update, beside those of a batch without labels.
    labelled_batch_size: int = setting(64, at_least=0)

    @property
    def num_labelled(self) -> int:
        return self.labelled_batch_size


def make_k_plus_one(config: ImprovedGANConfig, rngs: nnx.Rngs) -> KPlusOneDiscriminator:
    if config.backbone == "mlp":
        widths = config.mlp_trunk_widths
        trunk = NoisyMLP(config.channels, widths, rngs=rngs)
        classes = nnx.Linear(widths[-1], config.num_classes, use_bias=False, rngs=rngs)
        classes = WeightNorm(classes)
    else:
        widths = config.trunk_widths
        dtype = jnp.dtype(config.dtype)
        trunk = Trunk(config.channels, widths, config.convs_per_stage, dtype=dtype, rngs=rngs)
        side = 16 >> (len(widths) - 1)
        classes = nnx.Linear(side * side * widths[-1], config.num_classes, rngs=rngs)
    return KPlusOneDiscriminator(
        trunk, classes, minibatch_stddev=config.minibatch_stddev, rngs=rngs
    )


def _make_nets(config: ImprovedGANConfig, rngs: nnx.Rngs) -> nnx.Dict:
    return nnx.Dict(
        generator=make_player(config, rngs), discriminator=make_k_plus_one(config, rngs)
    )


class ImprovedGAN(nnx.Module):
    """All that an Improved GAN trains: two players, their optimisers, the averages that ship."""

    def __init__(self, config: ImprovedGANConfig, rngs: nnx.Rngs):
        self.nets = _make_nets(config, rngs)
        self.average = nnx.clone(self.nets)
        self.generator_optimizer = make_optimiser(config, self.nets["generator"])
        self.discriminator_optimizer = make_discriminator_optimiser(
            config, self.nets["discriminator"]
        )

    def update_average(self, config: ImprovedGANConfig, step: Array, *names: str) -> None:
        for name in names:
            update_average(self.average[name], self.nets[name], step, config.ema_decay)


@dataclasses.dataclass(frozen=True)
class _Step:
    """What the two updates of a step share.

    Its batch has `labelled_batch_size` images with a label first; of the others no label is looked
    at.
    """

    config: ImprovedGANConfig
    players: ImprovedGAN
    batch: Batch

    def __post_init__(self) -> None:
        self.players.nets.train()

    @property
    def keys(self) -> Array:
        """Of the real pictures, the draws, D's changes of these and G's, and the noise in both."""
        return jax.random.split(self.batch.key(self.config.seed), 6)

    @functools.cached_property
    def real(self) -> Array:
        return transformation(self.config)(self.keys[0], to_float(self.batch.images[0]))

    def fake(self, generator: nnx.Module, key: Array) -> Array:
        """As many as there are real ones without a label."""
        num = self.batch.images.shape[1] - self.config.labelled_batch_size
        pictures = draw(self.config, generator, self.keys[1], jnp.zeros(num, jnp.int32))
        return transformation(self.config)(key, pictures, flip=False)

    def update_discriminator(self) -> Metrics:
        """L_D = -w log p(y|x, y <= K) - (log D(x') + log(1 - D(G(z)))) / 2, x labelled, x' not
        (Salimans 2016, section 5)."""
        fake = self.fake(self.players.nets["generator"], self.keys[2])
        no_classes = jnp.zeros(len(fake), jnp.int32)
        return update_discriminator(
            self.config,
            self.players.nets["discriminator"],
            self.players.discriminator_optimizer,
            Shown(
                self.real, fake, self.batch.labels[0], no_classes, self.config.labelled_batch_size
            ),
            self.batch,
            key_noise=self.keys[4],
            adversarial_weight=0.5,
        )

    def update_generator(self) -> Metrics:
        """L_G = |E f(x') - E f(G(z))|^2, f D's features (section 3.1), or with `minibatch_stddev`
        -log D(G(z))."""
        config, nets = self.config, self.players.nets
        num_labelled, key = config.labelled_batch_size, self.keys[5]
        real = self.real

        def loss(generator, discriminator):
            fake = self.fake(generator, self.keys[3])
            source, _, features = discriminator(fake, key=key)
            if config.minibatch_stddev:
                loss = losses.non_saturating_generator(source, source).mean()
            else:
                _, _, real_features = discriminator(real[num_labelled:], key=key)
                loss = losses.feature_matching(real_features, features)
            return loss, {"loss/generator": loss}

        fixed = frozen(nets["discriminator"])
        grads, metrics = nnx.grad(loss, has_aux=True)(nets["generator"], fixed)
        self.players.generator_optimizer.update(
            nets["generator"], grads, scale=self.batch.rate_scale
        )
        return metrics


def _discriminator_alone(config: ImprovedGANConfig, players: ImprovedGAN, batch: Batch) -> Metrics:
    metrics = _Step(config, players, batch).update_discriminator()
    players.update_average(config, batch.step, "discriminator")
    return metrics


def _generator_alone(config: ImprovedGANConfig, players: ImprovedGAN, batch: Batch) -> Metrics:
    metrics = _Step(config, players, batch).update_generator()
    players.update_average(config, batch.step, "generator")
    return metrics


class ImprovedGANSystem(GameSystem[ImprovedGANConfig]):
    config_class = ImprovedGANConfig
    single_updates: ClassVar = {
        "discriminator": _discriminator_alone,
        "generator": _generator_alone,
    }

    def build(self, config: ImprovedGANConfig, rngs: nnx.Rngs) -> ImprovedGAN:
        return ImprovedGAN(config, rngs)

    def released_nets(self, config: ImprovedGANConfig, rngs: nnx.Rngs) -> nnx.Dict:
        return _make_nets(config, rngs)

    def update(self, config: ImprovedGANConfig, players: Any, batch: Batch) -> Metrics:
        """One update of D, then one of G."""
        step = _Step(config, players, batch)
        metrics = step.update_discriminator()
        metrics |= step.update_generator()
        players.update_average(config, batch.step, "generator", "discriminator")
        return metrics

    def capabilities(self, config: ImprovedGANConfig) -> frozenset[str]:
        return frozenset({"sample", "classify"})

    def has_features(self, config: ImprovedGANConfig) -> bool:
        return True

    def methods(self, config: ImprovedGANConfig):
        return {"semi-supervised": class_head}


# --- recipes -----------------------------------------------------------------------------------


def improved_gan(dataset: str) -> ImprovedGANConfig:
    """Semi-supervised GAN with K + 1 classes and feature matching (Salimans 2016).

    D's logits l_1 … l_K are of the classes, l_{K+1} = 0 is that of "generated". L_D = -log p(y|x,
    y <= K) for labelled x, -log(1 - p(K+1|x)) for unlabelled ones, -log p(K+1|G(z)) for generated
    ones; L_G = |E f(x) - E f(G(z))|^2, f D's features. G knows no classes. With `minibatch_stddev`,
    which stands for the paper's minibatch discrimination, L_G = -log(1 - p(K+1|G(z))) instead.
    """
    labels = {"mnist": 10, "fashion_mnist": 100, "cifar10": 400}
    config = ImprovedGANConfig(
        "improved-gan",
        dataset,
        num_steps=3_000,
        labels_per_class=labels.get(dataset, 0),
        one_sided_smoothing=0.1,
        **generative_settings(dataset),
    )
    if dataset != "mnist":
        return config
    # The paper's own nets for these: D an MLP with weight norm and noise before each layer, which
    # keeps it from knowing ten images a class by heart.
    return dataclasses.replace(
        config,
        backbone="mlp",
        mlp_widths=(500, 500),
        mlp_normalisation="batch",
        mlp_trunk_widths=(1000, 500, 250, 250, 250),
        learning_rate=1e-3,
        discriminator_learning_rate=1e-3,
    )
