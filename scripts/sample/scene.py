"""The painted scene: a late afternoon with hills, a house, trees and a pond; colours and brush directions."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from scripts.sample.noise import Field, fractal, mix, smooth_noise, smoothstep

WIDTH, HEIGHT = 1200, 900
SHAPE = (HEIGHT, WIDTH)
HORIZON = 430


@dataclass
class Scene:
    """``colour`` (h, w, 3) in sRGB 0–1; ``angle`` (h, w) of the strokes in radians; ``detail`` 0–1."""

    colour: Field
    angle: Field
    detail: Field
    rng: np.random.Generator

    def composite(
        self, cover: Field, colour: Field | tuple[float, ...], angle: Field | float, detail: float
    ) -> None:
        """Composite ``colour`` over the scene with the opacity ``cover`` (0–1)."""
        self.colour = mix(self.colour, colour, cover)
        self.angle = np.where(cover > 0.5, angle, self.angle).astype(np.float32)
        self.detail = np.where(cover > 0.5, detail, self.detail).astype(np.float32)

    def noise(self, cell: float, octaves: int = 4) -> Field:
        """Return fractal noise over the whole scene."""
        return fractal(self.rng, SHAPE, cell, octaves)


def compose(rng: np.random.Generator) -> Scene:
    """Compose the scene from the sky to the grass in the foreground."""
    blank = np.zeros(SHAPE, np.float32)
    scene = Scene(np.zeros((*SHAPE, 3), np.float32), blank, blank.copy(), rng)
    for layer in (_sky, _hills, _meadow, _pond, _path, _far_trees, _house, _trees, _oak, _foreground):
        layer(scene)
    return scene


def _grid() -> tuple[Field, Field]:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    return x, y


def _polygon(points: list[tuple[float, float]], soft: float = 1.0) -> Field:
    cover = np.zeros(SHAPE, np.float32)
    cv2.fillPoly(cover, [np.array(points, np.int32)], 1.0)
    return cv2.GaussianBlur(cover, (0, 0), soft)


def _sky(scene: Scene) -> None:
    x, y = _grid()
    depth = np.clip(y / HORIZON, 0, 1)
    top, low = np.float32([0.36, 0.48, 0.62]), np.float32([0.93, 0.83, 0.64])
    colour = mix(np.broadcast_to(top, (*SHAPE, 3)), tuple(low), depth**1.5)
    glow = np.exp(-(((x - 330) / 420) ** 2) - ((y - 400) / 170) ** 2)
    colour = mix(colour, (1.0, 0.87, 0.60), 0.8 * glow)
    billow = cv2.resize(fractal(scene.rng, (HEIGHT * 2, WIDTH), 250, 5), (WIDTH, HEIGHT))
    cloud = smoothstep(0.05, 1.0, billow + 0.9 * np.exp(-(((y - 210) / 110) ** 2)) - 0.55)
    lit = smoothstep(-0.8, 1.0, billow - np.roll(billow, -26, axis=0) + 0.25)
    white = mix(np.broadcast_to(np.float32([0.55, 0.55, 0.60]), (*SHAPE, 3)), (0.98, 0.93, 0.83), lit)
    scene.composite(np.ones(SHAPE, np.float32), colour, 0.10 * scene.noise(180), 0.12)
    scene.composite(0.88 * cloud, white, 0.15 + 0.55 * scene.noise(130), 0.25)


def _ridge(scene: Scene, base: float, height: float, cell: float) -> tuple[Field, Field]:
    """Return opacity and slope angle of hills whose crest is near ``base``."""
    _, y = _grid()
    crest = (
        smooth_noise(scene.rng, (1, WIDTH), cell)[0] + 0.22 * smooth_noise(scene.rng, (1, WIDTH), cell / 5)[0]
    )
    line = base - height * crest
    slope = np.arctan(cv2.GaussianBlur(np.gradient(line)[None].astype(np.float32), (0, 0), 20))
    return smoothstep(-1.5, 1.5, y - line[None, :]), np.broadcast_to(slope, SHAPE)


def _hills(scene: Scene) -> None:
    _, y = _grid()
    for base, height, cell, colour in (
        (366, 40, 300, (0.53, 0.58, 0.66)),
        (404, 24, 240, (0.43, 0.51, 0.53)),
        (432, 16, 190, (0.38, 0.45, 0.37)),
    ):
        cover, slope = _ridge(scene, base, height, cell)
        shade = 0.045 * scene.noise(70)[..., None] + 0.0009 * (y - base)[..., None]
        scene.composite(cover, np.float32(colour) + shade * np.float32([1.2, 1.0, 0.5]), slope, 0.2)


def _meadow(scene: Scene) -> None:
    x, y = _grid()
    near = np.clip((y - HORIZON) / (HEIGHT - HORIZON), 0, 1)
    line = 452 + 10 * np.sin(x / 170) + 5 * np.sin(x / 61 + 1)
    bands = np.sin(9 * np.sqrt(near + 0.02) * 3 + 0.004 * x + 0.5 * scene.noise(240, 2))
    colour = mix(np.broadcast_to(np.float32([0.66, 0.62, 0.33]), (*SHAPE, 3)), (0.30, 0.36, 0.15), near**0.8)
    colour = mix(colour, (0.78, 0.68, 0.36), 0.40 * smoothstep(0.1, 1.0, bands) * (1 - near))
    colour = colour + (0.05 * scene.noise(60))[..., None] * np.float32([1.1, 1.0, 0.4])
    shadow = smoothstep(
        0.35,
        1.2,
        scene.noise(260, 3) * 0.7 + np.exp(-(((x - 1090) / 190) ** 2) - ((y - 645) / 34) ** 2) * 2.2,
    )
    colour = mix(colour, tuple(np.float32([0.20, 0.25, 0.12])), 0.62 * shadow)
    scene.composite(smoothstep(-2, 2, y - line), colour, 0.06 * scene.noise(140) + 0.00025 * (x - 600), 0.25)


def _pond(scene: Scene) -> None:
    """Add still water that reflects the sky and the dark far bank."""
    x, y = _grid()
    wobble = 0.10 * scene.noise(170, 3)
    inside = 1 - np.hypot((x - 330) / 320, (y - 628) / 50) + wobble
    cover = smoothstep(-0.02, 0.02, inside)
    mirror = scene.colour[np.clip(1010 - np.arange(HEIGHT), 60, 440)]
    streaks = cv2.resize(scene.noise(110, 4), (WIDTH, HEIGHT * 7))[: HEIGHT * 7 : 7][:HEIGHT]
    deep = smoothstep(590, 680, y)
    water = mix(mirror, (0.42, 0.53, 0.62), 0.35 + 0.35 * deep)
    bank = smoothstep(0.2, 1.0, 0.6 * streaks + (1 - smoothstep(575, 615, y)) * 1.5)
    water = mix(water, (0.24, 0.28, 0.20), 0.75 * bank) + 0.04 * streaks[..., None]
    scene.composite(smoothstep(-0.13, -0.04, inside) * (1 - cover), (0.30, 0.27, 0.15), 0.0, 0.6)
    scene.composite(cover, water, 0.0, 0.45)


def _path(scene: Scene) -> None:
    points = [(690, 900), (880, 900), (800, 760), (742, 660), (770, 590), (822, 556), (806, 553)]
    points += [(742, 584), (704, 655), (742, 760)]
    cover = _polygon(points, 3) * smoothstep(-1.9, 0.4, scene.noise(30) + 0.7)
    light = np.float32([0.80, 0.69, 0.47]) + 0.05 * scene.noise(45)[..., None]
    scene.composite(0.9 * cover, light, 0.25, 0.4)


def _blobs(scene: Scene, places: list[tuple[float, float, float]]) -> Field:
    """Return the height of round crowns (x, y, radius), positive inside."""
    x, y = _grid()
    crowns = [1 - np.hypot(x - cx, (y - cy) * 1.1) / r for cx, cy, r in places]
    return np.max(crowns, axis=0).astype(np.float32) + 0.14 * scene.noise(48, 4)


def _foliage(scene: Scene, places: list[tuple[float, float, float]], dark: Field, light: Field) -> None:
    """Add crowns lit from the upper left, in clumps, with a few holes."""
    body = _blobs(scene, places)
    clumps, leaves = scene.noise(46, 3), scene.noise(15, 3)
    sun = body - np.roll(np.roll(body, -20, axis=0), -22, axis=1)
    lit = smoothstep(-0.5, 1.5, -1.5 * sun + 0.42 * clumps + 0.38 * leaves)
    colour = mix(np.broadcast_to(dark, (*SHAPE, 3)), tuple(light), lit)
    warm = smoothstep(0.9, 2.2, clumps + 0.5 * leaves)[..., None] * np.float32([0.16, 0.07, 0.0])
    holes = smoothstep(1.5, 1.9, scene.noise(26, 3)) * (1 - smoothstep(0.1, 0.75, body))
    turning = 2.6 * scene.noise(30, 2)
    scene.composite(smoothstep(-0.01, 0.05, body) * (1 - holes), colour + warm, turning, 0.85)


def _far_trees(scene: Scene) -> None:
    row = [(x, 440 + 7 * np.sin(x), 14 + 9 * np.cos(x * 1.7)) for x in range(20, 640, 27)]
    _foliage(scene, row, np.float32([0.24, 0.31, 0.24]), np.float32([0.48, 0.52, 0.32]))
    for x, tall in ((928, 120), (962, 150), (1001, 132), (1034, 104)):
        crown = [(x + 5 * np.sin(k), 470 - k * tall / 9, 17 - k * 1.3) for k in range(9)]
        _foliage(scene, crown, np.float32([0.15, 0.22, 0.12]), np.float32([0.45, 0.47, 0.22]))


def _house(scene: Scene) -> None:
    wall = [(742, 500), (868, 500), (868, 562), (742, 562)]
    gable = [(868, 500), (905, 452), (938, 500), (938, 560), (868, 562)]
    roof = [(730, 503), (768, 446), (908, 446), (872, 503)]
    scene.composite(_polygon(wall), (0.86, 0.78, 0.64), np.pi / 2, 0.8)
    scene.composite(_polygon(gable), (0.60, 0.53, 0.47), np.pi / 2, 0.8)
    tiles = np.float32([0.62, 0.29, 0.18]) + 0.05 * scene.noise(16, 2)[..., None]
    scene.composite(_polygon(roof), tiles, -0.98, 0.8)
    scene.composite(
        _polygon([(838, 424), (858, 424), (858, 452), (838, 452)]), (0.50, 0.33, 0.26), np.pi / 2, 1.0
    )
    for left in (758, 838):
        scene.composite(
            _polygon([(left, 516), (left + 15, 516), (left + 15, 537), (left, 537)]),
            (0.20, 0.20, 0.22),
            1.57,
            1,
        )
    scene.composite(_polygon([(797, 520), (818, 520), (818, 562), (797, 562)]), (0.27, 0.20, 0.14), 1.57, 1.0)
    scene.composite(_polygon([(896, 512), (912, 511), (912, 532), (896, 533)]), (0.16, 0.15, 0.17), 1.57, 1.0)
    scene.composite(
        0.6 * _polygon([(735, 562), (945, 558), (1010, 582), (760, 576)], 4), (0.20, 0.22, 0.12), 0.0, 0.5
    )


def _trees(scene: Scene) -> None:
    for left, right, foot in ((1060, 1076, 598), (1136, 1156, 612), (704, 711, 566)):
        scene.composite(
            _polygon([(left, 505), (right - 3, 505), (right + 3, foot), (left - 3, foot)]),
            (0.20, 0.15, 0.11),
            1.5,
            1,
        )
    grove = [
        (1050, 452, 74),
        (1110, 400, 88),
        (1165, 440, 92),
        (1085, 500, 60),
        (1185, 520, 70),
        (1130, 520, 58),
    ]
    _foliage(scene, grove, np.float32([0.10, 0.15, 0.08]), np.float32([0.42, 0.43, 0.18]))
    _foliage(
        scene,
        [(706, 530, 26), (694, 514, 20), (716, 508, 18)],
        np.float32([0.16, 0.21, 0.10]),
        np.float32([0.55, 0.50, 0.22]),
    )


def _oak(scene: Scene) -> None:
    trunk = [(58, 770), (82, 640), (80, 520), (62, 420), (92, 410), (112, 500), (150, 420), (164, 430)]
    trunk += [(126, 540), (124, 640), (146, 772)]
    bark = np.float32([0.21, 0.16, 0.11]) + 0.04 * scene.noise(14, 2)[..., None]
    scene.composite(_polygon(trunk, 1.5), bark, 1.5, 0.9)
    scene.composite(
        0.7 * _polygon([(118, 770), (108, 640), (112, 520), (124, 540), (124, 640), (146, 772)], 3),
        (0.47, 0.36, 0.22),
        1.5,
        0.9,
    )
    crowns = [(90, 250, 150), (180, 330, 100), (20, 340, 120), (140, 170, 100), (230, 262, 74), (50, 160, 90)]
    _foliage(scene, crowns, np.float32([0.08, 0.11, 0.06]), np.float32([0.44, 0.43, 0.16]))


def _foreground(scene: Scene) -> None:
    x, y = _grid()
    edge = 800 + 30 * np.sin(x / 210 + 0.6) + 14 * scene.noise(70, 3) - 0.05 * (600 - x)
    bank = smoothstep(-12, 12, y - edge) * (
        1 - 0.9 * _polygon([(700, 900), (880, 900), (810, 770), (745, 770)], 9)
    )
    grass = np.float32([0.20, 0.23, 0.10]) + 0.05 * scene.noise(26, 3)[..., None] * np.float32(
        [1.3, 1.2, 0.5]
    )
    scene.composite(bank, grass, -1.35 + 0.35 * scene.noise(60), 0.8)
    rng = scene.rng
    for _ in range(170):
        fx, fy = rng.normal(rng.choice((210, 560, 1010)), 90), rng.normal(850, 26)
        colour = ((0.78, 0.22, 0.13), (0.92, 0.78, 0.32), (0.93, 0.90, 0.80))[
            rng.choice(3, p=(0.45, 0.3, 0.25))
        ]
        flower = np.zeros(SHAPE, np.float32)
        cv2.circle(flower, (int(fx), int(fy)), int(rng.uniform(2, 5)), 1.0, -1)
        scene.composite(flower * bank, colour, rng.uniform(-3, 3), 1.0)
