"""Encoders q(z|x, y) and priors p(z|y) of variational autoencoders."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from dgm.nets.trunks import Trunk
from dgm.types import Array


class Encoder(nnx.Module):
    """q(z|x, y) = N(mean, diag(exp(log_var))) of a class-conditional VAE."""

    def __init__(
        self,
        channels: int,
        num_classes: int,
        latent_dim: int,
        widths: tuple[int, ...],
        convs_per_stage: int,
        *,
        dtype=jnp.float32,
        rngs: nnx.Rngs,
    ):
        self.trunk = Trunk(channels, widths, convs_per_stage, dtype=dtype, rngs=rngs)
        side = 16 >> (len(widths) - 1)
        self.picture = nnx.Linear(side * side * widths[-1], 256, rngs=rngs)
        self.label = nnx.Linear(num_classes, 256, use_bias=False, rngs=rngs)
        self.out = nnx.Linear(256, 2 * latent_dim, rngs=rngs)

    def features(self, images: Array) -> Array:
        """images: [B, 32, 32, C] -> [B, 256], what the posterior of every class shares."""
        x = self.trunk(images)[-1]
        return self.picture(x.reshape(x.shape[0], -1))

    def posterior(self, features: Array, labels: Array) -> tuple[Array, Array]:
        """features: [B, 256], labels: int [B] -> (mean, log_var), each [B, Z]."""
        one_hot = jax.nn.one_hot(labels, self.label.in_features)
        mean, log_var = jnp.split(self.out(nnx.leaky_relu(features + self.label(one_hot))), 2, -1)
        # Bounded, so that a wild step cannot overflow exp.
        return mean, 6 * jnp.tanh(log_var / 6)

    def __call__(self, images: Array, labels: Array) -> tuple[Array, Array]:
        return self.posterior(self.features(images), labels)


# Adam moves a weight by its rate a step, whatever the gradient; the means of classes lie units
# apart and must get there in hundreds of steps.
_PRIOR_SPEED = 10


class ClassPrior(nnx.Module):
    """p(z|y) = N(10 mean_y, diag(exp(log_scale_y)^2)), learned, of a class-conditional VAE.

    With one prior N(0, I) for all classes z comes to hold the class as well and the decoder does
    not look at y: to hand the class over from z to y, encoder and decoder would have to change at
    once. Moved here, a class's mean changes no reconstruction, and KL alone pulls it into place.
    """

    def __init__(self, num_classes: int, latent_dim: int):
        self.mean = nnx.Param(jnp.zeros((num_classes, latent_dim)))
        self.log_scale = nnx.Param(jnp.zeros((num_classes, latent_dim)))

    def moments(self, labels: Array) -> tuple[Array, Array]:
        """labels: int [B] -> means and standard deviations of their priors, [B, Z] each."""
        mean, log_scale = self._parameters(labels)
        return mean, jnp.exp(log_scale)

    def _parameters(self, labels: Array) -> tuple[Array, Array]:
        one_hot = jax.nn.one_hot(labels, self.mean.shape[0])
        return _PRIOR_SPEED * (one_hot @ self.mean[...]), one_hot @ self.log_scale[...]

    def scale(self, code: Array, labels: Array) -> Array:
        """A code as seen from the class, [B, Z] -> where the class has it, [B, Z]."""
        mean, log_scale = self._parameters(labels)
        return mean + jnp.exp(log_scale) * code

    def standardise(self, mean: Array, log_var: Array, labels: Array) -> tuple[Array, Array]:
        """A Gaussian's (mean, log_var), each [B, Z], as seen from the class: undoes `scale`."""
        own_mean, log_scale = self._parameters(labels)
        return (mean - own_mean) * jnp.exp(-log_scale), log_var - 2 * log_scale

    def flow(self, z: Array, labels: Array) -> Array:
        """z: [B, Z], N(0, I) in every class; labels: int [B] -> codes as seen from the class."""
        del labels  # seen from itself, a Gaussian is N(0, I)
        return z

    def inverse_flow(self, code: Array, labels: Array) -> tuple[Array, Array]:
        """The z [B, Z] that `flow` takes to a code, and log |dz/dcode|, [B]."""
        del labels
        return code, jnp.zeros(len(code))

    def from_prior(self, z: Array, labels: Array) -> Array:
        """z: [B, Z], N(0, I) in every class; labels: int [B] -> [B, Z], where the class has it."""
        return self.scale(self.flow(z, labels), labels)

    def to_prior(self, placed: Array, labels: Array) -> Array:
        """The z that `from_prior` takes there, [B, Z]."""
        code, _ = self.standardise(placed, jnp.zeros(()), labels)
        return self.inverse_flow(code, labels)[0]


_COUPLING_WIDTH = 128  # of its hidden layers


class Coupling(nnx.Module):
    """One half of z moved and scaled by what the other half says (Dinh 2017, Real NVP, eq. 7)."""

    def __init__(self, num_classes: int, latent_dim: int, *, rngs: nnx.Rngs):
        kept, moved = latent_dim // 2, latent_dim - latent_dim // 2
        self.kept = kept
        self.first = nnx.Linear(kept + num_classes, _COUPLING_WIDTH, rngs=rngs)
        self.second = nnx.Linear(_COUPLING_WIDTH, _COUPLING_WIDTH, rngs=rngs)
        # From the identity.
        zeros = nnx.initializers.zeros
        self.out = nnx.Linear(_COUPLING_WIDTH, 2 * moved, kernel_init=zeros, rngs=rngs)

    def _parts(self, x: Array, labels: Array) -> tuple[Array, Array, Array, Array]:
        kept, moved = x[:, : self.kept], x[:, self.kept :]
        one_hot = jax.nn.one_hot(labels, self.first.in_features - self.kept)
        hidden = nnx.silu(self.first(jnp.concatenate([kept, one_hot], -1)))
        log_scale, shift = jnp.split(self.out(nnx.silu(self.second(hidden))), 2, -1)
        # Bounded, so that a stack of them cannot overflow.
        return kept, moved, 2 * jnp.tanh(log_scale / 2), shift

    def __call__(self, x: Array, labels: Array) -> Array:
        """x: [B, Z], labels: int [B] -> [B, Z]."""
        kept, moved, log_scale, shift = self._parts(x, labels)
        return jnp.concatenate([kept, moved * jnp.exp(log_scale) + shift], -1)

    def inverse(self, y: Array, labels: Array) -> tuple[Array, Array]:
        """The x that gives y, and log |dx/dy|, [B]."""
        kept, moved, log_scale, shift = self._parts(y, labels)
        x = jnp.concatenate([kept, (moved - shift) * jnp.exp(-log_scale)], -1)
        return x, -log_scale.sum(-1)


class FlowPrior(ClassPrior):
    """p(z|y) as a flow: N(0, I) through couplings, then the class's own mean and scale (Chen 2017,
    Variational lossy autoencoder).

    Codes of pictures with a hue and an angle lie on rings, and a Gaussian draws from within them,
    where no picture has its code.
    """

    def __init__(self, num_classes: int, latent_dim: int, num_couplings: int, *, rngs: nnx.Rngs):
        super().__init__(num_classes, latent_dim)
        self.couplings = nnx.List(
            Coupling(num_classes, latent_dim, rngs=rngs) for _ in range(num_couplings)
        )
        # Which coordinates a coupling moves changes by chance, the same in every run.
        shuffled = np.random.default_rng(0)
        self.orders = tuple(
            tuple(map(int, shuffled.permutation(latent_dim))) for _ in range(num_couplings)
        )

    def flow(self, z: Array, labels: Array) -> Array:
        for order, coupling in zip(self.orders, self.couplings, strict=True):
            z = coupling(z, labels)[:, np.array(order)]
        return z

    def inverse_flow(self, code: Array, labels: Array) -> tuple[Array, Array]:
        log_det = jnp.zeros(len(code))
        for order, coupling in zip(self.orders[::-1], self.couplings[::-1], strict=True):
            code, more = coupling.inverse(code[:, np.argsort(order)], labels)
            log_det += more
        return code, log_det
