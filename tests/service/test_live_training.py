"""Trainings that visitors run: whose they are, how many at once, how they end."""

import io
import time
import zipfile

import numpy as np
import pytest

import dgm
from demo.service import live_training, training_settings
from demo.service.live_training import LiveTrainings
from demo.service.training_settings import adjustable, checked, defaults
from dgm.training.reports import Report

PATIENCE = 120  # seconds; the first step is compiled
TINY = {"latent_dim": 2, "batch_size": 4}


@pytest.fixture
def trainings(monkeypatch):
    tiny = {"trunk_widths": (4, 8, 8), "generator_widths": (8, 8, 4)}
    monkeypatch.setattr(training_settings, "_WIDTHS", tiny)
    monkeypatch.setattr(live_training, "NUM_IMAGES", 40)
    made = LiveTrainings()
    yield made
    for key in [*made._trainings]:
        made.end(key)


def wait_for(condition, what: str = "") -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_one_trains_and_the_others_wait_their_turn(trainings, tmp_path):
    first, second, third = (trainings.begin("digits", "dcgan", TINY) for _ in range(3))
    assert [trainings.place(key) for key in (first, second, third)] == [0, 1, 2]
    trainings.play(first, True)
    assert trainings.training(first).is_playing
    wait_for(lambda: trainings.training(first).last)  # what it draws before any step
    assert trainings.training(first).is_playing
    wait_for(lambda: trainings.training(first).records)
    training = trainings.training(first)
    assert {"step", "images", "seconds", "variety", "loss/generator"} <= set(training.records[0])
    assert 0 in training.frames

    content = trainings.save(first)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path)
    assert dgm.load(tmp_path / "dcgan-digits").latent_dim == 2

    process = training.process
    trainings.end(first)
    assert [trainings.place(key) for key in (second, third)] == [0, 1]
    wait_for(lambda: process._process.poll() is not None, "the process goes on")
    with pytest.raises(ValueError, match="over: begin a new one"):
        trainings.training(first)


def test_a_training_that_nobody_asks_about_pauses_and_ends(trainings, monkeypatch):
    monkeypatch.setattr(live_training, "PAUSED_AFTER", 0.5)
    key = trainings.begin("digits", "dcgan", TINY)
    trainings.play(key, True)
    training = trainings._trainings[key]
    wait_for(lambda: trainings.training(key).records)
    wait_for(lambda: not training.last.is_playing, "it plays on")  # nobody asks now
    step = training.last.step
    trainings.training(key)
    wait_for(lambda: training.last.step > step, "it was not taken up again")
    monkeypatch.setattr(live_training, "ENDED_AFTER", 0.5)
    wait_for(lambda: training.is_over and training.process is None, "it is never over")


def test_a_rate_is_changed_in_mid_run(trainings):
    key = trainings.begin("digits", "dcgan", TINY)
    wait_for(lambda: trainings.training(key).last)
    trainings.change(key, {"learning_rate": 2e-4})
    assert trainings.training(key).config.learning_rate == 2e-4
    assert trainings.training(key).changes == [0]
    trainings.step(key, "generator", 2)
    wait_for(lambda: trainings.training(key).last.step == 2)


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"learning_rate": 1.0}, "learning_rate must be a number from 0 to 0.05"),
        ({"learning_rate": "fast"}, "learning_rate must be a number"),
        ({"batch_size": 4.5}, "batch_size must be a whole number"),
        ({"trunk_widths": [9_999]}, "no setting 'trunk_widths'"),
        ({"adversarial_loss": "none such"}, "adversarial_loss must be one of"),
        ({"augment": "yes"}, "augment must be true or false"),
    ],
)
def test_settings_that_do_not_fit_are_refused_in_words(settings, words):
    with pytest.raises(ValueError, match=words):
        checked(defaults("digits", "dcgan"), settings)


@pytest.mark.parametrize("dataset, recipe", [("letters", "gan"), ("digits", "lstm"), (None, 1)])
def test_what_cannot_be_trained_is_refused(dataset, recipe):
    with pytest.raises(ValueError, match="can be trained here"):
        defaults(dataset, recipe)


def test_each_system_has_settings_of_its_own():
    assert "beta" in adjustable(defaults("digits", "vae"))
    assert "adversarial_loss" in adjustable(defaults("digits", "dcgan"))
    assert "discriminator_learning_rate" not in adjustable(defaults("digits", "vae"))


def test_frames_are_thinned_where_there_are_too_many(monkeypatch):
    monkeypatch.setattr(live_training, "MAX_FRAMES", 4)
    training = live_training.LiveTraining(defaults("digits", "dcgan"))
    grid = np.zeros((80, 32, 32, 1), np.uint8)
    for step in range(6):
        training.take(Report(step, step, 0.0, True, {}, grid, 0.0, 0.3))
    assert sorted(training.frames) == [0, 2, 4, 5]
