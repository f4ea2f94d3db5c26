"""GANs whose D tells real from generated pictures: from the one of 2014 to R3GAN.

One step serves them all; their recipes, at the end, say what makes each one itself.
"""

import dataclasses
from typing import Any, ClassVar

import jax
from flax import nnx

from dgm import losses
from dgm.data import to_float
from dgm.methods import class_head
from dgm.optimisers import update_average
from dgm.systems.adversarial import (
    CLASSIFYING_GAME,
    AdversarialConfig,
    GameSystem,
    Shown,
    draw,
    frozen,
    generative_settings,
    make_discriminator,
    make_discriminator_optimiser,
    make_optimiser,
    make_player,
    transformation,
    update_discriminator,
)
from dgm.systems.base import Batch, Config, Metrics, setting
from dgm.types import Array


@dataclasses.dataclass(frozen=True)
class GANConfig(AdversarialConfig):
    """One training run of a GAN."""

    discriminator_steps: int = setting(1, at_least=1)  # D updates a step, on a batch each
    # Generated images for each real one, in both players' batches.
    fakes_per_real: float = setting(1.0, above=0)

    def check(self) -> None:
        super().check()
        pairs = self.gradient_penalty or self.adversarial_loss == "relativistic"
        if self.fakes_per_real != 1 and pairs:
            raise ValueError(
                f"{self.recipe} pairs real and generated images: fakes_per_real must be 1"
            )

    @property
    def updates_a_step(self) -> int:
        return self.discriminator_steps

    def num_fakes(self, num_real: int) -> int:
        return max(1, round(num_real * self.fakes_per_real))


class GAN(nnx.Module):
    """All that a GAN trains: two players, their optimisers, and the averages that ship."""

    def __init__(self, config: GANConfig, rngs: nnx.Rngs):
        self.generator = make_player(config, rngs)
        self.discriminator = make_discriminator(config, rngs)
        average: dict[str, nnx.Module] = {"generator": nnx.clone(self.generator)}
        if config.class_head:
            average["discriminator"] = nnx.clone(self.discriminator)
        self.average = nnx.Dict(average)
        self.generator_optimizer = make_optimiser(config, self.generator)
        self.discriminator_optimizer = make_discriminator_optimiser(config, self.discriminator)

    def update_average(self, config: GANConfig, step: Array, *names: str) -> None:
        for name in names:
            if name in self.average:
                update_average(self.average[name], getattr(self, name), step, config.ema_decay)


def _update_critic(
    config: GANConfig, players: GAN, batch: Batch, i: int, num_left: Array | int
) -> tuple[Array, Metrics]:
    """D's update on batch i of a step, `num_left` before G's. Returns the real images as D saw
    them, and metrics."""
    players.generator.train()
    players.discriminator.train()
    y, key = batch.labels[i], jax.random.fold_in(batch.key(config.seed), num_left)
    transform = transformation(config)
    key_real, key_draw, key_fake, key_penalty = jax.random.split(key, 4)
    y_fake = y[: config.num_fakes(len(y))]
    real = transform(key_real, to_float(batch.images[i]))
    fake = transform(key_fake, draw(config, players.generator, key_draw, y_fake), flip=False)
    metrics = update_discriminator(
        config,
        players.discriminator,
        players.discriminator_optimizer,
        Shown(real, fake, y, y_fake),
        batch,
        key_penalty=key_penalty,
    )
    return real, metrics


def _update_generator(config: GANConfig, players: GAN, batch: Batch, real: Array) -> Metrics:
    """One update of G against D as it is; real: [B, 32, 32, C], as D saw the last of them."""
    players.generator.train()
    players.discriminator.train()
    game = losses.ADVERSARIAL[config.adversarial_loss]
    transform = transformation(config)
    key_draw, key_fake = jax.random.split(batch.key(config.seed))
    real = real[: config.num_fakes(len(real))]
    y = batch.labels[-1][: len(real)]
    frozen_discriminator = frozen(players.discriminator)

    def loss(generator, discriminator):
        fake = transform(key_fake, draw(config, generator, key_draw, y), flip=False)
        fake_logits, class_logits, _ = discriminator(fake, y)
        real_logits, _, _ = discriminator(real, y)  # compiled away where no game asks for it
        # L_G, as the game has it
        total = game.generator(fake_logits, real_logits).mean()
        metrics = {"loss/generator": total}
        if config.class_head:
            # + w (-log p(y|G(z, y)))
            class_loss = losses.cross_entropy(class_logits, y).mean()
            total += config.generator_class_weight * class_loss
            metrics["loss/class_fake"] = class_loss
        return total, metrics

    grads, metrics = nnx.grad(loss, has_aux=True)(players.generator, frozen_discriminator)
    players.generator_optimizer.update(players.generator, grads, scale=batch.rate_scale)
    return metrics


def _discriminator_alone(config: GANConfig, players: GAN, batch: Batch) -> Metrics:
    _, metrics = _update_critic(config, players, batch, -1, batch.num_left)
    players.update_average(config, batch.step, "discriminator")
    return metrics


def _generator_alone(config: GANConfig, players: GAN, batch: Batch) -> Metrics:
    # The real images as D's own update of this step would have seen them.
    key_real = jax.random.split(jax.random.fold_in(batch.key(config.seed), 0), 4)[0]
    real = transformation(config)(key_real, to_float(batch.images[-1]))
    metrics = _update_generator(config, players, batch, real)
    players.update_average(config, batch.step, "generator")
    return metrics


class GANSystem(GameSystem[GANConfig]):
    config_class = GANConfig
    single_updates: ClassVar = {
        "discriminator": _discriminator_alone,
        "generator": _generator_alone,
    }

    def build(self, config: GANConfig, rngs: nnx.Rngs) -> GAN:
        return GAN(config, rngs)

    def current_nets(self, players: Any) -> nnx.Dict:
        return nnx.Dict(generator=players.generator, discriminator=players.discriminator)

    def released_nets(self, config: GANConfig, rngs: nnx.Rngs) -> nnx.Dict:
        """G, and D where it classifies."""
        nets: dict[str, nnx.Module] = {"generator": make_player(config, rngs)}
        if config.class_head:
            nets["discriminator"] = make_discriminator(config, rngs)
        return nnx.Dict(nets)

    def update(self, config: GANConfig, players: Any, batch: Batch) -> Metrics:
        """As many updates of D as there are batches, then one of G."""
        real, metrics = batch.images, {}
        last = len(batch.images) - 1
        for i in range(last + 1):
            real, metrics = _update_critic(config, players, batch, i, last - i)
        metrics |= _update_generator(config, players, batch, real)
        players.update_average(config, batch.step, "generator", "discriminator")
        return metrics

    def critic_step(self, config: GANConfig, graphdef, state, batch: Batch):
        players = nnx.merge(graphdef, state)
        _update_critic(config, players, batch, 0, batch.num_left)
        return nnx.state(players)

    def capabilities(self, config: GANConfig) -> frozenset[str]:
        return frozenset({"sample", "classify"} if config.class_head else {"sample"})

    def has_features(self, config: GANConfig) -> bool:
        return config.class_head

    def methods(self, config: GANConfig):
        return {"head": class_head} if config.class_head else {}


# --- recipes -----------------------------------------------------------------------------------

# A critic that moves five times for each move of G, on half as many images each time.
_CRITIC: dict[str, Any] = {
    "class_head": False,
    "adversarial_loss": "wasserstein",
    "batch_size": 32,
    "discriminator_steps": 5,
}


def _gan(recipe: str, dataset: str, **settings: Any) -> GANConfig:
    settings = {"num_steps": 3_000} | generative_settings(dataset) | settings
    return GANConfig(recipe, dataset, **settings)


def gan(dataset: str) -> GANConfig:
    """The GAN of 2014: MLPs, and G on its own side of the minimax game (Goodfellow 2014, eq. 1).

    min_G max_D E log D(x, y) + E log(1 - D(G(z, y), y)); the class as Mirza & Osindero 2014.
    """
    return _gan(
        "gan",
        dataset,
        backbone="mlp",
        adversarial_loss="minimax",
        class_head=False,
        learning_rate=1e-3,
        discriminator_learning_rate=1e-3,
    )


def gan_ns(dataset: str) -> GANConfig:
    """`gan` with the non-saturating loss: G maximises log D(G(z)) (Goodfellow 2014, section 3)."""
    return dataclasses.replace(gan(dataset), recipe="gan-ns", adversarial_loss="non-saturating")


def dcgan(dataset: str) -> GANConfig:
    """Class-conditional DCGAN with a class head on D (Radford 2015; Odena 2017, AC-GAN).

    L_D = -log D(x, y) - log(1 - D(G(z, y), y)) - w log p(y|x), L_G = -log D(G(z, y), y)
    - v log p(y|G(z, y)). Its real/fake logit is conditioned on the class by projection (Miyato &
    Koyama 2018) and held flat around real images by R1 (Mescheder 2018). Without class head
    (`without_classes`) it is the system of 2015.
    """
    steps = {"mnist": 2_500, "fashion_mnist": 6_000, "cifar10": 8_000}
    return _gan(
        "dcgan",
        dataset,
        num_steps=steps.get(dataset, 3_000),
        # Two real images for each generated one: D's class head needs more passes over the data
        # than G needs updates.
        batch_size=128,
        fakes_per_real=0.5,
        **CLASSIFYING_GAME,
        # D's logit knows the class already. With more weight on p(y|G(z, y)) G draws a class's most
        # typical picture again and again: every sample read right, and all of them alike.
        generator_class_weight=0.1,
    )


def without_classes(config: Config) -> GANConfig:
    """A GAN's config without classes: no class head, no projection, G told of none.

    Raises:
        ValueError: the recipe is none of a GAN with a class head.
    """
    if not isinstance(config, GANConfig) or config.recipe != "dcgan":
        raise ValueError(f"{config.recipe} has no class head to be left out; dcgan has")
    return dataclasses.replace(config, class_head=False, projection=False, r1_gamma=0.0)


def wgan(dataset: str) -> GANConfig:
    """Wasserstein GAN with clipped weights (Arjovsky 2017).

    max_{|w| <= c} E f_w(x) - E f_w(G(z)), by RMSProp, n_critic = 5. As in the paper there are no
    classes: clipping drives the projection of every class to the same corner of its cube, and G
    then draws each class alike. Without a norm (its figure 6), since batch norm scales up again
    what clipping has made small: the estimate then rises for as long as one trains. With half the
    convolutions of the others, since with each layer of clipped weights what is passed on grows or
    vanishes (its section 3). Its critic has five times G's rate, and both are constant: only near
    its best does a critic estimate a distance.
    """
    return _gan(
        "wgan",
        dataset,
        **_CRITIC,
        projection=False,
        normalisation="none",
        convs_per_stage=1,
        weight_clip=0.02,
        optimizer="rmsprop",
        learning_rate=1e-4,
        discriminator_learning_rate=5e-4,
        decay_share=0.0,
    )


def wgan_gp(dataset: str) -> GANConfig:
    """Wasserstein GAN with gradient penalty (Gulrajani 2017, eq. 3).

    L_D = E f(G(z, y), y) - E f(x, y) + 10 E(|grad_x f(x', y)| - 1)^2, x' between the two. Layer
    norm stands where the paper forbids the critic batch norm.
    """
    return _gan(
        "wgan-gp",
        dataset,
        **_CRITIC,
        normalisation="layer",
        gradient_penalty=10.0,
        penalty_images=16,
        learning_rate=5e-4,
        discriminator_learning_rate=5e-4,
        adam_b1=0.0,
        adam_b2=0.9,
    )


def sngan(dataset: str) -> GANConfig:
    """Spectral normalisation and the hinge loss (Miyato 2018, eq. 8, 16 and 17).

    L_D = max(0, 1 - l(x, y)) + max(0, 1 + l(G(z, y), y)), L_G = -l(G(z, y), y); every kernel W of D
    is W / sigma(W), in the place of batch norm.
    """
    return _gan(
        "sngan",
        dataset,
        class_head=False,
        adversarial_loss="hinge",
        normalisation="spectral",
        learning_rate=5e-4,
        discriminator_learning_rate=5e-4,
        adam_b1=0.0,
        adam_b2=0.9,
    )


def r3gan(dataset: str) -> GANConfig:
    """Relativistic pairing loss with R1 and R2, residual nets without norms (Huang 2024).

    L_D = -log sigmoid(l(x, y) - l(G(z, y), y)) + gamma/2 (|grad l(x)|^2 + |grad l(G(z))|^2), and
    L_G = -log sigmoid(l(G(z, y), y) - l(x, y)).
    """
    return _gan(
        "r3gan",
        dataset,
        backbone="residual",
        normalisation="none",
        class_head=False,
        adversarial_loss="relativistic",
        r1_gamma=0.5,
        r2_gamma=0.5,
        learning_rate=5e-4,
        discriminator_learning_rate=5e-4,
        adam_b1=0.0,
        adam_b2=0.99,
    )
