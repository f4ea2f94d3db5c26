"""Sliders of known factors, on a model whose code is the factors themselves."""

import types

import numpy as np
import pytest

from dgm import data
from dgm.analysis import factors

LINE = ("size", "x", "y", "background")


class Mirror:
    """Decodes by drawing: z is the factors on a line in [-1, 1], cos and sin of the others."""

    name = "vae-shapes"
    config = types.SimpleNamespace(dataset="shapes")
    capabilities = frozenset({"sample", "encode"})

    def __init__(self, mix: np.ndarray):
        self.mix = mix  # of the coordinates

    def decode(self, z, labels):
        code = np.asarray(z) @ np.linalg.inv(self.mix)
        labels = np.asarray(labels)
        fold = np.array([max(data.SYMMETRY[data.SHAPES[y]], 1) for y in labels])
        drawn = {
            name: low + (code[:, i] + 1) / 2 * (high - low)
            for i, (name, (low, high)) in enumerate((n, data.FACTORS[n]) for n in LINE)
        }
        drawn["hue"] = np.arctan2(code[:, 5], code[:, 4]) / (2 * np.pi) % 1
        drawn["angle"] = np.degrees(np.arctan2(code[:, 7], code[:, 6])) / fold
        return data.to_float(data.draw_shapes(labels, **drawn))

    def encode(self, images, labels):
        found = data.measure_shapes(data.to_uint8(images), labels)
        fold = np.array([data.SYMMETRY[data.SHAPES[y]] for y in labels])
        turns = (found["hue"], np.nan_to_num(found["angle"]) * fold / 360)
        line = [
            2 * (found[name] - data.FACTORS[name][0]) / np.ptp(data.FACTORS[name]) - 1
            for name in LINE
        ]
        waves = [f(2 * np.pi * turn) for turn in turns for f in (np.cos, np.sin)]
        return (np.stack([*line, *waves], -1) @ self.mix).astype(np.float32)

    def from_prior(self, z, labels):
        return np.asarray(z, np.float32)

    to_prior = from_prior

    def latents(self, key, num):
        rng = np.random.default_rng(key)
        line, turns = rng.uniform(-0.8, 0.8, (num, 4)), rng.uniform(0, 2 * np.pi, (num, 2))
        waves = np.stack([np.cos(turns), np.sin(turns)], -1).reshape(num, 4)
        return (np.concatenate([line, waves], 1) @ self.mix).astype(np.float32)


@pytest.fixture(scope="module")
def model():
    mix, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(8, 8)))
    return Mirror(mix)


@pytest.fixture(scope="module")
def fitted(model):
    return factors.fit_factors(model)


def measured(model, z, label):
    found = data.measure_shapes(data.to_uint8(model.decode(z, [label] * len(z))), [label] * len(z))
    return {name: found[name] for name in factors.NAMES}


@pytest.mark.parametrize("shape", ["arrow", "triangle"])
def test_a_slider_moves_its_factor_and_no_other(model, fitted, shape):
    label = data.SHAPES.index(shape)
    fold = data.SYMMETRY[shape]
    (z,) = model.latents(1, 1)
    here = measured(model, z[None], label)
    pulls = np.diag([0.5] * len(factors.NAMES))
    there = measured(
        model, factors.pull_factors(model, fitted, z, data.SHAPES[label], pulls), label
    )
    period = {"hue": 1.0, "angle": 360 / fold}
    slack = {"hue": 0.02, "size": 0.2, "angle": 6, "x": 0.2, "y": 0.2, "background": 0.02}
    for row, pulled in enumerate(factors.NAMES):
        for name in factors.NAMES:
            gap = there[name][row] - here[name][0]
            if name in period:
                half = 0.5 if name == pulled else 0
                gap = (gap - half * period[name] / 2 + period[name] / 2) % period[name]
                gap -= period[name] / 2
            elif name == pulled:
                gap -= (data.FACTORS[name][1] - here[name][0]) / 2
            assert abs(gap) < slack[name], (pulled, name)


def test_a_slider_at_rest_changes_nothing(model, fitted):
    (z,) = model.latents(2, 1)
    rest = np.zeros((1, len(factors.NAMES)))
    np.testing.assert_array_equal(
        factors.pull_factors(model, fitted, z, data.SHAPES[0], rest)[0], z
    )


def test_the_ends_of_a_slider_are_those_of_its_range(model, fitted):
    (z,) = model.latents(3, 1)
    pulls = np.zeros((2, len(factors.NAMES)))
    pulls[:, factors.NAMES.index("size")] = -1, 1
    label = data.SHAPES.index("square")
    found = measured(
        model, factors.pull_factors(model, fitted, z, data.SHAPES[label], pulls), label
    )
    np.testing.assert_allclose(found["size"], data.FACTORS["size"], atol=0.2)


@pytest.mark.slow
def test_correlations_tell_a_model_that_follows_from_one_that_does_not(model):
    follows = factors.factor_correlations(model, 40)
    assert set(follows) == set(factors.NAMES)
    assert min(follows.values()) > 0.97

    class Deaf(Mirror):
        """Draws every shape red, orange or yellow, whichever hue is asked for."""

        def decode(self, z, labels):
            return np.sort(super().decode(z, labels), -1)[..., ::-1]

    assert abs(factors.factor_correlations(Deaf(model.mix), 40)["hue"]) < 0.5


def test_a_pull_is_corrected_by_what_the_picture_shows(model, fitted):
    class Short(Mirror):
        """Draws shapes off the middle by a tenth less than its code says."""

        def decode(self, z, labels):
            code = np.array(z) @ np.linalg.inv(self.mix)
            code[:, LINE.index("x")] *= 0.9
            return super().decode(code @ self.mix, labels)

    short, label = Short(model.mix), data.SHAPES.index("cross")
    (z,) = short.latents(2, 1)
    pulls = np.zeros((1, len(factors.NAMES)))
    pulls[0, factors.NAMES.index("x")] = 1
    end = factors.pull_factors(short, fitted, z, data.SHAPES[label], pulls)
    # Its codes alone would lead to 16 + 0.9 * 4.
    assert measured(short, end, label)["x"][0] == pytest.approx(20, abs=0.1)


def test_another_data_set_has_no_known_factors():
    other = types.SimpleNamespace(
        name="vae-mnist", config=types.SimpleNamespace(dataset="mnist"), capabilities={"encode"}
    )
    with pytest.raises(ValueError, match="vae-mnist has no encoder of shapes"):
        factors.fit_factors(other)
