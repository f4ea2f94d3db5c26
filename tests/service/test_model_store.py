"""demo/service/model_store.py: the runs there are, and their models."""

import threading

import pytest
from page_runs import make_run

from demo.catalog import catalog
from demo.service import Service
from demo.service.latent_points import Setting
from dgm.data import spec
from dgm.model import Model


def test_runs_are_grouped_by_data_set_and_ordered_by_system(service):
    assert list(service.models.runs()) == ["dcgan-mnist", "vae-mnist", "cnn-mnist", "dcgan-cifar10"]
    run = service.models.run("dcgan-mnist")
    assert (run.title, run.dataset.title) == ("DCGAN", "MNIST")
    assert run.accuracy == {"head": 0.9876}
    assert run.methods == ("head",)
    assert run.can("sample")
    assert not service.models.run("cnn-mnist").can("sample")


def test_a_run_that_is_still_going_on_has_curves_but_no_model(tmp_path, tiny_config):
    run = make_run(tmp_path, tiny_config("dcgan", "mnist", class_names=spec("mnist").class_names))
    (run / "model.safetensors").unlink()
    (run / "config.json").unlink()
    service = Service(tmp_path)
    assert catalog(service)["datasets"] == []
    assert len(service.models.curves(["dcgan-mnist"])["dcgan-mnist"]) == 40
    with pytest.raises(ValueError, match="no trained model yet"):
        service.generation.generate(Setting("dcgan-mnist", "3"))


def test_folders_that_hold_no_run_are_left_out(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{")
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"")
    (tmp_path / "broken" / "metrics.jsonl").write_text("")
    assert Service(tmp_path).models.runs() == {}


def test_runs_of_ones_own_are_told_from_those_shipped(runs_folder, tmp_path, tiny_config):
    own = tmp_path / "runs"
    make_run(own, tiny_config("dcgan", "mnist", class_names=spec("mnist").class_names))
    service = Service(runs_folder, own)
    assert list(service.models.runs())[-1] == "runs/dcgan-mnist"
    models = catalog(service)["datasets"][0]["models"]
    assert [m["note"] for m in models] == ["", "", "baseline", "runs/dcgan-mnist"]
    shipped = [run["shipped"] for run in catalog(service)["runs"]]
    assert shipped == [True, True, True, True, False]


def test_models_are_kept_up_to_a_number_and_loaded_once(runs_folder):
    service = Service(runs_folder, num_kept=1)
    first = service.models.model("dcgan-mnist")
    assert service.models.model("dcgan-mnist") is first
    service.models.model("cnn-mnist")
    assert service.models.model("dcgan-mnist") is not first

    found = []
    many = Service(runs_folder)
    threads = [
        threading.Thread(target=lambda: found.append(many.models.model("dcgan-mnist")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(model is found[0] for model in found)


def test_warming_up_asks_for_all_that_the_page_will(explained, monkeypatch):
    monkeypatch.setattr("demo.service.model_store.QUIET_SECONDS", 0)
    asked = []
    for name in ("classify", "ood_score", "decode", "gradients", "encode"):
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
        "dcgan": {"classify", "ood_score", "decode", "gradients"},
        "ib-vae": {"classify", "decode", "gradients", "encode"},
        "vae": {"classify", "decode", "encode"},
        "cnn": {"classify", "gradients"},
    }.items():
        assert {name for of, name in asked if of == recipe} == expected


def test_curves_are_the_records_of_the_runs(service):
    found = service.models.curves(["dcgan-mnist", "cnn-mnist"])
    assert list(found) == ["dcgan-mnist", "cnn-mnist"]
    assert found["dcgan-mnist"][0]["step"] == 50
    assert found["dcgan-mnist"][1]["loss/discriminator"] == 1.5
    assert "loss/class" in found["cnn-mnist"][-1]
    with pytest.raises(ValueError, match="list of names"):
        service.models.curves("dcgan-mnist")
    with pytest.raises(ValueError, match="There are: dcgan-mnist"):
        service.models.curves(["../secret"])


def test_a_find_reference_classifier_samples_is_no_model_of_the_page(tmp_path, tiny_config):
    config = tiny_config("cnn", "digits", class_names=tuple("0123456789"))
    make_run(tmp_path, config)
    service = Service(tmp_path)
    assert service.models.reference_classifier("digits").name == "cnn-digits"
    make_run(tmp_path / "judges", config)
    assert list(service.models.runs()) == ["cnn-digits"]
    judge = service.models.reference_classifier("digits")
    assert judge.name == "judges/cnn-digits"
    assert service.models.load(judge).methods == ("cnn",)
    assert service.models.reference_classifier("mnist") is None
