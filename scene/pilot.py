"""The pilot: turns drags, wheel and held keys into poses; three ways to move, one camera."""

from __future__ import annotations

from collections.abc import Set
from enum import StrEnum

import numpy as np

from scene import camera
from scene.camera import Blocked, Height, Pose, Vector

DEGREES_A_PIXEL = 0.3
LOOK_DEGREES_A_PIXEL = 0.15
WHEEL_STEP = 0.84  # of the distance, per notch
WALK_SPEED, RUN_SPEED = 1.6, 6.0  # m/s
FLY_SHARE = 0.6  # of the height above ground, per second
SLOWEST_FLIGHT, SHIFT_FASTER = 4.0, 4.0
HIGH, FAR, STRIDE = 60.0, 400.0, 8.0  # metres above ground from where one lands elsewhere, how far from there, how finely


class Way(StrEnum):
    """How one moves through the scene."""

    ORBIT = "orbit"
    FLY = "fly"
    WALK = "walk"


class Pilot:
    """Holds the pose. Nothing here knows a window: pixels, seconds and the letters of keys come in."""

    def __init__(self, pose: Pose, height: Height, blocked: Blocked, *, land: bool = True) -> None:
        self.pose = pose
        self.way = Way.ORBIT
        self.held: Set[str] = frozenset()  # of "wasdqe", and "shift"
        self._height, self._blocked = height, blocked
        self._land = land  # else there is no ground that hides what is below, and the eye may go under it
        self._nearest = min(0.5, pose.distance / 20)  # metres from what one looks at: less before a small thing
        self._glide: tuple[Pose, Pose, float, float] | None = None  # from, to, seconds gone and in all

    @property
    def moving(self) -> bool:
        """The next `tick` will change the pose."""
        return self._glide is not None or bool(self.way is not Way.ORBIT and self.held - {"shift"})

    def choose(self, way: Way) -> None:
        """From now on moves this way; a walker comes down to the ground at once and looks ahead, not at it."""
        self.way = way
        if way is Way.WALK:
            nothing: Blocked = lambda start, end: False  # noqa: E731
            pose = self._landing()
            level = pose.facing(pose.heading_deg, min(max(pose.pitch_deg, 2.0), 20.0))
            self.glide(camera.walk(level, 0.0, 0.0, self._height, nothing))

    def _landing(self) -> Pose:
        """From where a walker begins: below the eye, or from high up before what one looks at, under the open sky."""
        pose, eye = self.pose, self.pose.eye
        if eye[2] - self._height(*eye[:2]) < HIGH:
            return pose
        back = np.array([*(eye - pose.focus)[:2], 0.0])
        away = float(np.linalg.norm(back))
        for metres in np.arange(0.0, min(away, FAR), STRIDE):
            spot = pose.focus + back * (metres / max(away, 1e-9))
            floor = self._height(*spot[:2]) + camera.EYE_HEIGHT
            if not self._blocked(np.array([*spot[:2], eye[2]]), np.array([*spot[:2], floor])):
                return Pose(np.array([*spot[:2], floor]), np.array([*spot[:2], floor]) - back / max(away, 1e-9) * 20.0)
        return pose

    def turn(self, right_px: float, up_px: float) -> None:
        """The main drag: round the focus, or round the eye when flying and walking."""
        self._glide = None
        if self.way is Way.ORBIT:
            self._set(camera.orbit(self.pose, -right_px * DEGREES_A_PIXEL, -up_px * DEGREES_A_PIXEL))
        else:
            self._set(camera.look_around(self.pose, -right_px * LOOK_DEGREES_A_PIXEL, -up_px * LOOK_DEGREES_A_PIXEL))

    def pan(self, right_px: float, up_px: float, height_px: int) -> None:
        """The other drag: what is at the focus follows the pointer. A walker doesn't slide."""
        self._glide = None
        if self.way is not Way.WALK:
            self._set(camera.pan(self.pose, right_px, up_px, height_px))

    def wheel(self, notches: float, at: Vector) -> None:
        """Nearer to a point (positive) or away from it."""
        self._glide = None
        if self.way is not Way.WALK:
            self._set(camera.zoom(self.pose, WHEEL_STEP**notches, at, self._nearest))

    def glide(self, to: Pose, seconds: float = camera.EASE_SECONDS) -> None:
        """Moves there, eased, in so many seconds."""
        self._glide = (self.pose, to, 0.0, seconds)

    def jump(self, to: Pose) -> None:
        """Is there at once."""
        self._glide, self.pose = None, to

    def tick(self, seconds: float) -> None:
        """Lets time pass: the glide goes on, held keys move."""
        if self._glide is not None:
            start, end, gone, whole = self._glide
            gone += seconds
            self._set(camera.eased(start, end, gone / whole))
            self._glide = (start, end, gone, whole) if gone < whole else None
        elif self.moving:
            self._go(seconds)

    def _go(self, seconds: float) -> None:
        """W and S ahead and back, A and D to the sides, E and Q up and down."""
        ahead, right, up = (float(more in self.held) - float(less in self.held) for more, less in ("ws", "da", "eq"))
        if self.way is Way.WALK:
            speed = RUN_SPEED if "shift" in self.held else WALK_SPEED
            self.pose = camera.walk(self.pose, ahead * speed * seconds, right * speed * seconds, self._height, self._blocked)
            return
        above = float(self.pose.eye[2]) - self._height(*self.pose.eye[:2])
        speed = max(abs(above) * FLY_SHARE, SLOWEST_FLIGHT) * (SHIFT_FASTER if "shift" in self.held else 1.0)
        self._set(camera.fly(self.pose, *(np.array([ahead, right, up]) * speed * seconds)))

    def _set(self, pose: Pose) -> None:
        self.pose = camera.above_ground(pose, self._height) if self._land or self.way is Way.WALK else pose
