"""Opening: what a window needs is found and checked before there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import platformdirs

from twins import InputError
from twins.clock import now
from twins.historian.days import open_record
from twins.historian.lock import holder
from twins.historian.memory import MemoryRecording
from twins.historian.recording import Recording
from twins.package.opening import OpenPackage
from twins.simulation.branches import branched
from twins.timeline import LaneKind, Timeline
from ui.main_window import Opened

FOREVER = 2**63 - 1


def prepare(
    package: Path | None,
    recording: Path | None,
    at: int | None,
    branches: tuple[Path, ...] = (),
    opened_package: OpenPackage | None = None,
) -> tuple[OpenPackage, Opened, Timeline]:
    """The package, what the window is opened on, and its timeline, at the instant `at`. Raises InputError.

    A record that a station is writing opens live, unless an instant is asked for. `opened_package` is the package, where it was
    opened before.
    """
    found = _recording(recording, FOREVER if at is None else at)
    if opened_package is None:
        opened_package = OpenPackage.of(found.package) if package is None else OpenPackage.at(package)
    live = recording is not None and bool(holder(recording))
    begins = now()  # of a plant that has told nothing yet
    timeline = Timeline(*(found.span or ((begins, begins) if live else (0, 0))), live=live)
    timeline.plant = replace(timeline.plant, kind=found.kind, name=found.lane or timeline.plant.name)  # a branch says what it is
    if at is not None:
        timeline.seek(at)
    elif found.span and not live:  # at its very beginning nothing is known yet, and there is no trend to see
        first, last = found.span
        timeline.seek(first + (last - first) // 10)
    meshes = partial(opened_package.meshes, platformdirs.user_cache_path("twindeck") / "meshes")
    opened = Opened(
        opened_package.twin,
        recording or Path("no recording"),
        found.open,
        meshes,
        simulated=found.simulated,
        package=package,
        branches=branches,
        desk=recording if live else None,
    )
    return opened_package, opened, timeline


@dataclass(frozen=True, slots=True)
class _Found:
    """How the reading thread opens it, its span if it holds anything, whether it is simulated, and the package in force then."""

    open: Callable[[], Recording]
    span: tuple[int, int] | None
    simulated: bool
    package: bytes
    kind: LaneKind = LaneKind.PLANT
    lane: str = ""  # the name of a branch


def _recording(path: Path | None, at: int) -> _Found:
    if path is None:
        return _Found(MemoryRecording, None, False, b"")
    with open_record(path) as file:
        kept = file.package_at(at)
        if kept is None:
            raise InputError(f"the twin package inside {path} is damaged; open it with its package: open TWIN --recording {path}")
        branch = branched(path) if "lane" in file.meta else None
        kind, name = (branch.lane.kind, branch.lane.name) if branch else (LaneKind.PLANT, "")
        return _Found(lambda: open_record(path), file.span(), file.simulated, kept, kind, name)
