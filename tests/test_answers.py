"""What every shipped model answered when it was released, held to this day.

`python -m tests.test_answers` writes answers.json anew, from all models or those named: after a
model was released, never to make a test pass.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from dgm import data
from dgm.model import Model, load

pytestmark = pytest.mark.slow
CHECKPOINTS = Path(__file__).parent.parent / "checkpoints"
ANSWERS = Path(__file__).with_name("answers.json")
NAMES = sorted(
    path.parent.relative_to(CHECKPOINTS).as_posix() for path in CHECKPOINTS.rglob("config.json")
)


def digest(values) -> list[float]:
    """Size, mean, deviation and eight of the values of an array."""
    flat = np.asarray(values, np.float64).ravel()
    some = flat[np.linspace(0, len(flat) - 1, 8).astype(int)]
    return [float(f"{x:.6g}") for x in (len(flat), flat.mean(), flat.std(), *some)]


def answers_of(model: Model) -> dict[str, list[float]]:
    """What a model answers to two drawn shapes and to two latent vectors."""
    images = data.to_float(data.load("shapes", "test", limit=2).images)
    if model.config.channels == 1:
        images = images.mean(-1, keepdims=True)
    labels = [1, 3]
    found = {}
    if "sample" in model.capabilities:
        found["latents"] = model.latents(0, 2)
        found["sample"] = model.sample(0, labels, 2)
        found["directions"] = model.directions if len(model.directions) else [0.0]
    for method in model.methods:
        found[f"classify/{method}"] = model.classify(images, method)
    if model.has_features:
        found["features"] = model.features(images)
    if model.has_ood_score:
        found["strangeness"] = model.ood_score(images)
    if "encode" in model.capabilities:
        found["encode"] = model.encode(images, labels)
    if "likelihood" in model.capabilities:
        found["log_likelihood"] = model.log_likelihood(images, labels, 2)
    return {name: digest(values) for name, values in found.items()}


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_model_answers_as_it_did(name):
    expected = json.loads(ANSWERS.read_text())[name]
    found = answers_of(load(CHECKPOINTS / name))
    assert found.keys() == expected.keys()
    for answer, values in expected.items():
        # Another processor rounds in another order.
        np.testing.assert_allclose(found[answer], values, rtol=2e-3, atol=2e-3, err_msg=answer)


def main() -> None:
    names = sys.argv[1:] or NAMES
    known = json.loads(ANSWERS.read_text()) if ANSWERS.exists() else {}
    for name in names:
        known[name] = answers_of(load(CHECKPOINTS / name))
        print(name, flush=True)
    lines = [
        f"  {json.dumps(name)}: {{\n"
        + ",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in known[name].items())
        + "\n  }"
        for name in sorted(known)
    ]
    ANSWERS.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
