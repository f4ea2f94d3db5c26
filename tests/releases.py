"""Released models of fresh weights, for tests of what is measured of one."""

import json
from pathlib import Path

from flax import nnx

from dgm.release import save_release
from dgm.systems import Config, system_of


def make_release(folder: Path, config: Config, extra=None, seed: int = 0) -> Path:
    """A released model of fresh weights, with the record a run would leave."""
    nets = system_of(config).released_nets(config, nnx.Rngs(seed))
    save_release(folder, config, nets, extra or {})
    header = {
        "config": json.loads(config.to_json()),
        "command": "python -m dgm.train vae --dataset digits",
        "hardware": "2 CPU cores",
        "jax": "0.10.2",
        "num_images": 1437,
    }
    record = {"step": 10, "images": 640, "seconds": 120.0, "loss/kl": 1.0}
    (folder / "metrics.jsonl").write_text(json.dumps(header) + "\n" + json.dumps(record) + "\n")
    return folder
