"""Pictures from outside: what is refused, what is made of the rest."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from dgm import data
from dgm.data import PictureError, fit_picture, open_picture


def saved(image: Image.Image | np.ndarray, format: str = "PNG", **options) -> io.BytesIO:
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    file = io.BytesIO()
    image.save(file, format, **options)
    file.seek(0)
    return file


def pixels(file) -> list:
    image = open_picture(file)
    assert image.mode == "RGB"
    return np.asarray(image).tolist()


# ---------------------------------------------------------------------------- opened as meant


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM"])
def test_formats(format, tmp_path):
    red = Image.new("RGB", (20, 10), (255, 0, 0))
    path = tmp_path / "picture"  # known by its content, not by its name
    path.write_bytes(saved(red, format).getvalue())
    image = open_picture(path)
    assert image.size == (20, 10)
    np.testing.assert_allclose(np.asarray(image)[5, 5], [255, 0, 0], atol=3)


def test_multi_picture_jpeg_of_a_phone():
    red, blue = (Image.new("RGB", (16, 16), colour) for colour in ("red", "blue"))
    file = saved(red, "MPO", save_all=True, append_images=[blue])
    np.testing.assert_allclose(pixels(file)[8][8], [255, 0, 0], atol=3)


def test_sixteen_bits_are_scaled():
    grey = np.array([[0, 32768, 65535]], np.uint16)  # 32768 / 257 = 127.504
    expected = [[[0] * 3, [128] * 3, [255] * 3]]
    assert pixels(saved(grey, "PNG")) == expected
    assert pixels(saved(grey, "TIFF")) == expected
    assert pixels(saved(np.array([[0.0, 0.5, 1.0]], np.float32), "TIFF")) == expected


def test_transparency_is_laid_on_white():
    rgba = np.array([[[255, 0, 0, 255], [0, 0, 0, 0], [0, 0, 0, 51]]], np.uint8)
    # A fifth black on white is 255 * 4 / 5 = 204.
    assert pixels(saved(rgba)) == [[[255, 0, 0], [255] * 3, [204] * 3]]


def test_transparent_colour_of_a_palette_and_of_rgb():
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 200, 0, 0])
    palette.putdata([0, 1])
    assert pixels(saved(palette)) == [[[10, 20, 30], [200, 0, 0]]]
    assert pixels(saved(palette, transparency=0)) == [[[255] * 3, [200, 0, 0]]]
    rgb = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    assert pixels(saved(rgb, transparency=(1, 2, 3))) == [[[255] * 3, [4, 5, 6]]]


def test_first_frame_of_an_animation():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("lime", "red", "blue")]
    file = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert pixels(file)[4][4] == [0, 255, 0]


def test_upright_by_exif():
    exif = Image.Exif()
    exif[0x0112] = 6  # held turned: to be shown a quarter clockwise
    picture = np.zeros((2, 3, 3), np.uint8)
    picture[0, 0] = 255
    upright = open_picture(saved(picture, exif=exif))
    assert upright.size == (2, 3)
    np.testing.assert_array_equal(np.asarray(upright)[0, 1], [255] * 3)


def test_damaged_exif_is_passed_over():
    file = saved(np.zeros((2, 3, 3), np.uint8), exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01")
    assert open_picture(file).size == (3, 2)


def test_cmyk():
    cyan = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    np.testing.assert_allclose(pixels(saved(cyan, "JPEG"))[4][4], [0, 255, 255], atol=3)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_large_picture_comes_reduced(format):
    image = open_picture(saved(Image.new("RGB", (4000, 3000), (0, 128, 0)), format))
    assert image.size == (2000, 1500)
    np.testing.assert_allclose(np.asarray(image)[700, 700], [0, 128, 0], atol=3)


# ---------------------------------------------------------------------------- refused, with words


def png_header(width: int, height: int) -> bytes:
    """A 1-bit PNG that claims a size and holds no pixels at all."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    data = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    return b"\x89PNG\r\n\x1a\n" + chunk + data


@pytest.mark.parametrize(
    ("width", "height"), [(12_000, 12_000), (8_001, 8_000), (60_000, 60_000), (2**31 - 1, 1)]
)
def test_a_bomb_is_refused_before_it_is_decoded(width, height):
    # There is nothing to decode in it: an attempt would say "damaged".
    with pytest.raises(PictureError, match=r"too large.*limit is 64 million"):
        open_picture(io.BytesIO(png_header(width, height)))


NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a picture"),
        (b"a letter to the class", "not a picture that can be read here: expected a JPEG, PNG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
        (saved(NOISE, "JPEG").getvalue()[:-400], "damaged or cut short"),
        (saved(NOISE, "PNG").getvalue()[:-4000], "damaged or cut short"),
        (saved(NOISE, "WEBP").getvalue()[:-400], "damaged or cut short"),
        (png_header(9, 9), "damaged or cut short"),
        (png_header(0, 9), "not a picture|is empty|damaged"),
    ],
)
def test_a_bad_file_is_refused_with_plain_words(content, words):
    with pytest.raises(PictureError, match=words):
        open_picture(io.BytesIO(content))


def test_a_missing_file(tmp_path):
    with pytest.raises(PictureError, match="No such file"):
        open_picture(tmp_path / "nothing.png")
    with pytest.raises(PictureError, match="directory"):
        open_picture(tmp_path)


# ---------------------------------------------------------------------------- fitted


def test_a_shape_keeps_the_share_of_each_pixel_that_it_covers():
    # Ten times as large, its right half red: the edge cuts the middle pixels of 32 in two.
    large = np.full((320, 320, 3), 40, np.uint8)
    large[:, 165:] = (240, 40, 40)
    small = fit_picture(Image.fromarray(large), "shapes")
    expected = np.repeat([40, 140, 240], [16, 1, 15])
    np.testing.assert_array_equal(small[..., 0], np.tile(expected, (32, 1)))
    assert (small[..., 1:] == 40).all()


@pytest.mark.parametrize("name", ["cifar10", "shapes", "folder:some/where"])
def test_colour_is_cropped_to_the_square_in_the_middle(name):
    picture = np.zeros((64, 128, 3), np.uint8)
    picture[:, :, 0] = 255
    picture[:, 32:96] = [0, 255, 0]
    fitted = fit_picture(Image.fromarray(picture), name)
    np.testing.assert_array_equal(fitted[:, 3:29], np.broadcast_to([0, 255, 0], (32, 26, 3)))
    np.testing.assert_allclose(fitted[:, [0, 31]], [[[0, 255, 0]] * 2] * 32, atol=16)  # Lanczos


def page(paper: float, ink: float) -> np.ndarray:
    """An upright bar of ink, 40 x 200, left of the middle of a page."""
    grey = np.full((400, 300), paper)
    grey[120:320, 50:90] = ink
    return grey


def picture(grey: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(grey), 0, 255).astype(np.uint8)).convert("RGB")


@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (0, 255), (200, 120), (60, 140)])
def test_mnist_is_twenty_high_centred_bright_on_black(paper, ink):
    fitted = fit_picture(picture(page(paper, ink)), "mnist")
    assert (fitted.shape, fitted.dtype) == ((32, 32, 1), np.uint8)
    # 40 x 200 becomes 4 x 20, in the middle of 32: columns 14 to 17, rows 6 to 25.
    expected = np.zeros((32, 32))
    expected[6:26, 14:18] = 255
    np.testing.assert_allclose(fitted[..., 0], expected, atol=40)


def test_mnist_from_a_photograph_with_shadow_grain_specks_and_the_table():
    rng = np.random.default_rng(0)
    light = np.linspace(1.0, 0.6, 300)[None, :] * np.linspace(1.0, 0.8, 400)[:, None]
    grey = page(230, 110) * light + rng.normal(0, 4, (400, 300))
    grey[30:33, 200:203] = 0
    grey[380:, :] = 40
    fitted = fit_picture(picture(grey), "mnist")[..., 0]
    rows, columns = (np.flatnonzero((fitted > 128).any(axis)) for axis in (1, 0))
    assert len(rows) == 20
    assert 3 <= len(columns) <= 5
    assert rows[0] in (6, 7)  # a bar's centre of mass falls between two pixels: either will do
    assert columns[0] in (14, 15)
    assert fitted[:, :13].max() == fitted[:, 20:].max() == 0


def test_mnist_thin_strokes_outlast_the_reduction():
    grey = np.full((400, 400), 255.0)
    grey[50:350, 200:202] = 0  # 2 of 300 pixels would be a seventh of a pixel at 20
    fitted = fit_picture(picture(grey), "mnist")
    assert (fitted[8:24, :, 0].max(axis=1) > 200).all()
    assert (fitted[..., 0] > 100).sum(axis=1).max() == 2


def test_digits_are_as_high_as_the_image():
    fitted = fit_picture(picture(page(255, 0)), "digits")[..., 0]
    assert fitted.shape == (32, 32)
    assert (fitted[:, 14:18].max(axis=1) > 200).all()
    assert fitted[:, :8].max() == fitted[:, 24:].max() == 0


def test_clothes_are_kept_whole_and_turned_bright():
    grey = np.full((300, 500), 255.0)
    grey[100:200, 100:300] = 55  # 100 x 200, becomes 14 x 28
    expected = np.zeros((32, 32))
    expected[9:23, 2:30] = 200  # rows 2 + 7 to 2 + 21; 255 - 55
    for paper in (grey, 255 - grey):
        fitted = fit_picture(picture(paper), "fashion_mnist")
        np.testing.assert_allclose(fitted[..., 0], expected, atol=25)


@pytest.mark.parametrize("name", ["mnist", "digits", "fashion_mnist"])
@pytest.mark.parametrize("size", [(28, 28), (32, 32), (300, 200), (1, 1), (2000, 3)])
def test_nothing_drawn(name, size):
    for grey in (0, 255):
        with pytest.raises(PictureError, match="Nothing is"):
            fit_picture(Image.new("RGB", size, (grey,) * 3), name)


def test_a_shadow_is_not_handwriting():
    shadow = np.linspace(240, 120, 300)[None, :] * np.ones((300, 1))
    with pytest.raises(PictureError, match="Nothing is drawn"):
        fit_picture(picture(shadow), "mnist")


def test_unknown_data_set():
    with pytest.raises(ValueError, match="unknown data set 'letters'"):
        fit_picture(Image.new("RGB", (9, 9)), "letters")


@pytest.mark.parametrize("name", ["shapes", "digits"])
def test_an_image_of_the_data_set_comes_back_as_it_was(name):
    for image in data.load(name, "test", limit=20).images:
        np.testing.assert_array_equal(
            fit_picture(open_picture(saved(image.squeeze())), name), image
        )


@pytest.mark.official_data
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10"])
def test_an_official_image_comes_back_as_it_was(data_dir, name):
    for image in data.load(name, "test", data_dir=data_dir, limit=100).images:
        seen = fit_picture(open_picture(saved(image.squeeze())), name)
        np.testing.assert_array_equal(seen, image)
        if name != "cifar10":  # the official 28x28, without its frame
            seen = fit_picture(open_picture(saved(image[2:-2, 2:-2, 0])), name)
            np.testing.assert_array_equal(seen, image)


@pytest.mark.official_data
def test_a_digit_drawn_large_on_paper_comes_back_nearly_as_it_was(data_dir):
    alike = []
    for image in data.load("mnist", "test", data_dir=data_dir, limit=40).images:
        large = Image.fromarray(255 - image[..., 0]).resize((320, 320), Image.Resampling.BICUBIC)
        seen = fit_picture(open_picture(saved(large, "JPEG")), "mnist")
        alike.append(np.corrcoef(seen.ravel(), image.ravel())[0, 1])
    assert np.mean(alike) > 0.93  # 0.79 if the centre of mass were rounded to the nearest pixel
