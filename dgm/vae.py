"""Variational autoencoders, alone (VAE) and with a discriminator (VAE-GAN)."""

import dataclasses

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from dgm import losses
from dgm.config import Config
from dgm.data import to_float
from dgm.data.augmentation import augment, augmentation_for, diff_augment
from dgm.gan import (
    frozen,
    make_discriminator,
    make_generator,
    optimizer,
    r1_penalty,
    update_average,
)
from dgm.nets import ClassPrior, Encoder, FlowPrior

Array = jax.Array
_REGRET = optax.adam(0.05)


def make_encoder(config: Config, rngs: nnx.Rngs) -> Encoder:
    return Encoder(
        config.channels,
        1 if config.class_in_prior else config.num_classes,
        config.latent_dim,
        config.trunk_widths,
        config.convs_per_stage,
        dtype=jnp.dtype(config.dtype),
        rngs=rngs,
    )


def make_decoder(config: Config, rngs: nnx.Rngs):
    """The generator's net; with the logistic likelihood it also gives a scale a pixel."""
    outputs = 2 if config.likelihood == "discretised_logistic" else 1
    return make_generator(config, rngs, outputs * config.channels)


def make_prior(config: Config, rngs: nnx.Rngs) -> ClassPrior:
    if config.prior_couplings:
        return FlowPrior(config.num_classes, config.latent_dim, config.prior_couplings, rngs=rngs)
    return ClassPrior(config.num_classes, config.latent_dim)


def pixel_log_prob(config: Config, images: Array, decoded: Array) -> Array:
    """log p(x|z, y), [B], in nats.

    With `shared_scale` a picture has one scale, the mean of what the decoder gives, as if each had
    the error of all: the calibrated decoder of Rybkin 2021, with a logistic.

    Args:
        images: [B, 32, 32, C] in [-1, 1]; for the Bernoulli likelihood its ends alone.
        decoded: what the decoder returned for (z, y).
    """
    if config.likelihood == "bernoulli":
        return losses.bernoulli_log_prob((images + 1) / 2, decoded)
    mean, log_scale = jnp.split(decoded, 2, -1)
    if config.shared_scale:
        log_scale = jnp.broadcast_to(log_scale.mean((1, 2, 3), keepdims=True), mean.shape)
    return losses.discretised_logistic_log_prob(images, mean, jnp.maximum(log_scale - 2, -6))


def mean_picture(config: Config, decoded: Array) -> Array:
    """The decoder's output as a picture [B, 32, 32, C] in [-1, 1]: the mean of p(x|z, y)."""
    if config.likelihood == "bernoulli":
        return 2 * jax.nn.sigmoid(decoded) - 1
    return jnp.clip(jnp.split(decoded, 2, -1)[0], -1, 1)


def binarise(key: Array, images: Array) -> Array:
    """Each pixel of [-1, 1] drawn as -1 or 1 with its own mean (Salakhutdinov & Murray 2008)."""
    return jnp.where(jax.random.uniform(key, images.shape) < (images + 1) / 2, 1.0, -1.0)


def told(config: Config, labels: Array) -> Array:
    """Labels as encoder and decoder take them: all 0 where the class is in the prior alone."""
    return jnp.zeros_like(labels) if config.class_in_prior else labels


def posterior(config: Config, nets, images: Array, labels: Array) -> tuple[Array, Array]:
    """Mean and log_var of q(z|x, y), [B, Z] each, as seen from the class: where the prior is a
    flow, before it."""
    found = nets["encoder"](images, told(config, labels))
    return nets["prior"].standardise(*found, labels)


def encode(config: Config, nets, images: Array, labels: Array) -> Array:
    """The mean of `posterior` as a z of which p(z) = N(0, I), [B, Z]."""
    return nets["prior"].unwarp(posterior(config, nets, images, labels)[0], labels)[0]


def class_divergences(config: Config, nets, features: Array) -> Array:
    """KL(q(z|x) || p(z|y)) of every class y, [B, K], nats, where the class is in the prior alone.

    All else in the bound on log p(x|y) is then the same for every class.

    Args:
        features: `encoder.features(images)`.
    """
    mean, log_var = nets["encoder"].posterior(features, jnp.zeros(len(features), jnp.int32))

    def divergence(label: Array) -> Array:
        labels = jnp.broadcast_to(label, len(features))
        return losses.gaussian_kl(*nets["prior"].standardise(mean, log_var, labels))

    return jax.vmap(divergence, out_axes=1)(jnp.arange(config.num_classes))


def evidence_bounds(
    config: Config,
    nets,
    key: Array,
    images: Array,
    labels: Array,
    num_importance: int,
    features: Array | None = None,
) -> dict[str, Array]:
    """Bounds on log p(x|y), [B] each, in nats.

    `elbo` = E_q[log p(x|z, y)] - KL(q(z|x, y) || p(z)) (Kingma & Welling 2014, eq. 3), and the
    importance-weighted bound `iwae` = log 1/K sum_k p(x, z_k|y) / q(z_k|x, y) (Burda 2016, eq. 8)
    with K = num_importance draws. z is measured from the class's own prior (`nets.ClassPrior`,
    `nets.FlowPrior`), so p(z) = N(0, I) for every class.

    Args:
        images: [B, 32, 32, C] in [-1, 1], binarised where the likelihood is Bernoulli.
        labels: int [B].
        features: `encoder.features(images)` where the caller has them already.
    """
    encoder = nets["encoder"]
    features = encoder.features(images) if features is None else features
    posterior = encoder.posterior(features, told(config, labels))
    posterior = nets["prior"].standardise(*posterior, labels)
    return bounds_of(config, nets, key, images, labels, num_importance, posterior)


def bounds_of(
    config: Config,
    nets,
    key: Array,
    images: Array,
    labels: Array,
    num_importance: int,
    posterior: tuple[Array, Array],
) -> dict[str, Array]:
    """`evidence_bounds` for any Gaussian in the place of q(z|x, y): mean and log_var [B, Z], as
    seen from the class. KL to a flow has no closed form; it is that of the draws."""
    mean, log_var = posterior
    prior = nets["prior"]

    def one_draw(key: Array) -> tuple[Array, Array]:
        code = mean + jnp.exp(log_var / 2) * jax.random.normal(key, mean.shape)
        decoded = nets["decoder"](prior.scale(code, labels), told(config, labels))
        z, log_det = prior.unwarp(code, labels)
        log_prior = losses.gaussian_log_prob(z, 0.0, 0.0) + log_det
        log_ratio = log_prior - losses.gaussian_log_prob(code, mean, log_var)
        return pixel_log_prob(config, images, decoded), log_ratio

    # Unrolled: XLA:CPU runs convolutions inside a loop many times slower.
    draws = [one_draw(k) for k in jax.random.split(key, num_importance)]
    reconstructions, log_ratios = (jnp.stack(parts) for parts in zip(*draws, strict=True))
    kl = -log_ratios.mean(0) if config.prior_couplings else losses.gaussian_kl(mean, log_var)
    return {
        "elbo": reconstructions.mean(0) - kl,
        "iwae": jax.nn.logsumexp(reconstructions + log_ratios, 0) - jnp.log(num_importance),
        "reconstruction": reconstructions.mean(0),
        "kl": kl,
    }


def regret_step(config: Config, nets, key: Array, images: Array, labels: Array, state):
    """One step of Adam on the ELBO of each picture by itself, up the Gaussian q alone.

    Args:
        state: ((mean, log_var) of q, its optimiser's state), the first by `start_of_regret`.

    Returns:
        The state after it.
    """
    posterior, moments = state

    def loss(posterior):
        return -bounds_of(config, nets, key, images, labels, 1, posterior)["elbo"].sum()

    updates, moments = _REGRET.update(jax.grad(loss)(posterior), moments)
    return optax.apply_updates(posterior, updates), moments


def start_of_regret(config: Config, nets, images: Array, labels: Array):
    """What `regret_step` starts from: q(z|x, y) as the encoder gives it."""
    fit = posterior(config, nets, images, labels)
    return fit, _REGRET.init(fit)


# --- VAE ---------------------------------------------------------------------------------------


class VAE(nnx.Module):
    """All that a VAE trains: encoder and decoder under one optimiser, and their average."""

    def __init__(self, config: Config, rngs: nnx.Rngs):
        self.nets = released_vae_nets(config, rngs)
        self.average = nnx.clone(self.nets)
        self.optimizer = nnx.Optimizer(
            self.nets, optimizer(config, config.learning_rate), wrt=nnx.Param
        )


def released_vae_nets(config: Config, rngs: nnx.Rngs) -> nnx.Dict:
    """The nets of a released VAE, to be filled with weights."""
    return nnx.Dict(
        encoder=make_encoder(config, rngs),
        decoder=make_decoder(config, rngs),
        prior=make_prior(config, rngs),
    )


def vae_train_step(config: Config, graphdef, state, images: Array, labels: Array, step: Array):
    """One update of encoder and decoder; arguments and returns as `gan.train_step`.

    The loss is -E_q[log p(x|z, y)] + beta KL (Higgins 2017; beta = 1: Kingma & Welling 2014), or
    with several draws of z the importance-weighted bound (Burda 2016). Where the class is in the
    prior alone, - w log p(y|x) is added to it, p(y|x) by Bayes' rule from the bounds of all classes
    (Ardizzone 2020, eq. 11).
    """
    system = nnx.merge(graphdef, state)
    system.nets.train()
    key_augment, key_pixels, key_z = jax.random.split(
        jax.random.fold_in(jax.random.key(config.seed), step), 3
    )
    x, y = to_float(images[0]), labels[0]
    changed = x
    if config.augment:
        augmentation = augmentation_for(config.dataset)
        # Flips only: a shifted picture is not a draw from the density to be learnt.
        x = augment(key_augment, x, dataclasses.replace(augmentation, max_shift=0))
        changed = augment(key_augment, changed, augmentation)
    if config.likelihood == "bernoulli":
        x = binarise(key_pixels, x)

    def loss(nets):
        features = nets["encoder"].features(
            jnp.concatenate([x, changed]) if config.class_in_prior else x
        )
        bounds = evidence_bounds(
            config, nets, key_z, x, y, config.num_importance, features[: len(x)]
        )
        if config.num_importance > 1:
            # -log 1/K sum_k p(x, z_k|y) / q(z_k|x, y)
            negative = -bounds["iwae"].mean()
        else:
            # -L = -E_q[log p(x|z, y)] + beta KL
            negative = (-bounds["reconstruction"] + config.beta * bounds["kl"]).mean()
        metrics = {
            "loss/negative_elbo": -bounds["elbo"].mean(),
            "loss/reconstruction": -bounds["reconstruction"].mean(),
            "loss/kl": bounds["kl"].mean(),
        }
        negative /= x[0].size  # a pixel and channel, so that rates carry over
        if config.class_in_prior:
            class_logits = -class_divergences(config, nets, features[len(x) :])
            class_loss = losses.cross_entropy(class_logits, y, config.label_smoothing).mean()
            negative += config.class_weight * class_loss
            metrics["loss/class"] = class_loss
            metrics["accuracy/train"] = (class_logits.argmax(-1) == y).mean()
        return negative, metrics

    grads, metrics = nnx.grad(loss, has_aux=True)(system.nets)
    system.optimizer.update(system.nets, grads)
    update_average(system.average, system.nets, step, config.ema_decay)
    return nnx.state(system), metrics


def calibrate_vae(config: Config, nets: nnx.Dict, images: Array, labels: Array) -> None:
    """As `gan.calibrate`, of encoder and decoder."""
    key_pixels, key_z = jax.random.split(jax.random.key(config.seed))
    if config.likelihood == "bernoulli":
        images = binarise(key_pixels, images)
    evidence_bounds(config, nets, key_z, images, labels, 1)


def vae_drawer(config: Config, nets: nnx.Dict, z: Array, labels: Array):
    """As `gan.drawer`."""
    return nets["decoder"], nets["prior"].place(z, labels), told(config, labels)


def draw_vae_samples(config: Config, nets: nnx.Dict, z: Array, labels: Array) -> Array:
    """z: [N, Z], labels: int [N] -> pictures [N, 32, 32, C] in [-1, 1]."""
    net, *inputs = vae_drawer(config, nets, z, labels)
    return mean_picture(config, net(*inputs))


# --- VAE-GAN -----------------------------------------------------------------------------------


class VAEGAN(nnx.Module):
    """All that a VAE-GAN trains: encoder and decoder together, D, and their averages."""

    def __init__(self, config: Config, rngs: nnx.Rngs):
        self.autoencoder = nnx.Dict(
            encoder=make_encoder(config, rngs),
            generator=make_generator(config, rngs),
            prior=make_prior(config, rngs),
        )
        self.discriminator = make_discriminator(config, rngs)
        self.average = nnx.Dict(
            encoder=nnx.clone(self.autoencoder["encoder"]),
            generator=nnx.clone(self.autoencoder["generator"]),
            prior=nnx.clone(self.autoencoder["prior"]),
            discriminator=nnx.clone(self.discriminator),
        )
        self.autoencoder_optimizer = nnx.Optimizer(
            self.autoencoder, optimizer(config, config.learning_rate), wrt=nnx.Param
        )
        self.discriminator_optimizer = nnx.Optimizer(
            self.discriminator, optimizer(config, config.discriminator_learning_rate), wrt=nnx.Param
        )


def released_vae_gan_nets(config: Config, rngs: nnx.Rngs) -> nnx.Dict:
    """The nets of a released VAE-GAN, to be filled with weights."""
    return nnx.Dict(
        encoder=make_encoder(config, rngs),
        generator=make_generator(config, rngs),
        prior=make_prior(config, rngs),
        discriminator=make_discriminator(config, rngs),
    )


def reconstruct_and_draw(
    config: Config, nets, key: Array, images: Array, labels: Array
) -> tuple[Array, Array, Array]:
    """Reconstructions of images [B, 32, 32, C], then as many draws from the prior.

    Returns:
        (pictures [2 B, 32, 32, C] in [-1, 1], mean and log_var [B, Z] of q(z|x, y)).
    """
    noise, prior = jax.random.normal(key, (2, len(images), config.latent_dim))
    mean, log_var = nets["prior"].standardise(*nets["encoder"](images, labels), labels)
    z = jnp.concatenate([mean + jnp.exp(log_var / 2) * noise, prior])
    return draw_vae_gan_samples(config, nets, z, jnp.tile(labels, 2)), mean, log_var


def vae_gan_train_step(config: Config, graphdef, state, images: Array, labels: Array, step: Array):
    """One update of D, then one of encoder and decoder on the joint loss L_GAN + L_VAE.

    As in Larsen 2016 the reconstruction error is taken in D's features rather than in pixels, and
    D judges both reconstructions and draws from the prior. Two things differ from the paper: all is
    class-conditional and D has a class head, and L_GAN reaches the encoder too, since it is one
    joint loss. Arguments and returns as `gan.train_step`.
    """
    system = nnx.merge(graphdef, state)
    autoencoder, discriminator = system.autoencoder, system.discriminator
    autoencoder.train(), discriminator.train()
    key_augment, key_z, key_seen, key_drawn = jax.random.split(
        jax.random.fold_in(jax.random.key(config.seed), step), 4
    )
    x, y = to_float(images[0]), labels[0]
    if config.augment:
        x = augment(key_augment, x, augmentation_for(config.dataset))

    def shown(pictures: Array, key: Array = key_seen) -> Array:
        return diff_augment(key, pictures, config.diff_augment)

    def reconstructed_and_drawn(autoencoder) -> tuple[Array, Array, Array]:
        """Pictures as D sees them: a reconstruction through the same changes as its original."""
        fake, mean, log_var = reconstruct_and_draw(config, autoencoder, key_z, x, y)
        return (
            jnp.concatenate([shown(fake[: len(x)]), shown(fake[len(x) :], key_drawn)]),
            mean,
            log_var,
        )

    # --- the discriminator's update ------------------------------------------------------------
    real = shown(x)
    fake, _, _ = reconstructed_and_drawn(autoencoder)

    def discriminator_loss(discriminator, fake):
        # One pass, normalised by the real images: D judges each generated image by itself.
        logits, class_logits, _ = discriminator(
            jnp.concatenate([real, fake]), jnp.concatenate([y, y, y]), len(x)
        )
        real_loss, fake_loss = losses.minimax_discriminator(logits[: len(x)], logits[len(x) :])
        class_logits = class_logits[: len(x)]
        class_loss = losses.cross_entropy(class_logits, y, config.label_smoothing).mean()
        loss = real_loss.mean() + fake_loss.mean()
        metrics = {
            "loss/discriminator": loss,
            "loss/class_real": class_loss,
            "accuracy/class_real": (class_logits.argmax(-1) == y).mean(),
            "probability/real": jax.nn.sigmoid(logits[: len(x)]).mean(),
            "probability/fake": jax.nn.sigmoid(logits[len(x) :]).mean(),
        }
        loss += config.class_weight * class_loss
        if config.r1_gamma:
            few = slice(config.penalty_images)
            penalty = r1_penalty(discriminator, real[few], y[few])
            loss += config.r1_gamma / 2 * penalty
            metrics["penalty/r1"] = penalty
        return loss, metrics

    grads, metrics = nnx.grad(discriminator_loss, has_aux=True)(discriminator, fake)
    system.discriminator_optimizer.update(discriminator, grads)

    # --- the update of encoder and decoder -----------------------------------------------------
    judge = frozen(discriminator)

    def joint_loss(autoencoder, judge):
        fake, mean, log_var = reconstructed_and_drawn(autoencoder)
        _, _, real_features = judge(real)
        fake_logits, class_logits, features = judge(fake, jnp.concatenate([y, y]))
        # L_GAN = -log D(G(z, y)) - w log p(y|G(z, y)), z from q(z|x, y) and from p(z)
        class_loss = losses.cross_entropy(class_logits, jnp.concatenate([y, y])).mean()
        adversarial = losses.non_saturating_generator(fake_logits, fake_logits).mean()
        # L_VAE = 1/2 |D_l(x) - D_l(G(z, y))|^2 + KL, a pixel and channel
        error = jax.lax.stop_gradient(real_features) - features[: x.shape[0]]
        reconstruction = 0.5 * (error**2).sum(range(1, error.ndim)).mean()
        kl = losses.gaussian_kl(mean, log_var).mean()
        loss = (
            config.adversarial_weight * (adversarial + config.generator_class_weight * class_loss)
            + (config.feature_weight * reconstruction + config.beta * kl) / x[0].size
        )
        metrics = {
            "loss/generator": adversarial,
            "loss/class_fake": class_loss,
            "loss/reconstruction": reconstruction,
            "loss/kl": kl,
        }
        return loss, metrics

    grads, joint_metrics = nnx.grad(joint_loss, has_aux=True)(autoencoder, judge)
    system.autoencoder_optimizer.update(autoencoder, grads)

    for name, net in (*autoencoder.items(), ("discriminator", discriminator)):
        update_average(system.average[name], net, step, config.ema_decay)
    return nnx.state(system), metrics | joint_metrics


def calibrate_vae_gan(config: Config, nets: nnx.Dict, images: Array, labels: Array) -> None:
    """As `gan.calibrate`; half of what the generator draws are reconstructions, as in training."""
    reconstruct_and_draw(config, nets, jax.random.key(config.seed), images, labels)
    nets["discriminator"](images)


def vae_gan_drawer(config: Config, nets: nnx.Dict, z: Array, labels: Array):
    """As `gan.drawer`."""
    return nets["generator"], nets["prior"].place(z, labels), labels


def draw_vae_gan_samples(config: Config, nets: nnx.Dict, z: Array, labels: Array) -> Array:
    """z: [N, Z], labels: int [N] -> pictures [N, 32, 32, C] in [-1, 1]."""
    net, *inputs = vae_gan_drawer(config, nets, z, labels)
    return jnp.tanh(net(*inputs))
