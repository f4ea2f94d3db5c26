import numpy as np
import pytest

from dgm.analysis import distances
from dgm.evaluation import metrics

PROBABILITIES = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.7, 0.3]])
LABELS = np.array([0, 1, 1, 0])


def test_accuracy_counts_the_largest_entry():
    assert metrics.accuracy(PROBABILITIES, LABELS) == 0.75  # all but the second row


def test_wilson_interval_by_hand():
    # (p + z^2/2n ± z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n) at p = 1/2, n = 4, z^2 = 3.8415
    low, high = metrics.wilson_interval(0.5, 4)
    half = (3.8415 / 16 + 3.8415**2 / 64) ** 0.5 / (1 + 3.8415 / 4)
    assert low == pytest.approx(0.5 - half, abs=1e-4)
    assert high == pytest.approx(0.5 + half, abs=1e-4)


def test_wilson_interval_stays_inside_0_and_1():
    # The usual p ± z sqrt(p(1-p)/n) would be the single point 1 here. n / (n + z^2)
    low, high = metrics.wilson_interval(1.0, 10)
    assert low == pytest.approx(10 / 13.8415, abs=1e-4)
    assert high == pytest.approx(1.0)


def test_wilson_interval_needs_a_trial():
    with pytest.raises(ValueError, match="0 trials"):
        metrics.wilson_interval(0.5, 0)


def test_confusion_matrix_has_true_classes_as_rows():
    assert metrics.confusion_matrix(PROBABILITIES, LABELS).tolist() == [[2, 0], [1, 1]]


def test_calibration_error_by_hand():
    # Two bins, [0, 0.5) is empty. Above: accuracy 3/4, confidence (.9 + .6 + .8 + .7) / 4
    assert metrics.expected_calibration_error(PROBABILITIES, LABELS, 2) == pytest.approx(0)
    # Ten bins, each with one row: |1 - .9|, |0 - .6|, |1 - .8|, |1 - .7|, each of weight 1/4
    error = metrics.expected_calibration_error(PROBABILITIES, LABELS, 10)
    assert error == pytest.approx((0.1 + 0.6 + 0.2 + 0.3) / 4)


def test_certainty_falls_into_the_last_bin():
    assert metrics.expected_calibration_error(np.array([[1.0, 0.0]]), np.array([0])) == 0


def gaussian(covariance: list[list[float]], mean: list[float]) -> np.ndarray:
    """[40, F] whose own mean and covariance are the given ones, not merely those it is drawn by."""
    noise = np.random.default_rng(0).normal(size=(40, len(mean)))
    noise -= noise.mean(0)
    white = noise @ np.linalg.inv(np.linalg.cholesky(np.cov(noise.T))).T
    return white @ np.linalg.cholesky(np.array(covariance)).T + np.array(mean)


def test_frechet_distance_of_commuting_gaussians():
    a = gaussian(np.diag([1.0, 4.0, 9.0]), [0.0, 0.0, 0.0])
    b = gaussian(np.diag([4.0, 4.0, 1.0]), [1.0, 2.0, 0.0])
    # |mu|^2 + sum (sqrt a_i - sqrt b_i)^2 = 1 + 4 + (1 - 2)^2 + 0 + (3 - 1)^2
    assert metrics.frechet_distance(a, b) == pytest.approx(10)
    assert metrics.frechet_distance(b, a) == pytest.approx(10)


def test_frechet_distance_of_gaussians_that_do_not_commute():
    a = gaussian([[2.0, 1.0], [1.0, 1.0]], [0.0, 0.0])
    b = gaussian([[9.0, 0.0], [0.0, 1.0]], [0.0, 0.0])
    # A 2x2 matrix has tr M^(1/2) = sqrt(tr M + 2 sqrt(det M)); C_a C_b = [[18, 1], [9, 1]] has
    # trace 19 and determinant 9: sqrt(19 + 6) = 5. So tr C_a + tr C_b - 2 * 5 = 3 + 10 - 10
    assert metrics.frechet_distance(a, b) == pytest.approx(3)


def test_frechet_distance_of_fewer_pictures_than_features():
    a = np.random.default_rng(0).normal(3, 1, (20, 100)).astype(np.float32)
    assert 0 <= metrics.frechet_distance(a, a) < 1e-6
    assert metrics.frechet_distance(a, a[::-1]) < 1e-6
    # Means mu and 3 mu, covariances C and 9 C: |2 mu|^2 + (1 + 9 - 2 * 3) tr C
    a = a.astype(np.float64)
    expected = 4 * (a.mean(0) ** 2).sum() + 4 * a.var(0, ddof=1).sum()
    assert metrics.frechet_distance(a, 3 * a) == pytest.approx(expected)
    # Spread along x against spread along y, of variance 2 and 8: nothing shared, 2 + 8 - 0
    x, y = np.array([[-1.0, 0], [1, 0]]), np.array([[0, -2.0], [0, 2]])
    assert metrics.frechet_distance(x, y) == pytest.approx(10)


def test_frechet_distance_needs_two_rows():
    with pytest.raises(ValueError, match="2 rows or more: the sets have 5, 1"):
        metrics.frechet_distance(np.zeros((5, 3)), np.zeros((1, 3)))


def test_kernel_distance_by_hand():
    # (xy + 1)^3: k(0, 1) = 1 within a, k(1, 2) = 27 within b, (1 + 1 + 8 + 27) / 4 between them
    a, b = np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]])
    mean, error = metrics.kernel_distance(a, b)
    assert mean == pytest.approx(1 + 27 - 2 * 37 / 4)
    assert error == pytest.approx(0, abs=1e-12)  # every subset is the whole of both
    # x.y / F does not change when every feature stands there three times
    assert metrics.kernel_distance(a.repeat(3, 1), b.repeat(3, 1))[0] == pytest.approx(mean)


def test_kernel_distance_gives_the_standard_error_of_its_subsets():
    # Two of a = 0, 0, 1 against b = 1, 1. Both 0 (one draw in three): k = 1 within a, 8 within b,
    # 1 between: 1 + 8 - 2 = 7. One of each: 1 + 8 - 2 (1 + 8) / 2 = 0.
    a, b = np.array([[0.0], [0.0], [1.0]]), np.ones((2, 1))
    mean, error = metrics.kernel_distance(a, b, num_subsets=400)
    # With 7 drawn n p times, the standard error is 7 sqrt(p (1 - p) / (n - 1)), and mean = 7 p
    assert error == pytest.approx((mean * (7 - mean) / 399) ** 0.5)
    assert abs(mean - 7 / 3) < 4 * error
    assert metrics.kernel_distance(a, b, num_subsets=400) == (mean, error)
    assert metrics.kernel_distance(a, b, num_subsets=400, seed=1) != (mean, error)


def test_kernel_distance_is_unbiased():
    draw = np.random.default_rng(0).normal
    distances = [
        metrics.kernel_distance(draw(size=(10, 4)), draw(size=(10, 4)), num_subsets=2)[0]
        for _ in range(400)
    ]
    error = np.std(distances) / 20
    # With the diagonals in the means it would be 2 / 10 (E k(x, x) - E k(x, y)) = 1.95 on average:
    # |x|^2 / 4 has the moments 1, 3/2, 3 (chi^2 of 4 degrees), and x.y / 4 has 0, 1/4, 0, so that
    # E (. + 1)^3 is 3 + 3 * 3/2 + 3 * 1 + 1 = 11.5 of the one and 3 * 1/4 + 1 = 1.75 of the other
    assert abs(np.mean(distances)) < 3 * error < 0.2


def test_kernel_distance_needs_two_of_everything():
    with pytest.raises(ValueError, match="got 100 subsets of 1"):
        metrics.kernel_distance(np.zeros((5, 3)), np.zeros((1, 3)))
    with pytest.raises(ValueError, match="got 1 subsets of 5"):
        metrics.kernel_distance(np.zeros((5, 3)), np.zeros((5, 3)), num_subsets=1)


def test_manifold_metrics_by_hand():
    # Balls of k = 1: 0 ± 1, 1 ± 1, 10 ± 1.5, 11.5 ± 1.5 and 20 ± 8.5 around the real points,
    # -0.9 ± 3.4, 2.5 ± 3.4, 11 ± 0.2, 11.2 ± 0.2 around the samples
    real = np.array([[0.0], [1.0], [10.0], [11.5], [20.0]])
    fake = np.array([[-0.9], [2.5], [11.0], [11.2]])
    assert metrics.manifold_metrics(real, fake, k=1) == {
        "precision": 3 / 4,  # all but 2.5
        "recall": 2 / 5,  # 0 and 1
        "density": 5 / 4,  # -0.9 in one ball, 11 and 11.2 in two each, over k M = 1 * 4
        "coverage": 3 / 5,  # the balls of 1 and of 20 hold no sample
    }


def test_manifold_metrics_with_a_second_neighbour_by_hand():
    # Balls of k = 2: 0 ± 3, 1 ± 2, 3 ± 3, each with 0.5 and 2.2 inside; 0.5 ± 6.5 holds all
    real, fake = np.array([[0.0], [1.0], [3.0]]), np.array([[0.5], [2.2], [7.0]])
    assert metrics.manifold_metrics(real, fake, k=2) == {
        "precision": 2 / 3,
        "recall": 1,
        "density": 6 / (2 * 3),
        "coverage": 1,
    }


def test_manifold_metrics_of_one_distribution():
    real, fake = np.random.default_rng(0).normal(size=(2, 1000, 4))
    figures = metrics.manifold_metrics(real, fake, k=3)
    assert figures["density"] == pytest.approx(1, abs=0.05)
    # (999 * 998 * 997) / (1999 * 1998 * 1997) = 0.1246 are missed
    assert figures["coverage"] == pytest.approx(1 - 0.1246, abs=0.03)


def test_manifold_metrics_tell_collapse_from_noise():
    rng = np.random.default_rng(0)
    real = rng.normal(size=(500, 2))
    collapsed = metrics.manifold_metrics(real, rng.normal(0, 0.02, (500, 2)))
    assert collapsed["precision"] == 1
    assert collapsed["recall"] < 0.02
    assert collapsed["coverage"] < 0.1
    noise = metrics.manifold_metrics(real, rng.normal(100, 1, (500, 2)))
    assert noise == {"precision": 0, "recall": 0, "density": 0, "coverage": 0}


def test_manifold_metrics_need_a_kth_neighbour():
    with pytest.raises(ValueError, match="no 5-th neighbour among 9 real pictures and 5 samples"):
        metrics.manifold_metrics(np.zeros((9, 2)), np.zeros((5, 2)))
    with pytest.raises(ValueError, match="k must be 1 or more"):
        metrics.manifold_metrics(np.zeros((9, 2)), np.zeros((9, 2)), k=0)


def test_chunks_do_not_change_a_figure(monkeypatch):
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(50, 4)), rng.normal(size=(45, 4))
    whole = metrics.manifold_metrics(real, fake), distances.nearest_neighbours(fake, real, 2)
    monkeypatch.setattr(distances, "CHUNK", 7)
    assert metrics.manifold_metrics(real, fake) == whole[0]
    for array, expected in zip(distances.nearest_neighbours(fake, real, 2), whole[1], strict=True):
        np.testing.assert_array_equal(array, expected)


def test_memorisation_by_hand():
    train, test = np.array([[0.0], [10.0]]), np.array([[1.0], [12.0], [4.0]])
    fake = np.array([[0.5], [11.0], [13.0]])
    # To the training set: 1, 2, 4 for the test images and 0.5, 1, 3 for the samples, of which one
    # is nearer than any test image
    assert metrics.memorisation(fake, train, test) == {
        "nearest_train_ratio": 1 / 2,
        "copied_share": 1 / 3,
    }


def test_memorisation_of_copies_and_of_fresh_samples():
    rng = np.random.default_rng(0)
    train, test, fake = rng.normal(size=(3, 2000, 3))
    assert metrics.memorisation(train[:100], train, test) == {
        "nearest_train_ratio": 0,
        "copied_share": 1,
    }
    fresh = metrics.memorisation(fake, train, test)
    assert fresh["nearest_train_ratio"] == pytest.approx(1, abs=0.05)
    assert fresh["copied_share"] == pytest.approx(0.01, abs=0.01)


def test_memorisation_needs_unseen_images():
    train = np.array([[0.0], [1.0]])
    with pytest.raises(ValueError, match="compare with unseen images"):
        metrics.memorisation(train + 0.5, train, train)
