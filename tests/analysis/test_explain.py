"""Heat maps of models that are known by heart, and counterfactuals that can be worked out."""

import dataclasses

import numpy as np
import pytest
from flax import nnx

from dgm.analysis import explain
from dgm.model import Model
from dgm.systems import system_of
from dgm.systems.variational import VAEConfig


class Corner:
    """log p(0|x) = the mean of the 8x8 pixels in the upper left corner; p(1|x) is not asked for."""

    methods = ("corner",)

    def log_probabilities(self, images, method):
        value = images[:, :8, :8].mean((1, 2, 3))
        return np.stack([value, -value], 1)

    def gradients(self, images, labels, method):
        out = np.zeros_like(images)
        out[:, :8, :8] = 1 / (64 * images.shape[-1])
        return out


@pytest.fixture
def image():
    picture = -np.ones((32, 32, 3), np.float32)
    picture[:8, :8] = 1
    return picture


def test_occlusion_finds_the_place_that_speaks_for_the_class(image):
    heat = explain.occlusion(Corner(), image, 0)
    assert heat.shape == (32, 32)
    # The patch in the corner takes it all: from 1 to the picture's mean, (64 - 960) / 1024.
    fall = 1 + 896 / 1024
    np.testing.assert_allclose(heat[:4, :4], fall, rtol=1e-5)
    # Its neighbour to the right begins at column 4 and covers half of it; both cover this place.
    np.testing.assert_allclose(heat[:4, 4:8], (fall + fall / 2) / 2, rtol=1e-5)
    assert (heat[16:, 16:] == 0).all()


def test_integrated_gradients_share_out_the_whole_difference(image):
    heat = explain.integrated_gradients(Corner(), image, 0)
    plain = np.full_like(image, image.mean())
    log_p = Corner().log_probabilities(np.stack([image, plain]), "corner")[:, 0]
    assert heat.sum() == pytest.approx(log_p[0] - log_p[1], rel=1e-4)
    assert (heat[8:] == 0).all()


# ---------------------------------------------------------------------------- counterfactuals


@dataclasses.dataclass
class Line:
    """Two classes on a line, N(0, 1) and N(mean, scale); a picture's brightness is its code."""

    mean: float
    scale: float
    config = VAEConfig("ib-vae", "digits", class_names=("a", "b"), class_in_prior=True)
    class_names = ("a", "b")

    def class_priors(self):
        return np.array([[0.0], [self.mean]]), np.array([[1.0], [self.scale]])

    def encode(self, images, labels):
        assert labels == [0]  # whose prior is N(0, 1): seen from it nothing moves
        return images.mean((1, 2, 3))[:, None]

    def log_probabilities(self, images, method):
        z = images.mean((1, 2, 3))
        of_b = -0.5 * ((z - self.mean) / self.scale) ** 2 - np.log(self.scale)
        log_p = np.stack([-0.5 * z**2, of_b], 1)
        return log_p - np.logaddexp.reduce(log_p, axis=1, keepdims=True)

    def decode(self, z, labels):
        return np.broadcast_to(z[:, :, None, None], (len(z), 32, 32, 1))


@pytest.mark.parametrize("scale", [1.0, 0.5, 2.0])
def test_a_counterfactual_ends_at_the_boundary_of_two_classes(scale):
    line = Line(4.0, scale)
    image = np.full((32, 32, 1), 0.5, np.float32)
    found = explain.counterfactual(line, image, num=5)
    assert (found.label, found.target) == (0, 1)
    brightness = found.pictures[:, 0, 0, 0]
    # From the picture itself, in even steps, over the boundary in the middle.
    assert brightness[0] == 0.5
    np.testing.assert_allclose(np.diff(brightness), brightness[1] - 0.5, rtol=1e-5)
    assert found.probabilities[2] == pytest.approx([0.5, 0.5], abs=1e-4)
    if scale == 1:
        assert brightness[2] == pytest.approx(2)  # half way between 0 and 4
    np.testing.assert_allclose(found.probabilities.sum(1), 1, rtol=1e-5)
    assert found.probabilities[0, 0] > 0.8
    assert found.turns in (2, 3)
    # And the picture's own answer is where it begins.
    log_p = line.log_probabilities(image[None], "bayes")[0]
    np.testing.assert_allclose(found.probabilities[0], np.exp(log_p), rtol=1e-4)


def test_a_counterfactual_to_the_class_it_is_already_is_refused():
    with pytest.raises(ValueError, match="classified as a already"):
        explain.counterfactual(Line(4.0, 1.0), np.zeros((32, 32, 1), np.float32), target=0)


# ---------------------------------------------------------------------------- on a model


@pytest.fixture(scope="module")
def model(tiny_config) -> Model:
    config = tiny_config("ib-vae")

    @nnx.jit
    def build():
        nets = system_of(config).released_nets(config, nnx.Rngs(0))
        nets["prior"].mean[...] = nets["prior"].mean[...].at[1, 0].set(0.2)
        return nets

    return Model(config, build())


def test_on_a_model(model):
    image = np.random.default_rng(0).uniform(-1, 1, (32, 32, 1)).astype(np.float32)
    pictures, behind = explain.as_each_class(model, image)
    assert (pictures.shape, behind.shape) == ((3, 32, 32, 1), (3,))
    # They are as far apart as the bounds are.
    elbo = np.concatenate([model.evidence_bounds(image[None], [y], 8)["elbo"] for y in range(3)])
    np.testing.assert_allclose(behind, elbo - elbo.max(), atol=0.01)
    heat = explain.integrated_gradients(model, image, 1)
    assert np.abs(heat).max() > 0
    said = int(model.classify(image[None])[0].argmax())
    found = explain.counterfactual(model, image, target=(said + 1) % 3)
    assert found.pictures.shape == (17, 32, 32, 1)
    # It begins at the reconstruction, with what the model says of the picture.
    (z,) = model.encode(image[None], [said])
    np.testing.assert_allclose(found.pictures[0], model.decode(z[None], [said])[0], atol=1e-5)
    np.testing.assert_allclose(found.probabilities[0], model.classify(image[None])[0], atol=1e-4)
    # In the middle the two are level, whatever a third class says.
    before, level, after = found.probabilities[[7, 8, 9]]
    assert before[said] > before[found.target]
    assert level[said] == pytest.approx(level[found.target], rel=0.01)
    assert after[said] < after[found.target]


def test_a_model_with_its_classes_elsewhere_has_no_counterfactual(model):
    other = Model(dataclasses.replace(model.config, class_in_prior=False), nnx.Dict())
    with pytest.raises(ValueError, match="elsewhere than in its prior alone"):
        explain.counterfactual(other, np.zeros((32, 32, 1), np.float32))


def test_gradients_are_those_of_the_log_probability(model):
    image = np.random.default_rng(1).uniform(-0.9, 0.9, (1, 32, 32, 1)).astype(np.float32)
    (gradient,) = model.gradients(image, [2])
    direction = np.sign(gradient)[None] * 1e-3
    up, down = (model.log_probabilities(image + s * direction, "bayes")[0, 2] for s in (1, -1))
    assert (up - down) / 2e-3 == pytest.approx(np.abs(gradient).sum(), rel=0.05)
