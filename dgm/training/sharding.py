"""Device mesh, and the sharding of batch and state."""

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec


def make_mesh(num_devices: int | None = None) -> Mesh:
    """A one-dimensional mesh, axis "data", of the first num_devices devices (None: all).

    Raises:
        ValueError: there are fewer devices than asked for.
    """
    devices = jax.devices()
    num_devices = num_devices or len(devices)
    if not 1 <= num_devices <= len(devices):
        kinds = f"{len(devices)} {devices[0].platform} device(s)"
        raise ValueError(f"--devices {num_devices}: this machine shows JAX {kinds}")
    return Mesh(np.array(devices[:num_devices]), ("data",))


def replicated(mesh: Mesh) -> NamedSharding:
    """Every device holds the whole array: parameters, optimiser state, the data set."""
    return NamedSharding(mesh, PartitionSpec())


def batch_sharded(mesh: Mesh, axis: int) -> NamedSharding:
    """The batch axis is split over the devices, all others are whole."""
    return NamedSharding(mesh, PartitionSpec(*[None] * axis, "data"))


def check_divides(mesh: Mesh, size: int) -> None:
    """Raises ValueError where the devices cannot share a batch of `size` images evenly."""
    if size % mesh.size:
        raise ValueError(f"a batch of {size} images does not divide by {mesh.size} devices")
