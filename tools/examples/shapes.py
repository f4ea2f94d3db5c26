"""Coloured shapes, as the data set `shapes` has them."""

import functools
import math

import numpy as np
from PIL import Image

from tools.examples.scene import Example, Point, Scene


def _around(num: int, radius: float, x: float = 0, y: float = 0) -> list[Point]:
    """Points at even angles on a circle, the first one above its middle."""
    angles = 2 * np.pi * np.arange(num) / num
    return [(x + radius * math.sin(a), y - radius * math.cos(a)) for a in angles]


def _star(num: int, inner: float) -> list[Point]:
    """`num` corners at radius 1, corners at radius `inner` between them."""
    corners = _around(2 * num, 1)
    return [(x * (1, inner)[i % 2], y * (1, inner)[i % 2]) for i, (x, y) in enumerate(corners)]


def _box(width: float, height: float) -> list[Point]:
    return [(-width, -height), (width, -height), (width, height), (-width, height)]


# Outlines within a circle of radius 1, and what is cut out of them.
SHAPES: dict[str, tuple[list[list[Point]], list[list[Point]]]] = {
    "circle": ([_around(80, 1)], []),
    "square": ([_box(0.71, 0.71)], []),
    "triangle": ([_around(3, 1)], []),
    "star": ([_star(5, 0.42)], []),
    "heart": (
        [
            [(0, 0.9), (0.66, 0.24), (0, -0.42), (-0.66, 0.24)],
            _around(60, 0.47, 0.33, -0.09),
            _around(60, 0.47, -0.33, -0.09),
        ],
        [],
    ),
    "cross": ([_box(0.95, 0.32), _box(0.32, 0.95)], []),
    "ring": ([_around(80, 1)], [_around(80, 0.56)]),
    "crescent": ([_around(80, 1)], [_around(80, 0.8, 0.55)]),
    "flower": ([_around(40, 0.4, *petal) for petal in _around(5, 0.6)], [_around(40, 0.24)]),
    "arrow": (
        [[(0.26, 0), (0.26, 1), (-0.26, 1), (-0.26, 0)], [(0, -1), (0.9, 0.05), (-0.9, 0.05)]],
        [],
    ),
}


def draw_shape(
    name: str, color: tuple, ground: int, *, turn: float, size: float, at: Point = (50, 50)
) -> Image.Image:
    """A shape of the data set `shapes`: size from its middle to its outermost point."""
    scene = Scene((ground,) * 3)
    c, s = size * math.cos(math.radians(turn)), size * math.sin(math.radians(turn))
    outlines, holes = SHAPES[name]
    for parts, paint in ((outlines, color), (holes, (ground,) * 3)):
        for part in parts:
            scene.polygon([(at[0] + c * x - s * y, at[1] + s * x + c * y) for x, y in part], paint)
    return scene.done()


def _example(shape: str, colour: str, *arguments, **placement) -> Example:
    """colour: with its article, for the title."""
    draw = functools.partial(draw_shape, shape, *arguments, **placement)
    return Example(shape, f"{colour} {shape}", draw)


EXAMPLES = [
    _example("circle", "a red", (255, 0, 0), 40, turn=0, size=26, at=(46, 54)),
    _example("star", "a yellow", (255, 240, 0), 60, turn=12, size=34),
    _example("heart", "a pink", (255, 0, 120), 20, turn=-8, size=31),
    _example("triangle", "a green", (0, 255, 40), 75, turn=20, size=29, at=(54, 52)),
    _example("flower", "a violet", (140, 0, 255), 50, turn=30, size=32),
    _example("arrow", "an orange", (255, 130, 0), 30, turn=60, size=32, at=(48, 47)),
    _example("crescent", "a cyan", (0, 240, 255), 15, turn=-30, size=29, at=(55, 48)),
    _example("square", "a blue", (0, 50, 255), 70, turn=15, size=28),
    _example("ring", "a lime", (150, 255, 0), 45, turn=0, size=30, at=(50, 46)),
    _example("cross", "a magenta", (255, 0, 220), 25, turn=10, size=30),
]
