"""What a VAE is made of: its settings, encoder, decoder and prior, and bounds on log p(x|y)."""

import dataclasses

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from dgm import losses
from dgm.nets.generators import Generator
from dgm.nets.latents import ClassPrior, Encoder, FlowPrior
from dgm.systems.adversarial import GenerativeConfig, make_generator
from dgm.systems.base import setting
from dgm.systems.pixels import LIKELIHOODS, pixel_log_prob
from dgm.types import Array

_REGRET = optax.adam(0.05)


@dataclasses.dataclass(frozen=True)
class VAEConfig(GenerativeConfig):
    """One training run of a variational autoencoder."""

    # The class enters by p(z|y) alone, not by encoder and decoder.
    class_in_prior: bool = False
    # Of the flow that the prior is, `latents.FlowPrior`; 0: a Gaussian.
    prior_couplings: int = setting(0, at_least=0)
    likelihood: str = setting("discretised_logistic", choices=LIKELIHOODS)  # p(x|z, y)
    shared_scale: bool = False  # of the logistic: one for all of a picture, not one a pixel
    beta: float = 1.0  # weight of the KL term
    # Draws of z a picture; above 1 the loss is the IWAE bound.
    num_importance: int = setting(1, at_least=1)
    class_weight: float = 1.0  # of the class cross-entropy, nats, where the class is in the prior

    def check(self) -> None:
        super().check()
        if self.likelihood == "bernoulli" and self.channels != 1:
            raise ValueError("a Bernoulli likelihood is for grey pictures; RGB needs the logistic")
        if self.num_importance > 1 and self.beta != 1:
            raise ValueError("the IWAE bound (num_importance above 1) has no KL term to weigh")
        if self.prior_couplings and self.class_in_prior:
            raise ValueError(
                f"prior_couplings are of a vae's prior; {self.recipe} has a Gaussian a class"
            )

    @property
    def has_class_priors(self) -> bool:
        return self.class_in_prior


# --- nets --------------------------------------------------------------------------------------


def make_encoder(config: GenerativeConfig, rngs: nnx.Rngs, num_classes: int) -> Encoder:
    """num_classes: 1 for a net that is not told of classes."""
    return Encoder(
        config.channels,
        num_classes,
        config.latent_dim,
        config.trunk_widths,
        config.convs_per_stage,
        dtype=jnp.dtype(config.dtype),
        rngs=rngs,
    )


def make_decoder(config: VAEConfig, rngs: nnx.Rngs) -> Generator:
    """The generator's net; with the logistic likelihood it also gives a scale a pixel."""
    outputs = 2 if config.likelihood == "discretised_logistic" else 1
    num_classes = 1 if config.class_in_prior else config.num_classes
    return make_generator(config, rngs, channels=outputs * config.channels, num_classes=num_classes)


def make_prior(config: VAEConfig, rngs: nnx.Rngs) -> ClassPrior:
    if config.prior_couplings:
        return FlowPrior(config.num_classes, config.latent_dim, config.prior_couplings, rngs=rngs)
    return ClassPrior(config.num_classes, config.latent_dim)


# --- posterior and bounds ----------------------------------------------------------------------


def conditioning_labels(config: VAEConfig, labels: Array) -> Array:
    """Labels as encoder and decoder take them: all 0 where the class is in the prior alone."""
    return jnp.zeros_like(labels) if config.class_in_prior else labels


def posterior(config: VAEConfig, nets, images: Array, labels: Array) -> tuple[Array, Array]:
    """Mean and log_var of q(z|x, y), [B, Z] each, as seen from the class: where the prior is a
    flow, before it."""
    moments = nets["encoder"](images, conditioning_labels(config, labels))
    return nets["prior"].standardise(*moments, labels)


def encode(config: VAEConfig, nets, images: Array, labels: Array) -> Array:
    """The mean of `posterior` as a z of which p(z) = N(0, I), [B, Z]."""
    return nets["prior"].inverse_flow(posterior(config, nets, images, labels)[0], labels)[0]


def class_divergences(config: VAEConfig, nets, features: Array) -> Array:
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
    config: VAEConfig,
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
    posterior = encoder.posterior(features, conditioning_labels(config, labels))
    posterior = nets["prior"].standardise(*posterior, labels)
    return bounds_of(config, nets, key, images, labels, num_importance, posterior)


def bounds_of(
    config: VAEConfig,
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
        decoded = nets["decoder"](prior.scale(code, labels), conditioning_labels(config, labels))
        z, log_det = prior.inverse_flow(code, labels)
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


RegretState = tuple[tuple[Array, Array], optax.OptState]


def regret_step(
    config: VAEConfig, nets, key: Array, images: Array, labels: Array, state: RegretState
) -> RegretState:
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
    mean, log_var = jax.tree.map(jnp.add, posterior, updates)
    return (mean, log_var), moments


def start_of_regret(config: VAEConfig, nets, images: Array, labels: Array) -> RegretState:
    """What `regret_step` starts from: q(z|x, y) as the encoder gives it."""
    fit = posterior(config, nets, images, labels)
    return fit, _REGRET.init(fit)
