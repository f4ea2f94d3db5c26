"""Figures from predictions and from a classifier's features: NumPy in, floats out.

Shares are fractions of 1. Features are float [N, F], a row a picture; distances between them are
Euclidean, and taken in double precision.
"""

import math

import numpy as np
import sklearn.metrics
from scipy import stats

from dgm.analysis.distances import nearest_neighbours, squared_distances


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Share of rows of p(y|x) [N, K] whose largest entry is the label, int [N]."""
    return float((probabilities.argmax(-1) == labels).mean())


def wilson_interval(share: float, num: int) -> tuple[float, float]:
    """95 % interval of a share measured on num independent trials (Wilson 1927).

    Unlike p ± z sqrt(p(1-p)/n) it stays inside [0, 1].

    Raises:
        ValueError: num is below 1.
    """
    if num < 1:
        raise ValueError(f"a share of {num} trials has no interval")
    low, high = stats.binomtest(round(share * num), num).proportion_ci(method="wilson")
    return float(low), float(high)


def with_interval(name: str, share: float, num: int) -> dict[str, float]:
    """{NAME, NAME/low, NAME/high}: a share measured on num trials, and its 95 % interval."""
    low, high = wilson_interval(share, num)
    return {name: share, f"{name}/low": low, f"{name}/high": high}


def confusion_matrix(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """int [K, K]: how often an image of the row's class was classified as the column's."""
    classes = np.arange(probabilities.shape[1])
    return sklearn.metrics.confusion_matrix(labels, probabilities.argmax(-1), labels=classes)


def expected_calibration_error(
    probabilities: np.ndarray, labels: np.ndarray, num_bins: int = 15
) -> float:
    """sum_b n_b / N |accuracy_b - confidence_b|, bins of equal width (Guo 2017, eq. 3)."""
    count, confidence, correct = reliability(probabilities, labels, num_bins).T
    return float(np.abs(correct - confidence).sum() / count.sum())


def reliability(probabilities: np.ndarray, labels: np.ndarray, num_bins: int = 15) -> np.ndarray:
    """Of each bin of confidence, from 0 to 1: float [num_bins, 3], how many pictures, the sum of
    their confidences, how many of them were read right (Guo 2017, section 2)."""
    confidence = probabilities.max(-1)
    correct = probabilities.argmax(-1) == labels
    bins = np.minimum((confidence * num_bins).astype(int), num_bins - 1)
    sums = [np.bincount(bins, w, num_bins) for w in (None, confidence, correct)]
    return np.stack(sums, 1).astype(float)


def _mean_and_root(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean [F] and an R [min(N, F), F] with R^T R = C, the covariance over N - 1."""
    mean = features.mean(0, dtype=np.float64)
    root = np.asarray(np.linalg.qr(features - mean, mode="r"))
    return mean, root / math.sqrt(len(features) - 1)


def frechet_distance(features_a: np.ndarray, features_b: np.ndarray) -> float:
    """Squared distance of two Gaussians with the sets' means and covariances (Heusel 2017, eq. 6).

    |mu_a - mu_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)) (Dowson & Landau 1982), the covariances over
    N - 1. It shrinks as the sets grow: only figures from sets of the same sizes compare.

    Raises:
        ValueError: a set has fewer than 2 rows.
    """
    sizes = len(features_a), len(features_b)
    if min(sizes) < 2:
        raise ValueError(f"a covariance needs 2 rows or more: the sets have {sizes[0]}, {sizes[1]}")
    mean_a, root_a = _mean_and_root(features_a)
    mean_b, root_b = _mean_and_root(features_b)
    # C_a C_b = R_a^T (R_a R_b^T) R_b: but for zeros, its eigenvalues are the squared singular
    # values of R_a R_b^T. These are exact for singular C too; of C itself, a rounding error of
    # 1e-16 would leave a root of 1e-8 in each direction without variance.
    trace_of_root = np.linalg.svd(root_a @ root_b.T, compute_uv=False).sum()
    spread = (root_a**2).sum() + (root_b**2).sum() - 2 * trace_of_root
    return float(((mean_a - mean_b) ** 2).sum() + max(spread, 0.0))  # below 0 by rounding alone


def kernel_distance(
    features_a: np.ndarray,
    features_b: np.ndarray,
    *,
    num_subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Squared maximum mean discrepancy of two sets, unbiased: KID (Binkowski 2018).

    mean_{i != j} k(a_i, a_j) + mean_{i != j} k(b_i, b_j) - 2 mean_{i, j} k(a_i, b_j) with
    k(x, y) = (x.y / F + 1)^3. For two samples of one distribution it is 0 on average, at any size,
    and so now and then below 0.

    Args:
        subset_size: pictures drawn from each set, without replacement; no more than either has.

    Returns:
        Mean over the subsets and its standard error, which is that of drawing the subsets: it is 0
        where they are the whole of both sets.

    Raises:
        ValueError: fewer than 2 pictures a subset, or fewer than 2 subsets.
    """
    size = min(subset_size, len(features_a), len(features_b))
    if min(size, num_subsets) < 2:
        raise ValueError(
            f"needs 2 subsets or more of 2 pictures or more: got {num_subsets} subsets of {size}"
        )

    def kernel(x, y):
        base = x @ y.T / x.shape[1] + 1
        return base * base * base

    rng = np.random.default_rng(seed)
    estimates = []
    for _ in range(num_subsets):
        a, b = (
            features[rng.choice(len(features), size, replace=False)].astype(np.float64)
            for features in (features_a, features_b)
        )
        within = 0.0
        for k in (kernel(a, a), kernel(b, b)):
            within += (k.sum() - k.trace()) / (size * (size - 1))
        estimates.append(within - 2 * kernel(a, b).mean())
    return float(np.mean(estimates)), float(np.std(estimates, ddof=1) / math.sqrt(num_subsets))


def _squared_radii(points: np.ndarray, k: int) -> np.ndarray:
    """|x_i - NN_k(x_i)|^2, [N]: the k-th nearest of the other points."""
    radii = np.empty(len(points))
    for rows, squared in squared_distances(points, points):
        row = np.arange(len(squared))
        squared[row, rows.start + row] = np.inf  # no point is its own neighbour
        radii[rows] = np.partition(squared, k - 1, axis=1)[:, k - 1]
    return radii


def manifold_metrics(real: np.ndarray, fake: np.ndarray, k: int = 5) -> dict[str, float]:
    """Fidelity and variety of samples, by balls B(x) that reach to the k-th neighbour in x's set.

    Of N real pictures x_i and M samples y_j:
    `precision`: share of y_j inside of some B(x_i) (Kynkäänniemi 2019, eq. 1-2).
    `recall`: share of x_i inside of some B(y_j) (the same with the sets exchanged).
    `density`: 1 / (k M) sum_ij 1[y_j in B(x_i)] (Naeem 2020, section 3.2): precision that counts
        the balls, so that the one wide ball of an outlier adds little. It may exceed 1.
    `coverage`: share of x_i whose B(x_i) holds some y_j (Naeem 2020, section 3.2).
    Two samples of one distribution have density 1 and, for N = M, coverage
    1 - (N - 1)...(N - k) / ((2N - 1)...(2N - k)) on average, about 1 - 2^-k.

    Raises:
        ValueError: a set has no k-th neighbour.
    """
    if not 1 <= k < min(len(real), len(fake)):
        raise ValueError(
            f"no {k}-th neighbour among {len(real)} real pictures and {len(fake)} samples: "
            f"k must be 1 or more, and both sets larger than k"
        )
    real_radii, fake_radii = _squared_radii(real, k), _squared_radii(fake, k)
    precise = np.zeros(len(fake), dtype=bool)
    num_recalled = num_inside = num_covered = 0
    for rows, squared in squared_distances(real, fake):
        num_recalled += (squared <= fake_radii).any(1).sum()
        inside = squared <= real_radii[rows, None]
        precise |= inside.any(0)
        num_inside += inside.sum()
        num_covered += inside.any(1).sum()
    return {
        "precision": float(precise.mean()),
        "recall": float(num_recalled / len(real)),
        "density": float(num_inside / (k * len(fake))),
        "coverage": float(num_covered / len(real)),
    }


def memorisation(fake: np.ndarray, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
    """Whether samples lie nearer to the training images than unseen real images do.

    With d(x) = min_i |x - train_i|:
    `nearest_train_ratio`: median d(fake) / median d(test). At 1 samples are as far from the
        training set as unseen images are, near 0 they are copied, far above 1 off the data.
    `copied_share`: share of samples whose d is below the 1 % quantile of d(test), so nearer to a
        training image than 99 % of test images are; 0.01 for samples as good as test images.

    Raises:
        ValueError: half of the test images or more are training images.
    """
    _, to_train = nearest_neighbours(fake, train)
    _, usual = nearest_neighbours(test, train)
    if np.median(usual) == 0:
        raise ValueError(
            "half of the test images or more are in the training set: compare with unseen images"
        )
    return {
        "nearest_train_ratio": float(np.median(to_train) / np.median(usual)),
        # "lower": a distance that was measured, below which at most 1 % of them lie
        "copied_share": float((to_train < np.quantile(usual, 0.01, method="lower")).mean()),
    }
