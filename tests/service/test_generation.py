"""demo/service/generation.py: the pictures that a visitor sets."""

import numpy as np
import pytest
from asking import drawn_by
from page_runs import make_run

from demo.service import Service
from demo.service.generation import SAMPLES_OF_ONE_CLASS, SAMPLES_PER_CLASS
from demo.service.latent_points import Setting
from dgm.analysis import factors, latent
from dgm.data import FACTORS, SHAPES, spec, to_uint8


def test_the_same_setting_gives_the_same_picture(service):
    setting = Setting("dcgan-mnist", "7", 12, 0.8, [0.5, -1.0])
    first = service.generation.generate(setting)
    assert first.shape == (32, 32, 1)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, service.generation.generate(setting))
    for change in (("7", 13), ("8", 12)):
        assert (
            first != service.generation.generate(Setting("dcgan-mnist", *change, 0.8, [0.5, -1.0]))
        ).any()
    assert (
        first != service.generation.generate(Setting("dcgan-mnist", "7", 12, 0.8, [0.5, 2.0]))
    ).any()


def test_the_seed_is_that_of_the_library(service):
    model = service.models.model("dcgan-mnist")
    expected = model.decode(model.latents(5, 1), ["4"])[0]
    drawn = service.generation.generate(Setting("dcgan-mnist", "4", 5)).astype(float) / 127.5 - 1
    np.testing.assert_allclose(drawn, expected, atol=1 / 127)


def test_sliders_move_along_the_directions(service):
    model = service.models.model("dcgan-mnist")
    z = model.latents(5, 1) + 2 * model.directions[0] - model.directions[7]
    expected = model.decode(z, ["4"])[0]
    drawn = service.generation.generate(
        Setting("dcgan-mnist", "4", 5, 1.0, [2, 0, 0, 0, 0, 0, 0, -1])
    )
    np.testing.assert_allclose(drawn / 127.5 - 1, expected, atol=1 / 127)


def test_the_ends_of_a_slider_are_where_it_leads(service):
    sliders = [0.5, 0, 0, -1, 0, 0, 0, 0]
    ends = service.generation.slider_previews(Setting("dcgan-mnist", "4", 5, 1.0, sliders))
    assert ends.shape == (16, 32, 32, 1)
    right_of_fourth = service.generation.generate(
        Setting("dcgan-mnist", "4", 5, 1.0, [0.5, 0, 0, 3, 0, 0, 0, 0])
    )
    assert np.abs(ends[7].astype(int) - right_of_fourth).max() <= 1


@pytest.mark.parametrize("kind", list(latent.DIRECTIONS))
def test_directions_are_those_of_the_library_and_found_once(service, kind, monkeypatch):
    model = service.models.model("vae-mnist")
    directions = service.latent_points.directions(model, kind)
    if kind == "picture":
        assert directions is model.directions
    else:
        np.testing.assert_array_equal(directions, latent.DIRECTIONS[kind](model))
    monkeypatch.setitem(latent.DIRECTIONS, kind, None)
    assert service.latent_points.directions(model, kind) is directions
    # A slider leads along them, and its ends are there.
    setting = Setting("vae-mnist", "4", 5, 1.0, [0, 1.5], kind)
    expected = model.decode(model.latents(5, 1) + 1.5 * directions[1], ["4"])[0]
    np.testing.assert_allclose(
        service.generation.generate(setting) / 127.5 - 1, expected, atol=1 / 127
    )
    right = service.generation.generate(Setting("vae-mnist", "4", 5, 1.0, [0, 3], kind))
    assert np.abs(service.generation.slider_previews(setting)[3].astype(int) - right).max() <= 1


def test_coordinates_of_z_can_be_moved_or_given(service):
    model = service.models.model("dcgan-mnist")
    z = model.latents(5, 1)[0]
    drawn = service.generation.generate(Setting("dcgan-mnist", "4", 5, offsets=[0, 1.25]))
    given = z + 1.25 * np.eye(len(z), dtype=np.float32)[1]
    again = service.generation.generate(Setting("dcgan-mnist", "4", 99, z=given.tolist()))
    np.testing.assert_array_equal(drawn, again)
    halved = service.generation.generate(Setting("dcgan-mnist", "4", 5, 0.5))
    again = service.generation.generate(Setting("dcgan-mnist", "4", 99, 0.5, z=z.tolist()))
    np.testing.assert_array_equal(halved, again)


def test_the_program_draws_the_same_pixels(service, runs_folder):
    settings = [
        {"seed": 12},
        {"truncation": 0.85, "sliders": [0.05, 0, -2.3, 0]},
        {"kind": "sefa", "sliders": [0.35] * 8, "offsets": [0, 0.7]},
        {"kind": "ganspace", "sliders": [-1.1], "truncation": 0.3},
        {"z": [round(0.123 * i - 1, 3) for i in range(16)], "truncation": 0.9, "sliders": [1]},
    ]
    asked = [
        Setting(name, service.models.run(name).config.class_names[7], **setting)
        for name in ("vae-mnist", "dcgan-cifar10")
        for setting in settings
    ]
    programs = [service.generation.python_program(setting) for setting in asked]
    drawn = drawn_by(programs, runs_folder)
    for setting, picture in zip(asked, drawn, strict=True):
        np.testing.assert_array_equal(picture, service.generation.generate(setting).squeeze())


def test_shapes_are_changed_by_their_known_factors(tmp_path, tiny_config):
    config = tiny_config("vae", "shapes", class_names=SHAPES, channels=3)
    make_run(tmp_path, config, figures={"factor_correlation/hue": 0.97})
    service = Service(tmp_path)
    run = service.models.run("vae-shapes")
    assert run.factors == dict.fromkeys(FACTORS) | {"hue": 0.97}
    model = service.models.model("vae-shapes")
    setting = Setting("vae-shapes", "star", 5, 1.0, [0, 1.5, 0, 0, -3, 0, 2], "factors")
    fitted = service.latent_points.directions(model, "factors")
    pulls = np.array([[0, 0.5, 0, 0, -1]])
    z = factors.pull_factors(model, fitted, model.latents(5, 1)[0], "star", pulls)
    expected = to_uint8(model.decode(z, ["star"]))[0]
    drawn = service.generation.generate(setting)
    np.testing.assert_array_equal(drawn, expected)
    program = service.generation.python_program(setting)
    np.testing.assert_array_equal(drawn_by([program], tmp_path)[0], drawn)
    ends = service.generation.slider_previews(setting)
    assert len(ends) == 2 * len(factors.NAMES)
    right = service.generation.generate(
        Setting("vae-shapes", "star", 5, 1.0, [0, 3, 0, 0, -3], "factors")
    )
    np.testing.assert_allclose(ends[3].astype(int), right, atol=1)


def test_a_run_that_is_not_finished_has_no_sliders_yet(tmp_path, tiny_config):
    config = tiny_config("dcgan", "mnist", class_names=spec("mnist").class_names)
    make_run(tmp_path, config, with_directions=False)
    service = Service(tmp_path)
    assert (
        len(service.generation.slider_previews(Setting("dcgan-mnist", "4", 1, 1.0, [1.0] * 8))) == 0
    )
    still = service.generation.generate(Setting("dcgan-mnist", "4", 1, 1.0, [1.0] * 8))
    np.testing.assert_array_equal(
        still, service.generation.generate(Setting("dcgan-mnist", "4", 1))
    )


def test_samples_are_the_pictures_of_their_seeds(service):
    pictures, seeds, labels = service.generation.samples("dcgan-mnist", None, 3)
    assert len(pictures) == len(seeds) == len(labels) == 10 * SAMPLES_PER_CLASS
    assert seeds[:SAMPLES_PER_CLASS] == [3, 4, 5, 6, 7, 8]
    i = 4 * SAMPLES_PER_CLASS + 2
    assert (seeds[i], labels[i]) == (5, "4")
    alone = service.generation.generate(Setting("dcgan-mnist", "4", 5))
    assert np.abs(pictures[i].astype(int) - alone).max() <= 1

    pictures, seeds, labels = service.generation.samples("dcgan-mnist", "9", 999_999_999)
    assert len(pictures) == SAMPLES_OF_ONE_CLASS
    assert set(labels) == {"9"}
    assert seeds[:2] == [999_999_999, 0]


def test_an_interpolation_begins_and_ends_at_its_seeds(service):
    way = service.generation.interpolate("dcgan-mnist", "4", 5, 6, num=9)
    assert way.shape == (9, 32, 32, 1)
    for seed, end in ((5, way[0]), (6, way[-1])):
        alone = service.generation.generate(Setting("dcgan-mnist", "4", seed))
        assert np.abs(end.astype(int) - alone).max() <= 1


def test_boxes_of_pictures_are_added_and_taken_away(service):
    a = [Setting("vae-mnist", "4", 5), Setting("vae-mnist", "4", 6, 0.5)]
    b, c = [Setting("vae-mnist", "9", 7)], [Setting("vae-mnist", "1", 8)]
    model = service.models.model("vae-mnist")
    z = {seed: model.latents(seed, 1)[0] for seed in (5, 6, 7, 8)}
    found = service.generation.arithmetic(a, b, c)
    mean = (z[5] + 0.5 * z[6]) / 2
    np.testing.assert_allclose(found.z, mean - z[7] + z[8], atol=0.001)
    assert found.label == "1"
    drawn = service.generation.generate(Setting("vae-mnist", "1", z=found.z))
    assert np.abs(found.picture.astype(int) - drawn).max() <= 1
    expected = to_uint8(model.decode(mean[None], ["4"]))[0]
    assert np.abs(found.means[0].astype(int) - expected).max() <= 1
    assert np.abs(found.means[1].astype(int) - service.generation.generate(b[0])).max() <= 1
    # An empty box is 0, and black.
    found = service.generation.arithmetic(a[:1], [], [])
    np.testing.assert_allclose(found.z, z[5], atol=0.001)
    assert found.label == "4"
    assert found.means[1:].max() == 0
    for boxes, words in (
        (([], b, c), "A needs a picture"),
        (([], [], []), "Choose 1 to 18 pictures"),
        ((7 * a[:1], b, c), "6 at most"),
        ((a, [Setting("dcgan-mnist", "4", 5)], c), "of one model"),
    ):
        with pytest.raises(ValueError, match=words):
            service.generation.arithmetic(*boxes)


def test_a_walk_leads_through_its_stops(service):
    stops = [
        Setting("vae-mnist", "4", 5),
        Setting("vae-mnist", "9", 6, 0.7, [1.0]),
        Setting("vae-mnist", "1", 7),
    ]
    way = service.generation.walk(stops, 9)
    assert way.shape == (9, 32, 32, 1)
    for i, stop in zip((0, 4, 8), stops, strict=True):
        assert np.abs(way[i].astype(int) - service.generation.generate(stop)).max() <= 1
    # Half-way it is drawn as the class of the stop that it comes to.
    model = service.models.model("vae-mnist")
    points = np.stack([model.latents(5, 1)[0], 0.7 * model.latents(6, 1)[0] + model.directions[0]])
    middle = latent.walk(points, 5)[2:3]
    expected = to_uint8(model.decode(middle, ["9"]))[0]
    assert np.abs(way[2].astype(int) - expected).max() <= 1
    # Closed, it ends before it begins anew.
    ring = service.generation.walk(stops, 6, closed=True)
    np.testing.assert_array_equal(ring[0], way[0])
    assert np.abs(ring[4].astype(int) - way[8]).max() <= 1
    back = latent.walk(np.stack([model.latents(7, 1)[0], model.latents(5, 1)[0]]), 3)[1:2]
    expected = to_uint8(model.decode(back, ["4"]))[0]
    assert np.abs(ring[5].astype(int) - expected).max() <= 1


def test_a_walk_that_leads_nowhere_is_refused_in_words(service):
    one, other = Setting("vae-mnist", "4", 5), Setting("dcgan-mnist", "4", 5)
    for stops, num, words in (
        ([one], 9, "Choose 2 to 5 pictures, not 1"),
        ([one] * 6, 9, "Choose 2 to 5 pictures, not 6"),
        ([one, other], 9, "of one model"),
        ([one, one], 1, "num must"),
        ([one, one], 97, "num must"),
        ([one, one], None, "num must"),
        ([one, Setting("vae-mnist", "4", -1)], 9, "seed"),
    ):
        with pytest.raises(ValueError, match=words):
            service.generation.walk(stops, num)


@pytest.mark.parametrize(
    "setting, words",
    [
        ({"label": "seven"}, "no class 'seven'. There are: 0, 1"),
        ({"label": None}, "no class"),
        ({"label": ["7"]}, "no class"),
        ({"seed": -1}, "seed must be a number from 0"),
        ({"seed": 0.5}, "seed must be a whole number"),
        ({"seed": "1"}, "seed must be a number"),
        ({"seed": True}, "seed must be a number"),
        ({"seed": 10**400}, "seed must be a number"),
        ({"truncation": float("nan")}, "truncation must be a number"),
        ({"truncation": 2}, "truncation must be a number from 0 to 1"),
        ({"truncation": None}, "truncation must be a number"),
        ({"sliders": [4]}, "sliders must be a number from −3 to 3"),
        ({"sliders": [float("inf")]}, "sliders"),
        ({"sliders": [[1]]}, "sliders"),
        ({"sliders": [0] * 9}, "at most 8 numbers"),
        ({"sliders": "12"}, "must be a list"),
        ({"sliders": {"0": 1}}, "must be a list"),
        ({"kind": "random"}, "one of picture, ganspace, sefa, factors, not 'random'"),
        ({"kind": ["sefa"]}, "kind of directions"),
        ({"kind": "factors"}, "dcgan-mnist has no encoder of shapes"),
        ({"offsets": [0, 4]}, "offsets must be a number from −3 to 3"),
        ({"offsets": [0] * 17}, "at most 16 numbers"),
        ({"z": [0.5]}, "has 16 numbers"),
        ({"z": "12"}, "must be a list"),
        ({"z": [21] * 16}, "z must be a number from −20 to 20"),
        ({"z": [None] * 16}, "z must"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(service, setting, words):
    good = {"name": "dcgan-mnist", "label": "7", "seed": 1, "truncation": 1.0, "sliders": []}
    good["sliders"] = [1]  # along which there is need of directions
    for ask in (
        service.generation.generate,
        service.generation.slider_previews,
        service.generation.python_program,
    ):
        with pytest.raises(ValueError, match=words):
            ask(Setting(**(good | setting)))


def test_a_classifier_draws_nothing(service):
    with pytest.raises(ValueError, match="draws no pictures"):
        service.generation.samples("cnn-mnist")


def test_a_model_that_cannot_be_asked_for_a_class_draws_what_it_will(many):
    name = "improved-gan-fashion_mnist"
    pictures, seeds, labels = many.generation.samples(name, None, 3)
    assert seeds == list(range(3, 3 + 10 * SAMPLES_PER_CLASS))
    assert set(labels) == {""}
    of_one, _, labels = many.generation.samples(name, "Bag", 3)
    assert len(of_one) == SAMPLES_OF_ONE_CLASS
    assert set(labels) == {""}
    assert np.abs(of_one.astype(int) - pictures[: len(of_one)]).max() <= 1
    for label in ("", None, "Bag", "Coat"):
        alone = many.generation.generate(Setting(name, label, 4))
        assert np.abs(pictures[1].astype(int) - alone).max() <= 1
    with pytest.raises(ValueError, match="no class 'seven'"):
        many.generation.generate(Setting(name, "seven", 4))
    with pytest.raises(ValueError, match="no class ''"):
        many.generation.generate(Setting("gan-fashion_mnist", "", 4))


def test_several_models_draw_the_same_seeds_and_class(many):
    names = ["vae-fashion_mnist", "gan-fashion_mnist"]
    drawn = many.generation.samples_by_model(names, "Bag", 7)
    assert list(drawn) == names
    for name in names:
        np.testing.assert_array_equal(drawn[name], many.generation.samples(name, "Bag", 7)[0])
    assert (drawn[names[0]] != drawn[names[1]]).any()


@pytest.mark.parametrize(
    "names, words",
    [
        ([], "list of 1 to 4"),
        (["gan-fashion_mnist"] * 5, "list of 1 to 4"),
        ("gan-fashion_mnist", "list of 1 to 4"),
        (None, "list of 1 to 4"),
        (["resnet"], "There are: gan-fashion_mnist"),
        (["gan-fashion_mnist", "cnn-fashion_mnist"], "draws no pictures"),
        (["gan-fashion_mnist", "dcgan-cifar10"], "no class 'Bag'"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(many, names, words):
    with pytest.raises(ValueError, match=words):
        many.generation.samples_by_model(names, "Bag", 1)
