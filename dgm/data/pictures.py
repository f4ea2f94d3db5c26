"""Pictures from outside: opened safely, and what data sets share to fit them to their own."""

import contextlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_PIXELS = 64_000_000  # of a picture's width times height; 64 MB for each channel once decoded
# Named, for Pillow would also try formats that start other programs (EPS) or are rarely meant.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM")
_KEPT_SIDE = 1024  # pixels; a larger picture is reduced once decoded, no model sees the difference
_WORKING_SIDE = 320  # pixels; the size at which ink is told from paper, clothes from background


class PictureError(ValueError):
    """A picture that cannot be used; the message says what was wrong and what to do.

    Attributes:
        fault: what was wrong, in a word: "empty", "too-large", "format", "unreadable", "damaged",
            "blank-drawing" or "blank-garment".
        values: what the message has of the picture, by name; with `fault` enough to say the same
            in another language.
    """

    def __init__(self, message: str, fault: str, **values: object):
        super().__init__(message)
        self.fault = fault
        self.values = values


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
                raise PictureError(
                    f"The picture is empty: {width} x {height} pixels.",
                    "empty",
                    width=width,
                    height=height,
                )
            if width * height > MAX_PIXELS:
                raise _too_large(width * height)
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
        raise _too_large(170_000_000) from None  # where Pillow ends
    except UnidentifiedImageError:
        raise PictureError(
            "This is not a picture that can be read here: expected a JPEG, PNG, WebP, GIF, BMP, "
            "TIFF or AVIF file. Save the picture as one of these first (an iPhone's HEIC as JPEG).",
            "format",
        ) from None
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        reason = error.strerror or str(error)
        raise PictureError(
            f"Cannot read {source}: {reason}.", "unreadable", reason=reason
        ) from None
    except Exception as error:
        raise _damaged(error) from error


def _too_large(pixels: int) -> PictureError:
    millions, limit = pixels // 1_000_000, MAX_PIXELS // 1_000_000
    return PictureError(
        f"The picture is too large: {millions:,} million pixels or more; the limit is {limit} "
        "million. Make it smaller and try again.",
        "too-large",
        millions=millions,
        limit=limit,
    )


def _damaged(error: Exception) -> PictureError:
    return PictureError(
        f"The picture is damaged or cut short and cannot be decoded ({error}). "
        "Open it in another program and save it again, or choose another.",
        "damaged",
        reason=error,
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


def crop_square(
    image: Image.Image, resampling: Image.Resampling = Image.Resampling.LANCZOS
) -> np.ndarray:
    """The square in a picture's middle, in colour: uint8 [32, 32, 3]."""
    return np.asarray(ImageOps.fit(image.convert("RGB"), (32, 32), resampling))


def crop_square_grey(image: Image.Image) -> np.ndarray:
    """The square in a picture's middle, in grey: uint8 [32, 32, 1]."""
    return np.asarray(ImageOps.fit(image.convert("L"), (32, 32)))[..., None]


def fit_grey(
    image: Image.Image,
    is_official: Callable[[np.ndarray], bool],
    redraw: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """A picture as a grey data set has it: uint8 [32, 32, 1].

    Args:
        is_official: whether uint8 [H, W] is a picture of the data set already, which is kept.
        redraw: float32 [H, W] in [0, 255] -> uint8 [28, 28] or [32, 32], bright on black.
    """
    image = image.convert("L")
    grey = np.asarray(image)
    if not is_official(grey):
        image.thumbnail((_WORKING_SIDE, _WORKING_SIDE), Image.Resampling.BOX)
        grey = redraw(np.asarray(image, np.float32))
    return np.pad(grey, (32 - len(grey)) // 2)[..., None]


def has_black_border(grey: np.ndarray, level: int, share: float) -> bool:
    """Whether this share of a picture's border is no brighter than `level`, and something within
    is bright."""
    border = np.sort(border_of(grey))
    darkest = border[min(int(len(border) * share), len(border) - 1)]
    return bool(darkest <= level and grey.max() >= 128)


def border_of(grey: np.ndarray) -> np.ndarray:
    """The outermost pixels, a sixteenth of the shorter side deep, in one row."""
    deep = max(1, min(grey.shape) // 16)
    inner = np.zeros(grey.shape, bool)
    inner[deep:-deep, deep:-deep] = True
    return grey[~inner]


def resize(values: np.ndarray, height: float, width: float) -> np.ndarray:
    """float32 [H, W] -> float32 [height, width], antialiased, at least one pixel each way."""
    size = (max(1, round(width)), max(1, round(height)))
    resized = np.asarray(Image.fromarray(values).resize(size, Image.Resampling.LANCZOS))
    return np.clip(resized, 0, values.max())  # Lanczos overshoots at edges
