"""The vantage: from which side a thing is seen best, when other things stand around it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scene.camera import Pose, fitted
from scene.twin_scene import TwinScene

TURNS = (0.0, 40.0, -40.0, 80.0, -80.0, 120.0, -120.0, 180.0)  # degrees from where one looks now, the nearest first
LOOKS = 12  # at so many parts
WORTH = 0.15  # a turn must show so much more


def vantage(scene: TwinScene, asset: str, aspect: float, heading_deg: float, pitch_deg: float) -> Pose:
    """The pose that holds an asset and all below it, turned from the heading only where that shows clearly more of it."""
    bounds = scene.bounds(asset)
    poses = [fitted(bounds, aspect, heading_deg + turn, pitch_deg) for turn in TURNS]
    best, most = poses[0], _seen(scene, asset, poses[0])
    for pose in poses[1:]:
        if most >= 1.0 - WORTH:
            break
        if (share := _seen(scene, asset, pose)) > most + WORTH:
            best, most = pose, share
    return best


def _seen(scene: TwinScene, asset: str, pose: Pose) -> float:
    """The share, 0…1, of an asset's parts at whose middles nothing else is met first."""
    chosen = scene.stage.within(asset)
    targets = scene.boxes[chosen[:: max(1, len(chosen) // LOOKS)]].mean(axis=1)
    return float(np.mean([_reaches(scene, asset, pose.eye, target) for target in targets])) if len(targets) else 1.0


def _reaches(scene: TwinScene, asset: str, eye: NDArray[np.float64], target: NDArray[np.float64]) -> bool:
    away = float(np.linalg.norm(target - eye))
    hit = scene.pick(eye, (target - eye) / max(away, 1e-9))
    return hit is None or f"{hit.asset}/".startswith(f"{asset}/") or hit.distance >= away
