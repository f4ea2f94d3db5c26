"""Folders of one's own."""

import numpy as np
import pytest
from PIL import Image

from dgm import data


@pytest.fixture
def album(tmp_path):
    """Two classes of ten plain pictures each."""
    for name, colour in (("sky", (0, 0, 255)), ("grass", (0, 255, 0))):
        (tmp_path / name).mkdir()
        for i in range(10):
            Image.new("RGB", (40 + i, 30), colour).save(tmp_path / name / f"{i}.png")
    return tmp_path


def test_folder(album):
    (album / "sky" / "notes.txt").write_text("no picture")
    (album / "sky" / ".hidden").write_text("nothing")
    (album / "readme.md").write_text("about")
    train, test = (data.load(f"folder:{album}", split) for split in data.SPLITS)
    assert train.class_names == ("grass", "sky")
    assert len(train) + len(test) == 20
    np.testing.assert_array_equal(np.bincount(test.labels), [2, 2])
    for dataset in (train, test):
        colours = np.array([[0, 255, 0], [0, 0, 255]])[dataset.labels]
        np.testing.assert_array_equal(dataset.images[:, 16, 16], colours)
    left_out = set(train.left_out + test.left_out)
    assert {entry.split(":")[0] for entry in left_out} == {"readme.md", "sky/notes.txt"}
    few = data.load(f"folder:{album}", limit=3)
    np.testing.assert_array_equal(few.labels, train.labels[:3])


def test_folder_errors_name_the_class(album):
    (album / "empty").mkdir()
    with pytest.raises(ValueError, match="the class 'empty' is empty"):
        data.load(f"folder:{album}")
    (album / "empty" / "notes.txt").write_text("no picture")
    with pytest.raises(ValueError, match=r"class 'empty'(.|\n)*empty/notes.txt: This is not"):
        data.load(f"folder:{album}")
    with pytest.raises(ValueError, match="has 0 sub-folders"):
        data.load(f"folder:{album / 'sky'}")
    with pytest.raises(ValueError, match="is not a folder"):
        data.load(f"folder:{album / 'nowhere'}")
