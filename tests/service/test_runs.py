"""demo/service/runs.py: what the folder of a run tells."""

import io
import json

import pytest
from page_runs import COMPARED, make_run
from PIL import Image

from demo.service import Service
from dgm.data import spec


def test_systems_differ_in_what_they_can(many):
    assert [run.config.recipe for run in many.models.runs().values()] == [*COMPARED, "dcgan"]
    ways = {name: run.methods for name, run in many.models.runs().items()}
    assert ways["gan-fashion_mnist"] == ways["wgan-gp-fashion_mnist"] == ()
    assert ways["improved-gan-fashion_mnist"] == ("semi-supervised",)
    asked = {
        run.config.recipe for run in many.models.runs().values() if not run.abilities.is_conditional
    }
    assert asked == {"improved-gan", "wgan"}


def test_what_is_no_number_in_an_evaluation_is_left_out(tmp_path, tiny_config):
    run = make_run(tmp_path, tiny_config("gan", "mnist", class_names=spec("mnist").class_names))
    text = '{"metrics": {"fd_dgm": NaN, "kid_dgm": "low", "recall": null, "gan_test": 1}}'
    (run / "evaluation.json").write_text(text)
    assert Service(tmp_path).models.run("gan-mnist").figures == {"gan_test": 1.0}
    for text in ("{", "[]", '{"metrics": 3}'):
        (run / "evaluation.json").write_text(text)
        assert Service(tmp_path).models.run("gan-mnist").figures == {}


def test_what_was_fitted_on_a_model_is_read_off_its_file(explained, tmp_path, tiny_config):
    run = explained.models.run("dcgan-fashion_mnist")
    assert run.methods == ("head", "features", "bayes-features")
    assert run.abilities.has_ood_score
    model = explained.models.model("dcgan-fashion_mnist")
    assert run.fitted == set(model.readout)
    assert run.abilities == model.abilities
    broken = make_run(
        tmp_path, tiny_config("dcgan", "mnist", class_names=spec("mnist").class_names)
    )
    (broken / "model.safetensors").write_bytes(b"no weights")
    assert Service(tmp_path).models.run("dcgan-mnist").fitted == frozenset()


def test_which_models_have_features_is_known_without_loading_them(many, explained):
    for service in (many, explained):
        for run in service.models.runs().values():
            if run.methods:
                assert service.models.model(run.name).has_features == run.abilities.has_features


def test_what_is_no_table_of_numbers_is_left_out(tmp_path, tiny_config):
    run = make_run(tmp_path, tiny_config("cnn", "mnist", class_names=spec("mnist").class_names))
    for confusion in (3, [[1, 2]], [[-1] * 10] * 10, [["a"] * 10] * 10, [[None] * 10] * 10):
        for details in ({"confusion": {"cnn": confusion}}, {"confusion": confusion}, [confusion]):
            reliability = {"reliability": {"cnn": [[1, 2]]}}
            details = details | reliability if isinstance(details, dict) else details
            text = json.dumps({"details": details, "num_images": "many"})
            (run / "evaluation.json").write_text(text)
            found = Service(tmp_path).models.run("cnn-mnist")
            assert found.confusion == found.reliability == {}
            assert found.num_tested == 0
    (run / "predictions.safetensors").write_bytes(b"nothing")
    assert Service(tmp_path).models.run("cnn-mnist").predicted_methods == frozenset()


def test_a_run_that_has_just_begun_has_no_records_yet(tmp_path, tiny_config):
    config = tiny_config("dcgan", "mnist", class_names=spec("mnist").class_names)
    make_run(tmp_path, config, num_records=0)
    assert Service(tmp_path).models.curves(["dcgan-mnist"]) == {"dcgan-mnist": []}


def test_long_curves_are_thinned_and_keep_their_end(tmp_path, tiny_config):
    make_run(tmp_path, tiny_config("dcgan", "mnist", class_names=spec("mnist").class_names), 2500)
    records = Service(tmp_path).models.curves(["dcgan-mnist"])["dcgan-mnist"]
    assert len(records) == 834
    assert records[-1]["step"] == 50 * 2500
    assert records[1]["step"] - records[0]["step"] == 150


def test_sample_sheets_are_those_that_the_run_drew(service):
    run = service.models.run("dcgan-mnist")
    assert run.sample_steps() == [0, 500, 1000]
    sheet = Image.open(io.BytesIO(run.sample_grid(500)))
    assert sheet.size == (320, 256)
    for step in (501, "500", None, "../../x"):
        with pytest.raises(ValueError, match="no samples at step"):
            run.sample_grid(step)
