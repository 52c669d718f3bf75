"""The twin in 3D: shows what a snapshot says, and nothing else."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkLight, vtkRenderer

from scene.alarming import AlarmedParts
from scene.appearance import Binding, appearance_of
from scene.binding import tags_of_parts
from scene.camera import VIEW_ANGLE_DEG, Pose, clipping_range, fitted
from scene.colouring import Colouring
from scene.ground import Ground
from scene.legend import CONDITION, Choice, ColourBy, Legend, difference_legend, legend_of
from scene.motion import Motion
from scene.palette import GREY, Palette, rgb
from scene.picking import Hit, Picker
from scene.solids import Solids
from scene.stage import Meshes, Stage
from twins.asset import Twin, Viewpoint
from twins.record import Snapshot

PIXEL = 2 * math.tan(math.radians(VIEW_ANGLE_DEG / 2)) / 1000  # how much of its distance a pixel covers, 1,000 px high
NEAR_SIZES = 8.0  # details are drawn from nearer than this many times their size


class TwinScene:
    """A renderer with everything in it. Whoever owns the window adds `renderer` to it and draws when something was shown."""

    def __init__(self, twin: Twin, meshes: Meshes, palette: Palette = GREY) -> None:
        self.twin, self.ground = twin, Ground(twin)
        self.stage = Stage.of(twin, meshes, self.ground.height)
        self.motion = Motion(self.stage)
        self.joints = self.stage.rest  # where each stands, float64[k, 4, 4]
        self.boxes = self.stage.boxes(self.joints)
        self.picker = Picker(self.stage)
        self.picker.move(np.arange(len(self.stage)), self.stage.world(self.joints), self.boxes)
        self._movers = np.flatnonzero(self.stage.joint >= 0)
        self.selected = self.inside = ""  # `inside` is the twin that one is in
        self.opened = np.zeros(0, np.intp)  # the covers that are glass now
        self.renderer = vtkRenderer()
        self.colouring = Colouring(len(self.stage))
        self._clear = np.flatnonzero([part.material == "glass" for part in self.stage.parts])
        self._solids = Solids(self.stage, self.colouring)
        self._alarmed = AlarmedParts(twin, self.stage)
        self._snapshot, self._clock = Snapshot.empty(), 0.0
        self.differing = False  # what is shown is a difference
        self._furnish()
        self._move(self.stage.rest)
        self.use_palette(palette)
        self.colour_by(CONDITION)
        self.select("")

    # ------------------------------------------------------------------ what is shown

    def show(self, snapshot: Snapshot, clock_seconds: float) -> bool:
        """An instant: its colours, and its motion at the display's own running time (see `Motion.show`). Tells of a change."""
        self._snapshot, self._clock = snapshot, clock_seconds
        if (snapshot.courses is not None) != self.differing:
            self.differing = not self.differing
            self._bind()
        appearance = appearance_of(snapshot, self._binding)
        if self.choice == CONDITION:
            appearance = self._alarmed.shown(appearance, snapshot)
        changed = self.colouring.paint(appearance)
        if len(self.stage.joints):
            joints = self.motion.show(snapshot.courses or snapshot, clock_seconds)
            if not np.array_equal(joints, self.joints):
                self._move(joints)
                changed = True
        return changed

    def colour_by(self, choice: Choice) -> Legend:
        """What colours the parts from now on, and its legend."""
        self.choice = choice
        self._bind()
        self.show(self._snapshot, self._clock)
        return self.legend

    def select(self, asset: str) -> None:
        """Gives an asset the rim of the selection, and turns the covers over it to glass."""
        self.selected = asset
        chosen = self.stage.within(asset) if asset != self.inside else np.zeros(0, np.intp)  # what one is in has no rim
        self.opened = self._covers_over(asset, chosen)
        rimmed = [i for i in chosen if self.stage.parts[i].material != "ground"]  # flat ground would be all rim
        seen_through = np.union1d(self.opened, self._clear)
        self.colouring.mark(np.array(rimmed, np.intp), seen_through)
        self.picker.let_through(self.opened)
        for solid in self._solids:
            if solid.glass:
                solid.actor.SetVisibility(bool(np.isin(solid.parts, seen_through).any()))
        self.show(self._snapshot, self._clock)

    def look(self, pose: Pose, pixels: float = 1.0, patience: float = math.inf) -> bool:
        """Where the camera stands. What is smaller than so many pixels of a picture 1,000 px high may be left out.

        Fresh detail is made for so many seconds. Tells whether all is as fine as was asked for.
        """
        camera = self.renderer.GetActiveCamera()
        camera.SetPosition(*pose.eye)
        camera.SetFocalPoint(*pose.focus)
        camera.SetViewUp(*pose.up)
        away = self._distances(pose)
        floor = pose.eye[2] - self.ground.height(pose.eye[0], pose.eye[1])
        nearest = min(float(away.min(initial=np.inf)), abs(floor) if self.ground.bounds is not None else np.inf)
        camera.SetClippingRange(clipping_range(pose, self._extent(), nearest))
        self._show_details(away)
        return self._solids.draw(away, PIXEL * pixels, patience)

    def pick(self, eye: NDArray[np.float64], direction: NDArray[np.float64]) -> Hit | None:
        """What is seen along a ray of length 1: nothing behind the land, and what is inside through covers that are glass."""
        hit = self.picker.pick(eye, direction)
        if (
            hit is not None
            and self.ground.bounds is not None
            and self.ground.hit(eye, direction, hit.distance * 0.999) is not None
        ):
            return None
        return hit

    def under(self, eye: NDArray[np.float64], direction: NDArray[np.float64], otherwise: float) -> NDArray[np.float64]:
        """The point seen along a ray: on a part, on the land, else so many metres away."""
        hit = self.pick(eye, direction)
        land = None if hit else self.ground.hit(eye, direction, 20 * otherwise)
        return hit.point if hit else eye + direction * (otherwise if land is None else land)

    def blocked(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> bool:
        """A part stands between two points."""
        length = float(np.linalg.norm(end - start))
        return length > 0 and self.picker.pick(start, (end - start) / length, length) is not None

    def overview(self, aspect: float) -> Pose:
        """The first saved viewpoint that looks at no one thing, else everything from the south-west, a little from above."""
        saved = next((viewpoint for viewpoint in self.twin.viewpoints if not viewpoint.asset), None)
        return self.pose_of(saved) if saved else fitted(self.bounds(), aspect, 35.0, -16.0)

    def pose_of(self, viewpoint: Viewpoint) -> Pose:
        """A saved camera in the world. One that looks at an asset turns with what that is mounted on."""
        frame = self.stage.mounting(viewpoint.asset, self.joints)
        eye, target = (frame[:3, :3] @ np.array(point) + frame[:3, 3] for point in (viewpoint.eye, viewpoint.target))
        return Pose(eye, target)

    def bounds(self, asset: str = "") -> NDArray[np.float64]:
        """The box around an asset and all below it; "" is all that stands. Where nothing does, the land."""
        chosen = self.stage.within(asset) if asset else np.arange(len(self.stage))
        land = self.ground.bounds
        if len(chosen):
            return np.array([self.boxes[chosen, 0].min(axis=0), self.boxes[chosen, 1].max(axis=0)])
        return land if land is not None else np.array([[-1.0, -1.0, 0.0], [1.0, 1.0, 1.0]])

    @property
    def anchors(self) -> dict[str, NDArray[np.float64]]:
        """Where the label of each placed asset belongs: over the middle of what does not go round, above all."""
        still = np.array([not self.motion.rides_on_spinning(i) for i in self.stage.joint], bool)
        owned: dict[str, list[int]] = {}
        for i, home in enumerate(self.stage.homes):
            owned.setdefault(home, []).append(i)
        found = {}
        for home, own in owned.items():
            boxes = self.boxes[[i for i in own if still[i]] or own]
            x, y, _ = (boxes[:, 0].min(axis=0) + boxes[:, 1].max(axis=0)) / 2
            found[home] = np.array([x, y, self.boxes[own, 1, 2].max()])
        for root in self.twin.roots:
            if root and root not in found and len(self.stage.within(root)):
                low, high = self.bounds(root)
                found[root] = np.array([*((low + high) / 2)[:2], high[2]])
        return found

    def told_of(self, home: str) -> str:
        """The tag of a placed asset itself that colours it now, "" for none."""
        tag = self.twin.tags.get(f"{home}.{self.choice.name}")
        return tag.path if tag is not None and self.choice.by is ColourBy.TAG else ""

    @property
    def moving(self) -> bool:
        """Something goes round while time passes."""
        return self.motion.turning(self._snapshot.courses or self._snapshot)

    def _bind(self) -> None:
        tags = tags_of_parts(self.twin, self.stage, self.choice)
        plain = legend_of(self.twin, self.choice, set(tags))
        self.legend = difference_legend(plain) if self.differing else plain
        instead = [self.twin.assets[home].headline for home in self.stage.homes] if self.choice == CONDITION else ()
        self._binding = Binding(self.legend, tags, instead)
        self.colouring.use_map(self.legend.colours)

    # ------------------------------------------------------------------ how it is shown

    def use_palette(self, palette: Palette) -> None:
        """The colours of a theme."""
        self.renderer.GradientBackgroundOn()
        self.renderer.SetBackground(rgb(palette.haze))
        self.renderer.SetBackground2(rgb(palette.sky))
        for solid in self._solids:
            solid.actor.GetProperty().SetColor(*palette.material("glass" if solid.glass else solid.material))
        self.colouring.use_palette(palette)
        self.ground.use_palette(palette)

    def use_pixel_ratio(self, ratio: float) -> None:
        """Device pixels per pixel of the screen."""
        self.colouring.use_pixel_ratio(ratio)

    def _move(self, joints: NDArray[np.float64]) -> None:
        self.joints = joints
        self.boxes[self._movers] = self.stage.boxes(joints, self._movers)
        self.picker.move(self._movers, self.stage.world(joints, self._movers), self.boxes[self._movers])
        for solid in self._solids:
            if solid.joint >= 0:
                solid.actor.GetUserMatrix().DeepCopy(joints[solid.joint].ravel())

    def _furnish(self) -> None:
        self.renderer.SetAutomaticLightCreation(False)
        for position, strength in (((-0.55, 0.80, 0.65), 0.48), ((0.0, 0.0, 1.0), 0.22)):  # a soft key light, and a headlight
            light = vtkLight()
            light.SetLightTypeToCameraLight()
            light.SetPosition(position)
            light.SetIntensity(strength)
            self.renderer.AddLight(light)
        self.renderer.GetActiveCamera().SetViewAngle(VIEW_ANGLE_DEG)
        for actor in (*(solid.actor for solid in self._solids), self.ground.actor):
            if actor is not None:
                actor.GetProperty().SetSpecular(0.0)
                self.renderer.AddActor(actor)

    def _covers_over(self, asset: str, chosen: NDArray[np.intp]) -> NDArray[np.intp]:
        """The asset's own covers, those around one of its parts, and where it stands inside a larger thing, as a room does in a
        house, those of all that stand there."""
        top = asset.partition("/")[0]
        house = [i for i in self.stage.within(top) if self.stage.homes[i] != top] if asset != top else []
        own = [i for i in (*chosen, *house) if self.stage.parts[i].cover]
        around = self.stage.cover[chosen]
        return np.unique(np.concatenate([np.array(own, np.intp), around[around >= 0]]))

    def _extent(self) -> NDArray[np.float64]:
        """The box around everything, the land included."""
        land, things = self.ground.bounds, self.bounds()
        return things if land is None else np.array([np.minimum(land[0], things[0]), np.maximum(land[1], things[1])])

    def _distances(self, pose: Pose) -> NDArray[np.float64]:
        """From the eye to each part's box, metres; 0 inside."""
        outside = np.maximum(np.maximum(self.boxes[:, 0] - pose.eye, pose.eye - self.boxes[:, 1]), 0.0)
        return np.linalg.norm(outside, axis=1)

    def _show_details(self, away: NDArray[np.float64]) -> None:
        """What is inside a cover is drawn when that is glass, or when the camera is near."""
        size = np.linalg.norm(self.boxes[:, 1] - self.boxes[:, 0], axis=1)
        self._solids.show_details((away < NEAR_SIZES * size) | np.isin(self.stage.cover, self.opened))
