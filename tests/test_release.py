"""What is written to disk comes back, and what does not fit is refused."""

import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from steps import assert_same_bits, is_statistic, leaves

from dgm import release
from dgm.systems import system_of
from dgm.training.records import read_metrics
from dgm.training.run import RunState


@pytest.fixture(scope="module")
def config(tiny_config):
    return tiny_config("dcgan", "digits")


@pytest.fixture(scope="module")
def nets(config):
    """Nets whose running statistics lie outside half precision's range, 6e-8 to 65504."""
    nets = nnx.jit(lambda: system_of(config).released_nets(config, nnx.Rngs(0)))()
    nets["discriminator"].trunk.norms[0].var[...] = jnp.array([1e-9, 1e9, 1 / 3, 2.0])
    return nets


@pytest.fixture
def folder(tmp_path, config, nets):
    release.save_release(tmp_path, config, nets, {"directions": np.eye(3, 4, dtype=np.float32)})
    return tmp_path


def test_release_round_trip(folder, config, nets):
    loaded, tensors, extra = release.load_release(folder)
    assert loaded == config
    np.testing.assert_array_equal(extra["directions"], np.eye(3, 4))
    # Shapes are enough to be filled.
    filled = nnx.eval_shape(lambda: system_of(config).released_nets(config, nnx.Rngs(1)))
    release.fill(filled, tensors)
    before, after = leaves(nnx.state(nets)), leaves(nnx.state(filled))
    assert set(before) == set(after)
    for name, value in after.items():
        assert value.dtype == np.float32
        if is_statistic(name):
            np.testing.assert_array_equal(value, before[name], err_msg=name)
        else:
            # Half precision keeps 11 bits.
            np.testing.assert_allclose(value, before[name], rtol=2**-11, atol=1e-7, err_msg=name)


def test_filled_nets_draw_what_the_saved_ones_drew(folder, config, nets):
    @jax.jit
    def draw(state):
        merged = nnx.merge(graphdef, state)
        z = jnp.ones((2, config.latent_dim))
        return system_of(config).sample(config, merged, z, jnp.array([0, 1]))

    filled = nnx.eval_shape(lambda: system_of(config).released_nets(config, nnx.Rngs(0)))
    release.fill(filled, release.load_release(folder)[1])
    pictures = []
    for each in (nets, filled):
        each.eval()
        graphdef, state = nnx.split(each)
        pictures.append(draw(state))
    np.testing.assert_allclose(*pictures, atol=0.01)
    assert np.abs(pictures[0][0] - pictures[0][1]).max() > 0.05


def test_8_bits_by_hand():
    # Channel 0 reaches to 1.27, so that its step is 0.01; channel 1 to 254, in steps of 2.
    kernel = np.array([[1.27, -254.0], [-0.636, 3.1]], np.float32)
    rounded, scale = release.to_8_bits(kernel)
    np.testing.assert_array_equal(rounded, [[127, -127], [-64, 2]])
    np.testing.assert_allclose(scale, [0.01, 2.0], rtol=1e-6)
    # A channel of zeros stays one.
    rounded, scale = release.to_8_bits(np.zeros((3, 1), np.float32))
    np.testing.assert_array_equal(rounded * scale, np.zeros((3, 1)))


def test_large_kernels_take_one_byte_a_weight(tmp_path, tiny_config):
    config = tiny_config("gan")  # 8 -> 32 x 32 pixels
    nets = system_of(config).released_nets(config, nnx.Rngs(0))
    release.save_release(tmp_path, config, nets, {})
    last = nets["generator"].last
    size = (tmp_path / "model.safetensors").stat().st_size
    scales = 4 * 1024
    assert last.kernel[...].size < size < last.kernel[...].size + scales + 2 * 1024 + 4_000
    name = "generator.last.kernel"
    loaded = release.load_release(tmp_path)[1][name]
    largest = np.abs(np.asarray(last.kernel[...])).max(0)
    assert (np.abs(loaded - last.kernel[...]) <= largest / 254 + 1e-9).all()


def test_parameters_take_two_bytes_each(folder, nets):
    num = sum(leaf.size for leaf in jax.tree.leaves(nnx.state(nets, nnx.Param)))
    size = (folder / "model.safetensors").stat().st_size
    assert 2 * num < size < 2 * num + 12_000  # names, shapes, statistics
    assert not list(folder.glob("*.part"))


@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(folder, file):
    (folder / file).unlink()
    with pytest.raises(FileNotFoundError, match=f"{file} is missing.*no released model"):
        release.load_release(folder)


def test_nets_of_another_shape_are_refused(folder, config):
    _, tensors, _ = release.load_release(folder)

    def fill(**changes):
        other = dataclasses.replace(config, **changes)
        release.fill(
            nnx.eval_shape(lambda: system_of(other).released_nets(other, nnx.Rngs(0))), tensors
        )

    with pytest.raises(
        ValueError, match=r"classes.kernel has shape \(128, 3\), expected \(256, 3\)"
    ):
        fill(trunk_widths=(4, 8, 16))
    with pytest.raises(ValueError, match=r"the file lacks 'discriminator.source_convs.1.kernel'"):
        fill(convs_per_stage=2)
    tensors["another"] = np.zeros(1)
    with pytest.raises(ValueError, match="the file has, and the nets lack, 'another'"):
        fill()


def test_a_config_of_another_version_is_refused(folder):
    fields = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(fields | {"new_field": 1}))
    with pytest.raises(ValueError, match="unknown fields"):
        release.load_release(folder)


# ---------------------------------------------------------------------------- a run's full state


def run_state(value: float) -> nnx.State:
    return nnx.state(
        nnx.Dict(weight=nnx.Param(jnp.full((3, 2), value)), count=nnx.Variable(jnp.int32(7)))
    )


@pytest.fixture
def manager(tmp_path):
    manager = RunState(tmp_path)
    yield manager
    manager.close()


def test_run_state_comes_back_to_the_last_bit(manager):
    assert manager.latest_step is None
    for step, value in ((10, 1 / 3), (20, 1 / 7), (30, 1e-40)):
        manager.save(step, run_state(value))
    assert manager.latest_step == 30
    assert_same_bits(manager.restore(run_state(0.0)), run_state(1e-40))


def test_only_the_last_two_states_are_kept(manager, tmp_path):
    for step in (10, 20, 30):
        manager.save(step, run_state(float(step)))
    assert sorted(p.name for p in (tmp_path / "state").iterdir()) == ["20", "30"]


def test_nothing_on_disk_is_a_pickle(folder, manager):
    manager.save(1, run_state(1.0))
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert len(files) > 3
    for file in files:
        # Every pickle since Python 2 begins with PROTO and the protocol's number. (To ask whether a
        # file is *some* program of opcodes is no test: a line of text with a full stop may be one.)
        start = file.read_bytes()[:2]
        assert start not in [bytes([0x80, protocol]) for protocol in range(2, 6)], file


# ---------------------------------------------------------------------------- metrics


def test_read_metrics(tmp_path):
    file = tmp_path / "metrics.jsonl"
    file.write_text('{"config": {}}\n{"step": 1}\n{"step": 2}\n')
    assert read_metrics(file) == ({"config": {}}, [{"step": 1}, {"step": 2}])
    # The machine went down in the middle of a line.
    file.write_text('{"config": {}}\n{"step": 1}\n{"step": 2, "lo')
    assert read_metrics(file) == ({"config": {}}, [{"step": 1}])
    file.write_text("")
    assert read_metrics(file) == ({}, [])


def test_samples_are_judged_by_a_judge_before_the_baseline(tmp_path):
    assert release.find_reference_classifier(tmp_path, "mnist") is None
    for place in ("cnn-mnist", "judges/cnn-mnist"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "config.json").write_text("{}")
        assert release.find_reference_classifier(tmp_path, "mnist") == tmp_path / place
    assert release.find_reference_classifier(tmp_path, "cifar10") is None
