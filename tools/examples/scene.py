"""A canvas for the example pictures: soft shapes and lines on a square of 100 by 100 units."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 160  # pixels of an example
SCALE = 4  # it is drawn this many times larger
Point = tuple[float, float]


@dataclass(frozen=True)
class Example:
    """A picture to draw: its file is NAME.webp, its title what it shows."""

    name: str
    title: str
    draw: Callable[[], Image.Image]


class Scene:
    """A picture that is drawn on a square of 100 by 100 units."""

    def __init__(self, background: str | tuple = "white"):
        side = SIDE * SCALE
        self.image = Image.new("RGB", (side, side), background)
        self.unit = side / 100

    def gradient(self, top: tuple, bottom: tuple, y0: float = 0, y1: float = 100) -> None:
        """Fill from y0 to y1, shading from one colour to another."""
        rows = np.linspace(0, 1, max(1, round((y1 - y0) * self.unit)))[:, None, None]
        shade = (1 - rows) * np.array(top) + rows * np.array(bottom)
        block = np.repeat(shade, self.image.width, axis=1).astype(np.uint8)
        self.image.paste(Image.fromarray(block), (0, round(y0 * self.unit)))

    def shape(self, draw: Callable, color, *, blur: float = 0, shade: float = 0.0) -> None:
        """Paint what `draw` (ImageDraw, scaling function) draws white on a mask.

        Args:
            shade: how much darker the lower right of the shape is than the upper left, 0 to 1.
            blur: softness of the edge in units.
        """
        mask = Image.new("L", self.image.size)
        draw(
            ImageDraw.Draw(mask), lambda points: [(x * self.unit, y * self.unit) for x, y in points]
        )
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * self.unit))
        fill = Image.new("RGB", self.image.size, color)
        if shade:
            box = mask.getbbox() or (0, 0, 1, 1)
            y, x = np.mgrid[0 : 1 : complex(fill.height), 0 : 1 : complex(fill.width)]
            left, top, right, bottom = (b / fill.width for b in box)
            along = ((x - left) / (right - left + 1e-6) + (y - top) / (bottom - top + 1e-6)) / 2
            light = 1 + shade * (0.4 - 1.4 * np.clip(along, 0, 1))
            pixels = np.clip(np.asarray(fill) * light[..., None], 0, 255).astype(np.uint8)
            fill = Image.fromarray(pixels)
        self.image.paste(fill, mask=mask)

    def polygon(self, points: Sequence[Point], color, **kwargs) -> None:
        self.shape(lambda d, to: d.polygon(to(points), fill=255), color, **kwargs)

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, color, *, turn=0.0, **kwargs
    ) -> None:
        angles = np.linspace(0, 2 * math.pi, 80)
        c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        points = [
            (
                x + c * rx * math.cos(a) - s * ry * math.sin(a),
                y + s * rx * math.cos(a) + c * ry * math.sin(a),
            )
            for a in angles
        ]
        self.polygon(points, color, **kwargs)

    def line(self, points: Sequence[Point], width: float, color, **kwargs) -> None:
        """A smooth line of round ends through the points."""

        def draw(canvas, to):
            radius = width * self.unit / 2
            for x, y in to(curve(points)):
                canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)

        self.shape(draw, color, **kwargs)

    def done(self, *, grain: float = 0, seed: int = 0) -> Image.Image:
        """The picture at its final size, with some grain as a photograph has it."""
        image = self.image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        noise = np.random.default_rng(seed).normal(0, grain, (SIDE, SIDE, 1))
        return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))


def curve(points: Sequence[Point], num: int = 60) -> list[Point]:
    """A smooth curve through the points (Catmull-Rom), `num` points between any two."""
    if len(points) < 3:
        steps = np.linspace(0, 1, num)
        (x0, y0), (x1, y1) = points[0], points[-1]
        return [(x0 + t * (x1 - x0), y0 + t * (y1 - y0)) for t in steps]
    p = np.array([points[0], *points, points[-1]], float)
    found = []
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False):
        for t in np.linspace(0, 1, num):
            found.append(
                0.5
                * (
                    2 * b
                    + (c - a) * t
                    + (2 * a - 5 * b + 4 * c - d) * t**2
                    + (3 * b - a - 3 * c + d) * t**3
                )
            )
    return [tuple(point) for point in found]
