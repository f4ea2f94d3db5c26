"""The Improved GAN: one D of K + 1 classes, which learns from few labels and many images."""

import jax
import jax.numpy as jnp
from flax import nnx

from dgm import losses
from dgm.config import Config
from dgm.data import to_float
from dgm.gan import draw, frozen, make_generator, optimizer, transformation, update_average
from dgm.nets import KPlusOneDiscriminator, NoisyMLP, Trunk, WeightNorm

Array = jax.Array


def make_discriminator(config: Config, rngs: nnx.Rngs) -> KPlusOneDiscriminator:
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


def released_nets(config: Config, rngs: nnx.Rngs) -> nnx.Dict:
    """The nets of a released model, to be filled with weights."""
    return nnx.Dict(
        generator=make_generator(config, rngs), discriminator=make_discriminator(config, rngs)
    )


class ImprovedGAN(nnx.Module):
    """All that an Improved GAN trains: two players, their optimisers, the averages that ship."""

    def __init__(self, config: Config, rngs: nnx.Rngs):
        self.nets = released_nets(config, rngs)
        self.average = nnx.clone(self.nets)
        self.generator_optimizer = nnx.Optimizer(
            self.nets["generator"], optimizer(config, config.learning_rate), wrt=nnx.Param
        )
        self.discriminator_optimizer = nnx.Optimizer(
            self.nets["discriminator"],
            optimizer(config, config.discriminator_learning_rate),
            wrt=nnx.Param,
        )


def train_step(config: Config, graphdef, state, images: Array, labels: Array, step: Array):
    """One update of D, then one of G (Salimans 2016, sections 3.1 and 5).

    Arguments and returns as `gan.train_step`, but for the batch: its first `labelled_batch_size`
    images have a label, of the others none is looked at.
    """
    system = nnx.merge(graphdef, state)
    system.nets.train()
    generator, discriminator = system.nets["generator"], system.nets["discriminator"]
    transform = transformation(config)
    keys = jax.random.split(jax.random.fold_in(jax.random.key(config.seed), step), 6)
    num_labelled = config.labelled_batch_size
    num_real = images.shape[1]
    x, y = transform(keys[0], to_float(images[0])), labels[0][:num_labelled]
    no_class = jnp.zeros(num_real - num_labelled, jnp.int32)

    # --- the discriminator's update ------------------------------------------------------------
    fake = transform(keys[2], draw(config, generator, keys[1], no_class), flip=False)

    def discriminator_loss(discriminator, x, fake):
        # One pass, normalised by the real images.
        source, class_logits, _ = discriminator(jnp.concatenate([x, fake]), num_real, keys[4])
        class_logits = class_logits[:num_labelled]
        # L_D = -log p(y|x, y <= K) - log D(x') - log(1 - D(G(z))), x labelled, x' not
        class_loss = losses.cross_entropy(class_logits, y, config.label_smoothing).mean()
        real_loss, fake_loss = losses.minimax_discriminator(
            source[num_labelled:num_real], source[num_real:], config.one_sided_smoothing
        )
        loss = (real_loss.mean() + fake_loss.mean()) / 2
        return config.class_weight * class_loss + loss, {
            "loss/discriminator": loss,
            "loss/class_real": class_loss,
            "accuracy/class_real": (class_logits.argmax(-1) == y).mean(),
            "probability/real": jax.nn.sigmoid(source[num_labelled:num_real]).mean(),
            "probability/fake": jax.nn.sigmoid(source[num_real:]).mean(),
        }

    grads, metrics = nnx.grad(discriminator_loss, has_aux=True)(discriminator, x, fake)
    system.discriminator_optimizer.update(discriminator, grads)

    # --- the generator's update ----------------------------------------------------------------
    judge = frozen(discriminator)

    def generator_loss(generator, judge):
        fake = transform(keys[3], draw(config, generator, keys[1], no_class), flip=False)
        source, _, features = judge(fake, key=keys[5])
        if config.minibatch_stddev:
            loss = losses.non_saturating_generator(source, source).mean()
        else:
            _, _, real_features = judge(x[num_labelled:], key=keys[5])
            loss = losses.feature_matching(real_features, features)
        return loss, {"loss/generator": loss}

    grads, generator_metrics = nnx.grad(generator_loss, has_aux=True)(generator, judge)
    system.generator_optimizer.update(generator, grads)

    update_average(system.average, system.nets, step, config.ema_decay)
    return nnx.state(system), metrics | generator_metrics
