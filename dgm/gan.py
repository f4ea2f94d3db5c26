"""Adversarial systems: the players, one training step, drawing samples.

One step serves them all. What makes each one itself stands in its config: the game that D and G
play (`losses.ADVERSARIAL`), what keeps D smooth (penalties, clipped weights, spectral norm), how
often it moves, the optimiser, the nets.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from dgm import losses
from dgm.config import Config
from dgm.data import to_float
from dgm.data.augmentation import augment, augmentation_for, diff_augment
from dgm.nets import Discriminator, Generator, MLPDiscriminator, MLPGenerator

Array = jax.Array


def learning_rate(config: Config, peak: float, updates_a_step: int = 1) -> optax.Schedule:
    """`peak`, then a straight line to 0 over the last `decay_share` of the steps.

    An optimiser counts its own updates, of which a player may make several a step.
    """
    num_updates = config.num_steps * updates_a_step
    decay_updates = max(1, round(num_updates * config.decay_share))
    return optax.join_schedules(
        [optax.constant_schedule(peak), optax.linear_schedule(peak, 0.0, decay_updates)],
        [num_updates - decay_updates],
    )


def optimizer(config: Config, peak: float, updates_a_step: int = 1) -> optax.GradientTransformation:
    """RMSProp, Muon or AdamW, as the config has it; with `weight_decay` 0 that is Adam.

    Muon (Jordan 2024) is for the kernels of convolutions, as matrices from what goes in to what
    comes out; all else has Adam, with Nesterov momentum, at a twentieth of the rate.
    """
    rate = learning_rate(config, peak, updates_a_step)
    if config.optimizer == "muon":
        kernel = optax.contrib.MuonDimensionNumbers((0, 1, 2), 3)
        return optax.contrib.muon(
            rate,
            beta=config.adam_b1,
            weight_decay=config.weight_decay,
            adam_b2=config.adam_b2,
            adam_learning_rate=learning_rate(config, peak / 20, updates_a_step),
            muon_weight_dimension_numbers=lambda params: jax.tree.map(
                lambda p: kernel if p.ndim == 4 else None, params
            ),
        )
    if config.optimizer == "rmsprop":
        return optax.rmsprop(rate, decay=config.adam_b2, eps_in_sqrt=False)
    return optax.adamw(rate, b1=config.adam_b1, b2=config.adam_b2, weight_decay=config.weight_decay)


def update_average(average: nnx.Module, module: nnx.Module, step: Array, decay: float) -> None:
    """Move the weights of `average` towards those of `module`, faster in the first steps.

    Statistics are taken as they are; those of batch norm are set when it ships: see `calibrate`.
    """
    nnx.update(average, nnx.state(module, nnx.BatchStat))
    decay = jnp.minimum(decay, (1 + step) / (10 + step))
    nnx.update(
        average,
        jax.tree.map(
            lambda a, x: a + (1 - decay) * (x - a),
            nnx.state(average, nnx.Param),
            nnx.state(module, nnx.Param),
        ),
    )


def make_discriminator(config: Config, rngs: nnx.Rngs) -> Discriminator | MLPDiscriminator:
    if config.backbone == "mlp":
        return MLPDiscriminator(
            config.channels, config.num_classes, config.mlp_trunk_widths, rngs=rngs
        )
    return Discriminator(
        config.channels,
        config.num_classes,
        config.trunk_widths,
        config.convs_per_stage,
        normalisation=config.normalisation,
        residual=config.backbone == "residual",
        class_head=config.class_head,
        projection=config.projection,
        minibatch_stddev=config.minibatch_stddev,
        dtype=jnp.dtype(config.dtype),
        rngs=rngs,
    )


def make_generator(
    config: Config, rngs: nnx.Rngs, channels: int | None = None
) -> Generator | MLPGenerator:
    channels = channels or config.channels
    # To one that is not told of classes they are all one.
    is_told = config.is_conditional and not config.class_in_prior
    num_classes = config.num_classes if is_told else 1
    if config.backbone == "mlp":
        return MLPGenerator(
            channels,
            num_classes,
            config.latent_dim,
            config.mlp_widths,
            normalisation=config.mlp_normalisation,
            rngs=rngs,
        )
    return Generator(
        channels,
        num_classes,
        config.latent_dim,
        config.generator_widths,
        residual=config.backbone == "residual",
        dtype=jnp.dtype(config.dtype),
        rngs=rngs,
    )


def frozen(discriminator: Discriminator) -> Discriminator:
    """A copy that normalises by D's last batch of real images: a function of each image alone."""
    copy = nnx.clone(discriminator)
    copy.eval()
    return copy


def r1_penalty(discriminator: nnx.Module, images: Array, labels: Array) -> Array:
    """E|grad_x D(x, y)|^2, a scalar, over images [B, 32, 32, C] of the classes int [B].

    R1 on real images, R2 on generated ones. See `losses.squared_gradient_norm`.
    """
    judge = frozen(discriminator)
    return losses.squared_gradient_norm(lambda x: judge(x, labels)[0], images).mean()


def lipschitz_penalty(
    discriminator: nnx.Module, key: Array, real: Array, fake: Array, labels: Array
) -> Array:
    """E(|grad_x f(x)| - 1)^2, a scalar, x = e x_real + (1 - e) G(z, y), e uniform (Gulrajani 2017).

    real, fake: [B, 32, 32, C], pairs of one class; labels: int [B].
    """
    judge = frozen(discriminator)
    share = jax.random.uniform(key, (len(real), 1, 1, 1))
    between = share * real + (1 - share) * fake
    return losses.gradient_penalty(lambda x: judge(x, labels)[0], between).mean()


def clip_weights(critic: nnx.Module, limit: float) -> None:
    """Every weight into [-limit, limit], which makes a critic Lipschitz (Arjovsky 2017)."""
    weights = nnx.state(critic, nnx.Param)
    nnx.update(critic, jax.tree.map(lambda w: jnp.clip(w, -limit, limit), weights))


def transformation(config: Config) -> Callable[..., Array]:
    """(key, images, flip=True) -> images through the run's random changes, as D gets to see them.

    Real and generated images both go through them, so that D cannot learn the training set by heart
    (Zhao 2020); `flip=False` leaves out the mirror, for generated images.
    """

    def transform(key: Array, x: Array, flip: bool = True) -> Array:
        key_augment, key_diff = jax.random.split(key)
        if config.augment:
            x = augment(key_augment, x, augmentation_for(config.dataset), flip=flip)
        return diff_augment(key_diff, x, config.diff_augment)

    return transform


class GAN(nnx.Module):
    """All that a GAN trains: two players, their optimisers, and the averages that ship."""

    def __init__(self, config: Config, rngs: nnx.Rngs):
        self.generator = make_generator(config, rngs)
        self.discriminator = make_discriminator(config, rngs)
        average = {"generator": nnx.clone(self.generator)}
        if config.class_head:
            average["discriminator"] = nnx.clone(self.discriminator)
        self.average = nnx.Dict(average)
        self.generator_optimizer = nnx.Optimizer(
            self.generator, optimizer(config, config.learning_rate), wrt=nnx.Param
        )
        self.discriminator_optimizer = nnx.Optimizer(
            self.discriminator,
            optimizer(config, config.discriminator_learning_rate, config.discriminator_steps),
            wrt=nnx.Param,
        )


def released_nets(config: Config, rngs: nnx.Rngs) -> nnx.Dict:
    """The nets of a released model, to be filled with weights: D where it classifies."""
    nets = {"generator": make_generator(config, rngs)}
    if config.class_head:
        nets["discriminator"] = make_discriminator(config, rngs)
    return nnx.Dict(nets)


def classes_of(config: Config, labels: Array) -> Array:
    """Labels as a generator takes them: all 0 where no loss tells it of classes."""
    return labels if config.is_conditional else jnp.zeros_like(labels)


def draw(config: Config, generator: nnx.Module, key: Array, labels: Array) -> Array:
    """New pictures of the classes int [B]: float [B, 32, 32, C] in [-1, 1]."""
    z = jax.random.normal(key, (len(labels), config.latent_dim))
    return jnp.tanh(generator(z, classes_of(config, labels)))


def update_discriminator(
    config: Config, system: GAN, key: Array, images: Array, y: Array
) -> tuple[Array, dict[str, Array]]:
    """One update of D, in place, on real images uint8 [B, 32, 32, C] of the classes y, int [B].

    Returns:
        (the real images as D saw them, metrics).
    """
    game = losses.ADVERSARIAL[config.adversarial_loss]
    smoothing = {} if game.is_critic else {"smoothing": config.one_sided_smoothing}
    transform = transformation(config)
    key_real, key_draw, key_fake, key_between = jax.random.split(key, 4)
    y_fake = y[: max(1, round(len(y) * config.fakes_per_real))]
    real = transform(key_real, to_float(images))
    fake = transform(key_fake, draw(config, system.generator, key_draw, y_fake), flip=False)

    def loss(discriminator, real, fake):
        # One pass, normalised by the real images: D judges each generated image by itself.
        logits, class_logits, _ = discriminator(
            jnp.concatenate([real, fake]), jnp.concatenate([y, y_fake]), len(real)
        )
        real_logits, fake_logits = logits[: len(real)], logits[len(real) :]
        # L_D, as the game has it
        parts = game.discriminator(real_logits, fake_logits, **smoothing)
        total = sum(part.mean() for part in parts)
        metrics = {"loss/discriminator": total}
        if config.class_head:
            # + w (-log p(y|x))
            class_logits = class_logits[: len(real)]
            class_loss = losses.cross_entropy(class_logits, y, config.label_smoothing).mean()
            total += config.class_weight * class_loss
            metrics |= {
                "loss/class_real": class_loss,
                "accuracy/class_real": (class_logits.argmax(-1) == y).mean(),
            }
        few = slice(config.penalty_images)
        if config.r1_gamma:
            penalty = r1_penalty(discriminator, real[few], y[few])
            total += config.r1_gamma / 2 * penalty
            metrics["penalty/r1"] = penalty
        if config.r2_gamma:
            penalty = r1_penalty(discriminator, fake[few], y_fake[few])
            total += config.r2_gamma / 2 * penalty
            metrics["penalty/r2"] = penalty
        if config.gradient_penalty:
            penalty = lipschitz_penalty(
                discriminator, key_between, real[few], fake[few], y_fake[few]
            )
            total += config.gradient_penalty * penalty
            metrics["penalty/gradient"] = penalty
        if game.is_critic:
            # Of a Lipschitz critic it estimates the Wasserstein distance (Arjovsky 2017, eq. 3).
            metrics["critic/difference"] = real_logits.mean() - fake_logits.mean()
        else:
            metrics |= {
                "probability/real": jax.nn.sigmoid(real_logits).mean(),
                "probability/fake": jax.nn.sigmoid(fake_logits).mean(),
            }
        return total, metrics

    grads, metrics = nnx.grad(loss, has_aux=True)(system.discriminator, real, fake)
    system.discriminator_optimizer.update(system.discriminator, grads)
    if config.weight_clip:
        clip_weights(system.discriminator, config.weight_clip)
    return real, metrics


def update_generator(
    config: Config, system: GAN, key: Array, real: Array, y: Array
) -> dict[str, Array]:
    """One update of G, in place, against D as it is; returns metrics.

    real: [B, 32, 32, C], for a game in which G answers to real images; y: int [B], what to draw.
    """
    game = losses.ADVERSARIAL[config.adversarial_loss]
    transform = transformation(config)
    key_draw, key_fake = jax.random.split(key)
    judge = frozen(system.discriminator)

    def loss(generator, judge):
        fake = transform(key_fake, draw(config, generator, key_draw, y), flip=False)
        fake_logits, class_logits, _ = judge(fake, y)
        real_logits, _, _ = judge(real, y)  # compiled away where the game does not ask for it
        # L_G, as the game has it
        total = game.generator(fake_logits, real_logits).mean()
        metrics = {"loss/generator": total}
        if config.class_head:
            # + w (-log p(y|G(z, y)))
            class_loss = losses.cross_entropy(class_logits, y).mean()
            total += config.generator_class_weight * class_loss
            metrics["loss/class_fake"] = class_loss
        return total, metrics

    grads, metrics = nnx.grad(loss, has_aux=True)(system.generator, judge)
    system.generator_optimizer.update(system.generator, grads)
    return metrics


def critic_step(
    config: Config, graphdef, state, images: Array, labels: Array, step: Array, left: Array
):
    """One of a step's updates of D but the last: `left` more follow before G's.

    `train_step` does them all in one program; where that is slow to compile they are called one by
    one, and come to the same.

    Args:
        images: uint8 [B, 32, 32, C]. labels: int32 [B]. step, left: int32 scalars.

    Returns:
        The state.
    """
    system = nnx.merge(graphdef, state)
    system.generator.train(), system.discriminator.train()
    key = jax.random.fold_in(jax.random.key(config.seed), step)
    update_discriminator(config, system, jax.random.fold_in(key, left), images, labels)
    return nnx.state(system)


def train_step(config: Config, graphdef, state, images: Array, labels: Array, step: Array):
    """As many updates of D as there are batches, then one of G.

    Args:
        graphdef, state: `nnx.split` of a `GAN`.
        images: uint8 [S, B, 32, 32, C], S updates of D.
        labels: int32 [S, B]; generated images are drawn for these classes too.
        step: int32 scalar; together with `config.seed` it fixes every random number.

    Returns:
        (state, metrics): metrics are float32 scalars of the last D update and the G update.
    """
    system = nnx.merge(graphdef, state)
    system.generator.train(), system.discriminator.train()
    key = jax.random.fold_in(jax.random.key(config.seed), step)
    last = len(images) - 1
    for i in range(last + 1):
        key_d = jax.random.fold_in(key, last - i)
        real, metrics = update_discriminator(config, system, key_d, images[i], labels[i])
    num_fakes = max(1, round(len(real) * config.fakes_per_real))
    metrics |= update_generator(config, system, key, real[:num_fakes], labels[last][:num_fakes])
    update_average(system.average["generator"], system.generator, step, config.ema_decay)
    if config.class_head:
        update_average(
            system.average["discriminator"], system.discriminator, step, config.ema_decay
        )
    return nnx.state(system), metrics


def calibrate(config: Config, nets: nnx.Dict, images: Array, labels: Array) -> None:
    """Set the batch statistics of averaged nets, on training images as at test time.

    They must be their own: the features of averaged weights vary less than those of the nets that
    they are the average of (Izmailov 2018, section 3.2). Nets are in training mode; images: float
    [B, 32, 32, C].
    """
    z = jax.random.normal(jax.random.key(config.seed), (len(images), config.latent_dim))
    draw_samples(config, nets, z, labels)
    if "discriminator" in nets:
        nets["discriminator"](images)


def drawer(config: Config, nets: nnx.Dict, z: Array, labels: Array):
    """The net that draws, and z [N, Z] and labels, int [N], as it takes them."""
    return nets["generator"], z, classes_of(config, labels)


def draw_samples(config: Config, nets: nnx.Dict, z: Array, labels: Array) -> Array:
    """z: [N, Z], labels: int [N] -> pictures [N, 32, 32, C] in [-1, 1]."""
    net, *inputs = drawer(config, nets, z, labels)
    return jnp.tanh(net(*inputs))
