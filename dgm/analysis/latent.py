"""Latent space: walks through it, directions that change a picture, and a map of it.

Latent vectors z are float32 [N, Z], as `Model.decode` takes them.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
from sklearn.decomposition import PCA

from dgm.model import Model

NUM_DIRECTIONS = 8
_GANSPACE_LATENTS = 2_000  # draws of z that principal components are taken of


# --- walks -------------------------------------------------------------------------------------


def spherical_interpolation(z_a: np.ndarray, z_b: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Points at t in [0, 1] between z_a and z_b [Z] -> float32 [len(t), Z] (Shoemake 1985).

    sin((1 - t) w) / sin(w) z_a + sin(t w) / sin(w) z_b, w the angle between the two; a straight
    line where they are parallel.
    """
    t = np.asarray(t)[:, None]
    cosine = z_a @ z_b / max(np.linalg.norm(z_a) * np.linalg.norm(z_b), 1e-12)
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-4:
        return ((1 - t) * z_a + t * z_b).astype(np.float32)
    points = (np.sin((1 - t) * angle) * z_a + np.sin(t * angle) * z_b) / np.sin(angle)
    return points.astype(np.float32)


def walk_positions(num_points: int, num: int, *, closed: bool = False) -> np.ndarray:
    """Where the num steps of a walk are, float64 [num]: 1.5 is half-way from point 1 to point 2."""
    legs = num_points if closed else num_points - 1
    return np.linspace(0, legs, num, endpoint=not closed)


def walk(points: np.ndarray, num: int, *, closed: bool = False) -> np.ndarray:
    """num vectors on great circles from each point to the next, float32 [num, Z].

    Every leg has the same share of the steps, the points themselves included as far as num allows.

    Args:
        points: [P, Z], P >= 2.
        closed: the walk leads back to the first point, which is then not repeated at the end.
    """
    stops = np.concatenate([points, points[:1]]) if closed else np.asarray(points)
    steps = walk_positions(len(points), num, closed=closed)
    legs = np.minimum(steps.astype(int), len(stops) - 2)
    return np.concatenate(
        [
            spherical_interpolation(stops[i], stops[i + 1], np.array([step - i]))
            for i, step in zip(legs, steps, strict=True)
        ]
    )


# --- directions --------------------------------------------------------------------------------


def _signed(directions: np.ndarray) -> np.ndarray:
    """The sign of an eigenvector is arbitrary: make the largest part of each positive."""
    largest = np.abs(directions).argmax(1)
    return (directions * np.sign(directions[range(len(directions)), largest])[:, None]).astype(
        np.float32
    )


def pullback_directions(model: Model, num_latents: int = 24, step: float = 0.1) -> np.ndarray:
    """The 8 unit directions of z along which pictures change most, float32 [8, Z], strongest first.

    The leading eigenvectors of E[J^T J], J = dG(z, y)/dz by central differences, over draws of z
    with all classes in turn: the directions of largest mean squared change of a pixel.
    """
    size = model.latent_dim
    latents = model.latents(1, num_latents)
    total = np.zeros((size, size))
    for i, z in enumerate(latents):
        label = i % model.config.num_classes
        moved = np.concatenate([z + step * np.eye(size), z - step * np.eye(size)])
        pictures = model.decode(moved, [label] * len(moved)).reshape(len(moved), -1)
        jacobian = (pictures[:size] - pictures[size:]) / (2 * step)  # [Z, pixels]
        total += jacobian @ jacobian.T
    _, vectors = np.linalg.eigh(total)
    return _signed(vectors[:, ::-1][:, :NUM_DIRECTIONS].T)


def sefa_directions(model: Model) -> np.ndarray:
    """The 8 unit directions that the first layer of G enlarges most, float32 [8, Z], strongest
    first: the leading eigenvectors of A A^T, A [Z, F] its kernel (Shen & Zhou 2021, eq. 5).

    The mean over classes where they have kernels of their own (a class's prior scales z; where it
    is a flow, the slopes at z = 0 stand for the kernel).
    """
    size, step = model.latent_dim, 0.1
    corners = np.concatenate([step * np.eye(size), np.zeros((1, size))]).astype(np.float32)
    total = np.zeros((size, size))
    for label in range(model.config.num_classes):
        out = model.first_layer(corners, [label] * len(corners))
        kernel = (out[:-1] - out[-1]).reshape(size, -1) / step
        total += kernel @ kernel.T
    _, vectors = np.linalg.eigh(total)
    return _signed(vectors[:, ::-1][:, :NUM_DIRECTIONS].T)


def ganspace_directions(model: Model, num_latents: int = _GANSPACE_LATENTS) -> np.ndarray:
    """8 unit directions of z, float32 [8, Z], strongest first, towards the principal components of
    what G's first stage makes of z (Härkönen 2020, section 2.2).

    The components are of a space of features, not of z: the direction that stands for one is that
    of the linear regression of z on it. All classes in turn, each around its own mean.
    """
    latents = model.latents(2, num_latents)
    labels = np.arange(num_latents) % model.config.num_classes
    features = model.early_maps(latents, labels).reshape(num_latents, -1)
    for label in range(model.config.num_classes):
        features[labels == label] -= features[labels == label].mean(0)
    pca = PCA(NUM_DIRECTIONS, svd_solver="randomized", random_state=0)
    scores = pca.fit_transform(features)
    towards = scores.T @ latents  # up to their lengths: scores are uncorrelated
    return _signed(towards / np.linalg.norm(towards, axis=1, keepdims=True))


DIRECTIONS: dict[str, Callable[[Model], np.ndarray]] = {
    "picture": pullback_directions,
    "ganspace": ganspace_directions,
    "sefa": sefa_directions,
}


# --- a map -------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Plane:
    """A plane through latent space: z = origin + x axes[0] + y axes[1]."""

    origin: np.ndarray  # float32 [Z]
    axes: np.ndarray  # float32 [2, Z], orthonormal

    def project(self, z: np.ndarray) -> np.ndarray:
        """The coordinates on the plane that are nearest to vectors [N, Z]: float32 [N, 2]."""
        return (z - self.origin) @ self.axes.T

    def lift(self, coordinates: np.ndarray) -> np.ndarray:
        """The vectors [N, Z] at coordinates [N, 2]."""
        return self.origin + coordinates @ self.axes

    def share(self, z: np.ndarray) -> float:
        """Of the variance of vectors [N, Z], how much lies in the plane."""
        return float(self.project(z).var(0).sum() / z.var(0).sum())


def principal_plane(z: np.ndarray) -> Plane:
    """The plane in which vectors [N, Z] differ most: their first two principal components."""
    pca = PCA(2, svd_solver="full").fit(z)
    return Plane(np.asarray(pca.mean_, np.float32), _signed(np.asarray(pca.components_)))
