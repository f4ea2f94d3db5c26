"""A training in a process of its own."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

import dgm
from dgm.training.remote import RemoteTraining
from dgm.training.reports import Failed, Report

PATIENCE = 120  # seconds; the first step is compiled


@pytest.fixture(scope="module")
def config(tiny_config):
    return tiny_config("dcgan", num_steps=1_000)


@pytest.fixture
def remote():
    training = RemoteTraining()
    yield training
    training.close()


def next_report(training: RemoteTraining) -> Report:
    report = training.receive(PATIENCE)
    assert isinstance(report, Report), report
    return report


def until_paused(training: RemoteTraining) -> Report:
    while (report := next_report(training)).is_playing:
        pass
    return report


def test_it_plays_pauses_steps_and_changes(remote, config, tmp_path):
    remote.start(config, num_images=40)
    first = next_report(remote)
    assert (first.step, first.images, first.metrics, first.is_playing) == (0, 0, {}, False)
    assert first.grid.shape == (80, 32, 32, 1)
    assert first.drawn.logits.shape == first.real.logits.shape == (10,)

    remote.play()
    playing = next_report(remote)
    while playing.step < 5:
        playing = next_report(remote)
    assert playing.is_playing
    assert playing.images == playing.step * config.batch_size
    assert np.isfinite(list(playing.metrics.values())).all()
    remote.pause()
    paused = until_paused(remote)
    assert remote.receive(0.3) is None

    # D alone: the pictures stay, its verdicts do not.
    remote.step("discriminator", 2)
    judged = until_paused(remote)
    assert judged.step == paused.step + 2
    np.testing.assert_array_equal(judged.grid, paused.grid)
    assert (judged.drawn.logits != paused.drawn.logits).any()
    remote.step("generator", 1)
    assert (until_paused(remote).grid != judged.grid).any()

    remote.change(learning_rate=-1.0)
    refused = remote.receive(PATIENCE)
    assert isinstance(refused, Failed)
    assert refused.reason == "settings"
    assert "learning_rate" in refused.words
    remote.change(learning_rate=1e-4)
    remote.step()
    assert until_paused(remote).step == judged.step + 2

    remote.save(tmp_path / "dcgan-digits")
    assert remote.receive(PATIENCE) == tmp_path / "dcgan-digits"
    assert dgm.load(tmp_path / "dcgan-digits").sample(1, [3], num=1).shape == (1, 32, 32, 1)


def test_what_diverges_is_told(remote, config):
    remote.start(config, num_images=40)
    next_report(remote)
    remote.change(learning_rate=1e30, discriminator_learning_rate=1e30)
    remote.play()
    while isinstance(report := remote.receive(PATIENCE), Report):
        pass
    assert isinstance(report, Failed)
    assert report.reason == "diverged"


def test_its_process_ends_with_it(config):
    training = RemoteTraining()
    training.start(config, num_images=40)
    next_report(training)
    training.play()
    training.close()
    assert training._process.poll() is not None
    assert isinstance(training.receive(), Failed)


def test_its_process_ends_where_nobody_is_left(remote):
    remote._connection.close()
    try:
        remote._process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        pytest.fail("it goes on")


def test_a_process_that_ends_before_it_is_ready_is_told(monkeypatch):
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with pytest.raises(RuntimeError, match="ended with code 1"):
        RemoteTraining()
