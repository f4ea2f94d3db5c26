"""demo/service/latent_map.py: maps of a latent space."""

import numpy as np
import pytest

from dgm import data
from dgm.data import to_float, to_uint8


def test_a_map_shows_test_pictures_where_the_encoder_places_them(trusted, monkeypatch):
    found = trusted.latent_maps.map("vae-digits")
    test, model = data.load("digits", "test"), trusted.models.model("vae-digits")
    np.testing.assert_array_equal(found.classes, test.labels)
    z = model.encode(to_float(test.images), test.labels)
    np.testing.assert_allclose(found.positions, (z - z.mean(0)) @ found.plane.axes.T, atol=1e-4)
    assert (found.source, found.share) == ("test", pytest.approx(found.plane.share(z)))
    assert np.mean(np.abs(found.positions).max(1) <= found.extent) > 0.98
    assert trusted.latent_maps.map("vae-digits") is found  # drawn once
    # Its pictures are those of its places: the second of the top row.
    step = found.extent / 12
    place = np.array([[-found.extent + 3 * step, found.extent - step]])
    expected = to_uint8(model.decode(found.plane.lift(place), ["3"]))[0]
    sheet = trusted.latent_maps.map_grid("vae-digits", "3")
    assert sheet.shape == (144, 32, 32, 1)
    assert np.abs(sheet[1].astype(int) - expected).max() <= 1
    # Without test pictures the model's own are placed.
    monkeypatch.setattr(data, "is_at_hand", lambda *asked: False)
    assert trusted.latent_maps.map("vae-digits").source == "drawn"


def test_a_map_without_an_encoder_is_of_the_prior(service, many):
    found = service.latent_maps.map("dcgan-mnist")
    model = service.models.model("dcgan-mnist")
    np.testing.assert_array_equal(found.plane.axes, model.directions[:2])
    np.testing.assert_array_equal(found.classes[:12], [*range(10), 0, 1])
    assert found.source == "prior"
    # One that is asked for no class is read by the classifier of its data set.
    name = "improved-gan-fashion_mnist"
    pictures = many.models.model(name).decode(
        many.models.model(name).latents(3, 1000), np.arange(1000) % 10
    )
    said = many.models.model("cnn-fashion_mnist").classify(pictures).argmax(-1)
    np.testing.assert_array_equal(many.latent_maps.map(name).classes, said)
    with pytest.raises(ValueError, match="draws no pictures"):
        service.latent_maps.map("cnn-mnist")
    with pytest.raises(ValueError, match="no class"):
        service.latent_maps.map_grid("dcgan-mnist", "seven")
