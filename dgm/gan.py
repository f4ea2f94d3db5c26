"""Adversarial systems: the players, one training step, drawing samples."""

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from dgm import losses
from dgm.config import Config
from dgm.data import augment, augmentation_for, to_float
from dgm.nets import Discriminator, Generator

Array = jax.Array

_R1_IMAGES = 32  # of a batch, for the gradient penalty: a gradient of a gradient is costly


def learning_rate(config: Config, peak: float) -> optax.Schedule:
    """`peak`, then a straight line to 0 over the last `decay_share` of the steps."""
    decay_steps = max(1, round(config.num_steps * config.decay_share))
    return optax.join_schedules(
        [optax.constant_schedule(peak), optax.linear_schedule(peak, 0.0, decay_steps)],
        [config.num_steps - decay_steps],
    )


def adam(config: Config, peak: float) -> optax.GradientTransformation:
    """AdamW as the config has it; with `weight_decay` 0 it is Adam."""
    return optax.adamw(
        learning_rate(config, peak),
        b1=config.adam_b1,
        b2=config.adam_b2,
        weight_decay=config.weight_decay,
    )


def update_average(average: nnx.Module, module: nnx.Module, step: Array, decay: float) -> None:
    """Move the weights of `average` towards those of `module`, faster in the first steps.

    Its batch statistics are set when it ships: see `calibrate`.
    """
    decay = jnp.minimum(decay, (1 + step) / (10 + step))
    nnx.update(
        average,
        jax.tree.map(
            lambda a, x: a + (1 - decay) * (x - a),
            nnx.state(average, nnx.Param),
            nnx.state(module, nnx.Param),
        ),
    )


def make_discriminator(config: Config, rngs: nnx.Rngs) -> Discriminator:
    return Discriminator(
        config.channels,
        config.num_classes,
        config.trunk_widths,
        config.convs_per_stage,
        dtype=jnp.dtype(config.dtype),
        rngs=rngs,
    )


def make_generator(config: Config, rngs: nnx.Rngs, channels: int | None = None) -> Generator:
    return Generator(
        channels or config.channels,
        config.num_classes,
        config.latent_dim,
        config.generator_widths,
        dtype=jnp.dtype(config.dtype),
        rngs=rngs,
    )


def frozen(discriminator: Discriminator) -> Discriminator:
    """A copy that normalises by D's last batch of real images: a function of each image alone."""
    copy = nnx.clone(discriminator)
    copy.eval()
    return copy


def r1_penalty(discriminator: Discriminator, images: Array, labels: Array | None) -> Array:
    """E|grad_x D(x, y)|^2, a scalar, over the first of real images [B, 32, 32, C]; labels: int [B]
    or None. See `losses.squared_gradient_norm`."""
    judge = frozen(discriminator)
    labels = None if labels is None else labels[:_R1_IMAGES]
    return losses.squared_gradient_norm(lambda x: judge(x, labels)[0], images[:_R1_IMAGES]).mean()


class GAN(nnx.Module):
    """All that a GAN trains: two players, their optimisers, and the averages that ship."""

    def __init__(self, config: Config, rngs: nnx.Rngs):
        self.generator = make_generator(config, rngs)
        self.discriminator = make_discriminator(config, rngs)
        self.average = nnx.Dict(
            generator=nnx.clone(self.generator), discriminator=nnx.clone(self.discriminator)
        )
        self.generator_optimizer = nnx.Optimizer(
            self.generator, adam(config, config.learning_rate), wrt=nnx.Param
        )
        self.discriminator_optimizer = nnx.Optimizer(
            self.discriminator, adam(config, config.discriminator_learning_rate), wrt=nnx.Param
        )


def released_nets(config: Config, rngs: nnx.Rngs) -> nnx.Dict:
    """The nets of a released model, to be filled with weights."""
    return nnx.Dict(
        generator=make_generator(config, rngs), discriminator=make_discriminator(config, rngs)
    )


def train_step(config: Config, graphdef, state, images: Array, labels: Array, step: Array):
    """`discriminator_steps` updates of D, then one of G.

    Args:
        graphdef, state: `nnx.split` of a `GAN`.
        images: uint8 [discriminator_steps, B, 32, 32, C].
        labels: int32 [discriminator_steps, B].
        step: int32 scalar; together with `config.seed` it fixes every random number.

    Returns:
        (state, metrics): metrics are float32 scalars of the last D update and the G update.
    """
    system = nnx.merge(graphdef, state)
    generator, discriminator = system.generator, system.discriminator
    generator.train(), discriminator.train()
    augmentation = augmentation_for(config.dataset) if config.augment else None
    # Without its class head D is that of 2015, which knows no classes at all.
    condition = (lambda y: y) if config.class_head else (lambda y: None)
    num_fakes = max(1, round(images.shape[1] * config.fakes_per_real))
    key = jax.random.fold_in(jax.random.key(config.seed), step)

    def transform(key: Array, x: Array, flip: bool = True) -> Array:
        return augment(key, x, augmentation, flip=flip) if augmentation else x

    def draw(key: Array) -> tuple[Array, Array]:
        key_z, key_y = jax.random.split(key)
        z = jax.random.normal(key_z, (num_fakes, config.latent_dim))
        return z, jax.random.randint(key_y, (num_fakes,), 0, config.num_classes)

    # --- the discriminator's updates -----------------------------------------------------------
    for i in range(config.discriminator_steps):
        key, key_real, key_draw, key_fake = jax.random.split(key, 4)
        real = transform(key_real, to_float(images[i]))
        z, y = draw(key_draw)
        fake = jnp.tanh(generator(z, y))
        fake = transform(key_fake, fake, flip=False)

        def discriminator_loss(discriminator, real, fake, labels, y):
            # One pass, normalised by the real images: D judges each generated image by itself.
            num_real = len(real)
            logits, class_logits, _ = discriminator(
                jnp.concatenate([real, fake]), condition(jnp.concatenate([labels, y])), num_real
            )
            real_logits, fake_logits = logits[:num_real], logits[num_real:]
            class_logits = class_logits[:num_real]
            # L_D = -log D(x) - log(1 - D(G(z, y))) - w log p(y|x)
            real_loss, fake_loss = losses.minimax_discriminator(real_logits, fake_logits)
            class_loss = losses.cross_entropy(class_logits, labels, config.label_smoothing)
            loss = real_loss.mean() + fake_loss.mean()
            metrics = {"loss/discriminator": loss}
            if config.class_head:
                loss += config.class_weight * class_loss.mean()
                metrics |= {
                    "loss/class_real": class_loss.mean(),
                    "accuracy/class_real": (class_logits.argmax(-1) == labels).mean(),
                }
            if config.r1_gamma:
                penalty = r1_penalty(discriminator, real, condition(labels))
                loss += config.r1_gamma / 2 * penalty
                metrics["penalty/r1"] = penalty
            metrics |= {
                "probability/real": jax.nn.sigmoid(real_logits).mean(),
                "probability/fake": jax.nn.sigmoid(fake_logits).mean(),
            }
            return loss, metrics

        grads, metrics = nnx.grad(discriminator_loss, has_aux=True)(
            discriminator, real, fake, labels[i], y
        )
        system.discriminator_optimizer.update(discriminator, grads)

    # --- the generator's update ----------------------------------------------------------------
    key_draw, key_fake = jax.random.split(key)
    z, y = draw(key_draw)

    judge = frozen(discriminator)

    def generator_loss(generator, judge, z, y):
        fake = transform(key_fake, jnp.tanh(generator(z, y)), flip=False)
        fake_logits, class_logits, _ = judge(fake, condition(y))
        # L_G = -log D(G(z, y)) - w log p(y|G(z, y))
        loss = losses.non_saturating_generator(fake_logits).mean()
        metrics = {"loss/generator": loss}
        if config.class_head:
            class_loss = losses.cross_entropy(class_logits, y).mean()
            loss += config.generator_class_weight * class_loss
            metrics["loss/class_fake"] = class_loss
        return loss, metrics

    grads, generator_metrics = nnx.grad(generator_loss, has_aux=True)(generator, judge, z, y)
    system.generator_optimizer.update(generator, grads)

    update_average(system.average["generator"], generator, step, config.ema_decay)
    update_average(system.average["discriminator"], discriminator, step, config.ema_decay)
    return nnx.state(system), metrics | generator_metrics


def calibrate(config: Config, nets: nnx.Dict, images: Array, labels: Array) -> None:
    """Set the batch statistics of averaged nets, on training images as at test time.

    They must be their own: the features of averaged weights vary less than those of the nets that
    they are the average of (Izmailov 2018, section 3.2). Nets are in training mode; images: float
    [B, 32, 32, C].
    """
    z = jax.random.normal(jax.random.key(config.seed), (len(images), config.latent_dim))
    nets["generator"](z, labels)
    nets["discriminator"](images)


def draw_samples(config: Config, nets: nnx.Dict, z: Array, labels: Array) -> Array:
    """z: [N, Z], labels: int [N] -> pictures [N, 32, 32, C] in [-1, 1]."""
    return jnp.tanh(nets["generator"](z, labels))
