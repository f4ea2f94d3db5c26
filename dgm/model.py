"""`load(path) -> Model`: one face for all systems."""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import jax
import numpy as np
from flax import nnx

from dgm import checkpoint, classify, gan, semi_supervised, vae
from dgm.config import Config
from dgm.nets import grid_features

Array = jax.Array
_LARGEST_BATCH = 256  # pictures that go through the nets at once
_NUM_IMPORTANCE = 8  # draws of z a picture and class, where a VAE classifies


@dataclasses.dataclass(frozen=True)
class System:
    """What train, evaluate and the page need to know of a recipe."""

    title: str  # its name in words
    build: Callable[[Config, nnx.Rngs], nnx.Module]  # all that is trained, `.average` what ships
    train_step: Callable  # see gan.train_step
    critic_step: Callable | None  # see gan.critic_step; None where D moves once a step
    released_nets: Callable[[Config, nnx.Rngs], nnx.Dict]
    calibrate: Callable  # see gan.calibrate
    drawer: Callable | None  # see gan.drawer; None where it draws nothing
    draw: Callable | None  # (config, nets, z, labels) -> pictures
    capabilities: frozenset[str]
    methods: tuple[str, ...]  # ways of classifying, the default first


def _adversarial(title: str, *capabilities: str) -> System:
    """A GAN; of those with a class head the page and the library ask p(y|x)."""
    return System(
        title,
        gan.GAN,
        gan.train_step,
        gan.critic_step,
        gan.released_nets,
        gan.calibrate,
        gan.drawer,
        gan.draw_samples,
        frozenset({"sample", *capabilities}),
        ("head",) if "classify" in capabilities else (),
    )


def _variational(title: str) -> System:
    return System(
        title,
        vae.VAE,
        vae.vae_train_step,
        None,
        vae.released_vae_nets,
        vae.calibrate_vae,
        vae.vae_drawer,
        vae.draw_vae_samples,
        frozenset({"sample", "classify", "encode", "likelihood"}),
        ("bayes",),
    )


SYSTEMS = {
    "gan": _adversarial("GAN of MLPs with the minimax loss (Goodfellow 2014)"),
    "gan-ns": _adversarial("GAN of MLPs with the non-saturating loss (Goodfellow 2014)"),
    "dcgan": _adversarial(
        "Class-conditional DCGAN with a class head (Radford 2015; Odena 2017)", "classify"
    ),
    "improved-gan": System(
        "Improved GAN: K + 1 classes, feature matching, few labels (Salimans 2016)",
        semi_supervised.ImprovedGAN,
        semi_supervised.train_step,
        None,
        semi_supervised.released_nets,
        gan.calibrate,
        gan.drawer,
        gan.draw_samples,
        frozenset({"sample", "classify"}),
        ("semi-supervised",),
    ),
    "wgan": _adversarial("Wasserstein GAN with clipped weights (Arjovsky 2017)"),
    "wgan-gp": _adversarial("Wasserstein GAN with gradient penalty (Gulrajani 2017)"),
    "sngan": _adversarial("GAN with spectral norm and hinge loss (Miyato 2018)"),
    "r3gan": _adversarial("R3GAN: relativistic pairs, R1 and R2, residual nets (Huang 2024)"),
    "vae": _variational("Class-conditional variational autoencoder (Kingma & Welling 2014)"),
    "ib-vae": _variational(
        "VAE trained to classify by Bayes' rule, its class in the prior alone (Ardizzone 2020)"
    ),
    "vae-gan": System(
        "VAE-GAN (Larsen 2016)",
        vae.VAEGAN,
        vae.vae_gan_train_step,
        None,
        vae.released_vae_gan_nets,
        vae.calibrate_vae_gan,
        vae.vae_gan_drawer,
        vae.draw_vae_gan_samples,
        frozenset({"sample", "classify", "encode"}),
        ("head",),
    ),
    "cnn": System(
        "Plain convolutional classifier, the yardstick",
        classify.CNN,
        classify.cnn_train_step,
        None,
        classify.released_nets,
        classify.cnn_calibrate,
        None,
        None,
        frozenset({"classify"}),
        ("cnn",),
    ),
}


def abilities(config: Config, fitted: Iterable[str] = ()) -> tuple[frozenset[str], tuple[str, ...]]:
    """(capabilities, ways of classifying, the default first) of a config's models.

    fitted: the names of what was fitted on the model afterwards, see `dgm.readout`.
    """
    system = SYSTEMS[config.recipe]
    capabilities, methods = system.capabilities, system.methods
    if "head" in methods and not config.class_head:
        capabilities, methods = capabilities - {"classify"}, ()
    fitted = set(fitted)
    methods += ("features",) * ("svm.kernel" in fitted)
    methods += ("bayes-features",) * ("gaussian.mean" in fitted and "cnn" not in methods)
    return capabilities | ({"classify"} if methods else set()), methods


class Model:
    """A trained system. Pictures are float32 [N, 32, 32, C] in [-1, 1], labels int [N]."""

    def __init__(
        self,
        config: Config,
        nets: nnx.Dict,
        directions: np.ndarray | None = None,
        readout: dict[str, np.ndarray] | None = None,
    ):
        """nets: as `System.released_nets` built them; directions: [8, Z] or None.

        readout: what `dgm.readout` fitted on the model, by name.
        """
        nets.eval()
        self.config = config
        self._system = SYSTEMS[config.recipe]
        self._graphdef, self._state = nnx.split(nets)
        judge = next((nets[n] for n in ("discriminator", "classifier") if n in nets), None)
        self.has_features = hasattr(judge, "features")  # so that `features` answers
        self.has_maps = hasattr(judge, "maps")  # so that `grid_features` answers
        self.directions = np.zeros((0, config.latent_dim)) if directions is None else directions
        self.readout = readout or {}
        self.capabilities, self.methods = abilities(config, self.readout)

    def with_readout(self, readout: dict[str, np.ndarray]) -> "Model":
        """The same nets with another readout."""
        return Model(self.config, self._nets(self._state), self.directions, readout)

    def replace_weights(self, nets: nnx.Dict) -> None:
        """Go on with the weights of other nets of the same shape; nothing is compiled anew."""
        nets.eval()
        self._state = nnx.state(nets)

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.config.class_names

    @property
    def num_parameters(self) -> int:
        nets = nnx.merge(self._graphdef, self._state)
        return sum(leaf.size for leaf in jax.tree.leaves(nnx.state(nets, nnx.Param)))

    # --- drawing -------------------------------------------------------------------------------

    def latents(self, key: Array | int, num: int, truncation: float = 1.0) -> np.ndarray:
        """num draws of z from N(0, truncation^2 I), float32 [num, Z].

        Scaling towards the mean trades variety for typicality (Karras 2019, truncation); the same
        key gives the same directions at every truncation.
        """
        key = jax.random.key(key) if isinstance(key, int | np.integer) else key
        return truncation * np.asarray(jax.random.normal(key, (num, self.config.latent_dim)))

    def sample(
        self,
        key: Array | int,
        labels: Sequence[int | str] | int | str | None = None,
        num: int = 16,
        truncation: float = 1.0,
    ) -> np.ndarray:
        """num new pictures, float32 [num, 32, 32, C] in [-1, 1].

        Args:
            key: a JAX key, or an int as its seed.
            labels: a class for all, one a picture, or None for all classes in turn.
            truncation: standard deviation of z; 1 is the distribution that was trained.
        """
        if labels is None:
            labels = np.arange(num) % self.config.num_classes
        elif isinstance(labels, str | int | np.integer):
            labels = [labels] * num
        return self.decode(self.latents(key, num, truncation), labels)

    def decode(self, z: np.ndarray, labels: Sequence[int | str]) -> np.ndarray:
        """z: [N, Z], labels: N class numbers or names -> float32 [N, 32, 32, C] in [-1, 1].

        Raises:
            ValueError: this model draws nothing, or z or labels do not fit it.
        """
        self._need("sample")
        z = np.asarray(z, np.float32)
        if z.ndim != 2 or z.shape[1] != self.config.latent_dim or not len(z):
            raise ValueError(
                f"z has shape {z.shape}, expected [N, {self.config.latent_dim}], N > 0"
            )
        return self._batched(self._draw, z, self._labels(labels, len(z)))

    def interpolate(
        self, z_a: np.ndarray, z_b: np.ndarray, labels: Sequence[int | str] | int | str, num: int
    ) -> np.ndarray:
        """num pictures on the great circle from z_a to z_b, both [Z], ends included.

        Spherical, since between two draws the straight line passes nearer to 0 than any draw of the
        prior lies (White 2016, Sampling Generative Networks).
        """
        if isinstance(labels, str | int | np.integer):
            labels = [labels] * num
        return self.decode(spherical_interpolation(z_a, z_b, np.linspace(0, 1, num)), labels)

    def drawing(self) -> Callable[[Array, Array], Array]:
        """(z [N, Z], labels int [N]) -> pictures, a function that JAX can trace and differentiate,
        and a pytree, so that it may be an argument of a jitted function.

        Raises:
            ValueError: this model draws nothing.
        """
        self._need("sample")
        return jax.tree_util.Partial(self._draw, self._state)

    def first_layer(self, z: np.ndarray, labels: Sequence[int | str]) -> np.ndarray:
        """What the first layer of G makes of z, before any norm: float32 [N, F]."""
        self._need("sample")
        return self._batched(
            self._early["first_layer"], np.float32(z), self._labels(labels, len(z))
        )

    def early_maps(self, z: np.ndarray, labels: Sequence[int | str]) -> np.ndarray:
        """What G makes of z after its first stage, float32 [N, …]."""
        self._need("sample")
        return self._batched(self._early["early_maps"], np.float32(z), self._labels(labels, len(z)))

    # --- reading -------------------------------------------------------------------------------

    def classify(
        self,
        images: np.ndarray,
        method: str | None = None,
        num_importance: int = _NUM_IMPORTANCE,
    ) -> np.ndarray:
        """p(y|x): float32 [N, K], rows sum to 1.

        Args:
            images: float [N, 32, 32, C] in [-1, 1].
            method: one of `self.methods`; None is the first.
            num_importance: draws of z for each bound on log p(x|y), of `bayes` where the decoder is
                told the class; more are a closer bound and take as much longer.

        Raises:
            ValueError: this model cannot classify (so), or images or num_importance do not fit it.
        """
        method = self._way(method)
        log_p = self.log_probabilities(images, method, num_importance) / self.temperature(method)
        log_p -= log_p.max(-1, keepdims=True)
        return np.exp(log_p) / np.exp(log_p).sum(-1, keepdims=True)

    def temperature(self, method: str) -> float:
        """By which log p(y|x) is divided, so that confidence is accuracy; 1 if not fitted."""
        return float(self.readout.get(f"temperature.{method}", 1.0))

    def log_probabilities(
        self,
        images: np.ndarray,
        method: str | None = None,
        num_importance: int = _NUM_IMPORTANCE,
    ) -> np.ndarray:
        """log p(y|x) before any temperature, float32 [N, K]; arguments as `classify`."""
        method = self._way(method)
        classifier = self._classifiers[method]
        if method == "bayes":
            if num_importance < 1:
                raise ValueError(f"num_importance must be 1 or more, not {num_importance}")
            classifier = functools.partial(classifier, num_importance=num_importance)
        return self._batched(classifier, self._images(images))

    def encode(self, images: np.ndarray, labels: Sequence[int | str] | None = None) -> np.ndarray:
        """Mean of q(z|x, y) as a z that `decode` takes, float32 [N, Z]; without labels, y is what
        `classify` says.

        Raises:
            ValueError: this model has no encoder, or images do not fit it.
        """
        self._need("encode")
        images = self._images(images)
        labels = self.classify(images).argmax(-1) if labels is None else labels
        return self._batched(self._encode, images, self._labels(labels, len(images)))

    def place(self, z: np.ndarray, labels: Sequence[int | str]) -> np.ndarray:
        """z: [N, Z], N(0, I) in every class -> where the class's prior has it, float32 [N, Z]: what
        the decoder reads (`nets.ClassPrior`, `nets.FlowPrior`).

        Raises:
            ValueError: this model has no encoder, or labels do not fit.
        """
        self._need("encode")
        return self._batched(self._place, np.float32(z), self._labels(labels, len(z)))

    def unplace(self, placed: np.ndarray, labels: Sequence[int | str]) -> np.ndarray:
        """The z that `place` takes there, float32 [N, Z]; raises the same."""
        self._need("encode")
        return self._batched(self._unplace, np.float32(placed), self._labels(labels, len(placed)))

    def features(self, images: np.ndarray) -> np.ndarray:
        """What a convolutional D or a plain classifier makes of images, float32 [N, F]: the means
        of its maps.

        Raises:
            ValueError: the model has no such net, or images do not fit it.
        """
        if not self.has_features:
            raise ValueError(f"{self.name} has no such features; a convolutional D or a cnn has")
        return self._batched(self._features, self._images(images))

    def grid_features(self, images: np.ndarray) -> np.ndarray:
        """`nets.grid_features` of the maps of D or a plain classifier, float32 [N, F].

        Raises:
            ValueError: the model has no such net, or images do not fit it.
        """
        if not self.has_maps:
            raise ValueError(f"{self.name} has no such features; a convolutional D or a cnn has")
        return self._batched(self._grid_features, self._images(images))

    def map_reading(self) -> Callable[[Array], list[Array]]:
        """Pictures [N, 32, 32, C] -> the maps of D or a classifier [N, H, W, C] each, a function as
        `drawing` gives one.

        Raises:
            ValueError: the model has no convolutional D and is no plain classifier.
        """
        if not self.has_maps:
            raise ValueError(f"{self.name} has no maps; a convolutional D or a cnn has")
        return jax.tree_util.Partial(self._maps, self._state)

    def gradients(
        self, images: np.ndarray, labels: Sequence[int | str], method: str | None = None
    ) -> np.ndarray:
        """Of log p(label|x) with respect to x, float32 [N, 32, 32, C]; arguments as `classify`."""
        gradients = functools.partial(self._gradients, self._way(method))
        return self._batched(gradients, self._images(images), self._labels(labels, len(images)))

    def class_priors(self) -> tuple[np.ndarray, np.ndarray]:
        """Means and standard deviations of p(z|y), float32 [K, Z] each, of a VAE whose class is in
        the prior alone.

        Raises:
            ValueError: this is another system.
        """
        if not self.config.class_in_prior:
            raise ValueError(f"{self.name} has its classes elsewhere than in its prior alone")
        prior = self._nets(self._state)["prior"]
        return tuple(map(np.asarray, prior.of(np.arange(self.config.num_classes))))

    @property
    def has_energy(self) -> bool:
        return bool({"head", "semi-supervised", "cnn"} & set(self.methods))

    def energy(self, images: np.ndarray) -> np.ndarray:
        """-log sum_k exp l_k of the class logits, float32 [N], low where the model is at home (Liu
        2020, eq. 4).

        Raises:
            ValueError: the model has no class logits, or images do not fit it.
        """
        if not self.has_energy:
            raise ValueError(f"{self.name} has no class logits, of which there were an energy")
        return self._batched(self._energies, self._images(images))

    @property
    def can_tell_strange(self) -> bool:
        return "gaussian.mean" in self.readout

    def strangeness(self, images: np.ndarray) -> np.ndarray:
        """How far images are from all that was trained on, float32 [N]: the squared Mahalanobis
        distance to the nearest class in feature space (Lee 2018).

        `readout["threshold"]` is what 95 % of real images stay under.

        Raises:
            ValueError: nothing was fitted for it, or images do not fit the model.
        """
        if not self.can_tell_strange:
            raise ValueError(
                f"{self.name} cannot tell what is strange: run `python -m dgm.readout` on it"
            )
        return self._batched(self._distances, self._images(images)).min(-1)

    def log_likelihood(
        self, images: np.ndarray, labels: Sequence[int | str], num_importance: int = 16
    ) -> np.ndarray:
        """Importance-weighted lower bound on log p(x|y), float32 [N], nats a picture.

        Raises:
            ValueError: this model has no likelihood, or images or labels do not fit it.
        """
        return self.evidence_bounds(images, labels, num_importance)["iwae"]

    def evidence_bounds(
        self, images: np.ndarray, labels: Sequence[int | str], num_importance: int = 1
    ) -> dict[str, np.ndarray]:
        """`elbo`, `iwae`, `reconstruction` and `kl`, float32 [N] each, nats; `vae.evidence_bounds`.

        With the Bernoulli likelihood each pixel is first drawn as -1 or 1 with its own mean.
        """
        self._need("likelihood")
        images = self._images(images)
        bounds = functools.partial(self._bounds, num_importance)
        return self._batched(bounds, images, self._labels(labels, len(images)))

    def likelihood_regret(self, images: np.ndarray, num_steps: int = 50) -> np.ndarray:
        """By how many nats the ELBO of a picture grows where q(z|x, y) is fitted to it alone, y
        what `classify` says: float32 [N]. Small where the encoder has seen the like (Xiao 2020,
        the variant that fits mean and variance).

        Raises:
            ValueError: this model has no likelihood, or images do not fit it.
        """
        self._need("likelihood")
        labels = self.classify(images).argmax(-1).astype(np.int32)
        return self._batched(
            functools.partial(self._regret, num_steps), self._images(images), labels
        )

    def warm_up(self, batch_sizes: Sequence[int] = (1,)) -> None:
        """Compile what a page calls, so that no visitor waits for it."""
        for num in batch_sizes:
            images = np.zeros((num, 32, 32, self.config.channels), np.float32)
            if "sample" in self.capabilities:
                images = self.sample(0, 0, num)
            if "classify" in self.capabilities:
                self.classify(images)

    # --- jitted parts --------------------------------------------------------------------------

    def _nets(self, state) -> nnx.Dict:
        return nnx.merge(self._graphdef, state)

    @functools.cached_property
    def _draw(self):
        return jax.jit(lambda s, z, y: self._system.draw(self.config, self._nets(s), z, y))

    @functools.cached_property
    def _early(self) -> dict[str, Callable]:
        """What G's first layer and first stage make of z."""

        def part(name: str) -> Callable:
            def run(state, z, y):
                net, *inputs = self._system.drawer(self.config, self._nets(state), z, y)
                return getattr(net, name)(*inputs)

            return jax.jit(run)

        return {name: part(name) for name in ("first_layer", "early_maps")}

    @functools.cached_property
    def _maps(self):
        return jax.jit(lambda s, x: self._reader(s).maps(x))

    def _reader(self, state) -> nnx.Module:
        nets = self._nets(state)
        return nets["discriminator"] if "discriminator" in nets else nets["classifier"]

    @functools.cached_property
    def _features(self):
        return jax.jit(lambda s, x: self._reader(s).features(x))

    @functools.cached_property
    def _grid_features(self):
        return jax.jit(lambda s, x: grid_features(self._reader(s).maps(x)))

    @functools.cached_property
    def _gradients(self):
        def gradients(method, state, images, labels):
            def chosen(images):
                log_p = self._classifiers[method](state, images)
                return (jax.nn.one_hot(labels, log_p.shape[1]) * log_p).sum()

            return jax.grad(chosen)(images)

        return jax.jit(gradients, static_argnums=0)

    @functools.cached_property
    def _energies(self):
        return jax.jit(lambda s, x: -jax.nn.logsumexp(classify.logits(self._nets(s), x), -1))

    def _fitted(self, prefix: str) -> dict[str, np.ndarray]:
        return {
            name.removeprefix(prefix): np.asarray(value, np.float32)
            for name, value in self.readout.items()
            if name.startswith(prefix)
        }

    @functools.cached_property
    def _distances(self):
        gaussians = self._fitted("gaussian.")
        return jax.jit(
            lambda s, x: classify.squared_distances(self._reader(s).features(x), gaussians)
        )

    @functools.cached_property
    def _encode(self):
        return jax.jit(lambda s, x, y: vae.encode(self.config, self._nets(s), x, y))

    @functools.cached_property
    def _place(self):
        return jax.jit(lambda s, z, y: self._nets(s)["prior"].place(z, y))

    @functools.cached_property
    def _unplace(self):
        return jax.jit(lambda s, placed, y: self._nets(s)["prior"].unplace(placed, y))

    @functools.cached_property
    def _classifiers(self) -> dict[str, Callable]:
        key = jax.random.key(0)

        @functools.partial(jax.jit, static_argnames="num_importance")
        def bayes(state, images, num_importance=_NUM_IMPORTANCE):
            return classify.bayes(self.config, self._nets(state), images, key, num_importance)

        return {
            "head": jax.jit(lambda s, x: classify.head(self._nets(s), x)),
            "semi-supervised": jax.jit(lambda s, x: classify.head(self._nets(s), x)),
            "bayes": bayes,
            "cnn": jax.jit(lambda s, x: classify.cnn(self.config, self._nets(s), x)),
            "features": jax.jit(
                lambda s, x: classify.features(
                    grid_features(self._reader(s).maps(x)), self._fitted("svm.")
                )
            ),
            "bayes-features": jax.jit(
                lambda s, x: classify.bayes_features(
                    self._reader(s).features(x), self._fitted("gaussian.")
                )
            ),
        }

    @functools.cached_property
    def _bounds(self):
        def bounds(num_importance, state, x, y):
            key_pixels, key_z = jax.random.split(jax.random.key(0))
            if self.config.likelihood == "bernoulli":
                x = vae.binarise(key_pixels, x)
            return vae.evidence_bounds(self.config, self._nets(state), key_z, x, y, num_importance)

        return jax.jit(bounds, static_argnums=0)

    @functools.cached_property
    def _regret_parts(self):
        def start(state, x, y):
            return vae.start_of_regret(self.config, self._nets(state), x, y)

        def step(state, x, y, key, fit):
            return vae.regret_step(self.config, self._nets(state), key, x, y, fit)

        def elbo(state, x, y, key, posterior):
            bounds = vae.bounds_of(self.config, self._nets(state), key, x, y, 4, posterior)
            return bounds["elbo"]

        return jax.jit(start), jax.jit(step), jax.jit(elbo)

    def _regret(self, num_steps: int, state, images: Array, labels: Array) -> Array:
        start, step, elbo = self._regret_parts
        key, key_pixels = jax.random.split(jax.random.key(0))
        if self.config.likelihood == "bernoulli":
            images = vae.binarise(key_pixels, images)
        first = fit = start(state, images, labels)
        # A loop in Python: XLA:CPU runs convolutions inside its own many times slower.
        for i in range(num_steps):
            fit = step(state, images, labels, jax.random.fold_in(key, i), fit)
        before, after = (elbo(state, images, labels, key, q) for q, _ in (first, fit))
        return after - before

    def _batched(self, function: Callable, *arrays: np.ndarray):
        """Call on batches padded to a power of two, so that few shapes are ever compiled."""
        num, parts = len(arrays[0]), []
        for start in range(0, num, _LARGEST_BATCH):
            batch = [a[start : start + _LARGEST_BATCH] for a in arrays]
            size = len(batch[0])
            pad = (1 << (size - 1).bit_length()) - size
            batch = [np.concatenate([a, np.repeat(a[-1:], pad, 0)]) for a in batch]
            out = function(self._state, *batch)
            parts.append(jax.tree.map(lambda x, size=size: np.asarray(x[:size]), out))
        return jax.tree.map(lambda *xs: np.concatenate(xs), *parts)

    # --- checks --------------------------------------------------------------------------------

    def _need(self, capability: str) -> None:
        if capability not in self.capabilities:
            can = ", ".join(sorted(self.capabilities))
            raise ValueError(f"{self.name} cannot do this ({capability}); it can: {can}")

    def _way(self, method: str | None) -> str:
        self._need("classify")
        if method is not None and method not in self.methods:
            raise ValueError(f"{self.name} classifies by {self.methods}, not by {method!r}")
        return method or self.methods[0]

    def _images(self, images: np.ndarray) -> np.ndarray:
        images = np.asarray(images)
        expected = (32, 32, self.config.channels)
        if images.ndim != 4 or images.shape[1:] != expected or not len(images):
            raise ValueError(f"images have shape {images.shape}, expected [N, {expected}], N > 0")
        if images.dtype == np.uint8 or not np.abs(images).max() <= 1.001:  # NaN is refused too
            raise ValueError("images must be floats in [-1, 1]; use dgm.data.to_float on uint8")
        return images.astype(np.float32)

    def _labels(self, labels: Sequence[int | str], num: int) -> np.ndarray:
        names = {name: i for i, name in enumerate(self.class_names)}
        unknown = [y for y in labels if isinstance(y, str) and y not in names]
        if unknown:
            raise ValueError(f"no class {unknown[0]!r}: there are {', '.join(names)}")
        numbers = np.array([names[y] if isinstance(y, str) else y for y in labels], np.int32)
        if len(numbers) != num or numbers.min() < 0 or numbers.max() >= len(names):
            raise ValueError(
                f"labels must be {num} class numbers in 0 … {len(names) - 1}, or names"
            )
        return numbers


def spherical_interpolation(z_a: np.ndarray, z_b: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Points at t in [0, 1] between z_a and z_b [Z] -> float32 [len(t), Z] (Shoemake 1985).

    sin((1 - t) w) / sin(w) z_a + sin(t w) / sin(w) z_b, w the angle between the two; a straight
    line where they are parallel.
    """
    t = np.asarray(t)[:, None]
    cosine = z_a @ z_b / max(np.linalg.norm(z_a) * np.linalg.norm(z_b), 1e-12)
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-4:
        return ((1 - t) * z_a + t * z_b).astype(np.float32)
    points = (np.sin((1 - t) * angle) * z_a + np.sin(t * angle) * z_b) / np.sin(angle)
    return points.astype(np.float32)


def load(path: str | Path) -> Model:
    """A released model from a folder, or from the Hugging Face Hub by "hf://OWNER/NAME".

    Raises:
        FileNotFoundError: there is no released model at `path`.
        ValueError: its files belong to another version, or do not fit together.
    """
    if str(path).startswith("hf://"):
        from huggingface_hub import snapshot_download

        path = snapshot_download(
            str(path).removeprefix("hf://"),
            allow_patterns=["model.safetensors", "config.json", "metrics.jsonl", "README.md"],
        )
    config, tensors, extra = checkpoint.load_release(Path(path))
    if config.recipe not in SYSTEMS:
        raise ValueError(f"{path} is a {config.recipe!r}, which this version of dgm does not know")
    # Shapes alone: to draw weights that are then replaced would take ten seconds of compilation.
    nets = nnx.eval_shape(lambda: SYSTEMS[config.recipe].released_nets(config, nnx.Rngs(0)))
    checkpoint.fill(nets, tensors)
    prefix = "readout."
    readout = {k.removeprefix(prefix): v for k, v in extra.items() if k.startswith(prefix)}
    return Model(config, nets, extra.get("directions"), readout)
