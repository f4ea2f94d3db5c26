import pytest
from flax import nnx
from PIL import Image

from dgm import release, sample
from dgm.systems import system_of


@pytest.fixture(scope="module")
def gan(tmp_path_factory, tiny_config):
    folder = tmp_path_factory.mktemp("gan")
    config = tiny_config("dcgan", channels=1)
    nets = system_of(config).released_nets(config, nnx.Rngs(0))
    release.save_release(folder, config, nets, {})
    return str(folder)


def test_a_png_holds_a_grid(gan, tmp_path):
    out = tmp_path / "new" / "grid.png"
    assert sample.main([gan, "--num", "6", "--out", str(out)]) == 0
    # Three classes a row, two rows, two pixels between pictures
    with Image.open(out) as sheet:
        assert sheet.size == (3 * 34 - 2, 2 * 34 - 2)


def test_a_folder_holds_a_png_a_picture(gan, tmp_path):
    assert sample.main([gan, "--num", "4", "--label", "two", "--out", str(tmp_path / "all")]) == 0
    files = sorted(tmp_path.joinpath("all").iterdir())
    assert [f.name for f in files] == [f"{i:06d}-two.png" for i in range(4)]
    with Image.open(files[0]) as picture:
        assert picture.size == (32, 32)


def test_the_seed_fixes_the_pictures(gan, tmp_path):
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        sample.main([gan, "--seed", seed, "--num", "2", "--out", str(tmp_path / f"{name}.png")])
    a, b, c = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert a == b != c


def test_an_unknown_class_is_said(gan, tmp_path, capsys):
    assert sample.main([gan, "--label", "cat", "--out", str(tmp_path / "a.png")]) == 1
    assert "no class 'cat': there are zero, one, two" in capsys.readouterr().err
