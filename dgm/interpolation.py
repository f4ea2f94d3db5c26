"""Ways between points of latent space."""

import numpy as np


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
