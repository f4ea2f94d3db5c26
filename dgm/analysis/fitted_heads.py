"""Fitted heads: what is fitted on a finished model and shipped with it.

On training images: a linear support vector machine on the features of D, the protocol of the DCGAN
paper (Radford 2015, section 5.1), and a Gaussian a class in feature space (Lee 2018). On training
images that the model never saw (`--holdout` when it was trained): the temperature of each method of
classifying (Guo 2017), and the out-of-distribution score above which the answer is "none of
these".
"""

import functools
from pathlib import Path
from typing import cast

import numpy as np
from scipy.optimize import OptimizeResult, minimize_scalar
from sklearn.decomposition import PCA
from sklearn.svm import LinearSVC

from dgm import data
from dgm.analysis.batches import in_batches
from dgm.model import Model, load
from dgm.release import add_to_release
from dgm.systems import Config

ACCEPTED = 0.95  # share of real pictures whose score is under the threshold
_SVM_IMAGES = 50_000  # of the training images, at most, that the machine is fitted on
_SVM_DIMENSIONS = 512  # and principal components
_PCA_IMAGES = 15_000  # that these are found on
# Inverse strength of the machine's penalty: of 1e-4 and 3e-4 the better on held-out images of
# CIFAR-10.
_SVM_STRENGTH = 3e-4
FEWEST_HELD_OUT = 200  # with which a temperature and a threshold can be fitted


def fit_svm(
    features: np.ndarray, labels: np.ndarray, strength: float = _SVM_STRENGTH, seed: int = 0
) -> dict[str, np.ndarray]:
    """A linear machine for each class against the rest, with squared hinge loss.

    It is fitted on the principal components of standardised features, and returned as one kernel on
    the features as they are.

    Args:
        features: float32 [N, F]. labels: int [N]. strength: scikit-learn's C.

    Returns:
        {"kernel": [F, K], "bias": [K]}: margins = features @ kernel + bias.
    """
    mean, deviation = features.mean(0), features.std(0) + 1e-6
    some = features[:: -(-len(features) // _PCA_IMAGES)]
    pca = PCA(min(_SVM_DIMENSIONS, *some.shape), svd_solver="randomized", random_state=seed)
    pca.fit((some - mean) / deviation)
    components = np.asarray(pca.components_)
    axes = components.T / deviation[:, None]  # [F, P], of the features as they are
    shift = mean @ axes + np.asarray(pca.mean_) @ components.T
    machine = LinearSVC(C=strength, dual="auto", random_state=seed)
    machine.fit(features @ axes - shift, labels)
    coefficients, intercept = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:  # one machine separates two classes
        coefficients = np.concatenate([-coefficients, coefficients])
        intercept = np.concatenate([-intercept, intercept])
    kernel = axes @ coefficients.T  # [F, K]
    bias = intercept - shift @ coefficients.T
    return {"kernel": kernel.astype(np.float32), "bias": bias.astype(np.float32)}


def fit_gaussians(features: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """One Gaussian a class with a covariance that all share, p(f|y) = N(mean_y, S).

    Args:
        features: float32 [N, F]. labels: int [N].

    Returns:
        {"projection": [F, F], "mean": [K, F]}: in f @ projection every class has covariance I
        around its row of `mean`.
    """
    means = np.stack([features[labels == y].mean(0) for y in range(labels.max() + 1)])
    within = features - means[labels]
    values, vectors = np.linalg.eigh(within.T @ within / len(within))
    whitening = vectors / np.sqrt(values + 1e-6 * values.max())
    return {
        "projection": whitening.astype(np.float32),
        "mean": (means @ whitening).astype(np.float32),
    }


def fit_temperature(log_p: np.ndarray, labels: np.ndarray) -> float:
    """T for which softmax(log p / T) is most likely to give the labels (Guo 2017, section 4.2).

    Args:
        log_p: float [N, K]. labels: int [N].
    """

    def negative_log_likelihood(log_temperature: float) -> float:
        scaled = log_p / np.exp(log_temperature)
        scaled = scaled - scaled.max(1, keepdims=True)
        log_normal = np.log(np.exp(scaled).sum(1))
        return float((log_normal - scaled[np.arange(len(labels)), labels]).mean())

    best = cast(OptimizeResult, minimize_scalar(negative_log_likelihood, bounds=(-4, 4)))
    return float(np.exp(best.x))


def fit(model: Model, seen: data.Dataset, unseen: data.Dataset | None) -> dict[str, np.ndarray]:
    """What can be fitted on a model, by name: `svm.kernel`, `svm.bias`, `gaussian.projection`,
    `gaussian.mean`, and with unseen images `temperature.METHOD` and `threshold`.

    Args:
        seen: images that the model was trained on. unseen: such as it was not, of the same kind.
    """
    out: dict[str, np.ndarray] = {}
    if model.has_maps and "cnn" not in model.methods:
        some = seen.take(slice(_SVM_IMAGES))
        features = in_batches(model.grid_features, some.images, title="grid features")
        machine = fit_svm(features, some.labels)
        out |= {f"svm.{name}": value for name, value in machine.items()}
        del features
    if model.has_features:
        features = in_batches(model.features, seen.images, title="features")
        gaussians = fit_gaussians(features, seen.labels)
        out |= {f"gaussian.{name}": value for name, value in gaussians.items()}
    if unseen is None:
        return out
    fitted = model.with_readout(out)
    for method in fitted.methods:
        log_p = in_batches(
            functools.partial(fitted.log_probabilities, method=method),
            unseen.images,
            title=method,
        )
        out[f"temperature.{method}"] = np.asarray(fit_temperature(log_p, unseen.labels), np.float32)
    if fitted.has_ood_score:
        scores = in_batches(fitted.ood_score, unseen.images, title="out-of-distribution score")
        out["threshold"] = np.asarray(np.quantile(scores, ACCEPTED), np.float32)
    return out


def has_enough_held_out(config: Config) -> bool:
    """Whether a run held out enough images to fit temperatures and a threshold."""
    return config.holdout >= FEWEST_HELD_OUT


def add_fitted_heads(checkpoint: Path, data_dir: Path | None = None) -> dict[str, np.ndarray]:
    """Fit what can be fitted on a released model and ship it with the model.

    Returns:
        What `fit` returns.

    Raises:
        ValueError, FileNotFoundError, dgm.data.DataUnavailableError: the model or its training set
            is missing or does not fit.
    """
    model = load(checkpoint)
    seen, unseen = data.load(model.config.dataset, "train", data_dir=data_dir), None
    if has_enough_held_out(model.config):
        seen, unseen = data.holdout(seen, model.config.holdout)
    fitted = fit(model, seen, unseen)
    # Half precision is enough for what is summed over hundreds of features.
    add_to_release(
        checkpoint,
        {f"readout.{k}": v.astype(np.float16) if v.ndim else v for k, v in fitted.items()},
    )
    return fitted
