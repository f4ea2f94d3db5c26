"""`python -m dgm.train RECIPE --dataset NAME`: the host loop around every system's train step."""

import argparse
import dataclasses
import functools
import json
import math
import os
import shlex
import signal
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from tqdm import tqdm

from dgm import config as configs
from dgm import data, parallel, viz
from dgm.analysis.latent import pullback_directions
from dgm.checkpoint import RunState, read_metrics, save_release
from dgm.config import Config
from dgm.model import SYSTEMS, Model

GRID_ROWS = 8  # of the fixed-latent sample grids; the columns are the classes
_STEPS_A_CALL = 50  # on an accelerator
_CALIBRATION_IMAGES = 1024  # for the batch statistics of averaged nets


class TrainingDivergedError(RuntimeError):
    """A loss is no longer a finite number."""


def batch_indices(num_images: int, step: int, count: int, seed: int) -> np.ndarray:
    """int32 [count]: the images of a step, from an endless stream of shuffled epochs.

    A function of its arguments alone, so that a resumed run meets the same images.
    """
    positions = np.arange(step * count, (step + 1) * count)
    epochs = positions // num_images
    indices = np.empty(count, np.int32)
    for epoch in np.unique(epochs):
        chosen = epochs == epoch
        indices[chosen] = _epoch_order(num_images, seed, int(epoch))[positions[chosen] % num_images]
    return indices


@functools.lru_cache(maxsize=4)
def _epoch_order(num_images: int, seed: int, epoch: int) -> np.ndarray:
    return np.random.default_rng((seed, epoch)).permutation(num_images)


def describe_hardware() -> str:
    """What a card calls the machine: "2 CPU cores (Intel Xeon)", "1 NVIDIA H100"."""
    device = jax.devices()[0]
    if device.platform != "cpu":
        return f"{jax.device_count()} {device.device_kind}"
    name = "CPU"
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        name = names[0] if names else name
    cores = os.cpu_count()
    used = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    return f"{cores if used == cores else f'{used} of {cores}'} CPU cores ({name})"


def steps_a_call(config: Config) -> int:
    """How many steps the device takes a call; 1 on CPU, whose XLA runs convolutions inside a loop
    6 to 10 times slower."""
    on_cpu = jax.devices()[0].platform == "cpu"
    return 1 if on_cpu else math.gcd(_STEPS_A_CALL, config.log_every)


def train(
    config: Config,
    out: Path,
    *,
    dataset: data.Dataset | None = None,
    data_dir: Path | None = None,
    resume: bool = False,
    num_devices: int | None = 1,
    command: str = "",
) -> dict:
    """Train a system and write to `out`: full states, `metrics.jsonl`, sample grids, the release.

    SIGINT and SIGTERM save the state and end the run early; `resume` goes on from there, to the
    same bits as a run that was never stopped.

    Args:
        dataset: what to train on; None is the training split of `config.dataset`.

    Returns:
        {"checkpoint", "step", "finished", "seconds", "metrics"}, metrics the last record's.

    Raises:
        ValueError: the config does not fit the data, or differs from the run to be resumed.
        FileExistsError: `out` holds a run and `resume` is False.
        TrainingDivergedError: a loss became NaN or infinite; the last good state is kept.
    """
    # ----------------------------------------------------------------------------------- data
    if dataset is None:
        dataset = data.load(config.dataset, "train", data_dir=data_dir)
    for line in dataset.left_out:
        print(f"left out {line}", file=sys.stderr)
    validation = None
    if config.holdout:
        dataset, validation = data.holdout(dataset, config.holdout)
    labelled = data.labelled_subset(dataset.labels, config.labels_per_class, config.seed)
    if config.labels_per_class and not config.labelled_batch_size:
        # A picture without its label is of no use to this system.
        dataset, labelled = dataset.take(labelled), np.arange(len(labelled))
    config = dataclasses.replace(config, class_names=dataset.class_names, channels=dataset.channels)
    system = SYSTEMS[config.recipe]
    if config.discriminator_steps > 1 and system.critic_step is None:
        raise ValueError(f"{config.recipe} moves its D once a step: discriminator_steps must be 1")

    # ----------------------------------------------------------------------------------- state
    out = Path(out)
    metrics_file = out / "metrics.jsonl"
    if metrics_file.exists() and not resume:
        raise FileExistsError(
            f"{out} holds a run already: go on with it by --resume, or give another --out"
        )
    (out / "samples").mkdir(parents=True, exist_ok=True)
    graphdef, state = nnx.split(system.build(config, nnx.Rngs(config.seed)))
    mesh = parallel.make_mesh(num_devices)
    for size in (config.batch_size, config.labelled_batch_size):
        if size % mesh.size:
            raise ValueError(f"a batch of {size} images does not divide by {mesh.size} devices")
    # Copied: the averages begin as the same buffers as the nets, and a buffer is donated once.
    state = jax.device_put(jax.tree.map(jnp.copy, state), parallel.replicated(mesh))
    run_state = RunState(out)
    start, seconds = 0, 0.0
    if resume and run_state.latest_step is not None:
        if not metrics_file.exists():
            raise ValueError(
                f"{out} has a state of step {run_state.latest_step} but no metrics.jsonl, which "
                f"says what run it belongs to: put it back, or start anew with another --out"
            )
        header, records = read_metrics(metrics_file)
        saved = Config.from_json(json.dumps(header["config"]))
        differing = [
            f"{f.name} ({getattr(saved, f.name)} then, {getattr(config, f.name)} now)"
            for f in dataclasses.fields(Config)
            if getattr(saved, f.name) != getattr(config, f.name)
        ]
        if differing:
            raise ValueError(f"{out} was another run: it differs in {', '.join(differing)}")
        start = run_state.latest_step
        state = run_state.restore(state)
        kept = [r for r in records if r["step"] <= start]
        seconds = kept[-1]["seconds"] if kept else 0.0
        lines = [json.dumps(line) + "\n" for line in (header, *kept)]
    else:
        header = {
            "config": dataclasses.asdict(config),
            "command": command,
            "hardware": describe_hardware(),
            "jax": jax.__version__,
            "num_images": len(dataset),
        }
        lines = [json.dumps(header) + "\n"]
    metrics_file.write_text("".join(lines))

    # ------------------------------------------------------------------------------- functions
    known = np.full_like(dataset.labels, -1)
    known[labelled] = dataset.labels[labelled]  # no step can look at what it is not to know
    images = jax.device_put(dataset.images, parallel.replicated(mesh))
    labels = jax.device_put(known, parallel.replicated(mesh))
    indices_sharding = parallel.batch_sharded(mesh, axis=2)
    critic_sharding = parallel.batch_sharded(mesh, axis=0)
    # Five updates of D in one program take five times as long to compile, and on an accelerator
    # alone save time.
    one_by_one = config.discriminator_steps > 1 and steps_a_call(config) == 1
    images_a_step = config.discriminator_steps * config.batch_size

    def indices_of(step: int) -> np.ndarray:
        """int32 [discriminator_steps, labelled_batch_size + batch_size], the images of a step."""
        drawn = batch_indices(len(dataset), step, images_a_step, config.seed)
        drawn = drawn.reshape(config.discriminator_steps, config.batch_size)
        if not config.labelled_batch_size:
            return drawn
        count = config.discriminator_steps * config.labelled_batch_size
        chosen = labelled[batch_indices(len(labelled), step, count, config.seed)]
        return np.concatenate([chosen.reshape(config.discriminator_steps, -1), drawn], axis=1)

    def steps(state, images, labels, indices, first_step):
        """indices: int [S, discriminator_steps, B] -> the state after S steps, mean metrics."""

        def one(state, inputs):
            indices, step = inputs
            return system.train_step(
                config, graphdef, state, images[indices], labels[indices], step
            )

        if len(indices) == 1:
            return one(state, (indices[0], first_step))
        order = first_step + jnp.arange(len(indices))
        state, metrics = jax.lax.scan(one, state, (indices, order))
        return state, jax.tree.map(lambda x: x.mean(0), metrics)

    steps = jax.jit(steps, donate_argnums=0)

    @functools.partial(jax.jit, donate_argnums=0)
    def critic_step(state, images, labels, indices, step, left):
        """indices: int [B] -> the state after one update of D alone."""
        return system.critic_step(
            config, graphdef, state, images[indices], labels[indices], step, left
        )

    calibration = np.sort(_epoch_order(len(dataset), config.seed, 0)[:_CALIBRATION_IMAGES])

    @jax.jit
    def calibrated(state, images, labels):
        average = nnx.clone(nnx.merge(graphdef, state).average)
        average.train()
        system.calibrate(config, average, data.to_float(images), labels)
        average.eval()
        return nnx.state(average)

    @functools.lru_cache(maxsize=1)  # a step's grid, its validation and its checkpoint share them
    def released(step: int) -> nnx.Dict:
        """The averaged nets of the state, which is that of `step`, in evaluation mode."""
        average = nnx.clone(nnx.merge(graphdef, state).average)
        average.eval()
        nnx.update(average, calibrated(state, images[calibration], labels[calibration]))
        return average

    grid_labels = np.tile(np.arange(config.num_classes), GRID_ROWS)
    averaged = Model(config, released(start))
    grid_latents = averaged.latents(config.seed, len(grid_labels))

    def save_grid(step: int) -> None:
        if "sample" in averaged.capabilities:
            pictures = averaged.decode(grid_latents, grid_labels)
            sheet = viz.grid(pictures, config.num_classes, gap=0)
            sheet.save(out / "samples" / f"step-{step:06d}.webp", quality=85)

    def write(record: dict) -> None:
        with metrics_file.open("a") as file:
            file.write(json.dumps(record) + "\n")

    def diverged(what: str, step: int) -> TrainingDivergedError:
        kept = run_state.latest_step
        return TrainingDivergedError(
            f"{what} is no finite number at step {step}. "
            + (f"The state of step {kept} is kept in {out}. " if kept else "")
            + "Try a lower learning rate (--learning-rate)."
        )

    def save(step: int) -> None:
        # A loss may be finite and its gradient not: such a state must not replace the last good.
        if not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state)):
            raise diverged("a parameter", step)
        run_state.save(step, state)
        averaged.replace_weights(released(step))
        save_release(out, config, released(step), {})

    # ------------------------------------------------------------------------------------ loop
    stopped = False

    def stop(signum, frame):
        nonlocal stopped
        stopped = True

    previous = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)}
    bar = tqdm(
        total=config.num_steps,
        initial=start,
        desc=config.name,
        unit="step",
        disable=not sys.stderr.isatty(),
    )
    if start == 0:
        save_grid(0)
    step, pending, record = start, [], {}
    last = step == config.num_steps
    seconds_before, begun = seconds, time.perf_counter() - seconds
    try:
        # `last` and not `stopped`: a signal that comes while this step is being written down ends
        # the run after the next, which is then saved.
        while not last:
            # A call ends where a line, a grid or a checkpoint is due.
            due = min(
                every - step % every
                for every in (config.log_every, config.sample_every, config.checkpoint_every)
            )
            count = min(steps_a_call(config), due, config.num_steps - step)
            indices = np.stack([indices_of(s) for s in range(step, step + count)])
            if one_by_one:
                for left in range(config.discriminator_steps - 1, 0, -1):
                    batch = jax.device_put(indices[0, -1 - left], critic_sharding)
                    state = critic_step(
                        state, images, labels, batch, jnp.int32(step), jnp.int32(left)
                    )
                indices = indices[:, -1:]
            state, metrics = steps(
                state, images, labels, jax.device_put(indices, indices_sharding), jnp.int32(step)
            )
            pending.append((count, metrics))
            step += count
            bar.update(count)
            last = step == config.num_steps or stopped

            if step % config.log_every == 0 or last:
                total = sum(c for c, _ in pending)
                means = {
                    name: sum(c * float(m[name]) for c, m in pending) / total
                    for name in pending[0][1]
                }
                pending = []
                seconds = time.perf_counter() - begun
                bad = [name for name, value in means.items() if not math.isfinite(value)]
                if bad:
                    raise diverged(", ".join(bad), step)
                record = {
                    "step": step,
                    "images": step * images_a_step,
                    "seconds": round(seconds, 2),
                    **{name: round(value, 6) for name, value in means.items()},
                }
                validates = validation is not None and "classify" in averaged.capabilities
                if validates and (step % config.sample_every == 0 or last):
                    averaged.replace_weights(released(step))
                    probabilities = averaged.classify(data.to_float(validation.images))
                    correct = probabilities.argmax(-1) == validation.labels
                    record["validation/accuracy"] = round(float(correct.mean()), 5)
                write(record)
                shown = [k for k in means if k.startswith(("loss/", "accuracy/"))][:3]
                rate = (step - start) * images_a_step / (seconds - seconds_before)
                bar.set_postfix_str(
                    " ".join([f"{rate:.0f} images/s"] + [f"{k}={means[k]:.3f}" for k in shown])
                )
            if step % config.sample_every == 0 or last:
                averaged.replace_weights(released(step))
                save_grid(step)
            if step % config.checkpoint_every == 0 or last:
                save(step)
    finally:
        bar.close()
        run_state.close()
        for signum, handler in previous.items():
            signal.signal(signum, handler)

    # --------------------------------------------------------------------------------- release
    finished = step == config.num_steps
    if finished and "sample" in averaged.capabilities:
        save_release(out, config, released(step), {"directions": pullback_directions(averaged)})
    return {
        "checkpoint": str(out),
        "step": step,
        "finished": finished,
        "seconds": round(seconds, 2),
        "metrics": {k: v for k, v in record.items() if k not in ("step", "images", "seconds")},
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m dgm.train", description="Train a system; Ctrl-C saves, --resume goes on."
    )
    parser.add_argument("recipe", nargs="?", help=", ".join(configs.RECIPES))
    parser.add_argument("--dataset", help=f"{', '.join(data.DATASETS)} or folder:PATH")
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="the config.json of another run, in the place of RECIPE and --dataset",
    )
    parser.add_argument("--steps", type=int, help="updates of the generator")
    parser.add_argument("--batch-size", type=int, help="images an update")
    parser.add_argument("--learning-rate", type=float, help="peak, of every player")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--holdout", type=int, help="training images kept back for validation")
    parser.add_argument(
        "--labels-per-class",
        type=int,
        metavar="N",
        help="training images whose label is used (all)",
    )
    parser.add_argument(
        "--diff-augment",
        metavar="A,B",
        help=f"differentiable augmentation: some of {','.join(configs.DIFF_AUGMENTATIONS)}",
    )
    parser.add_argument(
        "--no-class-head", action="store_true", help="dcgan without classes, as in 2015"
    )
    parser.add_argument(
        "--minibatch-stddev", action="store_true", help="let D see how varied a batch is"
    )
    parser.add_argument("--beta", type=float, help="weight of a VAE's KL term (1)")
    parser.add_argument(
        "--importance", type=int, metavar="K", help="draws of z in a VAE's bound (1); more: IWAE"
    )
    parser.add_argument("--out", type=Path, help="folder of the run (runs/RECIPE-DATASET)")
    parser.add_argument("--resume", action="store_true", help="go on with the run in --out")
    parser.add_argument("--data-dir", type=Path, help="folder that holds the official files")
    parser.add_argument("--devices", type=int, help="devices to train on (all)")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    options = parser.parse_args(arguments)
    named = bool(options.recipe and options.dataset)
    if named == bool(options.config) or (options.config and (options.recipe or options.dataset)):
        parser.error("give RECIPE and --dataset NAME, or --config FILE alone")
    try:
        if options.config:
            config = Config.from_json(options.config.read_text())
            configs.recipe(config.recipe, config.dataset)  # raises where there is none of that name
        else:
            config = configs.recipe(options.recipe, options.dataset)
        if options.no_class_head:
            config = configs.plain(config)
        changes = {
            "num_steps": options.steps,
            "batch_size": options.batch_size,
            "seed": options.seed,
            "holdout": options.holdout,
            "learning_rate": options.learning_rate,
            "discriminator_learning_rate": options.learning_rate,
            "labels_per_class": options.labels_per_class,
            "diff_augment": options.diff_augment and tuple(options.diff_augment.split(",")),
            "minibatch_stddev": options.minibatch_stddev or None,
            "beta": options.beta,
            "num_importance": options.importance,
        }
        if jax.devices()[0].platform != "cpu":
            changes["dtype"] = "bfloat16"
        config = dataclasses.replace(
            config, **{name: value for name, value in changes.items() if value is not None}
        )
        command = "python -m dgm.train " + shlex.join(arguments or sys.argv[1:])
        result = train(
            config,
            options.out or Path("runs") / config.name,
            data_dir=options.data_dir,
            resume=options.resume,
            num_devices=options.devices,
            command=command,
        )
    except (ValueError, OSError, data.DataUnavailableError, TrainingDivergedError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(result))
    elif result["finished"]:
        print(f"{result['checkpoint']}: {result['step']} steps in {result['seconds']:.0f} s")
    else:
        print(f"stopped and saved at step {result['step']}; add --resume to go on")
    return 0


if __name__ == "__main__":
    sys.exit(main())
