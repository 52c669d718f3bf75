"""A tag: one measured, commanded or computed quantity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class TagKind(StrEnum):
    """What a tag's values are."""

    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    ENUMERATION = "enumeration"
    TEXT = "text"
    WAVEFORM = "waveform"


@dataclass(frozen=True, slots=True)
class Limits:
    """Where normal ends, in the tag's unit; None where no limit is set. Ordered low_low < low < high < high_high."""

    low_low: float | None = None
    low: float | None = None
    high: float | None = None
    high_high: float | None = None

    def named(self) -> dict[str, float]:
        """The limits that are set, lowest first."""
        pairs = (("low_low", self.low_low), ("low", self.low), ("high", self.high), ("high_high", self.high_high))
        return {name: value for name, value in pairs if value is not None}


@dataclass(frozen=True, slots=True)
class Tag:
    """Identity is the path: `T01.power`, `city/b12/ahu1.supply` when nested."""

    path: str
    kind: TagKind = TagKind.NUMBER
    unit: str = ""  # as pint reads it; "" is dimensionless
    label: str = ""  # for people: “Gearbox oil temperature”
    quantity: str = ""  # what may be compared and coloured together: “temperature”, “power”
    range: tuple[float, float] | None = None
    limits: Limits = field(default_factory=Limits)
    normal: float | None = None  # the middle of a diverging colour map
    period_ns: int | None = None  # None: reports on change
    decimals: int = 1
    values: tuple[str, ...] = ()  # the names of an enumeration's codes 0, 1, …
    address: Mapping[str, str] = field(default_factory=dict)  # protocol → address
    computed: str = ""  # an expression, where the value is derived
    writable: bool = False
    role: str = ""
    permissives: tuple[str, ...] = ()
    description: str = ""  # what it is, in a sentence

    @property
    def is_measured(self) -> bool:
        """Whether a plant tells it by itself: it is neither set nor computed."""
        return not (self.computed or self.writable)

    @property
    def asset(self) -> str:
        """The path of the asset it belongs to."""
        return self.path.partition(".")[0] if "." in self.path else ""

    @property
    def name(self) -> str:
        """The path within its asset: `power`, `power.residual`."""
        return self.path.partition(".")[2] or self.path
