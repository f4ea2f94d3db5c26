"""Pictures from outside: opened safely, then made to look as a model's own training images do."""

import contextlib
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage

MAX_PIXELS = 64_000_000  # of a picture's width times height; 64 MB for each channel once decoded
# Named, for Pillow would also try formats that start other programs (EPS) or are rarely meant.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM")
_KEPT_SIDE = 1024  # pixels; a larger picture is reduced once decoded, no model sees the difference
_INK_SIDE = 320  # pixels; the size at which ink is told from paper


class PictureError(ValueError):
    """A picture that cannot be used; the message says what was wrong and what to do."""


def open_picture(source: str | Path | BinaryIO) -> Image.Image:
    """Open a picture from outside as it is meant to be seen: upright, opaque, 8-bit RGB.

    Format and size are checked before a pixel is decoded. Of an animation, the first frame.
    Transparency is laid on white; 16-bit and floating-point greys are scaled, not cut off.

    Args:
        source: a path, or a file open for reading bytes.

    Returns:
        A picture in mode "RGB"; a very large one comes reduced.

    Raises:
        PictureError: not a picture, empty, damaged, or over 64 megapixels.
    """
    with warnings.catch_warnings():
        # Of sizes, where our limit is lower, and of odd metadata; none of the user's concern.
        warnings.filterwarnings("ignore", module="PIL")
        with _identified(source) as image:
            width, height = image.size
            if width < 1 or height < 1:
                raise PictureError(f"The picture is empty: {width} x {height} pixels.")
            if width * height > MAX_PIXELS:
                raise _too_large(f"{width:,} x {height:,} =")
            try:
                image.draft(None, (_KEPT_SIDE, _KEPT_SIDE))  # a JPEG is decoded at a smaller scale
                image.load()
                return _as_seen(image)
            except Exception as error:  # decoders raise almost anything on damaged files
                raise _damaged(error) from error


def _identified(source) -> Image.Image:
    """The picture with its format and size read, its pixels not yet."""
    try:
        return Image.open(source, formats=FORMATS)
    except Image.DecompressionBombError:
        raise _too_large("more than 170 million") from None
    except UnidentifiedImageError:
        raise PictureError(
            "This is not a picture that can be read here: expected a JPEG, PNG, WebP, GIF, BMP, "
            "TIFF or AVIF file. Save the picture as one of these first (an iPhone's HEIC as JPEG)."
        ) from None
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise PictureError(f"Cannot read {source}: {error.strerror or error}.") from None
    except Exception as error:
        raise _damaged(error) from error


def _too_large(pixels: str) -> PictureError:
    return PictureError(
        f"The picture is too large: {pixels} pixels; the limit is {MAX_PIXELS // 1_000_000} "
        "million. Make it smaller and try again."
    )


def _damaged(error: Exception) -> PictureError:
    return PictureError(
        f"The picture is damaged or cut short and cannot be decoded ({error}). "
        "Open it in another program and save it again, or choose another."
    )


def _as_seen(image: Image.Image) -> Image.Image:
    """A decoded picture, upright, opaque, 8-bit RGB, not much over _KEPT_SIDE."""
    with contextlib.suppress(Exception):  # a picture with damaged EXIF data is still a picture
        image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        image = _to_8_bit(image)
    elif image.has_transparency_data:  # of an alpha channel, or of one colour that stands for none
        image = image.convert("RGBA")
    elif image.mode in ("1", "P"):  # these cannot be averaged as they are
        image = image.convert("L" if image.mode == "1" else "RGB")
    factor = min(image.size) // _KEPT_SIDE
    if factor > 1:
        image = image.reduce(factor)
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("RGB")


def _to_8_bit(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits or floats -> mode "L", by the smallest usual range that holds them."""
    values = np.nan_to_num(np.array(image, np.float32), copy=False)
    tops = (1.0, 255.0, 65535.0) if image.mode == "F" else (65535.0,)
    top = next((top for top in tops if values.max() <= top), values.max())
    values *= 255 / top  # in place, for the picture may be large
    np.clip(np.rint(values, out=values), 0, 255, out=values)
    return Image.fromarray(values.astype(np.uint8))


def fit_picture(image: Image.Image, dataset_name: str) -> np.ndarray:
    """A picture as a model of that data set sees it.

    Pictures in colour are cropped to the square in their middle. Handwriting and clothes are made
    the way their data sets were made: `mnist` and `digits` as bright ink on black, placed and
    scaled by the ink; `fashion_mnist` whole, bright on black. An image that already is one of the
    data set's own (28x28 or 32x32 with a black border) is kept as it is.

    Args:
        image: from `open_picture` (mode "RGB"; "L" serves too).
        dataset_name: "shapes", "digits", "mnist", "fashion_mnist", "cifar10" or "folder:PATH".

    Returns:
        uint8 [32, 32, C], C = 1 or 3 as in the data set.

    Raises:
        PictureError: nothing is drawn on the picture (grey data sets).
        ValueError: unknown data set.
    """
    if dataset_name in ("shapes", "cifar10") or dataset_name.startswith("folder:"):
        # A pixel of drawn shapes has the share of it that is covered, as a box takes it; Lanczos
        # rings at their edges, which no drawn shape does.
        box = dataset_name == "shapes"
        how = Image.Resampling.BOX if box else Image.Resampling.LANCZOS
        return np.asarray(ImageOps.fit(image.convert("RGB"), (32, 32), how))
    if dataset_name not in _GREY:
        raise ValueError(f"unknown data set {dataset_name!r}: no picture can be fitted to it")
    image = image.convert("L")
    grey = np.asarray(image)
    if not _is_own(grey, dataset_name):
        image.thumbnail((_INK_SIDE, _INK_SIDE), Image.Resampling.BOX)
        grey = _GREY[dataset_name](np.asarray(image, np.float32))
    return np.pad(grey, (32 - len(grey)) // 2)[..., None]


def _is_own(grey: np.ndarray, dataset_name: str) -> bool:
    """Is this an image of the data set itself, or of a model of it? By size and black border."""
    border = np.sort(_border(grey))
    if grey.shape == (28, 28) and dataset_name != "digits":
        black = border[len(border) // 4] <= 8  # a garment may touch the edge, but not everywhere
    elif grey.shape == (32, 32):  # the 28x28 sets have 2 pixels of background around
        black = border[len(border) // 4 if dataset_name == "digits" else -1] <= 32
    else:
        return False
    return bool(black and grey.max() >= 128)


def enlarge(counts: np.ndarray) -> np.ndarray:
    """An 8x8 digit of scikit-learn, ink counts in [0, 16] -> uint8 [32, 32]."""
    small = Image.fromarray(np.rint(counts * (255 / 16)).astype(np.uint8))
    return np.asarray(small.resize((32, 32), Image.Resampling.BICUBIC))


def _border(grey: np.ndarray) -> np.ndarray:
    """The outermost pixels, a sixteenth of the shorter side deep, in one row."""
    deep = max(1, min(grey.shape) // 16)
    inner = np.zeros(grey.shape, bool)
    inner[deep:-deep, deep:-deep] = True
    return grey[~inner]


def _ink(grey: np.ndarray) -> np.ndarray:
    """The ink in a picture of handwriting, cropped to it: float32 [H, W] in [0, 1], paper 0.

    Takes dark ink on light paper and the reverse, paper lit unevenly, specks and grain.
    """
    # The ink is what differs most from the border, thin lines counted (so nearly the extremes).
    paper, (darkest, lightest) = np.median(_border(grey)), np.percentile(grey, (0.2, 99.8))
    if paper - darkest > lightest - paper:
        grey = 255 - grey
    # Paper without the ink on it: every stroke narrower than half the picture is opened away. Odd
    # reflection carries a shadow's slope on over the edge; else the edge would look like ink.
    half = max(1, min(grey.shape) // 4)
    paper = np.pad(grey, half, "reflect", reflect_type="odd")
    paper = ndimage.grey_opening(paper, size=2 * half + 1)[half:-half, half:-half]
    ink = grey - paper
    ink = ink - np.percentile(ink, 25)  # grain
    peak = ndimage.gaussian_filter(ink, 1).max()  # smoothed: no single pixel decides
    if peak < 16:
        raise PictureError(
            "Nothing is drawn on this picture: it is all one shade. Draw or photograph something "
            "that stands out from its background, with some background around it."
        )
    ink = np.clip((ink / peak - 0.2) / 0.6, 0, 1)
    # Specks go, second strokes stay; what comes in over the edge (a shadow, the table) goes if
    # something of size lies within.
    parts, num = ndimage.label(ink > 0.5, np.ones((3, 3)))
    areas = np.bincount(parts.ravel(), minlength=num + 1)
    areas[0] = 0
    within = np.where(np.isin(np.arange(num + 1), _border(parts)), 0, areas)
    areas = within if within.max() >= 0.2 * areas.max() else areas
    mask = (areas > 0.05 * areas.max())[parts]
    box = ndimage.find_objects(mask.astype(np.int8))[0]
    return np.where(ndimage.binary_dilation(mask, iterations=2), ink, 0)[box].astype(np.float32)


def _thicken(ink: np.ndarray, width: float) -> np.ndarray:
    """Widen strokes to at least `width` pixels, so that they outlast the reduction to a few."""
    mask = ink > 0.5
    # A stroke's area over half of its outline's length.
    stroke = 2 * mask.sum() / (mask & ~ndimage.binary_erosion(mask)).sum()
    grow = (width - stroke) / 2
    if grow < 0.5:
        return ink
    ink = np.pad(ink, int(np.ceil(grow)))
    away = ndimage.distance_transform_edt(ink <= 0.5)
    return np.maximum(ink, np.clip(grow + 0.5 - away, 0, 1)).astype(np.float32)


def _resize(values: np.ndarray, height: float, width: float) -> np.ndarray:
    """float32 [H, W] -> float32 [height, width], antialiased, at least one pixel each way."""
    size = (max(1, round(width)), max(1, round(height)))
    resized = np.asarray(Image.fromarray(values).resize(size, Image.Resampling.LANCZOS))
    return np.clip(resized, 0, values.max())  # Lanczos overshoots at edges


def _fit_mnist(grey: np.ndarray) -> np.ndarray:
    """uint8 [28, 28]: ink in a 20x20 box, its centre of mass in the middle (LeCun et al. 1998)."""
    ink = _ink(grey)
    ink = _thicken(ink, 2.2 * max(ink.shape) / 20)
    scale = 20 / max(ink.shape)
    ink = _resize(ink, ink.shape[0] * scale, ink.shape[1] * scale)
    ink = ink / ink.max()
    centre = np.array(ndimage.center_of_mass(ink)) + 0.5
    # Rounded up: in MNIST the centre of mass lies 0 to 1 pixel below and right of the middle.
    corner = np.ceil(14 - centre - 1e-3).astype(int)
    top, left = np.clip(corner, 0, 28 - np.array(ink.shape))
    out = np.zeros((28, 28), np.uint8)
    out[top : top + ink.shape[0], left : left + ink.shape[1]] = np.rint(ink * 255)
    return out


def _fit_digits(grey: np.ndarray) -> np.ndarray:
    """uint8 [32, 32]: ink as high as the image, counted in 8x8 cells (Alpaydin & Kaynak 1998)."""
    ink = _ink(grey)
    ink = _thicken(ink, 5 * ink.shape[0] / 32)
    ink = _resize(ink, 32, min(22, 32 * ink.shape[1] / ink.shape[0]))  # theirs are narrow
    left = (32 - ink.shape[1]) // 2
    ink = np.pad(ink / ink.max(), ((0, 0), (left, 32 - ink.shape[1] - left)))
    return enlarge(np.rint(ink.reshape(8, 4, 8, 4).sum((1, 3))))


def _fit_fashion(grey: np.ndarray) -> np.ndarray:
    """uint8 [28, 28]: background trimmed, the whole garment bright on black (Xiao et al. 2017)."""
    if np.median(_border(grey)) > 127:
        grey = 255 - grey
    background = np.median(_border(grey))
    garment = np.clip((grey - background) * (255 / (255 - background)), 0, 255)
    mask = ndimage.median_filter(garment, 3) > 16  # no single pixel decides
    if not mask.any():
        raise PictureError(
            "Nothing is seen on this picture: it is all one shade. Choose a picture of one piece "
            "of clothing that stands out from a plain background."
        )
    garment = garment[ndimage.find_objects(mask.astype(np.int8))[0]]
    scale = 28 / max(garment.shape)
    garment = _resize(garment, garment.shape[0] * scale, garment.shape[1] * scale)
    top, left = (28 - np.array(garment.shape)) // 2
    out = np.zeros((28, 28), np.uint8)
    out[top : top + garment.shape[0], left : left + garment.shape[1]] = np.rint(garment)
    return out


_GREY = {"mnist": _fit_mnist, "digits": _fit_digits, "fashion_mnist": _fit_fashion}
