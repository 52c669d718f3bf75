"""Alarms on the equipment itself: coloured by condition, what asks for an operator stands out, and nothing else has a colour."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from scene.appearance import Appearance, State
from scene.binding import NEUTRAL
from scene.colour_maps import ALARM_PRIORITIES
from scene.stage import Stage
from twins.asset import Twin
from twins.record import EventKind, Snapshot


class AlarmedParts:
    """Which parts an alarm is about: those of the asset or component that it names or that shows its tag."""

    def __init__(self, twin: Twin, stage: Stage) -> None:
        self._n, self._twin = len(stage), twin
        self._parts: dict[str, list[int]] = defaultdict(list)  # by asset
        self._about: dict[str, list[str]] = defaultdict(list)  # tag → the assets that show it
        for i, part in enumerate(stage.parts):
            if part.material not in NEUTRAL:
                self._parts[part.asset].append(i)
        for path in self._parts:
            for tag in twin.assets[path].shows:
                self._about[tag].append(path)

    def worst(self, snapshot: Snapshot) -> NDArray[np.int8]:
        """int8[n]: the code of the worst standing, unshelved alarm of each part, −1 for none."""
        found = np.full(self._n, -1, np.int8)
        shelved = {event.key for event in snapshot.standing.of(EventKind.SHELVING)}
        for event in snapshot.standing.of(EventKind.ALARM):
            priority = str(event.data.get("priority", "medium"))
            if event.key not in shelved and priority != "diagnostic":
                code = ALARM_PRIORITIES.index(priority) if priority in ALARM_PRIORITIES else 1
                parts = self._parts_of(event.subject)
                found[parts] = np.maximum(found[parts], code)
        return found

    def _parts_of(self, subject: str) -> list[int]:
        """Of a tag's or an asset's path."""
        tag = self._twin.tags.get(subject)
        assets = (subject,) if tag is None else dict.fromkeys((tag.asset, *self._about.get(subject, ())))
        return [part for asset in assets for part in self._parts.get(asset, ())]

    def shown(self, appearance: Appearance, snapshot: Snapshot) -> Appearance:
        """With the alarms' colours; what is hatched stays hatched."""
        worst = self.worst(snapshot)
        alarmed = worst >= 0
        value = np.where(alarmed, (worst + np.float32(0.5)) / np.float32(len(ALARM_PRIORITIES)), appearance.value)
        state = np.where(alarmed & (appearance.state == State.PLAIN), np.uint8(State.GOOD), appearance.state)
        return replace(appearance, value=value.astype(np.float32), state=state)
