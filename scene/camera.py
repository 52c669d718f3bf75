"""The camera: where the eye is, what it looks at, and every way to move it. Pure; metres, z up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]
Height = Callable[[float, float], float]
Blocked = Callable[[Vector, Vector], bool]  # something stands between two points

VIEW_ANGLE_DEG = 30.0
EYE_HEIGHT = 1.7  # of someone who walks
CLEARANCE = 0.5  # the eye never comes nearer to the ground
EASE_SECONDS = 0.3
STEEPEST_DEG = 89.0
BODY = 0.4  # how near one comes to a wall


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """An eye that looks at a focus, both float64[3] in the world's frame."""

    eye: Vector
    focus: Vector

    @classmethod
    def of(cls, eye: ArrayLike, focus: ArrayLike) -> Pose:
        """From anything with three numbers."""
        return cls(np.array(eye, np.float64), np.array(focus, np.float64))

    @property
    def distance(self) -> float:
        """From the eye to its focus."""
        return float(np.linalg.norm(self.focus - self.eye))

    @property
    def forward(self) -> Vector:
        """Where it looks, of length 1."""
        return (self.focus - self.eye) / max(self.distance, 1e-9)

    @property
    def right(self) -> Vector:
        """Level, to the right of the picture."""
        level = np.array([self.forward[1], -self.forward[0], 0.0])
        length = np.linalg.norm(level)
        return level / length if length > 1e-9 else np.array([1.0, 0.0, 0.0])

    @property
    def up(self) -> Vector:
        """To the top of the picture."""
        return np.cross(self.right, self.forward)

    def facing(self, heading_deg: float, pitch_deg: float) -> Pose:
        """The same eye, turned to a compass heading and a pitch above the horizon."""
        return Pose(self.eye, self.eye + _direction(heading_deg, pitch_deg) * self.distance)

    @property
    def heading_deg(self) -> float:
        """Clockwise from north."""
        return float(np.degrees(np.arctan2(self.forward[0], self.forward[1])))

    @property
    def pitch_deg(self) -> float:
        """Above the horizon."""
        return float(np.degrees(np.arcsin(np.clip(self.forward[2], -1, 1))))


def orbit(pose: Pose, right_deg: float, up_deg: float) -> Pose:
    """Round the focus: the world turns right and the eye rises by these angles."""
    pitch = np.clip(pose.pitch_deg - up_deg, -STEEPEST_DEG, STEEPEST_DEG)
    return Pose(pose.focus - _direction(pose.heading_deg + right_deg, float(pitch)) * pose.distance, pose.focus)


def look_around(pose: Pose, right_deg: float, up_deg: float) -> Pose:
    """The eye stays and turns."""
    pitch = np.clip(pose.pitch_deg + up_deg, -STEEPEST_DEG, STEEPEST_DEG)
    return pose.facing(pose.heading_deg + right_deg, float(pitch))


def pan(pose: Pose, right_px: float, up_px: float, height_px: int) -> Pose:
    """Along the picture, so that what lies at the focus follows the pointer."""
    metres = 2 * pose.distance * np.tan(np.radians(VIEW_ANGLE_DEG / 2)) / max(height_px, 1)
    step = -(pose.right * right_px + pose.up * up_px) * metres
    return Pose(pose.eye + step, pose.focus + step)


def zoom(pose: Pose, factor: float, at: Vector, nearest: float = 0.5) -> Pose:
    """Everything `factor` times as far from the point `at`, which stays where it is in the picture."""
    far = float(np.linalg.norm(pose.eye - at))
    factor = max(factor, nearest / far) if factor < 1 and far > 0 else factor
    return Pose(at + (pose.eye - at) * factor, at + (pose.focus - at) * factor)


def fly(pose: Pose, ahead: float, right: float, up: float) -> Pose:
    """Metres ahead, to the right and straight up."""
    step = pose.forward * ahead + pose.right * right + np.array([0.0, 0.0, up])
    return Pose(pose.eye + step, pose.focus + step)


def walk(pose: Pose, ahead: float, right: float, height: Height, blocked: Blocked) -> Pose:
    """Metres over the ground, eyes at their height above it; along a wall where one stands in the way."""
    level = np.array([-pose.right[1], pose.right[0], 0.0])
    step = level * ahead + pose.right * right
    start = np.array([*pose.eye[:2], height(*pose.eye[:2]) + EYE_HEIGHT])
    for way in (step, step * [1.0, 0.0, 0.0], step * [0.0, 1.0, 0.0], step * 0.0):
        length = float(np.linalg.norm(way))
        if not length or not blocked(start, start + way * (1 + BODY / length)):
            break
    eye = start + way
    eye[2] = height(eye[0], eye[1]) + EYE_HEIGHT
    return Pose(eye, eye + pose.forward * pose.distance)


def above_ground(pose: Pose, height: Height) -> Pose:
    """The same view, lifted where the eye would be in the ground."""
    least = height(pose.eye[0], pose.eye[1]) + CLEARANCE
    if pose.eye[2] >= least:
        return pose
    return Pose(np.array([pose.eye[0], pose.eye[1], least]), pose.focus)


def fitted(bounds: Vector, aspect: float, heading_deg: float, pitch_deg: float, fill: float = 0.9) -> Pose:
    """Looks at the middle of a box `[[low], [high]]` from so far that a picture `aspect` times as wide as high holds it."""
    middle, half = bounds.mean(axis=0), np.maximum((bounds[1] - bounds[0]) / 2, 0.05)
    direction = _direction(heading_deg, pitch_deg)
    looking = Pose(middle - direction, middle)
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * half
    tangent = np.tan(np.radians(VIEW_ANGLE_DEG / 2)) * fill
    across, along, depth = np.abs(corners @ looking.right), np.abs(corners @ looking.up), corners @ -direction
    distance = float((np.maximum(across / (tangent * max(aspect, 0.1)), along / tangent) + depth).max())
    return Pose(middle - direction * distance, middle)


def eased(start: Pose, end: Pose, share: float) -> Pose:
    """Between two poses, `share` 0…1 of the time gone: slow, quick, slow."""
    t = min(max(share, 0.0), 1.0)
    t = t * t * (3 - 2 * t)
    if t >= 1.0:
        return end
    focus = start.focus + (end.focus - start.focus) * t
    distance = start.distance * (end.distance / max(start.distance, 1e-9)) ** t
    turn = (end.heading_deg - start.heading_deg + 180) % 360 - 180
    pitch = start.pitch_deg + (end.pitch_deg - start.pitch_deg) * t
    return Pose(focus - _direction(start.heading_deg + turn * t, pitch) * distance, focus)


def clipping_range(pose: Pose, bounds: Vector, nearest: float) -> tuple[float, float]:
    """Near and far planes: all of the box `bounds` is in, and half way to the nearest thing at `nearest` metres is out."""
    corners = np.array([[bounds[i, 0], bounds[j, 1], bounds[k, 2]] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    far = max(float(((corners - pose.eye) @ pose.forward).max()) * 1.05, 10.0)
    return min(max(nearest * 0.5, far / 50_000, 0.02), far / 2), far


def ray_through(pose: Pose, x: float, y: float, width: int, height: int) -> tuple[Vector, Vector]:
    """Eye and direction (length 1) through a point of the picture, pixels from its top left; a pixel's centre is at +0.5."""
    tangent = np.tan(np.radians(VIEW_ANGLE_DEG / 2))
    across, along = (2 * x / width - 1) * tangent * width / height, (1 - 2 * y / height) * tangent
    direction = pose.forward + pose.right * across + pose.up * along
    return pose.eye, direction / np.linalg.norm(direction)


def projected(pose: Pose, points: NDArray[np.float64], width: int, height: int) -> NDArray[np.float64]:
    """float64[n, 3]: x, y in pixels from the top left, and the depth in metres, negative behind the eye."""
    away = points - pose.eye
    depth = away @ pose.forward
    safe = np.where(np.abs(depth) < 1e-9, 1e-9, depth)
    scale = height / 2 / np.tan(np.radians(VIEW_ANGLE_DEG / 2))
    return np.stack([width / 2 + away @ pose.right / safe * scale, height / 2 - away @ pose.up / safe * scale, depth], axis=1)


def _direction(heading_deg: float, pitch_deg: float) -> Vector:
    heading, pitch = np.radians(heading_deg), np.radians(pitch_deg)
    return np.array([np.sin(heading) * np.cos(pitch), np.cos(heading) * np.cos(pitch), np.sin(pitch)])
