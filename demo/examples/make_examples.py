"""Draw the example pictures of the Classify tab: `python -m demo.examples.make_examples`.

All of them are the project's own: digits as pen strokes on paper, clothes and scenes as shaded
shapes, and shapes that are nothing else. They are drawn large and reduced, so that edges are soft,
and written as small WebP files beside this one, with `examples.json` for their order and titles.
"""

import functools
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

FOLDER = Path(__file__).parent
SIDE = 160  # pixels of an example
SCALE = 4  # it is drawn this many times larger
Point = tuple[float, float]

# --- strokes and shapes, on a square of 100 by 100 ---------------------------------------------


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

    def polygon(self, points: list[Point], color, **kwargs) -> None:
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

    def line(self, points: list[Point], width: float, color, **kwargs) -> None:
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


def curve(points: list[Point], num: int = 60) -> list[Point]:
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


# --- handwritten digits ------------------------------------------------------------------------

STROKES: dict[str, list[list[Point]]] = {
    "0": [[(55, 20), (34, 32), (30, 58), (46, 80), (66, 70), (71, 42), (58, 21), (50, 22)]],
    "1": [[(42, 32), (54, 20), (52, 50), (49, 81)]],
    "2": [[(31, 36), (42, 21), (60, 23), (64, 40), (48, 62), (31, 79), (50, 76), (72, 79)]],
    "3": [
        [(33, 26), (50, 19), (64, 29), (56, 44), (44, 48), (60, 52), (67, 66), (53, 80), (32, 74)]
    ],
    "4": [[(43, 20), (36, 40), (32, 54), (50, 55), (72, 51)], [(62, 22), (60, 50), (57, 82)]],
    "5": [
        [(66, 21), (52, 22), (41, 23)],
        [(41, 23), (38, 45), (52, 43), (66, 54), (62, 74), (46, 81), (32, 74)],
    ],
    "6": [[(60, 18), (42, 36), (34, 60), (44, 79), (62, 74), (64, 58), (50, 52), (37, 63)]],
    "7": [[(30, 26), (48, 24), (69, 23), (60, 44), (50, 62), (45, 82)], [(40, 52), (63, 50)]],
    "8": [
        [
            (62, 28),
            (48, 19),
            (36, 30),
            (46, 45),
            (62, 58),
            (60, 76),
            (44, 80),
            (35, 67),
            (48, 50),
            (62, 38),
            (62, 27),
        ]
    ],
    "9": [[(63, 32), (50, 21), (36, 33), (42, 49), (58, 46), (64, 31), (63, 52), (57, 82)]],
}
PAPERS = [
    ((250, 249, 244), (28, 34, 60)),
    ((243, 240, 229), (20, 20, 22)),
    ((252, 252, 252), (30, 60, 120)),
]


def draw_digit(digit: str) -> Image.Image:
    """The digit in ink on paper, leaning a little."""
    number = int(digit)
    rng = np.random.default_rng(number)
    paper, ink = PAPERS[number % len(PAPERS)]
    scene = Scene(paper)
    scene.gradient(paper, tuple(int(0.93 * c) for c in paper))
    lean, size = rng.uniform(-0.12, 0.12), rng.uniform(0.82, 1.0)
    width = rng.uniform(4.5, 7.5)
    for stroke in STROKES[digit]:
        moved = [
            (
                50 + size * (x - 50 - lean * (y - 50)) + rng.normal(0, 0.6),
                50 + size * (y - 50) + rng.normal(0, 0.6),
            )
            for x, y in stroke
        ]
        scene.line(moved, width, ink, blur=0.3)
    return scene.done(grain=3, seed=number)


# --- clothes on a white ground -----------------------------------------------------------------


def mirrored(half: list[Point]) -> list[Point]:
    """The outline whose right half is given, from top to bottom."""
    return half + [(100 - x, y) for x, y in reversed(half)]


def draw_t_shirt() -> Image.Image:
    scene = Scene((247, 247, 247))
    scene.polygon(
        mirrored(
            [
                (50, 17),
                (58, 16),
                (63, 11),
                (78, 16),
                (93, 38),
                (80, 47),
                (73, 40),
                (73, 90),
                (50, 91),
            ]
        ),
        (52, 92, 150),
        shade=0.3,
    )
    scene.ellipse(50, 11, 11, 7, (247, 247, 247))
    scene.line([(39, 12), (44, 18), (50, 19), (56, 18), (61, 12)], 1.6, (32, 60, 104))
    scene.line([(27, 42), (28, 60), (27, 88)], 1, (38, 70, 118))
    scene.line([(73, 42), (72, 60), (73, 88)], 1, (32, 60, 104))
    return scene.done(grain=3)


def draw_trousers() -> Image.Image:
    scene = Scene((247, 247, 247))
    scene.polygon(
        [
            (34, 6),
            (66, 6),
            (70, 40),
            (70, 95),
            (55, 95),
            (51, 36),
            (49, 36),
            (45, 95),
            (30, 95),
            (30, 40),
        ],
        (60, 66, 84),
        shade=0.35,
    )
    scene.line([(34, 10), (66, 10)], 1.4, (38, 42, 56))
    scene.line([(50, 10), (50, 34)], 1.0, (38, 42, 56))
    return scene.done(grain=3, seed=1)


def draw_pullover() -> Image.Image:
    scene = Scene((247, 247, 247))
    scene.polygon(
        mirrored(
            [
                (50, 14),
                (60, 13),
                (72, 18),
                (84, 40),
                (92, 84),
                (80, 87),
                (72, 52),
                (72, 88),
                (50, 89),
            ]
        ),
        (166, 68, 58),
        shade=0.35,
    )
    scene.ellipse(50, 12, 10, 4.5, (247, 247, 247))
    scene.line([(40, 14), (50, 18), (60, 14)], 2.6, (128, 46, 40))
    scene.line([(28, 85), (50, 86), (72, 85)], 2.4, (128, 46, 40))
    scene.line([(28, 52), (27, 70), (28, 84)], 1.4, (120, 42, 36))
    scene.line([(72, 52), (73, 70), (72, 84)], 1.4, (112, 38, 33))
    return scene.done(grain=4, seed=2)


def draw_dress() -> Image.Image:
    scene = Scene((247, 247, 247))
    scene.polygon(
        mirrored(
            [(50, 16), (56, 15), (58, 5), (62, 5), (63, 20), (60, 40), (64, 62), (72, 95), (50, 96)]
        ),
        (120, 62, 128),
        shade=0.35,
    )
    scene.line([(40, 40), (50, 42), (60, 40)], 1.8, (86, 38, 96))
    scene.line([(46, 46), (42, 94)], 0.8, (92, 44, 100))
    scene.line([(54, 46), (59, 94)], 0.8, (92, 44, 100))
    return scene.done(grain=3, seed=3)


def draw_coat() -> Image.Image:
    scene = Scene((247, 247, 247))
    scene.polygon(
        mirrored(
            [
                (50, 12),
                (58, 7),
                (72, 13),
                (83, 30),
                (90, 78),
                (79, 81),
                (73, 46),
                (75, 95),
                (50, 96),
            ]
        ),
        (96, 92, 88),
        shade=0.4,
    )
    scene.polygon([(50, 36), (41, 8), (59, 8)], (226, 222, 214))
    scene.polygon([(50, 40), (40, 8), (35, 14), (40, 26)], (74, 70, 68))
    scene.polygon([(50, 40), (60, 8), (65, 14), (60, 26)], (68, 64, 62))
    scene.line([(50, 40), (50, 95)], 1.4, (54, 50, 48))
    for y in (48, 60, 72):
        scene.ellipse(54, y, 1.7, 1.7, (36, 34, 34))
    scene.line([(27, 46), (26, 92)], 1.2, (60, 56, 54))
    scene.line([(73, 46), (74, 92)], 1.2, (54, 50, 48))
    return scene.done(grain=3, seed=8)


def draw_shirt() -> Image.Image:
    scene = Scene((247, 247, 247))
    scene.polygon(
        mirrored(
            [
                (50, 14),
                (58, 10),
                (72, 15),
                (85, 40),
                (92, 80),
                (81, 83),
                (73, 50),
                (73, 91),
                (50, 93),
            ]
        ),
        (150, 178, 204),
        shade=0.3,
    )
    for x in range(30, 72, 6):
        scene.line([(x, 20), (x, 90)], 0.9, (104, 136, 168))
    scene.polygon([(50, 24), (38, 13), (44, 8), (50, 14)], (178, 202, 224))
    scene.polygon([(50, 24), (62, 13), (56, 8), (50, 14)], (170, 194, 216))
    scene.line([(50, 22), (50, 92)], 1.2, (84, 112, 142))
    for y in range(32, 90, 11):
        scene.ellipse(50, y, 1.2, 1.2, (250, 250, 250))
    return scene.done(grain=3, seed=9)


def draw_sneaker() -> Image.Image:
    scene = Scene((247, 247, 247))
    scene.polygon(
        curve(
            [
                (8, 66),
                (9, 48),
                (22, 44),
                (32, 50),
                (44, 44),
                (58, 52),
                (80, 58),
                (93, 66),
                (92, 72),
                (50, 73),
                (8, 72),
            ],
            20,
        ),
        (70, 104, 110),
        shade=0.3,
    )
    scene.polygon([(7, 68), (93, 69), (92, 77), (8, 77)], (226, 226, 222), shade=0.15)
    scene.line([(8, 77), (92, 77)], 1.4, (90, 90, 90))
    for x in (42, 48, 54, 60):
        scene.line([(x, 48 + (x - 42) * 0.35), (x - 6, 58 + (x - 42) * 0.2)], 1.6, (236, 236, 236))
    scene.line([(10, 58), (22, 62), (34, 66)], 2, (40, 66, 72))
    return scene.done(grain=3, seed=4)


def draw_sandal() -> Image.Image:
    scene = Scene((247, 247, 247))
    scene.polygon(
        curve(
            [
                (6, 58),
                (20, 60),
                (40, 70),
                (70, 73),
                (94, 72),
                (94, 77),
                (60, 79),
                (34, 77),
                (14, 66),
            ],
            20,
        ),
        (96, 62, 40),
        shade=0.2,
    )
    scene.polygon([(8, 60), (15, 64), (14, 79), (9, 79)], (70, 44, 28))
    scene.line([(62, 73), (70, 60), (82, 72)], 3.4, (140, 92, 58))
    scene.line([(56, 72), (66, 62), (72, 72)], 2.6, (140, 92, 58))
    scene.line([(12, 60), (10, 44), (22, 40), (30, 50), (28, 64)], 2.8, (140, 92, 58))
    return scene.done(grain=3, seed=5)


def draw_bag() -> Image.Image:
    scene = Scene((247, 247, 247))
    scene.line([(30, 42), (34, 20), (50, 13), (66, 20), (70, 42)], 3.6, (84, 54, 36))
    scene.polygon([(16, 40), (84, 40), (89, 88), (11, 88)], (138, 88, 54), shade=0.4)
    scene.polygon([(16, 40), (84, 40), (85, 56), (50, 62), (15, 56)], (118, 72, 42), shade=0.3)
    scene.ellipse(50, 60, 3, 3.4, (222, 196, 120))
    return scene.done(grain=3, seed=6)


def draw_boot() -> Image.Image:
    scene = Scene((247, 247, 247))
    scene.polygon(
        [(24, 10), (52, 10), (53, 46), (66, 56), (86, 62), (93, 72), (92, 80), (24, 80), (22, 50)],
        (58, 48, 44),
        shade=0.4,
    )
    scene.polygon(
        [(22, 80), (93, 80), (92, 86), (42, 86), (40, 84), (40, 92), (22, 92)], (28, 24, 22)
    )
    for y in (26, 34, 42):
        scene.line([(44, y), (53, y + 2)], 1.4, (150, 132, 118))
    scene.line([(24, 12), (52, 12)], 2, (86, 74, 66))
    return scene.done(grain=3, seed=7)


# --- scenes in colour --------------------------------------------------------------------------


def sky(scene: Scene, top=(96, 150, 214), bottom=(206, 226, 240)) -> None:
    scene.gradient(top, bottom)


def draw_airplane() -> Image.Image:
    scene = Scene()
    sky(scene, (70, 128, 204), (176, 208, 236))
    scene.ellipse(24, 80, 26, 7, (236, 242, 247), blur=3)
    scene.ellipse(78, 86, 24, 6, (236, 242, 247), blur=3)
    scene.polygon([(58, 50), (30, 76), (22, 76), (40, 51)], (150, 158, 170))
    scene.polygon(
        curve([(6, 46), (26, 42), (70, 42), (90, 46), (94, 50), (86, 54), (40, 55), (14, 52)], 20),
        (238, 241, 245),
        shade=0.45,
    )
    scene.polygon([(56, 44), (44, 24), (38, 24), (44, 44)], (176, 184, 194))
    scene.polygon([(12, 47), (4, 30), (12, 30), (24, 45)], (190, 60, 52))
    scene.polygon([(14, 49), (4, 56), (10, 57), (24, 51)], (168, 176, 186))
    for x in range(34, 80, 6):
        scene.ellipse(x, 46.5, 1.1, 1.3, (70, 90, 116))
    return scene.done(grain=5)


def draw_automobile() -> Image.Image:
    scene = Scene()
    scene.gradient((168, 186, 200), (206, 214, 218), 0, 56)
    scene.gradient((120, 118, 114), (92, 90, 88), 56, 100)
    scene.ellipse(50, 80, 44, 5, (58, 56, 56), blur=2)
    scene.polygon(
        curve(
            [
                (6, 64),
                (8, 54),
                (22, 50),
                (34, 36),
                (62, 35),
                (76, 49),
                (93, 54),
                (95, 70),
                (90, 75),
                (10, 75),
            ],
            16,
        ),
        (186, 30, 32),
        shade=0.5,
    )
    scene.polygon([(30, 49), (38, 39), (49, 39), (49, 49)], (40, 54, 68), shade=0.3)
    scene.polygon([(52, 39), (62, 39), (71, 49), (52, 49)], (40, 54, 68), shade=0.3)
    scene.line([(50, 50), (51, 70)], 0.8, (120, 16, 18))
    for x in (26, 76):
        scene.ellipse(x, 74, 10, 10, (22, 22, 24))
        scene.ellipse(x, 74, 5.5, 5.5, (176, 180, 184), shade=0.4)
    scene.ellipse(92, 58, 2.6, 2, (250, 238, 190))
    return scene.done(grain=5, seed=1)


def draw_ship() -> Image.Image:
    scene = Scene()
    scene.gradient((150, 188, 222), (214, 228, 236), 0, 62)
    scene.gradient((44, 92, 132), (22, 56, 88), 62, 100)
    scene.polygon([(6, 56), (95, 54), (86, 72), (14, 72)], (38, 46, 60), shade=0.3)
    scene.polygon([(8, 60), (92, 59), (90, 63), (10, 63)], (196, 60, 46))
    scene.polygon([(22, 44), (72, 44), (76, 55), (20, 56)], (240, 240, 238), shade=0.25)
    scene.polygon([(30, 34), (60, 34), (63, 44), (28, 44)], (228, 230, 230), shade=0.25)
    scene.polygon([(42, 16), (52, 16), (53, 34), (41, 34)], (206, 70, 50), shade=0.3)
    scene.polygon([(42, 16), (52, 16), (52, 21), (42, 21)], (34, 34, 38))
    for x in range(27, 73, 7):
        scene.ellipse(x, 50, 1.4, 1.4, (60, 84, 110))
    rng = np.random.default_rng(3)
    for _ in range(26):
        x, y = rng.uniform(0, 100), rng.uniform(74, 99)
        scene.line([(x, y), (x + rng.uniform(4, 12), y + 0.4)], 0.7, (96, 146, 180))
    return scene.done(grain=5, seed=2)


def draw_truck() -> Image.Image:
    scene = Scene()
    scene.gradient((176, 200, 220), (220, 226, 226), 0, 58)
    scene.gradient((126, 124, 118), (96, 94, 90), 58, 100)
    scene.ellipse(50, 84, 46, 4.5, (62, 60, 58), blur=2)
    scene.polygon([(5, 26), (64, 26), (64, 70), (5, 70)], (234, 234, 230), shade=0.3)
    scene.line([(5, 34), (64, 34)], 1.2, (60, 110, 170))
    scene.polygon([(66, 38), (82, 38), (92, 54), (94, 72), (66, 72)], (40, 96, 160), shade=0.4)
    scene.polygon([(70, 42), (81, 42), (88, 54), (70, 54)], (52, 66, 80), shade=0.3)
    scene.polygon([(5, 70), (94, 71), (94, 77), (5, 77)], (52, 52, 56))
    for x in (19, 36, 79):
        scene.ellipse(x, 78, 8, 8, (24, 24, 26))
        scene.ellipse(x, 78, 3.8, 3.8, (160, 164, 168), shade=0.4)
    return scene.done(grain=5, seed=3)


def draw_frog() -> Image.Image:
    scene = Scene((112, 96, 66))
    scene.gradient((128, 112, 76), (92, 78, 52))
    scene.ellipse(50, 86, 40, 7, (60, 50, 34), blur=3)
    scene.ellipse(22, 70, 14, 17, (74, 120, 40), turn=24, shade=0.4)
    scene.ellipse(78, 70, 14, 17, (74, 120, 40), turn=-24, shade=0.4)
    scene.ellipse(50, 62, 30, 25, (96, 150, 52), shade=0.45)
    scene.ellipse(50, 74, 19, 11, (196, 206, 140), blur=1.5)
    scene.ellipse(50, 44, 25, 15, (104, 160, 56), shade=0.35)
    for x in (34, 66):
        scene.ellipse(x, 31, 8.5, 8.5, (110, 166, 60), shade=0.2)
        scene.ellipse(x, 30, 5.5, 5.5, (226, 190, 70))
        scene.ellipse(x, 30, 2.4, 4, (20, 20, 18))
    scene.line([(34, 50), (50, 55), (66, 50)], 1.3, (48, 76, 30))
    for x in (28, 36, 64, 72):
        scene.ellipse(x, 86, 5, 2.6, (80, 128, 44))
    return scene.done(grain=7, seed=4)


def draw_bird() -> Image.Image:
    scene = Scene()
    scene.gradient((150, 178, 140), (196, 206, 168))
    scene.line([(0, 84), (40, 80), (100, 86)], 4, (92, 66, 44))
    scene.line([(46, 70), (45, 81)], 1.4, (64, 44, 34))
    scene.line([(54, 70), (55, 82)], 1.4, (64, 44, 34))
    scene.polygon([(24, 60), (2, 74), (8, 79), (34, 68)], (60, 74, 110))
    scene.ellipse(48, 54, 25, 17, (72, 104, 160), turn=-18, shade=0.3)
    scene.ellipse(58, 60, 15, 11, (222, 150, 96), turn=-24, blur=1.5)
    scene.ellipse(69, 36, 12, 11.5, (72, 104, 160), shade=0.2)
    scene.polygon([(79, 33), (93, 38), (79, 41)], (60, 52, 44))
    scene.ellipse(72, 33, 2, 2, (18, 18, 20))
    scene.ellipse(40, 54, 17, 9, (48, 72, 122), turn=-26, shade=0.3)
    return scene.done(grain=6, seed=5)


def draw_horse() -> Image.Image:
    scene = Scene()
    scene.gradient((156, 196, 226), (214, 228, 226), 0, 52)
    scene.gradient((106, 142, 66), (78, 112, 46), 52, 100)
    brown, dark = (122, 72, 40), (64, 38, 24)
    for x in (30, 40, 62, 70):
        scene.line(
            [(x, 58), (x + (2 if x < 50 else -1), 74), (x, 91)],
            4.6,
            brown if x in (40, 62) else (98, 58, 32),
        )
        scene.ellipse(x, 92, 3, 1.8, dark)
    scene.line([(24, 48), (15, 58), (15, 76)], 4.4, dark)
    scene.ellipse(48, 52, 27, 14, brown, shade=0.4)
    scene.polygon(
        curve([(62, 56), (66, 40), (74, 22), (82, 22), (84, 32), (78, 48), (72, 60)], 16),
        brown,
        shade=0.2,
    )
    scene.ellipse(85, 29, 11, 6, brown, turn=32, shade=0.3)
    scene.polygon([(76, 22), (78, 13), (82, 21)], brown)
    scene.line([(75, 18), (68, 32), (63, 46)], 4, dark)
    scene.ellipse(84, 26, 1.2, 1.2, (16, 14, 12))
    return scene.done(grain=6, seed=6)


def draw_cat() -> Image.Image:
    scene = Scene()
    scene.gradient((196, 172, 142), (150, 122, 96))
    grey, dark = (132, 126, 122), (88, 82, 80)
    scene.ellipse(50, 96, 34, 26, grey, shade=0.3)
    scene.polygon([(22, 38), (24, 6), (48, 26)], grey, shade=0.2)
    scene.polygon([(78, 38), (76, 6), (52, 26)], grey, shade=0.2)
    scene.polygon([(27, 30), (28, 15), (40, 26)], (206, 150, 144))
    scene.polygon([(73, 30), (72, 15), (60, 26)], (206, 150, 144))
    scene.ellipse(50, 47, 32, 28, (142, 136, 132), shade=0.3)
    for x in (40, 50, 60):
        scene.line([(x, 21), (50 + (x - 50) * 0.8, 34)], 2.2, dark)
    for side in (-1, 1):
        scene.ellipse(50 + side * 14, 44, 7, 6, (196, 200, 90))
        scene.ellipse(50 + side * 14, 44, 2.2, 5.4, (16, 16, 16))
        scene.ellipse(50 + side * 7, 61, 9, 7, (212, 206, 200), blur=0.8)
        for k in (-4, 0, 4):
            scene.line(
                [(50 + side * 12, 61 + k * 0.5), (50 + side * 40, 58 + k * 2)], 0.6, (240, 238, 234)
            )
    scene.polygon([(46, 54), (54, 54), (50, 59)], (196, 116, 112))
    return scene.done(grain=7, seed=7)


def draw_dog() -> Image.Image:
    scene = Scene()
    scene.gradient((150, 186, 150), (104, 142, 96))
    fur, dark = (198, 152, 98), (134, 92, 54)
    scene.ellipse(50, 98, 32, 24, fur, shade=0.3)
    scene.ellipse(50, 92, 15, 16, (236, 220, 192), blur=1.5)
    scene.ellipse(50, 42, 27, 29, fur, shade=0.25)
    scene.ellipse(23, 44, 10, 22, dark, turn=14, shade=0.3)
    scene.ellipse(77, 44, 10, 22, dark, turn=-14, shade=0.3)
    scene.ellipse(50, 58, 16, 15, (236, 220, 192), blur=0.8)
    scene.ellipse(50, 51, 6.5, 4.8, (30, 26, 26))
    scene.line([(50, 56), (50, 62)], 1.2, (60, 44, 36))
    scene.line([(41, 63), (50, 67), (59, 63)], 1.4, (60, 44, 36))
    scene.ellipse(50, 70, 4, 4.5, (214, 104, 108))
    for x in (38, 62):
        scene.ellipse(x, 37, 3.4, 3.8, (28, 22, 20))
        scene.ellipse(x + 1, 35.6, 1, 1, (250, 250, 250))
    return scene.done(grain=7, seed=8)


def draw_deer() -> Image.Image:
    scene = Scene()
    scene.gradient((172, 186, 140), (140, 160, 104), 0, 60)
    scene.gradient((126, 136, 76), (96, 104, 56), 60, 100)
    brown, dark = (168, 118, 72), (96, 64, 40)
    for x in (30, 38, 60, 67):
        scene.line([(x, 58), (x, 92)], 3.2, brown if x in (38, 60) else (138, 94, 56))
    scene.ellipse(48, 54, 25, 12, brown, shade=0.35)
    scene.ellipse(26, 52, 4, 6, (238, 230, 214))
    scene.polygon(curve([(62, 56), (66, 40), (72, 28), (79, 29), (76, 46), (70, 60)], 16), brown)
    scene.ellipse(80, 30, 9, 5, brown, turn=22, shade=0.2)
    scene.ellipse(88, 33, 2, 1.6, (30, 24, 22))
    scene.ellipse(69, 25, 5, 2.4, brown, turn=-150)
    scene.ellipse(79, 28, 1.3, 1.3, (18, 14, 12))
    for points in (
        [(74, 25), (72, 14), (64, 6)],
        [(72, 14), (78, 6)],
        [(78, 25), (84, 15), (82, 5)],
        [(84, 15), (92, 9)],
    ):
        scene.line(points, 1.7, dark)
    for x, y in ((40, 49), (48, 47), (56, 50), (44, 54), (52, 55)):
        scene.ellipse(x, y, 1.3, 1.1, (222, 196, 160))
    return scene.done(grain=6, seed=9)


# --- coloured shapes ----------------------------------------------------------------------------


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


EXAMPLES: dict[str, list[tuple[str, str, Callable[[], Image.Image]]]] = {
    "mnist": [
        (digit, f"the digit {digit}", lambda digit=digit: draw_digit(digit))
        for digit in "7204938516"
    ],
    "fashion_mnist": [
        ("t-shirt", "a T-shirt", draw_t_shirt),
        ("trousers", "trousers", draw_trousers),
        ("pullover", "a pullover", draw_pullover),
        ("dress", "a dress", draw_dress),
        ("coat", "a coat", draw_coat),
        ("sandal", "a sandal", draw_sandal),
        ("shirt", "a shirt", draw_shirt),
        ("sneaker", "a sneaker", draw_sneaker),
        ("bag", "a bag", draw_bag),
        ("boot", "an ankle boot", draw_boot),
    ],
    "cifar10": [
        ("ship", "a ship", draw_ship),
        ("airplane", "an airplane", draw_airplane),
        ("automobile", "a car", draw_automobile),
        ("truck", "a truck", draw_truck),
        ("frog", "a frog", draw_frog),
        ("bird", "a bird", draw_bird),
        ("horse", "a horse", draw_horse),
        ("cat", "a cat", draw_cat),
        ("dog", "a dog", draw_dog),
        ("deer", "a deer", draw_deer),
    ],
    "shapes": [
        (shape, f"{colour} {shape}", functools.partial(draw_shape, shape, paint, ground, **place))
        for shape, colour, paint, ground, place in (
            ("circle", "a red", (255, 0, 0), 40, {"turn": 0, "size": 26, "at": (46, 54)}),
            ("star", "a yellow", (255, 240, 0), 60, {"turn": 12, "size": 34}),
            ("heart", "a pink", (255, 0, 120), 20, {"turn": -8, "size": 31}),
            ("triangle", "a green", (0, 255, 40), 75, {"turn": 20, "size": 29, "at": (54, 52)}),
            ("flower", "a violet", (140, 0, 255), 50, {"turn": 30, "size": 32}),
            ("arrow", "an orange", (255, 130, 0), 30, {"turn": 60, "size": 32, "at": (48, 47)}),
            ("crescent", "a cyan", (0, 240, 255), 15, {"turn": -30, "size": 29, "at": (55, 48)}),
            ("square", "a blue", (0, 50, 255), 70, {"turn": 15, "size": 28}),
            ("ring", "a lime", (150, 255, 0), 45, {"turn": 0, "size": 30, "at": (50, 46)}),
            ("cross", "a magenta", (255, 0, 220), 25, {"turn": 10, "size": 30}),
        )
    ],
}


def main() -> None:
    listing = {}
    for dataset, entries in EXAMPLES.items():
        folder = FOLDER / dataset
        folder.mkdir(exist_ok=True)
        # Shapes have clean edges and few colours; a photograph's compression smears both.
        how = {"lossless": True} if dataset == "shapes" else {"quality": 82}
        for name, _, draw in entries:
            draw().save(folder / f"{name}.webp", method=6, **how)
        listing[dataset] = [{"file": f"{name}.webp", "title": title} for name, title, _ in entries]
    (FOLDER / "examples.json").write_text(json.dumps(listing, indent=1) + "\n")


if __name__ == "__main__":
    main()
