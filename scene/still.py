"""A still: one instant of a recording as a picture file, with no window and no display."""

from __future__ import annotations

import difflib
from pathlib import Path
from zoneinfo import ZoneInfo

from scene.camera import fitted
from scene.caption import Caption
from scene.legend import Choice, ColourBy, choices_of
from scene.palette import GREY
from scene.picture import OffScreen, write_png
from scene.twin_scene import TwinScene
from twins import InputError
from twins.asset import Twin, Viewpoint
from twins.clock import format_time
from twins.package.opening import OpenPackage
from twins.record import Snapshot

LARGEST = 16_384  # px a side


def save_still(
    package: OpenPackage,
    snapshot: Snapshot,
    to: Path,
    *,
    view: str = "",
    colour_by: str = "",
    size: tuple[int, int] = (1600, 1000),
    mark: str = "",
) -> None:
    """Draws the snapshot as seen from a viewpoint (default: the first, else all of it). Raises InputError."""
    viewpoint = named_view(package.twin, view)
    choice = named_choice(package.twin, colour_by)
    scene = TwinScene(package.twin, package.meshes())
    if choice:
        scene.colour_by(choice)
    scene.show(snapshot, 0.0)
    caption = Caption(scene.renderer, GREY, _lines(package.twin, snapshot, mark), scene.legend, size)
    screen = OffScreen(scene)
    try:
        pose = scene.pose_of(viewpoint) if viewpoint else fitted(scene.bounds(), size[0] / size[1], 30.0, -20.0)
        pixels = screen.picture(pose, *size)
        caption.stamp(pixels)
        write_png(pixels, to)
    finally:
        screen.close()


def _lines(twin: Twin, snapshot: Snapshot, mark: str) -> tuple[str, ...]:
    then = "hindsight" if snapshot.hindsight else "known then"
    return (
        twin.notice,
        mark,
        twin.name,
        f"{format_time(snapshot.time, ZoneInfo(twin.timezone)).replace('T', '  ')}  {then}",
    )


def parsed_size(text: str) -> tuple[int, int]:
    """“1600x1000” → px. Raises InputError."""
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 0 < int(width) <= LARGEST and 0 < int(height) <= LARGEST):
        raise InputError(f"“{text}” is not a size; write width and height in pixels, up to {LARGEST}, like 1600x1000")
    return int(width), int(height)


def named_view(twin: Twin, name: str) -> Viewpoint | None:
    """The viewpoint of that name, the first for none. Raises InputError."""
    if not name:
        return next(iter(twin.viewpoints), None)
    for viewpoint in twin.viewpoints:
        if viewpoint.name.casefold() == name.casefold():
            return viewpoint
    raise InputError(f"there is no viewpoint “{name}”; there are {', '.join(v.name for v in twin.viewpoints) or 'none'}")


def named_choice(twin: Twin, name: str) -> Choice | None:
    """What is meant by a title, a quantity or the name of a tag. Raises InputError."""
    if not name:
        return None
    choices = choices_of(twin)
    names = {word.casefold(): choice for choice in choices for word in (choice.title, choice.name)}
    for choice in choices:  # a quantity that only one name tells is no choice of its own
        for tag in choice.tags(twin) if choice.by is ColourBy.TAG else ():
            if choice.takes(tag):
                names.setdefault(tag.quantity.casefold(), choice)
    if name.casefold() in names:
        return names[name.casefold()]
    near = difflib.get_close_matches(name.casefold(), list(names), 3) or [choice.title for choice in choices[:12]]
    raise InputError(f"nothing is coloured by “{name}”; try {', '.join(near)}")
