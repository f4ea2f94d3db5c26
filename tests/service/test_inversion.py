"""demo/service/inversion.py: the way back from a picture, and maps."""

import io
import time

import numpy as np
import pytest
from asking import as_file, picture

from demo.service.latent_points import Setting
from dgm.analysis.inversion import invert
from dgm.data import PictureError, to_float


def test_an_encoder_places_a_picture(service):
    found = service.inversion.encode(picture(), "vae-mnist")
    reading = service.classification.classify(picture(), "vae-mnist")
    np.testing.assert_array_equal(found.seen, reading.seen)
    assert found.label == reading.label
    model = service.models.model("vae-mnist")
    z = model.encode(to_float(reading.seen[None]), [found.label])[0]
    np.testing.assert_allclose(found.z, z, atol=0.0005)
    assert found.z == [round(value, 3) for value in found.z]
    # It is the picture that the canvas draws of this z.
    drawn = service.generation.generate(Setting("vae-mnist", found.label, z=found.z))
    np.testing.assert_array_equal(found.picture, drawn)
    expected = np.abs(drawn / 255 - found.seen / 255).mean()
    assert found.error == pytest.approx(expected)
    with pytest.raises(ValueError, match="no encoder"):
        service.inversion.encode(picture(), "dcgan-mnist")
    with pytest.raises(PictureError, match="not a picture"):
        service.inversion.encode(io.BytesIO(b"words"), "vae-mnist")


def wait_for_search(service, key):
    for _ in range(1200):
        job = service.inversion.search_status(key)
        if job.is_over:
            return job
        time.sleep(0.05)
    raise AssertionError("the search does not end")


def test_a_picture_is_looked_for_where_there_is_no_encoder(service, monkeypatch):
    monkeypatch.setattr("demo.service.inversion.NUM_SEARCH_STEPS", 12)
    target = service.generation.generate(Setting("dcgan-mnist", "4", 7))
    job = wait_for_search(service, service.inversion.search(as_file(target), "dcgan-mnist"))
    assert job.share == 1
    found = job.best
    drawn = service.generation.generate(Setting("dcgan-mnist", found.label, z=found.z))
    np.testing.assert_array_equal(found.picture, drawn)
    # The judge is the plain classifier, and nearer than the first guess is what is found.
    seen = to_float(found.seen)
    judge, model = service.models.model("cnn-mnist"), service.models.model("dcgan-mnist")
    assert found.label == judge.class_names[judge.classify(seen[None])[0].argmax()]
    number = model.class_names.index(found.label)
    path = list(invert(model, judge, seen, number, 12))
    np.testing.assert_allclose(found.z, path[-1][0], atol=0.0005)

    # Enough is enough, and what nobody asks about is given up.
    monkeypatch.setattr("demo.service.inversion.NUM_SEARCH_STEPS", 100_000)
    key = service.inversion.search(as_file(target), "dcgan-mnist")
    assert not service.inversion.search_status(key, stop=True).is_over
    assert wait_for_search(service, key).best is not None
    monkeypatch.setattr("demo.service.jobs.PATIENCE", -1)
    key = service.inversion.search(as_file(target), "dcgan-mnist")
    assert wait_for_search(service, key).share < 1


def test_a_search_that_cannot_be_begun_is_refused_in_words(service, many, monkeypatch):
    with pytest.raises(ValueError, match="draws no pictures"):
        service.inversion.search(picture(), "cnn-mnist")
    for key in ("nothing", None, ["a"]):
        with pytest.raises(ValueError, match="begin it anew"):
            service.inversion.search_status(key)
    monkeypatch.setattr("demo.service.inversion.MAX_SEARCHES", 0)
    with pytest.raises(ValueError, match="try again soon"):
        service.inversion.search(picture(), "dcgan-mnist")
