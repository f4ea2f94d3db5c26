"""VAE-GAN: one model on the joint loss L_GAN + L_VAE."""

import dataclasses
import functools
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from flax import nnx

from dgm import losses
from dgm.data import spec, to_float
from dgm.data.augmentation import augment, diff_augment
from dgm.methods import class_head
from dgm.nets.latents import ClassPrior
from dgm.optimisers import update_average
from dgm.systems.adversarial import (
    CLASSIFYING_GAME,
    AdversarialConfig,
    AdversarialSystem,
    Shown,
    frozen,
    generative_settings,
    make_discriminator,
    make_discriminator_optimiser,
    make_generator,
    make_optimiser,
    update_discriminator,
)
from dgm.systems.base import Batch, Metrics, setting
from dgm.systems.variational import make_encoder
from dgm.types import Array


@dataclasses.dataclass(frozen=True)
class VAEGANConfig(AdversarialConfig):
    """One training run of a VAE-GAN."""

    backbone: str = setting("convolutional", choices=("convolutional", "residual"))
    beta: float = 1.0  # weight of the KL term
    adversarial_weight: float = 1.0  # of L_GAN in the decoder's loss
    feature_weight: float = 1.0  # of the reconstruction error in D's features

    def check(self) -> None:
        super().check()
        if not self.class_head:
            raise ValueError("vae-gan is built on its class head")


def _make_autoencoder(config: VAEGANConfig, rngs: nnx.Rngs) -> dict[str, nnx.Module]:
    return {
        "encoder": make_encoder(config, rngs, config.num_classes),
        "generator": make_generator(
            config, rngs, channels=config.channels, num_classes=config.num_classes
        ),
        "prior": ClassPrior(config.num_classes, config.latent_dim),
    }


class VAEGAN(nnx.Module):
    """All that a VAE-GAN trains: encoder and decoder together, D, and their averages."""

    def __init__(self, config: VAEGANConfig, rngs: nnx.Rngs):
        self.autoencoder = nnx.Dict(_make_autoencoder(config, rngs))
        self.discriminator = make_discriminator(config, rngs)
        self.average = nnx.Dict(
            {name: nnx.clone(net) for name, net in self.autoencoder.items()},
            discriminator=nnx.clone(self.discriminator),
        )
        self.autoencoder_optimizer = make_optimiser(config, self.autoencoder)
        self.discriminator_optimizer = make_discriminator_optimiser(config, self.discriminator)


def _generate(nets, z: Array, labels: Array) -> Array:
    """z: [N, Z] as seen from the class, labels: int [N] -> pictures [N, 32, 32, C]."""
    return jnp.tanh(nets["generator"](nets["prior"].from_prior(z, labels), labels))


def reconstruct_and_draw(
    config: VAEGANConfig, nets, key: Array, images: Array, labels: Array
) -> tuple[Array, Array, Array]:
    """Reconstructions of images [B, 32, 32, C], then as many draws from the prior.

    Returns:
        (pictures [2 B, 32, 32, C] in [-1, 1], mean and log_var [B, Z] of q(z|x, y)).
    """
    noise, prior = jax.random.normal(key, (2, len(images), config.latent_dim))
    mean, log_var = nets["prior"].standardise(*nets["encoder"](images, labels), labels)
    z = jnp.concatenate([mean + jnp.exp(log_var / 2) * noise, prior])
    return _generate(nets, z, jnp.tile(labels, 2)), mean, log_var


@dataclasses.dataclass(frozen=True)
class _Step:
    """What the two updates of a step share."""

    config: VAEGANConfig
    players: VAEGAN
    batch: Batch

    def __post_init__(self) -> None:
        self.players.autoencoder.train()
        self.players.discriminator.train()

    @property
    def keys(self) -> Array:
        """Of the changes of real pictures, of z, of what D sees of both, and of draws."""
        return jax.random.split(self.batch.key(self.config.seed), 4)

    @property
    def labels(self) -> Array:
        return self.batch.labels[0]

    @functools.cached_property
    def real(self) -> Array:
        x = to_float(self.batch.images[0])
        if self.config.augment:
            x = augment(self.keys[0], x, spec(self.config.dataset).augmentation)
        return x

    def shown(self, pictures: Array, key: Array) -> Array:
        return diff_augment(key, pictures, self.config.diff_augment)

    @functools.cached_property
    def shown_real(self) -> Array:
        return self.shown(self.real, self.keys[2])

    def reconstructed_and_drawn(self, autoencoder, x: Array) -> tuple[Array, Array, Array]:
        """Pictures as D sees them: a reconstruction through the same changes as its original."""
        _, key_z, key_seen, key_drawn = self.keys
        fake, mean, log_var = reconstruct_and_draw(self.config, autoencoder, key_z, x, self.labels)
        seen = [self.shown(fake[: len(x)], key_seen), self.shown(fake[len(x) :], key_drawn)]
        return jnp.concatenate(seen), mean, log_var

    def update_discriminator(self) -> Metrics:
        """L_D = -log D(x, y) - log(1 - D(G(z, y), y)) - w log p(y|x), z of both kinds."""
        fake, _, _ = self.reconstructed_and_drawn(self.players.autoencoder, self.real)
        return update_discriminator(
            self.config,
            self.players.discriminator,
            self.players.discriminator_optimizer,
            Shown(self.shown_real, fake, self.labels, jnp.tile(self.labels, 2)),
            self.batch,
        )

    def joint_loss(self, autoencoder, discriminator) -> tuple[Array, Metrics]:
        config, x, y = self.config, self.real, jnp.tile(self.labels, 2)
        fake, mean, log_var = self.reconstructed_and_drawn(autoencoder, x)
        _, _, real_features = discriminator(self.shown_real)
        fake_logits, class_logits, features = discriminator(fake, y)
        # L_GAN = -log D(G(z, y)) - w log p(y|G(z, y)), z from q(z|x, y) and from p(z)
        class_loss = losses.cross_entropy(class_logits, y).mean()
        adversarial = losses.non_saturating_generator(fake_logits, fake_logits).mean()
        # L_VAE = 1/2 |D_l(x) - D_l(G(z, y))|^2 + KL, a pixel and channel
        error = jax.lax.stop_gradient(real_features) - features[: len(x)]
        reconstruction = 0.5 * (error**2).sum(range(1, error.ndim)).mean()
        kl = losses.gaussian_kl(mean, log_var).mean()
        loss = (
            config.adversarial_weight * (adversarial + config.generator_class_weight * class_loss)
            + (config.feature_weight * reconstruction + config.beta * kl) / x[0].size
        )
        return loss, {
            "loss/generator": adversarial,
            "loss/class_fake": class_loss,
            "loss/reconstruction": reconstruction,
            "loss/kl": kl,
        }

    def update_autoencoder(self) -> Metrics:
        players, fixed = self.players, frozen(self.players.discriminator)
        grads, metrics = nnx.grad(self.joint_loss, has_aux=True)(players.autoencoder, fixed)
        players.autoencoder_optimizer.update(
            players.autoencoder, grads, scale=self.batch.rate_scale
        )
        return metrics

    def update_averages(self, *names: str) -> None:
        players = self.players
        nets = {**players.autoencoder, "discriminator": players.discriminator}
        for name in names or nets:
            average = players.average[name]
            update_average(average, nets[name], self.batch.step, self.config.ema_decay)


def _discriminator_alone(config: VAEGANConfig, players: VAEGAN, batch: Batch) -> Metrics:
    step = _Step(config, players, batch)
    metrics = step.update_discriminator()
    step.update_averages("discriminator")
    return metrics


def _autoencoder_alone(config: VAEGANConfig, players: VAEGAN, batch: Batch) -> Metrics:
    step = _Step(config, players, batch)
    metrics = step.update_autoencoder()
    step.update_averages("encoder", "generator", "prior")
    return metrics


class VAEGANSystem(AdversarialSystem[VAEGANConfig]):
    config_class = VAEGANConfig
    single_updates: ClassVar = {
        "discriminator": _discriminator_alone,
        "generator": _autoencoder_alone,
    }

    def build(self, config: VAEGANConfig, rngs: nnx.Rngs) -> VAEGAN:
        return VAEGAN(config, rngs)

    def current_nets(self, players: Any) -> nnx.Dict:
        return nnx.Dict(players.autoencoder.items(), discriminator=players.discriminator)

    def released_nets(self, config: VAEGANConfig, rngs: nnx.Rngs) -> nnx.Dict:
        return nnx.Dict(
            _make_autoencoder(config, rngs), discriminator=make_discriminator(config, rngs)
        )

    def update(self, config: VAEGANConfig, players: Any, batch: Batch) -> Metrics:
        """One update of D, then one of encoder and decoder.

        As in Larsen 2016 the reconstruction error is taken in D's features rather than in pixels,
        and D judges both reconstructions and draws from the prior. Two things differ from the
        paper: all is class-conditional and D has a class head, and L_GAN reaches the encoder too,
        since it is one joint loss.
        """
        step = _Step(config, players, batch)
        metrics = step.update_discriminator()
        metrics |= step.update_autoencoder()
        step.update_averages()
        return metrics

    def calibrate(self, config: VAEGANConfig, nets: nnx.Dict, images: Array, labels: Array) -> None:
        """Half of what the generator draws are reconstructions, as in training."""
        reconstruct_and_draw(config, nets, jax.random.key(config.seed), images, labels)
        nets["discriminator"](images)

    def capabilities(self, config: VAEGANConfig) -> frozenset[str]:
        return frozenset({"sample", "classify", "encode"})

    def has_features(self, config: VAEGANConfig) -> bool:
        return True

    def methods(self, config: VAEGANConfig):
        return {"head": class_head}

    def generator_inputs(self, config: VAEGANConfig, nets: nnx.Dict, z: Array, labels: Array):
        return nets["generator"], nets["prior"].from_prior(z, labels), labels

    def sample(self, config: VAEGANConfig, nets: nnx.Dict, z: Array, labels: Array) -> Array:
        return _generate(nets, z, labels)

    def encode(self, config: VAEGANConfig, nets: nnx.Dict, images: Array, labels: Array) -> Array:
        moments = nets["encoder"](images, labels)
        return nets["prior"].standardise(*moments, labels)[0]


# --- the recipe --------------------------------------------------------------------------------


def vae_gan(dataset: str) -> VAEGANConfig:
    """VAE-GAN (Larsen 2016): L = L_GAN + L_VAE, one model that samples, encodes, classifies."""
    steps = {"mnist": 2_500, "fashion_mnist": 2_500, "cifar10": 3_500}
    return VAEGANConfig(
        "vae-gan",
        dataset,
        num_steps=steps.get(dataset, 3_000),
        latent_dim=128 if dataset == "cifar10" else 64,
        # With equal weights z holds some 150 nats of a picture, more than the prior can be matched
        # to: reconstructions are fine and draws are not.
        feature_weight=0.5,
        beta=2.0,
        generator_class_weight=0.1,
        **CLASSIFYING_GAME,
        **generative_settings(dataset),
    )
