"""The shipped models: what the repository promises of them."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import figures
from demo.catalog import EXAMPLES
from dgm import data, release, systems
from dgm.analysis import factors
from dgm.evaluation.card import card as make_card
from dgm.evaluation.classification import accuracies
from dgm.evaluation.comparison import Comparison, Reference
from dgm.model import load
from dgm.training.records import read_metrics

pytestmark = pytest.mark.slow
CHECKPOINTS = Path(__file__).parent.parent / "checkpoints"
NAMES = sorted(path.parent.name for path in CHECKPOINTS.glob("*/config.json"))
SHIPPED = ("dcgan", "vae", "vae-gan", "cnn")
MORE = {
    "mnist": "ib-vae",
    "fashion_mnist": "gan gan-ns improved-gan wgan wgan-gp sngan r3gan ib-vae",
    "cifar10": "gan gan-ns improved-gan wgan wgan-gp sngan r3gan ib-vae",
}
DATASETS = ("mnist", "fashion_mnist", "cifar10")
OF_SHAPES = ("vae-shapes", "cnn-shapes")
NUM_IMAGES = {"cifar10": (50_000, 10_000), "shapes": (20_000, 2_000)}  # training, test

# What the project set out to reach on the full test sets.
FLOORS = {
    ("dcgan-mnist", "accuracy/head"): 0.993,
    ("dcgan-fashion_mnist", "accuracy/head"): 0.92,
    ("dcgan-cifar10", "accuracy/head"): 0.828,
    ("dcgan-mnist", "gan_test"): 0.97,
    ("dcgan-fashion_mnist", "gan_test"): 0.88,
    ("dcgan-cifar10", "gan_test"): 0.60,
    ("vae-mnist", "elbo_nats"): -100.0,
    ("cnn-cifar10", "accuracy/cnn"): 0.94,
    ("ib-vae-mnist", "accuracy/bayes"): 0.985,
    ("ib-vae-fashion_mnist", "accuracy/bayes"): 0.88,
    ("ib-vae-cifar10", "accuracy/bayes"): 0.65,
    ("dcgan-cifar10", "accuracy/bayes-features"): 0.80,
    ("dcgan-cifar10", "accuracy/features"): 0.85,
    **{("vae-shapes", f"factor_correlation/{n}"): 0.9 for n in ("hue", "size", "angle")},
    **{("dcgan-cifar10", f"ood_auroc/{n}"): 0.95 for n in ("fashion_mnist", "shapes", "noise")},
}

# Measured and short of it: the figure stands on the card, and here until a better run ships.
NOT_REACHED: set[tuple[str, str]] = set()


def evaluation(name: str) -> dict:
    return json.loads((CHECKPOINTS / name / "evaluation.json").read_text())


def test_what_ships_is_a_recipe_on_a_data_set():
    known = {f"{recipe}-{dataset}" for recipe in systems.RECIPES for dataset in DATASETS}
    assert set(NAMES) <= known | set(OF_SHAPES)
    for dataset in {name.rsplit("-", 1)[1] for name in NAMES}:
        found = release.find_reference_classifier(CHECKPOINTS, dataset)
        assert found, "GAN-test needs a classifier"


@pytest.mark.parametrize(
    "name",
    [f"{r}-{d}" for r in SHIPPED for d in DATASETS]
    + [f"{r}-{d}" for d, recipes in MORE.items() for r in recipes.split()]
    + list(OF_SHAPES),
)
def test_every_recipe_ships_on_every_data_set(name):
    assert name in NAMES


def test_a_clone_stays_light():
    files = [file for file in CHECKPOINTS.rglob("*") if file.is_file()]
    assert max(file.stat().st_size for file in files) < 10_000_000
    assert sum(file.stat().st_size for file in files) < 40_000_000


@pytest.mark.parametrize("name", NAMES)
def test_a_model_has_its_record(name):
    folder = CHECKPOINTS / name
    header, records = read_metrics(folder / "metrics.jsonl")
    model = load(folder)
    assert model.name == name
    # By way of Config: a field that came into being after the run has its default in both.
    assert systems.read_config(json.dumps(header["config"])) == model.config
    assert records[-1]["step"] == model.config.num_steps
    known, _ = NUM_IMAGES.get(model.config.dataset, (60_000, 10_000))
    assert header["num_images"] == known - model.config.holdout
    assert records[-1]["seconds"] <= 2 * 60 * 60
    card = (folder / "README.md").read_text()
    assert card == make_card(folder, evaluation(name))
    if "sample" in model.capabilities:
        # The first, the last, and what was between.
        assert len(list((folder / "samples").glob("step-*.webp"))) >= 3
        np.testing.assert_allclose(
            model.directions @ model.directions.T, np.eye(len(model.directions)), atol=1e-4
        )


@pytest.mark.parametrize("name, metric", FLOORS)
def test_the_card_reaches_what_was_promised(name, metric):
    result = evaluation(name)
    _, known = NUM_IMAGES.get(result["dataset"], (60_000, 10_000))
    assert result["num_images"] == known
    reached = result["metrics"][metric] >= FLOORS[name, metric]
    if (name, metric) in NOT_REACHED:
        assert not reached, "reached now: take it out of NOT_REACHED"
        pytest.xfail(f"measured {result['metrics'][metric]}, wanted {FLOORS[name, metric]}")
    assert reached


def drawn_angle(picture: np.ndarray, shape: str, found: dict) -> float:
    """The angle at which a drawn shape of that place and size lies most over the picture's."""
    symmetry = data.SYMMETRY[shape]
    angles = np.arange(72) / 72 * 360 / symmetry
    place = (found["size"], angles, found["x"], found["y"])
    drawn = data.draw_shapes(data.SHAPES.index(shape), 0.0, *place, 0.0)[..., 0] / 255
    cover = np.ptp(picture.astype(float), axis=-1) / 255
    return angles[((drawn - cover) ** 2).sum((1, 2)).argmin()]


def test_a_turned_shape_lies_over_a_drawn_one():
    """Pulls are corrected by the moments that measure them: here the angle is found otherwise."""
    model = load(CHECKPOINTS / "vae-shapes")
    fitted, rng, agreement = factors.fit_factors(model), np.random.default_rng(1), []
    for seed, shape in enumerate([s for s in data.SHAPES if data.SYMMETRY[s]] * 8):
        label, symmetry = data.SHAPES.index(shape), data.SYMMETRY[shape]
        (z,) = model.latents(1000 + seed, 1)
        pulls = np.zeros((2, len(factors.NAMES)))
        pulls[1, factors.NAMES.index("angle")] = pull = rng.uniform(-1, 1)
        ends = factors.pull_factors(model, fitted, z, shape, pulls)
        pictures = data.to_uint8(model.decode(ends, [label] * 2))
        found = data.measure_shapes(pictures, np.array([label] * 2))
        there = drawn_angle(pictures[1], shape, {name: v[1] for name, v in found.items()})
        asked = found["angle"][0] + pull * 180 / symmetry
        agreement.append(np.cos(np.radians((there - asked) * symmetry)))
    assert np.mean(agreement) > 0.9


@pytest.mark.parametrize("name", OF_SHAPES)
def test_examples_of_shapes_are_what_they_show(name):
    files = sorted(EXAMPLES.glob("shapes/*.webp"))
    assert len(files) == len(data.SHAPES)
    seen = [data.fit_picture(data.open_picture(file), "shapes") for file in files]
    said = load(CHECKPOINTS / name).classify(data.to_float(np.stack(seen))).argmax(-1)
    assert [data.SHAPES[label] for label in said] == [file.stem for file in files]


def test_confidence_is_accuracy_and_the_gauge_beats_softmax():
    measured = evaluation("dcgan-cifar10")["metrics"]
    assert measured["ece/head"] <= 0.02
    for stranger in ("fashion_mnist", "shapes", "noise"):
        shipped = measured[f"ood_auroc/{stranger}"]
        assert shipped > measured[f"ood_auroc/{stranger}/softmax"]


def test_the_documentation_has_the_measured_figures():
    assert figures.main(["--check"]) == 0


def having(prefix: str) -> list[str]:
    """Models of whom something of that name was measured."""
    return [n for n in NAMES if any(m.startswith(prefix) for m in evaluation(n)["metrics"])]


@pytest.mark.official_data
@pytest.mark.parametrize("name", having("accuracy/"))
def test_figures_hold_on_a_subset(name, data_dir):
    """The model that is shipped is the one that was measured."""
    model, promised = load(CHECKPOINTS / name), evaluation(name)["metrics"]
    num = 300 if model.methods == ("bayes",) else 1000
    dataset = data.load(model.config.dataset, "test", limit=num)
    share = accuracies(Comparison(model, Reference(dataset, None)))[f"accuracy/{model.methods[0]}"]
    expected = promised[f"accuracy/{model.methods[0]}"]
    # Four standard deviations of a share of `num` trials
    assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / num) + 0.005
    if "likelihood" in model.capabilities:
        bounds = model.evidence_bounds(data.to_float(dataset.images), dataset.labels)["elbo"]
        error = 4 * bounds.std() / np.sqrt(num)
        assert abs(bounds.mean() - np.log(10) - promised["elbo_nats"]) < error


@pytest.mark.parametrize("name", having("gan_test"))
def test_samples_are_read_as_their_class(name):
    """A small GAN-test: the judge agrees about as often as the card says."""
    model = load(CHECKPOINTS / name)
    judge = load(release.find_reference_classifier(CHECKPOINTS, model.config.dataset))
    # Of a model that cannot be asked for a class, it says itself what it drew.
    pictures, labels = Comparison(model, None).draw(300, seed=7)
    said = judge.classify(pictures).argmax(-1)
    promised = evaluation(name)["metrics"]["gan_test"]
    assert np.mean(said == labels) > promised - 4 * np.sqrt(promised * (1 - promised) / 300) - 0.005
