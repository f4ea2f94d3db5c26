"""Everything that defines a run: one frozen dataclass, and the named recipes that fill it in."""

import dataclasses
import difflib
import json
from collections.abc import Callable

GREY_DATASETS = ("mnist", "fashion_mnist", "digits")


@dataclasses.dataclass(frozen=True)
class Config:
    """One training run. Two runs of equal configs on one machine give equal parameters."""

    recipe: str  # a key of RECIPES
    dataset: str  # "shapes", "digits", "mnist", "fashion_mnist", "cifar10" or "folder:PATH"
    class_names: tuple[str, ...] = ()  # filled in from the data set when a run starts
    channels: int = 3  # of a picture: 1 grey, 3 RGB

    # Nets. Pictures are 32x32; a width is a number of channels.
    latent_dim: int = 64  # dimensions of z
    generator_widths: tuple[int, ...] = (128, 64, 32)  # at 4x4, 8x8, 16x16
    trunk_widths: tuple[int, ...] = (32, 64, 128)  # of D and encoder, at 16x16, 8x8, 4x4
    convs_per_stage: int = 2  # 3x3 convolutions at each size
    dtype: str = "float32"  # what the nets compute in; parameters are always float32

    # Objective
    class_head: bool = True  # D also says p(y|x) (AC-GAN); False gives the DCGAN of 2015
    class_weight: float = 1.0  # of the class cross-entropy in D's loss, nats
    generator_class_weight: float = 0.5  # the same in G's loss
    label_smoothing: float = 0.0  # share of the class target spread over all classes
    r1_gamma: float = 0.0  # of R1, gamma / 2 |grad_x D(x)|^2 on real images, in D's loss
    likelihood: str = "discretised_logistic"  # p(x|z, y) of a VAE: this or "bernoulli"
    beta: float = 1.0  # weight of the VAE's KL term
    adversarial_weight: float = 1.0  # of L_GAN in the decoder's loss of a VAE-GAN
    feature_weight: float = 1.0  # of the reconstruction error in D's features, VAE-GAN

    # Optimisation
    batch_size: int = 64  # images an update
    num_steps: int = 10_000  # updates of the generator (of the classifier for `cnn`)
    discriminator_steps: int = 1  # D updates a step, each on a batch of its own
    fakes_per_real: float = 1.0  # generated images for each real one, in both players' batches
    learning_rate: float = 5e-4  # of generator, encoder, decoder, classifier
    discriminator_learning_rate: float = 5e-4
    decay_share: float = 0.5  # the last share of the steps, over which both rates fall to 0
    adam_b1: float = 0.5
    adam_b2: float = 0.99
    weight_decay: float = 0.0  # decoupled (AdamW), a step's share of the learning rate
    ema_decay: float = 0.999  # of the moving average of the weights, which is what ships
    augment: bool = True  # the data set's own augmentation
    seed: int = 0
    holdout: int = 0  # training images kept back for validation

    # Record
    log_every: int = 50  # steps between two lines of metrics.jsonl
    sample_every: int = 500  # steps between two sample grids
    checkpoint_every: int = 1000  # steps between two full checkpoints

    def __post_init__(self) -> None:
        positive = (
            "latent_dim convs_per_stage batch_size num_steps discriminator_steps "
            "log_every sample_every checkpoint_every"
        )
        for name in positive.split():
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, not {getattr(self, name)}")
        for name in ("learning_rate", "discriminator_learning_rate"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)}")
        for name in ("ema_decay", "adam_b1", "adam_b2", "decay_share", "label_smoothing"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie in [0, 1], not {getattr(self, name)}")
        if self.channels not in (1, 3):
            raise ValueError(f"channels must be 1 (grey) or 3 (RGB), not {self.channels}")
        if self.likelihood not in ("bernoulli", "discretised_logistic"):
            raise ValueError(
                f'likelihood must be "bernoulli" or "discretised_logistic", not {self.likelihood!r}'
            )
        if self.likelihood == "bernoulli" and self.channels != 1:
            raise ValueError("a Bernoulli likelihood is for grey pictures; RGB needs the logistic")
        if self.dtype not in ("float32", "bfloat16"):
            raise ValueError(f'dtype must be "float32" or "bfloat16", not {self.dtype!r}')

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    @property
    def name(self) -> str:
        """`RECIPE-DATASET`; of a folder, the folder's own name."""
        return f"{self.recipe}-{self.dataset.split(':', 1)[-1].rstrip('/').rsplit('/', 1)[-1]}"

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Config":
        """The config that `to_json` wrote.

        Raises:
            ValueError: the text names a field that this version does not know.
        """
        fields = json.loads(text)
        unknown = set(fields) - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise ValueError(
                f"config has unknown fields {sorted(unknown)}: written by another dgm?"
            )
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()})


def _base(recipe: str, dataset: str) -> Config:
    """What recipes share on one data set, so that a difference in a curve is one of method."""
    config = Config(recipe=recipe, dataset=dataset)
    if dataset in GREY_DATASETS:
        config = dataclasses.replace(config, channels=1)
    elif dataset == "cifar10":
        config = dataclasses.replace(
            config, generator_widths=(192, 96, 48), trunk_widths=(48, 96, 192)
        )
    return config


# Steps of a release run: what fits into the time on its card.
_STEPS = {
    ("dcgan", "mnist"): 2_500,
    ("dcgan", "fashion_mnist"): 6_000,
    ("dcgan", "cifar10"): 8_000,
    ("vae", "mnist"): 5_000,
    ("vae", "fashion_mnist"): 4_000,
    ("vae", "cifar10"): 4_000,
    ("vae-gan", "mnist"): 2_500,
    ("vae-gan", "fashion_mnist"): 2_500,
    ("vae-gan", "cifar10"): 3_500,
    ("cnn", "mnist"): 2_500,
    ("cnn", "fashion_mnist"): 6_000,
    ("cnn", "cifar10"): 7_000,
}
_OTHER_STEPS = 3_000


# The game of G and D where D also classifies.
_GAME = {
    "learning_rate": 1e-3,
    "discriminator_learning_rate": 1e-3,
    "decay_share": 0.8,
    # Classes are harder to tell apart than real from generated: with equal weights the class loss
    # is drowned by the adversarial one.
    "class_weight": 3.0,
    "r1_gamma": 1.0,
}


def dcgan(dataset: str) -> Config:
    """Class-conditional DCGAN with a class head on D (Radford 2015; Odena 2017, AC-GAN).

    Its real/fake logit is conditioned on the class by projection (Miyato & Koyama 2018) and held
    flat around real images by R1 (Mescheder 2018).
    """
    return dataclasses.replace(
        _base("dcgan", dataset),
        num_steps=_STEPS.get(("dcgan", dataset), _OTHER_STEPS),
        # Two real images for each generated one: D's class head needs more passes over the data
        # than G needs updates.
        batch_size=128,
        fakes_per_real=0.5,
        **_GAME,
        # D's logit knows the class already. With more weight on p(y|G(z, y)) G draws a class's most
        # typical picture again and again: every sample read right, and all of them alike.
        generator_class_weight=0.2 if dataset == "cifar10" else 0.1,
    )


def vae(dataset: str) -> Config:
    """Class-conditional VAE (Kingma & Welling 2014; Kingma 2014, M2's conditional half).

    Each class has a prior of its own, learned with the rest: see `nets.ClassPrior`.
    """
    return dataclasses.replace(
        _base("vae", dataset),
        likelihood="bernoulli" if dataset == "mnist" else "discretised_logistic",
        latent_dim=128 if dataset == "cifar10" else 32,
        adam_b1=0.9,
        adam_b2=0.999,
        learning_rate=1e-3,
        num_steps=_STEPS.get(("vae", dataset), _OTHER_STEPS),
    )


def vae_gan(dataset: str) -> Config:
    """VAE-GAN (Larsen 2016): L = L_GAN + L_VAE, one model that samples, encodes, classifies."""
    return dataclasses.replace(
        _base("vae-gan", dataset),
        latent_dim=128 if dataset == "cifar10" else 64,
        # With equal weights z holds some 150 nats of a picture, more than the prior can be matched
        # to: reconstructions are fine and draws are not.
        feature_weight=0.5,
        beta=2.0,
        **_GAME,
        generator_class_weight=0.1,
        num_steps=_STEPS.get(("vae-gan", dataset), _OTHER_STEPS),
    )


def cnn(dataset: str) -> Config:
    """A plain classifier on D's trunk: the yardstick, and the judge of GAN-test."""
    return dataclasses.replace(
        _base("cnn", dataset),
        adam_b1=0.9,
        adam_b2=0.999,
        learning_rate=2e-3,
        decay_share=0.9,
        label_smoothing=0.1,
        weight_decay=0.02,
        num_steps=_STEPS.get(("cnn", dataset), _OTHER_STEPS),
    )


RECIPES: dict[str, Callable[[str], Config]] = {
    "dcgan": dcgan,
    "vae": vae,
    "vae-gan": vae_gan,
    "cnn": cnn,
}


def recipe(name: str, dataset: str) -> Config:
    """The config of a named recipe on a data set.

    Raises:
        ValueError: no recipe of that name; the message has the names there are.
    """
    if name not in RECIPES:
        near = difflib.get_close_matches(name, RECIPES, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"no recipe {name!r}: there are {', '.join(RECIPES)}.{hint}")
    return RECIPES[name](dataset)
