"""Per-example losses on logits, each with its formula; the caller reduces.

`log sigmoid(l)` is written `-softplus(-l)`: the form `-log(sigmoid(l) + eps)` loses its gradient
just where it is needed most (4e-10 at l = -40).
"""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax

from dgm.types import Array

# --- the game of G and D -----------------------------------------------------------------------
#
# Logits l(x) and l(G(z)), [B] each. D's losses come as a tuple of parts, each [B], to be averaged
# and added.


def minimax_discriminator(
    real_logits: Array, fake_logits: Array, smoothing: float = 0.0
) -> tuple[Array, Array]:
    """-log D(x) and -log(1 - D(G(z))), D = sigmoid(l), in nats (Goodfellow 2014, eq. 1).

    One-sided label smoothing: the target of a real image is 1 - smoothing, so that its part is
    -(1 - s) log D(x) - s log(1 - D(x)) (Salimans 2016, section 3.4).
    """
    real = jax.nn.softplus(-real_logits)
    if smoothing:
        real = (1 - smoothing) * real + smoothing * jax.nn.softplus(real_logits)
    return real, jax.nn.softplus(fake_logits)


def minimax_generator(fake_logits: Array, real_logits: Array) -> Array:
    """log(1 - D(G(z))), in nats: G's side of the same value function (Goodfellow 2014, eq. 1).

    Its gradient is D(G(z)) times that of the logit, which vanishes where D is sure.
    """
    del real_logits
    return -jax.nn.softplus(fake_logits)


def non_saturating_generator(fake_logits: Array, real_logits: Array) -> Array:
    """-log D(G(z)), in nats (Goodfellow 2014, section 3)."""
    del real_logits
    return jax.nn.softplus(-fake_logits)


def wasserstein_critic(real_logits: Array, fake_logits: Array) -> tuple[Array, Array]:
    """-f(x) and f(G(z)), f the critic (Arjovsky 2017, eq. 3).

    Over all 1-Lipschitz f the largest E f(x) - E f(G(z)) is the Wasserstein distance.
    """
    return -real_logits, fake_logits


def wasserstein_generator(fake_logits: Array, real_logits: Array) -> Array:
    """-f(G(z)) (Arjovsky 2017, theorem 3); G's side of the hinge game too (Miyato 2018, eq. 17)."""
    del real_logits
    return -fake_logits


def hinge_discriminator(real_logits: Array, fake_logits: Array) -> tuple[Array, Array]:
    """max(0, 1 - l(x)) and max(0, 1 + l(G(z))) (Lim & Ye 2017; Miyato 2018, eq. 16)."""
    return jax.nn.relu(1 - real_logits), jax.nn.relu(1 + fake_logits)


def relativistic_discriminator(real_logits: Array, fake_logits: Array) -> tuple[Array]:
    """-log sigmoid(l(x) - l(G(z))), of pairs, in nats (Jolicoeur-Martineau 2018; Huang 2024).

    D need only tell which of two is the real one; a G that leaves out a part of the data is never
    at rest, since each real image pulls at its own.
    """
    return (jax.nn.softplus(fake_logits - real_logits),)


def relativistic_generator(fake_logits: Array, real_logits: Array) -> Array:
    """-log sigmoid(l(G(z)) - l(x)), of pairs, in nats (Huang 2024)."""
    return jax.nn.softplus(real_logits - fake_logits)


@dataclasses.dataclass(frozen=True)
class AdversarialLoss:
    """A game: what D minimises and what G minimises."""

    discriminator: Callable[..., tuple[Array, ...]]  # (real logits, fake logits) -> parts, [B] each
    generator: Callable[[Array, Array], Array]  # (fake, real logits) -> [B]
    is_critic: bool = False  # its logit is a score, whose sigmoid is no probability


ADVERSARIAL = {
    "minimax": AdversarialLoss(minimax_discriminator, minimax_generator),
    "non-saturating": AdversarialLoss(minimax_discriminator, non_saturating_generator),
    "wasserstein": AdversarialLoss(wasserstein_critic, wasserstein_generator, is_critic=True),
    "hinge": AdversarialLoss(hinge_discriminator, wasserstein_generator, is_critic=True),
    "relativistic": AdversarialLoss(
        relativistic_discriminator, relativistic_generator, is_critic=True
    ),
}


def feature_matching(real_features: Array, fake_features: Array) -> Array:
    """|E f(x) - E f(G(z))|^2, a scalar, of features [B, ...] (Salimans 2016, section 3.1).

    Averaged over features, so that the rate does not hang on how many there are.
    """
    return ((real_features.mean(0) - fake_features.mean(0)) ** 2).mean()


# --- classes -----------------------------------------------------------------------------------


def cross_entropy(logits: Array, labels: Array, smoothing: float = 0.0) -> Array:
    """-sum_k t_k log p(k), [B], in nats, of logits [B, K] and labels int [B].

    The target t is the label's one-hot vector, of which the share `smoothing` is spread over all K
    classes (Szegedy 2016).
    """
    target = optax.smooth_labels(jax.nn.one_hot(labels, logits.shape[-1]), smoothing)
    return optax.softmax_cross_entropy(logits, target)


# --- penalties ---------------------------------------------------------------------------------


def squared_gradient_norm(logit: Callable[[Array], Array], images: Array) -> Array:
    """|grad_x D(x)|^2, [B], of a logit [B, H, W, C] -> [B] that treats every image by itself.

    Times gamma / 2, taken on real images, it is R1 (Mescheder 2018, eq. 9): a D that cannot be
    steep around the data cannot win outright, and its gradient goes on telling G where to go.
    """
    gradient = jax.grad(lambda x: logit(x).sum())(images)
    return (gradient**2).sum((1, 2, 3))


def gradient_penalty(logit: Callable[[Array], Array], images: Array) -> Array:
    """(|grad_x f(x)| - 1)^2, [B], on points between real and generated (Gulrajani 2017, eq. 3).

    The norm is sqrt(|.|^2 + 1e-12): at a gradient of 0 the root itself has none.
    """
    return (jnp.sqrt(squared_gradient_norm(logit, images) + 1e-12) - 1) ** 2


# --- likelihoods -------------------------------------------------------------------------------


def gaussian_kl(mean: Array, log_var: Array) -> Array:
    """KL(N(mean, exp(log_var)) || N(0, I)), [B], in nats (Kingma & Welling 2014, appendix B).

    1/2 sum_j (mean_j^2 + var_j - log var_j - 1), over [B, Z].
    """
    return 0.5 * (mean**2 + jnp.exp(log_var) - log_var - 1).sum(-1)


def gaussian_log_prob(z: Array, mean: Array | float, log_var: Array | float) -> Array:
    """log N(z; mean, exp(log_var)), summed over the last axis, in nats."""
    log_var = jnp.broadcast_to(log_var, z.shape)
    return -0.5 * ((z - mean) ** 2 * jnp.exp(-log_var) + log_var + jnp.log(2 * jnp.pi)).sum(-1)


def bernoulli_log_prob(x: Array, logits: Array) -> Array:
    """log p(x) of pixels x in {0, 1}, [B, H, W, C] -> [B], in nats: x l - softplus(l)."""
    return (x * logits - jax.nn.softplus(logits)).sum((1, 2, 3))


def discretised_logistic_log_prob(x: Array, mean: Array, log_scale: Array) -> Array:
    """log p(x) of 8-bit pixels, [B, H, W, C] in [-1, 1] -> [B], in nats (Salimans 2017, eq. 2).

    Each of the 256 grey values has the mass of a logistic distribution in its bin of width 2/255;
    the outermost two bins reach to infinity. With s = exp(log_scale):
    p(x) = sigmoid((x + 1/255 - mean) / s) - sigmoid((x - 1/255 - mean) / s).
    """
    inverse_scale = jnp.exp(-log_scale)
    upper = (x - mean + 1 / 255) * inverse_scale
    lower = (x - mean - 1 / 255) * inverse_scale
    log_below = -jax.nn.softplus(-upper)  # log sigmoid(upper): all mass up to the bin's end
    log_above = -jax.nn.softplus(lower)  # log(1 - sigmoid(lower))
    # sigmoid(u) - sigmoid(l) = (1 - exp(l - u)) sigmoid(u) (1 - sigmoid(l)), exact in both tails
    inside = jnp.log(-jnp.expm1(-(2 / 255) * inverse_scale)) + log_below + log_above
    log_p = jnp.where(x < -0.999, log_below, jnp.where(x > 0.999, log_above, inside))
    return log_p.sum((1, 2, 3))
