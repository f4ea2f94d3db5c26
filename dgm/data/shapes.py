"""`shapes`: ten coloured shapes with known factors, drawn by the project."""

import functools
from pathlib import Path

import numpy as np
from PIL import Image

from dgm.data.base import SIDE, SPLITS, Augmentation, Dataset, Spec
from dgm.data.pictures import crop_square

# Independent uniform ranges; a shape of the largest size, furthest out, still lies 1 pixel inside.
FACTORS = {
    "hue": (0.0, 1.0),  # of the shape, around the colour circle: 0 red, 1/3 green, 2/3 blue
    "size": (7.0, 11.0),  # pixels, from the centre of mass to the outermost point
    "angle": (0.0, 360.0),  # degrees, clockwise; a circle and a ring do not show it
    "x": (12.0, 20.0),  # pixels from the left edge of the image to the centre of mass
    "y": (12.0, 20.0),  # pixels from its upper edge
    "background": (0.0, 0.35),  # grey level, 0 black, 1 white
}
_NUM_SHAPES = {"train": 20_000, "test": 2_000}


# Outlines as signed distances, negative inside. Points are complex, x + iy with y downwards, so a
# turn is a product; min joins two shapes, max intersects them.
def _box(p, half_width: float, half_height: float):
    dx, dy = np.abs(p.real) - half_width, np.abs(p.imag) - half_height
    outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
    return outside + np.minimum(np.maximum(dx, dy), 0)


def _fold(p, num: int):
    """The point's mirror image between the angles 0 and π/num: one of 2·num equal wedges."""
    wedge = 2 * np.float32(np.pi) / num
    angle = np.abs((np.angle(p) + wedge / 2) % wedge - wedge / 2)
    return np.abs(p) * np.exp(1j * angle)


def _star(p, num: int, inner: float):
    """`num` corners at radius 1, corners at radius `inner` between them."""
    corner = np.complex64(inner * np.exp(1j * np.pi / num))
    away, side = _fold(p, num) - 1, corner - 1
    turned = away * side.conjugate() / abs(side)  # real: along the side; imaginary: across it
    along = np.clip(turned.real, 0, abs(side))
    return np.copysign(np.abs(turned - along), -turned.imag)


def _heart(p):
    half = np.sqrt(np.float32(0.5))  # of the side of a square that stands on its corner
    square = _box(p * (half + half * 1j), half, half)
    return np.minimum(square, np.abs(np.abs(p.real) + 1j * p.imag - (0.5 - 0.5j)) - half)


_OUTLINES = {
    "circle": lambda p: np.abs(p) - 1,
    "square": lambda p: _box(p, 1, 1),
    "triangle": lambda p: _star(p * 1j, 3, 0.5),  # points up at angle 0
    "star": lambda p: _star(p * 1j, 5, 0.42),
    "heart": _heart,
    "cross": lambda p: np.minimum(_box(p, 1, 0.34), _box(p, 0.34, 1)),
    "ring": lambda p: np.abs(np.abs(p) - 0.78) - 0.22,
    "crescent": lambda p: np.maximum(np.abs(p) - 1, 0.8 - np.abs(p - 0.55)),
    "flower": lambda p: np.maximum(np.abs(_fold(p, 5) - 0.6) - 0.4, 0.24 - np.abs(p)),
    "arrow": lambda p: np.minimum(
        _box(p - 0.25j, 0.26, 0.75),
        np.maximum(p.imag + 0.1, (np.abs(p.real) - p.imag - 1) * np.sqrt(np.float32(0.5))),
    ),
}
SHAPES = tuple(_OUTLINES)


@functools.cache
def _reach(shape: str) -> tuple[np.complex64, np.float32]:
    """(centre of mass, distance from it to the outermost point) of an outline, measured."""
    side = np.linspace(-2, 2, 800, dtype=np.float32)
    points = side[None, :] + 1j * side[:, None]
    inside = points[_OUTLINES[shape](points) < 0]
    centre = np.complex64(inside.mean())
    return centre, np.abs(inside - centre).max()


def draw_shapes(shape, hue, size, angle, x, y, background) -> np.ndarray:
    """Draw coloured shapes from their factors, antialiased.

    Args:
        shape: int [N], index in `SHAPES`; here and below a single number serves for all N.
        hue, size, angle, x, y, background: float [N], in the units of `FACTORS`.

    Returns:
        uint8 [N, 32, 32, 3].
    """
    given = (hue, size, angle, x, y, background)
    shape, *given = np.broadcast_arrays(*map(np.atleast_1d, (shape, *given)))
    hue, size, angle, x, y, background = (np.asarray(value, np.float32) for value in given)
    # HSV at full saturation and value: red, green and blue are ramps around 0, 1/3 and 2/3.
    around = np.abs((hue[:, None] * 6 - np.array([0, 2, 4], np.float32) + 3) % 6 - 3)
    colour = 255 * np.clip(2 - around, 0, 1)[:, None, None, :]
    grey = 255 * background[:, None, None, None]
    turn = np.exp(1j * np.radians(angle))[:, None, None]
    middle, size = (x + 1j * y)[:, None, None], size[:, None, None]
    pixels = np.arange(SIDE, dtype=np.float32) + 0.5
    pixels = pixels[None, :] + 1j * pixels[:, None]

    images = np.empty((len(shape), SIDE, SIDE, 3), np.uint8)
    for index, name in enumerate(SHAPES):
        members = np.flatnonzero(shape == index)
        centre, reach = _reach(name)
        for i in np.array_split(members, len(members) // 64 + 1):  # small enough for the cache
            scale = reach / size[i]
            points = (pixels - middle[i]) * (scale / turn[i]) + centre
            # The share of a pixel that lies inside a straight edge at this distance.
            cover = np.clip(0.5 - _OUTLINES[name](points) / scale, 0, 1)[..., None]
            images[i] = np.rint(grey[i] + cover * (colour[i] - grey[i]))
    return images


# Turned by 360 degrees over this number an outline looks the same; 0 where no angle shows.
SYMMETRY = {
    **dict.fromkeys(("circle", "ring"), 0),
    **dict.fromkeys(("heart", "crescent", "arrow"), 1),
    "triangle": 3,
    **dict.fromkeys(("square", "cross"), 4),
    **dict.fromkeys(("star", "flower"), 5),
}


def _turning_moment(p, weight, symmetry: int):
    """sum w p^k, whose phase turns k times as fast as the outline p does; sum w |p|^2 p of one
    without symmetry, whose first moment about the centre of mass is 0."""
    power = np.abs(p) ** 2 * p if symmetry == 1 else p**symmetry
    return (weight * power).sum((-2, -1))


@functools.cache
def _outline(shape: str) -> tuple[float, np.complex128]:
    """(area, turning moment) of an outline of size 1 at angle 0, measured."""
    side = np.linspace(-1.1, 1.1, 660)
    points = side[None, :] + 1j * side[:, None]
    centre, reach = _reach(shape)
    inside = _OUTLINES[shape]((points * reach + centre).astype(np.complex64)) < 0
    moment = _turning_moment(points, inside, SYMMETRY[shape])
    return inside.sum() * (side[1] - side[0]) ** 2, moment


def measure_shapes(images: np.ndarray, shape: np.ndarray) -> dict[str, np.ndarray]:
    """The factors that `draw_shapes` drew pictures from, read off them: float [N] each.

    Of pictures that are no clean shapes it is what a shape of that colour, area and place has. The
    angle is known up to the outline's symmetry, so it lies in [0, 360 / `SYMMETRY`); it is NaN for
    a circle and a ring.

    Args:
        images: uint8 [N, 32, 32, 3].
        shape: int [N], index in `SHAPES`.
    """
    images = images.astype(float)
    cover = (images.max(-1) - images.min(-1)) / 255  # the ground is grey, the shape is saturated
    # Stray colour too faint for the eye, far from the shape, turns its moments. What an edge loses
    # by this below a half it has back above.
    cover = np.clip((cover - 0.1) / 0.8, 0, 1)
    total = np.maximum(cover.sum((1, 2)), 1e-6)
    pixels = np.arange(SIDE) + 0.5
    pixels = pixels[None, :] + 1j * pixels[:, None]
    centre = (cover * pixels).sum((1, 2)) / total
    edge = np.ones((SIDE, SIDE), bool)
    edge[1:-1, 1:-1] = False
    background = np.median(images[:, edge].mean(-1), -1)
    colour = (cover[..., None] * (images - background[:, None, None, None])).sum((1, 2))
    # HSV's hue, of which neither grey nor strength is a part.
    chroma = colour - colour.min(-1, keepdims=True)
    top, chroma = colour.argmax(-1), chroma / np.maximum(chroma.max(-1, keepdims=True), 1e-6)
    after, before = (chroma[np.arange(len(top)), (top + i) % 3] for i in (1, 2))
    factors = {
        "hue": ((2 * top + after - before) / 6) % 1,
        "size": np.empty(len(images)),
        "angle": np.full(len(images), np.nan),
        "x": centre.real,
        "y": centre.imag,
        "background": background / 255,
    }
    for index in np.unique(shape):
        name, of_it = SHAPES[index], shape == index
        area, moment = _outline(name)
        factors["size"][of_it] = np.sqrt(total[of_it] / area)
        if fold := SYMMETRY[name]:
            away = pixels - centre[of_it, None, None]
            turned = np.angle(_turning_moment(away, cover[of_it], fold) / moment)
            factors["angle"][of_it] = np.degrees(turned / fold) % (360 / fold)
    return factors


def read(split: str, limit: int | None, data_dir: Path | None = None) -> Dataset:
    """Draw a split; `limit` pictures are the first of any larger number."""
    num = limit or _NUM_SHAPES[split]
    # One stream each, so that the first images are the same however many are drawn.
    order, unit = (np.random.default_rng([SPLITS.index(split), stream]) for stream in (0, 1))
    # Every ten images hold each shape once.
    labels = np.argsort(order.random((-(-num // len(SHAPES)), len(SHAPES))), axis=1).ravel()[:num]
    low, high = np.array(list(FACTORS.values())).T
    values = (low + (high - low) * unit.random((num, len(FACTORS)))).astype(np.float32)
    factors = dict(zip(FACTORS, values.T, strict=True))
    images = draw_shapes(labels, **factors)
    return Dataset("shapes", split, images, labels.astype(np.int32), SHAPES, factors)


SPEC = Spec(
    name="shapes",
    title="Shapes",
    subject="Coloured shapes",
    class_names=SHAPES,
    channels=3,
    read=read,
    # A pixel of drawn shapes has the share of it that is covered, as a box takes it; Lanczos rings
    # at their edges, which no drawn shape does.
    fit=functools.partial(crop_square, resampling=Image.Resampling.BOX),
    augmentation=Augmentation(flip=False, max_shift=0, padding="edge"),  # its factors are exact
    factors=FACTORS,
)
