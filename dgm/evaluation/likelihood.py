"""How likely a model holds test images to be."""

import math

import numpy as np

from dgm import data
from dgm.analysis.batches import in_batches
from dgm.evaluation.comparison import Comparison

_NUM_IMPORTANCE = 16  # draws of z a picture for the importance-weighted bound
_PARTS = ("elbo", "iwae", "reconstruction", "kl")


def bounds(compared: Comparison) -> dict[str, float]:
    """Lower bounds on the mean log p(x) of a VAE, and the ELBO's two parts, in nats a picture.

    A class-conditional VAE bounds log p(x|y). Since p(x) >= p(y) p(x|y), its bound less log K is
    one on log p(x), y the true label: `elbo_nats`, and `iwae_nats` with 16 importance draws.
    `bits_per_dim` is -elbo_nats over the values of the official picture, for padding is no part of
    what a likelihood is spread over. With the Bernoulli likelihood (mnist) each pixel is drawn as 0
    or 1 with its grey value as mean.
    """
    model, dataset = compared.model, compared.test

    def parts(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        every_bound = model.evidence_bounds(images, labels, _NUM_IMPORTANCE)
        return np.stack([every_bound[name] for name in _PARTS], -1)

    every = in_batches(parts, dataset.images, dataset.labels, title="elbo_nats")
    means = dict(zip(_PARTS, every.mean(0, dtype=np.float64).tolist(), strict=True))
    prior = math.log(model.config.num_classes)
    elbo = means["elbo"] - prior
    return {
        "elbo_nats": elbo,
        "iwae_nats": means["iwae"] - prior,
        "elbo/reconstruction_nats": means["reconstruction"],
        "elbo/kl_nats": means["kl"],
        "bits_per_dim": -elbo / data.spec(dataset.name).num_values / math.log(2),
    }
