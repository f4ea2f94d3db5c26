"""A training stepped from outside: in any rhythm, one player alone, with changed settings."""

import dataclasses
import threading

import numpy as np
import pytest
from steps import assert_all_changed, assert_same_bits, leaves, weights

from dgm import data
from dgm.training.trainer import Trainer, TrainingDivergedError


@pytest.fixture(scope="module")
def digits():
    return data.load("digits").take(slice(40))


@pytest.fixture(scope="module")
def config(tiny_config):
    return tiny_config("gan", num_steps=4, log_every=2, sample_every=4, checkpoint_every=3)


@pytest.fixture(scope="module")
def whole(config, digits):
    """A trainer that went to the end."""
    trainer = Trainer(config, digits)
    trainer.told = [(p.step, p.is_record_due, p.is_grid_due, p.is_checkpoint_due) for p in trainer]
    return trainer


def test_iterating_tells_what_is_due_and_ends(whole, config):
    assert whole.told == [
        (1, False, False, False),
        (2, True, False, False),
        (3, False, False, True),
        (4, True, True, True),
    ]
    assert whole.progress.is_last
    assert list(whole) == []
    assert whole.grid().shape == (80, 32, 32, 1)
    assert np.isfinite(list(whole.metrics().values())).all()


def test_steps_of_a_thread_come_to_the_same_bits(whole, config, digits):
    trainer = Trainer(config, digits)

    def run():
        for _ in range(config.num_steps):
            trainer.step()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert_same_bits(trainer.state, whole.state)


def test_metrics_are_means_since_they_were_last_asked_for(config, digits):
    trainer = Trainer(config, digits)
    trainer.step()
    first = trainer.metrics()
    trainer.step()
    second = trainer.metrics()
    both = Trainer(config, digits)
    both.step()
    both.step()
    for name, mean in both.metrics().items():
        assert mean == pytest.approx((first[name] + second[name]) / 2, rel=1e-5)
    assert trainer.metrics() == {}


@pytest.mark.parametrize(
    ("player", "other"), [("discriminator", "generator"), ("generator", "discriminator")]
)
def test_one_player_alone(config, digits, player, other):
    trainer = Trainer(config, digits)
    before = {name: weights(trainer.state, name) for name in (player, other)}
    assert trainer.step(player).step == 1
    assert_all_changed(before[player], weights(trainer.state, player))
    for name, value in weights(trainer.state, other).items():
        np.testing.assert_array_equal(value, before[other][name])
    assert leaves(trainer.state, f"{player}_optimizer")["step"] == 1
    assert leaves(trainer.state, f"{other}_optimizer")["step"] == 0
    assert f"loss/{player}" in trainer.metrics()
    # A step of both goes on from there.
    trainer.step()
    assert_all_changed(before[other], weights(trainer.state, other))


def test_a_player_that_is_not_there_is_refused(tiny_config, digits):
    with pytest.raises(ValueError, match="cnn has no player 'generator'; it has none of them"):
        Trainer(tiny_config("cnn"), digits).step("generator")


def test_a_changed_rate_is_that_of_a_run_which_began_with_it(config, digits):
    slow = dataclasses.replace(config, learning_rate=1e-4, discriminator_learning_rate=2e-4)
    expected = Trainer(slow, digits)
    expected.step()
    changed = Trainer(config, digits)
    programs = changed._programs
    changed.change(learning_rate=1e-4, discriminator_learning_rate=2e-4)
    changed.step()
    assert changed.config == expected.config
    assert changed._programs is programs  # nothing is compiled anew
    for player in ("generator", "discriminator"):
        ours = weights(changed.state, player)
        for name, value in weights(expected.state, player).items():
            np.testing.assert_allclose(ours[name], value, rtol=1e-5, atol=1e-8, err_msg=name)


def test_other_settings_change_too_and_the_weights_stay(config, digits):
    trainer = Trainer(config, digits)
    trainer.step()
    before = weights(trainer.state)
    trainer.change(batch_size=8, adversarial_loss="non-saturating")
    for name, value in weights(trainer.state).items():
        np.testing.assert_array_equal(value, before[name])
    assert trainer.images_a_step == 8
    assert trainer.step().step == 2
    assert np.isfinite(list(trainer.metrics().values())).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"latent_dim": 7}, "latent_dim: the nets were built by it"),
        ({"mlp_widths": (4, 4)}, "mlp_widths: the nets were built by it"),
        ({"optimizer": "rmsprop"}, "optimizer: the nets were built by it"),
        ({"dataset": "mnist"}, "dataset says what is trained on"),
        ({"labels_per_class": 3}, "labels_per_class says what is trained on"),
        ({"beta": 2.0}, "gan has no setting 'beta'"),
        ({"batch_size": 0}, "batch_size must be 1 or more"),
    ],
)
def test_what_cannot_change_in_the_middle_is_refused_and_the_run_goes_on(
    settings, message, config, digits
):
    trainer = Trainer(config, digits)
    with pytest.raises(ValueError, match=message):
        trainer.change(**settings)
    assert trainer.config == dataclasses.replace(
        config, class_names=digits.class_names, channels=digits.channels
    )
    assert trainer.progress.step == 0


def test_a_run_that_diverged_says_so(config, digits):
    trainer = Trainer(dataclasses.replace(config, learning_rate=1e38), digits)

    def run():
        for _ in trainer:
            trainer.metrics()
            trainer.check_finite()

    with pytest.raises(TrainingDivergedError, match="is no finite number"):
        run()
