"""The systems, one file a family, and the named recipes that they are trained by."""

import dataclasses
import difflib
import json
from collections.abc import Callable, Iterable

from dgm.systems.adversarial import GenerativeConfig
from dgm.systems.base import Config, System
from dgm.systems.classifier import ClassifierSystem, cnn, trunk_classifier
from dgm.systems.gan import (
    GANSystem,
    dcgan,
    gan,
    gan_ns,
    r3gan,
    sngan,
    wgan,
    wgan_gp,
    without_classes,
)
from dgm.systems.improved_gan import ImprovedGANSystem, improved_gan
from dgm.systems.vae import VAESystem, ib_vae, vae
from dgm.systems.vae_gan import VAEGANSystem, vae_gan

__all__ = [
    "RECIPES",
    "Abilities",
    "Config",
    "Recipe",
    "System",
    "abilities",
    "read_config",
    "recipe",
    "system_of",
    "trunk_classifier",
    "without_classes",
]


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A named system with the settings of its paper."""

    title: str  # in lists and legends
    summary: str  # in a sentence, with the paper
    system: System
    configure: Callable[[str], Config]  # by the name of a data set


_GAN = GANSystem()
_VAE = VAESystem()

# In the order of the field's history, which is that of the page's lists.
RECIPES: dict[str, Recipe] = {
    "gan": Recipe("GAN", "GAN of MLPs with the minimax loss (Goodfellow 2014)", _GAN, gan),
    "gan-ns": Recipe(
        "GAN, non-saturating",
        "GAN of MLPs with the non-saturating loss (Goodfellow 2014)",
        _GAN,
        gan_ns,
    ),
    "dcgan": Recipe(
        "DCGAN",
        "Class-conditional DCGAN with a class head (Radford 2015; Odena 2017)",
        _GAN,
        dcgan,
    ),
    "improved-gan": Recipe(
        "Improved GAN",
        "Improved GAN: K + 1 classes, feature matching, few labels (Salimans 2016)",
        ImprovedGANSystem(),
        improved_gan,
    ),
    "wgan": Recipe("WGAN", "Wasserstein GAN with clipped weights (Arjovsky 2017)", _GAN, wgan),
    "wgan-gp": Recipe(
        "WGAN-GP", "Wasserstein GAN with gradient penalty (Gulrajani 2017)", _GAN, wgan_gp
    ),
    "sngan": Recipe("SNGAN", "GAN with spectral norm and hinge loss (Miyato 2018)", _GAN, sngan),
    "r3gan": Recipe(
        "R3GAN",
        "R3GAN: relativistic pairs, R1 and R2, residual nets (Huang 2024)",
        _GAN,
        r3gan,
    ),
    "vae": Recipe(
        "VAE", "Class-conditional variational autoencoder (Kingma & Welling 2014)", _VAE, vae
    ),
    "ib-vae": Recipe(
        "IB-VAE",
        "VAE trained to classify by Bayes' rule, its class in the prior alone (Ardizzone 2020)",
        _VAE,
        ib_vae,
    ),
    "vae-gan": Recipe("VAE-GAN", "VAE-GAN (Larsen 2016)", VAEGANSystem(), vae_gan),
    "cnn": Recipe("CNN", "Plain convolutional classifier, the baseline", ClassifierSystem(), cnn),
}


def recipe(name: str, dataset: str) -> Config:
    """The config of a named recipe on a data set.

    Raises:
        ValueError: no recipe of that name; the message has the names there are.
    """
    return _known(name).configure(dataset)


def system_of(config: Config) -> System:
    """The system that a config is one of."""
    return _known(config.recipe).system


def _known(name: str) -> Recipe:
    if not isinstance(name, str) or name not in RECIPES:
        close = difflib.get_close_matches(str(name), RECIPES, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"no recipe {name!r}: there are {', '.join(RECIPES)}.{hint}")
    return RECIPES[name]


# --- configs on disk ---------------------------------------------------------------------------


def read_config(text: str) -> Config:
    """The config that `Config.to_json` wrote, of the family that its recipe is one of.

    Files of older versions have the fields of all families; those of others are ignored.

    Raises:
        ValueError: it is no config, its recipe is unknown, it names a field that no family has, or
            a value does not fit its field.
    """
    fields = json.loads(text)
    if not isinstance(fields, dict) or not {"recipe", "dataset"} <= fields.keys():
        raise ValueError("a config is a JSON object with a recipe and a dataset at least")
    config_class = _known(fields["recipe"]).system.config_class
    unknown = sorted(fields.keys() - _all_fields())
    if unknown:
        raise ValueError(f"config has unknown fields {unknown}: written by another dgm?")
    own = {field.name for field in dataclasses.fields(config_class)}
    return config_class(
        **{k: tuple(v) if isinstance(v, list) else v for k, v in fields.items() if k in own}
    )


def _all_fields() -> set[str]:
    classes = {entry.system.config_class for entry in RECIPES.values()}
    return {field.name for config_class in classes for field in dataclasses.fields(config_class)}


# --- what a model can do -----------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Abilities:
    """What the models of a config can do, told without loading one."""

    capabilities: frozenset[str]  # of "sample", "classify", "encode", "likelihood"
    methods: tuple[str, ...]  # methods of classifying, the default first
    is_conditional: bool  # it can be asked for a class
    latent_dim: int  # dimensions of z; 0 where it draws nothing
    has_class_priors: bool  # its classes are told apart by the prior alone
    has_features: bool  # a net of it has features, by which pictures are compared
    has_ood_score: bool  # it tells how unlike its training pictures a picture is

    @property
    def explained_methods(self) -> tuple[str, ...]:
        """Those that a heat map can be made of: it asks some 50 times, and each answer of a VAE
        whose decoder is told the class takes 80 drawings."""
        slow = () if self.has_class_priors else ("bayes",)
        return tuple(method for method in self.methods if method not in slow)


def abilities(config: Config, fitted: Iterable[str] = ()) -> Abilities:
    """What a config's models can do.

    fitted: the names of what was fitted on the model afterwards, see `dgm.readout`.
    """
    system, fitted = system_of(config), set(fitted)
    methods = tuple(system.methods(config))
    methods += ("features",) * ("svm.kernel" in fitted)
    methods += ("bayes-features",) * ("gaussian.mean" in fitted and "cnn" not in methods)
    return Abilities(
        capabilities=system.capabilities(config) | ({"classify"} if methods else set()),
        methods=methods,
        is_conditional=config.is_conditional,
        latent_dim=config.latent_dim if isinstance(config, GenerativeConfig) else 0,
        has_class_priors=config.has_class_priors,
        has_features=system.has_features(config),
        has_ood_score={"gaussian.mean", "threshold"} <= fitted,
    )
