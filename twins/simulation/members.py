"""Members: what an ensemble holds, small enough to be written once a minute, and read back for whoever goes on from there."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from twins.physics import Array
from twins.record import Event
from twins.simulation.composition import Group
from twins.simulation.ensemble import Ensemble, Held

ESTIMATOR = "estimator"  # the subject of the checkpoints that a station writes
_FORM = 2


def members_of(models: Ensemble, followers: int) -> dict[str, object]:
    """The instant, and states and parameters of all members as plain data, deviations from their mean in half precision; what is
    `kept` (counts) whole and as the first has it. From the first `followers` a fork goes on."""
    groups = [_told(group) for group in models.groups if not group.surrounds]
    return {"form": _FORM, "at": models.time, "followers": followers, "groups": groups}


def instant_of(event: Event) -> int:
    """Of what a checkpoint tells, ns UTC; it was written a little later."""
    at = event.data.get("at")
    return at if isinstance(at, int) else event.time


def held_by(event: Event, followers: bool = False) -> Held | None:
    """States and parameters, as `Ensemble.take` has them, of all members or of the followers; None where they can't be read."""
    groups, count = event.data.get("groups"), event.data.get("followers")
    if event.data.get("form") != _FORM or not isinstance(groups, Sequence) or not isinstance(count, int):
        return None
    last = count if followers else None
    try:
        return {what: _by_asset(groups, what, last) for what in ("state", "parameters")} | {"standing": {}}
    except (KeyError, TypeError, ValueError, zlib.error):
        return None  # of another version


def in_the_middle(held: Held) -> Held:
    """One member that is the mean of all."""
    return {
        what: {path: {name: values.mean(keepdims=True) for name, values in each.items()} for path, each in places.items()}
        for what, places in held.items()
    }


def packed(values: Array, kind: type = np.float64) -> str:
    """Numbers as text."""
    return base64.b64encode(zlib.compress(np.ascontiguousarray(values, kind).tobytes(), 6)).decode()


def unpacked(text: object, kind: type = np.float64) -> Array:
    """Its numbers, one after the other."""
    found: Array = np.frombuffer(zlib.decompress(base64.b64decode(str(text))), kind).astype(np.float64)
    return found


def _told(group: Group) -> dict[str, object]:
    told: dict[str, object] = {"instances": list(group.instances), "members": group.members}
    for what, variables in (("state", group.model.states), ("parameters", group.model.parameters)):
        values: Array = getattr(group, what)
        centre, spread = values.mean(axis=1), values.std(axis=1)
        differ = (values != values[:, :1]).any(axis=(1, 2))
        kept = [row for row, variable in enumerate(variables) if variable.kept]  # a mean of counts is no count
        rows = [row for row in range(len(variables)) if (what == "state" or differ[row]) and row not in kept]
        scaled = (values - centre[:, None]) / np.where(spread > 0, spread, 1.0)[:, None]
        told[what] = {
            "names": [variables[row].name for row in rows],
            "centre": packed(centre[rows]),
            "spread": packed(spread[rows], np.float32),
            "scaled": packed(scaled[rows], np.float16),
            "kept": {"names": [variables[row].name for row in kept], "values": packed(values[kept, 0])},
        }
    return told


def _by_asset(groups: Sequence[Mapping[str, object]], what: str, last: int | None) -> dict[str, dict[str, Array]]:
    found: dict[str, dict[str, Array]] = {}
    for group in groups:
        instances, members, written = group["instances"], group["members"], group[what]
        assert isinstance(instances, Sequence)
        assert isinstance(written, Mapping)
        n, count = int(str(members)), len(instances)
        centre, spread = (unpacked(written["centre"]), unpacked(written["spread"], np.float32))
        scaled = unpacked(written["scaled"], np.float16).reshape(-1, n, count)
        values = centre.reshape(-1, 1, count) + spread.reshape(-1, 1, count) * scaled
        kept = np.repeat(unpacked(written["kept"]["values"]).reshape(-1, 1, count), n, axis=1)
        names = [*written["names"], *written["kept"]["names"]]
        for i, path in enumerate(instances):
            told = np.concatenate([values, kept])[:, :last, i]
            found[str(path)] = {str(name): row for name, row in zip(names, told, strict=True)}
    return found
