"""Run by test_sharding.py in a process of its own, where JAX shows four devices.

    XLA_FLAGS=--xla_force_host_platform_device_count=4 python four_devices.py CONFIGS OUT

Trains in several ways what must come out equal, and leaves the runs in the folder OUT. CONFIGS:
JSON, a config by the name of its recipe.
"""

import json
import signal
import sys
from pathlib import Path

import jax

from dgm import train
from dgm.systems import read_config
from dgm.training import batches, trainer


def main(configs: dict[str, dict], out: Path) -> None:
    dcgan, gan, cnn = (read_config(json.dumps(configs[name])) for name in ("dcgan", "gan", "cnn"))
    assert jax.device_count() == 4

    # One step, on one device and on four; of the second D also moves in a program of its own.
    for name, config in (("dcgan", dcgan), ("gan", gan)):
        train.train(config, out / f"{name}-1", num_devices=1)
        train.train(config, out / f"{name}-4", num_devices=None)

    # Four steps: one a call; all in one call; and two on four devices, then two on one.
    train.train(cnn, out / "cnn-1")
    steps_a_call, trainer.steps_a_call = trainer.steps_a_call, lambda config: 4
    train.train(cnn, out / "cnn-scanned")
    trainer.steps_a_call = steps_a_call

    batch_indices = batches.batch_indices

    def stop_in_the_second(num_images, step, count, seed):
        if step == 1:
            signal.raise_signal(signal.SIGINT)
        return batch_indices(num_images, step, count, seed)

    batches.batch_indices = stop_in_the_second
    stopped = train.train(cnn, out / "cnn-4", num_devices=4)
    assert (stopped["step"], stopped["finished"]) == (2, False)
    batches.batch_indices = batch_indices
    train.train(cnn, out / "cnn-4", num_devices=1, resume=True)

    try:
        train.train(cnn, out / "cnn-3", num_devices=3)
    except ValueError as error:
        print(error)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), Path(sys.argv[2]))
