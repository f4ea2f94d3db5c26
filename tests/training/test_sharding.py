"""Four devices do what one does; many steps in one call do what one a call does."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from flax import nnx
from jax.sharding import PartitionSpec
from steps import leaves

from dgm.systems import system_of
from dgm.training import sharding
from dgm.training.records import read_metrics
from dgm.training.run import RunState

ROOT = Path(__file__).parents[2]


def test_mesh():
    mesh = sharding.make_mesh()
    assert (mesh.axis_names, mesh.size) == (("data",), jax.device_count())
    assert sharding.make_mesh(1).size == 1
    assert sharding.replicated(mesh).spec == PartitionSpec()
    assert sharding.batch_sharded(mesh, 2).spec == PartitionSpec(None, None, "data")


@pytest.mark.parametrize("num", [-1, 1000])
def test_devices_that_are_not_there(num):
    with pytest.raises(ValueError, match=rf"--devices {num}: this machine shows JAX \d+ cpu"):
        sharding.make_mesh(num)


@pytest.fixture(scope="module")
def configs(tiny_config):
    digits = tuple("0123456789")
    # Adam makes a whole step of a gradient that is 0 but for rounding. At this rate such a step is
    # below the tolerance, and what is compared is above all Adam's mean of the gradients, `mu`.
    shared = {"class_names": digits, "learning_rate": 1e-6, "discriminator_learning_rate": 1e-6}
    return {
        "dcgan": tiny_config("dcgan", num_steps=1, batch_size=8, **shared),
        "gan": tiny_config(
            "gan",
            num_steps=1,
            batch_size=8,
            discriminator_steps=2,
            **shared,
        ),
        "cnn": tiny_config("cnn", num_steps=4, log_every=4, batch_size=8, **shared),
    }


@pytest.fixture(scope="module")
def runs(configs, tmp_path_factory):
    """The folder with the runs of four_devices.py, and what it printed."""
    out = tmp_path_factory.mktemp("runs")
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=4"
    fields = json.dumps({name: dataclasses.asdict(config) for name, config in configs.items()})
    done = subprocess.run(
        [sys.executable, "-W", "error", Path(__file__).with_name("four_devices.py"), fields, out],
        env=os.environ | {"XLA_FLAGS": flags, "PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    return out, done.stdout


def assert_close(configs, recipe: str, one: Path, other: Path):
    """Every number of two runs' states is equal but for rounding; so are their metrics."""
    states = []
    for folder in (one, other):
        run_state = RunState(folder)
        state = nnx.state(system_of(configs[recipe]).build(configs[recipe], nnx.Rngs(1)))
        states.append(leaves(run_state.restore(state)))
        run_state.close()
    assert set(states[0]) == set(states[1])
    for name, value in states[0].items():
        np.testing.assert_allclose(states[1][name], value, rtol=1e-4, atol=1e-5, err_msg=name)
    assert any(np.abs(value).max() > 1e-3 for name, value in states[0].items() if "mu." in name)


def test_a_step_on_four_devices_is_a_step_on_one(runs, configs):
    out, _ = runs
    assert_close(configs, "dcgan", out / "dcgan-1", out / "dcgan-4")
    (one,), (four,) = (read_metrics(out / f"dcgan-{n}" / "metrics.jsonl")[1] for n in (1, 4))
    for name in set(one) - {"seconds"}:
        assert four[name] == pytest.approx(one[name], rel=1e-4, abs=1e-5), name


def test_updates_of_d_alone_are_shared_by_four_devices_too(runs, configs):
    out, _ = runs
    assert_close(configs, "gan", out / "gan-1", out / "gan-4")


def test_steps_in_one_call_are_steps_one_by_one(runs, configs):
    out, _ = runs
    assert_close(configs, "cnn", out / "cnn-1", out / "cnn-scanned")
    one, scanned = (read_metrics(out / f"cnn-{n}" / "metrics.jsonl")[1] for n in ("1", "scanned"))
    assert [r["step"] for r in one] == [r["step"] for r in scanned] == [4]
    assert scanned[0]["loss/class"] == pytest.approx(one[0]["loss/class"], rel=1e-4)


def test_a_run_on_four_devices_goes_on_on_one(runs, configs):
    out, _ = runs
    assert_close(configs, "cnn", out / "cnn-1", out / "cnn-4")


def test_a_batch_that_devices_cannot_share_is_refused(runs):
    _, printed = runs
    assert "a batch of 8 images does not divide by 3 devices" in printed
