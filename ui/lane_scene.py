"""The scene of a lane: built from the package that its branch carries, which may be another design."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from scene.twin_scene import TwinScene
from twins.historian.file import RecordingFile
from twins.package.opening import OpenPackage
from ui.main_window import Opened


def scene_of(branch: Path, opened: Opened) -> TwinScene:
    """Where the branch carries the very package that is open, its meshes are used again."""
    with RecordingFile.open(branch) as file:
        content = file.package_at(file.span()[1] if file.span() else 0)
    if content is None:
        return TwinScene(opened.twin, opened.meshes())
    package = OpenPackage.of(content)
    try:
        return TwinScene(package.twin, package.meshes(platformdirs.user_cache_path("twindeck") / "meshes"))
    finally:
        package.close()
