"""Distances between rows of features, Euclidean, in double precision: NumPy in, NumPy out."""

from collections.abc import Iterator

import numpy as np

CHUNK = 256  # rows of a matrix of distances held at once: 100 MB against 50,000 pictures


def squared_distances(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields rows of a and their |a_i - b_j|^2 [<= CHUNK, M] = |a_i|^2 + |b_j|^2 - 2 a_i.b_j."""
    centre = b.mean(0, dtype=np.float64)  # the further from 0, the fewer digits the sum leaves
    a, b = a - centre, b - centre
    norms_a, norms_b = (a * a).sum(1), (b * b).sum(1)
    for start in range(0, len(a), CHUNK):
        rows = slice(start, start + CHUNK)
        squared = a[rows] @ b.T
        squared *= -2
        squared += norms_b
        squared += norms_a[rows, None]
        yield rows, squared


def nearest_neighbours(
    queries: np.ndarray, references: np.ndarray, num: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """The references nearest to each query, nearest first: rows int [N, num], distances [N, num].

    Raises:
        ValueError: num is below 1 or above the number of references.
    """
    if not 1 <= num <= len(references):
        raise ValueError(f"no {num} nearest of {len(references)} references")
    indices, distances = [], []
    for rows, squared in squared_distances(queries, references):
        nearest = np.argpartition(squared, num - 1, axis=1)[:, :num]
        # By the difference itself: a copy is then at 0, not at the root of a rounding error
        gaps = references[nearest] - queries[rows, None].astype(np.float64)
        exact = np.sqrt((gaps**2).sum(-1))
        order = exact.argsort(axis=1, kind="stable")
        indices.append(np.take_along_axis(nearest, order, axis=1))
        distances.append(np.take_along_axis(exact, order, axis=1))
    return np.concatenate(indices), np.concatenate(distances)
