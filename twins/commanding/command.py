"""A command: what is wanted of one tag, by whom and why, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

from twins.record import Event, EventKind

Value = float | int | bool | str


class Stage(StrEnum):
    """How far a command has come. The target is never the actual: only VERIFIED says that the plant is there."""

    REQUESTED = "requested"  # judged and written down
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"  # the plant's gateway has taken it
    VERIFIED = "verified"  # the tag reads back what was wanted
    REFUSED = "refused"  # by the station, or by the plant
    FAILED = "failed"
    EXPIRED = "expired"

    @property
    def final(self) -> bool:
        """Nothing follows."""
        return self not in (Stage.REQUESTED, Stage.SENT, Stage.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class Command:
    """`value` and `old` in the tag's unit; times in ns on the twin's clock."""

    id: str
    tag: str
    value: Value
    old: Value | None
    unit: str
    by: str
    why: str
    expires: int
    stage: Stage
    sent: int = 0
    permissives: tuple[Mapping[str, object], ...] = field(default=())

    def at(self, stage: Stage, *, sent: int | None = None) -> Self:
        """The same, further on."""
        return replace(self, stage=stage, sent=self.sent if sent is None else sent)

    def event(self, time: int, reason: str = "") -> Event:
        """What is said of it at `time`."""
        data = {
            "state": self.stage.value,
            "value": self.value,
            "old": self.old,
            "unit": self.unit,
            "by": self.by,
            "why": self.why,
            "expires": self.expires,
            "sent": self.sent,
            "permissives": list(self.permissives),
            "intention": self.id,
            **({"reason": reason} if reason else {}),
        }
        return Event(time, EventKind.COMMAND, self.tag, self.id, not self.stage.final, data)

    @classmethod
    def of(cls, event: Event) -> Self:
        """The inverse of `event`, for a station that starts again."""
        data = event.data
        known = {name: data.get(name) for name in ("value", "old", "unit", "by", "why", "expires", "sent")}
        told = data.get("permissives")
        stage = Stage(str(data.get("state", Stage.REQUESTED)))
        return cls(event.key, event.subject, **known, stage=stage, permissives=tuple(told or ()))  # type: ignore[arg-type]
