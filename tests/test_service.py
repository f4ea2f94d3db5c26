"""demo/service.py: what visitors may ask, on small models, without a browser."""

import base64
import gzip
import hashlib
import io
import json
import math
import os
import shutil
import threading
import time

import numpy as np
import pytest
from page_runs import (
    COMPARED,
    make_explained_runs,
    make_many_runs,
    make_run,
    make_runs,
    make_trusted_runs,
    predictions_of,
)
from PIL import Image

from demo import wire
from demo.catalog import EXAMPLES, catalog, strangers, ways
from demo.service import (
    HARMS,
    HEAT_MAPS,
    NUM_A_CLASS,
    NUM_A_PAGE,
    NUM_CHANGED,
    NUM_NEAR,
    NUM_OF_ONE_CLASS,
    RECIPE_TITLES,
    Nearest,
    Service,
    Setting,
)
from dgm import checkpoint, data, explain, latent, metrics
from dgm.config import RECIPES
from dgm.data import CLASS_NAMES, to_float, to_uint8
from dgm.model import Model
from dgm.pictures import PictureError, open_picture


@pytest.fixture(scope="module")
def folder(tmp_path_factory, tiny_config):
    return make_runs(tmp_path_factory.mktemp("checkpoints"), tiny_config)


@pytest.fixture(scope="module")
def service(folder):
    return Service(folder)


@pytest.fixture(scope="module")
def many(tmp_path_factory, tiny_config):
    return Service(make_many_runs(tmp_path_factory.mktemp("many"), tiny_config))


@pytest.fixture(scope="module")
def explained(tmp_path_factory, tiny_config):
    """Models that can be asked why."""
    folder = tmp_path_factory.mktemp("explained")
    return Service(make_explained_runs(folder / "checkpoints", tiny_config), folder / "runs")


def picture(size=(300, 200), mode="RGB") -> io.BytesIO:
    """A dark cross on light paper, as a PNG."""
    image = Image.new(mode, size, "white")
    width, height = size
    image.paste("black", (width // 2 - 10, height // 5, width // 2 + 10, height - height // 5))
    image.paste("black", (width // 3, height // 2 - 10, width - width // 3, height // 2 + 10))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    buffer.seek(0)
    return buffer


# --- what there is -----------------------------------------------------------------------------


def test_runs_are_grouped_by_data_set_and_ordered_by_system(service):
    assert list(service.runs()) == ["dcgan-mnist", "vae-mnist", "cnn-mnist", "dcgan-cifar10"]
    run = service.run("dcgan-mnist")
    assert (run.title, run.dataset_title) == ("DCGAN", "MNIST")
    assert run.accuracy == {"head": 0.9876}
    assert run.methods == ("head",)
    assert run.draws
    assert not service.run("cnn-mnist").draws


def test_every_system_has_a_title_in_the_order_of_its_history():
    assert list(RECIPE_TITLES) == list(RECIPES)


def test_systems_differ_in_what_they_can(many):
    assert [run.config.recipe for run in many.runs().values()] == [*COMPARED, "dcgan"]
    ways = {name: run.methods for name, run in many.runs().items()}
    assert ways["gan-fashion_mnist"] == ways["wgan-gp-fashion_mnist"] == ()
    assert ways["improved-gan-fashion_mnist"] == ("semi-supervised",)
    asked = {run.config.recipe for run in many.runs().values() if not run.is_conditional}
    assert asked == {"improved-gan", "wgan"}


def test_the_catalog_has_the_figures_of_each_model(many):
    models = {model["recipe"]: model for model in catalog(many)["datasets"][0]["models"]}
    assert list(models) == list(COMPARED)
    for recipe, (accuracy, figures) in COMPARED.items():
        expected = figures if accuracy is None else figures | {"accuracy": accuracy}
        assert models[recipe]["figures"] == expected
    assert (models["gan"]["images"], models["gan"]["minutes"]) == (128_000, 100 / 60)
    free = [recipe for recipe, model in models.items() if not model["conditional"]]
    assert free == ["improved-gan", "wgan"]
    assert not models["cnn"]["draws"]


def test_what_is_no_number_in_an_evaluation_is_left_out(tmp_path, tiny_config):
    run = make_run(tmp_path, tiny_config("gan", "mnist", class_names=CLASS_NAMES["mnist"]))
    text = '{"metrics": {"fd_dgm": NaN, "kid_dgm": "low", "recall": null, "gan_test": 1}}'
    (run / "evaluation.json").write_text(text)
    assert Service(tmp_path).run("gan-mnist").figures == {"gan_test": 1.0}
    for text in ("{", "[]", '{"metrics": 3}'):
        (run / "evaluation.json").write_text(text)
        assert Service(tmp_path).run("gan-mnist").figures == {}


def test_no_checkpoint_at_all_is_an_empty_catalog(tmp_path):
    service = Service(tmp_path / "nothing")
    assert catalog(service) == {"datasets": [], "runs": []}
    service.warm_up()


def test_a_run_that_is_still_going_on_has_curves_but_no_model(tmp_path, tiny_config):
    run = make_run(tmp_path, tiny_config("dcgan", "mnist", class_names=CLASS_NAMES["mnist"]))
    (run / "model.safetensors").unlink()
    (run / "config.json").unlink()
    service = Service(tmp_path)
    assert catalog(service)["datasets"] == []
    assert len(service.curves(["dcgan-mnist"])["dcgan-mnist"]) == 40
    with pytest.raises(ValueError, match="no trained model yet"):
        service.generate(Setting("dcgan-mnist", "3"))


def test_folders_that_hold_no_run_are_left_out(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{")
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"")
    (tmp_path / "broken" / "metrics.jsonl").write_text("")
    assert Service(tmp_path).runs() == {}


def test_runs_of_ones_own_are_told_from_those_shipped(folder, tmp_path, tiny_config):
    own = tmp_path / "runs"
    make_run(own, tiny_config("dcgan", "mnist", class_names=CLASS_NAMES["mnist"]))
    service = Service(folder, own)
    assert list(service.runs())[-1] == "runs/dcgan-mnist"
    models = catalog(service)["datasets"][0]["models"]
    assert [m["note"] for m in models] == ["", "", "yardstick", "runs/dcgan-mnist"]
    shipped = [run["shipped"] for run in catalog(service)["runs"]]
    assert shipped == [True, True, True, True, False]


def test_the_catalog_is_json_and_has_every_example(service):
    found = catalog(service, with_examples=True)
    json.dumps(found)
    assert [s["key"] for s in found["datasets"]] == ["mnist", "cifar10"]
    for dataset in found["datasets"]:
        assert len(dataset["examples"]) == 10
        assert all(e["url"].startswith("data:image/webp;base64,") for e in dataset["examples"])
    assert found["datasets"][0]["models"][0]["accuracy"] == {"head": 0.9876}
    assert found["runs"][0]["steps"] == [0, 500, 1000]


def test_models_are_kept_up_to_a_number_and_loaded_once(folder):
    service = Service(folder, num_kept=1)
    first = service.model("dcgan-mnist")
    assert service.model("dcgan-mnist") is first
    service.model("cnn-mnist")
    assert service.model("dcgan-mnist") is not first

    found = []
    many = Service(folder)
    threads = [
        threading.Thread(target=lambda: found.append(many.model("dcgan-mnist"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(model is found[0] for model in found)


# --- classify ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["dcgan-mnist", "vae-mnist", "cnn-mnist", "dcgan-cifar10"])
def test_classify_gives_every_class_a_share_of_one(service, name):
    reading = service.classify(picture(), name)
    assert tuple(reading.confidences) == service.model(name).class_names
    assert sum(reading.confidences.values()) == pytest.approx(1, abs=1e-4)
    assert reading.label == max(reading.confidences, key=reading.confidences.get)
    assert reading.seen.shape == (32, 32, 3 if "cifar10" in name else 1)
    assert reading.seen.dtype == np.uint8


def test_the_picture_is_seen_as_the_data_set_has_it(service):
    seen = service.classify(picture(), "dcgan-mnist").seen
    assert seen[0].max() == 0  # black border, bright ink
    assert seen.max() > 200


def test_compare_asks_every_model_of_the_data_set_in_every_way(service, explained, tiny_config):
    readings = service.compare(picture(), "mnist")
    assert list(readings) == [("dcgan-mnist", "head"), ("vae-mnist", "bayes"), ("cnn-mnist", "cnn")]
    alone = service.classify(picture(), "vae-mnist")
    assert readings["vae-mnist", "bayes"].confidences == alone.confidences
    with pytest.raises(ValueError, match="no model of the data set"):
        service.compare(picture(), "imagenet")

    readings = explained.compare(picture(), "fashion_mnist")
    of_one = [method for name, method in readings if name == "dcgan-fashion_mnist"]
    assert of_one == ["head", "features", "bayes-features"]
    # One's own model is asked where it is the chosen one.
    own = make_run(
        explained._roots[1],
        tiny_config("cnn", "fashion_mnist", class_names=CLASS_NAMES["fashion_mnist"]),
    )
    assert explained.compare(picture(), "fashion_mnist").keys() == readings.keys()
    name = f"runs/{own.name}"
    more = explained.compare(picture(), "fashion_mnist", name)
    assert more.keys() - readings.keys() == {(name, "cnn")}


def test_what_was_fitted_on_a_model_is_read_off_its_file(explained, tmp_path, tiny_config):
    run = explained.run("dcgan-fashion_mnist")
    assert run.methods == ("head", "features", "bayes-features")
    assert run.tells_strange
    model = explained.model("dcgan-fashion_mnist")
    assert run.fitted == set(model.readout)
    assert run.methods == model.methods
    broken = make_run(tmp_path, tiny_config("dcgan", "mnist", class_names=CLASS_NAMES["mnist"]))
    (broken / "model.safetensors").write_bytes(b"no weights")
    assert Service(tmp_path).run("dcgan-mnist").fitted == frozenset()


def test_the_catalog_says_which_models_can_tell_what(explained):
    found = {model["recipe"]: model for model in catalog(explained)["datasets"][1]["models"]}
    assert [recipe for recipe, model in found.items() if model["tells_strange"]] == ["dcgan"]
    assert [r for r, model in found.items() if model["has_likelihood"]] == ["vae", "ib-vae"]
    assert [r for r, model in found.items() if model["changes_class"]] == ["ib-vae"]
    # Each answer of a VAE whose decoder is told the class takes 80 drawings.
    assert found["vae"]["explained"] == []
    assert found["ib-vae"]["explained"] == ["bayes"]
    assert found["dcgan"]["explained"] == ["head", "features", "bayes-features"]


def test_a_file_is_read_once_for_all_that_is_asked_of_it(explained, tmp_path, monkeypatch):
    file = tmp_path / "cross.png"
    file.write_bytes(picture().getvalue())
    opened = []
    monkeypatch.setattr(
        "demo.service.open_picture", lambda source: opened.append(source) or open_picture(source)
    )
    first = explained.classify(file, "dcgan-fashion_mnist")
    explained.compare(file, "fashion_mnist")
    explained.strangeness(file, "dcgan-fashion_mnist")
    assert len(opened) == 1
    explained.classify(file, "vae-mnist")  # seen in another way
    assert len(opened) == 2
    file.write_bytes(picture((200, 300)).getvalue())
    os.utime(file, (1, 1))  # another picture of that name
    second = explained.classify(file, "dcgan-fashion_mnist")
    assert len(opened) == 3
    assert (first.seen != second.seen).any()


def test_an_unusable_picture_is_told_in_words(service):
    with pytest.raises(PictureError, match="not a picture"):
        service.classify(io.BytesIO(b"these are words"), "dcgan-mnist")
    blank = io.BytesIO()
    Image.new("L", (64, 64), 128).save(blank, "PNG")
    blank.seek(0)
    with pytest.raises(PictureError, match="Nothing is drawn"):
        service.classify(blank, "dcgan-mnist")


@pytest.mark.parametrize("name", ["resnet-mnist", "", None, 3, "../../etc", ["dcgan-mnist"], {}])
def test_an_unknown_model_is_told_with_those_there_are(service, name):
    with pytest.raises(ValueError, match="There are: dcgan-mnist"):
        service.classify(picture(), name)


def test_an_unknown_method_is_told_with_those_there_are(service):
    with pytest.raises(ValueError, match="classifies by head, not by 'bayes'"):
        service.classify(picture(), "dcgan-mnist", "bayes")


# --- why ---------------------------------------------------------------------------------------


def test_a_picture_is_strange_in_units_of_the_threshold(explained):
    model = explained.model("dcgan-fashion_mnist")
    seen = explained.classify(picture(), "dcgan-fashion_mnist").seen
    distance = model.strangeness(to_float(seen[None]))[0]
    told = explained.strangeness(picture(), "dcgan-fashion_mnist")
    assert told == pytest.approx(distance / model.readout["threshold"], rel=1e-5)
    with pytest.raises(ValueError, match="vae-fashion_mnist cannot tell"):
        explained.strangeness(picture(), "vae-fashion_mnist")


@pytest.mark.parametrize("way", HEAT_MAPS)
@pytest.mark.parametrize(
    "name, method", [("dcgan-fashion_mnist", "features"), ("ib-vae-fashion_mnist", "")]
)
def test_a_heat_map_is_that_of_the_library(explained, name, method, way):
    found = explained.heat(picture(), name, method, "Bag", way)
    assert found.label == "Bag"
    model = explained.model(name)
    number = model.class_names.index("Bag")
    expected = HEAT_MAPS[way](model, to_float(found.seen), number, method or None)
    np.testing.assert_allclose(found.nats, expected, atol=1e-6)
    assert found.nats.shape == (32, 32)
    likeliest = explained.heat(picture(), name, method, "", way).label
    assert likeliest == explained.classify(picture(), name, method).label


@pytest.mark.parametrize(
    "asked, words",
    [
        (("vae-fashion_mnist",), "by bayes would take too long"),
        (("resnet",), "There are: vae-mnist"),
        (("dcgan-fashion_mnist", "bayes"), "not by 'bayes'"),
        (("dcgan-fashion_mnist", "head", "seven"), "no class 'seven'"),
        (("dcgan-fashion_mnist", "head", ["Bag"]), "no class"),
        (("dcgan-fashion_mnist", "head", "Bag", "guess"), "by cover or gradients, not by 'guess'"),
        (("dcgan-fashion_mnist", "head", "Bag", None), "by cover or gradients"),
        (("dcgan-fashion_mnist", "head", "Bag", ["cover"]), "by cover or gradients"),
    ],
)
def test_a_heat_map_that_cannot_be_made_is_refused_in_words(explained, asked, words):
    with pytest.raises(ValueError, match=words):
        explained.heat(picture(), *asked)


def test_a_picture_is_drawn_as_each_class(explained):
    for name in ("vae-fashion_mnist", "ib-vae-fashion_mnist"):
        pictures, nats = explained.as_each_class(picture(), name)
        assert pictures.shape == (10, 32, 32, 1)
        assert pictures.dtype == np.uint8
        assert tuple(nats) == CLASS_NAMES["fashion_mnist"]
        # The odds of two classes are what their bounds differ by.
        said = explained.classify(picture(), name)
        assert nats[said.label] == 0
        for label, value in nats.items():
            odds = said.confidences[label] / said.confidences[said.label]
            assert math.exp(value) == pytest.approx(odds, rel=1e-3, abs=1e-6)
    with pytest.raises(ValueError, match="does not tell how probable"):
        explained.as_each_class(picture(), "dcgan-fashion_mnist")


def test_a_change_goes_from_what_is_said_to_another_class(explained):
    name = "ib-vae-fashion_mnist"
    found = explained.change(picture(), name)
    ranked = sorted(explained.classify(picture(), name).confidences.items(), key=lambda p: -p[1])
    assert [found.label, found.target] == [label for label, _ in ranked[:2]]
    assert found.pictures.shape == (NUM_CHANGED, 32, 32, 1)
    assert found.shares.shape == (NUM_CHANGED, 2)
    assert found.shares[0, 0] >= found.shares[0, 1]
    assert found.shares[-1, 1] > found.shares[-1, 0]
    other = ranked[-1][0]
    assert explained.change(picture(), name, other).target == other
    with pytest.raises(ValueError, match=f"said to be {found.label} already"):
        explained.change(picture(), name, found.label)
    with pytest.raises(ValueError, match="no class 'seven'"):
        explained.change(picture(), name, "seven")
    with pytest.raises(ValueError, match="draws no change"):
        explained.change(picture(), "vae-fashion_mnist")


def wait_for_nearest(service, *asked) -> Nearest:
    """What `nearest` finds once all training pictures are read."""
    for _ in range(1000):
        found = service.nearest(*asked)
        if isinstance(found, Nearest):
            return found
        time.sleep(0.02)
    raise AssertionError("the training pictures are not read to the end")


def as_file(image: np.ndarray) -> io.BytesIO:
    """A picture [32, 32, 1] of a data set as a PNG."""
    buffer = io.BytesIO()
    wire.to_image(image).save(buffer, "PNG")
    buffer.seek(0)
    return buffer


def test_the_nearest_training_pictures_are_those_of_the_library(trusted, no_data):
    training, test = (data.load("digits", split) for split in data.SPLITS)
    found = wait_for_nearest(trusted, as_file(test.images[5]), "cnn-digits")
    model = trusted.model("cnn-digits")
    features = model.features(to_float(training.images))
    (rows,), (distances,) = metrics.nearest_neighbours(
        model.features(to_float(test.images[5:6])), features, NUM_NEAR
    )
    np.testing.assert_array_equal(found.pictures, training.images[rows])
    assert found.labels == [training.class_names[number] for number in training.labels[rows]]
    assert not any(found.same)
    assert found.total == len(training)
    ratios = np.divide(found.distances, distances)
    np.testing.assert_allclose(ratios, ratios[0], rtol=0.01)  # in units of the usual distance
    # Of a training picture the nearest is itself.
    own = wait_for_nearest(trusted, as_file(training.images[9]), "cnn-digits")
    assert (own.distances[0], own.same) == (0, [True] + [False] * (NUM_NEAR - 1))
    assert own.further == 1
    np.testing.assert_array_equal(own.pictures[0], training.images[9])


def test_training_pictures_are_read_once_a_model(trusted, no_data, tmp_path, monkeypatch):
    image = as_file(data.load("digits", "test").images[0])
    shutil.copytree(trusted.run("cnn-digits").folder, tmp_path / "runs" / "cnn-digits")
    asked = image, "cnn-digits"
    first = wait_for_nearest(Service(tmp_path / "runs"), *asked)
    assert len(list(no_data.glob("neighbours/cnn-digits-*.safetensors"))) == 1
    # Another page finds what was kept on disk.
    with monkeypatch.context() as patch:
        patch.delattr(explain, "read_training")
        image.seek(0)
        assert wait_for_nearest(Service(tmp_path / "runs"), *asked).distances == first.distances
        # A model that was trained anew is another.
        extra = {"directions": np.ones((8, 4), np.float32)}
        checkpoint.add_to_release(tmp_path / "runs" / "cnn-digits", extra)
        with pytest.raises(ValueError, match="read_training"):
            wait_for_nearest(Service(tmp_path / "runs"), *asked)


def test_a_reading_that_nobody_waits_for_is_given_up(trusted, no_data, tmp_path, monkeypatch):
    image = as_file(data.load("digits", "test").images[0])
    service = Service(trusted.run("cnn-digits").folder.parent)
    with monkeypatch.context() as patch:
        patch.setattr("demo.service.PATIENCE", -1)
        job = service.nearest(image, "cnn-digits")
        wait_for(job)
    assert job.error == ""
    assert not list(no_data.glob("neighbours/*"))
    assert service.nearest(image, "cnn-digits") is not job  # who comes back begins anew
    wait_for_nearest(service, image, "cnn-digits")


@pytest.mark.parametrize(
    "name, words",
    [
        ("vae-digits", "no features"),
        ("resnet", "no model or run"),
        ("cnn-mnist", "training pictures of MNIST are not on this computer"),
    ],
)
def test_nearest_pictures_that_cannot_be_found_are_refused_in_words(trusted, no_data, name, words):
    with pytest.raises(ValueError, match=words):
        wait_for_nearest(trusted, picture(), name)


def test_the_nearest_to_a_drawn_picture_are_those_of_its_pixels(trusted, no_data):
    setting = Setting("dcgan-digits", "3", 5)
    for _ in range(600):
        found = trusted.nearest_to_drawn(setting, "cnn-digits")
        if isinstance(found, Nearest):
            break
        time.sleep(0.05)
    training, model = data.load("digits", "train"), trusted.model("cnn-digits")
    (rows,), _ = metrics.nearest_neighbours(
        model.features(to_float(trusted.generate(setting)[None])),
        model.features(to_float(training.images)),
        NUM_NEAR,
    )
    np.testing.assert_array_equal(found.pictures, training.images[rows])
    for judge, words in (("vae-digits", "no features"), ("cnn-mnist", "no pictures of Digits")):
        with pytest.raises(ValueError, match=words):
            trusted.nearest_to_drawn(setting, judge)


def test_which_models_have_features_is_known_without_loading_them(many, explained):
    for service in (many, explained):
        for run in service.runs().values():
            if run.methods:
                assert service.model(run.name).has_features == run.has_features


def test_warming_up_asks_for_all_that_the_page_will(explained, monkeypatch):
    monkeypatch.setattr(explained, "_last_asked", -math.inf)
    asked = []
    for name in ("classify", "strangeness", "decode", "gradients", "encode"):
        of_model = getattr(Model, name)
        monkeypatch.setattr(
            Model,
            name,
            lambda self, *a, _name=name, _of_model=of_model, **k: (
                asked.append((self.config.recipe, _name)) or _of_model(self, *a, **k)
            ),
        )
    explained.warm_up()
    for recipe, expected in {
        "dcgan": {"classify", "strangeness", "decode", "gradients"},
        "ib-vae": {"classify", "decode", "gradients", "encode"},
        "vae": {"classify", "decode", "encode"},
        "cnn": {"classify", "gradients"},
    }.items():
        assert {name for of, name in asked if of == recipe} == expected


# --- trust -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trusted(tmp_path_factory, tiny_config):
    """Models of which it was measured how far they may be believed."""
    return Service(make_trusted_runs(tmp_path_factory.mktemp("trusted"), tiny_config))


@pytest.fixture
def no_data(tmp_path, monkeypatch):
    """No official test pictures are on this computer."""
    monkeypatch.delenv("DGM_DATA_DIR", raising=False)
    monkeypatch.setenv("DGM_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_was_measured_of_a_way(trusted):
    (head,) = ways(trusted.run("dcgan-digits"))
    labels = data.load("digits", "test").labels
    assert (head["method"], head["accuracy"], head["num_tested"]) == ("head", 0.75, 360)
    counts = np.array(head["confusion"])
    assert counts.sum() == 360
    assert counts[3, 4] == np.sum(labels[::4] == 3)
    assert np.sum([row[0] for row in head["reliability"]]) == 360
    noise = np.array(head["robustness"]["noise"])
    np.testing.assert_allclose(noise, [[0.05, 0.65], [0.1, 0.6], [0.2, 0.55]])
    assert head["robustness"]["fgsm"][0] == [0.0, 0.76]
    assert "pgd" not in head["robustness"]
    assert head["is_predicted"]
    assert head["is_attacked"]
    assert not head["has_temperature"]
    (bayes,) = ways(trusted.run("vae-digits"))
    assert bayes["reliability"] is None
    assert not bayes["is_predicted"]
    assert not bayes["is_attacked"]
    json.dumps([head, bayes])
    with pytest.raises(ValueError, match="no model of the data set"):
        trusted.classifiers(["digits"])


def test_how_strange_pictures_are_told_apart(trusted):
    found = strangers(trusted.run("dcgan-digits"))
    assert found["accepted"] == 0.949
    assert [(one["kind"], one["title"]) for one in found["kinds"]] == [
        ("mnist", "MNIST"),
        ("noise", "Noise"),
    ]
    assert found["kinds"][0]["shares"] == {"": 0.8961, "softmax": 0.7}
    assert strangers(trusted.run("cnn-digits")) == {"kinds": [], "accepted": None}


def test_what_is_no_share_is_not_told_apart(tmp_path, tiny_config):
    config = tiny_config("cnn", "mnist", class_names=CLASS_NAMES["mnist"])
    make_run(tmp_path, config, figures={"ood_auroc/noise": 1.2, "ood_auroc/shapes": -0.1})
    assert strangers(Service(tmp_path).run("cnn-mnist"))["kinds"] == []


def test_what_is_no_table_of_numbers_is_left_out(tmp_path, tiny_config):
    run = make_run(tmp_path, tiny_config("cnn", "mnist", class_names=CLASS_NAMES["mnist"]))
    for confusion in (3, [[1, 2]], [[-1] * 10] * 10, [["a"] * 10] * 10, [[None] * 10] * 10):
        for details in ({"confusion": {"cnn": confusion}}, {"confusion": confusion}, [confusion]):
            reliability = {"reliability": {"cnn": [[1, 2]]}}
            details = details | reliability if isinstance(details, dict) else details
            text = json.dumps({"details": details, "num_images": "many"})
            (run / "evaluation.json").write_text(text)
            found = Service(tmp_path).run("cnn-mnist")
            assert found.confusion == found.reliability == {}
            assert found.num_tested == 0
    (run / "predictions.safetensors").write_bytes(b"nothing")
    assert Service(tmp_path).run("cnn-mnist").predicted == frozenset()


def test_the_surest_mistakes_come_first(trusted):
    test = data.load("digits", "test")
    found = trusted.mistakes("dcgan-digits", "head", "3", "4")
    members = [i for i in range(0, 360, 4) if test.labels[i] == 3][::-1]
    np.testing.assert_array_equal(found.pictures, test.images[members])
    assert found.percents == sorted(found.percents, reverse=True)
    assert found.total == len(members)
    # What is right: those first that it was least sure of, page by page.
    right = [i for i in range(360) if test.labels[i] == 3 and i % 4]
    pages = [trusted.mistakes("dcgan-digits", "", "3", "3", page) for page in (0, 1)]
    assert [len(page.pictures) for page in pages] == [NUM_A_PAGE, len(right) - NUM_A_PAGE]
    both = np.concatenate([page.pictures for page in pages])
    np.testing.assert_array_equal(both, test.images[right])
    nothing = trusted.mistakes("dcgan-digits", "head", "3", "5")
    assert (len(nothing.pictures), nothing.total) == (0, 0)


@pytest.mark.parametrize(
    "asked, words",
    [
        (("dcgan-digits", "head", "3", "eleven"), "no class 'eleven'"),
        (("dcgan-digits", "head", None, "3"), "no class 'None'"),
        (("dcgan-digits", "head", "3", "3", 2), "page must be a number from 0 to 1"),
        (("dcgan-digits", "head", "3", "3", "1"), "page must be a number"),
        (("dcgan-digits", ["head"], "3", "3"), "classifies by head"),
        (("resnet", "", "3", "3"), "no model or run"),
        (("vae-digits", "bayes", "3", "3"), "was not kept"),
        (("cnn-mnist", "cnn", "3", "3"), "pictures of MNIST are not on this computer"),
    ],
)
def test_mistakes_that_cannot_be_shown_are_refused_in_words(trusted, no_data, asked, words):
    with pytest.raises(ValueError, match=words):
        trusted.mistakes(*asked)


def test_other_test_pictures_than_were_measured_are_not_shown(trusted, tmp_path):
    folder = tmp_path / "cnn-digits"
    shutil.copytree(trusted.run("cnn-digits").folder, folder)
    labels = data.load("digits", "test").labels
    for others in (labels[::-1], labels[:100], np.resize(labels, 400)):
        checkpoint.write_predictions(folder, {"cnn": predictions_of(others, 10)})
        with pytest.raises(ValueError, match="not those that cnn-digits was measured on"):
            Service(tmp_path).mistakes("cnn-digits", "cnn", "3", "3")


def wait_for(job) -> None:
    for _ in range(200):
        if job.is_over:
            return
        time.sleep(0.02)
    raise AssertionError("the download does not end")


def test_test_pictures_are_downloaded_in_the_background(trusted, no_data, monkeypatch):
    # A toy MNIST whose test images are those that were measured.
    files = {
        "t10k-images-idx3-ubyte.gz": bytes(16) + bytes(range(200)) * 28 * 28,
        "t10k-labels-idx1-ubyte.gz": bytes(8) + bytes(i % 10 for i in range(200)),
    }
    arrived = threading.Event()

    def fetch(url, path, note):
        assert arrived.wait(10)
        path.write_bytes(gzip.compress(files[path.name]))
        note(path.name, path.stat().st_size)

    for name, content in files.items():
        monkeypatch.setitem(data.MD5, f"mnist/{name}", hashlib.md5(content).hexdigest())
    monkeypatch.setattr(data, "_fetch", fetch)
    assert not trusted.is_at_hand("mnist", "test")
    assert trusted.download_size("mnist", "test") == 1_653_419
    assert trusted.downloading("mnist", "test") is None
    job = trusted.download("mnist", "test")
    assert trusted.download("mnist", "test") is job  # one at a time, whoever asks
    assert (job.is_over, job.share) == (False, 0)
    arrived.set()
    wait_for(job)
    assert job.error == ""
    assert job.share > 0
    assert trusted.is_at_hand("mnist", "test")
    assert trusted.mistakes("cnn-mnist", "cnn", "0", "1").total == 10
    with pytest.raises(ValueError, match="nothing to download"):
        trusted.download("mnist", "test")


def test_a_download_that_fails_says_why_and_can_be_begun_anew(trusted, no_data, monkeypatch):
    def fetch(url, path, note):
        raise OSError("no route to host")

    monkeypatch.setattr(data, "_fetch", fetch)
    first = trusted.download("fashion_mnist", "test")
    wait_for(first)
    assert first.error.startswith("could not download t10k-images")
    assert "no route to host" in first.error
    assert trusted.download("fashion_mnist", "test") is not first
    wait_for(trusted.downloading("fashion_mnist", "test"))


def test_one_download_brings_both_splits_of_cifar10(trusted, no_data, monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(data, "download", lambda *asked: over.wait(10))
    job = trusted.download("cifar10", "train")
    assert trusted.download("cifar10", "test") is job
    assert trusted.comes_whole("cifar10")
    over.set()
    wait_for(job)
    assert trusted.download("mnist", "train") is not trusted.download("mnist", "test")
    assert not trusted.comes_whole("mnist")
    assert not trusted.comes_whole("digits")


@pytest.mark.parametrize("harm", HARMS)
def test_a_picture_is_shown_at_every_level_of_a_harm(explained, harm):
    found = explained.harm(picture(), harm, "cnn-fashion_mnist")
    assert found.levels[0] == 0
    assert found.levels == sorted(found.levels)
    assert len(found.levels) == len(found.pictures) == len(found.labels) == len(found.shares)
    reading = explained.classify(picture(), "cnn-fashion_mnist")
    np.testing.assert_array_equal(found.pictures[0], reading.seen)
    assert found.labels[0] == reading.label
    assert found.shares[0] == pytest.approx(reading.confidences[reading.label], abs=1e-3)
    change = np.abs(found.pictures.astype(int) - found.pictures[0]).max((1, 2, 3))
    assert change[0] == 0
    if harm in ("fgsm", "pgd"):
        assert change.tolist() == [0, 1, 2, 4, 8]
    else:
        assert (np.diff(change) >= 0).all()


@pytest.mark.parametrize(
    "asked, words",
    [
        (("rain", "cnn-fashion_mnist"), "one of noise, blur"),
        ((["noise"], "cnn-fashion_mnist"), "one of noise, blur"),
        ((None, "cnn-fashion_mnist"), "one of noise, blur"),
        (("noise", "resnet"), "no model or run"),
        (("noise", "cnn-fashion_mnist", "head"), "classifies by cnn"),
        (("fgsm", "vae-fashion_mnist"), "would take too long"),
    ],
)
def test_a_harm_that_cannot_be_done_is_refused_in_words(explained, asked, words):
    with pytest.raises(ValueError, match=words):
        explained.harm(picture(), *asked)


# --- generate ----------------------------------------------------------------------------------


def test_the_same_setting_gives_the_same_picture(service):
    setting = Setting("dcgan-mnist", "7", 12, 0.8, [0.5, -1.0])
    first = service.generate(setting)
    assert first.shape == (32, 32, 1)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, service.generate(setting))
    for change in (("7", 13), ("8", 12)):
        assert (first != service.generate(Setting("dcgan-mnist", *change, 0.8, [0.5, -1.0]))).any()
    assert (first != service.generate(Setting("dcgan-mnist", "7", 12, 0.8, [0.5, 2.0]))).any()


def test_the_seed_is_that_of_the_library(service):
    model = service.model("dcgan-mnist")
    expected = model.decode(model.latents(5, 1), ["4"])[0]
    drawn = service.generate(Setting("dcgan-mnist", "4", 5)).astype(float) / 127.5 - 1
    np.testing.assert_allclose(drawn, expected, atol=1 / 127)


def test_sliders_move_along_the_directions(service):
    model = service.model("dcgan-mnist")
    z = model.latents(5, 1) + 2 * model.directions[0] - model.directions[7]
    expected = model.decode(z, ["4"])[0]
    drawn = service.generate(Setting("dcgan-mnist", "4", 5, 1.0, [2, 0, 0, 0, 0, 0, 0, -1]))
    np.testing.assert_allclose(drawn / 127.5 - 1, expected, atol=1 / 127)


def test_the_ends_of_a_slider_are_where_it_leads(service):
    sliders = [0.5, 0, 0, -1, 0, 0, 0, 0]
    ends = service.direction_ends(Setting("dcgan-mnist", "4", 5, 1.0, sliders))
    assert ends.shape == (16, 32, 32, 1)
    right_of_fourth = service.generate(
        Setting("dcgan-mnist", "4", 5, 1.0, [0.5, 0, 0, 3, 0, 0, 0, 0])
    )
    assert np.abs(ends[7].astype(int) - right_of_fourth).max() <= 1


@pytest.mark.parametrize("kind", list(latent.DIRECTIONS))
def test_directions_are_those_of_the_library_and_found_once(service, kind, monkeypatch):
    model = service.model("vae-mnist")
    directions = service.directions("vae-mnist", kind)
    if kind == "picture":
        assert directions is model.directions
    else:
        np.testing.assert_array_equal(directions, latent.DIRECTIONS[kind](model))
    monkeypatch.setitem(latent.DIRECTIONS, kind, None)
    assert service.directions("vae-mnist", kind) is directions
    # A slider leads along them, and its ends are there.
    setting = Setting("vae-mnist", "4", 5, 1.0, [0, 1.5], kind)
    expected = model.decode(model.latents(5, 1) + 1.5 * directions[1], ["4"])[0]
    np.testing.assert_allclose(service.generate(setting) / 127.5 - 1, expected, atol=1 / 127)
    right = service.generate(Setting("vae-mnist", "4", 5, 1.0, [0, 3], kind))
    assert np.abs(service.direction_ends(setting)[3].astype(int) - right).max() <= 1


def test_coordinates_of_z_can_be_moved_or_given(service):
    model = service.model("dcgan-mnist")
    z = model.latents(5, 1)[0]
    drawn = service.generate(Setting("dcgan-mnist", "4", 5, offsets=[0, 1.25]))
    given = z + 1.25 * np.eye(len(z), dtype=np.float32)[1]
    again = service.generate(Setting("dcgan-mnist", "4", 99, z=given.tolist()))
    np.testing.assert_array_equal(drawn, again)
    halved = service.generate(Setting("dcgan-mnist", "4", 5, 0.5))
    again = service.generate(Setting("dcgan-mnist", "4", 99, 0.5, z=z.tolist()))
    np.testing.assert_array_equal(halved, again)


@pytest.mark.parametrize(
    "setting",
    [
        {"seed": 12},
        {"truncation": 0.85, "sliders": [0.05, 0, -2.3, 0]},
        {"kind": "sefa", "sliders": [0.35] * 8, "offsets": [0, 0.7]},
        {"kind": "ganspace", "sliders": [-1.1], "truncation": 0.3},
        {"z": [round(0.123 * i - 1, 3) for i in range(16)], "truncation": 0.9, "sliders": [1]},
    ],
)
@pytest.mark.parametrize("name", ["vae-mnist", "dcgan-cifar10"])
def test_the_program_draws_the_same_pixels(service, folder, monkeypatch, name, setting):
    label = service.run(name).config.class_names[7]
    asked = Setting(name, label, **setting)
    monkeypatch.chdir(folder.parent)
    names = {}
    exec(service.python_of(asked), names)
    np.testing.assert_array_equal(names["picture"], service.generate(asked))
    with Image.open("picture.png") as image:
        np.testing.assert_array_equal(np.asarray(image), names["picture"].squeeze())


def test_a_run_that_is_not_finished_has_no_sliders_yet(tmp_path, tiny_config):
    config = tiny_config("dcgan", "mnist", class_names=CLASS_NAMES["mnist"])
    make_run(tmp_path, config, with_directions=False)
    service = Service(tmp_path)
    assert len(service.direction_ends(Setting("dcgan-mnist", "4", 1, 1.0, [1.0] * 8))) == 0
    still = service.generate(Setting("dcgan-mnist", "4", 1, 1.0, [1.0] * 8))
    np.testing.assert_array_equal(still, service.generate(Setting("dcgan-mnist", "4", 1)))


def test_samples_are_the_pictures_of_their_seeds(service):
    pictures, seeds, labels = service.samples("dcgan-mnist", None, 3)
    assert len(pictures) == len(seeds) == len(labels) == 10 * NUM_A_CLASS
    assert seeds[:NUM_A_CLASS] == [3, 4, 5, 6, 7, 8]
    i = 4 * NUM_A_CLASS + 2
    assert (seeds[i], labels[i]) == (5, "4")
    alone = service.generate(Setting("dcgan-mnist", "4", 5))
    assert np.abs(pictures[i].astype(int) - alone).max() <= 1

    pictures, seeds, labels = service.samples("dcgan-mnist", "9", 999_999_999)
    assert len(pictures) == NUM_OF_ONE_CLASS
    assert set(labels) == {"9"}
    assert seeds[:2] == [999_999_999, 0]


def test_an_interpolation_begins_and_ends_at_its_seeds(service):
    way = service.interpolate("dcgan-mnist", "4", 5, 6, num=9)
    assert way.shape == (9, 32, 32, 1)
    for seed, end in ((5, way[0]), (6, way[-1])):
        alone = service.generate(Setting("dcgan-mnist", "4", seed))
        assert np.abs(end.astype(int) - alone).max() <= 1


def test_an_encoder_places_a_picture(service):
    found = service.encode(picture(), "vae-mnist")
    reading = service.classify(picture(), "vae-mnist")
    np.testing.assert_array_equal(found.seen, reading.seen)
    assert found.label == reading.label
    model = service.model("vae-mnist")
    z = model.encode(to_float(reading.seen[None]), [found.label])[0]
    np.testing.assert_allclose(found.z, z, atol=0.0005)
    assert found.z == [round(value, 3) for value in found.z]
    # It is the picture that the canvas draws of this z.
    drawn = service.generate(Setting("vae-mnist", found.label, z=found.z))
    np.testing.assert_array_equal(found.picture, drawn)
    expected = np.abs(drawn / 255 - found.seen / 255).mean()
    assert found.off == pytest.approx(expected)
    with pytest.raises(ValueError, match="no encoder"):
        service.encode(picture(), "dcgan-mnist")
    with pytest.raises(PictureError, match="not a picture"):
        service.encode(io.BytesIO(b"words"), "vae-mnist")


def test_boxes_of_pictures_are_added_and_taken_away(service):
    a = [Setting("vae-mnist", "4", 5), Setting("vae-mnist", "4", 6, 0.5)]
    b, c = [Setting("vae-mnist", "9", 7)], [Setting("vae-mnist", "1", 8)]
    model = service.model("vae-mnist")
    z = {seed: model.latents(seed, 1)[0] for seed in (5, 6, 7, 8)}
    found = service.combine(a, b, c)
    mean = (z[5] + 0.5 * z[6]) / 2
    np.testing.assert_allclose(found.z, mean - z[7] + z[8], atol=0.001)
    assert found.label == "1"
    drawn = service.generate(Setting("vae-mnist", "1", z=found.z))
    assert np.abs(found.picture.astype(int) - drawn).max() <= 1
    expected = to_uint8(model.decode(mean[None], ["4"]))[0]
    assert np.abs(found.means[0].astype(int) - expected).max() <= 1
    assert np.abs(found.means[1].astype(int) - service.generate(b[0])).max() <= 1
    # An empty box is 0, and black.
    found = service.combine(a[:1], [], [])
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
            service.combine(*boxes)


def test_a_map_shows_test_pictures_where_the_encoder_places_them(trusted, monkeypatch):
    found = trusted.map("vae-digits")
    test, model = data.load("digits", "test"), trusted.model("vae-digits")
    np.testing.assert_array_equal(found.classes, test.labels)
    z = model.encode(to_float(test.images), test.labels)
    np.testing.assert_allclose(found.places, (z - z.mean(0)) @ found.plane.axes.T, atol=1e-4)
    assert (found.of, found.share) == ("test", pytest.approx(found.plane.share(z)))
    assert np.mean(np.abs(found.places).max(1) <= found.extent) > 0.98
    assert trusted.map("vae-digits") is found  # drawn once
    # Its pictures are those of its places: the second of the top row.
    step = found.extent / 12
    place = np.array([[-found.extent + 3 * step, found.extent - step]])
    expected = to_uint8(model.decode(found.plane.lift(place), ["3"]))[0]
    sheet = trusted.map_sheet("vae-digits", "3")
    assert sheet.shape == (144, 32, 32, 1)
    assert np.abs(sheet[1].astype(int) - expected).max() <= 1
    # Without test pictures the model's own are placed.
    monkeypatch.setattr(data, "is_at_hand", lambda *asked: False)
    assert trusted.map("vae-digits").of == "drawn"


def test_a_map_without_an_encoder_is_of_the_prior(service, many):
    found = service.map("dcgan-mnist")
    model = service.model("dcgan-mnist")
    np.testing.assert_array_equal(found.plane.axes, model.directions[:2])
    np.testing.assert_array_equal(found.classes[:12], [*range(10), 0, 1])
    assert found.of == "prior"
    # One that is asked for no class is read by the classifier of its data set.
    name = "improved-gan-fashion_mnist"
    pictures = many.model(name).decode(many.model(name).latents(3, 1000), np.arange(1000) % 10)
    said = many.model("cnn-fashion_mnist").classify(pictures).argmax(-1)
    np.testing.assert_array_equal(many.map(name).classes, said)
    with pytest.raises(ValueError, match="draws no pictures"):
        service.map("cnn-mnist")
    with pytest.raises(ValueError, match="no class"):
        service.map_sheet("dcgan-mnist", "seven")


def wait_for_search(service, key):
    for _ in range(1200):
        job = service.searching(key)
        if job.is_over:
            return job
        time.sleep(0.05)
    raise AssertionError("the search does not end")


def test_a_picture_is_looked_for_where_there_is_no_encoder(service, monkeypatch):
    monkeypatch.setattr("demo.service.NUM_SEARCHED", 12)
    target = service.generate(Setting("dcgan-mnist", "4", 7))
    job = wait_for_search(service, service.search(as_file(target), "dcgan-mnist"))
    assert job.share == 1
    found = job.found
    drawn = service.generate(Setting("dcgan-mnist", found.label, z=found.z))
    np.testing.assert_array_equal(found.picture, drawn)
    # The judge is the plain classifier, and nearer than the first guess is what is found.
    seen = to_float(found.seen)
    judge, model = service.model("cnn-mnist"), service.model("dcgan-mnist")
    assert found.label == judge.class_names[judge.classify(seen[None])[0].argmax()]
    number = model.class_names.index(found.label)
    path = list(latent.invert(model, judge, seen, number, 12))
    np.testing.assert_allclose(found.z, path[-1][0], atol=0.0005)

    # Enough is enough, and what nobody asks about is given up.
    monkeypatch.setattr("demo.service.NUM_SEARCHED", 100_000)
    key = service.search(as_file(target), "dcgan-mnist")
    assert not service.searching(key, stop=True).is_over
    assert wait_for_search(service, key).found is not None
    monkeypatch.setattr("demo.service.PATIENCE", -1)
    key = service.search(as_file(target), "dcgan-mnist")
    assert wait_for_search(service, key).share < 1


def test_a_search_that_cannot_be_begun_is_refused_in_words(service, many, monkeypatch):
    with pytest.raises(ValueError, match="draws no pictures"):
        service.search(picture(), "cnn-mnist")
    for key in ("nothing", None, ["a"]):
        with pytest.raises(ValueError, match="begin it anew"):
            service.searching(key)
    monkeypatch.setattr("demo.service.MOST_SEARCHES", 0)
    with pytest.raises(ValueError, match="try again soon"):
        service.search(picture(), "dcgan-mnist")


def test_a_walk_leads_through_its_stops(service):
    stops = [
        Setting("vae-mnist", "4", 5),
        Setting("vae-mnist", "9", 6, 0.7, [1.0]),
        Setting("vae-mnist", "1", 7),
    ]
    way = service.walk(stops, 9)
    assert way.shape == (9, 32, 32, 1)
    for i, stop in zip((0, 4, 8), stops, strict=True):
        assert np.abs(way[i].astype(int) - service.generate(stop)).max() <= 1
    # Half-way it is drawn as the class of the stop that it comes to.
    model = service.model("vae-mnist")
    points = np.stack([model.latents(5, 1)[0], 0.7 * model.latents(6, 1)[0] + model.directions[0]])
    middle = latent.walk(points, 5)[2:3]
    expected = to_uint8(model.decode(middle, ["9"]))[0]
    assert np.abs(way[2].astype(int) - expected).max() <= 1
    # Closed, it ends before it begins anew.
    ring = service.walk(stops, 6, closed=True)
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
        ([one, one], 1, "number of pictures"),
        ([one, one], 97, "number of pictures"),
        ([one, one], None, "number of pictures"),
        ([one, Setting("vae-mnist", "4", -1)], 9, "seed"),
    ):
        with pytest.raises(ValueError, match=words):
            service.walk(stops, num)


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
        ({"sliders": [4]}, "each slider must be a number from -3 to 3"),
        ({"sliders": [float("inf")]}, "each slider"),
        ({"sliders": [[1]]}, "each slider"),
        ({"sliders": [0] * 9}, "at most 8 numbers"),
        ({"sliders": "12"}, "must be a list"),
        ({"sliders": {"0": 1}}, "must be a list"),
        ({"kind": "random"}, "one of picture, ganspace, sefa, not 'random'"),
        ({"kind": ["sefa"]}, "kind of directions"),
        ({"offsets": [0, 4]}, "each offset must be a number from -3 to 3"),
        ({"offsets": [0] * 17}, "at most 16 numbers"),
        ({"z": [0.5]}, "has 16 numbers"),
        ({"z": "12"}, "must be a list"),
        ({"z": [21] * 16}, "each coordinate must be a number from -20 to 20"),
        ({"z": [None] * 16}, "each coordinate"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(service, setting, words):
    good = {"name": "dcgan-mnist", "label": "7", "seed": 1, "truncation": 1.0, "sliders": []}
    good["sliders"] = [1]  # along which there is need of directions
    for ask in (service.generate, service.direction_ends, service.python_of):
        with pytest.raises(ValueError, match=words):
            ask(Setting(**(good | setting)))


def test_a_classifier_draws_nothing(service):
    with pytest.raises(ValueError, match="draws no pictures"):
        service.samples("cnn-mnist")


def test_a_model_that_cannot_be_asked_for_a_class_draws_what_it_will(many):
    name = "improved-gan-fashion_mnist"
    pictures, seeds, labels = many.samples(name, None, 3)
    assert seeds == list(range(3, 3 + 10 * NUM_A_CLASS))
    assert set(labels) == {""}
    of_one, _, labels = many.samples(name, "Bag", 3)
    assert len(of_one) == NUM_OF_ONE_CLASS
    assert set(labels) == {""}
    assert np.abs(of_one.astype(int) - pictures[: len(of_one)]).max() <= 1
    for label in ("", None, "Bag", "Coat"):
        alone = many.generate(Setting(name, label, 4))
        assert np.abs(pictures[1].astype(int) - alone).max() <= 1
    with pytest.raises(ValueError, match="no class 'seven'"):
        many.generate(Setting(name, "seven", 4))
    with pytest.raises(ValueError, match="no class ''"):
        many.generate(Setting("gan-fashion_mnist", "", 4))


def test_several_models_draw_the_same_seeds_and_class(many):
    names = ["vae-fashion_mnist", "gan-fashion_mnist"]
    drawn = many.samples_of(names, "Bag", 7)
    assert list(drawn) == names
    for name in names:
        np.testing.assert_array_equal(drawn[name], many.samples(name, "Bag", 7)[0])
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
        many.samples_of(names, "Bag", 1)


# --- curves ------------------------------------------------------------------------------------


def test_curves_are_the_records_of_the_runs(service):
    found = service.curves(["dcgan-mnist", "cnn-mnist"])
    assert list(found) == ["dcgan-mnist", "cnn-mnist"]
    assert found["dcgan-mnist"][0]["step"] == 50
    assert found["dcgan-mnist"][1]["loss/discriminator"] == 1.5
    assert "loss/class" in found["cnn-mnist"][-1]
    with pytest.raises(ValueError, match="list of names"):
        service.curves("dcgan-mnist")
    with pytest.raises(ValueError, match="There are: dcgan-mnist"):
        service.curves(["../secret"])


def test_a_run_that_has_just_begun_has_no_records_yet(tmp_path, tiny_config):
    config = tiny_config("dcgan", "mnist", class_names=CLASS_NAMES["mnist"])
    make_run(tmp_path, config, num_records=0)
    assert Service(tmp_path).curves(["dcgan-mnist"]) == {"dcgan-mnist": []}


def test_long_curves_are_thinned_and_keep_their_end(tmp_path, tiny_config):
    make_run(tmp_path, tiny_config("dcgan", "mnist", class_names=CLASS_NAMES["mnist"]), 2500)
    records = Service(tmp_path).curves(["dcgan-mnist"])["dcgan-mnist"]
    assert len(records) == 834
    assert records[-1]["step"] == 50 * 2500
    assert records[1]["step"] - records[0]["step"] == 150


def test_sample_sheets_are_those_that_the_run_drew(service, folder):
    assert service.sample_steps("dcgan-mnist") == [0, 500, 1000]
    sheet = Image.open(io.BytesIO(service.sample_sheet("dcgan-mnist", 500)))
    assert sheet.size == (320, 256)
    for step in (501, "500", None, "../../x"):
        with pytest.raises(ValueError, match="no samples at step"):
            service.sample_sheet("dcgan-mnist", step)


# --- what travels ------------------------------------------------------------------------------


def test_an_answer_never_fails(caplog):
    @wire.answer
    def add(request):
        return {"sum": request["a"] + request["b"]}

    assert add({"a": 1, "b": 2}) == {"sum": 3}
    for request in (None, [], "text", {"a": 1}, {"a": 1, "b": "2"}):
        assert "Something went wrong" in add(request)["error"]
    assert "add failed" in caplog.text

    @wire.answer
    def refuse(request):
        raise ValueError("Not like this.")

    assert refuse({}) == {"error": "Not like this."}


def test_only_uploads_examples_and_data_urls_are_opened(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    (tmp_path / "uploads").mkdir()
    inside, outside = tmp_path / "uploads" / "a.png", tmp_path / "b.png"
    for file in (inside, outside):
        file.write_bytes(picture().getvalue())
    assert wire.picture_in({"path": str(inside)}, EXAMPLES) == inside
    for path in (str(outside), f"{inside}/../../b.png", "/etc/passwd", "", None, 3, ["a"]):
        with pytest.raises(ValueError, match=r"uploaded picture"):
            wire.picture_in({"path": path}, EXAMPLES)

    assert wire.picture_in({"example": "mnist/7.webp"}, EXAMPLES).name == "7.webp"
    for name in ("../service.py", "mnist/77.webp", None):
        with pytest.raises(ValueError, match="no example"):
            wire.picture_in({"example": name}, EXAMPLES)

    url = wire.to_url(Image.new("L", (2, 2)))
    assert Image.open(wire.picture_in({"data": url}, EXAMPLES)).size == (2, 2)
    long = "data:image/png;base64," + "A" * wire.LARGEST_DATA_URL
    for url in ("data:text/html;base64,AA==", "http://example.org/a.png", "", None, 3, long):
        with pytest.raises(ValueError, match=r"data URL|too large"):
            wire.picture_in({"data": url}, EXAMPLES)
    with pytest.raises(ValueError, match="damaged"):
        wire.picture_in({"data": "data:image/png;base64,***"}, EXAMPLES)
    with pytest.raises(ValueError, match="Choose a picture"):
        wire.picture_in({}, EXAMPLES)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", wire.FILMS)
def test_an_animation_holds_its_pictures_in_order(kind, channels):
    pictures = np.zeros((3, 32, 32, channels), np.uint8)
    pictures[np.arange(3), 8 * np.arange(3)] = 255  # a line that falls
    url = wire.to_film(pictures, kind, 120)
    head, body = url.split(",")
    assert head == f"data:image/{kind.lower()};base64"
    with Image.open(io.BytesIO(base64.b64decode(body))) as film:
        assert (film.format, film.size, film.n_frames) == (kind, (256, 256), 3)
        assert film.info["loop"] == 0  # for ever
        for i in range(3):
            film.seek(i)
            rows = np.asarray(film.convert("L"))[4::8, 100]
            assert film.info.get("duration", 120) == 120
            assert np.flatnonzero(rows > 127).tolist() == [8 * i]
    with pytest.raises(ValueError, match="one of GIF, WEBP"):
        wire.to_film(pictures, "MP4", 120)


def test_a_sheet_has_its_pictures_row_by_row():
    pictures = np.arange(3, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    sheet = np.asarray(wire.to_sheet(pictures, 2))
    assert sheet.tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 0, 0], [2, 2, 0, 0]]
