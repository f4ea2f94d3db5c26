"""The page's HTTP API, which needs no browser."""

import json

import numpy as np
import pytest
from page.driver import photo
from PIL import Image


@pytest.fixture(scope="module")
def client(url):
    from gradio_client import Client

    return Client(url, verbose=False)


def test_the_api_classifies(client, tmp_path):
    from gradio_client import handle_file

    (tmp_path / "photo.jpg").write_bytes(photo("dog"))
    answer = client.predict(
        handle_file(tmp_path / "photo.jpg"), "dcgan-cifar10", "", api_name="/classify"
    )
    assert answer["label"] == max(answer["confidences"], key=answer["confidences"].get)
    assert sum(answer["confidences"].values()) == pytest.approx(1, abs=1e-4)


def test_the_api_tells_what_is_wrong(client, tmp_path):
    from gradio_client import handle_file

    (tmp_path / "words.txt").write_text("only words")
    with pytest.raises(Exception, match="not a picture"):
        client.predict(handle_file(tmp_path / "words.txt"), "dcgan-mnist", "", api_name="/classify")
    with pytest.raises(Exception, match="There are: dcgan-mnist"):
        client.predict("resnet", "0", 1, 1.0, [], api_name="/generate")


def test_the_api_explains(client, tmp_path):
    from gradio_client import handle_file

    (tmp_path / "photo.jpg").write_bytes(photo("dog"))
    asked = handle_file(tmp_path / "photo.jpg"), "dcgan-cifar10", "", "cat"
    for way in ("cover", "gradients"):
        answer = client.predict(*asked, way, api_name="/explain")
        assert answer["label"] == "cat"
        assert np.shape(answer["heat"]) == (32, 32)
    with pytest.raises(Exception, match="by one of cover, gradients"):
        client.predict(*asked, "guess", api_name="/explain")


def test_the_api_draws(client):
    first = client.predict("dcgan-mnist", "3", 5, 1.0, [1.5], api_name="/generate")
    again = client.predict("dcgan-mnist", "3", 5, 1.0, [1.5], api_name="/generate")
    with Image.open(first) as a, Image.open(again) as b:
        assert a.size == (32, 32)
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
    strip = client.predict("dcgan-mnist", "3", 5, 6, 1.0, 4, api_name="/interpolate")
    with Image.open(strip) as image:
        assert image.size == (128, 32)


def test_the_api_gives_curves(client):
    answer = client.predict(["dcgan-mnist"], api_name="/curves")
    assert answer["dcgan-mnist"][0]["step"] == 50
    json.dumps(answer)
