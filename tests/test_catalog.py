"""demo/catalog.py: what the page offers, on small models."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from page_runs import COMPARED, make_run

import demo
from demo import text
from demo.catalog import catalog, measured_methods, ood_detection
from demo.service import Service
from dgm import data
from dgm.data import spec

pytestmark = pytest.mark.quick


def test_the_catalog_has_the_figures_of_each_model(many):
    models = {model["recipe"]: model for model in catalog(many)["datasets"][0]["models"]}
    assert list(models) == list(COMPARED)
    for recipe, (accuracy, figures) in COMPARED.items():
        expected = figures if accuracy is None else figures | {"accuracy": accuracy}
        assert models[recipe]["figures"] == expected
    assert (models["gan"]["images"], models["gan"]["minutes"]) == (128_000, 100 / 60)
    free = [recipe for recipe, model in models.items() if not model["conditional"]]
    assert free == ["improved-gan", "wgan"]
    assert not models["cnn"]["generates"]


def test_no_checkpoint_at_all_is_an_empty_catalog(tmp_path):
    service = Service(tmp_path / "nothing")
    assert catalog(service) == {"datasets": [], "runs": []}
    service.warm_up()


def test_the_catalog_is_json_and_has_every_example(service):
    found = catalog(service, with_examples=True)
    json.dumps(found)
    assert [s["key"] for s in found["datasets"]] == ["mnist", "cifar10"]
    for dataset in found["datasets"]:
        assert len(dataset["examples"]) == 10
        assert dataset["varied_class"] in dataset["classes"]
        assert all(e["url"].startswith("data:image/webp;base64,") for e in dataset["examples"])
    assert found["datasets"][0]["models"][0]["accuracy"] == {"head": 0.9876}
    assert found["runs"][0]["steps"] == [0, 500, 1000]


def test_scripts_are_told_the_fields_of_the_catalog(service):
    types = (Path(demo.__file__).parent / "components" / "types.d.ts").read_text()
    found = catalog(service)
    for name, example in (
        ("Model", found["datasets"][0]["models"][0]),
        ("DataSet", found["datasets"][0]),
        ("Run", found["runs"][0]),
    ):
        body = re.search(rf"interface {name} {{(.*?)\n  }}", types, re.DOTALL)[1]
        assert set(re.findall(r"^    (\w+):", body, re.MULTILINE)) == example.keys()


def test_the_catalog_says_which_models_can_tell_what(explained):
    found = {model["recipe"]: model for model in catalog(explained)["datasets"][1]["models"]}
    assert [recipe for recipe, model in found.items() if model["has_ood_score"]] == ["dcgan"]
    assert [r for r, model in found.items() if model["has_likelihood"]] == ["vae", "ib-vae"]
    assert [r for r, model in found.items() if model["has_counterfactuals"]] == ["ib-vae"]
    # Each answer of a VAE whose decoder is told the class takes 80 drawings.
    assert found["vae"]["explained_methods"] == []
    assert found["ib-vae"]["explained_methods"] == ["bayes"]
    assert found["dcgan"]["explained_methods"] == ["head", "features", "bayes-features"]


def test_what_was_measured_of_a_way(trusted):
    (head,) = measured_methods(trusted.models.run("dcgan-digits"))
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
    (bayes,) = measured_methods(trusted.models.run("vae-digits"))
    assert bayes["reliability"] is None
    assert not bayes["is_predicted"]
    assert not bayes["is_attacked"]
    json.dumps([head, bayes])
    with pytest.raises(ValueError, match="no model of the data set"):
        trusted.models.classifiers(["digits"])


def test_how_strange_pictures_are_told_apart(trusted):
    found = ood_detection(trusted.models.run("dcgan-digits"))
    assert found["accepted"] == 0.949
    assert [(one["kind"], one["title"]) for one in found["kinds"]] == [
        ("mnist", "MNIST"),
        ("noise", "Noise"),
    ]
    assert found["kinds"][0]["shares"] == {"": 0.8961, "softmax": 0.7}
    assert ood_detection(trusted.models.run("cnn-digits")) == {"kinds": [], "accepted": None}


def test_what_is_no_share_is_not_told_apart(tmp_path, tiny_config):
    config = tiny_config("cnn", "mnist", class_names=spec("mnist").class_names)
    make_run(tmp_path, config, figures={"ood_auroc/noise": 1.2, "ood_auroc/shapes": -0.1})
    assert ood_detection(Service(tmp_path).models.run("cnn-mnist"))["kinds"] == []


def test_the_page_has_words_for_how_a_data_set_takes_pictures():
    hint = text.messages("source", "en")["hint"]
    for dataset in map(spec, data.DATASETS):
        assert f"fitted-{dataset.fitting}" in text.messages("classify", "en")
        assert not dataset.drawn or f" {dataset.drawn} {{" in hint
