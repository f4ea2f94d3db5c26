"""Methods of classifying that several systems share, and those by heads fitted on finished models.

Each gives log p(y|x), [B, K]. What one system alone has stands in its own file in `systems/`.
"""

from collections.abc import Callable
from typing import Any

import jax
from flax import nnx

from dgm.types import Array

# (config, nets, images [B, 32, 32, C], key, num_importance) -> log p(y|x), [B, K]
Method = Callable[[Any, nnx.Dict, Array, Array, int], Array]


def class_logits(nets: nnx.Dict, images: Array) -> Array:
    """Those of the classes, [B, K], of D's class output or of a plain classifier."""
    if "classifier" in nets:
        return nets["classifier"](images)
    return nets["discriminator"](images)[1]


def class_head(config, nets: nnx.Dict, images: Array, key: Array, num_importance: int) -> Array:
    """log p(y|x) of D's class output (Odena 2017; of K + 1 classes, Salimans 2016)."""
    del config, key, num_importance
    return jax.nn.log_softmax(class_logits(nets, images))


def svm_features(grid: Array, machine: dict[str, Array]) -> Array:
    """log softmax of the margins of a linear support vector machine (Radford 2015).

    grid: `nets.trunks.grid_features` of D, [B, F]; machine: as fitted, see `fit_svm`.
    """
    return jax.nn.log_softmax(grid @ machine["kernel"] + machine["bias"])


def squared_distances(features: Array, gaussians: dict[str, Array]) -> Array:
    """Squared Mahalanobis distance to each class in feature space, [B, K] (Lee 2018, eq. 2).

    features: [B, F]; gaussians: as fitted, see `fit_gaussians`.
    """
    projected = features @ gaussians["projection"]
    return ((projected[:, None] - gaussians["mean"]) ** 2).sum(-1)


def gaussian_features(features: Array, gaussians: dict[str, Array]) -> Array:
    """log p(y|f(x)) by Bayes' rule from a Gaussian p(f|y) a class, with a uniform p(y)."""
    return jax.nn.log_softmax(-squared_distances(features, gaussians) / 2)
