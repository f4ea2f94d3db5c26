"""Variational autoencoders, among them one that is trained to classify."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from dgm import losses
from dgm.data import spec, to_float
from dgm.data.augmentation import augment
from dgm.optimisers import update_average
from dgm.systems.adversarial import generative_settings, make_optimiser
from dgm.systems.base import Batch, Metrics, System
from dgm.systems.pixels import binarise, mean_picture
from dgm.systems.variational import (
    RegretState,
    VAEConfig,
    bounds_of,
    class_divergences,
    conditioning_labels,
    encode,
    evidence_bounds,
    make_decoder,
    make_encoder,
    make_prior,
    regret_step,
    start_of_regret,
)
from dgm.types import Array


def bayes(
    config: VAEConfig, nets: nnx.Dict, images: Array, key: Array, num_importance: int
) -> Array:
    """log p(y|x), [B, K], by Bayes' rule with a uniform p(y): log p(x|y) - log sum_k p(x|k).

    log p(x|y) is the importance-weighted bound of the class-conditional VAE (Burda 2016). All
    classes go through the nets as one batch, on the same draws, so that classes differ by the
    class alone. Where the class is in the prior alone it is the ELBO, which differs between classes
    by a KL term in closed form: no draws are needed.
    """
    features = nets["encoder"].features(images)
    if config.class_in_prior:
        return jax.nn.log_softmax(-class_divergences(config, nets, features))

    def log_likelihood(label: Array) -> Array:
        labels = jnp.broadcast_to(label, len(images))
        return evidence_bounds(config, nets, key, images, labels, num_importance, features)["iwae"]

    bounds = jax.vmap(log_likelihood)(jnp.arange(config.num_classes))  # [K, B]
    return jax.nn.log_softmax(bounds.T)


def _make_nets(config: VAEConfig, rngs: nnx.Rngs) -> nnx.Dict:
    num_classes = 1 if config.class_in_prior else config.num_classes
    return nnx.Dict(
        encoder=make_encoder(config, rngs, num_classes),
        decoder=make_decoder(config, rngs),
        prior=make_prior(config, rngs),
    )


class VAE(nnx.Module):
    """All that a VAE trains: encoder and decoder under one optimiser, and their average."""

    def __init__(self, config: VAEConfig, rngs: nnx.Rngs):
        self.nets = _make_nets(config, rngs)
        self.average = nnx.clone(self.nets)
        self.optimizer = make_optimiser(config, self.nets)


def vae_loss(
    config: VAEConfig, nets: nnx.Dict, key: Array, x: Array, changed: Array, y: Array
) -> tuple[Array, Metrics]:
    """-E_q[log p(x|z, y)] + beta KL (Higgins 2017; beta = 1: Kingma & Welling 2014), or with
    several draws of z the importance-weighted bound (Burda 2016), a pixel and channel.

    Where the class is in the prior alone, - w log p(y|x) is added to it, p(y|x) by Bayes' rule from
    the bounds of all classes (Ardizzone 2020, eq. 11).

    Args:
        x: [B, 32, 32, C], what is to be likely. changed: the same, as a classifier is shown it.
    """
    features = nets["encoder"].features(
        jnp.concatenate([x, changed]) if config.class_in_prior else x
    )
    bounds = evidence_bounds(config, nets, key, x, y, config.num_importance, features[: len(x)])
    if config.num_importance > 1:
        # -log 1/K sum_k p(x, z_k|y) / q(z_k|x, y)
        loss = -bounds["iwae"].mean()
    else:
        # -L = -E_q[log p(x|z, y)] + beta KL
        loss = (-bounds["reconstruction"] + config.beta * bounds["kl"]).mean()
    metrics = {
        "loss/negative_elbo": -bounds["elbo"].mean(),
        "loss/reconstruction": -bounds["reconstruction"].mean(),
        "loss/kl": bounds["kl"].mean(),
    }
    loss /= x[0].size  # so that rates carry over from one size of picture to another
    if config.class_in_prior:
        class_logits = -class_divergences(config, nets, features[len(x) :])
        class_loss = losses.cross_entropy(class_logits, y, config.label_smoothing).mean()
        loss += config.class_weight * class_loss
        metrics["loss/class"] = class_loss
        metrics["accuracy/train"] = (class_logits.argmax(-1) == y).mean()
    return loss, metrics


class VAESystem(System[VAEConfig]):
    config_class = VAEConfig

    def build(self, config: VAEConfig, rngs: nnx.Rngs) -> VAE:
        return VAE(config, rngs)

    def released_nets(self, config: VAEConfig, rngs: nnx.Rngs) -> nnx.Dict:
        return _make_nets(config, rngs)

    def update(self, config: VAEConfig, players: Any, batch: Batch) -> Metrics:
        """One update of encoder, decoder and prior."""
        players.nets.train()
        key_augment, key_pixels, key_z = jax.random.split(batch.key(config.seed), 3)
        x, y = to_float(batch.images[0]), batch.labels[0]
        changed = x
        if config.augment:
            augmentation = spec(config.dataset).augmentation
            # Flips only: a shifted picture is not a draw from the density to be learnt.
            x = augment(key_augment, x, dataclasses.replace(augmentation, max_shift=0))
            changed = augment(key_augment, changed, augmentation)
        if config.likelihood == "bernoulli":
            x = binarise(key_pixels, x)

        def loss(nets):
            return vae_loss(config, nets, key_z, x, changed, y)

        grads, metrics = nnx.grad(loss, has_aux=True)(players.nets)
        players.optimizer.update(players.nets, grads, scale=batch.rate_scale)
        update_average(players.average, players.nets, batch.step, config.ema_decay)
        return metrics

    def calibrate(self, config: VAEConfig, nets: nnx.Dict, images: Array, labels: Array) -> None:
        key_pixels, key_z = jax.random.split(jax.random.key(config.seed))
        if config.likelihood == "bernoulli":
            images = binarise(key_pixels, images)
        evidence_bounds(config, nets, key_z, images, labels, 1)

    def capabilities(self, config: VAEConfig) -> frozenset[str]:
        return frozenset({"sample", "classify", "encode", "likelihood"})

    def methods(self, config: VAEConfig):
        return {"bayes": bayes}

    def generator_inputs(self, config: VAEConfig, nets: nnx.Dict, z: Array, labels: Array):
        return (
            nets["decoder"],
            nets["prior"].from_prior(z, labels),
            conditioning_labels(config, labels),
        )

    def sample(self, config: VAEConfig, nets: nnx.Dict, z: Array, labels: Array) -> Array:
        net, *inputs = self.generator_inputs(config, nets, z, labels)
        return mean_picture(config, net(*inputs))

    def encode(self, config: VAEConfig, nets: nnx.Dict, images: Array, labels: Array) -> Array:
        return encode(config, nets, images, labels)

    def evidence_bounds(
        self,
        config: VAEConfig,
        nets: nnx.Dict,
        key: Array,
        images: Array,
        labels: Array,
        num_importance: int,
    ) -> Metrics:
        key_pixels, key_z = jax.random.split(key)
        if config.likelihood == "bernoulli":
            images = binarise(key_pixels, images)
        return evidence_bounds(config, nets, key_z, images, labels, num_importance)

    def start_of_regret(
        self, config: VAEConfig, nets: nnx.Dict, images: Array, labels: Array
    ) -> RegretState:
        return start_of_regret(config, nets, self._observed(config, images), labels)

    def regret_step(
        self, config: VAEConfig, nets: nnx.Dict, key: Array, images: Array, labels: Array, state
    ) -> RegretState:
        return regret_step(config, nets, key, self._observed(config, images), labels, state)

    def fitted_elbo(
        self, config: VAEConfig, nets: nnx.Dict, key: Array, images: Array, labels: Array, state
    ) -> Array:
        images = self._observed(config, images)
        return bounds_of(config, nets, key, images, labels, 4, state[0])["elbo"]

    def _observed(self, config: VAEConfig, images: Array) -> Array:
        """Pictures as the likelihood is of them, the same at each call."""
        if config.likelihood != "bernoulli":
            return images
        return binarise(jax.random.split(jax.random.key(0))[1], images)


# --- recipes -----------------------------------------------------------------------------------


def _variational(recipe: str, dataset: str, num_steps: int) -> VAEConfig:
    """What a VAE and one that classifies share: a prior a class, see `latents.ClassPrior`."""
    return VAEConfig(
        recipe,
        dataset,
        num_steps=num_steps,
        # With a scale a pixel the edges of a shape are explained away by a large one before the
        # mean has learned them, and stay blobs of two colours; see `pixels.pixel_log_prob`.
        shared_scale=dataset == "shapes",
        likelihood="bernoulli" if dataset == "mnist" else "discretised_logistic",
        latent_dim=128 if dataset == "cifar10" else 32,
        adam_b1=0.9,
        adam_b2=0.999,
        learning_rate=1e-3,
        **generative_settings(dataset),
    )


def vae(dataset: str) -> VAEConfig:
    """Class-conditional VAE (Kingma & Welling 2014; Kingma 2014, M2's conditional half).

    Each class has a prior of its own, learned with the rest; on `shapes` it is a flow
    (`latents.FlowPrior`), since a Gaussian draws from within the rings on which the codes of hues
    and angles lie.
    """
    steps = {"shapes": 12_000, "mnist": 5_000, "fashion_mnist": 4_000, "cifar10": 4_000}
    config = _variational("vae", dataset, steps.get(dataset, 3_000))
    if dataset != "shapes":
        return config
    return dataclasses.replace(
        config,
        generator_widths=(128, 64, 32),
        trunk_widths=(32, 64, 128),
        prior_couplings=8,
        # With Adam and batch norm outlines are far slower to learn to turn.
        backbone="residual",
        optimizer="muon",
        learning_rate=0.02,
    )


def ib_vae(dataset: str) -> VAEConfig:
    """A VAE trained to be a classifier by Bayes' rule too (Ardizzone 2020, eq. 11, of flows).

    The class enters by its prior p(z|y) alone, so that one pass of the encoder gives the bounds on
    log p(x|y) of all classes, up to what they share. L = -log p(x|y) / pixels - w log p(y|x), both
    by the bounds: the first makes it a model of pictures, the second keeps classes apart, which
    pixels alone hardly ask for.
    """
    steps = {"mnist": 5_000, "fashion_mnist": 8_000, "cifar10": 10_000}
    return dataclasses.replace(
        _variational("ib-vae", dataset, steps.get(dataset, 3_000)),
        class_in_prior=True,
        class_weight=0.5 if dataset == "mnist" else 0.1,  # chosen on held-out images
    )
