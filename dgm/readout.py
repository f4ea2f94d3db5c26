"""`python -m dgm.readout CHECKPOINT`: what is fitted on a finished model and shipped with it.

On training images: a linear support vector machine on the features of D, the protocol of the DCGAN
paper (Radford 2015, section 5.1), and a Gaussian a class in feature space (Lee 2018). On training
images that the model never saw (`--holdout` when it was trained): the temperature of each way of
classifying (Guo 2017), and how strange a picture may be before the answer is "none of these".
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.decomposition import PCA
from sklearn.svm import LinearSVC
from tqdm import tqdm

from dgm import data
from dgm.model import Model, load
from dgm.release import add_to_release

ACCEPTED = 0.95  # share of real pictures that are not called strange
_CHUNK = 500  # pictures between two moves of the progress bar
_SVM_IMAGES = 50_000  # of the training images, at most, that the machine is fitted on
_SVM_DIMENSIONS = 512  # and principal components
_PCA_IMAGES = 15_000  # that these are found on
# Inverse strength of the machine's penalty: of 1e-4 and 3e-4 the better on held-out images of
# CIFAR-10.
_SVM_STRENGTH = 3e-4
_FEWEST_HELD_OUT = 200  # with which a temperature and a threshold can be fitted


def _each(function, images: np.ndarray, name: str) -> np.ndarray:
    """function(float pictures) of uint8 images, some at a time."""
    parts = []
    bar = tqdm(total=len(images), desc=name, unit="image", disable=not sys.stderr.isatty())
    for start in range(0, len(images), _CHUNK):
        parts.append(function(data.to_float(images[start : start + _CHUNK])))
        bar.update(len(parts[-1]))
    bar.close()
    return np.concatenate(parts)


def fit_svm(
    features: np.ndarray, labels: np.ndarray, strength: float = _SVM_STRENGTH, seed: int = 0
) -> dict[str, np.ndarray]:
    """A linear machine for each class against the rest, with squared hinge loss.

    It is fitted on the principal components of standardised features, and told as one kernel on
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
    axes = pca.components_.T / deviation[:, None]  # [F, P], of the features as they are
    shift = mean @ axes + pca.mean_ @ pca.components_.T
    machine = LinearSVC(C=strength, dual=False, random_state=seed)
    machine.fit(features @ axes - shift, labels)
    coefficients, intercept = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:  # one machine tells two classes apart
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

    return float(np.exp(minimize_scalar(negative_log_likelihood, bounds=(-4, 4)).x))


def fit(model: Model, seen: data.Dataset, unseen: data.Dataset | None) -> dict[str, np.ndarray]:
    """What can be fitted on a model, by name: `svm.kernel`, `svm.bias`, `gaussian.projection`,
    `gaussian.mean`, and with unseen images `temperature.METHOD` and `threshold`.

    Args:
        seen: images that the model was trained on. unseen: such as it was not, of the same kind.
    """
    out: dict[str, np.ndarray] = {}
    if model.has_maps and "cnn" not in model.methods:
        some = seen.take(slice(_SVM_IMAGES))
        features = _each(model.grid_features, some.images, "grid features")
        machine = fit_svm(features, some.labels)
        out |= {f"svm.{name}": value for name, value in machine.items()}
        del features
    if model.has_features:
        features = _each(model.features, seen.images, "features")
        gaussians = fit_gaussians(features, seen.labels)
        out |= {f"gaussian.{name}": value for name, value in gaussians.items()}
    if unseen is None:
        return out
    fitted = model.with_readout(out)
    for method in fitted.methods:
        log_p = _each(
            lambda x, method=method: fitted.log_probabilities(x, method), unseen.images, method
        )
        out[f"temperature.{method}"] = np.float32(fit_temperature(log_p, unseen.labels))
    if fitted.has_ood_score:
        strangeness = _each(fitted.strangeness, unseen.images, "strangeness")
        out["threshold"] = np.float32(np.quantile(strangeness, ACCEPTED))
    return out


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m dgm.readout",
        description="Fit a support vector machine, class Gaussians, temperatures and a threshold.",
    )
    parser.add_argument("checkpoint", type=Path, help="folder of a released model")
    parser.add_argument("--data-dir", type=Path, help="folder that holds the official files")
    options = parser.parse_args(arguments)
    try:
        model = load(options.checkpoint)
        seen = data.load(model.config.dataset, "train", data_dir=options.data_dir)
        unseen = None
        if model.config.holdout >= _FEWEST_HELD_OUT:
            seen, unseen = data.holdout(seen, model.config.holdout)
        else:
            print(
                f"{model.name} kept back {model.config.holdout} images when it was trained: no "
                f"temperature and no threshold (train with --holdout, {_FEWEST_HELD_OUT} or more)",
                file=sys.stderr,
            )
        fitted = fit(model, seen, unseen)
        add_to_release(
            options.checkpoint,
            # Half precision is enough for what is summed over hundreds of features.
            {f"readout.{k}": v.astype(np.float16) if v.ndim else v for k, v in fitted.items()},
        )
    except (ValueError, FileNotFoundError, data.DataUnavailableError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json.dumps({name: value.tolist() for name, value in fitted.items() if value.ndim == 0}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
