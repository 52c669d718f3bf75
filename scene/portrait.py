"""The portrait of a twin: its first view, with what a minute of its simulated plant tells, as a small picture of the package."""

from __future__ import annotations

from pathlib import Path

from scene.palette import DARK
from scene.picture import OffScreen, write_png
from scene.still import named_choice, named_view
from scene.twin_scene import TwinScene
from twins import InputError
from twins.package.opening import OpenPackage
from twins.record import Snapshot

SIZES = ((560, 350), (480, 300), (400, 250), (320, 200))  # px; the first that stays below the largest
LARGEST = 100_000  # bytes
START = 1_772_344_800_000_000_000  # 2026-03-01T06:00:00Z
SETTLED_NS = 10_000_000_000


def save_portrait(package: Path, view: str = "", colour_by: str = "") -> Path:
    """Draws and keeps it; where it went. Raises InputError."""
    import contextlib

    if not package.is_dir():
        raise InputError(f"{package} is no folder; a picture is kept in the folder of a package")
    with contextlib.closing(OpenPackage.at(package)) as opened:
        twin = opened.twin
        wanted = colour_by or next((step.colour_by for step in twin.tour.steps if step.colour_by), twin.colour_by)
        scene = TwinScene(twin, opened.meshes(), DARK)
        choice, viewpoint = named_choice(twin, wanted), named_view(twin, view)
        if choice:
            scene.colour_by(choice)
        scene.show(_told(opened), 0.0)
        screen = OffScreen(scene)
        try:
            pose = scene.pose_of(viewpoint) if viewpoint else scene.overview(SIZES[0][0] / SIZES[0][1])
            to = package / "picture.png"
            for size in SIZES:
                write_png(screen.picture(pose, *size), to)
                if to.stat().st_size < LARGEST:
                    break
        finally:
            screen.close()
    return to


def _told(opened: OpenPackage) -> Snapshot:
    """What the simulated plant says after a little while; nothing where nothing is measured yet."""
    from twins.emulator import Plant
    from twins.historian.memory import MemoryRecording

    recording = MemoryRecording()
    if not any(tag.is_measured for tag in opened.twin.tags.values()):
        return recording.at(START)
    recording.append(Plant(opened.twin, START).run_to(START + SETTLED_NS))
    return recording.at(START + SETTLED_NS)
