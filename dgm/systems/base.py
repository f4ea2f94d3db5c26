"""What every run's config has, and what a system is: how it is built, trained and asked."""

import abc
import dataclasses
import json
import typing
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import jax
from flax import nnx

from dgm import data
from dgm.optimisers import OPTIMISERS
from dgm.types import Array, GeneratorNet

# --- configs -----------------------------------------------------------------------------------


def setting(
    default: Any,
    *,
    at_least: float | None = None,
    above: float | None = None,
    share: bool = False,
    choices: tuple[str, ...] = (),
) -> Any:
    """A field of a config, and the range that its value must lie in.

    Args:
        at_least, above: the lower end, with and without it. Of a tuple: of each of its items.
        share: the value lies in [0, 1].
        choices: the values there are. Of a tuple: those of its items.
    """
    limits = {"at_least": at_least, "above": above, "share": share, "choices": choices}
    return dataclasses.field(default=default, metadata=limits)


_KINDS = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    tuple[int, ...]: "a list of whole numbers",
    tuple[str, ...]: "a list of texts",
}


def _is_kind(value: Any, kind: Any) -> bool:
    if typing.get_origin(kind) is tuple:
        item_kind = typing.get_args(kind)[0]
        return isinstance(value, tuple) and all(_is_kind(item, item_kind) for item in value)
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


def _check_field(field: dataclasses.Field, kind: Any, value: Any) -> None:
    """Raises ValueError where a value does not fit its field; the message names both."""
    name, limits = field.name, field.metadata
    if not _is_kind(value, kind):
        raise ValueError(f"{name} must be {_KINDS[kind]}, not {value!r}")
    if not limits:
        return
    for item in value if isinstance(value, tuple) else (value,):
        # Written so that NaN, which compares with nothing, is refused too.
        if limits["at_least"] is not None and not item >= limits["at_least"]:
            raise ValueError(f"{name} must be {limits['at_least']} or more, not {item}")
        if limits["above"] is not None and not item > limits["above"]:
            raise ValueError(f"{name} must be above {limits['above']}, not {item}")
        if limits["share"] and not 0 <= item <= 1:
            raise ValueError(f"{name} must lie in [0, 1], not {item}")
        if limits["choices"] and item not in limits["choices"]:
            known = ", ".join(limits["choices"])
            raise ValueError(f"{name} must be one of {known}, not {item!r}")


@dataclasses.dataclass(frozen=True)
class Config:
    """One training run. Two runs of equal configs on one machine give equal parameters.

    These are the fields of every run; a family of systems has a config of its own with more.

    Raises:
        ValueError: a value of another kind or outside of its range; the message names the field.
    """

    recipe: str  # a key of systems.RECIPES
    dataset: str  # a key of data.DATASETS, or "folder:PATH"
    class_names: tuple[str, ...] = ()  # filled in from the data set when a run starts
    channels: int = 3  # of a picture: 1 grey, 3 RGB

    # Nets. Pictures are 32x32; a width is a number of channels.
    trunk_widths: tuple[int, ...] = setting((32, 64, 128), at_least=1)  # at 16x16, 8x8, 4x4
    convs_per_stage: int = setting(2, at_least=1)  # 3x3 convolutions at each size
    # What the nets compute in; parameters are always float32.
    dtype: str = setting("float32", choices=("float32", "bfloat16"))

    # Optimisation
    batch_size: int = setting(64, at_least=1)  # images an update
    labels_per_class: int = setting(0, at_least=0)  # images whose label is used; 0 for all
    num_steps: int = setting(10_000, at_least=1)  # updates of the generator or classifier
    learning_rate: float = setting(5e-4, above=0)  # of generator, encoder, decoder, classifier
    # The last share of the steps, over which every rate falls to 0.
    decay_share: float = setting(0.5, share=True)
    optimizer: str = setting("adam", choices=OPTIMISERS)
    adam_b1: float = setting(0.5, share=True)
    adam_b2: float = setting(0.99, share=True)  # of RMSProp too
    # Decoupled (AdamW), a step's share of the learning rate.
    weight_decay: float = setting(0.0, at_least=0)
    # Of the moving average of the weights, which is what ships.
    ema_decay: float = setting(0.999, share=True)
    label_smoothing: float = setting(0.0, share=True)  # of a class target, over all classes
    augment: bool = True  # the data set's own augmentation
    seed: int = setting(0, at_least=0)
    holdout: int = setting(0, at_least=0)  # training images kept back for validation

    # Record
    log_every: int = setting(50, at_least=1)  # steps between two lines of metrics.jsonl
    sample_every: int = setting(500, at_least=1)  # steps between two sample grids
    checkpoint_every: int = setting(1000, at_least=1)  # steps between two full checkpoints

    def __post_init__(self) -> None:
        kinds = typing.get_type_hints(type(self))
        for field in dataclasses.fields(self):
            _check_field(field, kinds[field.name], getattr(self, field.name))
        self.check()

    def check(self) -> None:
        """Raises ValueError where fields do not fit one another; families add to it."""
        if self.channels not in (1, 3):
            raise ValueError(f"channels must be 1 (grey) or 3 (RGB), not {self.channels}")

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    @property
    def is_conditional(self) -> bool:
        """Whether what it draws can be asked for by class."""
        return True

    @property
    def has_class_priors(self) -> bool:
        """Whether its classes are told apart by the prior of the latent space alone."""
        return False

    @property
    def updates_a_step(self) -> int:
        """Updates of the discriminator a step, each on a batch of its own."""
        return 1

    @property
    def num_labelled(self) -> int:
        """Labelled images an update, beside those of a batch without labels; 0: there is no such
        second batch, and an image without a label is of no use."""
        return 0

    @property
    def name(self) -> str:
        """`RECIPE-DATASET`; of a folder, the folder's own name."""
        return f"{self.recipe}-{self.dataset.split(':', 1)[-1].rstrip('/').rsplit('/', 1)[-1]}"

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"


def common_settings(dataset: str) -> dict[str, Any]:
    """What recipes share on one data set, so that a difference in a curve is one of method."""
    if dataset == "cifar10":
        return {"trunk_widths": (48, 96, 192)}
    if dataset == "shapes":  # what a class watches: 300 steps of wgan-gp in two minutes
        return {"trunk_widths": (24, 48, 96)}
    return {"channels": data.spec(dataset).channels}


# --- systems -----------------------------------------------------------------------------------


class Batch(NamedTuple):
    """What one step of training is given."""

    images: Array  # uint8 [S, B, 32, 32, C]: S updates of D, or 1
    labels: Array  # int32 [S, B]
    step: Array  # int32 scalar; together with config.seed it fixes every random number
    num_left: Array | int = 0  # updates of D that follow before G's, where D is updated alone
    rate_scale: Array | float = 1.0  # by which config.learning_rate is multiplied
    discriminator_rate_scale: Array | float = 1.0  # the same of D's

    def key(self, seed: int) -> Array:
        """The random key of this step in a run with this seed."""
        return jax.random.fold_in(jax.random.key(seed), self.step)


ConfigT = TypeVar("ConfigT", bound=Config)
Metrics = dict[str, Array]  # float32 scalars by name


class System(abc.ABC, Generic[ConfigT]):
    """A family of models: how one is built, trained and asked. It holds no state of its own.

    The players of a run are one `nnx.Module`: nets, optimisers, and in `average` the moving average
    of those nets that ship.
    """

    config_class: type[ConfigT]
    # Updates of one player alone, in place, by its name: (config, players, batch) -> metrics.
    single_updates: ClassVar[Mapping[str, Callable[[Any, Any, Batch], Metrics]]] = {}

    # --- building and training

    @abc.abstractmethod
    def build(self, config: ConfigT, rngs: nnx.Rngs) -> nnx.Module:
        """All that is trained."""

    @abc.abstractmethod
    def released_nets(self, config: ConfigT, rngs: nnx.Rngs) -> nnx.Dict:
        """The nets of a released model, to be filled with weights."""

    @abc.abstractmethod
    def update(self, config: ConfigT, players: Any, batch: Batch) -> Metrics:
        """One step, in place: each player's updates in turn. Returns metrics of the last ones."""

    @abc.abstractmethod
    def calibrate(self, config: ConfigT, nets: nnx.Dict, images: Array, labels: Array) -> None:
        """Set the batch statistics of averaged nets, on training images as at test time.

        They must be their own: the features of averaged weights vary less than those of the nets
        that they are the average of (Izmailov 2018, section 3.2). Nets are in training mode;
        images: float [B, 32, 32, C].
        """

    def train_step(self, config: ConfigT, graphdef, state, batch: Batch, player: str = ""):
        """(state, metrics) after one step, as a pure function to be jitted.

        Args:
            graphdef, state: `nnx.split` of what `build` built.
            player: a key of `single_updates` to update that player alone; "" for all in turn.
        """
        players = nnx.merge(graphdef, state)
        run = self.single_updates[player] if player else self.update
        metrics = run(config, players, batch)
        return nnx.state(players), metrics

    def critic_step(self, config: ConfigT, graphdef, state, batch: Batch):
        """The state after one of a step's updates of D but the last; `batch.num_left` more follow.

        `train_step` does them all in one program; where that is slow to compile they are called one
        by one, and come to the same. For systems of which `config.updates_a_step` may exceed 1.
        """
        raise self._lacks(config, "moves its D once a step")

    # --- watching it train

    def current_nets(self, players: Any) -> nnx.Dict:
        """The nets as the last step left them, not their averages, by the names of a released
        model's."""
        return players.nets

    def realness(self, config: ConfigT, nets: nnx.Dict, images: Array, labels: Array) -> Array:
        """D's logit for real, or a critic's score, of each picture by itself, [B].

        nets: as `current_nets` gives them; images: [B, 32, 32, C]; labels: int [B].
        """
        raise self._lacks(config, "has no discriminator")

    # --- what a model of it can do

    @abc.abstractmethod
    def capabilities(self, config: ConfigT) -> frozenset[str]:
        """Of "sample", "classify", "encode", "likelihood"."""

    @abc.abstractmethod
    def methods(self, config: ConfigT) -> dict[str, Callable[..., Array]]:
        """Its own methods of classifying by name, the default first.

        Each is (config, nets, images [B, 32, 32, C], key, num_importance) -> log p(y|x), [B, K].
        """

    def has_features(self, config: ConfigT) -> bool:
        """Whether a model ships a net of the name "discriminator" or "classifier" with `features`,
        by which pictures are compared and further heads are fitted."""
        return False

    def generator_inputs(
        self, config: ConfigT, nets: nnx.Dict, z: Array, labels: Array
    ) -> tuple[GeneratorNet, Array, Array]:
        """The net that draws, and z [N, Z] and labels, int [N], as it takes them."""
        raise self._lacks(config, "draws nothing")

    def sample(self, config: ConfigT, nets: nnx.Dict, z: Array, labels: Array) -> Array:
        """z: [N, Z], labels: int [N] -> pictures [N, 32, 32, C] in [-1, 1]."""
        raise self._lacks(config, "draws nothing")

    def encode(self, config: ConfigT, nets: nnx.Dict, images: Array, labels: Array) -> Array:
        """The mean of q(z|x, y) as a z of which p(z) = N(0, I), [N, Z]."""
        raise self._lacks(config, "has no encoder")

    # --- likelihood

    def evidence_bounds(
        self,
        config: ConfigT,
        nets: nnx.Dict,
        key: Array,
        images: Array,
        labels: Array,
        num_importance: int,
    ) -> Metrics:
        """Bounds on log p(x|y) and their parts, [B] each, nats: `elbo`, `iwae`, …"""
        raise self._lacks(config, "has no likelihood")

    def start_of_regret(self, config: ConfigT, nets: nnx.Dict, images: Array, labels: Array) -> Any:
        """What `regret_step` starts from: q(z|x, y) as the encoder gives it."""
        raise self._lacks(config, "has no likelihood")

    def regret_step(
        self, config: ConfigT, nets: nnx.Dict, key: Array, images: Array, labels: Array, state: Any
    ) -> Any:
        """q(z|x, y) after one step that fits it to each picture alone (Xiao 2020)."""
        raise self._lacks(config, "has no likelihood")

    def fitted_elbo(
        self, config: ConfigT, nets: nnx.Dict, key: Array, images: Array, labels: Array, state: Any
    ) -> Array:
        """The ELBO of each picture under q as `regret_step` has it, [B], nats."""
        raise self._lacks(config, "has no likelihood")

    def _lacks(self, config: ConfigT, words: str) -> NotImplementedError:
        return NotImplementedError(f"{config.recipe} {words}")
