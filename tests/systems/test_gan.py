"""One step of every GAN changes all that it should, and nothing else."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from steps import (
    assert_all_changed,
    assert_calibration_settles_statistics,
    assert_same_bits,
    batch,
    compiled,
    drawn,
    is_statistic,
    leaves,
    weights,
)

from dgm import optimisers, systems
from dgm.data import to_float
from dgm.systems import adversarial, system_of
from dgm.systems.base import Batch

UNMOVED = 1e-30  # a learning rate that float32 does not see


@pytest.fixture(scope="module")
def config(tiny_config):
    return tiny_config("dcgan", "fashion_mnist", discriminator_steps=2)


def test_a_step_changes_every_weight_and_statistic(config):
    _, before, step = compiled(config)
    after, metrics = step(before, *batch(2), 0)
    for player in ("generator", "discriminator"):
        assert_all_changed(leaves(before, player), leaves(after, player))
        assert_all_changed(weights(before, "average", player), weights(after, "average", player))
    assert all(m.shape == () and np.isfinite(m) for m in metrics.values())
    assert set(metrics) == {
        "loss/discriminator",
        "loss/generator",
        "loss/class_real",
        "loss/class_fake",
        "accuracy/class_real",
        "probability/real",
        "probability/fake",
        "penalty/r1",
    }


def test_updates_are_counted(config):
    _, before, step = compiled(config)
    after, _ = step(before, *batch(2), 0)
    assert leaves(after, "discriminator_optimizer")["step"] == 2
    assert leaves(after, "generator_optimizer")["step"] == 1


def test_a_step_is_a_function_of_state_batch_and_step(config):
    _, state, step = compiled(config)
    first, _ = step(state, *batch(2), 7)
    again, _ = step(state, *batch(2), 7)
    other, _ = step(state, *batch(2), 8)
    assert_same_bits(first, again)
    # Other latents and shifts: not one weight of the generator ends where it did.
    assert_all_changed(leaves(first, "generator"), leaves(other, "generator"))


def test_the_average_moves_a_share_of_the_way(config):
    _, before, step = compiled(config)
    # In the first step decay is (1 + 0)/(10 + 0): nine tenths of the way; in step 10^6 it is 0.999.
    for number, share in ((0, 0.9), (1_000_000, 0.001)):
        after, _ = step(before, *batch(2), number)
        for player in ("generator", "discriminator"):
            old, new = weights(before, "average", player), weights(after, player)
            for name, value in weights(after, "average", player).items():
                expected = (1 - share) * old[name] + share * new[name]
                np.testing.assert_allclose(value, expected, atol=1e-6, err_msg=name)


@pytest.fixture(scope="module")
def only_d_learns(tiny_config):
    return tiny_config(
        "dcgan",
        "fashion_mnist",
        num_steps=100,
        learning_rate=UNMOVED,
        discriminator_learning_rate=0.01,
        r1_gamma=0.0,
        augment=False,
    )


def test_statistics_of_d_come_from_real_images_and_those_of_g_from_its_draws(only_d_learns):
    graphdef, state, step = compiled(only_d_learns)
    # A generator without weights maps all z and y to 0, so its first variance is 0.
    model = nnx.merge(graphdef, state)
    for layer in (model.generator.first, model.generator.first_label):
        layer.kernel[...] = jnp.zeros_like(layer.kernel[...])
    images, labels = batch(1)
    model.discriminator.train()
    after, _ = step(nnx.state(model), images, labels, 0)

    nnx.jit(lambda d: d(to_float(jnp.asarray(images[0]))))(model.discriminator)
    expected = leaves(nnx.state(model.discriminator))
    for name, value in leaves(after, "discriminator").items():
        if is_statistic(name):
            np.testing.assert_allclose(value, expected[name], rtol=1e-4, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(leaves(after, "generator")["first_norm.var"], 0, atol=1e-6)


# ---------------------------------------------------------------------------- who learns what


def run(config, num_steps: int):
    """(state before, state after, metrics of every step) of a run on batches of noise."""
    _, state, step = compiled(config)
    before, history = state, []
    for i in range(num_steps):
        state, metrics = step(state, *batch(1, seed=i), i)
        history.append({name: float(value) for name, value in metrics.items()})
    return before, state, history


def assert_weights_unmoved(before, after, player: str):
    for name, value in leaves(after, player).items():
        if not is_statistic(name):
            # Adam moves by about the rate, which shows where a weight was 0.
            np.testing.assert_allclose(value, leaves(before, player)[name], atol=1e-25)


def test_d_alone_learns_to_tell_and_to_classify(only_d_learns):
    before, after, history = run(only_d_learns, 25)
    assert_weights_unmoved(before, after, "generator")
    assert history[-1]["probability/real"] > 0.8
    assert history[-1]["probability/fake"] < 0.2
    assert history[-1]["loss/class_real"] < history[0]["loss/class_real"] / 2


def test_the_gradient_penalty_holds_d_back(only_d_learns):
    free, held = (
        run(dataclasses.replace(only_d_learns, r1_gamma=gamma), 25)[2][-1] for gamma in (1e-6, 100)
    )
    assert held["penalty/r1"] < free["penalty/r1"] / 5
    assert held["probability/real"] < free["probability/real"] - 0.1
    assert held["probability/fake"] > 20 * free["probability/fake"]


def test_g_alone_learns_to_pass_and_to_draw_the_class(tiny_config):
    config = tiny_config(
        "dcgan",
        "fashion_mnist",
        num_steps=100,
        learning_rate=0.01,
        discriminator_learning_rate=UNMOVED,
        generator_class_weight=0.5,
    )
    before, after, history = run(config, 80)
    assert_weights_unmoved(before, after, "discriminator")
    # Four pictures a step are few: compare means over ten steps.
    first, last = (
        {name: sum(m[name] for m in part) / 10 for name in history[0]}
        for part in (history[:10], history[-10:])
    )
    assert last["loss/generator"] < 0.6 * first["loss/generator"]
    assert last["loss/class_fake"] < 0.8 * first["loss/class_fake"]


def test_without_a_class_head_nothing_is_said_of_classes(tiny_config):
    config = tiny_config("dcgan", "fashion_mnist", class_head=False)
    _, metrics = traced(config)
    assert not [name for name in metrics if "class" in name]


def test_a_plain_dcgan_looks_at_no_label(tiny_config):
    config = systems.without_classes(tiny_config("dcgan", "fashion_mnist"))
    graphdef, state, step = compiled(config)
    # Neither player has a place where a class could enter.
    names = {*leaves(state, "discriminator"), *leaves(state, "average")}
    assert not [name for name in names if "classes" in name or "projection" in name]
    assert leaves(state, "generator")["first_label.kernel"].shape[0] == 1
    images, labels = batch(1)
    after, metrics = step(state, images, labels, 0)
    assert_same_bits(step(state, images, 2 - labels, 0), (after, metrics))
    assert set(metrics) == {"loss/discriminator", "loss/generator"} | PROBABILITIES
    assert_all_changed(leaves(state, "generator"), leaves(after, "generator"))

    z = jnp.eye(3, config.latent_dim)
    first, other = (
        drawn(config, graphdef, after, z, jnp.array(labels)) for labels in ([0, 1, 2], [2, 0, 0])
    )
    np.testing.assert_array_equal(other, first)
    assert np.abs(first[0] - first[1]).max() > 1e-4  # z it does look at


# ---------------------------------------------------------------------------- every game

PROBABILITIES = {"probability/real", "probability/fake"}
CRITIC = {"critic/difference"}
# What a step of each recipe tells beside both players' losses.
TELLS = {
    "gan": PROBABILITIES,
    "gan-ns": PROBABILITIES,
    "wgan": CRITIC,
    "wgan-gp": CRITIC | {"penalty/gradient"},
    "sngan": CRITIC,
    "r3gan": CRITIC | {"penalty/r1", "penalty/r2"},
}


@pytest.fixture(scope="module", params=TELLS)
def one_step(request, tiny_config):
    """(config, state, step, state after a step, metrics) of a recipe."""
    config = tiny_config(
        request.param,
        "fashion_mnist",
        # So that D has a residual convolution, which is never the first of a stage.
        convs_per_stage=2 if request.param == "r3gan" else 1,
        penalty_images=2,
        augment=False,
    )
    _, before, step = compiled(config)
    after, metrics = step(before, *batch(1), 0)
    return config, before, step, after, metrics


def test_a_step_of_every_game(one_step):
    config, before, step, after, metrics = one_step
    assert set(metrics) == {"loss/discriminator", "loss/generator"} | TELLS[config.recipe]
    assert all(m.shape == () and np.isfinite(m) for m in metrics.values())
    for player in ("generator", "discriminator"):
        old, new = weights(before, player), weights(after, player)
        late = {name for name in old if moves_late(config, player, name)}
        moved = [
            {name: w for name, w in state.items() if name not in late | never_moves(config, player)}
            for state in (old, new)
        ]
        if moved[0]:
            assert_all_changed(*moved)
        if not late:
            continue
        later, _ = step(after, *batch(1), 1)
        for name, weight in weights(later, player).items():
            assert name not in late or not np.array_equal(weight, new[name]), name


def moves_late(config, player: str, name: str) -> bool:
    """Whether a weight is told nothing, or next to nothing, in the first step.

    Behind a gain of 0 a residual convolution does nothing; first its gain must move. And at first
    the clipped critic stands on statistics of the one that was not: of its gradient 1e-11 is left
    for G.
    """
    if config.backbone == "residual":
        return ".layer." in name
    return config.recipe == "wgan" and player == "generator"


def never_moves(config, player: str) -> set[str]:
    """What a critic adds to all images of a class drops out of l(x) - l(G(z)): no gradient.

    (In the hinge game, as long as no logit is beyond its corner.)
    """
    is_critic = TELLS[config.recipe] >= CRITIC
    return {"source.bias", "projection.bias"} if player == "discriminator" and is_critic else set()


# Not sngan: a kernel of 0 has no direction to be divided by.
@pytest.mark.parametrize("one_step", ["gan", "gan-ns", "wgan", "wgan-gp", "r3gan"], indirect=True)
def test_a_step_plays_the_game_of_its_recipe(one_step):
    """With a D whose logits are all 0, where each game's loss is known."""
    config, before, step, _, _ = one_step
    model = nnx.merge(compiled(config)[0], before, copy=True)
    model.discriminator.source.kernel[...] *= 0
    if config.backbone != "mlp" and config.projection:
        model.discriminator.projection.kernel[...] *= 0
    _, metrics = step(nnx.state(model), *batch(1), 0)
    log_2 = np.log(2)  # -log sigmoid(0); in the pairing game of one logit, the difference
    expected = {"gan": 2 * log_2, "gan-ns": 2 * log_2, "wgan": 0, "wgan-gp": 0, "r3gan": log_2}
    assert metrics["loss/discriminator"] == pytest.approx(expected[config.recipe], abs=1e-6)
    for name in ("penalty/r1", "penalty/r2", "critic/difference"):
        assert metrics.get(name, 0) == pytest.approx(0, abs=1e-6)
    for name in PROBABILITIES & set(metrics):
        assert metrics[name] == pytest.approx(0.5)
    if config.recipe == "wgan-gp":
        assert metrics["penalty/gradient"] == pytest.approx(1, abs=1e-5)  # (0 - 1)^2


def test_clipped_weights(one_step):
    config, _, _, after, _ = one_step
    largest = {name: np.abs(w).max() for name, w in weights(after, "discriminator").items()}
    if config.recipe == "wgan":
        # All of them; the limit as float32 has it.
        assert max(largest.values()) <= np.float32(config.weight_clip)
        assert max(largest.values()) == pytest.approx(config.weight_clip)
    else:
        assert max(largest.values()) > 0.02
    # The generator is never clipped.
    assert max(np.abs(w).max() for w in weights(after, "generator").values()) > 0.02


@pytest.mark.parametrize("one_step", ["r3gan"], indirect=True)
def test_the_second_penalty_is_of_generated_images(one_step):
    _, state, step, _, metrics = one_step
    # Other real images, the same latents; then other latents, the same real images. Both penalties
    # are of the D that has not yet moved, which has no batch norm.
    _, other_real = step(state, *batch(1, seed=5), 0)
    _, other_fake = step(state, *batch(1), 5)
    assert other_real["penalty/r2"] == metrics["penalty/r2"] != other_fake["penalty/r2"]
    assert other_fake["penalty/r1"] == metrics["penalty/r1"] != other_real["penalty/r1"]

    # Of a batch's four images two are asked for theirs.
    images, labels = batch(1)
    images[:, 2:] += 1
    _, other_rest = step(state, images, labels, 0)
    assert other_rest["penalty/r1"] == metrics["penalty/r1"]
    assert other_rest["critic/difference"] != metrics["critic/difference"]


class Critic(nnx.Module):
    """A function of images and labels in the place of D."""

    def __init__(self, function):
        self.function = function

    def __call__(self, images, labels):
        return self.function(images[:, 0, 0, 0], images[:, 0, 1, 0], labels), None, None


def picture(first, second=0.0, num: int = 4):
    """num images, all of two pixels that are not 0."""
    return jnp.zeros((num, 32, 32, 1)).at[:, 0, 0, 0].set(first).at[:, 0, 1, 0].set(second)


def test_the_lipschitz_penalty_is_taken_between_real_and_generated():
    key, labels = jax.random.key(0), jnp.zeros(4, int)
    square = Critic(lambda a, b, y: (a**2 + b**2) / 2)  # |grad f(x)| = |x|
    # Where both are the same there is nothing between: (3 - 1)^2.
    same = adversarial.lipschitz_penalty(square, key, picture(3.0), picture(3.0), labels)
    assert same == pytest.approx(4)
    # Between 3 and 5, |x| = 5 - 2 e: E (4 - 2 e)^2 = 16 - 8 + 4/3, e uniform. Of 4,000 points with
    # a deviation of 3.5 the standard error is 0.055.
    penalty = jax.jit(
        lambda key: adversarial.lipschitz_penalty(square, key, picture(3.0), picture(5.0), labels)
    )
    values = np.array([penalty(key) for key in jax.random.split(key, 1000)])
    assert values.mean() == pytest.approx(16 - 8 + 4 / 3, abs=0.2)
    assert values.min() > 4
    assert values.max() < 16
    # All pixels of an image go the same share of the way: from (1, 0) to (0, 1) their sum stays 1.
    # f = 3 / (2 sqrt 2) (a + b)^2 has a gradient of length 3 |a + b|: (3 - 1)^2 everywhere.
    line = Critic(lambda a, b, y: 3 / (2 * 2**0.5) * (a + b) ** 2)
    values = adversarial.lipschitz_penalty(line, key, picture(1.0, 0.0), picture(0.0, 1.0), labels)
    assert values == pytest.approx(4, rel=1e-5)


def test_penalties_know_the_class():
    steep = Critic(lambda a, b, y: y * a)  # |grad f(x, y)| = y
    labels = jnp.array([1, 3] * 16)
    images = picture(0.5, num=32)
    assert adversarial.r1_penalty(steep, images, labels) == pytest.approx((1 + 9) / 2)
    value = adversarial.lipschitz_penalty(steep, jax.random.key(0), images, -images, labels)
    assert value == pytest.approx((0 + 4) / 2)


def test_updates_of_d_one_by_one_are_updates_in_one_program(tiny_config):
    config = tiny_config(
        "wgan",
        "fashion_mnist",
        backbone="mlp",
        discriminator_steps=3,
    )
    graphdef, state, step = compiled(config)
    images, labels = batch(3)
    together, metrics = step(state, images, labels, 7)
    assert leaves(together, "discriminator_optimizer")["step"] == 3

    @jax.jit
    def critic_step(state, images, labels, num_left):
        batch = Batch(images, labels, 7, num_left)
        return system_of(config).critic_step(config, graphdef, state, batch)

    for left in (2, 1):
        state = critic_step(state, images[2 - left :][:1], labels[2 - left :][:1], left)
    assert leaves(state, "discriminator_optimizer")["step"] == 2
    assert leaves(state, "generator_optimizer")["step"] == 0
    apart, last = step(state, images[2:], labels[2:], 7)
    # Two programs need not round alike.
    expected, found = leaves(together), leaves(apart)
    assert set(expected) == set(found)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-6, err_msg=name)
    assert metrics.keys() == last.keys()
    for name, value in metrics.items():
        np.testing.assert_allclose(last[name], value, rtol=1e-4, atol=1e-6, err_msg=name)


# ---------------------------------------------------------------------------- augmentation


def test_d_sees_pictures_through_the_random_changes(tiny_config):
    white, key = jnp.ones((64, 32, 32, 1)), jax.random.key(0)

    def seen(images, flip=True, **changes):
        config = tiny_config("gan", "fashion_mnist", **changes)
        return adversarial.transformation(config)(key, images, flip)

    assert seen(white, augment=False) is white
    # Clothes move by a pixel, their edges filled up: white stays white.
    np.testing.assert_allclose(seen(white, augment=True), white)
    # Translation and cutout bring in mid-grey, which is 0.
    for policy in ("translation", "cutout"):
        changed = seen(white, augment=False, diff_augment=(policy,))
        assert set(np.unique(changed)) == {0.0, 1.0}
    # A mirror is the data set's own: generated images are not mirrored.
    left = white.at[:, :, 16:].set(-1)
    for flip in (True, False):
        mirrored = seen(left, flip, augment=True)[:, 0, 0, 0] < 0
        assert mirrored.any() == flip


def test_differentiable_augmentation_changes_what_d_sees(tiny_config):
    config = tiny_config("gan", "fashion_mnist", augment=False)
    policies = ("colour", "translation", "cutout")
    told = []
    for each in (config, dataclasses.replace(config, diff_augment=policies)):
        _, state, step = compiled(each)
        after, metrics = step(state, *batch(1), 0)
        assert_all_changed(weights(state, "generator"), weights(after, "generator"))
        told.append({name: float(value) for name, value in metrics.items()})
    assert told[0].keys() == told[1].keys()
    assert all(told[0][name] != told[1][name] for name in told[0])


def traced(config):
    """What `jax.eval_shape` makes of a step: shapes of (state, metrics), nothing computed."""
    return jax.eval_shape(*abstract_step(config))


def abstract_step(config):
    """(step, state, batch) of a recipe, the state as shapes alone."""
    system = system_of(config)
    graphdef, state = nnx.split(nnx.eval_shape(lambda: system.build(config, nnx.Rngs(0))))
    step = functools.partial(system.train_step, config, graphdef)
    return step, state, Batch(*map(jnp.asarray, batch(1)), jnp.int32(0))


def exact_products(jaxpr) -> int:
    """Products in full precision in a program and all within it: those of a shift, of no net."""
    found = 0
    for equation in jaxpr.eqns:
        found += "HIGHEST" in str(equation.params.get("precision"))
        for value in jax.tree.leaves(equation.params):
            inner = getattr(value, "jaxpr", value)
            found += exact_products(inner) if hasattr(inner, "eqns") else 0
    return found


@pytest.mark.parametrize("recipe", [name for name in systems.RECIPES if "gan" in name])
def test_every_game_can_be_played_through_random_changes(recipe, tiny_config):
    labelled = {"labelled_batch_size": 2} if recipe == "improved-gan" else {}
    config = tiny_config(recipe, "fashion_mnist", augment=False, **labelled)
    step, *arguments = abstract_step(config)
    assert exact_products(jax.make_jaxpr(step)(*arguments).jaxpr) == 0
    config = dataclasses.replace(config, diff_augment=("translation",))
    step, *arguments = abstract_step(config)
    # A shift is two products. D sees real and generated images; G's pass through it too, and its
    # gradient goes back the same way. A VAE-GAN's are both reconstructions and draws.
    num_shifts = 1 + 2 + 2 * 2 if recipe == "vae-gan" else 1 + 1 + 2
    assert exact_products(jax.make_jaxpr(step)(*arguments).jaxpr) == 2 * num_shifts


# ---------------------------------------------------------------------------- rates and samples


def test_learning_rate(tiny_config):
    config = tiny_config("dcgan", num_steps=10, decay_share=0.5)
    rate = optimisers.learning_rate(config, 0.2)
    # Flat for 5 steps, then a line that would reach 0 at step 10.
    np.testing.assert_allclose(
        [rate(i) for i in range(10)],
        [0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.16, 0.12, 0.08, 0.04],
        rtol=1e-5,
    )
    flat = optimisers.learning_rate(dataclasses.replace(config, decay_share=0.0), 0.2)
    assert flat(9) == pytest.approx(0.2)


def test_a_player_that_moves_more_often_learns_to_the_end(tiny_config):
    config = tiny_config("wgan", num_steps=10, decay_share=0.5)
    assert config.discriminator_steps == 5
    graphdef, state, _ = compiled(config)
    # Of its 50 updates the last 25 are on the way down: a rate of 0 comes after the last one alone.
    rate = optimisers.learning_rate(config, 0.2, config.discriminator_steps)
    np.testing.assert_allclose(
        [rate(0), rate(24), rate(25), rate(49)], [0.2, 0.2, 0.2, 0.008], rtol=1e-5
    )
    # And that is how the GAN builds it: with its rate at 0 an optimiser moves nothing.
    discriminator = nnx.merge(graphdef, state).discriminator_optimizer
    weights = {"w": jnp.ones(2)}
    moves = discriminator.tx.init(weights)
    steps = []
    for _ in range(50):
        update, moves = discriminator.tx.update({"w": jnp.ones(2)}, moves, weights)
        steps.append(float(jnp.abs(update["w"]).max()))
    assert min(steps) > 0


def test_weight_decay_is_a_share_of_the_rate(tiny_config):
    config = tiny_config("cnn", num_steps=10, weight_decay=0.1)
    optimizer = optimisers.optimiser(config, 0.5)
    weights = jnp.array([2.0])
    # Without a gradient Adam does not move: what remains is -rate * decay * weight.
    update, _ = optimizer.update(jnp.zeros(1), optimizer.init(weights), weights)
    assert update[0] == pytest.approx(-0.5 * 0.1 * 2.0)


def test_muon_turns_a_kernel_evenly_and_leaves_the_rest_to_adam(tiny_config):
    config = tiny_config("cnn", num_steps=10, optimizer="muon", weight_decay=0.0)
    optimizer = optimisers.optimiser(config, 0.5)
    weights = {"kernel": jnp.zeros((3, 3, 2, 6)), "bias": jnp.zeros(6)}
    # A gradient that is strong in one direction and weak in the others.
    gradient = jax.random.normal(jax.random.key(0), (18, 6)) * jnp.array([9, 1, 1, 1, 1, 0.5])
    gradients = {"kernel": gradient.reshape(3, 3, 2, 6), "bias": jnp.array([3.0] * 5 + [-4.0])}
    update, _ = optimizer.update(gradients, optimizer.init(weights), weights)
    # U S V^T -> -rate U V^T, nearly: five rounds of Newton and Schulz bring singular values to
    # within 0.7 and 1.2.
    values = jnp.linalg.svd(update["kernel"].reshape(18, 6), compute_uv=False)
    assert (values > 0.5 * 0.6).all()
    assert (values < 0.5 * 1.25).all()
    assert (update["kernel"] * gradients["kernel"]).sum() < 0
    # Adam's first step is the sign, at a twentieth of the rate; with Nesterov's look ahead by
    # 0.9 * 0.1 / (1 - 0.9^2) of itself.
    first = 0.025 * (1 + 0.09 / 0.19)
    np.testing.assert_allclose(update["bias"], [-first] * 5 + [first], rtol=1e-4)


def test_rmsprop_by_hand(tiny_config):
    config = tiny_config("wgan", num_steps=10)
    optimizer = optimisers.optimiser(config, 0.5)
    weights = jnp.array([2.0])
    # The mean square begins at 0 and goes 1 % of the way: -rate g / sqrt(0.01 g^2), whatever g is;
    # then 0.01 * 9 * 0.99 + 0.01 * 16 = 0.2491 after gradients of 3 and -4.
    update, state = optimizer.update(jnp.array([3.0]), optimizer.init(weights), weights)
    assert update[0] == pytest.approx(-0.5 * 10, rel=1e-4)
    update, _ = optimizer.update(jnp.array([-4.0]), state, weights)
    assert update[0] == pytest.approx(0.5 * 4 / 0.2491**0.5, rel=1e-4)


def test_calibrated_nets_go_by_statistics_of_their_own(config):
    graphdef, state, _ = compiled(config)
    images, labels = batch(1)
    x, y = to_float(jnp.asarray(images[0])), jnp.asarray(labels[0])
    assert_calibration_settles_statistics(config, graphdef, state, x, y)


def test_samples_are_pictures(config):
    graphdef, state, _ = compiled(config)
    z = jax.random.normal(jax.random.key(0), (2, config.latent_dim))
    pictures = drawn(config, graphdef, state, 100 * z, jnp.array([0, 2]))
    assert pictures.shape == (2, 32, 32, 1)
    assert np.abs(pictures).max() <= 1
