"""Drawn faces with three attributes: identity, pose and expression."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np

from dsnmf.datasets.dataset import Dataset, unit_norm
from dsnmf.validation import as_generator, as_number, as_size

if TYPE_CHECKING:
    from dsnmf.typing import Seed

#: Turn of the head in radians, > 0 to the picture's right.
POSES = {"left": -0.6, "front": 0.0, "right": 0.6}

# Lengths are in units of half a picture's shorter side; shades run from black 0 to white 1.
#: The parameters of each expression: widenings are factors, the others lengths.
EXPRESSIONS = {
    "neutral": {
        "mouth_widening": 1.0,
        "mouth_rise": 0.0,
        "mouth_opening": 0.0,
        "brow_lift": 0.0,
        "eye_widening": 1.0,
    },
    "smile": {
        "mouth_widening": 1.35,
        "mouth_rise": 0.13,
        "mouth_opening": 0.04,
        "brow_lift": 0.0,
        "eye_widening": 0.75,
    },
    "surprise": {
        "mouth_widening": 0.6,
        "mouth_rise": 0.0,
        "mouth_opening": 0.12,
        "brow_lift": 0.11,
        "eye_widening": 1.4,
    },
}

#: The parameters of a person, each uniform in a range. `hair` is a share of the skin's shade,
#: `eye_distance` a share of half the face's width; a `beard` is visible above _BEARDED.
TRAITS = {
    "face_width": (0.44, 0.56),
    "face_height": (0.60, 0.70),
    "skin": (0.42, 0.74),
    "hair": (0.12, 0.55),
    "forehead": (0.20, 0.45),
    "hair_length": (0.0, 0.9),
    "hair_volume": (0.04, 0.18),
    "clothes": (0.1, 0.95),
    "eye_distance": (0.36, 0.50),
    "eye_size": (0.075, 0.105),
    "brow": (0.03, 0.075),
    "nose_length": (0.18, 0.28),
    "nose_width": (0.05, 0.10),
    "mouth_width": (0.17, 0.25),
    "beard": (0.0, 1.0),
}

_LONG_HAIR, _BEARDED = 0.35, 0.8
_BACKGROUND, _EYE_WHITE, _PUPIL, _MOUTH = 0.83, 0.97, 0.08, 0.12

# Differences between pictures of one person, pose and expression: (low, high) of uniform factors
# and offsets.
_EXPRESSION_STRENGTH = (0.7, 1.1)
_YAW, _SHIFT, _LIGHT = (-0.1, 0.1), (-0.04, 0.04), (-0.2, 0.2)


class _Canvas:
    """Grey pictures (n, height, width), all painted at once, with smooth edges.

    x points to the right and y downwards; both are 0 at the centre of the face.
    """

    def __init__(self, n, image_shape, centre):
        self.pixel = 2 / min(image_shape)
        y, x = (self.pixel * (np.arange(side) - (side - 1) / 2) for side in image_shape)
        self.x, self.y = x - centre[0], y[:, None] - centre[1]
        self.pixels = np.full((n, *image_shape), _BACKGROUND)

    def paint(self, distance, shade, opacity=1.0):
        """Fill where a signed distance is negative; the edge is one pixel wide."""
        coverage = np.clip(0.5 - distance / self.pixel, 0, 1) * opacity
        self.pixels += coverage * (shade - self.pixels)


def _ellipse(x, y, half_width, half_height):
    """Signed distance from an ellipse about the origin, of first order at its outline."""
    radius = np.hypot(x / half_width, y / half_height)
    slope = np.hypot(x / half_width**2, y / half_height**2) / np.maximum(radius, 1e-12)
    return (radius - 1) / np.maximum(slope, 1 / np.maximum(half_width, half_height))


def _lens(x, y, half_width, half_height, rise):
    """Signed distance, roughly, from a lens about the origin whose ends are bent up by `rise`."""
    t = np.clip(x / half_width, -1, 1) ** 2
    return np.maximum(np.abs(y + rise * t) - half_height * np.sqrt(1 - t), np.abs(x) - half_width)


def _place(face, side, depth=1.0):
    """(x, relative width) of a feature of a turned head, seen from the front.

    The head is a cylinder of depth 1, side -1 … 1 goes across the face; the width shrinks as the
    surface turns away from the viewer.
    """
    surface = np.sqrt(1 - side**2)
    x = side * np.cos(face.yaw) + depth * surface * np.sin(face.yaw)
    width = np.cos(face.yaw) - side / surface * np.sin(face.yaw)
    return face.face_width * x, np.maximum(width, 0.15)


def _paint_back(canvas, face):
    """Shoulders, hair that falls down behind the neck, neck, skull."""
    x, y = canvas.x + 0.12 * np.sin(face.yaw), canvas.y
    width = face.face_width + face.hair_volume
    canvas.paint(_ellipse(canvas.x, y - 1.25, 0.85, 0.45), face.clothes)
    ends = np.maximum(-0.1 - y, y - face.hair_length)
    behind = np.maximum(_ellipse(x, y, width + 0.02, 1.6), ends)
    canvas.paint(behind, face.hair, face.hair_length > _LONG_HAIR)
    neck = np.maximum(np.abs(canvas.x) - 0.45 * face.face_width, np.abs(y - 0.55) - 0.38)
    canvas.paint(neck, 0.8 * face.skin)
    canvas.paint(_ellipse(x, y + 0.2, width, 0.58 + face.hair_volume), face.hair)


def _paint_front(canvas, face):
    """The face, whose outline moves with the turn, and its beard."""
    x, y = canvas.x - 0.2 * np.sin(face.yaw), canvas.y
    width = face.face_width * (0.75 + 0.25 * np.cos(face.yaw))
    oval = _ellipse(x, y - 0.12, width, face.face_height)
    hairline = face.forehead - 0.75 - 0.4 * x**2
    canvas.paint(np.maximum(oval, hairline - y), face.skin)
    cheeks = _ellipse(x - 0.1 * np.sin(face.yaw), y + 0.02, 0.85 * width, 0.36)
    beard = np.maximum(np.maximum(oval, -cheeks), 0.1 - y)
    canvas.paint(beard, face.hair, 0.8 * (face.beard > _BEARDED))


def _paint_ears(canvas, face):
    """Both ears of a face that looks ahead, only the near one of a turned head."""
    for side in (-1, 1):
        x = side * face.face_width * np.cos(face.yaw) - 0.06 * np.sin(face.yaw)
        near = np.clip(1 - 3 * side * np.sin(face.yaw), 0, 1)
        ear = _ellipse(canvas.x - x, canvas.y - 0.08, 0.075, 0.14)
        canvas.paint(ear, 0.88 * face.skin, near * (face.hair_length <= _LONG_HAIR))


def _paint_eyes(canvas, face):
    for side in (-1, 1):
        centre, width = _place(face, side * face.eye_distance)
        x, y, size = canvas.x - centre, canvas.y + 0.02, face.eye_size
        eye = _ellipse(x, y, 1.35 * size * width, size * face.eye_widening)
        canvas.paint(eye, _EYE_WHITE)
        pupil = _ellipse(x - 0.03 * np.sin(face.yaw), y, 0.65 * size * width, 0.75 * size)
        canvas.paint(np.maximum(pupil, eye), _PUPIL)
        brow = _lens(x, y + 0.17 + face.brow_lift, 0.17 * width, face.brow, -0.04)
        canvas.paint(brow, 0.8 * face.hair)


def _paint_nose(canvas, face):
    (bridge, _), (tip, _) = _place(face, 0.0), _place(face, 0.0, depth=1.25)
    down = np.clip(canvas.y / face.nose_length, 0, 1)
    x = canvas.x - bridge - (tip - bridge) * down
    sides = np.abs(x) - face.nose_width * (0.35 + 0.65 * down)
    ends = np.abs(canvas.y - face.nose_length / 2) - face.nose_length / 2
    canvas.paint(np.maximum(sides, ends), 0.78 * face.skin)


def _paint_mouth(canvas, face):
    centre, width = _place(face, 0.0, depth=0.8)
    half_width = face.mouth_width * face.mouth_widening * width
    half_height = 0.035 + face.mouth_opening
    x, y = canvas.x - centre, canvas.y - 0.42 - 0.5 * face.mouth_rise
    lips = _lens(x, y, half_width + 0.04, half_height + 0.04, face.mouth_rise)
    canvas.paint(lips, 0.85 * face.skin)
    canvas.paint(_lens(x, y, half_width, half_height, face.mouth_rise), _MOUTH)


_PAINTERS = (_paint_back, _paint_front, _paint_ears, _paint_eyes, _paint_nose, _paint_mouth)


def _draw_people(n_identities, rng):
    """{trait: n_identities values}; a person does not depend on the number of people."""
    low, high = np.transpose(list(TRAITS.values()))
    people = dict(zip(TRAITS, (low + (high - low) * rng.random((n_identities, len(low)))).T))
    return people | {"hair": people["hair"] * people["skin"]}


def _draw_expressions(names, expression, rng):
    """{parameter: one value per picture}, with a random strength of the expression."""
    strength = rng.uniform(*_EXPRESSION_STRENGTH, expression.shape)
    looks = {}
    for part, neutral in EXPRESSIONS["neutral"].items():
        full = np.array([EXPRESSIONS[name][part] for name in names])[expression]
        looks[part] = neutral + strength * (full - neutral)
    return looks


def _draw(target, poses, expressions, image_shape, noise, rng):
    """Pictures (n, height, width) in [0, 1] of the given identities, poses and expressions."""
    identity, pose, expression = target.T[:, :, None, None]
    people = _draw_people(target[:, 0].max() + 1, rng)
    face = SimpleNamespace(
        **{trait: values[identity] for trait, values in people.items()},
        **_draw_expressions(expressions, expression, rng),
        yaw=np.array([POSES[name] for name in poses])[pose] + rng.uniform(*_YAW, pose.shape),
    )
    canvas = _Canvas(len(target), image_shape, rng.uniform(*_SHIFT, (2, *pose.shape)))
    for paint in _PAINTERS:
        paint(canvas, face)
    light = 1 + rng.uniform(*_LIGHT, pose.shape) * np.linspace(-1, 1, image_shape[1])
    return np.clip(light * canvas.pixels + noise * rng.standard_normal(canvas.pixels.shape), 0, 1)


def _as_names(names, known, argument):
    """The names as a tuple: some of the known ones, none twice."""
    chosen = () if isinstance(names, str) or not np.iterable(names) else tuple(names)
    if not chosen or any(name not in known or chosen.count(name) > 1 for name in chosen):
        raise ValueError(
            f"{argument} must be a sequence of {', '.join(known)}, each at most once, got {names!r}"
        )
    return chosen


def make_attribute_faces(
    n_identities: int = 20,
    poses: Sequence[str] = tuple(POSES),
    expressions: Sequence[str] = tuple(EXPRESSIONS),
    repeats: int = 6,
    image_shape: tuple[int, int] = (32, 32),
    noise: float = 0.02,
    random_state: Seed = None,
) -> Dataset:
    """Drawings of faces, each person in every pose with every expression.

    A person is a set of random proportions and shades (face, hair, clothes, eyes, brows, nose,
    mouth, beard). Turning the head shifts, narrows and partly hides what is on it. The pictures
    of one person in one pose with one expression differ by the strength of the expression, small
    turns and shifts, light from the left or right, and noise.

    Parameters
    ----------
    n_identities : int >= 1
        Number of people. The first people of a seed do not depend on it.
    poses : sequence of {"left", "front", "right"}
        Side of the picture that the face is turned to, by about 34 degrees.
    expressions : sequence of {"neutral", "smile", "surprise"}
    repeats : int >= 1
        Pictures per person, pose and expression.
    image_shape : (int, int)
        Height and width; the face fills the shorter side.
    noise : float >= 0
        Standard deviation of every pixel's normal noise; white is 1.
    random_state : None, int or numpy.random.Generator
        The same seed gives the same pictures; None is seed 0.

    Returns
    -------
    Dataset
        data (n, height * width), non-negative, with n = n_identities · poses · expressions ·
        repeats, in this order, the last one fastest; target (n, 3): identity, pose, expression,
        the last two counting in the order given.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Examples
    --------
    >>> from dsnmf.datasets import make_attribute_faces
    >>> faces = make_attribute_faces(n_identities=2, poses=("front", "left"), repeats=1)
    >>> faces.data.shape, faces.target_names
    ((12, 1024), ('identity', 'pose', 'expression'))
    >>> faces.target[3].tolist()  # the first person, turned left, neutral
    [0, 1, 0]
    """
    n_identities, repeats = as_size(n_identities, "n_identities"), as_size(repeats, "repeats")
    poses = _as_names(poses, POSES, "poses")
    expressions = _as_names(expressions, EXPRESSIONS, "expressions")
    if not np.iterable(image_shape) or len(image_shape) != 2:
        raise ValueError(f"image_shape must be (height, width), got {image_shape!r}")
    image_shape = tuple(as_size(side, f"image_shape[{i}]") for i, side in enumerate(image_shape))
    noise, rng = as_number(noise, "noise", 0), as_generator(random_state)
    counts = map(range, (n_identities, len(poses), len(expressions), repeats))
    target = np.array(list(product(*counts)), np.int64)[:, :3]
    pixels = _draw(target, poses, expressions, image_shape, noise, rng)
    return Dataset(
        name="attribute_faces",
        data=unit_norm(pixels.reshape(len(target), -1).astype(np.float32)),
        target=target,
        target_names=("identity", "pose", "expression"),
        images=image_shape,
        DESCR=f"Drawn faces: {len(target)} pictures of {n_identities} people. pose: "
        f"{', '.join(poses)}; expression: {', '.join(expressions)}.",
    )
