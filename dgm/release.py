"""A released model on disk: safetensors, its config, and what it says of the test images."""

import shutil
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from safetensors.numpy import load_file, save_file

from dgm.systems import Config, read_config


def _flatten(nets: nnx.Module) -> dict[str, jax.Array]:
    """Every parameter and running statistic by its path, such as "generator.first.kernel"."""
    state = nnx.state(nets, (nnx.Param, nnx.BatchStat))
    return {".".join(map(str, path)): leaf[...] for path, leaf in nnx.to_flat_state(state)}


_LARGE = 4096  # weights of a kernel that is worth a scale for each channel
_SCALE = "scale."


def to_8_bits(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float [..., W] -> int8 of the same shape and float32 [W], whose product comes near to it.

    Each output channel reaches from -127 to 127, so that no weight is off by more than 1/254 of the
    largest of its channel.
    """
    largest = np.abs(kernel).max(tuple(range(kernel.ndim - 1)))
    scale = np.maximum(largest / 127, 1e-12).astype(np.float32)
    return np.rint(kernel / scale).astype(np.int8), scale


def write_tensors(tensors: dict[str, np.ndarray], file: Path) -> None:
    """A safetensors file, under a temporary name first: a reader never meets half of it."""
    part = file.with_name(f"{file.name}.part")
    save_file(tensors, part)
    shutil.move(part, file)


def save_release(folder: Path, config: Config, nets: nnx.Module, extra: dict[str, np.ndarray]):
    """Write `model.safetensors` and `config.json`.

    Large kernels are kept in 8 bits with a scale for each output channel, other parameters in half
    precision, and running statistics in full, since a variance may lie outside half precision's
    range.

    Args:
        extra: further arrays to ship, such as the latent directions.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, value in _flatten(nets).items():
        value = np.asarray(value, np.float32)
        if value.ndim > 1 and value.size >= _LARGE:
            tensors[name], tensors[f"{_SCALE}{name}"] = to_8_bits(value)
        elif name.endswith((".mean", ".var")):
            tensors[name] = value
        else:
            tensors[name] = value.astype(np.float16)
    tensors |= {f"extra.{name}": np.asarray(value, order="C") for name, value in extra.items()}
    write_tensors(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text(config.to_json())


def add_to_release(folder: Path, extra: dict[str, np.ndarray]) -> None:
    """Ship further arrays with a released model, in the place of those that have their names."""
    file = Path(folder) / "model.safetensors"
    tensors = load_file(file)
    tensors |= {f"extra.{name}": np.asarray(value, order="C") for name, value in extra.items()}
    write_tensors(tensors, file)


def load_release(folder: Path) -> tuple[Config, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """(config, weights by path, extra arrays) of a released model.

    Raises:
        FileNotFoundError: the folder lacks one of the two files; the message names it.
        ValueError: the config is another version's.
    """
    folder = Path(folder)
    for file in ("config.json", "model.safetensors"):
        if not (folder / file).is_file():
            raise FileNotFoundError(
                f"{folder / file} is missing: {folder} is no released model. One is written by "
                "`python -m dgm.train`, and stands in checkpoints/RECIPE-DATASET"
            )
    try:
        config = read_config((folder / "config.json").read_text())
    except ValueError as error:
        raise ValueError(f"{folder / 'config.json'}: {error}") from None
    tensors, extra = {}, {}
    stored = load_file(folder / "model.safetensors")
    for name, value in stored.items():
        if name.startswith("extra."):
            extra[name.removeprefix("extra.")] = value
        elif not name.startswith(_SCALE):
            scale = stored.get(f"{_SCALE}{name}")
            tensors[name] = value if scale is None else value * scale
    return config, tensors, extra


def find_reference_classifier(folder: Path, dataset: str) -> Path | None:
    """Of the released models in a folder, the classifier that samples of a data set are judged by.

    `judges/cnn-DATASET` where there is one, else `cnn-DATASET`: what reads test images best may
    live by detail that noise destroys and samples lack, and is then no judge of them.
    """
    places = [Path(folder) / "judges" / f"cnn-{dataset}", Path(folder) / f"cnn-{dataset}"]
    return next((place for place in places if (place / "config.json").is_file()), None)


def fill(nets: nnx.Module, tensors: dict[str, np.ndarray]) -> None:
    """Put loaded weights into freshly built nets (or their shapes, `nnx.eval_shape`), in float32.

    Raises:
        ValueError: names or shapes differ; the message has the first difference.
    """
    state = nnx.state(nets, (nnx.Param, nnx.BatchStat))
    flat = {".".join(map(str, path)): leaf for path, leaf in nnx.to_flat_state(state)}
    if set(flat) != set(tensors):
        name = min(set(flat) ^ set(tensors))
        where = "lacks" if name in flat else "has, and the nets lack,"
        raise ValueError(f"the file {where} {name!r}: config.json and model.safetensors differ")
    for name, leaf in flat.items():
        if leaf.shape != tensors[name].shape:
            raise ValueError(f"{name} has shape {tensors[name].shape}, expected {leaf.shape}")
        leaf.set_value(jnp.asarray(tensors[name], jnp.float32))
    nnx.update(nets, state)


# --- what a released model says of the test images ------------------------------------------------

_PREDICTIONS = "predictions.safetensors"


def write_predictions(folder: Path, said: dict[str, np.ndarray]) -> None:
    """predictions.safetensors: by method uint8 [N, 2], what it takes each test image for, in their
    order, and how sure it is, in percent.

    said: by method p(y|x), float [N, K]; K above 256 is left out.
    """
    told = {
        method: np.stack([p.argmax(-1), np.rint(100 * p.max(-1))], -1).astype(np.uint8)
        for method, p in said.items()
        if p.shape[1] <= 256
    }
    write_tensors(told, Path(folder) / _PREDICTIONS)


def read_predictions(folder: Path) -> dict[str, np.ndarray]:
    """What `write_predictions` wrote; empty where it did not."""
    file = Path(folder) / _PREDICTIONS
    return load_file(file) if file.exists() else {}
