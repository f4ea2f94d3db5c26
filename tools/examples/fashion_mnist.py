"""Clothes on a white ground."""

from PIL import Image

from tools.examples.scene import Example, Point, Scene, curve


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


EXAMPLES = [
    Example("t-shirt", "a T-shirt", draw_t_shirt),
    Example("trousers", "trousers", draw_trousers),
    Example("pullover", "a pullover", draw_pullover),
    Example("dress", "a dress", draw_dress),
    Example("coat", "a coat", draw_coat),
    Example("sandal", "a sandal", draw_sandal),
    Example("shirt", "a shirt", draw_shirt),
    Example("sneaker", "a sneaker", draw_sneaker),
    Example("bag", "a bag", draw_bag),
    Example("boot", "an ankle boot", draw_boot),
]
