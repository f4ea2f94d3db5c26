"""The host loop: what it writes, stopping and going on, what it refuses, the command line.

Most tests run a toy system of four numbers, whose step compiles in no time; the last ones a GAN.
"""

import dataclasses
import json
import signal

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from PIL import Image
from steps import assert_same_bits, leaves

from dgm import data, train, viz
from dgm.model import load
from dgm.release import load_release
from dgm.systems import RECIPES, system_of
from dgm.systems.classifier import ClassifierConfig, ClassifierSystem, cnn
from dgm.systems.gan import GANConfig
from dgm.training import batches, trainer
from dgm.training.batches import batch_indices
from dgm.training.records import read_metrics
from dgm.training.run import RunState
from dgm.training.trainer import TrainingDivergedError

# ---------------------------------------------------------------------------- batches


def test_every_epoch_holds_every_image_once():
    # 10 images, 4 a step: the third step ends one epoch and begins the next.
    stream = np.concatenate([batch_indices(10, step, 4, seed=1) for step in range(10)])
    assert stream.dtype == np.int32
    epochs = stream.reshape(4, 10)
    np.testing.assert_array_equal(np.sort(epochs), np.tile(np.arange(10), (4, 1)))
    assert len({tuple(epoch) for epoch in epochs}) == 4  # each in an order of its own


def test_a_batch_may_hold_several_epochs():
    indices = batch_indices(3, 1, 7, seed=0)  # places 7 to 13 of epochs of 3
    np.testing.assert_array_equal(np.sort(indices[2:5]), [0, 1, 2])
    everything = np.concatenate([batch_indices(3, step, 7, seed=0) for step in range(3)])
    np.testing.assert_array_equal(np.bincount(everything), [7, 7, 7])


def test_batches_depend_on_step_and_seed_alone():
    np.testing.assert_array_equal(batch_indices(100, 7, 8, 1), batch_indices(100, 7, 8, 1))
    assert (batch_indices(100, 7, 8, 1) != batch_indices(100, 8, 8, 1)).any()
    assert (batch_indices(100, 7, 8, 1) != batch_indices(100, 7, 8, 2)).any()


# ---------------------------------------------------------------------------- a toy system


class Toy(nnx.Module):
    """Weights that drift by what the step sees; it can do nothing with a picture."""

    def __init__(self, config, rngs):
        self.nets = toy_nets(config, rngs)
        self.average = nnx.clone(self.nets)


def toy_nets(config, rngs):
    return nnx.Dict(weight=nnx.Param(jnp.ones(4)))


@dataclasses.dataclass(frozen=True)
class ToyConfig(ClassifierConfig):
    """Of a system that may move a D more often than a G, and may know few labels."""

    discriminator_steps: int = 1
    labelled_batch_size: int = 0

    @property
    def updates_a_step(self) -> int:
        return self.discriminator_steps

    @property
    def num_labelled(self) -> int:
        return self.labelled_batch_size


class ToySystem(ClassifierSystem):
    """A random walk of four weights, in the place of a system."""

    def __init__(self, config_class=ToyConfig):
        self.config_class = config_class

    def build(self, config, rngs):
        return Toy(config, rngs)

    def released_nets(self, config, rngs):
        return toy_nets(config, rngs)

    def update(self, config, players, batch):
        images, step = batch.images, batch.step
        noise = jax.random.normal(batch.key(config.seed), (4,))
        weight = 0.9 * players.nets["weight"][...] + noise * images.mean() / 255
        # Learning rates stand in for failures: from step 3 the loss, or the weights alone, are
        # lost.
        loss = jnp.where((config.learning_rate == 3) & (step >= 3), jnp.nan, weight.sum())
        weight = jnp.where((config.learning_rate == 4) & (step >= 3), jnp.nan, weight)
        players.nets["weight"][...] = players.average["weight"][...] = weight
        return {"loss/toy": loss, "number": step.astype(float)}

    def critic_step(self, config, graphdef, state, batch):
        """Another drift, which depends on the batch, and on how many such updates follow."""
        players = nnx.merge(graphdef, state)
        drift = batch.num_left**2 * batch.images.mean() / 255
        players.nets["weight"][...] = 0.5 * players.nets["weight"][...] + drift
        return nnx.state(players)

    def calibrate(self, config, nets, images, labels):
        pass

    def capabilities(self, config):
        return frozenset()

    def methods(self, config):
        return {}


def put(monkeypatch, system, recipe: str = "cnn") -> None:
    """A system in the place of a recipe's own."""
    monkeypatch.setitem(RECIPES, recipe, dataclasses.replace(RECIPES[recipe], system=system))


@pytest.fixture
def toy(monkeypatch, tiny_config):
    """The config of a toy run: 10 steps, a line every 2, a state every 4."""
    config = tiny_config("cnn", num_steps=10, log_every=2, sample_every=3, checkpoint_every=4)
    put(monkeypatch, ToySystem())

    def configure(dataset):
        return ToyConfig(**dataclasses.asdict(cnn(dataset)))

    entry = dataclasses.replace(RECIPES["cnn"], configure=configure)
    monkeypatch.setitem(RECIPES, "cnn", entry)
    return ToyConfig(**dataclasses.asdict(config))


def saved_state(out, config):
    """The newest full state of a run, and its step."""
    run_state = RunState(out)
    state = run_state.restore(nnx.state(system_of(config).build(config, nnx.Rngs(1))))
    step = run_state.latest_step
    run_state.close()
    return state, step


def interrupt(monkeypatch, signum: int, after: int):
    """Deliver a signal when the batch of step number `after` is asked for."""

    def with_signal(num_images, step, count, seed):
        if step == after:
            signal.raise_signal(signum)
        return batch_indices(num_images, step, count, seed)

    monkeypatch.setattr(batches, "batch_indices", with_signal)


def test_a_run_writes_its_record(toy, tmp_path):
    result = train.train(toy, tmp_path, command="python -m dgm.train ...")
    header, records = read_metrics(tmp_path / "metrics.jsonl")
    assert header["config"]["class_names"] == list("0123456789")  # filled in from the data
    assert header["config"]["batch_size"] == 4
    assert header["command"] == "python -m dgm.train ..."
    assert header["num_images"] == 1437
    assert "CPU cores" in header["hardware"]
    assert [r["step"] for r in records] == [2, 4, 6, 8, 10]
    assert [r["images"] for r in records] == [8, 16, 24, 32, 40]  # 4 a step
    seconds = [r["seconds"] for r in records]
    assert seconds == sorted(seconds)
    # A line holds means since the last: of steps number 0 and 1, of 2 and 3, ...
    assert [r["number"] for r in records] == [0.5, 2.5, 4.5, 6.5, 8.5]
    config, tensors, extra = load_release(tmp_path)
    assert config.class_names == tuple("0123456789")
    assert set(tensors) == {"weight"}
    assert extra == {}
    assert result == {
        "checkpoint": str(tmp_path),
        "step": 10,
        "finished": True,
        "seconds": records[-1]["seconds"],
        "metrics": {"loss/toy": records[-1]["loss/toy"], "number": 8.5},
    }


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("after", [0, 2, 3, 8])
def test_stopped_and_resumed_is_never_stopped(toy, tmp_path, monkeypatch, signum, after):
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    train.train(toy, tmp_path / "whole")
    with monkeypatch.context() as patch:
        interrupt(patch, signum, after)
        stopped = train.train(toy, tmp_path / "halves")
    assert (stopped["step"], stopped["finished"]) == (after + 1, False)
    assert saved_state(tmp_path / "halves", toy)[1] == after + 1
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers

    resumed = train.train(toy, tmp_path / "halves", resume=True)
    assert resumed["finished"]
    assert_same_bits(saved_state(tmp_path / "halves", toy), saved_state(tmp_path / "whole", toy))
    _, records = read_metrics(tmp_path / "halves" / "metrics.jsonl")
    steps = [r["step"] for r in records]
    assert steps == sorted({2, 4, 6, 8, 10, after + 1})
    seconds = [r["seconds"] for r in records]
    assert seconds == sorted(seconds)


def test_a_crash_goes_back_to_the_last_state(toy, tmp_path, monkeypatch):
    train.train(toy, tmp_path / "whole")

    def crash(num_images, step, count, seed):
        if step == 7:
            raise MemoryError("the machine went down")
        return batch_indices(num_images, step, count, seed)

    with monkeypatch.context() as patch:
        patch.setattr(batches, "batch_indices", crash)
        with pytest.raises(MemoryError):
            train.train(toy, tmp_path / "halves")
    metrics = tmp_path / "halves" / "metrics.jsonl"
    assert [r["step"] for r in read_metrics(metrics)[1]] == [2, 4, 6]
    metrics.write_text(metrics.read_text() + '{"step": 7, "lo')  # half a line
    train.train(toy, tmp_path / "halves", resume=True)
    # Step 6 was after the state of step 4: it is run again, and stands in the record once.
    assert [r["step"] for r in read_metrics(metrics)[1]] == [2, 4, 6, 8, 10]
    assert_same_bits(saved_state(tmp_path / "halves", toy), saved_state(tmp_path / "whole", toy))


def test_a_run_that_never_saved_is_resumed_from_the_start(toy, tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"config": {}}\n')
    assert train.train(toy, tmp_path, resume=True)["step"] == 10


def test_a_run_without_its_record_is_not_resumed(toy, tmp_path):
    train.train(toy, tmp_path)
    (tmp_path / "metrics.jsonl").unlink()
    with pytest.raises(ValueError, match=r"state of step 10 but no metrics\.jsonl"):
        train.train(toy, tmp_path, resume=True)


def test_resuming_a_finished_run_changes_nothing(toy, tmp_path):
    train.train(toy, tmp_path)
    before = saved_state(tmp_path, toy), read_metrics(tmp_path / "metrics.jsonl")
    result = train.train(toy, tmp_path, resume=True)
    assert (result["step"], result["finished"]) == (10, True)
    assert_same_bits(saved_state(tmp_path, toy), before[0])
    assert read_metrics(tmp_path / "metrics.jsonl") == before[1]


def test_a_run_is_never_overwritten(toy, tmp_path):
    train.train(toy, tmp_path)
    before = (tmp_path / "metrics.jsonl").read_bytes()
    with pytest.raises(FileExistsError, match=r"holds a run already: go on with it by --resume"):
        train.train(toy, tmp_path)
    other = dataclasses.replace(toy, batch_size=8, seed=3)
    with pytest.raises(
        ValueError, match=r"differs in batch_size \(4 then, 8 now\), seed \(0 then, 3 now\)"
    ):
        train.train(other, tmp_path, resume=True)
    assert (tmp_path / "metrics.jsonl").read_bytes() == before


def test_a_loss_that_is_no_number_stops_the_run(toy, tmp_path):
    config = dataclasses.replace(toy, learning_rate=3.0)  # the loss of step number 3 is NaN
    with pytest.raises(TrainingDivergedError, match=r"loss/toy is no finite number at step 4"):
        train.train(dataclasses.replace(config, checkpoint_every=2), tmp_path)
    state, step = saved_state(tmp_path, config)
    assert step == 2
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state))
    _, records = read_metrics(tmp_path / "metrics.jsonl")
    assert [r["step"] for r in records] == [2]


def test_the_error_says_which_state_is_kept_and_what_to_do(toy, tmp_path):
    config = dataclasses.replace(toy, learning_rate=3.0, checkpoint_every=2)
    with pytest.raises(TrainingDivergedError, match=r"state of step 2 is kept in .*learning-rate"):
        train.train(config, tmp_path / "late")
    config = dataclasses.replace(toy, learning_rate=3.0)
    with pytest.raises(TrainingDivergedError, match=r"at step 4\. Try a lower"):
        train.train(config, tmp_path / "early")


def test_lost_weights_do_not_replace_good_ones(toy, tmp_path):
    # Weights are lost in step number 3, whose own loss was still a number, and no line is due
    # before the next state is.
    config = dataclasses.replace(toy, learning_rate=4.0, checkpoint_every=3, log_every=10)
    with pytest.raises(TrainingDivergedError, match=r"a parameter is no finite number at step 6"):
        train.train(config, tmp_path)
    state, step = saved_state(tmp_path, config)
    assert step == 3
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state))
    assert np.isfinite(load_release(tmp_path)[1]["weight"]).all()


def test_several_updates_a_step_take_batches_of_their_own(toy, tmp_path, monkeypatch):
    seen = []

    def spy(num_images, step, count, seed):
        seen.append((step, count))
        return batch_indices(num_images, step, count, seed)

    monkeypatch.setattr(batches, "batch_indices", spy)
    train.train(dataclasses.replace(toy, discriminator_steps=3, num_steps=2), tmp_path)
    assert seen == [(0, 12), (1, 12)]
    assert read_metrics(tmp_path / "metrics.jsonl")[1][-1]["images"] == 24


def test_updates_of_d_come_one_by_one_before_the_step(toy, tmp_path):
    config = dataclasses.replace(toy, discriminator_steps=3, num_steps=2)
    train.train(config, tmp_path)
    # By hand: two updates of D on the first two batches, then the step on the last.
    images, weight = data.load("digits").images, np.ones(4)
    for step in range(2):
        drawn = batch_indices(1437, step, 12, config.seed).reshape(3, 4)
        means = [images[batch].mean() / 255 for batch in drawn]
        weight = 0.5 * (0.5 * weight + 4 * means[0]) + 1 * means[1]
        noise = jax.random.normal(jax.random.fold_in(jax.random.key(config.seed), step), (4,))
        weight = 0.9 * weight + noise * means[2]
    np.testing.assert_allclose(load_release(tmp_path)[1]["weight"], weight, rtol=2e-3)  # half


def test_on_an_accelerator_updates_of_d_are_one_program(toy, tmp_path, monkeypatch):
    class Scripted(ToySystem):
        def update(self, config, players, batch):
            num, size = batch.images.shape[:2]
            return {"updates": jnp.float32(num), "batch": jnp.float32(size)}

        def critic_step(self, config, graphdef, state, batch):
            raise AssertionError("called by itself")

    put(monkeypatch, Scripted())
    monkeypatch.setattr(trainer, "steps_a_call", lambda config: 2)
    result = train.train(dataclasses.replace(toy, discriminator_steps=3, num_steps=2), tmp_path)
    assert result["metrics"] == {"updates": 3, "batch": 4}


# ---------------------------------------------------------------------------- which images


class Listener(ToySystem):
    """Changes nothing, and tells what it was given."""

    def update(self, config, players, batch):
        num, images, labels = config.labelled_batch_size, batch.images, batch.labels
        return {
            "first/labels": labels[0, :num].sum(),
            "first/brightness": images[0, :num].astype(float).sum(),
            "rest/labels": labels[0, num:].sum(),
            "rest/unknown": (labels[0, num:] < 0).sum(),
            "rest/brightness": images[0, num:].astype(float).sum(),
        }


@pytest.fixture
def listener(toy, monkeypatch):
    """The config of a run of a system that tells in each line what a step was given."""
    put(monkeypatch, Listener())
    return dataclasses.replace(toy, log_every=1)


def test_a_label_that_may_not_be_known_never_reaches_the_step(listener, tmp_path):
    config = dataclasses.replace(listener, labels_per_class=20, labelled_batch_size=3)
    train.train(config, tmp_path)
    header, records = read_metrics(tmp_path / "metrics.jsonl")
    assert header["num_images"] == 1437  # all of them are trained on
    digits = data.load("digits")
    labelled = data.labelled_subset(digits.labels, 20, config.seed)
    known = np.where(np.isin(np.arange(1437), labelled), digits.labels, -1)
    for step, record in enumerate(records):
        # Beside four of all images, three of the labelled ones, in an order of their own.
        first = labelled[batch_indices(200, step, 3, config.seed)]
        rest = batch_indices(1437, step, 4, config.seed)
        assert record["first/labels"] == digits.labels[first].sum()
        assert record["rest/labels"] == known[rest].sum()
        for name, indices in (("first", first), ("rest", rest)):
            assert record[f"{name}/brightness"] == digits.images[indices].sum()
    # 200 of 1437 images have a label: of 40 drawn, some have none.
    assert sum(r["rest/unknown"] for r in records) > 20
    assert records[-1]["images"] == 40


def test_with_all_labels_known_each_reaches_the_step(listener, tmp_path):
    train.train(dataclasses.replace(listener, labelled_batch_size=3), tmp_path)
    assert {r["rest/unknown"] for r in read_metrics(tmp_path / "metrics.jsonl")[1]} == {0}


def test_a_system_that_needs_labels_trains_on_labelled_images_alone(listener, tmp_path):
    config = dataclasses.replace(listener, labels_per_class=2, batch_size=5)
    train.train(config, tmp_path)
    header, records = read_metrics(tmp_path / "metrics.jsonl")
    assert header["num_images"] == 20
    digits = data.load("digits")
    chosen = digits.take(data.labelled_subset(digits.labels, 2, config.seed))
    for step, record in enumerate(records):
        indices = batch_indices(20, step, 5, config.seed)
        assert record["rest/labels"] == chosen.labels[indices].sum()
        assert record["rest/brightness"] == chosen.images[indices].sum()
        assert record["rest/unknown"] == 0


def test_labels_are_counted_after_images_are_held_back(listener, tmp_path):
    # Of the 138 eights, the fewest of all, 130 are held back.
    config = dataclasses.replace(listener, labels_per_class=9, holdout=1300)
    with pytest.raises(ValueError, match="9 labels a class are more than the 8 images of class 8"):
        train.train(config, tmp_path)


def test_a_data_set_of_ones_own(listener, tmp_path):
    images = np.full((6, 32, 32, 3), 51, np.uint8)
    own = data.Dataset("mine", "train", images, np.array([0, 1] * 3, np.int32), ("cat", "dog"))
    train.train(listener, tmp_path, dataset=own)
    header, records = read_metrics(tmp_path / "metrics.jsonl")
    assert header["num_images"] == 6
    assert (header["config"]["class_names"], header["config"]["channels"]) == (["cat", "dog"], 3)
    assert {r["rest/brightness"] for r in records} == {4 * 51 * 32 * 32 * 3}
    assert load_release(tmp_path)[0].class_names == ("cat", "dog")


def test_a_batch_that_devices_cannot_share_is_refused(toy, tmp_path):
    with pytest.raises(ValueError, match=r"--devices 99: this machine shows JAX 1 cpu device"):
        train.train(toy, tmp_path, num_devices=99)


# ---------------------------------------------------------------------------- command line


def test_json_is_all_that_is_printed(toy, tmp_path, capfd):
    out = tmp_path / "run"
    arguments = ["cnn", "--dataset", "digits", "--steps", "3", "--seed", "5", "--batch-size", "2"]
    assert train.main([*arguments, "--out", str(out), "--json"]) == 0
    result = json.loads(capfd.readouterr().out)
    assert result["checkpoint"] == str(out)
    assert (result["step"], result["finished"]) == (3, True)
    header, _ = read_metrics(out / "metrics.jsonl")
    assert header["command"] == (
        "python -m dgm.train cnn --dataset digits --steps 3 --seed 5 --batch-size 2 "
        f"--out {out} --json"
    )
    config = header["config"]
    assert (config["num_steps"], config["seed"], config["batch_size"]) == (3, 5, 2)


def test_the_folder_of_a_run_is_named_by_recipe_and_data(toy, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = ["cnn", "--dataset", "digits", "--steps", "2"]
    assert train.main(arguments) == 0
    assert capsys.readouterr().out.startswith("runs/cnn-digits: 2 steps in ")
    assert (tmp_path / "runs" / "cnn-digits" / "model.safetensors").is_file()
    assert train.main(arguments) == 1
    assert "error: runs/cnn-digits holds a run already" in capsys.readouterr().err


def test_an_interrupted_run_says_how_to_go_on(toy, tmp_path, monkeypatch, capsys):
    interrupt(monkeypatch, signal.SIGINT, 1)
    out = str(tmp_path / "run")
    assert train.main(["cnn", "--dataset", "digits", "--steps", "9", "--out", out]) == 0
    assert capsys.readouterr().out == "stopped and saved at step 2; add --resume to go on\n"


def test_learning_rate_is_that_of_every_player(toy, tmp_path, monkeypatch):
    put(monkeypatch, ToySystem(GANConfig), "dcgan")
    out = tmp_path / "run"
    arguments = ["dcgan", "--dataset", "digits", "--steps", "1", "--learning-rate", "0.25"]
    assert train.main([*arguments, "--out", str(out)]) == 0
    config = read_metrics(out / "metrics.jsonl")[0]["config"]
    assert config["learning_rate"] == config["discriminator_learning_rate"] == 0.25


@pytest.mark.parametrize(
    ("recipe", "option", "changes"),
    [
        ("cnn", "--labels-per-class 3", {"labels_per_class": 3}),
        ("dcgan", "--diff-augment colour,cutout", {"diff_augment": ["colour", "cutout"]}),
        ("dcgan", "--no-class-head", {"class_head": False, "projection": False, "r1_gamma": 0}),
        ("dcgan", "--minibatch-stddev", {"minibatch_stddev": True}),
        ("vae", "--beta 4", {"beta": 4}),
        ("vae", "--importance 5", {"num_importance": 5}),
    ],
)
def test_options_of_a_system(recipe, option, changes, toy, tmp_path, monkeypatch):
    put(monkeypatch, ToySystem(RECIPES[recipe].system.config_class), recipe)
    records = []
    for name, extra in (("plain", []), ("changed", option.split())):
        arguments = [recipe, "--dataset", "digits", "--steps", "1", *extra]
        assert train.main([*arguments, "--out", str(tmp_path / name)]) == 0
        records.append(read_metrics(tmp_path / name / "metrics.jsonl")[0]["config"])
    before, after = records
    assert {name for name in before if before[name] != after[name]} == set(changes)
    assert {name: after[name] for name in changes} == changes


def test_another_runs_config_repeats_it(toy, tmp_path, capsys):
    out = tmp_path / "run"
    arguments = ["cnn", "--dataset", "digits", "--steps", "2", "--learning-rate", "0.25"]
    assert train.main([*arguments, "--out", str(out)]) == 0
    again = ["--config", str(out / "config.json"), "--out", str(tmp_path / "again")]
    assert train.main(again) == 0
    assert (out / "config.json").read_text() == (tmp_path / "again/config.json").read_text()
    first, second = (read_metrics(f / "metrics.jsonl")[1] for f in (out, tmp_path / "again"))
    assert first[-1]["loss/toy"] == second[-1]["loss/toy"]

    for wrong in ([], ["cnn"], ["cnn", *again], [*again, "--dataset", "digits"]):
        with pytest.raises(SystemExit):
            train.main(wrong)
        assert "or --config FILE alone" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "a recipe and a dataset at least"),
        ("[]", "a JSON object"),
        ('{"recipe": "vea", "dataset": "digits"}', "no recipe 'vea'"),
        (
            '{"recipe": "vae", "dataset": "digits", "num_steps": "9"}',
            "num_steps must be a whole number",
        ),
        (None, "No such file"),
    ],
)
def test_a_config_that_is_none_gives_a_line(text, message, tmp_path, capfd):
    file = tmp_path / "config.json"
    if text:
        file.write_text(text)
    assert train.main(["--config", str(file), "--out", str(tmp_path / "run")]) == 1
    printed = capfd.readouterr().err
    assert message in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["vea", "--dataset", "digits"], "error: no recipe 'vea'"),
        (["vae", "--dataset", "digits", "--no-class-head"], "vae has no class head to be left"),
        (["vae", "--dataset", "digits", "--beta", "2", "--importance", "5"], "no KL term to weigh"),
        (
            ["gan", "--dataset", "digits", "--diff-augment", "cutout,color"],
            "diff_augment must be one of",
        ),
        (
            ["improved-gan", "--dataset", "digits", "--labels-per-class", "200"],
            "give a smaller --labels-per-class",
        ),
        (["vae", "--dataset", "digit"], "did you mean 'digits'"),
        (["vae", "--dataset", "digits", "--steps", "0"], "error: num_steps must be 1 or more"),
        (["vae", "--dataset", "folder:/nowhere"], "/nowhere is not a folder"),
        (["vae", "--dataset", "mnist", "--data-dir", "/nowhere"], "/nowhere lacks files of mnist"),
        (["vae", "--dataset", "digits", "--holdout", "1437"], "cannot hold out 1437"),
    ],
)
def test_what_is_refused_gives_a_line_and_no_traceback(arguments, message, tmp_path, capfd):
    assert train.main([*arguments, "--out", str(tmp_path / "run"), "--json"]) == 1
    printed = capfd.readouterr()
    assert message in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("arguments", [[], ["vae"], ["vae", "--dataset", "digits", "--steps", "x"]])
def test_wrong_usage_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as raised:
        train.main(arguments)
    assert raised.value.code == 2


# ---------------------------------------------------------------------------- real systems


def test_a_gan_stopped_at_a_bad_moment_and_resumed_is_never_stopped(
    tiny_config, tmp_path, monkeypatch
):
    config = tiny_config("dcgan", num_steps=6, log_every=2, sample_every=3, checkpoint_every=5)
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    train.train(config, whole)

    calls = []

    def grid(images, columns, gap):
        calls.append(images)
        if len(calls) == 2:  # as step 3 is drawn, when it is too late to save step 3
            signal.raise_signal(signal.SIGINT)
        return viz_grid(images, columns, gap)

    viz_grid = viz.grid
    with monkeypatch.context() as patch:
        patch.setattr(viz, "grid", grid)
        assert train.train(config, halves)["step"] == 4
    assert saved_state(halves, full(config))[1] == 4
    assert train.train(config, halves, resume=True)["finished"]

    # Weights, running statistics, averages, and the state of both optimisers.
    assert_same_bits(saved_state(halves, full(config)), saved_state(whole, full(config)))
    for file in ("model.safetensors", "samples/step-000006.webp"):
        assert (halves / file).read_bytes() == (whole / file).read_bytes()
    assert sorted(path.name for path in (whole / "samples").iterdir()) == [
        "step-000000.webp",
        "step-000003.webp",
        "step-000006.webp",
    ]
    # A column a class, 8 rows, no gaps.
    with Image.open(whole / "samples" / "step-000006.webp") as sheet:
        assert sheet.size == (320, 256)
    model = load(whole)
    assert model.directions.shape == (4, 4)
    assert np.isfinite(model.sample(0)).all()
    _, records = read_metrics(whole / "metrics.jsonl")
    assert {"loss/generator", "loss/discriminator", "accuracy/class_real"} < set(records[-1])


def test_a_critic_that_moves_by_itself_resumes_to_the_same_bits(tiny_config, tmp_path, monkeypatch):
    # A Wasserstein critic, of MLPs for the sake of compilation: RMSProp, clipped weights, and two
    # of its three updates a step outside of the step.
    config = tiny_config(
        "wgan",
        backbone="mlp",
        discriminator_steps=3,
        num_steps=4,
        log_every=1,
        sample_every=4,
    )
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    train.train(config, whole)
    with monkeypatch.context() as patch:
        interrupt(patch, signal.SIGTERM, 1)
        assert train.train(config, halves)["step"] == 2
    assert train.train(config, halves, resume=True)["finished"]
    assert_same_bits(saved_state(halves, full(config)), saved_state(whole, full(config)))
    state, _ = saved_state(whole, full(config))
    assert leaves(state, "discriminator_optimizer")["step"] == 12
    assert leaves(state, "generator_optimizer")["step"] == 4
    largest = max(np.abs(w).max() for w in leaves(state, "discriminator").values())
    assert largest <= np.float32(config.weight_clip)
    _, records = read_metrics(whole / "metrics.jsonl")
    assert [r["images"] for r in records] == [12, 24, 36, 48]
    assert {"critic/difference", "loss/generator", "loss/discriminator"} < set(records[-1])
    model = load(whole)
    assert model.capabilities == {"sample"}
    assert model.sample(0, num=2).shape == (2, 32, 32, 1)


def test_an_improved_gan_is_trained_from_few_labels_and_released(tiny_config, tmp_path):
    config = tiny_config(
        "improved-gan", labels_per_class=2, labelled_batch_size=4, num_steps=2, sample_every=2
    )
    result = train.train(config, tmp_path)
    assert result["finished"]
    assert read_metrics(tmp_path / "metrics.jsonl")[0]["num_images"] == 1437
    model = load(tmp_path)
    assert model.methods == ("semi-supervised",)
    probabilities = model.classify(data.to_float(data.load("digits").images[:4]))
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
    # It cannot be asked for a class: what it draws depends on z alone.
    z = model.latents(0, 3)
    np.testing.assert_array_equal(model.decode(z, [0, 1, 2]), model.decode(z, [7, 7, 7]))


def full(config):
    """The config with what the data set adds."""
    return dataclasses.replace(config, class_names=tuple("0123456789"))


def test_a_classifier_is_checked_on_images_held_back(tiny_config, tmp_path):
    config = tiny_config("cnn", num_steps=4, log_every=2, sample_every=4, holdout=40)
    result = train.train(config, tmp_path)
    header, records = read_metrics(tmp_path / "metrics.jsonl")
    assert header["num_images"] == 1437 - 40
    assert ["validation/accuracy" in r for r in records] == [False, True]
    # By hand: the released weights on the part held back. Half precision may turn one in 40.
    _, validation = data.holdout(data.load("digits"), 40)
    probabilities = load(tmp_path).classify(data.to_float(validation.images))
    accuracy = (probabilities.argmax(1) == validation.labels).mean()
    assert result["metrics"]["validation/accuracy"] == pytest.approx(accuracy, abs=1 / 40 + 1e-5)
    assert list((tmp_path / "samples").iterdir()) == []  # a classifier draws nothing


def test_a_system_that_cannot_classify_is_not_validated(tiny_config, tmp_path):
    config = tiny_config("gan", num_steps=2, log_every=2, sample_every=2)
    result = train.train(dataclasses.replace(config, holdout=40), tmp_path)
    assert result["finished"]
    assert "validation/accuracy" not in result["metrics"]
