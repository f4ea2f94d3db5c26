"""demo/transport.py: what travels between page and server."""

import base64
import io

import numpy as np
import pytest
from asking import picture
from PIL import Image

from demo import transport
from demo.catalog import EXAMPLES


def test_an_answer_never_fails(caplog):
    @transport.server_function
    def add(request):
        return {"sum": request["a"] + request["b"]}

    assert add({"a": 1, "b": 2}) == {"sum": 3}
    for request in (None, [], "text", {"a": 1}, {"a": 1, "b": "2"}):
        assert "Something went wrong" in add(request)["error"]
    assert "add failed" in caplog.text

    @transport.server_function
    def refuse(request):
        raise ValueError("Not like this.")

    assert refuse({}) == {"error": "Not like this."}


def test_only_uploads_examples_and_data_urls_are_opened(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    (tmp_path / "uploads").mkdir()
    inside, outside = tmp_path / "uploads" / "a.png", tmp_path / "b.png"
    for file in (inside, outside):
        file.write_bytes(picture().getvalue())
    assert transport.requested_picture({"path": str(inside)}, EXAMPLES) == inside
    for path in (str(outside), f"{inside}/../../b.png", "/etc/passwd", "", None, 3, ["a"]):
        with pytest.raises(ValueError, match=r"uploaded picture"):
            transport.requested_picture({"path": path}, EXAMPLES)

    assert transport.requested_picture({"example": "mnist/7.webp"}, EXAMPLES).name == "7.webp"
    for name in ("../catalog.py", "mnist/77.webp", None):
        with pytest.raises(ValueError, match="no example"):
            transport.requested_picture({"example": name}, EXAMPLES)

    url = transport.picture_url(np.zeros((2, 2, 1), np.uint8))
    assert Image.open(transport.requested_picture({"data": url}, EXAMPLES)).size == (2, 2)
    long = "data:image/png;base64," + "A" * transport.MAX_DATA_URL
    for url in ("data:text/html;base64,AA==", "http://example.org/a.png", "", None, 3, long):
        with pytest.raises(ValueError, match=r"data URL|too large"):
            transport.requested_picture({"data": url}, EXAMPLES)
    with pytest.raises(ValueError, match="damaged"):
        transport.requested_picture({"data": "data:image/png;base64,***"}, EXAMPLES)
    with pytest.raises(ValueError, match="Choose a picture"):
        transport.requested_picture({}, EXAMPLES)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", transport.ANIMATION_FORMATS)
def test_an_animation_holds_its_pictures_in_order(kind, channels):
    pictures = np.zeros((3, 32, 32, channels), np.uint8)
    pictures[np.arange(3), 8 * np.arange(3)] = 255  # a line that falls
    url = transport.to_animation(pictures, kind, 120)
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
        transport.to_animation(pictures, "MP4", 120)
