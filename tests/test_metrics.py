import numpy as np
import pytest

from dgm import metrics

PROBABILITIES = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.7, 0.3]])
LABELS = np.array([0, 1, 1, 0])


def test_accuracy_counts_the_largest_entry():
    assert metrics.accuracy(PROBABILITIES, LABELS) == 0.75  # all but the second row


def test_wilson_interval_by_hand():
    # p = 1/2, n = 4, z = 2: centre (0.5 + 4/8) / 2 = 0.5, half 2 sqrt(1/16 + 4/64) / 2
    low, high = metrics.wilson_interval(0.5, 4, z=2)
    assert low == pytest.approx(0.5 - 0.125**0.5)
    assert high == pytest.approx(0.5 + 0.125**0.5)


def test_wilson_interval_stays_inside_0_and_1():
    # The usual p ± z sqrt(p(1-p)/n) would be the single point 1 here. n / (n + z^2) = 10/14
    low, high = metrics.wilson_interval(1.0, 10, z=2)
    assert low == pytest.approx(10 / 14)
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
