"""Everything that defines a run: one frozen dataclass, and the named recipes that fill it in."""

import dataclasses
import difflib
import json
from collections.abc import Callable

from dgm.data.augmentation import POLICIES

GREY_DATASETS = ("mnist", "fashion_mnist", "digits")
DIFF_AUGMENTATIONS = tuple(POLICIES)
_CHOICES = {
    "backbone": ("convolutional", "residual", "mlp", "whitened"),
    "normalisation": ("batch", "layer", "spectral", "none"),
    "mlp_normalisation": ("batch", "none"),
    "adversarial_loss": ("minimax", "non-saturating", "wasserstein", "hinge", "relativistic"),
    "likelihood": ("bernoulli", "discretised_logistic"),
    "optimizer": ("adam", "rmsprop", "muon"),
    "dtype": ("float32", "bfloat16"),
}


@dataclasses.dataclass(frozen=True)
class Config:
    """One training run. Two runs of equal configs on one machine give equal parameters."""

    recipe: str  # a key of RECIPES
    dataset: str  # "shapes", "digits", "mnist", "fashion_mnist", "cifar10" or "folder:PATH"
    class_names: tuple[str, ...] = ()  # filled in from the data set when a run starts
    channels: int = 3  # of a picture: 1 grey, 3 RGB

    # Nets. Pictures are 32x32; a width is a number of channels.
    # of G and D: this, "residual" (without norms) or "mlp"; of a classifier: this or "whitened"
    backbone: str = "convolutional"
    latent_dim: int = 64  # dimensions of z
    generator_widths: tuple[int, ...] = (128, 64, 32)  # at 4x4, 8x8, 16x16
    trunk_widths: tuple[int, ...] = (32, 64, 128)  # of D and encoder, at 16x16, 8x8, 4x4
    convs_per_stage: int = 2  # 3x3 convolutions at each size
    mlp_widths: tuple[int, ...] = (256, 512)  # of the hidden layers of G, where it is an MLP
    mlp_normalisation: str = "none"  # there: this or "batch"
    mlp_trunk_widths: tuple[int, ...] = (512, 256)  # of the hidden layers of D, where it is an MLP
    normalisation: str = "batch"  # of D: this, "layer", "spectral" or "none"
    mirrored: bool = False  # a classifier answers by mirrored and moved views too: `classify.cnn`
    dtype: str = "float32"  # what the nets compute in; parameters are always float32

    # Objective
    adversarial_loss: str = "non-saturating"  # a key of losses.ADVERSARIAL
    class_head: bool = True  # D also says p(y|x) (AC-GAN)
    projection: bool = True  # D's real/fake logit knows the class
    class_in_prior: bool = False  # the class enters a VAE by p(z|y) alone, not by encoder, decoder
    prior_couplings: int = 0  # of the flow that a VAE's prior is, `nets.FlowPrior`; 0: a Gaussian
    class_weight: float = 1.0  # of the class cross-entropy in D's loss, nats; of an ib-vae
    generator_class_weight: float = 0.5  # the same in G's loss
    label_smoothing: float = 0.0  # share of the class target spread over all classes
    r1_gamma: float = 0.0  # of R1, gamma / 2 |grad_x D(x)|^2 on real images, in D's loss
    r2_gamma: float = 0.0  # of R2, the same on generated images
    gradient_penalty: float = 0.0  # of (|grad_x D(x)| - 1)^2 between real and generated images
    penalty_images: int = 32  # of a batch, for a penalty: a gradient of a gradient is costly
    weight_clip: float = 0.0  # every weight of D is kept within this distance of 0; 0 for no limit
    one_sided_smoothing: float = 0.0  # D's target for a real image is 1 less this
    minibatch_stddev: bool = False  # D sees how varied a batch is
    likelihood: str = "discretised_logistic"  # p(x|z, y) of a VAE: this or "bernoulli"
    shared_scale: bool = False  # of the logistic: one for all of a picture, not one a pixel
    beta: float = 1.0  # weight of the VAE's KL term
    num_importance: int = 1  # draws of z a picture; above 1 the VAE's loss is the IWAE bound
    adversarial_weight: float = 1.0  # of L_GAN in the decoder's loss of a VAE-GAN
    feature_weight: float = 1.0  # of the reconstruction error in D's features, VAE-GAN

    # Optimisation
    batch_size: int = 64  # images an update
    labels_per_class: int = 0  # training images whose label is used; 0 for all
    labelled_batch_size: int = 0  # labelled images an update, beside those of a batch without
    num_steps: int = 10_000  # updates of the generator (of the classifier for `cnn`)
    discriminator_steps: int = 1  # D updates a step, each on a batch of its own
    fakes_per_real: float = 1.0  # generated images for each real one, in both players' batches
    learning_rate: float = 5e-4  # of generator, encoder, decoder, classifier
    discriminator_learning_rate: float = 5e-4
    decay_share: float = 0.5  # the last share of the steps, over which both rates fall to 0
    optimizer: str = "adam"  # this, "rmsprop" or "muon"
    adam_b1: float = 0.5
    adam_b2: float = 0.99  # of RMSProp too
    weight_decay: float = 0.0  # decoupled (AdamW), a step's share of the learning rate
    ema_decay: float = 0.999  # of the moving average of the weights, which is what ships
    augment: bool = True  # the data set's own augmentation
    diff_augment: tuple[str, ...] = ()  # differentiable augmentation, keys of augmentation.POLICIES
    seed: int = 0
    holdout: int = 0  # training images kept back for validation

    # Record
    log_every: int = 50  # steps between two lines of metrics.jsonl
    sample_every: int = 500  # steps between two sample grids
    checkpoint_every: int = 1000  # steps between two full checkpoints

    def __post_init__(self) -> None:
        positive = (
            "latent_dim convs_per_stage penalty_images batch_size num_steps discriminator_steps "
            "num_importance log_every sample_every checkpoint_every"
        )
        for name in positive.split():
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, not {getattr(self, name)}")
        for name in ("learning_rate", "discriminator_learning_rate"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)}")
        shares = "ema_decay adam_b1 adam_b2 decay_share label_smoothing one_sided_smoothing"
        for name in shares.split():
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie in [0, 1], not {getattr(self, name)}")
        at_least_0 = (
            "r1_gamma r2_gamma gradient_penalty weight_clip labels_per_class labelled_batch_size "
            "holdout prior_couplings"
        )
        for name in at_least_0.split():
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be 0 or more, not {getattr(self, name)}")
        for name, values in _CHOICES.items():
            if getattr(self, name) not in values:
                raise ValueError(
                    f"{name} must be one of {', '.join(values)}, not {getattr(self, name)!r}"
                )
        unknown = sorted(set(self.diff_augment) - set(DIFF_AUGMENTATIONS))
        if unknown:
            raise ValueError(
                f"diff_augment has {unknown[0]!r}; there are {', '.join(DIFF_AUGMENTATIONS)}"
            )
        if self.channels not in (1, 3):
            raise ValueError(f"channels must be 1 (grey) or 3 (RGB), not {self.channels}")
        if self.likelihood == "bernoulli" and self.channels != 1:
            raise ValueError("a Bernoulli likelihood is for grey pictures; RGB needs the logistic")
        is_critic = self.adversarial_loss in ("wasserstein", "hinge", "relativistic")
        if self.one_sided_smoothing and is_critic:
            raise ValueError(
                f"one_sided_smoothing is of a probability; {self.recipe}'s D gives none"
            )
        if self.fakes_per_real != 1 and (
            self.gradient_penalty or self.adversarial_loss == "relativistic"
        ):
            raise ValueError(
                f"{self.recipe} pairs real and generated images: fakes_per_real must be 1"
            )
        if self.backbone == "mlp" and (self.class_head or self.minibatch_stddev):
            raise ValueError("an MLP discriminator has no class head and no minibatch_stddev")
        if self.backbone == "whitened" and self.recipe != "cnn":
            raise ValueError(f"a whitened net is a plain classifier; {self.recipe} has none")
        if self.recipe == "vae-gan" and not self.class_head:
            raise ValueError("vae-gan is built on its class head")
        if self.recipe in ("vae", "ib-vae", "cnn") and (self.diff_augment or self.minibatch_stddev):
            raise ValueError(
                f"diff_augment and minibatch_stddev are for a D; {self.recipe} has none"
            )
        if self.prior_couplings and self.recipe != "vae":
            raise ValueError(f"prior_couplings are of a vae's prior; {self.recipe} has none")
        if self.num_importance > 1 and self.beta != 1:
            raise ValueError("the IWAE bound (num_importance above 1) has no KL term to weigh")

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    @property
    def is_conditional(self) -> bool:
        """Whether what it draws can be asked for by class."""
        return self.class_head or self.projection

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
            ValueError: it is no config, or names a field that this version does not know.
        """
        fields = json.loads(text)
        if not isinstance(fields, dict) or not {"recipe", "dataset"} <= fields.keys():
            raise ValueError("a config is a JSON object with a recipe and a dataset at least")
        unknown = set(fields) - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise ValueError(
                f"config has unknown fields {sorted(unknown)}: written by another dgm?"
            )
        try:
            return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()})
        except TypeError as error:
            raise ValueError(f"config has a value of another kind: {error}") from None


# Steps of a release run: what fits into the time on its card.
_STEPS = {
    ("dcgan", "mnist"): 2_500,
    ("dcgan", "fashion_mnist"): 6_000,
    ("dcgan", "cifar10"): 8_000,
    ("vae", "shapes"): 12_000,
    ("vae", "mnist"): 5_000,
    ("vae", "fashion_mnist"): 4_000,
    ("vae", "cifar10"): 4_000,
    ("ib-vae", "mnist"): 5_000,
    ("ib-vae", "fashion_mnist"): 8_000,
    ("ib-vae", "cifar10"): 10_000,
    ("vae-gan", "mnist"): 2_500,
    ("vae-gan", "fashion_mnist"): 2_500,
    ("vae-gan", "cifar10"): 3_500,
    ("cnn", "mnist"): 2_500,
    ("cnn", "fashion_mnist"): 6_000,
    ("cnn", "cifar10"): 1_200,
}
_OTHER_STEPS = 3_000


def _base(recipe: str, dataset: str) -> Config:
    """What recipes share on one data set, so that a difference in a curve is one of method."""
    num_steps = _STEPS.get((recipe, dataset), _OTHER_STEPS)
    config = Config(recipe=recipe, dataset=dataset, num_steps=num_steps)
    if dataset in GREY_DATASETS:
        config = dataclasses.replace(config, channels=1)
    elif dataset == "cifar10":
        config = dataclasses.replace(
            config, generator_widths=(192, 96, 48), trunk_widths=(48, 96, 192)
        )
    elif dataset == "shapes":  # what a class watches: 300 steps of wgan-gp in two minutes
        config = dataclasses.replace(
            config, generator_widths=(96, 48, 24), trunk_widths=(24, 48, 96)
        )
    return config


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


# A critic that moves five times for each move of G, on half as many images each time.
_CRITIC = {
    "class_head": False,
    "adversarial_loss": "wasserstein",
    "batch_size": 32,
    "discriminator_steps": 5,
}


def gan(dataset: str) -> Config:
    """The GAN of 2014: MLPs, and G on its own side of the minimax game (Goodfellow 2014, eq. 1).

    min_G max_D E log D(x, y) + E log(1 - D(G(z, y), y)); the class as Mirza & Osindero 2014.
    """
    return dataclasses.replace(
        _base("gan", dataset),
        backbone="mlp",
        adversarial_loss="minimax",
        class_head=False,
        learning_rate=1e-3,
        discriminator_learning_rate=1e-3,
    )


def gan_ns(dataset: str) -> Config:
    """`gan` with the non-saturating loss: G maximises log D(G(z)) (Goodfellow 2014, section 3)."""
    return dataclasses.replace(gan(dataset), recipe="gan-ns", adversarial_loss="non-saturating")


def dcgan(dataset: str) -> Config:
    """Class-conditional DCGAN with a class head on D (Radford 2015; Odena 2017, AC-GAN).

    L_D = -log D(x, y) - log(1 - D(G(z, y), y)) - w log p(y|x), L_G = -log D(G(z, y), y)
    - v log p(y|G(z, y)). Its real/fake logit is conditioned on the class by projection (Miyato &
    Koyama 2018) and held flat around real images by R1 (Mescheder 2018). Without class head
    (`plain`) it is the system of 2015.
    """
    return dataclasses.replace(
        _base("dcgan", dataset),
        # Two real images for each generated one: D's class head needs more passes over the data
        # than G needs updates.
        batch_size=128,
        fakes_per_real=0.5,
        **_GAME,
        # D's logit knows the class already. With more weight on p(y|G(z, y)) G draws a class's most
        # typical picture again and again: every sample read right, and all of them alike.
        generator_class_weight=0.1,
    )


def plain(config: Config) -> Config:
    """A GAN's config without classes: no class head, no projection, G told of none.

    Raises:
        ValueError: the recipe is none of a GAN with a class head.
    """
    if config.recipe != "dcgan":
        raise ValueError(f"{config.recipe} has no class head to be left out; dcgan has")
    return dataclasses.replace(config, class_head=False, projection=False, r1_gamma=0.0)


def improved_gan(dataset: str) -> Config:
    """Semi-supervised GAN with K + 1 classes and feature matching (Salimans 2016).

    D's logits l_1 … l_K are of the classes, l_{K+1} = 0 is that of "generated". L_D = -log p(y|x,
    y <= K) for labelled x, -log(1 - p(K+1|x)) for unlabelled ones, -log p(K+1|G(z)) for generated
    ones; L_G = |E f(x) - E f(G(z))|^2, f D's features. G knows no classes. With `minibatch_stddev`,
    which stands for the paper's minibatch discrimination, L_G = -log(1 - p(K+1|G(z))) instead.
    """
    config = dataclasses.replace(
        _base("improved-gan", dataset),
        class_head=False,
        projection=False,
        labels_per_class={"mnist": 10, "fashion_mnist": 100, "cifar10": 400}.get(dataset, 0),
        labelled_batch_size=64,
        one_sided_smoothing=0.1,
    )
    if dataset != "mnist":
        return config
    # The paper's own nets for these: D an MLP with weight norm and noise before each layer, which
    # keeps it from knowing ten images a class by heart.
    return dataclasses.replace(
        config,
        backbone="mlp",
        mlp_widths=(500, 500),
        mlp_normalisation="batch",
        mlp_trunk_widths=(1000, 500, 250, 250, 250),
        learning_rate=1e-3,
        discriminator_learning_rate=1e-3,
    )


def wgan(dataset: str) -> Config:
    """Wasserstein GAN with clipped weights (Arjovsky 2017).

    max_{|w| <= c} E f_w(x) - E f_w(G(z)), by RMSProp, n_critic = 5. As in the paper there are no
    classes: clipping drives the projection of every class to the same corner of its cube, and G
    then draws each class alike. Without a norm (its figure 6), since batch norm scales up again
    what clipping has made small: the estimate then rises for as long as one trains. With half the
    convolutions of the others, since with each layer of clipped weights what is passed on grows or
    vanishes (its section 3). Its critic has five times G's rate, and both are constant: only near
    its best does a critic estimate a distance.
    """
    return dataclasses.replace(
        _base("wgan", dataset),
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


def wgan_gp(dataset: str) -> Config:
    """Wasserstein GAN with gradient penalty (Gulrajani 2017, eq. 3).

    L_D = E f(G(z, y), y) - E f(x, y) + 10 E(|grad_x f(x', y)| - 1)^2, x' between the two. Layer
    norm stands where the paper forbids the critic batch norm.
    """
    return dataclasses.replace(
        _base("wgan-gp", dataset),
        **_CRITIC,
        normalisation="layer",
        gradient_penalty=10.0,
        penalty_images=16,
        learning_rate=5e-4,
        discriminator_learning_rate=5e-4,
        adam_b1=0.0,
        adam_b2=0.9,
    )


def sngan(dataset: str) -> Config:
    """Spectral normalisation and the hinge loss (Miyato 2018, eq. 8, 16 and 17).

    L_D = max(0, 1 - l(x, y)) + max(0, 1 + l(G(z, y), y)), L_G = -l(G(z, y), y); every kernel W of D
    is W / sigma(W), in the place of batch norm.
    """
    return dataclasses.replace(
        _base("sngan", dataset),
        class_head=False,
        adversarial_loss="hinge",
        normalisation="spectral",
        learning_rate=5e-4,
        discriminator_learning_rate=5e-4,
        adam_b1=0.0,
        adam_b2=0.9,
    )


def r3gan(dataset: str) -> Config:
    """Relativistic pairing loss with R1 and R2, residual nets without norms (Huang 2024).

    L_D = -log sigmoid(l(x, y) - l(G(z, y), y)) + gamma/2 (|grad l(x)|^2 + |grad l(G(z))|^2), and
    L_G = -log sigmoid(l(G(z, y), y) - l(x, y)).
    """
    return dataclasses.replace(
        _base("r3gan", dataset),
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


def _variational(recipe: str, dataset: str) -> Config:
    """What a VAE and one that classifies share: a prior a class, see `nets.ClassPrior`."""
    return dataclasses.replace(
        _base(recipe, dataset),
        # With a scale a pixel the edges of a shape are explained away by a large one before the
        # mean has learned them, and stay blobs of two colours; see `vae.pixel_log_prob`.
        shared_scale=dataset == "shapes",
        likelihood="bernoulli" if dataset == "mnist" else "discretised_logistic",
        latent_dim=128 if dataset == "cifar10" else 32,
        adam_b1=0.9,
        adam_b2=0.999,
        learning_rate=1e-3,
    )


def vae(dataset: str) -> Config:
    """Class-conditional VAE (Kingma & Welling 2014; Kingma 2014, M2's conditional half).

    Each class has a prior of its own, learned with the rest; on `shapes` it is a flow
    (`nets.FlowPrior`), since a Gaussian draws from within the rings on which the codes of hues and
    angles lie.
    """
    config = _variational("vae", dataset)
    if dataset != "shapes":
        return config
    return dataclasses.replace(
        config,
        generator_widths=Config.generator_widths,
        trunk_widths=Config.trunk_widths,
        prior_couplings=8,
        # With Adam and batch norm outlines are far slower to learn to turn.
        backbone="residual",
        optimizer="muon",
        learning_rate=0.02,
    )


def ib_vae(dataset: str) -> Config:
    """A VAE trained to be a classifier by Bayes' rule too (Ardizzone 2020, eq. 11, of flows).

    The class enters by its prior p(z|y) alone, so that one pass of the encoder gives the bounds on
    log p(x|y) of all classes, up to what they share. L = -log p(x|y) / pixels - w log p(y|x), both
    by the bounds: the first makes it a model of pictures, the second keeps classes apart, which
    pixels alone hardly ask for.
    """
    return dataclasses.replace(
        _variational("ib-vae", dataset),
        class_in_prior=True,
        class_weight=0.5 if dataset == "mnist" else 0.1,  # chosen on held-out images
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
    )


def trunk_classifier(dataset: str) -> Config:
    """A plain classifier on D's trunk: what GAN-train trains."""
    return dataclasses.replace(
        _base("cnn", dataset),
        adam_b1=0.9,
        adam_b2=0.999,
        learning_rate=2e-3,
        decay_share=0.9,
        label_smoothing=0.1,
        weight_decay=0.02,
    )


def cnn(dataset: str) -> Config:
    """A plain classifier: the yardstick, and the judge of GAN-test.

    It is D's trunk with a class layer, but on CIFAR-10, where that leaves a sixth of the test
    images: there it has the net and the optimiser of Jordan 2024, made for few passes over it.
    """
    config = trunk_classifier(dataset)
    if dataset != "cifar10":
        return config
    return dataclasses.replace(
        config,
        backbone="whitened",
        trunk_widths=(64, 256, 256),
        mirrored=True,
        batch_size=500,
        optimizer="muon",
        learning_rate=0.1,
        adam_b1=0.8,
        decay_share=1.0,
        label_smoothing=0.2,
        weight_decay=0.05,
        ema_decay=0.9,  # the rate has fallen to 0 before the end, so there is little to average
        log_every=10,
        checkpoint_every=100,
    )


# In the order of the field's history.
RECIPES: dict[str, Callable[[str], Config]] = {
    "gan": gan,
    "gan-ns": gan_ns,
    "dcgan": dcgan,
    "improved-gan": improved_gan,
    "wgan": wgan,
    "wgan-gp": wgan_gp,
    "sngan": sngan,
    "r3gan": r3gan,
    "vae": vae,
    "ib-vae": ib_vae,
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
