"""Animals and vehicles in colour."""

import numpy as np
from PIL import Image

from tools.examples.scene import Example, Scene, curve


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


EXAMPLES = [
    Example("ship", "a ship", draw_ship),
    Example("airplane", "an airplane", draw_airplane),
    Example("automobile", "a car", draw_automobile),
    Example("truck", "a truck", draw_truck),
    Example("frog", "a frog", draw_frog),
    Example("bird", "a bird", draw_bird),
    Example("horse", "a horse", draw_horse),
    Example("cat", "a cat", draw_cat),
    Example("dog", "a dog", draw_dog),
    Example("deer", "a deer", draw_deer),
]
