"""The compiled programs of a model: pure functions of its weights, each compiled when first asked.

Each takes the model's state first, so that weights can be replaced and nothing is compiled anew.
"""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from dgm import methods
from dgm.nets.trunks import grid_features
from dgm.systems import Config, System, system_of
from dgm.types import Array, FeatureNet

NUM_IMPORTANCE = 8  # draws of z a picture and class, where a VAE classifies


class Programs:
    """What a model computes. Arrays are batches, as `System` and `Model` have them."""

    def __init__(self, config: Config, graphdef, fitted: dict[str, np.ndarray]):
        """graphdef: of the released nets, whose state every program takes first.

        fitted: the heads that were fitted on the model, by name.
        """
        self.config, self.graphdef, self.fitted = config, graphdef, fitted
        self.system: System = system_of(config)

    def nets(self, state) -> nnx.Dict:
        return nnx.merge(self.graphdef, state)

    def feature_net(self, state) -> FeatureNet:
        """The discriminator or classifier, which has features and maps."""
        nets = self.nets(state)
        return nets["discriminator"] if "discriminator" in nets else nets["classifier"]

    def fitted_head(self, prefix: str) -> dict[str, Array]:
        return {
            name.removeprefix(prefix): jnp.asarray(value, jnp.float32)
            for name, value in self.fitted.items()
            if name.startswith(prefix)
        }

    # --- drawing

    @functools.cached_property
    def sample(self):
        return jax.jit(lambda s, z, y: self.system.sample(self.config, self.nets(s), z, y))

    @functools.cached_property
    def early(self) -> dict[str, Callable]:
        """What G's first layer and first stage make of z."""

        def part(name: str) -> Callable:
            def run(state, z, y):
                nets = self.nets(state)
                net, *inputs = self.system.generator_inputs(self.config, nets, z, y)
                return getattr(net, name)(*inputs)

            return jax.jit(run)

        return {name: part(name) for name in ("first_layer", "early_maps")}

    @functools.cached_property
    def encode(self):
        return jax.jit(lambda s, x, y: self.system.encode(self.config, self.nets(s), x, y))

    @functools.cached_property
    def from_prior(self):
        return jax.jit(lambda s, z, y: self.nets(s)["prior"].from_prior(z, y))

    @functools.cached_property
    def to_prior(self):
        return jax.jit(lambda s, code, y: self.nets(s)["prior"].to_prior(code, y))

    # --- features

    @functools.cached_property
    def maps(self):
        return jax.jit(lambda s, x: self.feature_net(s).maps(x))

    @functools.cached_property
    def features(self):
        return jax.jit(lambda s, x: self.feature_net(s).features(x))

    @functools.cached_property
    def grid_features(self):
        return jax.jit(lambda s, x: grid_features(self.feature_net(s).maps(x)))

    @functools.cached_property
    def energies(self):
        return jax.jit(lambda s, x: -jax.nn.logsumexp(methods.class_logits(self.nets(s), x), -1))

    @functools.cached_property
    def distances(self):
        gaussians = self.fitted_head("gaussian.")
        return jax.jit(
            lambda s, x: methods.squared_distances(self.feature_net(s).features(x), gaussians)
        )

    # --- classifying

    @functools.cached_property
    def classifiers(self) -> dict[str, Callable]:
        """(state, images, num_importance) -> log p(y|x), by the name of the method."""
        key = jax.random.key(0)

        def own(method: methods.Method) -> Callable:
            @functools.partial(jax.jit, static_argnames="num_importance")
            def run(state, images, num_importance=NUM_IMPORTANCE):
                return method(self.config, self.nets(state), images, key, num_importance)

            return run

        @functools.partial(jax.jit, static_argnames="num_importance")
        def features(state, images, num_importance=0):
            grid = grid_features(self.feature_net(state).maps(images))
            return methods.svm_features(grid, self.fitted_head("svm."))

        @functools.partial(jax.jit, static_argnames="num_importance")
        def bayes_features(state, images, num_importance=0):
            found = self.feature_net(state).features(images)
            return methods.gaussian_features(found, self.fitted_head("gaussian."))

        programs = {n: own(method) for n, method in self.system.methods(self.config).items()}
        return programs | {"features": features, "bayes-features": bayes_features}

    @functools.cached_property
    def gradients(self):
        def gradients(method, state, images, labels):
            def chosen(images):
                log_p = self.classifiers[method](state, images)
                return (jax.nn.one_hot(labels, log_p.shape[1]) * log_p).sum()

            return jax.grad(chosen)(images)

        return jax.jit(gradients, static_argnums=0)

    # --- likelihood

    @functools.cached_property
    def evidence_bounds(self):
        def bounds(num_importance, state, x, y):
            key = jax.random.key(0)
            nets = self.nets(state)
            return self.system.evidence_bounds(self.config, nets, key, x, y, num_importance)

        return jax.jit(bounds, static_argnums=0)

    @functools.cached_property
    def _regret_parts(self):
        config, system = self.config, self.system

        def start(state, x, y):
            return system.start_of_regret(config, self.nets(state), x, y)

        def step(state, key, x, y, fit):
            return system.regret_step(config, self.nets(state), key, x, y, fit)

        def elbo(state, key, x, y, fit):
            return system.fitted_elbo(config, self.nets(state), key, x, y, fit)

        return jax.jit(start), jax.jit(step), jax.jit(elbo)

    def regret(self, num_steps: int, state, images: Array, labels: Array) -> Array:
        """By how many nats the ELBO of each picture grows where q(z|x, y) is fitted to it, [B]."""
        start, step, elbo = self._regret_parts
        key = jax.random.split(jax.random.key(0))[0]
        first = fit = start(state, images, labels)
        # A loop in Python: XLA:CPU runs convolutions inside its own many times slower.
        for i in range(num_steps):
            fit = step(state, jax.random.fold_in(key, i), images, labels, fit)
        before, after = (elbo(state, key, images, labels, q) for q in (first, fit))
        return after - before
