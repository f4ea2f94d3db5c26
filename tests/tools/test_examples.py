"""The example pictures are drawn by the script that says that it draws them."""

import json

import numpy as np
from PIL import Image

from tools.examples.__main__ import FOLDER, write


def test_the_examples_of_the_page_are_drawn_by_the_script(tmp_path):
    write(tmp_path)
    names = sorted(file.relative_to(FOLDER) for file in FOLDER.rglob("*.webp"))
    assert names == sorted(file.relative_to(tmp_path) for file in tmp_path.rglob("*.webp"))
    for name in names:
        drawn, committed = (np.asarray(Image.open(f / name), float) for f in (tmp_path, FOLDER))
        # Another version of the WebP library rounds otherwise.
        assert np.abs(drawn - committed).mean() < 1, name
    listings = [json.loads((f / "examples.json").read_text()) for f in (tmp_path, FOLDER)]
    assert listings[0] == listings[1]
