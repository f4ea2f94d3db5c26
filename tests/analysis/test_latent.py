"""Walks and directions against such as are known."""

import types

import numpy as np
import pytest

from dgm.analysis import latent
from dgm.analysis.latent import pullback_directions

# ---------------------------------------------------------------------------- directions


def decoder(picture, latent_dim: int):
    """What `latent_directions` needs of a model, around a function of z [N, Z] to pictures."""
    return types.SimpleNamespace(
        latent_dim=latent_dim,
        config=types.SimpleNamespace(num_classes=2),
        latents=lambda key, num: np.random.default_rng(key).normal(size=(num, latent_dim)),
        decode=lambda z, labels: picture(z, np.asarray(labels)),
    )


def test_latent_directions_finds_those_that_were_planted():
    # Pictures move by 12, 11, ... 1 along an orthonormal basis of z that is no axis of it.
    rng = np.random.default_rng(5)
    basis, _ = np.linalg.qr(rng.normal(size=(12, 12)))
    out, _ = np.linalg.qr(rng.normal(size=(64, 12)))
    jacobian = basis @ np.diag(np.arange(12.0, 0, -1)) @ out.T
    directions = pullback_directions(decoder(lambda z, y: (z @ jacobian).reshape(-1, 8, 8, 1), 12))
    assert directions.shape == (8, 12)
    assert directions.dtype == np.float32
    np.testing.assert_allclose(directions @ directions.T, np.eye(8), atol=1e-5)
    # Up to sign, the first eight columns of the basis, strongest first.
    np.testing.assert_allclose(np.abs(directions @ basis[:, :8]), np.eye(8), atol=1e-4)
    assert (directions.max(1) == np.abs(directions).max(1)).all()


def test_latent_directions_look_at_all_classes():
    # Class 0 moves with z_0, class 1 twice as much with z_1.
    def picture(z, labels):
        moved = np.where(labels == 0, z[:, 0], 2 * z[:, 1])
        return np.broadcast_to(moved[:, None, None, None], (len(z), 4, 4, 1))

    directions = pullback_directions(decoder(picture, 3))
    np.testing.assert_allclose(directions[:2], [[0, 1, 0], [1, 0, 0]], atol=1e-5)


def around(first_layer=None, early_maps=None, latent_dim: int = 12):
    model = decoder(lambda z, y: z, latent_dim)
    model.first_layer = lambda z, labels: first_layer(z, np.asarray(labels))
    model.early_maps = lambda z, labels: early_maps(z, np.asarray(labels))
    return model


def test_sefa_finds_what_the_first_layer_enlarges():
    rng = np.random.default_rng(6)
    basis, _ = np.linalg.qr(rng.normal(size=(12, 12)))
    out, _ = np.linalg.qr(rng.normal(size=(40, 12)))
    kernel = basis @ np.diag(np.arange(12.0, 0, -1)) @ out.T
    # What the class adds is no part of the kernel.
    model = around(first_layer=lambda z, y: z @ kernel + 100 * y[:, None])
    directions = latent.sefa_directions(model)
    np.testing.assert_allclose(np.abs(directions @ basis[:, :8]), np.eye(8), atol=1e-3)


def test_ganspace_finds_the_principal_components_of_maps():
    rng = np.random.default_rng(7)
    basis, _ = np.linalg.qr(rng.normal(size=(12, 12)))
    out, _ = np.linalg.qr(rng.normal(size=(64, 12)))
    kernel = basis @ np.diag(2.0 ** np.arange(12, 0, -1)) @ out.T
    model = around(early_maps=lambda z, y: (z @ kernel + 100 * y[:, None]).reshape(-1, 4, 4, 4))
    directions = latent.ganspace_directions(model)
    np.testing.assert_allclose(np.abs(directions[:3] @ basis[:, :3]), np.eye(3), atol=0.1)


# ---------------------------------------------------------------------------- walks


def test_a_walk_passes_every_point():
    points = 2 * np.eye(3)
    path = latent.walk(points, 5)
    middle = [2**0.5, 2**0.5, 0]
    np.testing.assert_allclose(path[:3], [points[0], middle, points[1]], atol=1e-6)
    np.testing.assert_allclose(path[4], points[2], atol=1e-6)
    # All draws of one length: so are all steps of the walk.
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), 2, rtol=1e-6)


def test_a_closed_walk_ends_before_it_begins_anew():
    path = latent.walk(np.eye(3), 6, closed=True)
    np.testing.assert_allclose(path[[0, 2, 4]], np.eye(3), atol=1e-6)
    np.testing.assert_allclose(path[5], [0.5**0.5, 0, 0.5**0.5], atol=1e-6)


# ---------------------------------------------------------------------------- a map


def test_the_principal_plane_is_that_in_which_vectors_differ_most():
    rng = np.random.default_rng(8)
    basis, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    z = (rng.normal(size=(4000, 6)) * [4, 2, 0.5, 0.5, 0.5, 0.5]) @ basis.T + 3
    plane = latent.principal_plane(z)
    np.testing.assert_allclose(plane.origin, z.mean(0), rtol=1e-5)
    np.testing.assert_allclose(np.abs(plane.axes @ basis[:, :2]), np.eye(2), atol=0.03)
    assert plane.share(z) == pytest.approx(20 / 21, abs=0.01)
    # There and back again; what lies beside the plane is placed below it.
    coordinates = np.array([[0, 0], [1, -2]], np.float32)
    lifted = plane.lift(coordinates)
    np.testing.assert_allclose(plane.project(lifted), coordinates, atol=1e-5)
    np.testing.assert_allclose(plane.project(lifted + basis[:, 4]), coordinates, atol=0.1)
