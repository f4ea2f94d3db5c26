"""demo/service/placing.py: the way back from a picture, and maps."""

import io
import time

import numpy as np
import pytest
from asking import as_file, picture

from demo.service.drawing import Setting
from dgm import data, latent
from dgm.data import to_float, to_uint8
from dgm.pictures import PictureError


def test_an_encoder_places_a_picture(service):
    found = service.placing.encode(picture(), "vae-mnist")
    reading = service.reading.classify(picture(), "vae-mnist")
    np.testing.assert_array_equal(found.seen, reading.seen)
    assert found.label == reading.label
    model = service.shelf.model("vae-mnist")
    z = model.encode(to_float(reading.seen[None]), [found.label])[0]
    np.testing.assert_allclose(found.z, z, atol=0.0005)
    assert found.z == [round(value, 3) for value in found.z]
    # It is the picture that the canvas draws of this z.
    drawn = service.drawing.generate(Setting("vae-mnist", found.label, z=found.z))
    np.testing.assert_array_equal(found.picture, drawn)
    expected = np.abs(drawn / 255 - found.seen / 255).mean()
    assert found.off == pytest.approx(expected)
    with pytest.raises(ValueError, match="no encoder"):
        service.placing.encode(picture(), "dcgan-mnist")
    with pytest.raises(PictureError, match="not a picture"):
        service.placing.encode(io.BytesIO(b"words"), "vae-mnist")


def test_a_map_shows_test_pictures_where_the_encoder_places_them(trusted, monkeypatch):
    found = trusted.placing.map("vae-digits")
    test, model = data.load("digits", "test"), trusted.shelf.model("vae-digits")
    np.testing.assert_array_equal(found.classes, test.labels)
    z = model.encode(to_float(test.images), test.labels)
    np.testing.assert_allclose(found.places, (z - z.mean(0)) @ found.plane.axes.T, atol=1e-4)
    assert (found.of, found.share) == ("test", pytest.approx(found.plane.share(z)))
    assert np.mean(np.abs(found.places).max(1) <= found.extent) > 0.98
    assert trusted.placing.map("vae-digits") is found  # drawn once
    # Its pictures are those of its places: the second of the top row.
    step = found.extent / 12
    place = np.array([[-found.extent + 3 * step, found.extent - step]])
    expected = to_uint8(model.decode(found.plane.lift(place), ["3"]))[0]
    sheet = trusted.placing.map_sheet("vae-digits", "3")
    assert sheet.shape == (144, 32, 32, 1)
    assert np.abs(sheet[1].astype(int) - expected).max() <= 1
    # Without test pictures the model's own are placed.
    monkeypatch.setattr(data, "is_at_hand", lambda *asked: False)
    assert trusted.placing.map("vae-digits").of == "drawn"


def test_a_map_without_an_encoder_is_of_the_prior(service, many):
    found = service.placing.map("dcgan-mnist")
    model = service.shelf.model("dcgan-mnist")
    np.testing.assert_array_equal(found.plane.axes, model.directions[:2])
    np.testing.assert_array_equal(found.classes[:12], [*range(10), 0, 1])
    assert found.of == "prior"
    # One that is asked for no class is read by the classifier of its data set.
    name = "improved-gan-fashion_mnist"
    pictures = many.shelf.model(name).decode(
        many.shelf.model(name).latents(3, 1000), np.arange(1000) % 10
    )
    said = many.shelf.model("cnn-fashion_mnist").classify(pictures).argmax(-1)
    np.testing.assert_array_equal(many.placing.map(name).classes, said)
    with pytest.raises(ValueError, match="draws no pictures"):
        service.placing.map("cnn-mnist")
    with pytest.raises(ValueError, match="no class"):
        service.placing.map_sheet("dcgan-mnist", "seven")


def wait_for_search(service, key):
    for _ in range(1200):
        job = service.placing.searching(key)
        if job.is_over:
            return job
        time.sleep(0.05)
    raise AssertionError("the search does not end")


def test_a_picture_is_looked_for_where_there_is_no_encoder(service, monkeypatch):
    monkeypatch.setattr("demo.service.placing.NUM_SEARCHED", 12)
    target = service.drawing.generate(Setting("dcgan-mnist", "4", 7))
    job = wait_for_search(service, service.placing.search(as_file(target), "dcgan-mnist"))
    assert job.share == 1
    found = job.found
    drawn = service.drawing.generate(Setting("dcgan-mnist", found.label, z=found.z))
    np.testing.assert_array_equal(found.picture, drawn)
    # The judge is the plain classifier, and nearer than the first guess is what is found.
    seen = to_float(found.seen)
    judge, model = service.shelf.model("cnn-mnist"), service.shelf.model("dcgan-mnist")
    assert found.label == judge.class_names[judge.classify(seen[None])[0].argmax()]
    number = model.class_names.index(found.label)
    path = list(latent.invert(model, judge, seen, number, 12))
    np.testing.assert_allclose(found.z, path[-1][0], atol=0.0005)

    # Enough is enough, and what nobody asks about is given up.
    monkeypatch.setattr("demo.service.placing.NUM_SEARCHED", 100_000)
    key = service.placing.search(as_file(target), "dcgan-mnist")
    assert not service.placing.searching(key, stop=True).is_over
    assert wait_for_search(service, key).found is not None
    monkeypatch.setattr("demo.service.jobs.PATIENCE", -1)
    key = service.placing.search(as_file(target), "dcgan-mnist")
    assert wait_for_search(service, key).share < 1


def test_a_search_that_cannot_be_begun_is_refused_in_words(service, many, monkeypatch):
    with pytest.raises(ValueError, match="draws no pictures"):
        service.placing.search(picture(), "cnn-mnist")
    for key in ("nothing", None, ["a"]):
        with pytest.raises(ValueError, match="begin it anew"):
            service.placing.searching(key)
    monkeypatch.setattr("demo.service.placing.MOST_SEARCHES", 0)
    with pytest.raises(ValueError, match="try again soon"):
        service.placing.search(picture(), "dcgan-mnist")
