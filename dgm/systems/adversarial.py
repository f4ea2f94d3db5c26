"""What every system with a discriminator shares: its settings, its nets, and D's update.

One update of D serves them all. What makes each system itself stands in its config: the game that D
and G play (`losses.ADVERSARIAL`), what keeps D smooth (penalties, clipped weights, spectral norm),
how often it moves, the optimiser, the nets.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from flax import nnx

from dgm import losses
from dgm.data import spec
from dgm.data.augmentation import POLICIES, augment, diff_augment
from dgm.nets.discriminators import Discriminator, MLPDiscriminator
from dgm.nets.generators import Generator, MLPGenerator
from dgm.optimisers import optimiser
from dgm.systems.base import Batch, Config, Metrics, System, common_settings, setting
from dgm.types import Array, DiscriminatorNet


@dataclasses.dataclass(frozen=True)
class GenerativeConfig(Config):
    """The settings of a generator or decoder."""

    # Without norms where it is "residual".
    backbone: str = setting("convolutional", choices=("convolutional", "residual"))
    latent_dim: int = setting(64, at_least=1)  # dimensions of z
    generator_widths: tuple[int, ...] = setting((128, 64, 32), at_least=1)  # at 4x4, 8x8, 16x16


@dataclasses.dataclass(frozen=True)
class AdversarialConfig(GenerativeConfig):
    """The settings of a discriminator and of the game that it plays."""

    backbone: str = setting("convolutional", choices=("convolutional", "residual", "mlp"))
    mlp_widths: tuple[int, ...] = setting((256, 512), at_least=1)  # hidden layers of an MLP G
    mlp_normalisation: str = setting("none", choices=("batch", "none"))  # of an MLP G
    mlp_trunk_widths: tuple[int, ...] = setting((512, 256), at_least=1)  # of an MLP D
    normalisation: str = setting("batch", choices=("batch", "layer", "spectral", "none"))  # of D

    adversarial_loss: str = setting("non-saturating", choices=tuple(losses.ADVERSARIAL))
    class_head: bool = True  # D also says p(y|x) (AC-GAN)
    projection: bool = True  # D's real/fake logit knows the class
    class_weight: float = 1.0  # of the class cross-entropy in D's loss, nats
    generator_class_weight: float = 0.5  # the same in G's loss
    # Of R1, gamma / 2 |grad_x D(x)|^2 on real images, in D's loss, and of R2, on generated ones.
    r1_gamma: float = setting(0.0, at_least=0)
    r2_gamma: float = setting(0.0, at_least=0)
    # Of (|grad_x D(x)| - 1)^2 between real and generated images.
    gradient_penalty: float = setting(0.0, at_least=0)
    # Of a batch, for a penalty: a gradient of a gradient is costly.
    penalty_images: int = setting(32, at_least=1)
    # Every weight of D is kept within this distance of 0; 0 for no limit.
    weight_clip: float = setting(0.0, at_least=0)
    one_sided_smoothing: float = setting(0.0, share=True)  # D's target for a real image is 1 less
    minibatch_stddev: bool = False  # D sees how varied a batch is
    # Differentiable augmentation, keys of augmentation.POLICIES.
    diff_augment: tuple[str, ...] = setting((), choices=tuple(POLICIES))
    discriminator_learning_rate: float = setting(5e-4, above=0)

    def check(self) -> None:
        super().check()
        is_critic = losses.ADVERSARIAL[self.adversarial_loss].is_critic
        if self.one_sided_smoothing and is_critic:
            raise ValueError(
                f"one_sided_smoothing is of a probability; {self.recipe}'s D gives none"
            )
        if self.backbone == "mlp" and (self.class_head or self.minibatch_stddev):
            raise ValueError("an MLP discriminator has no class head and no minibatch_stddev")

    @property
    def is_conditional(self) -> bool:
        return self.class_head or self.projection


# The game of G and D where D also classifies.
CLASSIFYING_GAME: dict[str, Any] = {
    "learning_rate": 1e-3,
    "discriminator_learning_rate": 1e-3,
    "decay_share": 0.8,
    # Classes are harder to tell apart than real from generated: with equal weights the class loss
    # is drowned by the adversarial one.
    "class_weight": 3.0,
    "r1_gamma": 1.0,
}


def generative_settings(dataset: str) -> dict[str, Any]:
    """`common_settings`, and the widths of a generator that fit them."""
    widths = {"cifar10": (192, 96, 48), "shapes": (96, 48, 24)}.get(dataset)
    return common_settings(dataset) | ({"generator_widths": widths} if widths else {})


# --- nets --------------------------------------------------------------------------------------


def make_discriminator(
    config: AdversarialConfig, rngs: nnx.Rngs
) -> Discriminator | MLPDiscriminator:
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
    config: GenerativeConfig, rngs: nnx.Rngs, *, channels: int, num_classes: int
) -> Generator:
    """channels: of the output. num_classes: 1 for a net that is not told of classes."""
    return Generator(
        channels,
        num_classes,
        config.latent_dim,
        config.generator_widths,
        residual=config.backbone == "residual",
        dtype=jnp.dtype(config.dtype),
        rngs=rngs,
    )


def make_player(config: AdversarialConfig, rngs: nnx.Rngs) -> Generator | MLPGenerator:
    """G of a game, convolutional or an MLP as the config has it."""
    num_classes = config.num_classes if config.is_conditional else 1
    if config.backbone != "mlp":
        return make_generator(config, rngs, channels=config.channels, num_classes=num_classes)
    return MLPGenerator(
        config.channels,
        num_classes,
        config.latent_dim,
        config.mlp_widths,
        normalisation=config.mlp_normalisation,
        rngs=rngs,
    )


def make_optimiser(config: Config, net: nnx.Module) -> nnx.Optimizer:
    """Of a generator, encoder, decoder or classifier."""
    return nnx.Optimizer(net, optimiser(config, config.learning_rate), wrt=nnx.Param)


def make_discriminator_optimiser(config: AdversarialConfig, net: nnx.Module) -> nnx.Optimizer:
    rate = config.discriminator_learning_rate
    return nnx.Optimizer(net, optimiser(config, rate, config.updates_a_step), wrt=nnx.Param)


# --- pictures ----------------------------------------------------------------------------------


def transformation(config: AdversarialConfig) -> Callable[..., Array]:
    """(key, images, flip=True) -> images through the run's random changes, as D gets to see them.

    Real and generated images both go through them, so that D cannot learn the training set by heart
    (Zhao 2020); `flip=False` leaves out the mirror, for generated images.
    """

    def transform(key: Array, x: Array, flip: bool = True) -> Array:
        key_augment, key_diff = jax.random.split(key)
        if config.augment:
            x = augment(key_augment, x, spec(config.dataset).augmentation, flip=flip)
        return diff_augment(key_diff, x, config.diff_augment)

    return transform


def generator_labels(config: AdversarialConfig, labels: Array) -> Array:
    """Labels as a generator takes them: all 0 where no loss tells it of classes."""
    return labels if config.is_conditional else jnp.zeros_like(labels)


def draw(config: AdversarialConfig, generator: nnx.Module, key: Array, labels: Array) -> Array:
    """New pictures of the classes int [B]: float [B, 32, 32, C] in [-1, 1]."""
    z = jax.random.normal(key, (len(labels), config.latent_dim))
    return jnp.tanh(generator(z, generator_labels(config, labels)))


GameConfigT = TypeVar("GameConfigT", bound=AdversarialConfig)


class AdversarialSystem(System[GameConfigT]):
    """What the systems share that have a net "discriminator"."""

    def realness(self, config: GameConfigT, nets: nnx.Dict, images: Array, labels: Array) -> Array:
        return frozen(nets["discriminator"])(images, labels)[0]


class GameSystem(AdversarialSystem[GameConfigT]):
    """What the systems share in which G draws from noise alone, and plays against D."""

    def generator_inputs(self, config: GameConfigT, nets: nnx.Dict, z: Array, labels: Array):
        return nets["generator"], z, generator_labels(config, labels)

    def sample(self, config: GameConfigT, nets: nnx.Dict, z: Array, labels: Array) -> Array:
        net, *inputs = self.generator_inputs(config, nets, z, labels)
        return jnp.tanh(net(*inputs))

    def calibrate(self, config: GameConfigT, nets: nnx.Dict, images: Array, labels: Array) -> None:
        z = jax.random.normal(jax.random.key(config.seed), (len(images), config.latent_dim))
        self.sample(config, nets, z, labels)
        if "discriminator" in nets:
            nets["discriminator"](images)


# --- the discriminator -------------------------------------------------------------------------


def frozen(discriminator: nnx.Module) -> DiscriminatorNet:
    """A copy that normalises by D's last batch of real images: a function of each image alone."""
    copy = nnx.clone(discriminator)
    copy.eval()
    return copy


def r1_penalty(discriminator: nnx.Module, images: Array, labels: Array) -> Array:
    """E|grad_x D(x, y)|^2, a scalar, over images [B, 32, 32, C] of the classes int [B].

    R1 on real images, R2 on generated ones. See `losses.squared_gradient_norm`.
    """
    fixed = frozen(discriminator)
    return losses.squared_gradient_norm(lambda x: fixed(x, labels)[0], images).mean()


def lipschitz_penalty(
    discriminator: nnx.Module, key: Array, real: Array, fake: Array, labels: Array
) -> Array:
    """E(|grad_x f(x)| - 1)^2, a scalar, x = e x_real + (1 - e) G(z, y), e uniform (Gulrajani 2017).

    real, fake: [B, 32, 32, C], pairs of one class; labels: int [B].
    """
    fixed = frozen(discriminator)
    share = jax.random.uniform(key, (len(real), 1, 1, 1))
    between = share * real + (1 - share) * fake
    return losses.gradient_penalty(lambda x: fixed(x, labels)[0], between).mean()


def clip_weights(critic: nnx.Module, limit: float) -> None:
    """Every weight into [-limit, limit], which makes a critic Lipschitz (Arjovsky 2017)."""
    weights = nnx.state(critic, nnx.Param)
    nnx.update(critic, jax.tree.map(lambda w: jnp.clip(w, -limit, limit), weights))


@dataclasses.dataclass(frozen=True)
class Shown:
    """The pictures that an update of D rests on, as it gets to see them, [·, 32, 32, C] each."""

    real: Array
    fake: Array
    labels: Array  # int, of the real pictures
    fake_labels: Array  # int, what the generated ones were drawn for
    # Of the real pictures the first, so many, are told their class and are not asked whether they
    # are real (Salimans 2016); None: all are both.
    num_labelled: int | None = None


def update_discriminator(
    config: AdversarialConfig,
    discriminator: nnx.Module,
    optimizer: nnx.Optimizer,
    shown: Shown,
    batch: Batch,
    *,
    key_noise: Array | None = None,
    key_penalty: Array | None = None,
    adversarial_weight: float = 1.0,
) -> Metrics:
    """One update of D, in place.

    Args:
        key_noise: of a net with noise inside. key_penalty: of the gradient penalty.
        adversarial_weight: of the game's loss beside that of the classes.
    """

    def loss(discriminator, real, fake):
        total, metrics = _discriminator_loss(
            config,
            discriminator,
            dataclasses.replace(shown, real=real, fake=fake),
            key_noise,
            adversarial_weight,
        )
        penalty, more = _penalties(config, discriminator, real, fake, shown, key_penalty)
        return total + penalty, metrics | more

    grads, metrics = nnx.grad(loss, has_aux=True)(discriminator, shown.real, shown.fake)
    optimizer.update(discriminator, grads, scale=batch.discriminator_rate_scale)
    if config.weight_clip:
        clip_weights(discriminator, config.weight_clip)
    return metrics


def _discriminator_loss(
    config: AdversarialConfig,
    discriminator,
    shown: Shown,
    key_noise: Array | None,
    adversarial_weight: float,
) -> tuple[Array, Metrics]:
    game = losses.ADVERSARIAL[config.adversarial_loss]
    num_real, first = len(shown.real), shown.num_labelled or 0
    # One pass, normalised by the real images: D judges each generated image by itself.
    logits, class_logits, _ = discriminator(
        jnp.concatenate([shown.real, shown.fake]),
        jnp.concatenate([shown.labels, shown.fake_labels]),
        num_real,
        key_noise,
    )
    real_logits, fake_logits = logits[first:num_real], logits[num_real:]
    # L_D, as the game has it
    smoothing = {} if game.is_critic else {"smoothing": config.one_sided_smoothing}
    parts = game.discriminator(real_logits, fake_logits, **smoothing)
    total = adversarial_weight * sum((part.mean() for part in parts), jnp.zeros(()))
    metrics: Metrics = {"loss/discriminator": total}
    if class_logits is not None:
        # + w (-log p(y|x))
        class_logits = class_logits[: first or num_real]
        labels = shown.labels[: first or num_real]
        class_loss = losses.cross_entropy(class_logits, labels, config.label_smoothing).mean()
        total += config.class_weight * class_loss
        metrics |= {
            "loss/class_real": class_loss,
            "accuracy/class_real": (class_logits.argmax(-1) == labels).mean(),
        }
    if game.is_critic:
        # Of a Lipschitz critic it estimates the Wasserstein distance (Arjovsky 2017, eq. 3).
        metrics["critic/difference"] = real_logits.mean() - fake_logits.mean()
    else:
        metrics |= {
            "probability/real": jax.nn.sigmoid(real_logits).mean(),
            "probability/fake": jax.nn.sigmoid(fake_logits).mean(),
        }
    return total, metrics


def _penalties(
    config: AdversarialConfig, discriminator, real, fake, shown: Shown, key: Array | None
) -> tuple[Array | float, Metrics]:
    few, total, metrics = slice(config.penalty_images), 0.0, {}
    labels, fake_labels = shown.labels[few], shown.fake_labels[few]
    if config.r1_gamma:
        metrics["penalty/r1"] = r1_penalty(discriminator, real[few], labels)
        total += config.r1_gamma / 2 * metrics["penalty/r1"]
    if config.r2_gamma:
        metrics["penalty/r2"] = r1_penalty(discriminator, fake[few], fake_labels)
        total += config.r2_gamma / 2 * metrics["penalty/r2"]
    if config.gradient_penalty:
        assert key is not None  # systems with this setting give one
        metrics["penalty/gradient"] = lipschitz_penalty(
            discriminator, key, real[few], fake[few], fake_labels
        )
        total += config.gradient_penalty * metrics["penalty/gradient"]
    return total, metrics
