"""The state of all alarms at one instant, in columns; everything that the next fold needs, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from twins.alarms.rules import Rules
from twins.asset import Condition
from twins.clock import BEFORE_ALL_TIME, SECOND
from twins.record import Event, EventKind, Quality, Reason, quality_byte

Int64 = NDArray[np.int64]
Floats = NDArray[np.float64]
_NEVER = quality_byte(Quality.BAD, Reason.NEVER_SEEN)


class Standing(IntEnum):
    """Where an alarm stands, as ISA-18.2 names it."""

    NORMAL = 0
    UNACKNOWLEDGED = 1
    ACKNOWLEDGED = 2
    RETURNED_UNACKNOWLEDGED = 3
    LATCHED = 4

    @property
    def word(self) -> str:
        """As events say it."""
        return self.name.lower()

    @property
    def active(self) -> bool:
        """The condition is there."""
        return self in (Standing.UNACKNOWLEDGED, Standing.ACKNOWLEDGED)


@dataclass(frozen=True)
class AlarmState:
    """m alarms over t watched tags. Functions answer a new one; nobody writes into one that was handed out."""

    standing: NDArray[np.uint8]  # [m] Standing
    raw: NDArray[np.bool_]  # [m] the condition holds, the deadband counted, the delays not
    since: Int64  # [m] since when `raw` is other than what stands; BEFORE_ALL_TIME where it isn't
    raised: Int64  # [m] when it was raised last
    shelved_until: Int64  # [m] BEFORE_ALL_TIME where it is not shelved
    limit: Floats  # [m] in force, perhaps other than the package's
    value: Floats  # [t] newest that was not BAD; NaN where never seen
    quality: NDArray[np.uint8]  # [t] of the newest
    heard: Int64  # [t] when the newest arrived
    history: Mapping[int, tuple[tuple[int, float], ...]] = field(default_factory=dict)  # of rates: row → (source, value)
    link_up_since: int = BEFORE_ALL_TIME  # BEFORE_ALL_TIME: a link is down

    @classmethod
    def initial(cls, rules: Rules) -> AlarmState:
        """Nothing stands and nothing was seen."""
        m, t = len(rules), len(rules.tags)

        def never(n: int) -> Int64:
            return np.full(n, BEFORE_ALL_TIME)

        return cls(
            np.zeros(m, np.uint8), np.zeros(m, bool), never(m), never(m), never(m), rules.limit.copy(), np.full(t, np.nan),
            np.full(t, _NEVER, np.uint8), never(t),
        )  # fmt: skip

    def copy(self) -> AlarmState:
        """One whose columns may be written to."""
        columns = ("standing", "raw", "since", "raised", "shelved_until", "limit", "value", "quality", "heard")
        copies = {name: getattr(self, name).copy() for name in columns}
        return replace(self, **copies, history=dict(self.history))


def alarm_event(rules: Rules, state: AlarmState, row: int, time: int, **more: object) -> Event:
    """What an alarm's state is from `time` on."""
    alarm, standing = rules.alarms[row], Standing(int(state.standing[row]))
    place = rules.places.get(alarm.tag)
    value = None if place is None else float(state.value[place])
    data: dict[str, object] = {
        "state": standing.word,
        "priority": alarm.priority,
        "message": alarm.message,
        "value": value,
        "limit": float(state.limit[row]) if rules.sign[row] or alarm.limit else None,
        "unit": rules.units.get(row, ""),
        "condition": alarm.condition.value,
        **({"per_s": alarm.per_ns / SECOND} if alarm.condition is Condition.RATE else {}),
        "since": int(state.raised[row]),
        **{key: text for key in ("cause", "consequence", "action", "viewpoint") if (text := getattr(alarm, key))},
        **more,
    }
    return Event(time, EventKind.ALARM, alarm.tag or alarm.asset, alarm.key, standing is not Standing.NORMAL, data)


def shelving_event(rules: Rules, state: AlarmState, row: int, time: int, **more: object) -> Event:
    """Whether an alarm is shelved from `time` on."""
    alarm, shelved = rules.alarms[row], bool(state.shelved_until[row] != BEFORE_ALL_TIME)
    data = {"state": "shelved" if shelved else "ended", **({"until": int(state.shelved_until[row])} if shelved else {}), **more}
    return Event(time, EventKind.SHELVING, alarm.tag or alarm.asset, alarm.key, shelved, data)
