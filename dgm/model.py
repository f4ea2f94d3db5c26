"""`load(path) -> Model`: one face for all systems."""

import functools
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
from flax import nnx

from dgm import release
from dgm.inputs import as_images, as_labels, in_batches
from dgm.programs import NUM_IMPORTANCE, Programs
from dgm.systems import Config, abilities, system_of
from dgm.types import Array, Labels


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

        readout: the heads that were fitted on the model, by name.
        """
        nets.eval()
        self.config = config
        graphdef, self._state = nnx.split(nets)
        self.readout = readout or {}
        self._programs = Programs(config, graphdef, self.readout)
        net = next((nets[n] for n in ("discriminator", "classifier") if n in nets), None)
        self.has_features = hasattr(net, "features")  # so that `features` answers
        self.has_maps = hasattr(net, "maps")  # so that `grid_features` answers
        self.abilities = abilities(config, self.readout)
        none = np.zeros((0, self.abilities.latent_dim))
        self.directions = none if directions is None else directions

    @property
    def capabilities(self) -> frozenset[str]:
        """Of "sample", "classify", "encode", "likelihood"."""
        return self.abilities.capabilities

    @property
    def methods(self) -> tuple[str, ...]:
        """Methods of classifying, the default first."""
        return self.abilities.methods

    @property
    def latent_dim(self) -> int:
        """Dimensions of z; 0 where it draws nothing."""
        return self.abilities.latent_dim

    @property
    def nets(self) -> nnx.Dict:
        """The nets with their present weights, in evaluation mode."""
        return self._programs.nets(self._state)

    def with_readout(self, readout: dict[str, np.ndarray]) -> "Model":
        """The same nets with other fitted heads."""
        return Model(self.config, self.nets, self.directions, readout)

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
        return sum(leaf.size for leaf in jax.tree.leaves(nnx.state(self.nets, nnx.Param)))

    # --- drawing -------------------------------------------------------------------------------

    def latents(self, key: Array | int, num: int, truncation: float = 1.0) -> np.ndarray:
        """num draws of z from N(0, truncation^2 I), float32 [num, Z].

        Scaling towards the mean trades variety for typicality (Karras 2019, truncation); the same
        key gives the same directions at every truncation.
        """
        key = jax.random.key(key) if isinstance(key, int | np.integer) else key
        return truncation * np.asarray(jax.random.normal(key, (num, self.latent_dim)))

    def sample(
        self,
        key: Array | int,
        labels: Labels | int | str | None = None,
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
            each = np.arange(num) % self.config.num_classes
        else:
            each = [labels] * num if isinstance(labels, str | int | np.integer) else labels
        return self.decode(self.latents(key, num, truncation), each)

    def decode(self, z: np.ndarray, labels: Labels) -> np.ndarray:
        """z: [N, Z], labels: N class numbers or names -> float32 [N, 32, 32, C] in [-1, 1].

        Raises:
            ValueError: this model draws nothing, or z or labels do not fit it.
        """
        self._need("sample")
        z = np.asarray(z, np.float32)
        if z.ndim != 2 or z.shape[1] != self.latent_dim or not len(z):
            raise ValueError(f"z has shape {z.shape}, expected [N, {self.latent_dim}], N > 0")
        return self._of_latents(self._programs.sample, z, labels)

    def drawing(self) -> Callable[[Array, Array], Array]:
        """(z [N, Z], labels int [N]) -> pictures, a function that JAX can trace and differentiate,
        and a pytree, so that it may be an argument of a jitted function.

        Raises:
            ValueError: this model draws nothing.
        """
        self._need("sample")
        return jax.tree_util.Partial(self._programs.sample, self._state)

    def first_layer(self, z: np.ndarray, labels: Labels) -> np.ndarray:
        """What the first layer of G makes of z, before any norm: float32 [N, F]."""
        self._need("sample")
        return self._of_latents(self._programs.early["first_layer"], z, labels)

    def early_maps(self, z: np.ndarray, labels: Labels) -> np.ndarray:
        """What G makes of z after its first stage, float32 [N, …]."""
        self._need("sample")
        return self._of_latents(self._programs.early["early_maps"], z, labels)

    # --- reading -------------------------------------------------------------------------------

    def classify(
        self,
        images: np.ndarray,
        method: str | None = None,
        num_importance: int = NUM_IMPORTANCE,
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
        method = self._method(method)
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
        num_importance: int = NUM_IMPORTANCE,
    ) -> np.ndarray:
        """log p(y|x) before any temperature, float32 [N, K]; arguments as `classify`."""
        method = self._method(method)
        classifier = self._programs.classifiers[method]
        if method == "bayes":
            if num_importance < 1:
                raise ValueError(f"num_importance must be 1 or more, not {num_importance}")
            classifier = functools.partial(classifier, num_importance=num_importance)
        return self._batched(classifier, self._images(images))

    def encode(self, images: np.ndarray, labels: Labels | None = None) -> np.ndarray:
        """Mean of q(z|x, y) as a z that `decode` takes, float32 [N, Z]; without labels, y is what
        `classify` says.

        Raises:
            ValueError: this model has no encoder, or images do not fit it.
        """
        self._need("encode")
        images = self._images(images)
        classes = self.classify(images).argmax(-1) if labels is None else labels
        return self._batched(self._programs.encode, images, self._labels(classes, len(images)))

    def from_prior(self, z: np.ndarray, labels: Labels) -> np.ndarray:
        """z: [N, Z], N(0, I) in every class -> where the class's prior has it, float32 [N, Z]: what
        the decoder reads (`latents.ClassPrior`, `latents.FlowPrior`).

        Raises:
            ValueError: this model has no encoder, or labels do not fit.
        """
        self._need("encode")
        return self._of_latents(self._programs.from_prior, z, labels)

    def to_prior(self, codes: np.ndarray, labels: Labels) -> np.ndarray:
        """The z that `from_prior` takes there, float32 [N, Z]; raises the same."""
        self._need("encode")
        return self._of_latents(self._programs.to_prior, codes, labels)

    def features(self, images: np.ndarray) -> np.ndarray:
        """What a convolutional D or a plain classifier makes of images, float32 [N, F]: the means
        of its maps.

        Raises:
            ValueError: the model has no such net, or images do not fit it.
        """
        if not self.has_features:
            raise ValueError(f"{self.name} has no such features; a convolutional D or a cnn has")
        return self._batched(self._programs.features, self._images(images))

    def grid_features(self, images: np.ndarray) -> np.ndarray:
        """`nets.grid_features` of the maps of D or a plain classifier, float32 [N, F].

        Raises:
            ValueError: the model has no such net, or images do not fit it.
        """
        if not self.has_maps:
            raise ValueError(f"{self.name} has no such features; a convolutional D or a cnn has")
        return self._batched(self._programs.grid_features, self._images(images))

    def map_reading(self) -> Callable[[Array], list[Array]]:
        """Pictures [N, 32, 32, C] -> the maps of D or a classifier [N, H, W, C] each, a function as
        `drawing` gives one.

        Raises:
            ValueError: the model has no convolutional D and is no plain classifier.
        """
        if not self.has_maps:
            raise ValueError(f"{self.name} has no maps; a convolutional D or a cnn has")
        return jax.tree_util.Partial(self._programs.maps, self._state)

    def gradients(
        self, images: np.ndarray, labels: Labels, method: str | None = None
    ) -> np.ndarray:
        """Of log p(label|x) with respect to x, float32 [N, 32, 32, C]; arguments as `classify`."""
        gradients = functools.partial(self._programs.gradients, self._method(method))
        return self._batched(gradients, self._images(images), self._labels(labels, len(images)))

    def class_priors(self) -> tuple[np.ndarray, np.ndarray]:
        """Means and standard deviations of p(z|y), float32 [K, Z] each, of a VAE whose class is in
        the prior alone.

        Raises:
            ValueError: this is another system.
        """
        if not self.abilities.has_class_priors:
            raise ValueError(f"{self.name} has its classes elsewhere than in its prior alone")
        mean, deviation = self.nets["prior"].moments(np.arange(self.config.num_classes))
        return np.asarray(mean), np.asarray(deviation)

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
        return self._batched(self._programs.energies, self._images(images))

    @property
    def has_ood_score(self) -> bool:
        return "gaussian.mean" in self.readout

    def ood_score(self, images: np.ndarray) -> np.ndarray:
        """How far images are from all that was trained on, float32 [N]: the squared Mahalanobis
        distance to the nearest class in feature space (Lee 2018).

        `readout["threshold"]` is what 95 % of real images stay under.

        Raises:
            ValueError: nothing was fitted for it, or images do not fit the model.
        """
        if not self.has_ood_score:
            raise ValueError(
                f"{self.name} cannot tell what is strange: run `python -m dgm.readout` on it"
            )
        return self._batched(self._programs.distances, self._images(images)).min(-1)

    strangeness = ood_score  # its name in earlier versions

    def log_likelihood(
        self, images: np.ndarray, labels: Labels, num_importance: int = 16
    ) -> np.ndarray:
        """Importance-weighted lower bound on log p(x|y), float32 [N], nats a picture.

        Raises:
            ValueError: this model has no likelihood, or images or labels do not fit it.
        """
        return self.evidence_bounds(images, labels, num_importance)["iwae"]

    def evidence_bounds(
        self, images: np.ndarray, labels: Labels, num_importance: int = 1
    ) -> dict[str, np.ndarray]:
        """`elbo`, `iwae`, `reconstruction` and `kl`, float32 [N] each, nats; `vae.evidence_bounds`.

        With the Bernoulli likelihood each pixel is first drawn as -1 or 1 with its own mean.
        """
        self._need("likelihood")
        images = self._images(images)
        bounds = functools.partial(self._programs.evidence_bounds, num_importance)
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
            functools.partial(self._programs.regret, num_steps), self._images(images), labels
        )

    def _of_latents(self, program: Callable, z: np.ndarray, labels: Labels) -> np.ndarray:
        return self._batched(program, np.asarray(z, np.float32), self._labels(labels, len(z)))

    def _batched(self, function: Callable, *arrays: np.ndarray):
        return in_batches(functools.partial(function, self._state), *arrays)

    # --- checks --------------------------------------------------------------------------------

    def _need(self, capability: str) -> None:
        if capability not in self.capabilities:
            can = ", ".join(sorted(self.capabilities))
            raise ValueError(f"{self.name} cannot do this ({capability}); it can: {can}")

    def _method(self, method: str | None) -> str:
        self._need("classify")
        if method is not None and method not in self.methods:
            raise ValueError(f"{self.name} classifies by {self.methods}, not by {method!r}")
        return method or self.methods[0]

    def _images(self, images: np.ndarray) -> np.ndarray:
        return as_images(images, self.config.channels)

    def _labels(self, labels: Labels, num: int) -> np.ndarray:
        return as_labels(labels, self.class_names, num)


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
    config, tensors, extra = release.load_release(Path(path))
    system = system_of(config)
    # Shapes alone: to draw weights that are then replaced would take ten seconds of compilation.
    nets = nnx.eval_shape(lambda: system.released_nets(config, nnx.Rngs(0)))
    release.fill(nets, tensors)
    prefix = "readout."
    readout = {k.removeprefix(prefix): v for k, v in extra.items() if k.startswith(prefix)}
    return Model(config, nets, extra.get("directions"), readout)
