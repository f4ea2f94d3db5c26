"""Handwritten digits: pen strokes on paper."""

import functools

import numpy as np
from PIL import Image

from tools.examples.scene import Example, Point, Scene

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


EXAMPLES = [
    Example(digit, f"the digit {digit}", functools.partial(draw_digit, digit))
    for digit in "7204938516"
]
