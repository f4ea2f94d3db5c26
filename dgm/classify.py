"""The ways of classifying with a generative model, and the plain classifier beside them.

`python -m dgm.classify CHECKPOINT IMAGE [IMAGE ...]` says what a model sees in pictures.
"""

import argparse
import json
import sys

import jax
import jax.numpy as jnp
from flax import nnx

from dgm import losses
from dgm.config import Config
from dgm.data import to_float
from dgm.data.augmentation import augment, augmentation_for
from dgm.gan import optimizer, update_average
from dgm.nets import Classifier, WhitenedClassifier
from dgm.vae import class_divergences, evidence_bounds

Array = jax.Array


def logits(nets: nnx.Module, images: Array) -> Array:
    """Those of the classes, [B, K], of D's class output or of a plain classifier."""
    if "classifier" in nets:
        return nets["classifier"](images)
    return nets["discriminator"](images)[1]


def head(nets: nnx.Module, images: Array) -> Array:
    """log p(y|x), [B, K], of D's class output (Odena 2017; of K + 1 classes, Salimans 2016)."""
    return jax.nn.log_softmax(logits(nets, images))


def features(grid: Array, machine: dict[str, Array]) -> Array:
    """log softmax of the margins of a linear support vector machine, [B, K] (Radford 2015).

    grid: `nets.grid_features` of D, [B, F]; machine: see `readout.fit_svm`.
    """
    return jax.nn.log_softmax(grid @ machine["kernel"] + machine["bias"])


def squared_distances(features: Array, gaussians: dict[str, Array]) -> Array:
    """Squared Mahalanobis distance to each class in feature space, [B, K] (Lee 2018, eq. 2).

    features: [B, F]; gaussians: see `readout.fit_gaussians`.
    """
    projected = features @ gaussians["projection"]
    return ((projected[:, None] - gaussians["mean"]) ** 2).sum(-1)


def bayes_features(features: Array, gaussians: dict[str, Array]) -> Array:
    """log p(y|f(x)), [B, K], by Bayes' rule from a Gaussian p(f|y) a class, with a uniform p(y)."""
    return jax.nn.log_softmax(-squared_distances(features, gaussians) / 2)


def bayes(config: Config, nets: nnx.Module, images: Array, key: Array, num_importance: int):
    """log p(y|x), [B, K], by Bayes' rule with a uniform p(y): log p(x|y) - log sum_k p(x|k).

    log p(x|y) is the importance-weighted bound of the class-conditional VAE (Burda 2016). All
    classes go through the nets as one batch, on the same draws, so that classes differ by the
    class alone. Where the class is in the prior alone it is the ELBO, which differs between classes
    by a KL term in closed form: no draws are needed.
    """
    features = nets["encoder"].features(images)
    if config.class_in_prior:
        return jax.nn.log_softmax(-class_divergences(config, nets, features))

    def log_likelihood(label: Array) -> Array:
        labels = jnp.broadcast_to(label, len(images))
        return evidence_bounds(config, nets, key, images, labels, num_importance, features)["iwae"]

    bounds = jax.vmap(log_likelihood)(jnp.arange(config.num_classes))  # [K, B]
    return jax.nn.log_softmax(bounds.T)


def cnn(config: Config, nets: nnx.Module, images: Array) -> Array:
    """log p(y|x), [B, K], of a plain classifier.

    With `mirrored` its logits are a mean over six views (Jordan 2024, multi-crop): the picture,
    and with half the weight of that moved by a pixel towards two opposite corners, each with its
    mirror image.
    """

    def seen(images: Array) -> Array:
        return (logits(nets, images) + logits(nets, images[:, :, ::-1])) / 2

    if not config.mirrored:
        return jax.nn.log_softmax(logits(nets, images))
    wide = jnp.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    moved = seen(wide[:, :-2, :-2]) + seen(wide[:, 2:, 2:])
    return jax.nn.log_softmax(seen(images) / 2 + moved / 4)


# --- the plain classifier ----------------------------------------------------------------------


def released_nets(config: Config, rngs: nnx.Rngs) -> nnx.Dict:
    """The net of a released classifier, to be filled with weights."""
    make = WhitenedClassifier if config.backbone == "whitened" else Classifier
    return nnx.Dict(
        classifier=make(
            config.channels,
            config.num_classes,
            config.trunk_widths,
            config.convs_per_stage,
            dtype=jnp.dtype(config.dtype),
            rngs=rngs,
        )
    )


class CNN(nnx.Module):
    """All that the plain classifier trains: one net, its optimiser, its average."""

    def __init__(self, config: Config, rngs: nnx.Rngs):
        self.nets = released_nets(config, rngs)
        self.average = nnx.clone(self.nets)
        self.optimizer = nnx.Optimizer(
            self.nets, optimizer(config, config.learning_rate), wrt=nnx.Param
        )


def cnn_train_step(config: Config, graphdef, state, images: Array, labels: Array, step: Array):
    """One update of the classifier; arguments and returns as `gan.train_step`."""
    system = nnx.merge(graphdef, state)
    system.nets.train()
    x, y = to_float(images[0]), labels[0]
    if config.augment:
        key = jax.random.fold_in(jax.random.key(config.seed), step)
        x = augment(key, x, augmentation_for(config.dataset))

    def loss(nets):
        logits = nets["classifier"](x)
        value = losses.cross_entropy(logits, y, config.label_smoothing).mean()
        return value, {"loss/class": value, "accuracy/train": (logits.argmax(-1) == y).mean()}

    grads, metrics = nnx.grad(loss, has_aux=True)(system.nets)
    system.optimizer.update(system.nets, grads)
    update_average(system.average, system.nets, step, config.ema_decay)
    return nnx.state(system), metrics


def cnn_calibrate(config: Config, nets: nnx.Dict, images: Array, labels: Array) -> None:
    """As `gan.calibrate`."""
    nets["classifier"](images)


# --- command line ------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    # Here, since dgm.model stands on this module.
    from dgm.data import PictureError, fit_picture, open_picture
    from dgm.model import load

    parser = argparse.ArgumentParser(
        prog="python -m dgm.classify", description="Say what a model sees in pictures."
    )
    parser.add_argument("checkpoint", help="folder of a released model, or hf://OWNER/NAME")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="picture files of any size")
    parser.add_argument("--method", help="way of classifying (the model's own first)")
    parser.add_argument(
        "--importance",
        type=int,
        metavar="K",
        help="draws of z for each bound on log p(x|y), where a VAE classifies",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    answers, failed = {}, False
    try:
        model = load(options.checkpoint)
        for file in options.images:
            try:
                picture = fit_picture(open_picture(file), model.config.dataset)
            except PictureError as error:
                print(f"error: {file}: {error}", file=sys.stderr)
                failed = True
                continue
            draws = {} if options.importance is None else {"num_importance": options.importance}
            probabilities = model.classify(to_float(picture[None]), options.method, **draws)[0]
            answers[file] = dict(zip(model.class_names, map(float, probabilities), strict=True))
    except (ValueError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({"checkpoint": model.name, "images": answers}))
    else:
        for file, answer in answers.items():
            best = sorted(answer.items(), key=lambda item: -item[1])[:3]
            print(f"{file}: " + ", ".join(f"{name} {share:.1%}" for name, share in best))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
