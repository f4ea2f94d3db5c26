"""From a picture that G drew back to where it drew it from."""

import numpy as np
import pytest
from flax import nnx

from dgm.analysis import inversion
from dgm.model import Model
from dgm.systems import system_of


@pytest.fixture(scope="module")
def pair(tiny_config):
    """(a DCGAN, a classifier) of fresh weights."""
    built = []
    for recipe in ("dcgan", "cnn"):
        config = tiny_config(recipe)
        build = nnx.jit(lambda config=config: system_of(config).released_nets(config, nnx.Rngs(0)))
        built.append(Model(config, build()))
    return built


def test_a_picture_that_was_drawn_is_found_again(pair):
    model, feature_model = pair
    z = model.latents(5, 1)
    (image,) = model.decode(z, [1])
    path = list(inversion.invert(model, feature_model, image, 1, num_steps=150))
    assert len(path) == 151
    distances = [distance for _, distance in path]
    assert distances == sorted(distances, reverse=True)  # the best so far
    assert distances[-1] < 0.3 * distances[0]
    found, distance = path[-1]
    drawn = model.decode(found[None], [1])[0]
    assert (
        np.abs(drawn - image).mean() < np.abs(model.decode(path[0][0][None], [1])[0] - image).mean()
    )
    # And that is its distance.
    maps = feature_model.map_reading()
    parts = [
        float(((a - b) ** 2).mean() / (b**2).mean())
        for a, b in zip(maps(drawn[None]), maps(image[None]), strict=True)
    ]
    assert distance == pytest.approx(np.sqrt(np.mean(parts)), rel=1e-3)


def test_a_model_without_maps_is_refused(pair, tiny_config):
    model, _ = pair
    vae = Model(tiny_config("vae"), nnx.Dict())
    with pytest.raises(ValueError, match="has no maps"):
        next(inversion.invert(model, vae, np.zeros((32, 32, 1), np.float32), 0))
