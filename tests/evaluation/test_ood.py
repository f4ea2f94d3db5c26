"""Out-of-distribution pictures and scores."""

import numpy as np

from dgm import data
from dgm.evaluation import ood
from dgm.evaluation.measure import evaluate
from dgm.evaluation.ood import ood_images


def test_other_kinds_come_in_the_model_s_colours(monkeypatch, tmp_path):
    monkeypatch.setenv("DGM_CACHE_DIR", str(tmp_path))
    shapes = data.load("shapes", "test", limit=2).images
    grey = ood_images("shapes", 1, 2, None)
    np.testing.assert_allclose(grey[..., 0], shapes.mean(-1), atol=0.5)
    digits = ood_images("digits", 3, 2, None)
    np.testing.assert_array_equal(digits[..., 0], digits[..., 2])
    noise = ood_images("noise", 3, 2, None)
    assert (noise.shape, noise.dtype) == ((2, 32, 32, 3), np.uint8)


def test_the_likelihood_of_a_vae_is_a_score_too(checkpoints, small, monkeypatch):
    monkeypatch.setattr(ood, "kinds", lambda *_: ["noise"])
    vae = evaluate(checkpoints / "vae-digits", names=["ood"], limit=8)
    noise = "ood_auroc/noise"
    assert set(vae["metrics"]) == {
        f"{noise}{key}" for key in ("/softmax", "/likelihood", "/regret")
    }
    cnn = evaluate(checkpoints / "cnn-digits", names=["ood"], limit=8)
    assert set(cnn["metrics"]) == {f"{noise}/softmax", f"{noise}/energy"}


def test_the_kinds_are_the_other_data_sets_at_hand_and_noise(no_data):
    assert ood.kinds("digits") == ["shapes", "noise"]
    assert ood.kinds("shapes") == ["noise"]
