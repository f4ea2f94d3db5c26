"""How well a model's scores separate out-of-distribution pictures from its test images."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from dgm import data
from dgm.analysis.batches import in_batches
from dgm.evaluation.comparison import Comparison
from dgm.model import Model

NUM_IMAGES = 2_000  # of each kind, against as many test images
_NUM_REGRETTED = 250  # of these, by a score that fits each picture in 50 steps
NOISE = "noise"  # a kind that is no data set

Score = Callable[[np.ndarray], np.ndarray]


def kinds(dataset: str, data_dir: Path | None = None) -> list[str]:
    """The kinds of pictures that models of a data set are tested on: every other data set that is
    at hand, and noise."""
    others = [spec.name for spec in data.DATASETS.values() if spec.is_ood_kind]
    at_hand = [name for name in others if data.is_at_hand(name, "test", data_dir)]
    return [name for name in at_hand if name != dataset] + [NOISE]


def ood_images(kind: str, channels: int, num: int, data_dir: Path | None) -> np.ndarray:
    """Pictures of another kind, uint8 [num, 32, 32, channels]: test images of a data set, or
    "noise", each value drawn by itself."""
    if kind == NOISE:
        return np.random.default_rng(0).integers(0, 256, (num, 32, 32, channels), np.uint8)
    images = data.load(kind, "test", data_dir=data_dir, limit=num).images
    if images.shape[-1] > channels:
        return np.rint(images.mean(-1, keepdims=True)).astype(np.uint8)
    return np.repeat(images, channels // images.shape[-1], -1)


def scores_of(model: Model) -> dict[str, Score]:
    """The scores that a model has, by suffix of their metric's name: see `ood_scores`."""
    scores: dict[str, Score] = {}
    if model.has_ood_score:
        scores[""] = model.ood_score
    if model.methods:
        scores["/softmax"] = lambda images: -model.classify(images).max(-1)
    if model.has_energy:
        scores["/energy"] = model.energy
    if "likelihood" in model.capabilities:
        every = range(model.config.num_classes)
        scores["/likelihood"] = lambda images: (
            -np.max([model.evidence_bounds(images, [y] * len(images))["elbo"] for y in every], 0)
        )
        scores["/regret"] = model.likelihood_regret
    return scores


def ood_scores(compared: Comparison) -> dict[str, float]:
    """How well a model's scores separate other kinds of pictures from its test images, by kind.

    `ood_auroc/KIND`: the share of pairs of the two of which the picture of the other kind has the
    higher score, by the score that ships (`Model.ood_score`). Beside it those of other scores:
    `/softmax`, how unsure it is of the class (Hendrycks 2017); `/energy` (Liu 2020); and
    `/likelihood`, how low the bound on log p(x) is, which fails (Nalisnick 2019); and `/regret`, by
    how much that bound grows for a q(z|x) of the picture's own (Xiao 2020). Data sets that would
    have to be downloaded are left out.
    `accepted` is the share of test images under the threshold that ships.
    """
    model, data_dir = compared.model, compared.reference.data_dir
    scores = scores_of(model)

    def measured(images: np.ndarray, kind: str) -> dict[str, np.ndarray]:
        out = {}
        for suffix, score in scores.items():
            some = images[:_NUM_REGRETTED] if suffix == "/regret" else images
            out[suffix] = in_batches(score, some, title=f"ood/{kind}{suffix}")
        return out

    own = measured(compared.test.images[:NUM_IMAGES], compared.test.name)
    out = {}
    if model.has_ood_score and "threshold" in model.readout:
        out["accepted"] = float((own[""] <= model.readout["threshold"]).mean())
    for kind in kinds(compared.test.name, data_dir):
        images = ood_images(kind, model.config.channels, NUM_IMAGES, data_dir)
        for suffix, other in measured(images, kind).items():
            is_other = np.repeat([False, True], [len(own[suffix]), len(other)])
            pairs = np.concatenate([own[suffix], other])
            out[f"ood_auroc/{kind}{suffix}"] = float(roc_auc_score(is_other, pairs))
    return out
