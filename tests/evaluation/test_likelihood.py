"""Bounds on the likelihood."""

import numpy as np
import pytest

from dgm.evaluation.measure import evaluate


def test_bound_on_the_likelihood_pays_for_the_class(checkpoints, digits):
    result = evaluate(checkpoints / "vae-digits", names=["elbo"], limit=24)["metrics"]
    # log p(x) >= log p(y) + log p(x|y), and p(y) = 1/10
    parts = result["elbo/reconstruction_nats"] - result["elbo/kl_nats"]
    assert result["elbo_nats"] == pytest.approx(parts - np.log(10), rel=1e-4)
    assert result["iwae_nats"] >= result["elbo_nats"]
    bits = -result["elbo_nats"] / (32 * 32) / np.log(2)
    assert result["bits_per_dim"] == pytest.approx(bits, abs=1e-5)
