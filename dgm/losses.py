"""Per-example losses on logits, each with its formula; the caller reduces.

`log sigmoid(l)` is written `-softplus(-l)`: the form `-log(sigmoid(l) + eps)` loses its gradient
just where it is needed most (4e-10 at l = -40).
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

Array = jax.Array


def minimax_discriminator(real_logits: Array, fake_logits: Array) -> tuple[Array, Array]:
    """-log D(x) and -log(1 - D(G(z))), each [B], in nats (Goodfellow 2014, eq. 1)."""
    return jax.nn.softplus(-real_logits), jax.nn.softplus(fake_logits)


def non_saturating_generator(fake_logits: Array) -> Array:
    """-log D(G(z)), [B], in nats (Goodfellow 2014, section 3)."""
    return jax.nn.softplus(-fake_logits)


def cross_entropy(logits: Array, labels: Array, smoothing: float = 0.0) -> Array:
    """-sum_k t_k log p(k), [B], in nats, of logits [B, K] and labels int [B].

    The target t is the label's one-hot vector, of which the share `smoothing` is spread over all K
    classes (Szegedy 2016).
    """
    log_p = jax.nn.log_softmax(logits)
    target = jax.nn.one_hot(labels, logits.shape[-1])
    target = target * (1 - smoothing) + smoothing / logits.shape[-1]
    return -(target * log_p).sum(-1)


def squared_gradient_norm(logit: Callable[[Array], Array], images: Array) -> Array:
    """|grad_x D(x)|^2, [B], of a logit [B, H, W, C] -> [B] that treats every image by itself.

    Times gamma / 2, taken on real images, it is R1 (Mescheder 2018, eq. 9): a D that cannot be
    steep around the data cannot win outright, and its gradient goes on telling G where to go.
    """
    gradient = jax.grad(lambda x: logit(x).sum())(images)
    return (gradient**2).sum((1, 2, 3))


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
